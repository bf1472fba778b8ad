"""How long a million lots take from the sheet to being in force: proposed, approved, by a real daemon.

    measure.py --bin DIR [--lots N]
"""
import argparse
import os
import pathlib
import shutil
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "network"))
from network import Network, STORES  # noqa: E402


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bin", required=True)
    parser.add_argument("--lots", type=int, default=1000000)
    options = parser.parse_args()
    directory = tempfile.mkdtemp(prefix="ac-opening-")
    net = Network(os.path.abspath(options.bin), directory)
    try:
        net.set_up()
        for person, role in (("MAKER", "maker"), ("CHECKER", "checker")):
            net.must("operator", "add", person, "--role", role, "--dir", net.hq)
        lots, totals = (os.path.join(directory, name) for name in ("lots.csv", "totals.csv"))
        with open(lots, "w", encoding="ascii") as file:
            file.write("member,store,product,principal,bonus,funders\n")
            for n in range(options.lots):
                file.write("%d,%s,card,500.00,100.00,HQ:40%% A:60%%\n" % (6200000000 + n // 2, STORES[n % 3]))
        with open(totals, "w", encoding="ascii") as file:
            file.write("issuer,product,lots,principal,bonus\nHQ,card,%d,%d.00,%d.00\n" % (
                options.lots, options.lots * 500, options.lots * 100))
        start = time.monotonic()
        said = net.run("opening", lots, "--totals", totals, "--reason", "measured", "--as", "MAKER", "--dir", net.hq)
        proposed = time.monotonic() - start
        net.must("approve", said.stdout.split("Proposal ")[1][:12], "--as", "CHECKER", "--dir", net.hq)
        print("%d lots: proposed in %.1f s, approved and in force in %.1f s, together %.1f s" % (
            options.lots, proposed, time.monotonic() - start - proposed, time.monotonic() - start))
    finally:
        net.stop()
        shutil.rmtree(directory, ignore_errors=True)


if __name__ == "__main__":
    main()
