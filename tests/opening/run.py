"""Members come over: a real alliance opens with lots of every kind, refuses what does not add up, is killed on the way,
opens once; the cycle closes to figures worked out by hand (tests/golden/opening), and the auditor agrees.

    run.py --bin DIR
"""
import json
import os
import pathlib
import sys

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "tests/network"))
from network import play_parts  # noqa: E402

GOLDEN = TOP / "tests/golden/opening"
LOTS = (GOLDEN / "opening.csv").read_text()
TOTALS = "issuer,product,lots,principal,bonus,points,uses\nHQ,card,1,500.00,100.00,,\nB,points,1,,,100,\nHQ,wash,1,50.00,,,5\n"
ROW = {"member": "6300000001", "store": "A", "product": "card", "principal": "10.00", "bonus": "", "funders": "",
       "points": "", "uses": "", "pack": "", "valid_to": ""}
CARD = {**ROW, "bonus": "1.00", "funders": "HQ"}
PACK = {**ROW, "product": "wash", "uses": "3", "pack": "P1"}
POINTS = {**ROW, "product": "points", "principal": "", "points": "10"}

# (a row, the cell that is spoilt, its text, a word of the complaint)
SPOILT = [(ROW, "member", text, "member") for text in ("", "0", "012", "6.3E+09", "1.38E+10", "62 1", "-5", "x", "1" * 20, "六")]
SPOILT += [(ROW, "store", text, word) for text, word in (
    ("", "store"), ("Q", "UNKNOWN_STORE"), ("A B", "code"), ("a" * 33, "code"), ("城东店", "code"))]
SPOILT += [(ROW, "product", text, word) for text, word in (
    ("", "product"), ("Q", "UNKNOWN_PRODUCT"), ("ca rd", "code"), ("卡", "code"))]
SPOILT += [(ROW, "principal", text, word) for text, word in (
    ("-1.00", "yuan"), ("1,000.00", "cells"), ("1.234", "yuan"), ("¥10", "yuan"), ("1e3", "yuan"), ("10元", "yuan"), (".5", "yuan"),
    ("10.", "yuan"), ("", "BAD_AMOUNT"), ("0.00", "BAD_AMOUNT"), ("99999999999999.00", "yuan"), ("ten", "yuan"))]
SPOILT += [(ROW, "bonus", text, word) for text, word in (("1.00", "UNKNOWN_FUNDER"), ("-1", "yuan"), ("x", "yuan"))]
SPOILT += [(CARD, "funders", text, word) for text, word in (
    ("", "UNKNOWN_FUNDER"), ("HQ:40%", "BAD_SHARE"), ("HQ:40% A:70%", "BAD_SHARE"), ("HQ:0% A:100%", "BAD_SHARE"),
    ("Q", "UNKNOWN_FUNDER"), ("HQ:forty%", "funders"), ("HQ:40", "funders"), ("$boss", "UNKNOWN_FUNDER"),
    ("HQ:10% " * 9, "funders"), ("HQ A", "BAD_SHARE"))]
SPOILT += [(ROW, "points", text, word) for text, word in (("5", "UNBALANCED"), ("1.5", "whole"), ("x", "whole"))]
SPOILT += [(ROW, "uses", "5", "UNBALANCED"), (ROW, "pack", "P9", "UNBALANCED"), (ROW, "valid_to", "2026-12-31", "UNBALANCED"),
           (ROW, "funders", "HQ", "UNKNOWN_FUNDER")]
SPOILT += [(PACK, "uses", text, word) for text, word in (("", "BAD_AMOUNT"), ("0", "BAD_AMOUNT"), ("1.0", "whole"))]
SPOILT += [(PACK, "pack", "", "UNKNOWN_PACK"), (PACK, "pack", "a b", "code"), (PACK, "bonus", "1.00", "UNBALANCED"),
           (PACK, "valid_to", "2026-12-31", "UNBALANCED"), (PACK, "funders", "HQ", "UNBALANCED")]
SPOILT += [(POINTS, "points", text, word) for text, word in (
    ("", "BAD_AMOUNT"), ("0", "BAD_AMOUNT"), ("-1", "whole"), ("1000000000001", "whole"))]
SPOILT += [(POINTS, "uses", "3", "not both"), (POINTS, "principal", "1.00", "UNBALANCED"), (POINTS, "pack", "P", "UNBALANCED"),
           (POINTS, "valid_to", "2026-02-28", "EXPIRED"), (POINTS, "valid_to", "2026-02-30", "day"),
           (POINTS, "valid_to", "31.12.2026", "day"), (POINTS, "funders", "HQ:50% A:50%", "UNBALANCED")]


def sheet(*rows):
    return ",".join(ROW) + "\n" + "".join(",".join(row.values()) + "\n" for row in rows)


class Opening:
    def __init__(self, net, verdicts):
        self.net, self.verdicts, self.files = net, verdicts, 0

    def case(self, name, good, why=""):
        self.verdicts.case(name, good, why)

    def file(self, text, coding="utf-8"):
        self.files += 1
        path = os.path.join(self.net.dir, "sheet%d.csv" % self.files)
        with open(path, "w", encoding=coding, newline="") as file:
            file.write(text)
        return path

    def run(self, lots, *options):
        return self.net.run("opening", lots, *options, "--dir", self.net.hq)

    def propose(self, lots, totals, who="MAKER"):
        return self.run(lots, "--totals", totals, "--reason", "from the old system", "--as", who)

    def set_up(self):
        self.net.set_up()
        for person, roles in (("MAKER", "maker"), ("CHECKER", "checker"), ("BOTH", "maker,checker")):
            self.net.must("operator", "add", person, "--role", roles, "--dir", self.net.hq)

    def spoilt_cells(self):
        """Each alone in a sheet between good rows: named by file, line and what is wrong; nothing is sent."""
        before = self.net.digest()
        for row, cell, text, word in SPOILT:
            path = self.file(sheet({**ROW, "member": "71"}, {**row, cell: text}, {**ROW, "member": "72"}))
            done = self.run(path, "--check")
            named = [line for line in done.stderr.splitlines() if line.startswith(path + ":3")]
            self.case("cell: %s %r" % (cell, text), done.returncode == 65 and len(named) == 1 and word in named[0],
                      "exit %d: %s" % (done.returncode, done.stderr))
        for head, word in ((sheet().replace("member", "card no"), "card no"), (sheet().replace("store,", ""), "store"),
                           (sheet().replace("bonus", "principal"), "twice")):
            done = self.run(self.file(head), "--check")
            self.case("head: %s" % word, done.returncode == 65 and word in done.stderr, done.stderr)
        twice = self.file(sheet(PACK, {**PACK, "member": "73"}))
        done = self.run(twice, "--check")
        self.case("pack twice", done.returncode == 65 and twice + ":3" in done.stderr and "PACK_EXISTS" in done.stderr, done.stderr)
        done = self.run("/nowhere/lots.csv", "--check")
        self.case("no file", done.returncode == 66 and "/nowhere/lots.csv" in done.stderr, done.stderr)
        self.case("nothing was sent", self.net.digest() == before)

    def wrong_totals(self):
        """Refused whole, by the tool before anything is sent, and each difference is shown."""
        before = self.net.digest()
        lots = self.file(LOTS)
        for old, new in (("500.00", "500.01"), ("100.00", "99.99"), (",100,", ",101,"), (",,5\n", ",,4\n"), ("card,1", "card,2"),
                         ("B,points", "A,points"), ("HQ,wash,1,50.00,,,5\n", "")):
            done = self.propose(lots, self.file(TOTALS.replace(old, new, 1)))
            self.case("total: %r for %r" % (new, old), done.returncode == 65 and "DIFFER" in done.stdout, done)
        done = self.propose(lots, self.file(TOTALS + "HQ,card,1,500.00,100.00,,\n"))
        self.case("total: twice", done.returncode == 65, done)
        self.case("totals: nothing was sent", self.net.digest() == before)

    def people(self):
        lots, totals = self.file(LOTS), self.file(TOTALS)
        done = self.propose(lots, totals, "CHECKER")
        self.case("a checker proposes", done.returncode != 0 and "WRONG_ROLE" in done.stderr, done)
        done = self.propose(lots, totals, "BOTH")
        proposal = done.stdout.split("Proposal ")[1][:12]
        done = self.net.run("approve", proposal, "--as", "BOTH", "--dir", self.net.hq)
        self.case("the same person", done.returncode != 0 and "SAME_PERSON" in done.stderr, done)

    def members_have_events(self):
        """One that has begun, one that waits: their row is named, though only the ledger knows."""
        at = "2026-03-01T09:00:00+08:00"
        self.net.publish("A", [json.dumps({"type": "enrol", "terminal": "9", "number": 1, "at": at, "member": "81"}).encode()])
        self.net.publish("A", [json.dumps({
            "type": "sale", "terminal": "9", "number": 2, "at": at, "member": "82", "gross_fen": 100,
            "pay": [{"with": "stored_value", "product": "card", "amount_fen": 100}]}).encode()])
        totals = self.file("issuer,product,lots,principal\nHQ,card,2,20.00\n")
        for member in ("81", "82"):
            lots = self.file(sheet(ROW, {**ROW, "member": member}))
            done = self.propose(lots, totals)
            self.case("member %s has events" % member, done.returncode == 65 and "%s:3: MEMBER_HAS_EVENTS" % lots in done.stderr,
                      done)

    def killed(self):
        """Between the parts and the approval; what was sent has no effect, the proposal still stands."""
        lots, totals = self.file(LOTS.replace("\n", "\r\n"), "gb18030"), self.file(TOTALS)
        before = json.loads(self.net.must("cycle", "preview", "--format", "json", "--dir", self.net.hq))["outstanding"]
        self.propose(lots, totals)
        done = self.propose(lots, totals)
        proposal = done.stdout.split("Proposal ")[1][:12]
        self.net.daemon.kill()
        self.net.daemon.wait()
        self.net.start()
        after = json.loads(self.net.must("cycle", "preview", "--format", "json", "--dir", self.net.hq))["outstanding"]
        self.case("killed: no effect", before == after == [], after)
        told = self.net.must("approve", proposal, "--as", "CHECKER", "--dir", self.net.hq)
        self.case("approved", "opening of 3 lots: principal 550.00, bonus 100.00, points 100, uses 5" in told, told)
        self.net.daemon.kill()
        self.net.daemon.wait()
        self.net.start()
        rows = json.loads(self.net.must("cycle", "preview", "--format", "json", "--dir", self.net.hq))["outstanding"]
        found = [[row[key] for key in ("issuer", "product", "principal_fen", "bonus_fen", "points", "uses")] for row in rows]
        self.case("outstanding", found == [["B", "points", 0, 0, 100, 0], ["HQ", "card", 50000, 10000, 0, 0],
                                           ["HQ", "wash", 5000, 0, 0, 5]], found)

    def once(self):
        done = self.propose(self.file(sheet(ROW)), self.file("issuer,product,lots,principal\nHQ,card,1,10.00\n"))
        self.case("a second opening", done.returncode == 65 and "ALREADY_OPENED" in done.stderr, done)

    def spent(self):
        expected = json.loads((GOLDEN / "expected.json").read_text())["runs"][0]
        for name in "BC":
            for line in (GOLDEN / (name + ".jsonl")).read_bytes().splitlines()[:1]:
                self.net.publish(name, [line])
        for name in "BC":
            self.net.publish(name, (GOLDEN / (name + ".jsonl")).read_bytes().splitlines())
        self.net.must("cycle", "close", "--as", "MAKER", "--dir", self.net.hq)
        report = json.loads(self.net.must("report", "2026-03", "--format", "json", "--dir", self.net.hq))
        nets = {one["participant"]: one["net_fen"] for one in report["participants"]}
        self.case("nets", nets == expected["nets"], nets)
        backup = os.path.join(self.net.dir, "backup")
        said = self.net.must("backup", backup, "--dir", self.net.hq)
        self.case("replay", said.splitlines()[-1].startswith("VERIFIED"), said)
        told = self.net.must("explain", "B:1:1", "--dir", backup)
        self.case("explain", "came over from the old system, sold there at A" in told, told)

    def play(self):
        self.set_up()
        for case in (self.spoilt_cells, self.wrong_totals, self.people, self.members_have_events, self.killed, self.once,
                     self.spent):
            case()


if __name__ == "__main__":
    sys.exit(play_parts(__doc__, Opening))
