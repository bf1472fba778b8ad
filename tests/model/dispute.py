"""Lines that stores dispute (CHOICES 52): what is out of what is paid, and what undoing such a line does. No cycle ever
closes here, so nothing is too late and nobody answers."""
from invent import some


def dispute(clearing, record, e, require):
    original = clearing.records.get(e["of"])
    require(original, "UNKNOWN_ORIGINAL")
    record.member = original.member
    own = clearing.participant(record.store)
    lines = {(debtor, creditor): sum(parts.values()) for (kind, debtor, creditor, _), parts in original.claims.claims.items()
             if kind == e["kind"] != "dispute" and own in (debtor, creditor)}
    require(lines, "NO_SUCH_LINE")
    require(not original.voided, "VOIDED")
    require(not original.refunds, "REFUNDED")
    lines = {pair: n for pair, n in lines.items() if (original.ref, e["kind"], *pair) not in clearing.disputed}
    require(lines, "DISPUTED")
    for (debtor, creditor), amount in lines.items():
        clearing.disputed[(original.ref, e["kind"], debtor, creditor)] = [amount, amount]  # in all, out of what is paid
        record.claims.add("dispute", creditor, debtor, amount, ("", "", "", record.store))


def follow(clearing, record):
    """What a refund or void reverses of a line that is out is owed by nobody any more."""
    origins = [record.original, record.original.original if record.type == "void" and record.original.type == "refund" else None]
    for (kind, debtor, creditor, reversal), parts in list(record.claims.claims.items()):
        amount = sum(parts.values())
        for origin in filter(None, origins) if reversal else ():
            undone = clearing.disputed.get((origin.ref, kind, creditor, debtor))
            restored = clearing.disputed.get((origin.ref, kind, debtor, creditor))
            if undone:
                n = min(amount, undone[1])
                undone[1] -= n
                record.claims.add("dispute", creditor, debtor, n, ("", "", "", record.store), True)
            if restored:
                n = min(amount, restored[0] - restored[1])
                restored[1] += n
                record.claims.add("dispute", creditor, debtor, n, ("", "", "", record.store))


class DisputeEvents:
    def make_dispute(self):
        rng, found = self.rng, self.originals()
        if not found:
            return None
        again = [key for key in self.live.disputed] if some(rng, 0.1) else []
        if again:
            ref, kind, *parties = rng.choice(again)
        else:
            record = rng.choice(found)
            lines = [(k, d, c) for k, d, c, _ in record.claims.claims] if some(rng, 0.95) else []
            ref, (kind, *parties) = record.ref, rng.choice(lines or [(rng.choice(("fee", "tip", "bonus", "dispute")), "", "")])
        mine = [store for store in self.stores if self.live.participant(store) in parties]
        if mine and some(rng, 0.95):
            self.store = rng.choice(mine)
        return {"type": "dispute", "of": ref if some(rng, 0.98) else "%s:1:999" % self.store, "kind": kind, "reason": "not ours"}
