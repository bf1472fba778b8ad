#!/usr/bin/env python3
"""How long a till waits: balances and asked sales over HTTP, one after the other, on an idle network of its own.

    latency.py [--bin DIR] [--count N] [--dir DIR]

Prints the median, the 99th percentile and the longest in milliseconds. Not a test: the machine decides.
"""
import argparse
import os
import pathlib
import shutil
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "network"))
from door import Door, Till, sale, topup  # noqa: E402
from network import Network  # noqa: E402

MEMBERS = 1000
PACE_S = 0.012  # below what one till may ask


def measure(name, count, ask):
    took = []
    for number in range(count):
        start = time.monotonic()
        ask(number)
        took.append((time.monotonic() - start) * 1000)
        time.sleep(PACE_S)
    took.sort()
    print("%-12s p50 %6.2f ms   p99 %6.2f ms   max %6.2f ms   (%d)" % (
        name, took[count // 2], took[min(count - 1, count * 99 // 100)], took[-1], count), flush=True)


def expect(got, wanted):
    if got != wanted:
        raise SystemExit("got %r, expected %r" % (got, wanted))


def member(number):
    return str(6200000000 + number % MEMBERS)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", default="build/release/bin", type=lambda path: str(pathlib.Path(path).resolve()))
    parser.add_argument("--count", default=2000, type=int)
    parser.add_argument("--dir", help="where the scratch folder is made")
    options = parser.parse_args()
    directory = tempfile.mkdtemp(prefix="latency-", dir=options.dir)
    network = Network(options.bin, os.path.join(directory, "net"))
    door = Door(options.bin, os.path.join(directory, "door.log"), "--dir", network.store("A"))
    try:
        os.mkdir(network.dir)
        network.set_up()
        till = Till(door, network.must("till", "add", "1", "--dir", network.store("A")).strip())
        door.start()
        till.connected()
        expect(till.outcomes(*[topup(n + 1, 10000000, member=member(n)) for n in range(MEMBERS)]),
               [200] + ["ACCEPTED"] * MEMBERS)
        measure("balance", options.count, lambda n: expect(till.get("/v1/balance/" + member(n))[0], 200))
        measure("asked sale", options.count, lambda n: expect(
            till.outcomes(sale(MEMBERS + 1 + n, 100, member=member(n), ask=True)), [200, "ACCEPTED"]))
    finally:
        door.stop()
        network.stop()
        shutil.rmtree(directory, ignore_errors=True)


if __name__ == "__main__":
    main()
