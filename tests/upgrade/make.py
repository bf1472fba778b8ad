"""Make a fixture of an old version: what its programs leave behind at headquarters and at three stores.

    make.py --bin DIR OUT.tar.xz

DIR has the programs of a commit, built from a clone of it (`git checkout COMMIT && cmake --preset release && cmake --build
--preset release`). tests/upgrade/fixtures/COMMIT.tar.xz was made so, and is read by run.py.

Two days: events of the types of that time, two that wait (one until the close, one still), one that is refused, a closed
cycle, a frozen store, an open cycle; a snapshot of the state, records behind it, and an event that the store has not sent.
Beside the folders lies printed.json: what the old programs said of it all.
"""
import argparse
import json
import os
import pathlib
import signal
import subprocess
import sys
import tarfile
import tempfile
import time

TOP = pathlib.Path(__file__).resolve().parents[2]
GOLDEN = TOP / "tests/golden/cycle"
STORES = ("A", "B", "C")


def line(what, number, at, **keys):
    return json.dumps({"type": what, "terminal": "9", "number": number, "at": "2026-03-%s:00+08:00" % at, **keys})


def value(fen):
    return [{"with": "stored_value", "product": "card", "amount_fen": fen}]


FIRST = {
    "A": [line("enrol", 1, "01T12:00", member="501"),
          line("topup", 2, "01T12:01", member="501", product="card", principal_fen=20000),
          line("points_grant", 3, "01T12:02", member="501", product="points", points=40, reason="birthday"),
          line("pack_sale", 4, "01T12:03", member="501", product="wash", pack="w-501", price_fen=9999, uses=7),
          line("topup", 5, "01T12:04", member="502", product="card", principal_fen=3000),
          line("cashout", 6, "01T12:05", member="502", product="card", amount_fen=3000)],
    "B": [line("sale", 1, "01T13:00", member="501", gross_fen=7001, pay=value(7001)),
          line("refund", 2, "01T13:01", of="B:9:1", amount_fen=1500),
          line("sale", 3, "01T13:02", member="501", gross_fen=500, pay=value(500)),
          line("void", 4, "01T13:03", of="B:9:3"),
          line("sale", 5, "01T13:04", member="599", gross_fen=800, pay=value(800)),  # waits, until the close
          line("topup", 6, "01T13:05", member="501", product="gone", principal_fen=1)],  # refused
    "C": [line("sale", 1, "01T14:00", member="501", gross_fen=10, pay=[
        {"with": "points", "product": "points", "points": 10, "amount_fen": 10}, {"with": "pack", "pack": "w-501", "uses": 3}])],
}
SECOND = {"A": [line("topup", 7, "02T09:00", member="503", product="card", principal_fen=5000)],
          "B": [line("sale", 7, "02T09:30", member="503", gross_fen=1234, pay=value(1234)),
                line("sale", 12, "02T09:40", member="598", gross_fen=600, pay=value(600))]}  # waits, still
AFTER = {"B": [line("sale", 8, "02T10:00", member="503", gross_fen=2000, pay=value(2000))]}
UNSENT = {"A": [line("topup", 8, "02T11:00", member="504", product="card", principal_fen=700)]}


class Old:
    def __init__(self, programs, folder):
        self.bin, self.dir = os.path.abspath(programs), folder
        self.hq = os.path.join(folder, "hq")
        self.daemon = None

    def must(self, *words, codes=(0,)):
        done = subprocess.run([os.path.join(self.bin, "allclear"), *words], capture_output=True, text=True, check=False)
        if done.returncode not in codes:
            raise SystemExit("%s: exit %d\n%s%s" % (" ".join(words), done.returncode, done.stdout, done.stderr))
        return done.stdout

    def start(self):
        with open(os.path.join(self.dir, "log"), "a", encoding="utf-8") as log:
            self.daemon = subprocess.Popen([os.path.join(self.bin, "allcleard"), "--dir", self.hq, "--listen",
                                            "tcp://127.0.0.1:7461"], stderr=log)
        while not os.path.exists(os.path.join(self.hq, "run", "control")):
            time.sleep(0.05)
        time.sleep(0.5)

    def stop(self, how=signal.SIGTERM):
        if self.daemon is None:
            return
        self.daemon.send_signal(how)
        self.daemon.wait()
        self.daemon = None
        run = os.path.join(self.hq, "run", "control")
        if os.path.exists(run):
            os.unlink(run)

    def publish(self, days, wait="20"):
        for store, lines in days.items():
            path = os.path.join(self.dir, "%s-%d.jsonl" % (store, len(os.listdir(self.dir))))
            pathlib.Path(path).write_text("".join(one + "\n" for one in lines), encoding="utf-8")
            self.must("publish", path, "--dir", os.path.join(self.dir, store), "--wait", wait, codes=(0, 65, 75))

    def printed(self):
        read = lambda *words: json.loads(self.must(*words, "--dir", self.hq))
        return {"network": read("status", "--json")["network"], "positions": read("positions", "--json"),
                "report": self.must("report", "2026-03", "--format", "json", "--dir", self.hq),
                "preview": read("cycle", "preview", "--format", "json"),
                "preview_text": self.must("cycle", "preview", "--lang", "en", "--dir", self.hq)}

    def play(self):
        self.must("init", "--dir", self.hq, "--sample", "f1", "--test-clock", "--start", "2026-03-01T08:00:00+08:00")
        self.start()
        for store in STORES:
            kit = os.path.join(self.dir, "kit-" + store)
            self.must("invite", store, "--dir", self.hq, "--out", kit)
            self.must("join", kit, "--dir", os.path.join(self.dir, store))
            self.must("key", "approve", store, "--all-pending", "--dir", self.hq)
        self.must("clock", "set", "2026-03-01T20:00:00+08:00", "--dir", self.hq)
        self.publish({store: (GOLDEN / (store + ".jsonl")).read_text().splitlines() for store in STORES})
        self.publish(FIRST)
        self.must("cycle", "close", "2026-03", "--dir", self.hq)
        self.must("clock", "set", "2026-03-02T20:00:00+08:00", "--dir", self.hq)
        self.publish(SECOND)
        self.must("freeze", "C", "--reason", "a test", "--dir", self.hq)
        self.stop()  # a snapshot
        self.start()
        self.publish(AFTER)
        printed = self.printed()
        self.stop(signal.SIGKILL)  # none of what came after it
        self.publish(UNSENT, wait="0")
        return printed


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", required=True)
    parser.add_argument("out")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        old = Old(args.bin, folder)
        try:
            printed = old.play()
        finally:
            old.stop(signal.SIGKILL)
        with tarfile.open(args.out, "w:xz", preset=9) as out:
            for name in ("hq", *STORES):
                out.add(os.path.join(folder, name), name, filter=lambda one: None if one.name.endswith("run") else one)
            path = pathlib.Path(folder, "printed.json")
            path.write_text(json.dumps(printed), encoding="utf-8")
            out.add(path, "printed.json")
    return 0


if __name__ == "__main__":
    sys.exit(main())
