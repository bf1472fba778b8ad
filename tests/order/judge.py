#!/usr/bin/env python3
"""Any order: stores publish their own streams in order, the streams meet interleaved at random.

judge.py --play PATH [--restricted N] [--several N] [--free N] [--from SEED] [--only KIND] [--keep DIR]

 edges       five small histories whose claims do depend on the order, by the rules: the comparison sees it
 restricted  histories whose claims must be equal, event by event, in every order that ends complete
 several     lots of one member sold by several participants, empty at the end: the nets must be equal
 free        the model's histories: whatever the order, what the design promises; and the model's own result
"""
import argparse
import collections
import os
import random
import shutil
import subprocess
import sys
import tempfile

import arrival
import edges
import free
import restricted
import same

CHUNK = 40
FREE_MODES = ("offline", "shuffled", "stores")
COMPLETE_MODES = ("time", "offline", "shuffled", "stores")


class History:
    def __init__(self, kind, seed):
        self.kind = kind
        self.seed = seed
        self.directory = None
        rng = random.Random("%s %d" % (kind, seed))
        if kind == "free":
            made = arrival.generate.History(seed)
            heads, modes = None, FREE_MODES
        else:
            made = restricted.Restricted(rng, kind == "several")
            heads, modes = made.heads, COMPLETE_MODES
        self.data, self.alliance, self.files = made.data, made.alliance, made.files()
        if kind == "free":
            free.send_again(rng, self.files)
            self.alliance = free.patient(rng, self.data)
        streams = arrival.streams_of(self.files, self.alliance)
        self.count = sum(len(items) for items in streams.values())
        self.modes = modes if self.count else ()
        self.plays = [arrival.arrange(rng, streams, mode, heads) for mode in self.modes]
        if kind == "free":
            free.disturb(rng, self.plays)


class Edge:
    """An edge as a history: its orders are given."""

    def __init__(self, number):
        self.kind, self.seed = "edges", number
        self.edge = edges.EDGES[number]
        self.data, self.alliance, self.files, self.plays = edges.written(self.edge)
        self.modes = ("one", "other")
        self.count = sum(len(lines) for lines in self.files.values())


def play(program, histories, base):
    for history in histories:
        history.directory = os.path.join(base, "%s-%d" % (history.kind, history.seed))
        arrival.save(history.directory, history.data, history.files, history.plays)
    done = subprocess.run([program] + [h.directory for h in histories], stdout=subprocess.DEVNULL,
                          stderr=subprocess.PIPE, check=False)
    if not done.returncode:
        return ""
    return "order_play ended with %d: %s" % (done.returncode, done.stderr.decode("utf-8", "replace")[-1500:])


class Counts(collections.Counter):
    def say(self, kind):
        print("%s: %d histories, %d events, %d orders of arrival; %d lots were empty at the end"
              % (kind, self["histories"], self["events"], self["orders"], self["emptied"]))
        if kind in ("restricted", "several"):
            print("  %d orders end complete; %d compared with another, %d of them draw on other lots"
                  % (self["complete"], self["compared"], self["otherwise"]))
        reasons = sorted(k for k in self if k[0] == "for")
        print("  in %d orders events waited and were released: %s"
              % (self["released in"], ", ".join("%d %s" % (self[k], k[1]) for k in reasons)))


def judge(history, counts, model):
    """What is wrong with a history that was played, or nothing."""
    outs = [same.Out(os.path.join(history.directory, "%d.out" % i)) for i in range(len(history.plays))]
    counts["events"] += history.count
    counts["orders"] += len(outs)
    for out in outs:
        counts["released in"] += bool(out.released)
        counts["complete"] += out.complete
        for reason in out.released:
            counts["for", reason] += 1
    if history.kind == "edges":
        return edges.problem(history.edge, outs)
    for out, batches, mode in zip(outs, history.plays, history.modes):
        problem = free.broken_promise(history, out, batches, model)
        if problem:
            return "%s: %s" % (mode, problem)
        counts["emptied"] += out.emptied
    if history.kind == "free":
        return ""
    complete = [(o, m) for o, m in zip(outs, history.modes) if o.complete]
    if not outs[0].complete:
        return "the order in which things happened is not complete: the generator is wrong"
    for out, mode in complete[1:]:
        counts["compared"] += 1
        counts["otherwise"] += same.lots_drawn(complete[0][0]) != same.lots_drawn(out)
        compare = same.nets_differ if history.kind == "several" else same.claims_differ
        problem = compare(history.alliance, complete[0][0], out)
        if problem:
            return "time and %s: %s" % (mode, problem)
    return ""


def judge_safely(history, counts, model):
    try:
        return judge(history, counts, model)
    except (AssertionError, KeyError, IndexError, TypeError, ValueError, ZeroDivisionError) as why:
        return "what the program wrote cannot be judged: %r" % why


def run(args, kind, seeds, base):
    counts, wrong = Counts(), 0
    make = Edge if kind == "edges" else lambda seed: History(kind, seed)
    for at in range(0, len(seeds), CHUNK):
        histories = [make(seed) for seed in seeds[at:at + CHUNK]]
        stopped = play(args.play, histories, base)
        for history in histories:
            if stopped:                 # one of them stopped the program: which?
                shutil.rmtree(base)
                alone = play(args.play, [history], base)
            problem = stopped and alone or judge_safely(history, counts, args.model)
            counts["histories"] += 1
            if problem:
                wrong += 1
                print("%s, seed %d: %s\n  alone: python3 tests/order/judge.py --play %s --only %s --from %d "
                      "--keep /tmp/order" % (kind, history.seed, problem, args.play, kind, history.seed), flush=True)
            if args.keep:
                kept = os.path.join(args.keep, os.path.basename(history.directory))
                shutil.rmtree(kept, ignore_errors=True)
                shutil.copytree(history.directory, kept, ignore=shutil.ignore_patterns("hq"))
                print("  kept in " + kept)
            shutil.rmtree(history.directory)
    counts.say(kind)
    # A test whose orders never are complete, or never make an event wait, tests nothing.
    few = len(seeds) >= 20 and (counts["released in"] * 3 < counts["orders"] or
                                kind in ("restricted", "several") and counts["complete"] * 2 < counts["orders"])
    if few:
        wrong += 1
        print("%s: too few orders end complete, or have events that wait" % kind)
    return counts, wrong


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--play", required=True, metavar="PATH")
    parser.add_argument("--from", type=int, default=1, dest="first", metavar="SEED")
    parser.add_argument("--restricted", type=int, default=200)
    parser.add_argument("--several", type=int, default=30)
    parser.add_argument("--free", type=int, default=80)
    parser.add_argument("--only", choices=("edges", "restricted", "several", "free"), help="one seed of this kind")
    parser.add_argument("--without-model", dest="model", action="store_false",
                        help="see what the other properties find by themselves")
    parser.add_argument("--keep", metavar="DIR", help="leave the folders here")
    args = parser.parse_args()
    args.play = os.path.abspath(args.play)
    wanted = {"restricted": args.restricted, "several": args.several, "free": args.free}
    if args.only:
        wanted = {args.only: 1}
    passed = failed = 0
    memory = "/dev/shm"
    base = tempfile.mkdtemp(prefix="order-", dir=memory if os.access(memory, os.W_OK) else None)
    try:
        for kind in ("edges", "restricted", "several", "free"):
            seeds = list(range(args.first, args.first + wanted.get(kind, 0)))
            if kind == "edges":
                seeds = [args.first] if args.only == "edges" else [] if args.only else list(range(len(edges.EDGES)))
            if seeds:
                counts, wrong = run(args, kind, seeds, base)
                passed += counts["histories"] - min(wrong, counts["histories"])
                failed += wrong
    finally:
        shutil.rmtree(base, ignore_errors=True)
    print("%d passed, %d failed" % (passed, failed))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
