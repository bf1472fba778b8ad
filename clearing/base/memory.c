#include "clearing/base/memory.h"

#include <stdlib.h>

#include "clearing/base/check.h"

void *memory_zeroed(size_t count, size_t size)
{
    void *memory = calloc(count, size);

    CHECK(memory != NULL);
    return memory;
}

void *memory_resize(void *old, size_t count, size_t size)
{
    void *memory = reallocarray(old, count, size);

    CHECK(memory != NULL);
    return memory;
}
