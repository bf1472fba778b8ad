"""A month of troubles, through the real binaries: thirty stores whose tills write JSON Lines or CSV or speak HTTP, two of
them played by the Python client and two by the JavaScript client; thirty days, and everything that goes wrong in them.
At its end no fen is unexplained: every statement ties to its tills, and replay and the model agree.

    run.py --old DIR --new DIR [--seed S] [--keep]

The month begins on the programs of --old and is upgraded in the middle to those of --new.
"""
import argparse
import os
import shutil
import sys
import tempfile
import time

from alliance import DAYS, is_open  # it puts the folders of what is shared on the path
from network import Broken, Verdicts
import books as by_hand
import disputed
import machines
import people
import reckoning
import settled
import trade
import troubles
import world as worlds


class Month:
    TROUBLES = (troubles.OfflineWeek, troubles.ChangedFee, troubles.WrongTopup, troubles.SameFileTwice,
                troubles.DoubleUpload, troubles.SpentTwice, troubles.SpentShort, machines.RestoredImage,
                machines.LostKey, machines.Upgrade, people.SoldStore, people.ErasedPerson, machines.SilentStore,
                settled.Settled, disputed.Disputed, machines.StillPending)

    def __init__(self, options, directory):
        self.verdicts = Verdicts()
        self.world = worlds.World(os.path.abspath(options.old), os.path.abspath(options.new), directory, self.verdicts)
        self.books = by_hand.Books()
        self.trade = trade.Trade(options.seed, self.books)
        self.troubles = [trouble(self) for trouble in self.TROUBLES]
        # What is neither here nor there at the end, and what headquarters decided beside the tills: the troubles say it.
        self.suspense, self.unsent = {}, {}  # {event: (fen, reason)}, {store: [event]}
        self.settled, self.by_hand = [], {}  # [event], {(debtor, creditor, kind, reversal): (count, fen)}

    def one_day(self, day):
        world = self.world
        for trouble in self.troubles:
            trouble.morning(day)
        world.clock(day, 20)
        wrong = []
        for shop in world.shops.values():
            if is_open(shop.code, day):
                wrong.append(world.deliver(shop, day, self.trade.day(shop, day)))
        world.equal("day %d: all is in" % day, [line for line in wrong if line], [])
        for trouble in self.troubles:
            trouble.evening(day)

    def play(self):
        began = time.monotonic()
        self.world.set_up()
        for day in range(1, DAYS + 1):
            self.one_day(day)
        print("%d days in %.1f s" % (DAYS, time.monotonic() - began), flush=True)
        silent = machines.SilentStore
        reckoning.totals(self.world, {silent.STORE: range(silent.FIRST, silent.LAST + 1)})
        for trouble in self.troubles:
            trouble.closing()
        self.world.clock(DAYS + 1, 20)
        for trouble in self.troubles:
            trouble.after()
        self.world.close("2026-04", "--incomplete", "only the accounts are settled")
        reckoning.Reckoning(self, ("2026-03", "2026-04")).play()
        print("reckoned in %.1f s" % (time.monotonic() - began), flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--old", required=True, help="the programs of the first half of the month")
    parser.add_argument("--new", required=True, help="the programs of the second")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", action="store_true", help="leave the folder of the run where it is")
    options = parser.parse_args()
    directory = tempfile.mkdtemp(prefix="ac-month-")
    month = Month(options, directory)
    try:
        month.play()
    except Broken as error:
        month.verdicts.case("run", False, str(error))
    finally:
        month.world.end()
        if options.keep:
            print("kept: " + directory)
        else:
            shutil.rmtree(directory, ignore_errors=True)
    return month.verdicts.end()


if __name__ == "__main__":
    sys.exit(main())
