/* Bytes as lower-case hex, as kits and requests have them. Any thread. */
#ifndef CLEARING_BASE_HEX_H
#define CLEARING_BASE_HEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "clearing/base/check.h"

/* Write len bytes as 2 * len digits and a NUL. */
void hex_write(const uint8_t *bytes, size_t len, char *ret_text);

/* Read exactly 2 * len digits of either case.
 * Returns: false when the text is anything else; ret_bytes is untouched then. */
bool hex_read(const char *text, uint8_t *ret_bytes, size_t len) MUST_USE;

#endif
