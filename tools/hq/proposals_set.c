/* Sets of proposals: DIR/proposals/ID.set, an id a line. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tools/hq/home.h"
#include "tools/hq/proposals.h"
#include "tools/node/files.h"

#define SET_LEN_MAX (16U << 20)

/* Returns: false when the name is none of ours: no path of somebody's making. */
static bool path_of(const char *dir, const char *id, const char *ending,
                    char ret_path[FILES_PATH_MAX])
{
    char name[32 + PROPOSAL_ID_SIZE];

    if (strlen(id) != PROPOSAL_ID_SIZE - 1 ||
        strspn(id, "0123456789abcdef") != PROPOSAL_ID_SIZE - 1) {
        return false;
    }
    (void)snprintf(name, sizeof name, "proposals/%s%s", id, ending);
    return files_path(dir, name, ret_path, NULL);
}

bool proposals_put_set(const char *dir, const json_t *ids, char ret_id[PROPOSAL_ID_SIZE],
                       struct fault *ret_fault)
{
    char path[FILES_PATH_MAX];
    const json_t *id = NULL;
    char *text = NULL;
    size_t len = 0;
    size_t i = 0;
    FILE *memory = open_memstream(&text, &len);

    CHECK(memory != NULL);
    json_array_foreach(ids, i, id)
    {
        fprintf(memory, "%s\n", json_string_value(id));
    }
    CHECK(fclose(memory) == 0);
    (void)snprintf(ret_id, PROPOSAL_ID_SIZE, "%s", json_string_value(json_array_get(ids, 0)));
    bool good = path_of(dir, ret_id, ".set", path) && files_write(path, text, len, ret_fault);
    free(text);
    return good;
}

json_t *proposals_read_set(const char *dir, const char *id, struct fault *ret_fault)
{
    char path[FILES_PATH_MAX];
    char *text = NULL;
    size_t len = 0;
    char *rest = NULL;

    if (!path_of(dir, id, ".set", path) || access(path, F_OK) != 0) {
        (void)fault_set(ret_fault, FAULT_FORMAT,
                        "there is no set of proposals %.40s (allclear approve lists them)", id);
        return NULL;
    }
    if (!files_read(path, SET_LEN_MAX, &text, &len, ret_fault)) {
        return NULL;
    }
    json_t *ids = json_array();
    for (char *line = strtok_r(text, "\n", &rest); line != NULL;
         line = strtok_r(NULL, "\n", &rest)) {
        json_array_append_new(ids, json_string(line));
    }
    free(text);
    return ids;
}

json_t *proposals_list_sets(const char *dir)
{
    char folder[FILES_PATH_MAX];
    char path[FILES_PATH_MAX];
    struct dirent **names = NULL;
    json_t *ids = json_array();
    int count =
        files_path(dir, "proposals", folder, NULL) ? scandir(folder, &names, NULL, alphasort) : 0;

    for (int i = 0; i < count; i++) {
        char *dot = strstr(names[i]->d_name, ".set");
        if (dot != NULL && strcmp(dot, ".set") == 0) {
            *dot = '\0';
            if (path_of(dir, names[i]->d_name, ".set", path)) {
                json_array_append_new(ids, json_string(names[i]->d_name));
            }
        }
        free(names[i]);
    }
    free(names);
    return ids;
}

void proposals_remove_set(const char *dir, const char *id)
{
    char path[FILES_PATH_MAX];

    if (path_of(dir, id, ".set", path)) {
        (void)unlink(path);
    }
}

bool proposals_waits(const char *dir, const char *id)
{
    char path[FILES_PATH_MAX];

    return path_of(dir, id, "", path) && access(path, F_OK) == 0;
}
