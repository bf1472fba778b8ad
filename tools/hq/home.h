/* The data folder of headquarters:
 *
 *     journal/ checkpoint.0 checkpoint.1   the ledger
 *     keys/ledger.pem   signs checkpoints          keys/hq.pem    signs headquarters' records
 *     keys/people/PERSON.pem   signs what that person decides (elsewhere: ALLCLEAR_KEY)
 *     keys/gate.key     CURVE secret of the gate   keys/gate.pub  its public key (64 hex digits
 * each)
 *     keys/token.key    makes tokens of members' telephone numbers (absent: they stay as they are)
 *     alliance.conf     the rules, and the stores' file that it names
 *     listen            the address of the gate, "tcp://HOST:PORT"
 *     reports/ID.json   the settlement report of each closed cycle
 *     details/          people's names and accounts (tools/person/details.h)
 *     proposals/ID      what waits for a second person (proposals.h)
 *     joins/ invites/   small files of the daemon
 *     run/control       the daemon's socket, while it runs */
#ifndef TOOLS_HQ_HOME_H
#define TOOLS_HQ_HOME_H

#include <stdbool.h>
#include <stdint.h>

#include "clearing/base/check.h"
#include "clearing/base/code.h"
#include "clearing/base/fault.h"
#include "clearing/crypto/member_token.h"
#include "clearing/crypto/sign.h"
#include "tools/node/files.h"

#define HOME_ADDRESS_MAX 255
#define HOME_TOKEN_KEY   "keys/token.key"

/* Returns: the folder that the option (NULL: none) or ALLCLEAR_DIR names; NULL after a complaint
 * when neither does. */
const char *home_dir(const char *option, const char *verb);

/* Is it the folder of a store? */
bool home_is_stores(const char *dir);

/* Is there a ledger in the folder? */
bool home_is_made(const char *dir);

/* Load keys/NAME. Returns: NULL with ret_fault; the caller frees. */
struct sign_key *home_key(const char *dir, const char *name, struct fault *ret_fault);

/* Who acts: --as PERSON or ALLCLEAR_PERSON, else the user's name, else "hq". */
code_t home_person(void);

/* Load a person's key: keys/people/PERSON.pem, or the file that ALLCLEAR_KEY names.
 * Returns: NULL with ret_fault; the caller frees. */
struct sign_key *home_person_key(const char *dir, const code_t *person, struct fault *ret_fault);

/* Read the first line of a small file. Returns: false when it cannot be read or does not fit. */
bool home_line(const char *dir, const char *name, char *ret_line, size_t size) MUST_USE;

/* The key of members' tokens. Out: *ret_has, false where the alliance keeps numbers as they are.
 * Returns: false with ret_fault when it is there and cannot be read. */
bool home_token_key(const char *dir, uint8_t ret_key[MEMBER_TOKEN_KEY_LEN], bool *ret_has,
                    struct fault *ret_fault) MUST_USE;

/* Write reports/ID.json. */
bool home_write_report(const char *dir, const char *id, const char *bytes, size_t len,
                       struct fault *ret_fault) MUST_USE;

/* The real time, ms since 1970. */
int64_t home_clock_ms(void);

/* Say what went wrong. Returns: the exit code for it. */
int home_complain(const char *verb, const struct fault *fault);

#endif
