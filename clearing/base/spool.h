/* A spool: bytes that are written without knowing how many there will be. Its writer has little
 * room, which is emptied to somebody whenever more is asked for. One thread. */
#ifndef CLEARING_BASE_SPOOL_H
#define CLEARING_BASE_SPOOL_H

#include "clearing/base/bytes.h"

struct spool {
    struct writer writer; /* given by the owner, empty; at least SPOOL_ROOM_MAX bytes */
    void *context;
    void (*empty)(void *context, slice_t bytes);
};

/* What may be asked for at once. */
#define SPOOL_ROOM_MAX 65536

/* Returns: a writer with room for `room` more bytes, until the next call. */
struct writer *spool_room(struct spool *spool, size_t room);
/* Hand on what is left. */
void spool_end(struct spool *spool);

#endif
