/* The store node's verbs of `allclear`. They return the program's exit code (sysexits). */
#ifndef TOOLS_NODE_NODE_VERBS_H
#define TOOLS_NODE_NODE_VERBS_H

int verb_join(int argc, char **argv);
int verb_publish(int argc, char **argv);
int verb_outbox(int argc, char **argv);
int verb_mine(int argc, char **argv);
int verb_own_statement(int argc, char **argv);
int verb_balance(int argc, char **argv);
int verb_own_explain(int argc, char **argv);
int verb_own_dispute(int argc, char **argv);
int verb_own_disputes(int argc, char **argv); /* its word `list` */

#endif
