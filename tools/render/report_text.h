/* The settlement report for people. */
#ifndef TOOLS_RENDER_REPORT_TEXT_H
#define TOOLS_RENDER_REPORT_TEXT_H

#include "clearing/report/report.h"
#include "tools/render/table.h"

/* Who pays and who receives with the sum of the nets, then the matrix by kind, stores with what
 * they bear themselves, what is outstanding, and the lists of refused, waiting and late events,
 * each cut to 20 lines with a count of the rest. In the language chosen; amounts in yuan.
 * Returns: false when the stream failed. */
bool report_text_write(const struct report *report, const struct look *look, FILE *out);

#endif
