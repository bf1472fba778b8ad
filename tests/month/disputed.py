"""A store that does not agree with a line."""
from alliance import owner
from troubles import Trouble


class Disputed(Trouble):
    """S22 sells for 60.00 and for 30.00 from a card that S01 filled, and is charged 0.8 % of each: 0.48 and 0.24. It
    disputes both lines, and from then on neither counts, while everything else does. Headquarters answers: the first
    stands, and counts again; the second falls, and never does."""

    STORE, FILLS, MEMBER = "S22", "S01", "6210000061"
    SALES = ((6000, 48, "--stands"), (3000, 24, "--falls"))

    def morning(self, day):
        till = self.shop(self.STORE).till
        if day == 19:
            self.ring(self.FILLS, self.shop(self.FILLS).till.topup(day, 3, self.MEMBER, 10000))
        elif day == 20:
            self.sales = [till.reference(self.ring(self.STORE, till.sale(
                day, 2, [{"with": "stored_value", "product": "card", "amount_fen": fen}], member=self.MEMBER)))
                for fen, _, _ in self.SALES]
        elif day == 21:
            self.disputes = [till.reference(self.ring(self.STORE, till.ring(
                day, 1, "dispute", of=sale, kind="fee", reason="the terminal was lent by headquarters")))
                for sale in self.sales]

    def net(self):
        rows = self.world.hq_json("positions")["positions"]
        return next(row["net_fen"] for row in rows if row["participant"] == owner(self.STORE))

    def evening(self, day):
        peer, fees = owner(self.STORE), [fee for _, fee, _ in self.SALES]
        if day == 21:
            self.equal("frozen", [self.claims(dispute) for dispute in self.disputes],
                       [{("HQ", peer, "dispute"): fee} for fee in fees])
            listed = self.world.hq_json("dispute", "list")["disputes"]
            self.equal("headquarters is asked", [row["event"] for row in listed], self.disputes)
        elif day == 23:
            before = self.net()
            for dispute, (_, _, answer) in zip(self.disputes, self.SALES):
                self.world.two_people("dispute", "answer", dispute, answer, "--reason", "as the contract says")
            self.equal("only what stands counts again", self.net() - before, -fees[0])
            self.month.by_hand.update({(peer, "HQ", "dispute", True): (1, fees[0])})
