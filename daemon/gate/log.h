/* Log: one line a fact to stderr, `level gate event key=value`. No keys, no contents of frames. */
#ifndef DAEMON_GATE_LOG_H
#define DAEMON_GATE_LOG_H

/* The gate's levels: what is normal, what an operator may want to look at, what ends the gate. */
typedef enum {
    GATE_LOG_INFO,
    GATE_LOG_UNUSUAL,
    GATE_LOG_FATAL,
} gate_log_level_t;

/* `format` gives the event and its pairs. A line is written at once and never in pieces. */
void gate_log(gate_log_level_t level, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
