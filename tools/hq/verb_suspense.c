/* allclear suspense: what the tills have done and the ledger has refused. */
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "tools/hq/args.h"
#include "tools/hq/home.h"
#include "tools/hq/hq_verbs.h"
#include "tools/hq/inquire.h"
#include "tools/hq/settling.h"
#include "tools/render/table.h"
#include "tools/render/words.h"
#include "tools/text.h"

static const char *usage(void)
{
    return _("Usage: allclear suspense list [--store S] [--json] --dir DIR\n"
             "       allclear suspense retry EVENT... --reason TEXT [--as PERSON] --dir DIR\n"
             "       allclear suspense assign EVENT --debtor P --creditor P --amount YUAN\n"
             "                         --reason TEXT [--as PERSON] --dir DIR\n"
             "       allclear suspense return EVENT... --reason TEXT [--as PERSON] --dir DIR\n"
             "\n"
             "Events in which money or goods have moved at a till and which were refused for good: "
             "no claim\n"
             "stands for them. Oldest first, with the age in days, then sums by store and reason. "
             "An item\n"
             "leaves when its number is accepted after all: mend the cause, then `allclear outbox "
             "retry` at\n"
             "the store. Or settle it here, as a proposal that a checker approves:\n"
             "  retry   it is tried again at once, also when its number's gap has closed\n"
             "  assign  one claim says who bears it; several debtors share it as P=20.00,Q=10.00\n"
             "  return  the store has given back what it took: nobody owes anything\n"
             "Its number is spent from then on.\n"
             "\n"
             "Example:\n"
             "  allclear suspense list --store B --dir /var/lib/allclear\n"
             "  allclear suspense assign B:1:7 --debtor B=20.00,HQ=10.00 --creditor C --reason "
             "'till sold\n"
             "    after closing' --as li --dir /var/lib/allclear\n");
}

static const char *text_of(const json_t *row, const char *key)
{
    const char *text = json_string_value(json_object_get(row, key));

    return text == NULL ? "" : text;
}

static int64_t integer_of(const json_t *row, const char *key)
{
    return json_integer_value(json_object_get(row, key));
}

/* Keep only one store's items, and count again. */
static void keep_store(json_t *answer, const char *store)
{
    json_t *items = json_object_get(answer, "items");
    json_t *kept = json_array();
    const json_t *row = NULL;
    json_int_t sum = 0;
    size_t i = 0;

    json_array_foreach(items, i, row)
    {
        if (strcmp(text_of(row, "store"), store) == 0) {
            (void)json_array_append(kept, (json_t *)(uintptr_t)row);
            sum += integer_of(row, "amount_fen");
        }
    }
    (void)json_object_set_new(answer, "count", json_integer((json_int_t)json_array_size(kept)));
    (void)json_object_set_new(answer, "amount_fen", json_integer(sum));
    (void)json_object_set_new(answer, "items", kept);
}

static void print_items(const json_t *items)
{
    const struct table_column columns[] = {
        {_("Event"), COLUMN_TEXT},     {_("Type"), COLUMN_TEXT},   {_("Reason"), COLUMN_TEXT},
        {_("Member"), COLUMN_TEXT},    {_("Amount"), COLUMN_RIGHT}, {_("Came"), COLUMN_TEXT},
        {_("Days"), COLUMN_RIGHT},
    };
    struct look look = look_of(stdout);
    const json_t *row = NULL;
    struct table table;
    size_t i = 0;

    table_init(&table, columns, sizeof columns / sizeof columns[0]);
    json_array_foreach(items, i, row)
    {
        table_text(&table, text_of(row, "event"));
        table_text(&table, words_of_type_named(text_of(row, "type")));
        table_text(&table, text_of(row, "reason"));
        table_text(&table, text_of(row, "member"));
        table_money(&table, money_sum_of(money(integer_of(row, "amount_fen"))));
        table_text(&table, text_of(row, "came"));
        table_count(&table, integer_of(row, "age_days"));
    }
    table_write(&table, &look, stdout);
    table_deinit(&table);
}

/* {"B REASON":{"store","reason","count","amount_fen"}}, in the order of the oldest. */
static json_t *sums_of(const json_t *items)
{
    json_t *sums = json_object();
    const json_t *row = NULL;
    size_t i = 0;
    char key[128];

    json_array_foreach(items, i, row)
    {
        (void)snprintf(key, sizeof key, "%s %s", text_of(row, "store"), text_of(row, "reason"));
        json_t *sum = json_object_get(sums, key);
        int64_t count = integer_of(sum, "count") + 1;
        int64_t fen = integer_of(sum, "amount_fen") + integer_of(row, "amount_fen");
        (void)json_object_set_new(sums, key,
                                  json_pack("{s:s,s:s,s:I,s:I}", "store", text_of(row, "store"),
                                            "reason", text_of(row, "reason"), "count",
                                            (json_int_t)count, "amount_fen", (json_int_t)fen));
    }
    return sums;
}

static void print_sums(const json_t *items)
{
    const struct table_column columns[] = {
        {_("Store"), COLUMN_TEXT},
        {_("Reason"), COLUMN_TEXT},
        {_("Events"), COLUMN_RIGHT},
        {_("Amount"), COLUMN_RIGHT},
    };
    struct look look = look_of(stdout);
    json_t *sums = sums_of(items);
    const char *key = NULL;
    json_t *row = NULL;
    struct table table;

    table_init(&table, columns, sizeof columns / sizeof columns[0]);
    json_object_foreach(sums, key, row)
    {
        table_text(&table, text_of(row, "store"));
        table_text(&table, text_of(row, "reason"));
        table_count(&table, integer_of(row, "count"));
        table_money(&table, money_sum_of(money(integer_of(row, "amount_fen"))));
    }
    table_write(&table, &look, stdout);
    table_deinit(&table);
    json_decref(sums);
}

static void print_text(const json_t *answer)
{
    const json_t *items = json_object_get(answer, "items");

    printf(_("In suspense on %s: %" PRId64 "; amounts in yuan\n"), text_of(answer, "as_of"),
           integer_of(answer, "count"));
    if (json_array_size(items) > 0) {
        print_items(items);
        putchar('\n');
        print_sums(items);
    }
}

static int list_items(const char *dir, const char *store, bool json)
{
    struct fault fault = {0};
    json_t *answer = inquire(dir, "suspense", &fault);

    if (answer == NULL) {
        return home_complain("suspense", &fault);
    }
    if (store != NULL) {
        keep_store(answer, store);
    }
    if (json) {
        (void)json_dumpf(answer, stdout, JSON_COMPACT);
        putchar('\n');
    } else {
        print_text(answer);
    }
    json_decref(answer);
    return fflush(stdout) == 0 ? EX_OK : EX_IOERR;
}

/* Returns: 0: none of that name. */
static suspense_way_t way_of(const char *word)
{
    return strcmp(word, "retry") == 0    ? SUSPENSE_RETRY
           : strcmp(word, "assign") == 0 ? SUSPENSE_ASSIGN
           : strcmp(word, "return") == 0 ? SUSPENSE_RETURN
                                         : (suspense_way_t)0;
}

int verb_suspense(int argc, char **argv)
{
    struct settling settling = {0};
    const char *store = NULL;
    bool json = false;
    const struct arg list[] = {{"dir", &settling.dir, NULL},
                               {"store", &store, NULL},
                               {"json", NULL, &json},
                               {"reason", &settling.reason, NULL},
                               {"debtor", &settling.debtor, NULL},
                               {"creditor", &settling.creditor, NULL},
                               {"amount", &settling.amount, NULL}};
    struct args args = {"suspense", usage(), list, 7, 1, argc};
    char **words = NULL;
    int code = EX_OK;

    if (!args_read(&args, argc, argv, &words, &code)) {
        return code;
    }
    int count = (int)(argv + argc - words) - 1;
    suspense_way_t way = way_of(words[0]);
    bool listing = strcmp(words[0], "list") == 0 && count == 0;
    bool settles = way != 0 && count > 0 && (way != SUSPENSE_ASSIGN || count == 1);
    if (!listing && !settles) {
        fputs(usage(), stderr);
        return EX_USAGE;
    }
    settling.dir = home_dir(settling.dir, "suspense");
    if (settling.dir == NULL) {
        return EX_USAGE;
    }
    if (listing) {
        return list_items(settling.dir, store, json);
    }
    if (settling.reason == NULL) {
        fputs(_("allclear suspense: say why: --reason TEXT\n"), stderr);
        return EX_USAGE;
    }
    return settling_propose(&settling, way, words + 1, count);
}
