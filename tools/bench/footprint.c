#include "tools/bench/footprint.h"

#include <errno.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clearing/base/memory.h"
#include "clearing/members/members.h"
#include "tools/bench/process.h"

#define MEMBER_FIRST 6200000000ULL
#define STORES       1000 /* homes; the classes of lots are one a store and product */

static uint64_t resident_now(void)
{
    return process_anon_kib() * 1024;
}

static uint64_t more(uint64_t now, uint64_t before)
{
    return now > before ? now - before : 0;
}

static uint32_t class_of(struct lots *lots, uint32_t store, product_kind_t kind)
{
    struct lot_class class = {
        .product = {kind == PRODUCT_POINTS ? 1 : 0},
        .kind = kind,
        .terms_version = 1,
        .store = {store},
        .seller = {store},
        .principal_count = 1,
        .debtor_count = 1,
    };

    return lots_class(lots, &class);
}

static void give(struct members *members, uint64_t id, uint64_t seq, product_kind_t kind)
{
    uint32_t store = (uint32_t)(id % STORES);
    struct member *member = members_find(members, id);
    struct lot lot = {
        .id = lot_id(seq, 1),
        .units = 10000,
        .principal = money(10000),
        .class = class_of(&members->lots, store, kind),
        .valid_to = DAY_MAX,
    };

    CHECK(member != NULL);
    lots_insert(&members->lots, &member->lots, lots_new(&members->lots, &lot, NULL));
}

/* As a journal would make them: every member's first event, then every member's second, ... */
static struct footprint measure(uint64_t count)
{
    struct members members = {0};
    uint64_t seq = 0;
    uint64_t before = resident_now();

    for (uint64_t i = 0; i < count; i++) {
        (void)members_add(&members, MEMBER_FIRST + i, (store_t){(uint32_t)(i % STORES)});
        give(&members, MEMBER_FIRST + i, ++seq, PRODUCT_STORED_VALUE);
        give(&members, MEMBER_FIRST + i, seq, PRODUCT_POINTS);
    }
    for (uint64_t i = 0; i < count; i++) {
        give(&members, MEMBER_FIRST + i, ++seq, PRODUCT_POINTS);
    }
    uint64_t full = resident_now();
    for (uint64_t i = 0; i < count * FOOTPRINT_FURTHER; i++) {
        give(&members,
             MEMBER_FIRST + i % count,
             ++seq,
             i / count % 2 == 0 ? PRODUCT_STORED_VALUE : PRODUCT_POINTS);
    }
    uint64_t fuller = resident_now();
    members_deinit(&members);
    return (struct footprint){
        .members = count,
        .resident = more(full, before),
        .further_resident = more(fuller, full),
    };
}

/* In a process of its own: nothing that was freed here before can be used again there. */
bool footprint_measure(uint64_t members, struct footprint *ret_footprint, struct fault *ret_fault)
{
    int ends[2];
    struct footprint footprint;

    if (pipe(ends) != 0) {
        return fault_set_errno(ret_fault, errno, "cannot make a pipe");
    }
    pid_t child = fork();
    if (child == 0) {
        footprint = measure(members);
        _exit(write(ends[1], &footprint, sizeof footprint) == (ssize_t)sizeof footprint ? 0 : 1);
    }
    (void)close(ends[1]);
    bool good = child > 0 && read(ends[0], &footprint, sizeof footprint) ==
                                 (ssize_t)sizeof footprint;
    (void)close(ends[0]);
    if (child > 0) {
        (void)waitpid(child, NULL, 0);
    }
    if (!good) {
        return fault_set(ret_fault, FAULT_LIMIT, "the memory of members could not be measured");
    }
    *ret_footprint = footprint;
    return true;
}
