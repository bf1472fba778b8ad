/* allclear explain at a store: why, of its own events and of what concerns its participant. */
#include <getopt.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "tools/lines/lines.h"
#include "tools/node/ask.h"
#include "tools/node/explain_net.h"
#include "tools/node/node_verbs.h"
#include "tools/node/options.h"
#include "tools/render/language.h"
#include "tools/render/table.h"
#include "tools/render/words.h"
#include "tools/text.h"

#define WAIT_S    10
#define WHAT_SIZE 256

struct options {
    const char *dir;
    char what[WHAT_SIZE]; /* an event or a line; with a cycle: a participant */
    const char *cycle; /* NULL: none */
    const char *csv;   /* NULL: none */
    bool json;
    int wait_s;
};

static void usage(FILE *out)
{
    fputs(_("Usage: allclear explain EVENT [--json] [--wait SECONDS] --dir DIR\n"
            "       allclear explain EVENT/KIND [--json] [--wait SECONDS] --dir DIR\n"
            "       allclear explain PARTICIPANT CYCLE [--lines FILE] [--json] [--wait SECONDS]\n"
            "                        --dir DIR\n"
            "\n"
            "Ask headquarters why figures are what they are: of an event that this store published\n"
            "(every step with its formula, lot, offer, rate and terms, the claims, and the signed\n"
            "batch that it came in); of another store's event what concerns this store's\n"
            "participant; or of the participant's net in a cycle: its statement, its largest lines\n"
            "by name, and whether all lines add up to it.\n"
            "\n"
            "  EVENT    store:terminal:number, as on the receipt and in the report\n"
            "  KIND     of a claim: principal, bonus, fee, ...: B:1:1/bonus\n"
            "  CYCLE    a closed one, or open\n"
            "  --lines  write all lines of the net to this CSV file, to tick off against the till\n"
            "\n"
            "Exit: 0 done, 1 the lines do not add up, 66 there is no such event, line or cycle, or\n"
            "none of yours, 75 no answer.\n"
            "\n"
            "Example:\n"
            "  allclear explain B:1:412/fee --dir /var/lib/allclear-store\n"
            "  allclear explain B 2026-03 --lines march.csv --dir /var/lib/allclear-store\n"),
          out);
}

static int options_parse(int argc, char **argv, struct options *options)
{
    static const struct option longs[] = {
        {"dir", required_argument, NULL, 'd'},  {"json", no_argument, NULL, 'j'},
        {"wait", required_argument, NULL, 'w'}, {"lines", required_argument, NULL, 'l'},
        {"help", no_argument, NULL, 'h'},       {NULL, 0, NULL, 0},
    };
    int option = 0;

    while ((option = getopt_long(argc, argv, "h", longs, NULL)) != -1) {
        if (option == 'h') {
            usage(stdout);
            exit(EX_OK);
        }
        if (option == '?' ||
            (option == 'w' && !options_seconds("explain", optarg, &options->wait_s))) {
            return EX_USAGE;
        }
        options->dir = option == 'd' ? optarg : options->dir;
        options->csv = option == 'l' ? optarg : options->csv;
        options->json = options->json || option == 'j';
    }
    options->dir = node_dir(options->dir, "explain");
    int words = argc - optind;
    if (options->dir == NULL || words < 1 || words > 2 || (words == 1 && options->csv != NULL)) {
        usage(stderr);
        return EX_USAGE;
    }
    words_plain_line(argv[optind], options->what, sizeof options->what);
    options->cycle = words == 2 ? argv[optind + 1] : NULL;
    return EX_OK;
}

/* What became of an own event that headquarters has refused: it keeps none of it, the outbox does.
 * Returns: false when that is not known here either. */
static bool say_refused(struct node *node, const struct options *options)
{
    struct outbox_event row = {0};
    struct event_ref of;
    struct fault fault = {0};
    size_t len = strcspn(options->what, "/");

    if (!lines_parse_ref((slice_t){options->what, (uint32_t)len}, &of) ||
        !slice_equal(of.store, slice_of(node->kit.store.text)) ||
        !node_open_outbox(node, &fault) ||
        !outbox_find_number(node->outbox, of.terminal, of.number, &row, &fault) || row.id == 0 ||
        row.outcome == OUTCOME_NONE || outcome_accepted(row.outcome)) {
        return false;
    }
    if (options->json) {
        json_t *root = json_pack("{s:s,s:s,s:s,s:s}", "event", options->what, "outcome",
                                 outcome_name(row.outcome), "check", words_of_check(row.outcome),
                                 "advice", words_of_advice(row.outcome));
        (void)json_dumpf(root, stdout, JSON_COMPACT);
        putchar('\n');
        json_decref(root);
    } else {
        printf("%s: %s\n%s\n", options->what, outcome_name(row.outcome),
               words_of_check(row.outcome));
        printf(_("What to do: %s"), words_of_advice(row.outcome));
        putchar('\n');
    }
    return true;
}

static int print_answer(const struct options *options, const char *body, uint32_t len)
{
    json_t *root = options->json ? NULL : json_loadb(body, len, 0, NULL);
    const char *text = json_string_value(json_object_get(root, "text"));

    if (text != NULL) {
        fputs(text, stdout);
    } else {
        (void)fwrite(body, 1, len, stdout);
        putchar('\n');
    }
    json_decref(root);
    return fflush(stdout) == 0 ? EX_OK : EX_IOERR;
}

/* Returns: the question, which the caller frees. */
static char *question_of(const struct options *options)
{
    const struct look look = look_of(stdout);
    json_t *root = json_pack("{s:s,s:s,s:b,s:i}", "what", options->what, "lang",
                             language_chosen(), "json", options->json,
                             "width", (int)look.width);
    char *text = root == NULL ? NULL : json_dumps(root, JSON_COMPACT);

    json_decref(root);
    return text;
}

/* Ask, and print what came. Returns: the exit code, after a complaint. */
static int explain_event(struct node *node, struct wire *wire, const struct options *options)
{
    char text[ASK_TEXT_MAX + 1];
    char *body = NULL;
    uint32_t len = 0;
    int code = EX_OK;
    char *question = question_of(options);

    if (question == NULL) {
        usage(stderr);
        return EX_USAGE;
    }
    const struct frame hello = node_hello(node);
    const struct ask what = {"explain", slice_of(question), &hello, options->wait_s * 1000};
    enum ask_result result = ask(wire, &what, &body, &len, text);
    if (result == ASK_ANSWERED) {
        code = print_answer(options, body, len);
    } else if (result == ASK_REFUSED && say_refused(node, options)) {
        code = fflush(stdout) == 0 ? EX_OK : EX_IOERR;
    } else {
        code = ask_complain("explain", result, text);
        code = result == ASK_REFUSED ? EX_NOINPUT : code;
    }
    free(question);
    free(body);
    return code;
}

int verb_own_explain(int argc, char **argv)
{
    struct options options = {.wait_s = WAIT_S};
    struct fault fault = {0};
    struct node node = {0};
    int code = options_parse(argc, argv, &options);

    if (code != EX_OK) {
        return code;
    }
    struct wire *wire = node_open(options.dir, &node, &fault) ? node_connect(&node, &fault) : NULL;
    if (wire == NULL) {
        node_close(&node);
        return node_complain("explain", &fault);
    }
    const struct net_question net = {
        .participant = options.what,
        .cycle = options.cycle,
        .csv = options.csv,
        .json = options.json,
        .wait_ms = options.wait_s * 1000,
    };
    code = options.cycle == NULL ? explain_event(&node, wire, &options)
                                 : net_explain(&node, wire, &net);
    wire_close(wire);
    node_close(&node);
    return code;
}
