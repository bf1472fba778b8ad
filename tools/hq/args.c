#include "tools/hq/args.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "clearing/base/check.h"
#include "tools/text.h"

#define ARGS_MAX 16
#define CODE_HELP 1
#define CODE_AS   2
#define CODE_FIRST 256

static void options_of(const struct args *args, struct option *ret_options)
{
    CHECK(args->count + 3 <= ARGS_MAX);
    for (size_t i = 0; i < args->count; i++) {
        ret_options[i] = (struct option){
            args->list[i].name,
            args->list[i].value != NULL ? required_argument : no_argument,
            NULL,
            CODE_FIRST + (int)i,
        };
    }
    ret_options[args->count] = (struct option){"help", no_argument, NULL, CODE_HELP};
    ret_options[args->count + 1] = (struct option){"as", required_argument, NULL, CODE_AS};
    ret_options[args->count + 2] = (struct option){NULL, 0, NULL, 0};
}

static bool end(int *ret_code, int code)
{
    *ret_code = code;
    return false;
}

bool args_read(const struct args *args, int argc, char **argv, char ***ret_words, int *ret_code)
{
    struct option options[ARGS_MAX];
    int code = 0;

    options_of(args, options);
    optind = 0;
    while ((code = getopt_long(argc, argv, "h", options, NULL)) != -1) {
        if (code == CODE_HELP || code == 'h') {
            fputs(args->usage, stdout);
            return end(ret_code, EX_OK);
        }
        if (code == CODE_AS) {
            CHECK(setenv("ALLCLEAR_PERSON", optarg, 1) == 0);
            continue;
        }
        if (code < CODE_FIRST) {
            fprintf(stderr, _("(see allclear %s --help)\n"), args->verb);
            return end(ret_code, EX_USAGE);
        }
        const struct arg *arg = &args->list[code - CODE_FIRST];
        if (arg->value != NULL) {
            *arg->value = optarg;
        } else {
            *arg->flag = true;
        }
    }
    if (argc - optind < args->words_min || argc - optind > args->words_max) {
        fprintf(stderr,
                argc - optind < args->words_min
                    ? _("allclear %s: something is missing (see allclear %s --help)\n")
                    : _("allclear %s: there is too much (see allclear %s --help)\n"),
                args->verb,
                args->verb);
        return end(ret_code, EX_USAGE);
    }
    *ret_words = argv + optind;
    return true;
}
