#!/usr/bin/env python3
"""Clears generated histories with `allclear simulate` and with the model, and compares byte for byte.

judge.py --allclear PATH [--from SEED] [--count N] [--keep DIR] [--all] [--jobs N]
judge.py --properties [--allclear PATH] ...    what must hold whatever the figures are
"""
import argparse
import copy
import json
import multiprocessing
import os
import shutil
import subprocess
import sys
import tempfile
import time

import generate
import model
from terms import Alliance, day_text

FILES = ("cleared.jsonl", "lots.jsonl")
USES = {"principal", "bonus", "pack", "points_redeem"}


def clear_with_model(data, lines, opening, deadlines):
    clearing = model.simulate(Alliance(data), lines, opening, deadlines)
    return clearing, {"cleared.jsonl": model.dump(clearing.out), "lots.jsonl": model.dump(clearing.end_lots())}


def clear_with_program(program, history, directory, bad):
    history.save(directory)
    command = [program, "simulate", "--format", "json", os.path.join(directory, "alliance.conf")]
    for store in history.stores:
        command += ["--events", "%s=%s" % (store, os.path.join(directory, store + ".jsonl"))]
    if history.opening:
        command += ["--opening", os.path.join(directory, "opening.csv")]
    for on in history.deadlines:
        command += ["--deadline", day_text(on)]
    out = os.path.join(directory, "c")
    os.makedirs(out, exist_ok=True)
    done = subprocess.run(command + ["--out", out], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, timeout=60)
    got = {}
    for name in FILES:
        try:
            with open(os.path.join(out, name), encoding="utf-8", errors="replace", newline="") as f:
                got[name] = f.read()
        except OSError:
            got[name] = None
    expected = 65 if bad else 0
    problem = ""
    if done.returncode != expected or None in got.values():
        problem = "exit code %s (expected %s), files %s\n%s" % (
            done.returncode, expected, [n for n in FILES if got[n] is not None],
            done.stderr.decode("utf-8", "replace")[-1500:])
    return got, problem


def hint(ours, theirs):
    """The first thing in which two lines differ, in words."""
    try:
        a, b = json.loads(ours), json.loads(theirs)
    except ValueError:
        return "one of the two has no such line, or it is not JSON"
    for key in a:
        if key not in b or a[key] != b[key]:
            if isinstance(a[key], list) and isinstance(b.get(key), list):
                for x, y in zip(a[key], b[key]):
                    if x != y:
                        return "%s: model %s, program %s" % (key, compact(x), compact(y))
                rest = a[key][len(b[key]):] or b[key][len(a[key]):]
                return "%s: only %s has %s" % (key, "the model" if len(a[key]) > len(b[key]) else "the program",
                                               compact(rest[0]))
            return "%s: model %s, program %s" % (key, compact(a[key]), compact(b.get(key)))
    return "same content, other bytes (order of keys, spaces)"


def compact(x):
    return json.dumps(x, ensure_ascii=False, separators=(",", ":"))


def source_of(history, reference):
    """The line or lines of the files that may be this event."""
    if not reference or reference.startswith("opening"):
        return []
    store, terminal, number = reference.split(":")
    found = []
    for text in history.files()[store]:
        try:
            event = json.loads(text)
        except ValueError:
            continue
        if isinstance(event, dict) and event.get("terminal") == terminal and event.get("number", int(number)) == int(number):
            found.append(text)
    return found[:4]


def difference(history, ours, theirs):
    for name in FILES:
        if ours[name] == theirs[name]:
            continue
        a, b = ours[name].split("\n"), theirs[name].split("\n")
        i = next((i for i, (x, y) in enumerate(zip(a, b)) if x != y), min(len(a), len(b)))
        x, y = (l[i] if i < len(l) and l[i] else "(end of file)" for l in (a, b))
        try:
            line = json.loads(x if x.startswith("{") else y)
        except ValueError:
            line = {}
        reference = line.get("event") or line.get("lot", "").rsplit("/", 1)[0]
        return "\n".join(["seed %d: %s line %d differs: event %s %s" % (
            history.seed, name, i + 1, reference, line.get("type", "")),
            *("  source:  " + s for s in source_of(history, reference)),
            "  model:   " + x, "  program: " + y, "  hint:    " + hint(x, y)])
    return ""


def swapped(data):
    """The same alliance with F1 and F2 in each other's place."""
    data = copy.deepcopy(data)
    kept = set()
    for p in data["products"]:
        if p["kind"] != "points":
            p["model"] = {"F1": "F2", "F2": "F1"}.get(p["model"], p["model"])
            if p["model"] == "F1":
                kept.add(p["id"])
            else:
                p.pop("commission", None)
    for o in data.get("offers", []):
        if o["product"] not in kept:
            o.pop("commission", None)
    return data


def redeemed(data, text):
    """What redeemers get, per event and lot, where redeemer and seller differ and HQ does not redeem."""
    alliance, out = Alliance(data), {}
    owner = {s: x.participant for s, x in alliance.stores.items()}
    for line in text.splitlines():
        line = json.loads(line)
        out[(line["event"], line["booked"], line["type"], line["outcome"])] = 0
        for c in line["claims"]:
            for p in c["parts"] if c["kind"] in ("principal", "bonus", "pack") else ():
                if p["used"] and owner[p["sold"]] != owner[p["used"]] and owner[p["used"]] != alliance.hq:
                    key = (line["event"], c["kind"], c["reversal"], p["lot"], p["used"])
                    out[key] = out.get(key, 0) + p["amount_fen"]
    return out


def broken_property(clearing, totals, cleared):
    """The name of a property that the cleared lines do not have, or nothing."""
    nets, settled, reversed_ = {}, {}, {}
    for text in cleared.splitlines():
        line = json.loads(text)
        for c in line["claims"]:
            n = c["amount_fen"]
            if n <= 0 or c["debtor"] == c["creditor"] or n != sum(p["amount_fen"] for p in c["parts"]):
                return "a claim of nothing, to oneself, or not the sum of its parts: " + text
            for who, sign in ((c["debtor"], -1), (c["creditor"], 1)):
                nets[who] = nets.get(who, 0) + sign * n
            for p in c["parts"] if c["kind"] in USES else ():
                if p["used"] and not c["reversal"]:
                    key = (p["lot"], c["kind"], c["debtor"])
                    settled[key] = settled.get(key, 0) + p["amount_fen"]
                elif p["used"]:
                    # A void of a refund runs the reversal backwards: towards the redeemer again.
                    back = c["debtor"] == clearing.participant(p["used"])
                    key = (p["lot"], c["kind"], c["creditor"] if back else c["debtor"])
                    reversed_[key] = reversed_.get(key, 0) + (1 if back else -1) * p["amount_fen"]
    if sum(nets.values()):
        return "claims do not sum to zero"
    for key, n in settled.items():
        if n > totals.get(key, 0):
            return "lot %s settled %d of %d on %s" % (key[0], n, totals.get(key, 0), key[2])
        if not 0 <= reversed_.get(key, 0) <= n:
            return "lot %s gave back %d of %d to %s" % (key[0], reversed_.get(key, 0), n, key[2])
    return ""


def lot_totals(clearing):
    """What each lot may settle on each debtor; a voided refund's lots count as well."""
    totals = {}
    made = [lot for record in clearing.records.values() for lot in record.lots]
    for lot in clearing.opened + made:
        kind = {"stored_value": "principal", "points": "points_redeem", "pack": "pack"}[lot.product.kind]
        for name, debtors in ((kind, lot.main), ("bonus", lot.side)):
            for who, n in debtors:
                totals[(lot.id, name, who)] = totals.get((lot.id, name, who), 0) + n
    return totals


def judge(job):
    """(seed, lines, what is wrong)"""
    seed, program, keep, properties = job
    history = generate.History(seed)
    lines, bad = generate.lines_of(history)
    seen = []
    for data in (history.data, swapped(history.data)) if properties else (history.data,):
        history.data = data
        clearing, ours = clear_with_model(data, lines, history.opening, history.deadlines)
        problem = ""
        if program:
            directory = tempfile.mkdtemp(prefix="judge-")
            try:
                theirs, problem = clear_with_program(program, history, directory, bad or clearing.opening_refused)
                if None not in theirs.values():
                    problem = difference(history, ours, theirs) or problem
                if problem and keep:
                    kept = os.path.join(keep, "seed-%d" % seed)
                    shutil.rmtree(kept, ignore_errors=True)
                    shutil.copytree(directory, kept)
                    os.makedirs(os.path.join(kept, "model"), exist_ok=True)
                    for name in FILES:
                        with open(os.path.join(kept, "model", name), "w", encoding="utf-8") as f:
                            f.write(ours[name])
                    problem += "\n  kept in  " + kept
            except subprocess.TimeoutExpired:
                problem = "no end within a minute"
            finally:
                shutil.rmtree(directory, ignore_errors=True)
        if properties and not problem:
            problem = broken_property(clearing, lot_totals(clearing), ours["cleared.jsonl"])
            # which lines there are to dispute is what the models differ in
            undisputed = [line for line in lines if line[1]["type"] != "dispute"]
            seen.append(redeemed(data, clear_with_model(data, undisputed, history.opening, history.deadlines)[1]["cleared.jsonl"]))
        if problem:
            return seed, len(lines), problem if problem.startswith("seed") else "seed %d: %s" % (seed, problem)
    if properties and seen[0] != seen[1]:
        key = next(k for k in list(seen[0]) + list(seen[1]) if seen[0].get(k) != seen[1].get(k))
        return seed, len(lines), "seed %d: a redeemer gets another amount under F1 and F2: %s %s %s" % (
            seed, key, seen[0].get(key), seen[1].get(key))
    return seed, len(lines), ""


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--allclear", metavar="PATH")
    parser.add_argument("--from", type=int, default=1, dest="first", metavar="SEED")
    parser.add_argument("--count", type=int, default=500)
    parser.add_argument("--keep", metavar="DIR", help="leave the files of histories that differ here")
    parser.add_argument("--all", action="store_true", help="go on after a difference and count them")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--properties", action="store_true")
    args = parser.parse_args()
    if not args.allclear and not args.properties:
        parser.error("--allclear PATH is needed to compare")
    program = os.path.abspath(args.allclear) if args.allclear else None
    jobs = [(s, program, args.keep, args.properties) for s in range(args.first, args.first + args.count)]
    histories = lines = wrong = 0
    shown = time.monotonic()
    with multiprocessing.Pool(args.jobs) as pool:
        for seed, n, problem in pool.imap(judge, jobs, chunksize=4):
            histories += 1
            lines += n
            if problem:
                wrong += 1
                print(problem, flush=True)
                if not args.all:
                    break
            if time.monotonic() - shown > 2:
                shown = time.monotonic()
                print("%d of %d histories, %d differ" % (histories, args.count, wrong), file=sys.stderr, flush=True)
        pool.terminate()
    verdict = ("hold" if args.properties else "equal") if not wrong else "%d DIFFER" % wrong
    print("judged %d histories, %d events: %s" % (histories, lines, verdict))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
