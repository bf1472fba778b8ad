/* The verb of headquarters that tells people. */
#ifndef TOOLS_NOTIFY_VERB_NOTIFY_H
#define TOOLS_NOTIFY_VERB_NOTIFY_H

int verb_notify(int argc, char **argv);

#endif
