#include "clearing/base/check.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static check_hook_t *installed_hook;

void check_set_hook(check_hook_t *hook)
{
    installed_hook = hook;
}

static void say(const char *text)
{
    ssize_t written = write(STDERR_FILENO, text, strlen(text));
    (void)written; /* nothing is left to do when the report itself fails */
}

_Noreturn void check_failed(const char *condition, const char *file, int line)
{
    char digits[12];
    size_t at = sizeof digits - 1;
    unsigned rest = (unsigned)line;

    digits[at] = '\0';
    do {
        digits[--at] = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest > 0);
    say("allclear: broken check: ");
    say(condition);
    say(" at ");
    say(file);
    say(":");
    say(digits + at);
    say("\n");
    if (installed_hook != NULL) {
        installed_hook(condition, file, line);
    }
    abort();
}
