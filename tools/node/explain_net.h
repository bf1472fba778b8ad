/* The net of this store's participant in a cycle: its statement, every line of it as headquarters
 * has it, and whether they add up. */
#ifndef TOOLS_NODE_EXPLAIN_NET_H
#define TOOLS_NODE_EXPLAIN_NET_H

#include "tools/node/node.h"

struct net_question {
    const char *participant; /* this store's */
    const char *cycle;       /* closed, or "open" */
    const char *csv;         /* where all lines are written to; NULL: nowhere */
    bool json;
    int wait_ms; /* for each page */
};

/* Ask page by page and print. Returns: the exit code, after a complaint; 1 where the lines do not
 * add up to the statement. */
int net_explain(struct node *node, struct wire *wire, const struct net_question *question);

#endif
