/* The settlement report as the contract's JSON. The same report gives the same bytes. */
#ifndef TOOLS_RENDER_REPORT_JSON_H
#define TOOLS_RENDER_REPORT_JSON_H

#include <stdio.h>

#include "clearing/report/report.h"

/* Write the report and a line end. Returns: false when the stream failed. */
bool report_json_write(const struct report *report, FILE *out);

#endif
