/* The printing side of lines.h. */
#include "tools/lines/lines.h"

#include <inttypes.h>

#include "tools/lines/keys.h"

static void print_text(slice_t text, FILE *out)
{
    fputc('"', out);
    for (uint32_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.text[i];
        if (c == '"' || c == '\\') {
            fputc('\\', out);
            fputc(c, out);
        } else if (c < 0x20) {
            fprintf(out, "\\u%04x", c);
        } else {
            fputc(c, out);
        }
    }
    fputc('"', out);
}

static void print_instant(int64_t at_ms, int32_t zone_min, FILE *out)
{
    char text[INSTANT_TEXT_SIZE];

    instant_format(at_ms, zone_min, text);
    fprintf(out, "\"%s\"", text);
}

static void print_ref(const struct event_ref *ref, FILE *out)
{
    fprintf(out, "\"%.*s:%.*s:%" PRIu64 "\"", (int)ref->store.len, ref->store.text,
            (int)ref->terminal.len, ref->terminal.text, ref->number);
}

static void print_name(const struct key_name *names, int number, FILE *out)
{
    for (; names->name != NULL; names++) {
        if (names->number == number) {
            fprintf(out, "\"%s\"", names->name);
            return;
        }
    }
    fputs("\"unknown\"", out);
}

/* Is there something to print? What is required is always printed. */
static bool present(const struct key *key, const char *base)
{
    const void *from = base + key->offset;

    if (key->required) {
        return true;
    }
    switch (key->kind) {
    case KEY_CODE:
    case KEY_TEXT:
        return ((const slice_t *)from)->len != 0;
    case KEY_INTEGER:
    case KEY_INSTANT:
        return *(const int64_t *)from != 0;
    case KEY_NUMBER:
    case KEY_COUNT:
    case KEY_MEMBER:
        return *(const uint64_t *)from != 0;
    case KEY_REF:
        return ((const struct event_ref *)from)->number != 0;
    case KEY_NAME:
        return *(const int *)from != 0;
    case KEY_BOOL:
        return *(const bool *)from;
    case KEY_LIST:
        return *(const uint32_t *)(const void *)(base + key->list->count_offset) != 0;
    case KEY_SUMS:
        return ((const struct event *)(const void *)base)->sum_count != 0;
    }
    return false;
}

static void print_object(const struct key *const *tables, const char *base, int32_t zone_min,
                         FILE *out);

static void print_list(const struct key *key, const char *base, int32_t zone_min, FILE *out)
{
    const struct key_list *list = key->list;
    uint32_t count = *(const uint32_t *)(const void *)(base + list->count_offset);

    fputc('[', out);
    for (uint32_t i = 0; i < count; i++) {
        const char *entry = base + key->offset + i * list->size;
        const struct key *const *tables = list->tables;
        if (list->by_means != NULL) {
            tables = list->by_means[((const struct pay_line *)(const void *)entry)->with];
        }
        if (i > 0) {
            fputc(',', out);
        }
        print_object(tables, entry, zone_min, out);
    }
    fputc(']', out);
}

static void print_sums(const struct event *event, FILE *out)
{
    fputc('{', out);
    for (uint32_t i = 0; i < event->sum_count; i++) {
        fprintf(out, "%s\"%.*s\":%" PRId64, i == 0 ? "" : ",", (int)event->sums[i].key.len,
                event->sums[i].key.text, event->sums[i].amount_fen);
    }
    fputc('}', out);
}

static void print_value(const struct key *key, const char *base, int32_t zone_min, FILE *out)
{
    const void *from = base + key->offset;

    switch (key->kind) {
    case KEY_CODE:
    case KEY_TEXT:
        print_text(*(const slice_t *)from, out);
        break;
    case KEY_INTEGER:
        fprintf(out, "%" PRId64, *(const int64_t *)from);
        break;
    case KEY_NUMBER:
        fprintf(out, "%" PRIu64, *(const uint64_t *)from);
        break;
    case KEY_COUNT:
        fprintf(out, "%" PRIu64, *(const uint64_t *)from);
        break;
    case KEY_MEMBER:
        fprintf(out, "\"%" PRIu64 "\"", *(const uint64_t *)from);
        break;
    case KEY_INSTANT:
        print_instant(*(const int64_t *)from, zone_min, out);
        break;
    case KEY_REF:
        print_ref(from, out);
        break;
    case KEY_NAME:
        print_name(key->names, *(const int *)from, out);
        break;
    case KEY_BOOL:
        fputs("true", out);
        break;
    case KEY_LIST:
        print_list(key, base, zone_min, out);
        break;
    case KEY_SUMS:
        print_sums((const struct event *)(const void *)base, out);
        break;
    }
}

static void print_object(const struct key *const *tables, const char *base, int32_t zone_min,
                         FILE *out)
{
    char before = '{';

    for (; *tables != NULL; tables++) {
        for (const struct key *key = *tables; key->name != NULL; key++) {
            if (present(key, base)) {
                fprintf(out, "%c\"%s\":", before, key->name);
                print_value(key, base, zone_min, out);
                before = ',';
            }
        }
    }
    fputc('}', out);
}

void lines_print(const struct event *event, int32_t zone_min, FILE *out)
{
    print_object(keys_of_type(event->type), (const char *)event, zone_min, out);
}
