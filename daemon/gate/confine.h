/* Confine: what a process can give up without being root, before it meets the network. */
#ifndef DAEMON_GATE_CONFINE_H
#define DAEMON_GATE_CONFINE_H

#include <stdint.h>

#include "clearing/base/check.h"

/* Close every file descriptor but the standard three and `kept`, forbid core files, tracing and new
 * privileges, take as many descriptors as allowed (up to GATE_FDS_MAX). Irrevocable; call it first.
 * Returns: the number of descriptors; 0 with errno when something was not granted. */
uint32_t confine_process(int kept) MUST_USE;

#endif
