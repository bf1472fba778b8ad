/* allclear status, allclear positions: how things stand now. */
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "clearing/facts/calendar.h"
#include "tools/hq/args.h"
#include "tools/hq/ground.h"
#include "tools/hq/home.h"
#include "tools/hq/hq_verbs.h"
#include "tools/hq/inquire.h"
#include "tools/render/table.h"
#include "tools/text.h"

static const char *status_usage(void)
{
    return _("Usage: allclear status --dir DIR [--digest] [--json]\n"
             "\n"
             "The network, its days, and where every store stands. Without a daemon the folder is "
             "read\n"
             "and checked from its first record.\n"
             "\n"
             "  --digest  also the SHA-256 of the whole state, which `replay` of a copy must give;\n"
             "            a daemon serves nobody while it computes it (0.7 s a million members)\n"
             "  --json    one JSON object\n"
             "\n"
             "Example:\n"
             "  allclear status --dir /var/lib/allclear\n");
}

static const char *positions_usage(void)
{
    return _("Usage: allclear positions --dir DIR [--json]\n"
             "\n"
             "What every participant receives and owes in the open cycle so far.\n"
             "\n"
             "Example:\n"
             "  allclear positions --dir /var/lib/allclear\n");
}

static const char *text_of(const json_t *root, const char *key)
{
    const char *text = json_string_value(json_object_get(root, key));

    return text == NULL ? "-" : text;
}

static int64_t integer_of(const json_t *root, const char *key)
{
    return json_integer_value(json_object_get(root, key));
}

static int print_json(const json_t *root)
{
    bool good = json_dumpf(root, stdout, JSON_COMPACT) == 0 && putchar('\n') != EOF;

    return good && fflush(stdout) == 0 ? EX_OK : EX_IOERR;
}

/* Has the store asked for a key that it does not use yet? `key list` says which. */
static bool asks(const json_t *head, const char *store)
{
    const json_t *row = NULL;
    size_t i = 0;

    json_array_foreach(json_object_get(head, "joins"), i, row)
    {
        if (strcmp(text_of(row, "store"), store) == 0) {
            return true;
        }
    }
    return false;
}

static const char *state_of(const json_t *head, const json_t *row)
{
    if (json_is_true(json_object_get(row, "frozen"))) {
        return _("frozen");
    }
    if (json_is_string(json_object_get(row, "key_id"))) {
        return _("in");
    }
    return asks(head, text_of(row, "store")) ? _("asks to join") : _("not yet joined");
}

static void print_stores(const json_t *head)
{
    const struct table_column columns[] = {
        {_("Store"), COLUMN_TEXT},    {_("Participant"), COLUMN_TEXT}, {_("State"), COLUMN_TEXT},
        {_("Batches"), COLUMN_RIGHT}, {_("Events"), COLUMN_RIGHT},
    };
    struct look look = look_of(stdout);
    const json_t *row = NULL;
    struct table table;
    size_t i = 0;

    table_init(&table, columns, sizeof columns / sizeof columns[0]);
    json_array_foreach(json_object_get(head, "stores"), i, row)
    {
        table_text(&table, text_of(row, "store"));
        table_text(&table, text_of(row, "participant"));
        table_text(&table, state_of(head, row));
        table_count(&table, integer_of(row, "next") - 1);
        table_count(&table, integer_of(row, "events"));
    }
    table_write(&table, &look, stdout);
    table_deinit(&table);
}

static int print_status(const char *dir, const json_t *head)
{
    struct ground ground = {0};
    char now[INSTANT_TEXT_SIZE];
    bool runs = inquire_is_running(dir);
    bool zoned = ground_read(dir, &ground, NULL) && ground.has_terms;

    instant_format(integer_of(head, "now_ms"), zoned ? ground.terms.days.zone_min : 0, now);
    ground_deinit(&ground);
    printf(_("Alliance %s%s, network %s\n"),
           text_of(head, "alliance"),
           json_is_true(json_object_get(head, "test")) ? " (TEST)" : "",
           text_of(head, "network"));
    if (runs) {
        printf(_("The daemon serves at %s.\n"), text_of(head, "address"));
    } else {
        puts(_("No daemon runs."));
    }
    printf(_("Now %s, open day %s, cycle since %s\n"),
           now,
           text_of(head, "open_day"),
           text_of(head, "cycle_from"));
    printf(_("Records %" PRId64 ", events accepted %" PRId64 ", waiting %" PRId64
             ", refused in this cycle %" PRId64 ", members %" PRId64 "\n\n"),
           integer_of(head, "records"),
           integer_of(head, "accepted"),
           integer_of(head, "waiting"),
           integer_of(head, "refused"),
           integer_of(head, "members"));
    print_stores(head);
    const json_t *state = json_object_get(head, "state");
    if (state != NULL) {
        printf(_("\nState after %" PRId64 " records: %s\n"),
               integer_of(state, "records"),
               text_of(state, "digest"));
    }
    return fflush(stdout) == 0 ? EX_OK : EX_IOERR;
}

static void print_total(struct table *table, const json_t *rows)
{
    static const char *const keys[] = {"in_fen", "out_fen", "net_fen"};
    const json_t *row = NULL;
    size_t i = 0;

    table_rule(table);
    table_text(table, _("Total"));
    for (size_t k = 0; k < sizeof keys / sizeof keys[0]; k++) {
        money_sum_t sum = {0};
        json_array_foreach(rows, i, row)
        {
            sum = money_sum_add(sum, money(integer_of(row, keys[k])));
        }
        table_money(table, sum);
    }
}

static int print_positions(const json_t *answer)
{
    const struct table_column columns[] = {
        {_("Participant"), COLUMN_TEXT},
        {_("In"), COLUMN_RIGHT},
        {_("Out"), COLUMN_RIGHT},
        {_("Net"), COLUMN_RIGHT},
    };
    const json_t *rows = json_object_get(answer, "positions");
    struct look look = look_of(stdout);
    const json_t *row = NULL;
    struct table table;
    size_t i = 0;

    printf(_("Open cycle as of %s; amounts in yuan\n"), text_of(answer, "as_of"));
    table_init(&table, columns, sizeof columns / sizeof columns[0]);
    json_array_foreach(rows, i, row)
    {
        table_text(&table, text_of(row, "participant"));
        table_money(&table, money_sum_of(money(integer_of(row, "in_fen"))));
        table_money(&table, money_sum_of(money(integer_of(row, "out_fen"))));
        table_money(&table, money_sum_of(money(integer_of(row, "net_fen"))));
    }
    print_total(&table, rows);
    table_write(&table, &look, stdout);
    table_deinit(&table);
    return fflush(stdout) == 0 ? EX_OK : EX_IOERR;
}

/* Ask and take the options that both have. Returns: NULL with *ret_code. */
static json_t *ask_for(const char *asks_for, const struct args *args, int argc, char **argv,
                       const char **inout_dir, int *ret_code)
{
    struct fault fault = {0};
    char **words = NULL;

    if (!args_read(args, argc, argv, &words, ret_code)) {
        return NULL;
    }
    *inout_dir = home_dir(*inout_dir, args->verb);
    if (*inout_dir == NULL) {
        *ret_code = EX_USAGE;
        return NULL;
    }
    json_t *answer = inquire(*inout_dir, asks_for, &fault);
    if (answer == NULL) {
        *ret_code = home_complain(args->verb, &fault);
    }
    return answer;
}

int verb_status(int argc, char **argv)
{
    const char *dir = NULL;
    bool json = false;
    bool digest = false;
    const struct arg list[] = {
        {"dir", &dir, NULL}, {"digest", NULL, &digest}, {"json", NULL, &json}};
    struct args args = {"status", status_usage(), list, 3, 0, 0};
    struct fault fault = {0};
    int code = EX_OK;
    json_t *head = ask_for("head", &args, argc, argv, &dir, &code);

    if (head != NULL && digest) {
        json_t *state = inquire(dir, "digest", &fault);
        if (state == NULL) {
            json_decref(head);
            return home_complain("status", &fault);
        }
        json_object_set_new(head, "state", state);
    }
    if (head != NULL) {
        code = json ? print_json(head) : print_status(dir, head);
        json_decref(head);
    }
    return code;
}

int verb_positions(int argc, char **argv)
{
    const char *dir = NULL;
    bool json = false;
    const struct arg list[] = {{"dir", &dir, NULL}, {"json", NULL, &json}};
    struct args args = {"positions", positions_usage(), list, 2, 0, 0};
    int code = EX_OK;
    json_t *answer = ask_for("positions", &args, argc, argv, &dir, &code);

    if (answer != NULL) {
        code = json ? print_json(answer) : print_positions(answer);
        json_decref(answer);
    }
    return code;
}
