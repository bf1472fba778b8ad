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
#include "tools/hq/view.h"
#include "tools/render/board_json.h"
#include "tools/text.h"

#define DAYS_SHOWN 7

static const char *usage(void)
{
    return _("Usage: allclear board [CYCLE] [--days N | --from DAY --to DAY] [--store S] [--all]\n"
             "                      [--json] --dir DIR\n"
             "\n"
             "Stores by days of the open cycle: do the tills' day totals match the ledger, which "
             "numbers are\n"
             "missing, what waits, who is silent. Without --days or --from the last 7 days; only "
             "stores with\n"
             "something open, or --all. --json gives the whole cycle. Of a closed CYCLE: as it stood "
             "when its\n"
             "close came; the ledger is read from its first record, about a second a million "
             "events.\n"
             "\n"
             "Example:\n"
             "  allclear board --days 3 --dir /var/lib/allclear\n"
             "  allclear board 2026-03 --all --dir /var/lib/allclear\n");
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

/* --- of a closed cycle --- */

struct closed {
    const char *cycle;
    json_t *board; /* NULL: it has not been met */
    int64_t told;
};

static void on_closing(void *context, const struct cycle *cycle, const struct board *board)
{
    struct closed *closed = context;

    if (closed->board == NULL && strcmp(cycle->id.text, closed->cycle) == 0) {
        closed->board = board_json(board);
    }
}

static void on_progress(void *context, uint64_t records, uint64_t of, uint64_t events)
{
    struct closed *closed = context;

    inquire_progress(&closed->told, records, of, events);
}

static json_t *board_of(const char *dir, const char *cycle, struct fault *ret_fault)
{
    struct closed closed = {.cycle = cycle};
    const struct view_options options = {
        .dir = dir,
        .progress = on_progress,
        .context = &closed,
        .listener = {.context = &closed, .closing = on_closing},
    };
    struct view *view = inquire_view(&options, ret_fault);

    if (view != NULL && closed.board == NULL) {
        (void)fault_set(ret_fault, FAULT_FORMAT,
                        "there is no closed cycle %.40s (allclear cycle list names them)", cycle);
    }
    view_close(view);
    return closed.board;
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
    struct args args = {"board", usage(), list, 7, 0, 1};
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
    json_t *board =
        words[0] == NULL ? inquire(dir, "board", &fault) : board_of(dir, words[0], &fault);
    return board == NULL ? home_complain("board", &fault) : show(board, &view, days, json);
}
