/* What somebody may have meant. */
#ifndef TOOLS_ALLIANCE_HINT_H
#define TOOLS_ALLIANCE_HINT_H

#include <stddef.h>

#include "clearing/base/code.h"

#define HINT_SIZE 320

/* Write ", did you mean "fee"?" when one of the names (NULL-terminated) is near to the word, else
 * ", known are fee, from, ...". */
void hint_write(slice_t word, const char *const *names, char text[HINT_SIZE]);

#endif
