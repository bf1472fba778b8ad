/* Undoing the upload of a whole file: `allclear reverse --upload`. */
#ifndef TOOLS_HQ_UNDOING_H
#define TOOLS_HQ_UNDOING_H

#include <stdbool.h>

struct undoing {
    const char *dir;
    const char *file;   /* JSON Lines, as it was published */
    const char *store;  /* by whom */
    const char *reason; /* NULL: only with check */
    bool check;         /* propose nothing */
    bool what_can;      /* leave out what cannot be undone */
};

/* Propose, as a set, to undo what the ledger has accepted of the file's events, newest first. What
 * cannot be undone is named first, and then nothing is proposed unless what_can is set. Given again
 * it goes on: what is proposed already is not proposed twice. Returns: the exit code. */
int undoing_upload(const struct undoing *undoing);

#endif
