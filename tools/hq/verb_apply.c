/* allclear apply, allclear diff: the alliance file's rules and stores into the ledger. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "tools/alliance/alliance.h"
#include "tools/hq/args.h"
#include "tools/hq/inquire.h"
#include "tools/hq/changes.h"
#include "tools/hq/hq_verbs.h"
#include "tools/hq/rulebook.h"
#include "tools/hq/rules.h"
#include "tools/hq/whatif_text.h"
#include "tools/text.h"

/* What both verbs work on. */
struct applying {
    const char *verb;
    const char *dir;
    const char *alliance; /* NULL: DIR/alliance.conf */
    const char *from;     /* NULL: as early as possible */
    bool json;            /* diff */
    struct ground ground;
    struct registry registry;
    struct terms terms;
    struct changes changes;
    struct fault fault;
};

static const char *apply_usage(void)
{
    return _("Usage: allclear apply [--alliance FILE] [--from DATE] --dir DIR\n"
             "\n"
             "Bring the rules and stores of the alliance file (default DIR/alliance.conf) into "
             "the\n"
             "ledger, as signed records. Rules take effect on a later day only (default: the day "
             "after\n"
             "the open one); stores and participants at once.\n"
             "\n"
             "Exit: 0 done, or nothing to do; 65 the file has errors or cannot be applied.\n"
             "\n"
             "Example:\n"
             "  allclear apply --from 2026-04-01 --dir /var/lib/allclear\n");
}

static const char *diff_usage(void)
{
    return _("Usage: allclear diff [--alliance FILE] [--json] --dir DIR\n"
             "\n"
             "Say in sentences what `allclear apply` would change, and what it would have meant "
             "for the\n"
             "last closed cycle: its events are cleared once more in memory, as if these rules and "
             "stores had\n"
             "been in force from its first day on. Nothing is written. The ledger is read from its "
             "first\n"
             "record, twice: about a second a million events.\n"
             "\n"
             "Exit: 0 it can be applied (or nothing would change), 65 it cannot.\n"
             "\n"
             "Example:\n"
             "  allclear diff --alliance new.conf --dir /var/lib/allclear\n");
}

/* Read the file and the ledger, and compare. Returns: EX_OK, or the exit code after a complaint. */
static int compare(struct applying *applying)
{
    struct complaints complaints = {0};
    char path[FILES_PATH_MAX];

    if (!files_path(applying->dir, "alliance.conf", path, &applying->fault)) {
        return home_complain(applying->verb, &applying->fault);
    }
    const char *alliance = applying->alliance != NULL ? applying->alliance : path;
    if (!alliance_read(alliance, &applying->registry, &applying->terms, &complaints)) {
        complaints_write(&complaints, stderr);
        return EX_DATAERR;
    }
    if (!ground_read(applying->dir, &applying->ground, &applying->fault)) {
        return home_complain(applying->verb, &applying->fault);
    }
    changes_find(
        &applying->ground, &applying->registry, &applying->terms, &applying->changes);
    return EX_OK;
}

static void end(struct applying *applying)
{
    changes_deinit(&applying->changes);
    ground_deinit(&applying->ground);
    registry_deinit(&applying->registry);
    terms_deinit(&applying->terms);
}

/* The first day of the new terms. */
static bool first_day(struct applying *applying, day_t *ret_day)
{
    json_t *head = NULL;
    day_t day = 0;

    if (applying->from != NULL) {
        return day_parse(slice_of(applying->from), ret_day) ||
               fault_set(&applying->fault, FAULT_FORMAT,
                         "--from %.40s: write a day as 2026-04-01", applying->from);
    }
    head = inquire(applying->dir, "head", &applying->fault);
    const char *open_day = json_string_value(json_object_get(head, "open_day"));
    bool good = open_day != NULL && day_parse(slice_of(open_day), &day);
    json_decref(head);
    if (!good) {
        return applying->fault.category == FAULT_NONE
                   ? fault_set(&applying->fault, FAULT_FORMAT, "the ledger's open day is not known")
                   : false;
    }
    /* terms that are to come keep their first day: these come after them */
    *ret_day = day + 1 > applying->ground.terms.from ? day + 1 : applying->ground.terms.from + 1;
    return true;
}

static bool put(struct applying *applying)
{
    struct submit *submit;

    if (applying->changes.terms && applying->ground.has_terms &&
        !first_day(applying, &applying->terms.from)) {
        return false;
    }
    submit = submit_open(applying->dir, NULL, &applying->fault);
    bool good = submit != NULL &&
                rules_put(submit,
                          applying->changes.registry ? &applying->registry : NULL,
                          applying->changes.terms ? &applying->terms : NULL,
                          &applying->fault) &&
                submit_finish(submit, &applying->fault);
    submit_close(submit);
    return good;
}

static int apply(struct applying *applying)
{
    char day[DAY_TEXT_SIZE];

    if (applying->changes.error_count > 0) {
        changes_write(&applying->changes, stderr);
        return EX_DATAERR;
    }
    if (!applying->changes.registry && !applying->changes.terms) {
        puts(_("Nothing has changed."));
        return EX_OK;
    }
    if (!put(applying)) {
        return home_complain(applying->verb, &applying->fault);
    }
    changes_write(&applying->changes, stdout);
    if (applying->changes.terms && applying->ground.has_terms) {
        day_format(applying->terms.from, day);
        printf(_("The rules are in force from %s on.\n"), day);
    }
    /* the folder's own file says what is in force: the next change begins with it */
    if (applying->alliance != NULL &&
        !rulebook_copy(applying->alliance, applying->dir, &applying->fault)) {
        return home_complain(applying->verb, &applying->fault);
    }
    return EX_OK;
}

static json_t *sentences(char *const *list, uint32_t count)
{
    json_t *rows = json_array();

    for (uint32_t i = 0; i < count; i++) {
        json_array_append_new(rows, json_string(list[i]));
    }
    return rows;
}

static int say_json(const struct changes *changes, const struct whatif *trial)
{
    json_t *root = json_pack("{s:o,s:o,s:o}", "changes", sentences(changes->list, changes->count),
                             "errors", sentences(changes->errors, changes->error_count),
                             "last_cycle", trial == NULL ? json_null() : whatif_text_json(trial));
    bool good = json_dumpf(root, stdout, JSON_COMPACT) == 0 && putchar('\n') != EOF;

    json_decref(root);
    return good ? EX_OK : EX_IOERR;
}

static void say_text(const struct changes *changes, const struct whatif *trial)
{
    changes_write(changes, stdout);
    if (changes->count == 0 && changes->error_count == 0) {
        puts(_("Nothing would change."));
    }
    if (trial != NULL) {
        whatif_text_write(trial, stdout);
    }
}

static int say(struct applying *applying)
{
    const struct changes *changes = &applying->changes;
    bool tries = changes->count > 0 && changes->error_count == 0 && applying->ground.has_terms;
    struct whatif trial = {0};
    int code = EX_OK;

    if (tries && !whatif_run(applying->dir, &applying->registry, &applying->terms, &trial,
                            &applying->fault)) {
        changes_write(changes, stdout);
        return home_complain(applying->verb, &applying->fault);
    }
    if (applying->json) {
        code = say_json(changes, tries ? &trial : NULL);
    } else {
        say_text(changes, tries ? &trial : NULL);
    }
    whatif_deinit(&trial);
    return changes->error_count > 0 ? EX_DATAERR : code;
}

static int run(struct applying *applying, const struct args *args, int argc, char **argv,
               const char **option)
{
    char **words = NULL;
    int code = EX_OK;

    if (!args_read(args, argc, argv, &words, &code)) {
        return code;
    }
    applying->dir = home_dir(*option, applying->verb);
    if (applying->dir == NULL) {
        return EX_USAGE;
    }
    code = compare(applying);
    if (code == EX_OK) {
        code = strcmp(applying->verb, "apply") == 0 ? apply(applying) : say(applying);
    }
    end(applying);
    return code;
}

int verb_apply(int argc, char **argv)
{
    struct applying applying = {.verb = "apply"};
    const char *dir = NULL;
    const struct arg list[] = {{"dir", &dir, NULL},
                               {"alliance", &applying.alliance, NULL},
                               {"from", &applying.from, NULL}};
    struct args args = {"apply", apply_usage(), list, 3, 0, 0};

    return run(&applying, &args, argc, argv, &dir);
}

int verb_diff(int argc, char **argv)
{
    struct applying applying = {.verb = "diff"};
    const char *dir = NULL;
    const struct arg list[] = {{"dir", &dir, NULL},
                               {"alliance", &applying.alliance, NULL},
                               {"json", NULL, &applying.json}};
    struct args args = {"diff", diff_usage(), list, 3, 0, 0};

    return run(&applying, &args, argc, argv, &dir);
}
