/* The settlement report as one CSV file for spreadsheets and programs: the figures of the JSON,
 * with a column that says which section a row belongs to. RFC 4180, UTF-8, header line in the
 * JSON's names, amounts in fen. */
#ifndef TOOLS_RENDER_REPORT_CSV_H
#define TOOLS_RENDER_REPORT_CSV_H

#include <stdio.h>

#include "clearing/report/report.h"

/* Write the report. Texts that a spreadsheet would take for a formula begin with an apostrophe;
 * numbers stay numbers. The same report gives the same bytes. Returns: false when the stream
 * failed. */
bool report_csv_write(const struct report *report, FILE *out);

#endif
