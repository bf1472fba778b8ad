#include "clearing/book/door.h"

#include <string.h>

bool door_read(slice_t bytes, struct batch_door *door, struct fault *ret_fault)
{
    struct decode_fault fault;

    *door = (struct batch_door){.bytes = bytes, .store = STORE_NONE, .members = door->members};
    if (!decode_signed_batch(bytes, &door->signed_batch, &fault) ||
        !decode_batch_header(door->signed_batch.body, &door->batch, &fault)) {
        return fault_set(ret_fault, FAULT_FORMAT, "%s", decode_error_text(fault.error));
    }
    return true;
}

void door_check(struct batch_door *door, struct event *scratch)
{
    struct batch_cursor cursor = batch_cursor_of(&door->batch);
    cursor_result_t result = CURSOR_EVENT;

    digest_sha256(door->signed_batch.body.text, door->signed_batch.body.len, door->digest);
    while ((result = decode_next_event(&cursor, scratch, &door->unsound)) == CURSOR_EVENT) {
        door->members[cursor.count - 1] = scratch->member;
    }
    door->event_count = cursor.count;
    door->sound = result == CURSOR_END;
}

void door_verify(struct batch_door *door, const uint8_t key[SIGN_PUBLIC_LEN])
{
    memcpy(door->key, key, sizeof door->key);
    door->genuine = sign_verify_digest(
        key, SIGN_BATCH, door->batch.network, door->digest, door->signed_batch.signature);
}
