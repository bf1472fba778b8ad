#include "daemon/reports.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clearing/base/hex.h"
#include "clearing/base/memory.h"

#define REPORT_LEN_MAX (256U << 20)

static void path_of(const char *dir, const char *cycle, const char *end, char path[PATH_MAX])
{
    (void)snprintf(path, PATH_MAX, "%.3900s/reports/%s.%s", dir, cycle, end);
}

/* A file is whole under its name or not there. */
static bool write_file(const char *path, const char *text)
{
    char fresh[PATH_MAX + 8];

    (void)snprintf(fresh, sizeof fresh, "%s.new", path);
    FILE *file = fopen(fresh, "we");
    bool good = file != NULL && fputs(text, file) != EOF && fflush(file) == 0 &&
                fsync(fileno(file)) == 0;
    if (file != NULL && fclose(file) != 0) {
        good = false;
    }
    return good && rename(fresh, path) == 0;
}

bool reports_write(const char *dir, const struct book *book, const struct sign_key *key,
                   const char *cycle, const char *text, struct fault *ret_fault)
{
    uint8_t signature[SIGN_SIGNATURE_LEN];
    char hex[2 * SIGN_SIGNATURE_LEN + 2];
    char path[PATH_MAX];
    slice_t bytes = {text, (uint32_t)strlen(text)};

    (void)snprintf(path, sizeof path, "%.3900s/reports", dir);
    (void)mkdir(path, 0700);
    sign_message(key, SIGN_REPORT, book->network, bytes, signature);
    hex_write(signature, sizeof signature, hex);
    path_of(dir, cycle, "sig", path);
    if (!write_file(path, hex)) {
        return fault_set_errno(ret_fault, errno, "cannot write %.400s", path);
    }
    path_of(dir, cycle, "json", path);
    return write_file(path, text) ||
           fault_set_errno(ret_fault, errno, "cannot write %.400s", path);
}

/* Returns: the file's bytes with a NUL behind them; NULL: none. The caller frees. */
static char *read_file(const char *path, size_t *ret_len)
{
    FILE *file = fopen(path, "re");
    struct stat about;
    char *text = NULL;

    if (file == NULL) {
        return NULL;
    }
    if (fstat(fileno(file), &about) == 0 && about.st_size < REPORT_LEN_MAX) {
        text = memory_zeroed((size_t)about.st_size + 1, 1);
        *ret_len = fread(text, 1, (size_t)about.st_size, file);
    }
    (void)fclose(file);
    return text;
}

static bool is_signed(const char *dir, const struct book *book, const char *cycle, slice_t bytes)
{
    uint8_t signature[SIGN_SIGNATURE_LEN];
    char path[PATH_MAX];
    size_t len = 0;

    path_of(dir, cycle, "sig", path);
    char *hex = read_file(path, &len);
    bool good = hex != NULL && hex_read(hex, signature, sizeof signature) &&
                sign_verify_message(
                    book->ledger_key, SIGN_REPORT, book->network, bytes, signature);
    free(hex);
    return good;
}

json_t *reports_read(const char *dir, const struct book *book, const char *cycle,
                     struct fault *ret_fault)
{
    char path[PATH_MAX];
    size_t len = 0;

    path_of(dir, cycle, "json", path);
    char *text = read_file(path, &len);
    if (text == NULL) {
        return NULL;
    }
    json_t *report = NULL;
    if (is_signed(dir, book, cycle, (slice_t){text, (uint32_t)len})) {
        report = json_loadb(text, len, 0, NULL);
    }
    if (report == NULL) {
        fault_set(ret_fault, FAULT_CRYPTO,
                  "reports/%s.json is not what was written: stop the daemon, and allclear report "
                  "makes it again from the journal",
                  cycle);
    }
    free(text);
    return report;
}
