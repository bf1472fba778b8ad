#!/usr/bin/env python3
"""Publishes the real data through real processes: a daemon with a test clock, one store node a store with keys of
its own, all publishing at the same time, each in its own order, none more than 20 hours of event time ahead of the
slowest. Then the cycle is closed, reported, backed up and replayed, and the README's totals must come out.

publish.py --bin DIR [--all] [--days N] [--keep DIR] [RUN...]
    a RUN is a set, or `ahead`: two stores so far apart that a refund and a spend wait for each other until the close;
    --all: the big sets too; --days ends early and compares with simulate instead of the README
"""
import argparse
import bisect
import collections
import datetime
import json
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor

import check
import events
import figures

AHEAD_MS = 20 * 3600 * 1000
WINDOW_SECONDS = 60  # for one window to be in everywhere
ONE_MS = datetime.timedelta(milliseconds=1)
EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
DEFAULT = ("ahead", "cardsim-1000")
WHOLE = ("birmingham-raw", "birmingham-dedup", "completejourney")


class Failure(Exception):
    pass


def instant_ms(line):
    return (datetime.datetime.fromisoformat(re.search(r'"at":"([^"]+)"', line)[1]) - EPOCH) // ONE_MS


def instant_text(ms):
    return (EPOCH + ms * ONE_MS).isoformat(timespec="milliseconds")


class Lines:
    """Every store's lines, cut into windows of at most 20 hours inside one business day. Lines that come again
    (a batch sent twice) stand by themselves."""

    def __init__(self, directory, stores, days):
        zone = re.search(r'zone = "([+-])(\d\d):(\d\d)"', (directory / "alliance.conf").read_text())
        self.zone_ms = (int(zone[2]) * 60 + int(zone[3])) * (-60000 if zone[1] == "-" else 60000)
        self.of_store = {}
        self.again = {}
        for store in stores:
            self.read(store, (directory / (store + ".jsonl")).read_text().splitlines(keepends=True))
        self.cut(days)

    def read(self, store, lines):
        first = [line for n, line in enumerate(lines) if '"number":%d,' % (n + 1) in line]
        self.again[store] = lines[len(first):]
        self.of_store[store] = [(instant_ms(line), line) for line in first]

    def day(self, ms):
        return (ms + self.zone_ms) // 86400000

    def cut(self, days):
        self.starts = []
        self.ends = []
        for ms in sorted({ms for lines in self.of_store.values() for ms, _ in lines}):
            if self.starts and self.day(ms) == self.day(self.ends[-1]) and ms - self.starts[-1] < AHEAD_MS:
                self.ends[-1] = ms
                continue
            if days and self.starts and self.day(ms) - self.day(self.starts[0]) >= days:
                break
            self.starts.append(ms)
            self.ends.append(ms)
        for store, lines in self.of_store.items():
            self.of_store[store] = lines[:bisect.bisect_right(lines, self.ends[-1], key=lambda line: line[0])]
            self.again[store] = [line for line in self.again[store] if instant_ms(line) <= self.ends[-1]]

    def write_cut(self, directory):
        """The events that are left, as files of their own."""
        for store, lines in self.of_store.items():
            (directory / (store + ".jsonl")).write_text("".join(line for _, line in lines))

    def windows(self):
        """(the last instant, {store: lines}) in order."""
        at = dict.fromkeys(self.of_store, 0)
        for end in self.ends:
            window = {}
            for store, lines in self.of_store.items():
                upto = bisect.bisect_right(lines, end, lo=at[store], key=lambda line: line[0])
                if upto > at[store]:
                    window[store] = [line for _, line in lines[at[store]:upto]]
                    at[store] = upto
            yield end, window


class Network:
    """A daemon and its stores' nodes, each in a folder of its own under `directory`."""

    def __init__(self, programs, directory, stores):
        self.allclear = programs / "allclear"
        self.allcleard = programs / "allcleard"
        self.directory = directory
        self.hq = directory / "hq"
        self.stores = stores
        self.daemon = None
        self.publishers = {}

    def run(self, *arguments, codes=(0,)):
        done = subprocess.run(list(map(str, (self.allclear, *arguments))), stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=600)
        if done.returncode not in codes:
            raise Failure("%s: exit code %d\n%s%s" % (" ".join(map(str, arguments)), done.returncode,
                                                      done.stdout.decode()[-800:], done.stderr.decode()[-800:]))
        return done.stdout.decode()

    def ask(self, verb):
        """One question to the daemon by its control socket."""
        with socket.socket(socket.AF_UNIX) as s:
            s.connect(str(self.hq / "run" / "control"))
            s.sendall(json.dumps({"verb": verb}).encode() + b"\n")
            answer = b"".join(iter(lambda: s.recv(1 << 20), b""))
        return json.loads(answer)

    def begin(self, alliance, start_ms):
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            address = "tcp://127.0.0.1:%d" % s.getsockname()[1]
        self.run("init", "--dir", self.hq, "--alliance", alliance, "--test-clock", "--start",
                 instant_text(start_ms), "--listen", address)
        with open(self.directory / "daemon.log", "wb") as log:
            self.daemon = subprocess.Popen([self.allcleard, "--dir", self.hq, "--listen", address],
                                           stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        deadline = time.monotonic() + 20
        while True:
            try:
                head = self.ask("head")
            except OSError:
                head = {"address": None}
            if head["address"] == address:
                self.network = head["network"]
                return
            if self.daemon.poll() is not None or time.monotonic() > deadline:
                raise Failure("the daemon does not serve: %s" % self.log())
            time.sleep(0.05)

    def log(self):
        return (self.directory / "daemon.log").read_text(errors="replace")[-800:]

    def node(self, store):
        return self.directory / "nodes" / store

    def join(self, store):
        kit = self.directory / "kits" / (store + ".json")
        self.run("invite", store, "--out", kit, "--dir", self.hq)
        self.run("join", kit, "--dir", self.node(store))

    def join_all(self):
        for name in ("nodes", "kits", "inboxes", "out"):
            (self.directory / name).mkdir()
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(self.join, self.stores))
        for store in self.stores:  # one after the other: headquarters' records are numbered
            self.run("key", "approve", store, "--all-pending", "--dir", self.hq)

    def inbox(self, store):
        return self.directory / "inboxes" / (store + ".jsonl")

    def publish_begin(self):
        for store in self.stores:
            self.inbox(store).touch()
            with open(self.directory / "out" / (store + ".json"), "wb") as out, \
                    open(self.directory / "out" / (store + ".log"), "wb") as log:
                self.publishers[store] = subprocess.Popen(
                    [self.allclear, "publish", self.inbox(store), "--watch", "--json", "--dir", self.node(store)],
                    stdin=subprocess.DEVNULL, stdout=out, stderr=log)

    def publish(self, store, lines):
        with open(self.inbox(store), "a", encoding="ascii") as inbox:
            inbox.write("".join(lines))

    def publish_end(self):
        """Returns: the publishers' own tallies, added."""
        sums = collections.Counter()
        for process in self.publishers.values():
            process.terminate()
        for store, process in self.publishers.items():
            code = process.wait(60)
            text = (self.directory / "out" / (store + ".json")).read_text()
            if code != 0 or not text:
                raise Failure("publish of %s: exit code %d\n%s%s" % (
                    store, code, text[:500], (self.directory / "out" / (store + ".log")).read_text()[-500:]))
            tally = json.loads(text)
            tally.pop("refusals")
            sums.update(tally)
        self.publishers = {}
        return sums

    def publish_once(self, store, lines):
        """As a file of its own, by a publisher that ends. Returns: the tally."""
        if not lines:
            return {}
        path = self.directory / "inboxes" / (store + "-once.jsonl")
        path.write_text("".join(lines), encoding="ascii")
        tally = json.loads(self.run("publish", path, "--json", "--dir", self.node(store)))
        tally.pop("refusals")
        return tally

    def accepted(self):
        return {row["store"]: row["events"] for row in self.ask("head")["stores"]}

    def wait_until(self, wanted):
        """Until every store has so many events accepted."""
        deadline = time.monotonic() + WINDOW_SECONDS
        while True:
            got = self.accepted()
            behind = {s: (got[s], n) for s, n in wanted.items() if got[s] != n}
            if not behind:
                return
            if time.monotonic() > deadline:
                raise Failure("not all in, (accepted, published) of some: %s\n%s" % (
                    dict(list(behind.items())[:5]), self.log()))
            time.sleep(0.1)

    def clock(self, ms):
        self.run("clock", "set", instant_text(ms), "--dir", self.hq)

    def close(self):
        """Close, report, back up, replay. Returns: the report, and what the replay said last."""
        self.run("cycle", "close", "whole", "--dir", self.hq)
        text = self.run("report", "whole", "--format", "json", "--dir", self.hq)
        backup = self.directory / "backup"
        again = self.directory / "again.json"
        self.run("backup", backup, "--dir", self.hq)
        verdict = self.run("replay", backup, "--network", self.network, "--report", again)
        if again.read_text() != text:
            raise Failure("the replayed report is another")
        return json.loads(text), verdict.strip().splitlines()[-1]

    def end(self):
        """Nothing stays behind, whatever happened."""
        processes = [*self.publishers.values(), *([self.daemon] if self.daemon else [])]
        for process in processes:
            process.terminate()
        for process in processes:
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def publish_windows(network, lines):
    """Returns: how many windows."""
    wanted = collections.Counter()
    count = 0
    for end, window in lines.windows():
        network.clock(end)
        for store, new in window.items():
            network.publish(store, new)
            wanted[store] += len(new)
        network.wait_until(wanted)
        count += 1
    return count


def check_published(tally, name, network, lines, seconds):
    sent = sum(map(len, lines.of_store.values()))
    again = sum(map(len, lines.again.values()))
    sums = network.publish_end()
    tally.equal(name + " read", sums["read"], sent)
    tally.equal(name + " in", sums["accepted"] + sums["waiting"], sent)
    with ThreadPoolExecutor(8) as pool:
        for tally_of_store in pool.map(network.publish_once, *zip(*lines.again.items())):
            sums.update(tally_of_store)
    tally.equal(name + " already", sums["already"], again)
    tally.equal(name + " refused, pending", (sums["refused"], sums["pending"]), (0, 0))
    print("%-20s %d events of %d stores in %.1f s" % (name, sent, len(network.stores), seconds), flush=True)


def check_figures(tally, name, report, facts, expected):
    numeric = not name.startswith("birmingham")
    flow = figures.flow_of_report(report, facts, numeric)
    figures.compare(tally, name, figures.flow_figures(flow), expected)
    figures.check_report(tally, name, report, facts, flow, False)
    values = figures.outstanding_sums(report)
    taken_back = sum(f.cents // 100 for f in facts.of_kind("refund") if f.of)
    tally.equal(name + " wallets_fen", values["card"], expected["wallets_fen"])
    tally.equal(name + " points outstanding, and taken back", values["points"] + taken_back, expected["points"])


def check_simulated(tally, name, report, program, directory, stores):
    """The same money as the same events give when one process clears them in the order of time."""
    code, text, complaint, _ = check.simulate(program, directory, stores)
    tally.equal(name + " simulate " + complaint, code, 0)
    simulated = json.loads(text)
    for key in ("events", "participants", "matrix", "stores", "refused", "waiting", "outstanding"):
        tally.equal("%s %s as simulated" % (name, key), report[key] == simulated[key], True)


def check_set(tally, name, args, shared, directory):
    made = directory / "made"
    stores = events.make(name, shared, made)
    lines = Lines(made, stores, args.days)
    if args.days:
        lines.write_cut(made)
    network = Network(args.bin, directory, stores)
    try:
        began = time.monotonic()
        network.begin(made / "alliance.conf", lines.starts[0])
        network.join_all()
        print("%-20s %d stores joined in %.1f s" % (name, len(stores), time.monotonic() - began), flush=True)
        network.publish_begin()
        began = time.monotonic()
        windows = publish_windows(network, lines)
        check_published(tally, "%s, %d windows" % (name, windows), network, lines, time.monotonic() - began)
        began = time.monotonic()
        report, verdict = network.close()
        print("%-20s closed, backed up, replayed in %.1f s" % (name, time.monotonic() - began), flush=True)
    finally:
        network.end()
    tally.equal(name + " replay", verdict.startswith("VERIFIED"), True)
    if not args.days:
        expected = json.loads((check.HERE / "expected.json").read_text())[name]
        check_figures(tally, name, report, figures.Facts(made, stores), expected)
    check_simulated(tally, name, report, network.allclear, made, stores)


def ahead_line(kind, number, at, rest):
    return '{"type":"%s","terminal":"1","number":%d,"at":"%s","member":"1000001"%s}\n' % (kind, number, at, rest)


def ahead_sale(number, at):
    return ahead_line("sale", number, at, ',"gross_fen":5000,"pay":[{"with":"stored_value","product":"card",'
                      '"amount_fen":5000}]')


def check_ahead(tally, name, args, directory):
    """In order of time: X sells, X refunds, Y sells for what was refunded. Y alone comes first and takes the wallet;
    the sale at X now waits for its own refund. Both must be refused by name when the cycle closes."""
    directory.mkdir(parents=True, exist_ok=True)
    events.write_alliance(directory, "ahead", ["H", "X", "Y"], "PR", 366)
    days = ["2026-03-0%dT10:00:00+00:00" % n for n in (1, 2, 4, 5)]
    network = Network(args.bin, directory, ["H", "X", "Y"])
    try:
        network.begin(directory / "alliance.conf", instant_ms('"at":"%s"' % days[0]))
        network.join_all()
        network.publish_once("H", [ahead_line("enrol", 1, days[0], ""), ahead_line(
            "topup", 2, days[0], ',"product":"card","principal_fen":5000')])
        network.clock(instant_ms('"at":"%s"' % days[3]))
        accepted = network.publish_once("Y", [ahead_sale(1, days[3])])["accepted"]
        refund = ahead_line("refund", 2, days[2], ',"of":"X:1:1","amount_fen":5000')
        waiting = network.publish_once("X", [ahead_sale(1, days[1]), refund])["waiting"]
        tally.equal(name + " accepted, waiting", (accepted, waiting), (1, 2))
        report, verdict = network.close()
    finally:
        network.end()
    tally.equal(name + " replay", verdict.startswith("VERIFIED"), True)
    tally.equal(name + " refused by name", report["refused"], [
        {"event": "X:1:1", "reason": "INSUFFICIENT_FUNDS"}, {"event": "X:1:2", "reason": "UNKNOWN_ORIGINAL"}])
    tally.equal(name + " waiting after the close", report["waiting"], [])
    tally.equal(name + " matrix", [[c["debtor"], c["creditor"], c["amount_fen"]] for c in report["matrix"]],
                [["H", "Y", 5000]])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", type=pathlib.Path, required=True, help="where allclear and allcleard are")
    parser.add_argument("--all", action="store_true", help="birmingham and completejourney too: many minutes")
    parser.add_argument("--days", type=int, help="publish only so many business days, compare with simulate")
    parser.add_argument("--keep", type=pathlib.Path, help="leave the files here")
    parser.add_argument("runs", nargs="*")
    args = parser.parse_args()
    args.bin = args.bin.resolve()
    tally = figures.Tally()
    shared = events.shared_directory()
    for name in args.runs or DEFAULT + (WHOLE if args.all else ()):
        scratch = pathlib.Path(tempfile.mkdtemp(prefix="ac-"))  # short: a socket's path is at most 107 bytes
        try:
            directory = args.keep / name if args.keep else scratch
            if name == "ahead":
                check_ahead(tally, name, args, directory)
            elif events.available(shared):
                check_set(tally, name, args, shared, directory)
            else:
                print("SKIPPED: no %s" % (shared / "data"))
        except Failure as failure:
            tally.equal("%s: %s" % (name, failure), False, True)
        finally:
            shutil.rmtree(scratch)
    print("%d passed, %d failed" % (tally.passed, tally.failed))
    return 1 if tally.failed else 0


if __name__ == "__main__":
    sys.exit(main())
