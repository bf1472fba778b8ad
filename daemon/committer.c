#include "daemon/committer.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "clearing/base/memory.h"

struct committer {
    struct ledger *ledger;
    pthread_t thread;
    int done_fd;
    struct ledger_group *group; /* the writer's view: under way */
    /* under `mutex` */
    pthread_mutex_t mutex;
    pthread_cond_t wake;
    struct ledger_group *handed; /* to the thread; NULL: none */
    int64_t now_ms;
    bool finished; /* the group handed in is done */
    bool good;
    bool stop;
    struct fault fault;
};

static void *work(void *context)
{
    struct committer *committer = context;

    pthread_mutex_lock(&committer->mutex);
    for (;;) {
        while (committer->handed == NULL && !committer->stop) {
            pthread_cond_wait(&committer->wake, &committer->mutex);
        }
        if (committer->handed == NULL) {
            break;
        }
        struct ledger_group *group = committer->handed;
        int64_t now_ms = committer->now_ms;
        struct fault fault = {0};
        pthread_mutex_unlock(&committer->mutex);
        bool good = ledger_commit(committer->ledger, group, now_ms, &fault);
        pthread_mutex_lock(&committer->mutex);
        committer->handed = NULL;
        committer->finished = true;
        committer->good = good;
        committer->fault = fault;
        uint64_t one = 1;
        ssize_t written = write(committer->done_fd, &one, sizeof one);
        CHECK(written == sizeof one);
    }
    pthread_mutex_unlock(&committer->mutex);
    return NULL;
}

struct committer *committer_new(struct ledger *ledger, struct fault *ret_fault)
{
    struct committer *committer = memory_zeroed(1, sizeof *committer);

    committer->ledger = ledger;
    committer->done_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (committer->done_fd < 0) {
        fault_set_errno(ret_fault, errno, "cannot make an event descriptor");
        free(committer);
        return NULL;
    }
    pthread_mutex_init(&committer->mutex, NULL);
    pthread_cond_init(&committer->wake, NULL);
    int error = pthread_create(&committer->thread, NULL, work, committer);
    if (error != 0) {
        fault_set_errno(ret_fault, error, "cannot start the committing thread");
        close(committer->done_fd);
        free(committer);
        return NULL;
    }
    return committer;
}

void committer_free(struct committer *committer)
{
    if (committer == NULL) {
        return;
    }
    pthread_mutex_lock(&committer->mutex);
    committer->stop = true;
    pthread_cond_signal(&committer->wake);
    pthread_mutex_unlock(&committer->mutex);
    pthread_join(committer->thread, NULL);
    pthread_mutex_destroy(&committer->mutex);
    pthread_cond_destroy(&committer->wake);
    close(committer->done_fd);
    free(committer);
}

int committer_fd(const struct committer *committer)
{
    return committer->done_fd;
}

void committer_start(struct committer *committer, struct ledger_group *group, int64_t now_ms)
{
    CHECK(committer->group == NULL);
    committer->group = group;
    pthread_mutex_lock(&committer->mutex);
    committer->handed = group;
    committer->now_ms = now_ms;
    committer->finished = false;
    pthread_cond_signal(&committer->wake);
    pthread_mutex_unlock(&committer->mutex);
}

bool committer_busy(const struct committer *committer)
{
    return committer->group != NULL;
}

committer_result_t committer_reap(struct committer *committer, struct ledger_group **ret_group,
                                  struct fault *ret_fault)
{
    uint64_t count = 0;
    ssize_t drained = read(committer->done_fd, &count, sizeof count);
    committer_result_t result = COMMITTER_NOTHING;

    (void)drained; /* the flag below says it, not the count */
    if (committer->group == NULL) {
        return result;
    }
    pthread_mutex_lock(&committer->mutex);
    if (committer->finished) {
        result = committer->good ? COMMITTER_DURABLE : COMMITTER_FAILED;
        *ret_fault = committer->fault;
    }
    pthread_mutex_unlock(&committer->mutex);
    if (result != COMMITTER_NOTHING) {
        *ret_group = committer->group;
        committer->group = NULL;
    }
    return result;
}
