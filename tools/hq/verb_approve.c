/* allclear approve: what waits for a second person. */
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "clearing/base/hex.h"
#include "clearing/base/memory.h"
#include "clearing/facts/calendar.h"
#include "tools/hq/args.h"
#include "tools/hq/hq_verbs.h"
#include "tools/hq/inquire.h"
#include "tools/hq/submit.h"
#include "tools/render/table.h"
#include "tools/text.h"

static const char *usage(void)
{
    return _("Usage: allclear approve [--json] --dir DIR\n"
             "       allclear approve ID [--as PERSON] --dir DIR\n"
             "       allclear approve ID --reject --reason TEXT --dir DIR\n"
             "       allclear approve --set ID [--as PERSON | --reject --reason TEXT] --dir DIR\n"
             "\n"
             "List what makers have proposed, approve one as the second person, or take it away. "
             "What is over\n"
             "30 days old, or no longer what was proposed, is refused by name. A set (allclear reverse "
             "--upload)\n"
             "is approved with one word, one after the other; given again it goes on where it "
             "stopped.\n"
             "\n"
             "Example:\n"
             "  allclear approve --dir D\n"
             "  allclear approve 0f3a9c41d2e7 --as wang --dir D\n");
}

struct approve_options {
    const char *dir;
    const char *reason;
    const char *set;
    bool reject;
    bool json;
};

/* Ask whether it would still be applied (`as`: by that person, NULL: by whomever). Out: *ret_why,
 * which the caller frees, "" when it would. Returns: false with ret_fault. */
static bool standing(const char *dir, const struct proposal *proposal, const char *as,
                     char **ret_why, struct fault *ret_fault)
{
    char *hex = memory_resize(NULL, 2 * proposal->len + 1, 1);

    hex_write(proposal->bytes, proposal->len, hex);
    json_t *request = json_pack("{s:s,s:s}", "verb", "standing", "record", hex);
    free(hex);
    if (as != NULL) {
        json_object_set_new(request, "as", json_string(as));
    }
    json_t *answer = inquire_request(dir, request, ret_fault);
    if (answer == NULL) {
        return false;
    }
    const char *why = json_string_value(json_object_get(answer, "why"));
    bool stands = json_is_true(json_object_get(answer, "stands"));
    *ret_why = strdup(stands || why == NULL ? "" : why);
    json_decref(answer);
    CHECK(*ret_why != NULL);
    return true;
}

/* --- the list --- */

static void add_unreadable(json_t *rows, const char *id, const char *why)
{
    json_array_append_new(
        rows, json_pack("{s:s,s:b,s:s}", "id", id, "stands", 0, "why", why));
}

static bool add_row(const char *dir, const char *id, const json_t *head, json_t *rows,
                    struct fault *ret_fault)
{
    static struct proposal proposal;
    char words[PROPOSAL_WORD_MAX];
    char made[INSTANT_TEXT_SIZE];
    struct fault fault = {0};
    char *why = NULL;
    int64_t now_ms = json_integer_value(json_object_get(head, "now_ms"));
    const json_t *zone = json_object_get(json_object_get(head, "people"), "zone_min");

    if (!proposals_read(dir, id, &proposal, &fault)) {
        add_unreadable(rows, id, fault.text);
        return true;
    }
    if (!standing(dir, &proposal, NULL, &why, ret_fault)) {
        return false;
    }
    const struct hq_body *body = &proposal.body;
    proposals_words(body, words);
    instant_format(body->created_ms / 1000 * 1000, (int32_t)json_integer_value(zone), made);
    json_t *row = json_pack("{s:s,s:s,s:s,s:s#,s:s#,s:s,s:I,s:b,s:s}",
                            "id", id,
                            "type", hq_type_name(body->type),
                            "what", words,
                            "person", body->person.text, (int)body->person.len,
                            "reason", body->reason.text, (int)body->reason.len,
                            "made", made,
                            "age_ms", (json_int_t)(now_ms - body->created_ms),
                            "stands", *why == '\0',
                            "why", why);
    CHECK(row != NULL);
    json_array_append_new(rows, row);
    free(why);
    return true;
}

static const char *text_of(const json_t *row, const char *key)
{
    const char *text = json_string_value(json_object_get(row, key));

    return text == NULL ? "" : text;
}

static void age_text(const json_t *row, char ret_text[32])
{
    int64_t minutes = json_integer_value(json_object_get(row, "age_ms")) / 60000;

    if (json_object_get(row, "age_ms") == NULL || minutes < 0) {
        ret_text[0] = '\0';
    } else if (minutes < 60) {
        (void)snprintf(ret_text, 32, _("%" PRId64 " min"), minutes);
    } else if (minutes < 48 * 60) {
        (void)snprintf(ret_text, 32, _("%" PRId64 " h"), minutes / 60);
    } else {
        (void)snprintf(ret_text, 32, _("%" PRId64 " days"), minutes / 1440);
    }
}

static void show_rows(const json_t *rows)
{
    const struct table_column columns[] = {
        {_("Proposal"), COLUMN_TEXT}, {_("What"), COLUMN_TEXT}, {_("By"), COLUMN_TEXT},
        {_("Made"), COLUMN_TEXT},     {_("Age"), COLUMN_RIGHT}, {_("Reason"), COLUMN_TEXT},
        {_("Stands"), COLUMN_TEXT},
    };
    struct look look = look_of(stdout);
    const json_t *row = NULL;
    struct table table;
    size_t i = 0;

    if (json_array_size(rows) == 0) {
        fputs(_("Nothing waits for a second person.\n"), stdout);
        return;
    }
    table_init(&table, columns, sizeof columns / sizeof columns[0]);
    json_array_foreach(rows, i, row)
    {
        char age[32];
        bool stands = json_is_true(json_object_get(row, "stands"));
        age_text(row, age);
        table_text(&table, text_of(row, "id"));
        table_text(&table, text_of(row, "what"));
        table_text(&table, text_of(row, "person"));
        table_text(&table, text_of(row, "made"));
        table_text(&table, age);
        table_text(&table, text_of(row, "reason"));
        table_text(&table, stands ? _("yes") : text_of(row, "why"));
    }
    table_write(&table, &look, stdout);
    table_deinit(&table);
}

static void show_sets(const char *dir)
{
    json_t *sets = proposals_list_sets(dir);
    const json_t *set = NULL;
    size_t i = 0;

    json_array_foreach(sets, i, set)
    {
        json_t *ids = proposals_read_set(dir, json_string_value(set), NULL);
        const json_t *id = NULL;
        uint32_t left = 0;
        size_t n = 0;
        json_array_foreach(ids, n, id)
        {
            left += proposals_waits(dir, json_string_value(id));
        }
        printf(_("%" PRIu32 " of them together: allclear approve --set %s --as PERSON\n"), left,
               json_string_value(set));
        json_decref(ids);
    }
    json_decref(sets);
}

static int list_all(const struct approve_options *options)
{
    struct fault fault = {0};
    json_t *head = inquire(options->dir, "head", &fault);
    const json_t *id = NULL;
    bool good = head != NULL;
    size_t i = 0;

    json_t *ids = proposals_list(options->dir);
    json_t *rows = json_array();
    json_array_foreach(ids, i, id)
    {
        good = good && add_row(options->dir, json_string_value(id), head, rows, &fault);
    }
    if (good && options->json) {
        json_t *answer =
            json_pack("{s:O,s:o}", "proposals", rows, "sets", proposals_list_sets(options->dir));
        (void)json_dumpf(answer, stdout, JSON_COMPACT);
        (void)fputc('\n', stdout);
        json_decref(answer);
    } else if (good) {
        show_rows(rows);
        show_sets(options->dir);
    }
    json_decref(head);
    json_decref(ids);
    json_decref(rows);
    return good ? EX_OK : home_complain("approve", &fault);
}

/* --- one --- */

static int reject(const struct approve_options *options, const char *id)
{
    struct fault fault = {0};

    if (options->reason == NULL) {
        fputs(_("allclear approve: say why it is rejected: --reason TEXT\n"), stderr);
        return EX_USAGE;
    }
    if (!proposals_remove(options->dir, id, &fault)) {
        return home_complain("approve", &fault);
    }
    printf(_("Proposal %s is taken away: %s.\n"), id, options->reason);
    return EX_OK;
}

static bool put_second(const char *dir, const struct proposal *proposal, struct fault *ret_fault)
{
    struct submit *submit = submit_open(dir, NULL, ret_fault);
    bool good = submit != NULL && submit_approve(submit, proposal, ret_fault) &&
                submit_finish(submit, ret_fault);

    submit_close(submit);
    return good;
}

static int approve(const char *dir, const char *id)
{
    static struct proposal proposal;
    char words[PROPOSAL_WORD_MAX];
    struct fault fault = {0};
    code_t person = home_person();
    char *why = NULL;

    if (!proposals_read(dir, id, &proposal, &fault) ||
        !standing(dir, &proposal, person.text, &why, &fault)) {
        return home_complain("approve", &fault);
    }
    if (*why != '\0') {
        (void)fault_set(&fault, FAULT_FORMAT, "%.240s", why);
        free(why);
        return home_complain("approve", &fault);
    }
    free(why);
    proposals_words(&proposal.body, words);
    printf(_("%s, proposed by %.*s: %.*s\n"),
           words,
           (int)proposal.body.person.len,
           proposal.body.person.text,
           (int)proposal.body.reason.len,
           proposal.body.reason.text);
    if (!put_second(dir, &proposal, &fault) || !proposals_remove(dir, id, &fault)) {
        return home_complain("approve", &fault);
    }
    printf(_("Approved by %s.\n"), person.text);
    return EX_OK;
}

/* --- sets --- */

static int each(const struct approve_options *options, const char *id)
{
    return options->reject ? reject(options, id) : approve(options->dir, id);
}

/* What is refused stays, and the others go on: they are newest first, each by itself. */
static int whole_set(const struct approve_options *options)
{
    struct fault fault = {0};
    json_t *ids = proposals_read_set(options->dir, options->set, &fault);
    const json_t *id = NULL;
    uint32_t done = 0;
    uint32_t refused = 0;
    int code = EX_OK;
    size_t i = 0;

    if (ids == NULL) {
        return home_complain("approve", &fault);
    }
    json_array_foreach(ids, i, id)
    {
        if (proposals_waits(options->dir, json_string_value(id))) {
            int one = each(options, json_string_value(id));
            code = one == EX_OK ? code : one;
            done += one == EX_OK;
            refused += one != EX_OK;
        }
    }
    json_decref(ids);
    if (refused == 0) {
        proposals_remove_set(options->dir, options->set);
    }
    printf(_("Of the set %s: %" PRIu32 " done now, %" PRIu32 " left.\n"), options->set, done, refused);
    return code;
}

int verb_approve(int argc, char **argv)
{
    struct approve_options options = {0};
    const struct arg list[] = {{"dir", &options.dir, NULL},
                               {"reason", &options.reason, NULL},
                               {"reject", NULL, &options.reject},
                               {"json", NULL, &options.json},
                               {"set", &options.set, NULL}};
    struct args args = {"approve", usage(), list, 5, 0, 1};
    char **words = NULL;
    int code = EX_OK;

    if (!args_read(&args, argc, argv, &words, &code)) {
        return code;
    }
    options.dir = home_dir(options.dir, "approve");
    if (options.dir == NULL) {
        return EX_USAGE;
    }
    if (options.set != NULL && words[0] != NULL) {
        fputs(usage(), stderr);
        return EX_USAGE;
    }
    if (options.set != NULL) {
        return whole_set(&options);
    }
    if (words[0] == NULL) {
        return list_all(&options);
    }
    return options.reject ? reject(&options, words[0]) : approve(options.dir, words[0]);
}
