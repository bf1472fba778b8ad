#include "tools/alliance/tree.h"

#include <string.h>

#include "tools/text.h"

/* libconfig refused what the scan let through: its line, and the line's first character. */
static void libconfig_complain(const config_t *config, const struct source *source,
                               struct complaints *complaints)
{
    struct place place = {source->path, (uint32_t)config_error_line(config), 1};
    const char *at = source->text;

    for (uint32_t line = 1; line < place.line && at != NULL; line++) {
        at = strchr(at, '\n');
        at = at == NULL ? NULL : at + 1;
    }
    if (at != NULL) {
        place.column += (uint32_t)strspn(at, " \t\r");
    }
    complaints_add(complaints, &place, "%s", config_error_text(config));
}

const config_setting_t *tree_read(struct tree *tree, const struct source *source,
                                  struct complaints *complaints)
{
    struct place whole = {source->path, 0, 0};

    tree->scan = (struct scan){0};
    config_init(&tree->config);
    if (!scan_source(source, &tree->scan, complaints)) {
        return NULL;
    }
    if (config_read_string(&tree->config, source->text) != CONFIG_TRUE) {
        libconfig_complain(&tree->config, source, complaints);
        return NULL;
    }
    config_set_auto_convert(&tree->config, CONFIG_FALSE);
    const config_setting_t *root = config_root_setting(&tree->config);
    if (!fields_place(root, &tree->scan)) {
        complaints_add(complaints, &whole, _("cannot be understood: write it as in the samples"));
        return NULL;
    }
    return root;
}

void tree_deinit(struct tree *tree)
{
    config_destroy(&tree->config);
    scan_deinit(&tree->scan);
}
