/* Plays the streams of stores into a ledger in a given order of arrival, and writes down what
 * became of every event. It judges nothing but itself: tests/order/judge.py does.
 *
 * order_play DIR...   each with alliance.conf, STORE.jsonl and 0.play, 1.play, ...
 *
 * A line of N.play is one signed batch: STORE EVENTS RECEIVED_MS [again]. Its events are the next
 * so many of the store's file (bad lines left out); `again`: it is sent twice. Or it is
 * `close NUMBER 0`: headquarters closes the cycle. DIR/N.out gets cleared.jsonl and lots.jsonl
 * (tests/model/FORMATS.md; here in the order of arrival), reports.jsonl (each closed cycle, then
 * the open one), and effects.jsonl: what each accepted event did to lots, own shares included; hq/
 * is the data folder. DIR/N.out must not be there before. */
#include "../unit/hq_world.h"
#include "clearing/base/hash.h"
#include "tools/alliance/alliance.h"
#include "tools/hq/answers.h"
#include "tools/hq/rules.h"
#include "tools/hq/view.h"
#include "tools/simulate/simulation.h"
#include "tools/simulate/trail.h"

#define PLAYED_STORES_MAX 16

struct playing {
    const char *history; /* folder */
    const char *play;    /* file */
    uint64_t random;
    struct simulation read; /* never run: the events of the files */
    struct simulation told; /* stands in for a simulation where the trail asks */
    struct trail *trail;
    FILE *effects;
    FILE *reports;
    uint64_t heard; /* calls of the sink */
    struct world_store stores[PLAYED_STORES_MAX];
    uint32_t next[PLAYED_STORES_MAX]; /* place in read.events of the store's next event */
    struct sign_key *key;
    struct sign_key *hq_key;
    struct ledger *ledger;
    struct apply_sink book_sink;
    uint8_t network[SIGN_NETWORK_LEN];
};

static uint64_t below(struct playing *playing, uint64_t bound)
{
    playing->random = hash_u64(playing->random + 1);
    return playing->random % bound;
}

static void must(const struct playing *playing, bool good, const char *what)
{
    if (!good) {
        fprintf(stderr, "order_play: %s/%s: %s\n", playing->history, playing->play, what);
        exit(1);
    }
}

/* --- hearing what becomes of events --- */

static const struct registry *registry_of(const struct playing *playing)
{
    return &playing->told.state.registry;
}

static void put_lot(const struct playing *playing, const char *key, lot_id_t lot)
{
    if (lot != 0) {
        const struct past_entry *entry = past_at(&playing->told.past, lot >> 16);
        fprintf(playing->effects,
                ",\"%s\":\"%s:%s:%llu/%u\"",
                key,
                registry_store_code(registry_of(playing), entry->store)->text,
                entry->terminal.text,
                (unsigned long long)entry->number,
                (unsigned)(lot & 0xffff));
    }
}

static void put_shares(const struct playing *playing, const struct effects *effects,
                       const struct effect *effect, uint32_t principal_count)
{
    const struct share *shares = effect_shares(effects, effect);

    fputs(",\"shares\":[", playing->effects);
    for (uint32_t i = 0; i < effect->share_count; i++) {
        fprintf(playing->effects,
                "%s[\"%s\",%s,%lld]",
                i == 0 ? "" : ",",
                registry_participant_code(registry_of(playing), shares[i].who)->text,
                i >= principal_count ? "true" : "false",
                (long long)money_fen(shares[i].amount));
    }
    fputs("]}", playing->effects);
}

static void put_effect(const struct playing *playing, const struct effects *effects,
                       const struct effect *effect)
{
    static const char *const kinds[] = {
        "", "lot", "unlinked", "draw", "discount", "fee", "tender", "take", "end"};
    const struct lot_class *class =
        effect->class == 0 ? NULL : lots_class_at(&playing->told.state.members.lots, effect->class);

    fprintf(playing->effects,
            "{\"kind\":\"%s\",\"sign\":%d,\"reversal\":%s,\"units\":%lld,\"principal_fen\":%lld,"
            "\"bonus_fen\":%lld",
            kinds[effect->kind],
            effect->sign,
            effect->reversal ? "true" : "false",
            (long long)effect->units,
            (long long)money_fen(effect->principal),
            (long long)money_fen(effect->bonus));
    put_lot(playing, "lot", effect->lot);
    put_lot(playing, "made", effect->made);
    if (class != NULL) {
        fprintf(playing->effects,
                ",\"product\":\"%s\",\"issuer\":\"%s\"",
                registry_product_code(registry_of(playing), class->product)->text,
                registry_participant_code(registry_of(playing), class->issuer)->text);
    }
    put_shares(playing, effects, effect, class == NULL ? UINT32_MAX : class->principal_count);
}

static void put_effects(const struct playing *playing, const struct cleared *cleared)
{
    fprintf(playing->effects,
            "{\"event\":\"%s:%.*s:%llu\",\"released\":%s,\"effects\":[",
            registry_store_code(registry_of(playing), cleared->store)->text,
            (int)cleared->event->terminal.len,
            cleared->event->terminal.text,
            (unsigned long long)cleared->event->number,
            cleared->released ? "true" : "false");
    for (uint32_t i = 0; i < cleared->effects->count; i++) {
        fputs(i == 0 ? "" : ",", playing->effects);
        put_effect(playing, cleared->effects, &cleared->effects->list[i]);
    }
    fputs("]}\n", playing->effects);
}

/* The trail reads a simulation's state and past: it gets the book's state and a past of its own. */
static void look(struct playing *playing)
{
    playing->told.state = ledger_book(playing->ledger)->state;
    playing->told.past.registry = registry_of(playing);
}

static void on_cleared(void *context, const struct cleared *cleared)
{
    struct playing *playing = context;

    playing->heard++;
    playing->book_sink.cleared(playing->book_sink.context, cleared);
    look(playing);
    past_note(&playing->told.past, cleared);
    playing->told.listener.cleared(playing->told.listener.context, cleared);
    if (outcome_accepted(cleared->outcome)) {
        put_effects(playing, cleared);
    }
}

static void on_expired(void *context, const struct expired *expired)
{
    struct playing *playing = context;

    playing->book_sink.expired(playing->book_sink.context, expired);
    look(playing);
    playing->told.listener.expired(playing->told.listener.context, expired);
    fprintf(playing->effects, "{\"expired\":%lld", (long long)lot_left(expired->lot));
    put_lot(playing, "lot", expired->lot->id);
    fputs("}\n", playing->effects);
}

/* --- a network with the history's rules and a key for every store --- */

static bool read_alliance(const struct playing *playing, struct registry *ret_registry,
                          struct terms *ret_terms)
{
    struct complaints complaints = {0};
    char path[1024];

    (void)snprintf(path, sizeof path, "%s/alliance.conf", playing->history);
    bool good = alliance_read(path, ret_registry, ret_terms, &complaints);
    if (!good) {
        complaints_write(&complaints, stderr);
    }
    return good;
}

static void read_events(struct playing *playing)
{
    struct registry registry = {0};
    struct terms terms = {0};
    FILE *nowhere = fopen("/dev/null", "we");

    must(playing, nowhere != NULL && read_alliance(playing, &registry, &terms), "no alliance");
    simulation_init(&playing->read, &registry, &terms);
    const struct code_index *codes = &playing->read.state.registry.store_codes;
    must(playing, codes->count <= PLAYED_STORES_MAX, "too many stores");
    for (uint32_t i = 0; i < codes->count; i++) {
        char path[1024];
        (void)snprintf(path, sizeof path, "%s/%s.jsonl", playing->history, codes->codes[i].text);
        playing->next[i] = playing->read.count;
        (void)!simulation_read(&playing->read, (store_t){i}, path, nowhere);
    }
    (void)fclose(nowhere);
}

static void approve_store(struct playing *playing, struct submit *submit, slice_t code,
                          struct world_store *ret_store)
{
    uint8_t asked[64] = {0};
    uint8_t possession[64];
    struct fault fault = {0};

    *ret_store = (struct world_store){.key = sign_key_new()};
    memcpy(ret_store->network, playing->network, sizeof ret_store->network);
    sign_key_public(ret_store->key, ret_store->public_key);
    memcpy(asked, ret_store->public_key, 32);
    slice_t message = {(const char *)asked, sizeof asked};
    sign_message(ret_store->key, SIGN_JOIN, playing->network, message, possession);
    struct hq_body body = {
        .type = HQ_KEY_APPROVE,
        .key_approve = {code, asked, asked + 32, possession},
    };
    must(playing, submit_put(submit, &body, &fault), fault.text);
}

static void make_network(struct playing *playing, int64_t start_ms)
{
    struct registry registry = {0};
    struct terms terms = {0};
    struct fault fault = {0};

    playing->key = sign_key_new();
    playing->hq_key = sign_key_new();
    must(playing, mkdir("hq", 0700) == 0 && mkdir("hq/keys", 0700) == 0, "no new folder hq");
    must(playing,
         sign_key_save(playing->key, "hq/keys/ledger.pem", &fault) &&
             sign_key_save(playing->hq_key, "hq/keys/hq.pem", &fault),
         fault.text);
    must(playing, read_alliance(playing, &registry, &terms), "no alliance");
    struct hq_init init = {
        .alliance = code_slice(&terms.alliance), .test_clock = true, .start_ms = start_ms};
    struct submit *submit = submit_create("hq", &init, playing->network, &fault);
    must(playing, submit != NULL && rules_put(submit, &registry, &terms, &fault), fault.text);
    for (uint32_t i = 0; i < registry.store_codes.count; i++) {
        slice_t code = code_slice(&registry.store_codes.codes[i]);
        approve_store(playing, submit, code, &playing->stores[i]);
    }
    must(playing, submit_finish(submit, &fault), fault.text);
    submit_close(submit);
    registry_deinit(&registry);
    terms_deinit(&terms);
}

static void on_close(void *context, const struct cycle *cycle, const struct report *report)
{
    struct playing *playing = context;
    size_t len = 0;
    char *bytes = answers_report_bytes(report, &len);

    (void)cycle;
    must(playing, fputs(bytes, playing->reports) >= 0, "no report");
    free(bytes);
}

static void open_ledger(struct playing *playing)
{
    struct ledger_options options = {.dir = "hq", .key = playing->key};
    struct fault fault = {0};

    playing->ledger = ledger_open(&options, NULL, &fault);
    must(playing, playing->ledger != NULL, fault.text);
    struct book *book = ledger_book(playing->ledger);
    playing->book_sink = book->apply.sink;
    book->apply.sink = (struct apply_sink){playing, on_cleared, on_expired, NULL};
    book->on_close = on_close;
    book->on_close_context = playing;
}

/* --- batches --- */

static slice_t sign_batch(struct playing *playing, uint32_t store_number, uint32_t count,
                          int64_t created_ms)
{
    static uint8_t body[BATCH_BODY_LEN_MAX];
    struct world_store *store = &playing->stores[store_number];
    const struct registry *registry = &playing->read.state.registry;
    struct batch batch = {
        .network = playing->network,
        .store = code_slice(registry_store_code(registry, (store_t){store_number})),
        .sequence = ++store->sequence,
        .previous = store->last,
        .created_ms = created_ms,
    };
    size_t len = encode_batch_header(&batch, body, sizeof body);

    must(playing, len > 0, "no header");
    for (uint32_t i = 0; i < count; i++) {
        uint32_t at = playing->next[store_number]++;
        bool there = at < playing->read.count && playing->read.events[at].store.n == store_number;
        must(playing, there, "the file has fewer events than the play");
        slice_t bytes = playing->read.events[at].bytes;
        must(playing, encode_batch_append(body, sizeof body, &len, bytes), "a batch too long");
    }
    uint8_t key_id[SIGN_KEY_ID_LEN];
    uint8_t signature[SIGN_SIGNATURE_LEN];
    slice_t text = {(const char *)body, (uint32_t)len};
    sign_key_id(store->public_key, key_id);
    sign_message(store->key, SIGN_BATCH, playing->network, text, signature);
    struct signed_batch signed_batch = {.body = text, .key_id = key_id, .signature = signature};
    store->signed_len =
        encode_signed_batch(&signed_batch, store->signed_bytes, sizeof store->signed_bytes);
    digest_sha256(body, len, store->last);
    return (slice_t){(const char *)store->signed_bytes, (uint32_t)store->signed_len};
}

static void flush(struct playing *playing, int64_t now_ms)
{
    struct fault fault = {0};

    must(playing, ledger_flush(playing->ledger, now_ms, &fault), fault.text);
    if (below(playing, 8) == 0) {
        ledger_close(playing->ledger);
        open_ledger(playing);
    }
}

static void take(struct playing *playing, slice_t bytes, int64_t now_ms)
{
    struct ledger_expect expect = {0};

    must(playing,
         ledger_take_batch(playing->ledger, bytes, now_ms, 1, &expect) == LEDGER_GATHERED,
         expect.detail);
    if (below(playing, 4) == 0 || !ledger_has_room(playing->ledger)) {
        flush(playing, now_ms);
    }
}

static void close_cycle(struct playing *playing, const char *id)
{
    struct book *book = ledger_book(playing->ledger);
    struct fault fault = {0};
    uint8_t bytes[1024];
    uint8_t body_bytes[512];
    uint8_t public_key[SIGN_PUBLIC_LEN];
    uint8_t key_id[SIGN_KEY_ID_LEN];
    uint8_t signature[SIGN_SIGNATURE_LEN];
    struct hq_body body = {
        .network = playing->network,
        .number = book->hq_number + 1,
        .created_ms = book->clock_ms,
        .person = slice_of("finance"),
        .reason = slice_of(""),
        .type = HQ_CYCLE_CLOSE,
        .cycle = slice_of(id),
    };
    slice_t text = {(const char *)body_bytes,
                    (uint32_t)hq_encode_body(&body, body_bytes, sizeof body_bytes)};

    sign_key_public(playing->hq_key, public_key);
    sign_key_id(public_key, key_id);
    sign_message(playing->hq_key, SIGN_RECORD, playing->network, text, signature);
    struct hq_record record = {.body = text, .key_id = key_id, .signature = signature};
    size_t len = hq_encode_record(&record, bytes, sizeof bytes);
    slice_t whole = {(const char *)bytes, (uint32_t)len};
    must(playing,
         len > 0 && ledger_take_hq(playing->ledger, whole, book->clock_ms, 0, &fault),
         fault.text);
}

/* Returns: false at the end of the play. */
static bool take_line(struct playing *playing, FILE *play)
{
    char code[64];
    char again[8] = "";
    char line[256];
    uint32_t count = 0;
    long long now_ms = 0;

    if (fgets(line, sizeof line, play) == NULL) {
        return false;
    }
    must(playing, sscanf(line, "%63s %u %lld %7s", code, &count, &now_ms, again) >= 3, "bad line");
    if (strcmp(code, "close") == 0 && playing->ledger != NULL) {
        (void)snprintf(line, sizeof line, "c%u", count);
        close_cycle(playing, line);
        return true;
    }
    store_t store = registry_find_store(&playing->read.state.registry, slice_of(code));
    must(playing, store.n < PLAYED_STORES_MAX, "unknown store");
    if (playing->ledger == NULL) {
        make_network(playing, now_ms);
        open_ledger(playing);
        look(playing);
    }
    slice_t bytes = sign_batch(playing, store.n, count, now_ms);
    take(playing, bytes, now_ms);
    if (strcmp(again, "again") == 0) {
        uint64_t heard = playing->heard;
        take(playing, bytes, now_ms);
        must(playing, playing->heard == heard, "a batch sent twice was cleared twice");
    }
    return true;
}

/* --- ends --- */

static char *report_bytes(struct book *book)
{
    struct report report;
    size_t len = 0;

    report_build(&book->state, &book->refused, &book->late, &report);
    report.cycle = "open";
    report.from = book->cycle_from;
    report.to = book->state.open_day;
    char *bytes = answers_report_bytes(&report, &len);
    report_deinit(&report);
    return bytes;
}

/* The open cycle's report, as the ledger has it and as an auditor gets it again. */
static void write_report(struct playing *playing)
{
    struct view_options options = {.dir = "hq", .signatures = true};
    struct fault fault = {0};
    char *live = report_bytes(ledger_book(playing->ledger));

    must(playing, fputs(live, playing->reports) >= 0, "no report");
    ledger_close(playing->ledger);
    struct view *view = view_open(&options, &fault);
    must(playing, view != NULL, fault.text);
    char *audited = report_bytes(&view->book);
    view_close(view);
    must(playing, strcmp(live, audited) == 0, "the auditor gets another report");
    free(live);
    free(audited);
}

static void play_out(struct playing *playing, FILE *play)
{
    playing->trail = trail_new(&playing->told, ".");
    playing->effects = fopen("effects.jsonl", "we");
    playing->reports = fopen("reports.jsonl", "we");
    must(playing,
         playing->trail != NULL && playing->effects != NULL && playing->reports != NULL,
         "no output");
    while (take_line(playing, play)) {
    }
    if (playing->ledger != NULL) {
        flush(playing, ledger_book(playing->ledger)->clock_ms);
        look(playing);
        must(playing, trail_finish(playing->trail), "no lots");
        write_report(playing);
    }
    (void)fclose(playing->effects);
    must(playing, fclose(playing->reports) == 0, "no report");
}

/* Returns: false where there is no such play. */
static bool play_one(const char *history, unsigned number)
{
    static char folder[4096];
    static char name[32];
    struct playing *playing = memory_zeroed(1, sizeof *playing);

    (void)snprintf(name, sizeof name, "%u.play", number);
    (void)snprintf(folder, sizeof folder, "%s/%s", history, name);
    FILE *play = fopen(folder, "re");
    playing->history = history;
    playing->play = name;
    playing->random = number;
    if (play != NULL) {
        read_events(playing);
        (void)snprintf(folder, sizeof folder, "%s/%u.out", history, number);
        (void)mkdir(folder, 0700);
        must(playing, chdir(folder) == 0, "no folder");
        play_out(playing, play);
        must(playing, chdir("/") == 0, "no way back");
        (void)fclose(play);
        past_deinit(&playing->told.past);
        simulation_deinit(&playing->read);
        for (uint32_t i = 0; i < PLAYED_STORES_MAX; i++) {
            sign_key_free(playing->stores[i].key);
        }
        sign_key_free(playing->key);
        sign_key_free(playing->hq_key);
    }
    free(playing);
    return play != NULL;
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        char *history = realpath(argv[i], NULL);
        if (history == NULL) {
            fprintf(stderr, "order_play: %s: no such folder\n", argv[i]);
            return 1;
        }
        for (unsigned n = 0; play_one(history, n); n++) {
        }
        free(history);
    }
    return 0;
}
