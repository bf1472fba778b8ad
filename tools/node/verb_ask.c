/* allclear mine, statement, balance and dispute list: what a store may always read of its own.
 * Headquarters answers with one JSON document, which is printed as it is or as a table. */
#include <getopt.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "tools/node/ask.h"
#include "tools/node/node_verbs.h"
#include "tools/node/options.h"
#include "tools/render/disputes.h"
#include "tools/render/statement.h"
#include "tools/render/table.h"
#include "tools/text.h"

#define WAIT_S   10
#define NAME_LEN 160
#define DEPTH    6 /* answers are flat; deeper ones are for --json */

struct question {
    const char *verb;  /* ours */
    const char *asks;  /* headquarters' */
    bool has_argument; /* it must be there */
};

struct options {
    const char *dir;
    const char *argument;
    bool json;
    int wait_s;
};

static const struct question mine = {"mine", "positions", false};
static const struct question statement = {"statement", "statement", true};
static const struct question balance = {"balance", "balance", true};
static const struct question disputes = {"dispute", "disputes", false};

static const char *usage_of(const struct question *question)
{
    if (question == &mine) {
        return _("Usage: allclear mine --dir DIR [--json] [--wait SECONDS]\n"
                 "\n"
                 "What this store's participant is owed and owes in the open cycle.\n"
                 "\n"
                 "Example:\n"
                 "  allclear mine --dir /var/lib/allclear-store\n");
    }
    if (question == &statement) {
        return _("Usage: allclear statement CYCLE --dir DIR [--json] [--wait SECONDS]\n"
                 "\n"
                 "The statement of this store's participant for a closed cycle.\n"
                 "\n"
                 "Example:\n"
                 "  allclear statement 2026-03 --dir /var/lib/allclear-store\n");
    }
    if (question == &disputes) {
        return _("Usage: allclear dispute list --dir DIR [--json] [--wait SECONDS]\n"
                 "\n"
                 "The disputes in which this store's participant has part, and their answers.\n"
                 "\n"
                 "Example:\n"
                 "  allclear dispute list --dir /var/lib/allclear-store\n");
    }
    return _("Usage: allclear balance MEMBER --dir DIR [--json] [--wait SECONDS]\n"
             "\n"
             "What a member who is at hand has.\n"
             "\n"
             "Example:\n"
             "  allclear balance 6200000017 --dir /var/lib/allclear-store\n");
}

static int options_parse(const struct question *question, int argc, char **argv,
                         struct options *options)
{
    static const struct option longs[] = {
        {"dir", required_argument, NULL, 'd'},
        {"json", no_argument, NULL, 'j'},
        {"wait", required_argument, NULL, 'w'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    int option = 0;

    while ((option = getopt_long(argc, argv, "h", longs, NULL)) != -1) {
        if (option == 'h') {
            fputs(usage_of(question), stdout);
            exit(EX_OK);
        }
        if (option == '?' ||
            (option == 'w' && !options_seconds(question->verb, optarg, &options->wait_s))) {
            return EX_USAGE;
        }
        options->dir = option == 'd' ? optarg : options->dir;
        options->json = options->json || option == 'j';
    }
    options->dir = node_dir(options->dir, question->verb);
    if (options->dir == NULL || argc - optind != (question->has_argument ? 1 : 0)) {
        fputs(usage_of(question), stderr);
        return EX_USAGE;
    }
    options->argument = question->has_argument ? argv[optind] : "";
    return EX_OK;
}

static bool is_money(const char *name)
{
    size_t len = strlen(name);

    return len > 4 && strcmp(name + len - 4, "_fen") == 0;
}

static void add_figure(struct table *table, const json_t *row, const char *key)
{
    const json_t *value = json_object_get(row, key);

    if (!json_is_integer(value)) {
        table_text(table, "");
    } else if (is_money(key)) {
        table_money(table, money_sum_of(money(json_integer_value(value))));
    } else {
        table_count(table, json_integer_value(value));
    }
}

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    return text == NULL ? "" : text;
}

static void print_balance(const json_t *root)
{
    static const char *const keys[] = {"principal_fen", "bonus_fen", "held_fen", "points", "uses",
                                       "lots"};
    const struct table_column columns[] = {
        {_("Product"), COLUMN_TEXT},        {_("Principal"), COLUMN_RIGHT},
        {_("Bonus"), COLUMN_RIGHT},         {_("Held"), COLUMN_RIGHT},
        {_("Points"), COLUMN_RIGHT},        {_("Uses"), COLUMN_RIGHT},
        {_("Lots"), COLUMN_RIGHT},          {_("First expires"), COLUMN_TEXT},
    };
    const struct look look = look_of(stdout);
    const json_t *row = NULL;
    struct table table;
    size_t i = 0;

    table_init(&table, columns, sizeof columns / sizeof columns[0]);
    json_array_foreach(json_object_get(root, "products"), i, row) {
        table_text(&table, text_of(row, "product"));
        for (size_t k = 0; k < sizeof keys / sizeof keys[0]; k++) {
            add_figure(&table, row, keys[k]);
        }
        table_text(&table, text_of(row, "valid_to"));
    }
    printf(_("Member %s, home store %s\n"), text_of(root, "member"), text_of(root, "home"));
    if (json_object_get(root, "now") != NULL) {
        printf(_("It is one with %s now.\n"), text_of(root, "now"));
    }
    if (i > 0) {
        table_write(&table, &look, stdout);
    } else {
        puts(_("nothing left"));
    }
    table_deinit(&table);
}

/* This store's participant alone: what it is to receive, or to pay, if the cycle closed now. */
static void print_positions(const json_t *root)
{
    static const char *const keys[] = {"in_fen", "out_fen", "net_fen"};
    const struct table_column columns[] = {{_("Participant"), COLUMN_TEXT},
                                           {_("In"), COLUMN_RIGHT},
                                           {_("Out"), COLUMN_RIGHT},
                                           {_("Net"), COLUMN_RIGHT}};
    const struct look look = look_of(stdout);
    const json_t *row = NULL;
    struct table table;
    size_t i = 0;

    printf(_("Open cycle as of %s; amounts in yuan\n"), text_of(root, "as_of"));
    table_init(&table, columns, sizeof columns / sizeof columns[0]);
    json_array_foreach(json_object_get(root, "positions"), i, row) {
        table_text(&table, text_of(row, "participant"));
        for (size_t k = 0; k < sizeof keys / sizeof keys[0]; k++) {
            add_figure(&table, row, keys[k]);
        }
    }
    table_write(&table, &look, stdout);
    table_deinit(&table);
}

static int print_answer(const struct question *question, const struct options *options,
                        const char *body, uint32_t len)
{
    json_t *root = options->json ? NULL : json_loadb(body, len, JSON_REJECT_DUPLICATES, NULL);

    if (root != NULL) {
        if (question == &balance) {
            print_balance(root);
        } else if (question == &statement) {
            const struct look look = look_of(stdout);
            (void)statement_text_write(root, &look, stdout); /* fflush tells */
        } else if (question == &disputes) {
            const struct look look = look_of(stdout);
            disputes_text_write(root, &look, stdout); /* likewise */
        } else {
            print_positions(root);
        }
        json_decref(root);
    } else {
        (void)fwrite(body, 1, len, stdout);
        if (len > 0 && body[len - 1] != '\n') {
            putchar('\n');
        }
    }
    if (fflush(stdout) != 0) {
        fprintf(stderr, _("allclear %s: cannot write\n"), question->verb);
        return EX_IOERR;
    }
    return EX_OK;
}

static int run(const struct question *question, int argc, char **argv)
{
    struct options options = {.wait_s = WAIT_S};
    char text[ASK_TEXT_MAX + 1];
    char member[KIT_MEMBER_SIZE];
    struct fault fault = {0};
    struct node node = {0};
    char *body = NULL;
    uint32_t len = 0;
    int code = options_parse(question, argc, argv, &options);

    if (code != EX_OK) {
        return code;
    }
    if (!node_open(options.dir, &node, &fault)) {
        return node_complain(question->verb, &fault);
    }
    struct wire *wire = node_connect(&node, &fault);
    if (wire == NULL) {
        node_close(&node);
        return node_complain(question->verb, &fault);
    }
    const struct frame hello = node_hello(&node);
    kit_hide_member(&node.kit, options.argument, member);
    const char *argument = question == &balance ? member : options.argument;
    const struct ask what = {question->asks, slice_of(argument), &hello, options.wait_s * 1000};
    enum ask_result result = ask(wire, &what, &body, &len, text);
    wire_close(wire);
    node_close(&node);
    if (result == ASK_REFUSED && strcmp(text, "UNKNOWN_MEMBER") == 0) {
        (void)snprintf(text, sizeof text, "%s", _("headquarters knows no such member"));
    } else if (result == ASK_REFUSED && strcmp(text, "CARD_REPLACED") == 0) {
        (void)snprintf(text, sizeof text, "%s", _("another card has taken its place"));
    }
    code = result == ASK_ANSWERED ? print_answer(question, &options, body, len)
                                  : ask_complain(question->verb, result, text);
    free(body);
    return code;
}

int verb_mine(int argc, char **argv)
{
    return run(&mine, argc, argv);
}

int verb_own_statement(int argc, char **argv)
{
    return run(&statement, argc, argv);
}

int verb_balance(int argc, char **argv)
{
    return run(&balance, argc, argv);
}

int verb_own_disputes(int argc, char **argv)
{
    return run(&disputes, argc, argv);
}
