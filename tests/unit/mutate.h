/* Mutations of protobuf messages that keep most of their structure: a message is parsed into a tree
 * by its descriptor, changed in one or two places, written again, and now and then damaged as raw
 * bytes. Seeded, so that a failure comes again. */
#ifndef TESTS_UNIT_MUTATE_H
#define TESTS_UNIT_MUTATE_H

#include <protobuf-c/protobuf-c.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "random_event.h"

#define NODES_MAX  6000
#define MUTANT_MAX 100000
#define NO_NODE    UINT32_MAX

/* A field on the wire. */
struct node {
    uint32_t field;
    uint32_t wire;  /* 0 varint, 2 bytes; others by mutation */
    uint64_t value; /* wire 0, 1, 5 */
    uint8_t pad_tag;
    uint8_t pad_len; /* of the length, or of the value */
    const uint8_t *bytes;
    size_t len;
    const ProtobufCMessageDescriptor *message; /* not NULL: children instead of bytes */
    uint32_t first;
    uint32_t next;
};

struct tree {
    struct node nodes[NODES_MAX];
    uint32_t count;
    uint8_t spare[4096]; /* bytes that mutations make */
    size_t spare_used;
    uint8_t inner[8][MUTANT_MAX]; /* messages being written, by depth */
    uint32_t depth;
};

static inline uint64_t tree_varint(const uint8_t **at)
{
    uint64_t value = 0;

    for (int shift = 0;; shift += 7) {
        uint8_t byte = *(*at)++;
        value |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80) {
            return value;
        }
    }
}

/* Parse a well formed message; returns its first node. */
static inline uint32_t tree_parse(struct tree *t, const ProtobufCMessageDescriptor *descriptor,
                                  const uint8_t *at, const uint8_t *end)
{
    uint32_t first = NO_NODE;
    uint32_t *link = &first;

    while (at < end && t->count < NODES_MAX) {
        struct node *n = &t->nodes[t->count];
        uint32_t index = t->count++;
        uint64_t tag = tree_varint(&at);
        *n = (struct node){.field = (uint32_t)(tag >> 3),
                           .wire = (uint32_t)(tag & 7),
                           .first = NO_NODE,
                           .next = NO_NODE};
        if (n->wire == 0) {
            n->value = tree_varint(&at);
        } else {
            n->len = (size_t)tree_varint(&at);
            n->bytes = at;
            at += n->len;
            const ProtobufCFieldDescriptor *field =
                protobuf_c_message_descriptor_get_field(descriptor, n->field);
            if (field != NULL && field->type == PROTOBUF_C_TYPE_MESSAGE) {
                n->message = field->descriptor;
                n->first = tree_parse(t, n->message, n->bytes, at);
            }
        }
        *link = index;
        link = &t->nodes[index].next;
    }
    return first;
}

static inline size_t put_padded(uint64_t value, uint8_t pad, uint8_t *out)
{
    size_t n = 0;

    for (; value >= 0x80; value >>= 7) {
        out[n++] = (uint8_t)(value | 0x80);
    }
    out[n++] = (uint8_t)value;
    for (; pad > 0 && n < 10; pad--) {
        out[n - 1] |= 0x80;
        out[n++] = 0;
    }
    return n;
}

static inline size_t tree_write(struct tree *t, uint32_t first, uint8_t *out, size_t cap);

static inline size_t node_write(struct tree *t, const struct node *n, uint8_t *out, size_t cap)
{
    size_t len = put_padded((uint64_t)n->field << 3 | n->wire, n->pad_tag, out);

    if (n->wire == 0) {
        return len + put_padded(n->value, n->pad_len, out + len);
    }
    if (n->wire != 2) {
        memcpy(out + len, &n->value, 8);
        return len + (n->wire == 5 ? 4 : n->wire == 1 ? 8 : 0);
    }
    if (n->message == NULL) {
        len += put_padded(n->len, n->pad_len, out + len);
        if (n->len != 0) {
            memcpy(out + len, n->bytes, n->len);
        }
        return len + n->len;
    }
    uint8_t *inner = t->inner[t->depth++];
    size_t inner_len = tree_write(t, n->first, inner, cap);
    t->depth--;
    len += put_padded(inner_len, n->pad_len, out + len);
    memcpy(out + len, inner, inner_len);
    return len + inner_len;
}

static inline size_t tree_write(struct tree *t, uint32_t first, uint8_t *out, size_t cap)
{
    size_t len = 0;

    for (uint32_t i = first; i != NO_NODE; i = t->nodes[i].next) {
        if (cap - len < t->nodes[i].len + 4096) {
            break;
        }
        len += node_write(t, &t->nodes[i], out + len, cap - len);
    }
    return len;
}

static inline uint32_t tree_copy(struct tree *t, uint32_t index)
{
    if (t->count == NODES_MAX) {
        return index;
    }
    t->nodes[t->count] = t->nodes[index];
    t->nodes[index].next = t->count;
    return t->count++;
}

static inline void mutate_value(struct random *r, struct tree *t, struct node *n)
{
    static const uint64_t values[] = {0,
                                      1,
                                      2,
                                      3,
                                      4,
                                      5,
                                      6,
                                      9,
                                      10,
                                      127,
                                      128,
                                      1ULL << 32,
                                      (1ULL << 32) + 1,
                                      INT64_MAX,
                                      1ULL << 63,
                                      UINT64_MAX,
                                      NUMBER_MAX,
                                      NUMBER_MAX + 1,
                                      MEMBER_MAX,
                                      MEMBER_MAX + 1,
                                      POLICY_AT_MS_END,
                                      POLICY_AT_MS_END - 1};
    static const char *const texts[] = {"",
                                        "a",
                                        "-",
                                        "a b",
                                        "\xff",
                                        "\xc3\xa9",
                                        "\xed\xa0\x80",
                                        "a\tb",
                                        "\xc2\x85",
                                        "\xe2\x80\xae",
                                        "\xc0\x80",
                                        "\xe7\xbb"};

    if (n->wire != 2) {
        n->value = values[random_below(r, sizeof values / sizeof values[0])];
        return;
    }
    n->message = NULL;
    if (random_below(r, 3) == 0 && t->spare_used + 80 < sizeof t->spare) {
        n->len = 31 + random_below(r, 36); /* around 32 and 64 */
        n->bytes = memset(t->spare + t->spare_used, 'a', n->len);
        t->spare_used += n->len;
        return;
    }
    if (random_below(r, 8) == 0) {
        n->bytes = (const uint8_t *)"a\0b";
        n->len = 3;
        return;
    }
    const char *text = texts[random_below(r, sizeof texts / sizeof texts[0])];
    n->bytes = (const uint8_t *)text;
    n->len = strlen(text);
}

static inline void mutate_insert(struct random *r, struct tree *t, struct node *n)
{
    if (t->count == NODES_MAX) {
        return;
    }
    /* a field number of the schema with a default value, or one that it does not have */
    t->nodes[t->count] = (struct node){
        .field = 1 + random_below(r, 24),
        .wire = random_below(r, 2) * 2,
        .value = random_below(r, 2),
        .bytes = (const uint8_t *)"a",
        .len = random_below(r, 2),
        .first = NO_NODE,
        .next = n->next,
    };
    n->next = t->count++;
}

static inline void mutate_repeat(struct random *r, struct tree *t, uint32_t index)
{
    for (uint32_t i = random_below(r, 3) == 0 ? 36 : 2; i > 0; i--) {
        index = tree_copy(t, index);
    }
}

static inline void mutate_swap(struct tree *t, struct node *n)
{
    if (n->next == NO_NODE) {
        return;
    }
    struct node *other = &t->nodes[n->next];
    struct node copy = *n;
    uint32_t after = other->next;
    uint32_t place = n->next;
    *n = *other;
    n->next = place;
    *other = copy;
    other->next = after;
}

static inline void tree_mutate(struct random *r, struct tree *t)
{
    uint32_t index = random_below(r, t->count);
    struct node *n = &t->nodes[index];

    switch (random_below(r, 11)) {
    case 0:
        (void)tree_copy(t, index);
        break;
    case 1:
        mutate_swap(t, n);
        break;
    case 2:
        n->pad_len = (uint8_t)(1 + random_below(r, 9));
        break;
    case 3:
        n->pad_tag = (uint8_t)(1 + random_below(r, 3));
        break;
    case 4: /* drop what follows, or the next one */
        n->next = n->next == NO_NODE || random_below(r, 2) == 0 ? NO_NODE : t->nodes[n->next].next;
        break;
    case 5:
        n->field = random_below(r, 32);
        break;
    case 6:
    case 7:
        mutate_value(r, t, n);
        break;
    case 8:
        mutate_insert(r, t, n);
        break;
    case 9:
        mutate_repeat(r, t, index);
        break;
    default:
        n->wire = random_below(r, 8);
        break;
    }
}

/* Damage raw bytes. Returns the new length. */
static inline size_t raw_mutate(struct random *r, uint8_t *bytes, size_t len)
{
    size_t at = len == 0 ? 0 : random_below(r, (uint32_t)len);

    switch (random_below(r, 5)) {
    case 0:
        bytes[at] ^= (uint8_t)(1U << random_below(r, 8));
        return len == 0 ? 1 : len;
    case 1:
        return at;
    case 2:
        bytes[len] = (uint8_t)random_next(r);
        return len + 1;
    case 3:
        memmove(bytes + at + 1, bytes + at, len - at);
        bytes[at] = (uint8_t)random_next(r);
        return len + 1;
    default:
        if (len == 0) {
            return 0;
        }
        memmove(bytes + at, bytes + at + 1, len - at - 1);
        return len - 1;
    }
}

/* Make a mutant of a well formed message. `out` has MUTANT_MAX bytes. Returns its length. */
static inline size_t mutate(struct random *r, struct tree *t,
                            const ProtobufCMessageDescriptor *descriptor, const uint8_t *bytes,
                            size_t len, uint8_t *out)
{
    bool raw = random_below(r, 3) == 0;

    t->count = 0;
    t->spare_used = 0;
    uint32_t first = tree_parse(t, descriptor, bytes, bytes + len);
    for (uint32_t i = raw ? 0 : 1 + random_below(r, 2); i > 0; i--) {
        tree_mutate(r, t);
    }
    size_t out_len = tree_write(t, first, out, MUTANT_MAX - 16);
    return raw ? raw_mutate(r, out, out_len) : out_len;
}

static inline bool message_known(const ProtobufCMessage *m);

static inline bool field_known(const ProtobufCFieldDescriptor *field, const char *base)
{
    const void *member = base + field->offset;

    if (field->type != PROTOBUF_C_TYPE_MESSAGE) {
        return true;
    }
    if ((field->flags & PROTOBUF_C_FIELD_FLAG_ONEOF) != 0 &&
        *(const uint32_t *)(const void *)(base + field->quantifier_offset) != field->id) {
        return true;
    }
    if (field->label == PROTOBUF_C_LABEL_REPEATED) {
        size_t count = *(const size_t *)(const void *)(base + field->quantifier_offset);
        for (size_t i = 0; i < count; i++) {
            if (!message_known((*(ProtobufCMessage *const *const *)member)[i])) {
                return false;
            }
        }
        return true;
    }
    const ProtobufCMessage *inner = *(ProtobufCMessage *const *)member;
    return inner == NULL || message_known(inner);
}

static inline bool message_known(const ProtobufCMessage *m)
{
    for (unsigned i = 0; i < m->descriptor->n_fields; i++) {
        if (!field_known(&m->descriptor->fields[i], (const char *)m)) {
            return false;
        }
    }
    return m->n_unknown_fields == 0;
}

/* protobuf-c as the judge of form. Returns the message (to be freed) when these bytes are what
 * protobuf-c itself would write for it, else NULL. */
static inline ProtobufCMessage *canonical(const ProtobufCMessageDescriptor *descriptor,
                                          const uint8_t *bytes, size_t len)
{
    ProtobufCMessage *m = protobuf_c_message_unpack(descriptor, NULL, len, bytes);

    if (m == NULL) {
        return NULL;
    }
    if (message_known(m) && protobuf_c_message_get_packed_size(m) == len) {
        uint8_t *again = malloc(len + 1);
        bool same = protobuf_c_message_pack(m, again) == len && memcmp(again, bytes, len) == 0;
        free(again);
        if (same) {
            return m;
        }
    }
    protobuf_c_message_free_unpacked(m, NULL);
    return NULL;
}

#endif
