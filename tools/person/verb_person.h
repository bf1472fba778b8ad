/* Headquarters' verbs about persons: their details, and the numbers of their cards. */
#ifndef TOOLS_PERSON_VERB_PERSON_H
#define TOOLS_PERSON_VERB_PERSON_H

int verb_person(int argc, char **argv);
int verb_member(int argc, char **argv);

#endif
