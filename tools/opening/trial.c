#include "tools/opening/trial.h"

#include <stdlib.h>
#include <string.h>

#include "clearing/base/memory.h"
#include "tools/render/table.h"
#include "tools/text.h"

void trial_run(struct trial *trial, struct registry *take_registry, struct terms *take_terms,
               day_t open_day, const struct rows *lots, struct complaints *complaints)
{
    struct terms *terms = memory_zeroed(1, sizeof *terms);
    struct fault fault = {0};

    *terms = *take_terms;
    *take_terms = (struct terms){0};
    state_init(&trial->state, open_day, (struct history){0});
    trial->state.registry = *take_registry;
    *take_registry = (struct registry){0};
    trial->apply.state = &trial->state;
    trial->begun = true;
    state_take_terms(&trial->state, terms);
    trial->pass = opening_begin(&trial->apply);
    for (uint32_t i = 0; i < lots->count; i++) {
        if (!opening_check(&trial->pass, &lots->lots[i], &fault)) {
            const char *why = strchr(fault.text, ':'); /* "lot N: ..." */
            const struct place place = {lots->source.path, lots->lines[i], 1};
            complaints_add(complaints, &place, "%s", why == NULL ? fault.text : why + 2);
        }
    }
}

/* One issuer and product: what the lots sum to, and what the totals say. */
struct pair {
    slice_t issuer;
    slice_t product;
    int128_t lots[5];
    int128_t given[5]; /* lots, principal, bonus, points, uses */
};

struct pairs {
    struct pair *list;
    uint32_t count;
    uint32_t capacity;
};

static struct pair *pair_of(struct pairs *pairs, slice_t issuer, slice_t product)
{
    for (uint32_t i = 0; i < pairs->count; i++) {
        if (slice_equal(pairs->list[i].issuer, issuer) &&
            slice_equal(pairs->list[i].product, product)) {
            return &pairs->list[i];
        }
    }
    MEMORY_GROW(pairs->list, pairs->count, pairs->capacity);
    pairs->list[pairs->count] = (struct pair){.issuer = issuer, .product = product};
    return &pairs->list[pairs->count++];
}

static void gather(const struct trial *trial, const struct rows *totals, struct pairs *pairs)
{
    const struct registry *registry = &trial->state.registry;

    for (uint32_t i = 0; i < trial->pass.count; i++) {
        const struct opening_sum *sum = &trial->pass.sums[i];
        struct pair *pair =
            pair_of(pairs, code_slice(registry_participant_code(registry, sum->issuer)),
                    code_slice(registry_product_code(registry, sum->product)));
        const int128_t figures[5] = {(int128_t)sum->lots, sum->principal, sum->bonus, sum->points,
                                     sum->uses};
        memcpy(pair->lots, figures, sizeof figures);
    }
    for (uint32_t i = 0; totals != NULL && i < totals->count; i++) {
        const struct opening_total *total = &totals->totals[i];
        struct pair *pair = pair_of(pairs, total->issuer, total->product);
        pair->given[0] += (int128_t)total->lots;
        pair->given[1] += total->principal_fen;
        pair->given[2] += total->bonus_fen;
        pair->given[3] += total->points;
        pair->given[4] += total->uses;
    }
}

static void add_row(struct table *table, const struct pair *pair, const char *what,
                    const int128_t figures[5])
{
    char code[CODE_LEN_MAX + 1];

    (void)snprintf(code, sizeof code, "%.*s", (int)pair->issuer.len, pair->issuer.text);
    table_text(table, code);
    (void)snprintf(code, sizeof code, "%.*s", (int)pair->product.len, pair->product.text);
    table_text(table, code);
    table_text(table, what);
    for (int i = 0; i < 5; i++) {
        if (figures[i] == 0) {
            table_text(table, "");
        } else if (i == 1 || i == 2) {
            table_money(table, (money_sum_t){figures[i]});
        } else {
            table_count(table, (int64_t)figures[i]);
        }
    }
}

bool trial_compare(const struct trial *trial, const struct rows *totals, FILE *out)
{
    const struct table_column columns[] = {
        {_("Issuer"), COLUMN_TEXT},   {_("Product"), COLUMN_TEXT}, {"", COLUMN_TEXT},
        {_("Lots"), COLUMN_RIGHT},    {_("Principal"), COLUMN_RIGHT}, {_("Bonus"), COLUMN_RIGHT},
        {_("Points"), COLUMN_RIGHT},  {_("Uses"), COLUMN_RIGHT},
    };
    const struct look look = look_of(out);
    struct pairs pairs = {0};
    struct table table;
    bool equal = true;

    gather(trial, totals, &pairs);
    table_init(&table, columns, sizeof columns / sizeof columns[0]);
    for (uint32_t i = 0; i < pairs.count; i++) {
        const struct pair *pair = &pairs.list[i];
        bool same = totals == NULL || memcmp(pair->lots, pair->given, sizeof pair->lots) == 0;
        add_row(&table, pair, same ? "" : _("lots"), pair->lots);
        if (!same) {
            int128_t differ[5];
            for (int k = 0; k < 5; k++) {
                differ[k] = pair->lots[k] - pair->given[k];
            }
            add_row(&table, pair, _("totals"), pair->given);
            add_row(&table, pair, _("DIFFER"), differ);
        }
        equal = equal && same;
    }
    table_write(&table, &look, out);
    table_deinit(&table);
    free(pairs.list);
    return equal;
}

void trial_deinit(struct trial *trial)
{
    if (trial->begun) {
        opening_end(&trial->pass);
        apply_deinit(&trial->apply);
        state_deinit(&trial->state);
    }
    *trial = (struct trial){0};
}
