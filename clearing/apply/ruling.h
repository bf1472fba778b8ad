/* One event on its way through the rules: what the checks find out and the actions use. Internal to
 * clearing/apply. Each type of event has a check, which looks at everything and changes nothing,
 * and an action, which can no longer fail (rule 16). */
#ifndef CLEARING_APPLY_RULING_H
#define CLEARING_APPLY_RULING_H

#include "clearing/apply/apply.h"

struct ruling {
    struct apply *apply;
    struct state *state;
    const struct event *event;
    struct site here;
    bool by_hq; /* headquarters enters it (rule 29) */
    bool deadline; /* its deadline has come: shortfall terms apply (rules 33a, 51) */
    day_t occurred;
    day_t came; /* the open day when the event's own record came */
    const struct terms *terms; /* in force when it occurred */
    struct member *member;     /* NULL: none named, or not one yet */
    uint64_t seq;              /* that it gets when it is accepted */
    uint32_t lots_made;
    bool is_short; /* the action has cleared it short */
    const struct hold *hold; /* named in `of` and open; until an action changes the holds */
    /* the event named in `of`, when it is known */
    bool has_past;
    uint64_t past_seq;
    store_t past_store;
    bool past_is_refund;  /* a void's original; past_event then becomes what it had refunded */
    money_t past_amount;  /* the original's amount */
    struct original touched; /* a copy; zero when untouched */
    struct effects *effects; /* what the action adds to */
};

/* Amounts of the contract: 1..AMOUNT_MAX. */
static inline bool amount_good(int64_t amount)
{
    return amount > 0 && amount <= AMOUNT_MAX;
}

/* The first that is not OUTCOME_NONE ends a check. */
#define REFUSE_IF(condition, why)                                                                  \
    do {                                                                                           \
        if (condition) {                                                                           \
            return OUTCOME_##why;                                                                  \
        }                                                                                          \
    } while (0)

#define REFUSE_UNLESS_NONE(expression)                                                             \
    do {                                                                                           \
        outcome_t found_ = (expression);                                                           \
        if (found_ != OUTCOME_NONE) {                                                              \
            return found_;                                                                         \
        }                                                                                          \
    } while (0)

outcome_t enrol_check(struct ruling *ruling);
void enrol_do(struct ruling *ruling);
outcome_t topup_check(struct ruling *ruling);
void topup_do(struct ruling *ruling);
outcome_t pack_sale_check(struct ruling *ruling);
void pack_sale_do(struct ruling *ruling);
outcome_t points_grant_check(struct ruling *ruling);
void points_grant_do(struct ruling *ruling);
outcome_t cashout_check(struct ruling *ruling);
void cashout_do(struct ruling *ruling);
outcome_t sale_check(struct ruling *ruling);
void sale_do(struct ruling *ruling);
outcome_t refund_check(struct ruling *ruling);
void refund_do(struct ruling *ruling);
outcome_t void_check(struct ruling *ruling);
void void_do(struct ruling *ruling);

outcome_t hold_check(struct ruling *ruling);
void hold_do(struct ruling *ruling);
void capture_do(struct ruling *ruling); /* its check is sale_check */
outcome_t release_check(struct ruling *ruling);
void release_do(struct ruling *ruling);

outcome_t dispute_check(struct ruling *ruling);
void dispute_do(struct ruling *ruling);
/* What a refund or void has undone of disputed lines, from its claims: adds effects. Returns: any?
 * Then its claims are to be derived again. */
bool dispute_follow(struct ruling *ruling);

outcome_t day_total_check(struct ruling *ruling);
void day_total_do(struct ruling *ruling);

/* --- day totals (counting.c) --- */

/* Count an accepted event in its terminal's day. Before its action: what it undoes still stands. */
void counting_accepted(struct ruling *ruling);
/* Count an event that begins to wait (sign 1), or no longer waits (-1). */
void counting_waits(const struct ruling *ruling, int sign);
/* The business day that a day total is about. */
day_t counting_date(const struct event *event);

/* Load the facts of an accepted event into apply->past_event (past_effects stay). */
void ruling_load_event(struct ruling *ruling, uint64_t seq);

/* Begin with an event of a store that came on a day. */
struct ruling ruling_begin(struct apply *apply, store_t store, const struct event *event,
                           day_t came);
/* Find the event named in `of`: known when it has been accepted. Its member is then the event's. */
void ruling_find_original(struct ruling *ruling);
/* All checks but number and time. */
outcome_t ruling_check(struct ruling *ruling);

/* What is left of a top-up's own lot, or of all lots of a pack (refund.c). */
int64_t ruling_original_left(const struct ruling *ruling);

/* --- parties (parties.c) --- */

/* Who a funder is for this event (rule 43). `sold` is the store of the lot for $issuer. */
participant_t ruling_who(const struct ruling *ruling, const struct who *who);

/* Funders with each participant once, at its first place, shares added (rule 43). */
struct payers {
    uint32_t count;
    participant_t list[FUNDERS_MAX];
    rate_t shares[FUNDERS_MAX];
};
void ruling_payers(const struct ruling *ruling, const struct funders *funders,
                   struct payers *ret_payers);

/* --- lots (making.c) --- */

/* The member of the event, begun here when it is new (rule 34). */
struct member *ruling_begin_member(struct ruling *ruling);
/* A class with what every lot of this product made here and now has. */
struct lot_class ruling_class(const struct ruling *ruling, const struct product *product);
/* The same of points that a payer grants (rules 18, 19). */
struct lot_class ruling_points_class(const struct ruling *ruling, const struct product *product,
                                     participant_t payer);
/* The list of a member's lots, or the pack's, that lots of this class belong to. */
uint32_t *ruling_list(const struct ruling *ruling, const struct lot_class *class, slice_t pack);
/* The next lot number of this event. */
lot_id_t ruling_next_lot(struct ruling *ruling);
/* Make a lot and put it in its list. */
void ruling_make_lot(struct ruling *ruling, const struct lot *lot, const struct lot_own *own,
                     slice_t pack);
/* The last day of points granted by this event. */
day_t ruling_valid_to(const struct ruling *ruling, const struct product *product);
/* Make a points lot for a payer and say so (rules 18, 19); `issue` is what its payer owes the
 * fund. */
void ruling_grant(struct ruling *ruling, const struct product *product, participant_t payer,
                  int64_t points, money_t issue);

/* --- earning (earn.c) --- */

/* Is the value of so many points an amount that we settle (at most AMOUNT_MAX fen)? */
bool points_payable(const struct product *product, int64_t points);

/* The event's entries against the rule's figures on `base_fen` (rules 18, 50), stage by stage. */
outcome_t earn_check_amounts(const struct ruling *ruling);
outcome_t earn_check_products(const struct ruling *ruling);
outcome_t earn_check_campaigns(const struct ruling *ruling);
outcome_t earn_check_in_force(const struct ruling *ruling);
outcome_t earn_check_figures(const struct ruling *ruling, int64_t base_fen);
void earn_do(struct ruling *ruling, int64_t base_fen);

/* --- drawing (draw.c) --- */

/* What a member or pack could give here. */
struct available {
    int64_t here;       /* units that count at this store, at most `wanted` */
    int64_t everywhere; /* units of all stores' lots, at most `wanted` */
};
struct available draw_available(const struct ruling *ruling, uint32_t head, product_t product,
                                int64_t wanted);
/* Does this lot count at the store at hand (F4), and is it good on the open day? */
bool draw_counts(const struct ruling *ruling, const struct lot *lot);
/* May so many units of a line be missing? Of stored value, when the deadline has come, if the
 * product's terms on the sale's business date say who bears them, up to the floor limit. */
bool draw_goes_short(const struct ruling *ruling, const struct pay_line *line, int64_t missing);
/* Draw `units` of a product (or of a pack, whose head it is) for a pay line, adding effects. The
 * caller knows that they are there. Returns: what was settled of lots that another participant sold
 * (the base of the fee). */
money_t draw_units(struct ruling *ruling, uint32_t *head, product_t product, uint32_t line,
                   int64_t units);
/* Settle parts over some of a draw's units: whole telescoped over units, then peeled (rule 45).
 * Out: ret_parts[count], cumulative at `cum` of `units`. */
void draw_back_shares(const struct share *shares, uint32_t count, int64_t cum, int64_t units,
                      money_t *ret_parts);

/* --- holds (hold.c) --- */

/* What of a sale is about the hold that it names, stage by stage; nothing but in a capture. */
outcome_t capture_check_known(const struct ruling *ruling);
outcome_t capture_check_named(const struct ruling *ruling);
outcome_t capture_check_here(const struct ruling *ruling);
/* What is held of the member's product for others than the event, as it counts at a store. The
 * member is known. */
int64_t hold_of_others(const struct ruling *ruling, product_t product, store_t store);
/* What the member's lots could give here beside what is held for others, each at most `wanted`. */
struct available hold_free(const struct ruling *ruling, product_t product, int64_t wanted);
/* Is what is held still there when `taken` units are gone? */
bool hold_leaves(const struct ruling *ruling, product_t product, int64_t taken);

/* --- days (sweep.c) --- */

/* While a sweep runs: end the lots of the event's member (if any) that ended with the last
 * day-end, before anything looks at them. */
void ruling_roll_forward(struct ruling *ruling);

/* --- ending lots (cashout.c) --- */

/* End one lot for its principal, commission telescoped back, and take it out of its list (rule
 * 14). */
void ruling_end_lot(struct ruling *ruling, uint32_t *head, uint32_t place);

/* --- refunds (refund_sale.c) --- */

/* What a refund gives back of each discount and pay line: the sale's own figures at two cumulative
 * amounts (rules 22, 45). */
struct refund_plan {
    int64_t before; /* refunded before, of gross */
    int64_t after;
    bool whole;     /* a sale of gross 0, once and whole */
    money_t discount_before[DISCOUNTS_MAX];
    money_t discount_after[DISCOUNTS_MAX];
    money_t pay_before[PAY_LINES_MAX]; /* money of the line */
    money_t pay_after[PAY_LINES_MAX];
    int64_t units_before[PAY_LINES_MAX]; /* units given back of the line; tenders: fen */
    int64_t units_after[PAY_LINES_MAX];
};
void refund_plan_sale(const struct event *sale, int64_t before, int64_t after,
                      struct refund_plan *ret_plan);
/* Does `back` say what the plan gives? */
bool refund_back_equals(const struct event *refund, const struct event *sale,
                        const struct refund_plan *plan);
/* Do it. */
void refund_sale_do(struct ruling *ruling);

#endif
