/* allclear opening: members come over from an old system. */
#include "tools/opening/verb_opening.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "clearing/base/memory.h"
#include "clearing/crypto/digest.h"
#include "clearing/crypto/member_token.h"
#include "proto/codec/opening.h"
#include "tools/hq/args.h"
#include "tools/hq/ground.h"
#include "tools/hq/inquire.h"
#include "tools/hq/submit.h"
#include "tools/opening/trial.h"
#include "tools/text.h"

#define PART_LEN_MAX (HQ_BODY_LEN_MAX - 512) /* room for the body's other fields */

static const char *usage(void)
{
    return _("Usage: allclear opening LOTS.csv --totals TOTALS.csv --reason TEXT [--as PERSON] --dir "
             "DIR\n"
             "       allclear opening LOTS.csv [--totals TOTALS.csv] --check --dir DIR\n"
             "\n"
             "Bring over what members have from an old system: one row a lot, and the old system's "
             "own totals\n"
             "per issuer (who owes the members) and product. All of it comes into force at once, "
             "when a checker\n"
             "has approved it, or nothing does; once in an alliance, before the members' first "
             "events.\n"
             "\n"
             "  LOTS.csv    columns member, store, product, principal, bonus, funders, points, uses, "
             "pack, valid_to\n"
             "  TOTALS.csv  columns issuer, product, lots, principal, bonus, points, uses\n"
             "  --check     send nothing: name every bad cell, and lay sums and totals side by side\n"
             "\n"
             "Money is in yuan; the file is UTF-8 or GB18030, its columns may have Chinese names "
             "(会员 门店 产品\n"
             "本金 赠送金 出资方 积分 次数 次卡号 有效期至; 发行方 笔数). Members' telephone numbers "
             "become tokens.\n"
             "\n"
             "Exit: 0 checked or proposed, 65 a cell or a total is wrong, 66 a file cannot be "
             "read.\n"
             "\n"
             "Example:\n"
             "  allclear opening lots.csv --totals totals.csv --reason 'from the old system' --as li "
             "--dir D\n");
}

struct opening_job {
    const char *dir;
    const char *reason;
    struct rows lots;
    struct rows totals;
    bool has_totals;
    struct trial trial;
    struct opening_seal seal;
    uint8_t digest[DIGEST_LEN];
    struct digest *parts; /* of the parts sent so far */
    uint8_t part[PART_LEN_MAX];
    size_t part_len;
};

/* --- looking --- */

static bool hide_members(struct opening_job *job, struct fault *ret_fault)
{
    uint8_t key[MEMBER_TOKEN_KEY_LEN];
    bool has_key = false;

    if (!home_token_key(job->dir, key, &has_key, ret_fault)) {
        return false;
    }
    for (uint32_t i = 0; has_key && i < job->lots.count; i++) {
        job->lots.lots[i].member = member_token_of(key, job->lots.lots[i].member);
    }
    explicit_bzero(key, sizeof key);
    return true;
}

static bool open_day_of(const char *dir, day_t *ret_day, struct fault *ret_fault)
{
    json_t *head = inquire(dir, "head", ret_fault);
    const char *text = json_string_value(json_object_get(head, "open_day"));
    bool good = head != NULL && ((text != NULL && day_parse(slice_of(text), ret_day)) ||
                                 fault_set(ret_fault, FAULT_FORMAT, "there are no terms yet"));

    json_decref(head);
    return good;
}

/* Check all that can be checked here. Returns: the exit code. */
static int look(struct opening_job *job, struct complaints *complaints)
{
    struct ground ground = {0};
    struct fault fault = {0};
    day_t open_day = 0;

    if (!hide_members(job, &fault) || !open_day_of(job->dir, &open_day, &fault) ||
        !ground_read(job->dir, &ground, &fault) ||
        (!ground.has_terms && !fault_set(&fault, FAULT_FORMAT, "there are no terms yet"))) {
        ground_deinit(&ground);
        return home_complain("opening", &fault);
    }
    trial_run(&job->trial, &ground.registry, &ground.terms, open_day, &job->lots, complaints);
    ground_deinit(&ground);
    if (complaints_total(complaints) > 0) {
        complaints_sort(complaints);
        complaints_write(complaints, stderr);
        return EX_DATAERR;
    }
    bool equal = trial_compare(&job->trial, job->has_totals ? &job->totals : NULL, stdout);
    if (!equal) {
        fputs(_("allclear opening: the lots do not sum to the totals; nothing was sent\n"), stderr);
    }
    return equal ? EX_OK : EX_DATAERR;
}

static int read_files(struct opening_job *job, const char *lots, const char *totals)
{
    static struct complaints complaints;
    bool good = rows_read_lots(&job->lots, lots, &complaints);

    if (totals != NULL) {
        good = rows_read_totals(&job->totals, totals, &complaints) && good;
        job->has_totals = true;
    }
    if (good) {
        return look(job, &complaints);
    }
    complaints_sort(&complaints);
    complaints_write(&complaints, stderr);
    return job->lots.source.text == NULL ? EX_NOINPUT : EX_DATAERR;
}

/* --- sending --- */

static bool send_part(struct opening_job *job, struct submit *submit, struct fault *ret_fault)
{
    slice_t part = {(const char *)job->part, (uint32_t)job->part_len};
    struct hq_body body = {.type = HQ_OPENING_PART, .opening = part};
    uint8_t digest[DIGEST_LEN];

    digest_sha256(part.text, part.len, digest);
    digest_add(job->parts, digest, sizeof digest);
    job->part_len = 0;
    job->seal.parts++;
    return submit_put(submit, &body, ret_fault);
}

static bool send_lots(struct opening_job *job, struct submit *submit, struct fault *ret_fault)
{
    bool shows = isatty(STDERR_FILENO) != 0;
    bool good = true;

    for (uint32_t i = 0; good && i < job->lots.count; i++) {
        const struct opening_lot *lot = &job->lots.lots[i];
        if (!opening_add_lot(lot, job->part, sizeof job->part, &job->part_len)) {
            good = send_part(job, submit, ret_fault);
            CHECK(!good || opening_add_lot(lot, job->part, sizeof job->part, &job->part_len));
            if (shows) {
                fprintf(stderr, _("%ssending %" PRIu32 " of %" PRIu32 " lots"), "\r", i,
                        job->lots.count);
            }
        }
    }
    good = good && (job->part_len == 0 || send_part(job, submit, ret_fault));
    if (shows) {
        fputs("\r\033[K", stderr);
    }
    return good;
}

/* The ledger names a lot by its place: people know its line. */
static int complain(const struct opening_job *job, const struct fault *fault)
{
    if (strncmp(fault->text, "lot ", 4) == 0) {
        char *end;
        unsigned long long lot = strtoull(fault->text + 4, &end, 10);
        if (lot > 0 && lot <= job->lots.count && strncmp(end, ": ", 2) == 0) {
            fprintf(stderr, "%s:%" PRIu32 ": %s\n", job->lots.source.path,
                    job->lots.lines[lot - 1], end + 2);
            return EX_DATAERR;
        }
    }
    return home_complain("opening", fault);
}

static bool propose(struct opening_job *job, struct submit *submit, struct fault *ret_fault)
{
    static uint8_t bytes[HQ_BODY_LEN_MAX];

    digest_finish(job->parts, job->digest);
    job->seal.digest = job->digest;
    job->seal.count = job->totals.count;
    memcpy(job->seal.totals, job->totals.totals, job->totals.count * sizeof job->seal.totals[0]);
    size_t len = opening_encode_seal(&job->seal, bytes, sizeof bytes);
    if (len == 0) {
        return fault_set(ret_fault, FAULT_LIMIT, "the totals do not fit into one record");
    }
    struct hq_body body = {.type = HQ_OPENING, .opening = {(const char *)bytes, (uint32_t)len}};
    return submit_propose_aloud(submit, &body, ret_fault);
}

static int send_all(struct opening_job *job)
{
    struct fault fault = {0};
    struct submit *submit = submit_open(job->dir, job->reason, &fault);

    job->parts = digest_new();
    bool good = submit != NULL && send_lots(job, submit, &fault) &&
                propose(job, submit, &fault) && submit_finish(submit, &fault);
    digest_free(job->parts);
    submit_close(submit);
    return good ? EX_OK : complain(job, &fault);
}

int verb_opening(int argc, char **argv)
{
    struct opening_job *job = memory_zeroed(1, sizeof *job);
    const char *option = NULL;
    const char *totals = NULL;
    bool check = false;
    const struct arg list[] = {{"dir", &option, NULL},
                               {"totals", &totals, NULL},
                               {"reason", &job->reason, NULL},
                               {"check", NULL, &check}};
    struct args args = {"opening", usage(), list, 4, 1, 1};
    char **words = NULL;
    int code = EX_OK;

    if (!args_read(&args, argc, argv, &words, &code)) {
        free(job);
        return code;
    }
    job->dir = home_dir(option, "opening");
    if (job->dir == NULL || (!check && (totals == NULL || job->reason == NULL))) {
        if (job->dir != NULL) {
            fputs(_("allclear opening: --totals and --reason are needed, or --check\n"), stderr);
        }
        free(job);
        return EX_USAGE;
    }
    code = read_files(job, words[0], totals);
    if (code == EX_OK && job->totals.count > OPENING_TOTALS_MAX) {
        fprintf(stderr, _("allclear opening: at most %d rows of totals\n"), OPENING_TOTALS_MAX);
        code = EX_DATAERR;
    }
    if (code == EX_OK && !check) {
        code = send_all(job);
    } else if (code == EX_OK) {
        printf(_("%" PRIu32 " lots are good; nothing was sent\n"), job->lots.count);
    }
    trial_deinit(&job->trial);
    rows_deinit(&job->lots);
    rows_deinit(&job->totals);
    free(job);
    return code;
}
