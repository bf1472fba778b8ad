#include "clearing/base/spool.h"

struct writer *spool_room(struct spool *spool, size_t room)
{
    CHECK(room <= SPOOL_ROOM_MAX && spool->writer.capacity >= SPOOL_ROOM_MAX);
    CHECK(!spool->writer.full);
    if (spool->writer.capacity - spool->writer.len < room) {
        spool_end(spool);
    }
    return &spool->writer;
}

void spool_end(struct spool *spool)
{
    CHECK(!spool->writer.full);
    spool->empty(spool->context,
                 (slice_t){(const char *)spool->writer.bytes, (uint32_t)spool->writer.len});
    spool->writer.len = 0;
}
