"""What the histories have of holds, and of terms and deadlines for sales that go short."""
from counter import held
from invent import START, some
from terms import day_text


class CounterEvents:
    def days_of(self, rng):
        """How many days a history has; in half of them what waits is asked for the last time at the end of some."""
        days, first = rng.randint(1, 10), START.toordinal()
        self.deadlines = [] if some(rng, 0.5) else sorted({first + rng.randrange(-1, days + 2) for _ in range(rng.randint(1, 3))})
        self.live.deadlines = self.deadlines
        return days

    def make_hold(self):
        rng, member = self.rng, self.member()
        product = rng.choice(self.by_kind["stored_value"])
        have = self.usable(member, product) - held(self.live, member, product)
        event = {"type": "hold", "member": member, "product": product.id, "amount_fen": max(1, self.cut(max(have, 1)))}
        if some(rng, 0.4):
            event["until"] = day_text(self.today + rng.choice((-1, 0, 0, 1, 1, 2, 3, product.hold_days, product.hold_days + 1)))
        return event

    def named_hold(self):
        """A hold, mostly open, at its store; now and then another event or store."""
        rng = self.rng
        open_ones = [self.live.records[ref] for ref in self.live.holds]
        found = open_ones if open_ones and some(rng, 0.85) else self.originals("hold")
        found = self.originals() if some(rng, 0.04) else found
        if not found:
            return None
        record = rng.choice(found)
        self.store = record.store if some(rng, 0.92) else rng.choice(self.stores)
        return record

    def make_capture(self):
        rng, record = self.rng, self.named_hold()
        if record is None:
            return None
        event = self.make_sale()
        if event is None or record.type != "hold" or some(rng, 0.2):
            return {**event, "type": "capture", "of": record.ref, "member": event.get("member") or record.member or self.member()}
        amount = self.cut(record.event["amount_fen"])
        pay = [{"with": "stored_value", "product": record.event["product"], "amount_fen": amount}]
        if some(rng, 0.3):
            pay += self.tenders(self.amount())
        event = {"type": "capture", "of": record.ref, "member": record.member if some(rng, 0.95) else self.member(),
                 "gross_fen": sum(l["amount_fen"] for l in pay), "pay": pay}
        if some(rng, 0.4):
            self.add_earn(event, event["gross_fen"])
        return event

    def make_release(self):
        record = self.named_hold()
        return record and {"type": "release", "of": record.ref}
