/* allclear till: the tills that have no library, their tokens, and the door that they come in
 * by. */
#include <dirent.h>
#include <errno.h>
#include <getopt.h>
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "clearing/base/memory.h"
#include "tools/door/door.h"
#include "tools/door/door_verbs.h"
#include "tools/http/http.h"
#include "tools/door/tills.h"
#include "tools/node/node.h"
#include "tools/node/options.h"
#include "tools/text.h"

#define LISTEN   "127.0.0.1:8117"
#define WAIT_S   2
#define TICK_S   1
#define DIRS_MAX 1000

#define FILES_KEPT    64
#define FILES_A_STORE 20 /* 15 as measured */

struct options {
    const char *dirs[DIRS_MAX]; /* copies, which live as long as the process */
    uint32_t dir_count;
    const char *listen;
    bool public;
    bool json;
    int wait_s;
};

static void usage(FILE *out)
{
    fputs(_("Usage: allclear till serve --dir DIR... [--all FOLDER] [--listen ADDRESS:PORT]\n"
            "                           [--public] [--wait SECONDS]\n"
            "       allclear till add TERMINAL --dir DIR\n"
            "       allclear till list --dir DIR [--json]\n"
            "       allclear till revoke TERMINAL --dir DIR\n"
            "       allclear till renumber OLD NEW --dir DIR\n"
            "\n"
            "For tills without a library: `serve` takes events over HTTP, on the shop's network, and\n"
            "answers with what became of them. Each till has a token, which `add` shows once. One\n"
            "process serves many stores: repeat --dir, or name with --all the folder that theirs lie\n"
            "in. It listens at 127.0.0.1:8117; an address that is not private needs --public. What\n"
            "is not answered within 2 seconds (--wait) is pending. A till whose numbers began again "
            "needs a\n"
            "code that no till of the store ever had: `renumber` lets its token speak for that one.\n"
            "\n"
            "Example:\n"
            "  allclear till add 1 --dir /var/lib/allclear-store\n"
            "  allclear till serve --dir /var/lib/allclear-store --listen 192.168.1.10:8117\n"),
          out);
}

static bool add_dir(struct options *options, const char *dir)
{
    if (options->dir_count == DIRS_MAX) {
        fprintf(stderr, _("allclear till: one process serves %d stores at most\n"), DIRS_MAX);
        return false;
    }
    const char *copy = strdup(dir);
    CHECK(copy != NULL);
    options->dirs[options->dir_count++] = copy;
    return true;
}

/* Add the folders of stores that lie in this one, in the order of their names. */
static bool add_all(struct options *options, const char *folder)
{
    struct dirent **entries = NULL;
    char config[FILES_PATH_MAX];
    char dir[FILES_PATH_MAX];
    int count = scandir(folder, &entries, NULL, alphasort);
    bool good = count >= 0;

    if (!good) {
        fprintf(stderr, "allclear till: %s: %s\n", folder, strerror(errno));
    }
    for (int i = 0; i < count; i++) {
        bool store = entries[i]->d_name[0] != '.' &&
                     files_path(folder, entries[i]->d_name, dir, NULL) &&
                     files_path(dir, "node.json", config, NULL) && access(config, F_OK) == 0;
        if (good && store) {
            good = add_dir(options, dir);
        }
        free(entries[i]);
    }
    free(entries);
    return good;
}

/* Returns: false after it has said why. */
static bool take_option(struct options *options, int option)
{
    switch (option) {
    case 'd':
        return add_dir(options, optarg);
    case 'a':
        return add_all(options, optarg);
    case 'l':
        options->listen = optarg;
        return true;
    case 'p':
        options->public = true;
        return true;
    case 'j':
        options->json = true;
        return true;
    case 'w':
        return options_seconds("till", optarg, &options->wait_s);
    default:
        return false;
    }
}

static int options_parse(int argc, char **argv, struct options *options)
{
    static const struct option longs[] = {
        {"dir", required_argument, NULL, 'd'},
        {"all", required_argument, NULL, 'a'},
        {"listen", required_argument, NULL, 'l'},
        {"public", no_argument, NULL, 'p'},
        {"json", no_argument, NULL, 'j'},
        {"wait", required_argument, NULL, 'w'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    const char *dir = NULL;
    int option = 0;

    while ((option = getopt_long(argc, argv, "h", longs, NULL)) != -1) {
        if (option == 'h') {
            usage(stdout);
            exit(EX_OK);
        }
        if (!take_option(options, option)) {
            return EX_USAGE;
        }
    }
    if (options->dir_count == 0) {
        dir = node_dir(NULL, "till");
        if (dir == NULL || !add_dir(options, dir)) {
            return EX_USAGE;
        }
    }
    return EX_OK;
}

/* --- tokens --- */

/* The folder of the one store that a token is of. Returns: NULL after it has said why. */
static const char *joined_dir(const struct options *options, struct fault *ret_fault)
{
    struct node node = {0};

    if (options->dir_count != 1) {
        (void)fault_set(ret_fault, FAULT_FORMAT, _("a token is of one store: give one --dir"));
        return NULL;
    }
    if (!node_open(options->dirs[0], &node, ret_fault)) {
        return NULL;
    }
    node_close(&node);
    return options->dirs[0];
}

static int give(const struct options *options, const char *terminal)
{
    struct fault fault = {0};
    char token[TILLS_TOKEN_LEN + 1];
    const char *dir = joined_dir(options, &fault);

    if (dir == NULL || !tills_add(dir, slice_of(terminal), token, &fault)) {
        return node_complain("till", &fault);
    }
    if (isatty(STDOUT_FILENO) != 0) {
        printf(_("The token of terminal %s, shown this once:\n"), terminal);
    }
    bool good = puts(token) != EOF && fflush(stdout) == 0;
    explicit_bzero(token, sizeof token);
    return good ? EX_OK : EX_IOERR;
}

static int take_back(const struct options *options, const char *terminal)
{
    struct fault fault = {0};
    const char *dir = joined_dir(options, &fault);

    if (dir == NULL || !tills_revoke(dir, slice_of(terminal), &fault)) {
        return node_complain("till", &fault);
    }
    printf(_("terminal %s has no token any more\n"), terminal);
    return EX_OK;
}

static int renumber(const struct options *options, const char *from, const char *to)
{
    struct fault fault = {0};
    const char *dir = joined_dir(options, &fault);

    if (dir == NULL || !tills_renumber(dir, slice_of(from), slice_of(to), &fault)) {
        return node_complain("till", &fault);
    }
    printf(_("the token of terminal %s is terminal %s's now: set the till to that code, too\n"), from,
           to);
    return EX_OK;
}

static int list(const struct options *options)
{
    struct fault fault = {0};
    struct tills tills = {0};
    const char *dir = joined_dir(options, &fault);

    if (dir == NULL || !tills_read(dir, &tills, &fault)) {
        return node_complain("till", &fault);
    }
    json_t *rows = json_array();
    for (uint32_t i = 0; i < tills.count; i++) {
        const struct till *till = &tills.list[i];
        if (!options->json) {
            printf("%-32s  %s\n", till->terminal.text, till->added);
        }
        (void)json_array_append_new(rows, json_pack("{s:s,s:s}", "terminal", till->terminal.text,
                                                    "added", till->added));
    }
    json_t *root = json_pack("{s:o}", "tills", rows);
    bool good = !options->json || (json_dumpf(root, stdout, JSON_COMPACT) == 0 &&
                                   putchar('\n') != EOF && fflush(stdout) == 0);
    json_decref(root);
    tills_deinit(&tills);
    return good ? EX_OK : EX_IOERR;
}

/* --- the door --- */

/* SIGINT and SIGTERM, for this thread and those that it makes. */
static void block_signals(sigset_t *ret_ends)
{
    (void)sigemptyset(ret_ends);
    (void)sigaddset(ret_ends, SIGINT);
    (void)sigaddset(ret_ends, SIGTERM);
    CHECK(pthread_sigmask(SIG_BLOCK, ret_ends, NULL) == 0);
    (void)signal(SIGPIPE, SIG_IGN);
}

/* Each connection and store takes descriptors; a library that gets none ends the process. */
static bool raise_files(uint32_t stores)
{
    rlim_t need = FILES_KEPT + HTTP_CONNECTIONS_MAX + (rlim_t)stores * FILES_A_STORE;
    struct rlimit limit = {0};

    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_max >= need) {
        limit.rlim_cur = limit.rlim_max;
        return setrlimit(RLIMIT_NOFILE, &limit) == 0;
    }
    fprintf(stderr,
            _("allclear till: it may open %llu files and needs %llu: raise the limit (ulimit -n,"
              " LimitNOFILE=)\n"),
            (unsigned long long)limit.rlim_max, (unsigned long long)need);
    return false;
}

/* The address with the port that it has come to. */
static void announce(const struct options *options, const struct door *door)
{
    const char *colon = strrchr(options->listen, ':');

    printf(_("allclear till: %u stores at http://%.*s:%u/v1/\n"), options->dir_count,
           (int)(colon - options->listen), options->listen, (unsigned)door_port(door));
    (void)fflush(stdout);
}

static int serve(const struct options *options)
{
    const struct timespec tick = {.tv_sec = TICK_S};
    struct fault fault = {0};
    struct address address;
    sigset_t ends;

    if (!address_read(options->listen, &address)) {
        fprintf(stderr,
                _("allclear till: --listen %s: not an address with a port, as in 192.168.1.10:8117"
                  " or [fd00::1]:8117\n"),
                options->listen);
        return EX_USAGE;
    }
    if (!options->public && !address_is_private(&address)) {
        fprintf(stderr,
                _("allclear till: --listen %s: others than the shop could reach it, and nothing on"
                  " the way is encrypted: take a private address, or say --public and put a server"
                  " with TLS in front of it\n"),
                options->listen);
        return EX_USAGE;
    }
    if (!raise_files(options->dir_count)) {
        return EX_OSERR;
    }
    block_signals(&ends);
    struct door *door = door_open(options->dirs, options->dir_count, &address,
                                  options->wait_s * 1000, &fault);
    if (door == NULL) {
        return node_complain("till", &fault);
    }
    announce(options, door);
    while (sigtimedwait(&ends, NULL, &tick) < 0) {
        door_tick(door);
    }
    door_close(door);
    return EX_OK;
}

int verb_till(int argc, char **argv)
{
    static struct options options = {.listen = LISTEN, .wait_s = WAIT_S}; /* large for a stack */
    int code = options_parse(argc, argv, &options);
    const char *word = optind < argc ? argv[optind] : "";
    int words = argc - optind;

    if (code != EX_OK) {
        usage(stderr);
        return code;
    }
    if (strcmp(word, "serve") == 0 && words == 1) {
        return serve(&options);
    }
    if (strcmp(word, "add") == 0 && words == 2) {
        return give(&options, argv[optind + 1]);
    }
    if (strcmp(word, "list") == 0 && words == 1) {
        return list(&options);
    }
    if (strcmp(word, "revoke") == 0 && words == 2) {
        return take_back(&options, argv[optind + 1]);
    }
    if (strcmp(word, "renumber") == 0 && words == 3) {
        return renumber(&options, argv[optind + 1], argv[optind + 2]);
    }
    usage(stderr);
    return EX_USAGE;
}
