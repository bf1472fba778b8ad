/* Reads one alliance file and says what is wrong with it: exit 0 without complaint, 65 with some,
 * 64 when not called with one path. For tests/bad/alliance. */
#include <stdio.h>

#include "tools/alliance/alliance.h"

int main(int argc, char **argv)
{
    static struct complaints complaints;
    struct registry registry = {0};
    struct terms terms = {0};

    if (argc != 2) {
        (void)fprintf(stderr, "usage: alliance_check ALLIANCE.CONF\n");
        return 64;
    }
    if (!alliance_read(argv[1], &registry, &terms, &complaints)) {
        complaints_write(&complaints, stderr);
        return 65;
    }
    terms_resolve(&terms, &registry);
    printf("%u participants, %u stores, %u products, %u offers\n", registry.participant_codes.count,
           registry.store_codes.count, terms.product_count, terms.offer_count);
    terms_deinit(&terms);
    registry_deinit(&registry);
    return 0;
}
