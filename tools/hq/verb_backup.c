/* allclear backup: a copy of the ledger, made while it is written; what `replay` reads. */
#include <dirent.h>
#include <inttypes.h>
#include <jansson.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "clearing/journal/journal.h"
#include "tools/hq/args.h"
#include "tools/hq/control.h"
#include "tools/hq/home.h"
#include "tools/hq/hq_verbs.h"
#include "tools/text.h"

#define REPORT_LEN_MAX ((size_t)256 << 20)

static const char *usage(void)
{
    return _("Usage: allclear backup DEST --dir DIR\n"
             "\n"
             "Copy the journal, its checkpoints and the closed cycles' reports into DEST, a new "
             "folder,\n"
             "also while the daemon runs. Keys are not copied.\n"
             "\n"
             "Example:\n"
             "  allclear backup /mnt/backup/2026-03-31 --dir /var/lib/allclear\n");
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

static bool copy_reports(const char *dir, const char *dest, struct fault *ret_fault)
{
    char from[FILES_PATH_MAX];
    char to[FILES_PATH_MAX];
    const struct dirent *entry = NULL;
    bool good = files_path(dir, "reports", from, ret_fault) &&
                files_path(dest, "reports", to, ret_fault) && files_make_dir(to, ret_fault);
    DIR *folder = good ? opendir(from) : NULL;

    while (good && folder != NULL && (entry = readdir(folder)) != NULL) {
        size_t len = strlen(entry->d_name);
        if (len > 5 && strcmp(entry->d_name + len - 5, ".json") == 0) {
            good = copy_report(from, to, entry->d_name, ret_fault);
        }
    }
    if (folder != NULL) {
        (void)closedir(folder);
    }
    return good;
}

int verb_backup(int argc, char **argv)
{
    const char *option = NULL;
    const struct arg list[] = {{"dir", &option, NULL}};
    struct args args = {"backup", usage(), list, 1, 1, 1};
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
    printf(_("Copied %" PRIu64 " records to %s. Try it: allclear replay %s\n"),
           records,
           words[0],
           words[0]);
    return EX_OK;
}
