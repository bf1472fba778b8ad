/* The verbs of headquarters and of the auditor: one function each, called with argv[0] being the
 * verb. They return the exit code of the program (sysexits; `replay` 0, 1 or >= 64). */
#ifndef TOOLS_HQ_HQ_VERBS_H
#define TOOLS_HQ_HQ_VERBS_H

/* X(NAME): every verb of this folder but `statement`, which stores have as well (tools/node): two
 * words (PARTICIPANT CYCLE) are headquarters', verb_hq_statement. */
#define HQ_VERBS(X)                                                                                \
    X(init)                                                                                        \
    X(apply)                                                                                       \
    X(diff)                                                                                        \
    X(invite)                                                                                      \
    X(key)                                                                                         \
    X(freeze)                                                                                      \
    X(unfreeze)                                                                                    \
    X(clock)                                                                                       \
    X(status)                                                                                      \
    X(positions)                                                                                   \
    X(board)                                                                                       \
    X(cycle)                                                                                       \
    X(report)                                                                                      \
    X(replay)                                                                                      \
    X(backup)                                                                                      \
    X(operator)                                                                                    \
    X(approve)                                                                                     \
    X(adjust)                                                                                      \
    X(reverse)                                                                                     \
    X(suspense)                                                                                    \
    X(dispute)

int verb_init(int argc, char **argv);
int verb_apply(int argc, char **argv);
int verb_diff(int argc, char **argv);
int verb_invite(int argc, char **argv);
int verb_key(int argc, char **argv);
int verb_freeze(int argc, char **argv);
int verb_unfreeze(int argc, char **argv);
int verb_clock(int argc, char **argv);
int verb_status(int argc, char **argv);
int verb_positions(int argc, char **argv);
int verb_board(int argc, char **argv);
int verb_cycle(int argc, char **argv);
int verb_report(int argc, char **argv);
int verb_hq_statement(int argc, char **argv);
int verb_replay(int argc, char **argv);
int verb_backup(int argc, char **argv);
int verb_operator(int argc, char **argv);
int verb_approve(int argc, char **argv);
int verb_adjust(int argc, char **argv);
int verb_reverse(int argc, char **argv);
int verb_suspense(int argc, char **argv);
int verb_dispute(int argc, char **argv);
int verb_restore(int argc, char **argv);

#endif
