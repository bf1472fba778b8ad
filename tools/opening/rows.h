/* Rows: the spreadsheets of those who come from an old system, as CSV in UTF-8 or GB18030. The
 * first row names the columns, in English or Chinese, in any order; money is in yuan.
 *
 *     lots     member 会员, store 门店, product 产品, principal 本金, bonus 赠送金, funders 出资方,
 *              points 积分, uses 次数, pack 次卡号, valid_to 有效期至
 *     totals   issuer 发行方, product 产品, lots 笔数, principal 本金, bonus 赠送金, points 积分,
 *              uses 次数
 *     old      store 门店, figure 项目, amount 金额, units 数量, event 流水, date 日期
 *
 * Only member, store and product, respectively issuer and product, or store and figure, must be
 * there; an empty cell is none or 0. `funders` is "HQ:40% A:60%", or one code for all of it. */
#ifndef TOOLS_OPENING_ROWS_H
#define TOOLS_OPENING_ROWS_H

#include <stdbool.h>

#include "clearing/base/check.h"
#include "clearing/facts/opening.h"
#include "tools/alliance/complaints.h"
#include "tools/alliance/source.h"
#include "tools/csv/csv.h"

/* A figure of the old system: of one event, or a store's total where `event` is empty. */
struct old_row {
    slice_t store;
    slice_t figure;
    slice_t event;
    int64_t amount_fen;
    int64_t units;
    day_t date; /* DAY_MAX: not said */
};

/* A sheet that was read; the rows' texts point into it. Zeroed memory is none. */
struct rows {
    struct source source;
    struct csv csv;
    bool begun;
    struct opening_lot *lots;
    struct opening_total *totals;
    struct old_row *old;
    uint32_t *lines; /* of each row */
    uint32_t count;
    uint32_t capacity;
    uint32_t line_capacity;
};

/* Read a sheet of lots, of totals, or of an old system's figures; every bad cell is a complaint
 * with its place and a remedy. Return: false after one. The caller calls rows_deinit in either
 * case. */
bool rows_read_lots(struct rows *rows, const char *path, struct complaints *complaints) MUST_USE;
bool rows_read_totals(struct rows *rows, const char *path,
                       struct complaints *complaints) MUST_USE;
bool rows_read_old(struct rows *rows, const char *path, struct complaints *complaints) MUST_USE;

void rows_deinit(struct rows *rows);

#endif
