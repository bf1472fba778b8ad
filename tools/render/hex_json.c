#include "tools/render/hex_json.h"

#include <stdlib.h>

#include "clearing/base/hex.h"
#include "clearing/base/memory.h"

json_t *hex_json(const void *bytes, size_t len)
{
    char *text = memory_resize(NULL, 2 * len + 1, 1);

    hex_write(bytes, len, text);
    json_t *value = json_string(text);
    free(text);
    return value;
}
