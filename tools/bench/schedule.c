#include "tools/bench/schedule.h"

#include <stdlib.h>

#include "clearing/base/memory.h"

void schedule_make(struct schedule *schedule, const struct stock *stock, uint64_t rate)
{
    uint64_t events = 0;

    CHECK(rate > 0);
    *schedule = (struct schedule){0};
    for (uint32_t i = 0; i < stock->stores; i++) {
        schedule->count += stock->streams[i].count - stock->streams[i].warm;
    }
    schedule->slots = memory_zeroed(schedule->count + 1, sizeof *schedule->slots);
    uint64_t at = 0;
    for (uint32_t round = 0; at < schedule->count; round++) {
        for (uint32_t i = 0; i < stock->stores; i++) {
            const struct stock_stream *stream = &stock->streams[i];
            if (round >= stream->count - stream->warm) {
                continue;
            }
            uint32_t batch = stream->warm + round;
            schedule->slots[at++] =
                (struct schedule_slot){events * 1000000 / rate, i, batch};
            events += stream->batches[batch].events;
        }
    }
}

void schedule_deinit(struct schedule *schedule)
{
    free(schedule->slots);
    *schedule = (struct schedule){0};
}
