/* allclear report, allclear statement: what was settled in a closed cycle. */
#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>

#include "tools/hq/args.h"
#include "tools/hq/home.h"
#include "tools/hq/hq_verbs.h"
#include "tools/hq/inquire.h"
#include "tools/hq/show.h"
#include "tools/text.h"

static const char *report_usage(void)
{
    return _("Usage: allclear report CYCLE [--format text|json|csv | --json] [--out FILE] --dir DIR\n"
             "\n"
             "The settlement report of a closed cycle. The JSON has the same bytes for ever.\n"
             "\n"
             "Example:\n"
             "  allclear report 2026-03 --format csv --out 2026-03.csv --dir /var/lib/allclear\n");
}

static const char *statement_usage(void)
{
    return _("Usage: allclear statement PARTICIPANT CYCLE [--format text|json|csv | --json]\n"
             "                          [--out FILE] --dir DIR\n"
             "\n"
             "A participant's part of a closed cycle: what came in and went out with whom and for "
             "what,\n"
             "what its stores bear themselves, and the net. A store gets the same for itself.\n"
             "\n"
             "Example:\n"
             "  allclear statement B 2026-03 --dir /var/lib/allclear\n");
}

/* Both: the cycle is the last word, a participant (NULL: none) the first. */
static int run(const struct args *args, struct show *show, int argc, char **argv,
               const char **option, const bool *json)
{
    struct fault fault = {0};
    char **words = NULL;
    int code = EX_OK;
    size_t len = 0;

    if (!args_read(args, argc, argv, &words, &code)) {
        return code;
    }
    show->format = *json ? "json" : show->format;
    show->dir = home_dir(*option, args->verb);
    if (show->dir == NULL || !show_format_known(show)) {
        return EX_USAGE;
    }
    char *bytes = inquire_report(show->dir, words[args->words_min - 1], &len, &fault);
    if (bytes == NULL) {
        return home_complain(args->verb, &fault);
    }
    code = args->words_min == 1 ? show_report(show, bytes, len)
                                : show_statement(show, bytes, len, words[0]);
    free(bytes);
    return code;
}

int verb_report(int argc, char **argv)
{
    struct show show = {.verb = "report"};
    const char *dir = NULL;
    bool json = false;
    const struct arg list[] = {{"dir", &dir, NULL},
                               {"format", &show.format, NULL},
                               {"out", &show.out, NULL},
                               {"json", NULL, &json}};
    struct args args = {"report", report_usage(), list, 4, 1, 1};

    return run(&args, &show, argc, argv, &dir, &json);
}

int verb_hq_statement(int argc, char **argv)
{
    struct show show = {.verb = "statement"};
    const char *dir = NULL;
    bool json = false;
    const struct arg list[] = {{"dir", &dir, NULL},
                               {"format", &show.format, NULL},
                               {"out", &show.out, NULL},
                               {"json", NULL, &json}};
    struct args args = {"statement", statement_usage(), list, 4, 2, 2};

    return run(&args, &show, argc, argv, &dir, &json);
}
