#include "tools/node/options.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "tools/text.h"

bool options_seconds(const char *verb, const char *text, int *ret_seconds)
{
    char *end = NULL;

    errno = 0;
    long value = strtol(text, &end, 10);
    if (errno != 0 || *text == '\0' || *end != '\0' || value < 0 || value > OPTIONS_SECONDS_MAX) {
        fprintf(stderr, _("allclear %s: --wait %s: not a number of seconds\n"), verb, text);
        return false;
    }
    *ret_seconds = (int)value;
    return true;
}
