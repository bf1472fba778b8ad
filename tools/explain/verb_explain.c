/* allclear explain: why an event gives these figures, step by step. */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "clearing/base/memory.h"
#include "tools/alliance/alliance.h"
#include "tools/explain/explain.h"
#include "tools/explain/kept.h"
#include "tools/simulate/simulation.h"
#include "tools/text.h"
#include "tools/verbs.h"

struct options {
    const char *dir;
    struct event_ref event;
    const char *event_text;
    bool json;
};

/* Watches a simulation for one event. */
struct watch {
    const struct options *options;
    const struct state *state;
    struct look look;
    FILE *out; /* collected, so that nothing is printed of a run that fails */
    uint32_t found;
    uint64_t seq; /* its sequence once it is accepted; 0: not yet */
};

static void usage(FILE *out)
{
    fputs(_("Usage: allclear explain --dir DIR EVENT [--json]\n"
            "\n"
            "Say why an event gives the figures that it gives: what the store reported, what was "
            "decided, every\n"
            "step with its formula, lot, offer, rate and terms, and the claims that follow.\n"
            "\n"
            "  --dir DIR   what `allclear simulate --out DIR` has written (or ALLCLEAR_DIR)\n"
            "  EVENT       store:terminal:number, as on the receipt and in the report\n"
            "  --json      one JSON object: {\"event\", \"history\": [...]}\n"
            "\n"
            "Formulas are in fen, points and uses; amounts behind = are yuan.\n"
            "\n"
            "Exit: 0 done, 66 there is no such event or directory, 64 usage.\n"
            "\n"
            "Example:\n"
            "  allclear explain --dir out B:1:1\n"),
          out);
}

static bool ref_parse(const char *text, struct event_ref *ret_ref)
{
    const char *first = strchr(text, ':');
    const char *second = first == NULL ? NULL : strchr(first + 1, ':');
    char *end = NULL;

    if (second == NULL || second[1] < '1' || second[1] > '9') {
        return false;
    }
    ret_ref->store = (slice_t){text, (uint32_t)(first - text)};
    ret_ref->terminal = (slice_t){first + 1, (uint32_t)(second - first - 1)};
    errno = 0;
    ret_ref->number = strtoull(second + 1, &end, 10);
    return errno == 0 && *end == '\0' && ret_ref->number <= NUMBER_MAX &&
           code_valid(ret_ref->store) && code_valid(ret_ref->terminal);
}

static int options_parse(int argc, char **argv, struct options *options)
{
    static const struct option longs[] = {
        {"dir", required_argument, NULL, 'd'},
        {"json", no_argument, NULL, 'j'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    int option = 0;

    options->dir = getenv("ALLCLEAR_DIR");
    while ((option = getopt_long(argc, argv, "h", longs, NULL)) != -1) {
        switch (option) {
        case 'd':
            options->dir = optarg;
            break;
        case 'j':
            options->json = true;
            break;
        case 'h':
            usage(stdout);
            exit(EX_OK);
        default:
            return EX_USAGE;
        }
    }
    if (optind + 1 != argc || options->dir == NULL) {
        fputs(_("allclear explain: name --dir DIR and one event (see allclear explain --help)\n"),
              stderr);
        return EX_USAGE;
    }
    options->event_text = argv[optind];
    if (!ref_parse(options->event_text, &options->event)) {
        fprintf(stderr, _("allclear explain: \"%s\" is no event: write store:terminal:number\n"),
                options->event_text);
        return EX_USAGE;
    }
    return EX_OK;
}

/* --- watching --- */

static bool watched(const struct watch *watch, const struct cleared *cleared)
{
    const struct event_ref *event = &watch->options->event;
    const code_t *store = registry_store_code(&watch->state->registry, cleared->store);

    return cleared->event->number == event->number &&
           slice_equal(cleared->event->terminal, event->terminal) &&
           slice_equal(code_slice(store), event->store);
}

static void separate(struct watch *watch)
{
    if (watch->found++ > 0) {
        fputs(watch->options->json ? "," : "\n", watch->out);
    }
}

static void on_cleared(void *context, const struct cleared *cleared)
{
    struct watch *watch = context;

    if (!watched(watch, cleared)) {
        return;
    }
    separate(watch);
    if (watch->options->json) {
        explain_write_json(watch->state, cleared, watch->out);
    } else {
        explain_write_text(watch->state, cleared, &watch->look, watch->out);
    }
    if (cleared->outcome == OUTCOME_ACCEPTED) {
        watch->seq = cleared->seq;
    }
}

static void on_expired(void *context, const struct expired *expired)
{
    struct watch *watch = context;

    if (watch->seq == 0 || expired->lot->id >> 16 != watch->seq) {
        return;
    }
    separate(watch);
    if (watch->options->json) {
        explain_expired_json(watch->state, expired, watch->out);
    } else {
        explain_expired_text(watch->state, expired, &watch->look, watch->out);
    }
}

/* --- running again --- */

static int run_again(struct simulation *simulation, const struct kept *kept)
{
    FILE *complaints = fopen("/dev/null", "we"); /* bad lines were said when it ran first */
    int code = complaints == NULL ? EX_OSERR : EX_OK;

    for (uint32_t i = 0; i < kept->event_count && code == EX_OK; i++) {
        const struct kept_events *events = &kept->events[i];
        store_t store = registry_find_store(&simulation->state.registry, slice_of(events->store));
        if (store.n == STORE_NONE.n) {
            fprintf(stderr, _("%s: the alliance has no store %s\n"), events->path, events->store);
            code = EX_DATAERR;
        } else if (!simulation_read(simulation, store, events->path, complaints)) {
            fprintf(stderr, "%s: %s\n", events->path, strerror(errno));
            code = EX_NOINPUT;
        }
    }
    if (complaints != NULL) {
        fclose(complaints);
    }
    if (code == EX_OK) {
        simulation_run(simulation);
    }
    return code;
}

static int print(const struct watch *watch, const char *text, size_t len)
{
    if (watch->found == 0) {
        fprintf(stderr, _("allclear explain: %s has no event %s (bad lines are not events)\n"),
                watch->options->dir, watch->options->event_text);
        return EX_NOINPUT;
    }
    if (watch->options->json) {
        printf("{\"event\":\"%s\",\"history\":[", watch->options->event_text);
    }
    fwrite(text, 1, len, stdout);
    if (watch->options->json) {
        puts("]}");
    }
    return fflush(stdout) == 0 ? EX_OK : EX_IOERR;
}

static int explain(const struct options *options, const struct kept *kept,
                   struct simulation *simulation)
{
    char *text = NULL;
    size_t len = 0;
    struct watch watch = {
        .options = options,
        .state = &simulation->state,
        .look = look_of(stdout),
        .out = open_memstream(&text, &len),
    };

    if (watch.out == NULL) {
        return EX_OSERR;
    }
    simulation->listener = (struct simulation_listener){&watch, on_cleared, on_expired};
    int code = run_again(simulation, kept);
    fclose(watch.out);
    if (code == EX_OK) {
        code = print(&watch, text, len);
    }
    free(text);
    return code;
}

int verb_explain(int argc, char **argv)
{
    struct options options = {0};
    struct complaints complaints = {0};
    struct registry registry = {0};
    struct terms terms = {0};
    struct kept kept = {0};
    struct simulation simulation;
    char reason[KEPT_REASON_SIZE];
    int code = options_parse(argc, argv, &options);

    if (code == EX_OK && !kept_read(options.dir, &kept, reason)) {
        fprintf(stderr, "%s\n", reason);
        code = EX_NOINPUT;
    }
    if (code == EX_OK && !alliance_read(kept.alliance, &registry, &terms, &complaints)) {
        complaints_write(&complaints, stderr);
        code = EX_DATAERR;
    }
    if (code == EX_OK) {
        simulation_init(&simulation, &registry, &terms);
        code = explain(&options, &kept, &simulation);
        simulation_deinit(&simulation);
    }
    kept_deinit(&kept);
    return code;
}
