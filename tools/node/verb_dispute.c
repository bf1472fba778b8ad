/* allclear dispute at a store: a line that is wrong, and what became of those disputed before. */
#include <getopt.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>

#include "clearing/facts/calendar.h"
#include "tools/node/node_verbs.h"
#include "tools/node/options.h"
#include "tools/node/publish.h"
#include "tools/render/words.h"
#include "tools/text.h"

#define LINE_NAME_SIZE 256
#define TERMINAL "DISPUTE" /* which no till should be called */
#define LINE_SIZE 1024

struct options {
    const char *dir;
    const char *reason;
    const char *at;
    bool json;
    int wait_s;
};

static void usage(FILE *out)
{
    fputs(_("Usage: allclear dispute EVENT/KIND --reason TEXT [--at TIME] [--json]\n"
            "                        [--wait SECONDS] --dir DIR\n"
            "       allclear dispute list [--json] [--wait SECONDS] --dir DIR\n"
            "\n"
            "Say that what an event makes this store's participant owe, or be owed, is wrong: its\n"
            "lines of that kind are out of what is paid until headquarters has answered; all else\n"
            "goes on. `list` shows those disputed so far, and headquarters' answers.\n"
            "\n"
            "  KIND              principal, bonus, pack, points_issue, points_redeem, fee,\n"
            "                    commission, discount, tender, cashout, unlinked_refund, shortfall\n"
            "  --reason TEXT     why, at most 64 bytes\n"
            "  --at TIME         when, as 2026-03-01T10:40:00+08:00 (default: now)\n"
            "  --dir DIR         the store's folder (or ALLCLEAR_DIR)\n"
            "  --wait SECONDS    give up when no receipt came for so long (30)\n"
            "\n"
            "Exit: 0 it is in (or waits for its event), 65 refused, 75 still pending, 64 usage.\n"
            "\n"
            "Example:\n"
            "  allclear dispute B:1:412/fee --reason 'no fee among ourselves' --dir "
            "/var/lib/allclear-store\n"),
          out);
}

static void now_text(char ret_text[INSTANT_TEXT_SIZE])
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    instant_format((int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000, 0, ret_text);
}

/* The number of the next dispute: the first that nothing has which is in or on its way. One that
 * was refused is given again, so that no gap is left open that a till could seem to have. */
static bool next_number(struct node *node, uint64_t *ret_number, struct fault *ret_fault)
{
    struct outbox_event row = {0};

    for (uint64_t number = 1;; number++) {
        if (!outbox_find_number(node->outbox, slice_of(TERMINAL), number, &row, ret_fault)) {
            return false;
        }
        bool taken = row.id != 0 && (row.outcome == OUTCOME_NONE || outcome_accepted(row.outcome) ||
                                     row.outcome == OUTCOME_WAITING ||
                                     row.outcome == OUTCOME_DUPLICATE ||
                                     row.outcome == OUTCOME_NUMBER_REUSED);
        if (!taken) {
            *ret_number = number;
            return true;
        }
    }
}

/* The event as a line of JSON. False: too long. */
static bool write_line(const struct options *options, const char *line, uint64_t number,
                       char ret_text[LINE_SIZE])
{
    char now[INSTANT_TEXT_SIZE];
    const char *kind = strrchr(line, '/') + 1;

    now_text(now);
    json_t *event = json_pack("{s:s,s:s,s:I,s:s,s:s#,s:s,s:s}", "type", "dispute", "terminal",
                              TERMINAL, "number", (json_int_t)number, "at",
                              options->at == NULL ? now : options->at, "of", line, (int)(kind - 1 - line), "kind", kind,
                              "reason", options->reason);
    char *text = event == NULL ? NULL : json_dumps(event, JSON_COMPACT);
    bool good = text != NULL && strlen(text) < LINE_SIZE;
    (void)snprintf(ret_text, LINE_SIZE, "%s", good ? text : "");
    free(text);
    json_decref(event);
    return good;
}

/* --- what became of it --- */

static const char *state_of(const struct tally *tally)
{
    return tally->pending > 0   ? "pending"
           : tally->waiting > 0 ? "waiting"
           : tally->refused > 0 ? "refused"
                                : "accepted";
}

/* A bad line's detail says it all. */
static void say_advice(outcome_t outcome, bool test)
{
    if (outcome == OUTCOME_NONE) {
        return;
    }
    if (outcome == OUTCOME_FUTURE && test) {
        puts(_("A test network has a clock of its own (allclear clock): say when with --at TIME"));
        return;
    }
    printf(_("%s\nWhat to do: %s\n"), words_of_check(outcome),
           outcome == OUTCOME_REFUNDED
               ? _("Dispute the refund's line, or ask headquarters for an adjustment.")
               : words_of_advice(outcome));
}

static int report(struct publish *publish, const struct options *options, const char *line,
                  uint64_t number)
{
    const struct tally *tally = &publish->tally;
    const struct tally_refusal *refusal = tally->refusal_count > 0 ? &tally->refusals[0] : NULL;
    const char *state = state_of(tally);
    const char *reason = refusal == NULL ? "" : refusal->reason;
    const char *detail = refusal == NULL || refusal->detail == NULL ? "" : refusal->detail;
    char event[CODE_LEN_MAX + sizeof TERMINAL + 24] = "";

    if (refusal == NULL || refusal->number != 0) { /* else it is no event */
        (void)snprintf(event, sizeof event, "%s:%s:%" PRIu64, publish->node->kit.store.text,
                       TERMINAL, number);
    }
    if (options->json) {
        json_t *root = json_pack("{s:s,s:s,s:s,s:s,s:s}", "event", event, "line", line, "state",
                                 state, "reason", reason, "detail", detail);
        (void)json_dumpf(root, stdout, JSON_COMPACT);
        putchar('\n');
        json_decref(root);
    } else if (strcmp(state, "accepted") == 0) {
        printf(_("%s is out of what is paid until headquarters has answered %s\n"), line, event);
    } else if (strcmp(state, "waiting") == 0) {
        printf(_("%s waits: headquarters does not know the event of %s yet\n"), event, line);
    } else if (strcmp(state, "refused") == 0) {
        printf("%s  %s%s%s\n", line, reason, *detail == '\0' ? "" : ": ", detail);
        say_advice(tally_outcome_named(reason), publish->node->kit.test);
    } else {
        printf(_("%s is in the outbox, and goes out with the next publish\n"), event);
        publish_explain(publish);
    }
    if (fflush(stdout) != 0) {
        return EX_IOERR;
    }
    return tally->pending > 0 ? EX_TEMPFAIL : tally->refused > 0 ? EX_DATAERR : EX_OK;
}

static int send(const struct options *options, const char *line)
{
    struct publish publish = {.lock = -1};
    struct fault fault = {0};
    struct node node = {0};
    char text[LINE_SIZE];
    uint64_t number = 0;
    FILE *file = NULL;
    int code = EX_OK;

    publish_catch_signals();
    bool good = node_open(options->dir, &node, &fault) && node_open_outbox(&node, &fault) &&
                publish_init(&publish, &node, options->wait_s, &fault) &&
                next_number(&node, &number, &fault);
    if (good && !write_line(options, line, number, text)) {
        fputs(_("allclear dispute: the event or the reason is too long, or no UTF-8\n"), stderr);
        code = EX_DATAERR;
    } else if (good) {
        file = fmemopen(text, strlen(text), "r");
        CHECK(file != NULL);
        good = intake_read(&publish.intake, file, "dispute.jsonl", &fault) &&
               publish_drain(&publish, &fault);
        (void)fclose(file);
        code = good ? report(&publish, options, line, number) : EX_OK;
    }
    code = good ? code : node_complain("dispute", &fault);
    publish_deinit(&publish);
    node_close(&node);
    return code;
}

static int options_parse(int argc, char **argv, struct options *options)
{
    static const struct option longs[] = {
        {"dir", required_argument, NULL, 'd'},  {"json", no_argument, NULL, 'j'},
        {"wait", required_argument, NULL, 'w'}, {"reason", required_argument, NULL, 'r'},
        {"at", required_argument, NULL, 'a'},   {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    int option = 0;

    while ((option = getopt_long(argc, argv, "h", longs, NULL)) != -1) {
        if (option == 'h') {
            usage(stdout);
            exit(EX_OK);
        }
        if (option == '?' ||
            (option == 'w' && !options_seconds("dispute", optarg, &options->wait_s))) {
            return EX_USAGE;
        }
        options->dir = option == 'd' ? optarg : options->dir;
        options->reason = option == 'r' ? optarg : options->reason;
        options->at = option == 'a' ? optarg : options->at;
        options->json = options->json || option == 'j';
    }
    return EX_OK;
}

static void complain_kind(const char *text)
{
    fprintf(stderr, _("allclear dispute: \"%.40s\" is no kind of claims; the kinds are"), text);
    for (int kind = 1; kind < KIND_COUNT; kind++) {
        fprintf(stderr, "%s %s", kind == 1 ? "" : ",", claim_kind_name((claim_kind_t)kind));
    }
    fputs(_(" (allclear explain shows those of an event)\n"), stderr);
}

int verb_own_dispute(int argc, char **argv)
{
    struct options options = {.wait_s = PUBLISH_WAIT_S};

    if (argc > 1 && strcmp(argv[1], "list") == 0) {
        return verb_own_disputes(argc - 1, argv + 1);
    }
    int code = options_parse(argc, argv, &options);
    if (code != EX_OK) {
        return code;
    }
    options.dir = node_dir(options.dir, "dispute");
    const char *given = argc - optind == 1 ? argv[optind] : NULL;
    const char *slash = given == NULL ? NULL : strchr(given, '/');
    if (options.dir == NULL || options.reason == NULL || slash == NULL) {
        usage(stderr);
        return EX_USAGE;
    }
    claim_kind_t kind = KIND_PRINCIPAL;
    if (!words_read_kind(slash + 1, &kind)) {
        complain_kind(slash + 1);
        return EX_USAGE;
    }
    char line[LINE_NAME_SIZE];
    words_plain_line(given, line, sizeof line);
    return send(&options, line);
}
