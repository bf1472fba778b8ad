/* hostile GROUP OWN OTHER SEED [WHAT]: play a hostile store.
 *
 *   GROUP   frames, batches, events, mutants, queries, strangers; relay, equivocation (WHAT: a
 *           copy of the journal), invited (WHAT: a kit), sayings (WHAT: 0 to 4)
 *   OWN     the folder of the store that it plays, OTHER of one whose keys it has got hold of
 *
 * Says what did not go as it must, then "N passed, M failed". */
#include "tests/malformed/hostile.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "clearing/base/memory.h"
#include "tools/node/node.h"

void raw_varint(struct raw *raw, uint64_t value)
{
    CHECK(raw->len + 10 <= RAW_MAX);
    for (; value >= 0x80; value >>= 7) {
        raw->bytes[raw->len++] = (uint8_t)(value | 0x80);
    }
    raw->bytes[raw->len++] = (uint8_t)value;
}

void raw_number(struct raw *raw, uint32_t field, uint64_t value)
{
    raw_varint(raw, (uint64_t)field << 3);
    raw_varint(raw, value);
}

void raw_bytes(struct raw *raw, uint32_t field, const void *bytes, size_t len)
{
    raw_varint(raw, (uint64_t)field << 3 | 2);
    raw_varint(raw, len);
    CHECK(raw->len + len <= RAW_MAX);
    if (len > 0) {
        memcpy(raw->bytes + raw->len, bytes, len);
    }
    raw->len += len;
}

slice_t raw_slice(const struct raw *raw)
{
    return (slice_t){(const char *)raw->bytes, (uint32_t)raw->len};
}

bool hostile_case(struct hostile *hostile, const char *name, bool good, const char *why)
{
    if (good) {
        hostile->passed++;
    } else {
        hostile->failed++;
        printf("%s: %s\n", name, why);
        (void)fflush(stdout);
    }
    return good;
}

bool hostile_is_over(const struct hostile *hostile)
{
    return hostile->silences >= SILENCES_MAX;
}

bool hostile_ask(struct hostile *hostile, slice_t bytes, struct frame *ret_frame)
{
    bool answered = speaker_send(&hostile->speaker, bytes, false) &&
                    speaker_receive(&hostile->speaker, SPEAKER_WAIT_MS, ret_frame);

    hostile->silences += !answered;
    return answered;
}

static const char *said(const struct frame *frame)
{
    switch (frame->type) {
    case FRAME_EXPECT:
        return frame_reason_name(frame->expect.reason);
    case FRAME_RECEIPT:
        return "a receipt";
    case FRAME_ANSWER:
        return "an answer";
    case FRAME_HELLO:
    case FRAME_BATCH:
    case FRAME_QUERY:
        break;
    }
    return "a frame that no daemon sends";
}

void hostile_refused(struct hostile *hostile, const char *name, slice_t bytes, reason_t reason)
{
    char why[160] = "no answer";
    struct frame frame;

    if (hostile_is_over(hostile)) {
        return;
    }
    bool answered = hostile_ask(hostile, bytes, &frame);
    if (answered) {
        (void)snprintf(why, sizeof why, "%s is due, but it was %s", frame_reason_name(reason),
                       said(&frame));
    }
    bool good = answered && frame.type == FRAME_EXPECT && frame.expect.reason == reason;
    (void)hostile_case(hostile, name, good, why);
}

void hostile_refused_frame(struct hostile *hostile, const char *name, const struct frame *frame,
                           reason_t reason)
{
    static uint8_t bytes[FRAME_BYTES_MAX];
    size_t len = frame_encode(frame, bytes, sizeof bytes);

    CHECK(len > 0);
    hostile_refused(hostile, name, (slice_t){(const char *)bytes, (uint32_t)len}, reason);
}

struct frame hostile_hello(const struct hostile *hostile)
{
    return (struct frame){
        .type = FRAME_HELLO,
        .hello = {.version = FRAME_VERSION,
                  .network = hostile->own.kit.network,
                  .store = code_slice(&hostile->own.kit.store),
                  .agent = slice_of("hostile 1")},
    };
}

static void speak(struct hostile *hostile)
{
    const struct speaker_options options = {
        .address = hostile->address,
        .server_key = hostile->own.kit.server_key,
        .public_key = hostile->own.transport_public,
        .secret_key = hostile->own.transport_secret,
    };

    speaker_open(&hostile->speaker, &options);
}

void hostile_connect(struct hostile *hostile)
{
    static uint8_t bytes[1024];
    struct frame hello = hostile_hello(hostile);
    struct frame frame;

    if (hostile->speaker.context != NULL) {
        speaker_close(&hostile->speaker);
    }
    speak(hostile);
    size_t len = frame_encode(&hello, bytes, sizeof bytes);
    bool good = len > 0 && speaker_wait_up(&hostile->speaker, SPEAKER_WAIT_MS) &&
                hostile_ask(hostile, (slice_t){(const char *)bytes, (uint32_t)len}, &frame) &&
                frame.type == FRAME_EXPECT && frame.expect.sequence > 0;
    (void)hostile_case(hostile, "hello", good, "the gate does not answer a good hello");
    if (good) {
        hostile->next = frame.expect.sequence;
        memset(hostile->last, 0, sizeof hostile->last);
        if (frame.expect.last != NULL) {
            memcpy(hostile->last, frame.expect.last, sizeof hostile->last);
        }
    }
}

size_t hostile_body_of(const struct hostile *hostile, slice_t event, uint8_t *body)
{
    const struct batch batch = {
        .network = hostile->own.kit.network,
        .store = code_slice(&hostile->own.kit.store),
        .sequence = hostile->next,
        .previous = hostile->last,
        .created_ms = 1772340000000,
    };
    size_t len = encode_batch_header(&batch, body, BATCH_BODY_LEN_MAX);

    CHECK(len > 0);
    CHECK(encode_batch_append(body, BATCH_BODY_LEN_MAX, &len, event));
    return len;
}

size_t hostile_body(const struct hostile *hostile, uint8_t body[BATCH_BODY_LEN_MAX])
{
    static struct event event;
    uint8_t bytes[EVENT_BYTES_MAX];

    memset(&event, 0, sizeof event);
    event.type = EVENT_SALE;
    event.terminal = slice_of("9");
    event.number = 1;
    event.at_ms = 1772330000000;
    event.amount_fen = 700;
    event.pay_count = 1;
    event.pay[0] = (struct pay_line){.with = MEANS_CASH, .amount_fen = 700};
    size_t len = encode_event(&event, bytes, sizeof bytes);
    CHECK(len > 0);
    return hostile_body_of(hostile, (slice_t){(const char *)bytes, (uint32_t)len}, body);
}

size_t hostile_wrap(const struct hostile *hostile, slice_t body, uint8_t out[FRAME_BYTES_MAX])
{
    uint8_t signature[SIGN_SIGNATURE_LEN];
    struct frame frame = {
        .type = FRAME_BATCH,
        .batch = {.body = body, .key_id = hostile->own.key_id, .signature = signature},
    };

    sign_message(hostile->own.key, SIGN_BATCH, hostile->own.kit.network, body, signature);
    size_t len = frame_encode(&frame, out, FRAME_BYTES_MAX);
    CHECK(len > 0);
    return len;
}

static bool run_group(struct hostile *hostile, const char *group, const char *what)
{
    static const struct {
        const char *name;
        void (*run)(struct hostile *hostile);
    } groups[] = {
        {"frames", frames_run},   {"batches", batches_run}, {"events", events_run},
        {"mutants", mutants_run}, {"queries", queries_run}, {"strangers", strangers_run},
    };
    static const struct {
        const char *name;
        void (*run)(struct hostile *hostile, const char *what);
    } with_file[] = {
        {"relay", relay_run},     {"equivocation", equivocation_run}, {"invited", invited_run},
        {"sayings", sayings_run}, {"records", records_run},
    };

    for (size_t i = 0; i < sizeof groups / sizeof groups[0]; i++) {
        if (strcmp(groups[i].name, group) == 0) {
            groups[i].run(hostile);
            return true;
        }
    }
    for (size_t i = 0; i < sizeof with_file / sizeof with_file[0]; i++) {
        if (strcmp(with_file[i].name, group) == 0 && what != NULL) {
            with_file[i].run(hostile, what);
            return true;
        }
    }
    return false;
}

static bool open_folder(const char *dir, struct joined *ret_joined, struct fault *ret_fault)
{
    struct node node;

    if (!node_open(dir, &node, ret_fault)) {
        return false;
    }
    *ret_joined = (struct joined){.kit = node.kit, .key = node.key};
    memcpy(ret_joined->key_id, node.key_id, sizeof node.key_id);
    memcpy(ret_joined->transport_public, node.transport_public, sizeof node.transport_public);
    memcpy(ret_joined->transport_secret, node.transport_secret, sizeof node.transport_secret);
    node.key = NULL; /* it is ours now */
    node_close(&node);
    return true;
}

int main(int argc, char **argv)
{
    struct hostile *hostile = memory_zeroed(1, sizeof *hostile);
    struct fault fault = {0};

    if (argc < 5 || argc > 6) {
        fputs("usage: hostile GROUP OWN OTHER SEED [WHAT]\n", stderr);
        return 64;
    }
    if (!open_folder(argv[2], &hostile->own, &fault) ||
        !open_folder(argv[3], &hostile->other, &fault)) {
        fprintf(stderr, "hostile: %s\n", fault.text);
        return 66;
    }
    hostile->address = hostile->own.kit.address;
    hostile->random.state = strtoull(argv[4], NULL, 10);
    hostile_connect(hostile);
    if (hostile->failed == 0 && !run_group(hostile, argv[1], argc == 6 ? argv[5] : NULL)) {
        fprintf(stderr, "hostile: no such group: %s\n", argv[1]);
        return 64;
    }
    speaker_close(&hostile->speaker);
    printf("%" PRIu32 " passed, %" PRIu32 " failed\n", hostile->passed, hostile->failed);
    sign_key_free(hostile->own.key);
    sign_key_free(hostile->other.key);
    free(hostile);
    return 0;
}
