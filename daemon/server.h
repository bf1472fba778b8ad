/* Inside of the daemon's loop: what its parts share. Internal to daemon/serve.c, sending.c,
 * stores.c and requests.c; everyone else sees serve.h. One thread. */
#ifndef DAEMON_SERVER_H
#define DAEMON_SERVER_H

#include <jansson.h>

#include "daemon/checker.h"
#include "daemon/committer.h"
#include "daemon/control.h"
#include "daemon/disk.h"
#include "daemon/gatekeeper.h"
#include "daemon/metrics.h"
#include "daemon/serve.h"
#include "daemon/snapshots.h"
#include "proto/codec/encode.h"
#include "proto/codec/frame.h"

/* An answer that waits for a group: to a store (a frame) or to a control client (JSON). */
struct held {
    const struct ledger_group *group; /* NULL: the gathering one */
    uint64_t route;
    uint8_t *frame;
    size_t len;
    json_t *json;
    char *report; /* of a closed cycle, to be written to its file; not an answer */
    code_t cycle;
};

struct server {
    struct ledger *ledger;
    struct book *book;
    const struct serve_options *options;
    struct gatekeeper keeper;
    struct checker *checker;
    struct committer *committer;
    struct control control;
    struct snapshots *snapshots;
    struct metrics *metrics;
    struct disk disk;
    char (*agents)[FRAME_AGENT_LEN_MAX + 1]; /* by store: what its node last said it is; "": nothing */
    uint32_t agent_capacity;
    int signals;
    bool ready; /* a gate has been bound once */
    bool stopping;
    struct held *held;
    uint32_t held_count;
    uint32_t held_capacity;
    uint8_t frame[FRAME_BYTES_MAX]; /* scratch for one outgoing frame */
    struct fault fault;
    bool failed;
};

/* --- routes: who asked. The ledger's tags carry them: the gate's life (16 bits), slot (16),
 * generation (32), so that a reply never goes to another gate than asked. --- */

#define ROUTE_SLOTS 65536U /* the gate has fewer connections */

static inline uint64_t server_route(const struct server *server, uint32_t slot, uint32_t generation)
{
    return (uint64_t)(server->keeper.life & 0xffff) << 48 | (uint64_t)slot << 32 | generation;
}


/* Milliseconds since 1970; server_now is the network's clock, which a test network sets itself. */
int64_t server_real_ms(void);
int64_t server_now(const struct server *server);

/* --- sending.c --- */

/* Send a frame to whoever asked by this route; a gate that has gone meanwhile drops it. */
void server_send_bytes(struct server *server, uint64_t route, const uint8_t *bytes, size_t len);
void server_send_expect(struct server *server, uint64_t route, const struct ledger_expect *expect);
/* Keep an answer until everything that it may rest on is durable (a frame; a control client's
 * JSON). */
void server_hold_frame(struct server *server, uint64_t route, const struct frame *frame);
void server_hold_json(struct server *server, uint32_t client, json_t *take_json);

/* What is asked about proposals (people.c). The caller gives the answer back. */
json_t *server_standing(struct server *server, const json_t *request);
json_t *server_reversal(struct server *server, const json_t *request);
json_t *server_reversals(struct server *server, const json_t *request);
json_t *server_suspended(struct server *server, const json_t *request);
/* The same for a closed cycle's report (JSON), which goes into its file. */
void server_hold_report(struct server *server, code_t cycle, char *take_report);
/* Answer what was held for a group that is durable now. */
void server_answer_held(struct server *server, const struct ledger_group *group);
/* Tie what has been held to the group that was gathering meanwhile. Returns: was there anything? */
bool server_holds(const struct server *server);
void server_tie_held(struct server *server, const struct ledger_group *group);

/* --- stores.c --- */

/* A frame of a store, as the gate brings it. A batch goes to the checker, which has room. */
void server_take_frame(struct server *server, const struct link_frame *link);
/* Take the batches that have been checked, while the gathering group has room. */
void server_take_checked(struct server *server);

/* --- requests.c --- */

/* A request of headquarters from the control socket (the context is the server). */
void server_take_request(void *context, uint32_t client, const json_t *request);

#endif
