/* The net of a store's participant in a cycle, by its lines: what `allclear explain PARTICIPANT
 * CYCLE` at a store asks for, a page at a time. The writer's thread. */
#ifndef DAEMON_NET_H
#define DAEMON_NET_H

#include "daemon/answers.h"

/* `body`: {"cycle":CYCLE or "open","after":SEQ}, SEQ 0 on the first page, else the "next" of the
 * page before. Returns: {"participant","lines":[...tools/render/net_lines.h],"next"}, or on the last
 * page, whose "next" is 0, also {"statement"} (tools/render/statement.h), as of the same moment;
 * NULL with ret_refusal. A page looks at so many events at most; lines are those of events: what
 * day-ends and headquarters made is in the statement only. */
#define NET_EVENTS_A_PAGE 2048
#define NET_LINES_A_PAGE  1000
json_t *net_answer(struct book *book, const char *dir, store_t store, slice_t body,
                   char ret_refusal[141]);

#endif
