#!/usr/bin/env python3
"""What tills export, through the real binaries: the samples of deploy/tills become the events that a second reading
finds; spoilt exports have every flaw named by line, column and kind, and what is good in them unharmed; a check sends
nothing; an export and its JSON Lines are the same events to a real network.

    run.py --bin DIR [--seed N]
"""
import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, HERE)
sys.path.insert(0, os.path.join(TOP, "tests", "network"))
import network
import reading
import spoil

STORE_OF = {"wide": "A", "rows": "B", "codes": "C"}
FILES = 4        # spoilt ones a sample
TIMES = 12       # the sample in each
SHARE = 0.55     # of its receipts are spoilt
FLAWS_MIN = 500


def sample(name, file):
    return os.path.join(TOP, "deploy", "tills", name, file)


def read(path):
    with open(path, "rb") as file:
        return file.read()


def lines_of(text):
    return [json.loads(line) for line in text.splitlines()]


class Tills:
    def __init__(self, binaries, directory, seed, verdicts):
        self.bin, self.dir, self.seed, self.verdicts = binaries, directory, seed, verdicts
        self.details = {}  # by kind: what refusals say

    def tool(self, *arguments, **options):
        return subprocess.run([os.path.join(self.bin, "allclear"), "--lang", "en", *arguments], capture_output=True,
                              text=True, timeout=120, **options)

    def check(self, name, path, *options, **more):
        return self.tool("publish", "--check", "--till", sample(name, "till.conf"), path, *options, **more)

    def case(self, name, good, why=""):
        self.verdicts.case(name, good, why)

    # --- the samples ---

    def samples(self):
        for name, by_hand in reading.SAMPLES.items():
            path = sample(name, "day.csv")
            expected = by_hand(read(path))
            done = self.check(name, path, "--lines")
            self.case(name + ": events", done.returncode == 0 and lines_of(done.stdout) == expected,
                      done.stderr + done.stdout[:400])
            self.case(name + ": day.jsonl", lines_of(read(sample(name, "day.jsonl")).decode()) == expected, "differs")
            told = json.loads(self.check(name, path, "--json").stdout)
            self.case(name + ": counts", (told["read"], told["good"], told["refused"]) ==
                      (len(expected), len(expected), 0) and told["refusals"] == [], str(told)[:300])
            self.case(name + ": sums", self.sums(told) == self.sums_of(expected), str(told["totals"]))

    @staticmethod
    def sums(told):
        return {(t["type"], t["part"], t["with"]): (t["count"], t["sum_fen"]) for t in told["totals"]}

    @staticmethod
    def sums_of(events):
        """What a till's daily total would say, from the events."""
        sums = {}

        def add(key, amount):
            count, total = sums.get(key, (0, 0))
            sums[key] = (count + 1, total + amount)
        for event in events:
            amount = [event[key] for key in ("gross_fen", "principal_fen", "price_fen", "amount_fen") if key in event]
            add((event["type"], "", ""), amount[0] if amount else 0)
            if event.get("bonus_fen"):
                add((event["type"], "bonus", ""), event["bonus_fen"])
            for part in ("pay", "back"):
                for line in event.get(part, ()):
                    add((event["type"], part, line["with"]), line.get("amount_fen", 0))
        return sums

    # --- spoilt exports ---

    def spoilt(self):
        named = 0
        kinds = set()
        self.details = {}
        for name, shape in spoil.SHAPES.items():
            head, names, receipts = spoil.load(shape, read(sample(name, "day.csv")))
            for n in range(FILES):
                rng = random.Random("%d %s %d" % (self.seed, name, n))
                made = spoil.repeat(shape, names, receipts, TIMES)
                spoil.spoil(shape, names, made, rng, SHARE)
                data, must, may, good = spoil.write(shape, head, names, made)
                path = os.path.join(self.dir, "%s-%d.csv" % (name, n))
                with open(path, "wb") as file:
                    file.write(data)
                self.judge(name, path, must, may, good)
                named += sum(1 for receipt in made if receipt.spoilt)
                kinds |= {flaw for _, _, flaw in must}
        self.case("spoilt: %d of %d" % (named, FLAWS_MIN), named >= FLAWS_MIN, "too few")
        self.case("spoilt: kinds", len(kinds) >= 22, sorted(kinds))
        remedies = {kind: os.path.commonprefix([detail[::-1] for detail in details])[::-1].split("; ", 1)[-1]
                    for kind, details in self.details.items()}
        self.case("spoilt: each kind has its own remedy", len(set(remedies.values())) == len(remedies) and
                  all(len(remedy) > 15 for remedy in remedies.values()), remedies)

    def judge(self, name, path, must, may, good):
        """Each flaw is named where it is, with a remedy; nothing else is; the good receipts are what they were."""
        done = self.check(name, path, "--json")
        told = json.loads(done.stdout)
        told_flaws = {(r["line"], r["column"], r["problem"]) for r in told["refusals"]}
        label = os.path.basename(path)
        for refusal in told["refusals"]:
            self.details.setdefault(refusal["problem"], []).append(refusal["detail"])
        for flaw in sorted(must):
            self.case("%s %s:%s %s" % ((label,) + flaw), flaw in told_flaws,
                      "seed %d: told %s" % (self.seed, [f for f in told_flaws if f[0] == flaw[0]]))
        beyond = {f for f in told_flaws - must if f[0] not in may}
        self.case(label + ": nothing else", not beyond, "seed %d: %s" % (self.seed, sorted(beyond)[:5]))
        self.case(label + ": contracted", done.returncode == 65 and all(
            r["file"] == path and r["reason"] == "BAD_LINE" and r["event"] == "" and "; " in r["detail"]
            for r in told["refusals"]), done.returncode)
        events = lines_of(self.check(name, path, "--lines").stdout)
        numbers = [event.get("number", event.get("receipt")) for event in events]
        self.case(label + ": the good ones", numbers == good and told["good"] == len(good),
                  "seed %d: %s" % (self.seed, sorted(set(map(str, numbers)) ^ set(map(str, good)))[:5]))

    def edges(self):
        """Of files as a whole, and what is only a warning."""
        data = read(sample("wide", "day.csv"))
        cases = (("utf-16", data.decode().encode("utf-16"), "UNREADABLE"), ("empty", b"", "HEADER"),
                 ("gb18030", data.decode().encode("gb18030"), "CODING"),
                 ("no column", data.replace("应收".encode(), "应付".encode(), 1), "HEADER"),
                 ("twice", data.replace("微信".encode(), "现金".encode(), 1), "HEADER_TWICE"),
                 ("same number", data.replace(b"\n9,1,", b"\n7,1,"), "TWICE"),
                 ("price", data.replace(b"299.00,299.00", b"299.00,298.00"), "SUM"),
                 ("sum", data.replace(b"128.50,0.00", b"128.60,0.00", 1), "SUM"))
        for label, spoilt, flaw in cases:
            path = os.path.join(self.dir, "edge.csv")
            with open(path, "wb") as file:
                file.write(spoilt)
            done = self.check("wide", path, "--json")
            told = json.loads(done.stdout)
            self.case("edge: " + label, done.returncode == 65 and [r["problem"] for r in told["refusals"]] == [flaw],
                      done.stdout[:500])
        with open(path, "wb") as file:
            file.write(b"\xef\xbb\xbf" + data.replace(b"6200000017", b"6200000000000000000", 1).replace(b"\n", b"\r\n"))
        told = json.loads(self.check("wide", path, "--json").stdout)
        self.case("edge: rounded", told["refused"] == 0 and [w["problem"] for w in told["warnings"]] == ["ROUNDED"],
                  str(told)[:500])
        done = self.tool("publish", "--check", sample("wide", "day.csv"))
        self.case("edge: no mapping", done.returncode == 64 and "--till" in done.stderr, done.stderr)
        done = self.tool("publish", "--check", "--till", sample("wide", "day.csv"), sample("wide", "day.csv"))
        self.case("edge: no such mapping", done.returncode == 78 and "day.csv:1:" in done.stderr, done.stderr)
        done = self.tool("publish", "--check", sample("wide", "day.jsonl"), "--json")
        self.case("edge: JSON Lines", done.returncode == 0 and json.loads(done.stdout)["good"] == 9, done.stdout)

    # --- a real network ---

    @staticmethod
    def contents(folder):
        found = {}
        for path, _, names in os.walk(folder):
            for name in names:
                whole = os.path.join(path, name)
                found[whole] = (os.stat(whole).st_mtime_ns, read(whole))
        return found

    def publish(self, net, name, path, codes=(0,)):
        store = STORE_OF[name]
        return json.loads(net.must("publish", path, "--till", sample(name, "till.conf"), "--dir", net.store(store),
                                   "--json", codes=codes))

    def sent(self, net):
        for name, store in STORE_OF.items():
            count = len(lines_of(read(sample(name, "day.jsonl")).decode()))
            before = self.contents(net.store(store))
            done = self.check(name, sample(name, "day.csv"), env=dict(os.environ, ALLCLEAR_DIR=net.store(store)))
            self.case(name + ": a check sends nothing",
                      done.returncode == 0 and self.contents(net.store(store)) == before, done.stderr)
            told = self.publish(net, name, sample(name, "day.csv"))
            self.case(name + ": sent", told["read"] == count == told["accepted"] + told["waiting"], str(told))
            again = self.publish(net, name, sample(name, "day.csv"))
            self.case(name + ": sent twice", again["already"] == count, str(again))
            lines = self.publish(net, name, sample(name, "day.jsonl"))
            self.case(name + ": its JSON Lines are the same", lines["already"] == count, str(lines))

    def sent_spoilt(self, net):
        """The good receipts of a bad file go out; the bad ones are refused, each once."""
        data = read(sample("wide", "day.csv")).replace(b"\n7,1,", b"\n71,1,").replace(b"\n9,1,", b"\n91,1,")
        path = os.path.join(self.dir, "part.csv")
        with open(path, "wb") as file:
            file.write(data.replace(b"18.8,0.00,18.8", b"18.888,0.00,1E+01").replace(b"45,0.00", b"45.00,0.00"))
        told = self.publish(net, "wide", path, codes=(65,))
        refusal = told["refusals"][0] if told["refusals"] else {}
        self.case("part: counts", (told["refused"], told["accepted"], told["already"]) == (1, 1, 7), str(told))
        self.case("part: both cells", refusal.get("line") == 8 and refusal.get("reason") == "BAD_LINE" and
                  'column F "应收" [18.888]' in refusal["detail"] and 'column H "微信" [1E+01]' in refusal["detail"],
                  str(refusal))

    def watched(self, net):
        """A file that is renamed into a watched folder is read, and so is another one of its length and name."""
        folder = os.path.join(self.dir, "watched")
        os.mkdir(folder)
        process = subprocess.Popen(
            [os.path.join(self.bin, "allclear"), "--lang", "en", "publish", folder, "--watch", "--json", "--till",
             sample("codes", "till.conf"), "--dir", net.store("C")], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        try:
            for serial, count in ((b"10", 18), (b"20", 27)):
                draft = os.path.join(folder, "day.tmp")
                with open(draft, "wb") as file:
                    file.write(read(sample("codes", "day.csv")).replace(b'"000', b'"0' + serial).replace(
                        b"C:C1:", b"C:C1:" + serial))
                os.rename(draft, os.path.join(folder, "day.csv"))
                self.await_events(net, count)
        finally:
            process.send_signal(signal.SIGINT)
            told = json.loads(process.communicate(timeout=30)[0])
        self.case("watched", told["read"] == told["accepted"] + told["waiting"] == 18, str(told))

    @staticmethod
    def await_events(net, count):
        end = time.monotonic() + 20
        done = 0
        while time.monotonic() < end and done < count:
            time.sleep(0.1)
            told = json.loads(net.must("outbox", "--dir", net.store("C"), "--json", codes=(0, 65, 75)))
            done = told["accepted"] + len(told["waiting"]) + len(told["refused"])

    def all(self):
        self.samples()
        self.spoilt()
        self.edges()
        net = network.Network(self.bin, os.path.join(self.dir, "net"))
        os.mkdir(net.dir)
        try:
            net.set_up()
            self.sent(net)
            self.sent_spoilt(net)
            self.watched(net)
        finally:
            net.stop()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--bin", required=True)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    verdicts = network.Verdicts()
    with tempfile.TemporaryDirectory(prefix="tills-") as directory:
        Tills(os.path.abspath(options.bin), directory, options.seed, verdicts).all()
    return verdicts.end()


if __name__ == "__main__":
    sys.exit(main())
