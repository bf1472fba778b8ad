#include "tools/tills/check.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "clearing/base/memory.h"
#include "clearing/facts/calendar.h"
#include "tools/lines/lines.h"
#include "tools/render/table.h"
#include "tools/render/words.h"
#include "tools/text.h"

typedef enum {
    PART_EVENT = 0, /* the events themselves */
    PART_BONUS = 1,
    PART_PAY = 2,
    PART_BACK = 3,
} part_t;

struct check_total {
    day_t day;
    event_type_t type;
    part_t part;
    means_t with; /* of PART_PAY and PART_BACK, else 0 */
    uint64_t count;
    money_sum_t amount;
    int64_t units; /* points or uses */
};

void check_init(struct check *check, check_form_t form, int32_t zone_min)
{
    *check = (struct check){.form = form, .zone_min = zone_min};
    check->refusals = json_array();
    check->warnings = json_array();
}

/* --- totals --- */

static int total_compare(const struct check_total *a, const struct check_total *b)
{
    if (a->day != b->day) {
        return a->day < b->day ? -1 : 1;
    }
    if (a->type != b->type) {
        return a->type < b->type ? -1 : 1;
    }
    if (a->part != b->part) {
        return a->part < b->part ? -1 : 1;
    }
    return (a->with > b->with) - (a->with < b->with);
}

static void total_add(struct check *check, const struct check_total *more)
{
    uint32_t at = 0;

    while (at < check->total_count && total_compare(&check->totals[at], more) < 0) {
        at++;
    }
    if (at == check->total_count || total_compare(&check->totals[at], more) != 0) {
        MEMORY_GROW(check->totals, check->total_count, check->total_capacity);
        memmove(&check->totals[at + 1], &check->totals[at],
                (check->total_count - at) * sizeof *check->totals);
        check->totals[at] = *more;
        check->total_count++;
        return;
    }
    struct check_total *total = &check->totals[at];
    total->count += more->count;
    total->amount = money_sum_join(total->amount, more->amount);
    CHECK(!__builtin_add_overflow(total->units, more->units, &total->units));
}

static struct check_total total_of(day_t day, event_type_t type, part_t part, int64_t fen)
{
    struct check_total total = {.day = day, .type = type, .part = part, .count = 1};

    total.amount = money_sum_of(money(fen));
    return total;
}

static void lines_add(struct check *check, struct check_total total, const struct pay_line *lines,
                      uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        total.with = lines[i].with;
        total.amount = money_sum_of(money(lines[i].amount_fen));
        total.units = lines[i].units;
        total_add(check, &total);
    }
}

static void event_add(struct check *check, const struct event *event)
{
    const struct day_rule rule = {.zone_min = check->zone_min};
    day_t day = business_day(&rule, event->at_ms);
    struct check_total total = total_of(day, event->type, PART_EVENT, event->amount_fen);

    total.units = event->units;
    total_add(check, &total);
    if (event->bonus_fen != 0) {
        total = total_of(day, event->type, PART_BONUS, event->bonus_fen);
        total_add(check, &total);
    }
    lines_add(check, total_of(day, event->type, PART_PAY, 0), event->pay, event->pay_count);
    lines_add(check, total_of(day, event->type, PART_BACK, 0), event->back, event->back_count);
    if (check->form == CHECK_LINES) {
        lines_print(event, check->zone_min, stdout);
        (void)putchar('\n');
    }
}

/* --- what is wrong --- */

static void complain(struct check *check, const char *name, const struct flaw *flaw,
                     const char *detail)
{
    char letters[FLAW_LETTERS_SIZE];
    bool warning = flaw_is_warning(flaw->kind);

    if (check->form != CHECK_JSON) {
        FILE *out = check->form == CHECK_LINES ? stderr : stdout;
        (void)fprintf(out, warning ? _("%s:%" PRIu32 ": warning: %s\n") : "%s:%" PRIu32 ": %s\n",
                      name, flaw->line, detail);
        return;
    }
    flaw_letters(flaw->column, letters);
    json_t *entry = json_object();
    /* A file name need not be UTF-8; jansson refuses what is not. */
    json_t *file = json_string(name);
    json_t *header = json_stringn(flaw->header.text, flaw->header.len);
    (void)json_object_set_new(entry, "file", file != NULL ? file : json_string("?"));
    (void)json_object_set_new(entry, "line", json_integer(flaw->line));
    (void)json_object_set_new(entry, "event", json_string(""));
    (void)json_object_set_new(entry, "reason", json_string("BAD_LINE"));
    (void)json_object_set_new(entry, "detail", json_string(detail));
    (void)json_object_set_new(entry, "column", json_string(letters));
    (void)json_object_set_new(entry, "header", header != NULL ? header : json_string(""));
    (void)json_object_set_new(entry, "problem", json_string(flaw_name(flaw->kind)));
    (void)json_array_append_new(warning ? check->warnings : check->refusals, entry);
}

bool check_export(struct check *check, const struct mapping *mapping, FILE *file, const char *name,
                  struct fault *ret_fault)
{
    char detail[FLAW_TEXT_SIZE];
    struct till *till = memory_zeroed(1, sizeof *till);
    till_result_t result = TILL_END;

    if (!till_open(till, mapping, file, name, ret_fault)) {
        free(till);
        return false;
    }
    while ((result = till_next(till)) != TILL_END) {
        check->read++;
        check->bad += result == TILL_BAD ? 1 : 0;
        if (result == TILL_EVENT) {
            event_add(check, &till->event);
        }
        for (uint32_t i = 0; i < till->flaws.count; i++) {
            flaw_write(&till->flaws.list[i], detail);
            complain(check, name, &till->flaws.list[i], detail);
        }
    }
    check->skipped += till->sheet.skipped;
    till_close(till);
    free(till);
    return true;
}

static void line_check(struct check *check, struct lines *lines, slice_t text, const char *name,
                       uint32_t number)
{
    struct flaw flaw = {.kind = FLAW_EVENT, .line = number, .column = FLAW_ROW};
    char reason[LINES_REASON_LEN];
    struct event event;

    check->read++;
    if (lines_parse(lines, text.text, text.len, &event, reason)) {
        event_add(check, &event);
        return;
    }
    check->bad++;
    complain(check, name, &flaw, reason);
}

bool check_lines(struct check *check, FILE *file, const char *name, struct fault *ret_fault)
{
    struct lines lines = {0};
    char *text = NULL;
    size_t size = 0;
    ssize_t got = 0;

    errno = 0;
    for (uint32_t number = 1; (got = getline(&text, &size, file)) >= 0; number++) {
        size_t len = (size_t)got;
        while (len > 0 && (text[len - 1] == '\n' || text[len - 1] == '\r')) {
            len--;
        }
        if (len > 0) {
            /* a longer one is refused by its length alone */
            uint32_t cut = len > LINES_LEN_MAX ? LINES_LEN_MAX + 1 : (uint32_t)len;
            line_check(check, &lines, (slice_t){text, cut}, name, number);
        }
    }
    bool good = ferror(file) == 0 || fault_set_errno(ret_fault, errno, "%s: cannot read", name);
    free(text);
    lines_deinit(&lines);
    return good;
}

/* --- the end --- */

static void what_write(const struct check_total *total, char text[80])
{
    const char *type = words_of_type(total->type);

    switch (total->part) {
    case PART_EVENT:
        (void)snprintf(text, 80, "%s", type);
        break;
    case PART_BONUS:
        (void)snprintf(text, 80, _("%s: bonus"), type);
        break;
    case PART_PAY:
        (void)snprintf(text, 80, _("%s: paid with %s"), type, words_of_means(total->with));
        break;
    case PART_BACK:
        (void)snprintf(text, 80, _("%s: given back as %s"), type, words_of_means(total->with));
        break;
    }
}

static void totals_print(const struct check *check)
{
    const struct table_column columns[] = {
        {_("day"), COLUMN_TEXT},     {_("what"), COLUMN_TEXT},          {_("count"), COLUMN_RIGHT},
        {_("amount"), COLUMN_RIGHT}, {_("points, uses"), COLUMN_RIGHT},
    };
    struct look look = look_of(stdout);
    char day[DAY_TEXT_SIZE];
    char what[80];
    struct table table;

    table_init(&table, columns, sizeof columns / sizeof columns[0]);
    for (uint32_t i = 0; i < check->total_count; i++) {
        const struct check_total *total = &check->totals[i];
        day_format(total->day, day);
        what_write(total, what);
        if (i > 0 && total->day != check->totals[i - 1].day) {
            table_rule(&table);
        }
        table_text(&table, day);
        table_text(&table, what);
        table_count(&table, (int128_t)total->count);
        table_money(&table, total->amount);
        if (total->units != 0) {
            table_count(&table, total->units);
        } else {
            table_text(&table, "");
        }
    }
    table_write(&table, &look, stdout);
    table_deinit(&table);
}

static json_t *totals_json(const struct check *check)
{
    static const char *const parts[] = {"", "bonus", "pay", "back"};
    json_t *list = json_array();
    char day[DAY_TEXT_SIZE];

    for (uint32_t i = 0; i < check->total_count; i++) {
        const struct check_total *total = &check->totals[i];
        json_t *entry = json_object();
        day_format(total->day, day);
        (void)json_object_set_new(entry, "day", json_string(day));
        (void)json_object_set_new(entry, "type", json_string(event_type_name(total->type)));
        (void)json_object_set_new(entry, "part", json_string(parts[total->part]));
        (void)json_object_set_new(entry, "with",
                                  json_string(total->with == 0 ? "" : means_name(total->with)));
        (void)json_object_set_new(entry, "count", json_integer((json_int_t)total->count));
        (void)json_object_set_new(entry, "sum_fen",
                                  json_integer((json_int_t)money_sum_low(total->amount)));
        (void)json_object_set_new(entry, "units", json_integer(total->units));
        (void)json_array_append_new(list, entry);
    }
    return list;
}

static bool json_print(struct check *check)
{
    json_t *root = json_object();

    (void)json_object_set_new(root, "read", json_integer((json_int_t)check->read));
    (void)json_object_set_new(root, "good", json_integer((json_int_t)(check->read - check->bad)));
    (void)json_object_set_new(root, "refused", json_integer((json_int_t)check->bad));
    (void)json_object_set_new(root, "skipped", json_integer((json_int_t)check->skipped));
    (void)json_object_set(root, "refusals", check->refusals);
    (void)json_object_set(root, "warnings", check->warnings);
    (void)json_object_set_new(root, "totals", totals_json(check));
    bool good = json_dumpf(root, stdout, JSON_COMPACT) == 0 && putchar('\n') != EOF;
    json_decref(root);
    return good;
}

bool check_finish(struct check *check)
{
    bool good = true;

    if (check->form == CHECK_JSON) {
        good = json_print(check);
    } else if (check->form == CHECK_TEXT) {
        if (check->total_count > 0) {
            totals_print(check);
        }
        printf(_("%" PRIu64 " read: %" PRIu64 " good, %" PRIu64 " bad; rows passed over: %" PRIu64
                 ". Nothing was sent.\n"),
               check->read, check->read - check->bad, check->bad, check->skipped);
    }
    return fflush(stdout) == 0 && good;
}

void check_deinit(struct check *check)
{
    json_decref(check->refusals);
    json_decref(check->warnings);
    free(check->totals);
    *check = (struct check){0};
}
