#include "tools/simulate/again.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "tools/alliance/alliance.h"
#include "tools/explain/kept.h"
#include "tools/simulate/simulation.h"
#include "tools/text.h"

bool again_is_kept(const char *dir)
{
    char path[PATH_MAX];
    int len = snprintf(path, sizeof path, "%s/input/manifest.json", dir);

    return len > 0 && (size_t)len < sizeof path && access(path, F_OK) == 0;
}

struct listening {
    struct watch *watch;
    const struct state *state;
};

static void on_cleared(void *context, const struct cleared *cleared)
{
    struct listening *listening = context;

    watch_cleared(listening->watch, listening->state, cleared);
}

static void on_expired(void *context, const struct expired *expired)
{
    struct listening *listening = context;

    watch_expired(listening->watch, listening->state, expired);
}

static int read_and_run(struct simulation *simulation, const struct kept *kept)
{
    FILE *complaints = fopen("/dev/null", "we"); /* bad lines were said when it ran first */
    int code = complaints == NULL ? EX_OSERR : EX_OK;

    for (uint32_t i = 0; i < kept->event_count && code == EX_OK; i++) {
        const struct kept_events *events = &kept->events[i];
        store_t store = registry_find_store(&simulation->state.registry, slice_of(events->store));
        if (store.n == STORE_NONE.n) {
            fprintf(stderr, _("%s: the alliance has no store %s\n"), events->path, events->store);
            code = EX_DATAERR;
        } else if (!simulation_read(simulation, store, events->path, complaints)) {
            fprintf(stderr, "%s: %s\n", events->path, strerror(errno));
            code = EX_NOINPUT;
        }
    }
    if (code == EX_OK && kept->opening != NULL) {
        (void)simulation_read_opening(simulation, kept->opening, complaints);
    }
    if (complaints != NULL) {
        fclose(complaints);
    }
    if (code == EX_OK) {
        simulation_set_deadlines(simulation, kept->deadlines, kept->deadline_count);
        simulation_run(simulation);
    }
    return code;
}

int again_run(const char *dir, struct watch *watch)
{
    struct complaints complaints = {0};
    struct registry registry = {0};
    struct terms terms = {0};
    struct kept kept = {0};
    struct simulation simulation;
    struct listening listening = {watch, &simulation.state};
    char reason[KEPT_REASON_SIZE];
    int code = EX_OK;

    if (!kept_read(dir, &kept, reason)) {
        fprintf(stderr, "%s\n", reason);
        return EX_NOINPUT;
    }
    if (!alliance_read(kept.alliance, &registry, &terms, &complaints)) {
        complaints_write(&complaints, stderr);
        code = EX_DATAERR;
    } else {
        simulation_init(&simulation, &registry, &terms);
        simulation.listener = (struct simulation_listener){&listening, on_cleared, on_expired};
        code = read_and_run(&simulation, &kept);
        simulation_deinit(&simulation);
    }
    kept_deinit(&kept);
    return code;
}
