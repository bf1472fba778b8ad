#include "clearing/base/memory.h"

#include <malloc.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "clearing/base/check.h"

/* Tables of this size and more are walked at random: huge pages save most of the address
 * translation. The advice is taken or not; nothing depends on it. */
#define HUGE_FROM (8UL << 20)
#define PAGE      4096UL

void memory_prepare(void)
{
    /* blocks from here on are mappings of their own, which realloc extends or moves whole; the
     * allocator would raise the limit by itself and copy */
    (void)mallopt(M_MMAP_THRESHOLD, (int)HUGE_FROM);
}

/* The whole mapping, header and all: with advice for a part of it, it could no longer be moved as
 * one. */
static void advise(void *memory, size_t count, size_t size)
{
    uintptr_t from = (uintptr_t)memory & ~(PAGE - 1);
    uintptr_t to = ((uintptr_t)memory + count * size + PAGE - 1) & ~(PAGE - 1);

    if (count * size >= HUGE_FROM) {
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
