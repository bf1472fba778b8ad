#include "tools/hq/samples.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clearing/base/check.h"
#include "clearing/base/code.h"
#include "tools/hq/samples_data.h"
#include "tools/node/files.h"

static const struct sample {
    const char *name;
    slice_t conf;
    slice_t stores;
} samples[] = {
    /* the arrays end with a NUL that is not part of the files */
    {"f1",
     {(const char *)sample_f1_conf, sizeof sample_f1_conf - 1},
     {(const char *)sample_f1_csv, sizeof sample_f1_csv - 1}},
    {"f2",
     {(const char *)sample_f2_conf, sizeof sample_f2_conf - 1},
     {(const char *)sample_f2_csv, sizeof sample_f2_csv - 1}},
};

static const struct sample *sample_find(const char *name)
{
    for (size_t i = 0; i < sizeof samples / sizeof samples[0]; i++) {
        if (strcmp(samples[i].name, name) == 0) {
            return &samples[i];
        }
    }
    return NULL;
}

bool samples_has(const char *sample)
{
    return sample_find(sample) != NULL;
}

static void put_quoted(const char *text, FILE *out)
{
    fputc('"', out);
    for (; *text != '\0'; text++) {
        if (*text == '"' || *text == '\\') {
            fputc('\\', out);
        }
        fputc(*text, out);
    }
    fputc('"', out);
}

/* Write `key = "value"` of a line with another value. Returns: false when the line has no such
 * key. */
static bool put_chosen(const char *line, size_t len, const char *key, const char *value, FILE *out)
{
    size_t at = strspn(line, " ");
    size_t key_len = strlen(key);

    if (value == NULL || at >= len || strncmp(line + at, key, key_len) != 0 ||
        strncmp(line + at + key_len, " = \"", 4) != 0) {
        return false;
    }
    size_t open = at + key_len + 3;
    const char *close = memchr(line + open + 1, '"', len - open - 1);
    CHECK(close != NULL); /* the samples are ours */
    (void)fwrite(line, 1, open, out);
    put_quoted(value, out);
    (void)fwrite(close + 1, 1, len - (size_t)(close + 1 - line), out);
    return true;
}

/* The sample's text with what was chosen in its `alliance` group. Returns: the caller frees. */
static char *chosen_text(const struct sample *sample, const struct sample_choice *choice,
                         size_t *ret_len)
{
    char *text = NULL;
    FILE *out = open_memstream(&text, ret_len);
    bool inside = true; /* the group comes first */

    CHECK(out != NULL);
    for (size_t at = 0; at < sample->conf.len;) {
        const char *line = sample->conf.text + at;
        const char *end = memchr(line, '\n', sample->conf.len - at);
        size_t len = end == NULL ? sample->conf.len - at : (size_t)(end - line) + 1;
        if (!inside || !(put_chosen(line, len, "id", choice->id, out) ||
                         put_chosen(line, len, "name", choice->name, out) ||
                         put_chosen(line, len, "zone", choice->zone, out) ||
                         put_chosen(line, len, "day_start", choice->day_start, out))) {
            (void)fwrite(line, 1, len, out);
        }
        inside = inside && line[0] != '}';
        at += len;
    }
    CHECK(fclose(out) == 0);
    return text;
}

static bool put_new(const char *dir, const char *name, const char *bytes, size_t len,
                    struct fault *ret_fault)
{
    char path[FILES_PATH_MAX];

    if (!files_path(dir, name, path, ret_fault)) {
        return false;
    }
    if (access(path, F_OK) == 0) {
        return fault_set(ret_fault,
                         FAULT_IO,
                         "%s is there already: begin with it (--alliance) or move it away",
                         path);
    }
    return files_write(path, bytes, len, ret_fault);
}

bool samples_write(const char *sample, const struct sample_choice *choice, const char *dir,
                   struct fault *ret_fault)
{
    const struct sample *found = sample_find(sample);
    size_t len = 0;

    CHECK(found != NULL);
    char *conf = chosen_text(found, choice, &len);
    bool good = put_new(dir, "alliance.conf", conf, len, ret_fault) &&
                put_new(dir, "stores.csv", found->stores.text, found->stores.len, ret_fault);
    free(conf);
    return good;
}
