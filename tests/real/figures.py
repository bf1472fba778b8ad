"""The figures of the data's README, computed from what AllClear says: from the claims of single events joined with
the events themselves (simulate's trail), or from a report's matrix alone. Nothing is computed from the raw data."""
import collections
import hashlib
import json


class Tally:
    def __init__(self):
        self.passed = self.failed = 0

    def equal(self, name, got, expected):
        if got == expected:
            self.passed += 1
            return
        self.failed += 1
        print("%s\n  expected %s\n  got      %s" % (name, expected, got))


def read_lines(path):
    with open(path, encoding="utf-8") as f:
        yield from map(json.loads, f)


# What a figure needs of an event; `cents` as the store wrote it.
Fact = collections.namedtuple("Fact", "kind member cents points of")


def fact_of(event):
    kind = event["type"]
    cents = event.get({"sale": "gross_fen", "topup": "principal_fen", "refund": "amount_fen"}.get(kind, ""), 0)
    points = sum(entry["points"] for entry in event.get("earn", ()))
    return Fact(kind, event["member"], cents, points, event.get("of"))


class Facts:
    """The events of all stores by reference, and who is at home where."""

    def __init__(self, directory, stores):
        self.events = {}
        self.homes = {}
        self.lines = 0
        for store in stores:
            for event in read_lines(directory / (store + ".jsonl")):
                self.lines += 1
                fact = fact_of(event)
                self.events["%s:%s:%d" % (store, event["terminal"], event["number"])] = fact
                if fact.kind == "enrol":
                    self.homes[fact.member] = store

    def of_kind(self, kind):
        return [f for f in self.events.values() if f.kind == kind]

    def zero_spends(self):
        """(home, store) of the spends of nothing away from home: no claim tells of them."""
        for reference, fact in self.events.items():
            store = reference.partition(":")[0]
            if fact.kind == "sale" and fact.cents == 0 and self.homes[fact.member] != store:
                yield self.homes[fact.member], store


class Flow:
    """What home stores owe to the stores where their members spent. A participant here is its one store."""

    def __init__(self, numeric):
        self.order = int if numeric else str
        self.count = collections.Counter()
        self.cents = collections.Counter()
        self.gross = self.back = 0

    def add(self, claim, count):
        pair = (claim["debtor"], claim["creditor"])
        back = claim["reversal"] or claim["kind"] == "unlinked_refund"
        if back:
            pair = pair[::-1]
            self.back += claim["amount_fen"]
        else:
            self.gross += claim["amount_fen"]
        self.cents[pair] += -claim["amount_fen"] if back else claim["amount_fen"]
        self.count[pair] += 0 if claim["reversal"] else count

    def pairs(self):
        counted = (pair for pair, count in self.count.items() if count > 0)
        return sorted(counted, key=lambda pair: (self.order(pair[0]), self.order(pair[1])))

    def digest(self):
        lines = ("%s,%s,%d,%d\n" % (*pair, self.count[pair], self.cents[pair]) for pair in self.pairs())
        return hashlib.sha256("".join(lines).encode()).hexdigest()

    def nets(self):
        nets = collections.Counter()
        for (home, store), cents in self.cents.items():
            nets[home] -= cents
            nets[store] += cents
        return nets


def flow_of_report(report, facts, numeric):
    flow = Flow(numeric)
    for cell in report["matrix"]:
        if cell["kind"] in ("principal", "unlinked_refund"):
            flow.add(cell, cell["count"])
    for pair in facts.zero_spends():
        flow.count[pair] += 1
    return flow


def flow_figures(flow):
    nets = flow.nets()
    ranked = sorted(nets.items(), key=lambda item: (item[1], flow.order(item[0])))
    return {
        "cross_rows": sum(flow.count.values()), "cross_spends": sum(flow.count.values()),
        "cross_gross_fen": flow.gross, "cross_refund_fen": flow.back, "cross_net_fen": flow.gross - flow.back,
        "pairs": len(flow.pairs()), "negative_pairs": sum(flow.cents[pair] < 0 for pair in flow.pairs()),
        "net_settled_fen": sum(net for net in nets.values() if net > 0),
        "creditors": sum(net > 0 for net in nets.values()), "debtors": sum(net < 0 for net in nets.values()),
        "largest_net": list(ranked[-1]), "smallest_net": list(ranked[0]),
        "nets": dict(nets), "flow_digest": flow.digest(),
    }


class Stores:
    """Rows and net cents a store."""

    def __init__(self, numeric, refunds_are_rows):
        self.order = int if numeric else str
        self.refunds_are_rows = refunds_are_rows
        self.rows = collections.Counter()
        self.cents = collections.Counter()

    def add(self, store, kind, cents):
        self.cents[store] += cents if kind == "sale" else -cents
        self.rows[store] += kind == "sale" or self.refunds_are_rows

    def figures(self):
        lines = ("%s,%d,%d\n" % (s, self.rows[s], self.cents[s]) for s in sorted(self.rows, key=self.order)
                 if self.rows[s] > 0)
        return {"stores": {s: [self.rows[s], self.cents[s]] for s in self.rows},
                "store_digest": hashlib.sha256("".join(lines).encode()).hexdigest()}


class Trail:
    """What simulate's cleared.jsonl says, joined with the events."""

    def __init__(self, facts, numeric, refunds_are_rows):
        self.facts = facts
        self.flow = Flow(numeric)
        self.stores = Stores(numeric, refunds_are_rows)
        self.sums = collections.Counter()
        self.faults = collections.Counter()

    def read(self, path):
        for line in read_lines(path):
            if line["outcome"] == "ACCEPTED":
                self.accepted(line, self.facts.events[line["event"]])
            self.sums[line["outcome"]] += 1

    def accepted(self, line, fact):
        store = line["event"].partition(":")[0]
        home = self.facts.homes[fact.member]
        claims = [c for c in line["claims"] if c["kind"] != "points_issue"]
        told = sum(c["amount_fen"] for c in claims) + sum(abs(m["amount_fen"]) for m in line["memos"])
        loose = fact.kind == "refund" and fact.of is None
        pair = (home, store) if fact.kind == "sale" else (store, home)
        self.sums[fact.kind + "s"] += 1
        self.sums["points"] += fact.points
        self.sums["issued"] += sum(c["amount_fen"] * (-1 if c["reversal"] else 1) for c in line["claims"]
                                   if c["kind"] == "points_issue")
        if fact.kind in ("enrol", "topup"):
            self.faults["claims of a top-up"] += len(claims)
            self.sums["topup_fen"] += fact.cents
            return
        # one claim away from home, none at home; with the memo it makes the whole amount
        expected = [] if home == store or fact.cents == 0 else [pair]
        self.faults["parties"] += [(c["debtor"], c["creditor"]) for c in claims] != expected
        self.faults["amount"] += told != (0 if loose and home == store else fact.cents)
        if fact.kind == "refund":
            self.sums["taken_back"] += fact.cents // 100 if fact.of else 0
        self.sums[fact.kind + "_fen"] += fact.cents
        self.stores.add(store, fact.kind, fact.cents)
        for claim in claims:
            self.flow.add(claim, 1)
        if fact.kind == "sale" and fact.cents == 0 and home != store:
            self.flow.count[home, store] += 1

    def figures(self):
        sums = self.sums
        return {
            "rows": sums["sales"] + sums["refunds"], "spends": sums["sales"], "spend_fen": sums["sale_fen"],
            "refunds": sums["refunds"], "refund_fen": sums["refund_fen"], "topups": sums["topups"],
            "topup_fen": sums["topup_fen"], "points": sums["points"], "duplicates": sums["DUPLICATE"],
            **flow_figures(self.flow), **self.stores.figures(),
        }


def lots_sums(path):
    sums = collections.Counter()
    for lot in read_lines(path):
        sums[lot["product"]] += lot["units"]
    return sums


def outstanding_sums(report):
    sums = collections.Counter()
    for row in report["outstanding"]:
        sums[row["product"]] += row["principal_fen"] + row["points"]
    return sums


def compare(tally, name, figures, expected):
    """Every figure of the README that is among `figures` is one test; of those a store, the named ones."""
    for key in expected.keys() & figures.keys():
        value, got = expected[key], figures[key]
        if isinstance(value, dict):
            got = {k: got.get(k) for k in value}
        tally.equal("%s %s" % (name, key), got, value)


def check_report(tally, name, report, facts, flow, points_priced):
    """What a report says for itself agrees with the events' own claims."""
    tally.equal(name + " refused", report["refused"][:5], [])
    tally.equal(name + " waiting", report["waiting"][:5], [])
    tally.equal(name + " events", report["events"], len(facts.events))
    tally.equal(name + " sum of nets", sum(p["net_fen"] for p in report["participants"]), 0)
    if not points_priced:
        nets = flow.nets()
        wrong = [p["participant"] for p in report["participants"] if p["net_fen"] != nets[p["participant"]]]
        tally.equal(name + " nets by participant", wrong, [])
