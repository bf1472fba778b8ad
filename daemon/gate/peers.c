#include "daemon/gate/peers.h"

#include <stdlib.h>
#include <string.h>

#include "clearing/base/memory.h"

void peers_init(struct peers *peers, uint32_t capacity, uint32_t generation)
{
    *peers = (struct peers){
        .all = memory_zeroed(capacity, sizeof *peers->all),
        .capacity = capacity,
    };
    for (uint32_t i = 0; i < capacity; i++) {
        peers->all[i].generation = generation;
    }
}

void peers_deinit(struct peers *peers)
{
    free(peers->all);
    *peers = (struct peers){0};
}

static struct peer *peer_of(const struct peers *peers, int fd)
{
    return fd >= 0 && (uint32_t)fd < peers->capacity ? &peers->all[fd] : NULL;
}

bool peers_open(struct peers *peers, int fd, int64_t now_ms)
{
    struct peer *peer = peer_of(peers, fd);

    if (peer == NULL) {
        return false;
    }
    if (!peer->open) {
        peers->open++;
    }
    *peer = (struct peer){
        .since_ms = now_ms,
        .generation = peer->generation + 1,
        .open = true,
    };
    if ((uint32_t)fd >= peers->end) {
        peers->end = (uint32_t)fd + 1;
    }
    return true;
}

const struct peer *peers_close(struct peers *peers, int fd)
{
    struct peer *peer = peer_of(peers, fd);

    if (peer == NULL || !peer->open) {
        return NULL;
    }
    peer->open = false;
    peers->open--;
    return peer;
}

peer_state_t peers_look(const struct peers *peers, int fd, uint32_t route)
{
    const struct peer *peer = peer_of(peers, fd);

    if (peer == NULL || !peer->open) {
        return PEER_STALE;
    }
    if (!peer->known) {
        return PEER_NEW;
    }
    if (peer->route == route) {
        return PEER_SAME;
    }
    /* libzmq counts routes upwards: the higher one is the connection that is open, the lower one
     * was left over in a queue by the connection before it */
    return (int32_t)(route - peer->route) > 0 ? PEER_NEW : PEER_STALE;
}

void peers_know(struct peers *peers, int fd, uint32_t route, const uint8_t *key)
{
    struct peer *peer = peer_of(peers, fd);

    CHECK(peer != NULL);
    CHECK(peer->open);
    if (peer->known) {
        peer->generation++;
    }
    peer->known = true;
    peer->route = route;
    peer->close_ms = 0;
    memcpy(peer->key, key, LINK_KEY_LEN);
}

struct peer *peers_find(const struct peers *peers, uint32_t slot, uint32_t generation)
{
    if (slot >= peers->capacity) {
        return NULL;
    }
    struct peer *peer = &peers->all[slot];
    return peer->open && peer->known && peer->generation == generation ? peer : NULL;
}
