/* allclear outbox: what is pending, what waits, what was refused. */
#include <getopt.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "clearing/base/memory.h"
#include "tools/lines/lines.h"
#include "tools/node/ask.h"
#include "tools/node/node_verbs.h"
#include "tools/node/options.h"
#include "tools/node/outbox_of.h"
#include "tools/node/retry.h"
#include "tools/text.h"

#define LIST_WAIT_S 5
#define ROWS_SHOWN  40

struct options {
    const char *dir;
    bool json;
    bool again; /* the verb's word is `retry` */
    const char *file; /* it is `of` */
    uint32_t reading; /* of the file; 0: not said */
    struct retry retry;
    int wait_s; /* -1: not said */
};

static void usage(FILE *out)
{
    fputs(
        _("Usage: allclear outbox [list | retry [--reason REASON] [EVENT...]] --dir DIR [--json]\n"
          "                       [--wait SECONDS]\n"
          "       allclear outbox of FILE [--reading N] --dir DIR\n"
          "\n"
          "Ask headquarters what became of waiting events, and list what is pending, waiting and\n"
          "refused. `retry` sends again, under their numbers, all that were refused, those that\n"
          "were refused for this reason, or the events named, and says what came of them. What\n"
          "was asked before the goods left is sent again only by its name. `of` prints as JSON\n"
          "Lines which events were taken from a file that was published, whatever till's it was:\n"
          "headquarters undoes all of them with `allclear reverse --upload`. Where a file of that\n"
          "name was read several times (a day's export, overwritten by the next day's), it lists\n"
          "the readings, and --reading says which.\n"
          "\n"
          "  --dir DIR        the store's folder (or ALLCLEAR_DIR)\n"
          "  --reason REASON  only what was refused for this; `retry REASON` is the same\n"
          "  --json           print one JSON object; a retry adds its counts as \"retried\"\n"
          "  --wait SECONDS   for headquarters' answer (list 5, retry 30); 0 asks nobody\n"
          "\n"
          "Exit: 0 nothing is pending or refused, 65 some refused, 75 some pending, 64 usage; of:\n"
          "65 it was read several times, 66 nothing was taken from such a file.\n"
          "\n"
          "Example:\n"
          "  allclear outbox retry --reason UNKNOWN_OFFER --dir /var/lib/allclear-store\n"
          "  allclear outbox of tuesday.csv --dir /var/lib/allclear-store > tuesday.jsonl\n"),
        out);
}

static bool take_reason(struct options *options, const char *name)
{
    outcome_t reason = tally_outcome_named(name);

    if (reason == OUTCOME_NONE) {
        fprintf(stderr, _("allclear outbox: %s: no reason of this name\n"), name);
        return false;
    }
    options->retry.reason = reason;
    return true;
}

static bool take_reading(struct options *options, const char *text)
{
    char *end = NULL;
    unsigned long n = strtoul(text, &end, 10);

    if (n == 0 || n > UINT32_MAX || *end != '\0') {
        fprintf(stderr, _("allclear outbox: --reading %s: write its number, from 1\n"), text);
        return false;
    }
    options->reading = (uint32_t)n;
    return true;
}

/* What follows `retry`: events, or first a reason. */
static bool take_events(struct options *options, char **words, int count)
{
    struct retry *retry = &options->retry;

    if (count > 0 && strchr(words[0], ':') == NULL) {
        if (retry->reason != OUTCOME_NONE || !take_reason(options, words[0])) {
            return false;
        }
        words++;
        count--;
    }
    retry->events = memory_zeroed((size_t)count + 1, sizeof *retry->events);
    for (int i = 0; i < count; i++) {
        if (!lines_parse_ref(slice_of(words[i]), &retry->events[i])) {
            fprintf(stderr, _("allclear outbox: %s: an event is STORE:TERMINAL:NUMBER\n"),
                    words[i]);
            return false;
        }
        retry->event_count++;
    }
    return true;
}

static bool take_words(struct options *options, char **words, int count)
{
    options->again = count > 0 && strcmp(words[0], "retry") == 0;
    if (count == 2 && strcmp(words[0], "of") == 0) {
        options->file = words[1];
        return options->retry.reason == OUTCOME_NONE;
    }
    if (options->reading != 0) {
        return false;
    }
    if (options->again) {
        return take_events(options, words + 1, count - 1);
    }
    return options->retry.reason == OUTCOME_NONE &&
           (count == 0 || (count == 1 && strcmp(words[0], "list") == 0));
}

static int options_parse(int argc, char **argv, struct options *options)
{
    static const struct option longs[] = {
        {"dir", required_argument, NULL, 'd'},
        {"json", no_argument, NULL, 'j'},
        {"reason", required_argument, NULL, 'r'},
        {"wait", required_argument, NULL, 'w'},
        {"reading", required_argument, NULL, 'n'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    int option = 0;

    while ((option = getopt_long(argc, argv, "h", longs, NULL)) != -1) {
        if (option == 'h') {
            usage(stdout);
            exit(EX_OK);
        }
        if (option == '?' || (option == 'r' && !take_reason(options, optarg)) ||
            (option == 'w' && !options_seconds("outbox", optarg, &options->wait_s)) ||
            (option == 'n' && !take_reading(options, optarg))) {
            return EX_USAGE;
        }
        options->dir = option == 'd' ? optarg : options->dir;
        options->json = options->json || option == 'j';
    }
    options->dir = node_dir(options->dir, "outbox");
    if (options->dir == NULL || !take_words(options, argv + optind, argc - optind)) {
        usage(stderr);
        return EX_USAGE;
    }
    if (options->wait_s < 0) {
        options->wait_s = options->again ? PUBLISH_WAIT_S : LIST_WAIT_S;
    }
    return EX_OK;
}

/* A list on its way out. */
struct printing {
    const struct node *node;
    json_t *rows; /* NULL: as text */
    uint64_t count;
};

static bool print_entry(void *context, const struct outbox_entry *entry)
{
    struct printing *printing = context;
    const char *outcome =
        entry->outcome == OUTCOME_NONE ? "PENDING" : tally_outcome_name(entry->outcome);
    const char *reason = entry->reason == OUTCOME_NONE ? "" : tally_outcome_name(entry->reason);
    char event[2 * (CODE_LEN_MAX + 1) + 24];

    (void)snprintf(event, sizeof event, "%s:%.*s:%" PRIu64, printing->node->kit.store.text,
                   (int)entry->terminal.len, entry->terminal.text, entry->number);
    printing->count++;
    if (printing->rows == NULL) {
        printf("  %-24s %-22s %s%s%s:%u\n", event, outcome, reason, *reason == '\0' ? "" : "  ",
               entry->file, entry->line);
        return printing->count < ROWS_SHOWN;
    }
    json_t *row = json_object();
    json_t *file = json_string(entry->file);
    (void)json_object_set_new(row, "event", json_string(event));
    (void)json_object_set_new(row, "outcome", json_string(outcome));
    (void)json_object_set_new(row, "reason", json_string(reason));
    (void)json_object_set_new(row, "file", file != NULL ? file : json_string("?"));
    (void)json_object_set_new(row, "line", json_integer(entry->line));
    (void)json_array_append_new(printing->rows, row);
    return true;
}

static const struct section {
    enum outbox_list list;
    const char *key;
} sections[] = {
    {OUTBOX_PENDING, "pending"},
    {OUTBOX_WAITING, "waiting"},
    {OUTBOX_REFUSED, "refused"},
};
#define SECTION_COUNT (sizeof sections / sizeof sections[0])

static const char *section_title(enum outbox_list list)
{
    switch (list) {
    case OUTBOX_PENDING:
        return _("Pending:");
    case OUTBOX_WAITING:
    case OUTBOX_UNSETTLED:
        return _("Waiting at headquarters:");
    case OUTBOX_REFUSED:
        return _("Refused:");
    }
    return "";
}

static uint64_t section_total(const struct outbox_counts *counts, enum outbox_list list)
{
    switch (list) {
    case OUTBOX_PENDING:
        return counts->queued + counts->sent;
    case OUTBOX_WAITING:
        return counts->waiting;
    case OUTBOX_UNSETTLED:
        return counts->waiting + counts->duplicate;
    case OUTBOX_REFUSED:
        return counts->refused;
    }
    return 0;
}

static bool print_sections(const struct node *node, const struct outbox_counts *counts,
                           json_t *root, struct fault *ret_fault)
{
    for (size_t i = 0; i < SECTION_COUNT; i++) {
        struct printing printing = {.node = node};
        uint64_t total = section_total(counts, sections[i].list);
        if (root != NULL) {
            printing.rows = json_array();
            (void)json_object_set_new(root, sections[i].key, printing.rows);
        } else if (total > 0) {
            puts(section_title(sections[i].list));
        }
        if (!outbox_walk(node->outbox, sections[i].list, 0, UINT32_MAX, print_entry, &printing,
                         ret_fault)) {
            return false;
        }
        if (root == NULL && total > printing.count) {
            printf(_("  and %" PRIu64 " more (--json lists all)\n"), total - printing.count);
        }
    }
    return true;
}

static json_t *tally_json(const struct tally *tally)
{
    return json_pack("{s:I,s:I,s:I,s:I,s:I,s:I}", "read", (json_int_t)tally->read, "accepted",
                     (json_int_t)tally->accepted, "waiting", (json_int_t)tally->waiting, "already",
                     (json_int_t)tally->already, "refused", (json_int_t)tally->refused, "pending",
                     (json_int_t)tally->pending);
}

static void print_head(const struct node *node, const struct outbox_counts *counts,
                       const struct tally *retried)
{
    if (retried != NULL) {
        printf(_("Sent again %" PRIu64 ": %" PRIu64 " accepted, %" PRIu64 " waiting, %" PRIu64
                 " already in, %" PRIu64 " refused, %" PRIu64 " pending\n"),
               retried->read, retried->accepted, retried->waiting, retried->already,
               retried->refused, retried->pending);
    }
    printf(_("Outbox of store %s: %" PRIu64 " pending, %" PRIu64 " waiting, %" PRIu64
             " refused, %" PRIu64 " accepted%s\n"),
           node->kit.store.text, counts->queued + counts->sent, counts->waiting, counts->refused,
           counts->accepted + counts->duplicate, node->kit.test ? _("  (TEST)") : "");
}

/* `retried`: what came of a retry, else NULL. Returns: the exit code. */
static int list(const struct node *node, bool json, const struct tally *retried)
{
    struct outbox_counts counts = {0};
    struct fault fault = {0};
    json_t *root = json ? json_object() : NULL;
    bool good = outbox_count(node->outbox, &counts, &fault);

    if (good && !json) {
        print_head(node, &counts, retried);
    }
    good = good && print_sections(node, &counts, root, &fault);
    if (good && json) {
        (void)json_object_set_new(root, "accepted",
                                  json_integer((json_int_t)counts.accepted +
                                               (json_int_t)counts.duplicate));
        if (retried != NULL) {
            (void)json_object_set_new(root, "retried", tally_json(retried));
        }
        good = json_dumpf(root, stdout, JSON_COMPACT) == 0 && putchar('\n') != EOF;
    }
    json_decref(root);
    if (!good) {
        return node_complain("outbox", &fault);
    }
    if (counts.queued + counts.sent > 0) {
        return EX_TEMPFAIL;
    }
    return counts.refused > 0 ? EX_DATAERR : EX_OK;
}

/* First comes what headquarters says of waiting events: one refused at its deadline is sent again
 * with the others. Returns: the exit code. */
static int send_again(struct node *node, const struct options *options)
{
    struct publish publish = {.lock = -1};
    struct fault fault = {0};

    bool good = publish_init(&publish, node, options->wait_s, &fault) &&
                retry_queue(&publish, &options->retry, &fault) && publish_drain(&publish, &fault);
    int code = good ? list(node, options->json, &publish.tally) : node_complain("outbox", &fault);
    publish_deinit(&publish);
    return code;
}

static bool refresh(struct node *node, int wait_s, struct fault *ret_fault)
{
    struct outbox_counts counts;
    enum ask_result result = ASK_ANSWERED;
    char text[ASK_TEXT_MAX + 1];

    if (!outbox_count(node->outbox, &counts, ret_fault)) {
        return false;
    }
    if (wait_s == 0 || counts.waiting + counts.duplicate == 0) {
        return true;
    }
    struct wire *wire = node_connect(node, ret_fault);
    if (wire == NULL) {
        return false;
    }
    bool good = ask_waiting(node, wire, wait_s * 1000, &result, text, ret_fault);
    wire_close(wire);
    if (good && result != ASK_ANSWERED) {
        fprintf(stderr, _("allclear outbox: %s; what follows is as of the last time\n"), text);
    }
    return good;
}

static int run(const struct options *options)
{
    struct fault fault = {0};
    struct node node = {0};
    int code = EX_OK;

    bool good = node_open(options->dir, &node, &fault) && node_open_outbox(&node, &fault);
    if (good && options->file != NULL) {
        code = outbox_of(&node, options->file, options->reading);
    } else if (good && options->again) {
        code = send_again(&node, options);
    } else {
        good = good && refresh(&node, options->wait_s, &fault);
        code = good ? list(&node, options->json, NULL) : node_complain("outbox", &fault);
    }
    node_close(&node);
    return code;
}

int verb_outbox(int argc, char **argv)
{
    struct options options = {.wait_s = -1};
    int code = options_parse(argc, argv, &options);

    if (code == EX_OK) {
        publish_catch_signals();
        code = run(&options);
    }
    free(options.retry.events);
    return code;
}
