/* Notices: what people should be told of a ledger, worked out from what the daemon answers and from
 * what had been noticed before. Pure: it asks nobody and reads no clock.
 *
 * What had been noticed is one JSON object, the memory, which the caller keeps (kept.h):
 *
 *   {"network","alliance","test","zone_min"   of the last look, for a daemon that is silent
 *    "cycles":N      closed cycles that have been told
 *    "objections":N  closed cycles whose time for disputes has been told
 *    "from":DAY      the open cycle's first day at the first look: nothing older is told
 *    "marks":{...}   what is the case now and has been told: it is told again only once it has
 *                    ended and begun again
 *    "waiting":[{"notice":{...},"tries":N,"next_ms":MS}]}
 *                    notices that no program has taken yet, the oldest first
 *
 * A notice is {"notice":KIND,"id","at","network","alliance","test", and the fields of its kind};
 * deploy/notify.md has them. Its id is made when it is noticed and never again. */
#ifndef TOOLS_NOTIFY_NOTICES_H
#define TOOLS_NOTIFY_NOTICES_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

/* So many wait at most; then nothing is noticed until some have been taken, and nothing is lost. */
#define NOTICES_WAITING_MAX 10000

/* Days after a cycle's close in which a store may dispute a line, where the head's row of the cycle
 * does not say "dispute_days". */
#define NOTICES_DISPUTE_DAYS 10

#define NOTICES_PROPOSAL_MS ((int64_t)24 * 3600 * 1000)

/* What was seen. All objects are borrowed. */
struct look {
    const json_t *head;      /* tools/hq/answers.h; NULL: no daemon answers */
    const json_t *board;     /* tools/render/board_json.h; NULL: there is none */
    const json_t *suspense;  /* tools/render/suspense_json.h; NULL likewise */
    const json_t *disputes;  /* tools/render/disputes.h, all; NULL likewise */
    const json_t *health;    /* of the control socket; NULL likewise */
    const json_t *proposals; /* [{"id","words","created_ms"}]; NULL likewise */
    const char *why;         /* without a head: what went wrong */
    int64_t real_ms;
    int64_t suspense_days;
    /* The report of a closed cycle, which the caller of it gives back; NULL: not to be had now, so
     * that the cycle is told by a later look. */
    json_t *(*report)(void *context, const char *cycle);
    void *context;
};

/* A memory that has noticed nothing. */
json_t *notices_memory_new(void);

/* Look: what is new is appended to the memory's "waiting". */
void notices_take(json_t *memory, const struct look *look);

/* A text or a number of an object; "" and 0 where it has none. */
static inline const char *notices_text(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    return text == NULL ? "" : text;
}

static inline int64_t notices_integer(const json_t *object, const char *key)
{
    return json_integer_value(json_object_get(object, key));
}

#endif
