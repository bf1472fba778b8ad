"""Troubles of people: a store that is sold, a member who wants to be forgotten."""
import json
import pathlib

from alliance import BOUGHT, BUYER, NEW_FEE, SOLD, SOLD_LAST, owner
from trade import PHONES
from troubles import Trouble


class SoldStore(Trouble):
    """S12 has another owner from the 16th: a new code, a new participant, a folder of its own. What S12 told late is the
    old owner's; a receipt of S12 taken back at the new store is paid by the old owner. By hand: 45.00 in cash."""

    def morning(self, day):
        if day == SOLD_LAST - 1:
            sale = self.ring(SOLD, self.shop(SOLD).till.sale(day, 1, [{"with": "cash", "amount_fen": 4500}]))
            self.receipt = self.shop(SOLD).till.reference(sale)
            self.sale = sale
        elif day == SOLD_LAST:
            self.shop(SOLD).silent = True  # its last day is told late
        elif day == 18:
            till = self.shop(BOUGHT).till
            back = self.ring(BOUGHT, till.refund(day, 1, self.sale, 4500, of=self.receipt))
            self.back = till.reference(back)

    def evening(self, day):
        if day == SOLD_LAST:
            self.world.write_rules(NEW_FEE, True)
            self.world.act("apply", person="ma")
            self.world.open_shop(BOUGHT, "lines")
        elif day == 17:
            self.late()
        elif day == 18:
            self.equal("taken back at the new owner's", self.claims(self.back),
                       {(owner(SOLD), BUYER, "tender"): 4500})

    def late(self):
        world, shop = self.world, self.shop(SOLD)
        shop.silent = False
        path = world.path / "exports" / "closed.jsonl"
        event = {"type": "enrol", "terminal": "9", "number": 1, "at": "2026-03-16T09:00:00+08:00", "member": "6210000030"}
        path.write_text(json.dumps(event) + "\n")
        count, files = len(shop.pending), shop.exports[-1][1]
        self.equal("late events of the old owner", world.deliver_now(shop, files), "")
        self.case("some", count > 0)
        told = world.told(shop, [str(path)])
        world.arrivals.append((SOLD, [event], world.now_ms))
        self.equal("none of the new days", [row["reason"] for row in told["refusals"]], ["STORE_CLOSED"])
        stores = {row["store"]: row["participant"] for row in world.hq_json("status")["stores"]}
        self.equal("two owners", (stores[SOLD], stores[BOUGHT]), (owner(SOLD), BUYER))


class ErasedPerson(Trouble):
    """A member known by his telephone number asks to be forgotten. His card goes on under the number that the ledger has for
    him; name and telephone are nowhere any more."""

    PHONE, NAME = PHONES[0], "欧阳修远"

    def morning(self, day):
        if day == 3:
            self.world.act("person", "set", self.PHONE, "name=" + self.NAME)
            self.equal("known", self.known()["standing"], "recorded")
        elif day == 25:
            before = self.world.report("open")
            self.world.act("person", "erase", self.PHONE, "--reason", "asked on 25 March")
            told = self.known()
            self.equal("forgotten", (told["standing"], told["fields"]), ("erased", {}))
            self.equal("the figures stay", self.world.report("open"), before)

    def known(self):
        return self.world.hq_json("person", "show", self.PHONE)

    def after(self):
        self.equal("nowhere", self.found(), [])
        member = self.world.must("person", "token", self.PHONE, "--dir", self.world.hq).strip()
        told = json.loads(self.world.must("balance", self.PHONE, "--json", "--dir", self.shop("S01").folder))
        self.equal("the card goes on", (told["member"] == member, sum(
            row.get("principal_fen", 0) + row.get("bonus_fen", 0) for row in told["products"] if row["product"] == "card")),
            (True, self.books.held["card", self.PHONE]))

    def found(self):
        """Files of headquarters and stores (not the tills' own) that hold the name or the telephone number."""
        words = (self.NAME.encode(), self.PHONE.encode())
        return [str(path) for folder in (self.world.hq, self.world.path / "shops")
                for path in pathlib.Path(folder).rglob("*")
                if path.is_file() and any(word in path.read_bytes() for word in words)]
