#include "clearing/report/disputed.h"

#include <string.h>

#include "proto/codec/decode.h"

void disputed_read(const struct state *state, const struct dispute *dispute,
                   struct disputed *ret_disputed)
{
    static _Thread_local struct event event;
    struct decode_fault fault;
    struct past past;

    state->history.at(state->history.context, dispute->seq, &past);
    CHECK(decode_event(past.event, &event, &fault)); /* it was accepted once */
    *ret_disputed = (struct disputed){
        .event = {*registry_store_code(&state->registry, dispute->store), code_of(event.terminal),
                  event.number},
        .of = {code_of(event.of.store), code_of(event.of.terminal), event.of.number},
    };
    memcpy(ret_disputed->reason, event.reason.text, event.reason.len);
}

bool disputed_concerns(const struct state *state, const struct dispute *dispute,
                       participant_t party)
{
    bool concerns = party.n == PARTICIPANT_NONE.n;

    for (uint32_t i = 0; i < dispute->line_count && !concerns; i++) {
        const struct dispute_line *line = &state->disputes.lines[dispute->first_line + i];
        concerns = line->debtor.n == party.n || line->creditor.n == party.n;
    }
    return concerns;
}
