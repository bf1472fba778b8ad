/* The eight questions of `init` on a terminal. */
#ifndef TOOLS_HQ_INIT_QUESTIONS_H
#define TOOLS_HQ_INIT_QUESTIONS_H

#include <stdbool.h>

#define INIT_ANSWER_SIZE 1024

/* What a new alliance is made of; an empty text: not given. */
struct init_choice {
    char id[INIT_ANSWER_SIZE];
    char name[INIT_ANSWER_SIZE];
    char sample[INIT_ANSWER_SIZE];
    char alliance[INIT_ANSWER_SIZE]; /* path of a file; empty: the sample */
    char zone[INIT_ANSWER_SIZE];
    char day_start[INIT_ANSWER_SIZE];
    char listen[INIT_ANSWER_SIZE];
    bool test_clock;
    bool plain_members; /* members' telephone numbers stay as they are */
    char start[INIT_ANSWER_SIZE];
};

/* Ask on stdin and stderr; an empty answer takes what is in brackets.
 * Returns: false when the input ends before the last answer. */
bool init_ask(struct init_choice *choice);

#endif
