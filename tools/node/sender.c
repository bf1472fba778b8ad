#include "tools/node/sender.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

int sender_lock(const struct node *node)
{
    char path[FILES_PATH_MAX];

    if (!sender_bell(node, path)) {
        return -1;
    }
    int fd = open(path, O_RDONLY | O_CREAT | O_CLOEXEC, 0600); /* writing to it would ring */
    if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) != 0) {
        (void)close(fd);
        fd = -1;
    }
    return fd;
}

bool sender_bell(const struct node *node, char ret_path[FILES_PATH_MAX])
{
    return files_path(node->dir, "courier.lock", ret_path, NULL);
}
