#include "tools/hq/evidence.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "clearing/base/hex.h"
#include "clearing/base/memory.h"
#include "clearing/book/door.h"
#include "tools/hq/home.h"
#include "tools/hq/inquire.h"
#include "tools/lines/lines.h"
#include "tools/render/table.h"
#include "tools/text.h"

/* One of the two bodies. */
struct side {
    char *bytes; /* owned, what `door` points into; NULL: not found */
    struct batch_door door;
    uint64_t record;
    int64_t received_ms;
    uint32_t events;
};

struct evidence {
    struct side taken;
    struct side refused;
    int32_t zone_min;
    uint32_t same;       /* numbers that name the same event in both */
    uint32_t other;      /* numbers that name different ones */
    struct event *first; /* owned, as `second`: two events side by side */
    struct event *second;
};

/* --- finding --- */

static bool side_keep(struct side *side, const struct record *record, struct fault *ret_fault)
{
    free(side->bytes);
    *side = (struct side){.bytes = memory_zeroed(record->payload.len + 1, 1),
                          .record = record->index,
                          .received_ms = record->received_at_ms};
    memcpy(side->bytes, record->payload.text, record->payload.len);
    return door_read((slice_t){side->bytes, record->payload.len}, &side->door, ret_fault);
}

/* The last record of a kind by the store; a batch: that of the sequence.
 * Returns: false with ret_fault. Out: side->bytes stays NULL where there is none. */
static bool side_find(struct side *side, const struct view *view, enum record_kind kind,
                      slice_t store, uint64_t sequence, struct fault *ret_fault)
{
    struct journal_reader *reader = journal_reader_new(view->journal, 0);
    struct journal_entry entry;
    bool good = true;

    for (uint64_t i = 0; good && i < view->records; i++) {
        struct batch_door door = {0};
        good = journal_reader_need(reader, &entry, ret_fault);
        if (!good || entry.record.kind != kind) {
            continue;
        }
        good = door_read(entry.record.payload, &door, ret_fault);
        if (good && slice_equal(door.batch.store, store) &&
            (sequence == 0 || door.batch.sequence == sequence)) {
            good = side_keep(side, &entry.record, ret_fault);
        }
    }
    journal_reader_free(reader);
    return good;
}

/* --- comparing --- */

/* The event of this number in a body. Returns: its bytes; NULL: it has none. */
static slice_t event_of(const struct side *side, const struct event *wanted, struct event *scratch)
{
    struct batch_cursor cursor = batch_cursor_of(&side->door.batch);
    struct decode_fault why;

    while (decode_next_event(&cursor, scratch, &why) == CURSOR_EVENT) {
        if (scratch->number == wanted->number &&
            slice_equal(scratch->terminal, wanted->terminal)) {
            return cursor.event_bytes;
        }
    }
    return (slice_t){NULL, 0};
}

static void show_event(const char *title, const struct evidence *evidence,
                       const struct event *event)
{
    fputs(title, stdout);
    lines_print(event, evidence->zone_min, stdout);
    putchar('\n');
}

/* Count what both bodies tell; with `show`, lay side by side what they tell differently. */
static void compare(struct evidence *evidence, bool show)
{
    struct batch_cursor cursor = batch_cursor_of(&evidence->refused.door.batch);
    struct decode_fault why;

    evidence->same = 0;
    evidence->other = 0;
    while (decode_next_event(&cursor, evidence->second, &why) == CURSOR_EVENT) {
        slice_t first = event_of(&evidence->taken, evidence->second, evidence->first);
        if (first.text == NULL) {
            continue;
        }
        bool same = slice_equal(first, cursor.event_bytes);
        evidence->same += same ? 1 : 0;
        evidence->other += same ? 0 : 1;
        if (!same && show) {
            show_event(_("  taken    "), evidence, evidence->first);
            show_event(_("  refused  "), evidence, evidence->second);
        }
    }
}

static void count_events(struct side *side)
{
    struct batch_cursor cursor = batch_cursor_of(&side->door.batch);

    while (batch_cursor_skip(&cursor)) {
        side->events++;
    }
}

struct judgement {
    const char *name; /* in JSON */
    const char *text;
};

static struct judgement judge(const struct evidence *evidence)
{
    if (evidence->other > 0) {
        return (struct judgement){
            "LOOK_CLOSER", _("Look closer: one number names different events. Compare both with "
                             "the till's own roll before the store goes on.")};
    }
    if (evidence->same > 0) {
        return (struct judgement){
            "COPY", _("This looks like a copied or restored PC: what both tell is the same. Find "
                      "the second PC and switch it off.")};
    }
    return (struct judgement){
        "UNDECIDED", _("The two share no number, so they do not say whether a PC was copied: ask "
                       "the store whether two PCs run from one folder.")};
}

/* --- writing --- */

/* What stands in a column. */
struct column {
    char record[24];
    char received[INSTANT_TEXT_SIZE];
    char created[INSTANT_TEXT_SIZE];
    char key[2 * SIGN_KEY_ID_LEN + 1];
    char body[2 * DIGEST_LEN + 1];
    char events[16];
};

static void column_of(const struct side *side, int32_t zone_min, struct column *ret_column)
{
    uint8_t digest[DIGEST_LEN];

    digest_sha256(side->door.signed_batch.body.text, side->door.signed_batch.body.len, digest);
    (void)snprintf(ret_column->record, sizeof ret_column->record, "%" PRIu64, side->record);
    instant_format(side->received_ms, zone_min, ret_column->received);
    instant_format(side->door.batch.created_ms, zone_min, ret_column->created);
    hex_write(side->door.signed_batch.key_id, SIGN_KEY_ID_LEN, ret_column->key);
    hex_write(digest, DIGEST_LEN, ret_column->body);
    (void)snprintf(ret_column->events, sizeof ret_column->events, "%u", side->events);
}

static void write_text(struct evidence *evidence, const char *store)
{
    const struct table_column columns[] = {
        {"", COLUMN_TEXT}, {_("Taken"), COLUMN_TEXT}, {_("Refused"), COLUMN_TEXT}};
    struct look look = look_of(stdout);
    struct column taken;
    struct column refused;
    struct table table;

    column_of(&evidence->taken, evidence->zone_min, &taken);
    column_of(&evidence->refused, evidence->zone_min, &refused);
    const char *const rows[][3] = {{_("Record"), taken.record, refused.record},
                                   {_("Received"), taken.received, refused.received},
                                   {_("Signed"), taken.created, refused.created},
                                   {_("Key"), taken.key, refused.key},
                                   {_("SHA-256"), taken.body, refused.body},
                                   {_("Events"), taken.events, refused.events}};
    printf(_("Store %s signed two batches %" PRIu64 ":\n"), store,
           evidence->taken.door.batch.sequence);
    table_init(&table, columns, 3);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        for (size_t cell = 0; cell < 3; cell++) {
            table_text(&table, rows[i][cell]);
        }
    }
    table_write(&table, &look, stdout);
    table_deinit(&table);
    printf(_("Numbers in both: %u name the same event, %u name different ones.\n"), evidence->same,
           evidence->other);
    compare(evidence, true);
    paragraph_write("", judge(evidence).text, &look, stdout);
    printf(_("Then: allclear key replace %s, and once its new key is approved allclear unfreeze "
             "%s\n"),
           store, store);
}

static json_t *json_of(const struct side *side, int32_t zone_min)
{
    struct column column;

    column_of(side, zone_min, &column);
    return json_pack("{s:I,s:s,s:s,s:s,s:s,s:I}", "record", (json_int_t)side->record, "received_at",
                     column.received, "created_at", column.created, "key_id", column.key,
                     "body_sha256", column.body, "events", (json_int_t)side->events);
}

static void write_json(const struct evidence *evidence, const char *store)
{
    json_t *root =
        json_pack("{s:s,s:I,s:o,s:o,s:I,s:I,s:s}", "store", store, "sequence",
                  (json_int_t)evidence->taken.door.batch.sequence, "taken",
                  json_of(&evidence->taken, evidence->zone_min), "refused",
                  json_of(&evidence->refused, evidence->zone_min), "same",
                  (json_int_t)evidence->same, "different", (json_int_t)evidence->other, "judgement",
                  judge(evidence).name);

    (void)json_dumpf(root, stdout, JSON_COMPACT);
    json_decref(root);
    putchar('\n');
}

/* Returns: false with ret_fault (no category: there is no evidence against the store). */
static bool evidence_find(struct evidence *evidence, const struct view *view, slice_t store,
                          struct fault *ret_fault)
{
    const struct state *state = &view->book.state;

    if (!side_find(&evidence->refused, view, RECORD_EVIDENCE, store, 0, ret_fault) ||
        evidence->refused.bytes == NULL ||
        !side_find(&evidence->taken, view, RECORD_BATCH, store,
                   evidence->refused.door.batch.sequence, ret_fault)) {
        return false;
    }
    CHECK(evidence->taken.bytes != NULL); /* the view has compared that it proves something */
    evidence->zone_min = state_terms(state, state->open_day)->days.zone_min;
    count_events(&evidence->taken);
    count_events(&evidence->refused);
    compare(evidence, false);
    return true;
}

int evidence_show(const char *dir, const char *store, bool json)
{
    struct evidence evidence = {.first = memory_zeroed(1, sizeof *evidence.first),
                                .second = memory_zeroed(1, sizeof *evidence.second)};
    const struct view_options options = {.dir = dir};
    struct fault fault = {0};
    struct view *view = inquire_view(&options, &fault);
    int code = EX_OK;

    if (view != NULL && evidence_find(&evidence, view, slice_of(store), &fault)) {
        if (json) {
            write_json(&evidence, store);
        } else {
            write_text(&evidence, store);
        }
    } else if (fault.category == FAULT_NONE) {
        fprintf(stderr, _("allclear key: there is no evidence against store %s\n"), store);
        code = EX_DATAERR;
    } else {
        code = home_complain("key", &fault);
    }
    view_close(view);
    free(evidence.taken.bytes);
    free(evidence.refused.bytes);
    free(evidence.first);
    free(evidence.second);
    return code;
}
