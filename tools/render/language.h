/* The language of everything that people read: chosen once, before any verb runs.
 *
 * Works without a generated locale of that language: the catalogue is asked for by LANGUAGE, which
 * gettext honours under any locale but "C", and C.UTF-8 is always there. Output is UTF-8. */
#ifndef TOOLS_RENDER_LANGUAGE_H
#define TOOLS_RENDER_LANGUAGE_H

#include <stdbool.h>

#include "tools/text.h"

/* A text that is translated where it is used: static tables of texts. */
#define N_(s) s

/* Choose the language: `--lang zh|en` anywhere in argv before a "--" (taken out of argv), else what
 * LANGUAGE, LC_ALL, LC_MESSAGES and LANG ask for, else English. Sets the locale of the process. One
 * thread.
 * Returns: false after a complaint on stderr when --lang names no known language. */
bool language_take(int *argc, char **argv);

/* "zh" or "en", as language_take has chosen. */
const char *language_chosen(void);

/* For a program that speaks English but answers in the language of whoever asks: before its other
 * threads begin. */
void language_begin_answers(void);
/* The calling thread says texts in this language ("zh", "en") from now on.
 * Returns: false when it is not known; then it is English. */
bool language_answer_in(const char *name);

#endif
