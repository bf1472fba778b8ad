/* A libconfig text as a tree whose settings know where they stand, so that fields.h can read them
 * with complaints that carry line and column. */
#ifndef TOOLS_ALLIANCE_TREE_H
#define TOOLS_ALLIANCE_TREE_H

#include "tools/alliance/fields.h"

struct tree {
    struct scan scan;
    config_t config; /* points to itself: the tree stays where it was read */
};

/* Read the text of a source, which outlives the tree.
 * Returns: the root, NULL after a complaint; either way the tree is to be given to tree_deinit. */
const config_setting_t *tree_read(struct tree *tree, const struct source *source,
                                  struct complaints *complaints) MUST_USE;

void tree_deinit(struct tree *tree);

#endif
