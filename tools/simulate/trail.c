#include "tools/simulate/trail.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "clearing/base/memory.h"

/* An expired lot, held until its day's lines can be sorted. */
struct ended {
    uint64_t member;
    const char *product;
    uint32_t order; /* as told: queue order within a member and product */
    lot_id_t lot;
    day_t day;
    struct claim claim;
    struct part part;
};

struct trail {
    struct simulation *simulation;
    char dir[PATH_MAX];
    FILE *cleared;
    struct ended *ended;
    uint32_t ended_count;
    uint32_t ended_capacity;
};

static FILE *open_file(const struct trail *trail, const char *name)
{
    char path[PATH_MAX + 32];

    snprintf(path, sizeof path, "%s/%s", trail->dir, name);
    return fopen(path, "we");
}

/* --- names --- */

static const char *participant_name(const struct trail *trail, participant_t participant)
{
    return registry_participant_code(&trail->simulation->state.registry, participant)->text;
}

static const char *store_name(const struct trail *trail, store_t store)
{
    return store.n == STORE_NONE.n
               ? ""
               : registry_store_code(&trail->simulation->state.registry, store)->text;
}

/* The event of a sequence number, or the part of the opening. */
static void name_of(const struct trail *trail, uint64_t seq, char *ret_name, size_t size)
{
    const struct state *state = &trail->simulation->state;

    if (state_is_opening(state, seq)) {
        (void)snprintf(ret_name, size, "opening:%" PRIu64, seq - state->opening_first + 1);
        return;
    }
    const struct past_entry *entry = past_at(&trail->simulation->past, seq);
    (void)snprintf(ret_name, size, "%s:%s:%llu", store_name(trail, entry->store),
                   entry->terminal.text, (unsigned long long)entry->number);
}

static void put_lot(const struct trail *trail, FILE *file, lot_id_t lot)
{
    char name[2 * CODE_LEN_MAX + 32];

    if (lot != 0) {
        name_of(trail, lot >> 16, name, sizeof name);
        fprintf(file, "%s/%u", name, (unsigned)(lot & 0xffff));
    }
}

static void put_day(FILE *file, day_t day)
{
    char text[DAY_TEXT_SIZE];

    if (day != DAY_MAX) {
        day_format(day, text);
        fputs(text, file);
    }
}

/* --- claims --- */

static const char *part_source(const struct trail *trail, const struct part *part, bool discount)
{
    const struct state *state = &trail->simulation->state;

    if (discount) {
        return state->terms[part->terms_version - 1]->discounts[part->rule].id.text;
    }
    return part->product.n == PRODUCT_NONE.n
               ? ""
               : registry_product_code(&state->registry, part->product)->text;
}

static void put_part(const struct trail *trail, const struct part *part, bool discount)
{
    FILE *file = trail->cleared;

    fprintf(file, "{\"product\":\"%s\",\"lot\":\"", part_source(trail, part, discount));
    put_lot(trail, file, part->lot);
    fprintf(file,
            "\",\"sold\":\"%s\",\"used\":\"%s\",\"terms\":%u,\"amount_fen\":%lld}",
            store_name(trail, part->sold),
            store_name(trail, part->used),
            part->terms_version,
            (long long)money_fen(part->amount));
}

/* Claims sorted by kind, debtor, creditor (bytes), reversal. */
struct claim_order {
    const struct trail *trail;
    const struct claims *claims;
};

static int claim_compare(const void *left, const void *right, void *context)
{
    const struct claim_order *order = context;
    const struct claim *a = &order->claims->list[*(const uint32_t *)left];
    const struct claim *b = &order->claims->list[*(const uint32_t *)right];
    int by = strcmp(claim_kind_name(a->kind), claim_kind_name(b->kind));

    if (by == 0) {
        by = strcmp(participant_name(order->trail, a->debtor),
                    participant_name(order->trail, b->debtor));
    }
    if (by == 0) {
        by = strcmp(participant_name(order->trail, a->creditor),
                    participant_name(order->trail, b->creditor));
    }
    return by != 0 ? by : a->reversal - b->reversal;
}

static void put_claims(const struct trail *trail, const struct claims *claims)
{
    FILE *file = trail->cleared;
    struct claim_order order = {trail, claims};
    uint32_t *places = memory_zeroed((size_t)claims->count + 1, sizeof *places);

    for (uint32_t i = 0; i < claims->count; i++) {
        places[i] = i;
    }
    qsort_r(places, claims->count, sizeof *places, claim_compare, &order);
    for (uint32_t i = 0; i < claims->count; i++) {
        const struct claim *claim = &claims->list[places[i]];
        const char *comma = "";
        fprintf(file,
                "%s{\"kind\":\"%s\",\"debtor\":\"%s\",\"creditor\":\"%s\",\"reversal\":%s,"
                "\"amount_fen\":%lld,\"parts\":[",
                i == 0 ? "" : ",",
                claim_kind_name(claim->kind),
                participant_name(trail, claim->debtor),
                participant_name(trail, claim->creditor),
                claim->reversal ? "true" : "false",
                (long long)money_fen(claim->amount));
        for (uint32_t p = 0; p < claims->part_count; p++) {
            if (claims->parts[p].claim == places[i]) {
                fputs(comma, file);
                comma = ",";
                put_part(trail, &claims->parts[p], claim->kind == KIND_DISCOUNT);
            }
        }
        fputs("]}", file);
    }
    free(places);
}

static int memo_compare(const void *left, const void *right)
{
    return strcmp(claim_kind_name(((const struct memo *)left)->kind),
                  claim_kind_name(((const struct memo *)right)->kind));
}

static void put_memos(const struct trail *trail, const struct claims *claims)
{
    struct memo memos[KIND_COUNT];
    uint32_t count = claims->memo_count;
    const char *comma = "";

    memcpy(memos, claims->memos, count * sizeof *memos);
    qsort(memos, count, sizeof *memos, memo_compare);
    for (uint32_t i = 0; i < count; i++) {
        if (!money_is_zero(memos[i].amount)) {
            fprintf(trail->cleared,
                    "%s{\"store\":\"%s\",\"kind\":\"%s\",\"amount_fen\":%lld}",
                    comma,
                    store_name(trail, memos[i].store),
                    claim_kind_name(memos[i].kind),
                    (long long)money_fen(memos[i].amount));
            comma = ",";
        }
    }
}

/* --- what a day-end ends --- */

static int ended_compare(const void *left, const void *right)
{
    const struct ended *a = left;
    const struct ended *b = right;

    if (a->day != b->day) {
        return a->day < b->day ? -1 : 1;
    }
    if (a->member != b->member) {
        return a->member < b->member ? -1 : 1;
    }
    int by = strcmp(a->product, b->product);
    return by != 0 ? by : (a->order > b->order) - (a->order < b->order);
}

static void put_ended(struct trail *trail)
{
    if (trail->ended_count == 0) {
        return;
    }
    qsort(trail->ended, trail->ended_count, sizeof *trail->ended, ended_compare);
    for (uint32_t i = 0; i < trail->ended_count; i++) {
        struct ended *ended = &trail->ended[i];
        struct claims claims = {.list = &ended->claim,
                                .count = 1,
                                .parts = &ended->part,
                                .part_count = 1};
        char name[2 * CODE_LEN_MAX + 32];
        char day[DAY_TEXT_SIZE];
        name_of(trail, ended->lot >> 16, name, sizeof name);
        day_format(ended->day, day);
        fprintf(trail->cleared,
                "{\"event\":\"%s\",\"type\":\"expiry\",\"outcome\":\"ACCEPTED\","
                "\"reason\":\"\",\"occurred\":\"%s\",\"booked\":\"%s\",\"claims\":[",
                name, day, day);
        put_claims(trail, &claims);
        fputs("],\"memos\":[]}\n", trail->cleared);
    }
    trail->ended_count = 0;
}

static void on_expired(void *context, const struct expired *expired)
{
    struct trail *trail = context;
    const struct state *state = &trail->simulation->state;
    const struct lot_class *class = lots_class_at(&state->members.lots, expired->lot->class);

    if (expired->claims->count == 0) {
        return;
    }
    MEMORY_GROW(trail->ended, trail->ended_count, trail->ended_capacity);
    trail->ended[trail->ended_count] = (struct ended){
        .member = expired->member,
        .product = registry_product_code(&state->registry, class->product)->text,
        .order = trail->ended_count,
        .lot = expired->lot->id,
        .day = expired->day,
        .claim = expired->claims->list[0],
        .part = expired->claims->parts[0],
    };
    trail->ended_count++;
}

static void on_cleared(void *context, const struct cleared *cleared)
{
    struct trail *trail = context;
    const struct event *event = cleared->event;
    bool accepted = outcome_accepted(cleared->outcome);
    char occurred[DAY_TEXT_SIZE];
    char booked[DAY_TEXT_SIZE];

    put_ended(trail);
    day_format(cleared->occurred, occurred);
    day_format(cleared->booked, booked);
    fprintf(trail->cleared,
            "{\"event\":\"%s:%.*s:%llu\",\"type\":\"%s\",\"outcome\":\"%s\",\"reason\":\"%s\","
            "\"occurred\":\"%s\",\"booked\":\"%s\",\"claims\":[",
            store_name(trail, cleared->store),
            (int)event->terminal.len,
            event->terminal.text,
            (unsigned long long)event->number,
            event_type_name(event->type),
            outcome_name(cleared->outcome),
            cleared->outcome == OUTCOME_WAITING ? outcome_name(cleared->waiting_for) : "",
            occurred,
            booked);
    if (accepted) {
        put_claims(trail, cleared->claims);
    }
    fputs("],\"memos\":[", trail->cleared);
    if (accepted) {
        put_memos(trail, cleared->claims);
    }
    fputs("]}\n", trail->cleared);
}

/* --- lots --- */

/* A lot to be listed, with what it is sorted by. */
struct listed {
    uint64_t member;
    const char *product;
    const char *pack;
    uint32_t order;
    uint32_t place;
};

static int listed_compare(const void *left, const void *right)
{
    const struct listed *a = left;
    const struct listed *b = right;

    if (a->member != b->member) {
        return a->member < b->member ? -1 : 1;
    }
    int by = strcmp(a->product, b->product);
    if (by == 0) {
        by = strcmp(a->pack, b->pack);
    }
    return by != 0 ? by : (a->order > b->order) - (a->order < b->order);
}

struct lot_list {
    struct listed *list;
    uint32_t count;
    uint32_t capacity;
};

static void list_lots(const struct state *state, uint64_t member, const char *pack, uint32_t head,
                      struct lot_list *lots)
{
    for (uint32_t at = head; at != 0; at = state->members.lots.pool[at].next) {
        const struct lot *lot = &state->members.lots.pool[at];
        product_t product = lots_class_at(&state->members.lots, lot->class)->product;
        MEMORY_GROW(lots->list, lots->count, lots->capacity);
        lots->list[lots->count] = (struct listed){
            member, registry_product_code(&state->registry, product)->text, pack, lots->count, at};
        lots->count++;
    }
}

static void put_owed(const struct trail *trail, FILE *file, const struct lot *lot)
{
    const struct lots *lots = &trail->simulation->state.members.lots;
    const struct lot_class *class = lots_class_at(lots, lot->class);
    money_t owed[DEBTORS_MAX];
    struct lot_point now;
    const char *comma = "";
    claim_kind_t kind = class->kind == PRODUCT_PACK     ? KIND_PACK
                        : class->kind == PRODUCT_POINTS ? KIND_POINTS_REDEEM
                                                        : KIND_PRINCIPAL;

    lot_owed(lots, lot, owed);
    lot_at(class, lot, owed, lot->drawn, &now);
    for (uint32_t i = 0; i < class->debtor_count; i++) {
        money_t left = money_sub(owed[i], now.settled[i]);
        if (!money_is_zero(left)) {
            fprintf(file,
                    "%s{\"debtor\":\"%s\",\"kind\":\"%s\",\"amount_fen\":%lld}",
                    comma,
                    participant_name(trail, class->debtors[i]),
                    claim_kind_name(i < class->principal_count ? kind : KIND_BONUS),
                    (long long)money_fen(left));
            comma = ",";
        }
    }
}

static void put_listed(const struct trail *trail, FILE *file, const struct listed *listed)
{
    const struct lots *lots = &trail->simulation->state.members.lots;
    const struct lot *lot = &lots->pool[listed->place];
    const struct lot_class *class = lots_class_at(lots, lot->class);
    bool points = class->kind == PRODUCT_POINTS;
    money_t principal = points ? money(0) : lot_principal_left(lot);
    money_t bonus = class->kind == PRODUCT_STORED_VALUE
                        ? money_sub(money(lot_left(lot)), principal)
                        : money(0);

    fprintf(file,
            "{\"member\":\"%llu\",\"product\":\"%s\",\"pack\":\"%s\",\"lot\":\"",
            (unsigned long long)listed->member,
            listed->product,
            listed->pack);
    put_lot(trail, file, lot->id);
    fprintf(file,
            "\",\"store\":\"%s\",\"units\":%lld,\"principal_fen\":%lld,\"bonus_fen\":%lld,"
            "\"owed\":[",
            store_name(trail, class->store),
            (long long)lot_left(lot),
            (long long)money_fen(principal),
            (long long)money_fen(bonus));
    put_owed(trail, file, lot);
    fputs("],\"valid_to\":\"", file);
    put_day(file, lot->valid_to);
    fputs("\"}\n", file);
}

static bool write_lots(const struct trail *trail)
{
    const struct state *state = &trail->simulation->state;
    const struct members *members = &state->members;
    FILE *file = open_file(trail, "lots.jsonl");
    struct lot_list lots = {0};

    if (file == NULL) {
        return false;
    }
    for (uint64_t i = 0; i < members_slot_count(members); i++) {
        list_lots(state, members->slots[i].id, "", members->slots[i].lots, &lots);
    }
    for (uint32_t i = 0; i < members->pack_codes.count; i++) {
        list_lots(state,
                  members->packs[i].member,
                  members->pack_codes.codes[i].text,
                  members->packs[i].lots,
                  &lots);
    }
    if (lots.count > 0) {
        qsort(lots.list, lots.count, sizeof *lots.list, listed_compare);
    }
    for (uint32_t i = 0; i < lots.count; i++) {
        put_listed(trail, file, &lots.list[i]);
    }
    free(lots.list);
    return fclose(file) == 0;
}

/* --- the doors --- */

struct trail *trail_new(struct simulation *simulation, const char *dir)
{
    struct trail *trail = memory_zeroed(1, sizeof *trail);

    trail->simulation = simulation;
    snprintf(trail->dir, sizeof trail->dir, "%s", dir);
    if (mkdir(dir, 0777) != 0 && errno != EEXIST) {
        free(trail);
        return NULL;
    }
    trail->cleared = open_file(trail, "cleared.jsonl");
    if (trail->cleared == NULL) {
        free(trail);
        return NULL;
    }
    simulation->listener = (struct simulation_listener){trail, on_cleared, on_expired};
    return trail;
}

bool trail_finish(struct trail *trail)
{
    put_ended(trail);
    bool good = fclose(trail->cleared) == 0;
    good = write_lots(trail) && good;
    free(trail->ended);
    free(trail);
    return good;
}
