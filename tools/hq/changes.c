#include "tools/hq/changes.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "clearing/base/memory.h"
#include "proto/codec/terms_codec.h"
#include "tools/render/words.h"
#include "tools/text.h"

__attribute__((format(printf, 2, 3))) static void say(struct changes *changes, const char *format,
                                                      ...)
{
    va_list args;

    MEMORY_GROW(changes->list, changes->count, changes->capacity);
    va_start(args, format);
    CHECK(vasprintf(&changes->list[changes->count], format, args) >= 0);
    va_end(args);
    changes->count++;
}

__attribute__((format(printf, 2, 3))) static void object(struct changes *changes,
                                                         const char *format, ...)
{
    va_list args;

    MEMORY_GROW(changes->errors, changes->error_count, changes->error_capacity);
    va_start(args, format);
    CHECK(vasprintf(&changes->errors[changes->error_count], format, args) >= 0);
    va_end(args);
    changes->error_count++;
}

/* --- who takes part --- */

static void compare_participant(struct changes *changes, const struct registry *was,
                                const struct registry *now, participant_t participant)
{
    const code_t *code = registry_participant_code(now, participant);
    const struct participant *new = &now->participants[participant.n];
    const code_t *party = &now->parties.codes[new->party];
    participant_t known = registry_find_participant(was, code_slice(code));

    if (known.n == PARTICIPANT_NONE.n) {
        say(changes, _("Participant %s joins (%s, party %s)."), code->text,
            words_of_role(new->role), party->text);
        return;
    }
    const struct participant *old = &was->participants[known.n];
    if (strcmp(old->name, new->name) != 0) {
        say(changes, _("Participant %s is called \"%s\" (was \"%s\")."), code->text, new->name,
            old->name);
    }
    if (old->role != new->role) {
        say(changes, _("Participant %s gets the role %s (was %s)."), code->text,
            words_of_role(new->role), words_of_role(old->role));
    }
    if (!slice_equal(code_slice(&was->parties.codes[old->party]), code_slice(party))) {
        say(changes, _("Participant %s belongs to the party %s (was %s)."), code->text, party->text,
            was->parties.codes[old->party].text);
    }
}

static void day_words(day_t day, day_t without, char text[DAY_TEXT_SIZE])
{
    if (day == without) {
        memcpy(text, "-", sizeof "-");
    } else {
        day_format(day, text);
    }
}

static void compare_store_days(struct changes *changes, const code_t *code, const struct store *old,
                               const struct store *new)
{
    char was[DAY_TEXT_SIZE];
    char now[DAY_TEXT_SIZE];

    if (old->opened != new->opened) {
        day_words(old->opened, DAY_MIN, was);
        day_words(new->opened, DAY_MIN, now);
        say(changes, _("Store %s: first day %s (was %s)."), code->text, now, was);
    }
    if (old->closed == new->closed) {
        return;
    }
    day_words(new->closed, DAY_MAX, now);
    if (new->closed == DAY_MAX) {
        say(changes, _("Store %s stays open."), code->text);
    } else {
        say(changes, _("Store %s closes after %s."), code->text, now);
    }
}

static void compare_store(struct changes *changes, const struct registry *was,
                          const struct registry *now, store_t store)
{
    const code_t *code = registry_store_code(now, store);
    const struct store *new = &now->stores[store.n];
    const code_t *owner = registry_participant_code(now, new->participant);
    store_t known = registry_find_store(was, code_slice(code));

    if (known.n == STORE_NONE.n) {
        say(changes, _("Store %s opens (participant %s)."), code->text, owner->text);
        return;
    }
    const struct store *old = &was->stores[known.n];
    const code_t *old_owner = registry_participant_code(was, old->participant);
    if (strcmp(old->name, new->name) != 0) {
        say(changes, _("Store %s is called \"%s\" (was \"%s\")."), code->text, new->name,
            old->name);
    }
    if (!slice_equal(code_slice(owner), code_slice(old_owner))) {
        say(changes, _("Store %s goes over to the participant %s (was %s)."), code->text,
            owner->text, old_owner->text);
    }
    compare_store_days(changes, code, old, new);
}

static void compare_registry(struct changes *changes, const struct registry *was,
                             const struct registry *now)
{
    for (uint32_t i = 0; i < was->participant_codes.count; i++) {
        const code_t *code = &was->participant_codes.codes[i];
        if (registry_find_participant(now, code_slice(code)).n == PARTICIPANT_NONE.n) {
            object(changes, _("Participant %s is missing: rows are never deleted."), code->text);
        }
    }
    for (uint32_t i = 0; i < was->store_codes.count; i++) {
        const code_t *code = &was->store_codes.codes[i];
        if (registry_find_store(now, code_slice(code)).n == STORE_NONE.n) {
            object(changes, _("Store %s is missing: give it a last day (closed) instead."),
                   code->text);
        }
    }
    for (uint32_t i = 0; i < now->participant_codes.count; i++) {
        compare_participant(changes, was, now, (participant_t){i});
    }
    for (uint32_t i = 0; i < now->store_codes.count; i++) {
        compare_store(changes, was, now, (store_t){i});
    }
    changes->registry = changes->count > 0;
}

/* --- rules --- */

/* Say which facts of an entry differ. */
static void compare_facts(struct changes *changes, const char *what, const char *id,
                          const struct facts *was, const struct facts *now)
{
    for (uint32_t i = 0; i < now->count && i < was->count; i++) {
        if (strcmp(was->list[i].text, now->list[i].text) != 0) {
            say(changes, _("%s %s: %s becomes %s (was %s)."), what, id, now->list[i].label,
                now->list[i].text, was->list[i].text);
        }
    }
}

/* A list of entries of one kind, each beginning with its id. */
struct entries {
    const char *what; /* translated */
    const char *list; /* of the file */
    const char *first;
    size_t size;
    uint32_t count;
    void (*facts)(const void *entry, struct facts *ret_facts);
};

static const code_t *entry_id(const struct entries *entries, uint32_t i)
{
    return (const code_t *)(const void *)(entries->first + i * entries->size);
}

static const void *entry_find(const struct entries *entries, const code_t *id)
{
    for (uint32_t i = 0; i < entries->count; i++) {
        if (slice_equal(code_slice(entry_id(entries, i)), code_slice(id))) {
            return entry_id(entries, i);
        }
    }
    return NULL;
}

static void compare_entries(struct changes *changes, const struct entries *was,
                            const struct entries *now)
{
    static struct facts old_facts;
    static struct facts new_facts;

    for (uint32_t i = 0; i < was->count; i++) {
        if (entry_find(now, entry_id(was, i)) == NULL) {
            object(changes, _("%s %s is missing in %s: give it a last day (to) instead."),
                   was->what, entry_id(was, i)->text, was->list);
        }
    }
    for (uint32_t i = 0; i < now->count; i++) {
        const code_t *id = entry_id(now, i);
        const void *known = entry_find(was, id);
        if (known == NULL) {
            say(changes, _("%s %s is new."), now->what, id->text);
            continue;
        }
        was->facts(known, &old_facts);
        now->facts(id, &new_facts);
        compare_facts(changes, now->what, id->text, &old_facts, &new_facts);
    }
}

static void product_facts(const void *entry, struct facts *ret_facts)
{
    facts_of_product(entry, ret_facts);
}

static void offer_facts(const void *entry, struct facts *ret_facts)
{
    facts_of_offer(entry, ret_facts);
}

static void discount_facts(const void *entry, struct facts *ret_facts)
{
    facts_of_discount(entry, ret_facts);
}

static void campaign_facts(const void *entry, struct facts *ret_facts)
{
    facts_of_campaign(entry, ret_facts);
}

#define LISTS 4
static void lists_of(const struct terms *terms, struct entries ret_lists[LISTS])
{
    ret_lists[0] = (struct entries){
        _("Product"), "products", (const char *)terms->products, sizeof *terms->products,
        terms->product_count, product_facts,
    };
    ret_lists[1] = (struct entries){
        _("Offer"), "offers", (const char *)terms->offers, sizeof *terms->offers,
        terms->offer_count, offer_facts,
    };
    ret_lists[2] = (struct entries){
        _("Discount"), "discounts", (const char *)terms->discounts, sizeof *terms->discounts,
        terms->discount_count, discount_facts,
    };
    ret_lists[3] = (struct entries){
        _("Campaign"), "campaigns", (const char *)terms->campaigns, sizeof *terms->campaigns,
        terms->campaign_count, campaign_facts,
    };
}

/* Are two versions the same but for their number and first day? */
static bool same_terms(const struct terms *was, const struct terms *now)
{
    struct terms a = *was; /* shallow: only to be written */
    struct terms b = *now;
    uint8_t *bytes = memory_resize(NULL, 2 * RECORD_LEN_MAX, 1);

    a.version = b.version = 1;
    a.from = b.from = DAY_MIN;
    size_t len = terms_codec_encode(&a, bytes, RECORD_LEN_MAX);
    bool same = len == terms_codec_encode(&b, bytes + RECORD_LEN_MAX, RECORD_LEN_MAX) &&
                memcmp(bytes, bytes + RECORD_LEN_MAX, len) == 0;
    free(bytes);
    return same;
}

static void compare_terms(struct changes *changes, const struct terms *was, const struct terms *now)
{
    static struct facts old_facts;
    static struct facts new_facts;
    struct entries old_lists[LISTS];
    struct entries new_lists[LISTS];
    uint32_t before = changes->count;

    if (was->days.zone_min != now->days.zone_min || was->days.start_min != now->days.start_min) {
        object(changes, _("The zone and the day's start cannot change."));
    }
    if (!slice_equal(code_slice(&was->alliance), code_slice(&now->alliance))) {
        object(changes, _("The alliance's code cannot change."));
    }
    facts_of_terms(was, &old_facts);
    facts_of_terms(now, &new_facts);
    compare_facts(changes, _("Alliance"), now->alliance.text, &old_facts, &new_facts);
    lists_of(was, old_lists);
    lists_of(now, new_lists);
    for (int i = 0; i < LISTS; i++) {
        compare_entries(changes, &old_lists[i], &new_lists[i]);
    }
    changes->terms = !same_terms(was, now);
    if (changes->terms && changes->count == before && changes->error_count == 0) {
        say(changes, _("Entries of the alliance file change their order."));
    }
}

void changes_find(const struct ground *ground, const struct registry *registry,
                  const struct terms *terms, struct changes *ret_changes)
{
    *ret_changes = (struct changes){0};
    compare_registry(ret_changes, &ground->registry, registry);
    if (ground->has_terms) {
        compare_terms(ret_changes, &ground->terms, terms);
    } else {
        ret_changes->terms = true;
        say(ret_changes, _("The first terms come into force."));
    }
}

void changes_write(const struct changes *changes, FILE *out)
{
    for (uint32_t i = 0; i < changes->count; i++) {
        fprintf(out, "%s\n", changes->list[i]);
    }
    for (uint32_t i = 0; i < changes->error_count; i++) {
        fprintf(out, _("Error: %s\n"), changes->errors[i]);
    }
}

void changes_deinit(struct changes *changes)
{
    for (uint32_t i = 0; i < changes->count; i++) {
        free(changes->list[i]);
    }
    for (uint32_t i = 0; i < changes->error_count; i++) {
        free(changes->errors[i]);
    }
    free(changes->list);
    free(changes->errors);
    *changes = (struct changes){0};
}
