/* Showing reports: one choice of format for `report`, `cycle` and `statement`. */
#ifndef TOOLS_HQ_SHOW_H
#define TOOLS_HQ_SHOW_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

/* Where and how something is shown. */
struct show {
    const char *verb;   /* for complaints */
    const char *dir;    /* names are looked up in its registry */
    const char *format; /* NULL: text */
    const char *out;    /* NULL: stdout; "-" too */
};

/* Is this a format (text, json, csv)? A complaint when not. */
bool show_format_known(const struct show *show);

/* Show a report; the JSON format gives the bytes as they are. Returns: the exit code. */
int show_report(const struct show *show, const char *bytes, size_t len);

/* Show a participant's statement of it. Returns: the exit code. */
int show_statement(const struct show *show, const char *bytes, size_t len, const char *participant);

#endif
