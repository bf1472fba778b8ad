#include "tools/bench/closing.h"

#include <stdio.h>
#include <time.h>

#include "tools/hq/inquire.h"
#include "tools/hq/submit.h"

static int64_t now_us(void)
{
    struct timespec now;

    CHECK(clock_gettime(CLOCK_MONOTONIC, &now) == 0);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

bool closing_run(const char *dir, uint64_t *ret_us, struct fault *ret_fault)
{
    json_t *head = inquire(dir, "head", ret_fault);
    char month[8] = "";

    if (head == NULL) {
        return false;
    }
    const char *day = json_string_value(json_object_get(head, "open_day"));
    (void)snprintf(month, sizeof month, "%.7s", day == NULL ? "" : day);
    json_decref(head);
    struct hq_body body = {.type = HQ_CYCLE_CLOSE, .cycle = slice_of(month)};
    struct submit *submit = submit_open(dir, "bench", ret_fault);
    int64_t began = now_us();
    bool good = submit != NULL && submit_put(submit, &body, ret_fault) &&
                submit_finish(submit, ret_fault);
    *ret_us = (uint64_t)(now_us() - began);
    submit_close(submit);
    return good;
}
