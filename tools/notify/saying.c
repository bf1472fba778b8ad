#include "tools/notify/saying.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clearing/base/check.h"
#include "clearing/money/money.h"
#include "tools/notify/notices.h"
#include "tools/render/words.h"
#include "tools/text.h"

#define MIB ((int64_t)1 << 20)

struct yuan {
    char text[MONEY_TEXT_SIZE];
};

static struct yuan yuan_of(const json_t *object, const char *key)
{
    struct yuan yuan = {""};

    money_format_yuan(money(notices_integer(object, key)), yuan.text);
    return yuan;
}

/* What a kind of notice says: its subject, its text. */
struct saying {
    const char *kind;
    void (*subject)(const json_t *notice, FILE *out);
    void (*text)(const json_t *notice, FILE *out);
};

/* --- cycles --- */

static void closed_subject(const json_t *notice, FILE *out)
{
    fprintf(out, _("cycle %s is closed"), notices_text(notice, "cycle"));
}

static void closed_text(const json_t *notice, FILE *out)
{
    const char *cycle = notices_text(notice, "cycle");

    fprintf(out, _("Cycle %s, %s to %s, is closed: %" PRId64 " events.\n"), cycle,
            notices_text(notice, "from"), notices_text(notice, "to"),
            notices_integer(notice, "events"));
    if (notices_integer(notice, "missing") > 0) {
        fprintf(out, _("It was closed incomplete, %" PRId64 " missing: %s\n"),
                notices_integer(notice, "missing"), notices_text(notice, "incomplete"));
    }
    fprintf(out, _("Look at it with: allclear report %s\n"), cycle);
}

static void statement_subject(const json_t *notice, FILE *out)
{
    fprintf(out, _("the statement of %s for cycle %s is ready"),
            notices_text(notice, "participant"), notices_text(notice, "cycle"));
}

static void statement_text(const json_t *notice, FILE *out)
{
    struct yuan in = yuan_of(notice, "in_fen");
    struct yuan owed = yuan_of(notice, "out_fen");
    struct yuan net = yuan_of(notice, "net_fen");
    int64_t fen = notices_integer(notice, "net_fen");
    const char *participant = notices_text(notice, "participant");

    fprintf(out, _("%s in cycle %s, %s to %s, in yuan: in %s, out %s, net %s, %s.\n"), participant,
            notices_text(notice, "cycle"), notices_text(notice, "from"), notices_text(notice, "to"),
            in.text, owed.text, net.text,
            fen > 0 ? _("to receive") : (fen < 0 ? _("to pay") : _("even")));
    fprintf(out, _("Look at it with: allclear statement %s %s\n"), participant,
            notices_text(notice, "cycle"));
}

static void objection_subject(const json_t *notice, FILE *out)
{
    fprintf(out, _("cycle %s may be disputed until %s"), notices_text(notice, "cycle"),
            notices_text(notice, "due"));
}

static void objection_text(const json_t *notice, FILE *out)
{
    fprintf(out,
            _("Whoever disagrees with a figure of cycle %s, %s to %s, says so on %s at the "
              "latest.\n"),
            notices_text(notice, "cycle"), notices_text(notice, "from"), notices_text(notice, "to"),
            notices_text(notice, "due"));
}

/* --- stores --- */

static void silent_subject(const json_t *notice, FILE *out)
{
    fprintf(out, _("store %s was silent on %s"), notices_text(notice, "store"),
            notices_text(notice, "day"));
}

static void silent_text(const json_t *notice, FILE *out)
{
    fprintf(out,
            _("Store %s was open on %s, the day is over, and no event of it has come.\n"
              "Ask whether it traded; what waits at its node comes by itself once it has a "
              "network.\n"),
            notices_text(notice, "store"), notices_text(notice, "day"));
}

static void differs_subject(const json_t *notice, FILE *out)
{
    fprintf(out, _("store %s, %s: a day total DIFFERS"), notices_text(notice, "store"),
            notices_text(notice, "day"));
}

static void differs_text(const json_t *notice, FILE *out)
{
    const json_t *row = NULL;
    total_key_t key = (total_key_t)0;
    size_t i = 0;

    json_array_foreach(json_object_get(notice, "differences"), i, row)
    {
        struct yuan till = yuan_of(row, "till");
        struct yuan ledger = yuan_of(row, "ledger");
        if (strcmp(notices_text(row, "key"), "count") == 0) {
            fprintf(out, _("Till %s, events: %" PRId64 " by the till, %" PRId64 " here.\n"),
                    notices_text(row, "terminal"), notices_integer(row, "till"),
                    notices_integer(row, "ledger"));
        } else {
            fprintf(out, _("Till %s, %s: %s by the till, %s here.\n"),
                    notices_text(row, "terminal"),
                    total_key_parse(slice_of(notices_text(row, "key")), &key)
                        ? words_of_total(key)
                        : notices_text(row, "key"),
                    till.text, ledger.text);
        }
    }
    fputs(_("The store publishes the file of that day again: what is in is in.\n"), out);
}

static void matches_subject(const json_t *notice, FILE *out)
{
    fprintf(out, _("store %s, %s: the day totals match now"), notices_text(notice, "store"),
            notices_text(notice, "day"));
}

static void matches_text(const json_t *notice, FILE *out)
{
    fprintf(out, _("What differed at store %s on %s has been mended.\n"),
            notices_text(notice, "store"), notices_text(notice, "day"));
}

static void equivocated_subject(const json_t *notice, FILE *out)
{
    fprintf(out, _("store %s signed two different batches"), notices_text(notice, "store"));
}

static void equivocated_text(const json_t *notice, FILE *out)
{
    const char *store = notices_text(notice, "store");

    fprintf(
        out,
        _("Store %s is frozen: it signed two different batches under one number (record %" PRId64
          ").\n"
          "A copied or restored PC, or worse: telephone, then allclear key evidence %s\n"),
        store, notices_integer(notice, "record"), store);
}

static void frozen_subject(const json_t *notice, FILE *out)
{
    fprintf(out, _("store %s is frozen"), notices_text(notice, "store"));
}

static void frozen_text(const json_t *notice, FILE *out)
{
    const char *store = notices_text(notice, "store");

    fprintf(out,
            _("Headquarters has frozen store %s: its batches wait at the store until\n"
              "allclear unfreeze %s\n"),
            store, store);
}

/* --- what hangs --- */

static void proposal_subject(const json_t *notice, FILE *out)
{
    fprintf(out, _("proposal %s waits for a second person"), notices_text(notice, "proposal"));
}

static void proposal_text(const json_t *notice, FILE *out)
{
    const char *id = notices_text(notice, "proposal");

    fprintf(out,
            _("Proposed %s: %s\n"
              "A checker looks at it and signs with allclear approve %s, or takes it away with "
              "--reject.\n"),
            notices_text(notice, "since"), notices_text(notice, "what"), id);
}

static void suspense_subject(const json_t *notice, FILE *out)
{
    fprintf(out, _("store %s: in suspense for %" PRId64 " days: %" PRId64),
            notices_text(notice, "store"), notices_integer(notice, "age_days"),
            notices_integer(notice, "count"));
}

static void suspense_text(const json_t *notice, FILE *out)
{
    struct yuan amount = yuan_of(notice, "amount_fen");
    const char *store = notices_text(notice, "store");
    const json_t *row = NULL;
    size_t i = 0;

    fprintf(out,
            _("Of store %s, since %s: events in which money or goods moved and which were refused: "
              "%" PRId64 ", %s yuan.\n"),
            store, notices_text(notice, "came"), notices_integer(notice, "count"), amount.text);
    json_array_foreach(json_object_get(notice, "events"), i, row)
    {
        struct yuan one = yuan_of(row, "amount_fen");
        fprintf(out, "%s %s %s\n", notices_text(row, "event"), notices_text(row, "reason"),
                one.text);
    }
    fprintf(out, _("Look at them with: allclear suspense list --store %s\n"), store);
}

static void disputed_subject(const json_t *notice, FILE *out)
{
    struct yuan amount = yuan_of(notice, "amount_fen");

    fprintf(out, _("store %s disputes %s of %s: %s yuan"), notices_text(notice, "store"),
            words_of_kind_named(notices_text(notice, "kind")), notices_text(notice, "of"),
            amount.text);
}

static void disputed_text(const json_t *notice, FILE *out)
{
    fprintf(out,
            _("The line is out of what is paid until two people have answered. Look at it with "
              "allclear dispute list,\nand answer with allclear dispute answer %s --stands or "
              "--falls.\n"),
            notices_text(notice, "event"));
}

static bool stands(const json_t *notice)
{
    return strcmp(notices_text(notice, "answer"), "stands") == 0;
}

static void answered_subject(const json_t *notice, FILE *out)
{
    struct yuan amount = yuan_of(notice, "amount_fen");
    const char *store = notices_text(notice, "store");
    const char *kind = words_of_kind_named(notices_text(notice, "kind"));
    const char *of = notices_text(notice, "of");

    if (stands(notice)) {
        fprintf(out, _("store %s is answered: %s of %s stands, %s yuan"), store, kind, of,
                amount.text);
    } else {
        fprintf(out, _("store %s is answered: %s of %s falls, %s yuan"), store, kind, of,
                amount.text);
    }
}

static void answered_text(const json_t *notice, FILE *out)
{
    fputs(stands(notice) ? _("The line is paid again, in the cycle that was open at the answer.\n")
                         : _("The line is out of what is paid for good.\n"),
          out);
    fprintf(out, _("At the store: allclear dispute list, and allclear explain %s.\n"),
            notices_text(notice, "event"));
}

/* --- the daemon itself --- */

static bool is_full(const json_t *notice)
{
    return strcmp(notices_text(notice, "state"), "full") == 0;
}

static void disk_subject(const json_t *notice, FILE *out)
{
    fputs(is_full(notice) ? _("the disk is full: nothing more is taken")
                          : _("the disk of the data folder fills"),
          out);
}

static void disk_text(const json_t *notice, FILE *out)
{
    int64_t mib = notices_integer(notice, "free_bytes") / MIB;

    fprintf(out,
            is_full(notice)
                ? _("Left: %" PRId64 " MiB. Stores keep what they have; the daemon goes on by "
                    "itself once there is room.\n")
                : _("Left: %" PRId64 " MiB. Make room before the daemon takes nothing more.\n"),
            mib);
}

static void room_subject(const json_t *notice, FILE *out)
{
    (void)notice;
    fputs(_("there is room on the disk again"), out);
}

static void room_text(const json_t *notice, FILE *out)
{
    fprintf(out, _("Left: %" PRId64 " MiB.\n"), notices_integer(notice, "free_bytes") / MIB);
}

static void daemon_subject(const json_t *notice, FILE *out)
{
    (void)notice;
    fputs(_("the daemon does not answer"), out);
}

static void daemon_text(const json_t *notice, FILE *out)
{
    fprintf(out,
            _("No answer since %s: %s\n"
              "Stores keep what they have. Look at its log: journalctl -u allcleard\n"),
            notices_text(notice, "since"), notices_text(notice, "why"));
}

static void answers_subject(const json_t *notice, FILE *out)
{
    (void)notice;
    fputs(_("the daemon answers again"), out);
}

static void answers_text(const json_t *notice, FILE *out)
{
    fprintf(out, _("It had not answered since %s.\n"), notices_text(notice, "since"));
}

static const struct saying sayings[] = {
    {"cycle_closed", closed_subject, closed_text},
    {"statement_ready", statement_subject, statement_text},
    {"objection_due", objection_subject, objection_text},
    {"store_silent", silent_subject, silent_text},
    {"day_differs", differs_subject, differs_text},
    {"day_matches", matches_subject, matches_text},
    {"store_equivocated", equivocated_subject, equivocated_text},
    {"store_frozen", frozen_subject, frozen_text},
    {"proposal_waits", proposal_subject, proposal_text},
    {"suspense_old", suspense_subject, suspense_text},
    {"line_disputed", disputed_subject, disputed_text},
    {"dispute_answered", answered_subject, answered_text},
    {"disk_fills", disk_subject, disk_text},
    {"disk_ok", room_subject, room_text},
    {"daemon_silent", daemon_subject, daemon_text},
    {"daemon_answers", answers_subject, answers_text},
};

/* Set a text that `write` makes, without the line end at its end. */
static void set_text(json_t *notice, const char *key, const char *before,
                     void (*write)(const json_t *notice, FILE *out))
{
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);

    CHECK(out != NULL);
    fputs(before, out);
    write(notice, out);
    CHECK(fclose(out) == 0);
    while (len > 0 && text[len - 1] == '\n') {
        len--;
    }
    (void)json_object_set_new(notice, key, json_stringn(text, len));
    free(text);
}

/* Of a kind that is not known here (a memory of a later version): its name. */
static void kind_itself(const json_t *notice, FILE *out)
{
    fputs(notices_text(notice, "notice"), out);
}

void saying_of(json_t *notice)
{
    struct saying saying = {"", kind_itself, kind_itself};
    char before[128];

    for (size_t i = 0; i < sizeof sayings / sizeof sayings[0]; i++) {
        if (strcmp(sayings[i].kind, notices_text(notice, "notice")) == 0) {
            saying = sayings[i];
        }
    }
    (void)snprintf(before, sizeof before, "[%.64s%s] ", notices_text(notice, "alliance"),
                   json_is_true(json_object_get(notice, "test")) ? " TEST" : "");
    set_text(notice, "subject", before, saying.subject);
    set_text(notice, "text", "", saying.text);
}
