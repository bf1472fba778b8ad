#include "tools/node/explain_net.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "tools/node/ask.h"
#include "tools/node/node_verbs.h"
#include "tools/render/net_lines.h"
#include "tools/render/statement.h"
#include "tools/text.h"

#define KEY_SIZE 160

struct net {
    const struct net_question *question;
    struct net_lines lines;
    json_t *sums; /* of the lines: the key of a statement's line -> fen, */
    json_t *counts; /* and how many */
    json_t *rest; /* of the statement: what no event has made, rows as the statement's */
    bool adds_up;
    uint64_t after;
    json_t *statement; /* NULL: it has not come yet */
};

/* --- adding up --- */

static int64_t sum_of(const json_t *sums, const char *key)
{
    return json_integer_value(json_object_get(sums, key));
}

static void add(struct net *net, const struct net_line *line)
{
    const char *whose = net->question->participant;
    bool in = strcmp(line->creditor, whose) == 0;
    char key[KEY_SIZE];

    (void)snprintf(key, sizeof key, "%s %s %s %d", in ? "in" : "out",
                   in ? line->debtor : line->creditor, line->kind, line->reversal);
    json_object_set_new(net->sums, key, json_integer(sum_of(net->sums, key) + line->amount_fen));
    json_object_set_new(net->counts, key, json_integer(sum_of(net->counts, key) + 1));
}

/* What headquarters' own records and day-ends make, which are no events. */
static bool may_be_of_none(const char *kind)
{
    return strcmp(kind, "breakage") == 0 || strcmp(kind, "adjust") == 0 ||
           strcmp(kind, "dispute") == 0 || strcmp(kind, "suspense") == 0;
}

static const char *text_of(const json_t *row, const char *key)
{
    const char *text = json_string_value(json_object_get(row, key));

    return text == NULL ? "" : text;
}

/* Every line of the statement is the sum of events' lines, but for what no event has made. */
static void compare(struct net *net)
{
    json_t *row = NULL;
    char name[KEY_SIZE];
    size_t i = 0;

    net->adds_up = true;
    json_array_foreach(json_object_get(net->statement, "lines"), i, row)
    {
        (void)snprintf(name, sizeof name, "%s %s %s %d", text_of(row, "direction"),
                       text_of(row, "counterparty"), text_of(row, "kind"),
                       json_is_true(json_object_get(row, "reversal")));
        int64_t amount = json_integer_value(json_object_get(row, "amount_fen"));
        int64_t rest = amount - sum_of(net->sums, name);
        int64_t count =
            json_integer_value(json_object_get(row, "count")) - sum_of(net->counts, name);
        (void)json_object_del(net->sums, name);
        if (rest != 0 || count != 0) {
            json_t *left = json_copy(row);
            json_object_set_new(left, "count", json_integer(count));
            json_object_set_new(left, "amount_fen", json_integer(rest));
            json_array_append_new(net->rest, left);
            net->adds_up = net->adds_up && rest > 0 && count > 0 &&
                           may_be_of_none(text_of(row, "kind"));
        }
    }
    net->adds_up = net->adds_up && json_object_size(net->sums) == 0; /* all are in it */
}

/* --- the pages --- */

/* Returns: false: it is not what was asked for. */
static bool take_page(struct net *net, json_t *page)
{
    const json_t *next = json_object_get(page, "next");
    const json_t *row = NULL;
    struct net_line line;
    size_t i = 0;

    json_array_foreach(json_object_get(page, "lines"), i, row)
    {
        if (!net_line_read(row, &line)) {
            return false;
        }
        net_lines_take(&net->lines, &line);
        add(net, &line);
    }
    net->after = (uint64_t)json_integer_value(next);
    net->statement = json_incref(json_object_get(page, "statement"));
    return json_is_integer(next) && (net->after == 0) == (net->statement != NULL);
}

/* Returns: the exit code, after a complaint. */
static int ask_page(struct net *net, struct node *node, struct wire *wire)
{
    const struct net_question *question = net->question;
    const struct frame hello = node_hello(node);
    char text[ASK_TEXT_MAX + 1];
    char *body = NULL;
    uint32_t len = 0;
    json_t *asked = json_pack("{s:s,s:I}", "cycle", question->cycle, "after",
                              (json_int_t)net->after);
    char *words = asked == NULL ? NULL : json_dumps(asked, JSON_COMPACT);
    uint64_t before = net->after;

    json_decref(asked);
    if (words == NULL) {
        fputs(_("allclear explain: there is no cycle of that name\n"), stderr);
        return EX_NOINPUT;
    }
    const struct ask what = {"net", slice_of(words), &hello, question->wait_ms};
    enum ask_result result = ask(wire, &what, &body, &len, text);
    free(words);
    if (result != ASK_ANSWERED) {
        int code = ask_complain("explain", result, text);
        return result == ASK_REFUSED ? EX_NOINPUT : code;
    }
    json_t *page = json_loadb(body, len, JSON_REJECT_DUPLICATES, NULL);
    bool own = strcmp(text_of(page, "participant"), question->participant) == 0;
    bool good = own && take_page(net, page) && (net->after == 0 || net->after > before);
    if (!own) {
        fprintf(stderr, _("allclear explain: a store sees its own net only, that of %s\n"),
                text_of(page, "participant"));
    } else if (!good) {
        fputs(_("allclear explain: headquarters' answer cannot be read\n"), stderr);
    }
    json_decref(page);
    free(body);
    return good ? EX_OK : own ? EX_PROTOCOL : EX_NOPERM;
}

/* --- printing --- */

static void print_rest(const struct net *net, const struct look *look)
{
    if (json_array_size(net->rest) > 0) {
        puts(_("\nOf no event: what day-ends and headquarters' own records made"));
        statement_rows_text(net->rest, look, stdout);
    }
    puts(net->adds_up ? _("\nADDS UP: the lines and what is of no event are the statement.")
                      : _("\nDOES NOT ADD UP: the lines are not the statement: show this to "
                          "headquarters."));
}

static void print(const struct net *net)
{
    const struct look look = look_of(stdout);

    if (net->question->json) {
        json_object_set(net->statement, "largest", net->lines.largest);
        json_object_set_new(net->statement, "of_no_event", json_incref(net->rest));
        json_object_set_new(net->statement, "adds_up", json_boolean(net->adds_up));
        (void)json_dumpf(net->statement, stdout, JSON_COMPACT);
        putchar('\n');
        return;
    }
    (void)statement_text_write(net->statement, &look, stdout); /* fflush tells */
    net_lines_text(&net->lines, &look, stdout);
    print_rest(net, &look);
}

int net_explain(struct node *node, struct wire *wire, const struct net_question *question)
{
    struct net net = {.question = question, .sums = json_object(), .counts = json_object(),
                      .rest = json_array()};
    struct fault fault = {0};
    int code = net_lines_init(&net.lines, question->csv, &fault) ? EX_OK
                                                                 : node_complain("explain", &fault);

    while (code == EX_OK && net.statement == NULL) {
        code = ask_page(&net, node, wire);
    }
    if (code == EX_OK) {
        compare(&net);
        code = net_lines_finish(&net.lines, &fault) ? EX_OK : node_complain("explain", &fault);
    }
    if (code == EX_OK) {
        print(&net);
        code = fflush(stdout) != 0 ? EX_IOERR : net.adds_up ? EX_OK : 1;
    }
    net_lines_deinit(&net.lines);
    json_decref(net.sums);
    json_decref(net.counts);
    json_decref(net.rest);
    json_decref(net.statement);
    return code;
}
