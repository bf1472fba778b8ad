/* Command lines: the options of a verb as a table, the same complaints for every verb. */
#ifndef TOOLS_HQ_ARGS_H
#define TOOLS_HQ_ARGS_H

#include <stdbool.h>
#include <stddef.h>

/* One option: `--name VALUE` (value is not NULL) or `--name` (flag is not NULL). */
struct arg {
    const char *name;
    const char **value;
    bool *flag;
};

/* A verb's words. `usage` is translated and ends with an example. */
struct args {
    const char *verb;
    const char *usage;
    const struct arg *list;
    size_t count;
    int words_min; /* that are no options */
    int words_max;
};

/* Read the command line; --help is let everywhere, and --as PERSON, who acts (as ALLCLEAR_PERSON).
 * Out: *ret_words, the words that are no options
 * (in argv), and *ret_code where it ends here.
 * Returns: true: go on; false: return *ret_code. */
bool args_read(const struct args *args, int argc, char **argv, char ***ret_words, int *ret_code);

#endif
