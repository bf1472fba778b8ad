/* Questions that make no sense: each is answered, and the daemon lives on. */
#include <stdio.h>
#include <stdlib.h>

#include "tests/malformed/hostile.h"

#define ANYTHING NULL /* any answer will do, if it is one */

struct question {
    const char *verb;
    const char *body;
    uint32_t len;
    const char *refusal; /* how it must begin; ANYTHING */
};

#define TEXT(text) (text), (uint32_t)(sizeof(text) - 1)

static const struct question list[] = {
    {"x", TEXT(""), "unknown query"},
    {"Head", TEXT(""), "unknown query"},
    {"lines", TEXT("2026-03"), "unknown query"},
    {"record", TEXT("\x00\x01\x02"), "unknown query"},
    {"backup", TEXT("/tmp/nowhere"), "unknown query"},
    {"abcdefghijklmnopqrstuvwxyz-01234", TEXT("\xff\xfe"), "unknown query"},
    {"balance", TEXT(""), "UNKNOWN_MEMBER"},
    {"balance", TEXT("nobody"), "UNKNOWN_MEMBER"},
    {"balance", TEXT("0"), "UNKNOWN_MEMBER"},
    {"balance", TEXT("-1"), "UNKNOWN_MEMBER"},
    {"balance", TEXT("99999999999999999999"), "UNKNOWN_MEMBER"},
    {"balance", TEXT("18446744073709551615"), "UNKNOWN_MEMBER"},
    {"balance", TEXT("184467440737095516160000000000000000000000"), "UNKNOWN_MEMBER"},
    {"balance", TEXT("\xff\xff\xff"), "UNKNOWN_MEMBER"},
    {"balance", TEXT("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"), "UNKNOWN_MEMBER"},
    {"balance", TEXT("%s%s%n%n%x"), "UNKNOWN_MEMBER"},
    {"statement", TEXT("nothing"), "there is no cycle"},
    {"statement", TEXT("9999-99"), "there is no cycle"},
    {"statement", TEXT("../alliance"), "there is no cycle"},
    {"statement", TEXT("../../etc/passwd"), "there is no cycle"},
    {"statement", TEXT("/etc/passwd"), "there is no cycle"},
    {"statement", TEXT("."), "there is no cycle"},
    {"statement", TEXT("%n%n%s"), "there is no cycle"},
    {"statement", TEXT("abcdefghijklmnopqrstuvwxyz0123456789"), "there is no cycle"},
    {"events", TEXT(""), ANYTHING},
    {"events", TEXT("\n\n\n\n"), ANYTHING},
    {"events", TEXT(":"), ANYTHING},
    {"events", TEXT("::"), ANYTHING},
    {"events", TEXT(":::::\n:\n::"), ANYTHING},
    {"events", TEXT("A:1"), ANYTHING},
    {"events", TEXT("A:1:"), ANYTHING},
    {"events", TEXT("A:1:x"), ANYTHING},
    {"events", TEXT("A:1:0"), ANYTHING},
    {"events", TEXT("A:1:-1"), ANYTHING},
    {"events", TEXT("A:1:18446744073709551616"), ANYTHING},
    {"events", TEXT("B:1:1"), ANYTHING},
    {"events", TEXT("A:\xff\xfe:1"), ANYTHING},
    {"events", TEXT("\xff"), ANYTHING},
    {"events", TEXT("A:1:1\0A:1:1"), ANYTHING},
    {"events", TEXT("A:abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz:1"), ANYTHING},
    {"head", TEXT("\xff\xff"), ANYTHING},
    {"positions", TEXT("HQ"), ANYTHING},
    {"join", TEXT(""), "not a request to join"},
    {"join", TEXT("x"), "not a request to join"},
};

/* These are answered with what they say: it must be fit to be said. */
static const struct question sayings[] = {
    {"statement", TEXT("\xff\xfe"), "there is no cycle"},
    {"statement", TEXT("a\nb"), "there is no cycle"},
    {"statement", TEXT("\x1b[31m"), "there is no cycle"},
    {"statement", TEXT("\xe2\x80\xae"), "there is no cycle"},
    {"statement", TEXT("0123456789012345678901234567890\xc3\xa9"), "there is no cycle"},
};

static bool ask(struct hostile *hostile, const struct frame_query *query, struct frame *ret_frame)
{
    static uint8_t bytes[FRAME_BYTES_MAX];
    struct frame frame = {.type = FRAME_QUERY, .query = *query};
    size_t len = frame_encode(&frame, bytes, sizeof bytes);

    CHECK(len > 0);
    return hostile_ask(hostile, (slice_t){(const char *)bytes, (uint32_t)len}, ret_frame);
}

/* A body as it can be shown. */
static void show(const struct question *question, char text[120])
{
    size_t used = 0;

    text[0] = '\0';
    for (uint32_t i = 0; i < question->len && used < 110; i++) {
        unsigned char c = (unsigned char)question->body[i];
        used += (size_t)(c > 0x20 && c < 0x7f ? snprintf(text + used, 120 - used, "%c", c)
                                              : snprintf(text + used, 120 - used, "\\x%02x", c));
    }
}

static void question_run(struct hostile *hostile, const struct question *question, uint64_t id)
{
    char name[200];
    char why[200] = "no answer: does the daemon live?";
    struct frame_query query = {id, slice_of(question->verb), {question->body, question->len}};
    struct frame frame;

    if (hostile_is_over(hostile)) {
        return;
    }
    char body[120];
    show(question, body);
    (void)snprintf(name, sizeof name, "query %s, body \"%s\"", question->verb, body);
    bool good = ask(hostile, &query, &frame);
    if (good) {
        good = frame.type == FRAME_ANSWER && frame.answer.id == id &&
               slice_equal(frame.answer.verb, query.verb);
        (void)snprintf(why, sizeof why, "it was not answered under its number and name");
    }
    if (good && question->refusal != ANYTHING) {
        size_t len = strlen(question->refusal);
        good = frame.answer.refusal.len >= len &&
               memcmp(frame.answer.refusal.text, question->refusal, len) == 0;
        (void)snprintf(why, sizeof why, "refusal \"%.*s\", not \"%s\"",
                       (int)frame.answer.refusal.len, frame.answer.refusal.text, question->refusal);
    }
    (void)hostile_case(hostile, name, good, why);
}

/* Requests to join of every length, and one with keys that must never be let in. */
static void joins(struct hostile *hostile)
{
    static const uint8_t zeros[256];
    static const uint8_t ones[256] = {1};
    struct question question = {"join", (const char *)zeros, 0, "not a request to join"};

    for (uint32_t len = 0; len < 256; len += len < 120 ? 17 : 1 + len % 7) {
        question.len = len;
        question_run(hostile, &question, 5000 + len);
    }
    question.len = 128;
    question_run(hostile, &question, 6000);
    question.body = (const char *)ones; /* a key of small order, the identity */
    question_run(hostile, &question, 6001);
}

/* Bodies as long as a frame can hold. */
static void long_ones(struct hostile *hostile)
{
    static char text[FRAME_BYTES_MAX - 64];
    static const char *const verbs[] = {"head", "balance", "events", "positions", "x", "join"};

    for (size_t at = 0; at < sizeof text; at++) {
        text[at] = "A:1:1\n"[at % 6];
    }
    for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++) {
        const struct question question = {verbs[i], text, sizeof text, ANYTHING};
        question_run(hostile, &question, 7000 + i);
    }
    memset(text, '\n', sizeof text);
    const struct question lines = {"events", text, sizeof text, ANYTHING};
    question_run(hostile, &lines, 7100);
    memset(text, ':', sizeof text);
    const struct question colons = {"events", text, sizeof text, ANYTHING};
    question_run(hostile, &colons, 7101);
}

static void random_ones(struct hostile *hostile)
{
    static const char *const verbs[] = {"balance", "events", "head", "positions", "join", "what"};
    static char text[64];

    for (uint64_t i = 0; i < 120; i++) {
        uint32_t len = random_below(&hostile->random, sizeof text);
        for (uint32_t at = 0; at < len; at++) {
            text[at] = (char)random_next(&hostile->random);
        }
        const struct question question = {verbs[i % 6], text, len, ANYTHING};
        question_run(hostile, &question, 8000 + i);
    }
}

void queries_run(struct hostile *hostile)
{
    joins(hostile);
    long_ones(hostile);
    random_ones(hostile);
    for (uint64_t i = 0; i < sizeof list / sizeof list[0]; i++) {
        question_run(hostile, &list[i], i % 7 == 0 ? UINT64_MAX - i : 1 + i);
    }
}

/* One of them a run: it has ended a daemon before. */
void sayings_run(struct hostile *hostile, const char *which)
{
    uint64_t i = strtoull(which, NULL, 10);

    CHECK(i < sizeof sayings / sizeof sayings[0]);
    question_run(hostile, &sayings[i], 1 + i);
}

/* --- an invitation --- */

static void invited_one(struct hostile *hostile, const char *name, const struct frame *frame)
{
    hostile_refused_frame(hostile, name, frame, REASON_UNKNOWN_KEY);
}

/* What an invitation can do but ask to join: nothing. */
void invited_run(struct hostile *hostile, const char *path)
{
    static uint8_t body[BATCH_BODY_LEN_MAX];
    static uint8_t zeros[DIGEST_LEN * 2];
    struct speaker before = hostile->speaker;
    struct fault fault = {0};
    struct kit kit;

    CHECK(kit_read(path, &kit, &fault) && kit.has_invite);
    const struct speaker_options options = {
        .address = hostile->address,
        .server_key = kit.server_key,
        .public_key = kit.invite_public,
        .secret_key = kit.invite_secret,
    };
    speaker_open(&hostile->speaker, &options);
    (void)hostile_case(hostile, "an invitation is let in",
                       speaker_wait_up(&hostile->speaker, SPEAKER_WAIT_MS), "it is not");
    struct frame hello = hostile_hello(hostile);
    invited_one(hostile, "hello of an invitation", &hello);
    size_t len = hostile_body(hostile, body);
    struct frame batch = {
        .type = FRAME_BATCH,
        .batch = {.body = {(const char *)body, (uint32_t)len}, .key_id = zeros, .signature = zeros},
    };
    invited_one(hostile, "batch of an invitation", &batch);
    static const char *const verbs[] = {"head", "positions", "balance", "statement", "events", "x"};
    for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++) {
        struct frame query = {.type = FRAME_QUERY, .query = {.id = 1, .verb = slice_of(verbs[i])}};
        invited_one(hostile, "query of an invitation", &query);
    }
    const struct question join = {"join", "x", 1, "not a request to join"};
    question_run(hostile, &join, 9);
    hostile_refused(hostile, "garbage of an invitation", (slice_t){"\xff\xff", 2},
                    REASON_MALFORMED);
    speaker_close(&hostile->speaker);
    hostile->speaker = before;
}
