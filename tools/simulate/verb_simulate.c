/* allclear simulate: "what would this day, or this rule, give?" */
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>

#include "clearing/base/memory.h"
#include "tools/alliance/alliance.h"
#include "tools/explain/kept.h"
#include "tools/render/report_csv.h"
#include "tools/render/report_json.h"
#include "tools/render/report_text.h"
#include "tools/simulate/trail.h"
#include "tools/text.h"
#include "tools/verbs.h"

struct options {
    const char *alliance;
    const char **events; /* STORE=FILE */
    uint32_t event_count;
    uint32_t event_capacity;
    const char *opening; /* NULL: none */
    day_t deadlines[DEADLINES_MAX];
    uint32_t deadline_count;
    const char *out;
    const char *format;
};

static void usage(FILE *out)
{
    fputs(_("Usage: allclear simulate ALLIANCE --events STORE=FILE ... [--opening LOTS.csv]\n"
            "                         [--deadline DATE] [--out DIR] [--format text|json|csv]\n"
            "\n"
            "Clear event files in memory, with no keys and no daemon, and print the settlement report.\n"
            "\n"
            "  ALLIANCE             the alliance file (its stores.csv is found beside it)\n"
            "  --events STORE=FILE  events of one store, one JSON object a line; repeat per file\n"
            "  --opening LOTS.csv   what members come over with before the first event (see allclear opening)\n"
            "  --deadline DATE      what waits meets its deadline at the end of that business day, as at a\n"
            "                       close; may be repeated (default: it waits to the end)\n"
            "  --out DIR            also write cleared.jsonl and lots.jsonl, and what `allclear explain` reads\n"
            "  --format FORMAT      text (default), json or csv\n"
            "\n"
            "Exit: 0 done, 65 a line was malformed, 66 a file cannot be read, 64 usage.\n"
            "\n"
            "Example:\n"
            "  allclear simulate deploy/samples/f1/alliance.conf --events A=a.jsonl --events B=b.jsonl\n"),
          out);
}

static bool deadline_parse(struct options *options, const char *text)
{
    day_t day = 0;

    if (!day_parse(slice_of(text), &day)) {
        fprintf(stderr, _("allclear simulate: --deadline %s: write a date as 2026-03-31\n"), text);
        return false;
    }
    if (options->deadline_count == DEADLINES_MAX) {
        fprintf(stderr, _("allclear simulate: at most %d deadlines\n"), DEADLINES_MAX);
        return false;
    }
    options->deadlines[options->deadline_count++] = day;
    return true;
}

static int options_parse(int argc, char **argv, struct options *options)
{
    static const struct option longs[] = {
        {"events", required_argument, NULL, 'e'},
        {"opening", required_argument, NULL, 'l'},
        {"deadline", required_argument, NULL, 'd'},
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
        case 'l':
            options->opening = optarg;
            break;
        case 'd':
            if (!deadline_parse(options, optarg)) {
                return EX_USAGE;
            }
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

/* One `--events STORE=FILE`. */
struct event_file {
    char store[CODE_LEN_MAX + 1];
    const char *path;
};

static int event_file_parse(const struct simulation *simulation, const char *argument,
                            struct event_file *ret_file)
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
    snprintf(ret_file->store, sizeof ret_file->store, "%.*s", (int)code.len, code.text);
    ret_file->path = equals + 1;
    return EX_OK;
}

/* Read one event file, with `--out` after it has been kept: what can be read only once is read from
 * its copy. */
static int event_file_read(struct simulation *simulation, const struct options *options,
                           uint32_t n, const struct event_file *file)
{
    char copy[PATH_MAX];
    char reason[KEPT_REASON_SIZE];
    struct stat about;
    const char *path = file->path;

    if (stat(path, &about) != 0) {
        fprintf(stderr, "%s: %s\n", path, strerror(errno));
        return EX_NOINPUT;
    }
    if (options->out != NULL) {
        if (!kept_copy_events(options->out, n, path, copy, reason)) {
            fprintf(stderr, "%s\n", reason);
            return EX_IOERR;
        }
        path = S_ISREG(about.st_mode) ? path : copy;
    }
    if (!simulation_read(simulation,
                         registry_find_store(&simulation->state.registry, slice_of(file->store)),
                         path,
                         stderr)) {
        fprintf(stderr, "%s: %s\n", path, strerror(errno));
        return EX_NOINPUT;
    }
    return EX_OK;
}

static int keep_manifest(const struct options *options, const struct event_file *files)
{
    const char **stores = memory_zeroed(options->event_count + 1, sizeof *stores);
    const char **froms = memory_zeroed(options->event_count + 1, sizeof *froms);
    char reason[KEPT_REASON_SIZE];

    for (uint32_t i = 0; i < options->event_count; i++) {
        stores[i] = files[i].store;
        froms[i] = files[i].path;
    }
    bool good = kept_finish(
        options->out, options->alliance, stores, froms, options->event_count, reason);
    free(stores);
    free(froms);
    if (!good) {
        fprintf(stderr, "%s\n", reason);
    }
    return good ? EX_OK : EX_IOERR;
}

static int read_opening(struct simulation *simulation, const struct options *options)
{
    char reason[KEPT_REASON_SIZE];

    if (!simulation_read_opening(simulation, options->opening, stderr)) {
        return EX_DATAERR;
    }
    if (options->out != NULL && !kept_copy_opening(options->out, options->opening, reason)) {
        fprintf(stderr, "%s\n", reason);
        return EX_IOERR;
    }
    return EX_OK;
}

static int read_all(struct simulation *simulation, const struct options *options)
{
    struct event_file *files = memory_zeroed(options->event_count + 1, sizeof *files);
    char reason[KEPT_REASON_SIZE];
    int code = EX_OK;

    for (uint32_t i = 0; i < options->event_count && code == EX_OK; i++) {
        code = event_file_parse(simulation, options->events[i], &files[i]);
    }
    if (code == EX_OK && options->out != NULL &&
        !kept_begin(options->out, options->alliance, reason)) {
        fprintf(stderr, "%s\n", reason);
        code = EX_CANTCREAT;
    }
    for (uint32_t i = 0; i < options->event_count && code == EX_OK; i++) {
        code = event_file_read(simulation, options, i, &files[i]);
    }
    if (code == EX_OK && options->opening != NULL) {
        code = read_opening(simulation, options);
    }
    simulation_set_deadlines(simulation, options->deadlines, options->deadline_count);
    if (code == EX_OK && options->out != NULL &&
        !kept_put_deadlines(options->out, simulation->deadlines, simulation->deadline_count,
                            reason)) {
        fprintf(stderr, "%s\n", reason);
        code = EX_IOERR;
    }
    if (code == EX_OK && options->out != NULL) {
        code = keep_manifest(options, files);
    }
    free(files);
    return code;
}

static bool text_write(const struct report *report, FILE *out)
{
    struct look look = look_of(out);

    return report_text_write(report, &look, out);
}

static const struct format {
    const char *name;
    bool (*write)(const struct report *report, FILE *out);
} formats[] = {
    {"text", text_write},
    {"json", report_json_write},
    {"csv", report_csv_write},
};

static const struct format *format_named(const char *name)
{
    for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++) {
        if (strcmp(name, formats[i].name) == 0) {
            return &formats[i];
        }
    }
    return NULL;
}

static int print_report(struct simulation *simulation, const char *name)
{
    const struct format *format = format_named(name);
    struct report report;

    CHECK(format != NULL); /* the options were looked at before */
    report_build(&simulation->state, &simulation->refused, &simulation->late, &report);
    report.cycle = "simulation";
    report.from = simulation->from;
    report.to = simulation->to;
    bool good = format->write(&report, stdout);
    report_deinit(&report);
    return good && fflush(stdout) == 0 ? EX_OK : EX_IOERR;
}

static int simulate(struct simulation *simulation, const struct options *options)
{
    struct trail *trail = NULL;
    int code = read_all(simulation, options);

    if (code != EX_OK) {
        return code;
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
    code = print_report(simulation, options->format);
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

    if (code == EX_OK && format_named(options.format) == NULL) {
        fprintf(stderr,
                _("allclear simulate: --format %s is not known: write text, json or csv\n"),
                options.format);
        code = EX_USAGE;
    }
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
