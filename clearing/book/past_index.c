#include "clearing/book/past_index.h"

#include <stdlib.h>
#include <string.h>

#include "clearing/base/hash.h"
#include "clearing/base/memory.h"

/* --- terminals and their runs --- */

static uint64_t terminal_key(store_t store, slice_t code)
{
    return hash_u64(hash_bytes(code.text, code.len) + store.n) | 1;
}

static bool terminal_is(const struct past_terminal *terminal, store_t store, slice_t code)
{
    return terminal->store.n == store.n && slice_equal(code_slice(&terminal->code), code);
}

static struct past_terminal *terminal_find(const struct past_index *past, store_t store,
                                           slice_t code)
{
    for (uint64_t key = terminal_key(store, code);; key += 2) {
        const uint64_t *place = map_find(&past->by_terminal, key);
        if (place == NULL) {
            return NULL;
        }
        struct past_terminal *terminal = &past->terminals[*place - 1];
        if (terminal_is(terminal, store, code)) {
            return terminal;
        }
    }
}

struct past_terminal *past_index_terminal(struct past_index *past, store_t store,
                                          slice_t code)
{
    struct past_terminal *known = NULL;

    if (past->recent != 0 && terminal_is(&past->terminals[past->recent - 1], store, code)) {
        return &past->terminals[past->recent - 1];
    }
    known = terminal_find(past, store, code);
    if (known != NULL) {
        past->recent = (uint32_t)(known - past->terminals) + 1;
        return known;
    }
    uint64_t key = terminal_key(store, code);
    while (map_find(&past->by_terminal, key) != NULL) {
        key += 2;
    }
    MEMORY_GROW(past->terminals, past->count, past->capacity);
    past->terminals[past->count] = (struct past_terminal){.store = store, .code = code_of(code)};
    *map_put(&past->by_terminal, key) = ++past->count;
    past->recent = past->count;
    return &past->terminals[past->count - 1];
}

void past_runs_settle(struct past_terminal *terminal, uint32_t from)
{
    for (uint32_t i = from; i < terminal->count; i++) {
        struct past_run *run = &terminal->runs[i];
        uint64_t before = i == 0 ? 0 : terminal->runs[i - 1].highest;
        run->highest = run->last > before ? run->last : before;
    }
}

static void run_note(struct past_terminal *terminal, uint64_t number, uint64_t record)
{
    uint32_t at = terminal->count;

    /* nearly always the last run: the same batch, or the next */
    for (uint32_t i = terminal->count; i-- > 0 && terminal->count - i < 64;) {
        struct past_run *run = &terminal->runs[i];
        if (run->record == record && number > run->last) {
            run->last = number;
            past_runs_settle(terminal, i);
            return;
        }
    }
    while (at > 0 && terminal->runs[at - 1].first > number) {
        at--;
    }
    MEMORY_GROW(terminal->runs, terminal->count, terminal->capacity);
    memmove(terminal->runs + at + 1,
            terminal->runs + at,
            (terminal->count - at) * sizeof *terminal->runs);
    terminal->runs[at] = (struct past_run){.first = number, .last = number, .record = record};
    terminal->count++;
    past_runs_settle(terminal, at);
}

void past_index_note(struct past_index *past, const struct cleared *cleared, uint64_t record)
{
    bool accepted = outcome_accepted(cleared->outcome);

    if (accepted && (past->record_count == 0 ||
                     past->records[past->record_count - 1].record != record)) {
        MEMORY_GROW(past->records, past->record_count, past->record_capacity);
        past->records[past->record_count++] = (struct past_record){cleared->seq, record};
    }
    if (cleared->released && !accepted) {
        return; /* refused: its number is open again */
    }
    if (cleared->released) {
        const code_t *store = registry_store_code(past->registry, cleared->store);
        uint64_t key =
            waiting_key(code_slice(store), cleared->event->terminal, cleared->event->number);
        *map_put(&past->released, key) = record + 1;
        return;
    }
    if (accepted || cleared->outcome == OUTCOME_WAITING ||
        cleared->outcome == OUTCOME_SETTLED_OTHERWISE) {
        struct past_terminal *terminal =
            past_index_terminal(past, cleared->store, cleared->event->terminal);
        run_note(terminal, cleared->event->number, record);
    }
}

/* --- reading records --- */

static struct record fetch(const struct past_index *past, uint64_t index)
{
    struct record record;

    CHECK(record_decode(past->source.fetch(past->source.context, index), &record, NULL));
    return record;
}

/* A record of events in memory: its body and its results, whole. */
struct opened {
    uint64_t index;
    struct batch batch;
    struct results_head head;
    const struct results_mark *marks; /* of the batch at hand, which has no head yet */
    slice_t stream;
};

static void open_current(const struct past_current *current, struct opened *ret_opened)
{
    const struct results_stream *results = current->results;

    *ret_opened = (struct opened){
        .index = current->index,
        .batch = current->batch,
        .head = {.count = results->count, .pairs = results->pairs},
        .marks = results->marks,
        .stream = {(const char *)results->bytes.bytes, (uint32_t)results->bytes.len},
    };
}

static void keep(uint8_t **bytes, uint32_t *len, uint32_t *capacity, slice_t more)
{
    if (*len + more.len > *capacity) {
        *capacity = *len + more.len;
        *bytes = memory_resize(*bytes, *capacity, 1);
    }
    memcpy(*bytes + *len, more.text, more.len);
    *len += more.len;
}

/* Does a headquarters' payload close a cycle? */
static bool is_close(slice_t payload)
{
    struct hq_record record;
    struct hq_body body;
    struct decode_fault fault;

    CHECK(hq_decode_record(payload, &record, &fault));
    CHECK(hq_decode_body(record.body, &body, &fault));
    return body.type == HQ_CYCLE_CLOSE;
}

/* Read a record of events and what continues its results: fetching the next overwrites the last. */
static void keep_record(const struct past_index *past, uint64_t index, struct past_kept *kept)
{
    struct record record = fetch(past, index);
    struct results_head head;

    CHECK(record.kind == RECORD_BATCH || record.kind == RECORD_HQ);
    if (record.kind == RECORD_HQ && is_close(record.payload)) {
        CHECK(record.results.len >= RESULTS_FOOT_LEN); /* the nets come before it */
        record.results.text += record.results.len - RESULTS_FOOT_LEN;
        record.results.len = RESULTS_FOOT_LEN;
    }
    CHECK(results_head_read(record.results, &head));
    uint32_t missing = head.stream_len - head.piece.len;
    kept->record = index;
    kept->hq = record.kind == RECORD_HQ;
    kept->payload_len = 0;
    kept->results_len = 0;
    keep(&kept->payload, &kept->payload_len, &kept->payload_capacity, record.payload);
    keep(&kept->results, &kept->results_len, &kept->results_capacity, record.results);
    for (uint64_t next = index + 1; missing > 0; next++) {
        struct record more = fetch(past, next);
        CHECK(more.kind == RECORD_RESULTS && more.results.len > 0 && more.results.len <= missing);
        keep(&kept->results, &kept->results_len, &kept->results_capacity, more.results);
        missing -= more.results.len;
    }
}

/* The events of a payload that was accepted once. */
static void open_payload(slice_t payload, bool hq, struct batch *ret_batch)
{
    struct signed_batch signed_batch;
    struct hq_record record;
    struct hq_body body;
    struct decode_fault fault;

    if (!hq) {
        CHECK(decode_signed_batch(payload, &signed_batch, &fault));
        CHECK(decode_batch_header(signed_batch.body, ret_batch, &fault));
        return;
    }
    CHECK(hq_decode_record(payload, &record, &fault));
    CHECK(hq_decode_body(record.body, &body, &fault));
    *ret_batch = (struct batch){0}; /* a close has none of its own: all had waited */
    if (body.type == HQ_REVERSE) {
        *ret_batch = body.reverse.batch;
    } else if (body.type == HQ_SUSPENSE) {
        *ret_batch = body.suspense.item.batch;
    }
}

static void open_record(struct past_index *past, uint64_t index, struct opened *ret_opened)
{
    struct past_kept *kept = &past->kept[index % PAST_KEPT];

    if (past->current.open && past->current.index == index) {
        open_current(&past->current, ret_opened);
        return;
    }
    if (kept->payload == NULL || kept->record != index) {
        keep_record(past, index, kept);
    }
    slice_t payload = {(const char *)kept->payload, kept->payload_len};
    slice_t results = {(const char *)kept->results, kept->results_len};
    *ret_opened = (struct opened){.index = index};
    open_payload(payload, kept->hq, &ret_opened->batch);
    CHECK(results_head_read(results, &ret_opened->head));
    ret_opened->stream = ret_opened->head.piece; /* with its continuations it is whole */
}

static struct reader stream_reader(const struct opened *opened, uint32_t offset)
{
    CHECK(offset <= opened->stream.len);
    return (struct reader){(const uint8_t *)opened->stream.text, opened->stream.len, offset, false};
}

/* The last mark that is not after the event of a place. */
static struct results_mark mark_before(const struct opened *opened, uint32_t place)
{
    if (opened->marks == NULL) {
        return results_head_mark(&opened->head, place);
    }
    return place < RESULTS_MARK ? (struct results_mark){0}
                                : opened->marks[place / RESULTS_MARK - 1];
}

/* The place of the first of past->records that is `record` or after it. */
static uint32_t place_of(const struct past_index *past, uint64_t record)
{
    uint32_t low = 0;
    uint32_t high = past->record_count;

    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (past->records[middle].record < record) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

/* The sequence number of the first event accepted in a record that has one. */
static uint64_t first_seq(const struct past_index *past, uint64_t record)
{
    uint32_t place = place_of(past, record);

    CHECK(place < past->record_count && past->records[place].record == record);
    return past->records[place].first_seq;
}

static bool item_accepted(const struct results_item *item)
{
    return item->results.len > 0 && outcome_accepted((outcome_t)item->results.text[0]);
}

/* Find the event of a number in an opened batch. Out: its place. */
/* An event in an opened batch. */
struct found {
    uint32_t place;
    slice_t bytes;
};

/* Is this event of an opened batch the one of that number, and has it spent it? */
static bool is_event(const struct opened *opened, const struct event *event, uint32_t place,
                     slice_t terminal, uint64_t number)
{
    uint8_t outcome = opened->head.pairs[2 * place];

    return (outcome == OUTCOME_ACCEPTED || outcome == OUTCOME_WAITING ||
            outcome == OUTCOME_SETTLED_OTHERWISE) &&
           event->number == number && slice_equal(event->terminal, terminal);
}

/* `guess`: where it stands if the batch is of one till that counts without holes; otherwise all are
 * looked at. */
static bool event_in(const struct opened *opened, slice_t terminal, uint64_t number,
                     uint64_t guess, struct found *ret_found)
{
    static _Thread_local struct event event;
    struct decode_fault fault;

    for (bool guessing = guess < opened->head.count;; guessing = false) {
        struct batch_cursor cursor = batch_cursor_of(&opened->batch);
        while (guessing && cursor.count < guess && batch_cursor_skip(&cursor)) {
        }
        while (cursor.count < opened->head.count &&
               decode_next_event(&cursor, &event, &fault) == CURSOR_EVENT) {
            if (is_event(opened, &event, cursor.count - 1, terminal, number)) {
                *ret_found = (struct found){cursor.count - 1, cursor.event_bytes};
                return true;
            }
            if (guessing) {
                break;
            }
        }
        if (!guessing) {
            return false;
        }
    }
}

/* The results of the batch's own event at a place: the items of accepted ones come in order. */
static void own_item(const struct past_index *past, const struct opened *opened, uint32_t place,
                     struct past *ret_past)
{
    struct results_mark mark = mark_before(opened, place);
    struct reader reader = stream_reader(opened, mark.offset);
    struct results_item item;
    uint64_t seq = first_seq(past, opened->index) + mark.accepted;
    uint32_t before = 0; /* accepted events of the batch between the mark and this one */

    for (uint32_t i = place / RESULTS_MARK * RESULTS_MARK; i < place; i++) {
        before += opened->head.pairs[2 * i] == OUTCOME_ACCEPTED;
    }
    while (results_item_read(&reader, &item)) {
        if (!item.released) {
            if (before == 0) {
                ret_past->seq = seq;
                ret_past->results = item.results;
                return;
            }
            before--;
        }
        seq += item_accepted(&item);
    }
    CHECK(false); /* an accepted event has its results */
}

/* The results of an event that was released in an opened record. */
static void released_item(const struct past_index *past, const struct opened *opened,
                          store_t store, slice_t terminal, uint64_t number,
                          struct past *ret_past)
{
    struct reader reader = stream_reader(opened, 0);
    struct results_item item;
    uint64_t seq = 0;
    bool counted = false;

    while (results_item_read(&reader, &item)) {
        if (item.released && item.store.n == store.n && item.number == number &&
            slice_equal(item.terminal, terminal)) {
            ret_past->seq = seq + (counted ? 0 : first_seq(past, opened->index));
            ret_past->results = item.results;
            return;
        }
        if (item_accepted(&item)) {
            seq = counted ? seq + 1 : first_seq(past, opened->index) + 1;
            counted = true;
        }
    }
    CHECK(false); /* the index says that it is here */
}

/* --- the history --- */

/* The newest record before `limit` that may hold a number, by the runs of its terminal (false:
 * none). A number can be in several, when its event had waited, was refused and came again. */
static bool newest_run(const struct past_terminal *terminal, uint64_t number, uint64_t limit,
                       uint64_t *ret_record, uint64_t *ret_first)
{
    uint32_t low = 0;
    uint32_t high = terminal->count;
    bool found = false;

    while (low < high) { /* the first run that begins after the number */
        uint32_t middle = low + (high - low) / 2;
        if (terminal->runs[middle].first <= number) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    for (uint32_t i = low; i-- > 0 && terminal->runs[i].highest >= number;) {
        const struct past_run *run = &terminal->runs[i];
        if (run->last >= number && run->record < limit && (!found || run->record > *ret_record)) {
            *ret_record = run->record;
            *ret_first = run->first;
            found = true;
        }
    }
    return found;
}

static bool find_run(struct past_index *past, const struct past_terminal *terminal,
                     uint64_t number, struct opened *ret_opened, struct found *ret_found)
{
    uint64_t record = UINT64_MAX;
    uint64_t first = 0;

    while (newest_run(terminal, number, record, &record, &first)) {
        open_record(past, record, ret_opened);
        if (event_in(ret_opened, code_slice(&terminal->code), number, number - first, ret_found)) {
            return true;
        }
    }
    return false;
}

static bool past_find(void *context, store_t store, slice_t terminal_code, uint64_t number,
                      struct past *ret_past)
{
    struct past_index *past = context;
    const struct past_terminal *terminal = terminal_find(past, store, terminal_code);
    struct opened opened;
    struct found found = {0, {NULL, 0}};

    if (terminal == NULL || !find_run(past, terminal, number, &opened, &found)) {
        return false;
    }
    *ret_past = (struct past){.store = store, .record = opened.index, .event = found.bytes};
    if (opened.head.pairs[2 * found.place] == OUTCOME_ACCEPTED) {
        own_item(past, &opened, found.place, ret_past);
        return true;
    }
    if (opened.head.pairs[2 * found.place] == OUTCOME_SETTLED_OTHERWISE) {
        ret_past->settled = true;
        return true;
    }
    const code_t *code = registry_store_code(past->registry, store);
    const uint64_t *release =
        map_find(&past->released, waiting_key(code_slice(code), terminal_code, number));
    if (release == NULL) {
        return true; /* it waits: no sequence yet */
    }
    /* its bytes are in one record, its results in another: keep the bytes aside */
    static _Thread_local uint8_t kept[BATCH_BODY_LEN_MAX];
    memcpy(kept, found.bytes.text, found.bytes.len);
    ret_past->event = (slice_t){(const char *)kept, found.bytes.len};
    open_record(past, *release - 1, &opened);
    released_item(past, &opened, store, terminal_code, number, ret_past);
    return true;
}

/* The last mark before the n-th accepted event, counted from 0; the cursor goes to its place. */
static struct results_mark mark_of_accepted(const struct opened *opened, uint64_t n,
                                            struct batch_cursor *cursor)
{
    uint32_t place = 0;

    while (place + RESULTS_MARK < opened->head.count &&
           mark_before(opened, place + RESULTS_MARK).accepted <= n) {
        place += RESULTS_MARK;
    }
    while (cursor->count < place) {
        CHECK(batch_cursor_skip(cursor));
    }
    return mark_before(opened, place);
}

/* The place of the record in which a sequence number was given out. */
static uint32_t place_of_seq(const struct past_index *past, uint64_t seq)
{
    uint32_t low = 0;
    uint32_t high = past->record_count;

    while (low + 1 < high) {
        uint32_t middle = low + (high - low) / 2;
        if (past->records[middle].first_seq <= seq) {
            low = middle;
        } else {
            high = middle;
        }
    }
    CHECK(low < past->record_count && past->records[low].first_seq <= seq);
    return low;
}

static void walk_record(struct past_index *past, const struct past_record *noted,
                        const struct past_walk *walk)
{
    static _Thread_local struct event event;
    struct opened opened;
    struct results_item item;
    struct decode_fault fault;

    open_record(past, noted->record, &opened);
    struct batch_cursor cursor = batch_cursor_of(&opened.batch);
    uint64_t at = noted->first_seq;
    struct results_mark mark =
        mark_of_accepted(&opened, walk->from > at ? walk->from - at : 0, &cursor);
    struct reader reader = stream_reader(&opened, mark.offset);
    const store_t store = registry_find_store(past->registry, opened.batch.store);
    at += mark.accepted;
    while (at <= walk->to && results_item_read(&reader, &item)) {
        if (!item.released) { /* the next accepted event of the batch */
            do {
                CHECK(decode_next_event(&cursor, &event, &fault) == CURSOR_EVENT);
            } while (opened.head.pairs[2 * (cursor.count - 1)] != OUTCOME_ACCEPTED);
        }
        if (item_accepted(&item) && at++ >= walk->from) {
            const struct past_name name =
                item.released
                    ? (struct past_name){item.store, code_of(item.terminal), item.number}
                    : (struct past_name){store, code_of(event.terminal), event.number};
            walk->visit(walk->context, &name, item.results);
        }
    }
}

void past_index_walk(struct past_index *past, const struct past_walk *walk)
{
    for (uint32_t i = place_of_seq(past, walk->from);
         i < past->record_count && past->records[i].first_seq <= walk->to; i++) {
        walk_record(past, &past->records[i], walk);
    }
}

static void note_name(void *context, const struct past_name *name, slice_t results)
{
    struct past_name *ret_name = context;

    (void)results;
    *ret_name = *name;
}

struct past_name past_index_name(struct past_index *past, uint64_t seq)
{
    struct past_name name = {0};
    const struct past_walk walk = {.from = seq, .to = seq, .context = &name, .visit = note_name};

    past_index_walk(past, &walk);
    CHECK(name.number != 0);
    return name;
}

static void past_at(void *context, uint64_t seq, struct past *ret_past)
{
    struct past_name name = past_index_name(context, seq);

    CHECK(past_find(context, name.store, code_slice(&name.terminal), name.number, ret_past));
}

struct history past_index_history(struct past_index *past)
{
    return (struct history){past, past_find, past_at};
}

uint64_t past_index_first_seq(const struct past_index *past, uint64_t record)
{
    uint32_t place = place_of(past, record);

    return place == past->record_count ? 0 : past->records[place].first_seq;
}

void past_index_deinit(struct past_index *past)
{
    for (uint32_t i = 0; i < past->count; i++) {
        free(past->terminals[i].runs);
    }
    free(past->terminals);
    free(past->records);
    for (uint32_t i = 0; i < PAST_KEPT; i++) {
        free(past->kept[i].payload);
        free(past->kept[i].results);
    }
    map_deinit(&past->by_terminal);
    map_deinit(&past->released);
    *past = (struct past_index){0};
}
