#include "daemon/net.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clearing/book/past_index.h"
#include "tools/render/net_lines.h"

#define NET_EVENTS_A_STEP 128 /* then the lines are counted */
#define NAME_SIZE (3 * CODE_LEN_MAX + 32)

/* The events of a cycle: sequence numbers from..to, both inclusive. */
struct stretch {
    const char *cycle; /* NULL: the open one */
    uint64_t from;
    uint64_t to;
};

/* What a page is made of, reused. */
struct page {
    struct book *book;
    participant_t whose;
    struct effects effects;
    struct claims claims;
    json_t *lines;
};

static bool stretch_of(const struct book *book, const char *cycle, struct stretch *ret_stretch)
{
    const struct past_index *past = &book->past;

    ret_stretch->to = book->state.accepted;
    if (strcmp(cycle, "open") == 0) {
        ret_stretch->cycle = NULL;
        ret_stretch->from = past_index_first_seq(past, book->cycle_first_record);
        return true;
    }
    for (uint32_t i = 0; i < book->cycle_count; i++) {
        const struct cycle *closed = &book->cycles[i];
        if (strcmp(closed->id.text, cycle) == 0) {
            uint64_t after = past_index_first_seq(past, closed->close_record + 1);
            ret_stretch->cycle = cycle;
            ret_stretch->from = past_index_first_seq(past, closed->first_record);
            ret_stretch->to = after == 0 ? ret_stretch->to : after - 1;
            return true;
        }
    }
    return false;
}

static void put_claim(struct page *page, const struct past_name *name, const struct claim *claim)
{
    const struct registry *registry = &page->book->state.registry;
    char text[NAME_SIZE];
    char day[DAY_TEXT_SIZE];

    (void)snprintf(text, sizeof text, "%s:%s:%" PRIu64 "/%s",
                   registry_store_code(registry, name->store)->text, name->terminal.text,
                   name->number, claim_kind_name(claim->kind));
    day_format(page->effects.booked, day);
    const struct net_line line = net_line_of(registry, claim, text, day);
    json_array_append_new(page->lines, net_line_json(&line));
}

static void put_event(void *context, const struct past_name *name, slice_t results)
{
    struct page *page = context;
    outcome_t outcome = OUTCOME_NONE;
    outcome_t waiting_for = OUTCOME_NONE;
    struct reader reader = {(const uint8_t *)results.text, results.len, 0, false};

    CHECK(results_read(&reader, &outcome, &waiting_for, &page->effects));
    claims_derive(&page->book->state.members.lots, &page->effects, &page->claims);
    for (uint32_t i = 0; i < page->claims.count; i++) {
        const struct claim *claim = &page->claims.list[i];
        if (claim->debtor.n == page->whose.n || claim->creditor.n == page->whose.n) {
            put_claim(page, name, claim);
        }
    }
}

/* A page after a sequence number. Returns: the last one that was looked at. */
static uint64_t fill(struct page *page, const struct stretch *stretch, uint64_t after)
{
    struct past_walk walk = {.from = after < stretch->from ? stretch->from : after + 1,
                             .context = page,
                             .visit = put_event};

    walk.to = walk.from - 1;
    for (uint32_t looked = 0; walk.to < stretch->to && looked < NET_EVENTS_A_PAGE &&
                              json_array_size(page->lines) < NET_LINES_A_PAGE;
         looked += NET_EVENTS_A_STEP) {
        walk.from = walk.to + 1;
        walk.to = walk.from + NET_EVENTS_A_STEP - 1;
        walk.to = walk.to < stretch->to ? walk.to : stretch->to;
        past_index_walk(&page->book->past, &walk);
    }
    return walk.to;
}

json_t *net_answer(struct book *book, const char *dir, store_t store, slice_t body,
                   char ret_refusal[141])
{
    static _Thread_local struct page page;
    json_t *root = json_loadb(body.text, body.len, JSON_REJECT_DUPLICATES, NULL);
    const char *cycle = json_string_value(json_object_get(root, "cycle"));
    json_int_t after = json_integer_value(json_object_get(root, "after"));
    struct stretch stretch = {0};
    json_t *answer = NULL;

    page.book = book;
    page.whose = registry_owner(&book->state.registry, store);
    if (cycle == NULL || after < 0 || !stretch_of(book, cycle, &stretch)) {
        snprintf(ret_refusal, 141, "there is no cycle of that name");
        json_decref(root);
        return NULL;
    }
    page.lines = json_array();
    uint64_t last = stretch.from == 0 ? stretch.to : fill(&page, &stretch, (uint64_t)after);
    answer = json_pack("{s:s,s:o,s:I}", "participant",
                       registry_participant_code(&book->state.registry, page.whose)->text, "lines",
                       page.lines, "next", last < stretch.to ? (json_int_t)last : 0);
    if (last >= stretch.to) {
        json_t *statement = answer_statement(book, dir, store, stretch.cycle, ret_refusal);
        if (statement == NULL) {
            json_decref(answer);
            answer = NULL;
        } else {
            json_object_set_new(answer, "statement", statement);
        }
    }
    json_decref(root);
    return answer;
}
