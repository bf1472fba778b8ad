/* A small headquarters for tests: a data folder made by the verbs themselves, one store that signs
 * batches, and the output of verbs in memory. */
#ifndef TESTS_UNIT_HQ_WORLD_H
#define TESTS_UNIT_HQ_WORLD_H

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clearing/base/memory.h"
#include "clearing/ledger/ledger.h"
#include "proto/codec/encode.h"
#include "tools/hq/home.h"
#include "tools/hq/hq_verbs.h"
#include "tools/lines/lines.h"
#include "clearing/base/hex.h"

#define WORLD_WORDS_MAX 16

/* What a verb wrote. */
struct said {
    int code;
    char out[65536];
    char err[65536];
};

static inline size_t world_read(const char *path, char *ret_text, size_t size)
{
    FILE *file = fopen(path, "re");
    size_t len = file == NULL ? 0 : fread(ret_text, 1, size - 1, file);

    ret_text[len] = '\0';
    if (file != NULL) {
        (void)fclose(file);
    }
    return len;
}

static inline void world_redirect(int fd, const char *path)
{
    int file = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

    CHECK(file >= 0 && dup2(file, fd) == fd);
    (void)close(file);
}

/* Run a verb with words (the last one NULL) in the working folder. */
static inline struct said *world_run(int (*verb)(int argc, char **argv), const char *const *words)
{
    static struct said said;
    char copies[WORLD_WORDS_MAX][256];
    char *argv[WORLD_WORDS_MAX + 1] = {NULL};
    int argc = 0;
    int out = dup(STDOUT_FILENO);
    int err = dup(STDERR_FILENO);

    for (; words[argc] != NULL; argc++) {
        CHECK(argc < WORLD_WORDS_MAX);
        (void)snprintf(copies[argc], sizeof copies[argc], "%s", words[argc]);
        argv[argc] = copies[argc];
    }
    (void)fflush(NULL);
    world_redirect(STDOUT_FILENO, "said.out");
    world_redirect(STDERR_FILENO, "said.err");
    said.code = verb(argc, argv);
    (void)fflush(NULL);
    CHECK(dup2(out, STDOUT_FILENO) >= 0 && dup2(err, STDERR_FILENO) >= 0);
    (void)close(out);
    (void)close(err);
    (void)world_read("said.out", said.out, sizeof said.out);
    (void)world_read("said.err", said.err, sizeof said.err);
    return &said;
}

#define WORLD_RUN(verb, ...) world_run(verb, (const char *const[]){#verb, __VA_ARGS__, NULL})

/* The last line, without its end. */
static inline const char *world_last(const struct said *said)
{
    static char last[4096];
    size_t len = strlen(said->out);

    while (len > 0 && said->out[len - 1] == '\n') {
        len--;
    }
    size_t from = len;
    while (from > 0 && said->out[from - 1] != '\n') {
        from--;
    }
    (void)snprintf(last, sizeof last, "%.*s", (int)(len - from), said->out + from);
    return last;
}

/* A working folder of its own. */
static inline void world_enter(void)
{
    char folder[] = "/tmp/test_hq.XXXXXX";

    CHECK(mkdtemp(folder) != NULL && chdir(folder) == 0);
}

static inline void world_leave(void)
{
    char folder[1024];
    char command[1200];

    if (getcwd(folder, sizeof folder) != NULL && strncmp(folder, "/tmp/test_hq.", 13) == 0) {
        CHECK(chdir("/") == 0);
        (void)snprintf(command, sizeof command, "rm -rf '%s'", folder);
        CHECK(system(command) == 0);
    }
}

/* --- a store --- */

struct world_store {
    struct sign_key *key;
    uint8_t public_key[SIGN_PUBLIC_LEN];
    uint8_t network[SIGN_NETWORK_LEN];
    uint64_t sequence; /* of the last batch */
    uint8_t last[DIGEST_LEN];
    uint8_t signed_bytes[SIGNED_BATCH_BYTES_MAX]; /* of the last batch */
    size_t signed_len;
};

static inline void world_network(const char *dir, uint8_t ret_network[SIGN_NETWORK_LEN])
{
    struct said *said = WORLD_RUN(verb_status, "--dir", dir, "--json");
    const char *at = strstr(said->out, "\"network\":\"");
    char text[65] = "";

    CHECK(said->code == 0 && at != NULL);
    memcpy(text, at + 11, 64);
    CHECK(hex_read(text, ret_network, SIGN_NETWORK_LEN));
}

/* Leave a request to join, as the daemon keeps it. */
static inline void world_ask(const char *dir, const char *store, struct world_store *ret_store)
{
    uint8_t request[128];
    char text[258];
    char path[300];

    *ret_store = (struct world_store){.key = sign_key_new()};
    world_network(dir, ret_store->network);
    sign_key_public(ret_store->key, ret_store->public_key);
    memcpy(request, ret_store->public_key, 32);
    memset(request + 32, 7, 32);
    sign_message(ret_store->key, SIGN_JOIN, ret_store->network,
                 (slice_t){(const char *)request, 64}, request + 64);
    hex_write(request, sizeof request, text);
    (void)snprintf(path, sizeof path, "%s/joins", dir);
    (void)mkdir(path, 0700);
    (void)snprintf(path, sizeof path, "%s/joins/%s", dir, store);
    FILE *file = fopen(path, "we");
    CHECK(file != NULL && fprintf(file, "%s\n", text) > 0 && fclose(file) == 0);
}

/* Sign the next batch of some lines. */
static inline void world_batch(struct world_store *store, const char *code,
                               const char *const *json, size_t count)
{
    static struct event event;
    struct lines lines = {0};
    char reason[LINES_REASON_LEN];
    uint8_t *body = memory_zeroed(BATCH_BODY_LEN_MAX, 1);
    uint8_t bytes[EVENT_BYTES_MAX];
    uint8_t key_id[SIGN_KEY_ID_LEN];
    uint8_t signature[SIGN_SIGNATURE_LEN];
    struct batch batch = {
        .network = store->network,
        .store = slice_of(code),
        .sequence = ++store->sequence,
        .previous = store->last,
        .created_ms = 1772340000000,
    };
    size_t len = encode_batch_header(&batch, body, BATCH_BODY_LEN_MAX);

    CHECK(len > 0);
    for (size_t i = 0; i < count; i++) {
        CHECK(lines_parse(&lines, json[i], strlen(json[i]), &event, reason));
        size_t event_len = encode_event(&event, bytes, sizeof bytes);
        CHECK(event_len > 0);
        CHECK(encode_batch_append(body, BATCH_BODY_LEN_MAX, &len,
                                  (slice_t){(const char *)bytes, (uint32_t)event_len}));
    }
    lines_deinit(&lines);
    slice_t text = {(const char *)body, (uint32_t)len};
    sign_key_id(store->public_key, key_id);
    sign_message(store->key, SIGN_BATCH, store->network, text, signature);
    struct signed_batch signed_batch = {.body = text, .key_id = key_id, .signature = signature};
    store->signed_len =
        encode_signed_batch(&signed_batch, store->signed_bytes, sizeof store->signed_bytes);
    CHECK(store->signed_len > 0);
    digest_sha256(body, len, store->last);
    free(body);
}

/* Give the last batch to the ledger of a folder. */
static inline bool world_take(const char *dir, const struct world_store *store)
{
    struct fault fault = {0};
    struct ledger_expect expect;
    struct sign_key *key = home_key(dir, "ledger.pem", &fault);
    struct ledger_options options = {.dir = dir, .key = key};

    CHECK(key != NULL);
    struct ledger *ledger = ledger_open(&options, NULL, &fault);
    if (ledger == NULL) {
        fprintf(stderr, "%s\n", fault.text);
        CHECK(false);
    }
    int64_t now = ledger_now(ledger, 0);
    bool taken = ledger_take_batch(ledger,
                                   (slice_t){(const char *)store->signed_bytes,
                                             (uint32_t)store->signed_len},
                                   now,
                                   1,
                                   &expect) == LEDGER_GATHERED;
    CHECK(ledger_flush(ledger, now, &fault));
    ledger_close(ledger);
    sign_key_free(key);
    return taken;
}

#endif
