/* What can be asked about a ledger, as JSON: the same objects whether a daemon answers from its
 * book or the tool from a folder at rest. The caller gives each back with json_decref. */
#ifndef TOOLS_HQ_ANSWERS_H
#define TOOLS_HQ_ANSWERS_H

#include <jansson.h>

#include "clearing/book/book.h"

/* {"network","alliance","hq_number","test","now_ms","open_day","cycle_from","records","accepted",
 * "waiting","refused","members","address","server_key","ledger_key",
 * "stores":[{"store","participant","key_id","transport","next","last","frozen","evidence",
 * "events"}] (evidence: the record of the equivocation that froze the store, or null),
 * "joins":[{"store","public","transport","possession"}],"cycles":[{"cycle","from","to"}],
 * "people":{...} (tools/people/standing.h)}.
 * address and server_key are read from the folder (null where it has none), joins from
 * joins/STORE. */
json_t *answers_head(struct book *book, const char *dir);

/* {"records","digest"}: of the whole state (book_digest). */
json_t *answers_digest(const struct book *book);

/* {"as_of","cycle":"open","positions":[{"participant","in_fen","out_fen","net_fen"}]} */
json_t *answers_positions(struct book *book);

/* {"report":{...}} of the open cycle. */
json_t *answers_report(struct book *book);

/* The board of the open cycle (tools/render/board_json.h); {} when there are no terms. */
json_t *answers_board(const struct book *book);

/* {"registry":[hex...],"terms":hex}: the rows, and the latest terms applied (null: none yet). */
json_t *answers_terms(struct book *book);

/* A report as the contract's JSON with its line end, in memory that the caller frees. */
char *answers_report_bytes(const struct report *report, size_t *ret_len);

#endif
