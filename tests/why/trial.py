"""What other rules would have meant for the last cycle (`diff`), against figures worked out by hand.

In the golden cycle B and C pay 0.6 % on 113.16 and 183.34: 0.68 and 1.10. At 0.8 % it is half-up(0.90528) = 0.91 and
half-up(1.46672) = 1.47, so B would have 0.23 less, C 0.37 less and headquarters 0.60 more.
"""
import json
import os
import pathlib

TOP = pathlib.Path(__file__).resolve().parents[2]
GOLDEN = TOP / "tests/golden/cycle"
FEE = ('fee = "0.6%"', 'fee = "0.8%"')


class Trial:
    def __init__(self, net, verdicts):
        self.net, self.verdicts = net, verdicts

    def case(self, name, good, why=""):
        self.verdicts.case("trial: " + name, good, why)

    def applied(self):
        """A file from elsewhere becomes the folder's own, and what it replaced is kept."""
        own = pathlib.Path(self.net.hq, "alliance.conf")
        before = own.read_text(encoding="utf-8")
        path = pathlib.Path(self.changed(FEE))
        self.net.must("apply", "--alliance", str(path), "--dir", self.net.hq)
        self.case("applied: the folder's own", own.read_text(encoding="utf-8") == path.read_text(encoding="utf-8") and
                  pathlib.Path(str(own) + ".before").read_text(encoding="utf-8") == before)
        said = self.net.must("diff", "--dir", self.net.hq)
        self.case("applied: nothing would change", "Nothing would change" in said, said)

    def changed(self, *edits):
        text = pathlib.Path(self.net.hq, "alliance.conf").read_text(encoding="utf-8")
        for old, new in edits:
            assert old in text, old
            text = text.replace(old, new)
        path = os.path.join(self.net.hq, "new.conf")
        pathlib.Path(path).write_text(text, encoding="utf-8")
        return path

    def diff(self, *edits):
        return json.loads(self.net.must("diff", "--alliance", self.changed(*edits), "--json", "--dir", self.net.hq))

    def differences(self, name, tried, expected):
        rows = tried["participants"]
        got = {row["participant"]: row["difference_fen"] for row in rows if row["difference_fen"] != 0}
        self.case(name, got == expected and len(rows) == 5 and tried["refused"] == [] and tried["dropped"] == 0 and
                  all(row["was_fen"] + row["difference_fen"] == row["would_fen"] for row in rows), tried)

    def first_cycle(self):
        tried = self.diff(FEE)
        self.case("no cycle yet", tried["last_cycle"] is None and len(tried["changes"]) == 1, tried)
        self.net.must("cycle", "close", "--dir", self.net.hq)
        tried = self.diff(FEE)["last_cycle"]
        self.differences("the fee", tried, {"B": -23, "C": -37, "HQ": 60})
        report = json.loads(self.net.must("report", "2026-03", "--format", "json", "--dir", self.net.hq))
        self.case("as booked is the report", {row["participant"]: row["was_fen"] for row in tried["participants"]} ==
                  {row["participant"]: row["net_fen"] for row in report["participants"]}, tried)
        self.differences("a rule that moves nothing", self.diff(("max_late_days = 30", "max_late_days = 29"))["last_cycle"],
                         {})

    def refusals(self):
        """Without its offer the top-up is refused, and with it all that is paid from it and earned by it."""
        tried = self.diff(('pay = "500.00"', 'pay = "600.00"'))["last_cycle"]
        refused = {row["reason"]: (row["count"], row["first"]) for row in tried["refused"]}
        self.case("refused then", refused == {"BONUS_MISMATCH": (1, "A:1:1"), "INSUFFICIENT_FUNDS": (2, "B:1:1"),
                                              "INSUFFICIENT_POINTS": (1, "C:1:2")}, tried)
        self.case("only the washes are left", {row["participant"]: row["would_fen"] for row in tried["participants"]} ==
                  {"A": -9999, "B": 999, "C": 0, "FUND": 0, "HQ": 9000}, tried)

    def text(self):
        for lang, title in (("en", "The last cycle, 2026-03"), ("zh", "上一账期 2026-03")):
            done = self.net.run("diff", "--alliance", self.changed(FEE), "--lang", lang, "--dir", self.net.hq)
            self.case("text in " + lang, done.returncode == 0 and title in done.stdout and "-0.37" in done.stdout, done)

    def second_cycle(self):
        """The next day B sells for 100.00 out of the lot of the first cycle, and takes back a sale of 60.00 at once.

        Of 100.00 the principal is 83.33 and of the bonus 8.33 are settled: the fee is half-up(91.66 x 0.6 %) = 0.55, at
        0.8 % 0.73. The sale of 60.00 gives 50.00 and 5.00: 0.33 and 0.44; what is given back must be what would have
        been taken. So B would have 0.18 less for the first and, as its fees come back then, 0.33 more for the second.
        """
        self.net.must("clock", "set", "2026-03-02T20:00:00+08:00", "--dir", self.net.hq)
        member = json.loads((GOLDEN / "A.jsonl").read_text().splitlines()[0])["member"]
        lines = []
        for number, fen in ((101, 10000), (102, 6000)):
            lines.append({"type": "sale", "terminal": "1", "number": number, "at": "2026-03-02T10:00:00+08:00",
                          "member": member, "gross_fen": fen,
                          "pay": [{"with": "stored_value", "product": "card", "amount_fen": fen}]})
        lines.append({"type": "refund", "terminal": "1", "number": 103, "at": "2026-03-02T11:00:00+08:00",
                      "of": "B:1:102", "member": member, "amount_fen": 6000})
        told = self.net.publish("B", [json.dumps(line).encode() for line in lines])
        self.case("the second day", told["accepted"] == 3, told)
        self.net.must("cycle", "close", "--dir", self.net.hq)
        before = self.net.digest()
        refundable = ("fee_refundable = false", "fee_refundable = true")
        self.differences("out of an earlier lot", self.diff(FEE, refundable)["last_cycle"],
                         {"B": -18 + 33, "HQ": 18 - 33})
        self.case("nothing was written", self.net.digest() == before)

    def play(self):
        self.net.set_up()
        for name in "ABC":
            self.net.publish(name, (GOLDEN / (name + ".jsonl")).read_bytes().splitlines())
        for case in (self.first_cycle, self.refusals, self.text, self.second_cycle, self.applied):
            case()
