/* allclear member: cards that become one, and cards that another replaces. */
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "tools/hq/args.h"
#include "tools/hq/home.h"
#include "tools/hq/inquire.h"
#include "tools/hq/submit.h"
#include "tools/person/details.h"
#include "tools/person/verb_person.h"
#include "tools/render/table.h"
#include "tools/text.h"

static const char *usage(void)
{
    return _("Usage: allclear member merge FROM INTO --reason TEXT [--as PERSON] --dir DIR\n"
             "       allclear member replace OLD NEW --reason TEXT [--as PERSON] --dir DIR\n"
             "       allclear member list [--json] --dir DIR\n"
             "\n"
             "Propose that all a member has (value, points, packs, what is held) goes over to "
             "another number;\n"
             "a checker approves it. Nobody owes anybody anything by that, and it is for good.\n"
             "\n"
             "  merge    two cards are one person's: both go on working, as INTO\n"
             "  replace  OLD was lost or is worn: NEW, which may never have been seen, has all "
             "from now\n"
             "           on; what is asked of OLD, or told of a later day, is refused "
             "(CARD_REPLACED)\n"
             "  list     which numbers have moved, and where to\n"
             "\n"
             "FROM, INTO, OLD and NEW are members' numbers (a telephone number finds its token).\n"
             "\n"
             "Example:\n"
             "  allclear member replace 6200000017 6200000099 --reason 'lost on 3 April' --as li "
             "--dir D\n");
}

/* --- proposing --- */

static bool number_of(const char *dir, const char *text, uint64_t *ret_member,
                      struct fault *ret_fault)
{
    struct subject subject;

    if (!subject_read(dir, text, &subject, ret_fault)) {
        return false;
    }
    *ret_member = subject.member;
    return subject.member != 0 ||
           fault_set(ret_fault, FAULT_FORMAT,
                     "%.40s: write a member's number, of 1 to 19 digits", text);
}

static int propose(const char *dir, char **words, bool replaced, const char *reason)
{
    struct hq_body body = {.type = HQ_MEMBER, .member = {.replaced = replaced}};
    struct fault fault = {0};

    if (!number_of(dir, words[0], &body.member.from, &fault) ||
        !number_of(dir, words[1], &body.member.into, &fault)) {
        return home_complain("member", &fault);
    }
    if (body.member.from == body.member.into) {
        fputs(_("allclear member: these are one and the same number\n"), stderr);
        return EX_DATAERR;
    }
    struct submit *submit = submit_open(dir, reason, &fault);
    bool good = submit != NULL && submit_propose_aloud(submit, &body, &fault);
    submit_close(submit);
    return good ? EX_OK : home_complain("member", &fault);
}

/* --- listing --- */

static const char *text_of(const json_t *row, const char *key)
{
    const char *text = json_string_value(json_object_get(row, key));

    return text == NULL ? "" : text;
}

static void print_text(const json_t *answer)
{
    const struct table_column columns[] = {{_("From"), COLUMN_TEXT},
                                           {_("Into"), COLUMN_TEXT},
                                           {_("On"), COLUMN_TEXT},
                                           {_("Why"), COLUMN_TEXT}};
    struct look look = look_of(stdout);
    const json_t *row = NULL;
    struct table table;
    size_t i = 0;

    table_init(&table, columns, sizeof columns / sizeof columns[0]);
    json_array_foreach(json_object_get(answer, "moves"), i, row)
    {
        table_text(&table, text_of(row, "from"));
        table_text(&table, text_of(row, "into"));
        table_text(&table, text_of(row, "day"));
        table_text(&table, json_is_true(json_object_get(row, "replaced")) ? _("replaced")
                                                                          : _("merged"));
    }
    if (i > 0) {
        table_write(&table, &look, stdout);
    } else {
        puts(_("No member's number has moved."));
    }
    table_deinit(&table);
}

static int list_moves(const char *dir, bool json)
{
    struct fault fault = {0};
    json_t *answer = inquire(dir, "moves", &fault);

    if (answer == NULL) {
        return home_complain("member", &fault);
    }
    if (json) {
        (void)json_dumpf(answer, stdout, JSON_COMPACT);
        putchar('\n');
    } else {
        print_text(answer);
    }
    json_decref(answer);
    return fflush(stdout) == 0 ? EX_OK : EX_IOERR;
}

int verb_member(int argc, char **argv)
{
    const char *dir = NULL;
    const char *reason = NULL;
    bool json = false;
    const struct arg list[] = {
        {"dir", &dir, NULL}, {"reason", &reason, NULL}, {"json", NULL, &json}};
    struct args args = {"member", usage(), list, 3, 1, 3};
    char **words = NULL;
    int code = EX_OK;

    if (!args_read(&args, argc, argv, &words, &code)) {
        return code;
    }
    int count = (int)(argv + argc - words);
    bool listing = count == 1 && strcmp(words[0], "list") == 0;
    bool replaced = count == 3 && strcmp(words[0], "replace") == 0;
    bool merged = count == 3 && strcmp(words[0], "merge") == 0;
    if (!listing && !replaced && !merged) {
        fputs(usage(), stderr);
        return EX_USAGE;
    }
    dir = home_dir(dir, "member");
    if (dir == NULL) {
        return EX_USAGE;
    }
    if (listing) {
        return list_moves(dir, json);
    }
    if (reason == NULL) {
        fputs(_("allclear member: say why: --reason TEXT\n"), stderr);
        return EX_USAGE;
    }
    return propose(dir, words + 1, replaced, reason);
}
