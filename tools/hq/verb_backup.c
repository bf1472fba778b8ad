/* allclear backup: a copy of the ledger, made while it is written, and replayed before it is called
 * a backup; allclear restore: the way back. */
#include <dirent.h>
#include <inttypes.h>
#include <jansson.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "clearing/base/hex.h"
#include "clearing/journal/journal.h"
#include "tools/hq/args.h"
#include "tools/hq/audit.h"
#include "tools/hq/control.h"
#include "tools/hq/home.h"
#include "tools/hq/hq_verbs.h"
#include "tools/text.h"

#define REPORT_LEN_MAX ((size_t)256 << 20)

static const char *usage(void)
{
    return _("Usage: allclear backup DEST [--no-verify] --dir DIR\n"
             "\n"
             "Copy the journal, its checkpoints and the closed cycles' reports into DEST, a new "
             "folder,\n"
             "also while the daemon runs; then derive everything again from the copy, as `allclear\n"
             "replay` does: only what is VERIFIED is a backup. Keys are not copied.\n"
             "\n"
             "  --no-verify  only copy; the last line says UNVERIFIED\n"
             "\n"
             "Exit: 0 VERIFIED (or only copied), 1 FAILED; 64 and above: it could not run.\n"
             "\n"
             "Example:\n"
             "  allclear backup /mnt/backup/2026-03-31 --dir /var/lib/allclear\n");
}

static const char *restore_usage(void)
{
    return _("Usage: allclear restore BACKUP --to DIR [--network FINGERPRINT]\n"
             "\n"
             "Verify a backup as `allclear replay` does, and make a data folder's ledger of it. DIR "
             "must\n"
             "not hold one. Keys are in no backup: put them back into DIR/keys before the daemon "
             "starts.\n"
             "What stores published after the backup they send again with the next that they publish.\n"
             "\n"
             "  --to DIR               the data folder\n"
             "  --network FINGERPRINT  the network that you have pinned (from `init` or a kit)\n"
             "\n"
             "Exit: 0 restored, 1 the backup FAILED; 64 and above: it could not run.\n"
             "\n"
             "Example:\n"
             "  allclear restore /mnt/backup/2026-03-31 --to /var/lib/allclear\n");
}

static bool copy_here(const char *dir, const char *dest, uint64_t *ret_records,
                      struct fault *ret_fault)
{
    struct journal_options options = {.dir = dir, .read_only = true};
    struct journal *journal = journal_open(&options, ret_fault);
    bool good = journal != NULL && journal_backup(journal, dir, dest, ret_records, ret_fault);

    journal_close(journal);
    return good;
}

static bool copy_journal(const char *dir, const char *dest, uint64_t *ret_records,
                         struct fault *ret_fault)
{
    json_t *answer = NULL;

    switch (control_ask(
        dir, json_pack("{s:s,s:s}", "verb", "backup", "to", dest), &answer, ret_fault)) {
    case CONTROL_ANSWERED:
        *ret_records = (uint64_t)json_integer_value(json_object_get(answer, "records"));
        json_decref(answer);
        return true;
    case CONTROL_NOBODY:
        return copy_here(dir, dest, ret_records, ret_fault);
    case CONTROL_REFUSED:
    case CONTROL_BROKEN:
        break;
    }
    return false;
}

static bool copy_report(const char *from, const char *to, const char *name,
                        struct fault *ret_fault)
{
    char source[FILES_PATH_MAX];
    char target[FILES_PATH_MAX];
    char *bytes = NULL;
    size_t len = 0;

    if (!files_path(from, name, source, ret_fault) || !files_path(to, name, target, ret_fault) ||
        !files_read(source, REPORT_LEN_MAX, &bytes, &len, ret_fault)) {
        return false;
    }
    bool good = files_write(target, bytes, len, ret_fault);
    free(bytes);
    return good;
}

/* With what signs them: without it the daemon shows none. */
static bool copy_reports(const char *dir, const char *dest, struct fault *ret_fault)
{
    char from[FILES_PATH_MAX];
    char to[FILES_PATH_MAX];
    const struct dirent *entry = NULL;
    bool good = files_path(dir, "reports", from, ret_fault) &&
                files_path(dest, "reports", to, ret_fault) && files_make_dir(to, ret_fault);
    DIR *folder = good ? opendir(from) : NULL;

    while (good && folder != NULL && (entry = readdir(folder)) != NULL) {
        const char *end = strrchr(entry->d_name, '.');
        if (end != NULL && (strcmp(end, ".json") == 0 || strcmp(end, ".sig") == 0)) {
            good = copy_report(from, to, entry->d_name, ret_fault);
        }
    }
    if (folder != NULL) {
        (void)closedir(folder);
    }
    return good;
}

/* The fingerprint of the ledger that is copied: the copy must be of no other. */
static bool source_network(const char *dir, uint8_t ret_network[SIGN_NETWORK_LEN],
                           struct fault *ret_fault)
{
    struct journal_options options = {.dir = dir, .read_only = true};
    json_t *answer = NULL;

    switch (control_ask(dir, json_pack("{s:s}", "verb", "head"), &answer, ret_fault)) {
    case CONTROL_ANSWERED: {
        const char *text = json_string_value(json_object_get(answer, "network"));
        bool good = text != NULL && hex_read(text, ret_network, SIGN_NETWORK_LEN);
        json_decref(answer);
        return good || fault_set(ret_fault, FAULT_STORE, "the daemon named no network");
    }
    case CONTROL_NOBODY: {
        struct journal *journal = journal_open(&options, ret_fault);
        if (journal != NULL) {
            memcpy(ret_network, journal_network(journal), SIGN_NETWORK_LEN);
        }
        journal_close(journal);
        return journal != NULL;
    }
    case CONTROL_REFUSED:
    case CONTROL_BROKEN:
        break;
    }
    return false;
}

/* Returns: the exit code. */
static int verify(const char *dir, const char *dest)
{
    uint8_t network[SIGN_NETWORK_LEN];
    struct fault fault = {0};

    if (!source_network(dir, network, &fault)) {
        return home_complain("backup", &fault);
    }
    struct audit_options options = {.dir = dest, .network = network};
    int code = audit_run_apart(&options);
    if (code != 0) {
        fprintf(stderr, _("allclear backup: %s is NOT a backup; keep the one before it\n"), dest);
    }
    return code;
}

int verb_backup(int argc, char **argv)
{
    const char *option = NULL;
    bool unverified = false;
    const struct arg list[] = {{"dir", &option, NULL}, {"no-verify", NULL, &unverified}};
    struct args args = {"backup", usage(), list, 2, 1, 1};
    struct fault fault = {0};
    char absolute[PATH_MAX];
    uint64_t records = 0;
    char **words = NULL;
    int code = EX_OK;

    if (!args_read(&args, argc, argv, &words, &code)) {
        return code;
    }
    const char *dir = home_dir(option, "backup");
    if (dir == NULL) {
        return EX_USAGE;
    }
    /* the daemon has another working folder */
    if (!files_make_dir(words[0], &fault) || realpath(words[0], absolute) == NULL) {
        fprintf(stderr, _("allclear backup: cannot make %s\n"), words[0]);
        return EX_CANTCREAT;
    }
    if (!copy_journal(dir, absolute, &records, &fault) ||
        !copy_reports(dir, absolute, &fault)) {
        return home_complain("backup", &fault);
    }
    printf(_("Copied %" PRIu64 " records to %s\n"), records, words[0]);
    if (unverified) {
        printf(_("UNVERIFIED: it is a backup once `allclear replay %s` says so\n"), words[0]);
        return EX_OK;
    }
    return verify(dir, words[0]);
}

int verb_restore(int argc, char **argv)
{
    struct audit_options audit = {0};
    const char *to = NULL;
    const char *network = NULL;
    uint8_t fingerprint[SIGN_NETWORK_LEN];
    const struct arg list[] = {{"to", &to, NULL}, {"network", &network, NULL}};
    struct args args = {"restore", restore_usage(), list, 2, 1, 1};
    struct fault fault = {0};
    uint64_t records = 0;
    char **words = NULL;
    int code = EX_OK;

    if (!args_read(&args, argc, argv, &words, &code)) {
        return code;
    }
    if (to == NULL || (network != NULL && !hex_read(network, fingerprint, sizeof fingerprint))) {
        fputs(to == NULL ? _("allclear restore: --to DIR is missing: where to?\n")
                         : _("allclear restore: --network: a fingerprint has 64 hex digits\n"),
              stderr);
        return EX_USAGE;
    }
    if (home_is_made(to)) {
        fprintf(stderr, _("allclear restore: %s holds a ledger: move it away first\n"), to);
        return EX_CANTCREAT;
    }
    audit.dir = words[0];
    audit.network = network == NULL ? NULL : fingerprint;
    code = audit_run_apart(&audit);
    if (code != 0) {
        return code;
    }
    if (!files_make_dir(to, &fault) || !copy_here(words[0], to, &records, &fault) ||
        !copy_reports(words[0], to, &fault)) {
        return home_complain("restore", &fault);
    }
    printf(_("Restored %" PRIu64 " records to %s; its keys belong into %s/keys\n"), records, to,
           to);
    return EX_OK;
}
