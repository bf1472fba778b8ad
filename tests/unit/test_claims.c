#include "clearing/claims/claims.h"

#include <check.h>

/* Participants of the examples, and the store that each of them owns. */
enum { HQ = 0, A = 1, B = 2, C = 3, FUND = 4 };

static struct lots lots;
static struct effects effects;
static struct claims claims;

static void begin(uint32_t here, uint32_t origin)
{
    effects_reset(&effects);
    effects.here = (struct site){{here}, {here}};
    effects.origin = (struct site){{origin}, {origin}};
    effects.terms_version = 1;
}

static void end(void)
{
    lots_deinit(&lots);
    effects_deinit(&effects);
    claims_deinit(&claims);
}

/* The card of the samples, sold by A: HQ 40 % and A 60 % of the bonus. */
static uint32_t card(model_t model)
{
    struct lot_class class = {
        .product = {5},
        .kind = PRODUCT_STORED_VALUE,
        .model = model,
        .terms_version = 1,
        .store = {A},
        .seller = {A},
        .issuer = {model == MODEL_F1 ? HQ : A},
        .principal_count = 1,
        .debtor_count = 3,
        .debtors = {{model == MODEL_F1 ? HQ : A}, {HQ}, {A}},
    };

    return lots_class(&lots, &class);
}

static uint32_t wash(void)
{
    struct lot_class class = {
        .product = {6},
        .kind = PRODUCT_PACK,
        .model = MODEL_F1,
        .terms_version = 1,
        .store = {A},
        .seller = {A},
        .principal_count = 1,
        .debtor_count = 1,
        .debtors = {{HQ}},
    };

    return lots_class(&lots, &class);
}

/* Points given and paid by B. */
static uint32_t points(model_t model)
{
    struct lot_class class = {
        .product = {7},
        .kind = PRODUCT_POINTS,
        .model = model,
        .terms_version = 1,
        .store = {B},
        .seller = {B},
        .issuer = {B},
        .fund = {FUND},
        .principal_count = 1,
        .debtor_count = 1,
        .debtors = {{model == MODEL_PF ? FUND : B}},
    };

    return lots_class(&lots, &class);
}

static void add(const struct effect *effect, const struct share *shares, uint32_t count)
{
    effects_add(&effects, effect, shares, count);
}

/* The claims made must be exactly these, in any order. */
struct wanted {
    claim_kind_t kind;
    bool reversal;
    uint32_t debtor;
    uint32_t creditor;
    int64_t fen;
};

static void assert_claims(const struct wanted *wanted, uint32_t count)
{
    claims_derive(&lots, &effects, &claims);
    ck_assert_uint_eq(claims.count, count);
    for (uint32_t i = 0; i < count; i++) {
        int64_t found = 0;
        for (uint32_t k = 0; k < claims.count; k++) {
            const struct claim *claim = &claims.list[k];
            if (claim->kind == wanted[i].kind && claim->reversal == wanted[i].reversal &&
                claim->debtor.n == wanted[i].debtor && claim->creditor.n == wanted[i].creditor) {
                found = money_fen(claim->amount);
            }
        }
        ck_assert_msg(found == wanted[i].fen, "%s of %u", claim_kind_name(wanted[i].kind), i);
    }
    for (uint32_t i = 0; i < claims.count; i++) {
        int64_t sum = 0;
        for (uint32_t k = 0; k < claims.part_count; k++) {
            sum += claims.parts[k].claim == i ? money_fen(claims.parts[k].amount) : 0;
        }
        ck_assert_int_eq(sum, money_fen(claims.list[i].amount)); /* parts add up */
    }
}

static int64_t memo_of(claim_kind_t kind)
{
    for (uint32_t i = 0; i < claims.memo_count; i++) {
        if (claims.memos[i].kind == kind) {
            return money_fen(claims.memos[i].amount);
        }
    }
    return 0;
}

/* --- names --- */

START_TEST(kinds_have_the_names_of_the_contract)
{
    static const char *const names[] = {
        "principal", "bonus",           "pack",     "points_issue", "points_redeem",
        "fee",       "commission",      "discount", "coupon",       "tender",
        "cashout",   "unlinked_refund", "breakage", "adjust",       "shortfall",
        "suspense",  "dispute",
    };

    for (int kind = KIND_PRINCIPAL; kind < KIND_COUNT; kind++) {
        ck_assert_str_eq(claim_kind_name((claim_kind_t)kind), names[kind - 1]);
    }
}
END_TEST

/* --- nothing --- */

START_TEST(no_effects_no_claims)
{
    begin(A, A);
    claims_derive(&lots, &effects, &claims);
    ck_assert(claims.count == 0 && claims.part_count == 0 && claims.memo_count == 0);
    end();
    claims_deinit(&claims);
}
END_TEST

START_TEST(nothing_for_zero_or_oneself)
{
    struct claim claim = {KIND_BREAKAGE, false, {A}, {A}, money(5)};
    struct part part = {.lot = 1};

    claims_single(&claim, &part, &claims);
    ck_assert_uint_eq(claims.count, 0);
    claim.creditor.n = B;
    claim.amount = money(0);
    claims_single(&claim, &part, &claims);
    ck_assert(claims.count == 0 && claims.part_count == 0);
    claim.amount = money(1);
    claims_single(&claim, &part, &claims);
    claims_single(&claim, &part, &claims); /* replaces, does not add */
    ck_assert(claims.count == 1 && claims.part_count == 1);
    ck_assert_int_eq(money_fen(claims.list[0].amount), 1);
    ck_assert_uint_eq(claims.parts[0].lot, 1);
    end();
}
END_TEST

/* --- top-ups --- */

static void topup(uint32_t class, int8_t sign)
{
    add(&(struct effect){.kind = EFFECT_LOT,
                         .sign = sign,
                         .reversal = sign < 0,
                         .lot = lot_id(1, 1),
                         .class = class,
                         .units = 60000,
                         .principal = money(50000),
                         .bonus = money(10000),
                         .money = money(500)},
        NULL, 0);
}

START_TEST(topup_f1_passes_the_principal_on)
{
    const struct wanted wanted[] = {{KIND_PRINCIPAL, false, A, HQ, 50000},
                                    {KIND_COMMISSION, false, HQ, A, 500}};

    begin(A, A);
    topup(card(MODEL_F1), 1);
    assert_claims(wanted, 2);
    const struct part *part = &claims.parts[0];
    ck_assert(part->product.n == 5 && part->lot == lot_id(1, 1) && part->terms_version == 1);
    ck_assert(part->sold.n == A && part->used.n == STORE_NONE.n && part->rule == 0);
    end();
}
END_TEST

START_TEST(topup_undone_swaps_debtor_and_creditor)
{
    const struct wanted wanted[] = {{KIND_PRINCIPAL, true, HQ, A, 50000},
                                    {KIND_COMMISSION, true, A, HQ, 500}};

    begin(A, A);
    topup(card(MODEL_F1), -1);
    assert_claims(wanted, 2);
    end();
}
END_TEST

START_TEST(topup_f2_and_f4_make_nothing)
{
    begin(A, A);
    topup(card(MODEL_F2), 1);
    topup(card(MODEL_F4), 1);
    topup(card(MODEL_F1O), 1);
    assert_claims(NULL, 0);
    end();
}
END_TEST

START_TEST(pack_sale_is_of_kind_pack)
{
    const struct wanted wanted[] = {{KIND_PACK, false, A, HQ, 9999}};

    begin(A, A);
    add(&(struct effect){.kind = EFFECT_LOT,
                         .sign = 1,
                         .lot = lot_id(1, 1),
                         .class = wash(),
                         .units = 10,
                         .principal = money(9999)},
        NULL, 0);
    assert_claims(wanted, 1);
    end();
}
END_TEST

/* --- spending: the 12345 at B --- */

static void draw(uint32_t class, int8_t sign, const struct share *shares, uint32_t count)
{
    add(&(struct effect){.kind = EFFECT_DRAW,
                         .sign = sign,
                         .reversal = sign < 0,
                         .lot = lot_id(1, 1),
                         .class = class,
                         .units = 12345,
                         .principal = money(10287),
                         .bonus = money(2058),
                         .money = money(12345)},
        shares, count);
}

START_TEST(spend_f1)
{
    const struct share shares[] = {{{HQ}, {10287}}, {{HQ}, {411}}, {{A}, {618}}};
    const struct wanted wanted[] = {{KIND_PRINCIPAL, false, HQ, B, 10287},
                                    {KIND_BONUS, false, HQ, B, 411},
                                    {KIND_BONUS, false, A, B, 618},
                                    {KIND_FEE, false, B, HQ, 68}};
    const struct share payee[] = {{{HQ}, {0}}};

    begin(B, B);
    draw(card(MODEL_F1), 1, shares, 3);
    add(
        &(struct effect){
            .kind = EFFECT_FEE, .sign = 1, .product = {5}, .terms_version = 3, .money = money(68)},
        payee, 1);
    assert_claims(wanted, 4);
    ck_assert_int_eq(memo_of(KIND_BONUS), 1029); /* B bears the rest itself */
    ck_assert_int_eq(memo_of(KIND_PRINCIPAL), 0);
    ck_assert_uint_eq(claims.memo_count, 1);
    ck_assert_uint_eq(claims.memos[0].store.n, B);
    ck_assert(claims.parts[0].sold.n == A && claims.parts[0].used.n == B);
    ck_assert(claims.parts[3].lot == 0 && claims.parts[3].terms_version == 3);
    ck_assert(claims.parts[3].sold.n == STORE_NONE.n && claims.parts[3].used.n == B);
    end();
}
END_TEST

/* Under F2 the seller owes the principal; its bonus share is another claim of another kind. */
START_TEST(spend_f2)
{
    const struct share shares[] = {{{A}, {10287}}, {{HQ}, {411}}, {{A}, {618}}};
    const struct wanted wanted[] = {{KIND_PRINCIPAL, false, A, B, 10287},
                                    {KIND_BONUS, false, HQ, B, 411},
                                    {KIND_BONUS, false, A, B, 618}};

    begin(B, B);
    draw(card(MODEL_F2), 1, shares, 3);
    assert_claims(wanted, 3);
    end();
}
END_TEST

/* Used where it was sold: what A owes itself is no claim but a memo (rules 1, 42). */
START_TEST(spend_at_the_sellers_own_store)
{
    const struct share shares[] = {{{A}, {10287}}, {{HQ}, {411}}, {{A}, {618}}};
    const struct wanted wanted[] = {{KIND_BONUS, false, HQ, A, 411}};

    begin(A, A);
    draw(card(MODEL_F2), 1, shares, 3);
    assert_claims(wanted, 1);
    ck_assert_int_eq(memo_of(KIND_PRINCIPAL), 10287);
    ck_assert_int_eq(memo_of(KIND_BONUS), 2058 - 411);
    end();
}
END_TEST

/* The same given back: debtor and creditor swapped, memos negative. */
START_TEST(spend_undone)
{
    const struct share shares[] = {{{HQ}, {10287}}, {{HQ}, {411}}, {{A}, {618}}};
    const struct wanted wanted[] = {{KIND_PRINCIPAL, true, B, HQ, 10287},
                                    {KIND_BONUS, true, B, HQ, 411},
                                    {KIND_BONUS, true, B, A, 618}};

    begin(C, B); /* refunded at C: the original's claims stand between the original's parties */
    draw(card(MODEL_F1), -1, shares, 3);
    assert_claims(wanted, 3);
    ck_assert_int_eq(memo_of(KIND_BONUS), -1029);
    ck_assert_uint_eq(claims.memos[0].store.n, B);
    ck_assert_uint_eq(claims.parts[0].used.n, B);
    end();
}
END_TEST

/* Rule 1: one claim a debtor, creditor and kind; its parts say which lots. Equal sources are one
 * part. */
START_TEST(several_draws_make_one_claim)
{
    const struct share shares[] = {{{HQ}, {100}}};
    struct effect effect = {.kind = EFFECT_DRAW,
                            .sign = 1,
                            .lot = lot_id(1, 1),
                            .class = wash(),
                            .units = 1,
                            .principal = money(100)};

    begin(B, B);
    add(&effect, shares, 1);
    effect.lot = lot_id(2, 1);
    add(&effect, shares, 1);
    effect.lot = lot_id(1, 1);
    add(&effect, shares, 1);
    assert_claims(&(struct wanted){KIND_PACK, false, HQ, B, 300}, 1);
    ck_assert_uint_eq(claims.part_count, 2);
    ck_assert_int_eq(money_fen(claims.parts[0].amount), 200);
    ck_assert_int_eq(money_fen(claims.parts[1].amount), 100);
    ck_assert_uint_eq(claims.memo_count, 0); /* packs make no memo */
    end();
}
END_TEST

/* --- points --- */

START_TEST(points_granted_and_taken_back)
{
    const struct wanted granted[] = {{KIND_POINTS_ISSUE, false, B, FUND, 148}};
    const struct wanted taken[] = {{KIND_POINTS_ISSUE, true, FUND, B, 60}};
    const struct wanted put_back[] = {{KIND_POINTS_ISSUE, true, B, FUND, 60}};
    struct effect effect = {.kind = EFFECT_LOT,
                            .sign = 1,
                            .lot = lot_id(1, 1),
                            .class = points(MODEL_PF),
                            .units = 123,
                            .money = money(148)};

    begin(B, B);
    add(&effect, NULL, 0);
    assert_claims(granted, 1);
    begin(B, B);
    effect.kind = EFFECT_TAKE;
    effect.units = 50;
    effect.money = money(60);
    add(&effect, NULL, 0);
    assert_claims(taken, 1);
    begin(B, B);
    effect.sign = -1; /* a void of that refund: reversal stays true */
    add(&effect, NULL, 0);
    assert_claims(put_back, 1);
    end();
}
END_TEST

START_TEST(points_paid_at_redemption_make_no_issue)
{
    struct effect effect = {.kind = EFFECT_LOT,
                            .sign = 1,
                            .lot = lot_id(1, 1),
                            .class = points(MODEL_PR),
                            .units = 123,
                            .money = money(148)};

    begin(B, B);
    add(&effect, NULL, 0);
    effect.kind = EFFECT_TAKE;
    add(&effect, NULL, 0);
    assert_claims(NULL, 0);
    end();
}
END_TEST

/* 80 points save the member what the pay line says; the memo is that less the claim, maybe
 * negative. */
START_TEST(points_burnt)
{
    const struct share shares[] = {{{FUND}, {80}}};
    const struct wanted wanted[] = {{KIND_POINTS_REDEEM, false, FUND, C, 80}};
    struct effect effect = {.kind = EFFECT_DRAW,
                            .sign = 1,
                            .lot = lot_id(1, 1),
                            .class = points(MODEL_PF),
                            .units = 80,
                            .principal = money(80),
                            .money = money(100)};

    begin(C, C);
    add(&effect, shares, 1);
    assert_claims(wanted, 1);
    ck_assert_int_eq(memo_of(KIND_POINTS_REDEEM), 20);
    begin(C, C);
    effect.money = money(70);
    add(&effect, shares, 1);
    assert_claims(wanted, 1);
    ck_assert_int_eq(memo_of(KIND_POINTS_REDEEM), -10);
    end();
}
END_TEST

/* --- discounts, tender, cash --- */

START_TEST(discount_of_the_coupon)
{
    const struct share shares[] = {{{HQ}, {601}}, {{A}, {300}}, {{C}, {100}}};
    const struct wanted wanted[] = {{KIND_DISCOUNT, false, HQ, C, 601},
                                    {KIND_DISCOUNT, false, A, C, 300}};

    begin(C, C);
    add(&(struct effect){.kind = EFFECT_DISCOUNT,
                         .sign = 1,
                         .rule = 4,
                         .terms_version = 2,
                         .money = money(1001)},
        shares, 3);
    assert_claims(wanted, 2);
    ck_assert_int_eq(memo_of(KIND_DISCOUNT), 100);
    ck_assert(claims.parts[0].rule == 4 && claims.parts[0].terms_version == 2);
    ck_assert_uint_eq(claims.parts[0].product.n, PRODUCT_NONE.n);
    end();
}
END_TEST

START_TEST(tender_handed_back_elsewhere)
{
    const struct wanted wanted[] = {{KIND_TENDER, false, B, C, 700}};
    struct effect effect = {.kind = EFFECT_TENDER, .sign = 1, .money = money(700)};

    begin(C, B);
    add(&effect, NULL, 0);
    assert_claims(wanted, 1);
    ck_assert(claims.parts[0].sold.n == B && claims.parts[0].used.n == C);
    begin(B, B);
    add(&effect, NULL, 0);
    assert_claims(NULL, 0); /* at the same store there is nothing to owe */
    end();
}
END_TEST

START_TEST(unlinked_refund_is_no_reversal)
{
    const struct wanted wanted[] = {{KIND_UNLINKED_REFUND, false, C, HQ, 900}};

    begin(C, C);
    add(&(struct effect){.kind = EFFECT_UNLINKED,
                         .sign = 1,
                         .lot = lot_id(1, 1),
                         .class = card(MODEL_F1),
                         .units = 900,
                         .principal = money(900)},
        NULL, 0);
    assert_claims(wanted, 1);
    ck_assert_uint_eq(claims.parts[0].used.n, C);
    end();
}
END_TEST

/* Rule 2: cash-out is no reversal, the commission returned with it is one. */
START_TEST(cashout_and_its_commission)
{
    const struct wanted wanted[] = {{KIND_CASHOUT, false, HQ, C, 39713},
                                    {KIND_COMMISSION, true, A, HQ, 397}};
    const struct wanted undone[] = {{KIND_CASHOUT, true, C, HQ, 39713},
                                    {KIND_COMMISSION, true, HQ, A, 397}};
    struct effect effect = {.kind = EFFECT_END,
                            .sign = 1,
                            .lot = lot_id(3, 1),
                            .class = card(MODEL_F1),
                            .units = 47655,
                            .principal = money(39713),
                            .bonus = money(7942),
                            .money = money(397),
                            .topup = lot_id(1, 1)};

    begin(C, C);
    add(&effect, NULL, 0);
    assert_claims(wanted, 2);
    ck_assert(claims.parts[0].lot == lot_id(3, 1) && claims.parts[0].used.n == C);
    ck_assert(claims.parts[1].lot == lot_id(1, 1) && claims.parts[1].used.n == STORE_NONE.n);
    begin(C, C);
    effect.sign = -1;
    effect.reversal = true;
    add(&effect, NULL, 0);
    assert_claims(undone, 2);
    end();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("claims");
    TCase *tcase = tcase_create("claims");

    tcase_add_test(tcase, kinds_have_the_names_of_the_contract);
    tcase_add_test(tcase, no_effects_no_claims);
    tcase_add_test(tcase, nothing_for_zero_or_oneself);
    tcase_add_test(tcase, topup_f1_passes_the_principal_on);
    tcase_add_test(tcase, topup_undone_swaps_debtor_and_creditor);
    tcase_add_test(tcase, topup_f2_and_f4_make_nothing);
    tcase_add_test(tcase, pack_sale_is_of_kind_pack);
    tcase_add_test(tcase, spend_f1);
    tcase_add_test(tcase, spend_f2);
    tcase_add_test(tcase, spend_at_the_sellers_own_store);
    tcase_add_test(tcase, spend_undone);
    tcase_add_test(tcase, several_draws_make_one_claim);
    tcase_add_test(tcase, points_granted_and_taken_back);
    tcase_add_test(tcase, points_paid_at_redemption_make_no_issue);
    tcase_add_test(tcase, points_burnt);
    tcase_add_test(tcase, discount_of_the_coupon);
    tcase_add_test(tcase, tender_handed_back_elsewhere);
    tcase_add_test(tcase, unlinked_refund_is_no_reversal);
    tcase_add_test(tcase, cashout_and_its_commission);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
