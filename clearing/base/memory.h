/* Memory that must be there: running out of it ends the process loudly (the journal brings
 * everything back). Nothing on the acknowledged path grows a table event by event: all growth
 * doubles. */
#ifndef CLEARING_BASE_MEMORY_H
#define CLEARING_BASE_MEMORY_H

#include <stddef.h>

/* At the start of a program with large tables: they grow by moving pages, not bytes. */
void memory_prepare(void);

/* Like calloc and reallocarray, but never NULL (count and size are not 0). The caller frees. */
void *memory_zeroed(size_t count, size_t size);
void *memory_resize(void *old, size_t count, size_t size);

/* Make room for one more element of an array {items, count, capacity}. */
#define MEMORY_GROW(items, count, capacity)                                                        \
    do {                                                                                           \
        if ((count) == (capacity)) {                                                               \
            (capacity) = (capacity) == 0 ? 8 : (capacity) * 2;                                     \
            (items) = memory_resize((items), (capacity), sizeof *(items));                         \
        }                                                                                          \
    } while (0)

#endif
