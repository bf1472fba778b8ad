/* allclear publish: events in, receipts back. */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "clearing/money/money.h"
#include "tools/node/node_verbs.h"
#include "tools/node/options.h"
#include "tools/node/publish.h"
#include "tools/node/totals.h"
#include "tools/render/table.h"
#include "tools/render/words.h"
#include "tools/text.h"
#include "tools/tills/check.h"

#define REFUSALS_SHOWN 20
#define CHECK_ZONE_MIN (8 * 60) /* in which JSON Lines' days are counted without a mapping */
#define EVENT_LEN      (2 * (CODE_LEN_MAX + 1) + 24)

struct options {
    const char *dir;
    bool json;
    bool watch;
    bool check;
    bool lines; /* a check prints the events */
    const char *till;
    bool retry;
    outcome_t retry_reason;
    int wait_s;
    char **paths;
    int path_count;
};

struct checking {
    const struct mapping *mapping;
    struct check check;
};

static void usage(FILE *out)
{
    fputs(_("Usage: allclear publish FILE|FOLDER|- ... --dir DIR [--till MAPPING] [--json]\n"
            "                        [--retry [REASON]] [--wait SECONDS] [--watch]\n"
            "       allclear publish --check FILE|FOLDER|- ... [--till MAPPING] [--json|--lines]\n"
            "\n"
            "Put events (one JSON object a line, or what a till exports as CSV) into the store's\n"
            "outbox, send them to headquarters, and take the receipts. What was published before\n"
            "is not sent again.\n"
            "\n"
            "  FOLDER            its *.jsonl files, and with --till its *.csv files\n"
            "  --till MAPPING    all but *.jsonl are exports of a till; MAPPING says what their\n"
            "                    columns mean (deploy/tills has samples)\n"
            "  --check           send nothing: name every bad cell, and sum up what would be\n"
            "                    sent, a day by type and means; needs no --dir\n"
            "  --lines           with --check: print the events as JSON Lines\n"
            "  --dir DIR         the store's folder (or ALLCLEAR_DIR)\n"
            "  --json            print the counts and the refusals as one JSON object\n"
            "  --retry [REASON]  send lines that were refused (for this reason) once more\n"
            "  --wait SECONDS    give up when no receipt came for so long (30); 0 sends nothing\n"
            "  --watch           go on with what is added to files and folders, until a signal\n"
            "\n"
            "Exit: 0 all in (waiting counts as in), 65 some refused, 75 some still pending,\n"
            "66 a file cannot be read, 78 the mapping is wrong, 64 usage.\n"
            "\n"
            "Example:\n"
            "  allclear publish 2026-03-01.jsonl --dir /var/lib/allclear-store\n"
            "  allclear publish --check --till deploy/tills/wide/till.conf day.csv\n"),
          out);
}

/* The reason is the next word where that is an outcome's name, so that files can follow. */
static bool take_retry(struct options *options, int argc, char **argv, const char *argument)
{
    options->retry = true;
    if (argument == NULL && optind < argc && tally_outcome_named(argv[optind]) != OUTCOME_NONE) {
        argument = argv[optind++];
    }
    options->retry_reason = tally_outcome_named(argument);
    if (argument != NULL && options->retry_reason == OUTCOME_NONE) {
        fprintf(stderr, _("allclear publish: --retry %s: no reason of this name\n"), argument);
        return false;
    }
    return true;
}

/* What goes with what. */
static int options_judge(struct options *options)
{
    if (options->check && (options->watch || options->retry || (options->json && options->lines))) {
        fputs(
            _("allclear publish: --check sends nothing: it goes with --till, --json or --lines\n"),
            stderr);
        return EX_USAGE;
    }
    if (options->lines && !options->check) {
        fputs(_("allclear publish: --lines goes with --check\n"), stderr);
        return EX_USAGE;
    }
    if (!options->check) {
        options->dir = node_dir(options->dir, "publish");
    }
    if ((!options->check && options->dir == NULL) || options->path_count == 0) {
        usage(stderr);
        return EX_USAGE;
    }
    return EX_OK;
}

static int options_parse(int argc, char **argv, struct options *options)
{
    static const struct option longs[] = {
        {"dir", required_argument, NULL, 'd'},   {"json", no_argument, NULL, 'j'},
        {"retry", optional_argument, NULL, 'r'}, {"wait", required_argument, NULL, 'w'},
        {"watch", no_argument, NULL, 'W'},       {"till", required_argument, NULL, 't'},
        {"check", no_argument, NULL, 'c'},       {"lines", no_argument, NULL, 'l'},
        {"help", no_argument, NULL, 'h'},        {NULL, 0, NULL, 0},
    };
    int option = 0;

    while ((option = getopt_long(argc, argv, "h", longs, NULL)) != -1) {
        if (option == 'h') {
            usage(stdout);
            exit(EX_OK);
        }
        if (option == '?' || (option == 'r' && !take_retry(options, argc, argv, optarg)) ||
            (option == 'w' && !options_seconds("publish", optarg, &options->wait_s))) {
            return EX_USAGE;
        }
        options->dir = option == 'd' ? optarg : options->dir;
        options->json = options->json || option == 'j';
        options->watch = options->watch || option == 'W';
        options->till = option == 't' ? optarg : options->till;
        options->check = options->check || option == 'c';
        options->lines = options->lines || option == 'l';
    }
    options->paths = argv + optind;
    options->path_count = argc - optind;
    return options_judge(options);
}

/* All files are there before the first is read. */
static int check_paths(const struct options *options)
{
    for (int i = 0; i < options->path_count; i++) {
        const char *path = options->paths[i];
        if (strcmp(path, "-") == 0 && options->watch) {
            fputs(_("allclear publish: --watch does not go with stdin\n"), stderr);
            return EX_USAGE;
        }
        if (strcmp(path, "-") != 0 && access(path, R_OK) != 0) {
            fprintf(stderr, "allclear publish: %s: %s\n", path, strerror(errno));
            return EX_NOINPUT;
        }
        if (options->till == NULL && files_is_export(path) && !files_is_folder(path)) {
            fprintf(stderr,
                    _("allclear publish: %s: a till's export: say with --till MAPPING what its "
                      "columns mean\n"),
                    path);
            return EX_USAGE;
        }
    }
    return EX_OK;
}

static void name_event(const struct node *node, const struct tally_refusal *refusal,
                       char ret_text[EVENT_LEN])
{
    ret_text[0] = '\0';
    if (refusal->number != 0) {
        (void)snprintf(ret_text, EVENT_LEN, "%s:%s:%" PRIu64, node->kit.store.text,
                       refusal->terminal.text, refusal->number);
    }
}

static const char *detail_of(const struct tally_refusal *refusal)
{
    if (refusal->detail != NULL) {
        return refusal->detail;
    }
    return strcmp(refusal->reason, "NUMBER_REUSED") == 0 ? _("another event has this number") : "";
}

static json_t *refusals_json(const struct node *node, const struct tally *tally)
{
    json_t *list = json_array();
    char event[EVENT_LEN];

    for (uint64_t i = 0; i < tally->refusal_count; i++) {
        const struct tally_refusal *refusal = &tally->refusals[i];
        json_t *entry = json_object();
        name_event(node, refusal, event);
        /* A file name need not be UTF-8; jansson refuses what is not. */
        json_t *file = json_string(tally->files[refusal->file]);
        (void)json_object_set_new(entry, "file", file != NULL ? file : json_string("?"));
        (void)json_object_set_new(entry, "line", json_integer(refusal->line));
        (void)json_object_set_new(entry, "event", json_string(event));
        (void)json_object_set_new(entry, "reason", json_string(refusal->reason));
        (void)json_object_set_new(entry, "detail", json_string(detail_of(refusal)));
        (void)json_array_append_new(list, entry);
    }
    return list;
}

static bool print_json(const struct node *node, const struct tally *tally, json_t *totals)
{
    json_t *root = json_object();

    (void)json_object_set_new(root, "read", json_integer((json_int_t)tally->read));
    (void)json_object_set_new(root, "accepted", json_integer((json_int_t)tally->accepted));
    (void)json_object_set_new(root, "waiting", json_integer((json_int_t)tally->waiting));
    (void)json_object_set_new(root, "already", json_integer((json_int_t)tally->already));
    (void)json_object_set_new(root, "refused", json_integer((json_int_t)tally->refused));
    (void)json_object_set_new(root, "pending", json_integer((json_int_t)tally->pending));
    (void)json_object_set_new(root, "refusals", refusals_json(node, tally));
    if (totals != NULL) {
        (void)json_object_set(root, "day_totals", totals);
    }
    bool good = json_dumpf(root, stdout, JSON_COMPACT) == 0 && putchar('\n') != EOF;
    json_decref(root);
    return good;
}

/* What each reason among the refusals shown means, and what to do, once. A bad line's detail says
 * it all. */
static void print_reasons(const struct tally *tally)
{
    const struct look look = look_of(stdout);
    bool said[OUTCOME_LAST + 1] = {false};
    char first[CODE_LEN_MAX + 5];
    char text[1024];

    for (uint64_t i = 0; i < tally->refusal_count && i < REFUSALS_SHOWN; i++) {
        outcome_t reason = tally_outcome_named(tally->refusals[i].reason);
        if (reason == OUTCOME_NONE || said[reason]) {
            continue;
        }
        said[reason] = true;
        (void)snprintf(first, sizeof first, "  %s: ", outcome_name(reason));
        (void)snprintf(text, sizeof text, "%s %s", words_of_check(reason),
                       words_of_advice(reason));
        paragraph_write(first, text, &look, stdout);
    }
}

static void print_text(const struct node *node, const struct tally *tally)
{
    char event[EVENT_LEN];

    printf(_("%" PRIu64 " read: %" PRIu64 " accepted, %" PRIu64 " waiting, %" PRIu64
             " already in, %" PRIu64 " refused, %" PRIu64 " pending%s\n"),
           tally->read, tally->accepted, tally->waiting, tally->already, tally->refused,
           tally->pending, node->kit.test ? _("  (TEST)") : "");
    for (uint64_t i = 0; i < tally->refusal_count && i < REFUSALS_SHOWN; i++) {
        const struct tally_refusal *refusal = &tally->refusals[i];
        const char *detail = detail_of(refusal);
        name_event(node, refusal, event);
        printf("  %s:%u  %s%s%s%s%s\n", tally->files[refusal->file], refusal->line, event,
               *event == '\0' ? "" : "  ", refusal->reason, *detail == '\0' ? "" : ": ", detail);
    }
    if (tally->refusal_count > REFUSALS_SHOWN) {
        printf(_("  and %" PRIu64 " more (--json lists all)\n"),
               tally->refusal_count - REFUSALS_SHOWN);
    }
    print_reasons(tally);
}

static const char *said_of(const json_t *row, const char *key)
{
    const char *text = json_string_value(json_object_get(row, key));

    return text == NULL ? "" : text;
}

static void print_difference(const json_t *row)
{
    int64_t till = json_integer_value(json_object_get(row, "till"));
    int64_t ledger = json_integer_value(json_object_get(row, "ledger"));
    const char *name = said_of(row, "key");
    char texts[3][MONEY_TEXT_SIZE];
    total_key_t key = TOTAL_SALE;

    if (!total_key_parse(slice_of(name), &key)) {
        printf(_("    events: till %" PRId64 ", ledger %" PRId64 ", difference %" PRId64 "\n"), till,
               ledger, till - ledger);
        return;
    }
    money_format_yuan(money(till), texts[0]);
    money_format_yuan(money(ledger), texts[1]);
    money_format_yuan(money_sub(money(till), money(ledger)), texts[2]);
    printf(_("    %s: till %s, ledger %s, difference %s\n"), words_of_total(key), texts[0],
           texts[1], texts[2]);
}

/* What headquarters says of the day totals: what differs, and by how much. */
static void print_totals(const json_t *totals)
{
    const json_t *row = NULL;
    const json_t *difference = NULL;
    size_t i = 0;
    size_t j = 0;

    json_array_foreach(totals, i, row)
    {
        bool matched = json_is_true(json_object_get(row, "matched"));
        printf(matched ? _("  %s  day total of %s: MATCHED\n") : _("  %s  day total of %s: DIFFERS\n"),
               said_of(row, "event"), said_of(row, "date"));
        json_array_foreach(json_object_get(row, "differences"), j, difference)
        {
            print_difference(difference);
        }
    }
}

static bool run(struct publish *publish, const struct options *options, struct fault *ret_fault)
{
    if (options->watch) {
        return publish_watch(publish, options->paths, options->path_count, ret_fault);
    }
    for (int i = 0; i < options->path_count; i++) {
        if (!publish_read(publish, options->paths[i], ret_fault)) {
            return false;
        }
    }
    return publish_drain(publish, ret_fault);
}

static int report(struct publish *publish, const struct options *options)
{
    const struct tally *tally = &publish->tally;
    json_t *totals = options->watch ? NULL : totals_ask(publish);
    bool good = true;

    if (options->json) {
        good = print_json(publish->node, tally, totals);
    } else {
        print_text(publish->node, tally);
        print_totals(totals);
    }
    json_decref(totals);
    if (!good || fflush(stdout) != 0) {
        return EX_IOERR;
    }
    if (tally->pending > 0) {
        publish_explain(publish);
        return EX_TEMPFAIL;
    }
    return tally->refused > 0 ? EX_DATAERR : EX_OK;
}

static int send(const struct options *options, const struct mapping *mapping)
{
    struct publish publish = {.lock = -1};
    struct fault fault = {0};
    struct node node = {0};

    publish_catch_signals();
    bool good = node_open(options->dir, &node, &fault) && node_open_outbox(&node, &fault) &&
                publish_init(&publish, &node, options->wait_s, &fault);
    if (good) {
        publish.intake.mapping = mapping;
        publish.intake.retry = options->retry;
        publish.intake.retry_reason = options->retry_reason;
        good = run(&publish, options, &fault);
    }
    int code = good ? report(&publish, options) : node_complain("publish", &fault);
    publish_deinit(&publish);
    node_close(&node);
    return code;
}

static bool check_file(void *context, const char *path, struct fault *ret_fault)
{
    struct checking *checking = context;
    bool lines = checking->mapping == NULL || files_is_lines(path);

    if (checking->mapping == NULL && files_is_export(path)) {
        return true; /* in a folder: somebody else's */
    }
    FILE *file = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
    if (file == NULL) {
        return fault_set_errno(ret_fault, errno, "%s: cannot read", path);
    }
    bool good = lines ? check_lines(&checking->check, file, path, ret_fault)
                      : check_export(&checking->check, checking->mapping, file, path, ret_fault);
    if (file != stdin) {
        (void)fclose(file);
    }
    return good;
}

/* Nothing is sent, no folder of a store is looked at. */
static int check(const struct options *options, const struct mapping *mapping)
{
    struct checking checking = {.mapping = mapping};
    struct fault fault = {0};
    bool good = true;
    int code = EX_OK;

    check_init(&checking.check,
               options->json    ? CHECK_JSON
               : options->lines ? CHECK_LINES
                                : CHECK_TEXT,
               mapping == NULL ? CHECK_ZONE_MIN : mapping->zone_min);
    for (int i = 0; good && i < options->path_count; i++) {
        good = files_walk(options->paths[i], check_file, &checking, &fault);
    }
    if (!good) {
        code = node_complain("publish", &fault);
    } else if (!check_finish(&checking.check)) {
        code = EX_IOERR;
    } else if (checking.check.bad > 0) {
        code = EX_DATAERR;
    }
    check_deinit(&checking.check);
    return code;
}

int verb_publish(int argc, char **argv)
{
    struct options options = {.wait_s = PUBLISH_WAIT_S};
    struct complaints complaints = {0};
    struct mapping *mapping = NULL;
    int code = options_parse(argc, argv, &options);

    code = code == EX_OK ? check_paths(&options) : code;
    if (code != EX_OK) {
        return code;
    }
    if (options.till != NULL) {
        mapping = mapping_read(options.till, &complaints);
        if (mapping == NULL) {
            complaints_write(&complaints, stderr);
            return EX_CONFIG;
        }
    }
    code = options.check ? check(&options, mapping) : send(&options, mapping);
    mapping_free(mapping);
    return code;
}
