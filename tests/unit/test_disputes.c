/* Disputed lines against a plain list of them: which are found, what is out, and the bytes. */
#include "clearing/claims/disputes.h"

#include <check.h>
#include <string.h>

#define DISPUTES  2000
#define ORIGINALS 300
#define LINES     3

static uint64_t random_state = 1;

static uint32_t below(uint32_t limit)
{
    random_state = random_state * 6364136223846793005ULL + 1442695040888963407ULL;
    return (uint32_t)(random_state >> 33) % limit;
}

/* A line by its parts; out < 0: nobody has disputed it. */
static int64_t plain_out[ORIGINALS][KIND_COUNT][LINES];
static struct disputes disputes;
static uint64_t owners[DISPUTES + 1];

static participant_t party(uint32_t n)
{
    return (participant_t){n};
}

static struct dispute_line *line_of(uint32_t original, uint32_t kind, uint32_t line)
{
    return disputes_line(&disputes, original + 1, (claim_kind_t)kind, party(line), party(line + 9));
}

static void compare(void)
{
    for (uint32_t o = 0; o < ORIGINALS; o++) {
        for (uint32_t k = 1; k < KIND_COUNT; k++) {
            for (uint32_t l = 0; l < LINES; l++) {
                const struct dispute_line *line = line_of(o, k, l);
                int64_t out = line == NULL ? -1 : money_fen(line->out);
                ck_assert_int_eq(out, plain_out[o][k][l]);
                /* the other way around it is another line */
                ck_assert_ptr_null(disputes_line(&disputes, o + 1, (claim_kind_t)k, party(l + 9),
                                                 party(l)));
            }
        }
    }
}

static void begin(uint64_t seq)
{
    const struct dispute dispute = {.seq = seq,
                                    .original = 1 + below(ORIGINALS),
                                    .kind = (claim_kind_t)(1 + below(KIND_COUNT - 1)),
                                    .store = {below(5)},
                                    .booked = (day_t)(seq / 10)};
    uint32_t original = (uint32_t)dispute.original - 1;
    bool begun = false;

    for (uint32_t l = 0; l < LINES; l++) {
        int64_t *out = &plain_out[original][dispute.kind][l];
        if (*out < 0 && below(2) == 0) {
            if (!begun) {
                disputes_begin(&disputes, &dispute);
                begun = true;
            }
            *out = 1 + below(1000);
            disputes_add_line(&disputes, party(l), party(l + 9), money(*out));
        }
    }
    owners[seq] = begun ? dispute.original : 0;
}

/* Answer it, if it is there and open. */
static void answer(uint64_t seq)
{
    struct dispute *dispute = disputes_find(&disputes, seq);
    bool stands = below(2) == 0;

    ck_assert((dispute != NULL) == (owners[seq] != 0));
    if (dispute == NULL || dispute->state != DISPUTE_OPEN) {
        return;
    }
    for (uint32_t i = 0; i < dispute->line_count && stands; i++) {
        uint32_t l = disputes.lines[dispute->first_line + i].debtor.n;
        plain_out[dispute->original - 1][dispute->kind][l] = 0;
    }
    disputes_answer(&disputes, dispute, stands);
    ck_assert_int_eq(dispute->state, stands ? DISPUTE_STANDS : DISPUTE_FALLS);
}

/* Read back, they write the same again. */
static void save_and_load(void)
{
    static uint8_t bytes[2][1 << 20];
    struct spool first = {.writer = {.bytes = bytes[0], .capacity = sizeof bytes[0]}};
    struct spool second = {.writer = {.bytes = bytes[1], .capacity = sizeof bytes[1]}};
    struct disputes back = {0};

    disputes_save(&disputes, &first);
    struct reader reader = {first.writer.bytes, first.writer.len, 0, false};
    ck_assert(disputes_load(&back, &reader));
    ck_assert_uint_eq(reader.at, reader.len);
    disputes_save(&back, &second);
    ck_assert_uint_eq(first.writer.len, second.writer.len);
    ck_assert_mem_eq(first.writer.bytes, second.writer.bytes, first.writer.len);
    ck_assert_uint_eq(back.open, disputes.open);
    disputes_deinit(&disputes);
    disputes = back; /* and are good for all that follows */
}

START_TEST(as_a_plain_list)
{
    for (uint32_t o = 0; o < ORIGINALS; o++) {
        for (uint32_t k = 0; k < KIND_COUNT; k++) {
            for (uint32_t l = 0; l < LINES; l++) {
                plain_out[o][k][l] = -1;
            }
        }
    }
    for (uint64_t seq = 1; seq <= DISPUTES; seq++) {
        begin(seq);
        answer(1 + below((uint32_t)seq));
        if (seq % 100 == 0) {
            disputes_note_close(&disputes, (day_t)(seq / 10));
            compare();
            save_and_load();
            compare();
        }
    }
    disputes_deinit(&disputes);
}
END_TEST

START_TEST(days_lie_in_cycles)
{
    struct disputes closed = {0};
    day_t last = 0;

    ck_assert(!disputes_cycle_end(&closed, 5, &last));
    disputes_note_close(&closed, 10);
    disputes_note_close(&closed, 17);
    disputes_note_close(&closed, 18);
    static const day_t ends[][2] = {{-3, 10}, {10, 10}, {11, 17}, {17, 17}, {18, 18}};
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        ck_assert(disputes_cycle_end(&closed, ends[i][0], &last));
        ck_assert_int_eq(last, ends[i][1]);
    }
    ck_assert(!disputes_cycle_end(&closed, 19, &last));
    disputes_deinit(&closed);
}
END_TEST

START_TEST(bad_bytes_are_refused)
{
    /* no cycle, one dispute of event 1 by event 2, kind, store, day, state, one line of 1 fen */
    static const uint8_t good[] = {0, 1, 2, 1, KIND_FEE, 0, 0, DISPUTE_OPEN, 1, 1, 2, 2, 2};
    static const struct {
        uint8_t at, value;
    } changes[] = {{2, 0}, {3, 0}, {4, KIND_COUNT}, {7, 3},
                   {8, 0}, {8, 2}, {11, 1},        {12, 4}, {12, 1}};

    for (size_t i = 0; i <= sizeof changes / sizeof changes[0]; i++) {
        uint8_t bytes[sizeof good];
        struct disputes read = {0};
        memcpy(bytes, good, sizeof good);
        if (i > 0) {
            bytes[changes[i - 1].at] = changes[i - 1].value;
        }
        struct reader reader = {bytes, sizeof bytes, 0, false};
        ck_assert_msg(disputes_load(&read, &reader) == (i == 0), "change %zu", i);
        disputes_deinit(&read);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("disputes");
    TCase *tcase = tcase_create("disputes");

    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, as_a_plain_list);
    tcase_add_test(tcase, days_lie_in_cycles);
    tcase_add_test(tcase, bad_bytes_are_refused);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
