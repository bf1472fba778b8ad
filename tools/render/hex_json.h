/* Bytes as JSON: a string of hex digits. */
#ifndef TOOLS_RENDER_HEX_JSON_H
#define TOOLS_RENDER_HEX_JSON_H

#include <jansson.h>
#include <stddef.h>

/* The caller gives it back with json_decref. Any thread. */
json_t *hex_json(const void *bytes, size_t len);

#endif
