#include "clearing/book/people.h"

#include <stdlib.h>
#include <string.h>

#include "clearing/base/memory.h"

const struct person *people_find(const struct people *people, slice_t code)
{
    for (uint32_t i = 0; i < people->count; i++) {
        if (slice_equal(code_slice(&people->list[i].code), code)) {
            return &people->list[i];
        }
    }
    return NULL;
}

const struct person *people_of_key(const struct people *people,
                                   const uint8_t key_id[SIGN_KEY_ID_LEN])
{
    for (uint32_t i = 0; i < people->count; i++) {
        if (digest_equal(people->list[i].key_id, key_id)) {
            return &people->list[i];
        }
    }
    return NULL;
}

void people_put(struct people *people, const struct person *person)
{
    for (uint32_t i = 0; i < people->count; i++) {
        if (slice_equal(code_slice(&people->list[i].code), code_slice(&person->code))) {
            people->list[i] = *person;
            return;
        }
    }
    MEMORY_GROW(people->list, people->count, people->capacity);
    people->list[people->count++] = *person;
}

bool people_has_counted(const struct people *people, const uint8_t digest[DIGEST_LEN])
{
    for (uint32_t i = 0; i < people->counted_count; i++) {
        if (digest_equal(people->counted[i].digest, digest)) {
            return true;
        }
    }
    return false;
}

void people_count(struct people *people, const struct counted *counted, int64_t now_ms)
{
    uint32_t kept = 0;

    for (uint32_t i = 0; i < people->counted_count; i++) {
        if (now_ms - people->counted[i].created_ms <= PROPOSAL_AGE_MAX_MS) {
            people->counted[kept++] = people->counted[i];
        }
    }
    people->counted_count = kept;
    MEMORY_GROW(people->counted, people->counted_count, people->counted_capacity);
    people->counted[people->counted_count++] = *counted;
}

void people_save(const struct people *people, struct spool *spool)
{
    write_varint(spool_room(spool, 16), people->count);
    for (uint32_t i = 0; i < people->count; i++) {
        const struct person *person = &people->list[i];
        struct writer *writer = spool_room(spool, 128 + CODE_LEN_MAX);
        write_slice(writer, code_slice(&person->code));
        write_bytes(writer, person->public_key, sizeof person->public_key);
        write_varint(writer, person->roles);
    }
    write_varint(spool_room(spool, 16), people->counted_count);
    for (uint32_t i = 0; i < people->counted_count; i++) {
        struct writer *writer = spool_room(spool, DIGEST_LEN + 16);
        write_bytes(writer, people->counted[i].digest, DIGEST_LEN);
        write_signed(writer, people->counted[i].created_ms);
    }
}

static void read_raw(struct reader *reader, uint8_t *ret_bytes, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        ret_bytes[i] = read_u8(reader);
    }
}

bool people_load(struct people *people, struct reader *reader)
{
    uint64_t count = read_varint_max(reader, reader->len);

    for (uint64_t i = 0; i < count && !reader->bad; i++) {
        struct person person = {0};
        slice_t code = read_slice(reader);
        reader->bad = reader->bad || !code_valid(code);
        if (!reader->bad) {
            person.code = code_of(code);
        }
        read_raw(reader, person.public_key, sizeof person.public_key);
        sign_key_id(person.public_key, person.key_id);
        person.roles = (uint32_t)read_varint_max(reader, UINT32_MAX);
        people_put(people, &person);
    }
    count = read_varint_max(reader, reader->len);
    for (uint64_t i = 0; i < count && !reader->bad; i++) {
        struct counted counted;
        read_raw(reader, counted.digest, sizeof counted.digest);
        counted.created_ms = read_signed(reader);
        MEMORY_GROW(people->counted, people->counted_count, people->counted_capacity);
        people->counted[people->counted_count++] = counted;
    }
    return !reader->bad;
}

void people_deinit(struct people *people)
{
    free(people->list);
    free(people->counted);
    *people = (struct people){0};
}

size_t people_proof(const uint8_t public_key[SIGN_PUBLIC_LEN], slice_t code,
                    uint8_t ret_proof[PEOPLE_PROOF_MAX])
{
    memcpy(ret_proof, public_key, SIGN_PUBLIC_LEN);
    memcpy(ret_proof + SIGN_PUBLIC_LEN, code.text, code.len);
    return SIGN_PUBLIC_LEN + code.len;
}
