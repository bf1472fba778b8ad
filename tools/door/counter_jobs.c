/* The counter's jobs: into the outbox, to headquarters, and answered. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clearing/base/hash.h"
#include "clearing/base/memory.h"
#include "proto/codec/packed.h"
#include "tools/door/counter_inside.h"
#include "tools/node/ask.h"
#include "tools/text.h"

#define QUERY_AGAIN_MS 500 /* an answer may be lost: the question is put again */
#define QUERY_FULL_MS  50  /* the wire did not take it */
#define REF_SIZE       (2 * (CODE_LEN_MAX + 1) + 24)
#define SOURCE_SIZE    (CODE_LEN_MAX + 8)

void counter_answer(struct counter *counter, struct job *job, const struct http_reply *reply)
{
    struct job **at = &counter->jobs;

    while (*at != job) {
        at = &(*at)->next;
    }
    *at = job->next;
    http_answer(job->request, reply);
}

/* Headquarters is away, and has been for so long that waiting is of no use. */
static bool is_away(const struct counter *counter)
{
    return counter->offline_ms != 0 &&
           wire_now_ms() - counter->offline_ms >= (int64_t)counter->wait_ms;
}

static bool is_overdue(const struct counter *counter, const struct job *job)
{
    return wire_now_ms() >= job->deadline_ms || is_away(counter);
}

int64_t counter_due_ms(const struct counter *counter)
{
    int64_t due = INT64_MAX;
    int64_t away = counter->offline_ms + counter->wait_ms;

    for (const struct job *job = counter->jobs; job != NULL; job = job->next) {
        due = job->deadline_ms < due ? job->deadline_ms : due;
        due = counter->offline_ms != 0 && away < due ? away : due;
        due = job->query != 0 && !job->answered && job->query_again_ms < due ? job->query_again_ms
                                                                            : due;
    }
    int64_t left = due - wire_now_ms();
    return due == INT64_MAX ? -1 : left < 0 ? 0 : left;
}

/* --- lines into the outbox --- */

/* Give a line without a number the one of its receipt. */
static bool number_line(struct counter *counter, struct sheet_line *line, struct fault *ret_fault)
{
    char reason[LINES_REASON_LEN];
    struct event event;

    if (!lines_parse(&counter->lines, line->text.text, line->text.len, &event, reason)) {
        sheet_spoil(line, reason); /* it was one when it was read: not reached */
        return true;
    }
    if (!outbox_number(counter->node.outbox, event.terminal, event.receipt, &event.number,
                       ret_fault)) {
        return false;
    }
    if (event.number == 0) {
        sheet_spoil(line, "number: the terminal has no number left");
        return true;
    }
    kit_hide_members(&counter->node.kit, &event);
    sheet_encode(line, &event);
    return true;
}

/* Refused events have not spent their number. */
static bool holds_number(const struct outbox_event *event)
{
    return event->id != 0 &&
           (event->outcome <= OUTCOME_DUPLICATE || outcome_accepted(event->outcome));
}

/* Find a line's event in the outbox, or put it there: an asked one only when it can be sent. */
static bool place(struct counter *counter, const struct job *job, struct sheet_line *line,
                  bool can_send, struct fault *ret_fault)
{
    struct outbox *outbox = counter->node.outbox;
    slice_t terminal = code_slice(&job->terminal);
    char name[SOURCE_SIZE];
    const struct outbox_source source = {name, line->line, line->ask};
    struct outbox_event event;

    if (line->number == 0 && !number_line(counter, line, ret_fault)) {
        return false;
    }
    if (line->state == SHEET_BAD) {
        return true;
    }
    slice_t bytes = {(const char *)line->bytes, line->bytes_len};
    if (!outbox_find_same(outbox, terminal, line->number, bytes, &event, ret_fault)) {
        return false;
    }
    if (event.id == 0) {
        if (!outbox_find_number(outbox, terminal, line->number, &event, ret_fault)) {
            return false;
        }
        if (holds_number(&event)) {
            line->state = SHEET_REUSED;
            return true;
        }
        if (line->ask && !can_send) {
            return true;
        }
        (void)snprintf(name, sizeof name, "till %s", job->terminal.text);
        if (!outbox_add_event(outbox, terminal, line->number, bytes, &source, &event, ret_fault)) {
            return false;
        }
    }
    line->id = event.id;
    line->fresh = event.fresh;
    line->outcome = event.outcome;
    line->reason = event.reason;
    line->state = event.outcome == OUTCOME_NONE ? SHEET_OPEN : SHEET_ANSWERED;
    return true;
}

static bool place_all(struct counter *counter, struct job *job, bool can_send,
                      struct fault *ret_fault)
{
    for (uint32_t i = 0; i < job->sheet.count; i++) {
        struct sheet_line *line = &job->sheet.lines[i];
        if (line->state == SHEET_NEW && !place(counter, job, line, can_send, ret_fault)) {
            return false;
        }
    }
    return true;
}

/* An asked event that has found no room in a batch does not stay in the outbox. */
static bool withdraw(struct counter *counter, struct job *job, struct fault *ret_fault)
{
    struct outbox *outbox = counter->node.outbox;
    struct outbox_event event;

    for (uint32_t i = 0; i < job->sheet.count; i++) {
        struct sheet_line *line = &job->sheet.lines[i];
        if (line->state != SHEET_OPEN || !line->ask) {
            continue;
        }
        if (!outbox_find_event(outbox, line->id, &event, ret_fault)) {
            return false;
        }
        bool waits = event.id != 0 && event.sequence == 0 && line->fresh;
        if (waits && !outbox_withdraw(outbox, line->id, ret_fault)) {
            return false;
        }
        if (waits || event.id == 0) { /* or the same line stood twice on the sheet */
            line->state = SHEET_NEW;
        }
        line->fresh = false;
    }
    return true;
}

/* Is there something to put into the outbox that was not, or could not be? */
static bool is_due(const struct job *job, bool can_send)
{
    return job->route.kind == ROUTE_EVENTS && sheet_has(&job->sheet, SHEET_NEW) &&
           (!job->seen || can_send);
}

static bool write_due(struct counter *counter, bool can_send, struct fault *ret_fault)
{
    bool good = true;

    for (struct job *job = counter->jobs; good && job != NULL; job = job->next) {
        good = !is_due(job, can_send) || place_all(counter, job, can_send, ret_fault);
    }
    good = good && courier_prepare(&counter->courier, ret_fault);
    for (struct job *job = counter->jobs; good && job != NULL; job = job->next) {
        good = !is_due(job, can_send) || withdraw(counter, job, ret_fault);
        job->seen = true;
    }
    return good;
}

static bool write_lines(struct counter *counter, struct fault *ret_fault)
{
    struct outbox *outbox = counter->node.outbox;
    bool can_send = counter_can_send(counter);
    bool any = false;

    for (const struct job *job = counter->jobs; job != NULL; job = job->next) {
        any = any || is_due(job, can_send);
    }
    if (!any) {
        return true;
    }
    if (!outbox_begin(outbox, ret_fault)) {
        return false;
    }
    if (!write_due(counter, can_send, ret_fault)) {
        outbox_rollback(outbox);
        return false;
    }
    return outbox_commit(outbox, ret_fault);
}

/* --- questions --- */

static void put_question(struct counter *counter, struct job *job, const char *verb, slice_t body)
{
    int64_t now = wire_now_ms();
    uint32_t generation = wire_generation(counter->wire);

    if (wire_state(counter->wire) != WIRE_UP || counter->courier.state == COURIER_OFFLINE ||
        (job->query != 0 && job->query_generation == generation && now < job->query_again_ms)) {
        return;
    }
    if (job->query == 0) {
        job->query = (hash_u64((uint64_t)node_clock_ms()) << 16) + ++counter->queries;
    }
    const struct frame frame = {.type = FRAME_QUERY, .query = {job->query, slice_of(verb), body}};
    job->query_generation = generation;
    job->query_again_ms = now + (wire_send(counter->wire, &frame) ? QUERY_AGAIN_MS : QUERY_FULL_MS);
}

void counter_take_answer(void *context, const struct frame_answer *answer)
{
    struct counter *counter = context;
    struct job *job = counter->jobs;

    while (job != NULL && (job->query != answer->id || job->query == 0)) {
        job = job->next;
    }
    if (job == NULL || job->answered) {
        return; /* it came too late, or twice */
    }
    free(job->answer);
    job->answer = packed_body(answer, &job->answer_len);
    job->answered = job->answer != NULL; /* a damaged one is asked for again */
    (void)snprintf(job->refusal, sizeof job->refusal, "%.*s", (int)answer->refusal.len,
                   answer->refusal.text);
}

/* Why headquarters cannot be asked, for people. */
static const char *away_text(const struct counter *counter)
{
    switch (wire_state(counter->wire)) {
    case WIRE_CONNECTING:
        return _("headquarters cannot be reached");
    case WIRE_UP:
        return counter->courier.state == COURIER_STOPPED ? counter->courier.detail
                                                         : _("headquarters does not answer");
    case WIRE_DENIED:
        return _("headquarters does not know this store's transport key");
    case WIRE_STRANGER:
        return _("whoever answers there has not the server key of the kit");
    }
    return "";
}

/* --- answers --- */

static bool refresh(struct counter *counter, struct sheet *sheet, struct fault *ret_fault)
{
    struct outbox_event event;

    for (uint32_t i = 0; i < sheet->count; i++) {
        struct sheet_line *line = &sheet->lines[i];
        if (line->state != SHEET_OPEN) {
            continue;
        }
        if (!outbox_find_event(counter->node.outbox, line->id, &event, ret_fault)) {
            return false;
        }
        if (event.outcome != OUTCOME_NONE) {
            line->state = SHEET_ANSWERED;
            line->outcome = event.outcome;
            line->reason = event.reason;
        }
    }
    return true;
}

static bool settle_events(struct counter *counter, struct job *job, bool news,
                          struct fault *ret_fault)
{
    struct sheet *sheet = &job->sheet;

    if (!job->seen && sheet_has(sheet, SHEET_NEW)) {
        return true; /* it came meanwhile */
    }
    if (news && !refresh(counter, sheet, ret_fault)) {
        return false;
    }
    bool done = !sheet_has(sheet, SHEET_OPEN) && !sheet_has(sheet, SHEET_NEW);
    if (!done && !is_overdue(counter, job)) {
        return true;
    }
    for (uint32_t i = 0; i < sheet->count; i++) {
        if (sheet->lines[i].state == SHEET_NEW) {
            sheet->lines[i].state = SHEET_UNSENT;
        }
    }
    const struct http_reply reply = reply_sheet(&counter->node.kit.store, &job->terminal, sheet);
    counter_answer(counter, job, &reply);
    return true;
}

/* May headquarters know more of it than the outbox? */
static bool may_change(const struct outbox_event *event)
{
    return event->outcome == OUTCOME_WAITING || event->outcome == OUTCOME_DUPLICATE;
}

static bool settle_event(struct counter *counter, struct job *job, struct fault *ret_fault)
{
    const code_t *store = &counter->node.kit.store;
    struct outbox_event event;
    struct http_reply reply;
    char ref[REF_SIZE];

    if (job->answered && job->refusal[0] == '\0' &&
        !ask_settle(&counter->node, job->answer, job->answer_len, ret_fault)) {
        return false;
    }
    if (!outbox_find_number(counter->node.outbox, code_slice(&job->route.terminal),
                            job->route.number, &event, ret_fault)) {
        return false;
    }
    if (may_change(&event) && !job->answered && !is_overdue(counter, job)) {
        (void)snprintf(ref, sizeof ref, "%s:%s:%" PRIu64, store->text, job->route.terminal.text,
                       job->route.number);
        put_question(counter, job, "events", slice_of(ref));
        return true;
    }
    if (event.id == 0) {
        reply = reply_error(REPLY_NOT_FOUND, _("the node knows no event of this number"),
                            _("send the event: it is not in"));
    } else {
        reply = reply_event(store, &job->route.terminal, job->route.number, event.outcome,
                            event.reason);
    }
    counter_answer(counter, job, &reply);
    return true;
}

static void settle_balance(struct counter *counter, struct job *job)
{
    struct http_reply reply;
    char member[KIT_MEMBER_SIZE];

    if (!job->answered && !is_overdue(counter, job)) {
        kit_hide_member(&counter->node.kit, job->route.member, member);
        put_question(counter, job, "balance", slice_of(member));
        return;
    }
    if (!job->answered) {
        reply = reply_silent(away_text(counter));
    } else if (strcmp(job->refusal, "UNKNOWN_MEMBER") == 0) {
        reply = reply_error(REPLY_NOT_FOUND, _("headquarters knows no such member"),
                            _("compare the number; a new member is enrolled or topped up first"));
    } else if (strcmp(job->refusal, "CARD_REPLACED") == 0) {
        reply = reply_error(REPLY_NOT_FOUND, _("another card has taken its place"),
                            _("ask for the new card; this one is not to be used any more"));
    } else if (job->refusal[0] != '\0') {
        reply = reply_silent(job->refusal);
    } else {
        reply = reply_document((slice_t){job->answer, job->answer_len});
    }
    counter_answer(counter, job, &reply);
}

static bool settle_health(struct counter *counter, struct job *job, struct fault *ret_fault)
{
    struct reply_health health = {.oldest_pending_s = -1, .detail = ""};
    int64_t since_s = 0;

    if (!outbox_pending(counter->node.outbox, &health.pending, &since_s, ret_fault)) {
        return false;
    }
    if (since_s > 0) {
        int64_t age = node_clock_ms() / 1000 - since_s;
        health.oldest_pending_s = age < 0 ? 0 : age;
    }
    if (counter->faulty_ms > wire_now_ms()) {
        health.state = "outbox_failing";
        health.detail = _("the store's outbox cannot be written");
    } else if (counter->lock < 0) {
        health.state = "other_sender";
        health.detail = _("another process sends for this store");
    } else if (counter_is_connected(counter)) {
        health.state = "connected";
    } else {
        health.state = counter->courier.state == COURIER_STOPPED ? "stopped" : "offline";
        health.detail = away_text(counter);
    }
    const struct http_reply reply = reply_health(&counter->node.kit.store, &health);
    counter_answer(counter, job, &reply);
    return true;
}

static bool settle_job(struct counter *counter, struct job *job, bool news,
                       struct fault *ret_fault)
{
    switch (job->route.kind) {
    case ROUTE_EVENTS:
        return settle_events(counter, job, news, ret_fault);
    case ROUTE_EVENT:
        return settle_event(counter, job, ret_fault);
    case ROUTE_BALANCE:
        settle_balance(counter, job);
        return true;
    case ROUTE_HEALTH:
        return settle_health(counter, job, ret_fault);
    }
    return true;
}

bool counter_settle(struct counter *counter, struct fault *ret_fault)
{
    bool news = counter->courier.receipts != counter->receipts_seen;

    counter->receipts_seen = counter->courier.receipts;
    for (struct job *job = counter->jobs, *next = NULL; job != NULL; job = next) {
        next = job->next; /* the job may be answered, and gone */
        if (!settle_job(counter, job, news, ret_fault)) {
            return false;
        }
    }
    return true;
}

bool counter_work(struct counter *counter, struct fault *ret_fault)
{
    return counter->jobs == NULL ||
           (write_lines(counter, ret_fault) && counter_settle(counter, ret_fault));
}

void counter_refuse_all(struct counter *counter, struct http_reply (*refusal)(void))
{
    struct fault fault = {0};

    while (counter->jobs != NULL) {
        struct job *job = counter->jobs;
        if (job->route.kind == ROUTE_HEALTH && settle_health(counter, job, &fault)) {
            continue;
        }
        const struct http_reply reply = refusal();
        counter_answer(counter, job, &reply);
    }
}
