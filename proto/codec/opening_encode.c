/* The writing side of opening.h, by protobuf-c. */
#include "proto/codec/opening.h"

#include <stdlib.h>
#include <string.h>

#include "allclear/v1/opening.pb-c.h"
#include "clearing/base/memory.h"
#include "proto/codec/binary.h"

#define FUNDER_TEXT_SIZE (CODE_LEN_MAX + 1)
#define LOT_HEAD_MAX     4 /* tag and length */
#define LOT_BYTES_MAX    1024

/* What the message of a lot points to. */
struct lot_texts {
    char store[CODE_LEN_MAX + 1];
    char product[CODE_LEN_MAX + 1];
    char pack[CODE_LEN_MAX + 1];
    char valid_to[DAY_TEXT_SIZE];
    char who[FUNDERS_MAX][FUNDER_TEXT_SIZE];
    Allclear__V1__Funder funders[FUNDERS_MAX];
    Allclear__V1__Funder *list[FUNDERS_MAX];
};

static bool put_lot(const struct opening_lot *lot, Allclear__V1__OpeningLot *message,
                    struct lot_texts *texts)
{
    if (lot->store.len > CODE_LEN_MAX || lot->product.len > CODE_LEN_MAX ||
        lot->pack.len > CODE_LEN_MAX || lot->funder_count > FUNDERS_MAX) {
        return false;
    }
    allclear__v1__opening_lot__init(message);
    message->member = lot->member;
    binary_put_text(&message->store, lot->store, texts->store, sizeof texts->store);
    binary_put_text(&message->product, lot->product, texts->product, sizeof texts->product);
    binary_put_text(&message->pack, lot->pack, texts->pack, sizeof texts->pack);
    message->principal_fen = lot->principal_fen;
    message->bonus_fen = lot->bonus_fen;
    message->units = lot->units;
    for (uint32_t i = 0; i < lot->funder_count; i++) {
        if (lot->funders[i].who.len > CODE_LEN_MAX) {
            return false;
        }
        allclear__v1__funder__init(&texts->funders[i]);
        binary_put_text(&texts->funders[i].who, lot->funders[i].who, texts->who[i],
                        FUNDER_TEXT_SIZE);
        texts->funders[i].share = lot->funders[i].share;
        texts->list[i] = &texts->funders[i];
    }
    message->n_funders = lot->funder_count;
    message->funders = texts->list;
    if (lot->valid_to != DAY_MAX) {
        day_format(lot->valid_to, texts->valid_to);
        message->valid_to = texts->valid_to;
    }
    return true;
}

bool opening_add_lot(const struct opening_lot *lot, uint8_t *out, size_t cap, size_t *len)
{
    Allclear__V1__OpeningLot message;
    struct lot_texts texts;
    uint8_t bytes[LOT_BYTES_MAX];
    uint8_t head[LOT_HEAD_MAX] = {1 << 3 | 2}; /* lots = 1 */
    size_t n = 1;

    if (!put_lot(lot, &message, &texts)) {
        return false;
    }
    size_t lot_len = binary_pack(&message.base, bytes, sizeof bytes);
    if (lot_len >= 0x80) {
        head[n++] = (uint8_t)(lot_len | 0x80);
    }
    head[n] = (uint8_t)(lot_len >= 0x80 ? lot_len >> 7 : lot_len);
    n++;
    if (lot_len == 0 || cap < *len || cap - *len < n + lot_len) {
        return false;
    }
    memcpy(out + *len, head, n);
    memcpy(out + *len + n, bytes, lot_len);
    *len += n + lot_len;
    return true;
}

struct total_row {
    Allclear__V1__OpeningTotal message;
    char issuer[CODE_LEN_MAX + 1];
    char product[CODE_LEN_MAX + 1];
};

static void put_total(const struct opening_total *total, struct total_row *row)
{
    allclear__v1__opening_total__init(&row->message);
    binary_put_text(&row->message.issuer, total->issuer, row->issuer, sizeof row->issuer);
    binary_put_text(&row->message.product, total->product, row->product, sizeof row->product);
    row->message.lots = total->lots;
    row->message.principal_fen = total->principal_fen;
    row->message.bonus_fen = total->bonus_fen;
    row->message.points = total->points;
    row->message.uses = total->uses;
}

size_t opening_encode_seal(const struct opening_seal *seal, uint8_t *out, size_t cap)
{
    Allclear__V1__Opening message;

    if (seal->count > OPENING_TOTALS_MAX) {
        return 0;
    }
    struct total_row *rows = memory_zeroed(seal->count + 1, sizeof *rows);
    Allclear__V1__OpeningTotal **list = memory_zeroed(seal->count + 1, sizeof *list);
    for (uint32_t i = 0; i < seal->count; i++) {
        put_total(&seal->totals[i], &rows[i]);
        list[i] = &rows[i].message;
    }
    allclear__v1__opening__init(&message);
    message.parts = seal->parts;
    message.digest = binary_of(seal->digest, DIGEST_LEN);
    message.n_totals = seal->count;
    message.totals = list;
    size_t len = binary_pack(&message.base, out, cap);
    free(list);
    free(rows);
    return len;
}
