#include "clearing/base/memory.h"

#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "clearing/base/check.h"

/* Tables of this size and more are walked at random: huge pages save most of the address
 * translation. The advice is taken or not; nothing depends on it. */
#define HUGE_FROM (8UL << 20)
#define HUGE_PAGE (2UL << 20)

static void advise(void *memory, size_t count, size_t size)
{
    uintptr_t from = ((uintptr_t)memory + HUGE_PAGE - 1) & ~(HUGE_PAGE - 1);
    uintptr_t to = ((uintptr_t)memory + count * size) & ~(HUGE_PAGE - 1);

    if (count * size >= HUGE_FROM && from < to) {
        (void)madvise((void *)from, to - from, MADV_HUGEPAGE);
    }
}

void *memory_zeroed(size_t count, size_t size)
{
    void *memory = calloc(count, size);

    CHECK(memory != NULL);
    advise(memory, count, size);
    return memory;
}

void *memory_resize(void *old, size_t count, size_t size)
{
    void *memory = reallocarray(old, count, size);

    CHECK(memory != NULL);
    advise(memory, count, size);
    return memory;
}
