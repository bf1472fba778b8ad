/* Member tokens: what stands in events for a member's number that is somebody's telephone number.
 * A keyed permutation of the 18-digit numbers, put behind a leading 9: two people never get one
 * token, no token looks like a telephone number, and without the alliance's key nobody can tell
 * whose it is. With the key anybody could try all numbers: it is a secret of the alliance.
 *
 * A number n < 10^18 goes through ten rounds of a balanced Feistel network of 30-bit halves,
 *     (l, r) -> (r, l xor f(i, r)),  i = 0..9,
 * f(i, r) = the first 30 bits of HMAC-SHA256(key, "allclear/v1/token" NUL i r), i one byte, r four
 * bytes, most significant first; as often as it takes until the result is below 10^18 again.
 * Ten rounds with cycle walking as in NIST SP 800-38G (FF1), over HMAC in place of AES. */
#ifndef CLEARING_CRYPTO_MEMBER_TOKEN_H
#define CLEARING_CRYPTO_MEMBER_TOKEN_H

#include <stdbool.h>
#include <stdint.h>

#define MEMBER_TOKEN_KEY_LEN 32

/* Make a key from the system's random source. */
void member_token_key(uint8_t ret_key[MEMBER_TOKEN_KEY_LEN]);

/* Returns: what stands for this member: a token where its number is a mobile telephone number of
 * mainland China (11 digits, the first 1, the second 3 to 9; with 86 before it: the same number),
 * else the number itself. A token is returned as it is. Any thread. */
uint64_t member_token_of(const uint8_t key[MEMBER_TOKEN_KEY_LEN], uint64_t member);

/* Does the number look like a telephone number? */
bool member_token_wanted(uint64_t member);

#endif
