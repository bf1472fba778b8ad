/* allclear cycle: look at the open cycle, close it, list the closed ones. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "clearing/base/memory.h"
#include "tools/hq/args.h"
#include "tools/hq/board_text.h"
#include "tools/hq/hq_verbs.h"
#include "tools/hq/inquire.h"
#include "tools/hq/show.h"
#include "tools/hq/submit.h"
#include "tools/render/table.h"
#include "tools/text.h"

static const char *usage(void)
{
    return _("Usage: allclear cycle checklist [--json] --dir DIR\n"
             "       allclear cycle preview [--format text|json|csv] --dir DIR\n"
             "       allclear cycle close [ID] [--incomplete REASON] [--reason TEXT] [--format text|json|csv]\n"
             "                      --dir DIR\n"
             "       allclear cycle list [--json] --dir DIR\n"
             "       allclear cycle show ID [--format text|json|csv] --dir DIR\n"
             "\n"
             "`close` ends the open day, refuses what still waits, and closes the cycle: its "
             "figures never\n"
             "change again. ID is what people say, as 2026-03, 2026-W10 or 2026-03-05; without "
             "one the\n"
             "month of the open day. A second close of the same ID gets ID-2. `checklist` says what is\n"
             "missing (exit 1, else 0); a close over it needs --incomplete REASON, which is kept.\n"
             "\n"
             "Example:\n"
             "  allclear cycle preview --dir /var/lib/allclear\n"
             "  allclear cycle close 2026-03 --dir /var/lib/allclear\n");
}

struct cycle_options {
    struct show show;
    const char *reason;
    const char *incomplete; /* why it closes though something is missing */
    bool json;
};

/* --- the open cycle --- */

static bool as_text(const struct cycle_options *options)
{
    return options->show.out == NULL &&
           (options->show.format == NULL || strcmp(options->show.format, "text") == 0);
}

/* A preview ends with what is missing for a close. */
static int sum_up(const struct cycle_options *options)
{
    struct fault fault = {0};
    json_t *board = inquire(options->show.dir, "board", &fault);

    if (board == NULL) {
        return home_complain("cycle", &fault);
    }
    checklist_text_sum(board, stdout);
    json_decref(board);
    return fflush(stdout) == 0 ? EX_OK : EX_IOERR;
}

static int preview(const struct cycle_options *options)
{
    struct fault fault = {0};
    json_t *answer = inquire(options->show.dir, "report", &fault);

    if (answer == NULL) {
        return home_complain("cycle", &fault);
    }
    char *bytes = json_dumps(json_object_get(answer, "report"), JSON_COMPACT);
    json_decref(answer);
    CHECK(bytes != NULL);
    size_t len = strlen(bytes);
    bytes = memory_resize(bytes, len + 2, 1);
    memcpy(bytes + len++, "\n", 2);
    int code = show_report(&options->show, bytes, len);
    free(bytes);
    return code == EX_OK && as_text(options) ? sum_up(options) : code;
}

/* What is missing for a close. Returns: 0 nothing, 1 something. */
static int checklist(const struct cycle_options *options)
{
    struct fault fault = {0};
    json_t *board = inquire(options->show.dir, "board", &fault);

    if (board == NULL) {
        return home_complain("cycle", &fault);
    }
    bool complete = !json_is_false(json_object_get(board, "complete"));
    if (options->json) {
        json_t *list = json_pack("{s:O?,s:O?,s:O?,s:O?,s:O?,s:O?,s:O?}", "from", json_object_get(board, "from"), "to",
                                 json_object_get(board, "to"), "day_totals",
                                 json_object_get(board, "day_totals"), "complete",
                                 json_object_get(board, "complete"), "missing",
                                 json_object_get(board, "missing"), "differences",
                                 json_object_get(board, "differences"), "disputes",
                                 json_object_get(board, "disputes"));
        (void)json_dumpf(list, stdout, JSON_COMPACT);
        putchar('\n');
        json_decref(list);
    } else {
        checklist_text_write(board);
    }
    json_decref(board);
    if (fflush(stdout) != 0) {
        return EX_IOERR;
    }
    return complete ? 0 : 1;
}

/* The newest closed cycle's id. Returns: false when there is none. */
static bool newest(const json_t *head, char ret_id[CODE_LEN_MAX + 1])
{
    const json_t *cycles = json_object_get(head, "cycles");
    const json_t *last = json_array_get(cycles, json_array_size(cycles) - 1);
    const char *id = json_string_value(json_object_get(last, "cycle"));

    if (json_array_size(cycles) == 0 || id == NULL || strlen(id) > CODE_LEN_MAX) {
        return false;
    }
    memcpy(ret_id, id, strlen(id) + 1);
    return true;
}

/* Is there a closed cycle of this id, and has nothing come since? */
static bool nothing_since(const char *dir, const char *id, struct fault *ret_fault)
{
    json_t *head = inquire(dir, "head", ret_fault);
    const json_t *row = NULL;
    bool again = false;
    size_t i = 0;

    json_array_foreach(json_object_get(head, "cycles"), i, row)
    {
        again = again || strcmp(json_string_value(json_object_get(row, "cycle")), id) == 0;
    }
    json_t *answer = again ? inquire(dir, "report", ret_fault) : NULL;
    const json_t *report = json_object_get(answer, "report");
    bool nothing = report != NULL && json_integer_value(json_object_get(report, "events")) == 0 &&
                   json_array_size(json_object_get(report, "matrix")) == 0;
    json_decref(head);
    json_decref(answer);
    return nothing;
}

/* The command given twice closes the days after the cycle, and that for good: whoever types it is
 * asked. Returns: go on. */
static bool sure(const char *dir, const char *id, struct fault *ret_fault)
{
    char answer[8] = "";

    if (!nothing_since(dir, id, ret_fault)) {
        return ret_fault->category == FAULT_NONE;
    }
    fprintf(stderr, _("%s is closed, and nothing has come since.\n"), id);
    if (!isatty(STDIN_FILENO) || !isatty(STDERR_FILENO)) {
        return true; /* a script means what it says */
    }
    fputs(_("Close the days after it as a cycle of their own? [y/N] "), stderr);
    return (fgets(answer, sizeof answer, stdin) != NULL && (*answer == 'y' || *answer == 'Y')) ||
           fault_set(ret_fault, FAULT_FORMAT, "nothing was closed");
}

static bool close_it(const struct cycle_options *options, const char *id,
                     char ret_id[CODE_LEN_MAX + 1], struct fault *ret_fault)
{
    const char *dir = options->show.dir;
    json_t *head = NULL;
    char month[8] = "";

    if (id == NULL) {
        head = inquire(dir, "head", ret_fault);
        const char *day = json_string_value(json_object_get(head, "open_day"));
        (void)snprintf(month, sizeof month, "%.7s", day == NULL ? "" : day);
        json_decref(head);
        if (head == NULL) {
            return false;
        }
        id = month;
    }
    if (!sure(dir, id, ret_fault)) {
        return false;
    }
    struct hq_body body = {.type = HQ_CYCLE_CLOSE, .cycle = slice_of(id)};
    body.incomplete = slice_of(options->incomplete == NULL ? "" : options->incomplete);
    if (body.incomplete.len > REASON_LEN_MAX) {
        return fault_set(ret_fault, FAULT_FORMAT, "--incomplete: at most 64 bytes");
    }
    if (!code_valid(body.cycle)) {
        return fault_set(ret_fault, FAULT_FORMAT, "%.40s is no id of a cycle: write 2026-03", id);
    }
    if (!submit_one(dir, options->reason, &body, ret_fault)) {
        return false;
    }
    head = inquire(dir, "head", ret_fault);
    bool good = head != NULL && (newest(head, ret_id) ||
                                 fault_set(ret_fault, FAULT_INTERNAL, "the cycle is not listed"));
    json_decref(head);
    return good;
}

/* --- the closed ones --- */

static int show_closed(const struct cycle_options *options, const char *id)
{
    struct fault fault = {0};
    size_t len = 0;
    char *bytes = inquire_report(options->show.dir, id, &len, &fault);

    if (bytes == NULL) {
        return home_complain("cycle", &fault);
    }
    int code = show_report(&options->show, bytes, len);
    free(bytes);
    return code;
}

static int close_cycle(const struct cycle_options *options, const char *id)
{
    char closed[CODE_LEN_MAX + 1];
    struct fault fault = {0};

    if (!close_it(options, id, closed, &fault)) {
        return home_complain("cycle", &fault);
    }
    return show_closed(options, closed);
}

static int list_closed(const struct cycle_options *options)
{
    const struct table_column columns[] = {
        {_("Cycle"), COLUMN_TEXT}, {_("From"), COLUMN_TEXT}, {_("To"), COLUMN_TEXT},
        {_("Closed incomplete because"), COLUMN_TEXT}};
    struct look look = look_of(stdout);
    struct fault fault = {0};
    const json_t *row = NULL;
    struct table table;
    size_t i = 0;
    json_t *head = inquire(options->show.dir, "head", &fault);

    if (head == NULL) {
        return home_complain("cycle", &fault);
    }
    const json_t *rows = json_object_get(head, "cycles");
    if (options->json) {
        (void)json_dumpf(rows, stdout, JSON_COMPACT);
        putchar('\n');
    } else {
        table_init(&table, columns, 4);
        json_array_foreach(rows, i, row)
        {
            table_text(&table, json_string_value(json_object_get(row, "cycle")));
            table_text(&table, json_string_value(json_object_get(row, "from")));
            table_text(&table, json_string_value(json_object_get(row, "to")));
            const char *why = json_string_value(json_object_get(row, "incomplete"));
            table_text(&table, why == NULL ? "" : why);
        }
        table_write(&table, &look, stdout);
        table_deinit(&table);
    }
    json_decref(head);
    return fflush(stdout) == 0 ? EX_OK : EX_IOERR;
}

static int run(const struct cycle_options *options, char **words)
{
    if (strcmp(words[0], "checklist") == 0 && words[1] == NULL) {
        return checklist(options);
    }
    if (strcmp(words[0], "preview") == 0 && words[1] == NULL) {
        return preview(options);
    }
    if (strcmp(words[0], "close") == 0) {
        return close_cycle(options, words[1]);
    }
    if (strcmp(words[0], "list") == 0 && words[1] == NULL) {
        return list_closed(options);
    }
    if (strcmp(words[0], "show") == 0 && words[1] != NULL) {
        return show_closed(options, words[1]);
    }
    fputs(_("allclear cycle: write checklist, preview, close [ID], list or show ID (see --help)\n"), stderr);
    return EX_USAGE;
}

int verb_cycle(int argc, char **argv)
{
    struct cycle_options options = {.show = {.verb = "cycle"}};
    const char *dir = NULL;
    const struct arg list[] = {{"dir", &dir, NULL},
                               {"format", &options.show.format, NULL},
                               {"out", &options.show.out, NULL},
                               {"reason", &options.reason, NULL},
                               {"incomplete", &options.incomplete, NULL},
                               {"json", NULL, &options.json}};
    struct args args = {"cycle", usage(), list, 6, 1, 2};
    char **words = NULL;
    int code = EX_OK;

    if (!args_read(&args, argc, argv, &words, &code)) {
        return code;
    }
    options.show.format = options.json ? "json" : options.show.format;
    options.show.dir = home_dir(dir, "cycle");
    if (options.show.dir == NULL || !show_format_known(&options.show)) {
        return EX_USAGE;
    }
    return run(&options, words);
}
