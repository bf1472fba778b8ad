#include "daemon/disk.h"

#include <sys/statvfs.h>

#include "daemon/log.h"

#define BACK_PART 8

const char *disk_state_name(disk_state_t state)
{
    switch (state) {
    case DISK_ROOM:
        return "ok";
    case DISK_LOW:
        return "low";
    case DISK_FULL:
        return "full";
    }
    return "";
}

disk_state_t disk_judge(disk_state_t state, uint64_t free_bytes, uint64_t low_bytes,
                        uint64_t full_bytes)
{
    uint64_t full = full_bytes + (state == DISK_FULL ? full_bytes / BACK_PART : 0);
    uint64_t low = low_bytes + (state != DISK_ROOM ? low_bytes / BACK_PART : 0);

    if (free_bytes < full) {
        return DISK_FULL;
    }
    return free_bytes < low ? DISK_LOW : DISK_ROOM;
}

void disk_tend(struct disk *disk, int64_t now_ms)
{
    struct statvfs system;

    if (now_ms - disk->looked_ms < DISK_TURN_MS || statvfs(disk->dir, &system) != 0) {
        return;
    }
    uint64_t free_bytes = (uint64_t)system.f_bavail * system.f_frsize;
    uint64_t low = (uint64_t)system.f_blocks * system.f_frsize / 1000 * DISK_LOW_PER_MIL;
    low = low < DISK_LOW_BYTES ? low : DISK_LOW_BYTES;
    low = disk->low_bytes == DISK_BY_DEFAULT ? low : disk->low_bytes;
    uint64_t full = disk->full_bytes == DISK_BY_DEFAULT ? low / DISK_FULL_PART : disk->full_bytes;
    disk_state_t state = disk_judge(disk->state, free_bytes, low, full);
    disk->looked_ms = now_ms;
    disk->free_bytes = free_bytes;
    if (state != disk->state) {
        log_line(state == DISK_ROOM ? LOG_INFO : LOG_UNUSUAL, "disk",
                 "disk_%s free=%llu low=%llu full=%llu", disk_state_name(state), (unsigned long long)free_bytes,
                 (unsigned long long)low, (unsigned long long)full);
        disk->state = state;
    }
}
