"""A parallel run of two cycles: an old system's sheets against a real ledger. Every class of difference is produced and
found, with the figures worked out by hand; a sheet that agrees leaves nothing.

    run.py --bin DIR
"""
import json
import os
import pathlib
import sys

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "tests/network"))
from network import play_parts  # noqa: E402

MEMBER = "6200000017"


def line(kind, number, day, **keys):
    return json.dumps({"type": kind, "terminal": "1", "number": number, "at": "2026-%sT10:00:00+08:00" % day, **keys}).encode()


def card(fen):
    return {"gross_fen": fen, "pay": [{"with": "stored_value", "product": "card", "amount_fen": fen}]}


# E1 of the rules: 123.45 takes 102.87 of the principal; 50.00 more take floor(50000 x 17345 / 60000) - 10287 = 41.67
MARCH = {
    "A": [line("topup", 1, "03-01", member=MEMBER, product="card", offer="500-100", principal_fen=50000, bonus_fen=10000),
          line("topup", 2, "03-01", member=MEMBER, product="card", principal_fen=700),
          line("void", 3, "03-01", of="A:1:2")],
    "B": [line("sale", 1, "03-02", member=MEMBER, receipt="R-77", earn=[{"product": "points", "points": 123}], **card(12345)),
          line("sale", 2, "03-02", member=MEMBER, gross_fen=3000, pay=[{"with": "cash", "amount_fen": 3000}],
               earn=[{"product": "points", "points": 30}])],
    "C": [line("sale", 1, "03-03", member=MEMBER, **card(5000)),
          line("refund", 2, "03-04", of="B:1:2", amount_fen=1000)],
}
APRIL = {"A": [line("topup", 4, "04-02", member=MEMBER, product="card", principal_fen=10000)]}

SHEET = """门店,项目,金额,数量,流水,日期
A,topup,520.00,,,
A,topup,500.00,,1:1,2026-03-01
A,topup,10.00,,1:99,2026-03-05
A,bonus,100.00,,A:1:1,2026-03-01
B,spend_principal,102.88,,R-77,2026-03-02
B,spend_bonus,20.57,,1:1,2026-03-02
C,spend_principal,41.67,,1:1,2026-04-01
C,refund,10.00,,,
B,points_issued,,160,,
"""
# class, store, figure, event, theirs, ours
EXPECTED = [
    ("missing", "A", "topup", "1:99", 1000, 0), ("theirs", "A", "topup", None, 52000, 51000),
    ("rule", "B", "spend_principal", "R-77", 10288, 10287), ("rule", "B", "spend_bonus", "1:1", 2057, 2058),
    ("timing", "C", "spend_principal", "1:1", 4167, 4167), ("missing", "C", "spend_bonus", "C:1:1", 0, 833),
]
UNEXPLAINED = {("B", "points_issued"): 7}
FIGURES = {("A", "topup"): (52000, 50000), ("A", "bonus"): (10000, 10000), ("B", "spend_principal"): (10288, 10287),
           ("B", "spend_bonus"): (2057, 2058), ("C", "spend_principal"): (0, 4167), ("C", "spend_bonus"): (0, 833),
           ("C", "refund"): (1000, 1000), ("B", "points_issued"): (160, 153)}


class Recon:
    def __init__(self, net, verdicts):
        self.net, self.verdicts, self.files = net, verdicts, 0

    def case(self, name, good, why=""):
        self.verdicts.case(name, good, why)

    def run(self, text, *options, coding="utf-8"):
        self.files += 1
        path = os.path.join(self.net.dir, "old%d.csv" % self.files)
        with open(path, "w", encoding=coding, newline="") as file:
            file.write(text)
        return self.net.run("recon", path, *options, "--dir", self.net.hq)

    def cycles(self):
        self.net.set_up()
        for until, events, cycle in (("03-31", MARCH, "2026-03"), ("04-30", APRIL, "2026-04")):
            self.net.must("clock", "set", "2026-%s-02T20:00:00+08:00" % cycle[-2:], "--dir", self.net.hq)
            if cycle == "2026-03":
                self.net.publish("A", events["A"])
                self.net.must("clock", "set", "2026-03-04T20:00:00+08:00", "--dir", self.net.hq)
                for name in "BC":
                    self.net.publish(name, events[name])
            else:
                self.net.publish("A", events["A"])
            self.net.must("clock", "set", "2026-%sT22:00:00+08:00" % until, "--dir", self.net.hq)
            self.net.must("cycle", "close", cycle, "--dir", self.net.hq)

    def march(self):
        done = self.run(SHEET, "--cycle", "2026-03", "--json")
        told = json.loads(done.stdout)
        found = sorted((one["class"], one["store"], one["figure"], one["event"], one["theirs"], one["ours"])
                       for one in told["differences"] if one["event"] is not None)
        expected = sorted(one for one in EXPECTED if one[3] is not None)
        self.case("march: differences", done.returncode == 1 and found == expected, "%s\n  instead of %s" % (found, expected))
        totals = [one for one in told["differences"] if one["event"] is None]
        self.case("march: their total", [(one["class"], one["theirs"], one["ours"]) for one in totals] ==
                  [("theirs", 52000, 51000)], totals)
        figures = {(one["store"], one["figure"]): (one["theirs"], one["ours"]) for one in told["figures"]}
        self.case("march: figures", figures == FIGURES, figures)
        left = {(one["store"], one["figure"]): one["unexplained"] for one in told["figures"] if one["unexplained"]}
        self.case("march: unexplained", left == UNEXPLAINED, left)
        lines = SHEET.splitlines()
        named = all(lines[one["line"] - 1].startswith(one["store"] + "," + one["figure"]) for one in told["differences"] if one["line"])
        self.case("march: lines", named, told["differences"])
        again = self.run(SHEET, "--from", "2026-03-01", "--to", "2026-03-31", "--json", coding="gb18030")
        self.case("march: by days, GB18030", json.loads(again.stdout)["differences"] == told["differences"], again)
        for language, word in (("en", "unexplained"), ("zh", "未解释")):
            text = self.run(SHEET, "--cycle", "2026-03", "--lang", language)
            self.case("march: text %s" % language, text.returncode == 1 and word in text.stdout and "R-77" in text.stdout and
                      "0.07" not in text.stdout and " 7" in text.stdout, text)

    def april(self):
        done = self.run("store,figure,amount\nA,topup,100.00\nB,topup,0.00\n", "--cycle", "2026-04")
        self.case("april: agrees", done.returncode == 0, done)
        done = self.run("store,figure,amount,event,date\nC,spend_principal,41.67,1:1,2026-04-01\n", "--cycle", "2026-04", "--json")
        told = json.loads(done.stdout)
        self.case("april: what they booked late", [one["class"] for one in told["differences"]] == ["timing"] and
                  all(one["unexplained"] == 0 for one in told["figures"]), told)
        done = self.run("store,figure,amount,event,date\nA,topup,7.00,1:2,2026-03-01\n", "--cycle", "2026-03", "--json")
        told = json.loads(done.stdout)
        self.case("what was voided is missing here", ("missing", "1:2") in [
            (one["class"], one["event"]) for one in told["differences"]], told)

    def refused(self):
        for text, options, code, word in (
                ("store,figure,amount\nQ,topup,1.00\n", ("--cycle", "2026-03"), 65, ":2:"),
                ("store,figure,amount\nA,tips,1.00\n", ("--cycle", "2026-03"), 65, "tips"),
                ("store,figure,amount\nA,topup,1.001\n", ("--cycle", "2026-03"), 65, ":2:"),
                ("store,figure,units\nA,topup,5\n", ("--cycle", "2026-03"), 65, "yuan"),
                ("store,figure,amount\nA,points_issued,5.00\n", ("--cycle", "2026-03"), 65, "units"),
                ("store,amount\nA,5.00\n", ("--cycle", "2026-03"), 65, "figure"),
                ("store,figure\n", ("--cycle", "2026-02"), 66, "2026-02"),
                ("store,figure\n", ("--from", "2026-03-31", "--to", "2026-03-01"), 64, "--from"),
                ("store,figure\n", (), 64, "--cycle")):
            done = self.run(text, *options)
            self.case("refused: %r %s" % (text, options), done.returncode == code and word in done.stderr, done)
        done = self.net.run("recon", "/nowhere.csv", "--cycle", "2026-03", "--dir", self.net.hq)
        self.case("refused: no file", done.returncode == 66 and "/nowhere.csv" in done.stderr, done)

    def play(self):
        for case in (self.cycles, self.march, self.april, self.refused):
            case()


if __name__ == "__main__":
    sys.exit(play_parts(__doc__, Recon))
