"""Ordinary days: what thirty stores sell, top up, give back. Members spend no more than they have, wherever the news of it
is; what is told out of order waits and is cleared in the end."""
import random

from alliance import BONUS, BONUS_FROM, GIFT, WASHES, WASH_FEN

PHONES = ("13800138000", "13912345678", "8615000000001")
MEMBERS = PHONES + tuple(str(6200000000 + n) for n in range(1, 58))
FEWEST, MOST = 2, 4  # receipts a store and day


class Trade:
    def __init__(self, seed, books):
        self.seed, self.books = seed, books
        self.packs = {}     # member: a pack with uses left
        self.sold = []      # cash sales of all stores, that another may take back

    def day(self, shop, day):
        """Ring up a store's day. Returns: its receipts and its total."""
        rng = random.Random("%d %s %d" % (self.seed, shop.code, day))
        minute = 0
        self.own = []
        for _ in range(rng.randint(FEWEST, MOST)):
            minute += rng.randint(5, 110)
            event = self.receipt(rng, shop, day, minute)
            self.books.take(shop.code, event)
        if not shop.unheard:
            self.sold += [(shop.code, event) for event in self.own if "member" not in event]
        return shop.till.end(day)

    def receipt(self, rng, shop, day, minute):
        csv = shop.kind == "csv"
        kinds = [self.spend, self.spend, self.spend, self.cash, self.use, self.points, self.refund]
        if not shop.unheard:
            kinds += [self.topup, self.topup, self.wash]
        if not csv:
            kinds += [self.mixed, self.void, self.back_elsewhere]
        if shop.code in GIFT:
            kinds += [self.gift, self.gift]
        member = rng.choice(MEMBERS)
        for kind in rng.sample(kinds, len(kinds)):
            event = kind(rng, shop.till, day, minute, member, csv)
            if event is not None:
                return event
        return self.cash(rng, shop.till, day, minute, member, csv)

    @staticmethod
    def earn(fen, csv):
        """The sample mapping knows no points earned."""
        return {} if csv or fen < 100 else {"earn": [{"product": "points", "points": fen // 100}]}

    def topup(self, rng, till, day, minute, member, csv):
        if rng.random() < 0.5:
            return till.topup(day, minute, member, BONUS_FROM + rng.choice((0, 0, 777)), rng.choice(("cash", "wechat")),
                              offer="500-100", bonus_fen=BONUS)
        return till.topup(day, minute, member, rng.choice((5000, 10000, 33333)), rng.choice(("cash", "wechat")))

    def gift(self, rng, till, day, minute, member, csv):
        """Each member buys gift cards at one store, so that it is known by hand whose they are."""
        if GIFT[MEMBERS.index(member) % len(GIFT)] != till.store:
            return None
        return till.topup(day, minute, member, rng.choice((5000, 8888)), product="gift")

    def spend(self, rng, till, day, minute, member, csv):
        have = [p for p in ("card", "gift") if self.books.held[p, member] >= 100 and (p == "card" or not csv)]
        if not have:
            return None
        product = rng.choice(have)
        fen = rng.randint(1, max(1, self.books.held[product, member] * 2 // 3))
        event = till.sale(day, minute, [{"with": "stored_value", "product": product, "amount_fen": fen}], member=member,
                          **self.earn(fen, csv))
        self.own.append(event)
        return event

    def cash(self, rng, till, day, minute, member, csv):
        fen = rng.randint(100, 20000)
        known = {"member": member, **self.earn(fen, csv)} if self.books.held["card", member] > 0 else {}
        event = till.sale(day, minute, [{"with": rng.choice(("cash", "wechat")), "amount_fen": fen}], **known)
        self.own.append(event)
        return event

    def mixed(self, rng, till, day, minute, member, csv):
        have = self.books.held["card", member]
        if have < 1000:
            return None
        return till.sale(day, minute, [{"with": "stored_value", "product": "card", "amount_fen": rng.randint(1, have // 2)},
                                       {"with": "cash", "amount_fen": rng.randint(1, 5000)}], member=member)

    def wash(self, rng, till, day, minute, member, csv):
        if member in self.packs:
            return None
        event = till.pack(day, minute, member, WASH_FEN, WASHES, rng.choice(("cash", "wechat")))
        self.packs[member] = event["pack"]
        return event

    def use(self, rng, till, day, minute, member, csv):
        pack = self.packs.get(member)
        if pack is None or self.books.held["wash", pack] < 1:
            return None
        return till.sale(day, minute, [{"with": "pack", "pack": pack, "uses": 1}], member=member)

    def redeems(self, member):
        """Half of the members use their points; of the others sales are taken back."""
        return MEMBERS.index(member) % 2 == 0

    def points(self, rng, till, day, minute, member, csv):
        have = self.books.held["points", member]
        if not self.redeems(member) or have < 10:
            return None
        points = rng.randint(1, have // 2)
        return till.sale(day, minute, [{"with": "points", "product": "points", "points": points, "amount_fen": points},
                                       {"with": "cash", "amount_fen": 500}], member=member)

    def refund(self, rng, till, day, minute, member, csv):
        mine = [e for e in self.own if "member" not in e or not self.redeems(e["member"])]
        if not mine:
            return None
        original = rng.choice(mine)
        self.own.remove(original)
        return till.refund(day, minute, original, rng.randint(1, original["gross_fen"]))

    def back_elsewhere(self, rng, till, day, minute, member, csv):
        """Cash handed back for what another store sold, some days ago."""
        if not self.sold or rng.random() < 0.5:
            return None
        store, original = self.sold.pop(rng.randrange(len(self.sold)))
        return till.refund(day, minute, original, original["gross_fen"], of="%s:%s:%d" % (
            store, original["terminal"], original["number"]))

    def void(self, rng, till, day, minute, member, csv):
        mine = [e for e in self.own if "member" not in e]
        if not mine:
            return None
        original = rng.choice(mine)
        self.own.remove(original)
        return till.void(day, minute, original)
