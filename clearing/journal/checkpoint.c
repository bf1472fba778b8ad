#include "clearing/journal/checkpoint.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clearing/base/memory.h"
#include "clearing/journal/bytes.h"

#define AT_NETWORK   2
#define AT_SIZE      34
#define AT_ROOT      42
#define AT_EPOCH     74
#define AT_TIME      82
#define AT_KEY_ID    CHECKPOINT_BODY_LEN
#define AT_SIGNATURE (CHECKPOINT_BODY_LEN + SIGN_KEY_ID_LEN)

/* A slot is one sector: magic, sequence, length, the signed bytes, zeros, and SHA-256 of all that.
 * The sequence counts writes and its parity says which of the two files it is. */
#define SLOT_LEN      512
#define SLOT_SEQUENCE 8
#define SLOT_LENGTH   16
#define SLOT_CONTENT  20
#define SLOT_DIGEST   (SLOT_LEN - DIGEST_LEN)

static const char slot_magic[8] = {'A', 'C', 'L', 'S', 'L', 'O', 'T', '1'};

struct checkpoint_slots {
    int fds[2]; /* -1 where read_only found no file */
    uint64_t sequence;
    bool any;
    bool damaged;
    unsigned damaged_number; /* which, if damaged */
    bool broken;
    uint8_t newest[CHECKPOINT_SIGNED_LEN];
    char dir[256];
};

void checkpoint_sign(const struct checkpoint *checkpoint,
                     const struct sign_key *key,
                     uint8_t ret_bytes[CHECKPOINT_SIGNED_LEN])
{
    slice_t body = {(const char *)ret_bytes, CHECKPOINT_BODY_LEN};
    uint8_t public[SIGN_PUBLIC_LEN];

    CHECK(checkpoint->time_ms >= 0);
    bytes_put_u16(ret_bytes, CHECKPOINT_FORMAT);
    memcpy(ret_bytes + AT_NETWORK, checkpoint->network, SIGN_NETWORK_LEN);
    bytes_put_u64(ret_bytes + AT_SIZE, checkpoint->size);
    memcpy(ret_bytes + AT_ROOT, checkpoint->root, MERKLE_HASH_LEN);
    bytes_put_u64(ret_bytes + AT_EPOCH, checkpoint->epoch);
    bytes_put_u64(ret_bytes + AT_TIME, (uint64_t)checkpoint->time_ms);
    sign_key_public(key, public);
    sign_key_id(public, ret_bytes + AT_KEY_ID);
    sign_message(key, SIGN_CHECKPOINT, checkpoint->network, body, ret_bytes + AT_SIGNATURE);
    CHECK(sign_verify_message(public, SIGN_CHECKPOINT, checkpoint->network, body,
                              ret_bytes + AT_SIGNATURE));
}

bool checkpoint_decode(slice_t bytes,
                       struct checkpoint *ret_checkpoint,
                       uint8_t ret_key_id[SIGN_KEY_ID_LEN],
                       struct fault *ret_fault)
{
    const uint8_t *at = (const uint8_t *)bytes.text;

    if (bytes.len != CHECKPOINT_SIGNED_LEN || bytes_get_u16(at) != CHECKPOINT_FORMAT) {
        return fault_set(ret_fault, FAULT_FORMAT, "not a checkpoint of a known format");
    }
    if (bytes_get_u64(at + AT_SIZE) > INT64_MAX || bytes_get_u64(at + AT_TIME) > INT64_MAX) {
        return fault_set(ret_fault, FAULT_FORMAT, "a checkpoint's size or time is out of range");
    }
    memcpy(ret_checkpoint->network, at + AT_NETWORK, SIGN_NETWORK_LEN);
    ret_checkpoint->size = bytes_get_u64(at + AT_SIZE);
    memcpy(ret_checkpoint->root, at + AT_ROOT, MERKLE_HASH_LEN);
    ret_checkpoint->epoch = bytes_get_u64(at + AT_EPOCH);
    ret_checkpoint->time_ms = (int64_t)bytes_get_u64(at + AT_TIME);
    if (ret_key_id != NULL) {
        memcpy(ret_key_id, at + AT_KEY_ID, SIGN_KEY_ID_LEN);
    }
    return true;
}

bool checkpoint_verify(slice_t bytes,
                       const uint8_t public[SIGN_PUBLIC_LEN],
                       const uint8_t network[SIGN_NETWORK_LEN],
                       struct checkpoint *ret_checkpoint,
                       struct fault *ret_fault)
{
    struct checkpoint checkpoint;
    uint8_t named[SIGN_KEY_ID_LEN];
    uint8_t id[SIGN_KEY_ID_LEN];

    if (!checkpoint_decode(bytes, &checkpoint, named, ret_fault)) {
        return false;
    }
    if (memcmp(checkpoint.network, network, SIGN_NETWORK_LEN) != 0) {
        return fault_set(ret_fault, FAULT_CRYPTO, "the checkpoint is of another network");
    }
    sign_key_id(public, id);
    if (!digest_equal(id, named)) {
        return fault_set(ret_fault, FAULT_CRYPTO, "the checkpoint was signed with another key");
    }
    if (!sign_verify_message(public, SIGN_CHECKPOINT, network,
                             (slice_t){bytes.text, CHECKPOINT_BODY_LEN},
                             (const uint8_t *)bytes.text + AT_SIGNATURE)) {
        return fault_set(ret_fault, FAULT_CRYPTO, "the checkpoint's signature is wrong");
    }
    *ret_checkpoint = checkpoint;
    return true;
}

enum slot_state { SLOT_BLANK, SLOT_WHOLE, SLOT_DAMAGED };

static bool slot_whole(const uint8_t slot[SLOT_LEN], unsigned number)
{
    uint8_t digest[DIGEST_LEN];

    digest_sha256(slot, SLOT_DIGEST, digest);
    return memcmp(slot, slot_magic, sizeof slot_magic) == 0 &&
           bytes_get_u32(slot + SLOT_LENGTH) == CHECKPOINT_SIGNED_LEN &&
           (bytes_get_u64(slot + SLOT_SEQUENCE) & 1) == number &&
           digest_equal(digest, slot + SLOT_DIGEST);
}

/* Returns: false when the file cannot be read at all. */
static bool
slot_read(int fd, unsigned number, uint8_t ret_slot[SLOT_LEN], enum slot_state *ret_state)
{
    uint8_t bytes[SLOT_LEN];
    size_t len = 0;

    if (fd < 0) {
        *ret_state = SLOT_BLANK;
        return true;
    }
    for (ssize_t got = 1; got != 0 && len < sizeof bytes;) {
        got = pread(fd, bytes + len, sizeof bytes - len, (off_t)len);
        if (got < 0) {
            return false;
        }
        len += (size_t)got;
    }
    *ret_state = len == 0 ? SLOT_BLANK : SLOT_DAMAGED;
    if (len == SLOT_LEN && slot_whole(bytes, number)) {
        memcpy(ret_slot, bytes, SLOT_LEN);
        *ret_state = SLOT_WHOLE;
    }
    return true;
}

static bool slots_open_files(struct checkpoint_slots *slots,
                             int dir_fd,
                             bool read_only,
                             struct fault *ret_fault)
{
    static const char *const names[2] = {"checkpoint.0", "checkpoint.1"};
    int flags = (read_only ? O_RDONLY : O_RDWR | O_CREAT) | O_CLOEXEC | O_NOFOLLOW;

    for (int i = 0; i < 2; i++) {
        slots->fds[i] = openat(dir_fd, names[i], flags, 0600);
        if (slots->fds[i] < 0 && !(read_only && errno == ENOENT)) {
            return fault_set_errno(ret_fault, errno, "cannot open %s/%s", slots->dir, names[i]);
        }
    }
    if (!read_only && fsync(dir_fd) != 0) {
        return fault_set_errno(ret_fault, errno, "cannot sync %s", slots->dir);
    }
    return true;
}

static bool slots_load(struct checkpoint_slots *slots, struct fault *ret_fault)
{
    uint8_t slot[2][SLOT_LEN];
    enum slot_state states[2] = {SLOT_BLANK, SLOT_BLANK};

    for (unsigned i = 0; i < 2; i++) {
        if (!slot_read(slots->fds[i], i, slot[i], &states[i])) {
            return fault_set_errno(ret_fault, errno, "cannot read %s/checkpoint.%u", slots->dir, i);
        }
        if (states[i] != SLOT_WHOLE) {
            continue;
        }
        uint64_t sequence = bytes_get_u64(slot[i] + SLOT_SEQUENCE);
        if (!slots->any || sequence > slots->sequence) {
            slots->any = true;
            slots->sequence = sequence;
            memcpy(slots->newest, slot[i] + SLOT_CONTENT, CHECKPOINT_SIGNED_LEN);
        }
    }
    bool some_damaged = states[0] == SLOT_DAMAGED || states[1] == SLOT_DAMAGED;
    if (some_damaged && !slots->any) {
        return fault_set(ret_fault, FAULT_STORE,
                         "%s: no checkpoint slot is whole: restore the data from a backup",
                         slots->dir);
    }
    /* The very first write fills one slot; from the second on both have something. */
    bool lost = slots->sequence > 1 && (states[0] == SLOT_BLANK || states[1] == SLOT_BLANK);
    slots->damaged = some_damaged || lost;
    slots->damaged_number = states[0] == SLOT_WHOLE ? 1 : 0;
    return true;
}

struct checkpoint_slots *
checkpoint_slots_open(const char *dir, bool read_only, struct fault *ret_fault)
{
    struct checkpoint_slots *slots = memory_zeroed(1, sizeof *slots);
    int dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool good;

    slots->fds[0] = -1;
    slots->fds[1] = -1;
    (void)snprintf(slots->dir, sizeof slots->dir, "%s", dir); /* for messages: may be cut */
    if (dir_fd < 0) {
        (void)fault_set_errno(ret_fault, errno, "cannot open the data folder %s", dir);
        checkpoint_slots_close(slots);
        return NULL;
    }
    good = slots_open_files(slots, dir_fd, read_only, ret_fault) && slots_load(slots, ret_fault);
    (void)close(dir_fd);
    if (!good) {
        checkpoint_slots_close(slots);
        return NULL;
    }
    return slots;
}

void checkpoint_slots_close(struct checkpoint_slots *slots)
{
    if (slots == NULL) {
        return;
    }
    for (int i = 0; i < 2; i++) {
        if (slots->fds[i] >= 0) {
            (void)close(slots->fds[i]);
        }
    }
    free(slots);
}

const uint8_t *checkpoint_slots_newest(const struct checkpoint_slots *slots)
{
    return slots->any ? slots->newest : NULL;
}

bool checkpoint_slots_damaged(const struct checkpoint_slots *slots, unsigned *ret_number)
{
    if (slots->damaged) {
        *ret_number = slots->damaged_number;
    }
    return slots->damaged;
}

bool checkpoint_slots_write(struct checkpoint_slots *slots,
                            const uint8_t bytes[CHECKPOINT_SIGNED_LEN],
                            struct fault *ret_fault)
{
    uint8_t slot[SLOT_LEN] = {0};
    uint64_t sequence = slots->sequence + 1;
    unsigned number = (unsigned)(sequence & 1);
    ssize_t written;

    if (slots->broken) {
        return fault_set(ret_fault, FAULT_STORE, "%s: a checkpoint could not be written: restart",
                         slots->dir);
    }
    memcpy(slot, slot_magic, sizeof slot_magic);
    bytes_put_u64(slot + SLOT_SEQUENCE, sequence);
    bytes_put_u32(slot + SLOT_LENGTH, CHECKPOINT_SIGNED_LEN);
    memcpy(slot + SLOT_CONTENT, bytes, CHECKPOINT_SIGNED_LEN);
    digest_sha256(slot, SLOT_DIGEST, slot + SLOT_DIGEST);
    written = pwrite(slots->fds[number], slot, sizeof slot, 0);
    if (written != SLOT_LEN || fdatasync(slots->fds[number]) != 0) {
        slots->broken = true;
        return fault_set_errno(ret_fault, written >= 0 && written != SLOT_LEN ? ENOSPC : errno,
                               "cannot write %s/checkpoint.%u", slots->dir, number);
    }
    slots->sequence = sequence;
    slots->any = true;
    memcpy(slots->newest, bytes, CHECKPOINT_SIGNED_LEN);
    return true;
}
