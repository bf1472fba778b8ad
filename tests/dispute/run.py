"""Disputes through the real programs: a store takes a line out of what is paid, headquarters answers.

    run.py --bin DIR

The alliance is the F2 sample. A sells lots of principal alone; B and C sell for them and pay headquarters 0.6 %.
"""
import json
import os
import pathlib
import sys

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "tests/network"))
from network import Part, play_parts  # noqa: E402


def line(what, number, at, **keys):
    return json.dumps({"type": what, "terminal": "1", "number": number, "at": "2026-03-%s:00+08:00" % at, **keys}).encode()


def topup(number, at, member, fen):
    return line("topup", number, at, member=member, product="card", principal_fen=fen)


def sale(number, at, member, fen):
    return line("sale", number, at, member=member, gross_fen=fen,
                pay=[{"with": "stored_value", "product": "card", "amount_fen": fen}])


class Disputes(Part):
    def publish(self, store, *lines):
        told = self.net.publish(store, lines, codes=(0, 65))
        return [row["reason"] for row in told["refusals"]] or {key: told[key] for key in ("accepted", "waiting") if told[key]}

    def dispute(self, store, named, at, reason="not ours", codes=(0,)):
        told = self.json("dispute", named, "--reason", reason, "--at", "2026-03-%s:00+08:00" % at,
                         "--dir", self.net.store(store), codes=codes)
        return told["event"] if told["state"] == "accepted" else told["reason"] or told["state"]

    def refuse(self, store, named, at):
        return self.dispute(store, named, at, codes=(65,))

    def answer(self, event, which, reason="as agreed", codes=(0,)):
        """Two people. Returns: what was said where it was refused."""
        done = self.net.run("dispute", "answer", event, "--" + which, "--reason", reason, "--as", "li", "--dir", self.net.hq)
        if done.returncode != 0:
            return done.stderr
        proposal = done.stdout.split()[1].rstrip(":")
        done = self.net.run("approve", proposal, "--as", "wang", "--dir", self.net.hq)
        return "" if done.returncode == 0 else done.stderr

    def nets(self):
        rows = self.json("positions", "--dir", self.net.hq)["positions"]
        return {row["participant"]: row["net_fen"] for row in rows if row["net_fen"]}

    def matrix(self, report):
        return {(row["debtor"], row["creditor"], row["kind"], row["reversal"]): row["amount_fen"] for row in report["matrix"]}

    def clock(self, day):
        self.net.must("clock", "set", "2026-03-%sT20:00:00+08:00" % day, "--as", "op", "--dir", self.net.hq)

    def close(self, cycle, day):
        self.clock(day)
        self.net.must("cycle", "close", cycle, "--incomplete", "tests", "--as", "li", "--dir", self.net.hq)
        return json.loads(self.net.must("report", cycle, "--format", "json", "--dir", self.net.hq))

    def people(self):
        for person, role in (("li", "maker"), ("wang", "checker"), ("op", "operator")):
            self.net.must("operator", "add", person, "--role", role, "--dir", self.net.hq)

    def set_up(self):
        self.net.set_up("--sample", "f2")
        self.people()


class Lines(Disputes):
    """The line is out, not the net; then it stands, or falls; and what is refused."""

    def play(self):
        self.set_up()
        self.publish("A", topup(1, "01T09:00", "62", 50000))
        self.equal("sold", self.publish("B", sale(1, "01T10:00", "62", 10000), sale(2, "01T10:10", "62", 20000)), {"accepted": 2})
        nets = {"A": -30000, "B": 29820, "HQ": 180}  # fees 0.60 and 1.20
        self.equal("before", self.nets(), nets)
        self.equal("nobody's line", self.refuse("C", "B:1:1/fee", "01T11:00"), "NO_SUCH_LINE")
        done = self.net.run("dispute", "B:1:1/tip", "--reason", "not ours", "--dir", self.net.store("B"))
        self.equal("no such kind", (done.returncode, "tip" in done.stderr and "fee" in done.stderr), (64, True))
        self.equal("none of that kind", self.refuse("B", "B:1:1/bonus", "01T11:00"), "NO_SUCH_LINE")
        self.equal("not of a dispute", self.refuse("B", "B:1:1/dispute", "01T11:00"), "NO_SUCH_LINE")
        fee = self.dispute("B", "B:1:1/fee", "01T11:30")
        self.equal("refused ones leave no gap", fee, "B:DISPUTE:1")
        self.equal("the fee is out", self.nets(), {"A": -30000, "B": 29880, "HQ": 120})
        self.equal("twice", self.refuse("B", "B:1:1/fee", "01T11:31"), "DISPUTED")
        principal = self.dispute("A", "B:1:2/principal", "01T12:00", reason="卡不是我们的")
        self.equal("A's side of another", self.nets(), {"A": -10000, "B": 9880, "HQ": 120})
        self.equal("from the other side", self.refuse("B", "B:1:2/principal", "01T12:01"), "DISPUTED")
        self.equal("nor back", self.publish("B", line("void", 3, "01T12:10", of=fee)), ["NOT_REFUNDABLE"])
        self.lists(fee, principal)
        self.again()
        self.answers(fee, principal)
        report = self.close("one", "01")
        self.equal("the cycle", self.matrix(report), {
            ("A", "B", "principal", False): 30000, ("B", "HQ", "fee", False): 180,
            ("HQ", "B", "dispute", False): 60, ("B", "A", "dispute", False): 20000, ("A", "B", "dispute", True): 20000})
        self.equal("who has answered", [(row["kind"], row["about"], row["person"], row["amount_fen"]) for row in report["adjustments"]],
                   [("dispute", principal, "li", 20000)])
        self.later()

    def lists(self, fee, principal):
        told = self.json("dispute", "list", "--dir", self.net.hq)
        brief = [(row["event"], row["of"], row["kind"], row["state"], row["lines"][0]["out_fen"]) for row in told["disputes"]]
        self.equal("listed", (told["open"], brief), (2, [(fee, "B:1:1", "fee", "open", 60), (principal, "B:1:2", "principal", "open", 20000)]))
        self.equal("A's own", [row["event"] for row in self.json("dispute", "list", "--dir", self.net.store("A"))["disputes"]], [principal])
        self.equal("C has none", self.json("dispute", "list", "--dir", self.net.store("C"))["disputes"], [])
        for lang, words in (("en", ("service fee", "not ours", "open")), ("zh", ("手续费", "卡不是我们的", "待答复"))):
            text = self.net.must("dispute", "list", "--lang", lang, "--dir", self.net.hq)
            self.equal("as text in " + lang, [word for word in words if word not in text], [])
        self.equal("noted", self.json("cycle", "checklist", "--dir", self.net.hq, codes=(0, 1))["disputes"], 2)
        text = " ".join(self.net.must("explain", fee, "--lang", "en", "--dir", self.net.hq).split())
        self.equal("explained", [word for word in ("service fee of B:1:1", "HQ owes B: 0.60") if word not in text], [])
        self.equal("and told at the event", fee in self.net.must("explain", "B:1:1", "--dir", self.net.hq), True)

    def answers(self, fee, principal):
        self.equal("an answer to nothing", "UNKNOWN_DISPUTE" in self.answer("B:1:1", "falls"), True)
        self.equal("it falls", self.answer(fee, "falls"), "")
        self.equal("which moves nothing", self.nets(), {"A": -10000, "B": 9880, "HQ": 120})
        self.equal("answered once", "ANSWERED" in self.answer(fee, "stands"), True)
        self.equal("it stands", self.answer(principal, "stands"), "")
        self.equal("and counts again", self.nets(), {"A": -30000, "B": 29880, "HQ": 120})
        self.equal("for good", self.refuse("A", "B:1:2/principal", "01T13:00"), "DISPUTED")
        self.again()

    def later(self):
        """The cycle closed on the 1st: its lines may be disputed through the 11th."""
        self.clock("11")
        self.equal("on the last day", self.dispute("B", "B:1:2/fee", "11T10:00").startswith("B:DISPUTE:"), True)
        self.equal("booked in the open cycle", self.nets(), {"B": 120, "HQ": -120})
        self.clock("12")
        self.equal("a day later", self.refuse("A", "B:1:1/principal", "12T10:00"), "TOO_LATE")
        self.equal("before its event", self.publish("C", line("dispute", 1, "12T10:00", of="A:1:9", kind="fee", reason="early")),
                   {"waiting": 1})
        self.again()


class Undone(Disputes):
    """A line that is undone while it is out, or after it fell, is not undone twice."""

    def play(self):
        self.set_up()
        self.publish("A", topup(1, "01T09:00", "62", 50000))
        self.publish("B", *(sale(n, "01T10:0%d" % n, "62", 10000) for n in range(1, 5)))
        # A owes B 4 x 100.00; B owes headquarters 4 x 0.60, which a refund does not give back.
        self.equal("before", self.nets(), {"A": -40000, "B": 39760, "HQ": 240})
        first = self.dispute("A", "B:1:1/principal", "01T11:00")
        self.equal("refunded in part", self.publish("B", line("refund", 11, "01T11:10", of="B:1:1", amount_fen=3000)), {"accepted": 1})
        # 100.00 - 100.00 - 30.00 + 30.00: nothing of the sale is between them while it is disputed
        self.equal("still out", self.nets(), {"A": -30000, "B": 29760, "HQ": 240})
        self.equal("then it stands", self.answer(first, "stands"), "")
        self.equal("what was left of it", self.nets(), {"A": -37000, "B": 36760, "HQ": 240})
        self.equal("and the refund is void", self.publish("B", line("void", 12, "01T11:20", of="B:1:11")), {"accepted": 1})
        self.equal("all of it", self.nets(), {"A": -40000, "B": 39760, "HQ": 240})

        second = self.dispute("A", "B:1:2/principal", "01T12:00")
        self.equal("it falls", self.answer(second, "falls"), "")
        self.equal("out for good", self.nets(), {"A": -30000, "B": 29760, "HQ": 240})
        self.equal("refunded after", self.publish("B", line("refund", 13, "01T12:10", of="B:1:2", amount_fen=10000)), {"accepted": 1})
        self.equal("once", self.nets(), {"A": -30000, "B": 29760, "HQ": 240})
        self.equal("the refund is void", self.publish("B", line("void", 14, "01T12:20", of="B:1:13")), {"accepted": 1})
        self.equal("and it is out as before", self.nets(), {"A": -30000, "B": 29760, "HQ": 240})

        self.dispute("A", "B:1:3/principal", "01T13:00")
        self.equal("the sale is void", self.publish("B", line("void", 15, "01T13:10", of="B:1:3")), {"accepted": 1})
        # the void gives back the fee too: 0.60
        self.equal("once too", self.nets(), {"A": -20000, "B": 19820, "HQ": 180})
        text = " ".join(self.net.must("explain", "B:1:15", "--lang", "en", "--dir", self.net.hq).split())
        self.equal("explained", "which was out of what is paid already" in text, True)

        self.equal("a refund of the fourth", self.publish("B", line("refund", 16, "01T14:00", of="B:1:4", amount_fen=4000)), {"accepted": 1})
        self.equal("its sale's line", self.refuse("A", "B:1:4/principal", "01T14:10"), "REFUNDED")
        self.equal("the refund's own", self.dispute("B", "B:1:16/principal", "01T14:20").startswith("B:DISPUTE:"), True)
        # 100.00 again, as if nothing had been refunded
        self.equal("is out", self.nets(), {"A": -20000, "B": 19820, "HQ": 180})
        self.equal("voided while out", self.publish("B", line("void", 17, "01T14:30", of="B:1:16")), {"accepted": 1})
        self.equal("nothing more", self.nets(), {"A": -20000, "B": 19820, "HQ": 180})
        self.equal("of a voided one", self.refuse("A", "B:1:3/fee", "01T15:00"), "NO_SUCH_LINE")
        self.equal("voided", self.refuse("B", "B:1:3/fee", "01T15:00"), "VOIDED")
        self.again()
        self.equal("the cycle", self.matrix(self.close("one", "01")), {
            ("A", "B", "principal", False): 40000, ("B", "A", "principal", True): 3000 + 10000 + 10000 + 4000,
            ("A", "B", "principal", True): 3000 + 10000 + 4000,
            ("B", "HQ", "fee", False): 240, ("HQ", "B", "fee", True): 60,
            ("B", "A", "dispute", False): 30000 + 10000, ("A", "B", "dispute", False): 4000,
            ("A", "B", "dispute", True): 3000 + 7000 + 10000 + 10000, ("B", "A", "dispute", True): 4000})


if __name__ == "__main__":
    sys.exit(play_parts(__doc__, Lines, Undone))
