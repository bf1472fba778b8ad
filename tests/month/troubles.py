"""What goes wrong in the month, one class a trouble: what happens, the command that mends it, and what both sides then see.
`morning` comes before the day's receipts, `evening` after they were sent, `closing` before the month is closed, `after`
on the first day of April."""
import json
import pathlib

from alliance import FEE


class Trouble:
    def __init__(self, month):
        self.month, self.world, self.books = month, month.world, month.books

    def shop(self, code):
        return self.world.shops[code]

    def ring(self, code, event):
        """A receipt that is to stand. Returns: the event."""
        self.books.take(code, event)
        return event

    def case(self, name, good, why=""):
        self.world.case("%s: %s" % (type(self).__name__, name), good, why)

    def equal(self, name, got, expected):
        self.world.equal("%s: %s" % (type(self).__name__, name), got, expected)

    def standing(self, code):
        """A store's line at headquarters."""
        return next(row for row in self.world.hq_json("status")["stores"] if row["store"] == code)

    def pending(self, code):
        folder = self.shop(code).folder
        return len(json.loads(self.world.must("outbox", "--json", "--dir", folder, codes=(0, 65, 75)))["pending"])

    def states(self, code):
        """{day: state} on headquarters' board."""
        row = next(row for row in self.world.hq_json("board")["stores"] if row["store"] == code)
        return {day["day"]: day["state"] for day in row["days"]}

    def claims(self, reference):
        """{(debtor, creditor, kind): fen} of an event, as headquarters explains it."""
        told = self.world.hq_json("explain", reference)["history"][-1]
        return {(c["debtor"], c["creditor"], c["kind"]): c["amount_fen"] for c in told["claims"]}

    def morning(self, day):
        pass

    def evening(self, day):
        pass

    def closing(self):
        pass

    def after(self):
        pass


def days(first, last):
    return ["2026-03-%02d" % day for day in range(first, last + 1)]


class OfflineWeek(Trouble):
    """S05 has no network for a week. Its tills go on, its outbox keeps everything, and others wait for what only it
    knows. In its week lies the day on which the fee changes."""

    STORE, FIRST, LAST = "S05", 9, 15

    def morning(self, day):
        if day == self.FIRST:
            self.shop(self.STORE).offline = True
        elif day == self.LAST + 1:
            shop = self.shop(self.STORE)
            self.kept = {shop.till.reference(event) for event in shop.pending if event["type"] != "day_total"}
            self.equal("the outbox keeps it", self.pending(self.STORE), len(shop.pending))
            silent = self.states(self.STORE)
            self.equal("headquarters sees silence", {silent[day] for day in days(self.FIRST, self.LAST)}, {"silent"})
            self.shop(self.STORE).offline = False

    def evening(self, day):
        if day == self.LAST + 1:
            self.equal("nothing is pending", self.pending(self.STORE), 0)
            states = self.states(self.STORE)
            self.equal("every day matches", {states[day] for day in days(self.FIRST, self.LAST + 1)}, {"matched"})
            report = self.world.report("open")
            listed = {row["event"] for row in report["late"]} | {row["event"] for row in report["waiting"]}
            self.equal("listed as late, or waiting still", self.kept - listed, set())


class ChangedFee(Trouble):
    """0.6 % until the 15th, 0.8 % from the 16th. S05 is cut off over that day: what it sold before is charged the old fee
    although it comes after. By hand: the member has 100.00 without bonus, topped up elsewhere; of 50.00 the fee is
    0.30, then 0.40."""

    MEMBER, FILLS, SELLS = "6210000021", "S01", "S05"

    def morning(self, day):
        if day == 8:
            self.ring(self.FILLS, self.shop(self.FILLS).till.topup(day, 1, self.MEMBER, 10000))
        elif day in (12, 16):
            till = self.shop(self.SELLS).till
            sale = self.ring(self.SELLS, till.sale(day, 1, [{"with": "stored_value", "product": "card", "amount_fen": 5000}],
                                                   member=self.MEMBER))
            setattr(self, "sale%d" % day, till.reference(sale))

    def evening(self, day):
        if day == 14:
            self.world.write_rules(self.world.new_fee, False)
            said = self.world.must("diff", "--dir", self.world.hq)
            self.case("told beforehand", FEE in said and self.world.new_fee in said, said)
            self.world.act("apply", "--from", "2026-03-16", person="ma")
        elif day == 16:
            owner = "CHAIN"
            self.equal("of before", self.claims(self.sale12).get((owner, "HQ", "fee")), 30)
            self.equal("of after", self.claims(self.sale16).get((owner, "HQ", "fee")), 40)


class WrongTopup(Trouble):
    """S10 rings up 5,000.00 where 500.00 lay on the counter; it is found when the drawer is counted on the third day
    after. The member has spent 30.00 meanwhile. A void is too late; headquarters reverses what is left (4,970.00), and the
    store rings up the 470.00 that are missing then."""

    STORE, ELSEWHERE, MEMBER = "S10", "S11", "6210000001"

    def morning(self, day):
        till = self.shop(self.STORE).till
        if day == 4:
            self.drawer = 50000  # what the member really paid
            self.wrong = till.reference(self.ring(self.STORE, till.topup(day, 1, self.MEMBER, 500000)))
        elif day == 5:
            self.ring(self.ELSEWHERE, self.shop(self.ELSEWHERE).till.sale(
                day, 1, [{"with": "stored_value", "product": "card", "amount_fen": 3000}], member=self.MEMBER))
        elif day == 7:
            self.mend(day)
            self.ring(self.STORE, till.topup(day, 1, self.MEMBER, 47000))

    def mend(self, day):
        world = self.world
        world.clock(day, 9)
        shop = self.shop(self.STORE)
        path = world.path / "exports" / "void.jsonl"
        path.write_text(json.dumps({"type": "void", "terminal": "9", "number": 1, "at": "2026-03-07T08:55:00+08:00",
                                    "of": self.wrong}) + "\n")
        told = world.told(shop, [str(path)])
        self.equal("a void is too late", [row["reason"] for row in told["refusals"]], ["TOO_LATE"])
        world.arrivals.append((self.STORE, [json.loads(path.read_text())], world.now_ms))
        world.reverse(self.wrong, 497000, "5000.00 typed for 500.00, found on 7 March")
        # who holds the principal owes it to the store, and one per cent of it comes back
        undone = self.world.hq_json("explain", self.wrong)["later"][-1]["event"]
        self.equal("undone", self.claims(undone), {("HQ", "P10", "cashout"): 497000, ("P10", "HQ", "commission"): 4970})
        self.books.sums["cashout", self.STORE] += 497000
        self.books.sums["commission", self.STORE] -= 4970
        self.books.held["card", self.MEMBER] -= 497000

    def evening(self, day):
        if day == 7:
            topped = 500000 + 47000 - 497000
            self.equal("the drawer is right", topped, self.drawer)
            told = json.loads(self.world.must("balance", self.MEMBER, "--json", "--dir", self.shop(self.STORE).folder))
            self.equal("the card is right", sum(row.get("principal_fen", 0) for row in told["products"]), 47000)


class SameFileTwice(Trouble):
    """S16 sends the export of a day once more, under another name: what is in is in."""

    STORE = "S16"

    def morning(self, day):
        if day == 12:
            shop, events = self.shop(self.STORE), self.standing(self.STORE)["events"]
            _, files, told = shop.exports[-1]
            copies = []
            for file in files:
                copies.append(file.replace(self.STORE, "copy of " + self.STORE))
                pathlib.Path(copies[-1]).write_bytes(pathlib.Path(file).read_bytes())
            said = self.world.told(shop, copies)
            self.equal("already in", (said["read"], said["already"]), (len(told), len(told)))
            self.equal("nothing came", self.standing(self.STORE)["events"], events)


class DoubleUpload(Trouble):
    """The second till of S09 is uploaded once rightly, and once more under a terminal that does not exist: everything
    counts twice. Headquarters undoes the whole file, approved with one word. By hand: the copy's top-up of 200.00 was passed on
    and comes back (kind cashout), its sales leave nothing."""

    STORE, MEMBER, TERMINAL, COPY = "S09", "6210000002", "2", "2b"

    def evening(self, day):
        if day == 11:
            self.upload(day)
        elif day == 12:
            self.undo()

    def upload(self, day):
        shop, till = self.shop(self.STORE), self.world.new_till(self.STORE, self.TERMINAL)
        self.ring(self.STORE, till.topup(day, 10, self.MEMBER, 20000))
        self.ring(self.STORE, till.sale(day, 20, [{"with": "stored_value", "product": "card", "amount_fen": 5000}],
                                        member=self.MEMBER, earn=[{"product": "points", "points": 50}]))
        self.ring(self.STORE, till.sale(day, 30, [{"with": "cash", "amount_fen": 3000}]))
        events = till.end(day)
        self.copy = [{**event, "terminal": self.COPY} for event in events]
        self.world.beside += ["%s:%s:%d" % (self.STORE, self.COPY, event["number"]) for event in self.copy]
        for name, told in (("till-2", events), ("till-2b", self.copy)):
            shop.pending = list(told)
            self.files = self.world.export(shop, day, told, name)
            self.equal(name + " is taken", self.world.deliver_now(shop, self.files), "")
        self.balance = self.card()

    def card(self):
        told = json.loads(self.world.must("balance", self.MEMBER, "--json", "--dir", self.shop(self.STORE).folder))
        return sum(row.get("principal_fen", 0) for row in told["products"])

    def undo(self):
        self.equal("the member has too much", self.balance, 2 * 15000)
        said = self.world.reverse_upload(self.STORE, self.files[0], self.copy[:3], "till 2 uploaded twice")
        self.case("a total is no receipt", "3 can be undone" in said and "1 cannot" in said, said)
        self.books.sums["topup", self.STORE, "card"] += 20000
        self.books.sums["cashout", self.STORE] += 20000
        self.equal("the member has what he had", self.card(), 15000)


class SpentTwice(Trouble):
    """Two members of 100.00 pay at S06 and at S08 on one day on which both stores have no network. What comes second waits,
    is refused at the month's close, and hangs in suspense. One member fills his card in April, and the store's retry
    clears it; the other's 70.00 hang on."""

    FILLS, FIRST, SECOND = "S01", "S06", "S08"
    PAYS = {"6210000011": (8000, 8000), "6210000012": (6000, 7000)}

    def morning(self, day):
        if day == 17:
            for member in self.PAYS:
                self.ring(self.FILLS, self.shop(self.FILLS).till.topup(day, 1, member, 10000))
        elif day == 18:
            self.second = {}
            for member, (first, second) in self.PAYS.items():
                self.ring(self.FIRST, self.pay(self.FIRST, day, member, first))
                event = self.pay(self.SECOND, day, member, second)
                self.second[self.shop(self.SECOND).till.reference(event)] = event
        for code in (self.FIRST, self.SECOND):
            self.shop(code).offline = day == 18

    def pay(self, code, day, member, fen):
        return self.shop(code).till.sale(day, 2, [{"with": "stored_value", "product": "card", "amount_fen": fen}],
                                         member=member)

    def evening(self, day):
        if day == 19:
            waiting = {row["event"] for row in self.world.report("open")["waiting"]}
            self.case("the second ones wait", set(self.second) <= waiting, waiting)

    def after(self):
        member = next(iter(self.PAYS))
        told = self.world.hq_json("suspense", "list", "--store", self.SECOND)
        hanging = {row["event"]: row["amount_fen"] for row in told["items"] if row["event"] in self.second}
        self.equal("they hang", hanging, {ref: e["gross_fen"] for ref, e in self.second.items()})
        shop = self.shop(self.FILLS)
        topup = self.ring(self.FILLS, shop.till.topup(31, 1, member, 10000))
        self.equal("filled", self.world.deliver(shop, 31, shop.till.end(31)), "")
        reference = next(ref for ref, e in self.second.items() if e["member"] == member)
        shop = self.shop(self.SECOND)
        told = json.loads(self.world.must("outbox", "retry", reference, "--json", "--dir", shop.folder, codes=(0, 65)))
        self.equal("the retry", told["retried"]["accepted"], 1)
        event = self.second.pop(reference)
        self.world.arrivals.append((self.SECOND, [event], self.world.now_ms))
        self.ring(self.SECOND, event)
        self.equal("all is told of the card", self.books.held["card", member], 10000 - 8000 + 10000 - 8000)
        for reference, event in self.second.items():
            self.month.suspense[reference] = (event["gross_fen"], "INSUFFICIENT_FUNDS")
        return topup


class SpentShort(Trouble):
    """The same with a gift card of S01, whose terms name a bearer: of 50.00 S06 and S08 take 40.00 each. At the close the
    second is cleared as far as the card reaches, and the 30.00 that it lacks are borne by the issuer, who sold the card."""

    FILLS, FIRST, SECOND, MEMBER = SpentTwice.FILLS, SpentTwice.FIRST, SpentTwice.SECOND, "6210000051"

    def morning(self, day):
        if day == 17:
            self.ring(self.FILLS, self.shop(self.FILLS).till.topup(day, 2, self.MEMBER, 5000, product="gift"))
        elif day == 18:
            self.ring(self.FIRST, self.pay(self.FIRST, day))
            till = self.shop(self.SECOND).till
            self.short = till.reference(self.pay(self.SECOND, day))

    def pay(self, code, day):
        return self.shop(code).till.sale(day, 4, [{"with": "stored_value", "product": "gift", "amount_fen": 4000}],
                                         member=self.MEMBER)

    def after(self):
        told = self.world.hq_json("explain", self.short)["history"][-1]
        self.equal("cleared short", told["outcome"], "ACCEPTED_SHORT")
        # three in a thousand of the 10.00 that another sold
        self.equal("to the fen", self.claims(self.short), {("P01", "P08", "principal"): 1000, ("P08", "HQ", "fee"): 3,
                                                           ("P01", "P08", "shortfall"): 3000})
        self.books.sums["stored", self.SECOND] += 1000
        self.books.sums["short", self.SECOND] += 3000
        self.books.held["gift", self.MEMBER] -= 1000
