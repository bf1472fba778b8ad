"""Has everybody reported? Three stores of a real network whose terms ask for day totals: one reports a day that
matches, differs by a fen in cash and is mended by the missing event; one leaves a gap; one is silent. A close names
what is missing and needs a reason; the auditor agrees.

    run.py --bin DIR
"""
import argparse
import json
import os
import pathlib
import pty
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "network"))
from network import Broken, Network, STORES  # noqa: E402

SAMPLE = pathlib.Path(__file__).resolve().parents[2] / "deploy" / "samples" / "f1"
DAY = "2026-03-01"
MANY = 300


class World(Network):
    def init(self, rows, totals="required"):
        conf = (SAMPLE / "alliance.conf").read_text()
        conf = conf.replace('stores = "stores.csv";', 'stores = "stores.csv"; day_totals = "%s";' % totals)
        pathlib.Path(self.dir, "alliance.conf").write_text(conf)
        pathlib.Path(self.dir, "stores.csv").write_text((SAMPLE / "stores.csv").read_text() + rows)
        self.must("init", "--dir", self.hq, "--alliance", os.path.join(self.dir, "alliance.conf"), "--test-clock",
                  "--start", DAY + "T08:00:00+08:00")
        self.start()

    def join_all(self):
        for name in STORES:
            kit = os.path.join(self.dir, "kit-" + name)
            self.must("invite", name, "--dir", self.hq, "--out", kit)
            self.must("join", kit, "--dir", self.store(name))
            self.must("key", "approve", name, "--all-pending", "--dir", self.hq)
        self.clock(1, 20)

    def clock(self, day, hour):
        self.must("clock", "set", "2026-03-%02dT%02d:00:00+08:00" % (day, hour), "--dir", self.hq)

    def board(self):
        return json.loads(self.must("board", "--json", "--dir", self.hq))

    def cell(self, store, day=DAY):
        row = next(r for r in self.board()["stores"] if r["store"] == store)
        return next(d for d in row["days"] if d["day"] == day)


def event(kind, number, terminal="1", at=DAY + "T10:00:00+08:00", **keys):
    return json.dumps({"type": kind, "terminal": terminal, "number": number, "at": at, **keys}).encode()


def cash(number, fen, means="cash", **keys):
    return event("sale", number, gross_fen=fen, pay=[{"with": means, "amount_fen": fen}], **keys)


def total(number, count, sums, date=DAY, **keys):
    return event("day_total", number, at=DAY + "T19:00:00+08:00", date=date, count=count, sums=sums, **keys)


# the worked example of clearing/CHOICES.md
EXAMPLE = {"card": 5000, "cash": 8000, "refund": 2000, "sale": 15000, "topup": 50000, "void": 3000, "wechat": 50000}


def example():
    return [cash(1, 10000), cash(2, 5000, "card"), event("refund", 3, of="A:1:1", amount_fen=2000),
            event("topup", 4, member="62", product="card", principal_fen=50000, bonus_fen=10000, offer="500-100",
                  pay=[{"with": "wechat", "amount_fen": 50000}]),
            cash(5, 3000), event("void", 6, of="A:1:5")]


class Trial:
    def __init__(self, world):
        self.world, self.passed, self.failed = world, 0, 0

    def case(self, name, good, why=""):
        self.passed, self.failed = self.passed + bool(good), self.failed + (not good)
        if not good:
            print("FAILED: %s: %s" % (name, why), flush=True)

    def is_state(self, name, store, state, day=DAY, **others):
        cell = self.world.cell(store, day)
        self.case(name, cell["state"] == state and all(cell[k] == v for k, v in others.items()), cell)

    def totals(self):
        world = self.world
        self.is_state("nobody has reported", "A", "silent")
        world.publish("A", example())
        self.is_state("events without a total", "A", "no_total", events=6)
        told = world.publish("A", [total(7, 6, EXAMPLE)])
        self.case("the till is told", told["day_totals"] == [{"event": "A:1:7", "date": DAY, "matched": True, "differences": []}],
                  told)
        self.is_state("the worked example matches", "A", "matched", events=6)
        differs = total(8, 7, {**EXAMPLE, "cash": 8001, "sale": 15001})
        told = world.publish("A", [differs])["day_totals"][0]
        self.case("the till is told by how much", not told["matched"] and [
            (d["key"], d["till"], d["ledger"]) for d in told["differences"]] == [
                ("cash", 8001, 8000), ("sale", 15001, 15000), ("count", 7, 6)], told)
        path = os.path.join(world.dir, "again.jsonl")
        with open(path, "wb") as file:
            file.write(differs + b"\n")
        text = world.must("publish", path, "--dir", world.store("A"))
        self.case("and in words", "A:1:8  day total of 2026-03-01: DIFFERS" in text and
                  "cash: till 80.01, ledger 80.00, difference 0.01" in text and "events: till 7, ledger 6" in text, text)
        self.is_state("a fen is missing", "A", "differs")
        rows = [(d["key"], d["till"], d["ledger"]) for d in world.board()["differences"]]
        self.case("by how much", rows == [("cash", 8001, 8000), ("sale", 15001, 15000), ("count", 7, 6)], rows)
        world.publish("A", [cash(9, 1)])
        self.is_state("mended by the missing event", "A", "matched", events=7)

    def waiting(self):
        """A told sale counts while it waits, and when its member has come."""
        world = self.world
        pay = [{"with": "stored_value", "product": "card", "amount_fen": 700}]
        told = world.publish("C", [event("sale", 1, member="77", gross_fen=700, pay=pay),
                                   total(2, 1, {"stored_value": 700, "sale": 700})])
        self.case("it waits", told["waiting"] == 1 and told["accepted"] == 1, told)
        self.is_state("it is counted", "C", "matched", waiting=1, events=1)
        world.publish("A", [event("topup", 1, "2", member="77", product="card", principal_fen=1000),
                            total(2, 1, {"topup": 1000}, terminal="2")])
        self.is_state("once, when it is accepted", "C", "matched", waiting=0, events=1)

    def refusals(self):
        world = self.world
        for name, line, reason in (
                ("a day to come", total(50, 0, {}, date="2026-03-02"), "FUTURE"),
                ("a day long past", total(51, 0, {}, date="2025-12-01"), "TOO_OLD"),
                ("too much", total(52, 0, {"cash": 10 ** 12 + 1}), "BAD_AMOUNT"),
                ("no such figure", total(53, 0, {"tips": 1}), "BAD_LINE"),
                ("a void of it", event("void", 54, of="A:1:8"), "NOT_REFUNDABLE")):
            told = world.publish("A", [line], codes=(65,))
            self.case(name, [r["reason"] for r in told["refusals"]] == [reason], told)

    def checklist(self):
        world = self.world
        world.publish("B", [cash(1, 100), cash(4, 100), total(5, 2, {"cash": 200})])
        self.is_state("a gap of two", "B", "matched", gaps=2)
        world.clock(2, 9)
        world.publish("A", [cash(20, 100, at="2026-03-02T08:00:00+08:00")])
        done = world.run("cycle", "checklist", "--json", "--dir", world.hq)
        found = {(m["kind"], m["store"], m["day"], m["count"]) for m in json.loads(done.stdout)["missing"]}
        expected = {("gaps", "B", DAY, 2), ("gaps", "A", "2026-03-02", 10), ("no_total", "A", "2026-03-02", 1)}
        self.case("the checklist", done.returncode == 1 and found == expected, found)
        text = world.run("cycle", "checklist", "--dir", world.hq)
        self.case("in words", text.returncode == 1 and "numbers still missing: 2" in text.stdout, text.stdout)
        preview = world.must("cycle", "preview", "--dir", world.hq)
        self.case("the preview sums up", "Missing for a close: 3; noted: 0" in preview, preview[-300:])

    def silence(self):
        world = self.world
        world.clock(3, 9)
        silent = [(m["store"], m["day"]) for m in world.board()["missing"] if m["kind"] == "silent"]
        self.case("who is silent", silent == [("B", "2026-03-02"), ("C", "2026-03-02")], silent)
        world.must("freeze", "C", "--reason", "under review", "--dir", world.hq)
        self.case("frozen", any(m["kind"] == "frozen" and m["store"] == "C" for m in world.board()["missing"]))

    def close(self):
        world = self.world
        before = world.digest()
        done = world.run("cycle", "close", "2026-03", "--dir", world.hq)
        self.case("a close is refused", done.returncode != 0 and "--incomplete REASON" in done.stderr and
                  world.digest() == before, done.stderr)
        self.before = world.board()
        for row in self.before["stores"]:
            row.pop("node", None)  # which the daemon alone knows
        world.must("cycle", "close", "2026-03", "--incomplete", "till of B is broken", "--dir", world.hq)
        ours, theirs = pty.openpty()
        with subprocess.Popen([os.path.join(world.bin, "allclear"), "cycle", "close", "2026-03", "--dir", world.hq],
                              stdin=theirs, stderr=theirs, stdout=subprocess.DEVNULL) as again:
            os.write(ours, b"n\n")
            code = again.wait()
        self.case("whoever types it twice is asked", code == 65 and b"nothing has come since" in os.read(ours, 4096) and
                  len(json.loads(world.must("cycle", "list", "--json", "--dir", world.hq))) == 1, code)
        row = json.loads(world.must("cycle", "list", "--json", "--dir", world.hq))[0]
        self.case("and closed with a reason", row.get("incomplete") == "till of B is broken" and row["missing"] == 6,
                  row)
        for words in (("report", "2026-03"), ("statement", "B", "2026-03")):
            text = world.must(*words, "--dir", world.hq)
            self.case("%s says so" % words[0], "Closed incomplete, 6 missing: till of B is broken" in text, text)
            whole = json.loads(world.must(*words, "--format", "json", "--dir", world.hq))
            self.case("%s says so in JSON" % words[0], whole["incomplete"] == {
                "missing": 6, "reason": "till of B is broken"}, whole)
        lines = world.must("report", "2026-03", "--format", "csv", "--dir", world.hq).splitlines()
        self.case("and the CSV", any(line.startswith("incomplete,") and "till of B is broken" in line for line in lines), lines)
        closed = json.loads(world.must("board", "2026-03", "--json", "--dir", world.hq))
        self.case("its board as it stood then", closed == self.before, closed)
        text = world.must("board", "2026-03", "--all", "--dir", world.hq)
        self.case("and in words", "A" in text and "silent" in text, text)
        done = world.run("board", "2026-04", "--dir", world.hq)
        self.case("no such cycle", done.returncode == 65 and "2026-04" in done.stderr, done.stderr)
        left = [(m["kind"], m["store"]) for m in world.board()["missing"]]
        self.case("the next cycle begins with what lasts", left == [("frozen", "C")], left)
        digest = world.digest()
        copy = os.path.join(world.dir, "copy")
        world.must("backup", copy, "--no-verify", "--dir", world.hq)
        replay = world.run("replay", copy)
        self.case("the auditor agrees", replay.returncode == 0 and digest in replay.stdout,
                  replay.stdout[-500:] + replay.stderr[-500:])

    def many(self, world):
        """Three hundred stores with long Chinese names: only those with something to say, and it fits."""
        for language in ("en", "zh"):
            for width in ("80", "160"):
                done = world.run("--lang", language, "board", "--all", "--dir", world.hq,
                                 env={**os.environ, "COLUMNS": width, "LC_ALL": "C.UTF-8"})
                self.case("300 stores, %s, %s columns" % (language, width), done.returncode == 0 and
                          done.stdout.count("S300") == 1 and "分店" in done.stdout, done.stderr[-300:])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--bin", required=True)
    binaries = parser.parse_args().bin
    folder = tempfile.mkdtemp(prefix="allclear-board-")
    world, wide = World(binaries, os.path.join(folder, "three")), World(binaries, os.path.join(folder, "many"))
    trial = Trial(world)
    try:
        os.mkdir(world.dir)
        os.mkdir(wide.dir)
        world.init("")
        world.join_all()
        for part in (trial.totals, trial.waiting, trial.refusals, trial.checklist, trial.silence, trial.close):
            part()
        wide.init("".join("S%d,A,,,第%d分店·人民广场地铁站旁边的大型综合旗舰门店,,\n" % (n, n)
                          for n in range(1, MANY + 1)), "optional")
        trial.many(wide)
    except Broken as broken:
        trial.case("the test goes on", False, broken)
    finally:
        for net in (world, wide):
            if net.daemon is not None:
                net.stop()
        shutil.rmtree(folder, ignore_errors=True)
    print("%d passed, %d failed" % (trial.passed, trial.failed))
    return 1 if trial.failed else 0


if __name__ == "__main__":
    sys.exit(main())
