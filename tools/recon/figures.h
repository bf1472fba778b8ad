/* Figures: what both systems add up, per store and day, in the parallel run of a migration. Money
 * is in fen, points and uses are whole. An event that was undone counts for nothing. */
#ifndef TOOLS_RECON_FIGURES_H
#define TOOLS_RECON_FIGURES_H

#include <stdbool.h>

#include "clearing/apply/apply.h"

/* In the order of deploy/migration.md. */
#define FIGURES(X)                                                                                 \
    X(TOPUP, "topup")                                                                              \
    X(BONUS, "bonus")                                                                              \
    X(SPEND_PRINCIPAL, "spend_principal")                                                          \
    X(SPEND_BONUS, "spend_bonus")                                                                  \
    X(REFUND, "refund")                                                                            \
    X(CASHOUT, "cashout")                                                                          \
    X(PACK_SALE, "pack_sale")                                                                      \
    X(PACK_USES, "pack_uses")                                                                      \
    X(POINTS_ISSUED, "points_issued")                                                              \
    X(POINTS_REDEEMED, "points_redeemed")

typedef enum {
#define FIGURE_ENUM(key, name) FIGURE_##key,
    FIGURES(FIGURE_ENUM)
#undef FIGURE_ENUM
} figure_t;
#define FIGURE_COUNT 10

const char *figure_name(figure_t figure);
/* Returns: false when there is no such figure; *ret_figure is then untouched. */
bool figure_parse(slice_t name, figure_t *ret_figure);
/* Is it in yuan? Otherwise it counts points or uses. */
bool figure_is_money(figure_t figure);

/* What an accepted event adds to each figure; both are of at least 0. */
void figures_of(const struct cleared *cleared, int64_t ret_amounts[FIGURE_COUNT]);

#endif
