/* allclear invite: the kit that a store begins with. */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>

#include "clearing/base/code.h"
#include "tools/hq/approving.h"
#include "tools/hq/args.h"
#include "tools/hq/home.h"
#include "tools/hq/hq_verbs.h"
#include "tools/hq/inviting.h"
#include "tools/node/files.h"
#include "tools/text.h"

static const char *usage(void)
{
    return _("Usage: allclear invite STORE [--out KIT.json] [--address tcp://HOST:PORT] --dir DIR\n"
             "       allclear invite --all --into FOLDER [--address tcp://HOST:PORT] --dir DIR\n"
             "\n"
             "Write a kit for a store: the network, the daemon's address and keys, and a key that "
             "can\n"
             "do nothing but ask to join. Give it to the store as you would a password. The "
             "daemon must\n"
             "run. After `allclear join` at the store: allclear key approve STORE.\n"
             "\n"
             "  --out FILE         where the kit goes (default STORE.kit.json)\n"
             "  --all              a kit for every store that has no key and has not asked for one\n"
             "  --into FOLDER      where they go, as FOLDER/STORE.kit.json (made when missing)\n"
             "  --address ADDRESS  as the store reaches the daemon, where that differs\n"
             "\n"
             "Exit: 0 done, 69 no daemon runs.\n"
             "\n"
             "Example:\n"
             "  allclear invite A --out A.kit.json --dir /var/lib/allclear\n");
}

static int invite_one(const struct inviting *inviting, const char *store, const char *out)
{
    char path[CODE_LEN_MAX + 16];
    struct fault fault = {0};

    (void)snprintf(path, sizeof path, "%s.kit.json", store);
    out = out != NULL ? out : path;
    if (!inviting_write(inviting, store, out, &fault)) {
        return inviting_complain(inviting->dir, "invite", &fault);
    }
    printf(_("Wrote %s. At the store: allclear join %s --dir FOLDER; then here: allclear key "
             "approve %s\n"),
           out,
           out,
           store);
    return EX_OK;
}

static int invite_all(const struct inviting *inviting, const char *into)
{
    char path[FILES_PATH_MAX];
    char name[CODE_LEN_MAX + 16];
    struct fault fault = {0};
    const json_t *row = NULL;
    uint32_t count = 0;
    size_t i = 0;

    if (mkdir(into, 0700) != 0 && errno != EEXIST) {
        (void)fault_set_errno(&fault, errno, "cannot make the folder %s", into);
        return home_complain("invite", &fault);
    }
    json_array_foreach(json_object_get(inviting->head, "stores"), i, row)
    {
        const char *store = json_string_value(json_object_get(row, "store"));
        bool keyed = json_is_string(json_object_get(row, "key_id"));
        if (store == NULL || keyed || approving_row(inviting->head, "joins", store) != NULL) {
            continue;
        }
        (void)snprintf(name, sizeof name, "%s.kit.json", store);
        if (!files_path(into, name, path, &fault) ||
            !inviting_write(inviting, store, path, &fault)) {
            return inviting_complain(inviting->dir, "invite", &fault);
        }
        count++;
    }
    printf(_("Wrote %u kits into %s. At each store: allclear join KIT.json --dir FOLDER; then here: "
             "allclear key approve --list FILE.csv\n"),
           count,
           into);
    return EX_OK;
}

int verb_invite(int argc, char **argv)
{
    const char *option = NULL;
    const char *out = NULL;
    const char *into = NULL;
    struct inviting inviting = {0};
    bool all = false;
    const struct arg list[] = {{"dir", &option, NULL},
                               {"out", &out, NULL},
                               {"address", &inviting.address, NULL},
                               {"into", &into, NULL},
                               {"all", NULL, &all}};
    struct args args = {"invite", usage(), list, 5, 0, 1};
    struct fault fault = {0};
    char **words = NULL;
    int code = EX_OK;

    if (!args_read(&args, argc, argv, &words, &code)) {
        return code;
    }
    inviting.dir = home_dir(option, "invite");
    if (inviting.dir == NULL) {
        return EX_USAGE;
    }
    bool right = all ? words[0] == NULL && into != NULL && out == NULL
                     : words[0] != NULL && into == NULL && code_valid(slice_of(words[0]));
    if (!right ||
        (inviting.address != NULL && strncmp(inviting.address, "tcp://", 6) != 0)) {
        fputs(_("allclear invite: a store's code, or --all --into FOLDER; an address as "
                "tcp://HOST:PORT\n"),
              stderr);
        return EX_USAGE;
    }
    if (!inviting_begin(&inviting, &fault)) {
        return inviting_complain(inviting.dir, "invite", &fault);
    }
    code = all ? invite_all(&inviting, into) : invite_one(&inviting, words[0], out);
    json_decref(inviting.head);
    return code;
}
