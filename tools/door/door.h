/* The door: tills come in over HTTP, each with its token, to the counter of their store. One door
 * may have many stores. deploy/tills.md says what tills may ask for and what they are told. */
#ifndef TOOLS_DOOR_DOOR_H
#define TOOLS_DOOR_DOOR_H

#include <stdbool.h>
#include <stdint.h>

#include "clearing/base/fault.h"
#include "tools/http/address.h"

/* Of a till: requests a second, and at once. */
#define DOOR_TILL_RATE  100
#define DOOR_TILL_BURST 300
/* Of all who come with a token that is none. */
#define DOOR_STRANGER_RATE  20
#define DOOR_STRANGER_BURST 100

struct door;

/* Open the stores of these folders and begin to serve. Threads are made: what signals are to be
 * blocked is blocked before. Returns: NULL with ret_fault set; the caller calls door_close. */
struct door *door_open(const char *const *dirs, uint32_t count, const struct address *address,
                       int wait_ms, struct fault *ret_fault);

/* To be called every second or so: cuts off who is too slow. */
void door_tick(struct door *door);

/* Answer what is there, and end. Accepts NULL. */
void door_close(struct door *door);

uint16_t door_port(const struct door *door);

#endif
