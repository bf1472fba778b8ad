/* The disk's headroom: looked at every second, so that the daemon stops taking before a commit
 * fails. Low: people are told. Full: batches and records are answered BUSY, while everything that
 * only reads is served; it goes on by itself once there is room again. (A commit that fails all the
 * same ends the process unanswered, as any does.) Writer's thread. */
#ifndef DAEMON_DISK_H
#define DAEMON_DISK_H

#include <stdint.h>

typedef enum {
    DISK_ROOM,
    DISK_LOW,
    DISK_FULL,
} disk_state_t;

/* By default: low below 1 GiB, or 2 % of a file system where that is less; full below a quarter. */
#define DISK_LOW_BYTES    (UINT64_C(1) << 30)
#define DISK_LOW_PER_MIL  20
#define DISK_FULL_PART    4
#define DISK_BY_DEFAULT   UINT64_MAX /* for an option that was not given */
#define DISK_TURN_MS      1000

struct disk {
    const char *dir;
    uint64_t low_bytes; /* as given, or DISK_BY_DEFAULT */
    uint64_t full_bytes;
    disk_state_t state;
    uint64_t free_bytes; /* when it was last looked at */
    int64_t looked_ms;
};

/* "ok", "low", "full" */
const char *disk_state_name(disk_state_t state);

/* What a state becomes with so much room. To go back takes an eighth more than the threshold, so
 * that a figure which moves about it is not told again and again. */
disk_state_t disk_judge(disk_state_t state, uint64_t free_bytes, uint64_t low_bytes,
                        uint64_t full_bytes);

/* Look, if it is time to, and log what has changed. A file system that cannot be asked leaves the
 * state as it is. */
void disk_tend(struct disk *disk, int64_t now_ms);

#endif
