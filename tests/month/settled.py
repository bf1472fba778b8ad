"""What hung in suspense and is settled by headquarters: borne by somebody, or given back at the store."""
from alliance import owner
from troubles import Trouble


class Settled(Trouble):
    """On the 22nd S08 sells for 55.00, and for 25.00, to members whom nobody knows: their cards were never filled. Both hang
    after the close. The 55.00 are assigned: S06, which had handed out the card, bears 30.00 and headquarters 25.00; the
    25.00 were given back to the customer. Nobody's card moves."""

    STORE, OTHER = "S08", "S06"
    SALES = {"6210000041": 5500, "6210000042": 2500}

    def morning(self, day):
        if day == 22:
            till = self.shop(self.STORE).till
            self.sales = [till.reference(till.sale(day, 3, [{"with": "stored_value", "product": "card", "amount_fen": fen}],
                                                   member=member)) for member, fen in self.SALES.items()]

    def hanging(self):
        items = self.world.hq_json("suspense", "list", "--store", self.STORE)["items"]
        return {row["event"]: row["amount_fen"] for row in items if row["event"] in self.sales}

    def after(self):
        world, creditor = self.world, owner(self.STORE)
        self.equal("they hang", self.hanging(), dict(zip(self.sales, self.SALES.values())))
        before = self.nets()
        world.two_people("suspense", "assign", self.sales[0], "--debtor", "%s=30.00,HQ=25.00" % owner(self.OTHER),
                         "--creditor", creditor, "--reason", "a card that S06 gave away empty")
        world.two_people("suspense", "return", self.sales[1], "--reason", "the customer brought it back")
        moved = {owner(self.OTHER): -3000, "HQ": -2500, creditor: 5500}
        after = self.nets()
        self.equal("borne, to the fen", {p: after[p] - before[p] for p in after if after[p] != before[p]}, moved)
        self.equal("they hang no more", self.hanging(), {})
        self.month.settled += self.sales
        self.month.by_hand.update({(owner(self.OTHER), creditor, "suspense", False): (1, 3000),
                                   ("HQ", creditor, "suspense", False): (1, 2500)})

    def nets(self):
        return {row["participant"]: row["net_fen"] for row in self.world.hq_json("positions")["positions"]}
