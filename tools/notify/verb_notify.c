/* allclear notify: a program is told what people should know. A process beside the daemon: it asks
 * through the control socket as any verb does, and may die at any time. */
#include "tools/notify/verb_notify.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "tools/hq/args.h"
#include "tools/hq/control.h"
#include "tools/hq/home.h"
#include "tools/hq/proposals.h"
#include "tools/notify/kept.h"
#include "tools/notify/notices.h"
#include "tools/notify/program.h"
#include "tools/notify/saying.h"
#include "tools/text.h"

#define EVERY_S         60
#define LIMIT_S         30
#define SUSPENSE_DAYS   7
#define OPTION_MAX      86400
#define ARGUMENTS_MAX   64
#define PAUSE_MAX_MS    ((int64_t)3600 * 1000)
#define PAUSE_DOUBLINGS 12
/* A receiver that is down costs a look no more than so many programs. */
#define FAILURES_A_LOOK 3

static const char *usage(void)
{
    return _(
        "Usage: allclear notify --exec PROGRAM [--every S] [--limit S] [--suspense-days N]\n"
        "                       [--once [--json]] --dir DIR [-- ARGUMENT...]\n"
        "\n"
        "Run a program for each thing that people should know: a cycle is closed, a statement "
        "is ready, a\n"
        "store is silent, differs or equivocates, a disk fills. It gets one JSON object on its "
        "standard\n"
        "input, and subject and text in the language of --lang; deploy/notify.md has the "
        "kinds. What it\n"
        "does not take (exit 0) is tried again, with growing pauses of an hour at most. "
        "Nothing older\n"
        "than the cycle that is open at the first look is told.\n"
        "\n"
        "  --exec PROGRAM  what to run, without a shell; arguments follow behind --\n"
        "  --every S       seconds between two looks (60)\n"
        "  --limit S       seconds after which a program that runs is ended (30)\n"
        "  --suspense-days N\n"
        "                  tell what has been in suspense for more days than that (7)\n"
        "  --once          look once, tell what is due, end: 0, or 75 when something waits\n"
        "  --json          with --once: {\"new\",\"told\",\"waiting\"}\n"
        "\n"
        "Example:\n"
        "  allclear notify --dir /var/lib/allcleard --exec /usr/share/allclear/notify/mail -- "
        "finance@example.com\n");
}

struct notify {
    const char *dir;
    struct program program;
    int64_t every_ms;
    int64_t suspense_days;
    struct kept kept;
    json_t *memory;
    /* of the last look: what only a record can change is not asked for again without one */
    json_t *board;
    json_t *suspense;
    json_t *disputes;
    int64_t records;
    size_t fresh;
    size_t told;
    bool unkept; /* the memory could not be saved */
};

static void log_line(const char *level, const char *what, const char *text)
{
    fprintf(stderr, "%s notify %s %s\n", level, what, text);
}

static void save(struct notify *notify)
{
    struct fault fault = {0};

    notify->unkept = !kept_save(&notify->kept, notify->memory, &fault);
    if (notify->unkept) {
        log_line("unusual", "not_kept", fault.text);
    }
}

/* --- looking --- */

static enum control_result ask(const struct notify *notify, const char *verb, json_t **ret_answer,
                               struct fault *ret_fault)
{
    /* of disputes those that have been answered, too; no other verb reads the word */
    return control_ask(notify->dir, json_pack("{s:s,s:b}", "verb", verb, "all", true), ret_answer,
                       ret_fault);
}

/* Ask again for what depends on the records. Returns: false with ret_fault: no answer. */
static bool ask_more(struct notify *notify, const json_t *head, struct fault *ret_fault)
{
    int64_t records = notices_integer(head, "records");
    json_t *board = NULL;
    json_t *suspense = NULL;
    json_t *disputes = NULL;

    if (notify->suspense != NULL && records == notify->records) {
        return true;
    }
    enum control_result result = ask(notify, "board", &board, ret_fault);
    bool good = result == CONTROL_ANSWERED || result == CONTROL_REFUSED; /* no terms yet */
    good = good && ask(notify, "suspense", &suspense, ret_fault) == CONTROL_ANSWERED;
    good = good && ask(notify, "disputes", &disputes, ret_fault) == CONTROL_ANSWERED;
    if (!good) {
        json_decref(board);
        json_decref(suspense);
        return false;
    }
    json_decref(notify->board);
    json_decref(notify->suspense);
    json_decref(notify->disputes);
    notify->board = board;
    notify->suspense = suspense;
    notify->disputes = disputes;
    notify->records = records;
    return true;
}

static json_t *proposals_of(const char *dir)
{
    static struct proposal proposal;
    char words[PROPOSAL_WORD_MAX];
    json_t *rows = json_array();
    json_t *ids = proposals_list(dir);
    const json_t *id = NULL;
    size_t i = 0;

    json_array_foreach(ids, i, id)
    {
        if (proposals_read(dir, json_string_value(id), &proposal, NULL)) {
            proposals_words(&proposal.body, words);
            (void)json_array_append_new(rows, json_pack("{s:s,s:s,s:I}", "id", proposal.id, "words",
                                                        words, "created_ms",
                                                        (json_int_t)proposal.body.created_ms));
        }
    }
    json_decref(ids);
    return rows;
}

static json_t *report_of(void *context, const char *cycle)
{
    const struct notify *notify = context;
    struct fault fault = {0};
    json_t *answer = NULL;

    if (control_ask(notify->dir, json_pack("{s:s,s:s}", "verb", "report", "cycle", cycle), &answer,
                    &fault) != CONTROL_ANSWERED) {
        log_line("unusual", "no_report", fault.text);
        return NULL;
    }
    json_t *report = json_incref(json_object_get(answer, "report"));
    json_decref(answer);
    return report;
}

static void take_look(struct notify *notify)
{
    struct fault fault = {.text = "no daemon runs on this folder"};
    json_t *head = NULL;
    json_t *health = NULL;
    json_t *proposals = NULL;
    size_t before = json_array_size(json_object_get(notify->memory, "waiting"));
    bool answered = ask(notify, "head", &head, &fault) == CONTROL_ANSWERED &&
                    ask(notify, "health", &health, &fault) == CONTROL_ANSWERED &&
                    ask_more(notify, head, &fault);

    if (answered) {
        proposals = proposals_of(notify->dir);
    } else {
        log_line("unusual", "no_answer", fault.text);
    }
    struct look look = {
        .head = answered ? head : NULL,
        .board = notify->board,
        .suspense = notify->suspense,
        .disputes = notify->disputes,
        .health = health,
        .proposals = proposals,
        .why = fault.text,
        .real_ms = home_clock_ms(),
        .suspense_days = notify->suspense_days,
        .report = report_of,
        .context = notify,
    };
    notices_take(notify->memory, &look);
    notify->fresh += json_array_size(json_object_get(notify->memory, "waiting")) - before;
    json_decref(head);
    json_decref(health);
    json_decref(proposals);
    save(notify); /* before anybody is told: a notice keeps its id whatever becomes of us */
}

/* --- telling --- */

static bool is_due(const json_t *entry)
{
    int64_t next_ms = notices_integer(entry, "next_ms");
    int64_t now_ms = home_clock_ms();

    return next_ms <= now_ms || next_ms > now_ms + PAUSE_MAX_MS; /* a clock was set back */
}

/* It was not taken: later again, twice as late each time. */
static void put_off(const struct notify *notify, json_t *entry)
{
    int64_t tries = notices_integer(entry, "tries") + 1;
    int64_t pause_ms = notify->every_ms << (tries < PAUSE_DOUBLINGS ? tries - 1 : PAUSE_DOUBLINGS);

    pause_ms = pause_ms < PAUSE_MAX_MS ? pause_ms : PAUSE_MAX_MS;
    (void)json_object_set_new(entry, "tries", json_integer(tries));
    (void)json_object_set_new(entry, "next_ms", json_integer(home_clock_ms() + pause_ms));
}

static void log_result(const json_t *notice, program_result_t result, int code)
{
    const char *id = notices_text(notice, "id");

    switch (result) {
    case PROGRAM_TOLD:
        fprintf(stderr, "info notify told id=%s\n", id);
        break;
    case PROGRAM_FAILED:
        fprintf(stderr, "unusual notify not_taken id=%s code=%d\n", id, code);
        break;
    case PROGRAM_LATE:
        fprintf(stderr, "unusual notify ended_late id=%s\n", id);
        break;
    case PROGRAM_STOPPED:
        fprintf(stderr, "info notify stopped id=%s\n", id);
        break;
    case PROGRAM_NONE:
        fprintf(stderr, "unusual notify not_started id=%s why=\"%s\"\n", id, strerrordesc_np(code));
        break;
    }
}

static program_result_t tell(const struct notify *notify, const json_t *entry)
{
    json_t *notice = json_deep_copy(json_object_get(entry, "notice"));
    int code = 0;

    saying_of(notice);
    program_result_t result = program_tell(&notify->program, notice, &code);
    log_result(notice, result, code);
    json_decref(notice);
    return result;
}

/* Tell all that is due, in their order; one that is put off holds up nobody. Returns: are we to
 * end? */
static bool tell_all(struct notify *notify)
{
    json_t *waiting = json_object_get(notify->memory, "waiting");
    unsigned failures = 0;
    size_t at = 0;

    while (at < json_array_size(waiting) && failures < FAILURES_A_LOOK) {
        json_t *entry = json_array_get(waiting, at);
        if (!is_due(entry)) {
            at++;
            continue;
        }
        program_result_t result = tell(notify, entry);
        if (result == PROGRAM_STOPPED) {
            return true;
        }
        if (result == PROGRAM_TOLD) {
            (void)json_array_remove(waiting, at);
            notify->told++;
            failures = 0;
        } else {
            put_off(notify, entry);
            failures++;
            at++;
        }
        save(notify);
        if (program_wait_ms(0)) {
            return true;
        }
    }
    return false;
}

static int run_once(struct notify *notify, bool json)
{
    (void)tell_all(notify);
    size_t waiting = json_array_size(json_object_get(notify->memory, "waiting"));
    printf(json ? "{\"new\":%zu,\"told\":%zu,\"waiting\":%zu}\n"
                : _("New: %zu, told: %zu, waiting: %zu\n"),
           notify->fresh, notify->told, waiting);
    if (fflush(stdout) != 0 || notify->unkept) {
        return EX_IOERR;
    }
    return waiting > 0 ? EX_TEMPFAIL : EX_OK;
}

static int run(struct notify *notify, bool once, bool json)
{
    struct fault fault = {0};
    int code = EX_OK;

    if (!kept_open(&notify->kept, notify->dir, &notify->memory, &fault)) {
        return home_complain("notify", &fault);
    }
    program_hold_signals();
    if (once) {
        take_look(notify);
        code = run_once(notify, json);
    } else {
        do {
            take_look(notify);
        } while (!tell_all(notify) && !program_wait_ms(notify->every_ms));
    }
    json_decref(notify->memory);
    json_decref(notify->board);
    json_decref(notify->suspense);
    json_decref(notify->disputes);
    kept_close(&notify->kept);
    return code;
}

/* --- the command line --- */

static bool read_number(const char *option, const char *text, int64_t *inout_number)
{
    char *end = NULL;

    if (text == NULL) {
        return true;
    }
    long number = strtol(text, &end, 10);
    if (*text == '\0' || *end != '\0' || number < 1 || number > OPTION_MAX) {
        fprintf(stderr, _("allclear notify: --%s takes a number from 1 to %d\n"), option,
                OPTION_MAX);
        return false;
    }
    *inout_number = number;
    return true;
}

/* The program and the folder are there; a complaint when not. Returns: an exit code. */
static int check(const struct notify *notify)
{
    if (notify->dir == NULL) {
        return EX_USAGE;
    }
    if (notify->program.path == NULL) {
        fputs(_("allclear notify: say what to run: --exec PROGRAM (/usr/share/allclear/notify has "
                "samples)\n"),
              stderr);
        return EX_USAGE;
    }
    if (access(notify->program.path, X_OK) != 0) {
        fprintf(stderr,
                _("allclear notify: --exec %s: it cannot be run: give the path of a program "
                  "with the right to execute it\n"),
                notify->program.path);
        return EX_NOINPUT;
    }
    if (!home_is_made(notify->dir)) {
        fprintf(stderr, _("allclear notify: %s: there is no ledger (allclear init makes one)\n"),
                notify->dir);
        return EX_NOINPUT;
    }
    return EX_OK;
}

int verb_notify(int argc, char **argv)
{
    struct notify notify = {0};
    const char *every = NULL;
    const char *limit = NULL;
    const char *days = NULL;
    bool once = false;
    bool json = false;
    const struct arg list[] = {{"dir", &notify.dir, NULL},     {"exec", &notify.program.path, NULL},
                               {"every", &every, NULL},        {"limit", &limit, NULL},
                               {"suspense-days", &days, NULL}, {"once", NULL, &once},
                               {"json", NULL, &json}};
    struct args args = {"notify", usage(), list, 7, 0, ARGUMENTS_MAX};
    char **words = NULL;
    int64_t every_s = EVERY_S;
    int64_t limit_s = LIMIT_S;
    int code = EX_OK;

    if (!args_read(&args, argc, argv, &words, &code)) {
        return code;
    }
    notify.suspense_days = SUSPENSE_DAYS;
    if (!read_number("every", every, &every_s) || !read_number("limit", limit, &limit_s) ||
        !read_number("suspense-days", days, &notify.suspense_days)) {
        return EX_USAGE;
    }
    notify.dir = home_dir(notify.dir, "notify");
    code = check(&notify);
    if (code != EX_OK) {
        return code;
    }
    notify.program.arguments = words;
    notify.program.limit_ms = limit_s * 1000;
    notify.every_ms = every_s * 1000;
    return run(&notify, once, json);
}
