/* What an alliance file would change in the ledger, in sentences for people. */
#ifndef TOOLS_HQ_CHANGES_H
#define TOOLS_HQ_CHANGES_H

#include <stdio.h>

#include "tools/hq/ground.h"

/* Zeroed memory is none. */
struct changes {
    char **list; /* sentences, in the language chosen */
    uint32_t count;
    uint32_t capacity;
    char **errors; /* what cannot be done this way */
    uint32_t error_count;
    uint32_t error_capacity;
    bool registry; /* rows change */
    bool terms;    /* terms change */
};

/* Compare. Out: ret_changes, to be given to changes_deinit. */
void changes_find(const struct ground *ground, const struct registry *registry,
                  const struct terms *terms, struct changes *ret_changes);

/* Write the sentences, one a line, then the errors. */
void changes_write(const struct changes *changes, FILE *out);

void changes_deinit(struct changes *changes);

/* --- for changes*.c --- */

/* One fact of an entry, for comparing and for saying. */
#define FACT_TEXT_SIZE 1536
struct fact {
    const char *label; /* of the alliance file */
    char text[FACT_TEXT_SIZE];
};
#define FACTS_MAX 24
struct facts {
    struct fact list[FACTS_MAX];
    uint32_t count;
};

void facts_of_product(const struct product *product, struct facts *ret_facts);
void facts_of_offer(const struct offer *offer, struct facts *ret_facts);
void facts_of_discount(const struct discount *discount, struct facts *ret_facts);
void facts_of_campaign(const struct campaign *campaign, struct facts *ret_facts);
void facts_of_terms(const struct terms *terms, struct facts *ret_facts);

#endif
