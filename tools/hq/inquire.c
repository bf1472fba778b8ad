#include "tools/hq/inquire.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "clearing/base/memory.h"
#include "tools/hq/answers.h"
#include "tools/hq/control.h"
#include "tools/hq/view.h"
#include "tools/people/standing.h"
#include "tools/render/disputes.h"
#include "tools/render/suspense_json.h"
#include "tools/text.h"

static const char *text_of(const json_t *request, const char *key)
{
    return json_string_value(json_object_get(request, key));
}

/* The time of a folder at rest, as its head gives it. */
static int64_t now_of(const struct book *book)
{
    int64_t now = home_clock_ms();

    return book->test_clock || now < book->clock_ms ? book->clock_ms : now;
}

static json_t *answer_of(struct view *view, const char *dir, const json_t *request)
{
    const char *verb = text_of(request, "verb");

    if (strcmp(verb, "head") == 0) {
        return answers_head(&view->book, dir);
    }
    if (strcmp(verb, "digest") == 0) {
        return answers_digest(&view->book);
    }
    if (strcmp(verb, "positions") == 0) {
        return answers_positions(&view->book);
    }
    if (strcmp(verb, "report") == 0) {
        return answers_report(&view->book);
    }
    if (strcmp(verb, "standing") == 0) {
        return standing_of(
            &view->book, text_of(request, "record"), text_of(request, "as"), now_of(&view->book));
    }
    if (strcmp(verb, "reversal") == 0) {
        return standing_reversal(&view->book,
                                 text_of(request, "of"),
                                 json_integer_value(json_object_get(request, "at_ms")));
    }
    if (strcmp(verb, "reversals") == 0) {
        return standing_reversals(&view->book, json_object_get(request, "of"),
                                  json_integer_value(json_object_get(request, "at_ms")));
    }
    if (strcmp(verb, "suspended") == 0) {
        return standing_suspended(&view->book, text_of(request, "of"));
    }
    if (strcmp(verb, "board") == 0) {
        return answers_board(&view->book);
    }
    if (strcmp(verb, "suspense") == 0) {
        return suspense_json(&view->book.suspense, view->book.state.open_day);
    }
    if (strcmp(verb, "moves") == 0) {
        return standing_moves(&view->book);
    }
    if (strcmp(verb, "disputes") == 0) {
        return disputes_json(&view->book.state, PARTICIPANT_NONE,
                             json_is_true(json_object_get(request, "all")));
    }
    CHECK(strcmp(verb, "terms") == 0);
    return answers_terms(&view->book);
}

static bool made(const char *dir, struct fault *ret_fault)
{
    if (home_is_stores(dir)) {
        return fault_set(ret_fault, FAULT_FORMAT,
                         "%.200s is a store's folder: this is asked at headquarters (a store has "
                         "allclear mine, outbox, statement, explain)",
                         dir);
    }
    return home_is_made(dir) ||
           fault_set(ret_fault, FAULT_IO, "%s has no ledger: allclear init --dir %s", dir, dir);
}

static json_t *at_rest(const char *dir, const json_t *request, struct fault *ret_fault)
{
    struct view_options options = {.dir = dir};

    if (!made(dir, ret_fault) || !view_ready(dir, ret_fault)) {
        return NULL;
    }
    struct view *view = view_open(&options, ret_fault);
    json_t *answer = view == NULL ? NULL : answer_of(view, dir, request);
    view_close(view);
    return answer;
}

json_t *inquire_request(const char *dir, json_t *take_request, struct fault *ret_fault)
{
    json_t *answer = NULL;

    switch (control_ask(dir, json_incref(take_request), &answer, ret_fault)) {
    case CONTROL_ANSWERED:
        break;
    case CONTROL_REFUSED:
    case CONTROL_BROKEN:
        break;
    case CONTROL_NOBODY:
        answer = at_rest(dir, take_request, ret_fault);
        break;
    }
    json_decref(take_request);
    const char *error = text_of(answer, "error"); /* of a folder at rest: the daemon's is refused */
    if (error != NULL) {
        (void)fault_set(ret_fault, FAULT_FORMAT, "%.200s", error);
        json_decref(answer);
        return NULL;
    }
    return answer;
}

json_t *inquire(const char *dir, const char *verb, struct fault *ret_fault)
{
    return inquire_request(dir, json_pack("{s:s}", "verb", verb), ret_fault);
}

/* The report of one cycle, when the replay meets its close. */
struct wanted {
    const char *cycle;
    char *bytes;
    size_t len;
};

static void keep_wanted(void *context, const struct cycle *cycle, const struct report *report)
{
    struct wanted *wanted = context;

    if (strcmp(cycle->id.text, wanted->cycle) == 0) {
        free(wanted->bytes);
        wanted->bytes = answers_report_bytes(report, &wanted->len);
    }
}

static bool no_cycle(const char *cycle, struct fault *ret_fault)
{
    return fault_set(ret_fault,
                     FAULT_FORMAT,
                     "there is no closed cycle %s (allclear cycle list names them)",
                     cycle);
}

/* From the daemon. */
static char *bytes_of(json_t *answer, size_t *ret_len)
{
    char *text = json_dumps(json_object_get(answer, "report"), JSON_COMPACT);

    json_decref(answer);
    CHECK(text != NULL);
    *ret_len = strlen(text);
    text = memory_resize(text, *ret_len + 2, 1);
    memcpy(text + *ret_len, "\n", 2);
    (*ret_len)++;
    return text;
}

static char *asked_or_made(const char *dir, const char *cycle, size_t *ret_len,
                           struct fault *ret_fault)
{
    struct wanted wanted = {.cycle = cycle};
    struct view_options options = {.dir = dir, .on_close = keep_wanted, .context = &wanted};
    json_t *answer = NULL;

    switch (control_ask(dir,
                        json_pack("{s:s,s:s}", "verb", "report", "cycle", cycle),
                        &answer,
                        ret_fault)) {
    case CONTROL_ANSWERED:
        if (json_is_object(json_object_get(answer, "report"))) {
            return bytes_of(answer, ret_len);
        }
        json_decref(answer);
        (void)no_cycle(cycle, ret_fault);
        return NULL;
    case CONTROL_REFUSED:
    case CONTROL_BROKEN:
        return NULL;
    case CONTROL_NOBODY:
        break;
    }
    if (!made(dir, ret_fault) || !view_ready(dir, ret_fault)) {
        return NULL;
    }
    struct view *view = view_open(&options, ret_fault);
    if (view == NULL) {
        free(wanted.bytes);
        return NULL;
    }
    view_close(view);
    if (wanted.bytes == NULL) {
        (void)no_cycle(cycle, ret_fault);
        return NULL;
    }
    *ret_len = wanted.len;
    return wanted.bytes;
}

char *inquire_report(const char *dir, const char *cycle, size_t *ret_len, struct fault *ret_fault)
{
    if (!code_valid(slice_of(cycle))) {
        (void)no_cycle(cycle, ret_fault);
        return NULL;
    }
    return asked_or_made(dir, cycle, ret_len, ret_fault);
}

/* What a copy of the daemon's consists of. */
static void remove_copy(const char *copy)
{
    static const char *const names[] = {
        "journal/data.mdb", "journal/lock.mdb", "checkpoint.0", "checkpoint.1", "journal", ""};
    char path[FILES_PATH_MAX];

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (files_path(copy, names[i], path, NULL)) {
            (void)remove(path);
        }
    }
}

static struct view *view_of_copy(const struct view_options *options, const char *copy,
                                 struct fault *ret_fault)
{
    struct view_options of_copy = *options;
    json_t *answer = NULL;
    struct view *view = NULL;

    of_copy.dir = copy;
    if (control_ask(options->dir, json_pack("{s:s,s:s}", "verb", "backup", "to", copy), &answer,
                    ret_fault) == CONTROL_ANSWERED) {
        view = view_open(&of_copy, ret_fault);
    }
    json_decref(answer);
    remove_copy(copy); /* an open file stays readable without its name */
    return view;
}

struct view *inquire_view(const struct view_options *options, struct fault *ret_fault)
{
    char run[PATH_MAX];
    char copy[FILES_PATH_MAX];

    if (!made(options->dir, ret_fault)) {
        return NULL;
    }
    if (!inquire_is_running(options->dir)) {
        return view_ready(options->dir, ret_fault) ? view_open(options, ret_fault) : NULL;
    }
    if (realpath(options->dir, run) == NULL ||
        !files_path(run, "run/view.XXXXXX", copy, ret_fault)) {
        (void)fault_set_errno(ret_fault, errno, "%s", options->dir);
        return NULL;
    }
    if (mkdtemp(copy) == NULL) {
        (void)fault_set_errno(ret_fault, errno, "%s: cannot make a folder for a copy", copy);
        return NULL;
    }
    return view_of_copy(options, copy, ret_fault);
}

void inquire_progress(void *context, uint64_t records, uint64_t of, uint64_t events)
{
    int64_t *told = context; /* the second in which this was last said; 0: not begun */
    struct timespec now;
    bool is_terminal = isatty(STDERR_FILENO);

    CHECK(clock_gettime(CLOCK_MONOTONIC, &now) == 0);
    *told = *told == 0 ? (int64_t)now.tv_sec : *told;
    if (now.tv_sec <= *told || !is_terminal) {
        return;
    }
    *told = (int64_t)now.tv_sec;
    fputs("\r\033[K", stderr);
    if (records < of) {
        fprintf(stderr, _("%" PRIu64 " of %" PRIu64 " records, %" PRIu64 " events"), records, of,
                events);
    }
}

bool inquire_is_running(const char *dir)
{
    json_t *answer = NULL;
    bool runs = control_ask(dir, json_pack("{s:s}", "verb", "head"), &answer, NULL) !=
                CONTROL_NOBODY;

    json_decref(answer);
    return runs;
}
