/* allclear: the one tool of headquarters' finance, stores and auditors. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "clearing/base/memory.h"
#include "tools/bench/bench_verb.h"
#include "tools/door/door_verbs.h"
#include "tools/hq/hq_verbs.h"
#include "tools/node/node_verbs.h"
#include "tools/notify/verb_notify.h"
#include "tools/opening/verb_opening.h"
#include "tools/person/verb_person.h"
#include "tools/recon/verb_recon.h"
#include "tools/render/language.h"
#include "tools/verbs.h"

/* Both a store and headquarters have some verbs: whose folder it is decides. */
static bool is_store(int argc, char **argv)
{
    const char *dir = getenv("ALLCLEAR_DIR");
    char path[4096];

    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--dir") == 0 && i + 1 < argc) {
            dir = argv[i + 1];
        } else if (strncmp(argv[i], "--dir=", 6) == 0) {
            dir = argv[i] + 6;
        }
    }
    snprintf(path, sizeof path, "%s/node.json", dir == NULL ? "." : dir);
    return access(path, F_OK) == 0;
}

static int verb_any_statement(int argc, char **argv)
{
    return is_store(argc, argv) ? verb_own_statement(argc, argv) : verb_hq_statement(argc, argv);
}

static int verb_any_explain(int argc, char **argv)
{
    return is_store(argc, argv) ? verb_own_explain(argc, argv) : verb_explain(argc, argv);
}

static int verb_any_dispute(int argc, char **argv)
{
    return is_store(argc, argv) ? verb_own_dispute(argc, argv) : verb_dispute(argc, argv);
}

static const struct verb {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *summary;
} verbs[] = {
    {"init", verb_init, N_("make a new alliance's data folder and keys")},
    {"apply", verb_apply, N_("bring changed rules and stores into force")},
    {"diff", verb_diff, N_("say what changed rules would change")},
    {"opening", verb_opening, N_("bring members over from an old system")},
    {"recon", verb_recon, N_("an old system's figures against the ledger's")},
    {"invite", verb_invite, N_("make a store's kit to join with")},
    {"key", verb_key, N_("list, approve and revoke stores' keys")},
    {"freeze", verb_freeze, N_("take no more batches from a store")},
    {"unfreeze", verb_unfreeze, N_("let a frozen store go on")},
    {"clock", verb_clock, N_("show or set a test network's clock")},
    {"status", verb_status, N_("how things stand")},
    {"positions", verb_positions, N_("who owes and is owed in the open cycle")},
    {"board", verb_board, N_("has everybody reported: stores by days")},
    {"cycle", verb_cycle, N_("check, preview, close, list and show cycles")},
    {"operator", verb_operator, N_("appoint people and say who may do what")},
    {"person", verb_person, N_("people's names and accounts: set, show, export, erase")},
    {"member", verb_member, N_("cards that become one, or replace another")},
    {"approve", verb_approve, N_("list, approve or reject what waits for a second person")},
    {"adjust", verb_adjust, N_("propose a claim that corrects another")},
    {"reverse", verb_reverse, N_("propose to undo an event")},
    {"suspense", verb_suspense, N_("what tills have done and the ledger has refused")},
    {"dispute", verb_any_dispute, N_("a line that is wrong, and the answer to it")},
    {"notify", verb_notify, N_("tell people by a program of yours what they should know")},
    {"report", verb_report, N_("a cycle's settlement report")},
    {"statement", verb_any_statement, N_("a participant's statement of a cycle")},
    {"join", verb_join, N_("join an alliance with a kit (store)")},
    {"publish", verb_publish, N_("send events to headquarters (store)")},
    {"outbox", verb_outbox, N_("what is pending, waiting or refused (store)")},
    {"mine", verb_mine, N_("what this store's participant is owed (store)")},
    {"balance", verb_balance, N_("what a member has (store)")},
    {"till", verb_till, N_("tills without a library: their tokens and their door (store)")},
    {"simulate", verb_simulate, N_("clear event files in memory and print the settlement report")},
    {"explain", verb_any_explain, N_("why an event gives these figures, step by step")},
    {"replay", verb_replay, N_("derive a backup's every figure again (auditor)")},
    {"backup", verb_backup, N_("copy the journal while the daemon runs")},
    {"restore", verb_restore, N_("make a ledger of a backup again")},
    {"bench", verb_bench, N_("how fast a daemon of its own is on this machine")},
};
#define VERB_COUNT (sizeof verbs / sizeof verbs[0])

static void help(FILE *out)
{
    fputs(_("Usage: allclear VERB [ARGUMENTS]\n\n"), out);
    for (size_t i = 0; i < VERB_COUNT; i++) {
        fprintf(out, "  %-10s %s\n", verbs[i].name, _(verbs[i].summary));
    }
    fputs(_("\n`allclear VERB --help` says more of each. "
            "--lang zh or --lang en chooses the language.\n"),
          out);
}

int main(int argc, char **argv)
{
    memory_prepare();
    if (!language_take(&argc, argv)) {
        return EX_USAGE;
    }
    if (argc < 2 || strcmp(argv[1], "help") == 0 || strcmp(argv[1], "--help") == 0) {
        help(argc < 2 ? stderr : stdout);
        return argc < 2 ? EX_USAGE : EX_OK;
    }
    if (strcmp(argv[1], "--version") == 0) {
        puts("allclear " ALLCLEAR_VERSION);
        return EX_OK;
    }
    for (size_t i = 0; i < VERB_COUNT; i++) {
        if (strcmp(argv[1], verbs[i].name) == 0) {
            return verbs[i].run(argc - 1, argv + 1);
        }
    }
    fprintf(stderr, _("allclear: there is no verb \"%s\" (allclear help lists them)\n"), argv[1]);
    return EX_USAGE;
}
