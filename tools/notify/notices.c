#include "tools/notify/notices.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "clearing/base/check.h"
#include "clearing/facts/calendar.h"

#define KEY_SIZE       160
#define SILENT_LOOKS   2  /* in a row: a restart is no news */
#define SUSPENSE_NAMED 20 /* events of a notice that are named */

/* One look under way. */
struct taking {
    json_t *memory;
    json_t *before; /* the marks as they were */
    json_t *marks;  /* those that stay */
    const struct look *look;
    char at[INSTANT_TEXT_SIZE];
};

json_t *notices_memory_new(void)
{
    return json_pack("{s:{},s:[]}", "marks", "waiting");
}

/* Append a notice, with what all have in common; takes its fields over. */
static void notice(struct taking *taking, const char *kind, const char *key, json_t *take_fields)
{
    const json_t *memory = taking->memory;
    char id[KEY_SIZE];

    (void)snprintf(id, sizeof id, "%s:%s", kind, key);
    json_t *made = json_pack("{s:s,s:s,s:s,s:s,s:s,s:b}", "notice", kind, "id", id, "at",
                             taking->at, "network", notices_text(memory, "network"), "alliance",
                             notices_text(memory, "alliance"), "test",
                             json_is_true(json_object_get(memory, "test")));
    CHECK(made != NULL && json_object_update(made, take_fields) == 0);
    json_decref(take_fields);
    (void)json_array_append_new(
        json_object_get(memory, "waiting"),
        json_pack("{s:o,s:i,s:i}", "notice", made, "tries", 0, "next_ms", 0));
}

/* Has this been told already? Either way it stays marked. */
static bool is_marked(struct taking *taking, const char *key)
{
    bool marked = json_object_get(taking->before, key) != NULL;

    (void)json_object_set_new(taking->marks, key, json_true());
    return marked;
}

/* --- cycles --- */

static bool too_old(const struct taking *taking, const char *day)
{
    return strcmp(day, notices_text(taking->memory, "from")) < 0; /* as text: days sort */
}

static void statements(struct taking *taking, const json_t *cycle, const json_t *report)
{
    static const char *const sums[] = {"in_fen", "out_fen", "net_fen"};
    const json_t *row = NULL;
    size_t i = 0;
    char key[KEY_SIZE];

    json_array_foreach(json_object_get(report, "participants"), i, row)
    {
        const char *participant = notices_text(row, "participant");
        json_t *fields =
            json_pack("{s:s,s:s,s:s,s:s,s:s}", "cycle", notices_text(cycle, "cycle"), "from",
                      notices_text(cycle, "from"), "to", notices_text(cycle, "to"), "participant",
                      participant, "role", notices_text(row, "role"));
        for (size_t k = 0; k < sizeof sums / sizeof sums[0]; k++) {
            (void)json_object_set_new(fields, sums[k], json_copy(json_object_get(row, sums[k])));
        }
        (void)snprintf(key, sizeof key, "%s:%s", notices_text(cycle, "cycle"), participant);
        notice(taking, "statement_ready", key, fields);
    }
}

/* The day on which the time for disputes of a cycle ends. */
static bool objections_end(const json_t *cycle, day_t *ret_day)
{
    const json_t *said = json_object_get(cycle, "dispute_days");
    day_t to = 0;

    if (!day_parse(slice_of(notices_text(cycle, "to")), &to)) {
        return false;
    }
    *ret_day =
        to + (json_is_integer(said) ? (day_t)json_integer_value(said) : NOTICES_DISPUTE_DAYS);
    return true;
}

static bool closed(struct taking *taking, const json_t *cycle)
{
    const char *id = notices_text(cycle, "cycle");
    json_t *report = taking->look->report(taking->look->context, id);

    if (report == NULL) {
        return false;
    }
    json_t *fields = json_pack("{s:s,s:s,s:s,s:I,s:I}", "cycle", id, "from",
                               notices_text(cycle, "from"), "to", notices_text(cycle, "to"),
                               "events", (json_int_t)notices_integer(report, "events"), "missing",
                               (json_int_t)notices_integer(cycle, "missing"));
    if (notices_integer(cycle, "missing") > 0) {
        (void)json_object_set_new(fields, "incomplete",
                                  json_string(notices_text(cycle, "incomplete")));
    }
    notice(taking, "cycle_closed", id, fields);
    statements(taking, cycle, report);
    json_decref(report);
    return true;
}

/* A day before the time ends, and not later than that: who is told afterwards can do nothing. */
static bool objection(struct taking *taking, const json_t *cycle, day_t today)
{
    char day[DAY_TEXT_SIZE];
    day_t end = 0;

    if (objections_end(cycle, &end) && today < end - 1) {
        return false;
    }
    if (today <= end) {
        day_format(end, day);
        notice(taking, "objection_due", notices_text(cycle, "cycle"),
               json_pack("{s:s,s:s,s:s,s:s}", "cycle", notices_text(cycle, "cycle"), "from",
                         notices_text(cycle, "from"), "to", notices_text(cycle, "to"), "due", day));
    }
    return true;
}

static void take_cycles(struct taking *taking)
{
    const json_t *cycles = json_object_get(taking->look->head, "cycles");
    size_t told = (size_t)notices_integer(taking->memory, "cycles");
    size_t objections = (size_t)notices_integer(taking->memory, "objections");
    day_t today = 0;

    while (told < json_array_size(cycles) && closed(taking, json_array_get(cycles, told))) {
        told++;
    }
    if (day_parse(slice_of(notices_text(taking->look->head, "open_day")), &today)) {
        while (objections < told && objection(taking, json_array_get(cycles, objections), today)) {
            objections++;
        }
    }
    (void)json_object_set_new(taking->memory, "cycles", json_integer((json_int_t)told));
    (void)json_object_set_new(taking->memory, "objections", json_integer((json_int_t)objections));
}

/* --- stores --- */

static void take_silent(struct taking *taking)
{
    const json_t *row = NULL;
    size_t i = 0;
    char key[KEY_SIZE];

    json_array_foreach(json_object_get(taking->look->board, "missing"), i, row)
    {
        const char *store = notices_text(row, "store");
        const char *day = notices_text(row, "day");
        if (strcmp(notices_text(row, "kind"), "silent") != 0 || too_old(taking, day)) {
            continue;
        }
        (void)snprintf(key, sizeof key, "silent:%s:%s", store, day);
        if (!is_marked(taking, key)) {
            notice(taking, "store_silent", strchr(key, ':') + 1,
                   json_pack("{s:s,s:s}", "store", store, "day", day));
        }
    }
}

static json_t *differences_of(const json_t *board, const char *store, const char *day)
{
    json_t *found = json_array();
    const json_t *row = NULL;
    size_t i = 0;

    json_array_foreach(json_object_get(board, "differences"), i, row)
    {
        if (strcmp(notices_text(row, "store"), store) == 0 &&
            strcmp(notices_text(row, "day"), day) == 0) {
            (void)json_array_append_new(
                found, json_pack("{s:s,s:s,s:I,s:I}", "terminal", notices_text(row, "terminal"),
                                 "key", notices_text(row, "key"), "till",
                                 (json_int_t)notices_integer(row, "till"), "ledger",
                                 (json_int_t)notices_integer(row, "ledger")));
        }
    }
    return found;
}

/* A day of a store. Its mark counts how often it has begun to differ: an even number has ended. */
static void take_day(struct taking *taking, const char *store, const json_t *cell)
{
    const char *day = notices_text(cell, "day");
    const char *state = notices_text(cell, "state");
    char mark[KEY_SIZE];
    char key[KEY_SIZE] = "";

    (void)snprintf(mark, sizeof mark, "differs:%s:%s", store, day);
    json_int_t count = notices_integer(taking->before, mark);
    bool begins = count % 2 == 0 && strcmp(state, "differs") == 0 && !too_old(taking, day);
    bool ends = count % 2 == 1 && strcmp(state, "matched") == 0;
    if (begins || ends) {
        count++;
        int len = snprintf(key, sizeof key, "%s:%s", store, day);
        if (count > 2) {
            (void)snprintf(key + len, sizeof key - (size_t)len, ":%lld",
                           (long long)(count + 1) / 2);
        }
    }
    if (count > 0) {
        (void)json_object_set_new(taking->marks, mark, json_integer(count));
    }
    if (begins) {
        notice(taking, "day_differs", key,
               json_pack("{s:s,s:s,s:o}", "store", store, "day", day, "differences",
                         differences_of(taking->look->board, store, day)));
    } else if (ends) {
        notice(taking, "day_matches", key, json_pack("{s:s,s:s}", "store", store, "day", day));
    }
}

static void take_days(struct taking *taking)
{
    const json_t *row = NULL;
    const json_t *cell = NULL;
    size_t i = 0;
    size_t k = 0;

    json_array_foreach(json_object_get(taking->look->board, "stores"), i, row)
    {
        json_array_foreach(json_object_get(row, "days"), k, cell)
        {
            take_day(taking, notices_text(row, "store"), cell);
        }
    }
}

/* A store that equivocates is frozen by that: one notice, the graver one. */
static void take_frozen(struct taking *taking)
{
    const json_t *row = NULL;
    size_t i = 0;
    char mark[KEY_SIZE];
    char key[KEY_SIZE];

    json_array_foreach(json_object_get(taking->look->head, "stores"), i, row)
    {
        const char *store = notices_text(row, "store");
        json_int_t evidence = notices_integer(row, "evidence");
        if (!json_is_true(json_object_get(row, "frozen"))) {
            continue;
        }
        (void)snprintf(mark, sizeof mark, "frozen:%s:%lld", store, (long long)evidence);
        if (is_marked(taking, mark)) {
            continue;
        }
        (void)snprintf(key, sizeof key, "%s:%lld", store,
                       (long long)(evidence > 0 ? evidence : taking->look->real_ms));
        if (evidence > 0) {
            notice(taking, "store_equivocated", key,
                   json_pack("{s:s,s:I}", "store", store, "record", evidence));
        } else {
            notice(taking, "store_frozen", key, json_pack("{s:s}", "store", store));
        }
    }
}

/* --- what hangs --- */

static void take_proposals(struct taking *taking)
{
    int64_t now_ms = notices_integer(taking->look->head, "now_ms");
    const json_t *row = NULL;
    size_t i = 0;
    char mark[KEY_SIZE];
    char since[INSTANT_TEXT_SIZE];

    json_array_foreach(taking->look->proposals, i, row)
    {
        const char *id = notices_text(row, "id");
        int64_t created_ms = notices_integer(row, "created_ms");
        (void)snprintf(mark, sizeof mark, "proposal:%s", id);
        if (now_ms - created_ms <= NOTICES_PROPOSAL_MS || is_marked(taking, mark)) {
            continue;
        }
        instant_format(created_ms, (int32_t)notices_integer(taking->memory, "zone_min"), since);
        notice(taking, "proposal_waits", id,
               json_pack("{s:s,s:s,s:s}", "proposal", id, "what", notices_text(row, "words"),
                         "since", since));
    }
}

/* The items of a store that came on a day are one notice: a till's broken day is one matter. */
struct hanging {
    const char *store; /* NULL: none */
    const char *came;
    json_t *events;
    json_int_t count;
    json_int_t amount_fen;
    int64_t age_days;
};

static void hanging_tell(struct taking *taking, struct hanging *hanging)
{
    char mark[KEY_SIZE];

    (void)snprintf(mark, sizeof mark, "suspense:%s:%s", hanging->store, hanging->came);
    if (is_marked(taking, mark)) {
        json_decref(hanging->events);
    } else {
        notice(taking, "suspense_old", strchr(mark, ':') + 1,
               json_pack("{s:s,s:s,s:I,s:I,s:I,s:o}", "store", hanging->store, "came",
                         hanging->came, "age_days", (json_int_t)hanging->age_days, "count",
                         hanging->count, "amount_fen", hanging->amount_fen, "events",
                         hanging->events));
    }
    hanging->store = NULL;
}

static void hanging_add(struct hanging *hanging, const json_t *row)
{
    if (hanging->store == NULL) {
        *hanging = (struct hanging){.store = notices_text(row, "store"),
                                    .came = notices_text(row, "came"),
                                    .age_days = notices_integer(row, "age_days"),
                                    .events = json_array()};
    }
    hanging->count++;
    hanging->amount_fen += notices_integer(row, "amount_fen");
    if (hanging->count <= SUSPENSE_NAMED) {
        (void)json_array_append_new(
            hanging->events,
            json_pack("{s:s,s:s,s:s,s:I}", "event", notices_text(row, "event"), "type",
                      notices_text(row, "type"), "reason", notices_text(row, "reason"),
                      "amount_fen", (json_int_t)notices_integer(row, "amount_fen")));
    }
}

static bool hangs_with(const struct taking *taking, const json_t *row, const json_t *first)
{
    return notices_integer(row, "age_days") > taking->look->suspense_days &&
           !too_old(taking, notices_text(row, "came")) &&
           strcmp(notices_text(row, "store"), notices_text(first, "store")) == 0 &&
           strcmp(notices_text(row, "came"), notices_text(first, "came")) == 0;
}

/* Is there an item of the same store and day before this one? */
static bool is_counted(const json_t *items, size_t at)
{
    const json_t *row = json_array_get(items, at);

    while (at-- > 0) {
        const json_t *other = json_array_get(items, at);
        if (strcmp(notices_text(other, "came"), notices_text(row, "came")) != 0) {
            return false; /* the list is in the order of days */
        }
        if (strcmp(notices_text(other, "store"), notices_text(row, "store")) == 0) {
            return true;
        }
    }
    return false;
}

static void take_suspense(struct taking *taking)
{
    const json_t *items = json_object_get(taking->look->suspense, "items");
    const json_t *first = NULL;
    size_t i = 0;

    json_array_foreach(items, i, first)
    {
        struct hanging hanging = {0};
        if (!hangs_with(taking, first, first) || is_counted(items, i)) {
            continue;
        }
        for (size_t k = i; k < json_array_size(items); k++) {
            const json_t *row = json_array_get(items, k);
            if (strcmp(notices_text(row, "came"), notices_text(first, "came")) != 0) {
                break;
            }
            if (hangs_with(taking, row, first)) {
                hanging_add(&hanging, row);
            }
        }
        hanging_tell(taking, &hanging);
    }
}

/* A store has disputed a line: two people are to answer; or they have, and the store should know.
 * Its reason is the store's own words, which may name people: it stays in the ledger. */
static void take_dispute(struct taking *taking, const json_t *row)
{
    const char *event = notices_text(row, "event");
    const char *state = notices_text(row, "state");
    bool open = strcmp(state, "open") == 0;
    const json_t *line = NULL;
    json_int_t fen = 0;
    char mark[KEY_SIZE];
    size_t i = 0;

    (void)snprintf(mark, sizeof mark, "dispute:%s", event);
    bool was_open = json_object_get(taking->before, mark) != NULL;
    (void)snprintf(mark, sizeof mark, "%s:%s", open ? "dispute" : "answered", event);
    if (is_marked(taking, mark) || (!was_open && too_old(taking, notices_text(row, "booked")))) {
        return;
    }
    json_array_foreach(json_object_get(row, "lines"), i, line)
    {
        fen += notices_integer(line, "amount_fen");
    }
    json_t *fields = json_pack("{s:s,s:s,s:s,s:s,s:I}", "event", event, "store",
                               notices_text(row, "store"), "of", notices_text(row, "of"), "kind",
                               notices_text(row, "kind"), "amount_fen", fen);
    if (!open) {
        (void)json_object_set_new(fields, "answer", json_string(state));
    }
    notice(taking, open ? "line_disputed" : "dispute_answered", event, fields);
}

static void take_disputes(struct taking *taking)
{
    const json_t *row = NULL;
    size_t i = 0;

    json_array_foreach(json_object_get(taking->look->disputes, "disputes"), i, row)
    {
        take_dispute(taking, row);
    }
}

/* --- the daemon itself --- */

static void take_disk(struct taking *taking)
{
    const json_t *disk = json_object_get(taking->look->health, "disk");
    const char *state = notices_text(disk, "state");
    const char *before = notices_text(taking->before, "disk");
    json_int_t free_bytes = notices_integer(disk, "free_bytes");
    char key[KEY_SIZE];

    if (disk == NULL) {
        state = before;
    }
    if (strcmp(state, "") != 0 && strcmp(state, "ok") != 0) {
        (void)json_object_set_new(taking->marks, "disk", json_string(state));
    }
    (void)snprintf(key, sizeof key, "%s:%" PRId64, state, taking->look->real_ms);
    bool worse = strcmp(state, "full") == 0 || strcmp(before, "") == 0;
    if (strcmp(state, "ok") == 0 && strcmp(before, "") != 0) {
        notice(taking, "disk_ok", strchr(key, ':') + 1,
               json_pack("{s:I}", "free_bytes", free_bytes));
    } else if (strcmp(state, "ok") != 0 && strcmp(state, before) != 0 && worse) {
        notice(taking, "disk_fills", key,
               json_pack("{s:s,s:I}", "state", state, "free_bytes", free_bytes));
    }
}

static void format_real(struct taking *taking, int64_t at_ms, char ret_text[INSTANT_TEXT_SIZE])
{
    instant_format(at_ms - at_ms % 1000, (int32_t)notices_integer(taking->memory, "zone_min"),
                   ret_text);
}

/* Nobody answers: all marks stay as they were. */
static void take_silence(struct taking *taking)
{
    const json_t *before = json_object_get(taking->before, "daemon");
    json_int_t looks = notices_integer(before, "looks") + 1;
    json_int_t since =
        before == NULL ? (json_int_t)taking->look->real_ms : notices_integer(before, "since_ms");
    char text[INSTANT_TEXT_SIZE];
    char key[KEY_SIZE];

    (void)json_object_update(taking->marks, taking->before);
    if (looks > SILENT_LOOKS) {
        return;
    }
    (void)json_object_set_new(taking->marks, "daemon",
                              json_pack("{s:I,s:I}", "looks", looks, "since_ms", since));
    if (looks == SILENT_LOOKS) {
        format_real(taking, since, text);
        (void)snprintf(key, sizeof key, "%lld", (long long)since);
        notice(taking, "daemon_silent", key,
               json_pack("{s:s,s:s}", "since", text, "why", taking->look->why));
    }
}

static void take_answer(struct taking *taking)
{
    const json_t *before = json_object_get(taking->before, "daemon");
    char key[KEY_SIZE];
    char text[INSTANT_TEXT_SIZE];

    if (notices_integer(before, "looks") >= SILENT_LOOKS) {
        format_real(taking, notices_integer(before, "since_ms"), text);
        (void)snprintf(key, sizeof key, "%" PRId64, notices_integer(before, "since_ms"));
        notice(taking, "daemon_answers", key, json_pack("{s:s}", "since", text));
    }
}

/* --- the look --- */

/* Whose ledger it is. At the first look of it, what is over is passed over. */
static void take_head(json_t *memory, const json_t *head)
{
    static const char *const kept[] = {"network", "alliance", "test"};
    const json_t *people = json_object_get(head, "people");
    bool first = strcmp(notices_text(memory, "network"), notices_text(head, "network")) != 0;

    for (size_t i = 0; i < sizeof kept / sizeof kept[0]; i++) {
        (void)json_object_set_new(memory, kept[i], json_copy(json_object_get(head, kept[i])));
    }
    (void)json_object_set_new(memory, "zone_min",
                              json_integer(notices_integer(people, "zone_min")));
    if (first) {
        json_t *over = json_integer((json_int_t)json_array_size(json_object_get(head, "cycles")));
        (void)json_object_set(memory, "cycles", over);
        (void)json_object_set_new(memory, "objections", over);
        (void)json_object_set_new(memory, "from", json_string(notices_text(head, "cycle_from")));
        (void)json_object_set_new(memory, "marks", json_object());
    }
}

void notices_take(json_t *memory, const struct look *look)
{
    struct taking taking = {.memory = memory, .look = look, .marks = json_object()};

    if (json_array_size(json_object_get(memory, "waiting")) >= NOTICES_WAITING_MAX) {
        json_decref(taking.marks);
        return;
    }
    if (look->head != NULL) {
        take_head(memory, look->head);
        instant_format(notices_integer(look->head, "now_ms"),
                       (int32_t)notices_integer(memory, "zone_min"), taking.at);
    } else {
        format_real(&taking, look->real_ms, taking.at);
    }
    taking.before = json_incref(json_object_get(memory, "marks"));
    if (look->head == NULL) {
        take_silence(&taking);
    } else {
        take_answer(&taking);
        take_cycles(&taking);
        take_silent(&taking);
        take_days(&taking);
        take_frozen(&taking);
        take_proposals(&taking);
        take_suspense(&taking);
        take_disputes(&taking);
        take_disk(&taking);
    }
    (void)json_object_set_new(memory, "marks", taking.marks);
    json_decref(taking.before);
}
