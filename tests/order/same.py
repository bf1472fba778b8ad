"""What one order of arrival gave, and what must be the same in another that ends complete.

The strongest that is true under the conditions (restricted.py): each event makes the same claims, one by one
(kind, debtor, creditor, reversal, amount; of each its parts' sums by product, using store and terms) and the same
memos. From this follow the matrix with its counts and every net. Not the same: which lot a part names and the store
that sold it, the number of parts, the booked day, and what of an event's value is spread over how many lots.
At the end members have the same value, pack for pack, and stored value and packs are owed by the same issuers."""
import collections
import os

import arrival
from counter import ACCEPTED  # noqa: E402


def added(reports):
    """The reports of all cycles as if they were one: sums and lists added, what stands as it stands at the end."""
    whole = dict(reports[-1]) if reports else {}
    for key, names in (("matrix", ("debtor", "creditor", "kind", "reversal")), ("participants", ("participant",))):
        rows = {}
        for row in (r for report in reports for r in report[key]):
            mine = rows.setdefault(tuple(row[n] for n in names), {})
            for name, value in row.items():
                mine[name] = mine.get(name, 0) + value if name.endswith("_fen") or name == "count" else value
        whole[key] = list(rows.values())
    for key in ("events", "refused", "late"):
        whole[key] = sum((report[key] for report in reports), [] if key != "events" else 0)
    return whole


class Out:
    def __init__(self, directory):
        self.directory = directory
        self.cleared = self.read("cleared.jsonl")
        self.lots = self.read("lots.jsonl")
        self.effects = self.read("effects.jsonl")
        self.reports = self.read("reports.jsonl")
        self.report = added(self.reports)
        waiting, refused, self.released, self.lines = {}, 0, [], collections.Counter()
        for line in self.cleared:
            if line["type"] == "expiry":
                continue
            ref, outcome = line["event"], line["outcome"]
            if outcome == "WAITING":
                waiting[ref] = line["reason"]
            elif ref in waiting and outcome not in ("DUPLICATE", "NUMBER_REUSED"):
                self.lines[ref] -= 1    # it has one from its arrival
                reason = waiting.pop(ref)
                self.released += [reason] if outcome in ACCEPTED else []
            self.lines[ref] += 1
            refused += outcome not in (*ACCEPTED, "WAITING")
        self.waiting = waiting
        self.complete = not waiting and not refused

    def read(self, name):
        path = os.path.join(self.directory, name)
        return arrival.read_lines(path) if os.path.exists(path) else []


def claims_by_event(out):
    """{event: its claims without the names of lots, and its memos}"""
    found = {}
    for line in out.cleared:
        if line["outcome"] not in ACCEPTED or line["type"] == "expiry":
            continue
        claims = []
        for c in line["claims"]:
            parts = {}
            for p in c["parts"]:
                key = (p["product"], p["used"], p["terms"])
                parts[key] = parts.get(key, 0) + p["amount_fen"]
            claims.append((c["kind"], c["debtor"], c["creditor"], c["reversal"], c["amount_fen"],
                           sorted(parts.items())))
        memos = [(m["store"], m["kind"], m["amount_fen"]) for m in line["memos"]]
        found[line["event"]] = (line["type"], claims, memos)
    return found


def value_of_members(out):
    have = {}
    for lot in out.lots:
        key = (lot["member"], lot["product"], lot["pack"])
        units, principal = have.get(key, (0, 0))
        have[key] = (units + lot["units"], principal + lot["principal_fen"])
    return have


def owed_to_members(alliance, out):
    """Rows of `outstanding` without the numbers of lots; points summed over their issuers."""
    rows = {}
    for row in out.report["outstanding"]:
        points = alliance.products[row["product"]].kind == "points"
        key = ("" if points else row["issuer"], row["product"])
        figures = [row[k] for k in ("principal_fen", "bonus_fen", "points", "uses")]
        rows[key] = [a + b for a, b in zip(rows.get(key, [0] * 4), figures)]
    return rows


def first_difference(what, a, b):
    for key in sorted(set(a) | set(b), key=str):
        if a.get(key) != b.get(key):
            return "%s of %s: %s and %s" % (what, key, a.get(key), b.get(key))
    return ""


def claims_differ(alliance, a, b):
    """The first difference between two complete orders, in words, or nothing."""
    return (first_difference("claims and memos", claims_by_event(a), claims_by_event(b))
            or matrix_differs(a, b)
            or first_difference("value", value_of_members(a), value_of_members(b))
            or first_difference("liability", owed_to_members(alliance, a), owed_to_members(alliance, b)))


def matrix_differs(a, b):
    for key in ("matrix", "participants", "stores", "events"):
        if a.report[key] != b.report[key]:
            x, y = a.report[key], b.report[key]
            if isinstance(x, list):
                x, y = [r for r in x if r not in y], [r for r in y if r not in x]
            return "%s: %s and %s" % (key, x, y)
    return ""


def nets(out):
    return {p["participant"]: p["net_fen"] for p in out.report["participants"]}


def nets_differ(alliance, a, b):
    """Where lots have several sellers and all are empty: what each participant nets, what each store redeemed."""
    if a.lots or b.lots:
        return "not empty at the end: the generator is wrong"
    return first_difference("net", nets(a), nets(b)) or \
        first_difference("owed and borne", redeemed_by_event(a), redeemed_by_event(b))


def redeemed_by_event(out):
    """The principal that each event moves to or from its store, whoever owes it: its claims and its memo together."""
    return {line["event"]: sum(c["amount_fen"] for c in line["claims"] if c["kind"] == "principal")
            + abs(sum(m["amount_fen"] for m in line["memos"] if m["kind"] == "principal"))
            for line in out.cleared if line["outcome"] in ACCEPTED and line["type"] != "expiry"}


def lots_drawn(out):
    """{event: the lots that it drew on, and how much}: did the order matter at all?"""
    return {line["event"]: sorted((e["lot"], e["units"]) for e in line["effects"] if e["kind"] == "draw")
            for line in out.effects if "event" in line}
