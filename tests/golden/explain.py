#!/usr/bin/env python3
"""Explains every event of generated histories and judges the words by their own figures: every formula is
worked out again with exact fractions, and the amounts that the steps say A owes B sum to the claims.

explain.py --allclear PATH [--from SEED] [--count N] [--events N]    prints "N passed, N failed" at the end
"""
import argparse
import collections
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
from fractions import Fraction

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "model"))
import generate  # noqa: E402

TERM = r"(?:\d[\d.]*%?|(?:floor|half-up)\([^()]*\))"
FORMULA = re.compile(r"(?<![\w.])(%s(?: [−×] %s)*) = (-?[\d,]+(?:\.\d\d)?)(?![\d%%])" % (TERM, TERM))
OWES = re.compile(r"^([\w-]+) owes ([\w-]+)( back)?: (?:.* = )?(-?[\d,]+\.\d\d)$")
BROKE = re.compile(r"; ([\w-]+) owes ([\w-]+) the rest")


def number(text):
    return Fraction(text[:-1]) / 100 if text.endswith("%") else Fraction(text)


def factors(text):
    """a × b / c"""
    value, by = Fraction(1), "×"
    for word in text.split(" "):
        if word in "×/":
            by = word
        else:
            value = value * number(word) if by == "×" else value / number(word)
    return value


def term(text):
    if text.startswith("floor("):
        return Fraction(factors(text[6:-1]).__floor__())
    if text.startswith("half-up("):
        return Fraction((factors(text[8:-1]) + Fraction(1, 2)).__floor__())
    return number(text)


def work_out(formula):
    value, by = Fraction(0), "+"
    for word in re.findall(TERM + "|[−×]", formula):
        if word in "−×":
            by = word
        else:
            value = {"+": value + term(word), "−": value - term(word), "×": value * term(word)}[by]
    return value


def figure(text):
    text = text.replace(",", "")
    return Fraction(text) * 100 if "." in text else Fraction(text)


def faults(entry):
    """What is wrong with one explanation, and how many formulas were worked out."""
    wrong, worked, owed = [], 0, collections.Counter()
    if entry["type"] == "expiry":
        lines = [entry["text"]]
    else:
        lines = [line for step in entry["steps"] for line in step["text"]]
        if entry["outcome"] != "ACCEPTED" and len(lines) < 2:
            wrong.append("no reason is given")
    for line in lines:
        for formula, result in FORMULA.findall(line):
            if not re.search("[(−×]", formula):
                continue  # an amount, no formula
            worked += 1
            # what is taken back stops at 0, and what a lot still has bounds what is taken
            if max(work_out(formula), 0) != figure(result):
                wrong.append("%s is %s: %s" % (formula, work_out(formula), line))
        found = OWES.match(line)
        if found:
            pair = (found[1], found[2])
            owed[pair] += figure(found[4])
    if entry["type"] != "expiry":
        claims = collections.Counter()
        for claim in entry["claims"]:
            claims[claim["debtor"], claim["creditor"]] += claim["amount_fen"]
        for pair in set(owed) | set(claims):
            if owed[pair] != claims[pair]:
                wrong.append("%s owes %s: steps %s, claims %s" % (*pair, owed[pair], claims[pair]))
    return wrong, worked


def explain(program, directory, event):
    done = subprocess.run([program, "explain", "--lang", "en", "--json", "--dir", directory, event],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60)
    if done.returncode != 0:
        return None, done.stderr.decode("utf-8", "replace")[-2000:]
    return json.loads(done.stdout), ""


def judge(program, seed, most):
    history = generate.History(seed)
    with tempfile.TemporaryDirectory() as directory:
        history.save(directory)
        out = os.path.join(directory, "out")
        command = [program, "simulate", os.path.join(directory, "alliance.conf"), "--out", out, "--format", "json"]
        for store in history.stores:
            command += ["--events", "%s=%s" % (store, os.path.join(directory, store + ".jsonl"))]
        subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=60)
        with open(os.path.join(out, "cleared.jsonl"), encoding="utf-8") as f:
            events = list(dict.fromkeys(json.loads(line)["event"] for line in f))
        wrong, worked, kinds = [], 0, collections.Counter()
        for event in events[:most]:
            told, problem = explain(program, out, event)
            if told is None:
                wrong.append("seed %d %s: %s" % (seed, event, problem))
                continue
            for entry in told["history"]:
                bad, formulas = faults(entry)
                worked += formulas
                wrong += ["seed %d %s: %s" % (seed, event, text) for text in bad]
                kinds.update(step["kind"] for step in entry.get("steps", ()))
                kinds.update([entry["type"]] if entry["type"] == "expiry" else [])
        return len(events[:most]), wrong, worked, kinds


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--allclear", required=True)
    parser.add_argument("--from", dest="first", type=int, default=1)
    parser.add_argument("--count", type=int, default=10)
    parser.add_argument("--events", type=int, default=10**9)
    args = parser.parse_args()
    told = bad = formulas = 0
    kinds = collections.Counter()
    for seed in range(args.first, args.first + args.count):
        events, wrong, worked, seen = judge(args.allclear, seed, args.events)
        told, formulas, kinds = told + events, formulas + worked, kinds + seen
        bad += len({text.split(":", 1)[0] + text.split(" ", 3)[2] for text in wrong})
        for text in wrong[:10]:
            print(text)
    print("%d formulas; steps: %s" % (formulas, dict(sorted(kinds.items()))))
    print("%d passed, %d failed" % (told - bad, bad))
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
