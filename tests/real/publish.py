#!/usr/bin/env python3
"""Publishes the real data through real processes: a daemon with a test clock, one store node a store with keys of
its own, all publishing at the same time, each in its own order, none more than 20 hours of event time ahead of the
slowest. Then the cycle is closed, reported, backed up and replayed, and the README's totals must come out.

publish.py --bin DIR [--all] [--days N] [--keep DIR] [RUN...]
    a RUN is a set, or `ahead`: two stores so far apart that a refund and a spend wait for each other until the close;
    --all: cardsim and birmingham with its copies too; --days ends early and compares with simulate instead of the
    README
"""
import argparse
import bisect
import collections
import json
import pathlib
import re
import shutil
import sys
import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

import check
import events
import figures
from network import Failure, Network, instant_ms, scratch_folder

AHEAD_MS = 20 * 3600 * 1000
GIGABYTES, GIGABYTES_ALL = 2, 8  # of files, generously
DEFAULT = ("ahead", "birmingham-dedup", "completejourney")
WHOLE = ("birmingham-raw", "cardsim")


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

    def last_of_day(self, n):
        """The last instant that the n-th window's business day has."""
        while n + 1 < len(self.ends) and self.day(self.ends[n + 1]) == self.day(self.ends[n]):
            n += 1
        return self.ends[n]

    def windows(self):
        """(the last instant of the day, {store: lines}) in order."""
        at = dict.fromkeys(self.of_store, 0)
        for n, end in enumerate(self.ends):
            window = {}
            for store, lines in self.of_store.items():
                upto = bisect.bisect_right(lines, end, lo=at[store], key=lambda line: line[0])
                if upto > at[store]:
                    window[store] = [line for _, line in lines[at[store]:upto]]
                    at[store] = upto
            yield self.last_of_day(n), window


def publish_windows(network, lines):
    """Returns: how many windows."""
    wanted = collections.Counter()
    count = 0
    clock = None
    for last, window in lines.windows():
        if last != clock:
            clock = last
            network.clock(last)
        for store, new in window.items():
            network.publish(store, new)
            wanted[store] += len(new)
        network.wait_until(wanted, len(window))
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


def differing(got, wanted):
    """The first rows that only one of them has."""
    if not isinstance(got, list):
        return [] if got == wanted else [got, wanted]
    return [["reported", row] for row in got if row not in wanted][:3] + [
        ["simulated", row] for row in wanted if row not in got][:3]


def check_simulated(tally, name, report, program, directory, stores):
    """The same money as the same events give when one process clears them in the order of time."""
    code, text, complaint, _ = check.simulate(program, directory, stores)
    tally.equal(name + " simulate " + complaint, code, 0)
    simulated = json.loads(text)
    for told in (report, simulated):  # how many lots the same value lies in depends on the order within a window
        for row in told["outstanding"]:
            row.pop("lots")
    for key in ("events", "participants", "matrix", "stores", "refused", "waiting", "outstanding"):
        tally.equal("%s %s as simulated" % (name, key), differing(report[key], simulated[key]), [])


def first_ms(directory, store):
    with open(directory / (store + ".jsonl"), encoding="ascii") as lines:
        return instant_ms(next(lines))


def check_set(tally, name, args, shared, directory):
    made = directory / "made"
    with ProcessPoolExecutor(1) as pool:  # what it took of memory is gone before hundreds of processes are forked
        stores = pool.submit(events.make, name, shared, made).result()
    network = Network(args.bin, directory, stores)
    try:
        began = time.monotonic()
        network.begin(made / "alliance.conf", min(first_ms(made, store) for store in stores))
        network.join_all(watch=True)
        print("%-20s %d stores joined in %.1f s" % (name, len(stores), time.monotonic() - began), flush=True)
        lines = Lines(made, stores, args.days)
        if args.days:
            lines.write_cut(made)
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
        network.join_all(watch=False)
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
    parser.add_argument("--all", action="store_true", help="all of %s too: many minutes" % ", ".join(WHOLE))
    parser.add_argument("--days", type=int, help="publish only so many business days, compare with simulate")
    parser.add_argument("--keep", type=pathlib.Path, help="leave the files here")
    parser.add_argument("runs", nargs="*")
    args = parser.parse_args()
    args.bin = args.bin.resolve()
    tally = figures.Tally()
    shared = events.shared_directory()
    for name in args.runs or DEFAULT + (WHOLE if args.all else ()):
        scratch = scratch_folder(GIGABYTES_ALL if name == "cardsim" else GIGABYTES)
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
