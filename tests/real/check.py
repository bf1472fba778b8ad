#!/usr/bin/env python3
"""Clears the real data with `allclear simulate` and compares every total and digest with those of the data's
README (expected.json), computed from the claims of the single events and again from the report's matrix.

check.py --allclear PATH [--all] [--keep DIR] [RUN...]     a RUN is a set, or SET:PF for priced points;
                                                           the last line is "N passed, N failed"
"""
import argparse
import json
import pathlib
import subprocess
import sys
import tempfile
import time

import events
import figures

HERE = pathlib.Path(__file__).resolve().parent
DEFAULT = ("birmingham-raw", "birmingham-dedup", "completejourney", "completejourney:PF", "cardsim-1000",
           "cardsim-100000")


def simulate(program, directory, stores):
    command = [program, "simulate", directory / "alliance.conf", "--format", "json", "--out", directory / "out"]
    for store in stores:
        command += ["--events", "%s=%s" % (store, directory / (store + ".jsonl"))]
    began = time.monotonic()
    done = subprocess.run(list(map(str, command)), stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=1200)
    return done.returncode, done.stdout, done.stderr.decode("utf-8", "replace")[-500:], time.monotonic() - began


def check_values(tally, name, report, trail, lots, expected):
    """Wallets and points at the end, as lots and as the report's outstanding value."""
    tally.equal(name + " wallets_fen", lots["card"], expected["wallets_fen"])
    tally.equal(name + " points in lots, and taken back", lots["points"] + trail.sums["taken_back"],
                expected["points"])
    tally.equal(name + " outstanding", figures.outstanding_sums(report), lots)
    if name.endswith(":PF"):  # at a whole fen a point the claims are the points
        tally.equal(name + " points issued", trail.sums["issued"], lots["points"])


def check_run(tally, name, program, shared, directory):
    dataset, _, model = name.partition(":")
    expected = json.loads((HERE / "expected.json").read_text())[dataset]
    numeric = not dataset.startswith("birmingham")
    stores = events.make(dataset, shared, directory, model or "PR")
    code, text, complaint, seconds = simulate(program, directory, stores)
    tally.equal(name + " exit code " + complaint, code, 0)
    if code != 0:
        return
    report = json.loads(text)
    facts = figures.Facts(directory, stores)
    trail = figures.Trail(facts, numeric, not numeric)
    trail.read(directory / "out" / "cleared.jsonl")
    told = trail.figures()
    figures.compare(tally, name, told, expected)
    tally.equal(name + " figures left over", sorted(expected.keys() - told.keys()), ["wallets_fen"])
    tally.equal(name + " events whose claims are not the rules'", +trail.faults, {})
    tally.equal(name + " outcomes", trail.sums["ACCEPTED"] + trail.sums["DUPLICATE"], facts.lines)
    figures.check_report(tally, name, report, facts, trail.flow, model == "PF")
    tally.equal(name + " late", report["late"], [])
    figures.compare(tally, name + " by the matrix",
                    figures.flow_figures(figures.flow_of_report(report, facts, numeric)), expected)
    check_values(tally, name, report, trail, figures.lots_sums(directory / "out" / "lots.jsonl"), expected)
    print("%-20s %d events in %.1f s, %d a second" % (name, facts.lines, seconds, facts.lines / seconds), flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--allclear", required=True)
    parser.add_argument("--all", action="store_true", help="the whole of cardsim too: some minutes, 4 GB")
    parser.add_argument("--keep", type=pathlib.Path, help="leave the files here")
    parser.add_argument("runs", nargs="*")
    args = parser.parse_args()
    shared = events.shared_directory()
    if not events.available(shared):
        print("SKIPPED: no %s" % (shared / "data"))
        print("0 passed, 0 failed")
        return 0
    tally = figures.Tally()
    program = pathlib.Path(args.allclear).resolve()
    for name in args.runs or DEFAULT + (("cardsim",) if args.all else ()):
        with tempfile.TemporaryDirectory() as scratch:
            directory = (args.keep or pathlib.Path(scratch)) / name.replace(":", "-")
            check_run(tally, name, program, shared, directory)
    print("%d passed, %d failed" % (tally.passed, tally.failed))
    return 1 if tally.failed or not tally.passed else 0


if __name__ == "__main__":
    sys.exit(main())
