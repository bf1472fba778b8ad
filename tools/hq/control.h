/* The daemon's control socket, DIR/run/control: one JSON object a connection as one line, one JSON
 * object back as one line. Who may open the socket is headquarters. */
#ifndef TOOLS_HQ_CONTROL_H
#define TOOLS_HQ_CONTROL_H

#include <jansson.h>

#include "clearing/base/fault.h"

#define CONTROL_LINE_MAX ((size_t)256 << 20) /* a report lists every refused event */

enum control_result {
    CONTROL_ANSWERED,
    CONTROL_NOBODY,  /* no daemon runs on this folder */
    CONTROL_REFUSED, /* it answered {"error"}; ret_fault has the text */
    CONTROL_BROKEN,  /* a daemon runs and did not answer; ret_fault says why */
};

/* Ask the daemon. Takes the request over. Out: *ret_answer, which the caller gives back with
 * json_decref (CONTROL_ANSWERED only). */
enum control_result control_ask(const char *dir, json_t *take_request, json_t **ret_answer,
                                struct fault *ret_fault);

#endif
