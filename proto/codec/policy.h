/* Policy: what an event must fulfil beyond its form, for every door alike (decoder, encoder, line
 * reader): only the fields of a line's means, texts that people can be shown, a time that calendars
 * know, and event_fault. Thereby one content has one encoding. */
#ifndef PROTO_CODEC_POLICY_H
#define PROTO_CODEC_POLICY_H

#include <stdbool.h>

#include "clearing/base/code.h"
#include "clearing/facts/event.h"

/* First instant that is refused: 9999-12-31T00:00:00Z, so that every zone stays in year 9999. */
#define POLICY_AT_MS_END 253402214400000LL

/* Is this text valid UTF-8 without control characters (C0, DEL, C1), bidirectional controls and
 * line separators? Empty text is. Any thread. */
bool policy_text_valid(slice_t text);

/* Returns: NULL when the event is well formed; otherwise a short English reason that begins with
 * the key. Fields that do not belong to the event's type are not looked at. Any thread. */
const char *policy_fault(const struct event *event);

#endif
