/* allclear dispute at headquarters: what stores dispute, and the answer to it. */
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "tools/hq/args.h"
#include "tools/hq/hq_verbs.h"
#include "tools/hq/inquire.h"
#include "tools/hq/submit.h"
#include "tools/lines/lines.h"
#include "tools/render/disputes.h"
#include "tools/text.h"

static const char *usage(void)
{
    return _("Usage: allclear dispute list [--all] [--json] --dir DIR\n"
             "       allclear dispute answer EVENT --stands|--falls --reason TEXT [--as PERSON]\n"
             "                               --dir DIR\n"
             "\n"
             "What stores dispute, the oldest first: those without an answer, or all. The lines are "
             "out of what\n"
             "is paid meanwhile; everything else of their events counts.\n"
             "answer proposes how a dispute ends; a checker approves it:\n"
             "  --stands  the line was right: what is still out is owed again, in the open cycle\n"
             "  --falls   the line was wrong: it stays out for good\n"
             "\n"
             "At a store: allclear dispute EVENT/KIND --reason TEXT (in the store's folder).\n"
             "\n"
             "Example:\n"
             "  allclear dispute answer B:DISPUTE:1 --falls --reason 'fee agreed away' --as li "
             "--dir D\n");
}

static int list_disputes(const char *dir, bool all, bool json)
{
    struct look look = look_of(stdout);
    struct fault fault = {0};
    json_t *answer =
        inquire_request(dir, json_pack("{s:s,s:b}", "verb", "disputes", "all", all), &fault);

    if (answer == NULL) {
        return home_complain("dispute", &fault);
    }
    if (json) {
        (void)json_dumpf(answer, stdout, JSON_COMPACT);
        putchar('\n');
    } else {
        disputes_text_write(answer, &look, stdout);
    }
    json_decref(answer);
    return fflush(stdout) == 0 ? EX_OK : EX_IOERR;
}

static int answer_dispute(const char *dir, const char *event, bool stands, const char *reason)
{
    struct hq_body body = {.type = HQ_DISPUTE, .answer = {.stands = stands}};
    struct event_ref of = {0};
    struct fault fault = {0};

    if (!lines_parse_ref(slice_of(event), &of)) {
        fprintf(stderr, _("allclear dispute: %s: an event is written STORE:TERMINAL:NUMBER\n"),
                event);
        return EX_DATAERR;
    }
    body.answer.store = of.store;
    body.answer.terminal = of.terminal;
    body.answer.number = of.number;
    struct submit *submit = submit_open(dir, reason, &fault);
    bool good = submit != NULL && submit_propose_aloud(submit, &body, &fault);
    submit_close(submit);
    return good ? EX_OK : home_complain("dispute", &fault);
}

int verb_dispute(int argc, char **argv)
{
    const char *dir = NULL;
    const char *reason = NULL;
    bool all = false;
    bool json = false;
    bool stands = false;
    bool falls = false;
    const struct arg list[] = {{"dir", &dir, NULL},       {"reason", &reason, NULL},
                               {"all", NULL, &all},       {"json", NULL, &json},
                               {"stands", NULL, &stands}, {"falls", NULL, &falls}};
    struct args args = {"dispute", usage(), list, 6, 1, 2};
    char **words = NULL;
    int code = EX_OK;

    if (!args_read(&args, argc, argv, &words, &code)) {
        return code;
    }
    int count = (int)(argv + argc - words);
    bool listing = count == 1 && strcmp(words[0], "list") == 0;
    bool answering = count == 2 && strcmp(words[0], "answer") == 0;
    if (!listing && !answering) {
        fputs(usage(), stderr);
        return EX_USAGE;
    }
    dir = home_dir(dir, "dispute");
    if (dir == NULL) {
        return EX_USAGE;
    }
    if (listing) {
        return list_disputes(dir, all, json);
    }
    if (stands == falls || reason == NULL) {
        fputs(_("allclear dispute: say --stands or --falls, and why: --reason TEXT\n"), stderr);
        return EX_USAGE;
    }
    return answer_dispute(dir, words[1], stands, reason);
}
