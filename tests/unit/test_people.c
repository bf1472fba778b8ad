/* Two people: every role against every type of record, what they add and undo; replayed too. */
#include "tests/unit/alliance_fixture.h"

#define DAY_MS (24 * 3600000LL)
#define NOON   (FIXTURE_START_MS + 14 * 3600000LL)
#define PEOPLE 6

static const struct {
    const char *code;
    uint32_t roles;
} appointed[PEOPLE] = {
    {"ma", ROLE_BIT_MAKER},    {"chen", ROLE_BIT_CHECKER},
    {"au", ROLE_BIT_AUDITOR},  {"op", ROLE_BIT_OPERATOR},
    {"all", HQ_ROLES_ALL},     {"stranger", 0 /* has a key, was never appointed */},
};
enum { MA, CHEN, AU, OP, ALL, STRANGER, NOBODY };
static struct sign_key *keys[PEOPLE];
static struct fault fault;
static uint8_t body_bytes[HQ_BODY_LEN_MAX];
static uint8_t record_bytes[HQ_RECORD_BYTES_MAX];

static void sign(struct fixture *f, const struct sign_key *key, slice_t bytes, uint8_t ret_id[32],
                 uint8_t ret_signature[64])
{
    uint8_t public_key[32];

    sign_key_public(key, public_key);
    sign_key_id(public_key, ret_id);
    sign_message(key, SIGN_RECORD, f->network, bytes, ret_signature);
}

/* A record of a body, signed by one or two. Its number is set unless two people sign. */
static slice_t signed_record(struct fixture *f, struct hq_body *body, int first, int second)
{
    uint8_t ids[2][32];
    uint8_t signatures[2][64];

    body->network = f->network;
    body->person = slice_of(appointed[first].code);
    body->created_ms = body->created_ms == 0 ? NOON : body->created_ms;
    if (roles_of_type(body->type)->second == 0) {
        body->number = ledger_book(f->ledger)->hq_number + 1;
    }
    size_t len = hq_encode_body(body, body_bytes, sizeof body_bytes);
    ck_assert_uint_gt(len, 0);
    slice_t bytes = {(const char *)body_bytes, (uint32_t)len};
    struct hq_record record = {.body = bytes, .key_id = ids[0], .signature = signatures[0]};
    sign(f, keys[first], bytes, ids[0], signatures[0]);
    if (second != NOBODY) {
        sign(f, keys[second], bytes, ids[1], signatures[1]);
        record.second_key_id = ids[1];
        record.second_signature = signatures[1];
    }
    len = hq_encode_record(&record, record_bytes, sizeof record_bytes);
    ck_assert_uint_gt(len, 0);
    return (slice_t){(const char *)record_bytes, (uint32_t)len};
}

static bool put(struct fixture *f, slice_t record, int64_t now_ms)
{
    fault = (struct fault){0};
    return ledger_take_hq(f->ledger, record, now_ms, 0, &fault);
}

static void refused(struct fixture *f, slice_t record, int64_t now_ms, const char *name)
{
    uint64_t number = ledger_book(f->ledger)->hq_number;
    uint32_t counted = ledger_book(f->ledger)->people.counted_count;

    ck_assert_msg(!put(f, record, now_ms), "taken, not %s", name);
    ck_assert_msg(strncmp(fault.text, name, strlen(name)) == 0, "not %s: %s", name, fault.text);
    ck_assert_uint_eq(ledger_book(f->ledger)->hq_number, number);
    ck_assert_uint_eq(ledger_book(f->ledger)->people.counted_count, counted);
}

static void appoint(struct fixture *f, int who, uint32_t roles)
{
    uint8_t public_key[32];
    uint8_t possession[64];
    uint8_t proof[64];
    slice_t code = slice_of(appointed[who].code);

    sign_key_public(keys[who], public_key);
    memcpy(proof, public_key, 32);
    memcpy(proof + 32, code.text, code.len);
    sign_message(keys[who], SIGN_PERSON, f->network,
                 (slice_t){(const char *)proof, 32 + code.len}, possession);
    struct hq_body body = {.type = HQ_OPERATOR,
                           .operator = {code, public_key, roles, roles == 0 ? NULL : possession}};
    f->hq_number = ledger_book(f->ledger)->hq_number;
    fixture_hq(f, &body);
}

static void make(struct fixture *f)
{
    fixture_make(f);
    for (int i = 0; i < PEOPLE; i++) {
        keys[i] = sign_key_new();
        if (appointed[i].roles != 0) {
            appoint(f, i, appointed[i].roles);
        }
    }
}

static void end(struct fixture *f)
{
    for (int i = 0; i < PEOPLE; i++) {
        sign_key_free(keys[i]);
    }
    fixture_free(f);
}

static struct hq_body adjust(int64_t fen)
{
    return (struct hq_body){
        .type = HQ_ADJUST,
        .reason = slice_of("wrong fee in February"),
        .adjust = {slice_of("HQ"), slice_of("B"), fen, slice_of("2026-02")}};
}

static int64_t net(struct fixture *f, const char *code)
{
    const struct state *state = &ledger_book(f->ledger)->state;
    struct participant_sums sums[16];
    char text[MONEY_TEXT_SIZE];
    participant_t who = registry_find_participant(&state->registry, slice_of(code));

    positions_by_participant(&state->positions, sums, state->registry.participant_codes.count);
    money_sum_format_fen(money_sum_less(sums[who.n].in, sums[who.n].out), text);
    return strtoll(text, NULL, 10);
}

static void events(struct fixture *f, int store, const char *line)
{
    static uint8_t bytes[SIGNED_BATCH_BYTES_MAX];
    const char *const lines[] = {line, NULL};
    struct ledger_expect expect;
    size_t len = fixture_batch(f, store, lines, bytes, sizeof bytes);

    ck_assert(ledger_take_batch(f->ledger, (slice_t){(const char *)bytes, (uint32_t)len}, NOON, 1,
                                &expect) == LEDGER_GATHERED);
}

static void flush(struct fixture *f)
{
    ck_assert_msg(ledger_flush(f->ledger, NOON, &fault), "%s", fault.text);
}

static uint8_t image[1 << 20];
static size_t image_len;

static void keep_image(void *context, slice_t bytes)
{
    (void)context;
    ck_assert_uint_le(image_len + bytes.len, sizeof image);
    memcpy(image + image_len, bytes.text, bytes.len);
    image_len += bytes.len;
}

/* A book read from the bytes of another has the same digest. */
static void image_comes_back(struct book *book, const uint8_t digest[DIGEST_LEN])
{
    static uint8_t room[SPOOL_ROOM_MAX];
    struct spool spool = {.writer = {.bytes = room, .capacity = sizeof room}, .empty = keep_image};
    uint8_t after[DIGEST_LEN];
    struct book copy;

    image_len = 0;
    book_save(book, &spool);
    struct reader reader = {image, (uint32_t)image_len, 0, false};
    book_init(&copy, book->past.source);
    ck_assert_msg(book_load(&copy, &reader, &fault), "%s", fault.text);
    ck_assert_uint_eq(copy.people.count, book->people.count);
    ck_assert_uint_eq(copy.adjustments.count, book->adjustments.count);
    book_digest(&copy, after);
    ck_assert_mem_eq(digest, after, DIGEST_LEN);
    for (size_t cut = image_len - 1; cut + 64 > image_len; cut--) { /* people come last */
        struct book torn;
        struct reader short_reader = {image, (uint32_t)cut, 0, false};
        book_init(&torn, book->past.source);
        ck_assert(!book_load(&torn, &short_reader, &fault));
        book_deinit(&torn);
    }
    book_deinit(&copy);
}

/* The journal at rest, applied again: the same state; so is its image. */
static void comes_back(struct fixture *f)
{
    uint8_t before[DIGEST_LEN];
    uint8_t after[DIGEST_LEN];

    flush(f);
    book_digest(ledger_book(f->ledger), before);
    image_comes_back(ledger_book(f->ledger), before);
    ledger_close(f->ledger);
    fixture_open(f, false);
    book_digest(ledger_book(f->ledger), after);
    ck_assert_mem_eq(before, after, DIGEST_LEN);
}

/* A record of a type that a person may sign alone, which the book then takes. */
static struct hq_body body_of(hq_type_t type)
{
    static uint8_t asked[64];
    struct hq_body body = {.type = type};

    switch (type) {
    case HQ_APPLY:
        body.apply.registry = slice_of("\x0a\x01p");
        break;
    case HQ_CYCLE_CLOSE:
        body.cycle = slice_of("2026-03-01");
        break;
    case HQ_KEY_APPROVE:
        body.key_approve = (struct hq_key_approve){slice_of("A"), asked, asked + 32, NULL};
        break;
    case HQ_KEY_REVOKE:
        body.key_revoke = (struct hq_key_revoke){slice_of("A"), asked};
        break;
    case HQ_FREEZE:
        body.freeze = (struct hq_freeze){slice_of("A"), 9, NULL};
        break;
    case HQ_UNFREEZE:
        body.freeze = (struct hq_freeze){slice_of("A"), 9, asked};
        break;
    case HQ_CLOCK_SET:
        body.clock_ms = NOON;
        break;
    case HQ_ADJUST:
        body = adjust(1);
        break;
    case HQ_OPENING_PART:
        body.opening = slice_of("\x0a\x04\x08\x01\x30\x02");
        break;
    case HQ_DETAILS:
        body.details.member = 62;
        break;
    case HQ_INIT:
    case HQ_OPERATOR:
    case HQ_REVERSE:
    case HQ_SUSPENSE:
    case HQ_DISPUTE:
    case HQ_MEMBER:
    case HQ_OPENING:
        break;
    }
    return body;
}

static bool by_role(void)
{
    return strncmp(fault.text, "WRONG_ROLE", 10) == 0 || strncmp(fault.text, "UNKNOWN_KEY", 11) == 0;
}

START_TEST(test_matrix)
{
    static const hq_type_t types[] = {HQ_APPLY,  HQ_CYCLE_CLOSE, HQ_KEY_APPROVE, HQ_KEY_REVOKE,
                                      HQ_FREEZE, HQ_UNFREEZE,    HQ_CLOCK_SET,   HQ_OPENING_PART,
                                      HQ_DETAILS};
    struct fixture f;

    make(&f);
    for (size_t t = 0; t < sizeof types / sizeof types[0]; t++) {
        uint32_t needed = roles_of_type(types[t])->first;
        for (int who = 0; who < PEOPLE; who++) {
            struct hq_body body = body_of(types[t]);
            bool taken = put(&f, signed_record(&f, &body, who, NOBODY), NOON);
            bool may = (appointed[who].roles & needed) != 0;
            /* who may can still be refused for what he asks, but not for who he is */
            ck_assert_msg(may ? taken || !by_role() : !taken && by_role(), "%s, %s: %s",
                          appointed[who].code, hq_type_name(types[t]), fault.text);
        }
    }
    for (int maker = 0; maker < PEOPLE; maker++) {
        for (int checker = 0; checker < PEOPLE; checker++) {
            struct hq_body body = adjust(100 + maker * PEOPLE + checker);
            bool taken = put(&f, signed_record(&f, &body, maker, checker), NOON);
            bool may = maker != checker && (appointed[maker].roles & ROLE_BIT_MAKER) != 0 &&
                       (appointed[checker].roles & ROLE_BIT_CHECKER) != 0;
            ck_assert_msg(taken == may, "%s and %s: %s", appointed[maker].code,
                          appointed[checker].code, fault.text);
        }
    }
    end(&f);
}
END_TEST

START_TEST(test_hq_key_appoints_only)
{
    struct fixture f;
    struct hq_body body = body_of(HQ_CLOCK_SET);

    fixture_make(&f);
    keys[MA] = f.hq_key;
    keys[CHEN] = sign_key_new();
    ck_assert(put(&f, signed_record(&f, &body, MA, NOBODY), NOON)); /* nobody is appointed */
    body = adjust(1);
    refused(&f, signed_record(&f, &body, MA, CHEN), NOON, "NO_PEOPLE");
    appoint(&f, CHEN, ROLE_BIT_CHECKER);
    body = body_of(HQ_CLOCK_SET);
    refused(&f, signed_record(&f, &body, MA, NOBODY), NOON, "WRONG_ROLE: headquarters' key");
    appoint(&f, CHEN, 0);
    refused(&f, signed_record(&f, &body, MA, NOBODY), NOON, "WRONG_ROLE"); /* for ever */
    sign_key_free(keys[CHEN]);
    fixture_free(&f);
}
END_TEST

START_TEST(test_hands)
{
    struct fixture f;
    struct hq_body body = adjust(100);

    make(&f);
    refused(&f, signed_record(&f, &body, MA, NOBODY), NOON, "ONE_HAND");
    refused(&f, signed_record(&f, &body, ALL, ALL), NOON, "SAME_PERSON");
    refused(&f, signed_record(&f, &body, MA, MA), NOON, "SAME_PERSON");
    refused(&f, signed_record(&f, &body, MA, OP), NOON, "WRONG_ROLE: op is no checker");
    refused(&f, signed_record(&f, &body, CHEN, ALL), NOON, "WRONG_ROLE: chen is no maker");
    refused(&f, signed_record(&f, &body, MA, STRANGER), NOON, "UNKNOWN_KEY");
    slice_t forged = signed_record(&f, &body, MA, CHEN);
    record_bytes[forged.len - 1] ^= 1; /* the last byte is the second signature's */
    refused(&f, forged, NOON, "BAD_SIGNATURE: chen");
    record_bytes[forged.len - 1] ^= 1;
    record_bytes[forged.len - 34 - 66 - 1] ^= 1; /* the first's */
    refused(&f, forged, NOON, "BAD_SIGNATURE: ma");
    refused(&f, signed_record(&f, &body, MA, CHEN), NOON + 31 * DAY_MS, "TOO_OLD");
    body.created_ms = NOON + 31 * DAY_MS + 6 * 60000;
    refused(&f, signed_record(&f, &body, MA, CHEN), NOON + 31 * DAY_MS, "FUTURE");
    body = body_of(HQ_FREEZE);
    refused(&f, signed_record(&f, &body, OP, CHEN), NOON, "SECOND_HAND");
    /* a key under another's name */
    body = body_of(HQ_FREEZE);
    struct sign_key *own = keys[OP];
    keys[OP] = keys[ALL];
    refused(&f, signed_record(&f, &body, OP, NOBODY), NOON, "UNKNOWN_KEY: the key is all's");
    keys[OP] = own;
    end(&f);
}
END_TEST

START_TEST(test_left)
{
    struct fixture f;
    struct hq_body body = adjust(100);

    make(&f);
    slice_t record = signed_record(&f, &body, MA, CHEN);
    uint8_t kept[1024];
    memcpy(kept, record.text, record.len);
    record.text = (const char *)kept;
    appoint(&f, MA, 0);
    refused(&f, record, NOON, "HAS_LEFT: ma");
    appoint(&f, MA, ROLE_BIT_MAKER); /* he comes back: his proposal stands again */
    appoint(&f, CHEN, 0);
    refused(&f, record, NOON, "HAS_LEFT: chen");
    end(&f);
}
END_TEST

START_TEST(test_counts_once)
{
    struct fixture f;
    struct hq_body body = adjust(100);

    make(&f);
    ck_assert_msg(put(&f, signed_record(&f, &body, MA, CHEN), NOON), "%s", fault.text);
    refused(&f, signed_record(&f, &body, MA, CHEN), NOON, "ALREADY_APPLIED");
    refused(&f, signed_record(&f, &body, MA, ALL), NOON, "ALREADY_APPLIED");
    ck_assert_int_eq(net(&f, "B"), 100);
    ck_assert_int_eq(net(&f, "HQ"), -100);
    ck_assert_uint_eq(ledger_book(f.ledger)->adjustments.count, 1);
    comes_back(&f);
    /* on the last instant of its thirty days it is still known, and then too old */
    refused(&f, signed_record(&f, &body, MA, CHEN), NOON + 30 * DAY_MS, "ALREADY_APPLIED");
    refused(&f, signed_record(&f, &body, MA, CHEN), NOON + 30 * DAY_MS + 1, "TOO_OLD");
    body = adjust(7);
    body.created_ms = NOON + 31 * DAY_MS;
    ck_assert_msg(put(&f, signed_record(&f, &body, MA, CHEN), NOON + 31 * DAY_MS), "%s",
                  fault.text);
    ck_assert_uint_eq(ledger_book(f.ledger)->people.counted_count, 1); /* the first is forgotten */
    end(&f);
}
END_TEST

START_TEST(test_adjust_refusals)
{
    struct fixture f;
    struct hq_body body = adjust(100);

    make(&f);
    body.adjust.creditor = slice_of("HQ");
    refused(&f, signed_record(&f, &body, MA, CHEN), NOON, "adjust: debtor and creditor");
    body.adjust.creditor = slice_of("Z");
    refused(&f, signed_record(&f, &body, MA, CHEN), NOON, "adjust: the alliance has no");
    body = adjust(AMOUNT_MAX + 1);
    refused(&f, signed_record(&f, &body, MA, CHEN), NOON, "adjust: the amount");
    body = adjust(100);
    body.reason = slice_of("");
    refused(&f, signed_record(&f, &body, MA, CHEN), NOON, "adjust: the record gives no reason");
    end(&f);
}
END_TEST

/* --- reversals --- */

static bool reverse(struct fixture *f, const char *store, const char *terminal, uint64_t number,
                    int64_t created_ms, slice_t *ret_record)
{
    struct event_ref of = {slice_of(store), slice_of(terminal), number};
    struct hq_body body = {
        .type = HQ_REVERSE, .reason = slice_of("rung up twice"), .created_ms = created_ms};

    fault = (struct fault){0};
    if (!book_compose_reversal(ledger_book(f->ledger), &of, created_ms, &body.reverse, &fault)) {
        return false;
    }
    *ret_record = signed_record(f, &body, MA, CHEN);
    return true;
}

static void reverses(struct fixture *f, const char *store, const char *terminal, uint64_t number,
                     int64_t created_ms)
{
    slice_t record;

    ck_assert_msg(reverse(f, store, terminal, number, created_ms, &record), "%s", fault.text);
    ck_assert_msg(put(f, record, NOON), "%s", fault.text);
}

static void not_reversed(struct fixture *f, const char *store, uint64_t number, const char *name)
{
    slice_t record;

    ck_assert_msg(!reverse(f, store, "1", number, NOON + 99, &record), "composed, not %s", name);
    ck_assert_msg(strncmp(fault.text, name, strlen(name)) == 0, "not %s: %s", name, fault.text);
}

static const char topup[] =
    "{\"type\":\"topup\",\"terminal\":\"1\",\"number\":1,\"at\":\"2026-03-01T09:00:00+08:00\","
    "\"member\":\"62\",\"product\":\"card\",\"offer\":\"500-100\",\"principal_fen\":50000,"
    "\"bonus_fen\":10000}";
static const char sale[] =
    "{\"type\":\"sale\",\"terminal\":\"1\",\"number\":1,\"at\":\"2026-03-01T10:40:00+08:00\","
    "\"member\":\"62\",\"gross_fen\":12345,\"pay\":[{\"with\":\"stored_value\",\"product\":\"card\","
    "\"amount_fen\":12345}],\"earn\":[{\"product\":\"points\",\"points\":123}]}";
static const char other_topup[] =
    "{\"type\":\"topup\",\"terminal\":\"1\",\"number\":2,\"at\":\"2026-03-01T09:10:00+08:00\","
    "\"member\":\"63\",\"product\":\"card\",\"principal_fen\":20000}";
static const char grant[] =
    "{\"type\":\"points_grant\",\"terminal\":\"1\",\"number\":3,\"at\":\"2026-03-01T09:20:00+08:00\","
    "\"member\":\"64\",\"product\":\"points\",\"points\":100,\"reason\":\"goodwill\"}";
static const char part_refund[] =
    "{\"type\":\"refund\",\"terminal\":\"1\",\"number\":9,\"at\":\"2026-03-01T11:00:00+08:00\","
    "\"of\":\"B:1:1\",\"amount_fen\":5000}";
static const char waiting_sale[] =
    "{\"type\":\"sale\",\"terminal\":\"1\",\"number\":5,\"at\":\"2026-03-01T11:10:00+08:00\","
    "\"member\":\"62\",\"gross_fen\":58000,\"pay\":[{\"with\":\"stored_value\",\"product\":\"card\","
    "\"amount_fen\":58000}]}";

START_TEST(test_reverses_a_sale)
{
    struct fixture f;

    make(&f);
    events(&f, 0, topup);
    events(&f, 1, sale);
    ck_assert_int_eq(net(&f, "B"), 11316 - 68 - 148);
    reverses(&f, "B", "1", 1, NOON);
    /* all but the fee comes back */
    ck_assert_int_eq(net(&f, "B"), -68);
    ck_assert_int_eq(net(&f, "A"), -49500);
    ck_assert_int_eq(net(&f, "HQ"), 49500 + 68);
    ck_assert_int_eq(net(&f, "FUND"), 0);
    not_reversed(&f, "B", 1, "REFUNDED");
    comes_back(&f);
    /* the reversal is itself an event: found by its name, undone by a void without limit */
    events(&f, 1, "{\"type\":\"void\",\"terminal\":\"1\",\"number\":7,\"at\":"
                  "\"2026-03-01T13:00:00+08:00\",\"of\":\"B:HQ-REVERSAL:1772344800000\"}");
    ck_assert_int_eq(net(&f, "B"), -68); /* no till voids what headquarters entered */
    ck_assert_int_eq(ledger_book(f.ledger)->refused.list[0].outcome, OUTCOME_NOT_ACCEPTED_HERE);
    reverses(&f, "B", TERMINAL_OF_HQ, (uint64_t)NOON, NOON + 5);
    ck_assert_int_eq(net(&f, "B"), 11316 - 68 - 148);
    slice_t record;
    ck_assert(!reverse(&f, "B", TERMINAL_OF_HQ, (uint64_t)NOON + 5, NOON + 6, &record));
    ck_assert_ptr_nonnull(strstr(fault.text, "NOT_REFUNDABLE")); /* a void is not undone */
    comes_back(&f);
    end(&f);
}
END_TEST

START_TEST(test_reverses_what_still_stands)
{
    struct fixture f;
    slice_t record;
    uint8_t kept[1024];

    make(&f);
    events(&f, 0, topup);
    events(&f, 1, sale);
    ck_assert(reverse(&f, "B", "1", 1, NOON, &record));
    memcpy(kept, record.text, record.len);
    record.text = (const char *)kept;
    events(&f, 2, part_refund); /* meanwhile */
    refused(&f, record, NOON, "MOVED_ON");
    ck_assert_int_eq(net(&f, "B"), 11316 - 68 - 148 - 4582 + 58); /* floor(148 * 49 / 123) */
    reverses(&f, "B", "1", 1, NOON + 1);
    ck_assert_int_eq(net(&f, "B"), -68);
    comes_back(&f);
    end(&f);
}
END_TEST

START_TEST(test_reverses_the_others)
{
    struct fixture f;

    make(&f);
    not_reversed(&f, "A", 2, "UNKNOWN_ORIGINAL");
    slice_t none;
    ck_assert(!reverse(&f, "A", "1", 2, INT64_MAX, &none));
    ck_assert(!reverse(&f, "A", "1", 2, 0, &none));
    ck_assert(!reverse(&f, "", "", 0, NOON, &none));
    events(&f, 0, other_topup);
    events(&f, 0, grant);
    ck_assert_int_eq(net(&f, "A"), -20000 + 200 - 120);
    reverses(&f, "A", "1", 2, NOON); /* HQ gives the principal back, A the commission */
    ck_assert_int_eq(net(&f, "A"), -120);
    reverses(&f, "A", "1", 3, NOON + 1); /* a void */
    ck_assert_int_eq(net(&f, "A"), 0);
    ck_assert_int_eq(net(&f, "HQ"), 0);
    ck_assert_int_eq(net(&f, "FUND"), 0);
    not_reversed(&f, "A", 2, "REFUNDED");
    not_reversed(&f, "A", 3, "VOIDED");
    events(&f, 0, "{\"type\":\"enrol\",\"terminal\":\"1\",\"number\":4,\"at\":"
                  "\"2026-03-01T09:30:00+08:00\",\"member\":\"65\"}");
    not_reversed(&f, "A", 4, "NOT_REFUNDABLE");
    comes_back(&f);
    end(&f);
}
END_TEST

START_TEST(test_reversal_releases)
{
    struct fixture f;

    make(&f);
    events(&f, 0, topup);
    events(&f, 1, sale);
    events(&f, 2, waiting_sale); /* of 58000, when 47655 are there */
    ck_assert_uint_eq(ledger_book(f.ledger)->state.waiting.live, 1);
    reverses(&f, "B", "1", 1, NOON);
    ck_assert_uint_eq(ledger_book(f.ledger)->state.waiting.live, 0);
    ck_assert_uint_eq(ledger_book(f.ledger)->state.accepted, 4);
    comes_back(&f);
    /* what was released in headquarters' record is found there: it can be reversed, too */
    reverses(&f, "C", "1", 5, NOON + 1);
    comes_back(&f);
    end(&f);
}
END_TEST

START_TEST(test_terminal_is_reserved)
{
    struct fixture f;

    make(&f);
    events(&f, 0, "{\"type\":\"enrol\",\"terminal\":\"HQ-REVERSAL\",\"number\":4,\"at\":"
                  "\"2026-03-01T09:30:00+08:00\",\"member\":\"65\"}");
    ck_assert_uint_eq(ledger_book(f.ledger)->state.accepted, 0);
    ck_assert_int_eq(ledger_book(f.ledger)->refused.list[0].outcome, OUTCOME_NOT_ACCEPTED_HERE);
    end(&f);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("people");
    TCase *tests = tcase_create("people");

    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, test_matrix);
    tcase_add_test(tests, test_hq_key_appoints_only);
    tcase_add_test(tests, test_hands);
    tcase_add_test(tests, test_left);
    tcase_add_test(tests, test_counts_once);
    tcase_add_test(tests, test_adjust_refusals);
    tcase_add_test(tests, test_reverses_a_sale);
    tcase_add_test(tests, test_reverses_what_still_stands);
    tcase_add_test(tests, test_reverses_the_others);
    tcase_add_test(tests, test_reversal_releases);
    tcase_add_test(tests, test_terminal_is_reserved);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
