/* What a member costs in memory, measured: members with their lots are made in a process of their
 * own with the daemon's own tables (clearing/members), and the system says how much more it uses
 * than before. */
#ifndef TOOLS_BENCH_FOOTPRINT_H
#define TOOLS_BENCH_FOOTPRINT_H

#include <stdint.h>

#include "clearing/base/check.h"
#include "clearing/base/fault.h"

#define FOOTPRINT_LOTS    3 /* of each member: one of stored value, two of points */
#define FOOTPRINT_FURTHER 4 /* lots more for each member, stored value and points in turn */

struct footprint {
    uint64_t members;
    /* bytes of all members with FOOTPRINT_LOTS lots each that are resident, huge pages whole */
    uint64_t resident;
    uint64_t further_resident; /* of FOOTPRINT_FURTHER lots more each */
};

/* The process must have one thread. Out: *ret_footprint. Returns: false with ret_fault. */
bool footprint_measure(uint64_t members, struct footprint *ret_footprint,
                       struct fault *ret_fault) MUST_USE;

#endif
