"""The month's books kept by hand, receipt by receipt, with nothing but the plainest of the rules: what was taken and
given at which store, and what members must still have."""
import collections

from alliance import COMMISSION, ISSUE_MILLE, owner


def half_up(value, unit):
    return (2 * value + unit) // (2 * unit)


def issued(points):
    """What a grant of points costs its store."""
    return half_up(points * ISSUE_MILLE, 1000)


class Books:
    """`sums` by (what, where ...):
    topup, pack     principal and prices taken by a store for headquarters (or kept, a gift card)
    commission      what headquarters owes a store for them
    stored          value used at a store, less what was given back there
    uses            worth of washes made
    issued          what a store pays the fund for points, less what was taken back
    redeemed        points used at a store
    tender          money that one owner gave back for another
    cashout         principal paid out by a store
    short           value used at a store that was not on the card, borne by another
    `held` by (product, member): what is on the cards."""

    def __init__(self):
        self.sums, self.held = collections.Counter(), collections.Counter()
        self.events = {}    # reference: (store, event)
        self.effects = {}
        self.gift_store = {}  # where each member buys gift cards

    def take(self, store, event):
        """An event that is to stand in the end."""
        reference = "%s:%s:%d" % (store, event["terminal"], event["number"])
        effects = getattr(self, event["type"])(store, event)
        self.events[reference] = (store, event)
        self.effects[reference] = effects
        self.post(effects)
        return reference

    def post(self, effects, sign=1):
        for key, amount in effects:
            if key[0] == "held":
                self.held[key[1:]] += sign * amount
            else:
                self.sums[key] += sign * amount

    def drop(self, reference):
        """It does not stand after all: refused, or voided."""
        self.post(self.effects.pop(reference), -1)
        del self.events[reference]

    # --- what a receipt means ---

    def topup(self, store, e):
        effects = [(("topup", store, e["product"]), e["principal_fen"]),
                   (("held", e["product"], e["member"]), e["principal_fen"] + e.get("bonus_fen", 0))]
        if e["product"] == "gift":
            self.gift_store[e["member"]] = store
        if e["product"] == "card":
            effects.append((("commission", store), half_up(e["principal_fen"] * COMMISSION, 10 ** 6)))
        return effects

    def pack_sale(self, store, e):
        return [(("pack", store), e["price_fen"]), (("held", "wash", e["pack"]), e["uses"])]

    def sale(self, store, e):
        effects = []
        for line in e["pay"]:
            if line["with"] == "stored_value":
                effects += [(("stored", store), line["amount_fen"]),
                            (("held", line["product"], e["member"]), -line["amount_fen"])]
            elif line["with"] == "points":
                effects += [(("redeemed", store), line["points"]), (("held", "points", e["member"]), -line["points"])]
            elif line["with"] == "pack":
                effects += [(("uses", store), line["uses"] * self.price_of_use(line["pack"])),
                            (("held", "wash", line["pack"]), -line["uses"])]
        for entry in e.get("earn", ()):
            effects += [(("issued", store), issued(entry["points"])), (("held", "points", e["member"]), entry["points"])]
        return effects

    def price_of_use(self, pack):
        sold = next(e for _, e in self.events.values() if e.get("pack") == pack and e["type"] == "pack_sale")
        return sold["price_fen"] // sold["uses"]

    def refund(self, store, e):
        """Of a sale that was paid by one means, the only refund of it (rules 22, 24, 25)."""
        where, original = self.events[e["of"]]
        line, amount = original["pay"][0], e["amount_fen"]
        effects = []
        if line["with"] == "stored_value":
            effects += [(("stored", where), -amount), (("held", line["product"], original["member"]), amount)]
        elif owner(where) != owner(store):
            effects.append((("tender", owner(where), owner(store)), amount))
        for entry in original.get("earn", ()):
            taken = entry["points"] * amount // original["gross_fen"]
            effects += [(("issued", where), -(issued(entry["points"]) * taken // max(entry["points"], 1))),
                        (("held", "points", original["member"]), -taken)]
        return effects

    def void(self, store, e):
        return [(key, -amount) for key, amount in self.effects[e["of"]]]

    def day_total(self, store, e):
        return []

    def dispute(self, store, e):
        return []

    # --- sums ---

    def of(self, what, participant, *rest):
        """Over the stores of a participant."""
        return sum(amount for key, amount in self.sums.items()
                   if key[0] == what and owner(key[1]) == participant and key[2:] == rest)

    def tenders(self, participant):
        """{whom: what he gave back for this one, less the other way round}"""
        sums = collections.Counter()
        for key, fen in self.sums.items():
            if key[0] == "tender" and participant in key[1:]:
                _, seller, payer = key
                sums[payer if seller == participant else seller] += -fen if seller == participant else fen
        return {peer: fen for peer, fen in sums.items() if fen}

    def on_cards(self, product):
        return sum(amount for key, amount in self.held.items() if key[0] == product)
