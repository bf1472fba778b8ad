/* Running the program that is told. It gets the notice as one line of JSON on its standard input,
 * and what a shell script wants of it in ALLCLEAR_NOTICE, ALLCLEAR_NOTICE_ID,
 * ALLCLEAR_NOTICE_SUBJECT and ALLCLEAR_NOTICE_TEXT; no shell is between. What it writes goes to our
 * standard error. One thread. */
#ifndef TOOLS_NOTIFY_PROGRAM_H
#define TOOLS_NOTIFY_PROGRAM_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

struct program {
    const char *path;
    char *const *arguments; /* behind its name; ends with NULL */
    int64_t limit_ms;       /* it is ended after so long */
};

typedef enum {
    PROGRAM_TOLD,    /* it exited with 0 */
    PROGRAM_FAILED,  /* with another code, *ret_code, or by a signal, minus its number */
    PROGRAM_LATE,    /* it was ended, with all that it had started in its process group */
    PROGRAM_STOPPED, /* likewise, because we are to end */
    PROGRAM_NONE,    /* it cannot be started: *ret_code is an errno value */
} program_result_t;

/* Let SIGTERM and SIGINT be noted only, and ignore SIGPIPE; call once. */
void program_hold_signals(void);

/* Wait until a signal to end comes, or for so long. Returns: are we to end? */
bool program_wait_ms(int64_t ms);

/* Tell a notice. */
program_result_t program_tell(const struct program *program, const json_t *notice, int *ret_code);

#endif
