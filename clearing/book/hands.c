#include "clearing/book/hands.h"

#include <string.h>

#define FUTURE_MS (5 * 60000)

static bool refuse(struct fault *ret_fault, const char *text)
{
    return fault_set(ret_fault, FAULT_FORMAT, "%s", text);
}

/* --- one hand --- */

static bool signed_by(const struct hq_door *door, const uint8_t public_key[SIGN_PUBLIC_LEN],
                      const uint8_t *signature)
{
    return sign_verify_message(
        public_key, SIGN_RECORD, door->body.network, door->record.body, signature);
}

/* Headquarters' key, which an init record names itself. */
static bool signed_by_hq(const struct hq_door *door, struct fault *ret_fault)
{
    const uint8_t *key =
        door->body.type == HQ_INIT ? door->body.init.hq_key : door->book->hq_key;
    uint8_t id[SIGN_KEY_ID_LEN];

    sign_key_id(key, id);
    if (!digest_equal(id, door->record.key_id) || !signed_by(door, key, door->record.signature)) {
        return fault_set(ret_fault, FAULT_CRYPTO, "the record is not signed by headquarters' key");
    }
    return true;
}

/* The first name of a set of roles. */
static const char *role_words(uint32_t roles)
{
    for (uint32_t bit = 1; bit != 0 && bit <= roles; bit <<= 1) {
        if ((roles & bit) != 0) {
            return role_bit_name(bit);
        }
    }
    return "nobody";
}

static bool may(const struct hq_door *door, const struct person *person, uint32_t roles,
                struct fault *ret_fault)
{
    if (person->roles == 0) {
        return fault_set(
            ret_fault, FAULT_FORMAT, "HAS_LEFT: %s has left", person->code.text);
    }
    if ((person->roles & roles) == 0) {
        return fault_set(ret_fault,
                         FAULT_FORMAT,
                         "WRONG_ROLE: %s is no %s, which `%s` needs (allclear operator roles)",
                         person->code.text,
                         role_words(roles),
                         hq_type_name(door->body.type));
    }
    return true;
}

/* The person of a key. NULL with ret_fault: nobody's. */
static const struct person *holder(const struct hq_door *door, const uint8_t *key_id,
                                   struct fault *ret_fault)
{
    const struct person *person = people_of_key(&door->book->people, key_id);
    uint8_t hq_id[SIGN_KEY_ID_LEN];

    if (person != NULL) {
        return person;
    }
    sign_key_id(door->book->hq_key, hq_id);
    if (digest_equal(hq_id, key_id)) {
        (void)fault_set(ret_fault,
                        FAULT_FORMAT,
                        "WRONG_ROLE: headquarters' key only appoints people; `%s` needs a %s: say "
                        "--as PERSON",
                        hq_type_name(door->body.type),
                        role_words(roles_of_type(door->body.type)->first));
    } else {
        (void)fault_set(
            ret_fault, FAULT_CRYPTO, "UNKNOWN_KEY: the key that signed is nobody's here");
    }
    return NULL;
}

/* The person who decided: his key, his name, his role. */
static const struct person *first_hand(const struct hq_door *door, const struct role_rule *rule,
                                       struct fault *ret_fault)
{
    const struct person *person = holder(door, door->record.key_id, ret_fault);

    if (person == NULL) {
        return NULL;
    }
    if (!slice_equal(code_slice(&person->code), door->body.person)) {
        (void)fault_set(ret_fault,
                        FAULT_CRYPTO,
                        "UNKNOWN_KEY: the key is %s's, the record says %.*s",
                        person->code.text,
                        (int)door->body.person.len,
                        door->body.person.text);
        return NULL;
    }
    if (!may(door, person, rule->first, ret_fault)) {
        return NULL;
    }
    if (!signed_by(door, person->public_key, door->record.signature)) {
        (void)fault_set(ret_fault,
                        FAULT_CRYPTO,
                        "BAD_SIGNATURE: %s has not signed these bytes",
                        person->code.text);
        return NULL;
    }
    return person;
}

/* --- two people --- */

static bool in_time(const struct hq_door *door, struct fault *ret_fault)
{
    uint8_t digest[DIGEST_LEN];

    if (door->body.created_ms > door->received_ms + FUTURE_MS) {
        return refuse(ret_fault, "FUTURE: the proposal was made later than now");
    }
    if (door->received_ms - door->body.created_ms > PROPOSAL_AGE_MAX_MS) {
        return refuse(ret_fault, "TOO_OLD: the proposal is over 30 days old: make it again");
    }
    digest_sha256((const uint8_t *)door->record.body.text, door->record.body.len, digest);
    if (people_has_counted(&door->book->people, digest)) {
        return refuse(ret_fault, "ALREADY_APPLIED: this proposal has counted already");
    }
    return true;
}

static bool may_approve(const struct hq_door *door, const struct person *first,
                        const struct person *second, struct fault *ret_fault)
{
    if (slice_equal(code_slice(&first->code), code_slice(&second->code))) {
        return fault_set(ret_fault,
                         FAULT_FORMAT,
                         "SAME_PERSON: %s made this proposal; another person must approve it",
                         first->code.text);
    }
    return may(door, second, roles_of_type(door->body.type)->second, ret_fault);
}

bool hands_check_proposal(const struct hq_door *door, const struct person *second,
                          struct fault *ret_fault)
{
    const struct role_rule *rule = roles_of_type(door->body.type);

    if (rule == NULL || rule->second == 0 || door->body.number != 0) {
        return refuse(ret_fault, "NUMBER: this is no record of two people, or it has a number");
    }
    if (door->book->people.count == 0) {
        return fault_set(ret_fault,
                         FAULT_FORMAT,
                         "NO_PEOPLE: `%s` takes two people: appoint them first (allclear operator "
                         "add)",
                         hq_type_name(door->body.type));
    }
    const struct person *first = first_hand(door, rule, ret_fault);
    if (first == NULL || (second != NULL && !may_approve(door, first, second, ret_fault))) {
        return false;
    }
    return in_time(door, ret_fault);
}

static bool two_hands(const struct hq_door *door, struct fault *ret_fault)
{
    if (door->record.second_key_id == NULL) {
        return fault_set(ret_fault,
                         FAULT_FORMAT,
                         "ONE_HAND: `%s` takes two people: a second one must approve it",
                         hq_type_name(door->body.type));
    }
    if (!hands_check_proposal(door, NULL, ret_fault)) {
        return false;
    }
    const struct person *first = people_of_key(&door->book->people, door->record.key_id);
    const struct person *second = holder(door, door->record.second_key_id, ret_fault);
    if (second == NULL || !may_approve(door, first, second, ret_fault)) {
        return false;
    }
    return signed_by(door, second->public_key, door->record.second_signature) ||
           fault_set(ret_fault,
                     FAULT_CRYPTO,
                     "BAD_SIGNATURE: %s has not signed these bytes",
                     second->code.text);
}

/* --- the check --- */

static bool number_next(const struct hq_door *door, struct fault *ret_fault)
{
    uint64_t next = door->book->hq_number + 1;

    if (door->body.number == next) {
        return true;
    }
    return fault_set(ret_fault,
                     FAULT_FORMAT,
                     "headquarters' record has number %llu, expected %llu: make it again",
                     (unsigned long long)door->body.number,
                     (unsigned long long)next);
}

bool hands_check(const struct hq_door *door, struct fault *ret_fault)
{
    const struct role_rule *rule = roles_of_type(door->body.type);

    CHECK(rule != NULL); /* it was decoded */
    if (rule->second != 0) {
        return two_hands(door, ret_fault);
    }
    if (!number_next(door, ret_fault)) {
        return false;
    }
    if (door->record.second_key_id != NULL) {
        return refuse(ret_fault, "SECOND_HAND: one person's signature is enough, and all there is");
    }
    if (rule->first == 0 || door->book->people.count == 0) {
        return signed_by_hq(door, ret_fault);
    }
    return first_hand(door, rule, ret_fault) != NULL;
}

/* --- operators --- */

/* A key is one person's for ever, and no other key of the alliance. */
static bool key_is_free(const struct hq_door *door, const struct person *person)
{
    const struct person *other = people_of_key(&door->book->people, person->key_id);
    bool own = other != NULL && slice_equal(code_slice(&other->code), code_slice(&person->code));

    return (other == NULL || own) &&
           memcmp(person->public_key, door->book->hq_key, SIGN_PUBLIC_LEN) != 0 &&
           memcmp(person->public_key, door->book->ledger_key, SIGN_PUBLIC_LEN) != 0 &&
           book_store_of_key(door->book, person->key_id).n == STORE_NONE.n;
}

static bool let_go(struct hq_door *door, struct person *person, struct fault *ret_fault)
{
    const struct person *known = people_find(&door->book->people, code_slice(&person->code));

    if (known == NULL || !digest_equal(known->key_id, person->key_id)) {
        return fault_set(ret_fault,
                         FAULT_FORMAT,
                         "operator: there is no %s with this key",
                         person->code.text);
    }
    if (known->roles == 0) {
        return fault_set(
            ret_fault, FAULT_FORMAT, "HAS_LEFT: %s has left already", person->code.text);
    }
    people_put(&door->book->people, person);
    return true;
}

bool hands_apply_operator(struct hq_door *door, struct fault *ret_fault)
{
    const struct hq_operator *operator = &door->body.operator;
    struct person person = {.code = code_of(operator->person), .roles = operator->roles};
    uint8_t proof[PEOPLE_PROOF_MAX];

    memcpy(person.public_key, operator->public_key, sizeof person.public_key);
    sign_key_id(person.public_key, person.key_id);
    if (operator->roles == 0) {
        return let_go(door, &person, ret_fault);
    }
    size_t len = people_proof(person.public_key, operator->person, proof);
    if (!sign_public_valid(person.public_key) ||
        !sign_verify_message(person.public_key,
                             SIGN_PERSON,
                             door->book->network,
                             (slice_t){(const char *)proof, (uint32_t)len},
                             operator->possession)) {
        return fault_set(ret_fault,
                         FAULT_CRYPTO,
                         "operator: %s has not proven that he holds this key",
                         person.code.text);
    }
    if (!key_is_free(door, &person)) {
        return refuse(ret_fault, "operator: the key is somebody else's: make another");
    }
    people_put(&door->book->people, &person);
    return true;
}
