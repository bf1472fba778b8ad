"""Why a figure is what it is, out of a real ledger: every event of the golden cycle, a reversal, an expiry, a line, a
participant's net; with a daemon running, at rest, from a backup. What `simulate` explains of the same files is the
same, the sums are the report's, and the signed bytes are those of the journal.

    run.py --bin DIR
"""
import json
import os
import pathlib
import sys

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "tests/network"))
from network import STORES, play_parts  # noqa: E402
from at_store import AtStore  # noqa: E402
from many import Many  # noqa: E402
from trial import Trial  # noqa: E402

GOLDEN = TOP / "tests/golden/cycle"
CYCLE = "2026-03"


def references(name):
    for line in (GOLDEN / (name + ".jsonl")).read_text().splitlines():
        event = json.loads(line)
        yield "%s:%s:%d" % (name, event["terminal"], event["number"])


class Why:
    def __init__(self, net, verdicts):
        self.net, self.verdicts = net, verdicts

    def case(self, name, good, why=""):
        self.verdicts.case(name, good, why)

    def explain(self, *what, folder=None, codes=(0,)):
        return self.net.must("explain", *what, "--json", "--dir", folder or self.net.hq, codes=codes)

    def set_up(self):
        self.net.set_up()
        for name in STORES:
            self.net.publish(name, (GOLDEN / (name + ".jsonl")).read_bytes().splitlines())

    def as_simulated(self):
        """The steps, claims and memos of the ledger are those of a simulation of the same files."""
        out = os.path.join(self.net.dir, "simulation")
        events = [word for name in STORES for word in ("--events", "%s=%s" % (name, GOLDEN / (name + ".jsonl")))]
        self.net.must("simulate", os.path.join(self.net.hq, "alliance.conf"), *events, "--out", out)
        for name in STORES:
            for event in references(name):
                live, simulated = (json.loads(self.explain(event, folder=folder)) for folder in (self.net.hq, out))
                self.case("as simulated: %s" % event, live["history"] == simulated["history"] and live["history"],
                          "%s\n  instead of %s" % (live["history"], simulated["history"]))
                self.case("signed: %s" % event, live["signed"]["kind"] == "batch" and
                          live["signed"]["store"] == name and "signed" not in simulated, live["signed"])

    def sums(self):
        """The claims of all explanations together are the report's matrix."""
        found = {}
        for name in STORES:
            for event in references(name):
                for part in json.loads(self.explain(event))["history"]:
                    for claim in part["claims"]:
                        key = tuple(claim[key] for key in ("debtor", "creditor", "kind", "reversal"))
                        found[key] = found.get(key, 0) + claim["amount_fen"]
        report = json.loads(self.net.must("cycle", "preview", "--format", "json", "--dir", self.net.hq))
        expected = {tuple(cell[key] for key in ("debtor", "creditor", "kind", "reversal")): cell["amount_fen"]
                    for cell in report["matrix"]}
        self.case("sums: the matrix", found == expected, "%s instead of %s" % (found, expected))

    def line(self):
        """A line: its claims, each the sum of its parts, by the rules' own figures (E1: 4.11 and 6.18 of bonus)."""
        told = json.loads(self.explain("B:1:1/bonus"))["history"][-1]
        amounts = sorted((claim["debtor"], claim["creditor"], claim["amount_fen"]) for claim in told["claims"])
        self.case("line: claims", amounts == [("A", "B", 618), ("HQ", "B", 411)], told)
        self.case("line: parts", all(
            claim["amount_fen"] == sum(part["amount_fen"] for part in claim["parts"]) and
            all((part["lot"], part["sold"], part["used"]) == ("A:1:1/1", "A", "B") for part in claim["parts"])
            for claim in told["claims"]), told)
        for wrong, code in (("B:1:1/tender", 66), ("B:1:1/what", 64), ("B:1:99", 66), ("B:1", 64), ("B:1:01", 64)):
            done = self.net.run("explain", wrong, "--dir", self.net.hq)
            self.case("line: %s" % wrong, done.returncode == code and wrong in done.stderr, done)

    def later(self):
        """A refund and a void of what they name; a waiting event is explained where it came and where it ended."""
        at = "2026-03-01T19:00:00+08:00"
        sale = {"type": "sale", "terminal": "2", "number": 1, "at": at, "gross_fen": 900,
                "pay": [{"with": "cash", "amount_fen": 900}]}
        refund = {"type": "refund", "terminal": "2", "number": 2, "at": at, "of": "A:2:1", "amount_fen": 400}
        self.net.publish("B", [json.dumps(refund).encode()])
        self.net.publish("A", [json.dumps(sale).encode()])
        told = json.loads(self.explain("A:2:1"))
        self.case("later: named", told["later"] == [{"event": "B:2:2", "type": "refund", "booked": "2026-03-01"}], told)
        told = json.loads(self.explain("B:2:2"))
        outcomes = [part["outcome"] for part in told["history"]]
        self.case("later: waited", outcomes == ["WAITING", "ACCEPTED"] and
                  told["signed"]["decided"] > told["signed"]["record"], told)

    def signed(self):
        """The leaf and the root are the journal's: a receipt of the node proves the same."""
        told = json.loads(self.explain("C:1:1"))["signed"]
        status = json.loads(self.net.must("status", "--dir", self.net.hq, "--json"))
        last = next(store for store in status["stores"] if store["store"] == "C")
        self.case("signed: the key", told["key_id"] == last["key_id"], told)
        self.case("signed: the body", told["body_sha256"] == last["last"] and told["sequence"] == last["next"] - 1,
                  "%s, %s" % (told, last))

    def reversal(self):
        for person, role in (("MAKER", "maker"), ("CHECKER", "checker")):
            self.net.must("operator", "add", person, "--role", role, "--dir", self.net.hq)
        said = self.net.must("reverse", "B:1:1", "--reason", "wrong card", "--as", "MAKER", "--dir", self.net.hq)
        proposal = next(word for word in said.replace(":", " ").split() if len(word) == 12 and
                        all(c in "0123456789abcdef" for c in word))
        self.net.must("approve", proposal, "--as", "CHECKER", "--dir", self.net.hq)
        told = json.loads(self.explain("B:1:1"))
        self.case("reversal: named", [one["type"] for one in told["later"]] == ["refund"], told["later"])
        told = json.loads(self.explain(told["later"][0]["event"]))
        self.case("reversal: signed", told["signed"]["kind"] == "hq" and told["signed"]["person"] == "MAKER" and
                  told["signed"]["reason"] == "wrong card", told["signed"])

    def nets(self, at_store):
        for cycle in ("open", CYCLE):
            if cycle == CYCLE:
                self.net.must("cycle", "close", "--dir", self.net.hq, "--as", "MAKER")
            for who in ("A", "B", "C", "FUND", "HQ"):
                csv = os.path.join(self.net.dir, "lines.csv")
                told = json.loads(self.explain(who, cycle, "--lines", csv))
                if who in STORES:
                    at_store.net_of(who, cycle, told, pathlib.Path(csv).read_text())
                if cycle == CYCLE:
                    expected = json.loads(self.net.must("statement", who, CYCLE, "--format", "json", "--dir",
                                                        self.net.hq))
                    self.case("net: %s is its statement" % who,
                              {key: value for key, value in told.items() if key != "largest"} == expected, told)
                    if who in STORES:
                        here, there = (self.net.must("statement", *words) for words in (
                            (who, CYCLE, "--dir", self.net.hq), (CYCLE, "--dir", self.net.store(who))))
                        self.case("net: %s: the store reads the same" % who, here == there and "To " in here, there)
                amounts = [line["amount_fen"] for line in told["largest"]]
                self.case("net: %s %s: largest first" % (who, cycle), amounts == sorted(amounts, reverse=True) and
                          len(amounts) <= 10 and amounts, amounts)
                if len(amounts) < 10:
                    net = sum(line["amount_fen"] * (1 if line["creditor"] == who else -1) for line in told["largest"])
                    self.case("net: %s %s: the sum" % (who, cycle), net == told["net_fen"], told)
        done = self.net.run("explain", "B", "2026-02", "--dir", self.net.hq)
        self.case("net: no cycle", done.returncode == 65 and "2026-02" in done.stderr, done)
        done = self.net.run("explain", "Q", CYCLE, "--dir", self.net.hq)
        self.case("net: nobody", done.returncode == 65 and "Q" in done.stderr, done)

    def elsewhere(self):
        """A backup and a folder at rest say the same; nothing is left beside the daemon's socket."""
        live = self.explain("B:1:1")
        backup = os.path.join(self.net.dir, "backup")
        self.net.must("backup", backup, "--no-verify", "--dir", self.net.hq)
        self.case("elsewhere: a backup", self.explain("B:1:1", folder=backup) == live)
        left = [name for name in os.listdir(os.path.join(self.net.hq, "run")) if name.startswith("view")]
        self.case("elsewhere: nothing left", left == [], left)
        self.net.stop()
        self.case("elsewhere: at rest", json.loads(self.explain("B:1:1"))["history"] == json.loads(live)["history"])
        chinese = self.net.run("explain", "B:1:1", "--dir", self.net.hq, "--lang", "zh")
        self.case("elsewhere: Chinese", chinese.returncode == 0 and "追溯到签名原件" in chinese.stdout, chinese)
        with open(os.path.join(backup, "journal", "data.mdb"), "r+b") as file:
            forged = file.read().replace(b"points", b"poinst")  # old pages are of no account
            file.seek(0)
            file.write(forged)
        done = self.net.run("explain", "B:1:1", "--dir", backup)
        self.case("elsewhere: a forged copy", done.returncode >= 64 and "record" in done.stderr, done)

    def play(self):
        self.set_up()
        at_store = AtStore(self)
        for case in (self.as_simulated, self.sums, lambda: at_store.own(references, STORES), at_store.line,
                     at_store.others, at_store.refused, lambda: at_store.not_taken("2026-03-01T18:00:00+08:00"),
                     self.later, self.line, self.signed, self.reversal, lambda: self.nets(at_store), at_store.net_refused, self.elsewhere):
            case()


if __name__ == "__main__":
    sys.exit(play_parts(__doc__, Why, Many, Trial))
