/* Why a store was frozen by itself: it signed two bodies under one sequence. The ledger keeps both,
 * the one taken and the one refused (record EVIDENCE); here they are laid side by side and judged:
 *
 *     every event number that both use names the same event    a copy or a restored PC
 *     a number names different events                          look closer
 *     they share no number                                     it cannot be told from this
 *
 * A copied PC reads the same tills, so what both tell is the same. Who tells another amount under a
 * number already told has changed what was signed, or the till began its numbers again: people must
 * look. The judgement is a hint; nothing is decided by it. */
#ifndef TOOLS_HQ_EVIDENCE_H
#define TOOLS_HQ_EVIDENCE_H

#include <stdbool.h>

/* Show the last evidence against a store on stdout. `dir` is a data folder (its daemon may run) or
 * a backup; it is read from its first record.
 * Returns: the exit code, after a complaint; EX_DATAERR where there is none. */
int evidence_show(const char *dir, const char *store, bool json);

#endif
