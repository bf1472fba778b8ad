#include "clearing/journal/checkpoint.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <check.h>

#define SLOT_LEN 512

static char folder[64];
static struct sign_key *key;
static uint8_t public[SIGN_PUBLIC_LEN];
static const uint8_t network[SIGN_NETWORK_LEN] = {9, 8, 7};

static void set_up(void)
{
    strcpy(folder, "/tmp/test_checkpoint.XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    key = sign_key_new();
    sign_key_public(key, public);
}

static void tear_down(void)
{
    char command[128];

    sign_key_free(key);
    (void)snprintf(command, sizeof command, "rm -rf %s", folder);
    ck_assert_int_eq(system(command), 0);
}

static const char *slot_path(int slot)
{
    static char path[128];

    (void)snprintf(path, sizeof path, "%s/checkpoint.%d", folder, slot);
    return path;
}

static struct checkpoint of_size(uint64_t size)
{
    struct checkpoint checkpoint = {.size = size, .epoch = 3, .time_ms = 1767225600000};

    memcpy(checkpoint.network, network, sizeof network);
    digest_sha256(&size, sizeof size, checkpoint.root);
    return checkpoint;
}

static void write_size(struct checkpoint_slots *slots, uint64_t size)
{
    struct checkpoint checkpoint = of_size(size);
    uint8_t bytes[CHECKPOINT_SIGNED_LEN];
    struct fault fault = {0};

    checkpoint_sign(&checkpoint, key, bytes);
    ck_assert_msg(checkpoint_slots_write(slots, bytes, &fault), "%s", fault.text);
}

/* Write checkpoints of the sizes 1 to count into fresh slots. */
static void write_sizes(uint64_t count)
{
    struct checkpoint_slots *slots = checkpoint_slots_open(folder, false, NULL);

    ck_assert_ptr_nonnull(slots);
    for (uint64_t size = 1; size <= count; size++) {
        write_size(slots, size);
    }
    checkpoint_slots_close(slots);
}

/* Returns: the newest size, 0 for none, -1 for a refusal. */
static int64_t newest_size(bool *ret_damaged)
{
    struct fault fault = {0};
    struct checkpoint_slots *slots = checkpoint_slots_open(folder, true, &fault);
    struct checkpoint checkpoint = {0};

    if (slots == NULL) {
        ck_assert_int_ne(fault.category, FAULT_NONE);
        ck_assert_ptr_nonnull(strstr(fault.text, folder));
        return -1;
    }
    const uint8_t *bytes = checkpoint_slots_newest(slots);
    if (bytes != NULL) {
        ck_assert(checkpoint_verify((slice_t){(const char *)bytes, CHECKPOINT_SIGNED_LEN}, public,
                                    network, &checkpoint, NULL));
    }
    unsigned number = 0;
    *ret_damaged = checkpoint_slots_damaged(slots, &number);
    checkpoint_slots_close(slots);
    return (int64_t)checkpoint.size;
}

static void flip(int slot, long bit)
{
    FILE *file = fopen(slot_path(slot), "r+");

    ck_assert_ptr_nonnull(file);
    ck_assert_int_eq(fseek(file, bit / 8, SEEK_SET), 0);
    int byte = fgetc(file);
    ck_assert_int_eq(fseek(file, bit / 8, SEEK_SET), 0);
    ck_assert_int_ge(fputc(byte ^ 1 << bit % 8, file), 0);
    ck_assert_int_eq(fclose(file), 0);
}

START_TEST(sign_and_verify)
{
    struct checkpoint checkpoint = of_size(77);
    struct checkpoint back;
    uint8_t bytes[CHECKPOINT_SIGNED_LEN + 1];
    slice_t slice = {(char *)bytes, CHECKPOINT_SIGNED_LEN};
    uint8_t id[32];
    uint8_t id_expected[32];

    checkpoint_sign(&checkpoint, key, bytes);
    ck_assert(checkpoint_verify(slice, public, network, &back, NULL));
    ck_assert_mem_eq(back.network, checkpoint.network, 32);
    ck_assert_mem_eq(back.root, checkpoint.root, 32);
    ck_assert_uint_eq(back.size, 77);
    ck_assert_uint_eq(back.epoch, 3);
    ck_assert_int_eq(back.time_ms, 1767225600000);
    ck_assert(checkpoint_decode(slice, &back, id, NULL));
    sign_key_id(public, id_expected);
    ck_assert_mem_eq(id, id_expected, 32);
    for (long bit = 0; bit < CHECKPOINT_SIGNED_LEN * 8; bit++) {
        struct fault fault = {0};
        bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
        ck_assert_msg(!checkpoint_verify(slice, public, network, &back, &fault), "bit %ld", bit);
        ck_assert_uint_gt(strlen(fault.text), 0);
        bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    slice.len--;
    ck_assert(!checkpoint_verify(slice, public, network, &back, NULL));
    slice.len += 2;
    ck_assert(!checkpoint_verify(slice, public, network, &back, NULL));
}
END_TEST

START_TEST(other_network_or_key)
{
    struct checkpoint checkpoint = of_size(1);
    struct checkpoint back;
    struct sign_key *other = sign_key_new();
    uint8_t bytes[CHECKPOINT_SIGNED_LEN];
    slice_t slice = {(char *)bytes, CHECKPOINT_SIGNED_LEN};
    uint8_t public_other[32];
    const uint8_t network_other[32] = {1};

    checkpoint_sign(&checkpoint, key, bytes);
    sign_key_public(other, public_other);
    ck_assert(!checkpoint_verify(slice, public_other, network, &back, NULL));
    ck_assert(!checkpoint_verify(slice, public, network_other, &back, NULL));
    sign_key_free(other);
}
END_TEST

START_TEST(newest_wins)
{
    bool damaged = true;

    ck_assert_int_eq(newest_size(&damaged), 0); /* no files */
    ck_assert(!damaged);
    write_sizes(0);
    ck_assert_int_eq(newest_size(&damaged), 0); /* empty files */
    ck_assert(!damaged);
    struct checkpoint_slots *slots = checkpoint_slots_open(folder, false, NULL);
    for (uint64_t size = 1; size <= 7; size++) {
        write_size(slots, size);
        ck_assert_int_eq(newest_size(&damaged), (int64_t)size);
        ck_assert(!damaged);
        if (size == 4) { /* and go on after a restart */
            checkpoint_slots_close(slots);
            slots = checkpoint_slots_open(folder, false, NULL);
            ck_assert_ptr_nonnull(slots);
        }
    }
    checkpoint_slots_close(slots);
}
END_TEST

START_TEST(one_damaged_slot)
{
    bool damaged = false;

    write_sizes(6); /* 5 in slot 1, 6 in slot 0 */
    for (long bit = 0; bit < SLOT_LEN * 8; bit += 5) {
        flip(0, bit);
        ck_assert_int_eq(newest_size(&damaged), 5);
        ck_assert(damaged);
        flip(0, bit);
        flip(1, bit);
        ck_assert_int_eq(newest_size(&damaged), 6);
        ck_assert(damaged);
        flip(1, bit);
    }
    ck_assert_int_eq(newest_size(&damaged), 6);
    ck_assert(!damaged);
    /* A write after damage goes over the damaged slot, never over the whole one. */
    flip(0, 100);
    struct checkpoint_slots *slots = checkpoint_slots_open(folder, false, NULL);
    write_size(slots, 8);
    checkpoint_slots_close(slots);
    ck_assert_int_eq(newest_size(&damaged), 8);
    ck_assert(!damaged);
    flip(0, 100);
    ck_assert_int_eq(newest_size(&damaged), 5);
}
END_TEST

START_TEST(both_damaged_refused)
{
    bool damaged;

    write_sizes(2);
    flip(0, 99);
    flip(1, 99);
    ck_assert_int_eq(newest_size(&damaged), -1);
    ck_assert_ptr_null(checkpoint_slots_open(folder, false, NULL));
    flip(1, 99);
    ck_assert_int_eq(newest_size(&damaged), 1);
    ck_assert_int_eq(unlink(slot_path(1)), 0);
    ck_assert_int_eq(newest_size(&damaged), -1); /* one damaged, one lost */
}
END_TEST

START_TEST(torn_at_each_length)
{
    bool damaged;

    for (off_t len = 0; len < SLOT_LEN; len++) {
        write_sizes(2);
        ck_assert_int_eq(newest_size(&damaged), 2);
        ck_assert_int_eq(truncate(slot_path(0), len), 0);
        ck_assert_int_eq(newest_size(&damaged), 1);
        ck_assert(damaged || len == 0); /* an empty file is as before the second write ever */
        ck_assert_int_eq(unlink(slot_path(0)), 0);
        ck_assert_int_eq(unlink(slot_path(1)), 0);
    }
}
END_TEST

START_TEST(lost_or_swapped_slots)
{
    bool damaged;
    char other[160];

    write_sizes(4);
    ck_assert_int_eq(unlink(slot_path(0)), 0);
    ck_assert_int_eq(newest_size(&damaged), 3);
    ck_assert(damaged);
    write_sizes(0); /* opening to write makes the file again */
    ck_assert_int_eq(access(slot_path(0), F_OK), 0);
    (void)snprintf(other, sizeof other, "%s", slot_path(0));
    ck_assert_int_eq(rename(slot_path(1), other), 0); /* 3 is not for slot 0 */
    ck_assert_int_eq(newest_size(&damaged), -1);
    ck_assert_ptr_null(checkpoint_slots_open("/nonexistent/folder", false, NULL));
}
END_TEST

START_TEST(failed_write_is_final)
{
    struct checkpoint_slots *slots;
    struct checkpoint checkpoint = of_size(9);
    uint8_t bytes[CHECKPOINT_SIGNED_LEN];
    struct fault fault = {0};

    write_sizes(2);
    checkpoint_sign(&checkpoint, key, bytes);
    slots = checkpoint_slots_open(folder, true, NULL); /* not open for writing: EBADF */
    ck_assert(!checkpoint_slots_write(slots, bytes, &fault));
    ck_assert_int_eq(fault.category, FAULT_IO);
    ck_assert(!checkpoint_slots_write(slots, bytes, &fault));
    ck_assert_ptr_nonnull(strstr(fault.text, "restart"));
    checkpoint_slots_close(slots);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("checkpoint");
    TCase *tests = tcase_create("checkpoint");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_checked_fixture(tests, set_up, tear_down);
    tcase_set_timeout(tests, 120);
    tcase_add_test(tests, sign_and_verify);
    tcase_add_test(tests, other_network_or_key);
    tcase_add_test(tests, newest_wins);
    tcase_add_test(tests, one_damaged_slot);
    tcase_add_test(tests, both_damaged_refused);
    tcase_add_test(tests, torn_at_each_length);
    tcase_add_test(tests, lost_or_swapped_slots);
    tcase_add_test(tests, failed_write_is_final);
    suite_add_tcase(suite, tests);
    srunner_run_all(runner, CK_NORMAL);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
