#!/usr/bin/env python3
"""Clears the goldens with `allclear simulate` and compares with figures that were worked out by hand from the
rules. Each folder beside this file is a case: event files STORE.jsonl and expected.json; every figure named
there is one test.

run.py --allclear PATH [CASE...]     the last line is "N passed, N failed"
"""
import argparse
import collections
import json
import pathlib
import re
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]


class Tally:
    def __init__(self):
        self.passed = self.failed = 0

    def equal(self, name, got, expected):
        if got == expected:
            self.passed += 1
            return
        self.failed += 1
        print("%s\n  expected %s\n  got      %s" % (name, expected, got))


def run(program, *arguments):
    done = subprocess.run([program, *map(str, arguments)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=120)
    return done.returncode, done.stdout.decode("utf-8"), done.stderr.decode("utf-8", "replace")


def repeated(repeat, directory):
    """Events that differ in nothing but their number, too many to keep as a file."""
    path = pathlib.Path(directory) / (repeat["store"] + "-repeated.jsonl")
    with open(path, "w", encoding="utf-8") as f:
        for number in range(1, repeat["count"] + 1):
            f.write(json.dumps({**repeat["event"], "number": number}) + "\n")
    return path


def events_of(case, expected, directory):
    files = [(path.stem, path) for path in sorted(case.glob("*.jsonl"))]
    if "repeat" in expected:
        files.append((expected["repeat"]["store"], repeated(expected["repeat"], directory)))
    return [word for store, path in files for word in ("--events", "%s=%s" % (store, path))]


def alliance_of(case, name):
    return case / name if (case / name).exists() else ROOT / name


def claims_by_event(out):
    claims = collections.defaultdict(list)
    with open(out / "cleared.jsonl", encoding="utf-8") as f:
        for line in map(json.loads, f):
            for c in line["claims"]:
                claims[line["event"]].append([c["kind"], c["debtor"], c["creditor"], c["reversal"], c["amount_fen"]])
    return claims


def check_report(tally, name, report, expected):
    tally.equal(name + " events", report["events"], expected["events"])
    tally.equal(name + " sum of nets", sum(p["net_fen"] for p in report["participants"]), 0)
    for p in report["participants"]:
        tally.equal("%s net of %s" % (name, p["participant"]), p["net_fen"], expected["nets"].get(p["participant"]))
        tally.equal("%s in - out of %s" % (name, p["participant"]), p["in_fen"] - p["out_fen"], p["net_fen"])
    tally.equal(name + " participants", sorted(expected["nets"]), [p["participant"] for p in report["participants"]])
    for key in ("refused", "waiting"):
        got = [[e["event"], e["reason"]] for e in report[key]]
        tally.equal("%s %s" % (name, key), got, expected.get(key, []))
    tally.equal(name + " late", report["late"], [])
    if "matrix" in expected:
        got = [[c[k] for k in ("debtor", "creditor", "kind", "reversal", "count", "amount_fen")] for c in report["matrix"]]
        tally.equal(name + " matrix", got, expected["matrix"])
    if "memos" in expected:
        got = {s["store"]: {m["kind"]: m["amount_fen"] for m in s["memo"]} for s in report["stores"] if s["memo"]}
        tally.equal(name + " memos", got, expected["memos"])
    if "outstanding" in expected:
        keys = ("issuer", "product", "lots", "principal_fen", "bonus_fen", "points", "uses")
        tally.equal(name + " outstanding", [[o[k] for k in keys] for o in report["outstanding"]], expected["outstanding"])


def check_trail(tally, name, out, expected):
    claims = claims_by_event(out)
    for event, wanted in expected.get("claims", {}).items():
        tally.equal("%s claims of %s" % (name, event), claims[event], wanted)
    if "lots" in expected:
        with open(out / "lots.jsonl", encoding="utf-8") as f:
            lots = {l["lot"]: l for l in map(json.loads, f)}
        for lot, units, principal, bonus in expected["lots"]:
            got = lots.get(lot, {})
            tally.equal("%s lot %s" % (name, lot), [got.get(k) for k in ("units", "principal_fen", "bonus_fen")],
                        [units, principal, bonus])


def check_explain(tally, name, program, out, expected):
    for event, texts in expected.get("explain", {}).items():
        code, told, complaint = run(program, "explain", "--lang", "en", "--dir", out, event)
        tally.equal("%s explain %s: exit code (%s)" % (name, event, complaint), code, 0)
        told = re.sub(r"\s+", " ", told)  # however the lines were broken
        for text in texts:
            tally.equal("%s explain %s: %r in %r" % (name, event, text, told), text in told, True)


def check_formats(tally, name, program, command, report):
    """The other formats say the same: every net in fen in the CSV, in yuan in the text."""
    code, csv, _ = run(program, *command, "--format", "csv")
    tally.equal(name + " csv: exit code", code, 0)
    for p in report["participants"]:
        rows = [r for r in csv.split("\r\n") if r.startswith("participants,") and (",%s," % p["participant"]) in r]
        tally.equal("%s csv: net of %s" % (name, p["participant"]), ",%d," % p["net_fen"] in "".join(rows), True)
    for lang, total in (("en", "Total"), ("zh", "合计")):
        code, text, _ = run(program, *command, "--lang", lang)
        tally.equal("%s text %s: exit code" % (name, lang), code, 0)
        tally.equal("%s text %s: total 0.00" % (name, lang),
                    any(re.match(r"%s .* 0\.00" % total, line) for line in text.split("\n")), True)
        for p in report["participants"]:
            tally.equal("%s text %s: net of %s" % (name, lang, p["participant"]),
                        "{:,.2f}".format(p["net_fen"] / 100) in text, True)
    code, _, complaint = run(program, *command, "--format", "xml")
    tally.equal(name + " unknown format", (code, "xml" in complaint), (64, True))


def check_run(tally, program, case, expected):
    name = "%s (%s)" % (case.name, expected["alliance"])
    with tempfile.TemporaryDirectory() as directory:
        command = ["simulate", alliance_of(case, expected["alliance"]), *events_of(case, expected, directory)]
        if (case / "opening.csv").exists():
            command += ["--opening", case / "opening.csv"]
        command += [word for on in expected.get("deadlines", []) for word in ("--deadline", on)]
        out = pathlib.Path(directory) / "out"
        code, text, complaint = run(program, *command, "--out", out, "--format", "json")
        tally.equal(name + " exit code " + complaint, code, 0)
        if code != 0:
            return
        report = json.loads(text)
        check_report(tally, name, report, expected)
        check_trail(tally, name, out, expected)
        check_explain(tally, name, program, out, expected)
        check_formats(tally, name, program, command, report)
        tally.equal(name + " again", run(program, *command, "--format", "json")[1], text)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--allclear", required=True)
    parser.add_argument("cases", nargs="*")
    args = parser.parse_args()
    tally = Tally()
    cases = [case for case in sorted(HERE.iterdir()) if (case / "expected.json").exists()]
    for case in cases:
        if not args.cases or case.name in args.cases:
            with open(case / "expected.json", encoding="utf-8") as f:
                for expected in json.load(f)["runs"]:
                    check_run(tally, str(pathlib.Path(args.allclear).resolve()), case, expected)
    print("%d passed, %d failed" % (tally.passed, tally.failed))
    return 1 if tally.failed or not tally.passed else 0


if __name__ == "__main__":
    sys.exit(main())
