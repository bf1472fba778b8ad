/* The registry's side of terms_codec.h. */
#include "proto/codec/terms_codec.h"

#include <string.h>

#include "allclear/v1/terms.pb-c.h"
#include "clearing/base/memory.h"
#include "proto/codec/binary.h"
#include "proto/codec/policy.h"
#include "proto/codec/strict.h"

/* Tag and length of a row. */
#define ROW_HEAD_MAX 4
/* No row is longer: four codes, two names or days. */
#define ROW_BYTES_MAX 512

/* Append a row's packed message as field `field`; false: it does not fit. */
static bool row_append(uint32_t field, const uint8_t *row, size_t row_len, uint8_t *out, size_t cap,
                       size_t *len)
{
    uint8_t head[ROW_HEAD_MAX] = {(uint8_t)(field << 3 | 2)};
    size_t n = 1;

    CHECK(row_len < 1U << 14);
    if (row_len >= 0x80) {
        head[n++] = (uint8_t)(row_len | 0x80);
    }
    head[n] = (uint8_t)(row_len >= 0x80 ? row_len >> 7 : row_len);
    n++;
    if (cap < *len || cap - *len < n + row_len) {
        return false;
    }
    memcpy(out + *len, head, n);
    memcpy(out + *len + n, row, row_len);
    *len += n + row_len;
    return true;
}

static size_t pack_participant(const struct registry *registry, uint32_t number, uint8_t *row)
{
    const struct participant *participant = &registry->participants[number];
    Allclear__V1__Participant message;
    code_t code = registry->participant_codes.codes[number];
    code_t party = registry->parties.codes[participant->party];
    char name[NAME_LEN_MAX + 1];

    allclear__v1__participant__init(&message);
    message.code = code.text;
    message.party = party.text;
    message.role = (Allclear__V1__Role)participant->role;
    binary_put_text(&message.name, slice_of(participant->name), name, sizeof name);
    return binary_pack(&message.base, row, ROW_BYTES_MAX);
}

static size_t pack_store(const struct registry *registry, uint32_t number, uint8_t *row)
{
    const struct store *store = &registry->stores[number];
    Allclear__V1__Store message;
    code_t code = registry->store_codes.codes[number];
    code_t participant = *registry_participant_code(registry, store->participant);
    char opened[DAY_TEXT_SIZE];
    char closed[DAY_TEXT_SIZE];
    char name[NAME_LEN_MAX + 1];

    allclear__v1__store__init(&message);
    message.code = code.text;
    message.participant = participant.text;
    if (store->opened != DAY_MIN) {
        day_format(store->opened, opened);
        message.opened = opened;
    }
    if (store->closed != DAY_MAX) {
        day_format(store->closed, closed);
        message.closed = closed;
    }
    binary_put_text(&message.name, slice_of(store->name), name, sizeof name);
    return binary_pack(&message.base, row, ROW_BYTES_MAX);
}

size_t terms_codec_encode_registry(const struct registry *registry, struct registry_place *place,
                                   uint8_t *out, size_t cap)
{
    uint8_t row[ROW_BYTES_MAX];
    size_t len = 0;

    for (; place->party < registry->parties.count; place->party++) {
        const code_t *code = &registry->parties.codes[place->party];
        if (!row_append(1, (const uint8_t *)code->text, code->len, out, cap, &len)) {
            return len;
        }
    }
    for (; place->participant < registry->participant_codes.count; place->participant++) {
        size_t row_len = pack_participant(registry, place->participant, row);
        if (!row_append(2, row, row_len, out, cap, &len)) {
            return len;
        }
    }
    for (; place->store < registry->store_codes.count; place->store++) {
        size_t row_len = pack_store(registry, place->store, row);
        if (!row_append(3, row, row_len, out, cap, &len)) {
            return len;
        }
    }
    return len;
}

static bool name_valid(const char *name)
{
    slice_t text = slice_of(name);

    return text.len <= NAME_LEN_MAX && policy_text_valid(text);
}

/* An absent day is `without`. */
static bool day_read(const char *text, day_t without, day_t *ret_day)
{
    *ret_day = without;
    return *text == '\0' || day_parse(slice_of(text), ret_day);
}

/* Codes that a check has met; gone after it. */
struct met {
    struct code_index parties;
    struct code_index participants;
    struct code_index stores;
};

/* Add a code that must be valid and new. */
static bool meet(struct code_index *index, const char *code)
{
    uint32_t before = index->count;

    return code_valid(slice_of(code)) && code_index_add(index, slice_of(code)) == before;
}

static bool knows(const struct code_index *met, const struct code_index *registered,
                  const char *code)
{
    return code_index_find(met, slice_of(code)) != CODE_NONE ||
           code_index_find(registered, slice_of(code)) != CODE_NONE;
}

static const char *participants_fault(const Allclear__V1__Registry *rows,
                                      const struct registry *registry, struct met *met)
{
    for (size_t i = 0; i < rows->n_parties; i++) {
        if (!meet(&met->parties, rows->parties[i])) {
            return "party: not a code, or twice";
        }
    }
    for (size_t i = 0; i < rows->n_participants; i++) {
        const Allclear__V1__Participant *row = rows->participants[i];
        if (!meet(&met->participants, row->code)) {
            return "participant: not a code, or twice";
        }
        if (!knows(&met->parties, &registry->parties, row->party)) {
            return "participant: an unknown party";
        }
        if (role_name((role_t)row->role) == NULL) {
            return "participant: an unknown role";
        }
        if (!name_valid(row->name)) {
            return "participant: a bad name";
        }
    }
    return NULL;
}

static const char *stores_fault(const Allclear__V1__Registry *rows, const struct registry *registry,
                                struct met *met)
{
    for (size_t i = 0; i < rows->n_stores; i++) {
        const Allclear__V1__Store *row = rows->stores[i];
        day_t opened = 0;
        day_t closed = 0;
        if (!meet(&met->stores, row->code)) {
            return "store: not a code, or twice";
        }
        if (!knows(&met->participants, &registry->participant_codes, row->participant)) {
            return "store: an unknown participant";
        }
        if (!day_read(row->opened, DAY_MIN, &opened) || !day_read(row->closed, DAY_MAX, &closed)) {
            return "store: a bad day";
        }
        if (!name_valid(row->name)) {
            return "store: a bad name";
        }
    }
    if (registry->participant_codes.count + (uint64_t)met->participants.count > PARTICIPANTS_MAX ||
        registry->store_codes.count + (uint64_t)met->stores.count > STORES_MAX) {
        return "registry: more than a million participants or stores";
    }
    return NULL;
}

static void registry_apply(const Allclear__V1__Registry *rows, struct registry *registry)
{
    for (size_t i = 0; i < rows->n_parties; i++) {
        (void)code_index_add(&registry->parties, slice_of(rows->parties[i]));
    }
    for (size_t i = 0; i < rows->n_participants; i++) {
        const Allclear__V1__Participant *row = rows->participants[i];
        struct participant participant = {
            .party = code_index_find(&registry->parties, slice_of(row->party)),
            .role = (role_t)row->role,
        };
        memcpy(participant.name, row->name, strlen(row->name) + 1);
        (void)registry_put_participant(registry, slice_of(row->code), &participant);
    }
    for (size_t i = 0; i < rows->n_stores; i++) {
        const Allclear__V1__Store *row = rows->stores[i];
        struct store store = {
            .participant = registry_find_participant(registry, slice_of(row->participant)),
        };
        CHECK(day_read(row->opened, DAY_MIN, &store.opened));
        CHECK(day_read(row->closed, DAY_MAX, &store.closed));
        memcpy(store.name, row->name, strlen(row->name) + 1);
        (void)registry_put_store(registry, slice_of(row->code), &store);
    }
}

bool terms_codec_decode_registry(slice_t bytes, struct registry *registry,
                                 struct decode_fault *ret_fault)
{
    struct met met = {0};
    ProtobufCMessage *message =
        strict_unpack(&allclear__v1__registry__descriptor, bytes, ret_fault);

    if (message == NULL) {
        return false;
    }
    const Allclear__V1__Registry *rows = (const Allclear__V1__Registry *)message;
    const char *fault = participants_fault(rows, registry, &met);
    if (fault == NULL) {
        fault = stores_fault(rows, registry, &met);
    }
    if (fault == NULL) {
        registry_apply(rows, registry);
    }
    *ret_fault =
        (struct decode_fault){.error = fault == NULL ? DECODE_OK : DECODE_VALUE, .detail = fault};
    code_index_deinit(&met.parties);
    code_index_deinit(&met.participants);
    code_index_deinit(&met.stores);
    protobuf_c_message_free_unpacked(message, NULL);
    return fault == NULL;
}
