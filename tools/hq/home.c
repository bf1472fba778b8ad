#include "tools/hq/home.h"

#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "clearing/base/hex.h"
#include "tools/text.h"

const char *home_dir(const char *option, const char *verb)
{
    const char *dir = option != NULL ? option : getenv("ALLCLEAR_DIR");

    if (dir == NULL || *dir == '\0') {
        fprintf(stderr, _("allclear %s: say which folder: --dir DIR, or ALLCLEAR_DIR\n"), verb);
        return NULL;
    }
    return dir;
}

bool home_is_stores(const char *dir)
{
    char path[FILES_PATH_MAX];

    return files_path(dir, "node.json", path, NULL) && access(path, F_OK) == 0;
}

bool home_is_made(const char *dir)
{
    char path[FILES_PATH_MAX];

    return files_path(dir, "journal/data.mdb", path, NULL) && access(path, F_OK) == 0;
}

struct sign_key *home_key(const char *dir, const char *name, struct fault *ret_fault)
{
    char path[FILES_PATH_MAX];
    char key[64];

    (void)snprintf(key, sizeof key, "keys/%s", name);
    return files_path(dir, key, path, ret_fault) ? sign_key_load(path, ret_fault) : NULL;
}

code_t home_person(void)
{
    const char *name = getenv("ALLCLEAR_PERSON");
    const struct passwd *user = getpwuid(getuid());

    if (name == NULL && user != NULL) {
        name = user->pw_name;
    }
    return name != NULL && code_valid(slice_of(name)) ? code_of(slice_of(name))
                                                      : code_of(slice_of("hq"));
}

struct sign_key *home_person_key(const char *dir, const code_t *person, struct fault *ret_fault)
{
    char path[FILES_PATH_MAX];
    char name[CODE_LEN_MAX + 32];
    const char *elsewhere = getenv("ALLCLEAR_KEY");

    if (elsewhere != NULL) {
        return sign_key_load(elsewhere, ret_fault);
    }
    (void)snprintf(name, sizeof name, "keys/people/%s.pem", person->text);
    if (!files_path(dir, name, path, ret_fault)) {
        return NULL;
    }
    if (access(path, F_OK) != 0) {
        (void)fault_set(ret_fault,
                        FAULT_FORMAT,
                        "UNKNOWN_KEY: there is no key of %s in %s: say who acts (--as PERSON), or "
                        "where the key is (ALLCLEAR_KEY)",
                        person->text,
                        path);
        return NULL;
    }
    return sign_key_load(path, ret_fault);
}

bool home_line(const char *dir, const char *name, char *ret_line, size_t size)
{
    char path[FILES_PATH_MAX];

    if (!files_path(dir, name, path, NULL)) {
        return false;
    }
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        return false;
    }
    bool good = fgets(ret_line, (int)size, file) != NULL &&
                (strchr(ret_line, '\n') != NULL || feof(file));
    (void)fclose(file);
    if (good) {
        ret_line[strcspn(ret_line, "\r\n")] = '\0';
    }
    return good;
}

bool home_token_key(const char *dir, uint8_t ret_key[MEMBER_TOKEN_KEY_LEN], bool *ret_has,
                    struct fault *ret_fault)
{
    char path[FILES_PATH_MAX];
    char line[2 * MEMBER_TOKEN_KEY_LEN + 2];

    if (!files_path(dir, HOME_TOKEN_KEY, path, ret_fault)) {
        return false;
    }
    *ret_has = access(path, F_OK) == 0;
    bool good = !*ret_has || (home_line(dir, HOME_TOKEN_KEY, line, sizeof line) &&
                              hex_read(line, ret_key, MEMBER_TOKEN_KEY_LEN));
    explicit_bzero(line, sizeof line);
    return good || fault_set(ret_fault, FAULT_IO, "%s: cannot be read: 64 hex digits", path);
}

bool home_write_report(const char *dir, const char *id, const char *bytes, size_t len,
                       struct fault *ret_fault)
{
    char folder[FILES_PATH_MAX];
    char path[FILES_PATH_MAX];
    char name[64];

    (void)snprintf(name, sizeof name, "%s.json", id);
    return files_path(dir, "reports", folder, ret_fault) && files_make_dir(folder, ret_fault) &&
           files_path(folder, name, path, ret_fault) && files_write(path, bytes, len, ret_fault);
}

int64_t home_clock_ms(void)
{
    struct timespec now;

    CHECK(clock_gettime(CLOCK_REALTIME, &now) == 0);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int home_complain(const char *verb, const struct fault *fault)
{
    fprintf(stderr, "allclear %s: %s\n", verb, fault->text);
    switch (fault->category) {
    case FAULT_FORMAT:
        return EX_DATAERR;
    case FAULT_CRYPTO:
    case FAULT_STORE:
        return EX_CONFIG;
    case FAULT_IO:
        return EX_IOERR;
    case FAULT_NONE:
    case FAULT_LIMIT:
    case FAULT_INTERNAL:
        return EX_SOFTWARE;
    }
    return EX_SOFTWARE;
}
