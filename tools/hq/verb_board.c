/* allclear board: has everybody reported? */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "clearing/facts/calendar.h"
#include "tools/hq/args.h"
#include "tools/hq/board_text.h"
#include "tools/hq/home.h"
#include "tools/hq/hq_verbs.h"
#include "tools/hq/inquire.h"
#include "tools/text.h"

#define DAYS_SHOWN 7

static const char *usage(void)
{
    return _("Usage: allclear board [--days N | --from DAY --to DAY] [--store S] [--all] [--json] "
             "--dir DIR\n"
             "\n"
             "Stores by days of the open cycle: do the tills' day totals match the ledger, which "
             "numbers are\n"
             "missing, what waits, who is silent. Without --days or --from the last 7 days; only "
             "stores with\n"
             "something open, or --all. --json gives the whole open cycle.\n"
             "\n"
             "Example:\n"
             "  allclear board --days 3 --dir /var/lib/allclear\n");
}

static bool is_day(const char *text)
{
    day_t day = 0;

    return text == NULL || day_parse(slice_of(text), &day);
}

/* The first of the last `days` days of the board. */
static void first_of(const json_t *board, long days, char ret_day[DAY_TEXT_SIZE])
{
    const char *to = json_string_value(json_object_get(board, "to"));
    day_t day = 0;

    if (to != NULL && day_parse(slice_of(to), &day)) {
        day_format(day >= (day_t)days ? day - (day_t)days + 1 : 0, ret_day);
    }
}

static int show(json_t *board, const struct board_view *wanted, long days, bool json)
{
    struct board_view view = *wanted;
    char first[DAY_TEXT_SIZE] = "";

    if (json) {
        (void)json_dumpf(board, stdout, JSON_COMPACT);
        putchar('\n');
    } else {
        if (view.from == NULL && view.to == NULL) {
            first_of(board, days, first);
            view.from = first;
        }
        board_text_write(board, &view);
    }
    json_decref(board);
    return fflush(stdout) == 0 ? EX_OK : EX_IOERR;
}

int verb_board(int argc, char **argv)
{
    struct board_view view = {0};
    const char *dir = NULL;
    const char *count = NULL;
    bool json = false;
    const struct arg list[] = {{"dir", &dir, NULL},        {"days", &count, NULL},
                               {"from", &view.from, NULL}, {"to", &view.to, NULL},
                               {"store", &view.store, NULL}, {"all", NULL, &view.all},
                               {"json", NULL, &json}};
    struct args args = {"board", usage(), list, 7, 0, 0};
    struct fault fault = {0};
    char **words = NULL;
    char *end = NULL;
    int code = EX_OK;

    if (!args_read(&args, argc, argv, &words, &code)) {
        return code;
    }
    long days = count == NULL ? DAYS_SHOWN : strtol(count, &end, 10);
    if ((count != NULL && (*count == '\0' || *end != '\0')) || days < 1 || days > 366 ||
        !is_day(view.from) || !is_day(view.to) || (count != NULL && view.from != NULL)) {
        fputs(_("allclear board: --days takes 1 to 366, or --from and --to a day as 2026-03-01 "
                "instead\n"),
              stderr);
        return EX_USAGE;
    }
    dir = home_dir(dir, "board");
    if (dir == NULL) {
        return EX_USAGE;
    }
    json_t *board = inquire(dir, "board", &fault);
    return board == NULL ? home_complain("board", &fault) : show(board, &view, days, json);
}
