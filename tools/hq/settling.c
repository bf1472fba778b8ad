#include "tools/hq/settling.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "clearing/base/hex.h"
#include "proto/codec/encode.h"
#include "tools/hq/inquire.h"
#include "tools/hq/submit.h"
#include "tools/text.h"

/* --- who bears it --- */

/* Add "P" with an amount of its own, or of --amount. False: said why. */
static bool add_share(struct hq_suspense *suspense, slice_t debtor, const char *amount)
{
    money_t fen = money(0);

    if (suspense->share_count == SUSPENSE_SHARES_MAX) {
        fprintf(stderr, _("allclear suspense: at most %d debtors bear one event\n"),
                SUSPENSE_SHARES_MAX);
        return false;
    }
    if (amount == NULL || !money_parse_yuan(slice_of(amount), &fen) || money_fen(fen) <= 0) {
        fprintf(stderr,
                _("allclear suspense: %s is no amount above 0 in yuan for %.*s: --debtor P --amount "
                  "30.00, or --debtor P=20.00,Q=10.00\n"),
                amount == NULL ? "" : amount, (int)debtor.len, debtor.text);
        return false;
    }
    suspense->shares[suspense->share_count++] = (struct hq_share){debtor, money_fen(fen)};
    return true;
}

/* `list` is cut where its texts end; the shares point into it. */
static bool read_shares(char *list, const char *amount, struct hq_suspense *suspense)
{
    char *rest = NULL;

    for (char *one = strtok_r(list, ",", &rest); one != NULL; one = strtok_r(NULL, ",", &rest)) {
        char *equals = strchr(one, '=');
        if (equals != NULL) {
            *equals = '\0';
        }
        if (!add_share(suspense, slice_of(one), equals == NULL ? amount : equals + 1)) {
            return false;
        }
    }
    if (!hq_suspense_whole(suspense)) {
        fputs(_("allclear suspense: name each debtor once, and none that is the creditor\n"), stderr);
        return false;
    }
    return true;
}

/* --- proposals --- */

struct settled {
    struct hq_suspense suspense;
    char store[CODE_LEN_MAX + 1];
    uint8_t event[EVENT_BYTES_MAX];
};

/* Fetch an event as its store signed it. */
static bool fetch(const char *dir, const char *of, struct settled *ret_settled,
                  struct fault *ret_fault)
{
    json_t *answer =
        inquire_request(dir, json_pack("{s:s,s:s}", "verb", "suspended", "of", of), ret_fault);
    const char *store = json_string_value(json_object_get(answer, "store"));
    const char *hex = json_string_value(json_object_get(answer, "event"));
    size_t len = hex == NULL ? 0 : strlen(hex) / 2;

    if (answer == NULL) {
        return false;
    }
    bool good = store != NULL && strlen(store) <= CODE_LEN_MAX && len > 0 &&
                len <= EVENT_BYTES_MAX && hex_read(hex, ret_settled->event, len);
    if (good) {
        (void)snprintf(ret_settled->store, sizeof ret_settled->store, "%s", store);
        ret_settled->suspense.item.store = slice_of(ret_settled->store);
        ret_settled->suspense.item.event = (slice_t){(const char *)ret_settled->event,
                                                     (uint32_t)len};
    } else {
        (void)fault_set(ret_fault, FAULT_FORMAT, "the answer is no event in suspense");
    }
    json_decref(answer);
    return good;
}

/* One event whole: what is asked comes before the ledger is opened for writing. */
static bool settle(const struct settling *settling, const char *of, struct settled *settled,
                   struct fault *ret_fault)
{
    if (!fetch(settling->dir, of, settled, ret_fault)) {
        return false;
    }
    struct hq_body body = {.type = HQ_SUSPENSE, .suspense = settled->suspense};
    struct submit *submit = submit_open(settling->dir, settling->reason, ret_fault);
    bool good = submit != NULL && submit_propose_aloud(submit, &body, ret_fault);
    submit_close(submit);
    return good;
}

int settling_propose(const struct settling *settling, suspense_way_t way, char **events, int count)
{
    static struct settled settled;
    char *list = settling->debtor == NULL ? NULL : strdup(settling->debtor);
    bool assigned = way == SUSPENSE_ASSIGN;
    int code = EX_OK;

    settled.suspense = (struct hq_suspense){.way = way};
    if (assigned && (list == NULL || settling->creditor == NULL)) {
        fputs(_("allclear suspense: --debtor and --creditor are needed\n"), stderr);
        free(list);
        return EX_USAGE;
    }
    if (assigned) {
        settled.suspense.creditor = slice_of(settling->creditor);
        if (!read_shares(list, settling->amount, &settled.suspense)) {
            free(list);
            return EX_DATAERR;
        }
    }
    for (int i = 0; i < count; i++) {
        struct fault fault = {0};
        if (!settle(settling, events[i], &settled, &fault)) {
            code = home_complain("suspense", &fault);
        }
    }
    free(list);
    return code;
}
