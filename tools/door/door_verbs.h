/* The verb of the tills' door. Returns the program's exit code (sysexits). */
#ifndef TOOLS_DOOR_DOOR_VERBS_H
#define TOOLS_DOOR_DOOR_VERBS_H

int verb_till(int argc, char **argv);

#endif
