/* allclear simulate: "what would this day, or this rule, give?" */
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "clearing/base/memory.h"
#include "tools/alliance/alliance.h"
#include "tools/render/report_json.h"
#include "tools/simulate/trail.h"
#include "tools/text.h"
#include "tools/verbs.h"

struct options {
    const char *alliance;
    const char **events; /* STORE=FILE */
    uint32_t event_count;
    uint32_t event_capacity;
    const char *out;
    const char *format;
};

static void usage(FILE *out)
{
    fputs(_("Usage: allclear simulate ALLIANCE --events STORE=FILE ... [--out DIR] [--format text|json|csv]\n"
            "\n"
            "Clear event files in memory, with no keys and no daemon, and print the settlement report.\n"
            "\n"
            "  ALLIANCE             the alliance file (its stores.csv is found beside it)\n"
            "  --events STORE=FILE  events of one store, one JSON object a line; repeat per file\n"
            "  --out DIR            also write cleared.jsonl and lots.jsonl, and what `allclear explain` reads\n"
            "  --format FORMAT      text (default), json or csv\n"
            "\n"
            "Exit: 0 done, 65 a line was malformed, 66 a file cannot be read, 64 usage.\n"
            "\n"
            "Example:\n"
            "  allclear simulate deploy/samples/f1/alliance.conf --events A=a.jsonl --events B=b.jsonl\n"),
          out);
}

static int options_parse(int argc, char **argv, struct options *options)
{
    static const struct option longs[] = {
        {"events", required_argument, NULL, 'e'},
        {"out", required_argument, NULL, 'o'},
        {"format", required_argument, NULL, 'f'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    int option = 0;

    options->format = "text";
    while ((option = getopt_long(argc, argv, "h", longs, NULL)) != -1) {
        switch (option) {
        case 'e':
            MEMORY_GROW(options->events, options->event_count, options->event_capacity);
            options->events[options->event_count++] = optarg;
            break;
        case 'o':
            options->out = optarg;
            break;
        case 'f':
            options->format = optarg;
            break;
        case 'h':
            usage(stdout);
            exit(EX_OK);
        default:
            return EX_USAGE;
        }
    }
    if (optind + 1 != argc) {
        fputs(_("allclear simulate: name one alliance file (see allclear simulate --help)\n"), stderr);
        return EX_USAGE;
    }
    options->alliance = argv[optind];
    return EX_OK;
}

static int read_events(struct simulation *simulation, const char *argument)
{
    const char *equals = strchr(argument, '=');

    if (equals == NULL) {
        fprintf(stderr, _("allclear simulate: --events %s: write STORE=FILE\n"), argument);
        return EX_USAGE;
    }
    slice_t code = {argument, (uint32_t)(equals - argument)};
    store_t store = registry_find_store(&simulation->state.registry, code);
    if (store.n == STORE_NONE.n) {
        fprintf(stderr,
                _("allclear simulate: --events %s: the alliance has no store %.*s\n"),
                argument,
                (int)code.len,
                code.text);
        return EX_USAGE;
    }
    if (!simulation_read(simulation, store, equals + 1, stderr)) {
        fprintf(stderr, "%s: %s\n", equals + 1, strerror(errno));
        return EX_NOINPUT;
    }
    return EX_OK;
}

static int print_report(struct simulation *simulation, const char *format)
{
    struct report report;
    bool good = false;

    report_build(&simulation->state,
                 &simulation->refused,
                 &simulation->waiting,
                 &simulation->late,
                 &report);
    report.cycle = "simulation";
    report.from = simulation->from;
    report.to = simulation->to;
    if (strcmp(format, "json") == 0) {
        good = report_json_write(&report, stdout);
    }
    report_deinit(&report);
    return good && fflush(stdout) == 0 ? EX_OK : EX_IOERR;
}

static int simulate(struct simulation *simulation, const struct options *options)
{
    struct trail *trail = NULL;

    for (uint32_t i = 0; i < options->event_count; i++) {
        int code = read_events(simulation, options->events[i]);
        if (code != EX_OK) {
            return code;
        }
    }
    if (options->out != NULL) {
        trail = trail_new(simulation, options->out);
        if (trail == NULL) {
            fprintf(stderr, "%s: %s\n", options->out, strerror(errno));
            return EX_CANTCREAT;
        }
    }
    simulation_run(simulation);
    if (trail != NULL && !trail_finish(trail)) {
        fprintf(stderr, "%s: %s\n", options->out, strerror(errno));
        return EX_IOERR;
    }
    int code = print_report(simulation, options->format);
    return code == EX_OK && simulation->bad_lines > 0 ? EX_DATAERR : code;
}

int verb_simulate(int argc, char **argv)
{
    struct options options = {0};
    struct complaints complaints = {0};
    struct registry registry = {0};
    struct terms terms = {0};
    struct simulation simulation;
    int code = options_parse(argc, argv, &options);

    if (code == EX_OK && !alliance_read(options.alliance, &registry, &terms, &complaints)) {
        complaints_write(&complaints, stderr);
        code = EX_DATAERR;
    }
    if (code == EX_OK) {
        simulation_init(&simulation, &registry, &terms);
        code = simulate(&simulation, &options);
        simulation_deinit(&simulation);
    }
    free(options.events);
    return code;
}
