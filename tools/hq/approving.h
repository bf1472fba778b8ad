/* Approving stores' keys: the requests to join that the ledger's head lists, compared with the
 * fingerprints that the stores read out. */
#ifndef TOOLS_HQ_APPROVING_H
#define TOOLS_HQ_APPROVING_H

#include <jansson.h>

#include "clearing/base/check.h"
#include "clearing/base/fault.h"
#include "clearing/crypto/sign.h"

#define PRINT_LEN       16 /* digits of a fingerprint that people compare at least */
#define PRINT_TEXT_SIZE (2 * SIGN_KEY_ID_LEN + 1)

/* The row of a store in a list of the head ("stores", "joins"). Returns: NULL: not there. */
const json_t *approving_row(const json_t *head, const char *list, const char *store);

/* The fingerprint of the key that a store has asked to use and does not use yet.
 * Returns: false: there is none. */
bool approving_pending(const json_t *head, const char *store, char ret_print[PRINT_TEXT_SIZE]);

/* Is `given` the beginning of a fingerprint, with or without blanks, long enough to mean it? */
bool approving_matches(const char *given, const char *print);

/* How many were approved, had been before, and were not. */
struct approving_tally {
    uint32_t approved;
    uint32_t already;
    uint32_t refused;
};

/* Approve the key that one store asks for. Returns: false with ret_fault. */
bool approving_one(const char *dir, const json_t *head, const char *store,
                   struct fault *ret_fault) MUST_USE;

/* Approve whatever has asked. Returns: false with ret_fault; those before it stay. */
bool approving_all(const char *dir, const json_t *head, struct approving_tally *ret_tally,
                   struct fault *ret_fault) MUST_USE;

/* Approve the stores of a list as a spreadsheet saves it (CSV with a header; the columns `store`
 * and `fingerprint` count, others do not). What cannot be approved is said on stderr with file,
 * line and column; the other rows are approved all the same.
 * Returns: false with ret_fault when no more can be done. */
bool approving_list(const char *dir, const json_t *head, const char *path,
                    struct approving_tally *ret_tally, struct fault *ret_fault) MUST_USE;

#endif
