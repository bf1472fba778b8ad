/* The board and the checklist for people. Both are made from the answer to "board"
 * (tools/render/board_json.h). */
#ifndef TOOLS_HQ_BOARD_TEXT_H
#define TOOLS_HQ_BOARD_TEXT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

/* Which part of the board is shown. Days are texts, NULL: no limit. */
struct board_view {
    const char *from;
    const char *to;
    const char *store; /* NULL: all */
    bool all;          /* also stores with nothing to say */
};

/* Write the board as a table, then a line that sums up. */
void board_text_write(const json_t *board, const struct board_view *view);

/* Write what is missing for a close, and what is only noted. */
void checklist_text_write(const json_t *board);

/* One line for a preview. Writes nothing when nothing is missing or noted. */
void checklist_text_sum(const json_t *board, FILE *out);

#endif
