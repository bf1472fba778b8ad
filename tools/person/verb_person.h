/* The verb of headquarters for people's details. */
#ifndef TOOLS_PERSON_VERB_PERSON_H
#define TOOLS_PERSON_VERB_PERSON_H

int verb_person(int argc, char **argv);

#endif
