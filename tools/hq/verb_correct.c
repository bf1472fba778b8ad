/* allclear adjust, allclear reverse: corrections that a maker proposes and a checker approves. */
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "clearing/base/hex.h"
#include "proto/codec/encode.h"
#include "tools/hq/args.h"
#include "tools/hq/hq_verbs.h"
#include "tools/hq/inquire.h"
#include "tools/hq/submit.h"
#include "tools/hq/undoing.h"
#include "tools/text.h"

static const char *adjust_usage(void)
{
    return _("Usage: allclear adjust --debtor P --creditor P --amount YUAN --reason TEXT\n"
             "                       [--about WHAT] [--as PERSON] --dir DIR\n"
             "\n"
             "Propose one claim between two participants in the open cycle. ABOUT says what it "
             "corrects: an\n"
             "event, a line or a cycle. Nothing happens before a checker approves it.\n"
             "\n"
             "Example:\n"
             "  allclear adjust --debtor A --creditor B --amount 12.34 --reason 'fee of February' "
             "--as li --dir D\n");
}

static const char *reverse_usage(void)
{
    return _("Usage: allclear reverse STORE:TERMINAL:NUMBER --reason TEXT [--as PERSON] --dir DIR\n"
             "       allclear reverse --upload FILE.jsonl --store S --reason TEXT [--what-can]\n"
             "                        [--as PERSON] --dir DIR\n"
             "       allclear reverse --upload FILE.jsonl --store S --check --dir DIR\n"
             "\n"
             "Propose to undo what still stands of an event: a sale, top-up or pack sale is "
             "refunded whole,\n"
             "anything else is voided, at any time. Nothing happens before a checker approves "
             "it.\n"
             "With --upload: everything that the ledger has accepted of a file, newest first, as a set "
             "that is\n"
             "approved with one word. What cannot be undone is named first (--check proposes nothing) "
             "and left\n"
             "out only with --what-can.\n"
             "\n"
             "Example:\n"
             "  allclear reverse B:1:412 --reason 'rung up twice' --as li --dir D\n");
}

/* Returns: the exit code. */
static int propose(const char *verb, struct submit *submit, struct hq_body *body)
{
    struct fault fault = {0};

    return submit_propose_aloud(submit, body, &fault) ? EX_OK : home_complain(verb, &fault);
}

int verb_adjust(int argc, char **argv)
{
    const char *dir = NULL;
    const char *debtor = NULL;
    const char *creditor = NULL;
    const char *amount = NULL;
    const char *reason = NULL;
    const char *about = NULL;
    const struct arg list[] = {
        {"dir", &dir, NULL},       {"debtor", &debtor, NULL}, {"creditor", &creditor, NULL},
        {"amount", &amount, NULL}, {"reason", &reason, NULL}, {"about", &about, NULL}};
    struct args args = {"adjust", adjust_usage(), list, 6, 0, 0};
    struct fault fault = {0};
    char **words = NULL;
    int code = EX_OK;
    money_t fen = money(0);

    if (!args_read(&args, argc, argv, &words, &code)) {
        return code;
    }
    dir = home_dir(dir, "adjust");
    if (dir == NULL) {
        return EX_USAGE;
    }
    if (debtor == NULL || creditor == NULL || amount == NULL || reason == NULL) {
        fputs(_("allclear adjust: --debtor, --creditor, --amount and --reason are needed\n"), stderr);
        return EX_USAGE;
    }
    if (!money_parse_yuan(slice_of(amount), &fen) || money_fen(fen) <= 0) {
        fprintf(stderr,
                _("allclear adjust: %s is no amount above 0 in yuan, as 12.34 (the other way: "
                  "exchange debtor and creditor)\n"),
                amount);
        return EX_DATAERR;
    }
    struct hq_body body = {.type = HQ_ADJUST,
                           .adjust = {slice_of(debtor),
                                      slice_of(creditor),
                                      money_fen(fen),
                                      slice_of(about == NULL ? "" : about)}};
    struct submit *submit = submit_open(dir, reason, &fault);
    code = submit == NULL ? home_complain("adjust", &fault) : propose("adjust", submit, &body);
    submit_close(submit);
    return code;
}

/* A reversal as it was composed; the texts of the body point into the rest. */
struct composed {
    struct hq_body body;
    json_t *answer; /* to be given back */
    uint8_t event[EVENT_BYTES_MAX];
};

/* Have the reversal of an event composed. Returns: false with ret_fault. */
static bool compose(const char *dir, const char *of, int64_t at_ms, struct composed *ret_composed,
                    struct fault *ret_fault)
{
    json_t *answer = inquire_request(
        dir,
        json_pack("{s:s,s:s,s:I}", "verb", "reversal", "of", of, "at_ms", (json_int_t)at_ms),
        ret_fault);
    const char *store = json_string_value(json_object_get(answer, "store"));
    const char *hex = json_string_value(json_object_get(answer, "event"));
    size_t len = hex == NULL ? 0 : strlen(hex) / 2;

    ret_composed->answer = answer;
    if (answer == NULL) {
        return false;
    }
    if (store == NULL || len == 0 || len > EVENT_BYTES_MAX ||
        !hex_read(hex, ret_composed->event, len)) {
        return fault_set(ret_fault, FAULT_FORMAT, "the answer is no reversal");
    }
    slice_t event = {(const char *)ret_composed->event, (uint32_t)len};
    ret_composed->body = (struct hq_body){
        .type = HQ_REVERSE,
        .created_ms = at_ms,
        .reverse = {.store = slice_of(store), .event = event},
    };
    return true;
}

/* The instant for the next proposal, asked before the ledger is opened for writing. */
static bool next_instant(const char *dir, int64_t *ret_at_ms, struct fault *ret_fault)
{
    json_t *head = inquire(dir, "head", ret_fault);

    if (head == NULL) {
        return false;
    }
    *ret_at_ms = proposals_next_ms(
        dir, json_integer_value(json_object_get(json_object_get(head, "people"), "next_ms")));
    json_decref(head);
    return true;
}

static int reverse(const char *dir, const char *of, const char *reason)
{
    static struct composed composed;
    struct fault fault = {0};
    struct submit *submit = NULL;
    int64_t at_ms = 0;
    int code = EX_OK;

    if (!next_instant(dir, &at_ms, &fault) || !compose(dir, of, at_ms, &composed, &fault)) {
        code = home_complain("reverse", &fault);
    } else {
        submit = submit_open(dir, reason, &fault);
        code = submit == NULL ? home_complain("reverse", &fault)
                              : propose("reverse", submit, &composed.body);
    }
    submit_close(submit);
    json_decref(composed.answer);
    return code;
}

static int undo(struct undoing *undoing)
{
    if (undoing->store == NULL || !code_valid(slice_of(undoing->store))) {
        fputs(_("allclear reverse: whose file is it: --store S\n"), stderr);
        return EX_USAGE;
    }
    return undoing_upload(undoing);
}

int verb_reverse(int argc, char **argv)
{
    struct undoing undoing = {0};
    const struct arg list[] = {{"dir", &undoing.dir, NULL},      {"reason", &undoing.reason, NULL},
                               {"upload", &undoing.file, NULL},  {"store", &undoing.store, NULL},
                               {"check", NULL, &undoing.check},  {"what-can", NULL, &undoing.what_can}};
    struct args args = {"reverse", reverse_usage(), list, 6, 0, 1};
    char **words = NULL;
    int code = EX_OK;

    if (!args_read(&args, argc, argv, &words, &code)) {
        return code;
    }
    undoing.dir = home_dir(undoing.dir, "reverse");
    if (undoing.dir == NULL) {
        return EX_USAGE;
    }
    if ((undoing.file == NULL) == (words[0] == NULL)) {
        fputs(reverse_usage(), stderr);
        return EX_USAGE;
    }
    if (undoing.reason == NULL && !(undoing.check && undoing.file != NULL)) {
        fputs(_("allclear reverse: say why: --reason TEXT\n"), stderr);
        return EX_USAGE;
    }
    return undoing.file != NULL ? undo(&undoing) : reverse(undoing.dir, words[0], undoing.reason);
}
