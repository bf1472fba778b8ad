/* A speaker: one connection to a gate that sends bytes as they are, also such that no node would.
 * It has no queue and does not repeat itself. One thread. */
#ifndef TESTS_MALFORMED_SPEAKER_H
#define TESTS_MALFORMED_SPEAKER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/codec/frame.h"

#define SPEAKER_WAIT_MS 20000 /* for an answer that must come; the machine may be busy */

enum speaker_mechanism {
    SPEAKER_CURVE,
    SPEAKER_NULL,
    SPEAKER_PLAIN,
};

struct speaker_options {
    const char *address;
    enum speaker_mechanism mechanism;
    const uint8_t *server_key; /* CURVE */
    const uint8_t *public_key;
    const uint8_t *secret_key;
    const char *routing_id; /* NULL: none */
    int type;               /* ZMQ_DEALER where 0 */
};

struct speaker {
    void *context;
    void *socket;
    void *monitor;
    char address[300];
    uint32_t handshakes; /* done */
    uint32_t refused;    /* 400: the key is not known */
    uint32_t failed;     /* in another way, or ended before they were done */
    uint32_t ended;      /* connections that had been let in */
    bool up;
    uint8_t bytes[FRAME_BYTES_MAX]; /* of the frame received last */
    uint32_t len;
};

/* Begin to connect. CHECKs that the machine lets it. */
void speaker_open(struct speaker *ret_speaker, const struct speaker_options *options);
void speaker_close(struct speaker *speaker);

/* Wait until a handshake is done, or for `wait_ms`. Returns: is it done? */
bool speaker_wait_up(struct speaker *speaker, int wait_ms);
/* Wait until the connection that was let in has ended. */
bool speaker_wait_ended(struct speaker *speaker, int wait_ms);
/* Read what has become of the connection so far, for `wait_ms`. */
void speaker_watch(struct speaker *speaker, int wait_ms);

/* Send a message of one part, or more of it to come. Returns: false when there is no connection. */
bool speaker_send(struct speaker *speaker, slice_t bytes, bool more);

/* Wait for the next message. Out: *ret_frame, which lives until the next call.
 * Returns: false when none comes in time or before the connection ends, or it is not one frame. */
bool speaker_receive(struct speaker *speaker, int wait_ms, struct frame *ret_frame);

#endif
