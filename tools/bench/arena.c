#include "tools/bench/arena.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clearing/base/memory.h"
#include "tools/alliance/alliance.h"
#include "tools/bench/plan.h"
#include "tools/hq/home.h"
#include "tools/hq/rules.h"
#include "tools/hq/submit.h"
#include "clearing/base/hex.h"
#include "tools/node/wire.h"

/* PLAN_FEE, PLAN_COMMISSION and PLAN_ISSUE_PRICE are these terms. */
_Static_assert(PLAN_FEE == 6000 && PLAN_COMMISSION == 10000 && PLAN_ISSUE_PRICE == 1200,
               "the alliance file below says the same");
static const char alliance_text[] =
    "alliance = { id = \"bench\"; name = \"Bench\"; zone = \"+08:00\"; day_start = \"00:00\";\n"
    "             max_late_days = 30; stores = \"stores.csv\"; };\n"
    "products = (\n"
    "    { id = \"card\"; kind = \"stored_value\"; model = \"F1\"; principal_rate = \"100%\";\n"
    "      bonus_rate = \"0%\"; fee = \"0.6%\"; fee_refundable = false; commission = \"1%\";\n"
    "      unlinked_refund = false; },\n"
    "    { id = \"points\"; kind = \"points\"; model = \"PF\"; issue_price = \"1.2\";\n"
    "      redeem_price = \"1.0\"; fund = \"" ARENA_FUND "\";\n"
    "      earn = { rate = \"1\"; funder = \"$store\"; }; }\n"
    ");\n";

static bool write_file(const struct arena *arena, const char *name, const char *bytes, size_t len,
                       struct fault *ret_fault)
{
    char path[FILES_PATH_MAX];

    return files_path(arena->dir, name, path, ret_fault) &&
           files_write(path, bytes, len, ret_fault);
}

static bool write_stores(const struct arena *arena, struct fault *ret_fault)
{
    char *bytes = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&bytes, &len);

    CHECK(out != NULL);
    fputs("store,participant,party,role,name,opened,closed\n"
          "," ARENA_HQ ",,hq,Headquarters,,\n"
          "," ARENA_FUND ",,fund,Points fund,,\n",
          out);
    for (uint32_t i = 0; i < arena->stores; i++) {
        const char *code = arena->codes[i].text;
        fprintf(out, "%s,%s,,franchise,Store %s,,\n", code, code, code);
    }
    CHECK(fclose(out) == 0);
    bool good = write_file(arena, "stores.csv", bytes, len, ret_fault);
    free(bytes);
    return good;
}

/* --- keys --- */

static bool make_signing_key(const struct arena *arena, const char *name,
                             uint8_t ret_public[SIGN_PUBLIC_LEN], struct fault *ret_fault)
{
    char path[FILES_PATH_MAX];
    struct sign_key *key = sign_key_new();

    sign_key_public(key, ret_public);
    bool good = files_path(arena->dir, name, path, ret_fault) &&
                sign_key_save(key, path, ret_fault);
    sign_key_free(key);
    return good;
}

static bool write_hex(const struct arena *arena, const char *name, const uint8_t key[32],
                      struct fault *ret_fault)
{
    char line[2 * WIRE_KEY_LEN + 1];

    hex_write(key, WIRE_KEY_LEN, line);
    line[2 * WIRE_KEY_LEN] = '\n';
    return write_file(arena, name, line, sizeof line, ret_fault);
}

static bool make_keys(struct arena *arena, struct fault *ret_fault)
{
    char folder[FILES_PATH_MAX];
    uint8_t hq_public[SIGN_PUBLIC_LEN];
    uint8_t secret[WIRE_KEY_LEN];

    wire_make_keys(arena->gate_key, secret);
    return files_path(arena->dir, "keys", folder, ret_fault) &&
           files_make_dir(folder, ret_fault) &&
           make_signing_key(arena, "keys/ledger.pem", arena->ledger_key, ret_fault) &&
           make_signing_key(arena, "keys/hq.pem", hq_public, ret_fault) &&
           write_hex(arena, "keys/gate.key", secret, ret_fault) &&
           write_hex(arena, "keys/gate.pub", arena->gate_key, ret_fault);
}

/* --- records --- */

static bool approve(struct arena *arena, struct submit *submit, uint32_t store,
                    struct fault *ret_fault)
{
    uint8_t asked[SIGN_PUBLIC_LEN + WIRE_KEY_LEN];
    uint8_t possession[SIGN_SIGNATURE_LEN];

    arena->keys[store] = sign_key_new();
    sign_key_public(arena->keys[store], asked);
    wire_make_keys(arena->curve_public[store], arena->curve_secret[store]);
    memcpy(asked + SIGN_PUBLIC_LEN, arena->curve_public[store], WIRE_KEY_LEN);
    sign_message(arena->keys[store],
                 SIGN_JOIN,
                 arena->network,
                 (slice_t){(const char *)asked, sizeof asked},
                 possession);
    struct hq_body body = {.type = HQ_KEY_APPROVE,
                           .key_approve = {.store = code_slice(&arena->codes[store]),
                                           .public_key = asked,
                                           .transport_key = asked + SIGN_PUBLIC_LEN,
                                           .possession = possession}};
    return submit_put(submit, &body, ret_fault);
}

static bool put_records(struct arena *arena, const struct registry *registry,
                        const struct terms *terms, struct fault *ret_fault)
{
    struct hq_init init = {.alliance = code_slice(&terms->alliance)};
    struct submit *submit = submit_create(arena->dir, &init, arena->network, ret_fault);
    bool good = submit != NULL && rules_put(submit, registry, terms, ret_fault);

    for (uint32_t i = 0; good && i < arena->stores; i++) {
        good = approve(arena, submit, i, ret_fault);
    }
    good = good && submit_finish(submit, ret_fault);
    submit_close(submit);
    return good;
}

static bool read_rules(struct arena *arena, struct fault *ret_fault)
{
    char path[FILES_PATH_MAX];
    struct registry registry = {0};
    struct terms terms = {0};
    struct complaints complaints = {0};

    if (!files_path(arena->dir, "alliance.conf", path, ret_fault)) {
        return false;
    }
    if (!alliance_read(path, &registry, &terms, &complaints)) {
        complaints_write(&complaints, stderr);
        return fault_set(ret_fault, FAULT_INTERNAL, "the bench's own alliance file has errors");
    }
    bool good = put_records(arena, &registry, &terms, ret_fault);
    registry_deinit(&registry);
    terms_deinit(&terms);
    return good;
}

bool arena_make(struct arena *arena, const char *dir, uint32_t stores, struct fault *ret_fault)
{
    *arena = (struct arena){.dir = dir, .stores = stores};
    arena->codes = memory_zeroed(stores, sizeof *arena->codes);
    arena->keys = memory_zeroed(stores, sizeof *arena->keys);
    arena->curve_public = memory_zeroed(stores, sizeof *arena->curve_public);
    arena->curve_secret = memory_zeroed(stores, sizeof *arena->curve_secret);
    for (uint32_t i = 0; i < stores; i++) {
        char text[16];
        snprintf(text, sizeof text, "S%05u", i + 1);
        arena->codes[i] = code_of(slice_of(text));
    }
    return write_file(arena, "alliance.conf", alliance_text, sizeof alliance_text - 1,
                      ret_fault) &&
           write_stores(arena, ret_fault) && make_keys(arena, ret_fault) &&
           read_rules(arena, ret_fault);
}

void arena_deinit(struct arena *arena)
{
    for (uint32_t i = 0; arena->keys != NULL && i < arena->stores; i++) {
        sign_key_free(arena->keys[i]);
    }
    free(arena->codes);
    free(arena->keys);
    free(arena->curve_public);
    free(arena->curve_secret);
    *arena = (struct arena){0};
}
