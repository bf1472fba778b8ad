#include "tools/hq/audit.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "clearing/base/memory.h"
#include "tools/hq/answers.h"
#include "clearing/base/hex.h"
#include "tools/render/table.h"
#include "tools/text.h"

#define REPORT_LEN_MAX ((size_t)256 << 20)

/* Open numbers of a terminal. */
struct missing {
    code_t store;
    code_t terminal;
    uint64_t first;
    uint64_t last;
};

struct audit {
    const struct audit_options *options;
    struct view *view;
    struct fault why;
    char *report; /* the last closed cycle's */
    size_t report_len;
    uint32_t compared; /* reports */
    int64_t began_ms;
    int64_t told_ms;
    bool told;
    struct missing *missing;
    uint32_t missing_count;
    uint32_t missing_capacity;
    char state[2 * DIGEST_LEN + 1]; /* the book's digest */
};

static int64_t now_ms(void)
{
    struct timespec now;

    CHECK(clock_gettime(CLOCK_MONOTONIC, &now) == 0);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* --- on the way --- */

static void on_progress(void *context, uint64_t records, uint64_t of, uint64_t events)
{
    struct audit *audit = context;
    int64_t now = now_ms();
    int64_t span = now - audit->began_ms;

    if (span <= 0 || now - audit->told_ms < 1000) {
        return;
    }
    audit->told_ms = now;
    audit->told = true;
    fprintf(stderr,
            _("%s%" PRIu64 " of %" PRIu64 " records, %" PRIu64 " records/s, %" PRIu64 " "
              "events/s%s"),
            isatty(STDERR_FILENO) ? "\r" : "",
            records,
            of,
            records * 1000 / (uint64_t)span,
            events * 1000 / (uint64_t)span,
            isatty(STDERR_FILENO) ? "\033[K" : "\n");
}

/* Compare with the report that was given out, where it lies in the folder. */
static void compare_report(struct audit *audit, const struct cycle *cycle)
{
    char name[CODE_LEN_MAX + 32];
    char path[FILES_PATH_MAX];
    char *bytes = NULL;
    size_t len = 0;

    (void)snprintf(name, sizeof name, "reports/%s.json", cycle->id.text);
    if (!files_path(audit->options->dir, name, path, NULL) || access(path, F_OK) != 0) {
        return;
    }
    bool same = files_read(path, REPORT_LEN_MAX, &bytes, &len, NULL) &&
                len == audit->report_len && memcmp(bytes, audit->report, len) == 0;
    free(bytes);
    audit->compared++;
    if (!same && audit->why.category == FAULT_NONE) {
        (void)fault_set(&audit->why,
                        FAULT_STORE,
                        "record %" PRIu64 ": %s is not what the records give",
                        cycle->close_record,
                        name);
    }
}

static void on_close(void *context, const struct cycle *cycle, const struct report *report)
{
    struct audit *audit = context;

    free(audit->report);
    audit->report = answers_report_bytes(report, &audit->report_len);
    compare_report(audit, cycle);
}

/* --- afterwards --- */

static int missing_compare(const void *left, const void *right)
{
    const struct missing *a = left;
    const struct missing *b = right;
    int order = slice_compare(code_slice(&a->store), code_slice(&b->store));

    if (order == 0) {
        order = slice_compare(code_slice(&a->terminal), code_slice(&b->terminal));
    }
    return order != 0 ? order : (a->first > b->first) - (a->first < b->first);
}

static void find_missing(struct audit *audit)
{
    const struct state *state = &audit->view->book.state;

    for (uint32_t i = 0; i < state->numbers.count; i++) {
        const struct terminal *terminal = &state->numbers.terminals[i];
        for (uint32_t j = 0; j < terminal->gap_count; j++) {
            MEMORY_GROW(audit->missing, audit->missing_count, audit->missing_capacity);
            audit->missing[audit->missing_count++] = (struct missing){
                .store = *registry_store_code(&state->registry, terminal->store),
                .terminal = terminal->code,
                .first = terminal->gaps[j].first,
                .last = terminal->gaps[j].last,
            };
        }
    }
    if (audit->missing_count > 1) {
        qsort(audit->missing, audit->missing_count, sizeof *audit->missing, missing_compare);
    }
}

static bool write_report(struct audit *audit)
{
    if (audit->options->report == NULL) {
        return true;
    }
    if (audit->report == NULL) { /* no cycle was closed */
        json_t *answer = answers_report(&audit->view->book);
        audit->report = json_dumps(json_object_get(answer, "report"), JSON_COMPACT);
        json_decref(answer);
        CHECK(audit->report != NULL);
        audit->report_len = strlen(audit->report);
        audit->report = memory_resize(audit->report, audit->report_len + 2, 1);
        memcpy(audit->report + audit->report_len++, "\n", 2);
    }
    return files_write(
        audit->options->report, audit->report, audit->report_len, &audit->why);
}

static void hex_text(const uint8_t bytes[DIGEST_LEN], char ret_text[2 * DIGEST_LEN + 1])
{
    hex_write(bytes, DIGEST_LEN, ret_text);
}

static void print_missing(const struct audit *audit)
{
    const struct table_column columns[] = {{_("Store"), COLUMN_TEXT},
                                           {_("Terminal"), COLUMN_TEXT},
                                           {_("From"), COLUMN_RIGHT},
                                           {_("To"), COLUMN_RIGHT}};
    struct look look = look_of(stdout);
    struct table table;

    if (audit->missing_count == 0) {
        return;
    }
    fputs(_("Running numbers that never came:\n"), stdout);
    table_init(&table, columns, sizeof columns / sizeof columns[0]);
    for (uint32_t i = 0; i < audit->missing_count; i++) {
        const struct missing *row = &audit->missing[i];
        char number[24];
        table_text(&table, row->store.text);
        table_text(&table, row->terminal.text);
        (void)snprintf(number, sizeof number, "%" PRIu64, row->first);
        table_text(&table, number);
        (void)snprintf(number, sizeof number, "%" PRIu64, row->last);
        table_text(&table, number);
    }
    table_write(&table, &look, stdout);
    table_deinit(&table);
}

static void print_json(const struct audit *audit, const char *verdict)
{
    const struct view *view = audit->view;
    json_t *root = json_object();
    json_t *gaps = json_array();
    char text[2 * DIGEST_LEN + 1];

    for (uint32_t i = 0; i < audit->missing_count; i++) {
        const struct missing *row = &audit->missing[i];
        json_array_append_new(gaps,
                              json_pack("{s:s,s:s,s:I,s:I}",
                                        "store",
                                        row->store.text,
                                        "terminal",
                                        row->terminal.text,
                                        "from",
                                        (json_int_t)row->first,
                                        "to",
                                        (json_int_t)row->last));
    }
    json_object_set_new(root, "verdict", json_string(verdict));
    hex_text(view->book.network, text);
    json_object_set_new(root, "network", json_string(text));
    json_object_set_new(root, "records", json_integer((json_int_t)view->records));
    json_object_set_new(root, "events", json_integer((json_int_t)view->events));
    hex_text(view->root, text);
    json_object_set_new(root, "root", json_string(text));
    json_object_set_new(root, "signed", json_integer((json_int_t)view->checkpoint.size));
    json_object_set_new(root, "cycles", json_integer((json_int_t)view->book.cycle_count));
    json_object_set_new(root, "reports_compared", json_integer((json_int_t)audit->compared));
    json_object_set_new(root, "state", json_string(audit->state));
    json_object_set_new(root, "gaps", gaps);
    (void)json_dumpf(root, stdout, JSON_COMPACT);
    fputc('\n', stdout);
    json_decref(root);
}

static void print_text(const struct audit *audit, const char *verdict)
{
    const struct view *view = audit->view;
    char network[2 * DIGEST_LEN + 1];
    char root[2 * DIGEST_LEN + 1];

    hex_text(view->book.network, network);
    hex_text(view->root, root);
    printf(_("Alliance %s%s, network %s\n"),
           view->book.alliance.text,
           view->book.test_clock ? " (TEST)" : "",
           network);
    printf(_("Cycles closed: %" PRIu32 ", reports compared: %" PRIu32
             ", records signed by the checkpoint: %" PRIu64 "\n"),
           view->book.cycle_count,
           audit->compared,
           view->checkpoint.size);
    printf(_("State after these records: %s\n"), audit->state);
    print_missing(audit);
    printf("%s %" PRIu64 " records, %" PRIu64 " events, root %s", verdict, view->records,
           view->events, root);
    fputs(audit->options->network == NULL
              ? _("; without --network nobody knows whose ledger this is\n")
              : "\n",
          stdout);
}

/* The journal's own words begin with "journal record N": the verdict names the record first. */
static void name_record(struct fault *why)
{
    static const char head[] = "journal record ";
    struct fault old = *why;
    const char *digits = old.text + sizeof head - 1;
    char *end = NULL;

    if (strncmp(old.text, head, sizeof head - 1) != 0) {
        return;
    }
    uint64_t index = strtoull(digits, &end, 10);
    if (end != digits && *end == ' ') {
        (void)fault_set(why, old.category, "record %" PRIu64 ": it %.400s", index, end + 1);
    }
}

static int failed(struct audit *audit)
{
    name_record(&audit->why);
    if (audit->options->json) {
        json_t *root = json_pack("{s:s,s:s}", "verdict", "FAILED", "why", audit->why.text);
        (void)json_dumpf(root, stdout, JSON_COMPACT);
        fputc('\n', stdout);
        json_decref(root);
    } else {
        printf("FAILED %s\n", audit->why.text);
    }
    return fflush(stdout) == 0 ? 1 : EX_IOERR;
}

static int judge(struct audit *audit)
{
    const struct audit_options *options = audit->options;
    const char *verdict = options->network == NULL ? "UNANCHORED" : "VERIFIED";

    if (audit->view == NULL || audit->why.category != FAULT_NONE) {
        return failed(audit);
    }
    if (options->network != NULL &&
        memcmp(options->network, audit->view->book.network, SIGN_NETWORK_LEN) != 0) {
        (void)fault_set(&audit->why,
                        FAULT_STORE,
                        "record 0: it begins another network than the fingerprint names");
        return failed(audit);
    }
    uint8_t digest[DIGEST_LEN];
    book_digest(&audit->view->book, digest);
    hex_text(digest, audit->state);
    find_missing(audit);
    if (!write_report(audit)) {
        fprintf(stderr, "allclear replay: %s\n", audit->why.text);
        return EX_CANTCREAT;
    }
    if (options->json) {
        print_json(audit, verdict);
    } else {
        print_text(audit, verdict);
    }
    return fflush(stdout) == 0 ? 0 : EX_IOERR;
}

int audit_run(const struct audit_options *options)
{
    struct audit audit = {.options = options, .began_ms = now_ms()};
    struct view_options view_options = {
        .dir = options->dir,
        .signatures = true,
        .progress = on_progress,
        .on_close = on_close,
        .context = &audit,
    };
    struct fault fault = {0};

    audit.told_ms = audit.began_ms;
    if (!view_ready(options->dir, &fault)) {
        fprintf(stderr, "allclear replay: %s\n", fault.text);
        return EX_NOINPUT;
    }
    audit.view = view_open(&view_options, &fault);
    if (audit.view == NULL) {
        audit.why = fault;
    }
    if (audit.told && isatty(STDERR_FILENO)) {
        fputc('\n', stderr);
    }
    int code = judge(&audit);
    view_close(audit.view);
    free(audit.report);
    free(audit.missing);
    return code;
}

int audit_run_apart(const struct audit_options *options)
{
    int status = 0;
    pid_t child;

    (void)fflush(NULL);
    child = fork();
    if (child < 0) {
        perror("allclear replay");
        return EX_OSERR;
    }
    if (child == 0) {
        int code = audit_run(options);
        (void)fflush(NULL);
        _exit(code);
    }
    while (waitpid(child, &status, 0) < 0) {
    }
    if (WIFEXITED(status)) {
        return WEXITSTATUS(status);
    }
    printf("FAILED the journal's file is damaged: reading it ended the reader (signal %d)\n",
           WTERMSIG(status));
    return 1;
}
