#include "tools/node/outbox_of.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>

#include "clearing/base/memory.h"
#include "tools/node/tally.h"
#include "tools/text.h"

#define APART_S (12 * 3600)

struct reading {
    char *file;
    uint32_t line;   /* the last one */
    int64_t added_s; /* likewise */
    int64_t first_s;
    uint64_t count;
};

struct readings {
    struct reading *list;
    uint32_t count;
    uint32_t capacity;
    uint32_t print; /* the number of the one to be printed; 0: none, count them */
};

/* The last reading of the file. NULL: there is none yet. */
static struct reading *last_of(struct readings *readings, const char *file)
{
    for (uint32_t i = readings->count; i-- > 0;) {
        if (strcmp(readings->list[i].file, file) == 0) {
            return &readings->list[i];
        }
    }
    return NULL;
}

static bool goes_on(const struct reading *reading, const struct outbox_entry *entry)
{
    bool apart = entry->added_s != 0 && reading->added_s != 0 &&
                 entry->added_s - reading->added_s > APART_S;

    return entry->line > reading->line && !apart;
}

static bool print_row(const struct outbox_entry *entry)
{
    json_t *file = json_string(entry->file);
    json_t *row = json_pack(
        "{s:s#,s:I,s:o,s:i,s:s}", "terminal", entry->terminal.text, (int)entry->terminal.len,
        "number", (json_int_t)entry->number, "file", file != NULL ? file : json_string("?"), "line",
        (int)entry->line, "outcome",
        entry->outcome == OUTCOME_NONE ? "PENDING" : tally_outcome_name(entry->outcome));
    bool good = json_dumpf(row, stdout, JSON_COMPACT) == 0 && putchar('\n') != EOF;

    json_decref(row);
    return good;
}

static bool take(void *context, const struct outbox_entry *entry)
{
    struct readings *readings = context;
    struct reading *reading = last_of(readings, entry->file);

    if (reading == NULL || !goes_on(reading, entry)) {
        size_t size = strlen(entry->file) + 1;
        MEMORY_GROW(readings->list, readings->count, readings->capacity);
        reading = &readings->list[readings->count++];
        *reading = (struct reading){.file = memory_zeroed(size, 1), .first_s = entry->added_s};
        memcpy(reading->file, entry->file, size);
    }
    reading->line = entry->line;
    reading->added_s = entry->added_s;
    reading->count++;
    bool asked_for = readings->print != 0 && reading == &readings->list[readings->print - 1];
    return !asked_for || print_row(entry);
}

static void readings_deinit(struct readings *readings)
{
    for (uint32_t i = 0; i < readings->count; i++) {
        free(readings->list[i].file);
    }
    free(readings->list);
    *readings = (struct readings){0};
}

static bool walk(const struct node *node, const char *name, uint32_t print,
                 struct readings *ret_readings, struct fault *ret_fault)
{
    *ret_readings = (struct readings){.print = print};
    return outbox_walk_file(node->outbox, name, take, ret_readings, ret_fault);
}

static void complain(const struct readings *readings, const char *name)
{
    char when[32] = "?";
    struct tm local;

    if (readings->count == 0) {
        fprintf(stderr,
                _("allclear outbox: nothing was taken from a file of the name %s (as it was "
                  "published)\n"),
                name);
        return;
    }
    fprintf(stderr, _("allclear outbox: %s was read several times; say which with --reading N:\n"),
            name);
    for (uint32_t i = 0; i < readings->count; i++) {
        const struct reading *reading = &readings->list[i];
        const time_t first = (time_t)reading->first_s;
        if (first != 0 && localtime_r(&first, &local) != NULL) {
            (void)strftime(when, sizeof when, "%Y-%m-%d %H:%M", &local);
        }
        fprintf(stderr, _("  %u  from %s on, events: %" PRIu64 "  %s\n"), i + 1, when,
                reading->count, reading->file);
    }
}

int outbox_of(const struct node *node, const char *name, uint32_t reading)
{
    struct readings readings;
    struct fault fault = {0};
    bool good = walk(node, name, 0, &readings, &fault);
    uint32_t print = reading == 0 && readings.count == 1 ? 1 : reading;
    int code = EX_OK;

    if (good && (print == 0 || print > readings.count)) {
        complain(&readings, name);
        code = readings.count == 0 ? EX_NOINPUT : EX_DATAERR;
    } else if (good) {
        readings_deinit(&readings);
        good = walk(node, name, print, &readings, &fault);
        code = fflush(stdout) == 0 ? EX_OK : EX_IOERR;
    }
    readings_deinit(&readings);
    return good ? code : node_complain("outbox", &fault);
}
