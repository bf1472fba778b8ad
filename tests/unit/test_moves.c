/* Where members' numbers are now, after any number of moves; and what goes with a member. */
#include "clearing/members/members.h"

#include <check.h>
#include <string.h>

static void move(struct moves *moves, uint64_t from, uint64_t into)
{
    const struct move one = {.from = from, .into = into, .day = 5, .replaced = from % 2 == 0};

    moves_add(moves, &one);
}

START_TEST(one_look_is_enough)
{
    struct moves moves = {0};

    ck_assert_ptr_null(moves_find(&moves, 1));
    for (uint64_t id = 1; id < 100; id++) {
        move(&moves, id, id + 1); /* one card after the other is lost */
    }
    for (uint64_t id = 1; id < 100; id++) {
        ck_assert_uint_eq(moves_find(&moves, id)->into, 100);
        ck_assert(moves_find(&moves, id)->replaced == (id % 2 == 0));
    }
    ck_assert_ptr_null(moves_find(&moves, 100));
    moves_deinit(&moves);
}
END_TEST

/* A reader over bytes that moves_save would write, changed at one place. */
START_TEST(bad_bytes_are_refused)
{
    static const uint8_t good[] = {2, 1, 3, 0, 0, 2, 3, 0, 1}; /* 1 and 2 into 3 */
    static const struct {
        uint8_t at, value;
    } changes[] = {{0, 3}, {1, 0}, {2, 0}, {2, 1}, {2, 2}, {5, 1}, {6, 1}};

    for (size_t i = 0; i <= sizeof changes / sizeof changes[0]; i++) {
        uint8_t bytes[sizeof good];
        struct moves read = {0};
        memcpy(bytes, good, sizeof good);
        if (i > 0) {
            bytes[changes[i - 1].at] = changes[i - 1].value;
        }
        struct reader reader = {bytes, sizeof bytes, 0, false};
        ck_assert_msg(moves_load(&read, &reader) == (i == 0), "change %zu", i);
        moves_deinit(&read);
    }
}
END_TEST

static uint32_t class_of(struct members *members, uint32_t product)
{
    struct lot_class class;

    memset(&class, 0, sizeof class);
    class.product.n = product;
    class.kind = PRODUCT_STORED_VALUE;
    class.debtor_count = 1;
    class.principal_count = 1;
    return lots_class(&members->lots, &class);
}

static void give(struct members *members, uint64_t id, uint64_t seq, uint32_t product)
{
    const struct lot lot = {.id = lot_id(seq, 1),
                            .units = (int64_t)seq,
                            .principal = money((int64_t)seq),
                            .class = class_of(members, product),
                            .valid_to = DAY_MAX};

    lots_insert(&members->lots, &members_find(members, id)->lots,
                lots_new(&members->lots, &lot, NULL));
}

START_TEST(all_goes_with_a_member)
{
    struct members members = {0};
    uint32_t number = 0;
    uint32_t at = 0;
    uint64_t before = 0;

    (void)members_add(&members, 1, (store_t){4});
    (void)members_add(&members, 2, (store_t){5});
    for (uint64_t seq = 1; seq <= 50; seq++) {
        give(&members, 1 + seq % 2, seq, (uint32_t)(seq % 3));
    }
    members_add_pack(&members, slice_of("p1"), 1, (product_t){7});
    members_add_pack(&members, slice_of("p2"), 2, (product_t){7});
    members_add_pack(&members, slice_of("p3"), 1, (product_t){7});
    members_find_pack(&members, slice_of("p3"))->member = 0; /* voided */
    members_move(&members, &(struct move){.from = 1, .into = 2, .day = 5});
    members_move(&members, &(struct move){.from = 2, .into = 9, .day = 6, .replaced = true});
    ck_assert_uint_eq(members_now(&members, 1), 9);
    ck_assert_uint_eq(members_now(&members, 3), 3);
    ck_assert_uint_eq(members_find(&members, 9)->home.n, 5);
    ck_assert_uint_eq(members_find(&members, 1)->lots, 0);
    ck_assert_uint_eq(members_find(&members, 2)->lots, 0);
    uint32_t count = 0;
    for (uint32_t lot = members_find(&members, 9)->lots; lot != 0;
         lot = members.lots.pool[lot].next) {
        const struct lot *here = &members.lots.pool[lot];
        uint32_t product = members.lots.classes[here->class].product.n;
        /* by product, then the oldest first, whoever's they were */
        uint64_t rank = (uint64_t)product << 32 | here->id >> 16;
        ck_assert_uint_gt(rank + 1, before);
        before = rank + 1;
        count++;
    }
    ck_assert_uint_eq(count, 50);
    count = 0;
    while (members_next_pack(&members, 9, &at, &number)) {
        count++;
    }
    ck_assert_uint_eq(count, 2);
    at = 0;
    ck_assert(!members_next_pack(&members, 1, &at, &number));
    /* the free id is sold again */
    members_add_pack(&members, slice_of("p3"), 9, (product_t){7});
    ck_assert_uint_eq(members_find_pack(&members, slice_of("p3"))->member, 9);
    members_deinit(&members);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("moves");
    TCase *tcase = tcase_create("moves");

    tcase_add_test(tcase, one_look_is_enough);
    tcase_add_test(tcase, bad_bytes_are_refused);
    tcase_add_test(tcase, all_goes_with_a_member);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
