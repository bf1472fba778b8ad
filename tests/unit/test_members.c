#include "clearing/members/members.h"

#include <check.h>
#include <stdio.h>

#include "clearing/base/hash.h"

START_TEST(nobody_is_there)
{
    struct members members = {0};

    ck_assert_ptr_null(members_find(&members, 1));
    ck_assert_ptr_null(members_find(&members, 0));
    ck_assert_ptr_null(members_find_pack(&members, slice_of("W1")));
    ck_assert_uint_eq(members_slot_count(&members), 0);
    members_deinit(&members);
    members_deinit(&members);
}
END_TEST

START_TEST(member_zero_is_nobody)
{
    struct members members = {0};

    members_add(&members, 1, (store_t){0});
    ck_assert_ptr_null(members_find(&members, 0)); /* free slots have that id */
    members_deinit(&members);
}
END_TEST

START_TEST(the_ends_of_the_numbers)
{
    struct members members = {0};
    const uint64_t ids[] = {1, MEMBER_MAX, UINT64_MAX, 1ULL << 63};

    for (uint32_t i = 0; i < 4; i++) {
        const struct member *member = members_add(&members, ids[i], (store_t){i});
        ck_assert_uint_eq(member->id, ids[i]);
        ck_assert_uint_eq(member->lots, 0);
    }
    for (uint32_t i = 0; i < 4; i++) {
        ck_assert_uint_eq(members_find(&members, ids[i])->home.n, i);
    }
    ck_assert_ptr_null(members_find(&members, MEMBER_MAX - 1));
    ck_assert_uint_eq(members.count, 4);
    members_deinit(&members);
}
END_TEST

/* The table is ordered by hash, so that ranges of it can be walked and equal members stand
 * alike. */
static void assert_ordered(const struct members *members)
{
    uint64_t seen = 0;
    uint64_t last = 0;

    for (uint64_t i = 0; i < members_slot_count(members); i++) {
        uint64_t id = members->slots[i].id;
        if (id == 0) {
            continue;
        }
        uint64_t bucket = hash_u64(id) >> (64 - members->bits);
        ck_assert_uint_le(bucket, i); /* never before its place, never around the end */
        ck_assert_uint_lt(i - bucket, 256);
        ck_assert(seen == 0 || hash_u64(id) > last);
        last = hash_u64(id);
        seen++;
    }
    ck_assert_uint_eq(seen, members->count);
}

START_TEST(growth_keeps_everybody)
{
    enum { MEMBERS = 30000 };
    struct members members = {0};

    for (uint64_t id = 1; id <= MEMBERS; id++) {
        struct member *member = members_add(&members, id * 7, (store_t){(uint32_t)id});
        member->lots = (uint32_t)id + 1;
        ck_assert_uint_eq(members.count, id);
    }
    for (uint64_t id = 1; id <= MEMBERS; id++) {
        const struct member *member = members_find(&members, id * 7);
        ck_assert_ptr_nonnull(member);
        ck_assert_uint_eq(member->home.n, id);
        ck_assert_uint_eq(member->lots, id + 1);
        ck_assert_ptr_null(members_find(&members, id * 7 + 1));
    }
    assert_ordered(&members);
    members_deinit(&members);
}
END_TEST

/* Members whose hashes all begin with ones want the last slot: they stand behind it, in the
 * overrun. */
START_TEST(the_last_slots_do_not_wrap)
{
    struct members members = {0};
    uint64_t ids[10];
    int found = 0;

    for (uint64_t id = 1; found < 10; id++) {
        if (hash_u64(id) >> 58 == 63) {
            ids[found++] = id;
        }
    }
    for (int i = 0; i < 10; i++) {
        members_add(&members, ids[i], (store_t){0});
    }
    ck_assert_uint_eq(members.bits, 6);
    assert_ordered(&members);
    ck_assert_uint_ne(members.slots[63].id, 0);
    ck_assert_uint_ne(members.slots[72].id, 0);
    ck_assert_uint_eq(members.slots[0].id, 0);
    for (int i = 0; i < 10; i++) {
        ck_assert_uint_eq(members_find(&members, ids[i])->id, ids[i]);
    }
    members_deinit(&members);
}
END_TEST

START_TEST(the_order_of_arrival_does_not_show)
{
    enum { MEMBERS = 5000 };
    struct members forwards = {0};
    struct members backwards = {0};

    members_reserve(&backwards, MEMBERS);
    for (uint64_t id = 1; id <= MEMBERS; id++) {
        members_add(&forwards, id, (store_t){(uint32_t)id});
        members_add(&backwards, MEMBERS + 1 - id, (store_t){(uint32_t)(MEMBERS + 1 - id)});
    }
    ck_assert_uint_eq(forwards.bits, backwards.bits);
    size_t size = members_slot_count(&forwards) * sizeof *forwards.slots;
    ck_assert_mem_eq(forwards.slots, backwards.slots, size);
    members_deinit(&forwards);
    members_deinit(&backwards);
}
END_TEST

/* Go through all hashes in 2^bits ranges: everybody comes once, in the order of the table. */
static void assert_walked(const struct members *members, uint32_t bits)
{
    uint64_t walked = 0;
    uint64_t at = 0;

    for (uint64_t range = 0; range < 1ULL << bits; range++) {
        uint64_t width = bits == 0 ? 0 : 1ULL << (64 - bits);
        uint64_t last = (range + 1) * width - 1;
        struct members_walk walk = members_walk_from(members, range * width, last);
        const struct member *member = NULL;
        while ((member = members_walk_next(&walk)) != NULL) {
            while (members->slots[at].id == 0) {
                at++;
            }
            ck_assert_ptr_eq(member, &members->slots[at++]);
            ck_assert_uint_ge(hash_u64(member->id), range * width);
            ck_assert_uint_le(hash_u64(member->id), last);
            walked++;
        }
        ck_assert_ptr_null(members_walk_next(&walk));
    }
    ck_assert_uint_eq(walked, members->count);
}

START_TEST(ranges_of_the_hash_have_everybody_once)
{
    struct members members = {0};

    assert_walked(&members, 0);
    for (uint64_t id = 1; id <= 3000; id++) {
        members_add(&members, id * 7, (store_t){0});
        if (id % 500 == 1) {
            assert_walked(&members, (uint32_t)(id % 7));
        }
    }
    for (uint32_t bits = 0; bits <= 13; bits++) { /* up to ranges finer than slots */
        assert_walked(&members, bits);
    }
    uint64_t hash = hash_u64(700);
    struct members_walk walk = members_walk_from(&members, hash, hash); /* of one hash */
    ck_assert_uint_eq(members_walk_next(&walk)->id, 700);
    ck_assert_ptr_null(members_walk_next(&walk));
    members_deinit(&members);
}
END_TEST

/* Runs that reach into the next range, and into the overrun. */
START_TEST(a_range_ends_within_a_run)
{
    struct members members = {0};
    int found = 0;

    for (uint64_t id = 1; found < 38; id++) {
        if (hash_u64(id) >> 58 == 30 || hash_u64(id) >> 58 == 31 || hash_u64(id) >> 58 == 63) {
            members_add(&members, id, (store_t){0});
            found++;
        }
    }
    ck_assert_uint_eq(members.bits, 6);
    for (uint32_t bits = 0; bits <= 10; bits++) {
        assert_walked(&members, bits);
    }
    members_deinit(&members);
}
END_TEST

START_TEST(packs_come_go_and_come_again)
{
    struct members members = {0};

    struct pack *pack = members_add_pack(&members, slice_of("W1"), 17, (product_t){2});
    ck_assert_uint_eq(pack->member, 17);
    ck_assert_uint_eq(pack->lots, 0);
    pack->lots = 5;
    ck_assert_ptr_eq(members_find_pack(&members, slice_of("W1")), pack);
    ck_assert_ptr_null(members_find_pack(&members, slice_of("W2")));
    ck_assert_ptr_null(members_find_pack(&members, slice_of("w1")));
    pack->member = 0; /* its sale is voided: the id is free again */
    ck_assert_ptr_null(members_find_pack(&members, slice_of("W1")));
    pack = members_add_pack(&members, slice_of("W1"), 18, (product_t){3});
    ck_assert_uint_eq(pack->member, 18);
    ck_assert_uint_eq(pack->product.n, 3);
    ck_assert_uint_eq(pack->lots, 0);
    ck_assert_uint_eq(members.pack_codes.count, 1);
    members_deinit(&members);
}
END_TEST

/* The numbers of a member's packs, the newest first, as one figure a digit. */
static uint32_t packs_of(const struct members *members, uint64_t id)
{
    uint32_t digits = 0;
    uint32_t number = 0;
    uint32_t at = 0;

    while (members_next_pack(members, id, &at, &number)) {
        digits = 10 * digits + number + 1;
    }
    return digits;
}

START_TEST(packs_by_member)
{
    struct members members = {0};

    ck_assert_uint_eq(packs_of(&members, 17), 0);
    members_add_pack(&members, slice_of("W1"), 17, (product_t){2});
    members_add_pack(&members, slice_of("W2"), 18, (product_t){2});
    members_add_pack(&members, slice_of("W3"), 17, (product_t){2});
    members_add_pack(&members, slice_of("W4"), 17, (product_t){2});
    ck_assert_uint_eq(packs_of(&members, 17), 431);
    ck_assert_uint_eq(packs_of(&members, 18), 2);
    ck_assert_uint_eq(packs_of(&members, 19), 0);
    members_find_pack(&members, slice_of("W3"))->member = 0;
    ck_assert_uint_eq(packs_of(&members, 17), 41);
    members_add_pack(&members, slice_of("W3"), 18, (product_t){2}); /* from the middle */
    ck_assert_uint_eq(packs_of(&members, 17), 41);
    ck_assert_uint_eq(packs_of(&members, 18), 32);
    members_find_pack(&members, slice_of("W4"))->member = 0;
    members_add_pack(&members, slice_of("W4"), 17, (product_t){2}); /* to the same again */
    ck_assert_uint_eq(packs_of(&members, 17), 41);
    members_find_pack(&members, slice_of("W1"))->member = 0;
    members_add_pack(&members, slice_of("W1"), 19, (product_t){2}); /* from the end */
    ck_assert_uint_eq(packs_of(&members, 17), 4);
    ck_assert_uint_eq(packs_of(&members, 19), 1);
    members_deinit(&members);
}
END_TEST

START_TEST(many_packs)
{
    enum { PACKS = 1000 };
    struct members members = {0};
    char code[16];

    for (uint32_t i = 1; i <= PACKS; i++) {
        (void)snprintf(code, sizeof code, "P%u", i);
        members_add_pack(&members, slice_of(code), i, (product_t){i})->lots = i;
    }
    for (uint32_t i = 1; i <= PACKS; i++) {
        (void)snprintf(code, sizeof code, "P%u", i);
        const struct pack *pack = members_find_pack(&members, slice_of(code));
        ck_assert_ptr_nonnull(pack);
        ck_assert(pack->member == i && pack->product.n == i && pack->lots == i);
    }
    members_deinit(&members);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("members");
    TCase *tcase = tcase_create("members");

    tcase_add_test(tcase, nobody_is_there);
    tcase_add_test(tcase, member_zero_is_nobody);
    tcase_add_test(tcase, the_ends_of_the_numbers);
    tcase_add_test(tcase, growth_keeps_everybody);
    tcase_add_test(tcase, the_last_slots_do_not_wrap);
    tcase_add_test(tcase, the_order_of_arrival_does_not_show);
    tcase_add_test(tcase, ranges_of_the_hash_have_everybody_once);
    tcase_add_test(tcase, a_range_ends_within_a_run);
    tcase_add_test(tcase, packs_come_go_and_come_again);
    tcase_add_test(tcase, packs_by_member);
    tcase_add_test(tcase, many_packs);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
