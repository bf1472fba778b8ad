#include "clearing/book/opening.h"

#include <stdlib.h>
#include <string.h>

#include "clearing/apply/opening.h"
#include "clearing/base/memory.h"
#include "proto/codec/opening.h"

static bool refuse(struct fault *ret_fault, const char *text)
{
    return fault_set(ret_fault, FAULT_FORMAT, "%s", text);
}

static bool ready(const struct book *book, struct fault *ret_fault)
{
    if (book->state.terms_count == 0) {
        return refuse(ret_fault, "opening: there are no terms yet");
    }
    if (book->state.opening_last != 0) {
        return refuse(ret_fault, "ALREADY_OPENED: an alliance opens once; correct with adjust");
    }
    return true;
}

/* --- parts --- */

bool book_opening_part(struct hq_door *door, struct fault *ret_fault)
{
    struct book *book = door->book;

    if (!ready(book, ret_fault)) {
        return false;
    }
    MEMORY_GROW(book->parts, book->part_count, book->part_capacity);
    struct book_part *noted = &book->parts[book->part_count++];
    noted->record = book->records;
    digest_sha256(door->body.opening.text, door->body.opening.len, noted->digest);
    return true;
}

/* The part of a record that was accepted as one. Valid until the next fetch. */
static slice_t fetch_part(const struct book *book, uint32_t at)
{
    const struct record_source *source = &book->past.source;
    struct record record;
    struct hq_record hq;
    struct hq_body body;
    struct decode_fault why;
    slice_t bytes = source->fetch(source->context, book->parts[at].record);

    CHECK(record_decode(bytes, &record, NULL) && record.kind == RECORD_HQ);
    CHECK(hq_decode_record(record.payload, &hq, &why) && hq_decode_body(hq.body, &body, &why));
    CHECK(body.type == HQ_OPENING_PART);
    return body.opening;
}

/* --- the seal --- */

/* The place of the first part of the seal's set among the book's. */
static bool find_first(const struct book *book, const struct opening_seal *seal, uint32_t *ret_at,
                       struct fault *ret_fault)
{
    struct digest *digest = digest_new();
    uint8_t sum[DIGEST_LEN];
    bool found = false;

    for (uint32_t i = 0; !found && i + (uint64_t)seal->parts <= book->part_count; i++) {
        for (uint32_t k = 0; k < seal->parts; k++) {
            digest_add(digest, book->parts[i + k].digest, DIGEST_LEN);
        }
        digest_finish(digest, sum);
        found = digest_equal(sum, seal->digest);
        *ret_at = i;
    }
    digest_free(digest);
    return found || refuse(ret_fault, "UNKNOWN_PARTS: the journal has no such set of parts");
}

static bool check_lots(const struct book *book, struct opening_pass *pass,
                       const struct opening_seal *seal, uint32_t first, struct fault *ret_fault)
{
    struct opening_lot lot;
    struct decode_fault why;
    bool good = true;

    for (uint32_t i = 0; good && i < seal->parts; i++) {
        slice_t rest = fetch_part(book, first + i);
        while (good && rest.len > 0) {
            CHECK(opening_next_lot(&rest, &lot, &why)); /* it was read when it came */
            good = opening_check(pass, &lot, ret_fault);
        }
    }
    return good && opening_sums_equal(pass, seal->totals, seal->count, ret_fault);
}

static bool check(const struct hq_door *door, struct opening_seal *ret_seal, uint32_t *ret_first,
                  struct fault *ret_fault)
{
    struct book *book = door->book;
    struct decode_fault why;

    if (!ready(book, ret_fault)) {
        return false;
    }
    if (book->state.sweep.runs) {
        return refuse(ret_fault, "BUSY: the sweep of the last day-end has not ended: try again");
    }
    if (door->body.reason.len == 0) {
        return refuse(ret_fault, "opening: the record gives no reason");
    }
    CHECK(opening_decode_seal(door->body.opening, ret_seal, &why)); /* hq_decode_body has */
    struct opening_pass pass = opening_begin(&book->apply);
    bool good = find_first(book, ret_seal, ret_first, ret_fault) &&
                check_lots(book, &pass, ret_seal, *ret_first, ret_fault);
    opening_end(&pass);
    return good;
}

bool book_opening_check(const struct hq_door *door, struct fault *ret_fault)
{
    static _Thread_local struct opening_seal seal;
    uint32_t first = 0;

    return check(door, &seal, &first, ret_fault);
}

bool book_opening(struct hq_door *door, struct fault *ret_fault)
{
    static _Thread_local struct opening_seal seal;
    struct book *book = door->book;
    uint64_t lots = 0;
    uint32_t first = 0;

    if (!check(door, &seal, &first, ret_fault)) {
        return false;
    }
    for (uint32_t i = 0; i < seal.parts; i++) {
        lots += opening_make(&book->apply, fetch_part(book, first + i));
    }
    write_varint(door->results, lots);
    book->part_count = 0; /* no other seal can name one */
    return true;
}
