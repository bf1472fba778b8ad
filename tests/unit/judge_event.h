/* The judge of the strict decoder: protobuf-c reads, and the schema's limits are applied to what it
 * read, written a second time and without the decoder's helpers. */
#ifndef TESTS_UNIT_JUDGE_EVENT_H
#define TESTS_UNIT_JUDGE_EVENT_H

#include "allclear/v1/batch.pb-c.h"
#include "allclear/v1/event.pb-c.h"
#include "mutate.h"

static inline bool judge_pay(size_t count, Allclear__V1__PayLine *const *from, struct pay_line *to,
                             uint32_t *ret_count)
{
    if (count > PAY_LINES_MAX) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        if ((int)from[i]->with < 1 || (int)from[i]->with > 9 || (int)from[i]->with == 4) {
            return false;
        }
        to[i] = (struct pay_line){
            .with = (means_t)from[i]->with,
            .product = slice_of(from[i]->product),
            .pack = slice_of(from[i]->pack),
            .item = slice_of(from[i]->item),
            .scheme = slice_of(from[i]->scheme),
            .amount_fen = from[i]->amount_fen,
            .units = from[i]->units,
        };
    }
    *ret_count = (uint32_t)count;
    return true;
}

static inline bool judge_earn(size_t count, Allclear__V1__EarnEntry *const *from, struct event *e)
{
    if (count > EARN_ENTRIES_MAX) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        e->earn[i] = (struct earn_entry){slice_of(from[i]->product), slice_of(from[i]->campaign),
                                         from[i]->points};
    }
    e->earn_count = (uint32_t)count;
    return true;
}

static inline bool judge_ref(const Allclear__V1__EventRef *from, struct event *e)
{
    if (from != NULL) {
        e->of = (struct event_ref){slice_of(from->store), slice_of(from->terminal), from->number};
    }
    return from == NULL || from->number != 0;
}

static inline bool judge_sale(const Allclear__V1__Sale *from, struct event *e)
{
    if (from->n_discounts > DISCOUNTS_MAX || from->n_lines > CATEGORIES_MAX) {
        return false;
    }
    e->amount_fen = from->gross_fen;
    e->discount_count = (uint32_t)from->n_discounts;
    for (size_t i = 0; i < from->n_discounts; i++) {
        e->discounts[i] = (struct discount_line){slice_of(from->discounts[i]->rule),
                                                 from->discounts[i]->amount_fen};
    }
    e->category_count = (uint32_t)from->n_lines;
    for (size_t i = 0; i < from->n_lines; i++) {
        e->categories[i] =
            (struct category_line){slice_of(from->lines[i]->category), from->lines[i]->amount_fen};
    }
    return (e->type == EVENT_CAPTURE || from->hold == NULL) &&
           judge_pay(from->n_pay, from->pay, e->pay, &e->pay_count) &&
           judge_earn(from->n_earn, from->earn, e);
}

static inline bool judge_topup(const Allclear__V1__TopUp *from, struct event *e)
{
    e->product = slice_of(from->product);
    e->amount_fen = from->principal_fen;
    e->bonus_fen = from->bonus_fen;
    e->offer = slice_of(from->offer);
    e->card_kind = (card_kind_t)from->card_kind;
    return (int)from->card_kind >= 0 && (int)from->card_kind <= 2 &&
           judge_pay(from->n_pay, from->pay, e->pay, &e->pay_count) &&
           judge_earn(from->n_earn, from->earn, e);
}

static inline bool judge_day_total(const Allclear__V1__DayTotal *from, struct event *e)
{
    if (from->n_sums > SUMS_MAX) {
        return false;
    }
    e->date = slice_of(from->date);
    e->count = from->count;
    e->sum_count = (uint32_t)from->n_sums;
    for (size_t i = 0; i < from->n_sums; i++) {
        e->sums[i] = (struct total_sum){slice_of(from->sums[i]->key), from->sums[i]->amount_fen};
    }
    return true;
}

static inline bool judge_what(const Allclear__V1__Event *m, struct event *e)
{
    switch ((int)m->what_case) {
    case EVENT_ENROL:
        e->referrer = m->enrol->referrer;
        return true;
    case EVENT_TOPUP:
        return judge_topup(m->topup, e);
    case EVENT_SALE:
        return judge_sale(m->sale, e);
    case EVENT_CAPTURE:
        return judge_sale(m->capture, e) && judge_ref(m->capture->hold, e);
    case EVENT_HOLD:
        e->product = slice_of(m->hold->product);
        e->amount_fen = m->hold->amount_fen;
        e->date = slice_of(m->hold->until);
        return true;
    case EVENT_RELEASE:
        return judge_ref(m->release->hold, e);
    case EVENT_DISPUTE:
        e->claim_kind = slice_of(m->dispute->kind);
        e->reason = slice_of(m->dispute->reason);
        return judge_ref(m->dispute->of, e);
    case EVENT_REFUND:
        e->amount_fen = m->refund->amount_fen;
        return judge_ref(m->refund->of, e) &&
               judge_pay(m->refund->n_back, m->refund->back, e->back, &e->back_count);
    case EVENT_VOID:
        return judge_ref(m->void_->of, e);
    case EVENT_PACK_SALE:
        e->product = slice_of(m->pack_sale->product);
        e->pack = slice_of(m->pack_sale->pack);
        e->amount_fen = m->pack_sale->price_fen;
        e->units = m->pack_sale->uses;
        return judge_pay(m->pack_sale->n_pay, m->pack_sale->pay, e->pay, &e->pay_count);
    case EVENT_CASHOUT:
        e->product = slice_of(m->cashout->product);
        e->amount_fen = m->cashout->amount_fen;
        return true;
    case EVENT_POINTS_GRANT:
        e->product = slice_of(m->points_grant->product);
        e->units = m->points_grant->points;
        e->reason = slice_of(m->points_grant->reason);
        e->campaign = slice_of(m->points_grant->campaign);
        return true;
    case EVENT_DAY_TOTAL:
        return judge_day_total(m->day_total, e);
    default:
        return false;
    }
}

/* Is this message, as protobuf-c read it, an event? Out: the event, with texts in the message. */
static inline bool judge_event(const Allclear__V1__Event *m, struct event *e)
{
    memset(e, 0, sizeof *e);
    e->type = (event_type_t)m->what_case;
    e->terminal = slice_of(m->terminal);
    e->number = m->number;
    e->at_ms = (int64_t)m->at;
    e->member = m->member;
    e->receipt = slice_of(m->receipt);
    e->channel = (channel_t)m->channel;
    e->operator_code = slice_of(m->operator_);
    e->ask = m->ask != 0;
    return (int)m->channel >= 0 && (int)m->channel <= 5 && judge_what(m, e) &&
           policy_fault(e) == NULL;
}

static inline bool judge_batch(const Allclear__V1__Batch *m, struct event *scratch)
{
    if (m->version != 1 || m->network.len != 32 || m->previous.len != 32 || m->sequence == 0 ||
        m->created == 0 || m->created >= POLICY_AT_MS_END || !code_valid(slice_of(m->store)) ||
        m->n_events > BATCH_EVENTS_MAX) {
        return false;
    }
    for (size_t i = 0; i < m->n_events; i++) {
        if (!judge_event(m->events[i], scratch)) {
            return false;
        }
    }
    return true;
}

#endif
