"""A disk that fills: the daemon warns, then takes nothing more but stays up and answers what is asked, and goes on by
itself. A commit that meets a full disk all the same is never acknowledged. The data folder is a small file system in
memory; without the right to mount one nothing can be tried.

    run.py --bin DIR
"""
import argparse
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "network"))
from network import Broken, Network, Verdicts  # noqa: E402

DAY = "2026-03-01"
SIZE_MIB = 96
MIB = 1 << 20


class World(Network):
    def filler(self):
        return os.path.join(self.hq, "filler")

    def fill(self, left):
        """Fill the disk until `left` bytes are free."""
        self.make_room()
        room = os.statvfs(self.hq)
        with open(self.filler(), "wb") as file:
            os.posix_fallocate(file.fileno(), 0, room.f_bavail * room.f_frsize - left)

    def make_room(self):
        if os.path.exists(self.filler()):
            os.unlink(self.filler())

    def wait_for(self, text, times=1):
        end = time.monotonic() + 10
        while time.monotonic() < end:
            if self.logged().count(text) >= times:
                return True
            time.sleep(0.05)
        return False

    def accepted(self):
        return json.loads(self.must("status", "--json", "--dir", self.hq))["accepted"]


def topups(first, count):
    return [json.dumps({"type": "topup", "terminal": "1", "number": n, "at": DAY + "T10:00:00+08:00", "member": "62",
                        "product": "card", "principal_fen": 100}).encode() for n in range(first, first + count)]


def filled(world, verdicts):
    told = world.publish("A", topups(1, 10))
    verdicts.case("with room", told["accepted"] == 10, told)
    world.fill(40 * MIB)
    verdicts.case("low is told", world.wait_for(" disk disk_low "))
    told = world.publish("A", topups(11, 10))
    verdicts.case("low takes", told["accepted"] == 10, told)
    world.fill(8 * MIB)
    verdicts.case("full is told", world.wait_for(" disk disk_full "))
    told = world.publish("A", topups(21, 10), codes=(75,), wait=2)
    verdicts.case("full takes nothing", told["pending"] == 10 and told["accepted"] == 0, told)
    verdicts.case("what is asked is answered", world.accepted() == 20)
    balance = world.run("balance", "62", "--dir", world.store("A"))
    verdicts.case("a store's query, too", balance.returncode == 0 and "20" in balance.stdout,
                  balance.stdout + balance.stderr)
    done = world.run("freeze", "C", "--reason", "under review", "--dir", world.hq)
    verdicts.case("a record is refused by name", done.returncode != 0 and "disk is full" in done.stderr, done.stderr)
    world.make_room()
    verdicts.case("room is told", world.wait_for(" disk disk_ok "))
    told = world.publish("A", topups(31, 10))
    verdicts.case("it goes on by itself", world.accepted() == 40 and told["accepted"] == 10, told)
    verdicts.case("the same process", world.is_up() and world.logged().count("serve serving") == 1)


def met(world, verdicts):
    """Without a guard: the commit fails, nobody is answered, nothing that was acknowledged is lost."""
    world.stop()
    world.options = ["--disk-low", "0", "--disk-full", "0"]
    world.start()
    world.fill(0)
    told = world.publish("B", topups(1, 400), codes=(75,), wait=3)
    acknowledged = told["accepted"]
    try:
        world.daemon.wait(timeout=20)
    except subprocess.TimeoutExpired:
        pass
    verdicts.case("it ends", not world.is_up(), world.logged()[-500:])
    verdicts.case("and says why", "fatal" in world.logged() or "No space" in world.logged(), world.logged()[-500:])
    world.make_room()
    world.start()
    verdicts.case("nothing acknowledged is lost", world.accepted() >= 40 + acknowledged, world.accepted())
    world.publish("B", topups(401, 1))
    verdicts.case("all come in", world.accepted() == 441, world.accepted())
    copy = os.path.join(world.dir, "copy")
    world.must("backup", copy, "--dir", world.hq)
    done = world.run("replay", copy, "--network", world.network())
    verdicts.case("the auditor agrees", done.returncode == 0 and "VERIFIED" in done.stdout, done.stdout + done.stderr)
    verdicts.case("no bug of ours", "broken " not in world.logged(), world.logged()[-500:])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--bin", required=True)
    verdicts = Verdicts()
    folder = tempfile.mkdtemp(prefix="allclear-disk-")
    world = World(os.path.abspath(parser.parse_args().bin), folder)
    os.mkdir(world.hq)
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=%dm,mode=0700" % SIZE_MIB, "allclear-disk", world.hq],
                      stderr=subprocess.DEVNULL).returncode != 0:
        os.rmdir(world.hq)
        os.rmdir(folder)
        print("skipped: a small file system cannot be mounted here (root with CAP_SYS_ADMIN is needed)")
        return verdicts.end()
    try:
        world.options = ["--disk-low", "48", "--disk-full", "16"]
        world.set_up()
        for part in (filled, met):
            part(world, verdicts)
    except Broken as error:
        verdicts.case("the network", False, error)
    finally:
        world.stop()
        subprocess.run(["umount", world.hq], check=True)
        shutil.rmtree(folder)
    return verdicts.end()


if __name__ == "__main__":
    sys.exit(main())
