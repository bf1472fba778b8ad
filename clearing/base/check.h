/* CHECK: what must hold whatever comes from outside. A failed check is a bug of ours: it is
 * reported and the process ends, because a ledger in doubt must not go on. */
#ifndef CLEARING_BASE_CHECK_H
#define CLEARING_BASE_CHECK_H

#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (__builtin_expect(!(condition), 0)) {                                                   \
            check_failed(#condition, __FILE__, __LINE__);                                          \
        }                                                                                          \
    } while (0)

#define MUST_USE __attribute__((warn_unused_result))

/* Report a broken check through the hook, then abort. Any thread. */
_Noreturn void check_failed(const char *condition, const char *file, int line);

/* Install who is told (the daemon's log). The hook must not return to the failed code's caller
 * by longjmp. Call once, before threads start. */
typedef void check_hook_t(const char *condition, const char *file, int line);
void check_set_hook(check_hook_t *hook);

#endif
