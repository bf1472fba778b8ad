#!/usr/bin/env python3
"""Publish events (one JSON object a line) as `allclear publish --json` does.

    publish.py FILE ... --dir DIR [--wait SECONDS] [--retry]

Exit: 0 all in (waiting counts as in), 65 some refused, 75 some still pending, 78 the folder cannot be used.
"""
import argparse
import json
import sys

from allclear import Denied, KitError, OutboxError, Refused, Silent, Store
from allclear.tally import Tally


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("files", nargs="+")
    parser.add_argument("--dir", required=True)
    parser.add_argument("--wait", type=int, default=30)
    parser.add_argument("--retry", action="store_true")
    options = parser.parse_args()
    try:
        with Store(options.dir) as store:
            return publish(store, options)
    except (KitError, OutboxError) as error:
        print("publish.py: %s" % error, file=sys.stderr)
        return 78


def publish(store, options):
    if options.wait > 0:
        try:
            store.settle(min(options.wait, 10))
        except (Denied, Refused, Silent) as error:  # what waited is known a little later
            print("publish.py: %s" % error, file=sys.stderr)
    tally = Tally(store, options.retry)
    for name in options.files:
        with open(name, "rb") as file:
            tally.read(file, name)
    if options.wait > 0:
        store.send(options.wait)
        for warning in store.warnings:
            print("publish.py: %s" % warning, file=sys.stderr)
    told = tally.settle()
    print(json.dumps(told, separators=(",", ":")))
    return 75 if told["pending"] else 65 if told["refused"] else 0


if __name__ == "__main__":
    sys.exit(main())
