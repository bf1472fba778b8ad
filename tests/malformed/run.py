"""Malformed frames, batches, lines, questions, peers and files against a real network: each is refused as it must
be, the daemon is up all the time, and its state is what it was.

    run.py --bin DIR [--seed S] [--only PREFIX] [--keep]

PREFIX is the beginning of a case's name as it is printed when it fails: "batches", "lines: ", "alliance: fee-3",
"control: verb", "peers: slow" ... The world around it is made all the same.
"""
import argparse
import importlib.util
import os
import pathlib
import random
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time

import control
import lines
import peers

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "network"))
from network import Broken, Network, STORES, Verdicts, day_of_events  # noqa: E402

FLOOD = 1500

# Cases that fail today for a reason that is known and not mended yet (Verdicts.settle).
OPEN = {}


class Harm:
    def __init__(self, options, directory):
        self.options, self.dir = options, directory
        self.verdicts = Verdicts(options.only, OPEN)
        self.networks = []
        self.network = self.another("one")
        self.copy = os.path.join(directory, "copy")
        self.digest = None

        self.ended = 0  # times that the daemon ended over an open case

    def another(self, name):
        network = Network(self.options.bin, os.path.join(self.dir, name))
        self.networks.append(network)
        return network

    def wants(self, group):
        only = self.options.only
        return only is None or only.startswith(group) or group.startswith(only)

    def set_up(self, network):
        os.mkdir(network.dir)
        network.set_up()
        rng = random.Random(self.options.seed)
        for name in STORES:
            network.publish(name, day_of_events(name, rng, 40), codes=(0, 65))

    def unharmed(self, after):
        """The daemon is up and its state is what it was."""
        up = self.network.is_up()
        self.verdicts.case(after + ": the daemon is up", up, "it has ended:\n" + self.network.logged()[-1000:])
        if not up:
            self.network.start()
        digest = self.network.digest()
        self.verdicts.case(after + ": the state is what it was", digest == self.digest,
                           "digest %s, before %s" % (digest, self.digest))
        self.digest = digest

    # --- the hostile store ---

    def play(self, group, own="A", other="B", what=None):
        words = [os.path.join(self.options.bin, "hostile"), group, self.network.store(own), self.network.store(other),
                 str(self.options.seed)]
        done = subprocess.run(words + ([what] if what else []), stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              text=True, errors="backslashreplace", timeout=200)
        found = re.search(r"^(\d+) passed, (\d+) failed$", done.stdout, re.M)
        told = [line for line in done.stdout.splitlines() if not re.match(r"\d+ passed, \d+ failed$", line)]
        if found is None or done.returncode != 0:
            return 0, 1, told + ["exit %d" % done.returncode]
        return int(found[1]), int(found[2]), told

    def hostile(self, group, **how):
        if self.wants(group):
            passed, failed, told = self.play(group, **how)
            for line in told:
                print("%s: %s" % (group, line))
            self.verdicts.add(passed, failed)
            self.unharmed(group)

    def open_case(self, name, group, **how):
        if not self.wants(name):
            return
        passed, failed, told = self.play(group, **how)
        if not self.network.is_up():
            failed, told = failed + 1, told + ["the daemon has ended"]
            self.ended += name in OPEN
            self.network.start()
        self.verdicts.settle(name, passed, failed, told)
        self.unharmed(name)

    # --- lines ---

    def same_figures(self, twin):
        for question in ({"verb": "report"}, {"verb": "positions"}):
            one, two = self.network.ask(**question), twin.ask(**question)
            self.verdicts.case("lines: %s is the twin's" % question["verb"], one == two and "error" not in one,
                               "%s\n  and %s" % (str(one)[:1500], str(two)[:1500]))

    def lines(self):
        """Spoilt lines among good ones, beside a twin that gets the good ones alone."""
        if not self.wants("lines"):
            return
        twin = self.another("two")
        rng = random.Random(self.options.seed + 1)
        self.set_up(twin)
        bad = lines.spoilt(rng)
        good = day_of_events("A", rng, 60, first=1001)
        file = []  # (line, beginning of the detail; None: good)
        for i, case in enumerate(bad):
            if i % 29 == 0 and i // 29 < len(good):
                file.append((good[i // 29], None))
            file.append(case)
        good = [line for line, begins in file if begins is None]
        told = self.network.publish("A", [line for line, _ in file], codes=(65,))
        plain = twin.publish("A", good, codes=(0, 65))
        by_line = {row["line"]: row for row in told["refusals"] if row["reason"] == "BAD_LINE"}
        for number, (line, begins) in enumerate(file, 1):
            row = by_line.get(number)
            if begins is None:
                self.verdicts.case("lines: good line %d" % number, row is None, str(row))
                continue
            self.verdicts.case("lines: line %d, %r" % (number, line[:200]),
                               row is not None and row["detail"].startswith(begins) and row["file"] == told["file"],
                               "%r is due, not %s" % (begins, row))
        for key in ("accepted", "waiting"):
            self.verdicts.case("lines: " + key, told[key] == plain[key], "%d, the twin's %d" % (told[key], plain[key]))
        self.verdicts.case("lines: refused", told["refused"] == plain["refused"] + len(bad), str(told["refused"]))
        after = self.network.digest()
        self.verdicts.case("lines: the good ones were taken", after != self.digest, "the state is what it was")
        self.digest = after
        self.same_figures(twin)
        again = self.network.publish("A", [line for line, _ in file], codes=(65,))
        self.verdicts.case("lines: once only", again["accepted"] == 0 and again["waiting"] == 0 and
                           again["already"] == told["accepted"] + told["waiting"], str({
                               key: again[key] for key in ("accepted", "waiting", "already", "refused")}))
        self.unharmed("lines")
        told = twin.publish("B", lines.with_nul(), codes=(0, 65))
        taken = {row["line"] for row in told["refusals"] if row["detail"].startswith("line: not JSON")}
        missing = ["line %d" % number for number in range(1, told["read"] + 1) if number not in taken]
        self.verdicts.settle("nul", len(taken), len(missing), missing)
        twin.stop()

    # --- files of headquarters ---

    def alliance(self):
        if not self.wants("alliance"):
            return
        path = HERE.parent / "bad" / "alliance" / "make.py"
        spec = importlib.util.spec_from_file_location("make", path)
        make = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(make)
        folder = pathlib.Path(self.dir) / "alliance"
        folder.mkdir()
        (folder / "sub").mkdir()  # one of the cases names it
        for name, conf, stores, file, line, column, says in make.CASES:
            (folder / "alliance.conf").write_bytes(conf)
            (folder / "stores.csv").write_bytes(stores)
            start = file + ":" + ("%d:" % line if line else "") + ("%d:" % column if column else "")
            for verb in ("diff", "apply"):
                case = "alliance: %s, %s" % (name, verb)
                if not self.verdicts.wants(case):
                    continue
                done = self.network.run(verb, "--alliance", "alliance.conf", "--dir", self.network.hq, cwd=folder)
                good = done.returncode == 65 and any(
                    text.startswith(start) and says in text for text in done.stderr.splitlines())
                self.verdicts.case(case, good, "exit %d, %s ... %s is due, not\n%s" % (
                    done.returncode, start, says, done.stderr[-1000:]))
        self.unharmed("alliance")

    # --- peers ---

    def peers(self):
        if not self.wants("peers"):
            return
        address = self.network.address
        peers.strangers(address, self.options.seed, self.verdicts)
        peers.slow(address, self.verdicts)

        def honest():
            began = time.monotonic()
            done = self.network.run("mine", "--dir", self.network.store("B"), "--json", "--wait", "30")
            took = time.monotonic() - began
            return done.returncode == 0 and took < 20, "exit %d after %.1f s: %s" % (
                done.returncode, took, done.stderr[-500:])
        peers.flood(address, FLOOD, honest, self.verdicts)
        self.unharmed("peers")

    def run(self):
        self.set_up(self.network)
        kit = os.path.join(self.dir, "kit-again")
        self.network.must("invite", "A", "--dir", self.network.hq, "--out", kit)
        self.network.must("backup", self.copy, "--no-verify", "--dir", self.network.hq)
        self.digest = self.network.digest()
        for group in ("frames", "batches", "events", "mutants", "queries", "strangers"):
            self.hostile(group)
        self.hostile("invited", what=kit)
        self.peers()
        if self.wants("control"):
            _, failed, told = self.play("records", what=self.copy)
            signed = [line.split()[1] for line in told if line.startswith("record ")]
            self.verdicts.case("control: records to send again", failed == 0 and len(signed) > 3, str(told)[:300])
            control.run(self.network, self.options.seed, signed, self.verdicts)
            self.unharmed("control")
        self.alliance()
        self.lines()
        self.open_case("relay", "relay", what=self.copy)
        for number in range(5):
            self.open_case("sayings %d" % number, "sayings", what=str(number))
        if self.wants("equivocation"):  # the only one that is to be kept, as evidence: the last
            passed, failed, told = self.play("equivocation", own="C", what=self.copy)
            for line in told:
                print("equivocation: " + line)
            self.verdicts.add(passed, failed)
            self.verdicts.case("equivocation: it is evidence", self.network.digest() != self.digest,
                               "the state is what it was")
        code = self.network.stop()
        self.verdicts.case("the daemon ends in order", code == 0, "exit %s" % code)
        self.verify()

    def verify(self):
        """What it wrote under all this is good to the last record."""
        done = self.network.run("replay", self.network.hq, "--network", self.network.network())
        self.verdicts.case("the journal verifies", done.returncode == 0, done.stdout[-500:])
        broken = [line for line in self.network.logged().splitlines() if "broken check" in line]
        self.verdicts.case("no check was broken", len(broken) == self.ended, "\n".join(broken))

    def end(self):
        for network in self.networks:
            network.stop()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--bin", default="build/release/bin")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only")
    parser.add_argument("--keep", action="store_true")
    options = parser.parse_args()
    options.bin = os.path.abspath(options.bin)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 20000) if hard > 0 else 20000, hard))
    directory = tempfile.mkdtemp(prefix="allclear-malformed-")
    print("seed %d" % options.seed, flush=True)
    harm = Harm(options, directory)
    try:
        harm.run()
    except (Broken, OSError, subprocess.TimeoutExpired) as problem:
        harm.verdicts.case("the test", False, "%s (see %s)" % (problem, directory))
    finally:
        harm.end()
    if not options.keep and harm.verdicts.failed == 0:
        shutil.rmtree(directory)
    return harm.verdicts.end()


if __name__ == "__main__":
    sys.exit(main())
