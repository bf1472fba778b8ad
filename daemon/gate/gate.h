/* Gate: the process between the network and the ledger. It owns ZeroMQ, CURVE, who may connect, and
 * the limits; it has no ledger key, no data directory and no state worth keeping. It may be killed
 * at any time: stores send again what was not receipted.
 *
 * The ledger process makes a link_pair, starts `allcleard --gate FD` and then
 *   1. sends CONFIG, KEYS (all parts) and as many CREDIT as it will take frames,
 *   2. receives READY when the port is bound and a stranger has been seen to be turned away,
 *   3. receives a FRAME for each credit, answers with REPLY to its slot and generation, and gives a
 *      credit back when it has room again,
 *   4. receives COUNTERS every second, which also says that the gate lives.
 * When the gate ends, the ledger starts another over a new pair; replies to frames of the old one
 * must not be sent to the new one (it would drop them).
 *
 * A store's message is one frame (DEALER; the routing id before it is the gate's). What is not
 * forwarded is answered with Expect where the peer can be addressed:
 *   BUSY          no credit, over the store's rate, or a third connection of a key
 *   MALFORMED     not one part, not a frame, or a frame that only the daemon sends
 *   TOO_LARGE     over FRAME_BYTES_MAX (far over: libzmq ends the connection)
 *   UNKNOWN_KEY   the key was removed since it connected (the connection is then closed), or an
 *                 invitation that asks for anything but "join"
 *   WRONG_NETWORK, WRONG_STORE, VERSION   a Hello that says so */
#ifndef DAEMON_GATE_GATE_H
#define DAEMON_GATE_GATE_H

/* How a gate ends. After GATE_EXIT_CONFIG another try will end in the same way. */
#define GATE_EXIT_STOPPED  0
#define GATE_EXIT_AGAIN    75 /* the link has gone, or the gate has grown too large */
#define GATE_EXIT_PROTOCOL 76 /* the ledger sent what it must not */
#define GATE_EXIT_CONFIG   78 /* it cannot be bound or kept shut; the log says why */

/* Be a gate until STOP. Closes every file descriptor but the standard three and `link`. Call it in
 * a fresh process, before any thread.
 * Returns: the process's exit code. */
int gate_main(int link);

#endif
