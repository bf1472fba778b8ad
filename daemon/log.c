#include "daemon/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#define LINE_MAX_LEN 1024

void log_line(log_level_t level, const char *room, const char *format, ...)
{
    static const char *const names[] = {"info", "unusual", "broken", "fatal"};
    char line[LINE_MAX_LEN];
    va_list arguments;
    int len = snprintf(line, sizeof line, "%s %s ", names[level], room);

    va_start(arguments, format);
    len += vsnprintf(line + len, sizeof line - (size_t)len - 1, format, arguments);
    va_end(arguments);
    if (len > LINE_MAX_LEN - 2) {
        len = LINE_MAX_LEN - 2;
    }
    for (int i = 0; i < len; i++) { /* one line, whatever the texts hold */
        if ((unsigned char)line[i] < 0x20) {
            line[i] = '?';
        }
    }
    line[len] = '\n';
    ssize_t written = write(STDERR_FILENO, line, (size_t)len + 1);
    (void)written; /* nobody is left to tell */
}
