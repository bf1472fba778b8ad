/* allclear outbox: what is pending, what waits, what was refused. */
#include <getopt.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "tools/node/ask.h"
#include "tools/node/node_verbs.h"
#include "tools/node/options.h"
#include "tools/node/publish.h"
#include "tools/text.h"

#define LIST_WAIT_S 5
#define ROWS_SHOWN  40

struct options {
    const char *dir;
    bool json;
    bool retry;
    outcome_t reason;
    int wait_s; /* -1: not said */
};

static void usage(FILE *out)
{
    fputs(
        _("Usage: allclear outbox [list | retry [REASON]] --dir DIR [--json] [--wait SECONDS]\n"
          "\n"
          "Ask headquarters what became of waiting events, and list what is pending, waiting and\n"
          "refused. `retry` queues what was refused (for this reason) again, and sends it.\n"
          "\n"
          "  --dir DIR       the store's folder (or ALLCLEAR_DIR)\n"
          "  --json          print one JSON object\n"
          "  --wait SECONDS  for headquarters' answer (list 5, retry 30); 0 asks nobody\n"
          "\n"
          "Exit: 0 nothing is pending or refused, 65 some refused, 75 some pending, 64 usage.\n"
          "\n"
          "Example:\n"
          "  allclear outbox retry UNKNOWN_OFFER --dir /var/lib/allclear-store\n"),
        out);
}

static bool take_words(struct options *options, char **words, int count)
{
    bool list = count == 0 || strcmp(words[0], "list") == 0;

    options->retry = count > 0 && strcmp(words[0], "retry") == 0;
    if ((!list && !options->retry) || count > (options->retry ? 2 : 1)) {
        return false;
    }
    if (count == 2) {
        options->reason = tally_outcome_named(words[1]);
        return options->reason != OUTCOME_NONE;
    }
    return true;
}

static int options_parse(int argc, char **argv, struct options *options)
{
    static const struct option longs[] = {
        {"dir", required_argument, NULL, 'd'},
        {"json", no_argument, NULL, 'j'},
        {"wait", required_argument, NULL, 'w'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    int option = 0;

    while ((option = getopt_long(argc, argv, "h", longs, NULL)) != -1) {
        if (option == 'h') {
            usage(stdout);
            exit(EX_OK);
        }
        if (option == '?' ||
            (option == 'w' && !options_seconds("outbox", optarg, &options->wait_s))) {
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
        options->wait_s = options->retry ? PUBLISH_WAIT_S : LIST_WAIT_S;
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

/* Returns: the exit code. */
static int list(const struct node *node, bool json)
{
    struct outbox_counts counts = {0};
    struct fault fault = {0};
    json_t *root = json ? json_object() : NULL;
    bool good = outbox_count(node->outbox, &counts, &fault);

    if (good && !json) {
        printf(_("Outbox of store %s: %" PRIu64 " pending, %" PRIu64 " waiting, %" PRIu64
                 " refused, %" PRIu64 " accepted%s\n"),
               node->kit.store.text, counts.queued + counts.sent, counts.waiting, counts.refused,
               counts.accepted + counts.duplicate, node->kit.test ? _("  (TEST)") : "");
    }
    good = good && print_sections(node, &counts, root, &fault);
    if (good && json) {
        (void)json_object_set_new(root, "accepted",
                                  json_integer((json_int_t)counts.accepted +
                                               (json_int_t)counts.duplicate));
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

static bool requeue(struct node *node, outcome_t reason, struct fault *ret_fault)
{
    uint64_t count = 0;

    if (!outbox_begin(node->outbox, ret_fault)) {
        return false;
    }
    if (!outbox_requeue_refused(node->outbox, reason, &count, ret_fault)) {
        outbox_rollback(node->outbox);
        return false;
    }
    return outbox_commit(node->outbox, ret_fault);
}

static bool send_retries(struct node *node, const struct options *options, struct fault *ret_fault)
{
    struct publish publish = {.lock = -1};

    bool good = requeue(node, options->reason, ret_fault) &&
                publish_init(&publish, node, options->wait_s, ret_fault) &&
                publish_drain(&publish, ret_fault);
    publish_deinit(&publish);
    return good;
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

int verb_outbox(int argc, char **argv)
{
    struct options options = {.wait_s = -1};
    struct fault fault = {0};
    struct node node = {0};
    int code = options_parse(argc, argv, &options);

    if (code != EX_OK) {
        return code;
    }
    publish_catch_signals();
    bool good = node_open(options.dir, &node, &fault) && node_open_outbox(&node, &fault) &&
                (options.retry ? send_retries(&node, &options, &fault)
                               : refresh(&node, options.wait_s, &fault));
    code = good ? list(&node, options.json) : node_complain("outbox", &fault);
    node_close(&node);
    return code;
}
