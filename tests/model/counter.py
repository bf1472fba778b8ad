"""At the counter: sales that go short at their deadline, and value that is held for a capture (CHOICES 15a, 33a)."""
from terms import day

SALES = ("sale", "capture")
ACCEPTED = ("ACCEPTED", "ACCEPTED_SHORT")


# Shortfall

def missing_of(clearing, product, line, lacks):
    """How much of a line that lacks value may be missing: all of it, or nothing."""
    short = clearing.at_deadline and line["with"] == "stored_value" and product.shortfall and lacks <= product.floor_limit
    return lacks if short else 0


def bearer(clearing, record, product):
    if product.shortfall == "store":
        return clearing.participant(record.store)
    if product.shortfall == "hq" or product.model in ("F1", "F1o"):
        return clearing.alliance.hq
    return clearing.participant(clearing.members[record.member])


def post_missing(clearing, claims, store, entry, amount, reversal=False):
    """The claim for what is missing of a line, or the memo where the store bears it itself."""
    if not amount:
        return
    who, own = entry["bearer"], clearing.participant(store)
    pair = (own, who) if reversal else (who, own)
    owed = claims.add("shortfall", *pair, amount, (entry["product"].id, "", "", store), reversal)
    claims.memo(store, "shortfall", (-1 if reversal else 1) * (amount - owed))


def give_back_missing(clearing, record, entry, units, claims):
    """What was missing comes back first. Returns: the units that are left for the draws."""
    n = min(units, entry["missing"] - entry["missing_back"])
    entry["missing_back"] += n
    record.undone.setdefault("missing", []).append((entry, n))
    if claims:
        post_missing(clearing, claims, record.original.store, entry, n, reversal=True)
    return units - n


def deadline(clearing):
    """What waits is asked for the last time, in rounds, in the order of arrival; what is left is refused."""
    clearing.at_deadline = True
    accepted = True
    while accepted:
        accepted = False
        for item in list(clearing.waiting):
            if item not in clearing.waiting:
                continue
            record, reason = clearing.attempt(item)
            if record:
                accepted = True
                clearing.waiting.remove(item)
                clearing.emit(item, reason, record=record)
                clearing.at_deadline = False
                clearing.release(record)
                clearing.at_deadline = True
    for item in clearing.waiting:
        _, reason = clearing.attempt(item)
        clearing.emit(item, reason)
        clearing.open_again(item)
    clearing.waiting = []
    clearing.at_deadline = False


# Holds

class Hold:
    def __init__(self, record, product, until):
        self.ref, self.member, self.store = record.ref, record.member, record.store
        self.product, self.until = product, until
        self.amount = record.event["amount_fen"]


def held(clearing, member, product, store=None, but=None):
    """What is held of a member's product as it counts at a store (None: anywhere), but for one hold."""
    return sum(h.amount for h in clearing.holds.values()
               if h.member == member and h.product.id == product.id and h.ref != but
               and (store is None or product.model != "F4" or h.store == store))


def free(clearing, member, product, store, but=None):
    """(units here, units everywhere) beside what is held for others."""
    taken = held(clearing, member, product, store, but)
    here, everywhere = clearing.usable((member, product.id, ""), store)
    return [max(0, sum(l.left for l in lots) - taken) for lots in (here, everywhere)]


def leaves_held(clearing, member, product, lots):
    """Is what is held still there without these lots?"""
    everywhere = clearing.usable((member, product.id, ""), "")[1]
    taken = held(clearing, member, product)
    return not taken or sum(l.left for l in everywhere if l not in lots) >= taken


def void_leaves_held(clearing, record):
    value = [l for l in record.lots if l.product.kind == "stored_value" and l.left]
    return all(leaves_held(clearing, l.member, l.product, [m for m in value if m.product is l.product]) for l in value)


def hold(clearing, record, e, require):
    product = clearing.find_product(e["product"], "stored_value")
    on, amount = record.item.occurred, e["amount_fen"]
    require(record.member in clearing.members, "UNKNOWN_MEMBER")
    until = day(e["until"]) if "until" in e else on + product.hold_days
    require(until >= on, "UNBALANCED")
    require(product.hold_days, "NOT_ACCEPTED_HERE")
    here, everywhere = free(clearing, record.member, product, record.store)
    require(here >= amount or everywhere < amount, "NOT_ACCEPTED_HERE")
    require(until <= on + product.hold_days, "LIMIT_EXCEEDED")
    require(here >= amount, "INSUFFICIENT_FUNDS")
    clearing.holds[record.ref] = Hold(record, product, until)


def release(clearing, record, e, require):
    original = clearing.records.get(e["of"])
    require(original, "UNKNOWN_ORIGINAL")
    require(original.type == "hold", "UNBALANCED")
    require(original.store == record.store, "NOT_ACCEPTED_HERE")
    record.member = original.member
    clearing.holds.pop(e["of"], None)


def end_day(clearing):
    clearing.holds = {ref: h for ref, h in clearing.holds.items() if h.until > clearing.today}
