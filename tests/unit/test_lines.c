/* Lines: what is a bad line, key by key, then the way to and fro. */
#include "tools/lines/lines.h"

#include <check.h>
#include <stdlib.h>

#include "proto/codec/encode.h"
#include "random_event.h"

#define ROUND_TRIPS 20000
#define MUTANTS     100000

static struct lines lines;
static struct event event;
static char reason[LINES_REASON_LEN];

static bool parse(const char *line)
{
    memset(reason, 0, sizeof reason);
    return lines_parse(&lines, line, strlen(line), &event, reason);
}

#define AT   "\"at\":\"2026-03-01T10:40:00+08:00\""
#define HEAD "\"terminal\":\"1\",\"number\":412," AT ",\"member\":\"62\""
#define CASH "{\"with\":\"cash\",\"amount_fen\":5}"

/* One good line a type, with every key that the type has. */
static const char *const full[] = {
    "{\"type\":\"enrol\"," HEAD ",\"receipt\":\"r\",\"channel\":\"pos\",\"operator\":\"o1\","
    "\"ask\":true,\"referrer\":\"63\"}",
    "{\"type\":\"topup\"," HEAD ",\"product\":\"card\",\"principal_fen\":50000,"
    "\"bonus_fen\":10000,\"offer\":\"500-100\",\"pay\":[{\"with\":\"wechat\",\"amount_fen\":50000,"
    "\"scheme\":\"w\"}],\"card_kind\":\"named\",\"earn\":[{\"product\":\"points\",\"points\":5,"
    "\"campaign\":\"c\"}]}",
    "{\"type\":\"sale\"," HEAD ",\"gross_fen\":100,\"discounts\":[{\"rule\":\"d\","
    "\"amount_fen\":5}],\"pay\":[{\"with\":\"stored_value\",\"product\":\"card\",\"amount_fen\":10}"
    ","
    "{\"with\":\"points\",\"product\":\"points\",\"points\":7,\"amount_fen\":1,\"item\":\"mug\"},"
    "{\"with\":\"pack\",\"pack\":\"p1\",\"uses\":1},{\"with\":\"cash\",\"amount_fen\":1},"
    "{\"with\":\"card\",\"amount_fen\":1},{\"with\":\"wechat\",\"amount_fen\":1},"
    "{\"with\":\"alipay\",\"amount_fen\":1},{\"with\":\"other\",\"amount_fen\":1}],"
    "\"earn\":[{\"product\":\"points\",\"points\":5}],\"lines\":[{\"category\":\"food\","
    "\"amount_fen\":100}]}",
    "{\"type\":\"refund\"," HEAD
    ",\"of\":\"A:1:7\",\"amount_fen\":5,\"back\":[{\"with\":\"points\","
    "\"product\":\"points\",\"points\":7,\"amount_fen\":5}]}",
    "{\"type\":\"void\"," HEAD ",\"of\":\"A:1:7\"}",
    "{\"type\":\"pack_sale\"," HEAD ",\"product\":\"wash\",\"pack\":\"p1\",\"price_fen\":10000,"
    "\"uses\":10,\"pay\":[" CASH "]}",
    "{\"type\":\"cashout\"," HEAD ",\"product\":\"card\",\"amount_fen\":5}",
    "{\"type\":\"points_grant\"," HEAD ",\"product\":\"points\",\"points\":5,"
    "\"reason\":\"\xe7\x94\x9f\xe6\x97\xa5\",\"campaign\":\"c\"}",
};
#define FULL_COUNT (sizeof full / sizeof full[0])

static void print(char *out, size_t size)
{
    FILE *file = fmemopen(out, size, "w");

    ck_assert_ptr_nonnull(file);
    lines_print(&event, 480, file);
    ck_assert_int_eq(fclose(file), 0);
}

/* The printer's order is the order above, so printing a full line gives it back. */
START_TEST(test_full)
{
    static char out[LINES_LEN_MAX];

    for (size_t i = 0; i < FULL_COUNT; i++) {
        ck_assert_msg(parse(full[i]), "%s: %s", full[i], reason);
        print(out, sizeof out);
        ck_assert_str_eq(out, full[i]);
    }
}
END_TEST

/* Swap `from` for `to` in a line. */
static void replaced(const char *line, const char *from, const char *to, char *out)
{
    const char *at = strstr(line, from);

    ck_assert_msg(at != NULL, "%s is not in %s", from, line);
    sprintf(out, "%.*s%s%s", (int)(at - line), line, to, at + strlen(from));
}

static const struct {
    int type; /* of `full` */
    const char *from;
    const char *to;
    const char *says; /* how the reason begins */
} bad[] = {
    {0, "\"type\":\"enrol\",", "", "type: missing"},
    {0, "\"enrol\"", "\"enroll\"", "type: unknown: enroll"},
    {0, "\"enrol\"", "7", "type: not a string"},
    {0, "\"enrol\"", "\"coupon_issue\"", "type: coupon_issue is not built yet"},
    {0, "\"enrol\"", "\"benefit\"", "type: benefit is not built yet"},
    {0, "\"terminal\":\"1\",", "", "terminal: missing"},
    {0, "\"terminal\":\"1\"", "\"terminal\":1", "terminal: not a string"},
    {0, "\"terminal\":\"1\"", "\"terminal\":\"\"", "terminal: not a code"},
    {0, "\"terminal\":\"1\"", "\"terminal\":\"a b\"", "terminal: not a code"},
    {0, "\"terminal\":\"1\"", "\"terminal\":\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"",
     "terminal: not a code"},
    {0, "412", "0", "number: not in"},
    {0, "412", "-1", "number: not in"},
    {0, "412", "9007199254740992", "number: not in"},
    {0, "412", "99999999999999999999", "line: not JSON: too big"},
    {0, "412", "412.0", "number: a number with a fraction"},
    {0, "412", "4e2", "number: a number with a fraction"},
    {0, "412", "\"412\"", "number: not an integer"},
    {0, "412", "null", "number: not an integer"},
    {4, "\"number\":412,", "", "number: missing"},
    {0, AT ",", "", "at: missing"},
    {0, "+08:00", "", "at: not a time"},
    {0, "2026-03-01T10", "2026-02-29T10", "at: not a time"},
    {0, "10:40:00", "10:40:60", "at: not a time"},
    {0, "10:40:00", "10:40:00.1234", "at: not a time"},
    {0, "2026-03-01T10:40:00+08:00", "9999-12-31T10:40:00+08:00", "at: not a time"},
    {0, "2026-03-01T10:40:00+08:00", "1970-01-01T08:00:00+08:00", "at: not a time"},
    {0, "\"2026-03-01T10:40:00+08:00\"", "1772332800000", "at: not a string"},
    {0, "\"62\"", "62", "member: not a string"},
    {0, "\"62\"", "\"062\"", "member: not 1-19 digits"},
    {0, "\"62\"", "\"\"", "member: not 1-19 digits"},
    {0, "\"62\"", "\"12345678901234567890\"", "member: not 1-19 digits"},
    {0, "\"62\"", "\"6a\"", "member: not 1-19 digits"},
    {0, ",\"member\":\"62\"", "", "member: missing"},
    {0, "\"r\"", "\"\"", "receipt: not of 1 to 64"},
    {0, "\"r\"",
     "\""
     "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"",
     "receipt: not of 1 to 64"},
    {0, "\"r\"", "\"a\\tb\"", "receipt: has characters"},
    {0, "\"r\"", "\"a\\u202eb\"", "receipt: has characters"},
    {0, "\"r\"", "\"a\\u0000b\"", "line: not JSON"},
    {0, "\"r\"", "[]", "receipt: not a string"},
    {0, "\"pos\"", "\"fax\"", "channel: unknown: fax"},
    {0, "\"pos\"", "1", "channel: not a string"},
    {0, "\"o1\"", "\"-o\"", "operator: not a code"},
    {0, "true", "1", "ask: not true or false"},
    {0, "true", "\"true\"", "ask: not true or false"},
    {0, "\"63\"", "63", "referrer: not a string"},
    {0, "\"63\"", "\"0\"", "referrer: not 1-19"},
    {0, "\"referrer\":\"63\"", "\"product\":\"card\"", "product: unknown key"},
    {0, "\"referrer\":\"63\"", "\"Referrer\":\"63\"", "Referrer: unknown key"},
    {0, "\"referrer\":\"63\"", "\"ask\":true", "line: not JSON: duplicate object key"},
    {0, "\"referrer\":\"63\"", "\"\\u0061sk\":true", "line: not JSON: duplicate object key"},
    {0, "}", "} {}", "line: not JSON"},
    {0, "}", "", "line: not JSON"},
    {0, "}", ",}", "line: not JSON"},
    {1, "\"product\":\"card\",", "", "product: missing"},
    {1, "\"principal_fen\":50000,", "", "principal_fen: missing"},
    {1, "50000", "500.00", "principal_fen: a number with a fraction"},
    {1, "50000", "\"50000\"", "principal_fen: not an integer"},
    {1, "10000", "1e4", "bonus_fen: a number with a fraction"},
    {1, "10000", "null", "bonus_fen: not an integer"},
    {1, "\"500-100\"", "\"5:1\"", "offer: not a code"},
    {1, "\"wechat\",\"amount_fen\":50000,\"scheme\":\"w\"",
     "\"stored_value\",\"product\":\"card\",\"amount_fen\":5", "pay: only tenders"},
    {1, "\"scheme\":\"w\"", "\"scheme\":\"\"", "pay[0].scheme: not of 1 to 32"},
    {1, "\"scheme\":\"w\"", "\"scheme\":7", "pay[0].scheme: not a string"},
    {1, "\"scheme\":\"w\"", "\"product\":\"w\"", "pay[0].product: unknown key"},
    {1, "\"named\"", "\"gold\"", "card_kind: unknown: gold"},
    {1, "\"points\":5", "\"points\":5.5", "earn[0].points: a number with a fraction"},
    {1, "\"product\":\"points\",\"points\":5", "\"points\":5", "earn[0].product: missing"},
    {1, "\"points\":5,", "", "earn[0].points: missing"},
    {1, "\"campaign\":\"c\"", "\"campaign\":\"\"", "earn[0].campaign: not a code"},
    {1, "\"campaign\":\"c\"", "\"funder\":\"c\"", "earn[0].funder: unknown key"},
    {2, "\"gross_fen\":100,", "", "gross_fen: missing"},
    {2, "\"gross_fen\":100", "\"gross_fen\":\"1.00\"", "gross_fen: not an integer"},
    {2, "\"discounts\":[{", "\"discounts\":{\"a\":[{", "line: not JSON"},
    {2, "\"rule\":\"d\",", "", "discounts[0].rule: missing"},
    {2, "\"rule\":\"d\"", "\"rule\":\"d/\"", "discounts[0].rule: not a code"},
    {2, "\"amount_fen\":5}", "\"amount_fen\":5,\"who\":\"HQ\"}", "discounts[0].who: unknown key"},
    {2, "\"with\":\"stored_value\",", "", "pay[0].with: missing"},
    {2, "\"stored_value\"", "\"coupon\"", "pay[0].with: coupon is not built yet"},
    {2, "\"stored_value\"", "\"gold\"", "pay[0].with: unknown: gold"},
    {2, "\"stored_value\"", "3", "pay[0].with: not a string"},
    {2, "\"product\":\"card\",", "", "pay[0].product: missing"},
    {2, "\"amount_fen\":10", "\"amount_fen\":10,\"points\":1", "pay[0].points: unknown key"},
    {2, ",\"amount_fen\":10", "", "pay[0].amount_fen: missing"},
    {2, "\"points\":7,", "", "pay[1].points: missing"},
    {2, ",\"amount_fen\":1,\"item\"", ",\"item\"", "pay[1].amount_fen: missing"},
    {2, "\"mug\"", "\"m u g\"", "pay[1].item: not a code"},
    {2, "\"pack\":\"p1\",", "", "pay[2].pack: missing"},
    {2, "\"uses\":1", "\"uses\":1,\"amount_fen\":1", "pay[2].amount_fen: unknown key"},
    {2, ",\"uses\":1", "", "pay[2].uses: missing"},
    {2, "\"cash\",\"amount_fen\":1", "\"cash\",\"uses\":1", "pay[3].uses: unknown key"},
    {2, "{\"with\":\"cash\",\"amount_fen\":1}", "7", "pay[3]: not an object"},
    {2, "{\"category\":\"food\",\"amount_fen\":100}", "[]", "lines[0]: not an object"},
    {2, "\"category\":\"food\",", "", "lines[0].category: missing"},
    {2, "\"lines\"", "\"items\"", "items: unknown key"},
    {3, "\"A:1:7\"", "\"A:1\"", "of: not store:terminal:number"},
    {3, "\"A:1:7\"", "\"A:1:7:8\"", "of: not store:terminal:number"},
    {3, "\"A:1:7\"", "\"A:1:07\"", "of: not store:terminal:number"},
    {3, "\"A:1:7\"", "\"A:1:0\"", "of: not store:terminal:number"},
    {3, "\"A:1:7\"", "\"A:1:9007199254740992\"", "of: not store:terminal:number"},
    {3, "\"A:1:7\"", "\"A::7\"", "of: not store:terminal:number"},
    {3, "\"A:1:7\"", "\":1:7\"", "of: not store:terminal:number"},
    {3, "\"A:1:7\"", "\"A:1:\"", "of: not store:terminal:number"},
    {3, "\"A:1:7\"", "{\"store\":\"A\"}", "of: not a string"},
    {3, "\"amount_fen\":5,", "", "amount_fen: missing"},
    {3, "\"points\":7", "\"points\":7,\"back\":1", "back[0].back: unknown key"},
    {3, "\"product\":\"points\",", "", "back[0].product: missing"},
    {3, "\"back\":[", "\"back\":\"x\",\"z\":[", "z: unknown key"},
    {4, ",\"of\":\"A:1:7\"", "", "of: missing"},
    {4, "\"of\":\"A:1:7\"", "\"of\":\"A:1:7\",\"amount_fen\":5", "amount_fen: unknown key"},
    {5, "\"product\":\"wash\",", "", "product: missing"},
    {5, "\"pack\":\"p1\",", "", "pack: missing"},
    {5, "\"price_fen\":10000,", "", "price_fen: missing"},
    {5, "\"uses\":10,", "", "uses: missing"},
    {5, "\"uses\":10", "\"uses\":true", "uses: not an integer"},
    {5, "\"pay\":[" CASH "]", "\"pay\":{}", "pay: not a list"},
    {6, "\"product\":\"card\",", "", "product: missing"},
    {6, ",\"amount_fen\":5", "", "amount_fen: missing"},
    {6, "\"amount_fen\"", "\"Amount_fen\"", "Amount_fen: unknown key"},
    {7, "\"product\":\"points\",", "", "product: missing"},
    {7, "\"points\":5,", "", "points: missing"},
    {7, "\"reason\":\"\xe7\x94\x9f\xe6\x97\xa5\",", "", "reason: missing"},
    {7, "\xe7\x94\x9f", "\xe7\x94", "line: not JSON"},
    {7, "\"campaign\":\"c\"", "\"campaign\":null", "campaign: not a string"},
};

START_TEST(test_bad)
{
    static char line[4096];

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        replaced(full[bad[i].type], bad[i].from, bad[i].to, line);
        ck_assert_msg(!parse(line), "accepted: %s", line);
        ck_assert_msg(strncmp(reason, bad[i].says, strlen(bad[i].says)) == 0,
                      "%s\n  said: %s\n  expected: %s", line, reason, bad[i].says);
        ck_assert_uint_lt(strlen(reason), LINES_REASON_LEN);
    }
}
END_TEST

/* Every key of every type, taken out or renamed: never accepted with another meaning in silence. */
START_TEST(test_no_key_is_ignored)
{
    static char line[4096];

    for (size_t i = 0; i < FULL_COUNT; i++) {
        for (const char *at = strstr(full[i], "\":"); at != NULL; at = strstr(at + 1, "\":")) {
            /* an x at the end of the key's name */
            sprintf(line, "%.*sx%s", (int)(at - full[i]), full[i], at);
            ck_assert_msg(!parse(line), "accepted: %s", line);
        }
    }
}
END_TEST

START_TEST(test_other_lines)
{
    static char line[LINES_LEN_MAX + 2];

    ck_assert(!parse(""));
    ck_assert(!parse("[]"));
    ck_assert_str_eq(reason, "line: not a JSON object");
    ck_assert(!parse("null"));
    ck_assert(!parse("{}"));
    ck_assert(!parse("\"type\""));
    memset(line, ' ', sizeof line);
    memcpy(line, full[4], strlen(full[4]));
    ck_assert(lines_parse(&lines, line, LINES_LEN_MAX, &event, reason));
    ck_assert(!lines_parse(&lines, line, LINES_LEN_MAX + 1, &event, reason));
    memset(line, '[', sizeof line);
    ck_assert(!lines_parse(&lines, line, LINES_LEN_MAX, &event, reason));
    /* what a line says must not steer a terminal */
    ck_assert(!parse("{\"type\":\"x\\u001b[31m\"}"));
    ck_assert_str_eq(reason, "type: unknown: x?[31m");
    ck_assert(!parse("{\"type\":\"void\",\"\xe9\x87\x91\":1}"));
    ck_assert_str_eq(reason, "\xe9\x87\x91: unknown key");
}
END_TEST

START_TEST(test_counts)
{
    static char line[8192];

    for (int n = 31; n <= 33; n++) {
        char *at = line + sprintf(line, "{\"type\":\"sale\"," HEAD ",\"gross_fen\":1,\"pay\":[");
        for (int i = 0; i < n; i++) {
            at += sprintf(at, "%s" CASH, i == 0 ? "" : ",");
        }
        sprintf(at, "]}");
        ck_assert_msg(parse(line) == (n <= PAY_LINES_MAX), "%d: %s", n, reason);
    }
    ck_assert_str_eq(reason, "pay: more than 32 entries");
}
END_TEST

/* An empty list is none. A sale says `pay` even so: one that is wholly discounted pays nothing. */
START_TEST(test_empty_lists)
{
    ck_assert(parse("{\"type\":\"sale\"," HEAD ",\"gross_fen\":0,\"pay\":[]}"));
    ck_assert_uint_eq(event.pay_count, 0);
    ck_assert(!parse("{\"type\":\"sale\"," HEAD ",\"gross_fen\":0}"));
    ck_assert_str_eq(reason, "pay: missing");
    ck_assert(parse("{\"type\":\"pack_sale\"," HEAD ",\"product\":\"w\",\"pack\":\"p\","
                    "\"price_fen\":1,\"uses\":1,\"pay\":[]}"));
    ck_assert_uint_eq(event.pay_count, 0);
    ck_assert(!parse("{\"type\":\"refund\"," HEAD ",\"amount_fen\":1,\"back\":[]}"));
    ck_assert(strncmp(reason, "back: needed", 12) == 0);
}
END_TEST

/* Without a number the receipt names the event; everything else is still checked. */
START_TEST(test_no_number)
{
    ck_assert(parse("{\"type\":\"enrol\",\"terminal\":\"1\"," AT ",\"member\":\"1\","
                    "\"receipt\":\"K-7\"}"));
    ck_assert_uint_eq(event.number, 0);
    ck_assert(slice_equal(event.receipt, slice_of("K-7")));
    ck_assert(!parse("{\"type\":\"enrol\",\"terminal\":\"1\"," AT ",\"member\":\"1\"}"));
    ck_assert(!parse("{\"type\":\"enrol\",\"terminal\":\"1\"," AT ",\"receipt\":\"K-7\"}"));
    ck_assert_str_eq(reason, "member: missing");
}
END_TEST

/* Amounts out of range are an outcome, not a bad line. */
START_TEST(test_amounts)
{
    ck_assert(parse("{\"type\":\"cashout\"," HEAD ",\"product\":\"c\",\"amount_fen\":-5}"));
    ck_assert_int_eq(event.amount_fen, -5);
    ck_assert(parse("{\"type\":\"cashout\"," HEAD ",\"product\":\"c\","
                    "\"amount_fen\":9223372036854775807}"));
    ck_assert(event.amount_fen == INT64_MAX);
    ck_assert(parse("{\"type\":\"cashout\"," HEAD ",\"product\":\"c\",\"amount_fen\":0}"));
    ck_assert(!parse("{\"type\":\"cashout\"," HEAD ",\"product\":\"c\","
                     "\"amount_fen\":9223372036854775808}"));
}
END_TEST

/* Equal objects give equal bytes. */
START_TEST(test_canonical)
{
    static const char *const same[] = {
        "{\"type\":\"sale\"," HEAD ",\"gross_fen\":5,\"pay\":[" CASH "]}",
        "{\"pay\":[{\"amount_fen\":5,\"with\":\"cash\"}],\"gross_fen\":5," HEAD
        ",\"type\":\"sale\"}",
        " { \"type\" : \"sale\" , " HEAD ", \"gross_fen\":5, \"pay\":[" CASH "], \"earn\":[],"
        "\"discounts\":[],\"lines\":[],\"ask\":false } ",
        "{\"type\":\"s\\u0061le\"," HEAD ",\"gross_fen\":5,\"p\\u0061y\":[" CASH "]}",
        "{\"type\":\"sale\",\"terminal\":\"1\",\"number\":412,\"at\":\"2026-03-01T02:40:00.000Z\","
        "\"member\":\"62\",\"gross_fen\":5,\"pay\":[" CASH "]}",
    };
    uint8_t first[EVENT_BYTES_MAX];
    uint8_t bytes[EVENT_BYTES_MAX];
    size_t first_len = 0;

    for (size_t i = 0; i < sizeof same / sizeof same[0]; i++) {
        ck_assert_msg(parse(same[i]), "%s: %s", same[i], reason);
        size_t len = encode_event(&event, bytes, sizeof bytes);
        if (i == 0) {
            first_len = len;
            memcpy(first, bytes, len);
        }
        ck_assert_uint_eq(len, first_len);
        ck_assert_mem_eq(bytes, first, len);
    }
}
END_TEST

START_TEST(test_round_trip)
{
    static struct random rng = {.state = 4};
    static struct event made;
    static char out[LINES_LEN_MAX];

    for (int i = 0; i < ROUND_TRIPS; i++) {
        random_event(&rng, &made);
        event = made;
        print(out, sizeof out);
        ck_assert_msg(parse(out), "%s: %s", out, reason);
        const char *difference = event_difference(&event, &made);
        ck_assert_msg(difference == NULL, "%s: %s", out, difference);
    }
}
END_TEST

/* Damaged lines: never a crash, and whatever is accepted is an event. */
START_TEST(test_mutants)
{
    static struct random rng = {.state = 5};
    static char line[8192];
    uint32_t accepted = 0;

    for (uint32_t i = 0; i < MUTANTS; i++) {
        const char *from = full[random_below(&rng, FULL_COUNT)];
        size_t len = strlen(from);
        memcpy(line, from, len);
        for (uint32_t k = 1 + random_below(&rng, 2); k > 0; k--) {
            static const char signs[] = "{}[]\",:0129-+.eE\\u tfn_aZ\xff\x01";
            size_t at = random_below(&rng, (uint32_t)len);
            size_t span = random_below(&rng, 3);
            span = at + span > len ? 0 : span;
            memmove(line + at + 1, line + at + span, len - at - span);
            line[at] = signs[random_below(&rng, sizeof signs)];
            len = len + 1 - span;
        }
        if (lines_parse(&lines, line, len, &event, reason)) {
            ck_assert(event.number != 0 || event.receipt.len != 0);
            event.number = event.number == 0 ? 1 : event.number;
            ck_assert_ptr_null(policy_fault(&event));
            accepted++;
        } else {
            ck_assert_uint_gt(strnlen(reason, sizeof reason), 3);
            ck_assert_uint_lt(strnlen(reason, sizeof reason), sizeof reason);
        }
    }
    ck_assert_uint_gt(accepted, MUTANTS / 100);
    ck_assert_uint_lt(accepted, MUTANTS / 2);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("lines");
    TCase *tests = tcase_create("lines");

    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, test_full);
    tcase_add_test(tests, test_bad);
    tcase_add_test(tests, test_no_key_is_ignored);
    tcase_add_test(tests, test_other_lines);
    tcase_add_test(tests, test_counts);
    tcase_add_test(tests, test_empty_lists);
    tcase_add_test(tests, test_no_number);
    tcase_add_test(tests, test_amounts);
    tcase_add_test(tests, test_canonical);
    tcase_add_test(tests, test_round_trip);
    tcase_add_test(tests, test_mutants);
    suite_add_tcase(suite, tests);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    lines_deinit(&lines);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
