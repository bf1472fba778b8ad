"""What holds in every order of arrival, whatever the history (design, "Tell and ask"): each accepted event once, an
asked one never waits; claims sum to zero; of a lot that is empty at the end exactly its wholes were settled, debtor
by debtor (rule 7); liability by issuer is the sum of its lots (rule 41). And the whole result of the model, told the
same events in the same order."""
import collections
import json

import arrival
from counter import ACCEPTED  # noqa: E402
import model


def disturb(rng, plays):
    """Some clocks of the stores go ahead of headquarters'; and now and then a cycle is closed."""
    for batches in plays:
        last = batches[0].received if batches else 0
        for batch in batches:
            if rng.random() < 0.03:
                batch.received = max(last, batch.received - rng.randrange(15) * arrival.MINUTE)
            last = batch.received
        for number in range(rng.choice((0, 0, 1, 1, 2)) if batches else 0):
            at = rng.randint(1, len(batches))
            batches.insert(at, arrival.Close(number + 1, batches[at - 1].received))


def patient(rng, data):
    """Most alliances wait a month for late events, or there would be little else than TOO_OLD."""
    if rng.random() < 0.8:
        data["alliance"]["max_late_days"] = 30
    return arrival.Alliance(data)


def send_again(rng, files):
    """Stores publish some of their lines again later: some are taken already, some were refused and are open again."""
    for lines in files.values():
        for text in rng.sample(lines, len(lines) // 8):
            if '"number"' in text:
                lines.insert(rng.randint(lines.index(text) + 1, len(lines)), text)


def broken_promise(history, out, batches, compare):
    """The first promise broken, in words, or nothing. `compare`: with the model's whole result, too."""
    alliance = history.alliance
    theirs = arrival.clear(alliance, batches)
    return (found_twice(out, batches) or not_zero(out) or lists_differ(out) or lots_differ(out, theirs) or
            liability_differs(alliance, out, theirs) or compare and model_differs(out, theirs) or "")


def found_twice(out, batches):
    accepted = collections.Counter(l["event"] for l in out.cleared
                                   if l["type"] != "expiry" and l["outcome"] in ACCEPTED)
    twice = [ref for ref, n in accepted.items() if n > 1]
    if twice:
        return "%s was accepted twice" % twice[0]
    asked = {i.ref for b in batches for i in b.items if i.event.get("ask")}
    told = {i.ref for b in batches for i in b.items if not i.event.get("ask")}
    patient = [l["event"] for l in out.cleared if l["outcome"] == "WAITING" and l["event"] in asked - told]
    if patient:
        return "%s was asked and waits" % patient[0]
    arrived = collections.Counter(i.ref for b in batches for i in b.items)
    for ref in arrived.keys() | out.lines.keys():
        if arrived[ref] != out.lines[ref]:
            return "%s arrived %d times and was answered %d times" % (ref, arrived[ref], out.lines[ref])
    return ""


def not_zero(out):
    sums, cells = collections.Counter(), {}
    for line in out.cleared:
        for c in line["claims"]:
            if c["amount_fen"] <= 0 or c["debtor"] == c["creditor"] or \
                    c["amount_fen"] != sum(p["amount_fen"] for p in c["parts"]):
                return "%s: a claim of nothing, to oneself, or not the sum of its parts" % line["event"]
            sums[c["debtor"], "out"] += c["amount_fen"]
            sums[c["creditor"], "in"] += c["amount_fen"]
            cell = cells.setdefault((c["debtor"], c["creditor"], c["kind"], c["reversal"]), [0, 0])
            cell[0] += 1
            cell[1] += c["amount_fen"]
    for report in out.reports:
        if sum(p["net_fen"] for p in report["participants"]):
            return "the nets of cycle %s do not sum to zero" % report["cycle"]
    rows = out.report["participants"]
    for p in rows:
        got = (p["in_fen"], p["out_fen"], p["net_fen"])
        want = (sums[p["participant"], "in"], sums[p["participant"], "out"])
        if got != want + (want[0] - want[1],):
            return "%s: the report says %s, its claims %s" % (p["participant"], got, want)
    matrix = {(m["debtor"], m["creditor"], m["kind"], m["reversal"]): [m["count"], m["amount_fen"]]
              for m in out.report["matrix"]}
    return "the matrix is not the sum of the claims" if matrix != cells else ""


def lists_differ(out):
    """Are the report's lists those of what happened?"""
    lines = [l for l in out.cleared if l["type"] != "expiry"]
    waiting = {}
    for line in lines:
        if line["outcome"] == "WAITING":
            waiting[line["event"]] = line["reason"]
        elif line["outcome"] not in ("DUPLICATE", "NUMBER_REUSED"):
            waiting.pop(line["event"], None)
    accepted = [l for l in lines if l["outcome"] in ACCEPTED]
    late = {(l["event"], l["occurred"], l["booked"]) for l in accepted if l["booked"] > l["occurred"]}
    refused = collections.Counter((l["event"], l["outcome"]) for l in lines
                                  if l["outcome"] not in (*ACCEPTED, "WAITING", "DUPLICATE"))
    report = out.report
    if report["events"] != len(accepted):
        return "%d events accepted, the report says %d" % (len(accepted), report["events"])
    if {w["event"] for w in report["waiting"]} != set(waiting):
        return "the report's waiting events are not those that wait"
    if {(l["event"], l["occurred"], l["booked"]) for l in report["late"]} != late:
        return "the report's late events are not those booked late"
    if collections.Counter((r["event"], r["reason"]) for r in report["refused"]) != refused:
        return "the report's refused events are not those refused"
    return ""


class Used:
    """What has been taken of a lot."""

    def __init__(self):
        self.units = self.principal = self.bonus = self.taken = self.ended = 0
        self.gone = self.expired = False
        self.shares = collections.Counter()


def used_lots(out):
    lots = collections.defaultdict(Used)
    for line in out.effects:
        if "expired" in line:
            lots[line["lot"]].expired = True
        for e in line.get("effects", ()):
            lot = lots[e["lot"]] if "lot" in e else None
            if e["kind"] == "draw" and e["sign"] > 0 and not e["reversal"]:
                lot.units += e["units"]
                lot.principal += e["principal_fen"]
                lot.bonus += e["bonus_fen"]
                for who, bonus, amount in e["shares"]:
                    lot.shares[who, bonus] += amount
            elif e["kind"] == "draw" and e["sign"] > 0 and "made" in e:
                lots[e["made"]].gone = True
            elif e["kind"] in ("lot", "unlinked") and e["sign"] < 0:
                lot.gone = True
            elif e["kind"] == "take":
                lot.taken += e["sign"] * e["units"]
            elif e["kind"] == "end":
                lot.ended += e["sign"] * e["principal_fen"]
    return lots


def lots_differ(out, theirs):
    """Rule 7: the wholes are those of the independent model, what was settled is the program's."""
    used = used_lots(out)
    breakage = {p["lot"]: c["amount_fen"] for l in out.cleared if l["type"] == "expiry"
                for c in l["claims"] for p in c["parts"]}
    out.emptied = 0
    for lot in (l for r in theirs.records.values() for l in r.lots):
        u = used[lot.id]
        if u.gone:
            continue
        whole = collections.Counter()
        for bonus, debtors in ((False, lot.main), (True, lot.side)):
            for who, n in debtors:
                whole[who, bonus] += n
        if u.units > lot.units:
            return "lot %s: %d of %d units drawn" % (lot.id, u.units, lot.units)
        if any(n > whole[key] for key, n in u.shares.items()):
            return "lot %s settled %s of %s" % (lot.id, dict(u.shares), dict(whole))
        if u.ended and u.principal + u.ended != lot.principal:
            return "lot %s: principal of %d drawn, %d paid back, of %d" % (lot.id, u.principal, u.ended, lot.principal)
        if u.expired and not u.taken and lot.product.model == "PF" and \
                sum(u.shares.values()) + breakage.get(lot.id, 0) != sum(whole.values()) and \
                lot.product.fund != lot.product.beneficiary:
            return "lot %s ended: settled %s, breakage %s, of %s" % (
                lot.id, dict(u.shares), breakage.get(lot.id), dict(whole))
        if u.taken or u.units < lot.units or u.ended:
            continue
        out.emptied += 1
        bonus = lot.units - lot.principal if lot.product.kind == "stored_value" else 0
        points = lot.product.kind == "points"
        if not points and (u.principal, u.bonus) != (lot.principal, bonus):
            return "lot %s is empty: principal %d, bonus %d drawn of %d, %d" % (
                lot.id, u.principal, u.bonus, lot.principal, bonus)
        if +u.shares != +whole:
            return "lot %s is empty: settled %s of %s" % (lot.id, dict(+u.shares), dict(+whole))
    return ""


def liability_differs(alliance, out, theirs):
    granted = {l.id: l.payer for r in theirs.records.values() for l in r.lots}
    rows = {}
    for lot in out.lots:
        product = alliance.products[lot["product"]]
        seller = alliance.stores[lot["store"]].participant
        issuer = granted[lot["lot"]] if product.kind == "points" else product.holder(seller)
        row = rows.setdefault((issuer, lot["product"]), [0] * 5)
        for i, n in enumerate((1, lot["principal_fen"], lot["bonus_fen"],
                               lot["units"] if product.kind == "points" else 0,
                               lot["units"] if product.kind == "pack" else 0)):
            row[i] += n
    said = {(r["issuer"], r["product"]): [r[k] for k in ("lots", "principal_fen", "bonus_fen", "points", "uses")]
            for r in out.report["outstanding"]}
    for key in sorted(set(rows) | set(said)):
        if rows.get(key) != said.get(key):
            return "liability of %s for %s: %s, its lots %s" % (*key, said.get(key), rows.get(key))
    return ""


def model_differs(out, theirs):
    for name, ours, got in (("cleared", theirs.out, out.cleared), ("lots", theirs.end_lots(), out.lots)):
        for a, b in zip(ours + [None], got + [None]):
            if a != b:
                return "the model and the program differ in %s.jsonl:\n  model:   %s\n  program: %s" % (
                    name, json.dumps(a, ensure_ascii=False), json.dumps(b, ensure_ascii=False))
        with open("%s/%s.jsonl" % (out.directory, name), encoding="utf-8") as f:
            if f.read() != model.dump(ours):
                return "the model and the program differ in the bytes of %s.jsonl" % name
    return ""
