"""Seeded histories whose claims do not depend on the order in which the stores' streams meet.

The conditions of the design (members enrolled beforehand; no bonus; settle rates 100 %; points at whole fen; no sale
refunded at two stores; no $home, limit, cap, expiry, PR product; told events only), and those that the rules need
besides. `several` leaves the first of them out: then claims may differ, but nets may not.
 - Lots of one member and product are sold by one participant where it matters who sold them: under F2 (the debtor,
   rule 8) and where there is a fee (rule 11).
 - The price of a pack is a multiple of its uses (rule 7).
 - A member that spends points has no sale refunded on which points were earned (rule 24 takes what is left in its lot).
 - Where commission comes back (rule 14) the member has one lot of that product, paid back once.
"""
import datetime
import json

import arrival
import events
import model
import undo
from invent import START, some
from terms import Alliance

MEMBERS = ("62", "7", "9", "100", "6200000017", "88")
FUNDERS = (("100%",), ("40%", "60%"), ("33.3333%", "66.6667%"), ("10%", "20%", "70%"))


def minutes(rng):
    return rng.randrange(1, 40) * arrival.MINUTE


class Restricted:
    def __init__(self, rng, several=False):
        self.rng = rng
        self.several = several
        self.data = self.invent()
        self.alliance = Alliance(self.data)
        self.live = model.Clearing(self.alliance)
        self.stores = list(self.alliance.stores)
        self.members = rng.sample(MEMBERS, rng.randint(1, 3))
        self.savers = {m for m in self.members if some(rng, 0.5)}
        self.sellers = {}               # (member, product) -> the participant that sells its lots
        self.lines = []                 # (store, reference, text), as they happened
        self.heads = dict.fromkeys(self.stores, 0)
        self.highest, self.refunds_at = {}, {}
        self.packs = 0
        self.instant = (START.toordinal() - 1) * arrival.DAY + 8 * arrival.HOUR - self.alliance.zone
        self.write()

    # The alliance

    def invent(self):
        rng = self.rng
        stores = ["A", "B", "C", "D", "E"][:rng.randint(3, 5)]
        rows = []
        for store in stores:
            owner = store if some(rng, 0.75) else rng.choice(("P1", "HQ"))
            rows.append(self.row(store, owner, "hq" if owner == "HQ" else "franchise"))
        held = {r["participant"] for r in rows}
        rows += [self.row("", p, role) for p, role in (("HQ", "hq"), ("FUND", "fund")) if p not in held]
        self.participants = sorted({r["participant"] for r in rows})
        self.free = {}                  # product -> may any store sell it to any member?
        products = [self.card(i) for i in (("card",) if self.several else ("card", "gift"))]
        if not self.several:
            products += [self.pack("wash"), self.points()]
        data = {"alliance": {"id": "demo", "name": "demo", "stores": "stores.csv"}, "products": products,
                "discounts": [{"id": "d1", "funders": self.funders()}, {"id": "d2", "funders": self.funders()}],
                "campaigns": [{"id": "spring", "funder": rng.choice(self.participants)}], "stores_csv": rows}
        return data

    @staticmethod
    def row(store, owner, role):
        return {"store": store, "participant": owner, "party": "", "role": role, "name": store or owner,
                "opened": "", "closed": ""}

    def funders(self):
        rng = self.rng
        shares = rng.choice(FUNDERS)
        who = rng.sample(["$store", "$issuer"] + self.participants, len(shares))
        return [{"who": w, "share": s} for w, s in zip(who, shares)]

    def card(self, ident):
        rng = self.rng
        model_ = "F2" if self.several else rng.choice(("F1", "F1", "F2", "F2", "F1o", "F4"))
        entry = {"id": ident, "kind": "stored_value", "model": model_}
        self.free[ident] = self.several or model_ == "F4" or model_ != "F2" and some(rng, 0.5)
        if not self.free[ident] and some(rng, 0.8):
            entry["fee"] = rng.choice(("0.6%", "2.5%", "33.3333%"))
            entry["fee_refundable"] = some(rng, 0.5)
            if some(rng, 0.3):
                entry["fee_payee"] = rng.choice(self.participants)
        if model_ == "F1" and some(rng, 0.6):
            entry["commission"] = rng.choice(("1%", "0.38%", "12.5%"))
        if self.free[ident] and not self.several:
            entry["unlinked_refund"] = True
        return entry

    def pack(self, ident):
        rng = self.rng
        entry = {"id": ident, "kind": "pack", "model": rng.choice(("F1", "F2", "F1o")),
                 "fee": rng.choice(("0%", "0.6%", "33.3333%")), "fee_refundable": some(rng, 0.5)}
        if entry["model"] == "F1" and some(rng, 0.6):
            entry["commission"] = rng.choice(("1%", "12.5%"))
        self.free[ident] = True
        return entry

    def points(self):
        rng = self.rng
        redeem = rng.choice((1, 2, 10))
        earn = {"rate": rng.choice(("1", "0.5", "10")), "funder": rng.choice(["$store"] + self.participants)}
        if some(rng, 0.6):
            earn["multipliers"] = [{"id": "m", "times": rng.choice(("2", "1.5")), "stores": ["A", "B"],
                                    "funder": rng.choice(["$store"] + self.participants)}]
        return {"id": "points", "kind": "points", "model": "PF", "redeem_price": str(redeem),
                "issue_price": str(redeem + rng.choice((0, 1))), "fund": "FUND", "earn": earn}

    # The history

    def write(self):
        rng = self.rng
        for member in self.members:
            self.store = rng.choice(self.stores)
            self.put({"type": "enrol", "member": member})
            self.heads[self.store] += 1
        for _ in range(rng.randint(8, 45)):
            # Mostly minutes apart; the days of a history are few, so that voids find their day still open.
            self.instant += rng.choice((minutes(rng), minutes(rng), minutes(rng), rng.randrange(20 * arrival.HOUR)))
            self.store = rng.choice(self.stores)
            name = rng.choices(("topup", "sale", "refund", "void", "pack_sale", "points_grant", "cashout", "unlinked"),
                               (15, 40, 18, 6, 7, 6, 1, 2))[0]
            event = getattr(self, "make_" + name)() or self.make_topup()
            self.put(event)
        self.cover()
        if self.several:
            self.empty()
        lost = {i.ref for i in self.live.waiting}
        self.lines = [x for x in self.lines if x[1] not in lost]

    def cover(self):
        """Value for the sales that still wait for it."""
        for _ in range(12):
            item = next((i for i in self.live.waiting if i.event["type"] == "sale"), None)
            if not item:
                return
            for line in item.event["pay"]:
                self.instant += minutes(self.rng)
                if line["with"] == "stored_value":
                    self.store = item.store if self.alliance.products[line["product"]].model == "F4" else \
                        self.rng.choice(self.stores)
                    self.put(self.make_topup(item.event["member"], line["product"], line["amount_fen"]))
                elif line["with"] == "points":
                    self.put(self.make_points_grant(item.event["member"], line["points"]))

    def empty(self):
        """Every member spends all that is left: then the nets may not depend on the order."""
        for member in self.members:
            have = sum(l.left for l in self.live.queue((member, "card", "")))
            if have:
                self.instant += minutes(self.rng)
                self.store = self.rng.choice(self.stores)
                self.put(self.sale(member, [{"with": "stored_value", "product": "card", "amount_fen": have}]))

    def put(self, event):
        """Writes an event; one that cannot end well, even in the order in which things happened, is left out."""
        terminal = self.rng.choice(("1", "1", "2"))
        key = (self.store, terminal)
        number = self.highest.get(key, 0) + 1
        moment = datetime.datetime(1, 1, 1) + datetime.timedelta(milliseconds=self.instant + self.alliance.zone)
        event = {**event, "terminal": terminal, "number": number, "at": moment.isoformat(timespec="seconds") + "+08:00"}
        item = model.Item(event, self.store, number, self.alliance)
        events.check(event)
        told = len(self.live.out)
        self.live.clear(item)
        lines = [l for l in self.live.out[told:] if l["type"] != "expiry"]
        self.instant += 1000
        bad = {l["event"] for l in lines if l["outcome"] not in ("ACCEPTED", "WAITING")}
        if item.ref not in bad:
            self.highest[key] = number
            self.lines.append((self.store, item.ref, json.dumps(event, separators=(",", ":"))))
            if event["type"] == "refund" and "of" in event:
                self.refunds_at[event["of"]] = self.store
        self.lines = [x for x in self.lines if x[1] not in bad]

    # Events

    def amount(self):
        rng = self.rng
        return rng.choice((rng.randint(1, 30), rng.randint(1, 3000), 100 * rng.randint(1, 300)))

    def tender(self, amount):
        return [{"with": self.rng.choice(events.TENDERS), "amount_fen": amount}] if amount else []

    def sell(self, member, product):
        """The store that sells a lot of this product to this member."""
        if not self.free[product]:
            owner = self.sellers.setdefault((member, product), self.live.participant(self.store))
            self.store = self.rng.choice([s for s in self.stores if self.live.participant(s) == owner])

    def paid_back(self, product):
        return self.alliance.products[product].commission and self.alliance.products[product].model == "F1"

    def lots_sold(self, member, product):
        return sum(r.type == "topup" and r.member == member and r.event["product"] == product
                   for r in self.live.records.values())

    def cashed(self, member, product):
        """Has principal of this product been paid back?"""
        for r in self.live.records.values():
            if r.member == member and (r.type == "cashout" and r.event["product"] == product
                                       or r.type == "refund" and r.original
                                       and r.original.event.get("product") == product):
                return True
        return False

    def pays_back_once(self, topup):
        product = topup.event["product"]
        return not self.paid_back(product) or self.lots_sold(topup.member, product) == 1 \
            and not self.cashed(topup.member, product)

    def make_topup(self, member=None, product=None, amount=None):
        rng = self.rng
        member = member or rng.choice(self.members)
        product = product or rng.choice([p.id for p in self.alliance.products.values() if p.kind == "stored_value"])
        self.sell(member, product)
        event = {"type": "topup", "member": member, "product": product, "principal_fen": amount or self.amount() + 50}
        if self.paid_back(product) and self.cashed(member, product):
            return {"type": "enrol", "member": member}
        if some(rng, 0.3):
            self.add_earn(event, event["principal_fen"])
        return event

    def make_pack_sale(self):
        rng = self.rng
        if self.several:
            return None
        self.packs += 1
        uses = rng.choice((1, 3, 7, 10))
        return {"type": "pack_sale", "member": rng.choice(self.members), "product": "wash", "uses": uses,
                "pack": "w%d" % self.packs, "price_fen": uses * rng.choice((1, 99, 1000, self.amount()))}

    def make_points_grant(self, member=None, points=None):
        if self.several:
            return None
        event = {"type": "points_grant", "member": member or self.rng.choice(self.members), "product": "points",
                 "points": points or self.rng.randint(1, 300), "reason": "gift"}
        if some(self.rng, 0.5):
            event["campaign"] = "spring"
        return event

    def add_earn(self, event, base):
        if self.several or not base:
            return
        item = model.Item({"terminal": "1", "at": "2026-02-26T10:00:00+08:00", **event}, self.store, 1, self.alliance)
        entry = {"product": "points"}
        points = sum(n for _, n in self.live.earn_figures(model.Record(item, 0), entry, base))
        if points:
            event["earn"] = [{**entry, "points": points}]

    def take(self, have):
        """Some of it; now and then more than is there: it waits for what comes later."""
        rng = self.rng
        kind = rng.random()
        if kind < 0.15:
            return have
        if kind < 0.3:
            return have + rng.randint(1, 500)
        return rng.randint(1, max(1, have))

    def sale(self, member, pay):
        return {"type": "sale", "member": member, "pay": pay, "gross_fen": sum(l.get("amount_fen", 0) for l in pay)}

    def make_sale(self):
        rng = self.rng
        member = rng.choice(self.members)
        pay = []
        for product in self.alliance.products.values():
            if product.kind == "stored_value" and some(rng, 0.6):
                have = sum(l.left for l in self.live.usable((member, product.id, ""), self.store)[0])
                if have or some(rng, 0.3):
                    pay.append({"with": "stored_value", "product": product.id, "amount_fen": self.take(have)})
            if product.kind == "points" and member not in self.savers and some(rng, 0.4):
                points = self.take(sum(l.left for l in self.live.usable((member, "points", ""), self.store)[0]))
                pay.append({"with": "points", "product": "points", "points": points, "amount_fen": self.amount()})
        for pack, (owner, product) in self.live.packs.items():
            left = sum(l.left for l in self.live.queue((member, product.id, pack)))
            if owner == member and left and some(rng, 0.5):
                pay.append({"with": "pack", "pack": pack, "uses": rng.randint(1, left + some(rng, 0.1))})
        if not pay or some(rng, 0.3):
            pay += self.tender(self.amount())
        rng.shuffle(pay)
        event = self.sale(member, pay)
        if all(l["with"] in events.TENDERS for l in pay) and some(rng, 0.3):
            del event["member"]
        if some(rng, 0.3):
            event["discounts"] = [{"rule": rng.choice(("d1", "d2")), "amount_fen": self.amount()}]
            event["gross_fen"] += event["discounts"][0]["amount_fen"]
        if "member" in event and some(rng, 0.5):
            self.add_earn(event, sum(l["amount_fen"] for l in pay
                                     if l["with"] == "stored_value" or l["with"] in events.TENDERS))
        return event

    def make_refund(self):
        """Of a sale, part or whole, at its store or another, one for all its refunds; seldom of a top-up or pack."""
        rng = self.rng
        if some(rng, 0.06):
            return self.refund_purchase()
        found = [r for r in self.live.records.values() if r.type == "sale" and not r.voided
                 and (r.member in self.savers or not r.event.get("earn"))
                 and (r.refunded < r.event["gross_fen"] or not r.event["gross_fen"] and not r.refunds)]
        if not found:
            return None
        sale = rng.choice(found)
        self.store = self.refunds_at.get(sale.ref, rng.choice((sale.store, self.store)))
        left = sale.event["gross_fen"] - sale.refunded
        amount = left if some(rng, 0.3) or not left else rng.randint(1, left)
        event = {"type": "refund", "of": sale.ref, "amount_fen": amount}
        if amount and some(rng, 0.4):
            back = undo.back_of(sale, undo.shares_of_refund(sale, amount))
            if back:
                event["back"] = back
        return event

    def refund_purchase(self):
        found = [r for r in self.live.records.values() if r.type in ("topup", "pack_sale") and not r.refunds
                 and not r.voided and r.lots[0].left and (r.type == "pack_sale" or self.pays_back_once(r))]
        if not found or self.several:
            return None
        record = self.rng.choice(found)
        lots = record.lots[:1] if record.type == "topup" else \
            self.live.queue((record.member, record.event["product"], record.event["pack"]))
        return {"type": "refund", "of": record.ref, "amount_fen": sum(l.principal_left() for l in lots)}

    def make_void(self):
        today = self.alliance.business_day(self.instant)
        found = [r for r in self.live.records.values() if r.item.occurred == today and not r.voided and not r.refunds
                 and r.type in ("sale", "topup", "pack_sale", "points_grant", "refund")]
        # A refund that was voided may be followed by another: where commission comes back, once is enough.
        found = [r for r in found if r.type != "refund" or not r.original or r.original.type != "topup"
                 or not self.paid_back(r.original.event["product"])]
        if not found:
            return None
        record = self.rng.choice(found)
        self.store = record.store
        return {"type": "void", "of": record.ref}

    def make_cashout(self):
        member = self.rng.choice(self.members)
        cards = [p for p in self.alliance.products.values() if p.kind == "stored_value"]
        product = self.rng.choice(cards)
        left = sum(l.principal_left() for l in self.live.usable((member, product.id, ""), self.store)[0])
        once = self.lots_sold(member, product.id) == 1 and not self.cashed(member, product.id)
        if self.several or not left or self.paid_back(product.id) and not once:
            return None
        return {"type": "cashout", "member": member, "product": product.id, "amount_fen": left}

    def make_unlinked(self):
        cards = [p for p in self.alliance.products.values() if p.kind == "stored_value" and p.unlinked_refund]
        if not cards:
            return None
        n = self.amount()
        return {"type": "refund", "member": self.rng.choice(self.members), "amount_fen": n,
                "back": [{"with": "stored_value", "product": self.rng.choice(cards).id, "amount_fen": n}]}

    def files(self):
        out = {s: [] for s in self.stores}
        for store, _, text in self.lines:
            out[store].append(text)
        return out
