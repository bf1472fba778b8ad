#include "clearing/base/fault.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

bool fault_set(struct fault *ret_fault, enum fault_category category, const char *format, ...)
{
    int error = errno;
    va_list arguments;

    if (ret_fault != NULL) {
        ret_fault->category = category;
        va_start(arguments, format);
        if (vsnprintf(ret_fault->text, sizeof ret_fault->text, format, arguments) < 0) {
            ret_fault->text[0] = '\0';
        }
        va_end(arguments);
    }
    errno = error;
    return false;
}

bool fault_set_errno(struct fault *ret_fault, int error, const char *format, ...)
{
    int kept = errno;
    va_list arguments;
    size_t len;

    if (ret_fault != NULL) {
        ret_fault->category = FAULT_IO;
        va_start(arguments, format);
        if (vsnprintf(ret_fault->text, sizeof ret_fault->text, format, arguments) < 0) {
            ret_fault->text[0] = '\0';
        }
        va_end(arguments);
        len = strlen(ret_fault->text);
        /* strerrordesc_np: the words without a locale and without a shared buffer. */
        const char *words = strerrordesc_np(error);
        (void)snprintf(ret_fault->text + len, sizeof ret_fault->text - len, ": %s",
                       words == NULL ? "unknown error" : words);
    }
    errno = kept;
    return false;
}

const char *fault_category_name(enum fault_category category)
{
    switch (category) {
    case FAULT_NONE:
        return "none";
    case FAULT_FORMAT:
        return "format";
    case FAULT_CRYPTO:
        return "crypto";
    case FAULT_STORE:
        return "store";
    case FAULT_IO:
        return "io";
    case FAULT_LIMIT:
        return "limit";
    case FAULT_INTERNAL:
        return "internal";
    }
    return "unknown";
}
