/* Peers: generations, frames left over by an ended connection, slots that do not exist. */
#include "daemon/gate/peers.h"

#include <check.h>
#include <stdlib.h>

static const uint8_t key_a[LINK_KEY_LEN] = {1};
static const uint8_t key_b[LINK_KEY_LEN] = {2};

START_TEST(test_no_such_slot)
{
    struct peers peers;

    peers_init(&peers, 8, 100);
    ck_assert(!peers_open(&peers, 8, 0));
    ck_assert(!peers_open(&peers, -1, 0));
    ck_assert_ptr_null(peers_close(&peers, 8));
    ck_assert_ptr_null(peers_close(&peers, -1));
    ck_assert_ptr_null(peers_close(&peers, 3));
    ck_assert_int_eq(peers_look(&peers, 8, 1), PEER_STALE);
    ck_assert_int_eq(peers_look(&peers, -1, 1), PEER_STALE);
    ck_assert_int_eq(peers_look(&peers, 3, 1), PEER_STALE);
    ck_assert_ptr_null(peers_find(&peers, 8, 100));
    ck_assert_ptr_null(peers_find(&peers, UINT32_MAX, 100));
    ck_assert_ptr_null(peers_find(&peers, 3, 100));
    ck_assert_uint_eq(peers.open, 0);
    peers_deinit(&peers);
}
END_TEST

START_TEST(test_life)
{
    struct peers peers;

    peers_init(&peers, 8, UINT32_MAX);
    ck_assert(peers_open(&peers, 7, 50));
    ck_assert_uint_eq(peers.open, 1);
    ck_assert_int_eq(peers_look(&peers, 7, 9), PEER_NEW);
    /* not known yet: no reply can be meant for it */
    ck_assert_ptr_null(peers_find(&peers, 7, 0));
    peers_know(&peers, 7, 9, key_a);
    ck_assert_int_eq(peers_look(&peers, 7, 9), PEER_SAME);
    struct peer *peer = peers_find(&peers, 7, 0);
    ck_assert_ptr_nonnull(peer);
    ck_assert_uint_eq(peer->route, 9);
    ck_assert_int_eq(peer->since_ms, 50);
    ck_assert_ptr_null(peers_find(&peers, 7, UINT32_MAX));
    ck_assert_ptr_null(peers_find(&peers, 7, 1));
    const struct peer *gone = peers_close(&peers, 7);
    ck_assert_ptr_eq(gone, peer);
    ck_assert(gone->known);
    ck_assert_ptr_null(peers_find(&peers, 7, 0));
    ck_assert_int_eq(peers_look(&peers, 7, 9), PEER_STALE);
    ck_assert_uint_eq(peers.open, 0);
    ck_assert_ptr_null(peers_close(&peers, 7));
    ck_assert_uint_eq(peers.open, 0);
    peers_deinit(&peers);
}
END_TEST

/* The descriptor is used again: replies for the first must not reach the second. */
START_TEST(test_slot_again)
{
    struct peers peers;

    peers_init(&peers, 8, 5);
    ck_assert(peers_open(&peers, 4, 0));
    peers_know(&peers, 4, 20, key_a);
    ck_assert_ptr_nonnull(peers_find(&peers, 4, 6));
    (void)peers_close(&peers, 4);
    ck_assert(peers_open(&peers, 4, 0));
    peers_know(&peers, 4, 21, key_b);
    ck_assert_ptr_null(peers_find(&peers, 4, 6));
    ck_assert_ptr_nonnull(peers_find(&peers, 4, 7));
    /* the end of the first was not told: opening is enough */
    ck_assert(peers_open(&peers, 4, 0));
    ck_assert_uint_eq(peers.open, 1);
    ck_assert_ptr_null(peers_find(&peers, 4, 7));
    peers_deinit(&peers);
}
END_TEST

/* A frame of the ended connection is read after the next one opened: whichever comes first, the
 * higher route wins, also where routes wrap. */
START_TEST(test_left_over)
{
    static const uint32_t routes[][2] = {{20, 21}, {UINT32_MAX, 0}, {UINT32_MAX - 3, 5}};

    for (unsigned int i = 0; i < 3; i++) {
        uint32_t older = routes[i][0];
        uint32_t newer = routes[i][1];
        struct peers peers;

        peers_init(&peers, 8, 5);
        ck_assert(peers_open(&peers, 4, 0));
        peers_know(&peers, 4, older, key_a);
        ck_assert_int_eq(peers_look(&peers, 4, newer), PEER_NEW);
        peers_know(&peers, 4, newer, key_b);
        ck_assert_ptr_null(peers_find(&peers, 4, 6));
        ck_assert_uint_eq(peers_find(&peers, 4, 7)->route, newer);
        ck_assert_int_eq(peers_look(&peers, 4, older), PEER_STALE);
        peers_deinit(&peers);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("gate_peers");
    TCase *tests = tcase_create("gate_peers");

    tcase_add_test(tests, test_no_such_slot);
    tcase_add_test(tests, test_life);
    tcase_add_test(tests, test_slot_again);
    tcase_add_test(tests, test_left_over);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
