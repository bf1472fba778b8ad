/* allclear replay: re-derive everything from a copy of the ledger, and say whether it holds. */
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "tools/hq/args.h"
#include "tools/hq/audit.h"
#include "tools/hq/hq_verbs.h"
#include "clearing/base/hex.h"
#include "tools/text.h"

static const char *usage(void)
{
    return _("Usage: allclear replay DIR [--network FINGERPRINT] [--report FILE] [--json]\n"
             "\n"
             "Read a copy of the ledger (allclear backup) from its first record, compare every\n"
             "signature, hash, result and report with what the rules give, and say so. Reads no\n"
             "clock, no configuration and no key of the folder.\n"
             "\n"
             "  --network FINGERPRINT  the network that you have pinned (from `init` or a kit)\n"
             "  --report FILE          write the last closed cycle's report (none closed: the "
             "open)\n"
             "  --json                 the verdict as one JSON object\n"
             "\n"
             "Exit: 0 VERIFIED, or UNANCHORED without a fingerprint; 1 FAILED; 64 and above: it "
             "could\n"
             "not run.\n"
             "\n"
             "Example:\n"
             "  allclear replay /mnt/backup --network 3f0c...e1 --report 2026-03.json\n");
}

int verb_replay(int argc, char **argv)
{
    struct audit_options options = {0};
    const char *dir = NULL;
    const char *network = NULL;
    uint8_t fingerprint[SIGN_NETWORK_LEN];
    const struct arg list[] = {
        {"dir", &dir, NULL},
        {"network", &network, NULL},
        {"report", &options.report, NULL},
        {"json", NULL, &options.json},
    };
    struct args args = {"replay", usage(), list, sizeof list / sizeof list[0], 0, 1};
    char **words = NULL;
    int code = EX_OK;

    if (!args_read(&args, argc, argv, &words, &code)) {
        return code;
    }
    options.dir = home_dir(words[0] != NULL ? words[0] : dir, "replay");
    if (options.dir == NULL) {
        return EX_USAGE;
    }
    if (network != NULL) {
        if (!hex_read(network, fingerprint, sizeof fingerprint)) {
            fputs(_("allclear replay: --network: a fingerprint has 64 hex digits\n"), stderr);
            return EX_USAGE;
        }
        options.network = fingerprint;
    }
    return audit_run_apart(&options);
}
