/* Replies: what the door says, as JSON. An error is {"error","remedy"}; what became of events is one
 * {"event","outcome","detail"?} a line. Texts are for people, in the program's language; keys and
 * outcomes are English. All return a reply whose text is from malloc. */
#ifndef TOOLS_DOOR_REPLY_H
#define TOOLS_DOOR_REPLY_H

#include "clearing/base/code.h"
#include "clearing/facts/outcome.h"
#include "tools/http/http.h"
#include "tools/door/sheet.h"

#define REPLY_OK             200
#define REPLY_ACCEPTED       202 /* not all is answered yet */
#define REPLY_BAD            400
#define REPLY_UNAUTHORIZED   401
#define REPLY_FORBIDDEN      403
#define REPLY_NOT_FOUND      404
#define REPLY_OTHER_METHOD   405
#define REPLY_TOO_LARGE      413
#define REPLY_OTHER_TYPE     415
#define REPLY_TOO_MANY       429
#define REPLY_UNAVAILABLE    503
#define REPLY_AGAIN_S        5 /* after UNAVAILABLE */

struct http_reply reply_error(unsigned status, const char *error, const char *remedy);

/* Headquarters cannot be asked: `why` is for people. */
struct http_reply reply_silent(const char *why);

/* What has become of a sheet's lines: REPLY_OK where each has its final word, else
 * REPLY_ACCEPTED. */
struct http_reply reply_sheet(const code_t *store, const code_t *terminal,
                              const struct sheet *sheet);

/* What has become of one event; OUTCOME_NONE: it is PENDING. */
struct http_reply reply_event(const code_t *store, const code_t *terminal, uint64_t number,
                              outcome_t outcome, outcome_t reason);

/* A JSON document as it came. */
struct http_reply reply_document(slice_t document);

struct reply_health {
    const char *state; /* connected, offline, stopped, other_sender, outbox_failing */
    const char *detail; /* "": none */
    uint64_t pending;
    int64_t oldest_pending_s; /* below 0: nothing is pending, or it is not known */
};
struct http_reply reply_health(const code_t *store, const struct reply_health *health);

#endif
