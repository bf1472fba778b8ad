#include "tools/node/totals.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clearing/base/memory.h"
#include "tools/node/ask.h"

#define WAIT_MS 5000
#define REF_MAX (2 * (CODE_LEN_MAX + 1) + 24)

/* A reference a line. Returns: the caller's; empty where none is in. */
static char *question_of(const struct publish *publish)
{
    const struct tally *tally = &publish->tally;
    char *text = memory_zeroed((size_t)tally->total_count * REF_MAX + 1, 1);
    struct fault fault = {0};
    size_t len = 0;

    for (uint32_t i = 0; i < tally->total_count; i++) {
        const struct tally_line *line = &tally->totals[i];
        struct outbox_event event;
        if (outbox_find_event(publish->node->outbox, line->id, &event, &fault) &&
            outcome_accepted(event.outcome)) {
            len += (size_t)snprintf(text + len, REF_MAX, "%s:%s:%" PRIu64 "\n",
                                    publish->node->kit.store.text, line->terminal.text,
                                    line->number);
        }
    }
    return text;
}

json_t *totals_ask(struct publish *publish)
{
    char why[ASK_TEXT_MAX + 1];
    char *body = NULL;
    uint32_t len = 0;

    if (publish->tally.total_count == 0 || publish->wire == NULL) {
        return NULL;
    }
    char *question = question_of(publish);
    const struct frame hello = node_hello(publish->node);
    const struct ask what = {"totals", slice_of(question), &hello, WAIT_MS};
    json_t *rows = NULL;
    if (question[0] != '\0' &&
        ask(publish->wire, &what, &body, &len, why) == ASK_ANSWERED) {
        json_t *root = json_loadb(body, len, 0, NULL);
        rows = json_incref(json_object_get(root, "totals"));
        json_decref(root);
        free(body);
    }
    free(question);
    if (json_array_size(rows) == 0) {
        json_decref(rows);
        return NULL;
    }
    return rows;
}
