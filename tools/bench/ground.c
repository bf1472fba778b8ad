#include "tools/bench/ground.h"

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
    "      redeem_price = \"1.0\"; fund = \"" GROUND_FUND "\";\n"
    "      earn = { rate = \"1\"; funder = \"$store\"; }; }\n"
    ");\n";

static bool write_file(const struct ground *ground, const char *name, const char *bytes, size_t len,
                       struct fault *ret_fault)
{
    char path[FILES_PATH_MAX];

    return files_path(ground->dir, name, path, ret_fault) &&
           files_write(path, bytes, len, ret_fault);
}

static bool write_stores(const struct ground *ground, struct fault *ret_fault)
{
    char *bytes = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&bytes, &len);

    CHECK(out != NULL);
    fputs("store,participant,party,role,name,opened,closed\n"
          "," GROUND_HQ ",,hq,Headquarters,,\n"
          "," GROUND_FUND ",,fund,Points fund,,\n",
          out);
    for (uint32_t i = 0; i < ground->stores; i++) {
        const char *code = ground->codes[i].text;
        fprintf(out, "%s,%s,,franchise,Store %s,,\n", code, code, code);
    }
    CHECK(fclose(out) == 0);
    bool good = write_file(ground, "stores.csv", bytes, len, ret_fault);
    free(bytes);
    return good;
}

/* --- keys --- */

static bool make_signing_key(const struct ground *ground, const char *name,
                             uint8_t ret_public[SIGN_PUBLIC_LEN], struct fault *ret_fault)
{
    char path[FILES_PATH_MAX];
    struct sign_key *key = sign_key_new();

    sign_key_public(key, ret_public);
    bool good = files_path(ground->dir, name, path, ret_fault) &&
                sign_key_save(key, path, ret_fault);
    sign_key_free(key);
    return good;
}

static bool write_hex(const struct ground *ground, const char *name, const uint8_t key[32],
                      struct fault *ret_fault)
{
    char line[2 * WIRE_KEY_LEN + 1];

    hex_write(key, WIRE_KEY_LEN, line);
    line[2 * WIRE_KEY_LEN] = '\n';
    return write_file(ground, name, line, sizeof line, ret_fault);
}

static bool make_keys(struct ground *ground, struct fault *ret_fault)
{
    char folder[FILES_PATH_MAX];
    uint8_t hq_public[SIGN_PUBLIC_LEN];
    uint8_t secret[WIRE_KEY_LEN];

    wire_make_keys(ground->gate_key, secret);
    return files_path(ground->dir, "keys", folder, ret_fault) &&
           files_make_dir(folder, ret_fault) &&
           make_signing_key(ground, "keys/ledger.pem", ground->ledger_key, ret_fault) &&
           make_signing_key(ground, "keys/hq.pem", hq_public, ret_fault) &&
           write_hex(ground, "keys/gate.key", secret, ret_fault) &&
           write_hex(ground, "keys/gate.pub", ground->gate_key, ret_fault);
}

/* --- records --- */

static bool approve(struct ground *ground, struct submit *submit, uint32_t store,
                    struct fault *ret_fault)
{
    uint8_t asked[SIGN_PUBLIC_LEN + WIRE_KEY_LEN];
    uint8_t possession[SIGN_SIGNATURE_LEN];

    ground->keys[store] = sign_key_new();
    sign_key_public(ground->keys[store], asked);
    wire_make_keys(ground->curve_public[store], ground->curve_secret[store]);
    memcpy(asked + SIGN_PUBLIC_LEN, ground->curve_public[store], WIRE_KEY_LEN);
    sign_message(ground->keys[store],
                 SIGN_JOIN,
                 ground->network,
                 (slice_t){(const char *)asked, sizeof asked},
                 possession);
    struct hq_body body = {.type = HQ_KEY_APPROVE,
                           .key_approve = {.store = code_slice(&ground->codes[store]),
                                           .public_key = asked,
                                           .transport_key = asked + SIGN_PUBLIC_LEN,
                                           .possession = possession}};
    return submit_put(submit, &body, ret_fault);
}

static bool put_records(struct ground *ground, const struct registry *registry,
                        const struct terms *terms, struct fault *ret_fault)
{
    struct hq_init init = {.alliance = code_slice(&terms->alliance)};
    struct submit *submit = submit_create(ground->dir, &init, ground->network, ret_fault);
    bool good = submit != NULL && rules_put(submit, registry, terms, ret_fault);

    for (uint32_t i = 0; good && i < ground->stores; i++) {
        good = approve(ground, submit, i, ret_fault);
    }
    good = good && submit_finish(submit, ret_fault);
    submit_close(submit);
    return good;
}

static bool read_rules(struct ground *ground, struct fault *ret_fault)
{
    char path[FILES_PATH_MAX];
    struct registry registry = {0};
    struct terms terms = {0};
    struct complaints complaints = {0};

    if (!files_path(ground->dir, "alliance.conf", path, ret_fault)) {
        return false;
    }
    if (!alliance_read(path, &registry, &terms, &complaints)) {
        complaints_write(&complaints, stderr);
        return fault_set(ret_fault, FAULT_INTERNAL, "the bench's own alliance file has errors");
    }
    bool good = put_records(ground, &registry, &terms, ret_fault);
    registry_deinit(&registry);
    terms_deinit(&terms);
    return good;
}

bool ground_make(struct ground *ground, const char *dir, uint32_t stores, struct fault *ret_fault)
{
    *ground = (struct ground){.dir = dir, .stores = stores};
    ground->codes = memory_zeroed(stores, sizeof *ground->codes);
    ground->keys = memory_zeroed(stores, sizeof *ground->keys);
    ground->curve_public = memory_zeroed(stores, sizeof *ground->curve_public);
    ground->curve_secret = memory_zeroed(stores, sizeof *ground->curve_secret);
    for (uint32_t i = 0; i < stores; i++) {
        char text[16];
        snprintf(text, sizeof text, "S%05u", i + 1);
        ground->codes[i] = code_of(slice_of(text));
    }
    return write_file(ground, "alliance.conf", alliance_text, sizeof alliance_text - 1,
                      ret_fault) &&
           write_stores(ground, ret_fault) && make_keys(ground, ret_fault) &&
           read_rules(ground, ret_fault);
}

void ground_deinit(struct ground *ground)
{
    for (uint32_t i = 0; ground->keys != NULL && i < ground->stores; i++) {
        sign_key_free(ground->keys[i]);
    }
    free(ground->codes);
    free(ground->keys);
    free(ground->curve_public);
    free(ground->curve_secret);
    *ground = (struct ground){0};
}
