/* Roles: which person may do what for headquarters. One table, used by the book's check and printed
 * by `allclear operator roles`. A person may have several roles; an auditor reads only. */
#ifndef CLEARING_BOOK_ROLES_H
#define CLEARING_BOOK_ROLES_H

#include "proto/codec/hq.h"

/* As in hq.proto. A person's roles are a set of these bits. */
enum role_bit {
    ROLE_BIT_MAKER = 1,
    ROLE_BIT_CHECKER = 2,
    ROLE_BIT_AUDITOR = 4,
    ROLE_BIT_OPERATOR = 8,
};
#define ROLE_BIT_COUNT 4

/* Who signs a type of record once there are people. */
struct role_rule {
    hq_type_t type;
    uint32_t first;  /* any of these roles signs (of two people: proposes); 0: headquarters' key */
    uint32_t second; /* any of these roles approves; 0: one signature is enough */
};

/* Returns: the rule of a type; NULL for a number that is no type. */
const struct role_rule *roles_of_type(hq_type_t type);

/* The table, for showing. Out: *ret_count. */
const struct role_rule *roles_table(size_t *ret_count);

/* "maker", ...; NULL for a number that is no single role. */
const char *role_bit_name(uint32_t role);
/* The role of a name; 0: none. */
uint32_t role_bit_of(slice_t name);

#endif
