/* The verbs of `allclear`: one function each, called with argv[0] being the verb. They return the
 * exit code of the program (sysexits; verifiers 0, 1 or >= 64). */
#ifndef TOOLS_VERBS_H
#define TOOLS_VERBS_H

int verb_simulate(int argc, char **argv);
int verb_explain(int argc, char **argv);

#endif
