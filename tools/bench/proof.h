/* The proof of a bench: its journal is replayed, and must give what the plan predicts. And the
 * measure: the same records appended to a plain store. */
#ifndef TOOLS_BENCH_PROOF_H
#define TOOLS_BENCH_PROOF_H

#include "tools/bench/figures.h"
#include "tools/hq/view.h"

/* Replay as an auditor does, the signature of every batch verified and the report of the closed
 * cycle made again and compared, and compare every participant's net and the events accepted.
 * `in_receipts`: measured events that their receipts call accepted.
 * Out: figures->accepted, ->records, ->participants, ->replay_us, ->replay_events, and why the
 * figure is void, if it is.
 * Returns: NULL with ret_fault when the journal does not hold; the caller closes the view. */
struct view *proof_replay(const struct arena *arena, const struct plan *plan,
                          const struct stock *stock, uint64_t in_receipts, struct figures *figures,
                          struct fault *ret_fault);

/* Append the measured records to a new store in DIR/raw, in durable commits of the same mean size,
 * with no hashing and no checkpoints. Out: figures->raw_us. Returns: false with ret_fault. */
bool proof_append_raw(struct view *view, const struct arena *arena, const struct stock *stock,
                      struct figures *figures, struct fault *ret_fault) MUST_USE;

#endif
