/* Why, out of a ledger: its records are applied again, under a watch. Nothing is computed by other
 * rules than those that cleared. One thread. */
#ifndef TOOLS_WHY_LEDGER_H
#define TOOLS_WHY_LEDGER_H

#include "clearing/base/check.h"
#include "clearing/base/fault.h"
#include "tools/explain/watch.h"

/* Explain an event, or a line of it, down to what was signed, on stdout. `dir` is a data folder
 * (its daemon may run) or a backup. Returns: the exit code, after a complaint. */
int ledger_explain(const char *dir, struct watch *watch);

struct net_request {
    const char *dir;
    const char *participant;
    const char *cycle; /* closed, or "open" */
    const char *csv;   /* where all its lines are written to; NULL: nowhere */
    bool json;
};

/* Explain a participant's net of a cycle: its statement, its largest lines by name, and the sum.
 * Returns: the exit code, after a complaint. */
int ledger_explain_net(const struct net_request *request);

#endif
