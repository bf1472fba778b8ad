#include "tools/bench/plan.h"

#include <stdlib.h>
#include <string.h>

#include "clearing/base/memory.h"

#define MEMBER_FIRST    6200000000ULL
#define YUAN            100
#define SALE_FEN_MIN    100
#define SALE_FEN_MAX    5000
#define CASH_FEN_MAX    20000
#define TOPUP_YUAN_MIN  100
#define TOPUP_YUAN_MAX  500
#define POINTS_MAX      50
#define WARM_YUAN_MIN   1000
#define WARM_SPARE      4 /* times what a member spends on average */
#define TRIES           64

/* splitmix64 */
static uint64_t next_random(struct plan *plan)
{
    uint64_t z = (plan->random += 0x9e3779b97f4a7c15ULL);

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31);
}

/* Of 0..bound-1; what the remainder prefers does not matter here. */
static uint64_t random_below(struct plan *plan, uint64_t bound)
{
    return next_random(plan) % bound;
}

static int64_t random_from(struct plan *plan, int64_t min, int64_t max)
{
    return min + (int64_t)random_below(plan, (uint64_t)(max - min + 1));
}

static int64_t share(int64_t amount, int64_t millionths)
{
    return (amount * millionths + 500000) / 1000000;
}

static int64_t issue_of(int64_t points)
{
    return (points * PLAN_ISSUE_PRICE + 500) / 1000;
}

void plan_init(struct plan *plan, const struct bench_options *options, const code_t *codes,
               int64_t at_ms)
{
    uint64_t each = options->events / options->members + 1;

    *plan = (struct plan){
        .options = options,
        .codes = codes,
        .at_ms = at_ms,
        .random = options->seed,
        .warm_fen = WARM_YUAN_MIN * YUAN + (int64_t)each * WARM_SPARE * SALE_FEN_MAX / YUAN * YUAN,
    };
    plan->value = memory_zeroed(options->members, sizeof *plan->value);
    plan->points = memory_zeroed(options->members, sizeof *plan->points);
    plan->number = memory_zeroed(options->stores, sizeof *plan->number);
    plan->store_nets = memory_zeroed(options->stores, sizeof *plan->store_nets);
}

void plan_deinit(struct plan *plan)
{
    free(plan->value);
    free(plan->points);
    free(plan->number);
    free(plan->store_nets);
    *plan = (struct plan){0};
}

/* Store s is home of the members s, s + stores, s + 2 * stores, ... */
uint32_t plan_home_count(const struct plan *plan, uint32_t store)
{
    const struct bench_options *options = plan->options;

    return options->members / options->stores + (store < options->members % options->stores);
}

static uint32_t home_of(const struct plan *plan, uint32_t member)
{
    return member % plan->options->stores;
}

static uint32_t own_member(struct plan *plan)
{
    uint64_t n = random_below(plan, plan_home_count(plan, plan->store));

    return plan->store + (uint32_t)n * plan->options->stores;
}

static uint32_t other_member(struct plan *plan)
{
    uint32_t member = 0;

    do {
        member = (uint32_t)random_below(plan, plan->options->members);
    } while (home_of(plan, member) == plan->store);
    return member;
}

static uint32_t some_member(struct plan *plan)
{
    bool cross = plan->options->stores > 1 && random_below(plan, 100) < plan->options->cross;

    return cross ? other_member(plan) : own_member(plan);
}

/* Draw a member who has the amount left, and take it from him. */
static bool spender(struct plan *plan, int64_t *balances, int64_t amount, uint32_t *ret_member,
                    struct fault *ret_fault)
{
    for (int i = 0; i < TRIES; i++) {
        uint32_t member = some_member(plan);
        if (balances[member] >= amount) {
            balances[member] -= amount;
            *ret_member = member;
            return true;
        }
    }
    return fault_set(ret_fault, FAULT_LIMIT, "too few members for so many events: --members");
}

/* `from` pays `amount` to the store at hand (from headquarters or the fund). */
static void pay_store(struct plan *plan, int64_t *from, int64_t amount)
{
    plan->store_nets[plan->store] += amount;
    *from -= amount;
}

static void begin_event(struct plan *plan, event_type_t type, uint64_t member, struct event *event)
{
    *event = (struct event){
        .type = type,
        .terminal = slice_of(PLAN_TERMINAL),
        .number = ++plan->number[plan->store],
        .at_ms = plan->at_ms,
        .member = member,
        .channel = CHANNEL_POS,
    };
}

static void top_up(struct plan *plan, uint32_t member, int64_t amount, struct event *event)
{
    begin_event(plan, EVENT_TOPUP, MEMBER_FIRST + member, event);
    event->product = slice_of("card");
    event->amount_fen = amount;
    pay_store(plan, &plan->hq_net, -amount);
    pay_store(plan, &plan->hq_net, share(amount, PLAN_COMMISSION));
}

static void earn(struct plan *plan, int64_t points, struct event *event)
{
    event->earn_count = 1;
    event->earn[0] = (struct earn_entry){.product = slice_of("points"), .points = points};
    pay_store(plan, &plan->fund_net, -issue_of(points));
}

void plan_warm(struct plan *plan, uint32_t store, uint32_t n, struct event *ret_event)
{
    uint32_t member = store + n * plan->options->stores;

    plan->store = store;
    top_up(plan, member, plan->warm_fen, ret_event);
    earn(plan, plan->warm_fen / YUAN, ret_event);
    plan->value[member] = plan->warm_fen;
    plan->points[member] = plan->warm_fen / YUAN;
}

void plan_begin(struct plan *plan, uint32_t store)
{
    plan->store = store;
    plan->sale_count = 0;
}

/* Remember a sale for refunds; a full list forgets one of the old ones. */
static void keep_sale(struct plan *plan, const struct event *event, int64_t points)
{
    uint32_t at = plan->sale_count < PLAN_SALES ? plan->sale_count++
                                                : (uint32_t)random_below(plan, PLAN_SALES);

    plan->sales[at] = (struct plan_sale){event->number, event->amount_fen, points};
}

static bool value_sale(struct plan *plan, struct event *event, struct fault *ret_fault)
{
    int64_t amount = random_from(plan, SALE_FEN_MIN, SALE_FEN_MAX);
    uint32_t member = 0;

    if (!spender(plan, plan->value, amount, &member, ret_fault)) {
        return false;
    }
    begin_event(plan, EVENT_SALE, MEMBER_FIRST + member, event);
    event->amount_fen = amount;
    event->pay_count = 1;
    event->pay[0] = (struct pay_line){
        .with = MEANS_STORED_VALUE, .product = slice_of("card"), .amount_fen = amount};
    pay_store(plan, &plan->hq_net, amount);
    if (home_of(plan, member) != plan->store) {
        pay_store(plan, &plan->hq_net, -share(amount, PLAN_FEE));
    }
    keep_sale(plan, event, 0);
    return true;
}

static void cash_sale(struct plan *plan, struct event *event)
{
    int64_t amount = random_from(plan, SALE_FEN_MIN, CASH_FEN_MAX);

    begin_event(plan, EVENT_SALE, MEMBER_FIRST + some_member(plan), event);
    event->amount_fen = amount;
    event->pay_count = 1;
    event->pay[0] = (struct pay_line){.with = MEANS_CASH, .amount_fen = amount};
    earn(plan, amount / YUAN, event);
    keep_sale(plan, event, amount / YUAN);
}

static bool points_sale(struct plan *plan, struct event *event, struct fault *ret_fault)
{
    int64_t points = random_from(plan, 1, POINTS_MAX);
    uint32_t member = 0;

    if (!spender(plan, plan->points, points, &member, ret_fault)) {
        return false;
    }
    begin_event(plan, EVENT_SALE, MEMBER_FIRST + member, event);
    event->amount_fen = points; /* a point is good for a fen */
    event->pay_count = 1;
    event->pay[0] = (struct pay_line){.with = MEANS_POINTS,
                                      .product = slice_of("points"),
                                      .amount_fen = points,
                                      .units = points};
    pay_store(plan, &plan->fund_net, points);
    return true;
}

/* The fee stays. What is given back is not counted on for later sales. */
static void refund(struct plan *plan, struct event *event)
{
    uint32_t at = (uint32_t)random_below(plan, plan->sale_count);
    struct plan_sale sale = plan->sales[at];

    plan->sales[at] = plan->sales[--plan->sale_count];
    begin_event(plan, EVENT_REFUND, 0, event);
    event->of = (struct event_ref){.store = code_slice(&plan->codes[plan->store]),
                                   .terminal = slice_of(PLAN_TERMINAL),
                                   .number = sale.number};
    event->amount_fen = sale.amount_fen;
    if (sale.points > 0) {
        pay_store(plan, &plan->fund_net, issue_of(sale.points));
    } else {
        pay_store(plan, &plan->hq_net, -sale.amount_fen);
    }
}

static enum bench_kind draw_kind(struct plan *plan)
{
    uint64_t at = random_below(plan, 100);
    int kind = 0;

    while (kind < BENCH_KINDS - 1 && at >= plan->options->mix[kind]) {
        at -= plan->options->mix[kind++];
    }
    if (kind == BENCH_REFUND && plan->sale_count == 0) {
        return BENCH_CASH; /* nothing can be refunded yet */
    }
    return (enum bench_kind)kind;
}

bool plan_next(struct plan *plan, struct event *ret_event, struct fault *ret_fault)
{
    switch (draw_kind(plan)) {
    case BENCH_VALUE:
        return value_sale(plan, ret_event, ret_fault);
    case BENCH_TOPUP:
        top_up(plan,
               own_member(plan),
               YUAN * random_from(plan, TOPUP_YUAN_MIN, TOPUP_YUAN_MAX),
               ret_event);
        return true;
    case BENCH_CASH:
        cash_sale(plan, ret_event);
        return true;
    case BENCH_POINTS:
        return points_sale(plan, ret_event, ret_fault);
    case BENCH_REFUND:
        refund(plan, ret_event);
        return true;
    case BENCH_KINDS:
        break;
    }
    return fault_set(ret_fault, FAULT_INTERNAL, "no such kind of event");
}
