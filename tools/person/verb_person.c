/* allclear person: what is known of a person beside the ledger, and taking it away. */
#include "tools/person/verb_person.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "clearing/base/hex.h"
#include "tools/hq/args.h"
#include "tools/hq/inquire.h"
#include "tools/hq/submit.h"
#include "tools/lines/lines.h"
#include "tools/person/details.h"
#include "tools/text.h"

#define REF_SIZE (2 * CODE_LEN_MAX + 32) /* store:terminal:number */

static const char *usage(void)
{
    return _("Usage: allclear person set WHO FIELD=TEXT... [--as PERSON] --dir DIR\n"
             "       allclear person show WHO [--json] --dir DIR\n"
             "       allclear person export WHO [--out FILE] --dir DIR\n"
             "       allclear person erase WHO --reason TEXT [--as PERSON] --dir DIR\n"
             "       allclear person token WHO --dir DIR\n"
             "\n"
             "Names, telephone numbers and bank accounts of members and participants lie beside the "
             "ledger\n"
             "(DIR/details), which has only a salted digest of them. WHO is a member's number (a "
             "telephone\n"
             "number finds its token) or a participant's code.\n"
             "\n"
             "  set     add or change fields; FIELD= alone takes one away\n"
             "  show    the fields, and whether they are those of the last record\n"
             "  export  all that is known as one JSON object: fields, and every event of a member\n"
             "  erase   take the details away for ever; the ledger, its proofs and reports stay the "
             "same\n"
             "  token   the number that stands for this one in the ledger\n"
             "\n"
             "Example:\n"
             "  allclear person set B name='Li Ming' bank='...' account='...' --dir D\n"
             "  allclear person erase 13800138000 --reason 'asked on 2 April' --dir D\n");
}

struct person_job {
    const char *dir;
    const char *reason;
    const char *out;
    bool json;
    struct subject subject;
};

/* The last record of details about a subject. */
struct noted {
    bool any;
    uint64_t record;
    bool has_digest; /* else erased */
    uint8_t digest[DIGEST_LEN];
};

/* --- reading the journal --- */

/* Is the record of details, and about this subject? */
static bool note(const struct record *record, const struct subject *subject,
                 struct noted *ret_noted)
{
    struct hq_record hq;
    struct hq_body body;
    struct decode_fault why;

    if (record->kind != RECORD_HQ || !hq_decode_record(record->payload, &hq, &why) ||
        !hq_decode_body(hq.body, &body, &why) || body.type != HQ_DETAILS ||
        body.details.member != subject->member ||
        (subject->member == 0 && !slice_equal(body.details.participant, slice_of(subject->code)))) {
        return false;
    }
    *ret_noted = (struct noted){
        .any = true, .record = record->index, .has_digest = body.details.digest != NULL};
    if (body.details.digest != NULL) {
        memcpy(ret_noted->digest, body.details.digest, DIGEST_LEN);
    }
    return true;
}

/* The events of a member: those that name it, and those that undo one of them. */
struct found {
    json_t *events;
    json_t *names; /* of them: an object of references */
    const struct members *members; /* who has moved where */
    int32_t zone_min;
};

/* `member`: as it is called now. */
static bool concerns(const struct found *found, const struct event *event, uint64_t member)
{
    char of[REF_SIZE];

    if (members_now(found->members, event->member) == member ||
        members_now(found->members, event->referrer) == member) {
        return true;
    }
    if (event->type != EVENT_REFUND && event->type != EVENT_VOID) {
        return false;
    }
    (void)snprintf(of, sizeof of, "%.*s:%.*s:%" PRIu64, (int)event->of.store.len,
                   event->of.store.text, (int)event->of.terminal.len, event->of.terminal.text,
                   event->of.number);
    return json_object_get(found->names, of) != NULL;
}

/* Add a batch's events of this member. */
static void gather(const struct record *record, const struct subject *subject, struct found *found)
{
    char name[REF_SIZE];
    static struct event event;
    struct batch_door door = {0};
    struct decode_fault why;

    if (subject->member == 0 || record->kind != RECORD_BATCH ||
        !door_read(record->payload, &door, NULL)) {
        return;
    }
    struct batch_cursor cursor = batch_cursor_of(&door.batch);
    while (decode_next_event(&cursor, &event, &why) == CURSOR_EVENT) {
        char *text = NULL;
        size_t len = 0;
        if (!concerns(found, &event, members_now(found->members, subject->member))) {
            continue;
        }
        (void)snprintf(name, sizeof name, "%.*s:%.*s:%" PRIu64, (int)door.batch.store.len,
                       door.batch.store.text, (int)event.terminal.len, event.terminal.text,
                       event.number);
        json_object_set_new(found->names, name, json_true());
        FILE *stream = open_memstream(&text, &len);
        CHECK(stream != NULL);
        lines_print(&event, found->zone_min, stream);
        CHECK(fclose(stream) == 0);
        json_array_append_new(
            found->events, json_pack("{s:s#,s:I,s:o}", "store", door.batch.store.text,
                              (int)door.batch.store.len, "record", (json_int_t)record->index,
                              "event", json_loadb(text, len, 0, NULL)));
        free(text);
    }
}

/* Walk over the whole ledger. `events` may be NULL. */
static bool walk(const struct person_job *job, struct noted *ret_noted, json_t *events,
                 struct fault *ret_fault)
{
    struct view_options options = {.dir = job->dir};
    struct view *view = inquire_view(&options, ret_fault);
    struct journal_entry entry;
    bool good = view != NULL;

    *ret_noted = (struct noted){0};
    if (!good) {
        return false;
    }
    const struct state *state = &view->book.state;
    struct found found = {
        .events = events,
        .names = json_object(),
        .members = &state->members,
        .zone_min =
            state->terms_count == 0 ? 0 : state_terms(state, state->open_day)->days.zone_min,
    };
    struct journal_reader *reader = journal_reader_new(view->journal, 0);
    for (uint64_t i = 0; good && i < view->records; i++) {
        good = journal_reader_need(reader, &entry, ret_fault);
        if (good && !note(&entry.record, &job->subject, ret_noted) && events != NULL) {
            gather(&entry.record, &job->subject, &found);
        }
    }
    json_decref(found.names);
    journal_reader_free(reader);
    view_close(view);
    return good;
}

/* --- one person's other numbers --- */

static uint64_t number_in(const json_t *row, const char *key)
{
    const char *text = json_string_value(json_object_get(row, key));

    return text == NULL ? 0 : strtoull(text, NULL, 10);
}

/* Details under another number of the same member, as cards were merged or replaced, are about the
 * same person: whoever takes those of one number away should hear of them. */
static void name_others(const struct person_job *job)
{
    struct fault fault = {0};
    const json_t *moves = NULL;
    const json_t *row = NULL;
    size_t i = 0;
    json_t *answer = job->subject.member == 0 ? NULL : inquire(job->dir, "moves", &fault);

    if (fault.category != FAULT_NONE) {
        fprintf(stderr, _("allclear person: whether its other numbers have details: %s\n"),
                fault.text);
    }
    moves = json_object_get(answer, "moves");
    uint64_t now = job->subject.member;
    json_array_foreach(moves, i, row)
    {
        now = number_in(row, "from") == job->subject.member ? number_in(row, "into") : now;
    }
    for (size_t k = 0; answer != NULL && k <= json_array_size(moves); k++) {
        row = json_array_get(moves, k);
        struct subject other = {.member = row == NULL ? now : number_in(row, "from")};
        (void)snprintf(other.code, sizeof other.code, "%" PRIu64, other.member);
        fault = (struct fault){0};
        if (other.member != job->subject.member && (row == NULL || number_in(row, "into") == now) &&
            details_are_there(job->dir, &other, &fault)) {
            printf(_("%s is the same member, and still has details: "
                     "allclear person erase %s --reason TEXT\n"),
                   other.code, other.code);
        }
    }
    json_decref(answer);
}

/* --- the verbs --- */

static bool put_record(const struct person_job *job, const uint8_t *digest, struct fault *ret_fault)
{
    const struct subject *subject = &job->subject;
    struct hq_body body = {
        .type = HQ_DETAILS,
        .details = {.participant = slice_of(subject->member == 0 ? subject->code : ""),
                    .member = subject->member,
                    .digest = digest},
    };

    return submit_one(job->dir, job->reason, &body, ret_fault);
}

/* FIELD=TEXT into the fields. Returns: false after a complaint. */
static bool take_field(json_t *fields, const char *word)
{
    const char *equals = strchr(word, '=');
    char name[CODE_LEN_MAX + 1];

    if (equals == NULL || !code_valid((slice_t){word, (uint32_t)(equals - word)})) {
        fprintf(stderr, _("allclear person: \"%s\": write FIELD=TEXT, as name='Li Ming'\n"), word);
        return false;
    }
    (void)snprintf(name, sizeof name, "%.*s", (int)(equals - word), word);
    if (equals[1] == '\0') {
        (void)json_object_del(fields, name);
    } else if (json_object_set_new(fields, name, json_string(equals + 1)) != 0) {
        fprintf(stderr, _("allclear person: %s: the text is not UTF-8\n"), name);
        return false;
    }
    return true;
}

static int set(struct person_job *job, char **words)
{
    uint8_t digest[DIGEST_LEN];
    struct fault fault = {0};
    json_t *fields = details_read(job->dir, &job->subject, digest, &fault);

    if (fields == NULL && fault.category != FAULT_NONE) {
        return home_complain("person", &fault);
    }
    fields = fields == NULL ? json_object() : fields;
    bool right = words[0] != NULL;
    for (size_t i = 0; right && words[i] != NULL; i++) {
        right = take_field(fields, words[i]);
    }
    /* the record after the file: a digest that nobody can match would say that it was changed */
    bool good = right && details_write(job->dir, &job->subject, fields, digest, &fault) &&
                put_record(job, digest, &fault);
    if (good) {
        printf(_("Details of %s: %zu fields; the ledger has their digest\n"), job->subject.code,
               json_object_size(fields));
    }
    json_decref(fields);
    return good ? EX_OK : right ? home_complain("person", &fault) : EX_USAGE;
}

static const char *standing_of_details(const struct noted *noted, bool there,
                                       const uint8_t digest[DIGEST_LEN])
{
    if (!noted->any) {
        return there ? "unrecorded" : "none";
    }
    if (!noted->has_digest) {
        return there ? "changed" : "erased";
    }
    return there && digest_equal(noted->digest, digest) ? "recorded" : "changed";
}

static const char *standing_words(const char *standing)
{
    if (strcmp(standing, "recorded") == 0) {
        return _("as the ledger recorded them");
    }
    if (strcmp(standing, "erased") == 0) {
        return _("erased");
    }
    if (strcmp(standing, "none") == 0) {
        return _("there are none");
    }
    return strcmp(standing, "unrecorded") == 0
               ? _("NOT in the ledger: set them again")
               : _("NOT those that the ledger recorded: somebody changed or removed the file");
}

/* {"subject","standing","record","fields"[,"events"]} */
static json_t *known(const struct person_job *job, bool with_events, struct fault *ret_fault)
{
    uint8_t digest[DIGEST_LEN] = {0};
    struct noted noted;
    json_t *events = with_events ? json_array() : NULL;
    json_t *fields = details_read(job->dir, &job->subject, digest, ret_fault);

    if ((fields == NULL && ret_fault->category != FAULT_NONE) ||
        !walk(job, &noted, events, ret_fault)) {
        json_decref(fields);
        json_decref(events);
        return NULL;
    }
    json_t *root =
        json_pack("{s:s,s:s}", "subject", job->subject.code, "standing",
                  standing_of_details(&noted, fields != NULL, digest));
    json_object_set_new(root, "record",
                        noted.any ? json_integer((json_int_t)noted.record) : json_null());
    json_object_set_new(root, "fields", fields == NULL ? json_object() : fields);
    if (with_events) {
        json_object_set_new(root, "events", events);
    }
    return root;
}

static int show(const struct person_job *job)
{
    struct fault fault = {0};
    json_t *root = known(job, false, &fault);
    const char *name = NULL;
    json_t *value = NULL;

    if (root == NULL) {
        return home_complain("person", &fault);
    }
    const char *standing = json_string_value(json_object_get(root, "standing"));
    if (job->json) {
        (void)json_dumpf(root, stdout, JSON_COMPACT);
        putchar('\n');
    } else {
        printf(_("Details of %s: %s\n"), job->subject.code, standing_words(standing));
        json_object_foreach(json_object_get(root, "fields"), name, value)
        {
            printf("  %-12s %s\n", name, json_string_value(value));
        }
    }
    bool sound = strcmp(standing, "changed") != 0;
    json_decref(root);
    return sound ? EX_OK : 1;
}

static int export(const struct person_job *job)
{
    struct fault fault = {0};
    json_t *root = known(job, true, &fault);
    bool good = root != NULL;

    if (good && job->out != NULL) {
        char *text = json_dumps(root, JSON_INDENT(1));
        CHECK(text != NULL);
        good = files_write(job->out, text, strlen(text), &fault);
        free(text);
    } else if (good) {
        (void)json_dumpf(root, stdout, JSON_INDENT(1));
        putchar('\n');
    }
    json_decref(root);
    return good ? EX_OK : home_complain("person", &fault);
}

static int erase(const struct person_job *job)
{
    struct fault fault = {0};

    if (job->reason == NULL) {
        fputs(_("allclear person: erase: say why: --reason TEXT\n"), stderr);
        return EX_USAGE;
    }
    bool good = details_are_there(job->dir, &job->subject, &fault) &&
                put_record(job, NULL, &fault) &&
                details_remove(job->dir, &job->subject, &fault);
    if (good) {
        printf(_("Erased the details of %s; what the ledger has of it stays, and leads to nobody\n"),
               job->subject.code);
    }
    name_others(job);
    return good ? EX_OK : home_complain("person", &fault);
}

static int run(struct person_job *job, char **words)
{
    struct fault fault = {0};
    const char *verb = words[0];

    if (!subject_read(job->dir, words[1], &job->subject, &fault)) {
        return home_complain("person", &fault);
    }
    bool alone = words[2] == NULL;
    if (strcmp(verb, "set") == 0 && !alone) {
        return set(job, words + 2);
    }
    if (strcmp(verb, "show") == 0 && alone) {
        return show(job);
    }
    if (strcmp(verb, "export") == 0 && alone) {
        return export(job);
    }
    if (strcmp(verb, "erase") == 0 && alone) {
        return erase(job);
    }
    if (strcmp(verb, "token") == 0 && alone && job->subject.member != 0) {
        puts(job->subject.code);
        return EX_OK;
    }
    fputs(_("allclear person: write set WHO FIELD=TEXT..., or show, export, erase or token WHO (see "
            "--help)\n"),
          stderr);
    return EX_USAGE;
}

int verb_person(int argc, char **argv)
{
    struct person_job job = {0};
    const char *option = NULL;
    const struct arg list[] = {{"dir", &option, NULL},
                               {"reason", &job.reason, NULL},
                               {"out", &job.out, NULL},
                               {"json", NULL, &job.json}};
    struct args args = {"person", usage(), list, 4, 2, 34};
    char **words = NULL;
    int code = EX_OK;

    if (!args_read(&args, argc, argv, &words, &code)) {
        return code;
    }
    job.dir = home_dir(option, "person");
    return job.dir == NULL ? EX_USAGE : run(&job, words);
}
