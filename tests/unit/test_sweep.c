/* Sweeps: what ends with a day counts for nothing from then on, whoever is touched or swept first;
 * their records come where they must, and an auditor says where they do not. */
#include "tests/unit/alliance_fixture.h"

#include "clearing/base/memory.h"
#include "clearing/ledger/snapshot.h"

#define DAY_MS   86400000LL
#define MEMBERS  9000 /* four ranges */
#define RANGES   4
#define A_BATCH  900
#define ENDED    100 /* points of each member, good through the first day */
#define MEMBER   6200000000ULL
static uint8_t batch_bytes[SIGNED_BATCH_BYTES_MAX];

/* --- many members --- */
static ledger_take_t take(struct fixture *f, int store, const char *const *lines, int day)
{
    struct ledger_expect expect;
    size_t len = fixture_batch(f, store, lines, batch_bytes, sizeof batch_bytes);

    return ledger_take_batch(f->ledger,
                             (slice_t){(const char *)batch_bytes, (uint32_t)len},
                             FIXTURE_START_MS + (day - 1) * DAY_MS + 14 * DAY_MS / 24,
                             1,
                             &expect);
}

static void take_line(struct fixture *f, int store, const char *line, int day)
{
    const char *const lines[] = {line, NULL};

    ck_assert_int_eq(take(f, store, lines, day), LEDGER_GATHERED);
}

static void take_nothing(struct fixture *f, int day)
{
    ck_assert_int_eq(take(f, 2, (const char *const[]){NULL}, day), LEDGER_GATHERED);
}

static void flush(struct fixture *f)
{
    struct fault fault = {0};

    ck_assert(ledger_flush(f->ledger, ledger_book(f->ledger)->clock_ms, &fault));
}

static void grant(struct fixture *f, uint64_t members)
{
    static char texts[A_BATCH][200];
    const char *lines[A_BATCH + 1];

    for (uint64_t from = 0; from < members; from += A_BATCH) {
        uint64_t count = members - from < A_BATCH ? members - from : A_BATCH;
        for (uint64_t i = 0; i < count; i++) {
            (void)snprintf(texts[i], sizeof texts[i],
                           "{\"type\":\"points_grant\",\"terminal\":\"1\",\"number\":%llu,"
                           "\"at\":\"2026-03-01T09:00:00+08:00\",\"member\":\"%llu\","
                           "\"product\":\"points\",\"points\":%d,\"reason\":\"gift\"}",
                           (unsigned long long)(from + i + 1),
                           (unsigned long long)(MEMBER + from + i), ENDED);
            lines[i] = texts[i];
        }
        lines[count] = NULL;
        ck_assert_int_eq(take(f, 0, lines, 1), LEDGER_GATHERED);
        flush(f);
    }
    ck_assert_uint_eq(ledger_book(f->ledger)->state.members.count, members);
}

static void make(struct fixture *f, uint64_t members)
{
    fixture_make_amended(f, fixture_expiring);
    grant(f, members);
}

static const struct state *state_of(struct fixture *f)
{
    return &ledger_book(f->ledger)->state;
}

/* What a participant owes in the open cycle. */
static int64_t owed_by(struct fixture *f, const char *code)
{
    const struct state *state = state_of(f);
    struct participant_sums sums[16];
    char text[MONEY_TEXT_SIZE];
    participant_t who = registry_find_participant(&state->registry, slice_of(code));

    positions_by_participant(&state->positions, sums, state->registry.participant_codes.count);
    money_sum_format_fen(sums[who.n].out, text);
    return strtoll(text, NULL, 10);
}

static uint64_t lots_of(struct fixture *f, uint64_t member)
{
    const struct members *members = &state_of(f)->members;
    uint64_t count = 0;

    for (uint32_t at = members_find(members, member)->lots; at != 0;
         at = members->lots.pool[at].next) {
        count++;
    }
    return count;
}

static uint64_t lots_in_all(struct fixture *f)
{
    uint64_t count = 0;

    for (uint64_t i = 0; i < MEMBERS; i++) {
        count += members_find(&state_of(f)->members, MEMBER + i) == NULL ? 0
                                                                        : lots_of(f, MEMBER + i);
    }
    return count;
}

static struct record record_at(struct fixture *f, uint64_t index)
{
    const struct record_source *source = &ledger_book(f->ledger)->past.source;
    struct record record;
    struct fault fault = {0};

    ck_assert(record_decode(source->fetch(source->context, index), &record, &fault));
    return record;
}

/* The kinds of the records from `from` on, a letter each. */
static const char *kinds(struct fixture *f, uint64_t from)
{
    static const char letters[] = "?BRHDSECKI";
    static char text[64];
    uint64_t count = ledger_book(f->ledger)->records - from;

    ck_assert_uint_lt(count, sizeof text);
    for (uint64_t i = 0; i < count; i++) {
        text[i] = letters[record_at(f, from + i).kind];
    }
    text[count] = '\0';
    return text;
}

static void sweep_out(struct fixture *f)
{
    while (ledger_sweep_on(f->ledger, FIXTURE_START_MS)) {
    }
    flush(f);
}

/* --- where the records come --- */

START_TEST(a_small_alliance_is_swept_at_once)
{
    struct fixture f;

    make(&f, 3);
    uint64_t from = ledger_book(f.ledger)->records;
    take_nothing(&f, 2); /* nothing ends with the first day */
    ck_assert_str_eq(kinds(&f, from), "DB");
    take_nothing(&f, 3);
    take_nothing(&f, 3);
    ck_assert_str_eq(kinds(&f, from), "DBDSBB");
    ck_assert_uint_eq(lots_in_all(&f), 0);
    ck_assert_int_eq(owed_by(&f, "FUND"), 3 * ENDED);
    ck_assert(!ledger_sweep_on(f.ledger, FIXTURE_START_MS));
    ck_assert_int_eq(state_of(&f)->next_expiry, DAY_MAX);
    fixture_free(&f);
}
END_TEST

START_TEST(a_range_comes_before_each_batch)
{
    struct fixture f;

    make(&f, MEMBERS);
    uint64_t from = ledger_book(f.ledger)->records;
    for (uint64_t i = 1; i <= RANGES + 1; i++) {
        take_nothing(&f, 3);
        ck_assert_uint_eq(state_sweep_left(state_of(&f)), i < RANGES ? RANGES - i : 0);
    }
    ck_assert_str_eq(kinds(&f, from), "DSBSBSBSBB");
    ck_assert_uint_eq(lots_in_all(&f), 0);
    ck_assert_int_eq(owed_by(&f, "FUND"), MEMBERS * ENDED);
    flush(&f);
    uint8_t before[DIGEST_LEN];
    uint8_t after[DIGEST_LEN];
    book_digest(ledger_book(f.ledger), before);
    ledger_close(f.ledger);
    fixture_open(&f, false); /* replayed */
    book_digest(ledger_book(f.ledger), after);
    ck_assert(digest_equal(before, after));
    fixture_free(&f);
}
END_TEST

START_TEST(it_goes_on_when_idle)
{
    struct fixture f;
    uint64_t ranges = 0;

    make(&f, MEMBERS);
    ck_assert(!ledger_sweep_on(f.ledger, FIXTURE_START_MS));
    take_nothing(&f, 3);
    uint64_t left = lots_in_all(&f);
    ck_assert(left > MEMBERS / 2 && left < MEMBERS * 7 / 8); /* about a quarter is swept */
    while (ledger_sweep_on(f.ledger, FIXTURE_START_MS)) { /* time does not run backwards */
        ranges++;
        ck_assert_uint_lt(lots_in_all(&f), left);
        left = lots_in_all(&f);
    }
    ck_assert_uint_eq(ranges, RANGES - 1);
    ck_assert_uint_eq(left, 0);
    fixture_free(&f);
}
END_TEST

START_TEST(a_day_end_waits_for_the_sweep)
{
    struct fixture f;

    make(&f, MEMBERS);
    uint64_t from = ledger_book(f.ledger)->records;
    take_nothing(&f, 3);
    take_nothing(&f, 4); /* nothing ends with the third day */
    ck_assert_str_eq(kinds(&f, from), "DSBSDB");
    ck_assert_uint_eq(lots_in_all(&f), 0);
    ck_assert_uint_eq(state_sweep_left(state_of(&f)), 0);
    fixture_free(&f);
}
END_TEST

/* Close, and give the close record's results back: they have a digest of all nets. */
static struct record close_cycle(struct fixture *f)
{
    struct hq_body body = {.type = HQ_CYCLE_CLOSE, .cycle = slice_of("2026-03")};

    fixture_hq(f, &body);
    struct record record = record_at(f, ledger_book(f->ledger)->records - 1);
    ck_assert_int_eq(record.kind, RECORD_HQ);
    return record;
}

START_TEST(a_close_waits_for_the_sweep)
{
    struct fixture swept;
    struct fixture under_way;

    make(&swept, MEMBERS);
    take_nothing(&swept, 3);
    sweep_out(&swept);
    make(&under_way, MEMBERS);
    take_nothing(&under_way, 3);
    uint64_t from = ledger_book(under_way.ledger)->records;
    struct record one = close_cycle(&swept);
    struct record other = close_cycle(&under_way);
    ck_assert_str_eq(kinds(&under_way, from), "SSH"); /* a range as before any, then the rest */
    ck_assert(slice_equal(one.results, other.results));
    fixture_free(&swept);
    fixture_free(&under_way);
}
END_TEST

/* To look at what it would do would roll its member forward. */
START_TEST(undoing_waits_for_the_sweep)
{
    struct event_ref of = {slice_of("A"), slice_of("1"), 1};
    uint8_t before[DIGEST_LEN], after[DIGEST_LEN];
    struct hq_reverse reverse;
    struct fault fault = {0};
    struct fixture f;

    make(&f, MEMBERS);
    take_nothing(&f, 3);
    struct book *book = ledger_book(f.ledger);
    book_digest(book, before);
    ck_assert(!book_compose_reversal(book, &of, FIXTURE_START_MS + 1, &reverse, &fault));
    ck_assert(strstr(fault.text, "BUSY") != NULL);
    book_digest(book, after);
    ck_assert_mem_eq(before, after, DIGEST_LEN);
    ledger_sweep_rest(f.ledger, FIXTURE_START_MS);
    ck_assert(!book_compose_reversal(book, &of, FIXTURE_START_MS + 1, &reverse, &fault));
    ck_assert_ptr_nonnull(strstr(fault.text, "VALUE_USED")); /* its lot has ended */
    fixture_free(&f);
}
END_TEST

/* --- what counts --- */

START_TEST(what_ended_counts_for_nothing_before_its_range)
{
    struct fixture f;
    char line[400];

    make(&f, MEMBERS);
    take_nothing(&f, 3);
    uint64_t member = MEMBER;
    while (lots_of(&f, member) == 0) {
        member++; /* somebody whose range has not come */
    }
    int64_t before = owed_by(&f, "FUND");
    (void)snprintf(line, sizeof line,
                   "{\"type\":\"sale\",\"terminal\":\"1\",\"number\":1,\"ask\":true,"
                   "\"at\":\"2026-03-03T10:00:00+08:00\",\"member\":\"%llu\",\"gross_fen\":100,"
                   "\"pay\":[{\"with\":\"points\",\"product\":\"points\",\"points\":1,"
                   "\"amount_fen\":100}]}",
                   (unsigned long long)member);
    uint64_t refused = ledger_book(f.ledger)->refused.count;
    uint32_t place = members_find(&state_of(&f)->members, member)->lots;
    ck_assert(state_lot_ended(state_of(&f), &state_of(&f)->members.lots.pool[place]));
    take_line(&f, 1, line, 3);
    ck_assert_uint_eq(ledger_book(f.ledger)->refused.count, refused + 1);
    ck_assert_int_eq(ledger_book(f.ledger)->refused.list[refused].outcome,
                     OUTCOME_INSUFFICIENT_POINTS);
    ck_assert_uint_eq(lots_of(&f, member), 0);
    ck_assert_int_gt(owed_by(&f, "FUND"), before);
    sweep_out(&f);
    ck_assert_int_eq(owed_by(&f, "FUND"), MEMBERS * ENDED);
    fixture_free(&f);
}
END_TEST

static void add_to_digest(void *context, slice_t bytes)
{
    digest_add(context, bytes.text, bytes.len);
}

/* Of everything that clearing remembers. */
static void state_digest(struct fixture *f, uint8_t ret_digest[DIGEST_LEN])
{
    struct digest *digest = digest_new();
    struct spool spool = {
        .writer = {.bytes = memory_resize(NULL, 2 * (size_t)SPOOL_ROOM_MAX, 1),
                   .capacity = 2 * (size_t)SPOOL_ROOM_MAX},
        .context = digest,
        .empty = add_to_digest,
    };

    state_save(state_of(f), &spool);
    spool_end(&spool);
    digest_finish(digest, ret_digest);
    digest_free(digest);
    free(spool.writer.bytes);
}

static const char sale_that_earns[] =
    "{\"type\":\"sale\",\"terminal\":\"2\",\"number\":%llu,\"at\":\"2026-03-01T10:00:00+08:00\","
    "\"member\":\"%llu\",\"gross_fen\":1000,\"pay\":[{\"with\":\"cash\",\"amount_fen\":1000}],"
    "\"earn\":[{\"product\":\"points\",\"points\":10}]}";
static const char refund_of_it[] =
    "{\"type\":\"refund\",\"terminal\":\"3\",\"number\":%llu,\"at\":\"2026-03-03T11:00:00+08:00\","
    "\"of\":\"B:2:%llu\",\"amount_fen\":500}";
static const char fresh_grant[] =
    "{\"type\":\"points_grant\",\"terminal\":\"4\",\"number\":%llu,"
    "\"at\":\"2026-03-03T09:00:00+08:00\",\"member\":\"%llu\",\"product\":\"points\","
    "\"points\":7,\"reason\":\"gift\"}";
static const char pay_by_points[] =
    "{\"type\":\"sale\",\"terminal\":\"5\",\"number\":%llu,\"at\":\"2026-03-03T12:00:00+08:00\","
    "\"member\":\"%llu\",\"gross_fen\":8,\"pay\":[{\"with\":\"points\",\"product\":\"points\","
    "\"points\":8,\"amount_fen\":8}]}";

enum { TOUCHED = 40 };

/* The lines of one batch. */
struct lines_of_batch {
    char texts[5 * TOUCHED][400];
    const char *list[5 * TOUCHED + 1];
    size_t count;
};

/* Add a line with its number (first) and its member or original (second). */
#define PUT(lines, form, number, second)                                                           \
    ((void)snprintf((lines)->texts[(lines)->count], 400, form, (unsigned long long)(number),       \
                    (unsigned long long)(second)),                                                 \
     (lines)->list[(lines)->count] = (lines)->texts[(lines)->count],                               \
     (lines)->list[++(lines)->count] = NULL)

/* On the first day: sales that earn. */
static void earn_early(struct fixture *f)
{
    static struct lines_of_batch lines;

    lines.count = 0;
    for (uint64_t i = 0; i < TOUCHED; i++) {
        PUT(&lines, sale_that_earns, i + 1, MEMBER + i * 200);
    }
    ck_assert_int_eq(take(f, 1, lines.list, 1), LEDGER_GATHERED);
    flush(f);
}

/* On the third, in one batch: refunds of those, late sales that earn what is past already, refunds
 * of these, fresh points, and sales that want one more than there are, so that they wait. */
static void touch(struct fixture *f)
{
    static struct lines_of_batch lines;

    lines.count = 0;
    for (uint64_t i = 0; i < TOUCHED; i++) {
        uint64_t member = MEMBER + i * 200;
        PUT(&lines, refund_of_it, i + 1, i + 1);
        PUT(&lines, sale_that_earns, 100 + i, member);
        PUT(&lines, refund_of_it, 100 + i, 100 + i);
        PUT(&lines, fresh_grant, i + 1, member);
        PUT(&lines, pay_by_points, i + 1, member);
    }
    ck_assert_int_eq(take(f, 1, lines.list, 3), LEDGER_GATHERED);
    flush(f);
}

START_TEST(whoever_is_first_the_state_is_the_same)
{
    struct fixture swept;
    struct fixture under_way;
    uint8_t one[DIGEST_LEN];
    uint8_t other[DIGEST_LEN];

    make(&swept, MEMBERS);
    earn_early(&swept);
    take_nothing(&swept, 3);
    sweep_out(&swept);
    touch(&swept);
    make(&under_way, MEMBERS);
    earn_early(&under_way);
    take_nothing(&under_way, 3);
    touch(&under_way);
    ck_assert_uint_eq(state_sweep_left(state_of(&under_way)), RANGES - 2);
    sweep_out(&under_way);
    state_digest(&swept, one);
    state_digest(&under_way, other);
    ck_assert_uint_eq(state_of(&under_way)->waiting.live, TOUCHED);
    ck_assert_uint_eq(lots_of(&under_way, MEMBER), 2); /* the late and the fresh ones */
    ck_assert(digest_equal(one, other));
    take_nothing(&swept, 4);
    take_nothing(&under_way, 4);
    sweep_out(&swept);
    sweep_out(&under_way);
    ck_assert_uint_eq(lots_in_all(&under_way), TOUCHED); /* the fresh ones */
    ck_assert_int_eq(state_of(&under_way)->next_expiry, state_of(&under_way)->open_day);
    state_digest(&swept, one);
    state_digest(&under_way, other);
    ck_assert(digest_equal(one, other));
    fixture_free(&swept);
    fixture_free(&under_way);
}
END_TEST

/* --- snapshots --- */

START_TEST(a_snapshot_keeps_the_place)
{
    struct fixture f;
    struct fault fault = {0};
    uint8_t before[DIGEST_LEN];
    uint8_t after[DIGEST_LEN];

    make(&f, MEMBERS);
    take_nothing(&f, 3);
    take_nothing(&f, 3);
    flush(&f);
    uint64_t index = ledger_book(f.ledger)->records;
    struct snapshot *snapshot =
        snapshot_begin(f.dir, ledger_book(f.ledger), NULL, NULL, &fault);
    ck_assert(snapshot != NULL && snapshot_seal(snapshot, ledger_checkpoint(f.ledger),
                                                f.ledger_key, &fault));
    book_digest(ledger_book(f.ledger), before);
    ledger_close(f.ledger);
    fixture_open(&f, false);
    ck_assert_uint_eq(ledger_opening(f.ledger).snapshot, index);
    ck_assert_uint_eq(ledger_opening(f.ledger).tail, 0);
    book_digest(ledger_book(f.ledger), after);
    ck_assert(digest_equal(before, after));
    ck_assert_uint_eq(state_sweep_left(state_of(&f)), RANGES - 2);
    take_nothing(&f, 3); /* and it goes on from there */
    take_nothing(&f, 4);
    ck_assert_str_eq(kinds(&f, index), "SBSDB");
    flush(&f);
    book_digest(ledger_book(f.ledger), before);
    ledger_close(f.ledger);
    fixture_open(&f, false); /* the tail after the snapshot */
    ck_assert_uint_eq(ledger_opening(f.ledger).snapshot, index);
    book_digest(ledger_book(f.ledger), after);
    ck_assert(digest_equal(before, after));
    ck_assert_uint_eq(lots_in_all(&f), 0);
    fixture_free(&f);
}
END_TEST

/* --- an auditor --- */

/* What somebody who writes journals of his own could do to one record. */
enum forgery { LEFT_OUT, TWICE, ITS_DAY, ITS_FIRST, ITS_LAST, ITS_RESULTS, CUT_SHORT };

/* Replay the records, the one at `at` forged. Returns: what the auditor says, "" when nothing. */
static const char *audit(struct fixture *f, uint64_t at, enum forgery forgery)
{
    static struct fault fault;
    static struct book book;
    uint8_t payload[BOOK_SWEEP_LEN];
    char results[] = "forged";
    struct replay replay;
    bool good = true;

    book_init(&book, ledger_book(f->ledger)->past.source);
    replay_init(&replay, &book, true);
    fault = (struct fault){0};
    for (uint64_t i = 0; i < ledger_book(f->ledger)->records && good; i++) {
        struct record record = record_at(f, i);
        if (i == at && forgery >= ITS_DAY && forgery <= ITS_LAST) {
            memcpy(payload, record.payload.text, sizeof payload);
            payload[forgery == ITS_DAY ? 3 : forgery == ITS_FIRST ? 11 : 19] ^= 1;
            record.payload.text = (const char *)payload;
        } else if (i == at && forgery == CUT_SHORT) {
            record.payload.len--;
        } else if (i == at && forgery == ITS_RESULTS) {
            record.results = slice_of(results);
        }
        for (int times = i != at ? 1 : forgery == LEFT_OUT ? 0 : forgery == TWICE ? 2 : 1;
             times > 0 && good; times--) {
            record.index = replay.expected;
            good = replay_record(&replay, &record, &fault);
        }
    }
    replay_deinit(&replay);
    book_deinit(&book);
    return good ? "" : fault.text;
}

static void assert_said(const char *said, const char *what)
{
    ck_assert_msg(strstr(said, what) != NULL, "\"%s\" is not in \"%s\"", what, said);
}

START_TEST(an_auditor_names_forged_sweeps)
{
    struct fixture f;

    make(&f, MEMBERS);
    uint64_t from = ledger_book(f.ledger)->records;
    take_nothing(&f, 3);
    take_nothing(&f, 3);
    flush(&f);
    (void)close_cycle(&f);
    flush(&f);
    ck_assert_str_eq(kinds(&f, from), "DSBSBSSH");
    ck_assert_str_eq(audit(&f, UINT64_MAX, LEFT_OUT), "");
    assert_said(audit(&f, from, LEFT_OUT), "no sweep is under way");
    assert_said(audit(&f, from + 1, LEFT_OUT), "(batch): a range of the sweep was due before it");
    assert_said(audit(&f, from + 3, LEFT_OUT), "(batch): a range of the sweep was due before it");
    assert_said(audit(&f, from + 5, LEFT_OUT), "(sweep): it does not sweep what comes next");
    assert_said(audit(&f, from + 6, LEFT_OUT), "close: the sweep of the last day-end has not ended");
    assert_said(audit(&f, from + 1, TWICE), "(sweep): it does not sweep what comes next");
    assert_said(audit(&f, from + 6, TWICE), "(sweep): no sweep is under way");
    for (enum forgery forgery = ITS_DAY; forgery <= ITS_LAST; forgery++) {
        assert_said(audit(&f, from + 1, forgery), "(sweep): it does not sweep what comes next");
        assert_said(audit(&f, from + 6, forgery), "(sweep): it does not sweep what comes next");
    }
    assert_said(audit(&f, from + 3, CUT_SHORT), "(sweep): it does not sweep what comes next");
    assert_said(audit(&f, from + 3, ITS_RESULTS), "(sweep): its results are not what the rules give");
    fixture_free(&f);
}
END_TEST

START_TEST(an_auditor_names_a_day_end_within_a_sweep)
{
    struct fixture f;

    make(&f, MEMBERS);
    uint64_t from = ledger_book(f.ledger)->records;
    take_nothing(&f, 3);
    take_nothing(&f, 4);
    flush(&f);
    ck_assert_str_eq(kinds(&f, from), "DSBSDB");
    assert_said(audit(&f, from + 3, LEFT_OUT),
                "(day-end): the sweep of the day-end before it has not ended");
    fixture_free(&f);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("sweep");
    TCase *tests = tcase_create("sweep");

    tcase_add_test(tests, a_small_alliance_is_swept_at_once);
    tcase_add_test(tests, a_range_comes_before_each_batch);
    tcase_add_test(tests, it_goes_on_when_idle);
    tcase_add_test(tests, a_day_end_waits_for_the_sweep);
    tcase_add_test(tests, a_close_waits_for_the_sweep);
    tcase_add_test(tests, undoing_waits_for_the_sweep);
    tcase_add_test(tests, what_ended_counts_for_nothing_before_its_range);
    tcase_add_test(tests, whoever_is_first_the_state_is_the_same);
    tcase_add_test(tests, a_snapshot_keeps_the_place);
    tcase_add_test(tests, an_auditor_names_forged_sweeps);
    tcase_add_test(tests, an_auditor_names_a_day_end_within_a_sweep);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed;
}
