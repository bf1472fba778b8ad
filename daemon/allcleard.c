/* allcleard: the daemon at headquarters. The tour: options, keys, the ledger (which replays its
 * journal), then daemon/serve.h. `allcleard --gate FD` is the gate process, which the daemon starts
 * itself. */
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sysexits.h>
#include <unistd.h>

#include "clearing/base/hex.h"
#include "clearing/base/memory.h"
#include "daemon/disk.h"
#include "daemon/gate/gate.h"
#include "daemon/log.h"
#include "daemon/serve.h"
#include "tools/render/language.h"

#define DEFAULT_ADDRESS "tcp://127.0.0.1:7401"
/* A start replays so many events at most, some seconds. */
#define SNAPSHOT_EVERY 2000000
#define MIB_MAX        (UINT64_C(1) << 40)

static void usage(FILE *out)
{
    fputs("Usage: allcleard --dir DIR [--listen tcp://HOST:PORT] [--snapshot-every N]\n"
          "                 [--metrics ADDRESS:PORT] [--disk-low MIB] [--disk-full MIB]\n"
          "\n"
          "Serve an alliance whose data folder `allclear init` has made.\n"
          "\n"
          "  --dir DIR      the data folder (or ALLCLEAR_DIR)\n"
          "  --listen ADDR  where stores connect; by default what DIR/listen says, or else\n"
          "                 " DEFAULT_ADDRESS "; port * for any\n"
          "  --snapshot-every N\n"
          "                 events between two snapshots of the state (2000000), so that a\n"
          "                 start need not replay more; 0: none\n"
          "  --metrics ADDRESS:PORT\n"
          "                 answer GET /metrics there for Prometheus, without a password; a port\n"
          "                 alone is one of 127.0.0.1; by default nowhere\n"
          "  --disk-low MIB warn when so much room is left for the data folder (1024, or 2 % of\n"
          "                 the file system where that is less)\n"
          "  --disk-full MIB\n"
          "                 take nothing more then, until there is room (a quarter of that)\n"
          "\n"
          "Example:\n"
          "  allcleard --dir /var/lib/allclear --listen 'tcp://0.0.0.0:7401'\n",
          out);
}

struct options {
    const char *dir;
    const char *address;
    int gate; /* >= 0: be the gate */
    uint64_t snapshot_every;
    const char *metrics;
    uint64_t disk_low; /* bytes, or DISK_BY_DEFAULT */
    uint64_t disk_full;
};

static bool read_count(const char *text, uint64_t *ret_count)
{
    char *end = NULL;

    errno = 0;
    unsigned long long count = strtoull(text, &end, 10);
    if (errno != 0 || text[0] < '0' || text[0] > '9' || *end != '\0') {
        return false;
    }
    *ret_count = count;
    return true;
}

/* Read the option at hand, in MiB. */
static bool read_mib(const char *option, uint64_t *ret_bytes)
{
    uint64_t mib = 0;

    if (!read_count(optarg, &mib) || mib > MIB_MAX) {
        fprintf(stderr, "allcleard: %s %s: a number of MiB\n", option, optarg);
        return false;
    }
    *ret_bytes = mib << 20;
    return true;
}

static int options_parse(int argc, char **argv, struct options *options)
{
    static const struct option longs[] = {
        {"dir", required_argument, NULL, 'd'},
        {"listen", required_argument, NULL, 'l'},
        {"gate", required_argument, NULL, 'g'},
        {"snapshot-every", required_argument, NULL, 's'},
        {"metrics", required_argument, NULL, 'm'},
        {"disk-low", required_argument, NULL, 'w'},
        {"disk-full", required_argument, NULL, 'f'},
        {"help", no_argument, NULL, 'h'},
        {"version", no_argument, NULL, 'v'},
        {NULL, 0, NULL, 0},
    };
    int option = 0;

    *options = (struct options){getenv("ALLCLEAR_DIR"), NULL, -1, SNAPSHOT_EVERY, NULL,
                                DISK_BY_DEFAULT, DISK_BY_DEFAULT};
    while ((option = getopt_long(argc, argv, "h", longs, NULL)) != -1) {
        switch (option) {
        case 'd':
            options->dir = optarg;
            break;
        case 'l':
            options->address = optarg;
            break;
        case 'g':
            options->gate = (int)strtol(optarg, NULL, 10);
            break;
        case 's':
            if (!read_count(optarg, &options->snapshot_every)) {
                fprintf(stderr, "allcleard: --snapshot-every %s: a number of events\n", optarg);
                return EX_USAGE;
            }
            break;
        case 'm':
            options->metrics = optarg;
            break;
        case 'w':
            if (!read_mib("--disk-low", &options->disk_low)) {
                return EX_USAGE;
            }
            break;
        case 'f':
            if (!read_mib("--disk-full", &options->disk_full)) {
                return EX_USAGE;
            }
            break;
        case 'h':
            usage(stdout);
            exit(EX_OK);
        case 'v':
            puts("allcleard " ALLCLEAR_VERSION);
            exit(EX_OK);
        default:
            return EX_USAGE;
        }
    }
    if (options->gate < 0 && (options->dir == NULL || optind != argc)) {
        usage(stderr);
        return EX_USAGE;
    }
    return EX_OK;
}

/* Where to listen: the option, or what `init` wrote down, or the default. */
static bool find_address(struct options *options)
{
    static char line[256];
    char path[PATH_MAX];

    if (options->address == NULL) {
        snprintf(path, sizeof path, "%s/listen", options->dir);
        FILE *file = fopen(path, "re");
        bool read = file != NULL && fgets(line, sizeof line, file) != NULL;
        if (file != NULL) {
            fclose(file);
        }
        line[strcspn(line, "\r\n")] = '\0';
        options->address = read ? line : DEFAULT_ADDRESS;
    }
    const char *colon = strrchr(options->address, ':');
    if (strncmp(options->address, "tcp://", 6) != 0 || colon < options->address + 6) {
        fprintf(stderr, "allcleard: --listen %s: write tcp://HOST:PORT\n", options->address);
        return false;
    }
    return true;
}

/* Read a CURVE key: 64 hex digits. */
static bool read_key(const char *dir, const char *name, uint8_t ret_key[32],
                     struct fault *ret_fault)
{
    char path[PATH_MAX];
    char text[80] = "";

    snprintf(path, sizeof path, "%s/keys/%s", dir, name);
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        return fault_set_errno(ret_fault, errno, "cannot read %s", path);
    }
    bool good = fgets(text, sizeof text, file) != NULL;
    fclose(file);
    text[strcspn(text, "\r\n")] = '\0';
    good = good && hex_read(text, ret_key, 32);
    return good || fault_set(ret_fault, FAULT_CRYPTO, "%s: not 64 hex digits", path);
}

/* No core dumps and no debuggers: the process holds the ledger's key. */
static void protect(void)
{
    struct rlimit none = {0, 0};

    prctl(PR_SET_DUMPABLE, 0);
    setrlimit(RLIMIT_CORE, &none);
}

/* Whoever has started the daemon; told while the ledger opens, which knows nobody. */
static struct supervisor supervisor;

static void progress(uint64_t records, uint64_t of)
{
    if (records % 65536 == 0) {
        supervisor_tell(&supervisor, "EXTEND_TIMEOUT_USEC=120000000\nSTATUS=opening: %llu of %llu records",
                        (unsigned long long)records, (unsigned long long)of);
        log_line(LOG_INFO,
                 "ledger",
                 "opening records=%llu of=%llu",
                 (unsigned long long)records,
                 (unsigned long long)of);
    }
}

static void log_opening(const struct book *book, struct ledger_opening opening)
{
    if (opening.passed_over[0] != '\0') {
        log_line(LOG_UNUSUAL, "ledger", "snapshot_passed_over why=%s", opening.passed_over);
    }
    if (opening.slot_damaged) {
        log_line(
            LOG_UNUSUAL, "ledger", "slot_damaged file=checkpoint.%u", opening.slot_number);
    }
    log_line(LOG_INFO, "ledger", "open records=%llu accepted=%llu snapshot=%llu tail=%llu",
             (unsigned long long)book->records,
             (unsigned long long)book->state.accepted,
             (unsigned long long)opening.snapshot,
             (unsigned long long)opening.tail);
}

static int run(const struct options *options, const char *program)
{
    struct fault fault = {0};
    char path[PATH_MAX];
    uint8_t secret[32];
    uint8_t public_key[32];
    uint8_t ledger_public[SIGN_PUBLIC_LEN];

    language_begin_answers();
    snprintf(path, sizeof path, "%s/keys/ledger.pem", options->dir);
    struct sign_key *key = sign_key_load(path, &fault);
    if (key == NULL || !read_key(options->dir, "gate.key", secret, &fault) ||
        !read_key(options->dir, "gate.pub", public_key, &fault)) {
        fprintf(stderr, "allcleard: %s\n", fault.text);
        sign_key_free(key);
        return EX_NOINPUT;
    }
    sign_key_public(key, ledger_public);
    struct ledger_options ledger_options = {.dir = options->dir, .key = key};
    struct ledger *ledger = ledger_open(&ledger_options, progress, &fault);
    if (ledger == NULL) {
        fprintf(stderr, "allcleard: %s\n", fault.text);
        sign_key_free(key);
        return EX_DATAERR;
    }
    if (ledger_warning(ledger)[0] != '\0') {
        log_line(LOG_UNUSUAL, "ledger", "place why=%s", ledger_warning(ledger));
    }
    log_opening(ledger_book(ledger), ledger_opening(ledger));
    struct serve_options serve_options = {
        .dir = options->dir,
        .program = program,
        .address = options->address,
        .transport_secret = secret,
        .transport_public = public_key,
        .ledger_public = ledger_public,
        .key = key,
        .snapshot_every = options->snapshot_every,
        .metrics = options->metrics,
        .disk_low = options->disk_low,
        .disk_full = options->disk_full,
        .supervisor = &supervisor,
    };
    int code = serve(ledger, &serve_options);
    ledger_close(ledger);
    sign_key_free(key);
    supervisor_close(&supervisor);
    return code;
}

int main(int argc, char **argv)
{
    struct options options;
    char program[PATH_MAX] = "";
    int code = options_parse(argc, argv, &options);

    memory_prepare();

    if (code != EX_OK) {
        return code;
    }
    if (options.gate >= 0) {
        return gate_main(options.gate);
    }
    if (!find_address(&options)) {
        return EX_USAGE;
    }
    protect();
    supervisor_open(&supervisor);
    ssize_t len = readlink("/proc/self/exe", program, sizeof program - 1);
    if (len <= 0) {
        fprintf(stderr, "allcleard: cannot find itself: %s\n", strerror(errno));
        return EX_OSERR;
    }
    return run(&options, program);
}
