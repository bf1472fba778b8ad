"""Sweeps by a real daemon: points of many members end, and what ended is taken out in ranges, by itself when nobody
asks for anything, between batches, after a kill -9, before a close; the auditor agrees.

    run.py --bin DIR
"""
import argparse
import json
import os
import pathlib
import shutil
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "network"))
from network import Broken, Network, STORES  # noqa: E402

MEMBERS = 20000
RANGES = 8  # of at most 4096 members
POINTS = 100
FEN = MEMBERS * POINTS  # the fund pays one fen a point
SAMPLE = pathlib.Path(__file__).resolve().parents[2] / "deploy" / "samples" / "f1"
SWEEP_S = 30


class World(Network):
    """A network whose points are good through the day after their grant; what is left then goes to HQ."""

    def set_up(self):
        conf = (SAMPLE / "alliance.conf").read_text()
        conf = conf.replace('fund = "FUND";', 'fund = "FUND"; beneficiary = "HQ"; valid_days = 1;')
        pathlib.Path(self.dir, "alliance.conf").write_text(conf)
        shutil.copy(SAMPLE / "stores.csv", self.dir)
        self.must("init", "--dir", self.hq, "--alliance", os.path.join(self.dir, "alliance.conf"), "--test-clock",
                  "--start", "2026-03-01T08:00:00+08:00")
        self.start()
        for name in STORES:
            kit = os.path.join(self.dir, "kit-" + name)
            self.must("invite", name, "--dir", self.hq, "--out", kit)
            self.must("join", kit, "--dir", self.store(name))
            self.must("key", "approve", name, "--all-pending", "--dir", self.hq)

    def evening(self, day):
        self.must("clock", "set", "2026-03-%02dT20:00:00+08:00" % day, "--dir", self.hq)

    def grant(self, day, terminal):
        lines = [json.dumps({"type": "points_grant", "terminal": terminal, "number": n + 1,
                             "at": "2026-03-%02dT10:00:00+08:00" % day, "member": str(6200000000 + n),
                             "product": "points", "points": POINTS, "reason": "gift"}).encode()
                 for n in range(MEMBERS)]
        told = self.publish("A", lines, wait=60)
        if told["accepted"] != MEMBERS:
            raise Broken("granted: %s" % told)

    def records(self):
        return json.loads(self.must("status", "--dir", self.hq, "--json"))["records"]

    def fund_out(self):
        rows = json.loads(self.must("positions", "--dir", self.hq, "--json"))["positions"]
        return next(row["out_fen"] for row in rows if row["participant"] == "FUND")

    def wait_for(self, fen):
        """Returns: what the fund owes once it is `fen`, or at the end of the patience."""
        end = time.monotonic() + SWEEP_S
        while time.monotonic() < end and self.fund_out() != fen:
            time.sleep(0.02)
        return self.fund_out()

    def sale(self, number, member, day, points):
        return json.dumps({"type": "sale", "terminal": "9", "number": number, "ask": True,
                           "at": "2026-03-%02dT12:00:00+08:00" % day, "member": str(member), "gross_fen": points,
                           "pay": [{"with": "points", "product": "points", "points": points,
                                    "amount_fen": points}]}).encode()


class Verdicts:
    def __init__(self):
        self.passed = self.failed = 0

    def expect(self, what, got, wanted):
        if got == wanted:
            self.passed += 1
        else:
            self.failed += 1
            print("sweep: %s: %r, not %r" % (what, got, wanted))


def idle(world, verdicts):
    """Nobody asks for anything that would bring a range on: the daemon does."""
    world.evening(1)
    world.grant(1, "1")
    world.evening(2)
    before = world.records()
    verdicts.expect("nothing ends before its day", world.fund_out(), 0)
    world.evening(3)
    verdicts.expect("idle: what ended", world.wait_for(FEN), FEN)
    verdicts.expect("idle: records of the clock, the day-end and the ranges", world.records() - before, 2 + RANGES)


def between_batches(world, verdicts):
    """Stores publish while a sweep runs: what ended is not to be had, what is good is."""
    world.grant(3, "2")
    world.evening(4)
    world.publish("B", [json.dumps({"type": "points_grant", "terminal": "1", "number": n + 1,
                                    "at": "2026-03-04T10:00:00+08:00", "member": str(6200000000 + n * 100),
                                    "product": "points", "points": 7, "reason": "gift"}).encode()
                        for n in range(100)])
    world.evening(5)  # what was granted on the third ends, on the fourth does not
    told = world.publish("B", [world.sale(n + 1, 6200000000 + n * 50, 5, 7) for n in range(200)], codes=(65,))
    verdicts.expect("paid with points that are good", told["accepted"], 100)
    verdicts.expect("refused for points that ended", [row["reason"] for row in told["refusals"]],
                    ["INSUFFICIENT_POINTS"] * 100)
    verdicts.expect("between batches: what ended", world.wait_for(2 * FEN + 700), 2 * FEN + 700)


def killed(world, verdicts):
    world.grant(5, "3")
    world.evening(7)
    world.daemon.kill()
    world.daemon.wait()
    world.start()
    verdicts.expect("after a kill: what ended", world.wait_for(3 * FEN + 700), 3 * FEN + 700)


def closed(world, verdicts):
    """A close right behind a day-end."""
    world.grant(7, "4")
    world.evening(9)
    world.must("cycle", "close", "--dir", world.hq)
    report = json.loads(world.must("report", "2026-03", "--format", "json", "--dir", world.hq))
    breakage = [row["amount_fen"] for row in report["matrix"] if row["kind"] == "breakage"]
    verdicts.expect("closed: breakage", breakage, [4 * FEN])
    verdicts.expect("closed: outstanding points", [row for row in report["outstanding"] if row["points"] > 0], [])


def audited(world, verdicts):
    network, digest = world.network(), world.digest()
    copy = os.path.join(world.dir, "copy")
    world.must("backup", copy, "--no-verify", "--dir", world.hq)
    done = world.run("replay", copy, "--network", network, "--json")
    verdict = json.loads(done.stdout)
    verdicts.expect("the auditor", (verdict["verdict"], verdict.get("state")), ("VERIFIED", digest))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--bin", required=True)
    options = parser.parse_args()
    verdicts = Verdicts()
    with tempfile.TemporaryDirectory(prefix="allclear-sweep-") as directory:
        world = World(os.path.abspath(options.bin), directory)
        try:
            world.set_up()
            for part in (idle, between_batches, killed, closed, audited):
                part(world, verdicts)
        except Broken as broken:
            print("sweep: %s" % broken)
            verdicts.failed += 1
        finally:
            world.stop()
    print("%d passed, %d failed" % (verdicts.passed, verdicts.failed))
    return 1 if verdicts.failed else 0


if __name__ == "__main__":
    sys.exit(main())
