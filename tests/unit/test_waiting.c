#include "clearing/order/waiting.h"

#include <check.h>
#include <stdlib.h>

static struct event sale_of(uint64_t member)
{
    return (struct event){
        .type = EVENT_SALE, .terminal = slice_of("1"), .number = 1, .member = member};
}

static struct event undoing(event_type_t type, const char *store, uint64_t number, uint64_t member)
{
    return (struct event){
        .type = type,
        .terminal = slice_of("1"),
        .number = 2,
        .member = member,
        .of = {slice_of(store), slice_of("1"), number},
    };
}

static uint64_t key_of(const char *store, const char *terminal, uint64_t number)
{
    return waiting_key(slice_of(store), slice_of(terminal), number);
}

static void add_bytes(struct waiting *waiting, const struct event *event, const char *bytes,
                      outcome_t reason)
{
    waiting_add(waiting,
                event,
                (struct waiting_event){.bytes = (uint8_t *)(uintptr_t)bytes,
                                       .len = (uint32_t)strlen(bytes + 1) + 1,
                                       .store = {3},
                                       .came = 10,
                                       .reason = reason,
                                       .member = event->member});
}

static void add(struct waiting *waiting, const struct event *event)
{
    add_bytes(waiting, event, "bytes", OUTCOME_UNKNOWN_MEMBER);
}

/* Does anybody wait with this member (0: no) or for this event? */
static bool waits(const struct waiting *waiting, uint64_t member, uint64_t key)
{
    struct waiting_places places = {0};

    waiting_find(waiting, member, key, &places);
    bool some = places.count > 0;
    free(places.list);
    return some;
}

START_TEST(nobody_waits_at_first)
{
    struct waiting waiting = {0};

    ck_assert(!waits(&waiting, 0, 1));
    ck_assert(!waits(&waiting, 7, key_of("A", "1", 1)));
    waiting_deinit(&waiting);
    waiting_deinit(&waiting);
}
END_TEST

START_TEST(keys_are_never_zero_and_differ)
{
    ck_assert_uint_ne(key_of("", "", 0), 0);
    ck_assert_uint_eq(key_of("A", "1", 1), key_of("A", "1", 1));
    ck_assert_uint_ne(key_of("A", "1", 1), key_of("A", "1", 2));
    ck_assert_uint_ne(key_of("A", "1", 1), key_of("A", "2", 1));
    ck_assert_uint_ne(key_of("A", "1", 1), key_of("B", "1", 1));
    ck_assert_uint_ne(key_of("A", "B", 1), key_of("B", "A", 1));
    ck_assert_uint_ne(key_of("A1", "1", 1), key_of("A", "11", 1));
    for (uint64_t number = 0; number < 1000; number++) {
        ck_assert_uint_eq(key_of("A", "1", number) & 1, 1);
    }
}
END_TEST

START_TEST(what_waits_moves_with_its_member)
{
    struct waiting waiting = {0};
    const uint64_t members[] = {7, 8, 7, 9};

    for (uint32_t i = 0; i < 4; i++) {
        struct event event = sale_of(members[i]);
        add(&waiting, &event);
    }
    waiting_move(&waiting, 7, 8);
    waiting_move(&waiting, 5, 8); /* with whom nobody waits */
    struct waiting_places places = {0};
    waiting_find(&waiting, 8, 1, &places);
    ck_assert_uint_eq(places.count, 3);
    ck_assert(places.list[0] == 0 && places.list[1] == 1 && places.list[2] == 2);
    ck_assert(!waits(&waiting, 7, 1));
    waiting_remove(&waiting, 2);
    waiting_remove(&waiting, 0);
    waiting_move(&waiting, 8, 9);
    places.count = 0;
    waiting_find(&waiting, 9, 1, &places);
    ck_assert(places.count == 2 && places.list[0] == 1 && places.list[1] == 3);
    free(places.list);
    waiting_deinit(&waiting);
}
END_TEST

START_TEST(an_entry_says_what_came)
{
    struct waiting waiting = {0};
    struct event event = sale_of(7);
    char bytes[] = "\0x\xff";

    add_bytes(&waiting, &event, bytes, OUTCOME_INSUFFICIENT_FUNDS);
    bytes[1] = 'y'; /* it keeps a copy */
    const struct waiting_event *entry = &waiting.list[0];
    ck_assert_uint_eq(waiting.count, 1);
    ck_assert_uint_eq(entry->len, 3);
    ck_assert_mem_eq(entry->bytes, "\0x\xff", 3);
    ck_assert_uint_eq(entry->store.n, 3);
    ck_assert_int_eq(entry->came, 10);
    ck_assert_int_eq(entry->reason, OUTCOME_INSUFFICIENT_FUNDS);
    ck_assert_uint_eq(entry->member, 7);
    ck_assert_uint_eq(entry->of_key, 0);
    waiting_deinit(&waiting);
}
END_TEST

START_TEST(a_sale_waits_with_its_member)
{
    struct waiting waiting = {0};
    struct event event = sale_of(7);

    add(&waiting, &event);
    ck_assert(waits(&waiting, 7, key_of("A", "1", 1)));
    ck_assert(!waits(&waiting, 8, key_of("A", "1", 1)));
    ck_assert(!waits(&waiting, 0, key_of("A", "1", 1)));
    waiting_deinit(&waiting);
}
END_TEST

/* Rule 51: a refund's or void's member is the original's, so its own says nothing. */
START_TEST(an_undoing_waits_for_its_original_only)
{
    struct waiting waiting = {0};
    struct event refund = undoing(EVENT_REFUND, "A", 1, 7);
    struct event undo = undoing(EVENT_VOID, "B", 2, 8);

    add(&waiting, &refund);
    add(&waiting, &undo);
    ck_assert(!waits(&waiting, 7, key_of("C", "1", 1)));
    ck_assert(!waits(&waiting, 8, key_of("C", "1", 1)));
    ck_assert(waits(&waiting, 0, key_of("A", "1", 1)));
    ck_assert(waits(&waiting, 0, key_of("B", "1", 2)));
    ck_assert(!waits(&waiting, 0, key_of("A", "1", 2)));
    waiting_deinit(&waiting);
}
END_TEST

START_TEST(an_unlinked_refund_waits_with_its_member)
{
    struct waiting waiting = {0};
    struct event refund = {
        .type = EVENT_REFUND, .terminal = slice_of("1"), .number = 2, .member = 7};

    add(&waiting, &refund);
    ck_assert_uint_eq(waiting.list[0].of_key, 0);
    ck_assert(waits(&waiting, 7, 1));
    waiting_deinit(&waiting);
}
END_TEST

START_TEST(removing_counts_down)
{
    struct waiting waiting = {0};
    struct event sale = sale_of(7);
    struct event refund = undoing(EVENT_REFUND, "A", 1, 0);

    add(&waiting, &sale);
    add(&waiting, &refund);
    add(&waiting, &sale);
    add(&waiting, &refund);
    waiting_remove(&waiting, 0);
    ck_assert_uint_eq(waiting.live, 3);
    ck_assert_uint_eq(waiting.count, 4); /* a hole: the others keep their places */
    ck_assert_ptr_null(waiting.list[0].bytes);
    ck_assert(waits(&waiting, 7, 1));
    waiting_remove(&waiting, 2);
    ck_assert(!waits(&waiting, 7, 1));
    ck_assert(waits(&waiting, 0, key_of("A", "1", 1)));
    waiting_remove(&waiting, 1);
    ck_assert(waits(&waiting, 0, key_of("A", "1", 1)));
    ck_assert_uint_eq(waiting.count, 4);
    waiting_remove(&waiting, 3); /* the last: the holes before it go, too */
    ck_assert_uint_eq(waiting.count, 0);
    ck_assert_uint_eq(waiting.live, 0);
    ck_assert(!waits(&waiting, 7, key_of("A", "1", 1)));
    add(&waiting, &sale);
    ck_assert_uint_eq(waiting.count, 1);
    ck_assert(waits(&waiting, 7, 1));
    waiting_deinit(&waiting);
}
END_TEST

/* Found once each, in the order of arrival, added to what has been found before. */
START_TEST(places_are_found_in_the_order_of_arrival)
{
    struct waiting waiting = {0};
    struct waiting_places places = {0};
    struct event sale = sale_of(7);
    struct event other = sale_of(8);
    struct event refund = undoing(EVENT_REFUND, "A", 1, 7);

    add(&waiting, &other);
    add(&waiting, &refund);
    add(&waiting, &sale);
    add(&waiting, &other);
    add(&waiting, &sale);
    add(&waiting, &refund);
    waiting_find(&waiting, 7, key_of("A", "1", 1), &places);
    ck_assert_uint_eq(places.count, 4);
    ck_assert(places.list[0] == 1 && places.list[1] == 2);
    ck_assert(places.list[2] == 4 && places.list[3] == 5);
    waiting_find(&waiting, 8, key_of("A", "1", 1), &places);
    ck_assert_uint_eq(places.count, 6);
    for (uint32_t i = 0; i < 6; i++) {
        ck_assert_uint_eq(places.list[i], i);
    }
    places.count = 0;
    waiting_remove(&waiting, 2); /* from the end of the member's chain, then from its middle */
    waiting_remove(&waiting, 5);
    waiting_find(&waiting, 7, key_of("A", "1", 1), &places);
    ck_assert_uint_eq(places.count, 2);
    ck_assert(places.list[0] == 1 && places.list[1] == 4);
    free(places.list);
    waiting_deinit(&waiting);
}
END_TEST

START_TEST(many_wait_in_the_order_of_arrival)
{
    enum { EVENTS = 500 };
    struct waiting waiting = {0};

    for (uint64_t member = 1; member <= EVENTS; member++) {
        struct event sale = sale_of(member);
        add(&waiting, &sale);
    }
    for (uint32_t i = 0; i < EVENTS; i += 2) {
        waiting_remove(&waiting, i);
    }
    for (uint32_t i = 0; i < EVENTS; i++) {
        ck_assert_uint_eq(waiting.list[i].member, i + 1);
        ck_assert_int_eq(waiting.list[i].bytes != NULL, i % 2);
        ck_assert_int_eq(waits(&waiting, i + 1, 1), i % 2);
    }
    waiting_deinit(&waiting);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("waiting");
    TCase *tcase = tcase_create("waiting");

    tcase_add_test(tcase, nobody_waits_at_first);
    tcase_add_test(tcase, keys_are_never_zero_and_differ);
    tcase_add_test(tcase, what_waits_moves_with_its_member);
    tcase_add_test(tcase, an_entry_says_what_came);
    tcase_add_test(tcase, a_sale_waits_with_its_member);
    tcase_add_test(tcase, an_undoing_waits_for_its_original_only);
    tcase_add_test(tcase, an_unlinked_refund_waits_with_its_member);
    tcase_add_test(tcase, removing_counts_down);
    tcase_add_test(tcase, places_are_found_in_the_order_of_arrival);
    tcase_add_test(tcase, many_wait_in_the_order_of_arrival);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
