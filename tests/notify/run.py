"""What people are told: every kind of notice is provoked on a real network and seen once; a program that fails, hangs
or dies with its caller gets the notice again, under the same id.

    run.py --bin DIR
"""
import argparse
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time

from samples import Samples
from told import Told

from network import Broken, Verdicts  # told.py has put it on the path

DOCUMENT = pathlib.Path(__file__).resolve().parents[2] / "deploy" / "notify.md"
COMMON = {"notice", "id", "at", "network", "alliance", "test", "subject", "text"}
FIELDS = {
    "cycle_closed": {"cycle", "from", "to", "events", "missing"},
    "statement_ready": {"cycle", "from", "to", "participant", "role", "in_fen", "out_fen", "net_fen"},
    "objection_due": {"cycle", "from", "to", "due"},
    "store_silent": {"store", "day"},
    "day_differs": {"store", "day", "differences"},
    "day_matches": {"store", "day"},
    "store_equivocated": {"store", "record"},
    "store_frozen": {"store"},
    "proposal_waits": {"proposal", "what", "since"},
    "suspense_old": {"store", "came", "age_days", "count", "amount_fen", "events"},
    "line_disputed": {"event", "store", "of", "kind", "amount_fen"},
    "dispute_answered": {"event", "store", "of", "kind", "amount_fen", "answer"},
    "disk_fills": {"state", "free_bytes"},
    "disk_ok": {"free_bytes"},
    "daemon_silent": {"since", "why"},
    "daemon_answers": {"since"},
}
MEMBER = "6200000555"


def event(kind, number, day, **keys):
    return json.dumps({"type": kind, "terminal": "1", "number": number, "at": "2026-03-%02dT08:30:00+08:00" % day,
                       **keys}).encode()


def cash(number, fen, day):
    return event("sale", number, day, gross_fen=fen, pay=[{"with": "cash", "amount_fen": fen}])


def total(number, fen, count, day):
    return event("day_total", number, day, date="2026-03-%02d" % day, count=count, sums={"cash": fen, "sale": fen})


class Trial:
    def __init__(self, world, verdicts):
        self.world, self.verdicts = world, verdicts

    def case(self, name, good, why=""):
        self.verdicts.case(name, good, why)

    def ids(self, name, notices, *expected):
        """Exactly these ids were told; one that ends with : has a time behind it."""
        found = [n["id"] for n in notices]
        good = len(found) == len(expected) and all(
            f.startswith(e) and f[len(e):].isdigit() if e.endswith(":") else f == e
            for f, e in zip(sorted(found), sorted(expected)))
        self.case(name, good, "told %s, expected %s" % (found, expected))
        return notices

    def quiet(self, name):
        self.ids(name + ": nothing twice", self.world.look())

    # --- the kinds ---

    def first(self):
        """What is over before the first look is not told."""
        world = self.world
        world.publish("A", [event("topup", 1, 1, member=MEMBER, product="card", principal_fen=30000),
                            event("topup", 2, 1, member=MEMBER, product="gone", principal_fen=700)], codes=(65,))
        world.must("cycle", "close", "before", "--incomplete", "a trial", "--dir", world.hq)
        world.set_clock(2, 9)
        self.ids("nothing older than the open cycle", world.look())
        self.case("its memory is for its owner", world.memory().stat().st_mode & 0o777 == 0o600 and
                  world.memory().parent.stat().st_mode & 0o777 == 0o700)

    def days(self):
        world = self.world
        world.publish("A", [cash(3, 5000, 2), total(4, 5100, 1, 2)])
        told = self.ids("a day differs", world.look(), "day_differs:A:2026-03-02")
        self.case("by how much", told[0]["differences"] == [
            {"terminal": "1", "key": "cash", "till": 5100, "ledger": 5000},
            {"terminal": "1", "key": "sale", "till": 5100, "ledger": 5000}], told)
        self.case("people see yuan", "51.00 by the till, 50.00 here" in told[0]["text"], told[0]["text"])
        self.quiet("differs")
        world.publish("A", [total(5, 5000, 1, 2)])
        self.ids("and matches", world.look(), "day_matches:A:2026-03-02")
        self.quiet("matches")
        world.publish("A", [total(6, 1, 1, 2)])
        self.ids("differs again", world.look(), "day_differs:A:2026-03-02:2")
        world.publish("A", [total(7, 5000, 1, 2)])
        self.ids("matches again", world.look(), "day_matches:A:2026-03-02:2")
        world.set_clock(3, 9)
        self.ids("who is silent", world.look(), "store_silent:B:2026-03-02", "store_silent:C:2026-03-02")
        self.quiet("silent")

    def frozen(self):
        world = self.world
        for name in ("frozen", "frozen once more"):
            world.must("freeze", "C", "--reason", "under review", "--dir", world.hq)
            self.ids(name, world.look(), "store_frozen:C:")
            self.quiet(name)
            world.must("unfreeze", "C", "--reason", "it is well", "--dir", world.hq)
            self.ids("unfrozen is no news", world.look())
        self.case("not the same id", len({n["id"] for n in world.all if n["notice"] == "store_frozen"}) == 2)

    def equivocated(self):
        world = self.world
        self.two_pcs()
        told = self.ids("equivocated", world.look(), "store_equivocated:B:")
        row = self.row("B")
        self.case("its record", told and told[0]["record"] == row["evidence"], (told, row))
        world.stop()
        world.start()
        self.case("a snapshot knows it", row == self.row("B"), self.row("B"))
        self.quiet("equivocated")
        world.must("unfreeze", "B", "--reason", "the copy is off", "--dir", world.hq)

    def two_pcs(self):
        """A store's folder on two PCs that are both connected: each signs a batch of its own."""
        world = self.world
        shutil.copytree(world.store("B"), world.store("B-copy"))
        watching = []
        for name in ("B", "B-copy"):
            folder = os.path.join(world.dir, "from-" + name)
            os.mkdir(folder)
            watching.append(subprocess.Popen(
                [os.path.join(world.bin, "allclear"), "publish", folder, "--watch", "--dir", world.store(name)],
                stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL))
        try:
            time.sleep(1.5)
            for name, number, key, value in (("B", 1, "events", 1), ("B-copy", 2, "frozen", True)):
                os.rename(self.file("whole", [cash(number, 100 * number, 3)]),
                          os.path.join(world.dir, "from-" + name, "day.jsonl"))
                end = time.monotonic() + 20
                while time.monotonic() < end and self.row("B")[key] != value:
                    time.sleep(0.1)
        finally:
            for process in watching:
                process.terminate()
                process.wait()

    def row(self, store):
        head = json.loads(self.world.must("status", "--json", "--dir", self.world.hq))
        return next(r for r in head["stores"] if r["store"] == store)

    def file(self, name, lines):
        path = pathlib.Path(self.world.dir, name + ".jsonl")
        path.write_bytes(b"".join(line + b"\n" for line in lines))
        return str(path)

    def hanging(self):
        """A proposal for more than a day, a refused top-up for more than seven."""
        world = self.world
        world.publish("A", [event("topup", 8, 3, member=MEMBER, product="gone", principal_fen=700),
                            event("topup", 9, 3, member=MEMBER, product="gone", principal_fen=34)], codes=(65,))
        world.must("operator", "add", "li", "--role", "maker,operator", "--dir", world.hq)
        world.must("operator", "add", "wang", "--role", "checker", "--dir", world.hq)
        os.environ["ALLCLEAR_PERSON"] = "li"
        world.must("adjust", "--debtor", "HQ", "--creditor", "A", "--amount", "12.00", "--about", "before", "--reason",
                   "water", "--dir", world.hq)
        self.ids("a proposal may wait a day", world.look())
        world.set_clock(4, 9)
        self.ids("but not longer", [n for n in world.look() if n["notice"] != "store_silent"])
        world.set_clock(4, 11)
        told = world.look()
        proposal = os.listdir(os.path.join(world.hq, "proposals"))[0]
        self.ids("it waits", told, "proposal_waits:" + proposal)
        self.case("what it does", "HQ owes A 12.00" in told[0]["text"] and proposal in told[0]["text"], told)
        self.quiet("a proposal")
        world.must("approve", proposal, "--as", "wang", "--dir", world.hq)
        self.ids("approved is no news", world.look())
        world.set_clock(11, 9)
        self.ids("suspense: seven days", [n for n in world.look("--suspense-days", "8") if n["notice"] != "store_silent"])
        told = self.ids("suspense: over seven", world.look("--suspense-days", "7"), "suspense_old:A:2026-03-03")
        self.case("its sum, and not what is older than the first look", told and (
            told[0]["count"], told[0]["amount_fen"], [e["event"] for e in told[0]["events"]]) == (
                2, 734, ["A:1:8", "A:1:9"]), told)
        self.quiet("suspense")

    def disputed(self):
        """The fee of a sale of A at A is of no claim; the principal of its top-up is: 10.00, for headquarters."""
        world = self.world
        world.publish("A", [event("topup", 70, 11, member=MEMBER, product="card", principal_fen=1000)])
        told = json.loads(world.must("dispute", "A:1:70/principal", "--reason", "paid to Li Ming", "--at",
                                     "2026-03-11T08:40:00+08:00", "--json", "--dir", world.store("A")))
        said = self.ids("a line is disputed", world.look(), "line_disputed:" + told["event"])
        self.case("which, and how much", said and (said[0]["of"], said[0]["kind"], said[0]["amount_fen"]) == (
            "A:1:70", "principal", 1000) and "Li Ming" not in json.dumps(said), said)
        self.quiet("a dispute")
        world.must("dispute", "answer", told["event"], "--stands", "--reason", "the till was right, ask Li Ming",
                   "--as", "li", "--dir", world.hq)
        world.must("approve", os.listdir(os.path.join(world.hq, "proposals"))[0], "--as", "wang", "--dir", world.hq)
        said = self.ids("it is answered", world.look(), "dispute_answered:" + told["event"])
        self.case("how, and to whom", said and (said[0]["store"], said[0]["of"], said[0]["kind"], said[0]["amount_fen"],
                                                said[0]["answer"]) == ("A", "A:1:70", "principal", 1000, "stands")
                  and "Li Ming" not in json.dumps(said), said)
        self.quiet("an answer")

    def closed(self):
        world = self.world
        nets = json.loads(world.must("positions", "--json", "--dir", world.hq))["positions"]
        world.must("cycle", "close", "2026-03", "--incomplete", "B and C were shut", "--dir", world.hq)
        told = world.look()
        self.ids("a cycle is closed", told, "cycle_closed:2026-03",
                 *("statement_ready:2026-03:" + row["participant"] for row in nets))
        self.case("why incomplete", told and told[0].get("incomplete") == "B and C were shut" and
                  told[0]["missing"] > 0 and "B and C were shut" in told[0]["text"], told[:1])
        told = [n for n in told if n["notice"] in ("cycle_closed", "statement_ready")] or [{}]
        keys = ("participant", "in_fen", "out_fen", "net_fen")
        self.case("with its nets", sorted(tuple(n[k] for k in keys) for n in told[1:]) ==
                  sorted(tuple(r[k] for k in keys) for r in nets), told)
        self.case("which sum to zero", sum(n["net_fen"] for n in told[1:]) == 0 and any(n["net_fen"] for n in told[1:]))
        self.quiet("closed")
        world.set_clock(19, 9)
        self.ids("eight days on", [n for n in world.look() if n["notice"] != "store_silent"])
        world.set_clock(20, 9)
        told = [n for n in world.look() if n["notice"] != "store_silent"]
        self.ids("objections end tomorrow", told, "objection_due:2026-03")
        self.case("on the day", told and told[0]["due"] == "2026-03-21", told)
        self.quiet("objections")

    def disk(self):
        """Thresholds that no disk has room for."""
        world = self.world
        much = str(1 << 30)
        for name, options, expected in (("low", ["--disk-low", much, "--disk-full", "0"], ["disk_fills:low:"]),
                                        ("full", ["--disk-low", much, "--disk-full", much], ["disk_fills:full:"]),
                                        ("low again", ["--disk-low", much, "--disk-full", "0"], []),
                                        ("room", ["--disk-low", "0", "--disk-full", "0"], ["disk_ok:"])):
            world.stop()
            world.options = options
            world.start()
            self.ids("disk " + name, world.look(), *expected)
            self.quiet("disk " + name)

    def silence(self):
        world = self.world
        world.stop()
        self.ids("a restart is no news", world.look())
        world.start()
        self.ids("it was one", world.look())
        world.stop()
        world.look()
        told = self.ids("no daemon", world.look(), "daemon_silent:")
        self.quiet("no daemon")
        world.start()
        again = self.ids("it answers", world.look(), "daemon_answers:")
        self.case("since when", told and again and told[0]["since"] == again[0]["since"], (told, again))
        self.quiet("it answers")

    # --- a program that does not take it ---

    def provoke(self, reason):
        self.world.must("freeze", "C", "--reason", reason, "--dir", self.world.hq)

    def calm(self):
        self.world.must("unfreeze", "C", "--reason", "over", "--dir", self.world.hq)
        self.world.look()

    def fails(self):
        world = self.world
        world.flag("fail", "store_frozen")
        self.provoke("one")
        told = self.ids("it fails", world.look(codes=(75,)), "store_frozen:C:")
        self.case("it waits", world.summary == {"new": 1, "told": 0, "waiting": 1}, world.summary)
        self.ids("not at once again", world.look(codes=(75,)))
        world.publish("C", [], codes=(0,))
        world.publish("A", [cash(20, 100, 20), total(21, 1, 1, 20)])
        time.sleep(1.1)
        later = world.look(codes=(75,))
        self.case("what comes later is not held up", [n["notice"] for n in later] == ["store_frozen", "day_differs"],
                  [n["id"] for n in later])
        self.case("the same id, the same words", later[0] == told[0], later)
        world.unflag("fail")
        self.ids("a longer pause", world.look(codes=(75,)))
        time.sleep(2.1)
        self.ids("then taken", world.look(), told[0]["id"])
        self.calm()

    def hangs(self):
        world = self.world
        world.flag("hang")
        self.provoke("two")
        began = time.monotonic()
        told = self.ids("it hangs", world.look(codes=(75,)), "store_frozen:C:")
        self.case("and is ended", time.monotonic() - began < 8)
        group = pathlib.Path(world.dir, "hang").read_text().strip()
        left = [line for line in subprocess.run(["ps", "-eo", "pgid=,stat=,args="], text=True, stdout=subprocess.PIPE,
                                                check=True).stdout.splitlines()
                if line.split()[0] == group and not line.split()[1].startswith("Z")]
        self.case("with what it had started", group and not left, left)
        world.unflag("hang")
        time.sleep(1.1)
        self.ids("it is told again", world.look(), told[0]["id"])
        self.calm()

    def killed(self):
        """Between the run and the note."""
        world = self.world
        world.flag("kill")
        self.provoke("three")
        told = self.ids("killed", world.look(codes=(-signal.SIGKILL,)), "store_frozen:C:")
        world.unflag("kill")
        self.ids("once more, with its id", world.look(), told[0]["id"])
        self.quiet("killed")
        self.calm()

    def nothing_to_run(self):
        world = self.world
        for name, arguments, code in (
                ("no program", ["notify", "--dir", world.hq], 64),
                ("not there", world.words(program=os.path.join(world.dir, "none")), 66),
                ("not executable", world.words(program=__file__), 66),
                ("no number", world.words("--limit", "0"), 64),
                ("no ledger", ["notify", "--dir", world.dir, "--exec", world.program], 66)):
            done = world.run(*arguments)
            self.case(name, done.returncode == code and done.stderr.startswith("allclear notify:"),
                      (done.returncode, done.stderr))
        memory = world.memory().read_bytes()
        world.memory().write_text("{}")
        done = world.run(*world.words("--once"))
        self.case("a strange memory", done.returncode == 65 and "move it away" in done.stderr, done.stderr)
        world.memory().write_bytes(memory)

    def goes_on(self):
        """The process that stays."""
        world = self.world
        process = subprocess.Popen([os.path.join(world.bin, "allclear"), *world.words()], stderr=subprocess.PIPE,
                                   text=True)
        try:
            time.sleep(1)
            done = world.run(*world.words("--once"))
            self.case("one at a time", done.returncode == 74 and "another allclear notify" in done.stderr, done.stderr)
            self.provoke("four")
            end, told = time.monotonic() + 10, []
            while time.monotonic() < end and not told:
                time.sleep(0.2)
                told = world.heard()
            self.ids("it tells by itself", told, "store_frozen:C:")
            time.sleep(0.5)
        finally:
            process.terminate()
            _, log = process.communicate(timeout=10)
        self.case("it ends when it is told to", process.returncode == 0, process.returncode)
        self.case("it says what it did", "info notify told id=store_frozen:C:" in log, log)
        self.calm()

    # --- all of them ---

    def every_kind(self):
        world = self.world
        document = DOCUMENT.read_text(encoding="utf-8")
        for kind, fields in FIELDS.items():
            found = [n for n in world.all if n["notice"] == kind]
            self.case("%s was seen" % kind, found)
            for n in found[:1]:
                keys = set(n) - COMMON - {"incomplete"}
                self.case("%s: its fields" % kind, keys == fields and COMMON <= set(n), sorted(set(n) ^ fields ^ COMMON))
                self.case("%s: says where" % kind, n["subject"].startswith("[demo TEST] ") and n["test"] is True and
                          n["network"] == world.network() and n["at"].endswith("+08:00") and n["text"], n)
            self.case("%s is in notify.md" % kind, "| `%s` |" % kind in document and
                      all("`%s`" % field in document for field in fields))
        self.case("no other kind", {n["notice"] for n in world.all} == set(FIELDS))
        named = [line.split(" ", 1) for line in pathlib.Path(world.dir, "told.env").read_text().splitlines()]
        self.case("the environment says the same", [tuple(n) for n in named] == [(n["notice"], n["id"]) for n in world.all])
        everything = json.dumps(world.all) + world.log_of_notify + world.memory().read_text()
        self.case("nothing personal", MEMBER not in everything and "token" not in everything)

    def chinese(self):
        """All that was told, told once more in Chinese."""
        world = self.world
        english_ones = list(world.all)
        one = {n["notice"]: n for n in world.all}
        self.put_back(one.values())
        done = world.run("--lang", "zh", *world.words("--once", "--json"))
        told = world.heard()
        self.case("all kinds", done.returncode == 0 and {n["notice"] for n in told} == set(FIELDS), done.stderr)
        for n in told:
            english = one[n["notice"]]
            self.case("%s in Chinese" % n["notice"], all(
                any("\u4e00" <= c <= "\u9fff" for c in n[key]) and n[key] != english[key] for key in ("subject", "text")) and
                {k: v for k, v in n.items() if k not in ("subject", "text")} ==
                {k: v for k, v in english.items() if k not in ("subject", "text")}, n)
        world.all = english_ones

    def put_back(self, notices):
        """Into the memory, as if nobody had taken them."""
        memory = json.loads(self.world.memory().read_text())
        memory["waiting"] = [{"notice": n, "tries": 0, "next_ms": 0} for n in notices]
        self.world.memory().write_text(json.dumps(memory))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--bin", required=True)
    verdicts = Verdicts()
    folder = tempfile.mkdtemp(prefix="allclear-notify-")
    world = Told(os.path.abspath(parser.parse_args().bin), folder)
    trial = Trial(world, verdicts)
    try:
        world.set_up()
        for part in (trial.first, trial.days, trial.frozen, trial.equivocated, trial.hanging, trial.disputed, trial.closed, trial.disk,
                     trial.silence, trial.fails, trial.hangs, trial.killed, trial.nothing_to_run, trial.goes_on,
                     trial.every_kind, trial.chinese):
            part()
        Samples(world, trial).play()
        trial.case("no bug of ours", "broken " not in world.logged(), world.logged()[-500:])
    except (Broken, KeyError, IndexError) as broken:
        trial.case("the test goes on", False, repr(broken))
    finally:
        world.stop()
        shutil.rmtree(folder, ignore_errors=True)
    return verdicts.end()


if __name__ == "__main__":
    sys.exit(main())
