/* allclear init: a new alliance: its folder, keys, first records. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "clearing/base/memory.h"
#include "clearing/crypto/member_token.h"
#include "tools/alliance/alliance.h"
#include "tools/hq/args.h"
#include "tools/hq/hq_verbs.h"
#include "tools/hq/init_questions.h"
#include "tools/hq/rules.h"
#include "tools/hq/rulebook.h"
#include "tools/hq/samples.h"
#include "clearing/base/hex.h"
#include "tools/node/wire.h"
#include "tools/text.h"

#define ADDRESS_DEFAULT "tcp://127.0.0.1:7401"

/* An init under way. */
struct making {
    const char *dir;
    struct init_choice choice;
    char conf[FILES_PATH_MAX]; /* of the alliance file in the folder */
    struct registry registry;
    struct terms terms;
    uint8_t network[SIGN_NETWORK_LEN];
    struct fault fault;
};

static const char *usage(void)
{
    return _("Usage: allclear init --dir DIR [--sample NAME | --alliance FILE] [OPTIONS]\n"
             "\n"
             "Make a new alliance in DIR: keys, journal, first records. Asks eight questions on a\n"
             "terminal when neither a sample nor a file is named.\n"
             "\n"
             "  --sample NAME     begin with a sample: f1 (headquarters pools), f2 (the seller "
             "keeps)\n"
             "  --alliance FILE   begin with an alliance file; it and its stores' file are copied\n"
             "  --id CODE         the alliance's code\n"
             "  --listen ADDRESS  where the daemon listens (default tcp://127.0.0.1:7401)\n"
             "  --test-clock      time is set with `allclear clock set`; everything says TEST\n"
             "  --start TIME      the test clock's first moment, a day or a time\n"
             "  --plain-members   keep members' telephone numbers as they are: by default stores "
             "send\n"
             "                    a token of the alliance's own key in their place\n"
             "\n"
             "Exit: 0 made, 64 usage, 65 the alliance file has errors, 73 DIR has a ledger "
             "already.\n"
             "\n"
             "Example:\n"
             "  allclear init --dir /var/lib/allclear --sample f1 --test-clock --start "
             "2026-03-01\n");
}

/* --- the alliance file --- */

static bool place_alliance(struct making *making)
{
    const struct init_choice *choice = &making->choice;
    struct sample_choice own = {
        .id = choice->id[0] != '\0' ? choice->id : NULL,
        .name = choice->name[0] != '\0' ? choice->name : NULL,
        .zone = choice->zone[0] != '\0' ? choice->zone : NULL,
        .day_start = choice->day_start[0] != '\0' ? choice->day_start : NULL,
    };

    return choice->sample[0] != '\0'
               ? samples_write(choice->sample, &own, making->dir, &making->fault)
               : rulebook_copy(choice->alliance, making->dir, &making->fault);
}

/* Read the alliance file and say what is wrong with it. */
static bool read_rules(struct making *making, const char *path)
{
    struct complaints complaints = {0};

    if (!alliance_read(path, &making->registry, &making->terms, &complaints)) {
        complaints_write(&complaints, stderr);
        return fault_set(
            &making->fault, FAULT_FORMAT, "%.200s: mend the alliance file, then again", path);
    }
    return true;
}

/* --- keys --- */

static bool make_signing_key(struct making *making, const char *name)
{
    char path[FILES_PATH_MAX];
    struct sign_key *key;
    bool good;

    if (!files_path(making->dir, name, path, &making->fault)) {
        return false;
    }
    if (access(path, F_OK) == 0) {
        return true; /* of an init that did not come to its end */
    }
    key = sign_key_new();
    good = sign_key_save(key, path, &making->fault);
    sign_key_free(key);
    return good;
}

static bool write_hex_line(struct making *making, const char *name, const uint8_t key[WIRE_KEY_LEN])
{
    char path[FILES_PATH_MAX];
    char line[2 * WIRE_KEY_LEN + 2];

    hex_write(key, WIRE_KEY_LEN, line);
    memcpy(line + 2 * WIRE_KEY_LEN, "\n", 2);
    bool good = files_path(making->dir, name, path, &making->fault) &&
                files_write(path, line, sizeof line - 1, &making->fault);
    explicit_bzero(line, sizeof line);
    return good;
}

static bool make_keys(struct making *making)
{
    uint8_t public_key[WIRE_KEY_LEN];
    uint8_t secret[WIRE_KEY_LEN];
    char folder[FILES_PATH_MAX];

    if (!files_path(making->dir, "keys", folder, &making->fault) ||
        !files_make_dir(folder, &making->fault) || !make_signing_key(making, "keys/ledger.pem") ||
        !make_signing_key(making, "keys/hq.pem")) {
        return false;
    }
    wire_make_keys(public_key, secret);
    bool good = write_hex_line(making, "keys/gate.key", secret) &&
                write_hex_line(making, "keys/gate.pub", public_key);
    if (good && !making->choice.plain_members) {
        member_token_key(secret);
        good = write_hex_line(making, HOME_TOKEN_KEY, secret);
    }
    explicit_bzero(secret, sizeof secret);
    return good;
}

/* --- records --- */

static bool put_records(struct making *making)
{
    struct hq_init init = {
        .alliance = code_slice(&making->terms.alliance),
        .test_clock = making->choice.test_clock,
    };
    struct submit *submit = NULL;

    if (init.test_clock) {
        init.start_ms = home_clock_ms();
        if (making->choice.start[0] != '\0' &&
            !rules_time(
                making->choice.start, &making->terms.days, &init.start_ms, &making->fault)) {
            return false;
        }
    }
    submit = submit_create(making->dir, &init, making->network, &making->fault);
    bool good = submit != NULL &&
                rules_put(submit, &making->registry, &making->terms, &making->fault) &&
                submit_finish(submit, &making->fault);
    submit_close(submit);
    return good;
}

/* A ledger that was not made to its end is none: take it away again. */
static void take_back(const char *dir)
{
    static const char *const names[] = {
        "journal/data.mdb", "journal/lock.mdb", "checkpoint.0", "checkpoint.1"};
    char path[FILES_PATH_MAX];

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (files_path(dir, names[i], path, NULL)) {
            (void)unlink(path);
        }
    }
}

static bool write_listen(struct making *making)
{
    char path[FILES_PATH_MAX];
    char line[INIT_ANSWER_SIZE + 1];
    const char *address =
        making->choice.listen[0] != '\0' ? making->choice.listen : ADDRESS_DEFAULT;

    if (strncmp(address, "tcp://", 6) != 0 || strlen(address) > HOME_ADDRESS_MAX) {
        return fault_set(&making->fault,
                         FAULT_FORMAT,
                         "%.100s: write the address as tcp://HOST:PORT",
                         address);
    }
    int len = snprintf(line, sizeof line, "%s\n", address);
    return files_path(making->dir, "listen", path, &making->fault) &&
           files_write(path, line, (size_t)len, &making->fault);
}

static bool make(struct making *making)
{
    const struct init_choice *choice = &making->choice;

    if (home_is_stores(making->dir)) {
        return fault_set(&making->fault, FAULT_FORMAT,
                         "%.200s is a store's folder: give headquarters one of its own",
                         making->dir);
    }
    /* look at a given file before anything is made */
    if (choice->alliance[0] != '\0') {
        if (!read_rules(making, choice->alliance)) {
            return false;
        }
        registry_deinit(&making->registry);
        terms_deinit(&making->terms);
        making->registry = (struct registry){0};
        making->terms = (struct terms){0};
    }
    if (!files_make_dir(making->dir, &making->fault) || !place_alliance(making) ||
        !files_path(making->dir, "alliance.conf", making->conf, &making->fault) ||
        !read_rules(making, making->conf)) {
        return false;
    }
    if (choice->id[0] != '\0' && strcmp(choice->id, making->terms.alliance.text) != 0) {
        return fault_set(&making->fault,
                         FAULT_FORMAT,
                         "--id %.40s: the alliance file says %s",
                         choice->id,
                         making->terms.alliance.text);
    }
    if (!make_keys(making) || !write_listen(making)) {
        return false;
    }
    if (!put_records(making)) {
        take_back(making->dir);
        return false;
    }
    return true;
}

static void say_made(const struct making *making)
{
    char text[2 * SIGN_NETWORK_LEN + 1];

    hex_write(making->network, SIGN_NETWORK_LEN, text);
    printf(making->choice.test_clock ? _("Made the TEST alliance %s in %s.\n")
                                     : _("Made the alliance %s in %s.\n"),
           making->terms.alliance.text,
           making->dir);
    printf(_("Network fingerprint (everyone pins it): %s\n"), text);
    const char *listen = making->choice.listen;
    printf(_("Next:\n"
             "  allcleard --dir %s%s%s\n"
             "  allclear invite STORE --dir %s      (a kit for each store)\n"
             "Keep a copy of %s/keys apart from the backups.\n"),
           making->dir,
           listen[0] != '\0' ? " --listen " : "",
           listen,
           making->dir,
           making->dir);
}

/* Options into the choice. Returns: EX_OK, or the exit code. */
static int take_choice(struct making *making, int argc, char **argv)
{
    const char *dir = NULL;
    const char *values[5] = {NULL};
    struct init_choice *choice = &making->choice;
    const struct arg list[] = {
        {"dir", &dir, NULL},           {"sample", &values[0], NULL}, {"alliance", &values[1], NULL},
        {"id", &values[2], NULL},      {"listen", &values[3], NULL}, {"start", &values[4], NULL},
        {"test-clock", NULL, &choice->test_clock},
        {"plain-members", NULL, &choice->plain_members},
    };
    struct args args = {"init", usage(), list, sizeof list / sizeof list[0], 0, 0};
    char *targets[] = {
        choice->sample, choice->alliance, choice->id, choice->listen, choice->start};
    char **words = NULL;
    int code = EX_OK;

    if (!args_read(&args, argc, argv, &words, &code)) {
        return code == EX_OK ? -1 : code;
    }
    for (size_t i = 0; i < sizeof targets / sizeof targets[0]; i++) {
        const char *value = values[i] != NULL ? values[i] : "";
        size_t len = strlen(value);
        if (len >= INIT_ANSWER_SIZE) {
            fputs(_("allclear init: an option is too long\n"), stderr);
            return EX_USAGE;
        }
        memcpy(targets[i], value, len + 1);
    }
    making->dir = home_dir(dir, "init");
    return making->dir != NULL ? EX_OK : EX_USAGE;
}

static int check_choice(struct making *making)
{
    const struct init_choice *choice = &making->choice;

    if (home_is_made(making->dir)) {
        fprintf(stderr,
                _("allclear init: %s has a ledger already: name another folder\n"),
                making->dir);
        return EX_CANTCREAT;
    }
    if (choice->sample[0] == '\0' && choice->alliance[0] == '\0') {
        if (!isatty(STDIN_FILENO)) {
            fputs(_("allclear init: name --sample NAME or --alliance FILE (see --help)\n"), stderr);
            return EX_USAGE;
        }
        if (!init_ask(&making->choice)) {
            return EX_USAGE;
        }
    }
    if (choice->sample[0] != '\0' &&
        (choice->alliance[0] != '\0' || !samples_has(choice->sample))) {
        fputs(_("allclear init: name one sample (" SAMPLES_NAMES ") or one alliance file\n"),
              stderr);
        return EX_USAGE;
    }
    if (choice->start[0] != '\0' && !choice->test_clock) {
        fputs(_("allclear init: --start is for --test-clock only: a real network keeps real "
                "time\n"),
              stderr);
        return EX_USAGE;
    }
    return EX_OK;
}

int verb_init(int argc, char **argv)
{
    struct making *making = memory_zeroed(1, sizeof *making);

    int code = take_choice(making, argc, argv);
    if (code == EX_OK) {
        code = check_choice(making);
    }
    if (code == EX_OK) {
        if (make(making)) {
            say_made(making);
        } else {
            code = home_complain("init", &making->fault);
        }
    }
    registry_deinit(&making->registry);
    terms_deinit(&making->terms);
    free(making);
    return code < 0 ? EX_OK : code;
}
