/* Complaints: what is wrong with a file that a person wrote, each with its place. Several are
 * collected, because mending a file one error a run is a torment. */
#ifndef TOOLS_ALLIANCE_COMPLAINTS_H
#define TOOLS_ALLIANCE_COMPLAINTS_H

#include <stdint.h>
#include <stdio.h>

#define COMPLAINTS_MAX      20
#define COMPLAINT_FILE_SIZE 256
#define COMPLAINT_TEXT_SIZE 640

/* Where something stands. Lines and columns count from 1, columns in characters; line 0: the file
 * as a whole. */
struct place {
    const char *file;
    uint32_t line;
    uint32_t column;
};

struct complaint {
    char file[COMPLAINT_FILE_SIZE]; /* cut at its front when longer */
    uint32_t rank;                  /* files in the order of their first complaint */
    uint32_t line;
    uint32_t column;
    char text[COMPLAINT_TEXT_SIZE];
};

/* Zeroed memory is an empty list. */
struct complaints {
    uint32_t count;    /* 0..COMPLAINTS_MAX */
    uint32_t left_out; /* how many more there were */
    struct complaint list[COMPLAINTS_MAX];
};

/* Add one, or count it as left out when the list is full. The place's file is copied. */
void complaints_add(struct complaints *complaints, const struct place *place, const char *format,
                    ...) __attribute__((format(printf, 3, 4)));

/* How many there are, those left out too. */
static inline uint32_t complaints_total(const struct complaints *complaints)
{
    return complaints->count + complaints->left_out;
}

/* Sort by file, line and column; equal places keep their order. */
void complaints_sort(struct complaints *complaints);

/* Write one a line, "FILE:LINE:COLUMN: TEXT" ("FILE: TEXT" without a line), then how many more. */
void complaints_write(const struct complaints *complaints, FILE *stream);

#endif
