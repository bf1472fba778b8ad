#include "clearing/members/lots.h"

#include <check.h>

#define COUNT(list) ((int)(sizeof(list) / sizeof *(list)))

enum { HQ = 9, SELLER = 1 };

/* Stored value of headquarters: HQ owes the principal, HQ 40 % and the seller 60 % of half the
 * bonus. */
static struct lot_class card_class(void)
{
    return (struct lot_class){
        .product = {0},
        .kind = PRODUCT_STORED_VALUE,
        .model = MODEL_F1,
        .terms_version = 1,
        .seller = {SELLER},
        .issuer = {HQ},
        .principal_rate = {MILLION},
        .bonus_rate = {500000},
        .principal_count = 1,
        .debtor_count = 3,
        .debtors = {{HQ}, {HQ}, {SELLER}},
        .shares = {{0}, {400000}, {600000}},
    };
}

static struct lot_class class_of(uint32_t product, product_kind_t kind)
{
    return (struct lot_class){
        .product = {product},
        .kind = kind,
        .model = kind == PRODUCT_POINTS ? MODEL_PF : MODEL_F1,
        .principal_rate = {MILLION},
        .principal_count = 1,
        .debtor_count = 1,
        .debtors = {{HQ}},
    };
}

static struct lot lot_of(uint32_t class, lot_id_t id, int64_t units, int64_t principal)
{
    return (struct lot){.id = id,
                        .units = units,
                        .principal = money(principal),
                        .class = class,
                        .valid_to = DAY_MAX};
}

/* --- ids, classes --- */

START_TEST(ids_rise_with_the_journal)
{
    ck_assert_uint_eq(lot_id(1, 1), 65537);
    ck_assert_uint_lt(lot_id(1, 65535), lot_id(2, 0));
    ck_assert_uint_lt(lot_id(2, 1), lot_id(2, 2));
}
END_TEST

START_TEST(equal_classes_are_kept_once)
{
    struct lots lots = {0};
    struct lot_class class = card_class();

    uint32_t first = lots_class(&lots, &class);
    ck_assert_uint_eq(first, 1); /* 0 is nobody's */
    ck_assert_uint_eq(lots_class(&lots, &class), first);
    class.terms_version++;
    uint32_t second = lots_class(&lots, &class);
    ck_assert_uint_eq(second, 2);
    class.terms_version--;
    ck_assert_uint_eq(lots_class(&lots, &class), first);
    class.shares[DEBTORS_MAX - 1].millionths = 1; /* the last bytes count, too */
    ck_assert_uint_eq(lots_class(&lots, &class), 3);
    ck_assert_uint_eq(lots_class_at(&lots, second)->terms_version, 2);
    lots_deinit(&lots);
    lots_deinit(&lots);
}
END_TEST

START_TEST(many_classes_keep_their_numbers)
{
    enum { CLASSES = 500 };
    struct lots lots = {0};
    struct lot_class class = card_class();

    for (uint32_t i = 1; i <= CLASSES; i++) {
        class.terms_version = i;
        ck_assert_uint_eq(lots_class(&lots, &class), i);
    }
    for (uint32_t i = 1; i <= CLASSES; i++) {
        class.terms_version = i;
        ck_assert_uint_eq(lots_class(&lots, &class), i);
        ck_assert_uint_eq(lots_class_at(&lots, i)->terms_version, i);
    }
    lots_deinit(&lots);
}
END_TEST

/* --- the pool --- */

START_TEST(places_are_used_again)
{
    struct lots lots = {0};
    struct lot_own own = {.topup = 77, .owed = {{5}}};
    struct lot lot = lot_of(1, 10, 100, 100);

    uint32_t first = lots_new(&lots, &lot, NULL);
    uint32_t second = lots_new(&lots, &lot, &own);
    ck_assert_uint_eq(first, 1);
    ck_assert_uint_eq(lots.pool[first].own, 0);
    ck_assert_uint_eq(lots.pool[second].own, 1);
    ck_assert_uint_eq(lots.owns[1].topup, 77);
    lots_free(&lots, first);
    ck_assert_uint_eq(lots.pool[first].id, 0); /* a walk over the pool knows free places by it */
    lots_free(&lots, second);
    own.topup = 78;
    ck_assert_uint_eq(lots_new(&lots, &lot, &own), second);
    ck_assert_uint_eq(lots.pool[second].own, 1);
    ck_assert_uint_eq(lots.owns[1].topup, 78);
    ck_assert_uint_eq(lots_new(&lots, &lot, NULL), first);
    ck_assert_uint_eq(lots.pool[first].own, 0);
    ck_assert_uint_eq(lots.pool[first].next, 0);
    ck_assert_uint_eq(lots.count, 3);
    lots_deinit(&lots);
}
END_TEST

START_TEST(the_pool_grows)
{
    enum { LOTS = 5000 };
    struct lots lots = {0};

    for (uint32_t i = 1; i <= LOTS; i++) {
        struct lot_own own = {.topup = i};
        struct lot lot = lot_of(1, i, i, i);
        ck_assert_uint_eq(lots_new(&lots, &lot, i % 2 == 0 ? &own : NULL), i);
    }
    for (uint32_t i = 1; i <= LOTS; i++) {
        ck_assert_uint_eq(lots.pool[i].id, i);
        ck_assert_int_eq(lots.pool[i].units, i);
        ck_assert(i % 2 != 0 || lots.owns[lots.pool[i].own].topup == i);
    }
    lots_deinit(&lots);
}
END_TEST

/* --- what is settled --- */

/* The first top-up: 50000 with a bonus of 10000, spent as 12345, 20000, 27655. */
START_TEST(the_first_top_up)
{
    static const struct {
        int64_t drawn;
        int64_t principal;
        int64_t bonus;
        int64_t hq;
        int64_t seller;
    } points[] = {
        {0, 0, 0, 0, 0},
        {12345, 10287, 2058, 411, 618},
        {32345, 26954, 5391, 1078, 1617},
        {59999, 49999, 10000, 2000, 3000},
        {60000, 50000, 10000, 2000, 3000},
    };
    struct lots lots = {0};
    struct lot_class class = card_class();
    struct lot lot = lot_of(lots_class(&lots, &class), 1, 60000, 50000);
    money_t owed[DEBTORS_MAX];
    struct lot_point point;

    lot_owed(&lots, &lot, owed);
    ck_assert_int_eq(money_fen(owed[0]), 50000);
    ck_assert_int_eq(money_fen(owed[1]), 2000);
    ck_assert_int_eq(money_fen(owed[2]), 3000);
    for (int i = 0; i < COUNT(points); i++) {
        lot_at(&class, &lot, owed, points[i].drawn, &point);
        ck_assert_int_eq(money_fen(point.principal), points[i].principal);
        ck_assert_int_eq(money_fen(point.bonus), points[i].bonus);
        ck_assert_int_eq(money_fen(point.settled[0]), points[i].principal);
        ck_assert_int_eq(money_fen(point.settled[1]), points[i].hq);
        ck_assert_int_eq(money_fen(point.settled[2]), points[i].seller);
    }
    lots_deinit(&lots);
}
END_TEST

static void walk_lot(const struct lots *lots, const struct lot *lot)
{
    const struct lot_class *class = lots_class_at(lots, lot->class);
    money_t owed[DEBTORS_MAX];
    struct lot_point before = {0};
    struct lot_point now = {0};

    lot_owed(lots, lot, owed);
    for (int64_t units = 1; units <= lot->units; units++) {
        lot_at(class, lot, owed, units, &now);
        ck_assert_int_eq(money_fen(now.principal) + money_fen(now.bonus), units);
        ck_assert_int_ge(money_fen(now.principal), money_fen(before.principal));
        ck_assert_int_ge(money_fen(now.bonus), money_fen(before.bonus));
        for (uint32_t i = 0; i < class->debtor_count; i++) {
            ck_assert_int_ge(money_fen(now.settled[i]), money_fen(before.settled[i]));
            ck_assert_int_le(money_fen(now.settled[i]), money_fen(owed[i]));
        }
        before = now;
    }
    for (uint32_t i = 0; i < class->debtor_count; i++) {
        ck_assert_int_eq(money_fen(now.settled[i]), money_fen(owed[i]));
    }
    ck_assert_int_eq(money_fen(now.principal), money_fen(lot->principal));
}

/* Every small lot, fen by fen: nothing is ever given back and the end is exact. */
START_TEST(every_small_lot_ends_exactly)
{
    struct lots lots = {0};
    struct lot_class class = card_class();

    class.principal_rate = (rate_t){900000};
    class.bonus_rate = (rate_t){MILLION};
    uint32_t number = lots_class(&lots, &class);
    for (int64_t principal = 0; principal <= 12; principal++) {
        for (int64_t bonus = 0; bonus <= 12; bonus++) {
            struct lot lot = lot_of(number, 1, principal + bonus, principal);
            if (lot.units > 0) {
                walk_lot(&lots, &lot);
            }
        }
    }
    lots_deinit(&lots);
}
END_TEST

START_TEST(the_last_use_of_a_pack_takes_the_rest)
{
    struct lots lots = {0};
    struct lot_class class = class_of(0, PRODUCT_PACK);
    struct lot lot = lot_of(lots_class(&lots, &class), 1, 10, 9999);
    money_t owed[DEBTORS_MAX];
    struct lot_point point;

    lot_owed(&lots, &lot, owed);
    lot_at(&class, &lot, owed, 1, &point);
    ck_assert_int_eq(money_fen(point.principal), 999);
    ck_assert_int_eq(money_fen(point.settled[0]), 999);
    ck_assert_int_eq(money_fen(point.bonus), 0);
    lot_at(&class, &lot, owed, 9, &point);
    ck_assert_int_eq(money_fen(point.settled[0]), 8999);
    lot_at(&class, &lot, owed, 10, &point);
    ck_assert_int_eq(money_fen(point.principal), 9999);
    ck_assert_int_eq(money_fen(point.settled[0]), 9999);
    lots_deinit(&lots);
}
END_TEST

/* A lot without value: what is owed for nothing comes with the unit that empties it. */
START_TEST(a_lot_of_principal_zero)
{
    struct lots lots = {0};
    struct lot_class class = class_of(0, PRODUCT_PACK);
    struct lot_own own = {.owed = {{7}}};
    struct lot lot = lot_of(lots_class(&lots, &class), 1, 3, 0);
    money_t owed[DEBTORS_MAX];
    struct lot_point point;

    uint32_t place = lots_new(&lots, &lot, &own);
    lot_owed(&lots, &lots.pool[place], owed);
    ck_assert_int_eq(money_fen(owed[0]), 7);
    lot_at(&class, &lots.pool[place], owed, 2, &point);
    ck_assert_int_eq(money_fen(point.settled[0]), 0);
    lot_at(&class, &lots.pool[place], owed, 3, &point);
    ck_assert_int_eq(money_fen(point.settled[0]), 7);
    lots_deinit(&lots);
}
END_TEST

START_TEST(amounts_of_its_own_win_over_the_class)
{
    struct lots lots = {0};
    struct lot_class class = card_class();
    struct lot_own own = {.owed = {{4166}, {166}, {250}}};
    struct lot lot = lot_of(lots_class(&lots, &class), 1, 5000, 4166);
    money_t owed[DEBTORS_MAX];

    uint32_t place = lots_new(&lots, &lot, &own);
    lot_owed(&lots, &lots.pool[place], owed);
    ck_assert_int_eq(money_fen(owed[1]), 166);
    ck_assert_int_eq(money_fen(owed[2]), 250);
    walk_lot(&lots, &lots.pool[place]);
    lots_deinit(&lots);
}
END_TEST

START_TEST(what_is_left)
{
    struct lot lot = lot_of(1, 1, 60000, 50000);

    ck_assert_int_eq(lot_left(&lot), 60000);
    ck_assert_int_eq(money_fen(lot_principal_left(&lot)), 50000);
    lot.drawn = 12345;
    ck_assert_int_eq(lot_left(&lot), 47655);
    ck_assert_int_eq(money_fen(lot_principal_left(&lot)), 39713);
    lot.drawn = 60000;
    ck_assert_int_eq(money_fen(lot_principal_left(&lot)), 0);
}
END_TEST

/* --- queues --- */

/* A lot given back by the refund with sequence `seq` as its k-th. */
static uint32_t put(struct lots *lots, uint32_t *head, struct lot lot, bool given_back)
{
    const struct lot_own own = {.topup = 1};
    uint32_t place = lots_new(lots, &lot, given_back ? &own : NULL);

    lots_insert(lots, head, place);
    return place;
}

static void assert_order(const struct lots *lots, uint32_t head, const lot_id_t *ids, int count)
{
    for (int i = 0; i < count; i++) {
        ck_assert_uint_ne(head, 0);
        ck_assert_msg(lots->pool[head].id == ids[i], "at %d", i);
        head = lots->pool[head].next;
    }
    ck_assert_uint_eq(head, 0);
}

/* Rules 8 and 48: the newest refund's lots first, those of one refund as drawn; then the oldest. */
START_TEST(stored_value_queues_refunds_first)
{
    struct lots lots = {0};
    struct lot_class class = card_class();
    uint32_t card = lots_class(&lots, &class);
    uint32_t head = 0;
    const lot_id_t order[] = {
        lot_id(9, 1), lot_id(9, 2), lot_id(5, 1), lot_id(5, 2), lot_id(2, 1), lot_id(7, 1),
    };

    put(&lots, &head, lot_of(card, lot_id(7, 1), 1, 1), false);
    put(&lots, &head, lot_of(card, lot_id(5, 2), 1, 1), true);
    put(&lots, &head, lot_of(card, lot_id(9, 2), 1, 1), true);
    put(&lots, &head, lot_of(card, lot_id(2, 1), 1, 1), false);
    put(&lots, &head, lot_of(card, lot_id(5, 1), 1, 1), true);
    put(&lots, &head, lot_of(card, lot_id(9, 1), 1, 1), true);
    assert_order(&lots, head, order, COUNT(order));
    lots_deinit(&lots);
}
END_TEST

/* Points: the earliest end first, then the oldest; what is given back counts by its new id. */
START_TEST(points_queue_by_expiry)
{
    struct lots lots = {0};
    struct lot_class class = class_of(0, PRODUCT_POINTS);
    uint32_t points = lots_class(&lots, &class);
    uint32_t head = 0;
    const lot_id_t order[] = {lot_id(8, 1), lot_id(3, 1), lot_id(6, 1), lot_id(1, 1)};
    struct lot lot = lot_of(points, lot_id(6, 1), 1, 1);

    lot.valid_to = 20;
    put(&lots, &head, lot, true);
    put(&lots, &head, lot_of(points, lot_id(1, 1), 1, 1), false); /* for ever */
    lot.id = lot_id(3, 1);
    put(&lots, &head, lot, false);
    lot.id = lot_id(8, 1);
    lot.valid_to = 19;
    put(&lots, &head, lot, false);
    assert_order(&lots, head, order, COUNT(order));
    lots_deinit(&lots);
}
END_TEST

START_TEST(packs_queue_by_age)
{
    struct lots lots = {0};
    struct lot_class class = class_of(0, PRODUCT_PACK);
    uint32_t pack = lots_class(&lots, &class);
    uint32_t head = 0;
    const lot_id_t order[] = {lot_id(2, 1), lot_id(4, 1), lot_id(4, 2)};

    put(&lots, &head, lot_of(pack, lot_id(4, 2), 1, 1), true);
    put(&lots, &head, lot_of(pack, lot_id(2, 1), 1, 1), false);
    put(&lots, &head, lot_of(pack, lot_id(4, 1), 1, 1), true);
    assert_order(&lots, head, order, COUNT(order));
    lots_deinit(&lots);
}
END_TEST

START_TEST(products_keep_apart)
{
    struct lots lots = {0};
    struct lot_class first = class_of(3, PRODUCT_POINTS);
    struct lot_class second = card_class();
    uint32_t points = lots_class(&lots, &first);
    uint32_t card = lots_class(&lots, &second);
    uint32_t head = 0;
    const lot_id_t order[] = {lot_id(2, 1), lot_id(4, 1), lot_id(1, 1), lot_id(3, 1)};

    put(&lots, &head, lot_of(points, lot_id(3, 1), 1, 1), false);
    put(&lots, &head, lot_of(card, lot_id(4, 1), 1, 1), false);
    put(&lots, &head, lot_of(points, lot_id(1, 1), 1, 1), false);
    put(&lots, &head, lot_of(card, lot_id(2, 1), 1, 1), false);
    assert_order(&lots, head, order, COUNT(order));
    lots_deinit(&lots);
}
END_TEST

START_TEST(removing_from_every_place)
{
    for (lot_id_t gone = 1; gone <= 3; gone++) {
        struct lots lots = {0};
        struct lot_class class = class_of(0, PRODUCT_PACK);
        uint32_t pack = lots_class(&lots, &class);
        uint32_t head = 0;
        const lot_id_t order[] = {gone == 1 ? 2 : 1, gone == 3 ? 2 : 3};
        ck_assert_uint_eq(lots_find(&lots, head, 1), 0);
        for (lot_id_t id = 1; id <= 3; id++) {
            put(&lots, &head, lot_of(pack, id, 1, 1), false);
        }
        lots_remove(&lots, &head, lots_find(&lots, head, gone));
        assert_order(&lots, head, order, COUNT(order));
        ck_assert_uint_eq(lots_find(&lots, head, gone), 0);
        ck_assert_uint_eq(lots.pool[lots_find(&lots, head, order[1])].id, order[1]);
        lots_deinit(&lots);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("lots");
    TCase *tcase = tcase_create("lots");

    tcase_add_test(tcase, ids_rise_with_the_journal);
    tcase_add_test(tcase, equal_classes_are_kept_once);
    tcase_add_test(tcase, many_classes_keep_their_numbers);
    tcase_add_test(tcase, places_are_used_again);
    tcase_add_test(tcase, the_pool_grows);
    tcase_add_test(tcase, the_first_top_up);
    tcase_add_test(tcase, every_small_lot_ends_exactly);
    tcase_add_test(tcase, the_last_use_of_a_pack_takes_the_rest);
    tcase_add_test(tcase, a_lot_of_principal_zero);
    tcase_add_test(tcase, amounts_of_its_own_win_over_the_class);
    tcase_add_test(tcase, what_is_left);
    tcase_add_test(tcase, stored_value_queues_refunds_first);
    tcase_add_test(tcase, points_queue_by_expiry);
    tcase_add_test(tcase, packs_queue_by_age);
    tcase_add_test(tcase, products_keep_apart);
    tcase_add_test(tcase, removing_from_every_place);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
