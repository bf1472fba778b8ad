/* Log: one line a fact to stderr, `level room event key=value`. No keys, no signatures, nothing
 * personal. "broken" means a bug of ours: any test whose log has one fails. */
#ifndef DAEMON_LOG_H
#define DAEMON_LOG_H

typedef enum {
    LOG_INFO,
    LOG_UNUSUAL,
    LOG_BROKEN,
    LOG_FATAL,
} log_level_t;

/* `format` gives the event and its pairs. A line is written at once. Any thread. */
void log_line(log_level_t level, const char *room, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
