/* A hostile store: it has joined and has its keys, and sends what no node would. Every case says
 * what must come back; nothing that it sends may change a figure. */
#ifndef TESTS_MALFORMED_HOSTILE_H
#define TESTS_MALFORMED_HOSTILE_H

#include "clearing/crypto/sign.h"
#include "proto/codec/encode.h"
#include "tests/malformed/speaker.h"
#include "tests/unit/random_event.h"
#include "tools/node/kit.h"

#define RAW_MAX 300000
/* An answer that does not come is a long wait: after so many the rest says nothing new. */
#define SILENCES_MAX 3

/* What a store's folder holds. */
struct joined {
    struct kit kit;
    struct sign_key *key;
    uint8_t key_id[SIGN_KEY_ID_LEN];
    uint8_t transport_public[KIT_KEY_LEN];
    uint8_t transport_secret[KIT_KEY_LEN];
};

struct hostile {
    const char *address;
    struct joined own;   /* the store that it plays */
    struct joined other; /* whose keys it has got hold of */
    struct speaker speaker;
    uint64_t next; /* where the stream of `own` stands */
    uint8_t last[DIGEST_LEN];
    struct random random;
    uint32_t passed;
    uint32_t failed;
    uint32_t silences;
};

/* Bytes being put together, well formed or not. */
struct raw {
    uint8_t bytes[RAW_MAX];
    size_t len;
};

void raw_varint(struct raw *raw, uint64_t value);
void raw_number(struct raw *raw, uint32_t field, uint64_t value);
void raw_bytes(struct raw *raw, uint32_t field, const void *bytes, size_t len);
slice_t raw_slice(const struct raw *raw);

/* Count a case. Returns: good. */
bool hostile_case(struct hostile *hostile, const char *name, bool good, const char *why);
/* Returns: has too much been left without an answer? */
bool hostile_is_over(const struct hostile *hostile);

/* Send one message and wait for what comes back. Returns: false when nothing does. */
bool hostile_ask(struct hostile *hostile, slice_t bytes, struct frame *ret_frame);
/* Send a message that must be answered with Expect for this reason. */
void hostile_refused(struct hostile *hostile, const char *name, slice_t bytes, reason_t reason);
/* The same of a frame of the codec's making. */
void hostile_refused_frame(struct hostile *hostile, const char *name, const struct frame *frame,
                           reason_t reason);

/* The hello of `own`. */
struct frame hostile_hello(const struct hostile *hostile);

/* Connect anew as `own`, say hello, note where the stream stands. */
void hostile_connect(struct hostile *hostile);

/* A well formed next body of `own`, with one cash sale. Returns: its length. */
size_t hostile_body(const struct hostile *hostile, uint8_t body[BATCH_BODY_LEN_MAX]);
/* Wrap a body and sign it as `own`. Returns: the Frame's length. */
size_t hostile_wrap(const struct hostile *hostile, slice_t body, uint8_t out[FRAME_BYTES_MAX]);
/* Pack an event and append it to the next header of `own`. Returns: the body's length. */
size_t hostile_body_of(const struct hostile *hostile, slice_t event, uint8_t *body);

/* The groups of cases. */
void frames_run(struct hostile *hostile);
void batches_run(struct hostile *hostile);
void events_run(struct hostile *hostile);
void mutants_run(struct hostile *hostile);
void queries_run(struct hostile *hostile);
void strangers_run(struct hostile *hostile);
/* Old batches, from a copy of the journal. */
void relay_run(struct hostile *hostile, const char *copy);
void equivocation_run(struct hostile *hostile, const char *copy);
void records_run(struct hostile *hostile, const char *copy);
/* A question whose answer repeats its bytes, by its number (from 0). */
void sayings_run(struct hostile *hostile, const char *which);
/* An invitation in wrong hands. */
void invited_run(struct hostile *hostile, const char *kit);

#endif
