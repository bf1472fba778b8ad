#include "tools/why/ledger.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <sysexits.h>

#include "clearing/base/hex.h"
#include "tools/explain/moved.h"
#include "tools/hq/home.h"
#include "tools/hq/inquire.h"
#include "tools/text.h"

/* The record in which the event came, and that in which it was decided. */
struct trace {
    struct watch *watch;
    bool found;
    uint64_t came;
    uint64_t decided;
};

/* What was signed. */
struct origin {
    const struct trace *trace;
    const struct view *view;
    struct journal_entry entry; /* of trace->came */
    struct batch_door door;     /* of a store's batch */
    struct hq_body body;        /* of headquarters */
    bool is_batch;
    char key_id[2 * SIGN_KEY_ID_LEN + 1];
    char digest[2 * DIGEST_LEN + 1];
    char leaf[2 * MERKLE_HASH_LEN + 1];
    char root[2 * MERKLE_HASH_LEN + 1];
    char received[INSTANT_TEXT_SIZE];
};

static void on_cleared(void *context, const struct book *book, const struct cleared *cleared)
{
    struct trace *trace = context;
    uint32_t before = trace->watch->found;

    watch_cleared(trace->watch, &book->state, cleared);
    if (trace->watch->found == before) {
        return;
    }
    trace->came = trace->found ? trace->came : book->records;
    trace->decided = book->records;
    trace->found = true;
}

static void on_expired(void *context, const struct book *book, const struct expired *expired)
{
    struct trace *trace = context;

    watch_expired(trace->watch, &book->state, expired);
}

/* --- down to what was signed --- */

static bool decode_signed(struct origin *origin, struct fault *ret_fault)
{
    const struct record *record = &origin->entry.record;
    struct hq_record hq;
    struct decode_fault why;

    origin->is_batch = record->kind == RECORD_BATCH;
    if (origin->is_batch) {
        if (!door_read(record->payload, &origin->door, ret_fault)) {
            return false;
        }
        digest_sha256(origin->door.signed_batch.body.text, origin->door.signed_batch.body.len,
                      origin->door.digest);
        hex_write(origin->door.digest, DIGEST_LEN, origin->digest);
        hex_write(origin->door.signed_batch.key_id, SIGN_KEY_ID_LEN, origin->key_id);
        return true;
    }
    if (!hq_decode_record(record->payload, &hq, &why) ||
        !hq_decode_body(hq.body, &origin->body, &why)) {
        return fault_set(ret_fault, FAULT_FORMAT, "record %" PRIu64 ": not headquarters' record",
                         record->index);
    }
    uint8_t digest[DIGEST_LEN];
    digest_sha256(hq.body.text, hq.body.len, digest);
    hex_write(digest, DIGEST_LEN, origin->digest);
    hex_write(hq.key_id, SIGN_KEY_ID_LEN, origin->key_id);
    return true;
}

static void write_origin(const struct origin *origin, FILE *out)
{
    const struct record *record = &origin->entry.record;

    fprintf(out, _("\nDown to what was signed\n"));
    if (origin->is_batch) {
        fprintf(out, _("  store %.*s, batch %" PRIu64 "\n"), (int)origin->door.batch.store.len,
                origin->door.batch.store.text, origin->door.batch.sequence);
    } else {
        fprintf(out, _("  headquarters, proposed by %.*s: %.*s\n"), (int)origin->body.person.len,
                origin->body.person.text, (int)origin->body.reason.len, origin->body.reason.text);
    }
    fprintf(out, _("  body     SHA-256 %s\n  key      %s\n"), origin->digest, origin->key_id);
    fprintf(out, _("  record   %" PRIu64 ", received %s\n"), record->index, origin->received);
    if (origin->trace->decided != origin->trace->came) {
        fprintf(out, _("  decided  with record %" PRIu64 "\n"), origin->trace->decided);
    }
    fprintf(out, _("  leaf     %s\n  root     %s of %" PRIu64 " records\n"), origin->leaf,
            origin->root, origin->view->records);
}

static void write_origin_json(const struct origin *origin, FILE *out)
{
    const struct record *record = &origin->entry.record;
    json_t *root = json_pack(
        "{s:I,s:I,s:s,s:s,s:s,s:s,s:s,s:I,s:s}", "record", (json_int_t)record->index, "decided",
        (json_int_t)origin->trace->decided, "kind", record_kind_name(record->kind), "received_at",
        origin->received, "key_id", origin->key_id, "body_sha256", origin->digest, "leaf",
        origin->leaf, "records", (json_int_t)origin->view->records, "root", origin->root);

    if (origin->is_batch) {
        const slice_t *store = &origin->door.batch.store;
        json_object_set_new(root, "store", json_stringn(store->text, store->len));
        json_object_set_new(root, "sequence",
                            json_integer((json_int_t)origin->door.batch.sequence));
    } else {
        json_object_set_new(root, "person",
                            json_stringn(origin->body.person.text, origin->body.person.len));
        json_object_set_new(root, "reason",
                            json_stringn(origin->body.reason.text, origin->body.reason.len));
    }
    fputs(",\"signed\":", out);
    (void)json_dumpf(root, out, JSON_COMPACT);
    json_decref(root);
}

/* Write where the event lies, from its record. */
static bool trace_back(const struct trace *trace, struct view *view, FILE *out,
                       struct fault *ret_fault)
{
    struct origin origin = {.trace = trace, .view = view};
    struct journal_reader *reader = journal_reader_new(view->journal, trace->came);
    const struct state *state = &view->book.state;
    bool good = journal_reader_need(reader, &origin.entry, ret_fault) &&
                decode_signed(&origin, ret_fault);

    if (good) {
        hex_write(origin.entry.leaf, MERKLE_HASH_LEN, origin.leaf);
        hex_write(view->root, MERKLE_HASH_LEN, origin.root);
        instant_format(origin.entry.record.received_at_ms,
                       state_terms(state, state->open_day)->days.zone_min, origin.received);
        (trace->watch->json ? write_origin_json : write_origin)(&origin, out);
    }
    journal_reader_free(reader);
    return good;
}

static void write_moved_json(const struct state *state, uint64_t member, FILE *out)
{
    json_t *moved = moved_json(state, member);

    if (moved != NULL) {
        fputs(",\"moved\":", out);
        (void)json_dumpf(moved, out, JSON_COMPACT);
    }
    json_decref(moved);
}

int ledger_explain(const char *dir, struct watch *watch)
{
    struct trace trace = {.watch = watch};
    int64_t told = 0;
    struct view_options options = {
        .dir = dir,
        .progress = inquire_progress,
        .context = &told,
        .listener = {.context = &trace, .cleared = on_cleared, .expired = on_expired},
    };
    struct fault fault = {0};
    struct view *view = inquire_view(&options, &fault);
    bool good = view != NULL;

    if (good && watch_has_found(watch)) {
        watch_write(watch, stdout);
        (watch->json ? write_moved_json : moved_text)(&view->book.state, watch->member, stdout);
        good = trace_back(&trace, view, stdout, &fault);
        fputs(watch->json ? "}\n" : "", stdout);
    }
    view_close(view);
    return good ? EX_OK : home_complain("explain", &fault);
}
