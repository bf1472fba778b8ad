#include "tools/alliance/source.h"

#include <errno.h>
#include <fcntl.h>
#include <iconv.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clearing/base/memory.h"
#include "tools/text.h"

/* The length of the character at text[0], 0: not valid (Unicode 15, table 3-7). */
static uint32_t utf8_char_len(const char *text, uint32_t len)
{
    uint8_t first = (uint8_t)text[0];
    uint8_t second = len > 1 ? (uint8_t)text[1] : 0;
    uint32_t n = first < 0x80 ? 1 : first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;

    if (n == 0 || first > 0xf4 || n > len) {
        return 0;
    }
    if ((first == 0xe0 && second < 0xa0) || (first == 0xed && second > 0x9f) ||
        (first == 0xf0 && second < 0x90) || (first == 0xf4 && second > 0x8f)) {
        return 0;
    }
    for (uint32_t i = 1; i < n; i++) {
        if (((uint8_t)text[i] & 0xc0) != 0x80) {
            return 0;
        }
    }
    return n;
}

uint32_t utf8_broken_at(const char *text, uint32_t len)
{
    uint32_t at = 0;

    while (at < len) {
        uint32_t n = utf8_char_len(text + at, len - at);
        if (n == 0) {
            return at;
        }
        at += n;
    }
    return len;
}

bool utf8_printable(slice_t text)
{
    if (utf8_broken_at(text.text, text.len) != text.len) {
        return false;
    }
    for (uint32_t i = 0; i < text.len; i++) {
        uint8_t c = (uint8_t)text.text[i];
        bool c1 = c == 0xc2 && (uint8_t)text.text[i + 1] < 0xa0;
        if (c < 0x20 || c == 0x7f || c1) {
            return false;
        }
    }
    return true;
}

uint32_t utf8_cut(slice_t text, uint32_t len_max)
{
    uint32_t at = text.len < len_max ? text.len : len_max;

    while (at > 0 && at < text.len && ((uint8_t)text.text[at] & 0xc0) == 0x80) {
        at--;
    }
    return at;
}

static struct place place_of(const char *file, const char *text, uint32_t at)
{
    struct place place = {file, 1, 1};

    for (uint32_t i = 0; i < at; i++) {
        if (text[i] == '\n') {
            place.line++;
            place.column = 1;
        } else if (((uint8_t)text[i] & 0xc0) != 0x80) {
            place.column++;
        }
    }
    return place;
}

struct place source_place(const struct source *source, uint32_t at)
{
    return place_of(source->path, source->text, at);
}

/* Returns: the file's bytes, NULL with errno set (0: it is not what we read, see the complaint). */
static char *bytes_read(int fd, uint32_t len_max, uint32_t *ret_len)
{
    char *bytes = memory_zeroed((size_t)len_max + 1, 1);
    uint32_t len = 0;

    while (len <= len_max) {
        ssize_t n = read(fd, bytes + len, len_max + 1 - len);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0) {
            free(bytes);
            return NULL;
        }
        if (n == 0) {
            break;
        }
        len += (uint32_t)n;
    }
    *ret_len = len;
    return bytes;
}

static char *file_read(const struct place *whole, uint32_t len_max, uint32_t *ret_len,
                       struct complaints *complaints)
{
    struct stat status = {0};
    char *bytes = NULL;
    /* Not blocking: a named pipe must not hang the tool before it is refused. */
    int fd = open(whole->file, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

    if (fd < 0 || fstat(fd, &status) != 0) {
        complaints_add(complaints, whole, _("cannot be read: %s"), strerror(errno));
    } else if (!S_ISREG(status.st_mode)) {
        complaints_add(complaints, whole, _("is not a regular file"));
    } else if (status.st_size > (off_t)len_max) {
        complaints_add(complaints, whole, _("is larger than %" PRIu32 " bytes"), len_max);
    } else {
        /* The size may still grow while we read: len_max is what counts. */
        uint32_t size = (uint32_t)status.st_size;
        bytes = bytes_read(fd, size, ret_len);
        if (bytes == NULL) {
            complaints_add(complaints, whole, _("cannot be read: %s"), strerror(errno));
        } else if (*ret_len > size) {
            complaints_add(complaints, whole, _("changed while it was read; try again"));
            free(bytes);
            bytes = NULL;
        }
    }
    if (fd >= 0) {
        (void)close(fd);
    }
    return bytes;
}

uint32_t gb18030_decode(slice_t bytes, char *text, uint32_t *ret_len)
{
    iconv_t converter = iconv_open("UTF-8", "GB18030");
    char *in = NULL;
    char *out = text;
    size_t in_left = bytes.len;
    size_t out_left = (size_t)bytes.len * 3;

    if (converter == (iconv_t)-1) {
        return UINT32_MAX;
    }
    memcpy(&in, &bytes.text, sizeof in); /* iconv only reads; its interface has no const */
    (void)iconv(converter, &in, &in_left, &out, &out_left);
    (void)iconv_close(converter);
    *ret_len = (uint32_t)(out - text);
    return bytes.len - (uint32_t)in_left;
}

/* Convert to UTF-8. Returns: NULL after a complaint. The caller frees. */
static char *gb18030_convert(const char *path, char *bytes, uint32_t *len,
                             struct complaints *complaints)
{
    char *text = memory_zeroed((size_t)*len * 3 + 1, 1);
    uint32_t text_len = 0;
    struct place place = {path, 0, 0};
    uint32_t at = gb18030_decode((slice_t){bytes, *len}, text, &text_len);

    if (at == *len) {
        *len = text_len;
        return text;
    }
    free(text);
    if (at == UINT32_MAX) {
        complaints_add(complaints, &place,
                       _("is not UTF-8, and this system cannot convert GB18030: save it as UTF-8"));
        return NULL;
    }
    uint32_t broken = utf8_broken_at(bytes, *len);
    place = place_of(path, bytes, at > broken ? at : broken);
    complaints_add(complaints, &place, _("is neither UTF-8 nor GB18030 from here on"));
    return NULL;
}

static bool mark_is(const char *bytes, uint32_t len, const char *mark, uint32_t mark_len)
{
    return len >= mark_len && memcmp(bytes, mark, mark_len) == 0;
}

/* Bytes to text. Returns: false after a complaint. *bytes may be another allocation afterwards. */
static bool text_decode(const char *path, char **bytes, uint32_t *len, source_coding_t coding,
                        struct complaints *complaints)
{
    struct place place = {path, 0, 0};

    if (mark_is(*bytes, *len, "\xff\xfe", 2) || mark_is(*bytes, *len, "\xfe\xff", 2)) {
        complaints_add(complaints, &place, _("is UTF-16: save it as UTF-8"));
        return false;
    }
    if (mark_is(*bytes, *len, "\xef\xbb\xbf", 3)) {
        *len -= 3;
        memmove(*bytes, *bytes + 3, (size_t)*len + 1);
    }
    const char *nul = memchr(*bytes, 0, *len);
    if (nul != NULL) {
        place = place_of(path, *bytes, (uint32_t)(nul - *bytes));
        complaints_add(complaints, &place, _("a NUL byte stands here: is this a text file?"));
        return false;
    }
    uint32_t broken = utf8_broken_at(*bytes, *len);
    if (broken == *len) {
        return true;
    }
    if (coding == SOURCE_UTF8) {
        place = place_of(path, *bytes, broken);
        complaints_add(complaints, &place, _("is not UTF-8 from here on: save it as UTF-8"));
        return false;
    }
    char *text = gb18030_convert(path, *bytes, len, complaints);
    if (text == NULL) {
        return false;
    }
    free(*bytes);
    *bytes = text;
    return true;
}

bool source_read(struct source *ret_source, const char *path, uint32_t len_max,
                 source_coding_t coding, struct complaints *complaints)
{
    struct place whole = {path, 0, 0};
    uint32_t len = 0;
    char *bytes = file_read(&whole, len_max, &len, complaints);

    if (bytes == NULL) {
        return false;
    }
    if (!text_decode(path, &bytes, &len, coding, complaints)) {
        free(bytes);
        return false;
    }
    char *name = strdup(path);
    CHECK(name != NULL);
    *ret_source = (struct source){name, bytes, len};
    return true;
}

void source_deinit(struct source *source)
{
    free(source->path);
    free(source->text);
    *source = (struct source){0};
}
