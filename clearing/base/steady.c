#include "clearing/base/steady.h"

#include <stdint.h>
#include <sys/mman.h>

#include "clearing/base/check.h"

/* Growth is in steps of a huge page, so that all of a large block can lie on such. */
#define STEP ((size_t)2 << 20)
/* Reserved at once, in bytes of address space; half as much, and so on, where a limit forbids. */
#define RESERVE_FIRST ((size_t)1 << 36)

static size_t in_steps(size_t len)
{
    return (len + STEP - 1) & ~(STEP - 1);
}

/* Address space without memory: nothing is charged for it, whatever the system's policy. */
static void *reserve(size_t least, size_t *ret_reserved)
{
    size_t size = RESERVE_FIRST;

    while (size < least) {
        size *= 2;
    }
    for (; size >= least; size /= 2) {
        void *at = mmap(NULL, size + STEP, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (at != MAP_FAILED) {
            /* on a boundary of huge pages; what lies around it is given back */
            uintptr_t start = ((uintptr_t)at + STEP - 1) & ~((uintptr_t)STEP - 1);
            size_t before = start - (uintptr_t)at;
            CHECK(before == 0 || munmap(at, before) == 0);
            CHECK(munmap((void *)(start + size), STEP - before) == 0);
            *ret_reserved = size;
            return (void *)start;
        }
    }
    CHECK(!"there is address space");
    return NULL;
}

static void move(struct steady *block, size_t least)
{
    struct steady old = *block;

    block->at = reserve(least, &block->reserved);
    if (old.len > 0) {
        CHECK(mremap(old.at, old.len, old.len, MREMAP_MAYMOVE | MREMAP_FIXED, block->at) ==
              block->at);
    }
    if (old.reserved > old.len) {
        CHECK(munmap((char *)old.at + old.len, old.reserved - old.len) == 0);
    }
}

void *steady_grow(struct steady *block, size_t len)
{
    size_t more = in_steps(len);

    if (more <= block->len) {
        return block->at;
    }
    if (more > block->reserved) {
        move(block, more);
    }
    CHECK(mprotect((char *)block->at + block->len, more - block->len, PROT_READ | PROT_WRITE) ==
          0);
    /* advice, taken or not: nothing depends on it */
    (void)madvise((char *)block->at + block->len, more - block->len, MADV_HUGEPAGE);
    block->len = more;
    return block->at;
}

void steady_free(struct steady *block)
{
    if (block->at != NULL) {
        CHECK(munmap(block->at, block->reserved) == 0);
    }
    *block = (struct steady){0};
}
