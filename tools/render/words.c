#include "tools/render/words.h"

#include <stdio.h>
#include <string.h>

#include "tools/render/language.h"

static const char *const role_words[] = {
    [ROLE_HQ] = N_("headquarters"),     [ROLE_BRANCH] = N_("branch"),
    [ROLE_OWNED] = N_("own store"),     [ROLE_FRANCHISE] = N_("franchise"),
    [ROLE_MERCHANT] = N_("merchant"),   [ROLE_OPERATOR] = N_("operator"),
    [ROLE_COUNTY] = N_("county"),       [ROLE_FUND] = N_("fund"),
    [ROLE_RESERVE] = N_("reserve"),     [ROLE_CHANNEL] = N_("channel"),
    [ROLE_CUSTODIAN] = N_("custodian"), [ROLE_BANK] = N_("bank"),
};

static const char *const kind_words[KIND_COUNT] = {
    [KIND_PRINCIPAL] = N_("principal"),
    [KIND_BONUS] = N_("bonus"),
    [KIND_PACK] = N_("pack"),
    [KIND_POINTS_ISSUE] = N_("points issued"),
    [KIND_POINTS_REDEEM] = N_("points redeemed"),
    [KIND_FEE] = N_("service fee"),
    [KIND_COMMISSION] = N_("commission"),
    [KIND_DISCOUNT] = N_("discount"),
    [KIND_COUPON] = N_("coupon"),
    [KIND_TENDER] = N_("cash handed back"),
    [KIND_CASHOUT] = N_("cash-out"),
    [KIND_UNLINKED_REFUND] = N_("refund without original"),
    [KIND_BREAKAGE] = N_("breakage"),
    [KIND_ADJUST] = N_("adjustment"),
    [KIND_SHORTFALL] = N_("shortfall"),
    [KIND_SUSPENSE] = N_("suspense"),
    [KIND_DISPUTE] = N_("disputed"),
};

const char *words_of_role(role_t role)
{
    return _(role_words[role]);
}

const char *words_of_kind(claim_kind_t kind)
{
    return _(kind_words[kind]);
}

const char *words_of_kind_named(const char *name)
{
    claim_kind_t kind = KIND_PRINCIPAL;

    return claim_kind_parse(slice_of(name), &kind) ? words_of_kind(kind) : name;
}

static bool same_words(const char *text, const char *words)
{
    for (; *text != '\0' && *words != '\0'; text++, words++) {
        bool gap = strchr("_- ", *text) != NULL && strchr(" -", *words) != NULL;
        if (*text != *words && !gap) {
            return false;
        }
    }
    return *text == *words;
}

bool words_read_kind(const char *text, claim_kind_t *ret_kind)
{
    if (claim_kind_parse(slice_of(text), ret_kind)) {
        return true;
    }
    for (int kind = 1; kind < KIND_COUNT; kind++) {
        if (same_words(text, kind_words[kind]) || same_words(text, _(kind_words[kind]))) {
            *ret_kind = (claim_kind_t)kind;
            return true;
        }
    }
    return false;
}

void words_plain_line(const char *text, char *ret_line, size_t size)
{
    const char *slash = strchr(text, '/');
    claim_kind_t kind = KIND_PRINCIPAL;

    if (slash != NULL && words_read_kind(slash + 1, &kind)) {
        (void)snprintf(ret_line, size, "%.*s/%s", (int)(slash - text), text,
                       claim_kind_name(kind));
    } else {
        (void)snprintf(ret_line, size, "%s", text);
    }
}

const char *words_of_type(event_type_t type)
{
    switch (type) {
    case EVENT_ENROL:
        return _("enrolment");
    case EVENT_TOPUP:
        return _("top-up");
    case EVENT_SALE:
        return _("sale");
    case EVENT_REFUND:
        return _("refund");
    case EVENT_VOID:
        return _("void");
    case EVENT_PACK_SALE:
        return _("pack sale");
    case EVENT_CASHOUT:
        return _("cash-out");
    case EVENT_POINTS_GRANT:
        return _("points grant");
    case EVENT_DAY_TOTAL:
        return _("day total");
    case EVENT_HOLD:
        return _("hold");
    case EVENT_CAPTURE:
        return _("capture");
    case EVENT_RELEASE:
        return _("release");
    case EVENT_DISPUTE:
        return _("dispute");
    }
    return "";
}

const char *words_of_type_named(const char *name)
{
    for (unsigned type = EVENT_ENROL; type <= EVENT_DISPUTE; type++) {
        if (strcmp(event_type_name((event_type_t)type), name) == 0) {
            return words_of_type((event_type_t)type);
        }
    }
    return name;
}

const char *words_of_means(means_t means)
{
    switch (means) {
    case MEANS_STORED_VALUE:
        return _("stored value");
    case MEANS_POINTS:
        return _("points");
    case MEANS_PACK:
        return _("pack");
    case MEANS_CASH:
        return _("cash");
    case MEANS_CARD:
        return _("bank card");
    case MEANS_WECHAT:
        return _("WeChat Pay");
    case MEANS_ALIPAY:
        return _("Alipay");
    case MEANS_OTHER:
        return _("another tender");
    }
    return "";
}

const char *words_of_total_named(const char *name)
{
    total_key_t key = TOTAL_SALE;

    return total_key_parse(slice_of(name), &key) ? words_of_total(key) : _("events");
}

const char *words_of_total(total_key_t key)
{
    switch (key) {
    case TOTAL_ALIPAY:
        return words_of_means(MEANS_ALIPAY);
    case TOTAL_CARD:
        return words_of_means(MEANS_CARD);
    case TOTAL_CASH:
        return words_of_means(MEANS_CASH);
    case TOTAL_CASHOUT:
        return words_of_type(EVENT_CASHOUT);
    case TOTAL_OTHER:
        return words_of_means(MEANS_OTHER);
    case TOTAL_PACK_SALE:
        return words_of_type(EVENT_PACK_SALE);
    case TOTAL_POINTS:
        return words_of_means(MEANS_POINTS);
    case TOTAL_REFUND:
        return words_of_type(EVENT_REFUND);
    case TOTAL_SALE:
        return words_of_type(EVENT_SALE);
    case TOTAL_STORED_VALUE:
        return words_of_means(MEANS_STORED_VALUE);
    case TOTAL_TOPUP:
        return words_of_type(EVENT_TOPUP);
    case TOTAL_VOID:
        return words_of_type(EVENT_VOID);
    case TOTAL_WECHAT:
        return words_of_means(MEANS_WECHAT);
    }
    return "";
}

const char *words_of_model(model_t model)
{
    switch (model) {
    case MODEL_F1:
        return _("F1, headquarters pools");
    case MODEL_F1O:
        return _("F1o, paid online to headquarters");
    case MODEL_F2:
        return _("F2, the selling store keeps");
    case MODEL_F4:
        return _("F4, this store only");
    case MODEL_PF:
        return _("PF, priced fund");
    case MODEL_PR:
        return _("PR, paid at redemption");
    }
    return "";
}

/* The outcomes in words: what they are called, what was found, what to do. */
struct outcome_words {
    const char *name;
    const char *check;
    const char *advice;
};

static const struct outcome_words outcome_words[OUTCOME_LAST + 1] = {
    [OUTCOME_ACCEPTED] = {N_("accepted"), N_("Everything that the rules ask for was there."), ""},
    [OUTCOME_ACCEPTED_SHORT] =
        {N_("accepted short"),
         N_("The member's value did not reach; the terms say who bears the rest."), ""},
    [OUTCOME_WAITING] = {N_("waiting"), N_("Something that the event needs is not there yet."),
                         N_("Nothing: it is tried again when that arrives, until its deadline.")},
    [OUTCOME_DUPLICATE] = {N_("a duplicate"),
                           N_("The very same event has come under this number before."),
                           N_("Nothing: it counts once.")},
    [OUTCOME_NUMBER_REUSED] =
        {N_("number used twice"), N_("Another event has come under this terminal's number before."),
         N_("Find out which of the two happened; send the other one under a number of its own.")},
    [OUTCOME_TOO_OLD] = {N_("too old"),
                         N_("Its business date lies further back than the alliance takes late "
                            "events, or its number's gap has closed."),
                         N_("Headquarters decides about a correction.")},
    [OUTCOME_FUTURE] =
        {N_("in the future"), N_("Its time is more than five minutes after it was received."),
         N_("Set the till's clock right and send the event again with its true time.")},
    [OUTCOME_STORE_CLOSED] =
        {N_("store closed"),
         N_("Its business date is before the store's first or after its last day."),
         N_("Mend the date of the event, or the store's days in stores.csv.")},
    [OUTCOME_BAD_AMOUNT] =
        {N_("bad amount"),
         N_("An amount, number of points or of uses is zero, negative or too large."),
         N_("Mend the amount and send the event again.")},
    [OUTCOME_UNKNOWN_PRODUCT] =
        {N_("unknown product"),
         N_("The rules have no product of that code, or it is of another kind."),
         N_("Mend the code, or add the product to the alliance file.")},
    [OUTCOME_UNKNOWN_OFFER] = {N_("unknown offer"),
                               N_("The rules have no such offer for this product."),
                               N_("Mend the code, or add the offer to the alliance file.")},
    [OUTCOME_UNKNOWN_RULE] = {N_("unknown discount"), N_("The rules have no such discount."),
                              N_("Mend the code, or add the discount to the alliance file.")},
    [OUTCOME_UNKNOWN_CAMPAIGN] = {N_("unknown campaign"), N_("The rules have no such campaign."),
                                  N_("Mend the code, or add the campaign to the alliance file.")},
    [OUTCOME_UNKNOWN_PLAN] = {N_("unknown plan"), N_("The rules have no such membership plan."),
                              N_("Mend the code, or add the plan to the alliance file.")},
    [OUTCOME_UNKNOWN_MEMBER] =
        {N_("unknown member"),
         N_("Nobody has been enrolled or been given anything under this number yet."),
         N_("Check the number; enrol the member, or wait for the event that begins it.")},
    [OUTCOME_UNKNOWN_ORIGINAL] =
        {N_("unknown original"), N_("The event named in \"of\" has not been accepted (yet)."),
         N_("Check the reference on the receipt, and whether that store has published.")},
    [OUTCOME_UNKNOWN_COUPON] = {N_("unknown coupon"),
                                N_("No coupon of that code has been issued to this member."),
                                N_("Check the code, and whether the issuing store has published.")},
    [OUTCOME_UNKNOWN_PACK] = {N_("unknown pack"),
                              N_("No pack of that id has been sold to this member."),
                              N_("Check the id, and whether the selling store has published.")},
    [OUTCOME_NOT_IN_FORCE] =
        {
            N_("not in force"),
            N_("A product, offer, discount or campaign that it names is outside its dates on the "
               "business date."),
            N_("Mend the event, or extend the dates in the alliance file (for the future only).")},
    [OUTCOME_UNBALANCED] = {N_("unbalanced"),
                            N_("The amounts of the event do not add up to what they must."),
                            N_("Mend the amounts and send the event again.")},
    [OUTCOME_EARN_MISMATCH] =
        {N_("points do not match"),
         N_("The points that the till wrote are not what the rule gives (or there is no member)."),
         N_("Set the till's earning rule right, or leave \"earn\" out; send the event again.")},
    [OUTCOME_BONUS_MISMATCH] = {N_("bonus does not match"),
                                N_("The bonus is not what the offer gives on this principal."),
                                N_("Set the till's offer right and send the event again.")},
    [OUTCOME_PACK_EXISTS] = {N_("pack exists"), N_("A pack of that id has been sold already."),
                             N_("Give the pack an id of its own.")},
    [OUTCOME_COUPON_EXISTS] = {N_("coupon exists"),
                               N_("A coupon of that code has been issued already."),
                               N_("Give the coupon a code of its own.")},
    [OUTCOME_NOT_REFUNDABLE] = {N_("not refundable"),
                                N_("This kind of event cannot be undone in this way."),
                                N_("Headquarters decides about a correction.")},
    [OUTCOME_NOT_ACCEPTED_HERE] =
        {N_("not accepted here"),
         N_("The value is there, but this store may not take it or undo it."),
         N_("Send the member to the store that sold the value.")},
    [OUTCOME_VOIDED] = {N_("voided"), N_("The original has been voided."),
                        N_("Nothing is left to undo.")},
    [OUTCOME_TOO_LATE] = {N_("too late"),
                          N_("A void is for the day of the original, before that day ends."),
                          N_("Use a refund.")},
    [OUTCOME_REFUNDED] = {N_("refunded"), N_("A refund of the original stands already."),
                          N_("Nothing is left; or void that refund first.")},
    [OUTCOME_REFUND_OVER_ORIGINAL] = {N_("more than the original"),
                                      N_("More would be refunded than is left of the original."),
                                      N_("Refund at most what is left.")},
    [OUTCOME_VALUE_USED] = {N_("value used"), N_("What the original gave has been used since."),
                            N_("Use a refund where there is one; otherwise headquarters decides.")},
    [OUTCOME_COUPON_USED] = {N_("coupon used"), N_("The coupon has been used before."),
                             N_("Take the goods back or have them paid; the case is listed.")},
    [OUTCOME_COUPON_VOID] = {N_("coupon void"), N_("The coupon has been made void."),
                             N_("Have the goods paid in another way.")},
    [OUTCOME_COUPON_EXPIRED] = {N_("coupon expired"),
                                N_("The coupon was good until an earlier day."),
                                N_("Have the goods paid in another way.")},
    [OUTCOME_LIMIT_EXCEEDED] = {N_("over a limit"), N_("A limit of the rules would be exceeded."),
                                N_("Ask headquarters.")},
    [OUTCOME_CAP_REACHED] = {N_("cap reached"), N_("A cap of the rules is reached."),
                             N_("Ask headquarters.")},
    [OUTCOME_BUDGET_SPENT] = {N_("budget spent"), N_("The campaign's budget is spent."),
                              N_("Ask headquarters.")},
    [OUTCOME_INSUFFICIENT_FUNDS] =
        {N_("not enough stored value"),
         N_("The member has less stored value of this product than the event takes."),
         N_("Check the member's balance, and whether the store that topped up has published.")},
    [OUTCOME_INSUFFICIENT_POINTS] =
        {N_("not enough points"),
         N_("The member has fewer points of this product than the event takes."),
         N_("Check the member's balance, and whether the store that granted them has published.")},
    [OUTCOME_INSUFFICIENT_USES] =
        {N_("not enough uses"), N_("The pack has fewer uses left than the event takes."),
         N_("Check the pack, and whether the stores that used it have published.")},
    [OUTCOME_NO_SUCH_LINE] =
        {N_("no such line"),
         N_("The event makes the store's participant neither owe nor be owed anything of this kind."),
         N_("Look at what the event made you owe or be owed (allclear explain), and name that kind.")},
    [OUTCOME_DISPUTED] =
        {N_("disputed already"), N_("The line has been disputed before."),
         N_("Nothing, if headquarters has yet to answer; its answer ends the dispute for good.")},
    [OUTCOME_CARD_REPLACED] =
        {N_("card replaced"),
         N_("Another card has taken the place of this one, and the event is of a later day."),
         N_("Ask for the new card. If the sale is done, send it again with the new card's number.")},
    [OUTCOME_SETTLED_OTHERWISE] =
        {N_("settled otherwise"),
         N_("It was refused, and two people at headquarters have said who bears it, or that the "
            "store has given back what it took."),
         N_("Nothing: its number is spent.")},
};

static const char *translated(const char *text)
{
    return text[0] == '\0' ? "" : _(text); /* the empty text is the catalogue's own header */
}

const char *words_of_outcome(outcome_t outcome)
{
    return translated(outcome_words[outcome].name);
}

const char *words_of_check(outcome_t outcome)
{
    return translated(outcome_words[outcome].check);
}

const char *words_of_advice(outcome_t outcome)
{
    return translated(outcome_words[outcome].advice);
}
