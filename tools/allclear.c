/* allclear: the one tool of headquarters' finance, stores and auditors. */
#include <locale.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "tools/text.h"
#include "tools/verbs.h"

static const struct verb {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *summary;
} verbs[] = {
    {"simulate", verb_simulate, "clear event files in memory and print the settlement report"},
};
#define VERB_COUNT (sizeof verbs / sizeof verbs[0])

static void help(FILE *out)
{
    fputs(_("Usage: allclear VERB [ARGUMENTS]\n\n"), out);
    for (size_t i = 0; i < VERB_COUNT; i++) {
        fprintf(out, "  %-10s %s\n", verbs[i].name, _(verbs[i].summary));
    }
    fputs(_("\n`allclear VERB --help` says more of each.\n"), out);
}

int main(int argc, char **argv)
{
    setlocale(LC_ALL, "");
    if (argc < 2 || strcmp(argv[1], "help") == 0 || strcmp(argv[1], "--help") == 0) {
        help(argc < 2 ? stderr : stdout);
        return argc < 2 ? EX_USAGE : EX_OK;
    }
    if (strcmp(argv[1], "--version") == 0) {
        puts("allclear " ALLCLEAR_VERSION);
        return EX_OK;
    }
    for (size_t i = 0; i < VERB_COUNT; i++) {
        if (strcmp(argv[1], verbs[i].name) == 0) {
            return verbs[i].run(argc - 1, argv + 1);
        }
    }
    fprintf(stderr, _("allclear: there is no verb \"%s\" (allclear help lists them)\n"), argv[1]);
    return EX_USAGE;
}
