/* Faults: what went wrong outside our code (a file, a disk, a key, bytes from elsewhere), told to
 * a person as what, where, what to do. A fault is not a bug (check.h) and not a refusal of an
 * event (facts/outcome.h). */
#ifndef CLEARING_BASE_FAULT_H
#define CLEARING_BASE_FAULT_H

#include <stdbool.h>

enum fault_category {
    FAULT_NONE = 0,
    FAULT_FORMAT,   /* bytes that are not what they should be */
    FAULT_CRYPTO,   /* a key or a signature */
    FAULT_STORE,    /* the journal's contents or its engine */
    FAULT_IO,       /* files and the operating system */
    FAULT_LIMIT,    /* more than a stated maximum */
    FAULT_INTERNAL, /* what should not happen and is not worth ending the process */
};

#define FAULT_TEXT_LEN_MAX 511

/* Zeroed memory is "no fault". The caller owns it. */
struct fault {
    enum fault_category category;
    char text[FAULT_TEXT_LEN_MAX + 1]; /* one line without a full stop, NUL-terminated */
};

/* Say what went wrong; a longer text is cut. ret_fault may be NULL when nobody wants to know.
 * Keeps errno. Any thread.
 * Returns: false, so that a function can end with `return fault_set(...)`. */
bool fault_set(struct fault *ret_fault, enum fault_category category, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The same, with ": " and the text of an errno value behind the given text. */
bool fault_set_errno(struct fault *ret_fault, int error, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Returns: the category's name, for logs ("store", "io", ...). Static. */
const char *fault_category_name(enum fault_category category);

#endif
