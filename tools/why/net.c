/* Why a participant's net is what it is: its statement, the largest lines of it, and the sum. */
#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "tools/hq/answers.h"
#include "tools/hq/home.h"
#include "tools/hq/inquire.h"
#include "tools/render/net_lines.h"
#include "tools/render/statement.h"
#include "tools/why/ledger.h"

#define NAME_SIZE (3 * CODE_LEN_MAX + 32)

struct net {
    const char *participant;
    const char *cycle;
    int64_t told; /* inquire_progress */
    struct net_lines lines; /* of the open cycle */
    bool closed;            /* the cycle has been met: nothing changes any more */
    char *report;
    size_t report_len;
};

/* --- gathering --- */

/* `name`: what made the claims. */
static void gather(struct net *net, const struct book *book, const struct claims *claims,
                   const char *name, day_t booked)
{
    const struct registry *registry = &book->state.registry;
    char line[NAME_SIZE];
    char day[DAY_TEXT_SIZE];

    day_format(booked, day);
    for (uint32_t i = 0; i < claims->count && !net->closed; i++) {
        const struct claim *claim = &claims->list[i];
        const struct net_line made = net_line_of(registry, claim, line, day);
        if (strcmp(made.debtor, net->participant) == 0 ||
            strcmp(made.creditor, net->participant) == 0) {
            (void)snprintf(line, sizeof line, "%s/%s", name, made.kind);
            net_lines_take(&net->lines, &made);
        }
    }
}

static void on_cleared(void *context, const struct book *book, const struct cleared *cleared)
{
    char name[NAME_SIZE - CODE_LEN_MAX];

    (void)snprintf(name, sizeof name, "%s:%.*s:%" PRIu64,
                   registry_store_code(&book->state.registry, cleared->store)->text,
                   (int)cleared->event->terminal.len, cleared->event->terminal.text,
                   cleared->event->number);
    gather(context, book, cleared->claims, name, cleared->booked);
}

static void on_expired(void *context, const struct book *book, const struct expired *expired)
{
    char day[DAY_TEXT_SIZE];

    day_format(expired->day, day);
    gather(context, book, expired->claims, day, expired->day);
}

static void on_close(void *context, const struct cycle *cycle, const struct report *report)
{
    struct net *net = context;

    if (net->closed) {
        return;
    }
    net->closed = strcmp(cycle->id.text, net->cycle) == 0;
    if (net->closed) {
        net->report = answers_report_bytes(report, &net->report_len);
    } else {
        net_lines_reset(&net->lines);
    }
}

static void on_progress(void *context, uint64_t records, uint64_t of, uint64_t events)
{
    struct net *net = context;

    inquire_progress(&net->told, records, of, events);
}

/* --- writing --- */

static bool write_net(const struct net *net, bool json, struct fault *ret_fault)
{
    json_t *report = json_loadb(net->report, net->report_len, JSON_REJECT_DUPLICATES, NULL);
    json_t *statement = statement_of(report, net->participant, ret_fault);
    bool good = statement != NULL;

    json_decref(report);
    if (good && json) {
        json_object_set(statement, "largest", net->lines.largest);
        good = json_dumpf(statement, stdout, JSON_COMPACT) == 0 && putchar('\n') != EOF;
    } else if (good) {
        const struct look look = look_of(stdout);
        good = statement_text_write(statement, &look, stdout);
        net_lines_text(&net->lines, &look, stdout);
    }
    json_decref(statement);
    return good;
}

/* The report of the open cycle, as it stands. */
static void take_open(struct net *net, struct view *view)
{
    json_t *answer = answers_report(&view->book);

    net->report = json_dumps(json_object_get(answer, "report"), JSON_COMPACT);
    CHECK(net->report != NULL);
    net->report_len = strlen(net->report);
    json_decref(answer);
}

int ledger_explain_net(const struct net_request *request)
{
    struct net net = {.participant = request->participant, .cycle = request->cycle};
    struct view_options options = {
        .dir = request->dir,
        .progress = on_progress,
        .on_close = on_close,
        .context = &net,
        .listener = {.context = &net, .cleared = on_cleared, .expired = on_expired},
    };
    struct fault fault = {0};
    bool good = net_lines_init(&net.lines, request->csv, &fault);
    struct view *view = good ? inquire_view(&options, &fault) : NULL;

    good = view != NULL;

    if (good && !net.closed && strcmp(net.cycle, "open") == 0) {
        take_open(&net, view);
    }
    if (good && net.report == NULL) {
        good = fault_set(&fault, FAULT_FORMAT,
                         "there is no closed cycle %.40s (allclear cycle list names them; \"open\" "
                         "is the open one)",
                         net.cycle);
    }
    good = good && net_lines_finish(&net.lines, &fault) && write_net(&net, request->json, &fault);
    net_lines_deinit(&net.lines);
    free(net.report);
    view_close(view);
    return good ? EX_OK : home_complain("explain", &fault);
}
