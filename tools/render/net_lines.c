#include "tools/render/net_lines.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "tools/render/words.h"
#include "tools/text.h"

/* --- one line --- */

struct net_line net_line_of(const struct registry *registry, const struct claim *claim,
                            const char *name, const char *booked)
{
    return (struct net_line){
        .line = name,
        .booked = booked,
        .debtor = registry_participant_code(registry, claim->debtor)->text,
        .creditor = registry_participant_code(registry, claim->creditor)->text,
        .kind = claim_kind_name(claim->kind),
        .reversal = claim->reversal,
        .amount_fen = money_fen(claim->amount),
    };
}

json_t *net_line_json(const struct net_line *line)
{
    return json_pack("{s:s,s:s,s:s,s:s,s:s,s:b,s:I}", "line", line->line, "booked", line->booked,
                     "debtor", line->debtor, "creditor", line->creditor, "kind", line->kind,
                     "reversal", line->reversal, "amount_fen", (json_int_t)line->amount_fen);
}

bool net_line_read(const json_t *row, struct net_line *ret_line)
{
    const json_t *amount = json_object_get(row, "amount_fen");

    *ret_line = (struct net_line){
        .line = json_string_value(json_object_get(row, "line")),
        .booked = json_string_value(json_object_get(row, "booked")),
        .debtor = json_string_value(json_object_get(row, "debtor")),
        .creditor = json_string_value(json_object_get(row, "creditor")),
        .kind = json_string_value(json_object_get(row, "kind")),
        .reversal = json_is_true(json_object_get(row, "reversal")),
        .amount_fen = json_integer_value(amount),
    };
    return ret_line->line != NULL && ret_line->booked != NULL && ret_line->debtor != NULL &&
           ret_line->creditor != NULL && ret_line->kind != NULL && json_is_integer(amount);
}

/* --- all of them --- */

static bool part_of(const char *path, char ret_part[PATH_MAX])
{
    int len = snprintf(ret_part, PATH_MAX, "%s.part", path);

    return len > 0 && len < PATH_MAX;
}

static void put_head(const struct net_lines *lines)
{
    fputs("line,booked,debtor,creditor,kind,reversal,amount_fen\r\n", lines->csv);
}

bool net_lines_init(struct net_lines *lines, const char *path, struct fault *ret_fault)
{
    char part[PATH_MAX];

    *lines = (struct net_lines){.largest = json_array(), .path = path};
    if (path == NULL) {
        return true;
    }
    lines->csv = part_of(path, part) ? fopen(part, "we") : NULL;
    if (lines->csv == NULL) {
        return fault_set_errno(ret_fault, errno, "%.200s.part: cannot be made", path);
    }
    put_head(lines);
    return true;
}

void net_lines_reset(struct net_lines *lines)
{
    lines->count = 0;
    json_array_clear(lines->largest);
    if (lines->csv != NULL && fflush(lines->csv) == 0 && ftruncate(fileno(lines->csv), 0) == 0) {
        rewind(lines->csv);
        put_head(lines);
    }
}

static int64_t amount_at(const json_t *rows, size_t at)
{
    return json_integer_value(json_object_get(json_array_get(rows, at), "amount_fen"));
}

void net_lines_take(struct net_lines *lines, const struct net_line *line)
{
    size_t at = json_array_size(lines->largest);

    lines->count++;
    if (lines->csv != NULL) { /* codes, numbers and days: nothing that CSV would quote */
        fprintf(lines->csv, "%s,%s,%s,%s,%s,%s,%" PRId64 "\r\n", line->line, line->booked,
                line->debtor, line->creditor, line->kind, line->reversal ? "true" : "false",
                line->amount_fen);
    }
    while (at > 0 && amount_at(lines->largest, at - 1) < line->amount_fen) {
        at--;
    }
    if (at < NET_LINES_LARGEST) {
        (void)json_array_insert_new(lines->largest, at, net_line_json(line));
        (void)json_array_remove(lines->largest, NET_LINES_LARGEST);
    }
}

bool net_lines_finish(struct net_lines *lines, struct fault *ret_fault)
{
    char part[PATH_MAX];

    if (lines->csv == NULL) {
        return true;
    }
    bool good = ferror(lines->csv) == 0 && fflush(lines->csv) == 0 &&
                fsync(fileno(lines->csv)) == 0;
    good = fclose(lines->csv) == 0 && good && part_of(lines->path, part) &&
           rename(part, lines->path) == 0;
    lines->csv = NULL;
    return good || fault_set_errno(ret_fault, errno, "%.200s: cannot be written", lines->path);
}

void net_lines_deinit(struct net_lines *lines)
{
    char part[PATH_MAX];

    if (lines->csv != NULL) {
        (void)fclose(lines->csv);
        if (part_of(lines->path, part)) {
            (void)unlink(part);
        }
    }
    json_decref(lines->largest);
    *lines = (struct net_lines){0};
}

/* --- as text --- */

void net_lines_text(const struct net_lines *lines, const struct look *look, FILE *out)
{
    const struct table_column columns[] = {
        {_("Line"), COLUMN_TEXT}, {_("Booked"), COLUMN_TEXT}, {_("Debtor"), COLUMN_TEXT},
        {_("Creditor"), COLUMN_TEXT}, {_("Kind"), COLUMN_TEXT}, {_("Amount"), COLUMN_RIGHT},
    };
    const json_t *row = NULL;
    struct net_line line;
    struct table table;
    size_t i = 0;

    if (lines->count == 0) {
        return;
    }
    fprintf(out, _("\nThe largest of its %" PRIu64 " lines (allclear explain LINE says why)\n"),
            lines->count);
    table_init(&table, columns, sizeof columns / sizeof columns[0]);
    json_array_foreach(lines->largest, i, row)
    {
        CHECK(net_line_read(row, &line));
        table_text(&table, line.line);
        table_text(&table, line.booked);
        table_text(&table, line.debtor);
        table_text(&table, line.creditor);
        table_text(&table, words_of_kind_named(line.kind));
        table_money(&table, money_sum_of(money(line.amount_fen)));
    }
    table_write(&table, look, out);
    table_deinit(&table);
}
