"""One bit flipped in what the alliance keeps: the journal, a snapshot, a checkpoint's slot, a receipt, a report. It is
named, or nothing comes of it: the same verdict, the same bytes of the report, the same digest of the state.

    run.py --bin DIR [--seed S] [--only PREFIX] [--world DIR] [--keep]

PREFIX is the beginning of a case's name as it is printed when it fails: "journal", "slots: replay",
"snapshots: byte 4711 bit 3" ... Places depend on keys that are new in every run: a folder of a run that failed is
kept, and --world plays on it again.
"""
import argparse
import concurrent.futures
import datetime
import json
import os
import pathlib
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "network"))
from network import Broken, DAY, Network, START_S, STORES, Verdicts, day_of_events  # noqa: E402

CYCLE = "2026-03"
DAYS = 125  # each gives records: there must be more than 256, a whole tile of their hashes
SLOT = 512
META = 8192  # LMDB's two first pages
JOURNAL_REPLAYS = {"meta": 45, "used": 130, "any": 25}
JOURNAL_STARTS = {"meta": 15, "used": 30, "any": 5}
SNAPSHOT_STARTS = 110
SLOT_REPLAYS, SLOT_STARTS = 100, 24
REPORT_FLIPS = 50

# What a verdict or a refusal must hold, so that a person knows where to look.
NAMES_JOURNAL = re.compile(r"record \d+|data\.mdb|journal|checkpoint|tile")
NAMES_SLOT = re.compile(r"checkpoint|slot|root than was signed")

# Cases that fail today for a reason that is known and not mended yet (Verdicts.settle).
OPEN = {}


class World:
    """A data folder at rest, and what is true of it."""

    def __init__(self, binaries, directory, seed):
        self.bin, self.dir, self.seed = binaries, directory, seed
        self.net = Network(binaries, os.path.join(directory, "net"))
        self.good = os.path.join(directory, "good")
        self.local = threading.local()
        self.copies = 0
        self.lock = threading.Lock()

    def make(self):
        """Two days, a cycle closed between them, and so many day-ends that the journal has whole tiles."""
        net, rng = self.net, random.Random(self.seed)
        os.mkdir(net.dir)
        net.set_up()
        for round_ in range(3):
            for name in STORES:
                net.publish(name, day_of_events(name, rng, 25, first=1 + 25 * round_), codes=(0, 65))
        net.must("cycle", "close", "--dir", net.hq)
        for name in STORES:
            net.publish(name, day_of_events(name, rng, 15, first=201), codes=(0, 65))
        for days in range(2, DAYS):
            day = datetime.date.fromisoformat(DAY) + datetime.timedelta(days)
            net.must("clock", "set", "%sT12:00:00+08:00" % day, "--dir", net.hq)
        net.stop()
        shutil.copytree(net.hq, self.good, ignore=shutil.ignore_patterns("run", "lock.mdb"))

    def measure(self):
        """What nothing may change."""
        with open(os.path.join(self.good, "journal", "data.mdb"), "rb") as file:
            self.journal = file.read()
        with open(os.path.join(self.good, "reports", CYCLE + ".json"), "rb") as file:
            self.report = file.read()
        names = sorted(os.listdir(os.path.join(self.good, "state")))
        self.snapshot = os.path.join("state", names[-1])
        self.network = self.run_tool("status", "--dir", self.good, "--json")["network"]
        copy = self.copy()
        code, verdict, report = self.replay(copy)
        if code != 0 or verdict["verdict"] != "VERIFIED":
            raise Broken("the folder that is not tampered with: %s" % verdict)
        if verdict["records"] < 257:
            raise Broken("%d records: no whole tile" % verdict["records"])
        self.verdict, self.last_report = verdict, report
        self.digest = verdict["state"]

    def run_tool(self, *arguments):
        done = self.net.run(*arguments)
        if done.returncode != 0:
            raise Broken("allclear %s: %s" % (" ".join(arguments), done.stderr[-500:]))
        return json.loads(done.stdout)

    def copy(self):
        """A fresh copy, one a thread."""
        if not hasattr(self.local, "path"):
            with self.lock:
                self.copies += 1
                self.local.path = os.path.join(self.dir, "copy%d" % self.copies)
        shutil.rmtree(self.local.path, ignore_errors=True)
        shutil.copytree(self.good, self.local.path)
        return self.local.path

    # --- an auditor ---

    def replay(self, copy):
        """Returns: (exit code, the verdict as an object, bytes of the report or None)."""
        path = copy + ".report"
        if os.path.exists(path):
            os.unlink(path)
        done = self.net.run("replay", copy, "--network", self.network, "--json", "--report", path)
        try:
            verdict = json.loads(done.stdout)
        except ValueError:  # the reader died, and its parent says so
            last = (done.stdout.strip().splitlines() or [""])[-1]
            verdict = {"verdict": "FAILED" if last.startswith("FAILED ") else "", "why": last}
        if not os.path.exists(path):
            return done.returncode, verdict, None
        with open(path, "rb") as file:
            return done.returncode, verdict, file.read()

    # --- a daemon ---

    def start(self, copy):
        """Start the daemon on a copy. Returns: (process, its log, exit code or None)."""
        log = copy + ".log"
        with open(log, "w") as out:
            daemon = subprocess.Popen([os.path.join(self.bin, "allcleard"), "--dir", copy, "--listen",
                                       "tcp://127.0.0.1:*", "--snapshot-every", "0"], stderr=out, stdout=out)
        address = os.path.join(copy, "run", "address")
        end = time.monotonic() + START_S
        while time.monotonic() < end and daemon.poll() is None:
            if os.path.exists(address) and os.path.getsize(address) > 0:
                break
            time.sleep(0.01)
        return daemon, log, daemon.poll()

    def kill(self, daemon):
        """The copy is thrown away; its gate ends with it."""
        if daemon.poll() is None:
            daemon.send_signal(signal.SIGKILL)
        daemon.wait()

    def judged_by_daemon(self, copy):
        """Returns: (what became of it: "same", "refused" or a complaint, the log)."""
        daemon, log, code = self.start(copy)
        try:
            digest = None
            if code is None:
                done = self.net.run("status", "--dir", copy, "--digest", "--json")
                if done.returncode == 0:
                    digest = json.loads(done.stdout)["state"]["digest"]
                code = daemon.poll()
        finally:
            self.kill(daemon)
        with open(log, errors="replace") as file:
            text = file.read()
        if digest == self.digest and code is None:
            return "same", text
        if digest is not None:
            return "it serves another state, %s" % digest, text
        if code is not None and code > 0:
            return "refused", text
        if code is not None:
            return "it died by signal %d: %s" % (-code, text[-300:]), text
        return "it does not answer: %s" % text[-300:], text


class Tamper:
    def __init__(self, options, world):
        self.options, self.world = options, world
        self.verdicts = Verdicts(options.only, OPEN)
        self.rng = random.Random(options.seed + 7)
        self.outcomes = {}

    def wants(self, group):
        only = self.options.only
        return only is None or only.startswith(group) or group.startswith(only)

    def all(self, group, play, flips):
        """Play flips two at a time; `play` gets one and returns (outcome, None or a complaint)."""
        def one(flip):
            name = "byte %d bit %d" % flip[:2]
            if not self.verdicts.wants(group + ": " + name):
                return name, None, None
            return (name,) + play(flip)
        told, passed, failed = [], 0, 0
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            for name, outcome, wrong in pool.map(one, flips):
                if outcome is None:
                    continue
                counts = self.outcomes.setdefault(group, {})
                counts[outcome] = counts.get(outcome, 0) + 1
                passed += wrong is None
                failed += wrong is not None
                if wrong is not None:
                    told.append("%s: %s" % (name, wrong))
        self.verdicts.settle(group, passed, failed, told)

    @staticmethod
    def flip(path, at, bit):
        with open(path, "r+b") as file:
            file.seek(at)
            byte = file.read(1)[0]
            file.seek(at)
            file.write(bytes([byte ^ (1 << bit)]))

    def places(self, data, wanted):
        """`wanted` of each kind: in the first two pages, of bytes that are not 0, of any."""
        used = [at for at in range(META, len(data)) if data[at] != 0]
        meta = [at for at in range(META) if data[at] != 0]
        kinds = {"meta": meta, "used": used, "any": range(len(data))}
        return [(self.rng.choice(kinds[kind]), self.rng.randrange(8))
                for kind, count in wanted.items() for _ in range(count)]

    def judge_verdict(self, copy, names):
        """Replay a copy. The same in every byte, or FAILED and why."""
        world = self.world
        code, verdict, report = world.replay(copy)
        if code == 0:
            if verdict == world.verdict and report == world.last_report:
                return "same", None
            return "another", "VERIFIED, but %s" % {
                key: value for key, value in verdict.items() if world.verdict.get(key) != value}
        if code == 1 and verdict.get("verdict") == "FAILED":
            return "named", None if names.search(verdict["why"]) else "FAILED, and names nothing: " + verdict["why"]
        return "broken", "exit %d: %s" % (code, verdict)

    # --- the journal ---

    def journal(self):
        world = self.world

        def replay(flip):
            copy = world.copy()
            self.flip(os.path.join(copy, "journal", "data.mdb"), *flip)
            return self.judge_verdict(copy, NAMES_JOURNAL)

        def start(flip, state):
            copy = world.copy()
            if not state:
                shutil.rmtree(os.path.join(copy, "state"))
            self.flip(os.path.join(copy, "journal", "data.mdb"), *flip[:2])
            outcome, log = world.judged_by_daemon(copy)
            if outcome == "refused":
                last = (log.strip().splitlines() or [""])[-1]
                if last == "allcleard:" and "journal: astray" in OPEN and len(flip) == 2:
                    return "refused without a word", None  # which is open below
                return outcome, None if NAMES_JOURNAL.search(last) else "it says " + last[-300:]
            if "signal 6" in outcome and "journal: rules" in OPEN and len(flip) == 2 and NAMES_JOURNAL.search(log):
                return "named by a broken check", None  # which is open below
            return (outcome, None) if outcome == "same" else ("broken", outcome)

        if self.wants("journal: rules"):
            offers = [found.start() for found in re.finditer(b"500-100", world.journal)]
            self.all("journal: rules", lambda flip: start(flip, True), [(at, 0, "rules") for at in offers[:6]])
        if self.wants("journal: astray"):
            self.all("journal: astray", lambda flip: start(flip, False), self.keys_of_branches())
        if self.wants("journal: replay"):
            self.all("journal: replay", replay, self.places(world.journal, JOURNAL_REPLAYS))
        if self.wants("journal: start"):
            self.all("journal: start", lambda flip: start(flip, False), self.places(world.journal, JOURNAL_STARTS))
        if self.wants("journal: start from a snapshot"):
            self.all("journal: start from a snapshot", lambda flip: start(flip, True),
                     self.places(world.journal, JOURNAL_STARTS))

    def keys_of_branches(self):
        """Bits that make a key of an index page greater: the records before it are looked for on another page, where
        they are not. LMDB: 16 bytes of head with flags at 10 and the end of the list of nodes at 12; a node has 8
        bytes of head with the key's length at 6, then the key, here a record's number."""
        data, flips = self.world.journal, []
        for page in range(META, len(data), 4096):
            if data[page + 10] & 1 == 0:
                continue
            for at in range(page + 18, page + int.from_bytes(data[page + 12:page + 14], sys.byteorder), 2):
                node = page + int.from_bytes(data[at:at + 2], sys.byteorder)
                last = node + 8 + 7
                if int.from_bytes(data[node + 6:node + 8], sys.byteorder) == 8 and data[last] & 1 == 0:
                    flips.append((last, 0, "a key"))
        return flips[:12]

    # --- snapshots ---

    def snapshots(self):
        world = self.world
        size = os.path.getsize(os.path.join(world.good, world.snapshot))
        with open(os.path.join(world.good, world.snapshot), "rb") as file:
            file.seek(size - 4096 + 16)
            length = int.from_bytes(file.read(8), "big")

        def start(flip):
            copy = world.copy()
            self.flip(os.path.join(copy, world.snapshot), *flip)
            outcome, log = world.judged_by_daemon(copy)
            if outcome != "same":
                return "broken", outcome
            over = "snapshot_passed_over why=" + world.snapshot in log
            sealed = flip[0] < length or size - 4096 <= flip[0] < size - 4096 + 306
            if over != sealed:
                return "broken", "passed over: %s, but sealed: %s" % (over, sealed)
            return ("passed over" if over else "unaffected"), None

        if self.wants("snapshots"):
            flips = []
            for i in range(SNAPSHOT_STARTS):
                at = (self.rng.randrange(length) if i % 2 else
                      size - 4096 + self.rng.randrange(306) if i % 8 else
                      self.rng.choice((self.rng.randrange(length, size - 4096), self.rng.randrange(size - 3790, size))))
                flips.append((at, self.rng.randrange(8)))
            self.all("snapshots", start, flips)

    # --- the checkpoint's slots ---

    def slots(self):
        world = self.world
        flips = [(self.rng.randrange(2 * SLOT), self.rng.randrange(8)) for _ in range(SLOT_REPLAYS)]

        def tampered(flip):
            copy = world.copy()
            self.flip(os.path.join(copy, "checkpoint.%d" % (flip[0] // SLOT)), flip[0] % SLOT, flip[1])
            return copy

        def replay(flip):
            """One slot is damaged: the other is an older anchor, or the newest. All else is as it was."""
            code, verdict, report = world.replay(tampered(flip))
            if code == 1 and verdict.get("verdict") == "FAILED":
                return "named", None if NAMES_SLOT.search(verdict["why"]) else verdict["why"]
            older = verdict.get("signed", 0) < world.verdict["signed"]
            if code == 0 and report == world.last_report and (
                    {**verdict, "signed": 0} == {**world.verdict, "signed": 0}):
                return ("the older anchor" if older else "same"), None
            return "broken", "exit %d: %s" % (code, verdict)

        def start(flip):
            outcome, log = world.judged_by_daemon(tampered(flip))
            last = (log.strip().splitlines() or [""])[-1]
            if outcome == "refused":
                return outcome, None if NAMES_SLOT.search(last) else last
            return (outcome, None) if outcome == "same" else ("broken", outcome)

        def tells(flip):
            _, log = world.judged_by_daemon(tampered(flip))
            slot = "checkpoint.%d" % (flip[0] // SLOT)
            return ("told", None) if slot in log else ("not told", "the log does not name " + slot)

        if self.wants("slots: the daemon tells"):
            self.all("slots: the daemon tells", tells, flips[-4:])
        if self.wants("slots: replay"):
            self.all("slots: replay", replay, flips)
        if self.wants("slots: start"):
            self.all("slots: start", start, flips[:SLOT_STARTS])
        if self.wants("slots: both"):
            self.slots_both()

    def slots_both(self):
        """Both damaged, exchanged, cut, lost: nothing says how far the journal must reach."""
        world = self.world

        def on(path, change):
            with open(path, "rb") as file:
                data = file.read()
            with open(path, "wb") as file:
                file.write(change(data))

        def exchanged(one, two):
            os.rename(one, one + ".x")
            os.rename(two, one)
            os.rename(one + ".x", two)
        at = self.rng.randrange(SLOT)
        ways = {
            "a bit of each": lambda one, two: (self.flip(one, at, 3), self.flip(two, at, 3)),
            "exchanged": exchanged,
            "cut": lambda one, two: (on(one, lambda d: d[:-1]), on(two, lambda d: d[:-1])),
            "zeros": lambda one, two: (on(one, lambda d: bytes(SLOT)), on(two, lambda d: bytes(SLOT))),
            "empty": lambda one, two: (on(one, lambda d: b""), on(two, lambda d: b"")),
            "lost": lambda one, two: (os.unlink(one), os.unlink(two)),
        }
        for name, harm in ways.items():
            name = "slots: both: " + name
            copy = world.copy()
            harm(os.path.join(copy, "checkpoint.0"), os.path.join(copy, "checkpoint.1"))
            code, verdict, _ = world.replay(copy)
            self.verdicts.case(name + ", replay", code == 1 and NAMES_SLOT.search(verdict.get("why", "")) is not None,
                               "exit %d: %s" % (code, verdict))
            outcome, log = world.judged_by_daemon(copy)
            self.verdicts.case(name + ", start", outcome == "refused" and NAMES_SLOT.search(log) is not None,
                               "%s: %s" % (outcome, log[-300:]))

    # --- receipts ---

    def receipts(self):
        if not self.wants("receipts"):
            return
        net = self.world.net
        net.hq = self.world.copy()
        net.address = self.kit_address()
        net.start()
        copy = os.path.join(self.world.dir, "backup")
        shutil.rmtree(copy, ignore_errors=True)
        net.must("backup", copy, "--no-verify", "--dir", net.hq)
        done = subprocess.run([os.path.join(self.options.bin, "receipts"), net.store("A"), copy], timeout=120,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace")
        net.stop()
        found = re.search(r"^(\d+) passed, (\d+) failed$", done.stdout, re.M)
        for line in done.stdout.splitlines()[:20]:
            if not re.match(r"\d+ passed", line):
                print("receipts: " + line)
        if found is None:
            self.verdicts.case("receipts", False, "exit %d" % done.returncode)
        else:
            self.verdicts.add(int(found[1]), int(found[2]))
            self.outcomes["receipts"] = {"refused or the same": int(found[1])}

    def kit_address(self):
        with open(os.path.join(self.world.net.store("A"), "node.json")) as file:
            return json.load(file)["address"]

    # --- reports ---

    def report_places(self):
        """Digits above all: an amount that is not the right one looks like one."""
        data = self.world.report
        digits = [at for at in range(len(data)) if data[at:at + 1].isdigit()]
        flips = [(self.rng.choice(digits), self.rng.randrange(4)) for _ in range(REPORT_FLIPS // 2)]
        flips += [(self.rng.randrange(len(data)), self.rng.randrange(8)) for _ in range(REPORT_FLIPS // 2)]
        for key in (b"\"participant\":", b"\"debtor\":", b"\"matrix\":", b"\"stores\":", b"\"participants\":"):
            flips.append((data.index(key) + 3, 0))
        return flips

    def reports(self):
        world = self.world

        def tampered(flip):
            copy = world.copy()
            self.flip(os.path.join(copy, "reports", CYCLE + ".json"), *flip)
            return copy

        def replay(flip):
            code, verdict, _ = world.replay(tampered(flip))
            good = code == 1 and re.search(r"record \d+: reports/%s\.json" % CYCLE, verdict.get("why", ""))
            return "named", None if good else "exit %d: %s" % (code, verdict)

        def shown(flip, words):
            """What the tool prints is refused, or as without the flip."""
            copy = tampered(flip)
            done = self.world.net.run(*words, "--dir", copy)
            if done.returncode == 0 and done.stdout != self.shown[words[-1]]:
                return "served", "served as if it were true, exit 0: %s" % words[0]
            if done.returncode < 0:
                return "broken", "%s died by signal %d" % (words[0], -done.returncode)
            return ("same" if done.returncode == 0 else "refused"), None

        flips = self.report_places()
        if self.wants("reports: replay"):
            self.all("reports: replay", replay, flips)
        self.shown = {}
        for group, words in (("reports: report json", ("report", CYCLE, "--format", "json")),
                             ("reports: report text", ("report", CYCLE, "--format", "text")),
                             ("reports: statement", ("statement", "A", CYCLE, "--format", "csv"))):
            if self.wants(group):
                self.shown[words[-1]] = world.net.must(*words, "--dir", world.good)
                self.all(group, lambda flip, w=words: shown(flip, w), flips)
        if self.wants("reports: daemon"):
            self.reports_of_daemon(flips)

    def reports_of_daemon(self, flips):
        """The file is changed while the daemon serves; it is asked as `allclear` and as a store ask it."""
        world = self.world
        network = Network(self.options.bin, world.dir)
        network.hq = world.copy()
        network.log = network.hq + ".log"
        path = os.path.join(network.hq, "reports", CYCLE + ".json")
        questions = ({"verb": "report", "cycle": CYCLE}, {"verb": "statement", "participant": "A", "cycle": CYCLE})
        network.start()
        right = [network.ask(**question) for question in questions]
        told, deaths, passed = [], [], 0
        for flip in flips:
            self.flip(path, *flip)
            for question, true in zip(questions, right):
                name = "byte %d bit %d, %s" % (flip[0], flip[1], question["verb"])
                try:
                    answer = network.ask(**question)
                except (OSError, ValueError):
                    answer = {"error": "none"}
                    deaths += [name] if not self.is_up(network) else []
                if answer != true and "error" not in answer:
                    told.append(name + ": served as if it were true")
                else:
                    passed += 1
                if not self.is_up(network):
                    network.start()
            self.flip(path, *flip)
        network.stop()
        self.outcomes["reports: daemon"] = {"served": len(told), "ended": len(deaths), "other": passed}
        self.verdicts.settle("reports: daemon serves them", passed, len(told), told)
        self.verdicts.settle("reports: daemon ends", 1 if not deaths else 0, len(deaths), deaths)

    @staticmethod
    def is_up(network):
        time.sleep(0.02)
        return network.is_up()

    def run(self):
        self.journal()
        self.snapshots()
        self.slots()
        self.reports()
        self.receipts()
        for group, counts in self.outcomes.items():
            print("%s: %s" % (group, ", ".join("%d %s" % (count, what) for what, count in sorted(counts.items()))))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--bin", default="build/release/bin")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only")
    parser.add_argument("--world")
    parser.add_argument("--keep", action="store_true")
    options = parser.parse_args()
    options.bin = os.path.abspath(options.bin)
    directory = options.world or tempfile.mkdtemp(prefix="allclear-tamper-")
    world = World(options.bin, directory, options.seed)
    tamper = Tamper(options, world)
    print("seed %d" % options.seed, flush=True)
    try:
        if not options.world:
            world.make()
        world.measure()
        tamper.run()
    except (Broken, OSError, subprocess.TimeoutExpired) as problem:
        tamper.verdicts.case("the test", False, str(problem))
    finally:
        world.net.stop()
    if tamper.verdicts.failed:
        print("the folder is kept: --world " + directory)
    elif not options.keep and not options.world:
        shutil.rmtree(directory)
    return tamper.verdicts.end()


if __name__ == "__main__":
    sys.exit(main())
