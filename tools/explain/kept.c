#include "tools/explain/kept.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clearing/base/memory.h"
#include "tools/alliance/alliance.h"
#include "tools/alliance/scan.h"
#include "tools/text.h"

#define FORMAT "allclear-simulation/1"

/* Paths are made in one place, so that a too long one is refused and not cut. */
__attribute__((format(printf, 2, 3))) static bool path_make(char path[PATH_MAX], const char *format,
                                                            ...)
{
    va_list arguments;

    va_start(arguments, format);
    int len = vsnprintf(path, PATH_MAX, format, arguments);
    va_end(arguments);
    if (len < 0 || len >= PATH_MAX) {
        errno = ENAMETOOLONG;
        return false;
    }
    return true;
}

static bool fail(char reason[KEPT_REASON_SIZE], const char *path)
{
    snprintf(reason, KEPT_REASON_SIZE, "%.*s: %s", PATH_MAX, path, strerror(errno));
    return false;
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash == NULL ? path : slash + 1;
}

/* --- copying --- */

static bool pour(FILE *from, FILE *to)
{
    char bytes[65536];
    size_t len = 0;

    while ((len = fread(bytes, 1, sizeof bytes, from)) > 0) {
        if (fwrite(bytes, 1, len, to) != len) {
            return false;
        }
    }
    return ferror(from) == 0;
}

/* Copy by way of a new file, so that a file may be copied onto itself. */
static bool copy(const char *from, const char *to, char reason[KEPT_REASON_SIZE])
{
    char fresh[PATH_MAX];
    FILE *in = fopen(from, "re");

    if (in == NULL) {
        return fail(reason, from);
    }
    FILE *out = path_make(fresh, "%s.new", to) ? fopen(fresh, "we") : NULL;
    if (out == NULL) {
        fail(reason, to);
        fclose(in);
        return false;
    }
    bool good = pour(in, out);
    good = fclose(out) == 0 && good;
    fclose(in);
    good = good && rename(fresh, to) == 0;
    return good || fail(reason, to);
}

static bool directory_make(const char *path, char reason[KEPT_REASON_SIZE])
{
    return mkdir(path, 0777) == 0 || errno == EEXIST || fail(reason, path);
}

static bool directories_make(const char *dir, char reason[KEPT_REASON_SIZE])
{
    static const char *const places[] = {"", "/input", "/input/alliance", "/input/events"};
    char path[PATH_MAX];

    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        if (!path_make(path, "%s%s", dir, places[i])) {
            return fail(reason, dir);
        }
        if (!directory_make(path, reason)) {
            return false;
        }
    }
    return true;
}

/* --- the stores' file --- */

/* The name that the alliance file gives it: the one setting called `stores` that is a string (those
 * of multipliers are lists). Returns: false when it is not written as one plain string. */
static bool stores_name(const char *alliance, char ret_name[NAME_MAX + 1])
{
    struct complaints complaints = {0};
    struct source source = {0};
    struct scan scan = {0};
    bool found = false;

    if (!source_read(&source, alliance, ALLIANCE_LEN_MAX, SOURCE_UTF8, &complaints)) {
        return false;
    }
    if (scan_source(&source, &scan, &complaints)) {
        for (uint32_t i = 0; i < scan.count && !found; i++) {
            const struct scan_node *node = &scan.nodes[i];
            const char *value = source.text + node->value_at;
            if (strncmp(source.text + node->at, "stores", 6) != 0 || node->value_len < 3 ||
                value[0] != '"') {
                continue;
            }
            uint32_t len = node->value_len - 2;
            found = len <= NAME_MAX && memchr(value + 1, '"', len) == NULL &&
                    memchr(value + 1, '\\', len) == NULL;
            snprintf(ret_name, NAME_MAX + 1, "%.*s", (int)(found ? len : 0), value + 1);
        }
        scan_deinit(&scan);
    }
    source_deinit(&source);
    return found;
}

bool kept_begin(const char *dir, const char *alliance, char reason[KEPT_REASON_SIZE])
{
    char stores[NAME_MAX + 1];
    char from[PATH_MAX];
    char to[PATH_MAX];
    int folder = (int)(base_name(alliance) - alliance);

    if (!directories_make(dir, reason)) {
        return false;
    }
    if (path_make(to, "%s/input/manifest.json", dir)) {
        (void)unlink(to); /* an older run's: it would name this run's files */
    }
    if (path_make(to, "%s/input/opening.csv", dir)) {
        (void)unlink(to); /* likewise */
    }
    if (!stores_name(alliance, stores)) {
        snprintf(reason, KEPT_REASON_SIZE,
                 _("%s: write the name of the stores' file as one plain string"), alliance);
        return false;
    }
    if (!path_make(to, "%s/input/alliance/%s", dir, base_name(alliance))) {
        return fail(reason, dir);
    }
    if (!copy(alliance, to, reason)) {
        return false;
    }
    if (!path_make(from, "%.*s%s", folder, alliance, stores) ||
        !path_make(to, "%s/input/alliance/%s", dir, stores)) {
        return fail(reason, dir);
    }
    return copy(from, to, reason);
}

bool kept_copy_events(const char *dir, uint32_t n, const char *path, char ret_copy[PATH_MAX],
                      char reason[KEPT_REASON_SIZE])
{
    if (!path_make(ret_copy, "%s/input/events/%u.jsonl", dir, n + 1)) {
        return fail(reason, dir);
    }
    return copy(path, ret_copy, reason);
}

bool kept_copy_opening(const char *dir, const char *path, char reason[KEPT_REASON_SIZE])
{
    char to[PATH_MAX];

    return path_make(to, "%s/input/opening.csv", dir) ? copy(path, to, reason) : fail(reason, dir);
}

bool kept_put_deadlines(const char *dir, const day_t *days, uint32_t count,
                        char reason[KEPT_REASON_SIZE])
{
    char path[PATH_MAX];
    char text[DAY_TEXT_SIZE];

    FILE *out = path_make(path, "%s/input/deadlines", dir) ? fopen(path, "we") : NULL;
    if (out == NULL) {
        return fail(reason, dir);
    }
    for (uint32_t i = 0; i < count; i++) {
        day_format(days[i], text);
        fprintf(out, "%s\n", text);
    }
    return fclose(out) == 0 || fail(reason, path);
}

bool kept_finish(const char *dir, const char *alliance, const char *const *stores,
                 const char *const *froms, uint32_t count, char reason[KEPT_REASON_SIZE])
{
    char path[PATH_MAX];
    json_t *events = json_array();
    json_t *root = json_object();

    for (uint32_t i = 0; i < count; i++) {
        json_t *object = json_object();
        json_object_set_new(object, "store", json_string(stores[i]));
        json_object_set_new(object, "file", json_sprintf("%u.jsonl", i + 1));
        json_object_set_new(object, "from", json_string_nocheck(froms[i]));
        json_array_append_new(events, object);
    }
    json_object_set_new(root, "format", json_string(FORMAT));
    json_object_set_new(root, "alliance", json_string_nocheck(base_name(alliance)));
    json_object_set_new(root, "events", events);
    bool good = path_make(path, "%s/input/manifest.json", dir) &&
                json_dump_file(root, path, JSON_INDENT(1)) == 0;
    json_decref(root);
    return good || fail(reason, dir);
}

/* --- reading --- */

/* A name inside a kept directory, not a way out of it. Returns: NULL when it is none. */
static const char *name_of(const json_t *object, const char *key)
{
    const char *name = json_string_value(json_object_get(object, key));

    return name == NULL || name[0] == '\0' || name[0] == '.' || strchr(name, '/') != NULL ? NULL
                                                                                          : name;
}

static bool deadlines_take(const char *dir, struct kept *kept)
{
    char path[PATH_MAX];
    char line[DAY_TEXT_SIZE + 2];
    bool good = true;

    FILE *in = path_make(path, "%s/input/deadlines", dir) ? fopen(path, "re") : NULL;
    if (in == NULL) {
        return true; /* there are none, or an older run kept none */
    }
    while (good && fgets(line, sizeof line, in) != NULL) {
        slice_t text = {line, (uint32_t)strcspn(line, "\n")};
        good = kept->deadline_count < DEADLINES_MAX &&
               day_parse(text, &kept->deadlines[kept->deadline_count]);
        kept->deadline_count += good ? 1 : 0;
    }
    fclose(in);
    return good;
}

static bool kept_take(const char *dir, const json_t *root, struct kept *kept)
{
    const char *format = json_string_value(json_object_get(root, "format"));
    const char *alliance = name_of(root, "alliance");
    const json_t *events = json_object_get(root, "events");
    char path[PATH_MAX];

    if (format == NULL || strcmp(format, FORMAT) != 0 || alliance == NULL ||
        !json_is_array(events) || !path_make(path, "%s/input/alliance/%s", dir, alliance)) {
        return false;
    }
    kept->alliance = strdup(path);
    if (path_make(path, "%s/input/opening.csv", dir) && access(path, F_OK) == 0) {
        kept->opening = strdup(path);
    }
    if (!deadlines_take(dir, kept)) {
        return false;
    }
    kept->events = memory_zeroed(json_array_size(events) + 1, sizeof *kept->events);
    for (size_t i = 0; i < json_array_size(events); i++) {
        const json_t *object = json_array_get(events, i);
        const char *store = name_of(object, "store");
        const char *file = name_of(object, "file");
        if (store == NULL || file == NULL || !path_make(path, "%s/input/events/%s", dir, file)) {
            return false;
        }
        kept->events[kept->event_count++] = (struct kept_events){strdup(store), strdup(path)};
    }
    return true;
}

bool kept_read(const char *dir, struct kept *ret_kept, char reason[KEPT_REASON_SIZE])
{
    char path[PATH_MAX];
    json_error_t error;
    struct kept kept = {0};

    if (!path_make(path, "%s/input/manifest.json", dir) || access(path, R_OK) != 0) {
        snprintf(reason, KEPT_REASON_SIZE,
                 _("%s: %s (make it with: allclear simulate ... --out DIR)"), dir,
                 _("is not the directory of a simulation"));
        return false;
    }
    json_t *root = json_load_file(path, JSON_REJECT_DUPLICATES, &error);
    bool good = root != NULL && kept_take(dir, root, &kept);
    json_decref(root);
    if (!good) {
        kept_deinit(&kept);
        snprintf(reason, KEPT_REASON_SIZE, _("%s: is not a manifest of this program"), path);
        return false;
    }
    *ret_kept = kept;
    return true;
}

void kept_deinit(struct kept *kept)
{
    for (uint32_t i = 0; i < kept->event_count; i++) {
        free(kept->events[i].store);
        free(kept->events[i].path);
    }
    free(kept->events);
    free(kept->alliance);
    free(kept->opening);
    *kept = (struct kept){0};
}
