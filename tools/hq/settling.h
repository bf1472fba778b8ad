/* Settling what hangs in suspense: the proposals of `allclear suspense retry|assign|return`. */
#ifndef TOOLS_HQ_SETTLING_H
#define TOOLS_HQ_SETTLING_H

#include "proto/codec/hq.h"

struct settling {
    const char *dir;
    const char *reason;
    const char *debtor;   /* assign: "P", or "P=YUAN,P=YUAN" */
    const char *creditor; /* assign */
    const char *amount;   /* assign: of one debtor */
};

/* Propose that each of these events (store:terminal:number) ends in this way. Returns: the exit
 * code; what was wrong is said on stderr. */
int settling_propose(const struct settling *settling, suspense_way_t way, char **events, int count);

#endif
