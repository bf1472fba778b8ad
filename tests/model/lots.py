"""Splits, lots and claims: the arithmetic of the rules, and nothing that knows an event."""
from terms import MILLION


def half_up(value, unit):
    return (2 * value + unit) // (2 * unit)


def telescope(whole, cum, total):
    return whole * cum // total if total else 0


def peel(totals, cum):
    """The cumulative amount `cum` of sum(totals), cut over the debtors in their order."""
    left, out = sum(totals), []
    for i, total in enumerate(totals):
        part = cum if i == len(totals) - 1 else telescope(total, cum, left)
        out.append(part)
        cum -= part
        left -= total
    return out


def peel_shares(amount, shares):
    """`amount` fixed over (who, share) pairs in their order."""
    return list(zip([w for w, _ in shares], peel_by(amount, [s for _, s in shares])))


def peel_by(amount, shares):
    left, out = sum(shares), []
    for i, share in enumerate(shares):
        part = amount if i == len(shares) - 1 else amount * share // left
        out.append(part)
        amount -= part
        left -= share
    return out


def largest_remainder(amount, shares):
    """One amount shared now; the spare fen go to the largest remainders, ties by id."""
    parts = [[who, amount * s // MILLION, amount * s % MILLION] for who, s in shares]
    spare = amount - sum(p[1] for p in parts)
    for p in sorted(parts, key=lambda p: (-p[2], p[0]))[:spare]:
        p[1] += 1
    return [(who, n) for who, n, _ in parts]


class Lot:
    """Totals fixed when made; everything else is a function of the units used so far.

    `main` are the debtors of principal, pack value or redemption, `side` the funders of the bonus.
    """

    def __init__(self, ident, member, product, store, units, principal, main, side,
                 pack="", valid_to=None, top_up=None):
        self.id = ident
        self.member = member
        self.product = product
        self.store = store
        self.units = units
        self.principal = principal
        self.main = main
        self.side = side
        self.pack = pack
        self.valid_to = valid_to
        self.top_up = top_up        # commission of the top-up or pack sale it comes from
        self.used = 0
        self.ended = False
        self.seq = 0
        self.payer = None           # points: who paid or issued, and the issue claim
        self.issued = 0
        self.taken = 0

    @property
    def left(self):
        return 0 if self.ended else self.units - self.used

    @property
    def untouched(self):
        return not self.ended and not self.used

    def at(self, used):
        """(principal, bonus, amounts settled on main, amounts settled on side) after `used` units."""
        main = sum(n for _, n in self.main)
        side = sum(n for _, n in self.side)
        if self.product.kind == "points":
            principal = bonus = 0
            main_cum = telescope(main, used, self.units)
            side_cum = 0
        else:
            principal = telescope(self.principal, used, self.units)
            bonus = used - principal if self.product.kind == "stored_value" else 0
            bonus_total = self.units - self.principal
            # A given-back lot may owe fen on a principal or bonus of 0: the last spend takes them.
            last = used == self.units
            main_cum = main if last else telescope(main, principal, self.principal)
            side_cum = side if last else telescope(side, bonus, bonus_total)
        return (principal, bonus, peel([n for _, n in self.main], main_cum),
                peel([n for _, n in self.side], side_cum))

    def principal_left(self):
        return 0 if self.ended else self.principal - self.at(self.used)[0]

    def draw(self, units):
        before, after = self.at(self.used), self.at(self.used + units)
        self.used += units
        return Draw(self, units, after[0] - before[0], after[1] - before[1],
                    [(d, y - x) for (d, _), x, y in zip(self.main, before[2], after[2])],
                    [(d, y - x) for (d, _), x, y in zip(self.side, before[3], after[3])])


class Draw:
    """What one event took of one lot, and how much of it has been given back."""

    def __init__(self, lot, units, principal, bonus, main, side):
        self.lot = lot
        self.units = units
        self.principal = principal
        self.bonus = bonus
        self.main = main
        self.side = side
        self.back = 0

    def settled(self):
        return sum(n for _, n in self.main) + sum(n for _, n in self.side)

    def at(self, back):
        main = telescope(sum(n for _, n in self.main), back, self.units)
        side = telescope(sum(n for _, n in self.side), back, self.units)
        return (telescope(self.principal, back, self.units),
                peel([n for _, n in self.main], main), peel([n for _, n in self.side], side))

    def give_back(self, units):
        before, after = self.at(self.back), self.at(self.back + units)
        self.back += units
        principal = after[0] - before[0]
        return Draw(self.lot, units, principal,
                    units - principal if self.lot.product.kind == "stored_value" else 0,
                    [(d, y - x) for (d, _), x, y in zip(self.main, before[1], after[1])],
                    [(d, y - x) for (d, _), x, y in zip(self.side, before[2], after[2])])


class Commission:
    """What the seller of a top-up or pack got, and how much of it has come back."""

    def __init__(self, lot_id, store, product, amount, principal):
        self.lot_id = lot_id
        self.store = store
        self.product = product
        self.amount = amount
        self.principal = principal
        self.cashed = 0
        self.returned = 0

    def give_back(self, principal):
        self.cashed += principal
        part = max(0, telescope(self.amount, self.cashed, self.principal) - self.returned)
        self.returned += part
        return part


class Claims:
    """The claims and memos of one outcome."""

    def __init__(self):
        self.claims = {}
        self.memos = {}

    def add(self, kind, debtor, creditor, amount, part, reversal=False):
        """Returns what is really owed: nothing to oneself."""
        if amount < 0:
            raise AssertionError("negative claim")
        if not amount or debtor == creditor:
            return 0
        parts = self.claims.setdefault((kind, debtor, creditor, reversal), {})
        parts[part] = parts.get(part, 0) + amount
        return amount

    def memo(self, store, kind, amount):
        key = (store, kind)
        self.memos[key] = self.memos.get(key, 0) + amount
        if not self.memos[key]:
            del self.memos[key]

    def undo(self, other):
        for (kind, debtor, creditor, _), parts in other.claims.items():
            if kind == "dispute":
                continue  # what becomes of disputed lines is seen from the claims themselves
            for part, amount in parts.items():
                self.add(kind, creditor, debtor, amount, part, True)
        for (store, kind), amount in other.memos.items():
            self.memo(store, kind, -amount)

    def as_json(self):
        claims = [{"kind": k, "debtor": d, "creditor": c, "reversal": r, "amount_fen": sum(p.values()),
                   "parts": [{"product": n[0], "lot": n[1], "sold": n[2], "used": n[3],
                              "terms": 1, "amount_fen": a} for n, a in p.items()]}
                  for (k, d, c, r), p in sorted(self.claims.items(), key=lambda x: x[0])]
        memos = [{"store": s, "kind": k, "amount_fen": a} for (s, k), a in sorted(self.memos.items())]
        return claims, memos
