#include "tools/render/report_csv.h"

#include <inttypes.h>
#include <string.h>

#define CELL_TEXT_SIZE 512

/* The columns, in the order of the header. */
#define COLUMNS(X)                                                                                 \
    X(SECTION, section)                                                                            \
    X(CYCLE, cycle)                                                                                \
    X(FROM, from)                                                                                  \
    X(TO, to)                                                                                      \
    X(PARTICIPANT, participant)                                                                    \
    X(PARTY, party)                                                                                \
    X(ROLE, role)                                                                                  \
    X(STORE, store)                                                                                \
    X(NAME, name)                                                                                  \
    X(DEBTOR, debtor)                                                                              \
    X(CREDITOR, creditor)                                                                          \
    X(KIND, kind)                                                                                  \
    X(REVERSAL, reversal)                                                                          \
    X(ISSUER, issuer)                                                                              \
    X(PRODUCT, product)                                                                            \
    X(EVENT, event)                                                                                \
    X(REASON, reason)                                                                              \
    X(OCCURRED, occurred)                                                                          \
    X(BOOKED, booked)                                                                              \
    X(EVENTS, events)                                                                              \
    X(CLAIMS, count)                                                                               \
    X(LOTS, lots)                                                                                  \
    X(POINTS, points)                                                                              \
    X(USES, uses)                                                                                  \
    X(IN, in_fen)                                                                                  \
    X(OUT, out_fen)                                                                                \
    X(NET, net_fen)                                                                                \
    X(AMOUNT, amount_fen)                                                                          \
    X(PRINCIPAL, principal_fen)                                                                    \
    X(BONUS, bonus_fen)

typedef enum {
#define COLUMN_ENUM(name, text) COLUMN_##name,
    COLUMNS(COLUMN_ENUM)
#undef COLUMN_ENUM
        COLUMN_COUNT
} column_t;

static const char *const column_names[COLUMN_COUNT] = {
#define COLUMN_NAME(name, text) #text,
    COLUMNS(COLUMN_NAME)
#undef COLUMN_NAME
};

/* A row being filled: cells as they will stand between the commas. */
struct row {
    const struct report *report;
    FILE *out;
    char cells[COLUMN_COUNT][CELL_TEXT_SIZE];
};

/* A text: guarded against spreadsheets that run formulas, quoted where RFC 4180 asks for it. Names
 * are at most NAME_LEN_MAX bytes, so that doubled quotes fit. */
static void put_text(struct row *row, column_t column, const char *text)
{
    char *cell = row->cells[column];
    bool quoted = strpbrk(text, ",\"\r\n") != NULL;
    size_t at = 0;

    _Static_assert(2 * NAME_LEN_MAX + 4 <= CELL_TEXT_SIZE, "a name of quotes fits");
    if (quoted) {
        cell[at++] = '"';
    }
    if (text[0] != '\0' && strchr("=+-@\t\r", text[0]) != NULL) {
        cell[at++] = '\'';
    }
    for (; *text != '\0' && at + 4 < CELL_TEXT_SIZE; text++) {
        if (*text == '"') {
            cell[at++] = '"';
        }
        cell[at++] = *text;
    }
    if (quoted) {
        cell[at++] = '"';
    }
    cell[at] = '\0';
}

static void put_number(struct row *row, column_t column, int128_t number)
{
    money_sum_format_fen((money_sum_t){number}, row->cells[column]);
}

static void put_fen(struct row *row, column_t column, money_sum_t fen)
{
    money_sum_format_fen(fen, row->cells[column]);
}

static void put_participant(struct row *row, column_t column, participant_t who)
{
    put_text(row, column, registry_participant_code(row->report->registry, who)->text);
}

static void put_day(struct row *row, column_t column, day_t day)
{
    char text[DAY_TEXT_SIZE];

    day_format(day, text);
    put_text(row, column, text);
}

static void put_event(struct row *row, const struct report_event *event)
{
    char text[CELL_TEXT_SIZE];

    snprintf(text, sizeof text, "%s:%s:%" PRIu64, event->store.text, event->terminal.text,
             event->number);
    put_text(row, COLUMN_EVENT, text);
}

/* Begin a row of a section. */
static void begin(struct row *row, const char *section)
{
    for (int i = 0; i < COLUMN_COUNT; i++) {
        row->cells[i][0] = '\0';
    }
    put_text(row, COLUMN_SECTION, section);
}

static void end(struct row *row)
{
    for (int i = 0; i < COLUMN_COUNT; i++) {
        fprintf(row->out, "%s%s", i == 0 ? "" : ",", row->cells[i]);
    }
    fputs("\r\n", row->out);
}

static void write_head(struct row *row)
{
    const struct report *report = row->report;

    for (int i = 0; i < COLUMN_COUNT; i++) {
        fprintf(row->out, "%s%s", i == 0 ? "" : ",", column_names[i]);
    }
    fputs("\r\n", row->out);
    begin(row, "report");
    put_text(row, COLUMN_CYCLE, report->cycle);
    if (report->from <= report->to) {
        put_day(row, COLUMN_FROM, report->from);
        put_day(row, COLUMN_TO, report->to);
    }
    put_number(row, COLUMN_EVENTS, report->positions->events);
    end(row);
    if (report->missing > 0) {
        begin(row, "incomplete");
        put_text(row, COLUMN_REASON, report->incomplete);
        put_number(row, COLUMN_CLAIMS, report->missing);
        end(row);
    }
}

static void write_participants(struct row *row)
{
    const struct report *report = row->report;

    for (uint32_t i = 0; i < report->participant_count; i++) {
        const struct report_participant *from = &report->participants[i];
        const struct participant *about = &report->registry->participants[from->participant.n];
        begin(row, "participants");
        put_participant(row, COLUMN_PARTICIPANT, from->participant);
        put_text(row, COLUMN_PARTY, report->registry->parties.codes[about->party].text);
        put_text(row, COLUMN_ROLE, role_name(about->role));
        put_text(row, COLUMN_NAME, about->name);
        put_fen(row, COLUMN_IN, from->in);
        put_fen(row, COLUMN_OUT, from->out);
        put_fen(row, COLUMN_NET, from->net);
        end(row);
    }
}

static void write_matrix(struct row *row)
{
    for (uint32_t i = 0; i < row->report->matrix_count; i++) {
        const struct matrix_cell *cell = &row->report->matrix[i];
        begin(row, "matrix");
        put_participant(row, COLUMN_DEBTOR, cell->debtor);
        put_participant(row, COLUMN_CREDITOR, cell->creditor);
        put_text(row, COLUMN_KIND, claim_kind_name(cell->kind));
        put_text(row, COLUMN_REVERSAL, cell->reversal ? "true" : "false");
        put_number(row, COLUMN_CLAIMS, cell->count);
        put_fen(row, COLUMN_AMOUNT, cell->amount);
        end(row);
    }
}

/* A store's row: its events, or (kind not 0) one amount that it bears itself. */
static void write_store(struct row *row, store_t store, const struct store_sums *sums,
                        claim_kind_t kind)
{
    const struct registry *registry = row->report->registry;

    begin(row, kind == 0 ? "stores" : "memos");
    put_text(row, COLUMN_STORE, registry_store_code(registry, store)->text);
    put_participant(row, COLUMN_PARTICIPANT, registry_owner(registry, store));
    if (kind == 0) {
        put_text(row, COLUMN_NAME, registry->stores[store.n].name);
        put_number(row, COLUMN_EVENTS, sums->events);
    } else {
        put_text(row, COLUMN_KIND, claim_kind_name(kind));
        put_fen(row, COLUMN_AMOUNT, sums->memos[kind]);
    }
    end(row);
}

static void write_stores(struct row *row)
{
    static const struct store_sums nothing;
    const struct report *report = row->report;

    for (uint32_t i = 0; i < report->store_count; i++) {
        store_t store = report->stores[i];
        const struct store_sums *sums = store.n < report->positions->store_capacity
                                            ? &report->positions->stores[store.n]
                                            : &nothing;
        write_store(row, store, sums, (claim_kind_t)0);
        for (uint32_t kind = 1; kind < KIND_COUNT; kind++) {
            if (money_sum_sign(sums->memos[kind]) != 0) {
                write_store(row, store, sums, (claim_kind_t)kind);
            }
        }
    }
}

static void write_outstanding(struct row *row)
{
    for (uint32_t i = 0; i < row->report->outstanding_count; i++) {
        const struct report_outstanding *from = &row->report->outstanding[i];
        begin(row, "outstanding");
        put_participant(row, COLUMN_ISSUER, from->issuer);
        put_text(row, COLUMN_PRODUCT,
                 registry_product_code(row->report->registry, from->product)->text);
        put_number(row, COLUMN_LOTS, from->lots);
        put_number(row, COLUMN_POINTS, from->points);
        put_number(row, COLUMN_USES, from->uses);
        put_fen(row, COLUMN_PRINCIPAL, from->principal);
        put_fen(row, COLUMN_BONUS, from->bonus);
        end(row);
    }
}

static void write_reasons(struct row *row, const char *section, const struct report_events *events)
{
    for (uint32_t i = 0; i < events->count; i++) {
        begin(row, section);
        put_event(row, &events->list[i]);
        put_text(row, COLUMN_REASON, outcome_name(events->list[i].outcome));
        end(row);
    }
}

static void write_late(struct row *row)
{
    for (uint32_t i = 0; i < row->report->late.count; i++) {
        const struct report_event *event = &row->report->late.list[i];
        begin(row, "late");
        put_event(row, event);
        put_day(row, COLUMN_OCCURRED, event->occurred);
        put_day(row, COLUMN_BOOKED, event->booked);
        end(row);
    }
}

bool report_csv_write(const struct report *report, FILE *out)
{
    struct row row = {.report = report, .out = out};

    write_head(&row);
    write_participants(&row);
    write_matrix(&row);
    write_stores(&row);
    write_outstanding(&row);
    write_reasons(&row, "refused", &report->refused);
    write_reasons(&row, "waiting", &report->waiting);
    write_late(&row);
    return ferror(out) == 0;
}
