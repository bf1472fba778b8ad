/* What stores dispute, by name: a dispute of the state with what its event says. One thread. */
#ifndef CLEARING_REPORT_DISPUTED_H
#define CLEARING_REPORT_DISPUTED_H

#include "clearing/apply/state.h"

/* A reference that owns its texts. */
struct event_name {
    code_t store;
    code_t terminal;
    uint64_t number;
};

struct disputed {
    struct event_name event; /* that disputes */
    struct event_name of;    /* whose lines they are */
    char reason[REASON_LEN_MAX + 1];
};

/* Read what one dispute's event says, out of the history. */
void disputed_read(const struct state *state, const struct dispute *dispute,
                   struct disputed *ret_disputed);

/* Is a participant debtor or creditor of one of its lines? PARTICIPANT_NONE: whoever is. */
bool disputed_concerns(const struct state *state, const struct dispute *dispute,
                       participant_t party);

#endif
