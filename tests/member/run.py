"""Cards that become one, and cards that another replaces, through the real programs.

    run.py --bin DIR

The alliance is the F2 sample: a lot's seller owes whoever serves the member, who pays headquarters 0.6 %.
"""
import json
import pathlib
import sys

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "tests/network"))
from network import play_parts  # noqa: E402
from cards import Cards, line, sale, topup  # noqa: E402
from twin import Twin  # noqa: E402

class Merged(Cards):
    """62 filled at A and has 50.00 back from a refund; 63 filled at B. Together they are drawn refund lot first, then
    oldest first, whoever's card it was."""

    def play(self):
        self.set_up()
        self.publish("A", topup(1, "01T09:00", "62", 10000, earn=[{"product": "points", "points": 100}]))
        self.publish("B", topup(1, "01T09:10", "63", 10000))
        self.publish("A", topup(2, "01T09:20", "62", 3000),
                     line("pack_sale", 3, "01T09:21", member="62", product="wash", pack="w1", price_fen=5000, uses=5))
        self.equal("a refund lot", self.publish("A", sale(4, "01T09:30", "62", 5000),
                                                line("refund", 5, "01T09:40", of="A:1:4", amount_fen=5000)), {"accepted": 2})
        self.equal("held", self.publish("A", line("hold", 6, "01T09:50", member="62", product="card", amount_fen=2000)),
                   {"accepted": 1})
        self.equal("too much for one card", self.publish("C", sale(1, "01T10:00", "62", 21000)), {"waiting": 1})
        before, nets = self.outstanding(), self.matrix()
        self.refusals()
        self.equal("become one", self.move("merge", "62", "63"), "")
        self.equal("nobody owes anything by it", (self.outstanding(), self.matrix()), (before, nets))
        both = {"card": (23000, 2000, 0, 0), "points": (0, 0, 100, 0), "wash": (0, 0, 0, 5)}
        self.equal("what both have", (self.balance("63"), self.balance("62")), ((None, both), ("63", both)))
        self.equal("listed", self.json("member", "list", "--dir", self.net.hq)["moves"],
                   [{"from": "62", "into": "63", "day": "2026-03-01", "replaced": False}])
        self.again()
        # The refund lot of 50.00 is A's. Of A's first lot 50.00 are left, then come B's 100.00 and A's 30.00.
        self.equal("either card", self.publish("C", sale(2, "01T11:00", "62", 6000)), {"accepted": 1})
        self.equal("in the queue's order", self.matrix()[("A", "C", "principal", False)], 6000)
        self.equal("and the other", self.publish("C", sale(3, "01T11:10", "63", 9000)), {"accepted": 1})
        self.equal("40.00 of A, then 50.00 of B", (self.matrix()[("A", "C", "principal", False)],
                                                   self.matrix()[("B", "C", "principal", False)]), (10000, 5000))
        self.equal("all but what is held", self.publish("C", sale(4, "01T11:20", "63", 6001, ask=True)), ["INSUFFICIENT_FUNDS"])
        self.equal("the other's hold", self.publish("A", line("capture", 7, "01T11:30", of="A:1:6", member="63", gross_fen=2000, pay=[
            {"with": "stored_value", "product": "card", "amount_fen": 2000}])), {"accepted": 1})
        self.equal("its pack", self.publish("C", line("sale", 5, "01T11:40", member="63", gross_fen=0,
                                                      pay=[{"with": "pack", "pack": "w1", "uses": 2}])), {"accepted": 1})
        self.equal("its points", self.publish("C", line("sale", 6, "01T11:50", member="62", gross_fen=50, pay=[
            {"with": "points", "product": "points", "points": 50, "amount_fen": 50}])), {"accepted": 1})
        self.equal("an old top-up is refunded", self.publish("A", line("refund", 8, "01T12:00", of="A:1:2", amount_fen=3000)),
                   {"accepted": 1})
        self.equal("what waited has its turn", self.publish("B", topup(2, "01T12:10", "63", 20000)), {"accepted": 1})
        self.equal("together", self.balance("63")[1]["card"][0], 3000 + 20000 - 21000)
        self.again()

    def refusals(self):
        self.equal("nobody", "UNKNOWN_MEMBER" in self.propose("merge", "9", "63"), True)
        self.equal("into nobody", "UNKNOWN_MEMBER" in self.propose("merge", "62", "9"), True)
        self.equal("oneself", "one and the same" in self.propose("merge", "62", "62"), True)
        self.equal("no number", "1 to 19 digits" in self.propose("merge", "A", "62"), True)


class Replaced(Cards):
    """A lost card: the new one has all; what the old one did before is good, whenever it comes; later it is refused."""

    def play(self):
        self.set_up()
        self.publish("A", topup(1, "01T09:00", "62", 10000), topup(9, "01T09:00", "62", 500))
        self.publish("C", line("hold", 1, "01T09:10", member="62", product="card", amount_fen=500))
        self.equal("replaced", self.move("replace", "62", "99"), "")
        self.equal("all is there", self.balance("99"), (None, {"card": (10500, 500, 0, 0)}))
        self.equal("moved once", "MOVED: 62 has moved to 99" in self.propose("replace", "62", "98"), True)
        self.equal("not back", "MOVED" in self.propose("merge", "99", "62"), True)
        self.equal("asked for, it is refused at once", self.publish("B", sale(7, "01T10:00", "62", 1000, ask=True)), ["CARD_REPLACED"])
        self.equal("so is its balance", self.net.run("balance", "62", "--dir", self.net.store("C")).returncode != 0, True)
        self.equal("what was told of that day is taken", self.publish("B", sale(1, "01T10:00", "62", 1000)), {"accepted": 1})
        self.net.must("clock", "set", "2026-03-02T20:00:00+08:00", "--as", "op", "--dir", self.net.hq)
        self.equal("what it did before, late", self.publish("B", sale(2, "01T11:00", "62", 1000)), {"accepted": 1})
        self.equal("later", self.publish("B", sale(3, "02T11:00", "62", 1000)), ["CARD_REPLACED"])
        self.equal("what was held before is captured", self.publish("C", line(
            "capture", 2, "02T11:10", of="C:1:1", member="62", gross_fen=500, ask=True, pay=[
                {"with": "stored_value", "product": "card", "amount_fen": 500}])), {"accepted": 1})
        self.equal("hangs", [(row["event"], row["reason"]) for row in self.json("suspense", "list", "--dir", self.net.hq)["items"]],
                   [("B:1:3", "CARD_REPLACED")])
        self.equal("sent again with the new card", self.publish("B", sale(3, "02T11:00", "99", 1000)), {"accepted": 1})
        self.equal("hangs no more", self.json("suspense", "list", "--dir", self.net.hq)["items"], [])
        self.equal("at the counter", "another card has taken its place" in self.net.run(
            "balance", "62", "--lang", "en", "--dir", self.net.store("C")).stderr, True)
        self.equal("its sale is refunded", self.publish("B", line("refund", 4, "02T12:00", of="B:1:2", amount_fen=1000)), {"accepted": 1})
        self.equal("to the new card", self.balance("99")[1]["card"][0], 8000)
        self.equal("that is lost too", self.move("replace", "99", "97"), "")
        self.equal("both lead there", [(row["from"], row["into"]) for row in self.json("member", "list", "--dir", self.net.hq)["moves"]],
                   [("62", "97"), ("99", "97")])
        self.equal("the first's sale again", self.publish("B", line("refund", 5, "02T13:00", of="B:1:1", amount_fen=1000)), {"accepted": 1})
        self.equal("to the newest card", self.balance("97")[1]["card"][0], 9000)
        told = json.loads(self.net.must("person", "export", "97", "--dir", self.net.hq))
        self.equal("whose history is whole", len(told["events"]), 11)
        for person in ("62", "97"):
            self.net.must("person", "set", person, "name=Li Ming", "--as", "op", "--dir", self.net.hq)
        for person, others in (("97", ["62"]), ("97", ["62"]), ("62", [])):
            done = self.net.run("person", "erase", person, "--reason", "asked", "--as", "op", "--dir", self.net.hq)
            self.equal("erasing names the member's other numbers that have details",
                       [row.split()[0] for row in done.stdout.splitlines() if "same member" in row], others)
        self.explained()
        for lang, words in (("en", "replaced"), ("zh", "已换卡")):
            self.equal("as text in " + lang, words in self.net.must("member", "list", "--lang", lang, "--dir", self.net.hq), True)
        self.again()

    def explained(self):
        """An event says where its card has gone, at headquarters and at the store alike."""
        seen = []
        for place in (self.net.hq, self.net.store("B")):
            told = self.json("explain", "B:1:1", "--dir", place)
            words = self.net.must("explain", "B:1:1", "--lang", "en", "--dir", place).splitlines()
            seen.append((told["moved"], [row for row in words if row.startswith("Card 62 ")]))
            self.equal("of no card", "moved" in self.json("explain", "B:1:5", "--dir", place), False)
        self.equal("the same at the store", seen[1], seen[0])
        moved, words = seen[0]
        self.equal("where the card has gone", (moved["from"], moved["into"], moved["replaced"]), ("62", "97", True))
        self.equal("in words", words, ["Card 62 was replaced on %s: what the member has is under 97" % moved["day"]])


if __name__ == "__main__":
    sys.exit(play_parts(__doc__, Merged, Replaced, Twin))
