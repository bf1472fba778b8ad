#include "clearing/base/bytes.h"

#include <check.h>
#include <string.h>

#define COUNT(list) ((int)(sizeof(list) / sizeof *(list)))

static struct reader reader_of(const void *bytes, size_t len)
{
    return (struct reader){bytes, len, 0, false};
}

/* --- varints --- */

static const struct {
    const char *bytes;
    size_t len;
} bad_varints[] = {
    {"", 0},
    {"\x80", 1},
    {"\xff\xff\xff", 3},
    {"\x80\x00", 2}, /* 0 in two bytes */
    {"\x81\x00", 2}, /* 1 in two bytes */
    {"\xff\xff\x00", 3},
    {"\x80\x80\x80\x80\x80\x80\x80\x80\x80\x00", 10},
    {"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02", 10}, /* 2^64 and more */
    {"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x7f", 10},
    {"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x81\x00", 11},
    {"\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01", 11},
};

START_TEST(varint_refuses)
{
    struct reader reader = reader_of(bad_varints[_i].bytes, bad_varints[_i].len);

    ck_assert_uint_eq(read_varint(&reader), 0);
    ck_assert(reader.bad);
    ck_assert(!reader_done(&reader));
}
END_TEST

static const struct {
    uint64_t value;
    size_t len;
} varints[] = {
    {0, 1},           {1, 1},
    {0x7f, 1},        {0x80, 2},
    {0x3fff, 2},      {0x4000, 3},
    {UINT32_MAX, 5},  {(1ULL << 56) - 1, 8},
    {1ULL << 56, 9},  {(1ULL << 63) - 1, 9},
    {1ULL << 63, 10}, {UINT64_MAX, 10},
};

START_TEST(varint_round_trip)
{
    uint8_t bytes[10];
    struct writer writer = {bytes, 0, sizeof bytes, false};

    write_varint(&writer, varints[_i].value);
    ck_assert(!writer.full);
    ck_assert_uint_eq(writer.len, varints[_i].len);
    struct reader reader = reader_of(bytes, writer.len);
    ck_assert_uint_eq(read_varint(&reader), varints[_i].value);
    ck_assert(reader_done(&reader));
    for (size_t len = 0; len < varints[_i].len; len++) {
        reader = reader_of(bytes, len);
        ck_assert_uint_eq(read_varint(&reader), 0);
        ck_assert(reader.bad);
        writer = (struct writer){bytes, 0, len, false};
        write_varint(&writer, varints[_i].value);
        ck_assert(writer.full);
        ck_assert_uint_eq(writer.len, 0); /* nothing is written by halves */
    }
}
END_TEST

/* Of all strings of two bytes exactly the canonical ones are read, and back to themselves. */
START_TEST(varint_has_one_form)
{
    for (unsigned pair = 0; pair < 65536; pair++) {
        uint8_t bytes[2] = {(uint8_t)pair, (uint8_t)(pair >> 8)};
        uint8_t again[2];
        struct reader reader = reader_of(bytes, sizeof bytes);
        struct writer writer = {again, 0, sizeof again, false};
        uint64_t value = read_varint(&reader);
        if (reader.bad) {
            ck_assert(bytes[0] >= 0x80 && (bytes[1] >= 0x80 || bytes[1] == 0));
            continue;
        }
        write_varint(&writer, value);
        ck_assert_uint_eq(writer.len, reader.at);
        ck_assert_mem_eq(again, bytes, writer.len);
    }
}
END_TEST

START_TEST(varint_max_is_inclusive)
{
    struct reader reader = reader_of("\x7f\x7f\x80\x01", 4);

    ck_assert_uint_eq(read_varint_max(&reader, 127), 127);
    ck_assert_uint_eq(read_varint_max(&reader, 126), 0);
    ck_assert(reader.bad);
    ck_assert_uint_eq(read_varint_max(&reader, UINT64_MAX), 0); /* the fault sticks */
    reader = reader_of("\0", 1);
    ck_assert_uint_eq(read_varint_max(&reader, 0), 0);
    ck_assert(reader_done(&reader));
}
END_TEST

/* --- signed --- */

static const struct {
    int64_t value;
    size_t len;
} signeds[] = {
    {0, 1}, {-1, 1}, {1, 1}, {63, 1}, {-64, 1}, {64, 2}, {-65, 2}, {INT64_MAX, 10}, {INT64_MIN, 10},
};

START_TEST(signed_round_trip)
{
    uint8_t bytes[10];
    struct writer writer = {bytes, 0, sizeof bytes, false};

    write_signed(&writer, signeds[_i].value);
    ck_assert_uint_eq(writer.len, signeds[_i].len);
    struct reader reader = reader_of(bytes, writer.len);
    ck_assert_int_eq(read_signed(&reader), signeds[_i].value);
    ck_assert(reader_done(&reader));
}
END_TEST

/* --- slices --- */

START_TEST(slice_refuses)
{
    struct reader reader = reader_of("\x03"
                                     "ab",
                                     3); /* one byte short */
    slice_t slice = read_slice(&reader);

    ck_assert(reader.bad && slice.text == NULL && slice.len == 0);
    /* a length near 2^64 must not wrap around the end */
    reader = reader_of("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"
                       "ab",
                       12);
    slice = read_slice(&reader);
    ck_assert(reader.bad && slice.text == NULL && slice.len == 0);
    reader = reader_of("\x80\x80\x80\x80\x10"
                       "ab",
                       7); /* 2^32 */
    slice = read_slice(&reader);
    ck_assert(reader.bad && slice.len == 0);
    reader = reader_of("", 0);
    slice = read_slice(&reader);
    ck_assert(reader.bad && slice.len == 0);
}
END_TEST

START_TEST(slice_round_trip)
{
    uint8_t bytes[200];
    struct writer writer = {bytes, 0, sizeof bytes, false};
    char text[130];

    memset(text, 'x', sizeof text);
    write_slice(&writer, (slice_t){NULL, 0});
    write_slice(&writer, (slice_t){"a\0b", 3});
    write_slice(&writer, (slice_t){text, sizeof text});
    ck_assert(!writer.full);
    ck_assert_uint_eq(writer.len, 1 + 4 + 2 + sizeof text);
    struct reader reader = reader_of(bytes, writer.len);
    ck_assert_uint_eq(read_slice(&reader).len, 0);
    slice_t slice = read_slice(&reader);
    ck_assert(slice_equal(slice, (slice_t){"a\0b", 3}));
    ck_assert_ptr_eq(slice.text, bytes + 2); /* into the reader's bytes */
    ck_assert(slice_equal(read_slice(&reader), (slice_t){text, sizeof text}));
    ck_assert(reader_done(&reader));
}
END_TEST

/* --- sticking --- */

START_TEST(a_full_writer_stays_full)
{
    uint8_t bytes[4] = {9, 9, 9, 9};
    struct writer writer = {bytes, 0, 3, false};

    write_bytes(&writer, "ab", 2);
    write_bytes(&writer, "cd", 2);
    ck_assert(writer.full);
    write_u8(&writer, 1); /* there would be room for it */
    write_varint(&writer, 1);
    write_signed(&writer, 1);
    write_slice(&writer, slice_of("e"));
    write_bytes(&writer, NULL, 0);
    ck_assert(writer.full);
    ck_assert_uint_eq(writer.len, 2);
    ck_assert_mem_eq(bytes, "ab\x09\x09", 4);
}
END_TEST

START_TEST(a_writer_fills_to_the_last_byte)
{
    uint8_t bytes[3] = {9, 9, 9};
    struct writer writer = {bytes, 0, 2, false};

    write_u8(&writer, 1);
    write_u8(&writer, 255);
    write_bytes(&writer, NULL, 0);
    ck_assert(!writer.full);
    write_u8(&writer, 7);
    ck_assert(writer.full);
    ck_assert_uint_eq(writer.len, 2);
    ck_assert_mem_eq(bytes, "\x01\xff\x09", 3);
    writer = (struct writer){NULL, 0, 0, false};
    write_bytes(&writer, NULL, 0);
    ck_assert(!writer.full);
    write_slice(&writer, slice_of(""));
    ck_assert(writer.full);
}
END_TEST

START_TEST(a_bad_reader_stays_bad)
{
    struct reader reader = reader_of("\x05\x07\x01z", 4);

    ck_assert_uint_eq(read_u8(&reader), 5);
    ck_assert_uint_eq(read_varint_max(&reader, 6), 0);
    ck_assert(reader.bad);
    ck_assert_uint_eq(read_u8(&reader), 0);
    ck_assert_uint_eq(read_varint(&reader), 0);
    ck_assert_int_eq(read_signed(&reader), 0);
    ck_assert_uint_eq(read_slice(&reader).len, 0);
    reader.at = reader.len;
    ck_assert(!reader_done(&reader));
}
END_TEST

START_TEST(a_reader_ends_at_the_end)
{
    struct reader reader = reader_of("\x05", 1);

    ck_assert(!reader_done(&reader));
    ck_assert_uint_eq(read_u8(&reader), 5);
    ck_assert(reader_done(&reader));
    ck_assert_uint_eq(read_u8(&reader), 0);
    ck_assert(reader.bad && !reader_done(&reader));
    reader = reader_of(NULL, 0);
    ck_assert(reader_done(&reader));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("bytes");
    TCase *tcase = tcase_create("bytes");

    tcase_add_loop_test(tcase, varint_refuses, 0, COUNT(bad_varints));
    tcase_add_loop_test(tcase, varint_round_trip, 0, COUNT(varints));
    tcase_add_test(tcase, varint_has_one_form);
    tcase_add_test(tcase, varint_max_is_inclusive);
    tcase_add_loop_test(tcase, signed_round_trip, 0, COUNT(signeds));
    tcase_add_test(tcase, slice_refuses);
    tcase_add_test(tcase, slice_round_trip);
    tcase_add_test(tcase, a_full_writer_stays_full);
    tcase_add_test(tcase, a_writer_fills_to_the_last_byte);
    tcase_add_test(tcase, a_bad_reader_stays_bad);
    tcase_add_test(tcase, a_reader_ends_at_the_end);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
