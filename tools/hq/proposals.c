#include "tools/hq/proposals.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clearing/base/hex.h"
#include "clearing/book/book.h"
#include "proto/codec/opening.h"
#include "tools/hq/home.h"
#include "tools/node/files.h"
#include "tools/render/words.h"
#include "tools/text.h"

static void id_of(slice_t body, char ret_id[PROPOSAL_ID_SIZE])
{
    uint8_t digest[DIGEST_LEN];

    digest_sha256((const uint8_t *)body.text, body.len, digest);
    hex_write(digest, (PROPOSAL_ID_SIZE - 1) / 2, ret_id);
}

/* What the names of the files end with after their ids. */
#define ENDING_ONE ""
#define ENDING_SET ".set"
#define SET_LEN_MAX (16U << 20)

/* Returns: false when the name is none of ours: no path of somebody's making. */
static bool path_of(const char *dir, const char *id, const char *ending,
                    char ret_path[FILES_PATH_MAX])
{
    char name[32 + PROPOSAL_ID_SIZE];

    if (strlen(id) != PROPOSAL_ID_SIZE - 1 ||
        strspn(id, "0123456789abcdef") != PROPOSAL_ID_SIZE - 1) {
        return false;
    }
    (void)snprintf(name, sizeof name, "proposals/%s%s", id, ending);
    return files_path(dir, name, ret_path, NULL);
}

bool proposals_put(const char *dir, slice_t record, slice_t body, char ret_id[PROPOSAL_ID_SIZE],
                   struct fault *ret_fault)
{
    char folder[FILES_PATH_MAX];
    char path[FILES_PATH_MAX];

    id_of(body, ret_id);
    return files_path(dir, "proposals", folder, ret_fault) &&
           files_make_dir(folder, ret_fault) && path_of(dir, ret_id, ENDING_ONE, path) &&
           files_write(path, record.text, record.len, ret_fault);
}

static bool read_bytes(const char *path, struct proposal *ret_proposal)
{
    FILE *file = fopen(path, "re");

    if (file == NULL) {
        return false;
    }
    ret_proposal->len = fread(ret_proposal->bytes, 1, sizeof ret_proposal->bytes, file);
    bool good = ferror(file) == 0;
    (void)fclose(file);
    return good;
}

bool proposals_read(const char *dir, const char *id, struct proposal *ret_proposal,
                    struct fault *ret_fault)
{
    char path[FILES_PATH_MAX];
    char own[PROPOSAL_ID_SIZE];
    struct decode_fault fault;

    if (!path_of(dir, id, ENDING_ONE, path) || !read_bytes(path, ret_proposal)) {
        return fault_set(ret_fault,
                         FAULT_FORMAT,
                         "there is no proposal %.40s (allclear approve lists them)",
                         id);
    }
    slice_t bytes = {(const char *)ret_proposal->bytes, (uint32_t)ret_proposal->len};
    bool good = hq_decode_record(bytes, &ret_proposal->record, &fault) &&
                hq_decode_body(ret_proposal->record.body, &ret_proposal->body, &fault);
    if (good) {
        id_of(ret_proposal->record.body, own);
    }
    if (!good || strcmp(own, id) != 0) {
        return fault_set(ret_fault,
                         FAULT_FORMAT,
                         "CHANGED: %s is not what was proposed under this name: propose it again",
                         path);
    }
    memcpy(ret_proposal->id, own, sizeof own);
    return true;
}

static int name_compare(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

/* The ids of the files with this ending, sorted. */
static json_t *list(const char *dir, const char *ending)
{
    char folder[FILES_PATH_MAX];
    char path[FILES_PATH_MAX];
    struct dirent **names = NULL;
    json_t *ids = json_array();
    int count =
        files_path(dir, "proposals", folder, NULL) ? scandir(folder, &names, NULL, name_compare) : 0;

    for (int i = 0; i < count; i++) {
        char *name = names[i]->d_name;
        size_t id_len = PROPOSAL_ID_SIZE - 1;
        if (strlen(name) > id_len ? strcmp(name + id_len, ending) == 0 : ending[0] == '\0') {
            name[strnlen(name, id_len)] = '\0';
            if (path_of(dir, name, ending, path)) {
                json_array_append_new(ids, json_string(name));
            }
        }
        free(names[i]);
    }
    free(names);
    return ids;
}

json_t *proposals_list(const char *dir)
{
    return list(dir, ENDING_ONE);
}

int64_t proposals_next_ms(const char *dir, int64_t from_ms)
{
    static struct proposal proposal;
    json_t *ids = proposals_list(dir);
    const json_t *id = NULL;
    size_t i = 0;

    json_array_foreach(ids, i, id)
    {
        if (proposals_read(dir, json_string_value(id), &proposal, NULL) &&
            proposal.body.created_ms >= from_ms) {
            from_ms = proposal.body.created_ms + 1;
        }
    }
    json_decref(ids);
    return from_ms;
}

bool proposals_remove(const char *dir, const char *id, struct fault *ret_fault)
{
    char path[FILES_PATH_MAX];

    if (!path_of(dir, id, ENDING_ONE, path) || (unlink(path) != 0 && errno == ENOENT)) {
        return fault_set(ret_fault, FAULT_FORMAT, "there is no proposal %.40s", id);
    }
    return access(path, F_OK) != 0 ||
           fault_set_errno(ret_fault, errno, "cannot take %s away", path);
}

/* --- sets: an id a line --- */

bool proposals_put_set(const char *dir, const json_t *ids, char ret_id[PROPOSAL_ID_SIZE],
                       struct fault *ret_fault)
{
    char path[FILES_PATH_MAX];
    const json_t *id = NULL;
    char *text = NULL;
    size_t len = 0;
    size_t i = 0;
    FILE *memory = open_memstream(&text, &len);

    CHECK(memory != NULL);
    json_array_foreach(ids, i, id)
    {
        fprintf(memory, "%s\n", json_string_value(id));
    }
    CHECK(fclose(memory) == 0);
    (void)snprintf(ret_id, PROPOSAL_ID_SIZE, "%s", json_string_value(json_array_get(ids, 0)));
    bool good = path_of(dir, ret_id, ENDING_SET, path) && files_write(path, text, len, ret_fault);
    free(text);
    return good;
}

json_t *proposals_read_set(const char *dir, const char *id, struct fault *ret_fault)
{
    char path[FILES_PATH_MAX];
    char *text = NULL;
    size_t len = 0;
    char *rest = NULL;

    if (!path_of(dir, id, ENDING_SET, path) || access(path, F_OK) != 0) {
        (void)fault_set(ret_fault, FAULT_FORMAT,
                        "there is no set of proposals %.40s (allclear approve lists them)", id);
        return NULL;
    }
    if (!files_read(path, SET_LEN_MAX, &text, &len, ret_fault)) {
        return NULL;
    }
    json_t *ids = json_array();
    for (char *line = strtok_r(text, "\n", &rest); line != NULL;
         line = strtok_r(NULL, "\n", &rest)) {
        json_array_append_new(ids, json_string(line));
    }
    free(text);
    return ids;
}

json_t *proposals_list_sets(const char *dir)
{
    return list(dir, ENDING_SET);
}

void proposals_remove_set(const char *dir, const char *id)
{
    char path[FILES_PATH_MAX];

    if (path_of(dir, id, ENDING_SET, path)) {
        (void)unlink(path);
    }
}

bool proposals_waits(const char *dir, const char *id)
{
    char path[FILES_PATH_MAX];

    return path_of(dir, id, ENDING_ONE, path) && access(path, F_OK) == 0;
}

static void adjust_words(const struct hq_adjust *adjust, char ret_words[PROPOSAL_WORD_MAX])
{
    char yuan[MONEY_TEXT_SIZE];

    money_format_yuan(money(adjust->amount_fen), yuan);
    (void)snprintf(ret_words,
                   PROPOSAL_WORD_MAX,
                   adjust->about.len == 0 ? _("adjust: %.*s owes %.*s %s")
                                          : _("adjust: %.*s owes %.*s %s, about %.*s"),
                   (int)adjust->debtor.len,
                   adjust->debtor.text,
                   (int)adjust->creditor.len,
                   adjust->creditor.text,
                   yuan,
                   (int)adjust->about.len,
                   adjust->about.text == NULL ? "" : adjust->about.text);
}

static void reverse_words(const struct hq_reverse *reverse, char ret_words[PROPOSAL_WORD_MAX])
{
    static struct event event;
    struct decode_fault fault;
    char yuan[MONEY_TEXT_SIZE];

    CHECK(decode_event(reverse->event, &event, &fault)); /* hq_decode_body has looked at it */
    money_format_yuan(money(event.amount_fen), yuan);
    (void)snprintf(ret_words,
                   PROPOSAL_WORD_MAX,
                   event.type == EVENT_REFUND ? _("reverse %.*s:%.*s:%llu: refund of %s")
                                              : _("reverse %.*s:%.*s:%llu: void"),
                   (int)event.of.store.len,
                   event.of.store.text,
                   (int)event.of.terminal.len,
                   event.of.terminal.text,
                   (unsigned long long)event.of.number,
                   yuan);
}

static void suspense_words(const struct hq_suspense *suspense, char ret_words[PROPOSAL_WORD_MAX])
{
    static struct event event;
    struct decode_fault fault;
    char yuan[MONEY_TEXT_SIZE];

    CHECK(decode_event(suspense->item.event, &event, &fault)); /* hq_decode_body has looked at it */
    size_t len = (size_t)snprintf(ret_words, PROPOSAL_WORD_MAX,
                                  suspense->way == SUSPENSE_RETRY
                                      ? _("suspense %.*s:%.*s:%llu: tried again")
                                  : suspense->way == SUSPENSE_RETURN
                                      ? _("suspense %.*s:%.*s:%llu: returned by the store")
                                      : _("suspense %.*s:%.*s:%llu:"),
                                  (int)suspense->item.store.len, suspense->item.store.text,
                                  (int)event.terminal.len, event.terminal.text,
                                  (unsigned long long)event.number);
    for (uint32_t i = 0; i < suspense->share_count && len < PROPOSAL_WORD_MAX; i++) {
        const struct hq_share *share = &suspense->shares[i];
        money_format_yuan(money(share->amount_fen), yuan);
        len += (size_t)snprintf(ret_words + len, PROPOSAL_WORD_MAX - len,
                                i == 0 ? _(" %.*s owes %.*s %s") : _(", %.*s owes %.*s %s"),
                                (int)share->debtor.len, share->debtor.text,
                                (int)suspense->creditor.len, suspense->creditor.text, yuan);
    }
}

static void opening_words(slice_t bytes, char ret_words[PROPOSAL_WORD_MAX])
{
    static struct opening_seal seal;
    struct decode_fault fault;
    int128_t sums[4] = {0};
    uint64_t lots = 0;
    char principal[MONEY_TEXT_SIZE];
    char bonus[MONEY_TEXT_SIZE];

    CHECK(opening_decode_seal(bytes, &seal, &fault)); /* hq_decode_body has looked at it */
    for (uint32_t i = 0; i < seal.count; i++) {
        lots += seal.totals[i].lots;
        sums[0] += seal.totals[i].principal_fen;
        sums[1] += seal.totals[i].bonus_fen;
        sums[2] += seal.totals[i].points;
        sums[3] += seal.totals[i].uses;
    }
    money_sum_format_yuan((money_sum_t){sums[0]}, principal);
    money_sum_format_yuan((money_sum_t){sums[1]}, bonus);
    (void)snprintf(ret_words, PROPOSAL_WORD_MAX,
                   _("opening of %llu lots: principal %s, bonus %s, points %lld, uses %lld"),
                   (unsigned long long)lots, principal, bonus, (long long)sums[2],
                   (long long)sums[3]);
}

void proposals_words(const struct hq_body *body, char ret_words[PROPOSAL_WORD_MAX])
{
    if (body->type == HQ_ADJUST) {
        adjust_words(&body->adjust, ret_words);
    } else if (body->type == HQ_REVERSE) {
        reverse_words(&body->reverse, ret_words);
    } else if (body->type == HQ_SUSPENSE) {
        suspense_words(&body->suspense, ret_words);
    } else if (body->type == HQ_MEMBER) {
        (void)snprintf(ret_words, PROPOSAL_WORD_MAX,
                       body->member.replaced ? _("member %llu is replaced by %llu")
                                             : _("member %llu becomes one with %llu"),
                       (unsigned long long)body->member.from,
                       (unsigned long long)body->member.into);
    } else if (body->type == HQ_DISPUTE) {
        (void)snprintf(ret_words, PROPOSAL_WORD_MAX,
                       body->answer.stands ? _("dispute %.*s:%.*s:%llu: the line stands")
                                           : _("dispute %.*s:%.*s:%llu: the line falls"),
                       (int)body->answer.store.len, body->answer.store.text,
                       (int)body->answer.terminal.len, body->answer.terminal.text,
                       (unsigned long long)body->answer.number);
    } else if (body->type == HQ_OPENING) {
        opening_words(body->opening, ret_words);
    } else {
        (void)snprintf(ret_words, PROPOSAL_WORD_MAX, "%s", hq_type_name(body->type));
    }
}
