#include "daemon/link.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "clearing/base/bytes.h"
#include "proto/codec/frame.h"

#define BUFFER_BYTES (8 * LINK_MESSAGE_MAX) /* asked for; the system may give less */
#define HEAD_MAX     512

#define FLAG_FIRST  1U
#define FLAG_LAST   2U
#define FLAG_INVITE 1U

_Static_assert(1 + 1 + 4 + 4 + LINK_KEY_LEN + 1 + CODE_LEN_MAX + FRAME_BYTES_MAX <=
                   LINK_MESSAGE_MAX,
               "a frame fits in a message");
_Static_assert(1 + 4 + LINK_NETWORK_LEN + LINK_KEY_LEN + LINK_ADDRESS_LEN_MAX <= HEAD_MAX,
               "a config fits in a head");
_Static_assert(1 + 8 * COUNTER_COUNT <= HEAD_MAX, "the counters fit in a head");

const char *link_counter_name(counter_t counter)
{
    switch (counter) {
#define COUNTER_NAME(NAME, name)                                                                   \
    case COUNTER_##NAME:                                                                           \
        return #name;
        COUNTERS(COUNTER_NAME)
#undef COUNTER_NAME
    case COUNTER_COUNT:
        break;
    }
    return "unknown";
}

static bool set_flag(int end, int get, int set, int flag)
{
    int flags = fcntl(end, get);

    return flags >= 0 && fcntl(end, set, flags | flag) == 0;
}

/* A buffer that a whole message goes into, whatever the system's ceiling is. */
static bool buffer_large(int end, int option)
{
    int wanted = BUFFER_BYTES;
    int got = 0;
    socklen_t len = sizeof got;

    (void)setsockopt(end, SOL_SOCKET, option, &wanted, sizeof wanted);
    if (getsockopt(end, SOL_SOCKET, option, &got, &len) != 0) {
        return false;
    }
    if (got < LINK_MESSAGE_MAX + LINK_MESSAGE_MAX / 4) {
        errno = ENOBUFS;
        return false;
    }
    return true;
}

bool link_prepare(int end)
{
    int type = 0;
    socklen_t len = sizeof type;

    if (getsockopt(end, SOL_SOCKET, SO_TYPE, &type, &len) != 0) {
        return false;
    }
    if (type != SOCK_SEQPACKET) {
        errno = EPROTOTYPE;
        return false;
    }
    return set_flag(end, F_GETFL, F_SETFL, O_NONBLOCK) &&
           set_flag(end, F_GETFD, F_SETFD, FD_CLOEXEC) && buffer_large(end, SO_SNDBUF) &&
           buffer_large(end, SO_RCVBUF);
}

bool link_pair(int ret_ends[2])
{
    return socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ret_ends) == 0 &&
           link_prepare(ret_ends[0]) && link_prepare(ret_ends[1]);
}

/* --- writing --- */

static void put_number(struct writer *w, uint64_t value, unsigned int len)
{
    for (unsigned int i = 0; i < len; i++) {
        write_u8(w, (uint8_t)(value >> (8 * i)));
    }
}

static void put_code(struct writer *w, slice_t code)
{
    CHECK(code_valid(code));
    write_u8(w, (uint8_t)code.len);
    write_bytes(w, code.text, code.len);
}

static void put_config(struct writer *w, const struct link_config *config)
{
    CHECK(config->address.len > 0 && config->address.len <= LINK_ADDRESS_LEN_MAX);
    put_number(w, config->memory_max_mib, 4);
    write_bytes(w, config->network, LINK_NETWORK_LEN);
    write_bytes(w, config->secret, LINK_KEY_LEN);
    write_bytes(w, config->address.text, config->address.len);
}

static slice_t put_keys(struct writer *w, const struct link_keys *keys)
{
    CHECK(keys->entries.len <= LINK_KEYS_BYTES_MAX);
    put_number(w, (keys->first ? FLAG_FIRST : 0) | (keys->last ? FLAG_LAST : 0), 1);
    return keys->entries;
}

static slice_t put_reply(struct writer *w, const struct link_reply *reply)
{
    CHECK(reply->frame.len > 0 && reply->frame.len <= FRAME_BYTES_MAX);
    put_number(w, reply->slot, 4);
    put_number(w, reply->generation, 4);
    return reply->frame;
}

static slice_t put_frame(struct writer *w, const struct link_frame *frame)
{
    CHECK(frame->frame.len > 0 && frame->frame.len <= FRAME_BYTES_MAX);
    put_number(w, frame->invite ? FLAG_INVITE : 0, 1);
    put_number(w, frame->slot, 4);
    put_number(w, frame->generation, 4);
    write_bytes(w, frame->curve, LINK_KEY_LEN);
    put_code(w, frame->store);
    return frame->frame;
}

/* Write what goes before the long part.
 * Returns: the long part, which is sent from where it is. */
static slice_t put_message(struct writer *w, const struct link_message *message)
{
    slice_t tail = {0};

    write_u8(w, (uint8_t)message->kind);
    switch (message->kind) {
    case LINK_CONFIG:
        put_config(w, &message->config);
        break;
    case LINK_KEYS:
        tail = put_keys(w, &message->keys);
        break;
    case LINK_REPLY:
        tail = put_reply(w, &message->reply);
        break;
    case LINK_CREDIT:
        CHECK(message->credit != 0);
        put_number(w, message->credit, 4);
        break;
    case LINK_STOP:
    case LINK_ASK:
        break;
    case LINK_READY:
        put_number(w, message->port, 2);
        break;
    case LINK_FRAME:
        tail = put_frame(w, &message->frame);
        break;
    case LINK_COUNTERS:
        for (unsigned int i = 0; i < COUNTER_COUNT; i++) {
            put_number(w, message->counters[i], 8);
        }
        break;
    }
    CHECK(!w->full);
    return tail;
}

link_result_t link_send(int end, const struct link_message *message)
{
    uint8_t head[HEAD_MAX];
    struct writer w = {.bytes = head, .capacity = sizeof head};
    slice_t tail = put_message(&w, message);
    struct iovec parts[2] = {
        {.iov_base = head, .iov_len = w.len},
        {.iov_base = (void *)(uintptr_t)tail.text, .iov_len = tail.len},
    };
    struct msghdr header = {.msg_iov = parts, .msg_iovlen = tail.len == 0 ? 1 : 2};
    ssize_t sent;

    do {
        sent = sendmsg(end, &header, MSG_DONTWAIT | MSG_NOSIGNAL);
    } while (sent < 0 && errno == EINTR);
    int error = errno;
    if (message->kind == LINK_CONFIG) {
        explicit_bzero(head, sizeof head);
    }
    if (sent >= 0) {
        return LINK_DONE;
    }
    return error == EAGAIN || error == ENOBUFS || error == ENOMEM ? LINK_LATER : LINK_GONE;
}

bool link_keys_put(uint8_t *entries, size_t *len, const struct link_key *key)
{
    struct writer w = {.bytes = entries, .len = *len, .capacity = LINK_KEYS_BYTES_MAX};

    if (LINK_KEYS_BYTES_MAX - *len < LINK_KEY_ENTRY_LEN_MAX) {
        return false;
    }
    write_bytes(&w, key->curve, LINK_KEY_LEN);
    put_number(&w, key->invite ? FLAG_INVITE : 0, 1);
    put_code(&w, key->store);
    *len = w.len;
    return true;
}

/* --- reading --- */

static uint64_t get_number(struct reader *r, unsigned int len)
{
    uint64_t value = 0;

    for (unsigned int i = 0; i < len; i++) {
        value |= (uint64_t)read_u8(r) << (8 * i);
    }
    return value;
}

static uint32_t get_flags(struct reader *r, uint32_t known)
{
    uint32_t flags = read_u8(r);

    r->bad = r->bad || (flags & ~known) != 0;
    return flags;
}

static slice_t get_bytes(struct reader *r, size_t len)
{
    if (r->bad || r->len - r->at < len) {
        r->bad = true;
        return (slice_t){0};
    }
    const uint8_t *bytes = r->bytes + r->at;
    r->at += len;
    return (slice_t){(const char *)bytes, (uint32_t)len};
}

static const uint8_t *get_fixed(struct reader *r, size_t len)
{
    return (const uint8_t *)get_bytes(r, len).text;
}

static slice_t get_code(struct reader *r)
{
    slice_t code = get_bytes(r, read_u8(r));

    r->bad = r->bad || !code_valid(code);
    return code;
}

/* The rest, 1..max bytes. */
static slice_t get_rest(struct reader *r, size_t max)
{
    size_t len = r->len - r->at;

    r->bad = r->bad || len == 0 || len > max;
    return get_bytes(r, len);
}

static void get_key(struct reader *r, struct link_key *key)
{
    key->curve = get_fixed(r, LINK_KEY_LEN);
    key->invite = get_flags(r, FLAG_INVITE) != 0;
    key->store = get_code(r);
}

static void get_config(struct reader *r, struct link_config *config)
{
    config->memory_max_mib = (uint32_t)get_number(r, 4);
    config->network = get_fixed(r, LINK_NETWORK_LEN);
    config->secret = get_fixed(r, LINK_KEY_LEN);
    config->address = get_rest(r, LINK_ADDRESS_LEN_MAX);
    /* it becomes a C string */
    r->bad = r->bad || memchr(config->address.text, '\0', config->address.len) != NULL;
}

static void get_keys(struct reader *r, struct link_keys *keys)
{
    uint32_t flags = get_flags(r, FLAG_FIRST | FLAG_LAST);
    struct link_key key;

    keys->first = (flags & FLAG_FIRST) != 0;
    keys->last = (flags & FLAG_LAST) != 0;
    keys->entries = (slice_t){(const char *)r->bytes + r->at, (uint32_t)(r->len - r->at)};
    while (!r->bad && r->at < r->len) {
        get_key(r, &key);
    }
}

static void get_reply(struct reader *r, struct link_reply *reply)
{
    reply->slot = (uint32_t)get_number(r, 4);
    reply->generation = (uint32_t)get_number(r, 4);
    reply->frame = get_rest(r, FRAME_BYTES_MAX);
}

static void get_frame(struct reader *r, struct link_frame *frame)
{
    frame->invite = get_flags(r, FLAG_INVITE) != 0;
    frame->slot = (uint32_t)get_number(r, 4);
    frame->generation = (uint32_t)get_number(r, 4);
    frame->curve = get_fixed(r, LINK_KEY_LEN);
    frame->store = get_code(r);
    frame->frame = get_rest(r, FRAME_BYTES_MAX);
}

/* Returns: false when the ledger sends no such kind. */
static bool get_of_ledger(struct reader *r, struct link_message *message)
{
    switch (message->kind) {
    case LINK_CONFIG:
        get_config(r, &message->config);
        return true;
    case LINK_KEYS:
        get_keys(r, &message->keys);
        return true;
    case LINK_REPLY:
        get_reply(r, &message->reply);
        return true;
    case LINK_CREDIT:
        message->credit = (uint32_t)get_number(r, 4);
        r->bad = r->bad || message->credit == 0;
        return true;
    case LINK_STOP:
    case LINK_ASK:
        return true;
    case LINK_READY:
    case LINK_FRAME:
    case LINK_COUNTERS:
        break;
    }
    return false;
}

/* Returns: false when the gate sends no such kind. */
static bool get_of_gate(struct reader *r, struct link_message *message)
{
    switch (message->kind) {
    case LINK_READY:
        message->port = (uint16_t)get_number(r, 2);
        return true;
    case LINK_FRAME:
        get_frame(r, &message->frame);
        return true;
    case LINK_COUNTERS:
        for (unsigned int i = 0; i < COUNTER_COUNT; i++) {
            message->counters[i] = get_number(r, 8);
        }
        return true;
    case LINK_CONFIG:
    case LINK_KEYS:
    case LINK_REPLY:
    case LINK_CREDIT:
    case LINK_STOP:
    case LINK_ASK:
        break;
    }
    return false;
}

bool link_decode(slice_t bytes, link_side_t from, struct link_message *ret_message)
{
    struct reader r = {.bytes = (const uint8_t *)bytes.text, .len = bytes.len};
    struct link_message message = {0};
    bool known;

    if (bytes.len == 0 || bytes.len > LINK_MESSAGE_MAX) {
        return false;
    }
    message.kind = (link_kind_t)read_u8(&r);
    known = from == LINK_FROM_LEDGER ? get_of_ledger(&r, &message) : get_of_gate(&r, &message);
    if (!known || !reader_done(&r)) {
        return false;
    }
    *ret_message = message;
    return true;
}

link_result_t link_receive(int end, link_side_t from, uint8_t *buffer,
                           struct link_message *ret_message)
{
    struct iovec part = {.iov_base = buffer, .iov_len = LINK_MESSAGE_MAX};
    struct msghdr header = {.msg_iov = &part, .msg_iovlen = 1};
    ssize_t got;

    do {
        got = recvmsg(end, &header, MSG_DONTWAIT);
    } while (got < 0 && errno == EINTR);
    if (got < 0) {
        return errno == EAGAIN ? LINK_LATER : LINK_GONE;
    }
    if (got == 0) {
        return LINK_GONE;
    }
    /* no room for file descriptors was offered, so none can come in */
    if ((header.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0) {
        return LINK_MALFORMED;
    }
    slice_t bytes = {(const char *)buffer, (uint32_t)got};
    return link_decode(bytes, from, ret_message) ? LINK_DONE : LINK_MALFORMED;
}

bool link_keys_next(slice_t *rest, struct link_key *ret_key)
{
    struct reader r = {.bytes = (const uint8_t *)rest->text, .len = rest->len};
    struct link_key key = {0};

    if (rest->len == 0) {
        return false;
    }
    get_key(&r, &key);
    if (r.bad) {
        return false;
    }
    *ret_key = key;
    *rest = (slice_t){rest->text + r.at, rest->len - (uint32_t)r.at};
    return true;
}
