/* One line of an event: the claims of a kind, and the parts that each is the sum of. */
#include "tools/explain/explain.h"

#include <inttypes.h>
#include <jansson.h>

#include "tools/explain/saying.h"

/* What a part is of: a product, or the rule of a discount. */
static const char *part_product(const struct explaining *x, const struct part *part,
                                claim_kind_t kind)
{
    if (kind == KIND_DISCOUNT) {
        return x->state->terms[part->terms_version - 1]->discounts[part->rule].id.text;
    }
    return part->product.n == PRODUCT_NONE.n ? "" : x_product(x, part->product);
}

static const char *part_store(const struct explaining *x, store_t store)
{
    return store.n == STORE_NONE.n ? "" : x_store(x, store);
}

static const char *part_lot(struct explaining *x, const struct part *part)
{
    return part->lot == 0 ? "" : x_lot(x, part->lot);
}

static void write_parts(struct explaining *x, uint32_t at, struct table *table)
{
    const struct claims *claims = x->cleared->claims;

    for (uint32_t i = 0; i < claims->part_count; i++) {
        const struct part *part = &claims->parts[i];
        if (part->claim != at) {
            continue;
        }
        table_text(table, part_product(x, part, claims->list[at].kind));
        table_text(table, part_lot(x, part));
        table_text(table, part_store(x, part->sold));
        table_text(table, part_store(x, part->used));
        table_count(table, (int64_t)part->terms_version);
        table_money(table, money_sum_of(part->amount));
    }
}

void explain_line_text(const struct state *state, const struct cleared *cleared,
                       const struct explain_line *line, const struct look *look, FILE *out)
{
    const struct table_column columns[] = {
        {_("Product"), COLUMN_TEXT}, {_("Lot"), COLUMN_TEXT},    {_("Sold at"), COLUMN_TEXT},
        {_("Used at"), COLUMN_TEXT}, {_("Terms"), COLUMN_RIGHT}, {_("Amount"), COLUMN_RIGHT},
    };
    struct explaining x;

    explaining_init(&x, state, cleared, line->only);
    for (uint32_t i = 0; i < cleared->claims->count; i++) {
        const struct claim *claim = &cleared->claims->list[i];
        struct table table;
        if (claim->kind != line->kind || !x_claim_shown(&x, claim)) {
            continue;
        }
        fprintf(out, _("\n%s owes %s %s (%s)%s, the sum of:\n"), x_who(&x, claim->debtor),
                x_who(&x, claim->creditor), x_yuan(&x, claim->amount), words_of_kind(line->kind),
                claim->reversal ? _(", a reversal") : "");
        table_init(&table, columns, sizeof columns / sizeof columns[0]);
        write_parts(&x, i, &table);
        table_write(&table, look, out);
        table_deinit(&table);
    }
    explaining_deinit(&x);
}

static json_t *json_of_parts(struct explaining *x, uint32_t at)
{
    const struct claims *claims = x->cleared->claims;
    json_t *rows = json_array();

    for (uint32_t i = 0; i < claims->part_count; i++) {
        const struct part *part = &claims->parts[i];
        if (part->claim == at) {
            json_array_append_new(
                rows,
                json_pack("{s:s,s:s,s:s,s:s,s:I,s:I}", "product",
                          part_product(x, part, claims->list[at].kind), "lot", part_lot(x, part),
                          "sold", part_store(x, part->sold), "used", part_store(x, part->used),
                          "terms", (json_int_t)part->terms_version, "amount_fen",
                          (json_int_t)money_fen(part->amount)));
        }
    }
    return rows;
}

void explain_line_json(const struct state *state, const struct cleared *cleared,
                       const struct explain_line *line, FILE *out)
{
    json_t *rows = json_array();
    struct explaining x;

    explaining_init(&x, state, cleared, line->only);
    for (uint32_t i = 0; i < cleared->claims->count; i++) {
        const struct claim *claim = &cleared->claims->list[i];
        if (claim->kind == line->kind && x_claim_shown(&x, claim)) {
            json_array_append_new(
                rows, json_pack("{s:s,s:s,s:s,s:b,s:I,s:o}", "debtor", x_who(&x, claim->debtor),
                                "creditor", x_who(&x, claim->creditor), "kind",
                                claim_kind_name(line->kind), "reversal", claim->reversal, "amount_fen",
                                (json_int_t)money_fen(claim->amount), "parts",
                                json_of_parts(&x, i)));
        }
    }
    json_t *root = json_pack("{s:o}", "claims", rows);
    (void)json_dumpf(root, out, JSON_COMPACT);
    json_decref(root);
    explaining_deinit(&x);
}
