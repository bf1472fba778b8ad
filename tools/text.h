/* Texts for people: every one goes through `_()`, so that the catalogues can translate it. */
#ifndef TOOLS_TEXT_H
#define TOOLS_TEXT_H

#include <libintl.h>
#include <stdbool.h>

/* A thread that sets this says texts as they are written, in English, whatever the process has
 * chosen (language.h). */
extern _Thread_local bool text_as_written;

__attribute__((format_arg(1))) static inline const char *text_said(const char *text)
{
    return text_as_written ? text : gettext(text);
}

#define _(s) text_said(s)

#endif
