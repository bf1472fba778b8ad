/* The verb of headquarters by which members come over. */
#ifndef TOOLS_OPENING_VERB_OPENING_H
#define TOOLS_OPENING_VERB_OPENING_H

int verb_opening(int argc, char **argv);

#endif
