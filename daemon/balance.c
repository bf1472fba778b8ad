#include "daemon/balance.h"

#include <inttypes.h>
#include <stdlib.h>

#include "clearing/base/memory.h"

#define DIGITS_MAX 19

/* What is left of one product. */
struct sum {
    product_t product;
    product_kind_t kind;
    int64_t lots;
    int64_t units;
    int64_t held; /* of stored value: set aside for captures */
    money_t principal;
    day_t valid_to; /* the earliest, DAY_MAX: none */
};

struct sums {
    struct sum *rows;
    uint32_t count;
    uint32_t capacity;
};

static struct sum *sum_of(struct sums *sums, const struct lot_class *class)
{
    for (uint32_t i = 0; i < sums->count; i++) {
        if (sums->rows[i].product.n == class->product.n) {
            return &sums->rows[i];
        }
    }
    MEMORY_GROW(sums->rows, sums->count, sums->capacity);
    sums->rows[sums->count] =
        (struct sum){.product = class->product, .kind = class->kind, .valid_to = DAY_MAX};
    return &sums->rows[sums->count++];
}

static void add_lots(const struct state *state, struct sums *sums, uint32_t head)
{
    const struct lots *lots = &state->members.lots;

    for (uint32_t at = head; at != 0; at = lots->pool[at].next) {
        const struct lot *lot = &lots->pool[at];
        if (lot_left(lot) == 0 || state_lot_ended(state, lot)) {
            continue;
        }
        struct sum *sum = sum_of(sums, lots_class_at(lots, lot->class));
        sum->lots++;
        sum->units += lot_left(lot); /* what is owed of a product fits: the rules check it */
        sum->principal = money_add(sum->principal, lot_principal_left(lot));
        sum->valid_to = lot->valid_to < sum->valid_to ? lot->valid_to : sum->valid_to;
    }
}

static json_t *sum_json(const struct registry *registry, const struct sum *sum)
{
    const code_t *product = registry_product_code(registry, sum->product);
    int64_t principal = money_fen(sum->principal);
    json_t *row = json_object();
    char day[DAY_TEXT_SIZE];

    json_object_set_new(row, "product", json_stringn(product->text, product->len));
    json_object_set_new(row, "lots", json_integer(sum->lots));
    switch (sum->kind) {
    case PRODUCT_STORED_VALUE:
        json_object_set_new(row, "principal_fen", json_integer(principal));
        json_object_set_new(row, "bonus_fen", json_integer(sum->units - principal));
        if (sum->held > 0) {
            json_object_set_new(row, "held_fen", json_integer(sum->held));
        }
        break;
    case PRODUCT_PACK:
        json_object_set_new(row, "uses", json_integer(sum->units));
        break;
    case PRODUCT_POINTS:
        json_object_set_new(row, "points", json_integer(sum->units));
        break;
    }
    if (sum->valid_to != DAY_MAX) {
        day_format(sum->valid_to, day);
        json_object_set_new(row, "valid_to", json_string(day));
    }
    return row;
}

/* Returns: 0 when the text is not a member's number: 1 to 19 digits without a leading zero. */
static uint64_t member_of(slice_t digits)
{
    uint64_t id = 0;

    if (digits.len == 0 || digits.len > DIGITS_MAX || digits.text[0] == '0') {
        return 0;
    }
    for (uint32_t i = 0; i < digits.len; i++) {
        if (digits.text[i] < '0' || digits.text[i] > '9') {
            return 0;
        }
        id = 10 * id + (uint64_t)(digits.text[i] - '0');
    }
    return id;
}

json_t *balance_json(const struct book *book, slice_t digits, const char **ret_refusal)
{
    const struct members *members = &book->state.members;
    const struct registry *registry = &book->state.registry;
    const struct move *move = moves_find(&members->moves, member_of(digits));
    uint64_t id = move == NULL ? member_of(digits) : move->into;
    const struct member *member = id == 0 ? NULL : members_find(members, id);
    struct sums sums = {0};
    uint32_t number = 0;
    uint32_t at = 0;

    bool ended = move != NULL && move->replaced;
    if (member == NULL || ended) {
        *ret_refusal = ended ? "CARD_REPLACED" : "UNKNOWN_MEMBER";
        return NULL;
    }
    add_lots(&book->state, &sums, member->lots);
    for (uint32_t i = 0; i < sums.count; i++) {
        sums.rows[i].held =
            holds_sum(&book->state.members.holds, id, sums.rows[i].product, STORE_NONE);
    }
    while (members_next_pack(members, id, &at, &number)) {
        add_lots(&book->state, &sums, members->packs[number].lots);
    }
    const code_t *home = registry_store_code(registry, member->home);
    json_t *root = json_object();
    json_t *rows = json_array();
    json_object_set_new(root, "member", json_stringn(digits.text, digits.len));
    json_object_set_new(root, "home", json_stringn(home->text, home->len));
    if (move != NULL) {
        json_object_set_new(root, "now", json_sprintf("%" PRIu64, id));
    }
    for (uint32_t i = 0; i < sums.count; i++) {
        json_array_append_new(rows, sum_json(registry, &sums.rows[i]));
    }
    json_object_set_new(root, "products", rows);
    free(sums.rows);
    return root;
}
