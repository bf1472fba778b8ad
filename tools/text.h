/* Texts for people: every one goes through `_()`, so that the catalogues can translate it. */
#ifndef TOOLS_TEXT_H
#define TOOLS_TEXT_H

#include <libintl.h>

#define _(s) gettext(s)

#endif
