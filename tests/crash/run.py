"""Kills the ledger, the gate and the stores' nodes at random moments of a day, and then asks: is every
acknowledged event there once, nothing else, and does the journal replay to the same figures?

    run.py --bin DIR [--rounds N] [--seed S]
"""
import argparse
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time

STORES = "ABC"
DAY = "2026-03-01"


class World:
    def __init__(self, binaries, directory, seed):
        self.bin, self.dir, self.rng = binaries, directory, random.Random(seed)
        self.hq = os.path.join(directory, "hq")
        self.daemon = None
        self.address = "tcp://127.0.0.1:*"
        self.number = {s: 0 for s in STORES}
        self.lines = {s: [] for s in STORES}
        self.acknowledged = {s: 0 for s in STORES}

    def allclear(self, *arguments, check=True, program=None, **options):
        done = subprocess.run([program or os.path.join(self.bin, "allclear"), "--lang", "en", *arguments],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options)
        if check and done.returncode != 0:
            raise SystemExit("allclear %s: exit %d\n%s%s" % (
                " ".join(arguments), done.returncode, done.stdout, done.stderr))
        return done

    def start(self):
        path = os.path.join(self.hq, "run", "address")
        if os.path.exists(path):
            os.unlink(path)
        log = open(os.path.join(self.dir, "daemon.log"), "a")
        self.daemon = subprocess.Popen([self.allcleard, "--dir", self.hq,
                                        "--listen", self.address, "--snapshot-every", "150"], stderr=log)
        for _ in range(300):
            if os.path.exists(path) and os.path.getsize(path) > 0:
                with open(path) as file:
                    self.address = file.read().strip()
                return
            if self.daemon.poll() is not None:
                break
            time.sleep(0.1)
        with open(os.path.join(self.dir, "daemon.log")) as file:
            raise SystemExit("the daemon did not start:\n" + file.read()[-2000:])

    def gate(self):
        children = "/proc/%d/task/%d/children" % (self.daemon.pid, self.daemon.pid)
        with open(children) as file:
            pids = file.read().split()
        for pid in pids:  # a snapshot's process may be there too
            try:
                with open("/proc/%s/cmdline" % pid, "rb") as file:
                    if b"--gate" in file.read():
                        return int(pid)
            except OSError:
                pass
        return None

    def store(self, name):
        return os.path.join(self.dir, "store-" + name)

    def set_up(self):
        self.allclear("init", "--dir", self.hq, "--sample", "f1", "--test-clock",
                      "--start", DAY + "T08:00:00+08:00")
        self.start()
        for name in STORES:
            kit = os.path.join(self.dir, "kit-" + name)
            self.allclear("invite", name, "--dir", self.hq, "--out", kit)
            self.allclear("join", kit, "--dir", self.store(name))
            self.allclear("key", "approve", name, "--all-pending", "--dir", self.hq)
        self.allclear("clock", "set", DAY + "T20:00:00+08:00", "--dir", self.hq)

    def more_events(self, name):
        """Some sales and top-ups more in the store's file."""
        for _ in range(self.rng.randint(5, 60)):
            self.number[name] += 1
            n = self.number[name]
            event = {"terminal": "1", "number": n, "at": "%sT%02d:%02d:%02d+08:00" % (
                DAY, 9 + n // 3600 % 10, n // 60 % 60, n % 60), "member": str(100 + self.rng.randint(0, 30))}
            if self.rng.random() < 0.5:
                event.update(type="topup", product="card", principal_fen=100 * self.rng.randint(1, 400))
            else:
                amount = self.rng.randint(1, 9000)
                event.update(type="sale", gross_fen=amount, pay=[
                    {"with": "stored_value", "product": "card", "amount_fen": amount}])
            self.lines[name].append(json.dumps(event))
        with open(os.path.join(self.dir, name + ".jsonl"), "w") as file:
            file.write("\n".join(self.lines[name]) + "\n")

    def publisher(self, name, wait):
        return subprocess.Popen(
            [os.path.join(self.bin, "allclear"), "--lang", "en", "publish", os.path.join(self.dir, name + ".jsonl"),
             "--dir", self.store(name), "--json", "--wait", str(wait)],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)

    def noted(self, name, text):
        """What a node says is in never grows less."""
        try:
            told = json.loads(text)
        except ValueError:
            return
        now = told["accepted"] + told["waiting"] + told["already"]
        if now < self.acknowledged[name]:
            raise SystemExit("store %s had %d events in, now %d" % (name, self.acknowledged[name], now))
        self.acknowledged[name] = now

    def round(self):
        for name in STORES:
            self.more_events(name)
        publishers = {name: self.publisher(name, 3) for name in STORES}
        time.sleep(self.rng.uniform(0, 0.4))
        victim = self.rng.choice(["ledger", "gate", "node", "node"])
        if victim == "ledger":
            self.daemon.kill()
            self.daemon.wait()
            self.start()
        elif victim == "gate":
            pid = self.gate()
            if pid:
                os.kill(pid, signal.SIGKILL)
        else:
            publishers[self.rng.choice(STORES)].kill()
        for name, publisher in publishers.items():
            self.noted(name, publisher.communicate()[0])

    def finish(self):
        for name in STORES:
            for _ in range(10):
                publisher = self.publisher(name, 30)
                text = publisher.communicate()[0]
                if publisher.returncode == 0:
                    break
            told = json.loads(text)
            if publisher.returncode != 0 or told["accepted"] + told["waiting"] + told["already"] != self.number[name]:
                raise SystemExit("store %s: %d events, told %s" % (name, self.number[name], text))
        self.allclear("cycle", "close", "--dir", self.hq)
        report = json.loads(self.allclear("report", "2026-03", "--dir", self.hq, "--format", "json").stdout)
        everything = report["events"] + len(report["refused"])
        if everything != sum(self.number.values()):
            raise SystemExit("%d events were published, %d are accepted or refused at the deadline" % (
                sum(self.number.values()), everything))
        if sum(row["net_fen"] for row in report["participants"]) != 0:
            raise SystemExit("the nets do not sum to zero")
        backup = os.path.join(self.dir, "backup")
        self.allclear("backup", backup, "--no-verify", "--dir", self.hq)
        status = json.loads(self.allclear("status", "--dir", self.hq, "--digest", "--json").stdout)
        verdict = json.loads(self.allclear("replay", backup, "--network", status["network"], "--json",
                                           program=self.auditor).stdout)
        if verdict["verdict"] != "VERIFIED":
            raise SystemExit(verdict["why"])
        if verdict["state"] != status["state"]["digest"]:
            raise SystemExit("the daemon's state is not what its journal gives")
        with open(os.path.join(self.dir, "daemon.log")) as file:
            log = file.read()
        if "broken" in log:
            raise SystemExit("the daemon's log has a broken line")
        if "snapshot_passed_over" in log:
            raise SystemExit("a snapshot was not good")
        self.snapshots = log.count("snapshot written")
        self.from_snapshots = sum("snapshot=0 " not in line for line in log.splitlines() if " open records=" in line)
        return everything


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--bin", default="build/release/bin")
    parser.add_argument("--rounds", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--daemon", help="another allcleard than that of --bin")
    parser.add_argument("--auditor", help="another allclear for the replay at the end")
    parser.add_argument("--keep", action="store_true")
    options = parser.parse_args()
    directory = tempfile.mkdtemp(prefix="allclear-crash-")
    world = World(os.path.abspath(options.bin), directory, options.seed)
    world.allcleard = os.path.abspath(options.daemon or os.path.join(options.bin, "allcleard"))
    world.auditor = os.path.abspath(options.auditor or os.path.join(options.bin, "allclear"))
    failed = None
    try:
        world.set_up()
        for _ in range(options.rounds):
            world.round()
        events = world.finish()
    except SystemExit as problem:
        failed = problem
    finally:
        if world.daemon is not None and world.daemon.poll() is None:
            world.daemon.terminate()
            world.daemon.wait()
    if failed is None:
        print("%d rounds, seed %d: %d events, each there once; %d snapshots, %d starts from one" % (
            options.rounds, options.seed, events, world.snapshots, world.from_snapshots))
    else:
        print("seed %d: %s (see %s)" % (options.seed, failed, directory))
    if failed is None and not options.keep:
        shutil.rmtree(directory)
    print("%d passed, %d failed" % (0 if failed else options.rounds, 1 if failed else 0))
    return 1 if failed else 0


sys.exit(main())
