/* allclear freeze, allclear unfreeze: a store's batches are not taken, or again. */
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "tools/hq/args.h"
#include "tools/hq/hq_verbs.h"
#include "tools/hq/inquire.h"
#include "tools/hq/submit.h"
#include "clearing/base/hex.h"
#include "tools/text.h"

static const char *freeze_usage(void)
{
    return _("Usage: allclear freeze STORE --reason TEXT --dir DIR\n"
             "\n"
             "Take no more batches of a store; its till goes on and its outbox keeps them.\n"
             "\n"
             "Example:\n"
             "  allclear freeze B --reason 'till was stolen' --dir /var/lib/allclear\n");
}

static const char *unfreeze_usage(void)
{
    return _("Usage: allclear unfreeze STORE [--reason TEXT] --dir DIR\n"
             "\n"
             "Take a store's batches again, from where it stood. After an equivocation its key "
             "should be\n"
             "another one: invite and approve it first.\n"
             "\n"
             "Example:\n"
             "  allclear unfreeze B --dir /var/lib/allclear\n");
}

/* Where the store stands. Returns: false after a complaint. */
static bool stand_of(const char *verb, const json_t *head, const char *store, uint64_t *ret_next,
                     uint8_t ret_last[DIGEST_LEN])
{
    const json_t *row = NULL;
    size_t i = 0;

    json_array_foreach(json_object_get(head, "stores"), i, row)
    {
        const char *code = json_string_value(json_object_get(row, "store"));
        const char *last = json_string_value(json_object_get(row, "last"));
        if (code != NULL && strcmp(code, store) == 0 && last != NULL &&
            hex_read(last, ret_last, DIGEST_LEN)) {
            *ret_next = (uint64_t)json_integer_value(json_object_get(row, "next"));
            return true;
        }
    }
    fprintf(stderr, _("allclear %s: the alliance has no store %s\n"), verb, store);
    return false;
}

static int run(const struct args *args, hq_type_t type, int argc, char **argv, const char **option,
               const char **reason)
{
    uint8_t last[DIGEST_LEN];
    uint64_t next = 0;
    struct fault fault = {0};
    char **words = NULL;
    int code = EX_OK;

    if (!args_read(args, argc, argv, &words, &code)) {
        return code;
    }
    const char *dir = home_dir(*option, args->verb);
    if (dir == NULL) {
        return EX_USAGE;
    }
    if (type == HQ_FREEZE && *reason == NULL) {
        fputs(_("allclear freeze: say why: --reason TEXT\n"), stderr);
        return EX_USAGE;
    }
    json_t *head = inquire(dir, "head", &fault);
    if (head == NULL) {
        return home_complain(args->verb, &fault);
    }
    bool known = stand_of(args->verb, head, words[0], &next, last);
    json_decref(head);
    if (!known) {
        return EX_DATAERR;
    }
    struct hq_body body = {
        .type = type,
        .freeze = {slice_of(words[0]), next, type == HQ_UNFREEZE ? last : NULL},
    };
    if (!submit_one(dir, *reason, &body, &fault)) {
        return home_complain(args->verb, &fault);
    }
    printf(type == HQ_FREEZE ? _("Store %s is frozen from batch %" PRIu64 " on.\n")
                             : _("Store %s goes on with batch %" PRIu64 ".\n"),
           words[0],
           next);
    return EX_OK;
}

int verb_freeze(int argc, char **argv)
{
    const char *dir = NULL;
    const char *reason = NULL;
    const struct arg list[] = {{"dir", &dir, NULL}, {"reason", &reason, NULL}};
    struct args args = {"freeze", freeze_usage(), list, 2, 1, 1};

    return run(&args, HQ_FREEZE, argc, argv, &dir, &reason);
}

int verb_unfreeze(int argc, char **argv)
{
    const char *dir = NULL;
    const char *reason = NULL;
    const struct arg list[] = {{"dir", &dir, NULL}, {"reason", &reason, NULL}};
    struct args args = {"unfreeze", unfreeze_usage(), list, 2, 1, 1};

    return run(&args, HQ_UNFREEZE, argc, argv, &dir, &reason);
}
