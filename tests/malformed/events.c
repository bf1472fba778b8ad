/* Batches that are in order and signed by the right key, with one event that breaks the contract of
 * events: protobuf reads them all, and the ledger must take none. */
#include <stdio.h>

#include "tests/malformed/hostile.h"

/* An event's fields before the oneof, in wire form. */
#define TERMINAL                                                                                   \
    "\x0a\x01"                                                                                     \
    "9"
#define NUMBER "\x10\x05"
#define AT     "\x18\x80\xbd\xe6\xb8\xca\x33"
#define MEMBER "\x20\x11"
#define HEAD   TERMINAL NUMBER AT
#define FULL   HEAD MEMBER

/* What follows: bytes of a sale, a top-up, ... */
#define CASH      "\x1a\x05\x08\x05\x30\xf8\x0a"
#define SALE_CASH "\x08\xf8\x0a" CASH

#define FROM(bytes) (bytes), (uint32_t)(sizeof(bytes) - 1)

enum what { ENROL = 16, TOPUP, SALE, REFUND, VOID, PACK_SALE, CASHOUT, GRANT };

struct made {
    const char *name;
    const char *head;
    uint32_t head_len;
    uint32_t what;
    const char *bytes;
    uint32_t len;
    uint32_t repeat; /* of the last field, of `unit` bytes */
    uint32_t unit;
};

static const struct made list[] = {
    {"no terminal", FROM(NUMBER AT), SALE, FROM(SALE_CASH), 0, 0},
    {"a terminal that is no code", FROM("\x0a\x01-" NUMBER AT), SALE, FROM(SALE_CASH), 0, 0},
    {"a terminal with a space",
     FROM("\x0a\x03"
          "a b" NUMBER AT),
     SALE, FROM(SALE_CASH), 0, 0},
    {"a terminal in Latin-1", FROM("\x0a\x01\xe9" NUMBER AT), SALE, FROM(SALE_CASH), 0, 0},
    {"a terminal of 33 letters",
     FROM("\x0a\x21"
          "abcdefghijklmnopqrstuvwxyzabcdefg" NUMBER AT),
     SALE, FROM(SALE_CASH), 0, 0},
    {"no number", FROM(TERMINAL AT), SALE, FROM(SALE_CASH), 0, 0},
    {"number 2^53", FROM(TERMINAL "\x10\x80\x80\x80\x80\x80\x80\x80\x10" AT), SALE, FROM(SALE_CASH),
     0, 0},
    {"number 2^64-1", FROM(TERMINAL "\x10\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01" AT), SALE,
     FROM(SALE_CASH), 0, 0},
    {"no time", FROM(TERMINAL NUMBER), SALE, FROM(SALE_CASH), 0, 0},
    {"a time after year 9999", FROM(TERMINAL NUMBER "\x18\x80\x80\xe6\xe7\xfc\xce\x39"), SALE,
     FROM(SALE_CASH), 0, 0},
    {"a time of 2^64-1", FROM(TERMINAL NUMBER "\x18\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"), SALE,
     FROM(SALE_CASH), 0, 0},
    {"a member of 20 digits", FROM(HEAD "\x20\x80\x80\xa0\xcf\xc8\xe0\xc8\xe3\x8a\x01"), SALE,
     FROM(SALE_CASH), 0, 0},
    {"a receipt of 65 bytes",
     FROM(HEAD "\x2a\x41"
               "0123456789012345678901234567890123456789012345678901234567890123x"),
     SALE, FROM(SALE_CASH), 0, 0},
    {"a receipt with a line end",
     FROM(HEAD "\x2a\x03"
               "a\nb"),
     SALE, FROM(SALE_CASH), 0, 0},
    {"a receipt with an escape", FROM(HEAD "\x2a\x05\x1b[31m"), SALE, FROM(SALE_CASH), 0, 0},
    {"a receipt that turns its direction", FROM(HEAD "\x2a\x03\xe2\x80\xae"), SALE, FROM(SALE_CASH),
     0, 0},
    {"a receipt that is no UTF-8", FROM(HEAD "\x2a\x02\xc0\x80"), SALE, FROM(SALE_CASH), 0, 0},
    {"a receipt with half a surrogate", FROM(HEAD "\x2a\x03\xed\xa0\x80"), SALE, FROM(SALE_CASH), 0,
     0},
    {"channel 6", FROM(HEAD "\x30\x06"), SALE, FROM(SALE_CASH), 0, 0},
    {"channel 2^32+1", FROM(HEAD "\x30\x81\x80\x80\x80\x10"), SALE, FROM(SALE_CASH), 0, 0},
    {"an operator that is no code", FROM(HEAD "\x3a\x01."), SALE, FROM(SALE_CASH), 0, 0},
    {"ask of 2", FROM(HEAD "\x40\x02"), SALE, FROM(SALE_CASH), 0, 0},
    {"ask of 0", FROM(HEAD "\x40\x00"), SALE, FROM(SALE_CASH), 0, 0},
    {"nothing that happened", FROM(HEAD), 0, FROM(""), 0, 0},
    {"an event of type 24", FROM(FULL), 24, FROM("x"), 0, 0},
    {"an enrolment of nobody", FROM(HEAD), ENROL, FROM(""), 0, 0},
    {"an enrolment by a member of 20 digits", FROM(FULL), ENROL,
     FROM("\x08\x80\x80\xa0\xcf\xc8\xe0\xc8\xe3\x8a\x01"), 0, 0},
    {"a top-up of nobody", FROM(HEAD), TOPUP,
     FROM("\x0a\x04"
          "card\x10\xc8\x01"),
     0, 0},
    {"a top-up of no product", FROM(FULL), TOPUP, FROM("\x10\xc8\x01"), 0, 0},
    {"a top-up of what is no code", FROM(FULL), TOPUP,
     FROM("\x0a\x04"
          "ca.d\x10\xc8\x01"),
     0, 0},
    {"a top-up under what is no code", FROM(FULL), TOPUP,
     FROM("\x0a\x04"
          "card\x10\xc8\x01\x22\x01-"),
     0, 0},
    {"a top-up of a card of kind 3", FROM(FULL), TOPUP,
     FROM("\x0a\x04"
          "card\x10\xc8\x01\x28\x03"),
     0, 0},
    {"a top-up paid from a card", FROM(FULL), TOPUP,
     FROM("\x0a\x04"
          "card\x10\xc8\x01\x32\x0b\x08\x01\x12\x04"
          "card\x30\xc8\x01"),
     0, 0},
    {"a sale paid from a card of nobody", FROM(HEAD), SALE,
     FROM("\x08\xc8\x01\x1a\x0b\x08\x01\x12\x04"
          "card\x30\xc8\x01"),
     0, 0},
    {"a sale paid from no product", FROM(FULL), SALE,
     FROM("\x08\xc8\x01\x1a\x05\x08\x01\x30\xc8\x01"), 0, 0},
    {"a sale paid with means 0", FROM(FULL), SALE, FROM("\x08\xc8\x01\x1a\x03\x30\xc8\x01"), 0, 0},
    {"a sale paid with coupons, which are not built", FROM(FULL), SALE,
     FROM("\x08\xc8\x01\x1a\x05\x08\x04\x30\xc8\x01"), 0, 0},
    {"a sale paid with means 10", FROM(FULL), SALE,
     FROM("\x08\xc8\x01\x1a\x05\x08\x0a\x30\xc8\x01"), 0, 0},
    {"cash of a product", FROM(FULL), SALE,
     FROM("\x08\xc8\x01\x1a\x0b\x08\x05\x12\x04"
          "card\x30\xc8\x01"),
     0, 0},
    {"cash of a pack", FROM(FULL), SALE, FROM("\x08\xc8\x01\x1a\x08\x08\x05\x1a\x01p\x30\xc8\x01"),
     0, 0},
    {"cash in units", FROM(FULL), SALE, FROM("\x08\xc8\x01\x1a\x07\x08\x05\x30\xc8\x01\x38\x02"), 0,
     0},
    {"a card with a scheme", FROM(FULL), SALE,
     FROM("\x08\xc8\x01\x1a\x0e\x08\x01\x12\x04"
          "card\x2a\x01x\x30\xc8\x01"),
     0, 0},
    {"a scheme with a bell", FROM(FULL), SALE,
     FROM("\x08\xc8\x01\x1a\x08\x08\x05\x2a\x01\x07\x30\xc8\x01"), 0, 0},
    {"a scheme of 33 bytes", FROM(FULL), SALE,
     FROM("\x08\xc8\x01\x1a\x28\x08\x05\x2a\x21"
          "abcdefghijklmnopqrstuvwxyzabcdefg\x30\xc8\x01"),
     0, 0},
    {"no pack to use", FROM(FULL), SALE, FROM("\x08\xc8\x01\x1a\x04\x08\x03\x38\x02"), 0, 0},
    {"a pack with an amount", FROM(FULL), SALE,
     FROM("\x08\xc8\x01\x1a\x0a\x08\x03\x1a\x01p\x30\xc8\x01\x38\x02"), 0, 0},
    {"33 pay lines", FROM(FULL), SALE, FROM(SALE_CASH), 32, sizeof CASH - 1},
    {"17 discounts", FROM(FULL), SALE, FROM("\x08\xc8\x01\x12\x05\x0a\x01r\x10\x02"), 16, 7},
    {"9 points entries", FROM(FULL), SALE, FROM(SALE_CASH "\x22\x05\x0a\x01p\x18\x02"), 8, 7},
    {"33 categories", FROM(FULL), SALE,
     FROM(SALE_CASH "\x2a\x05\x0a\x01"
                    "c\x10\x02"),
     32, 7},
    {"a discount without a rule", FROM(FULL), SALE, FROM("\x08\xc8\x01\x12\x02\x10\x02" CASH), 0,
     0},
    {"points of no product", FROM(FULL), SALE, FROM(SALE_CASH "\x22\x02\x18\x02"), 0, 0},
    {"points of a campaign that is no code", FROM(FULL), SALE,
     FROM(SALE_CASH "\x22\x08\x0a\x01p\x12\x01-\x18\x02"), 0, 0},
    {"a category without a name", FROM(FULL), SALE, FROM(SALE_CASH "\x2a\x02\x10\x02"), 0, 0},
    {"a refund of nothing to nothing", FROM(FULL), REFUND, FROM("\x10\xc8\x01"), 0, 0},
    {"a refund of half a reference", FROM(FULL), REFUND,
     FROM("\x0a\x05\x0a\x01"
          "A\x18\x01\x10\xc8\x01"),
     0, 0},
    {"a refund of number 2^53", FROM(FULL), REFUND,
     FROM("\x0a\x0f\x0a\x01"
          "A\x12\x01"
          "1\x18\x80\x80\x80\x80\x80\x80\x80\x10\x10\xc8\x01"),
     0, 0},
    {"a void of nothing", FROM(FULL), VOID, FROM(""), 0, 0},
    {"a void of an empty reference", FROM(FULL), VOID, FROM("\x0a\x00"), 0, 0},
    {"a pack without its id", FROM(FULL), PACK_SALE, FROM("\x0a\x04wash\x18\xc8\x01\x20\x14"), 0,
     0},
    {"a pack of nobody", FROM(HEAD), PACK_SALE, FROM("\x0a\x04wash\x12\x01p\x18\xc8\x01\x20\x14"),
     0, 0},
    {"a cash-out of no product", FROM(FULL), CASHOUT, FROM("\x10\xc8\x01"), 0, 0},
    {"a cash-out of nobody", FROM(HEAD), CASHOUT,
     FROM("\x0a\x04"
          "card\x10\xc8\x01"),
     0, 0},
    {"a grant without a reason", FROM(FULL), GRANT, FROM("\x0a\x06points\x10\x02"), 0, 0},
    {"a grant of nobody", FROM(HEAD), GRANT, FROM("\x0a\x06points\x10\x02\x1a\x01x"), 0, 0},
    {"a grant for a reason with a tab", FROM(FULL), GRANT, FROM("\x0a\x06points\x10\x02\x1a\x01\t"),
     0, 0},
    {"a grant for what is no campaign", FROM(FULL), GRANT,
     FROM("\x0a\x06points\x10\x02\x1a\x01x\x22\x01-"), 0, 0},
};

static void make(struct raw *raw, const struct made *made)
{
    static uint8_t inner[8192];
    size_t len = made->len;

    memcpy(inner, made->bytes, len);
    for (uint32_t i = 0; i < made->repeat; i++) {
        memcpy(inner + len, made->bytes + made->len - made->unit, made->unit);
        len += made->unit;
    }
    raw->len = made->head_len;
    memcpy(raw->bytes, made->head, made->head_len);
    if (made->what != 0) {
        raw_bytes(raw, made->what, inner, len);
    }
}

/* Each alone, and behind a good one. */
void events_run(struct hostile *hostile)
{
    static struct raw raw;
    static uint8_t body[BATCH_BODY_LEN_MAX];
    static uint8_t frame[FRAME_BYTES_MAX];
    char name[120];

    for (size_t i = 0; i < sizeof list / sizeof list[0]; i++) {
        make(&raw, &list[i]);
        for (int behind = 0; behind < 2; behind++) {
            size_t len = behind == 1 ? hostile_body(hostile, body)
                                     : hostile_body_of(hostile, raw_slice(&raw), body);
            if (behind == 1) {
                CHECK(encode_batch_append(body, sizeof body, &len, raw_slice(&raw)));
            }
            len = hostile_wrap(hostile, (slice_t){(const char *)body, (uint32_t)len}, frame);
            (void)snprintf(name, sizeof name, "%s%s", list[i].name,
                           behind == 1 ? ", behind a good event" : "");
            hostile_refused(hostile, name, (slice_t){(const char *)frame, (uint32_t)len},
                            REASON_MALFORMED);
        }
    }
}
