/* The products of the alliance file. */
#ifndef TOOLS_ALLIANCE_PRODUCTS_H
#define TOOLS_ALLIANCE_PRODUCTS_H

#include "tools/alliance/fields.h"

/* Read one element of `products`, with complaints about all that is wrong in it. What it allocates
 * belongs to the terms that the product stands in. */
void product_read(const struct config *reader, const config_setting_t *group,
                  struct product *ret_product);

#endif
