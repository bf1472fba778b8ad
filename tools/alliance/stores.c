#include "tools/alliance/stores.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "clearing/base/memory.h"
#include "tools/alliance/hint.h"
#include "tools/alliance/source.h"
#include "tools/csv/csv.h"
#include "tools/text.h"

enum column {
    COLUMN_STORE,
    COLUMN_PARTICIPANT,
    COLUMN_PARTY,
    COLUMN_ROLE,
    COLUMN_NAME,
    COLUMN_OPENED,
    COLUMN_CLOSED,
    COLUMN_COUNT,
};

static const char *const column_names[] = {"store", "participant", "party",  "role",
                                           "name",  "opened",      "closed", NULL};
static const char *const role_names[] = {"hq",        "branch", "owned", "franchise", "merchant",
                                         "operator",  "county", "fund",  "reserve",   "channel",
                                         "custodian", "bank",   NULL};

/* What the rows have said of a participant so far. */
struct said {
    uint32_t line; /* of the first row */
    uint32_t column;
    uint32_t own_line; /* of the row without a store; 0: none */
    uint32_t role_line;
    uint32_t party_line;
    role_t role;  /* 0: nothing yet */
    code_t party; /* len 0: nothing yet */
};

struct table {
    const char *path;
    struct complaints *complaints;
    struct registry *registry;
    uint32_t columns[COLUMN_COUNT]; /* where each stands in a row */
    uint32_t column_count;
    bool role_bad;     /* a role could not be read: who is missing one says nothing more */
    struct said *said; /* by participant number */
    uint32_t said_capacity;
    uint32_t *store_lines; /* by store number */
    uint32_t store_lines_capacity;
};

#define CELL_FAIL(table, cell, ...)                                                                \
    do {                                                                                           \
        struct place cell_place = {(table)->path, (cell)->line, (cell)->column};                   \
        complaints_add((table)->complaints, &cell_place, __VA_ARGS__);                             \
    } while (0)

static int shown(const struct csv_cell *cell)
{
    return (int)utf8_cut(cell->text, 48);
}

/* The place of a name among the known ones (NULL-terminated), -1: not there. */
static int name_place(slice_t text, const char *const *names)
{
    for (int i = 0; names[i] != NULL; i++) {
        if (slice_equal(text, slice_of(names[i]))) {
            return i;
        }
    }
    return -1;
}

static void head_cell_read(struct table *table, const struct csv_cell *cell, uint32_t place)
{
    char hint[HINT_SIZE];
    int column = name_place(cell->text, column_names);

    if (column < 0) {
        hint_write(cell->text, column_names, hint);
        CELL_FAIL(table, cell, _("unknown column \"%.*s\"%s"), shown(cell), cell->text.text, hint);
    } else if (table->columns[column] != UINT32_MAX) {
        CELL_FAIL(table, cell, _("the column \"%s\" stands here twice"), column_names[column]);
    } else {
        table->columns[column] = place;
    }
}

static bool head_read(struct table *table, const struct csv *csv)
{
    const struct csv_cell *first = &csv->cells[0];
    uint32_t before = complaints_total(table->complaints);

    if (csv->cell_count == 1 && (memchr(first->text.text, ';', first->text.len) != NULL ||
                                 memchr(first->text.text, '\t', first->text.len) != NULL)) {
        CELL_FAIL(table, first, _("the columns must be separated by commas"));
        return false;
    }
    for (uint32_t i = 0; i < COLUMN_COUNT; i++) {
        table->columns[i] = UINT32_MAX;
    }
    table->column_count = csv->cell_count;
    for (uint32_t i = 0; i < csv->cell_count && i < CSV_CELLS_MAX; i++) {
        head_cell_read(table, &csv->cells[i], i);
    }
    for (uint32_t i = 0; i < COLUMN_COUNT; i++) {
        if (table->columns[i] == UINT32_MAX) {
            CELL_FAIL(table, first, _("the column \"%s\" is missing"), column_names[i]);
        }
    }
    return complaints_total(table->complaints) == before;
}

static const struct csv_cell *cell_of(const struct table *table, const struct csv *csv,
                                      enum column column)
{
    return &csv->cells[table->columns[column]];
}

/* Returns: false after a complaint that names the column. */
static bool code_check(struct table *table, const struct csv_cell *cell, enum column column)
{
    if (code_valid(cell->text)) {
        return true;
    }
    CELL_FAIL(table, cell,
              _("%s: a code is 1 to 32 letters, digits, _ and -, the first a letter or digit "
                "(found \"%.*s\")"),
              column_names[column], shown(cell), cell->text.text);
    return false;
}

static void name_take(struct table *table, const struct csv_cell *cell,
                      char ret_name[NAME_LEN_MAX + 1])
{
    if (!utf8_printable(cell->text)) {
        CELL_FAIL(table, cell, _("name: has no control characters or line ends"));
    } else if (cell->text.len > NAME_LEN_MAX) {
        CELL_FAIL(table, cell, _("name: at most %d bytes in UTF-8 (found %" PRIu32 ")"),
                  NAME_LEN_MAX, cell->text.len);
    } else {
        memcpy(ret_name, cell->text.text, cell->text.len);
        ret_name[cell->text.len] = '\0';
    }
}

static bool day_take(struct table *table, const struct csv_cell *cell, enum column column,
                     day_t *ret_day)
{
    if (cell->text.len == 0 || day_parse(cell->text, ret_day)) {
        return true;
    }
    CELL_FAIL(table, cell, _("%s: a date is YYYY-MM-DD of a day that exists (found \"%.*s\")"),
              column_names[column], shown(cell), cell->text.text);
    return false;
}

static void role_take(struct table *table, const struct csv *csv, struct said *said)
{
    const struct csv_cell *cell = cell_of(table, csv, COLUMN_ROLE);
    char hint[HINT_SIZE];

    if (cell->text.len == 0) {
        return;
    }
    role_t role = role_of_name(cell->text);
    if (role == 0) {
        table->role_bad = true;
        hint_write(cell->text, role_names, hint);
        CELL_FAIL(table, cell, _("role: \"%.*s\" is not known%s"), shown(cell), cell->text.text,
                  hint);
    } else if (said->role != 0 && said->role != role) {
        CELL_FAIL(table, cell, _("role: %s here, but %s in line %" PRIu32), role_name(role),
                  role_name(said->role), said->role_line);
    } else if (said->role == 0) {
        said->role = role;
        said->role_line = cell->line;
    }
}

static void party_take(struct table *table, const struct csv *csv, struct said *said)
{
    const struct csv_cell *cell = cell_of(table, csv, COLUMN_PARTY);

    if (cell->text.len == 0 || !code_check(table, cell, COLUMN_PARTY)) {
        return;
    }
    if (said->party.len != 0 && !slice_equal(code_slice(&said->party), cell->text)) {
        CELL_FAIL(table, cell, _("party: %.*s here, but %s in line %" PRIu32), shown(cell),
                  cell->text.text, said->party.text, said->party_line);
    } else if (said->party.len == 0) {
        said->party = code_of(cell->text);
        said->party_line = cell->line;
    }
}

/* Find the row's participant or make it. Returns: PARTICIPANT_NONE after a complaint. */
static participant_t participant_take(struct table *table, const struct csv *csv)
{
    const struct csv_cell *cell = cell_of(table, csv, COLUMN_PARTICIPANT);
    struct registry *registry = table->registry;

    if (!code_check(table, cell, COLUMN_PARTICIPANT)) {
        return PARTICIPANT_NONE;
    }
    participant_t known = registry_find_participant(registry, cell->text);
    if (known.n != PARTICIPANT_NONE.n) {
        return known;
    }
    uint32_t count = registry->participant_codes.count;
    if (count == PARTICIPANTS_MAX) {
        CELL_FAIL(table, cell, _("an alliance has at most %d participants"), PARTICIPANTS_MAX);
        return PARTICIPANT_NONE;
    }
    MEMORY_GROW(table->said, count, table->said_capacity);
    table->said[count] = (struct said){.line = cell->line, .column = cell->column};
    return registry_put_participant(registry, cell->text, &(struct participant){0});
}

/* A row without a store gives its participant a name. */
static void own_row_take(struct table *table, const struct csv *csv, participant_t participant)
{
    static const enum column dates[] = {COLUMN_OPENED, COLUMN_CLOSED};
    struct said *said = &table->said[participant.n];
    const struct csv_cell *cell = cell_of(table, csv, COLUMN_PARTICIPANT);

    for (size_t i = 0; i < sizeof dates / sizeof dates[0]; i++) {
        const struct csv_cell *date = cell_of(table, csv, dates[i]);
        if (date->text.len > 0) {
            CELL_FAIL(table, date, _("%s: only a store has a first and a last day"),
                      column_names[dates[i]]);
        }
    }
    if (said->own_line != 0) {
        CELL_FAIL(table, cell,
                  _("participant: \"%.*s\" has a row without a store already (line %" PRIu32 ")"),
                  shown(cell), cell->text.text, said->own_line);
        return;
    }
    said->own_line = cell->line;
    name_take(table, cell_of(table, csv, COLUMN_NAME),
              table->registry->participants[participant.n].name);
}

static void store_take(struct table *table, const struct csv *csv, participant_t participant)
{
    const struct csv_cell *cell = cell_of(table, csv, COLUMN_STORE);
    const struct csv_cell *closed = cell_of(table, csv, COLUMN_CLOSED);
    struct store store = {.participant = participant, .opened = DAY_MIN, .closed = DAY_MAX};
    uint32_t count = table->registry->store_codes.count;
    store_t known = registry_find_store(table->registry, cell->text);

    if (known.n != STORE_NONE.n) {
        CELL_FAIL(table, cell, _("store: \"%.*s\" is there already (line %" PRIu32 ")"),
                  shown(cell), cell->text.text, table->store_lines[known.n]);
        return;
    }
    if (count == STORES_MAX) {
        CELL_FAIL(table, cell, _("an alliance has at most %d stores"), STORES_MAX);
        return;
    }
    bool opened_good =
        day_take(table, cell_of(table, csv, COLUMN_OPENED), COLUMN_OPENED, &store.opened);
    bool closed_good = day_take(table, closed, COLUMN_CLOSED, &store.closed);
    if (opened_good && closed_good && store.closed < store.opened) {
        CELL_FAIL(table, closed, _("closed: is before opened"));
    }
    name_take(table, cell_of(table, csv, COLUMN_NAME), store.name);
    MEMORY_GROW(table->store_lines, count, table->store_lines_capacity);
    table->store_lines[count] = cell->line;
    registry_put_store(table->registry, cell->text, &store);
}

static void row_take(struct table *table, const struct csv *csv)
{
    const struct csv_cell *store = cell_of(table, csv, COLUMN_STORE);

    if (csv->cell_count != table->column_count) {
        CELL_FAIL(table, &csv->cells[0], _("this row has %" PRIu32 " cells, the header %" PRIu32),
                  csv->cell_count, table->column_count);
        return;
    }
    bool store_good = store->text.len == 0 || code_check(table, store, COLUMN_STORE);
    participant_t participant = participant_take(table, csv);
    if (participant.n == PARTICIPANT_NONE.n) {
        return;
    }
    role_take(table, csv, &table->said[participant.n]);
    party_take(table, csv, &table->said[participant.n]);
    if (store->text.len == 0) {
        own_row_take(table, csv, participant);
    } else if (store_good) {
        store_take(table, csv, participant);
    }
}

/* All rows are read: give every participant its party and role, and find the one hq. */
static void participants_finish(struct table *table)
{
    struct registry *registry = table->registry;
    struct place start = {table->path, 1, 1};
    uint32_t hq = UINT32_MAX;

    for (uint32_t i = 0; i < registry->participant_codes.count; i++) {
        const struct said *said = &table->said[i];
        const code_t *code = &registry->participant_codes.codes[i];
        const code_t *party = said->party.len == 0 ? code : &said->party;
        registry->participants[i].role = said->role;
        registry->participants[i].party = code_index_add(&registry->parties, code_slice(party));
        if (said->role == 0 && !table->role_bad) {
            CELL_FAIL(table, said, _("role: no row says what \"%s\" is"), code->text);
        } else if (said->role == ROLE_HQ && hq != UINT32_MAX) {
            CELL_FAIL(table, said,
                      _("role: exactly one participant is hq, but \"%s\" is it in line %" PRIu32),
                      registry->participant_codes.codes[hq].text, table->said[hq].line);
        } else if (said->role == ROLE_HQ) {
            hq = i;
        }
    }
    if (hq == UINT32_MAX && !table->role_bad) {
        complaints_add(table->complaints, &start, _("exactly one participant must be hq"));
    }
}

static void broken_complain(struct table *table, const struct csv *csv)
{
    struct place place = {table->path, csv->fault_line, csv->fault_column};
    const char *text = "";

    switch (csv->fault) {
    case CSV_FAULT_AFTER_QUOTE:
        text = _("only a comma may follow a closing quote; a quote inside is written twice");
        break;
    case CSV_FAULT_OPEN_QUOTE:
        text = _("the closing quote of this cell is missing");
        break;
    case CSV_FAULT_QUOTE_INSIDE:
        text = _("a cell with a quote in it stands in quotes itself, "
                 "and the quote is written twice");
        break;
    }
    complaints_add(table->complaints, &place, "%s", text);
}

static void rows_read(struct table *table, struct csv *csv)
{
    struct place start = {table->path, 1, 1};
    csv_result_t result = csv_read(csv);

    if (result == CSV_END) {
        complaints_add(table->complaints, &start, _("is empty: the header line is missing"));
    }
    if (result == CSV_BROKEN) {
        broken_complain(table, csv);
    }
    if (result != CSV_ROW || !head_read(table, csv)) {
        return;
    }
    while ((result = csv_read(csv)) == CSV_ROW) {
        row_take(table, csv);
    }
    if (result == CSV_BROKEN) {
        broken_complain(table, csv);
    }
    if (result == CSV_END && table->complaints->left_out == 0) {
        participants_finish(table);
    }
}

bool stores_read(const char *path, struct registry *registry, struct complaints *complaints)
{
    struct table table = {.path = path, .complaints = complaints, .registry = registry};
    struct source source = {0};
    struct csv csv;
    uint32_t before = complaints_total(complaints);

    CHECK(registry->participant_codes.count == 0 && registry->store_codes.count == 0);
    if (source_read(&source, path, STORES_LEN_MAX, SOURCE_UTF8_OR_GB18030, complaints)) {
        csv_init(&csv, source.text, source.len, ',');
        rows_read(&table, &csv);
        csv_deinit(&csv);
        source_deinit(&source);
    }
    free(table.said);
    free(table.store_lines);
    return complaints_total(complaints) == before;
}
