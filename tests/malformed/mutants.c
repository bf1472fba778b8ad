/* Random mutants, seeded. What is malformed is for protobuf-c to say: bytes that it would not write
 * again as they are. Mutants that it would are passed over: they may be good. */
#include "tests/unit/mutate.h"

#include <allclear/v1/wire.pb-c.h>
#include <inttypes.h>
#include <stdio.h>

#include "tests/malformed/hostile.h"

#define FRAME_MUTANTS  900
#define EVENT_MUTANTS  300
#define HEADER_MUTANTS 150
#define NOISE          200
#define TRIES_MAX      40

static struct tree tree;
static uint8_t mutant[MUTANT_MAX + 16];
static uint8_t frame_bytes[FRAME_BYTES_MAX];
static uint8_t body[BATCH_BODY_LEN_MAX];

/* Returns: the length of a mutant that is malformed; 0 when none was found. */
static size_t find_mutant(struct hostile *hostile, const ProtobufCMessageDescriptor *descriptor,
                          const uint8_t *bytes, size_t len, size_t len_max)
{
    for (int i = 0; i < TRIES_MAX; i++) {
        size_t got = mutate(&hostile->random, &tree, descriptor, bytes, len, mutant);
        if (got == 0 || got > len_max) {
            continue;
        }
        ProtobufCMessage *message = canonical(descriptor, mutant, got);
        if (message == NULL) {
            return got;
        }
        protobuf_c_message_free_unpacked(message, NULL);
    }
    return 0;
}

static void name_of(char name[80], const char *kind, uint64_t state)
{
    (void)snprintf(name, 80, "%s, random state %" PRIu64, kind, state);
}

static void frames(struct hostile *hostile)
{
    struct frame list[3] = {
        hostile_hello(hostile),
        {.type = FRAME_QUERY,
         .query = {.id = 300, .verb = slice_of("balance"), .body = slice_of("6200000017")}},
    };
    char name[80];

    for (int i = 0; i < FRAME_MUTANTS; i++) {
        uint64_t state = hostile->random.state;
        size_t len;
        if (i % 3 == 2) {
            len = hostile_body(hostile, body);
            len = hostile_wrap(hostile, (slice_t){(const char *)body, (uint32_t)len}, frame_bytes);
        } else {
            len = frame_encode(&list[i % 3], frame_bytes, sizeof frame_bytes);
        }
        len = find_mutant(hostile, &allclear__v1__frame__descriptor, frame_bytes, len,
                          FRAME_BYTES_MAX);
        if (len > 0) {
            name_of(name, "a mutant frame", state);
            hostile_refused(hostile, name, (slice_t){(const char *)mutant, (uint32_t)len},
                            REASON_MALFORMED);
        }
    }
}

/* An event of any type as it should be, with everything that it may have. */
static size_t good_event(struct hostile *hostile, uint8_t bytes[EVENT_BYTES_MAX])
{
    static struct event event;

    random_event(&hostile->random, &event);
    return encode_event(&event, bytes, EVENT_BYTES_MAX);
}

/* Signed bodies in order, with one event that is a mutant. */
static void events(struct hostile *hostile)
{
    static uint8_t bytes[EVENT_BYTES_MAX];
    char name[80];

    for (int i = 0; i < EVENT_MUTANTS; i++) {
        uint64_t state = hostile->random.state;
        size_t len = good_event(hostile, bytes);
        len = len == 0 ? 0
                       : find_mutant(hostile, &allclear__v1__event__descriptor, bytes, len,
                                     BATCH_BODY_LEN_MAX - BATCH_HEADER_BYTES_MAX - 16);
        if (len == 0) {
            continue;
        }
        len = hostile_body_of(hostile, (slice_t){(const char *)mutant, (uint32_t)len}, body);
        len = hostile_wrap(hostile, (slice_t){(const char *)body, (uint32_t)len}, frame_bytes);
        name_of(name, "a mutant event", state);
        hostile_refused(hostile, name, (slice_t){(const char *)frame_bytes, (uint32_t)len},
                        REASON_MALFORMED);
    }
}

/* Signed headers without events that are mutants. */
static void headers(struct hostile *hostile)
{
    char name[80];

    for (int i = 0; i < HEADER_MUTANTS; i++) {
        uint64_t state = hostile->random.state;
        const struct batch batch = {
            .network = hostile->own.kit.network,
            .store = code_slice(&hostile->own.kit.store),
            .sequence = hostile->next,
            .previous = hostile->last,
            .created_ms = 1772340000000,
        };
        size_t len = encode_batch_header(&batch, body, sizeof body);
        len = find_mutant(hostile, &allclear__v1__batch__descriptor, body, len, sizeof body);
        if (len == 0) {
            continue;
        }
        len = hostile_wrap(hostile, (slice_t){(const char *)mutant, (uint32_t)len}, frame_bytes);
        name_of(name, "a mutant header", state);
        hostile_refused(hostile, name, (slice_t){(const char *)frame_bytes, (uint32_t)len},
                        REASON_MALFORMED);
    }
}

static void noise(struct hostile *hostile)
{
    char name[80];

    for (int i = 0; i < NOISE; i++) {
        uint64_t state = hostile->random.state;
        size_t len = 1 + random_below(&hostile->random, i % 20 == 0 ? 60000 : 300);
        for (size_t at = 0; at < len; at++) {
            mutant[at] = (uint8_t)random_next(&hostile->random);
        }
        ProtobufCMessage *message = canonical(&allclear__v1__frame__descriptor, mutant, len);
        if (message != NULL) {
            protobuf_c_message_free_unpacked(message, NULL);
            continue;
        }
        name_of(name, "noise", state);
        hostile_refused(hostile, name, (slice_t){(const char *)mutant, (uint32_t)len},
                        REASON_MALFORMED);
    }
}

void mutants_run(struct hostile *hostile)
{
    frames(hostile);
    events(hostile);
    headers(hostile);
    noise(hostile);
}
