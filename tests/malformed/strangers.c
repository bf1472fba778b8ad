/* Peers that libzmq lets speak and the gate must not let in: nobody's key, another server's key, no
 * security, a password. */
#include <stdio.h>
#include <zmq.h>

#include "tests/malformed/hostile.h"
#include "tools/node/wire.h"

#define STRANGERS_EACH 5
#define WAIT_MS        250 /* with retries: a handshake takes some milliseconds */

enum refusal { REFUSED_BY_KEY, REFUSED_SOMEHOW };

static void stranger(struct hostile *hostile, const char *name,
                     const struct speaker_options *options, enum refusal refusal)
{
    static struct speaker speaker;
    char why[160];

    speaker_open(&speaker, options);
    /* more time only where nothing has been seen yet: the machine may be busy */
    for (int i = 0; i < 40 && speaker.refused + speaker.failed + speaker.handshakes == 0; i++) {
        speaker_watch(&speaker, WAIT_MS);
    }
    uint32_t seen = refusal == REFUSED_BY_KEY ? speaker.refused : speaker.refused + speaker.failed;
    (void)snprintf(why, sizeof why, "%u handshakes done, %u keys refused, %u otherwise ended",
                   speaker.handshakes, speaker.refused, speaker.failed);
    (void)hostile_case(hostile, name, speaker.handshakes == 0 && seen > 0, why);
    speaker_close(&speaker);
}

void strangers_run(struct hostile *hostile)
{
    uint8_t public[WIRE_KEY_LEN];
    uint8_t secret[WIRE_KEY_LEN];
    uint8_t server[WIRE_KEY_LEN];
    static const int types[] = {ZMQ_DEALER, ZMQ_REQ, ZMQ_ROUTER};

    for (int i = 0; i < STRANGERS_EACH; i++) {
        struct speaker_options options = {
            .address = hostile->address,
            .server_key = hostile->own.kit.server_key,
            .public_key = public,
            .secret_key = secret,
            .type = types[i % 3],
        };
        wire_make_keys(public, secret);
        stranger(hostile, "nobody's key", &options, REFUSED_BY_KEY);
        options.public_key = hostile->own.transport_public;
        stranger(hostile, "a store's public key without its secret", &options, REFUSED_SOMEHOW);
        options.secret_key = hostile->own.transport_secret;
        memcpy(server, hostile->own.kit.server_key, sizeof server);
        server[i] ^= 1;
        options.server_key = server;
        stranger(hostile, "another server's key", &options, REFUSED_SOMEHOW);
        options.mechanism = SPEAKER_NULL;
        stranger(hostile, "no security", &options, REFUSED_SOMEHOW);
        options.mechanism = SPEAKER_PLAIN;
        stranger(hostile, "a password", &options, REFUSED_SOMEHOW);
    }
    static const int others[] = {ZMQ_SUB, ZMQ_PUSH, ZMQ_PULL, ZMQ_PAIR};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        const struct speaker_options options = {
            .address = hostile->address,
            .mechanism = SPEAKER_NULL,
            .type = others[i],
        };
        stranger(hostile, "another kind of socket", &options, REFUSED_SOMEHOW);
    }
}
