/* Why a participant's net is what it is: its statement, the largest lines of it, and the sum. */
#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "tools/hq/answers.h"
#include "tools/hq/home.h"
#include "tools/hq/inquire.h"
#include "tools/render/statement.h"
#include "tools/render/words.h"
#include "tools/text.h"
#include "tools/why/ledger.h"

#define LARGEST 10

/* A claim by the name of its event. */
struct large {
    char line[3 * CODE_LEN_MAX + 32]; /* EVENT/KIND, or the day-end that made it */
    struct claim claim;
    day_t booked;
};

struct net {
    const char *participant;
    const char *cycle;
    int64_t told; /* inquire_progress */
    struct large largest[LARGEST]; /* of the open cycle, the largest first */
    uint32_t count;
    uint64_t lines;
    bool closed; /* the cycle has been met: nothing changes any more */
    char *report;
    size_t report_len;
};

/* --- gathering --- */

static void keep(struct net *net, const struct large *large)
{
    uint32_t at = net->count < LARGEST ? net->count : LARGEST;

    while (at > 0 && money_compare(net->largest[at - 1].claim.amount, large->claim.amount) < 0) {
        at--;
    }
    if (at == LARGEST) {
        return;
    }
    net->count += net->count < LARGEST ? 1 : 0;
    memmove(&net->largest[at + 1], &net->largest[at],
            (net->count - at - 1) * sizeof net->largest[0]);
    net->largest[at] = *large;
}

static void gather(struct net *net, const struct book *book, const struct claims *claims,
                   struct large *large)
{
    slice_t code = slice_of(net->participant);
    size_t named = strlen(large->line);

    if (net->closed) {
        return;
    }
    for (uint32_t i = 0; i < claims->count; i++) {
        const struct claim *claim = &claims->list[i];
        const struct registry *registry = &book->state.registry;
        if (!slice_equal(code_slice(registry_participant_code(registry, claim->debtor)), code) &&
            !slice_equal(code_slice(registry_participant_code(registry, claim->creditor)), code)) {
            continue;
        }
        net->lines++;
        large->claim = *claim;
        (void)snprintf(large->line + named, sizeof large->line - named, "/%s",
                       claim_kind_name(claim->kind));
        keep(net, large);
    }
}

static void on_cleared(void *context, const struct book *book, const struct cleared *cleared)
{
    struct large large = {.booked = cleared->booked};

    (void)snprintf(large.line, sizeof large.line, "%s:%.*s:%" PRIu64,
                   registry_store_code(&book->state.registry, cleared->store)->text,
                   (int)cleared->event->terminal.len, cleared->event->terminal.text,
                   cleared->event->number);
    gather(context, book, cleared->claims, &large);
}

static void on_expired(void *context, const struct book *book, const struct expired *expired)
{
    struct large large = {.booked = expired->day};

    day_format(expired->day, large.line);
    gather(context, book, expired->claims, &large);
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
        net->count = 0;
        net->lines = 0;
    }
}

static void on_progress(void *context, uint64_t records, uint64_t of, uint64_t events)
{
    struct net *net = context;

    inquire_progress(&net->told, records, of, events);
}

/* --- writing --- */

static void write_largest(const struct net *net, const struct registry *registry)
{
    const struct table_column columns[] = {
        {_("Line"), COLUMN_TEXT}, {_("Booked"), COLUMN_TEXT}, {_("Debtor"), COLUMN_TEXT},
        {_("Creditor"), COLUMN_TEXT}, {_("Kind"), COLUMN_TEXT}, {_("Amount"), COLUMN_RIGHT},
    };
    const struct look look = look_of(stdout);
    struct table table;
    char day[DAY_TEXT_SIZE];

    printf(_("\nThe largest of its %" PRIu64 " lines (allclear explain LINE says why)\n"),
           net->lines);
    table_init(&table, columns, sizeof columns / sizeof columns[0]);
    for (uint32_t i = 0; i < net->count; i++) {
        const struct large *large = &net->largest[i];
        day_format(large->booked, day);
        table_text(&table, large->line);
        table_text(&table, day);
        table_text(&table, registry_participant_code(registry, large->claim.debtor)->text);
        table_text(&table, registry_participant_code(registry, large->claim.creditor)->text);
        table_text(&table, words_of_kind(large->claim.kind));
        table_money(&table, money_sum_of(large->claim.amount));
    }
    table_write(&table, &look, stdout);
    table_deinit(&table);
}

static json_t *json_of_largest(const struct net *net, const struct registry *registry)
{
    json_t *rows = json_array();
    char day[DAY_TEXT_SIZE];

    for (uint32_t i = 0; i < net->count; i++) {
        const struct large *large = &net->largest[i];
        day_format(large->booked, day);
        json_array_append_new(
            rows,
            json_pack("{s:s,s:s,s:s,s:s,s:s,s:b,s:I}", "line", large->line, "booked", day, "debtor",
                      registry_participant_code(registry, large->claim.debtor)->text, "creditor",
                      registry_participant_code(registry, large->claim.creditor)->text, "kind",
                      claim_kind_name(large->claim.kind), "reversal", large->claim.reversal,
                      "amount_fen", (json_int_t)money_fen(large->claim.amount)));
    }
    return rows;
}

static bool write_net(const struct net *net, const struct view *view, bool json,
                      struct fault *ret_fault)
{
    const struct registry *registry = &view->book.state.registry;
    json_t *report = json_loadb(net->report, net->report_len, JSON_REJECT_DUPLICATES, NULL);
    json_t *statement = statement_of(report, net->participant, ret_fault);
    bool good = statement != NULL;

    json_decref(report);
    if (good && json) {
        json_object_set_new(statement, "largest", json_of_largest(net, registry));
        good = json_dumpf(statement, stdout, JSON_COMPACT) == 0 && putchar('\n') != EOF;
    } else if (good) {
        const struct look look = look_of(stdout);
        good = statement_text_write(statement, &look, stdout);
        if (net->count > 0) {
            write_largest(net, registry);
        }
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

int ledger_explain_net(const char *dir, const char *participant, const char *cycle, bool json)
{
    struct net net = {.participant = participant, .cycle = cycle};
    struct view_options options = {
        .dir = dir,
        .progress = on_progress,
        .on_close = on_close,
        .context = &net,
        .listener = {.context = &net, .cleared = on_cleared, .expired = on_expired},
    };
    struct fault fault = {0};
    struct view *view = inquire_view(&options, &fault);
    bool good = view != NULL;

    if (good && !net.closed && strcmp(cycle, "open") == 0) {
        take_open(&net, view);
    }
    if (good && net.report == NULL) {
        good = fault_set(&fault, FAULT_FORMAT,
                         "there is no closed cycle %.40s (allclear cycle list names them; \"open\" "
                         "is the open one)",
                         cycle);
    }
    good = good && write_net(&net, view, json, &fault);
    free(net.report);
    view_close(view);
    return good ? EX_OK : home_complain("explain", &fault);
}
