#include "daemon/gate/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#define LINE_MAX_LEN 1024

static const char *level_name(gate_log_level_t level)
{
    switch (level) {
    case GATE_LOG_INFO:
        return "info";
    case GATE_LOG_UNUSUAL:
        return "unusual";
    case GATE_LOG_FATAL:
        return "fatal";
    }
    return "unknown";
}

void gate_log(gate_log_level_t level, const char *format, ...)
{
    int error = errno;
    char line[LINE_MAX_LEN];
    va_list arguments;
    int len = snprintf(line, sizeof line, "%s gate ", level_name(level));

    va_start(arguments, format);
    int more = vsnprintf(line + len, sizeof line - (size_t)len - 1, format, arguments);
    va_end(arguments);
    if (more > 0) {
        size_t end = (size_t)len + (size_t)more;
        end = end < sizeof line - 2 ? end : sizeof line - 2;
        line[end] = '\n';
        /* nobody is left to be told when this fails */
        ssize_t written = write(STDERR_FILENO, line, end + 1);
        (void)written;
    }
    errno = error;
}
