/* Hq: headquarters' records (proto/allclear/v1/hq.proto) as plain structs. Texts and bytes point
 * into the bytes that were read. Decoding is strict as decode.h is and allocates nothing; terms and
 * registry rows inside stay bytes, for terms_codec. hq_encode_* are in the target proto_encode.
 * Any thread. */
#ifndef PROTO_CODEC_HQ_H
#define PROTO_CODEC_HQ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/codec/decode.h"

#define HQ_VERSION          1
#define HQ_BODY_LEN_MAX     BATCH_BODY_LEN_MAX
#define HQ_RECORD_BYTES_MAX (HQ_BODY_LEN_MAX + 256)
#define HQ_ROLES_ALL        15U /* every bit that a person's roles may have */

/* Numbers are those of the wire: the field numbers of the oneof in hq.proto. */
typedef enum {
    HQ_INIT = 16,
    HQ_APPLY = 17,
    HQ_KEY_APPROVE = 18,
    HQ_KEY_REVOKE = 19,
    HQ_FREEZE = 20,
    HQ_UNFREEZE = 21,
    HQ_CYCLE_CLOSE = 22,
    HQ_CLOCK_SET = 23,
    HQ_OPERATOR = 24,
    HQ_ADJUST = 25,
    HQ_REVERSE = 26,
    HQ_OPENING_PART = 27,
    HQ_OPENING = 28,
    HQ_SUSPENSE = 29,
    HQ_DISPUTE = 30,
    HQ_MEMBER = 32,
    HQ_DETAILS = 34,
} hq_type_t;

struct hq_record {
    slice_t body;
    const uint8_t *key_id;           /* DIGEST_LEN bytes */
    const uint8_t *signature;        /* SIGNATURE_LEN bytes */
    const uint8_t *second_key_id;    /* NULL: no second person yet */
    const uint8_t *second_signature; /* there or not as second_key_id is */
};

struct hq_init {
    slice_t alliance;          /* code */
    const uint8_t *hq_key;     /* DIGEST_LEN bytes */
    const uint8_t *ledger_key; /* DIGEST_LEN bytes */
    bool test_clock;
    int64_t start_ms; /* test_clock: > 0; else 0 */
};

/* At least one is there; the other is empty. */
struct hq_apply {
    slice_t registry; /* for terms_codec_decode_registry */
    slice_t terms;    /* for terms_codec_decode */
};

struct hq_key_approve {
    slice_t store;                /* code */
    const uint8_t *public_key;    /* DIGEST_LEN bytes */
    const uint8_t *transport_key; /* DIGEST_LEN bytes */
    const uint8_t *possession;    /* SIGNATURE_LEN bytes or NULL */
};

struct hq_key_revoke {
    slice_t store;
    const uint8_t *key_id; /* DIGEST_LEN bytes */
};

/* Freeze: `previous` is NULL. Unfreeze: DIGEST_LEN bytes. */
struct hq_freeze {
    slice_t store;
    uint64_t sequence; /* from 1 */
    const uint8_t *previous;
};

struct hq_operator {
    slice_t person;            /* code */
    const uint8_t *public_key; /* DIGEST_LEN bytes */
    uint32_t roles;            /* 1..15; 0: has left */
    const uint8_t *possession; /* SIGNATURE_LEN bytes; NULL when he leaves */
};

struct hq_adjust {
    slice_t debtor; /* participants' codes */
    slice_t creditor;
    int64_t amount_fen; /* > 0 */
    slice_t about;      /* at most REASON_LEN_MAX bytes, may be empty */
};

struct hq_reverse {
    slice_t store;      /* code */
    slice_t event;      /* for decode_event, which takes it */
    struct batch batch; /* as read: a batch of this one event, for a cursor; no header but store */
};

/* How an item in suspense ends; numbers are those of the wire. */
typedef enum {
    SUSPENSE_RETRY = 1,
    SUSPENSE_ASSIGN = 2,
    SUSPENSE_RETURN = 3,
} suspense_way_t;

struct hq_share {
    slice_t debtor;     /* a participant's code, no other share's */
    int64_t amount_fen; /* > 0 */
};

/* Creditor and shares are there when, and only when, it is assigned. */
#define SUSPENSE_SHARES_MAX 8
struct hq_suspense {
    struct hq_reverse item; /* store and event, read as a reversal's */
    suspense_way_t way;
    slice_t creditor; /* a participant's code */
    uint32_t share_count;
    struct hq_share shares[SUSPENSE_SHARES_MAX];
};

/* Of the event that disputes. */
struct hq_answer {
    slice_t store; /* codes */
    slice_t terminal;
    uint64_t number; /* from 1 */
    bool stands;
};

/* Two different numbers of 1 to 19 digits. */
struct hq_member {
    uint64_t from;
    uint64_t into;
    bool replaced;
};

/* Exactly one of participant (code) and member. */
struct hq_details {
    slice_t participant;
    uint64_t member;
    const uint8_t *digest; /* DIGEST_LEN bytes; NULL: erased */
};

struct hq_body {
    const uint8_t *network; /* DIGEST_LEN bytes */
    uint64_t number;        /* from 1; 0: two people sign */
    int64_t created_ms;
    slice_t person; /* code */
    slice_t reason; /* may be empty */
    slice_t incomplete; /* HQ_CYCLE_CLOSE: why though something is missing; may be empty */
    hq_type_t type;
    union {
        struct hq_init init;
        struct hq_apply apply;
        struct hq_key_approve key_approve;
        struct hq_key_revoke key_revoke;
        struct hq_freeze freeze; /* HQ_FREEZE, HQ_UNFREEZE */
        slice_t cycle;           /* HQ_CYCLE_CLOSE: a code */
        int64_t clock_ms;        /* HQ_CLOCK_SET */
        struct hq_operator operator; /* HQ_OPERATOR */
        struct hq_adjust adjust;
        struct hq_reverse reverse;
        struct hq_suspense suspense;
        struct hq_answer answer; /* HQ_DISPUTE */
        struct hq_member member;
        struct hq_details details;
        slice_t opening; /* HQ_OPENING_PART, HQ_OPENING: for opening.h, which takes it */
    };
};

/* "init", "apply", ...; "unknown" for a number that is none. */
const char *hq_type_name(hq_type_t type);

/* Do way, creditor and shares of a suspense record fit each other? */
bool hq_suspense_whole(const struct hq_suspense *suspense);

/* Return: false with *ret_fault when malformed; the output is then undefined. */
bool hq_decode_record(slice_t bytes, struct hq_record *ret_record,
                      struct decode_fault *ret_fault) MUST_USE;
bool hq_decode_body(slice_t bytes, struct hq_body *ret_body,
                    struct decode_fault *ret_fault) MUST_USE;

/* Return: the length; 0 when a field is out of its limits or `cap` is too small. */
size_t hq_encode_record(const struct hq_record *record, uint8_t *out, size_t cap) MUST_USE;
size_t hq_encode_body(const struct hq_body *body, uint8_t *out, size_t cap) MUST_USE;

#endif
