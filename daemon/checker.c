#include "daemon/checker.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "clearing/base/memory.h"

struct checker {
    pthread_t thread;
    int done_fd;
    uint64_t filled; /* slots handed in so far; the writer's */
    uint64_t taken;  /* and taken; the writer's */
    struct event scratch; /* the thread's */
    /* under `mutex` */
    pthread_mutex_t mutex;
    pthread_cond_t wake;
    uint64_t submitted;
    uint64_t checked;
    bool stop;
    struct check_slot slots[CHECKER_SLOTS];
};

static void *work(void *context)
{
    struct checker *checker = context;

    pthread_mutex_lock(&checker->mutex);
    for (;;) {
        while (checker->checked == checker->submitted && !checker->stop) {
            pthread_cond_wait(&checker->wake, &checker->mutex);
        }
        if (checker->checked == checker->submitted) {
            break;
        }
        struct check_slot *slot = &checker->slots[checker->checked % CHECKER_SLOTS];
        pthread_mutex_unlock(&checker->mutex);
        door_check(&slot->door, &checker->scratch);
        door_verify(&slot->door, slot->key);
        pthread_mutex_lock(&checker->mutex);
        checker->checked++;
        uint64_t one = 1;
        ssize_t written = write(checker->done_fd, &one, sizeof one);
        CHECK(written == sizeof one);
    }
    pthread_mutex_unlock(&checker->mutex);
    return NULL;
}

struct checker *checker_new(struct fault *ret_fault)
{
    struct checker *checker = memory_zeroed(1, sizeof *checker);

    for (uint32_t i = 0; i < CHECKER_SLOTS; i++) {
        checker->slots[i].door.members = checker->slots[i].members;
    }
    checker->done_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (checker->done_fd < 0) {
        fault_set_errno(ret_fault, errno, "cannot make an event descriptor");
        free(checker);
        return NULL;
    }
    pthread_mutex_init(&checker->mutex, NULL);
    pthread_cond_init(&checker->wake, NULL);
    int error = pthread_create(&checker->thread, NULL, work, checker);
    if (error != 0) {
        fault_set_errno(ret_fault, error, "cannot start the checking thread");
        close(checker->done_fd);
        free(checker);
        return NULL;
    }
    return checker;
}

void checker_free(struct checker *checker)
{
    if (checker == NULL) {
        return;
    }
    pthread_mutex_lock(&checker->mutex);
    checker->stop = true;
    pthread_cond_signal(&checker->wake);
    pthread_mutex_unlock(&checker->mutex);
    pthread_join(checker->thread, NULL);
    pthread_mutex_destroy(&checker->mutex);
    pthread_cond_destroy(&checker->wake);
    close(checker->done_fd);
    free(checker);
}

int checker_fd(const struct checker *checker)
{
    return checker->done_fd;
}

struct check_slot *checker_free_slot(struct checker *checker)
{
    if (checker->filled - checker->taken == CHECKER_SLOTS) {
        return NULL;
    }
    return &checker->slots[checker->filled % CHECKER_SLOTS];
}

void checker_submit(struct checker *checker)
{
    checker->filled++;
    pthread_mutex_lock(&checker->mutex);
    checker->submitted = checker->filled;
    pthread_cond_signal(&checker->wake);
    pthread_mutex_unlock(&checker->mutex);
}

struct check_slot *checker_done_slot(struct checker *checker)
{
    uint64_t count = 0;
    ssize_t drained = read(checker->done_fd, &count, sizeof count);

    (void)drained; /* the counts below say it */
    pthread_mutex_lock(&checker->mutex);
    bool done = checker->checked > checker->taken;
    pthread_mutex_unlock(&checker->mutex);
    return done ? &checker->slots[checker->taken % CHECKER_SLOTS] : NULL;
}

void checker_release(struct checker *checker)
{
    checker->taken++;
}

bool checker_is_empty(const struct checker *checker)
{
    return checker->filled == checker->taken;
}
