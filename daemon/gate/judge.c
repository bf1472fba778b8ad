#include "daemon/gate/judge.h"

#include <string.h>

#define VERB_JOIN "join"

static struct judgement refuse(reason_t reason, const char *detail)
{
    return (struct judgement){.reason = reason, .detail = detail};
}

static struct judgement judge_hello(const struct judge_peer *peer, const struct frame_hello *hello)
{
    if (hello->version != FRAME_VERSION) {
        return refuse(REASON_VERSION, "this daemon speaks version 1");
    }
    if (memcmp(hello->network, peer->network, DIGEST_LEN) != 0) {
        return refuse(REASON_WRONG_NETWORK, "this daemon serves another alliance");
    }
    if (!slice_equal(hello->store, peer->store)) {
        return refuse(REASON_WRONG_STORE, "the connection's key belongs to another store");
    }
    return (struct judgement){.forward = true};
}

static struct judgement judge_invited(const struct frame *frame)
{
    if (frame->type == FRAME_QUERY && slice_equal(frame->query.verb, slice_of(VERB_JOIN))) {
        return (struct judgement){.forward = true};
    }
    return refuse(REASON_UNKNOWN_KEY, "an invitation can only join");
}

struct judgement judge_frame(const struct judge_peer *peer, slice_t bytes)
{
    struct decode_fault fault;
    struct frame frame;

    if (bytes.len > FRAME_BYTES_MAX) {
        return refuse(REASON_TOO_LARGE, "the frame is larger than a frame may be");
    }
    if (!frame_decode(bytes, &frame, &fault)) {
        return refuse(REASON_MALFORMED, decode_error_text(fault.error));
    }
    if (peer->invite) {
        return judge_invited(&frame);
    }
    switch (frame.type) {
    case FRAME_HELLO:
        return judge_hello(peer, &frame.hello);
    case FRAME_BATCH:
    case FRAME_QUERY:
        return (struct judgement){.forward = true};
    case FRAME_RECEIPT:
    case FRAME_EXPECT:
    case FRAME_ANSWER:
        break;
    }
    return refuse(REASON_MALFORMED, "a frame that only the daemon sends");
}
