/* A notice in words, in the language of the process: a subject of one line and a text of a few,
 * with what to do. */
#ifndef TOOLS_NOTIFY_SAYING_H
#define TOOLS_NOTIFY_SAYING_H

#include <jansson.h>

/* Set the notice's "subject" and "text". */
void saying_of(json_t *notice);

#endif
