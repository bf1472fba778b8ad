/* Clears histories twice, in memory as `simulate` does and through a ledger: signed batches of
 * random lengths, groups of random sizes, opened again now and then, from snapshots of whatever
 * age; then reads the ledger as an auditor. The three reports must be the same bytes, and the
 * book's digest the same after each opening as before, and for the auditor.
 *
 * ledger_judge DIR...   each with alliance.conf and STORE.jsonl files; exit 0: all the same */
#include "../unit/hq_world.h"
#include "clearing/base/hash.h"
#include "clearing/ledger/snapshot.h"
#include "tools/alliance/alliance.h"
#include "tools/hq/answers.h"
#include "tools/hq/rules.h"
#include "tools/hq/view.h"
#include "tools/simulate/simulation.h"

#define JUDGED_STORES_MAX 64
#define HISTORIES_MAX     4096

struct judging {
    const char *history;
    uint64_t random;
    struct simulation simulation;
    struct world_store stores[JUDGED_STORES_MAX];
    struct sign_key *key;
    struct ledger *ledger;
    uint32_t from_snapshot; /* openings */
    uint8_t network[SIGN_NETWORK_LEN];
};

static uint64_t below(struct judging *judging, uint64_t bound)
{
    judging->random = hash_u64(judging->random + 1);
    return judging->random % bound;
}

static void must(bool good, const struct fault *fault)
{
    if (!good) {
        fprintf(stderr, "ledger_judge: %s\n", fault->text);
        exit(1);
    }
}

static bool read_alliance(const char *history, struct registry *ret_registry,
                          struct terms *ret_terms)
{
    struct complaints complaints = {0};
    char path[1024];

    (void)snprintf(path, sizeof path, "%s/alliance.conf", history);
    if (!alliance_read(path, ret_registry, ret_terms, &complaints)) {
        complaints_write(&complaints, stderr);
        return false;
    }
    return true;
}

/* Returns: are there any events? */
static bool simulate(struct judging *judging)
{
    struct registry registry = {0};
    struct terms terms = {0};
    FILE *nowhere = fopen("/dev/null", "we");

    CHECK(nowhere != NULL && read_alliance(judging->history, &registry, &terms));
    simulation_init(&judging->simulation, &registry, &terms);
    const struct code_index *codes = &judging->simulation.state.registry.store_codes;
    for (uint32_t i = 0; i < codes->count; i++) {
        char path[1024];
        (void)snprintf(
            path, sizeof path, "%s/%s.jsonl", judging->history, codes->codes[i].text);
        (void)!simulation_read(&judging->simulation, (store_t){i}, path, nowhere);
    }
    (void)fclose(nowhere);
    simulation_run(&judging->simulation);
    return judging->simulation.count > 0;
}

static void approve_store(struct judging *judging, struct submit *submit, slice_t code,
                          struct world_store *ret_store)
{
    uint8_t asked[64] = {0};
    uint8_t possession[64];
    struct fault fault = {0};

    *ret_store = (struct world_store){.key = sign_key_new()};
    memcpy(ret_store->network, judging->network, sizeof ret_store->network);
    sign_key_public(ret_store->key, ret_store->public_key);
    memcpy(asked, ret_store->public_key, 32);
    sign_message(ret_store->key, SIGN_JOIN, judging->network,
                 (slice_t){(const char *)asked, sizeof asked}, possession);
    struct hq_body body = {
        .type = HQ_KEY_APPROVE,
        .key_approve = {code, asked, asked + 32, possession},
    };
    must(submit_put(submit, &body, &fault), &fault);
}

/* A network with the history's rules and a key for every store. */
static void make_network(struct judging *judging)
{
    struct registry registry = {0};
    struct terms terms = {0};
    struct fault fault = {0};
    struct sign_key *hq = sign_key_new();

    judging->key = sign_key_new();
    CHECK(system("rm -rf hq && mkdir -p hq/keys") == 0);
    must(sign_key_save(judging->key, "hq/keys/ledger.pem", &fault) &&
             sign_key_save(hq, "hq/keys/hq.pem", &fault),
         &fault);
    sign_key_free(hq);
    CHECK(read_alliance(judging->history, &registry, &terms));
    struct hq_init init = {.alliance = code_slice(&terms.alliance),
                           .test_clock = true,
                           .start_ms = judging->simulation.events[0].at_ms};
    struct submit *submit = submit_create("hq", &init, judging->network, &fault);
    must(submit != NULL, &fault);
    must(rules_put(submit, &registry, &terms, &fault), &fault);
    CHECK(registry.store_codes.count <= JUDGED_STORES_MAX);
    for (uint32_t i = 0; i < registry.store_codes.count; i++) {
        approve_store(judging, submit, code_slice(&registry.store_codes.codes[i]),
                      &judging->stores[i]);
    }
    must(submit_finish(submit, &fault), &fault);
    submit_close(submit);
    registry_deinit(&registry);
    terms_deinit(&terms);
}

static void open_ledger(struct judging *judging)
{
    struct ledger_options options = {.dir = "hq", .key = judging->key};
    struct fault fault = {0};

    judging->ledger = ledger_open(&options, NULL, &fault);
    must(judging->ledger != NULL, &fault);
}

/* The next batch: events from `at` on of one store and day, some of them. Returns: how many. */
static uint32_t sign_batch(struct judging *judging, uint32_t at)
{
    const struct simulation *simulation = &judging->simulation;
    const struct simulated *first = &simulation->events[at];
    struct world_store *store = &judging->stores[first->store.n];
    uint32_t most = 1 + (uint32_t)below(judging, 12);
    uint32_t count = 0;
    static uint8_t body[BATCH_BODY_LEN_MAX];
    struct batch batch = {
        .network = judging->network,
        .store = code_slice(registry_store_code(&simulation->state.registry, first->store)),
        .sequence = ++store->sequence,
        .previous = store->last,
        .created_ms = first->at_ms,
    };
    size_t len = encode_batch_header(&batch, body, sizeof body);

    CHECK(len > 0);
    for (uint32_t i = at; i < simulation->count && count < most; i++, count++) {
        const struct simulated *event = &simulation->events[i];
        if (event->store.n != first->store.n || event->day != first->day ||
            !encode_batch_append(body, sizeof body, &len, event->bytes)) {
            break;
        }
    }
    uint8_t key_id[SIGN_KEY_ID_LEN];
    uint8_t signature[SIGN_SIGNATURE_LEN];
    slice_t text = {(const char *)body, (uint32_t)len};
    sign_key_id(store->public_key, key_id);
    sign_message(store->key, SIGN_BATCH, judging->network, text, signature);
    struct signed_batch signed_batch = {.body = text, .key_id = key_id, .signature = signature};
    store->signed_len =
        encode_signed_batch(&signed_batch, store->signed_bytes, sizeof store->signed_bytes);
    digest_sha256(body, len, store->last);
    return count;
}

static void take_snapshot(struct judging *judging)
{
    struct fault fault = {0};
    struct snapshot *snapshot =
        snapshot_begin("hq", ledger_book(judging->ledger), NULL, NULL, &fault);

    must(snapshot != NULL &&
             snapshot_seal(snapshot, ledger_checkpoint(judging->ledger), judging->key, &fault),
         &fault);
}

static void flush(struct judging *judging, int64_t now_ms)
{
    struct fault fault = {0};

    must(ledger_flush(judging->ledger, now_ms, &fault), &fault);
    if (below(judging, 8) == 0) {
        take_snapshot(judging);
    }
    if (below(judging, 10) == 0) {
        uint8_t before[DIGEST_LEN];
        uint8_t after[DIGEST_LEN];
        book_digest(ledger_book(judging->ledger), before);
        ledger_close(judging->ledger);
        open_ledger(judging);
        book_digest(ledger_book(judging->ledger), after);
        if (!digest_equal(before, after)) {
            fprintf(stderr, "%s: an opening from snapshot %llu gives another book\n",
                    judging->history,
                    (unsigned long long)ledger_opening(judging->ledger).snapshot);
            exit(1);
        }
        judging->from_snapshot += ledger_opening(judging->ledger).snapshot > 0;
    }
}

static void take_all(struct judging *judging)
{
    const struct simulation *simulation = &judging->simulation;
    struct ledger_expect expect;

    for (uint32_t at = 0; at < simulation->count;) {
        const struct world_store *store = &judging->stores[simulation->events[at].store.n];
        uint32_t count = sign_batch(judging, at);
        int64_t now_ms = simulation->events[at + count - 1].at_ms;
        slice_t bytes = {(const char *)store->signed_bytes, (uint32_t)store->signed_len};
        if (ledger_take_batch(judging->ledger, bytes, now_ms, 1, &expect) != LEDGER_GATHERED) {
            fprintf(stderr, "ledger_judge: batch refused: reason %d %s\n", expect.reason,
                    expect.detail);
            exit(1);
        }
        at += count;
        if (below(judging, 3) == 0 || !ledger_has_room(judging->ledger)) {
            flush(judging, now_ms);
        }
    }
    flush(judging, simulation->events[simulation->count - 1].at_ms);
}

static char *bytes_of_book(struct book *book)
{
    struct report report;
    size_t len = 0;

    report_build(&book->state, &book->refused, &book->late, &report);
    report.cycle = "same";
    report.from = book->cycle_from;
    report.to = book->state.open_day;
    char *bytes = answers_report_bytes(&report, &len);
    report_deinit(&report);
    return bytes;
}

static char *bytes_of_simulation(struct simulation *simulation)
{
    struct report report;
    size_t len = 0;

    report_build(&simulation->state, &simulation->refused, &simulation->late, &report);
    report.cycle = "same";
    report.from = simulation->from;
    report.to = simulation->to;
    char *bytes = answers_report_bytes(&report, &len);
    report_deinit(&report);
    return bytes;
}

/* Returns: are they the same? Says where not. */
static bool same(const char *history, const char *what, const char *a, const char *b)
{
    size_t at = 0;

    if (strcmp(a, b) == 0) {
        return true;
    }
    while (a[at] != '\0' && a[at] == b[at]) {
        at++;
    }
    size_t from = at < 80 ? 0 : at - 80;
    fprintf(stderr, "%s: %s differs at byte %zu:\n  %.160s\n  %.160s\n", history, what, at,
            a + from, b + from);
    return false;
}

static bool judge_ledger(struct judging *judging)
{
    struct view_options options = {.dir = "hq", .signatures = true};
    struct fault fault = {0};

    make_network(judging);
    open_ledger(judging);
    take_all(judging);
    char *simulated = bytes_of_simulation(&judging->simulation);
    char *live = bytes_of_book(ledger_book(judging->ledger));
    uint8_t digest[DIGEST_LEN];
    uint8_t audited_digest[DIGEST_LEN];
    book_digest(ledger_book(judging->ledger), digest);
    ledger_close(judging->ledger);
    struct view *view = view_open(&options, &fault);
    must(view != NULL, &fault);
    char *audited = bytes_of_book(&view->book);
    book_digest(&view->book, audited_digest);
    view_close(view);
    bool good = same(judging->history, "the ledger", simulated, live) &&
                same(judging->history, "the audit", live, audited);
    if (!digest_equal(digest, audited_digest)) {
        fprintf(stderr, "%s: the auditor's book has another digest\n", judging->history);
        good = false;
    }
    free(simulated);
    free(live);
    free(audited);
    return good;
}

/* Openings of all histories that began with a snapshot: with none, nothing was tested. */
static uint32_t snapshot_openings;

static bool judge(const char *history, uint64_t seed)
{
    struct judging *judging = memory_zeroed(1, sizeof *judging);

    judging->history = history;
    judging->random = seed;
    bool good = !simulate(judging) || judge_ledger(judging);
    snapshot_openings += judging->from_snapshot;
    simulation_deinit(&judging->simulation);
    sign_key_free(judging->key);
    for (int i = 0; i < JUDGED_STORES_MAX; i++) {
        sign_key_free(judging->stores[i].key);
    }
    free(judging);
    return good;
}

int main(int argc, char **argv)
{
    static char *histories[HISTORIES_MAX];
    int count = 0;
    int failed = 0;

    for (int i = 1; i < argc && count < HISTORIES_MAX; i++) {
        histories[count] = realpath(argv[i], NULL);
        count += histories[count] != NULL;
    }
    world_enter();
    for (int i = 0; i < count; i++) {
        failed += !judge(histories[i], (uint64_t)i + 1);
        free(histories[i]);
    }
    world_leave();
    printf("%u openings from a snapshot\n", snapshot_openings);
    if (snapshot_openings == 0 && count >= 20) {
        fprintf(stderr, "no opening began with a snapshot\n");
        failed++;
    }
    printf("%d passed, %d failed\n", count - failed, failed);
    return failed == 0 && count == argc - 1 ? 0 : 1;
}
