"""The second reading of the rules (tests/model), told what the stores told, in the order of the journal."""
import collections

from alliance import FEE, NEW_FEE, NEW_FEE_DAY, data, day_text, kind_of, owner
import arrival
import counter
import events
import model
import terms

UNREAD = ("day_total",)  # no claim comes of it


class Second(arrival.Arrivals):
    """Terms that change on a day: each event is read under those of its own business day."""

    def __init__(self, received):
        self.before, self.after = terms.Alliance(data(FEE, True)), terms.Alliance(data(NEW_FEE, True))
        self.change = terms.day(day_text(NEW_FEE_DAY))
        super().__init__(self.before, received)

    def attempt(self, item):
        self.alliance = self.before if item.occurred < self.change else self.after
        return super().attempt(item)

    def close(self):
        """The deadline of what waits, where a sale may go short, and the end of the open day."""
        counter.deadline(self)
        self.end_day()
        self.today += 1

    def matrix(self):
        """{(debtor, creditor, kind, reversal): (count, fen)} of everything so far."""
        rows = collections.defaultdict(lambda: (0, 0))
        for line in self.out:
            for claim in line["claims"]:
                key = tuple(claim[name] for name in ("debtor", "creditor", "kind", "reversal"))
                count, fen = rows[key]
                rows[key] = (count + 1, fen + claim["amount_fen"])
        return dict(rows)

    def memos(self):
        """{(store, kind): fen}, those of 0 left out."""
        sums = collections.Counter()
        for line in self.out:
            for memo in line["memos"]:
                sums[memo["store"], memo["kind"]] += memo["amount_fen"]
        return {key: fen for key, fen in sums.items() if fen}

    def outstanding(self):
        """{(issuer, product): (lots, principal, bonus, points, uses)} (rule 41)."""
        rows = collections.defaultdict(lambda: (0, 0, 0, 0, 0))
        for lot in self.end_lots():
            product = self.alliance.products[lot["product"]]
            kept = product.kind == "points" or product.model == "F2"
            issuer = self.alliance.stores[lot["store"]].participant if kept else self.alliance.hq
            units = [lot["units"] if product.kind == kind else 0 for kind in ("points", "pack")]
            new = (1, lot["principal_fen"], lot["bonus_fen"], *units)
            rows[issuer, lot["product"]] = tuple(a + b for a, b in zip(rows[issuer, lot["product"]], new))
        return dict(rows)

    def claims_of(self, reference):
        """What the last word on an event was: (outcome, claims)."""
        line = [line for line in self.out if line["event"] == reference and line["type"] != "expiry"][-1]
        return line["outcome"], [{name: claim[name] for name in ("kind", "debtor", "creditor", "reversal", "amount_fen")}
                                 for claim in line["claims"]]


def read(arrivals, start_ms):
    """`arrivals`: (store, events, received), None for a store where a cycle was closed. Returns: the model afterwards."""
    second = Second(start_ms + arrival.UNIX)
    for store, told, received in arrivals:
        if store is None:
            second.close()
            continue
        for event in told:
            if event["type"] not in UNREAD:
                event = events.read(arrival.json.dumps(event))
                second.arrive(model.Item(event, store, event["number"], second.before), received + arrival.UNIX)
    return second
