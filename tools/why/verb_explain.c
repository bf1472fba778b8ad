/* allclear explain: why an event, a line or a net is what it is. */
#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>

#include "tools/hq/args.h"
#include "tools/hq/home.h"
#include "tools/simulate/again.h"
#include "tools/text.h"
#include "tools/verbs.h"
#include "tools/why/ledger.h"

static const char *usage(void)
{
    return _("Usage: allclear explain EVENT [--json] --dir DIR\n"
             "       allclear explain EVENT/KIND [--json] --dir DIR\n"
             "       allclear explain PARTICIPANT CYCLE [--lines FILE] [--json] --dir DIR\n"
             "\n"
             "Say why figures are what they are: of an event (what the store reported, what was "
             "decided, every\n"
             "step with its formula, lot, offer, rate and terms, the claims, what later events did "
             "to it, and\n"
             "the signed batch that it came in), of one line of it, or of a participant's net in a "
             "cycle.\n"
             "\n"
             "  EVENT    store:terminal:number, as on the receipt and in the report\n"
             "  KIND     of a claim: principal, bonus, fee, ...: B:1:1/bonus\n"
             "  CYCLE    a closed one, or open\n"
             "  --dir    a data folder (its daemon may run), a backup, or what `allclear simulate "
             "--out` wrote\n"
             "  --lines  write all lines of the net to this CSV file, beside the largest\n"
             "  --json   one JSON object\n"
             "\n"
             "Formulas are in fen, points and uses; amounts behind = are yuan. A ledger is read "
             "from its first\n"
             "record: about a second a million events.\n"
             "\n"
             "Exit: 0 done, 66 there is no such event or line, 64 usage.\n"
             "\n"
             "Example:\n"
             "  allclear explain B:1:1 --dir /var/lib/allclear\n");
}

static int not_found(const char *dir, const char *text)
{
    fprintf(stderr, _("allclear explain: %s has no %s (bad lines are not events)\n"), dir, text);
    return EX_NOINPUT;
}

static int explain_event(const char *dir, const char *text, bool json)
{
    struct watch watch;

    if (!watch_init(&watch, text, json)) {
        fprintf(stderr,
                _("allclear explain: \"%s\" is no event and no line: write store:terminal:number or "
                  "store:terminal:number/kind\n"),
                text);
        return EX_USAGE;
    }
    bool kept = again_is_kept(dir);
    int code = kept ? again_run(dir, &watch) : ledger_explain(dir, &watch);
    if (code == EX_OK && !watch_has_found(&watch)) {
        code = not_found(dir, text);
    } else if (code == EX_OK && kept) {
        watch_write(&watch, stdout);
        fputs(json ? "}\n" : "", stdout);
    }
    watch_deinit(&watch);
    return code;
}

int verb_explain(int argc, char **argv)
{
    const char *option = NULL;
    struct net_request net = {0};
    const struct arg list[] = {
        {"dir", &option, NULL}, {"lines", &net.csv, NULL}, {"json", NULL, &net.json}};
    struct args args = {"explain", usage(), list, 3, 1, 2};
    char **words = NULL;
    int code = EX_OK;

    if (!args_read(&args, argc, argv, &words, &code)) {
        return code;
    }
    net.dir = home_dir(option, "explain");
    if (net.dir == NULL) {
        return EX_USAGE;
    }
    if (words[1] == NULL && net.csv != NULL) {
        fputs(_("allclear explain: --lines goes with PARTICIPANT CYCLE\n"), stderr);
        return EX_USAGE;
    }
    net.participant = words[0];
    net.cycle = words[1];
    code = net.cycle == NULL ? explain_event(net.dir, words[0], net.json)
                             : ledger_explain_net(&net);
    return code == EX_OK && fflush(stdout) != 0 ? EX_IOERR : code;
}
