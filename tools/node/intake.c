#include "tools/node/intake.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "clearing/base/hash.h"
#include "clearing/base/memory.h"
#include "tools/node/files.h"
#include "tools/text.h"

/* A file being read. */
struct stream {
    FILE *file;
    struct till *till; /* of a till's export, else NULL */
    uint32_t mark;     /* of its last change */
    const char *name;
    uint32_t number; /* in the tally */
    bool whole_only; /* a last line without its end is left for later */
    struct outbox_place place;
    bool ended;
};

static bool encode(struct intake *intake, const struct stream *source, struct event *event,
                   uint8_t bytes[EVENT_BYTES_MAX], size_t *ret_len, struct fault *ret_fault)
{
    const char *why = NULL;

    *ret_len = 0;
    if (event->number == 0 && !outbox_number(intake->node->outbox, event->terminal, event->receipt,
                                             &event->number, ret_fault)) {
        return false;
    }
    if (event->number == 0) {
        why = "number: the terminal has no number left";
    } else {
        *ret_len = encode_event(event, bytes, EVENT_BYTES_MAX);
        why = *ret_len == 0 ? "not an event of this contract" : NULL;
    }
    if (why != NULL) {
        tally_bad(intake->tally, source->number, source->place.line, why);
    }
    return true;
}

/* A refused event that the retry asks for is queued again; not one that was asked before the goods
 * left (retry.c). */
static bool retry(struct intake *intake, bool asked, struct outbox_event *event,
                  struct fault *ret_fault)
{
    if (!intake->retry || asked || event->outcome == OUTCOME_NONE ||
        outcome_accepted(event->outcome) || event->outcome == OUTCOME_WAITING ||
        event->outcome == OUTCOME_DUPLICATE ||
        (intake->retry_reason != OUTCOME_NONE && intake->retry_reason != event->outcome)) {
        return true;
    }
    event->outcome = OUTCOME_NONE;
    return outbox_requeue_event(intake->node->outbox, event->id, ret_fault);
}

/* Returns: false with ret_fault set when the outbox fails. */
static bool take_event(struct intake *intake, const struct stream *source, struct event *event,
                       struct fault *ret_fault)
{
    const struct outbox_source where = {.file = source->name, .line = source->place.line};
    uint8_t bytes[EVENT_BYTES_MAX];
    struct outbox_event row;
    size_t bytes_len = 0;

    kit_hide_members(&intake->node->kit, event);
    if (!encode(intake, source, event, bytes, &bytes_len, ret_fault)) {
        return false;
    }
    if (bytes_len == 0) {
        return true;
    }
    if (!outbox_add_event(intake->node->outbox, event->terminal, event->number,
                          (slice_t){(const char *)bytes, (uint32_t)bytes_len}, &where, &row,
                          ret_fault) ||
        !retry(intake, event->ask, &row, ret_fault)) {
        return false;
    }
    const struct tally_line line = {row.id, source->number, source->place.line,
                                    code_of(event->terminal), event->number};
    tally_event(intake->tally, &line, &row);
    if (event->type == EVENT_DAY_TOTAL) {
        tally_total(intake->tally, &line);
    }
    return true;
}

/* Returns: false with ret_fault set when the outbox fails; a bad line is counted. */
static bool take_line(struct intake *intake, const struct stream *source, const char *text,
                      size_t len, struct fault *ret_fault)
{
    char reason[LINES_REASON_LEN];
    struct event event;

    if (!lines_parse(&intake->lines, text, len, &event, reason)) {
        tally_bad(intake->tally, source->number, source->place.line, reason);
        return true;
    }
    return take_event(intake, source, &event, ret_fault);
}

/* All that is wrong with a receipt, as one refusal. */
static void take_flaws(struct intake *intake, const struct stream *source,
                       const struct flaws *flaws)
{
    size_t size = (size_t)flaws->count * (FLAW_TEXT_SIZE + 2) + 1;
    char *detail = memory_zeroed(size, 1);
    char text[FLAW_TEXT_SIZE];
    uint32_t line = source->place.line;
    size_t len = 0;

    for (uint32_t i = 0; i < flaws->count; i++) {
        flaw_write(&flaws->list[i], text);
        len += (size_t)snprintf(detail + len, size - len, "%s%s", i == 0 ? "" : " | ", text);
        line = i == 0 ? flaws->list[i].line : line;
    }
    tally_bad(intake->tally, source->number, line, detail);
    free(detail);
}

/* Read up to a chunk of a till's receipts. */
static bool read_receipts(struct intake *intake, struct stream *source, struct fault *ret_fault)
{
    struct till *till = source->till;
    bool good = true;

    for (uint32_t i = 0; good && i < INTAKE_CHUNK_LINES && !source->ended; i++) {
        till_result_t result = till_next(till);
        source->place.line = till->line;
        source->ended = result == TILL_END;
        if (result == TILL_EVENT) {
            good = take_event(intake, source, &till->event, ret_fault);
        } else if (result == TILL_BAD) {
            take_flaws(intake, source, &till->flaws);
        }
    }
    if (source->ended) {
        source->place = (struct outbox_place){till->sheet.len, source->mark};
    }
    return good;
}

/* Read up to a chunk of lines, or of receipts. */
static bool read_chunk(struct intake *intake, struct stream *source, char **text, size_t *size,
                       struct fault *ret_fault)
{
    if (source->till != NULL) {
        return read_receipts(intake, source, ret_fault);
    }
    for (uint32_t i = 0; i < INTAKE_CHUNK_LINES && !source->ended; i++) {
        errno = 0;
        ssize_t got = getline(text, size, source->file);
        if (got < 0) {
            source->ended = true;
            return !ferror(source->file) ||
                   fault_set_errno(ret_fault, errno, "%s: cannot read", source->name);
        }
        size_t len = (size_t)got;
        if (source->whole_only && (*text)[len - 1] != '\n') {
            source->ended = true;
            return true;
        }
        source->place.offset += len;
        source->place.line++;
        while (len > 0 && ((*text)[len - 1] == '\n' || (*text)[len - 1] == '\r')) {
            len--;
        }
        if (len > 0 && !take_line(intake, source, *text, len, ret_fault)) {
            return false;
        }
    }
    return true;
}

static bool take_chunk(struct intake *intake, struct stream *source, char **text, size_t *size,
                       struct fault *ret_fault)
{
    struct outbox *outbox = intake->node->outbox;
    uint64_t before = source->place.offset;

    if (!outbox_begin(outbox, ret_fault)) {
        return false;
    }
    if (!read_chunk(intake, source, text, size, ret_fault) ||
        (source->whole_only && source->place.offset != before &&
         !outbox_set_place(outbox, source->name, &source->place, ret_fault)) ||
        (intake->in_chunk != NULL && !intake->in_chunk(intake->context, ret_fault))) {
        outbox_rollback(outbox);
        return false;
    }
    return outbox_commit(outbox, ret_fault) &&
           (intake->after_chunk == NULL || intake->after_chunk(intake->context, ret_fault));
}

static bool take_all(struct intake *intake, struct stream *source, struct fault *ret_fault)
{
    char *text = NULL;
    size_t size = 0;
    bool good = true;

    source->number = tally_add_file(intake->tally, source->name);
    while (good && !source->ended) {
        good = take_chunk(intake, source, &text, &size, ret_fault);
    }
    free(text);
    return good;
}

/* Read lines, or a till's export. */
static bool take_file(struct intake *intake, struct stream *source, struct fault *ret_fault)
{
    if (intake->mapping == NULL || files_is_lines(source->name)) {
        return take_all(intake, source, ret_fault);
    }
    source->till = memory_zeroed(1, sizeof *source->till);
    bool good = till_open(source->till, intake->mapping, source->file, source->name, ret_fault);
    if (good) {
        good = take_all(intake, source, ret_fault);
        till_close(source->till);
    }
    free(source->till);
    source->till = NULL;
    return good;
}

bool intake_read(struct intake *intake, FILE *file, const char *name, struct fault *ret_fault)
{
    struct stream source = {.file = file, .name = name};

    return take_file(intake, &source, ret_fault);
}

/* Lines are added to, exports are replaced, by others of the same length, too: instead of a line,
 * which means nothing of what is read whole, the time of change is kept of them. */
static uint32_t change_mark(const struct stat *info)
{
    return (uint32_t)hash_u64((uint64_t)info->st_mtim.tv_sec * 1000000000 +
                              (uint64_t)info->st_mtim.tv_nsec);
}

bool intake_follow(struct intake *intake, const char *path, struct fault *ret_fault)
{
    struct stream source = {.name = path, .whole_only = true};
    struct stat info;

    if (stat(path, &info) != 0 || !S_ISREG(info.st_mode)) {
        return true; /* gone since the folder was listed */
    }
    if (!outbox_find_place(intake->node->outbox, path, &source.place, ret_fault)) {
        return false;
    }
    bool export = intake->mapping != NULL && !files_is_lines(path);
    source.mark = change_mark(&info);
    if ((uint64_t)info.st_size == source.place.offset &&
        (!export || source.mark == source.place.line)) {
        return true;
    }
    if ((uint64_t)info.st_size < source.place.offset || export) {
        source.place = (struct outbox_place){0};
    }
    source.file = fopen(path, "re");
    if (source.file == NULL) {
        return fault_set_errno(ret_fault, errno, "%s: cannot read", path);
    }
    bool good = fseeko(source.file, (off_t)source.place.offset, SEEK_SET) == 0
                    ? take_file(intake, &source, ret_fault)
                    : fault_set_errno(ret_fault, errno, "%s: cannot read", path);
    (void)fclose(source.file);
    return good;
}

void intake_deinit(struct intake *intake)
{
    lines_deinit(&intake->lines);
}
