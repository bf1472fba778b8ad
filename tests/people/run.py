"""Two people on one record, through the real programs: every role against every command, proposals refused by
name, and worked examples of what is undone. usage: run.py BINARIES"""
import json
import os
import shutil
import signal
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "network"))
from network import Broken, Network  # noqa: E402

LATER = "2026-03-31T20:00:00+08:00"
PEOPLE = {"ma": "maker", "chen": "checker", "chen2": "checker", "au": "auditor", "op": "operator",
          "all": "maker,checker,auditor,operator"}
passed = failed = 0


def check(name, good, detail=""):
    global passed, failed
    if good:
        passed += 1
    else:
        failed += 1
        print("people: %s: %s" % (name, detail))


class World(Network):
    def verb(self, *words, person=None):
        return self.run(*words, *(("--as", person) if person else ()), "--dir", self.hq)

    def refused(self, what, name, *words, person=None):
        done = self.verb(*words, person=person)
        check(what, done.returncode == 65 and name in done.stderr, "exit %d, not %s: %s%s" % (
            done.returncode, name, done.stdout, done.stderr))

    def proposed(self, *words, person="ma"):
        done = self.verb(*words, "--reason", "as agreed", person=person)
        if done.returncode != 0:
            raise Broken("%s: %s%s" % (words, done.stdout, done.stderr))
        return done.stdout.split()[1].rstrip(":")

    def approved(self, identity, person="chen"):
        done = self.verb("approve", identity, person=person)
        check("approve by " + person, done.returncode == 0 and "Approved by " + person in done.stdout,
              done.stdout + done.stderr)

    def positions(self):
        told = json.loads(self.must("positions", "--json", "--dir", self.hq))
        return {row["participant"]: row["net_fen"] for row in told["positions"]}

    def open_report(self):
        return json.loads(self.must("cycle", "preview", "--format", "json", "--dir", self.hq))

    def proposals(self):
        told = json.loads(self.must("approve", "--json", "--dir", self.hq))
        return {row["id"]: row for row in told["proposals"]}

    def path(self, identity):
        return os.path.join(self.hq, "proposals", identity)

    def adjusted(self, person="ma", amount="12.34"):
        return self.proposed("adjust", "--debtor", "A", "--creditor", "B", "--amount", amount, person=person)


def line(**event):
    return json.dumps(event).encode()


def sale(number, member="62", at="10:40"):
    return line(type="sale", terminal="1", number=number, at="2026-03-01T%s:00+08:00" % at, member=member,
                gross_fen=12345, pay=[{"with": "stored_value", "product": "card", "amount_fen": 12345}],
                earn=[{"product": "points", "points": 123}])


GOLDEN = os.path.join(os.path.dirname(__file__), "..", "golden", "reverse")


def asks_again(world, store):
    """A store whose key was revoked joins with another, which waits to be approved."""
    shutil.rmtree(world.store(store))
    kit = os.path.join(world.dir, "kit-again-" + store)
    world.must("invite", store, "--dir", world.hq, "--out", kit)
    world.must("join", kit, "--dir", world.store(store))


def matrix(world):
    """Every cell: the command is done, or refused by name for who asks."""
    alone = {  # verb: (words, the roles that may)
        "freeze": (("freeze", "A", "--reason", "x"), {"op", "all"}),
        "unfreeze": (("unfreeze", "A", "--reason", "x"), {"op", "all"}),
        "clock": (("clock", "set", "2026-03-01T20:00:00+08:00"), {"op", "all"}),
        "key revoke": (("key", "revoke", "C", "--reason", "x"), {"op", "all"}),
        "key approve": (("key", "approve", "C", "--all-pending"), {"op", "all"}),
        "adjust": (("adjust", "--debtor", "A", "--creditor", "B", "--amount", "1", "--reason", "x"), {"ma", "all"}),
        "reverse": (("reverse", "A:9:2", "--reason", "x"), {"ma", "all"}),
        "suspense return": (("suspense", "return", "A:9:3", "--reason", "x"), {"ma", "all"}),
        "dispute answer": (("dispute", "answer", "A:9:4", "--falls", "--reason", "x"), {"ma", "all"}),
        "member replace": (("member", "replace", "70", "71", "--reason", "x"), {"ma", "all"}),
        "cycle close": (("cycle", "close", "early"), {"ma", "all"}),
    }
    world.publish("A", [line(type="enrol", terminal="9", number=1, at="2026-03-01T08:30:00+08:00", member="70"),
                        line(type="topup", terminal="9", number=2, at="2026-03-01T08:31:00+08:00", member="70",
                             product="card", principal_fen=100),
                        line(type="topup", terminal="9", number=3, at="2026-03-01T08:32:00+08:00", member="70",
                             product="gone", principal_fen=100),
                        line(type="dispute", terminal="9", number=4, at="2026-03-01T08:33:00+08:00", of="A:9:2",
                             kind="principal", reason="x")], codes=(65,))
    for name, (words, may) in alone.items():
        if name == "key approve":
            asks_again(world, "C")
        nobody = world.verb(*words, person="root")
        check(name + " by nobody", nobody.returncode == 65 and "UNKNOWN_KEY" in nobody.stderr, nobody.stderr)
        for person in sorted(PEOPLE, key=lambda one: one in may):
            before = world.digest()
            done = world.verb(*words, person=person)
            wrong = "WRONG_ROLE" in done.stderr
            check("%s by %s" % (name, person), wrong == (person not in may),
                  "exit %d: %s%s" % (done.returncode, done.stdout, done.stderr))
            if wrong:
                check("%s by %s changes nothing" % (name, person), done.returncode == 65 and world.digest() == before)
    for person in PEOPLE:  # reading is everybody's
        for words in (("status",), ("positions",), ("cycle", "list"), ("approve",), ("operator", "list")):
            done = world.verb(*words, person=person)
            check("%s by %s" % (" ".join(words), person), done.returncode == 0, done.stderr)
    for maker in ("ma", "all"):
        for person in PEOPLE:
            identity = world.adjusted(maker, "0.01")
            may = person in ("chen", "chen2", "all") and person != maker
            done = world.verb("approve", identity, person=person)
            name = "SAME_PERSON" if person == maker else "WRONG_ROLE"
            check("approve %s's by %s" % (maker, person),
                  (done.returncode == 0) == may and (may or name in done.stderr), done.stdout + done.stderr)
    for identity in list(world.proposals()):
        done = world.verb("approve", identity, "--reject", "--reason", "tidy")
        check("reject " + identity, done.returncode == 0 and not os.path.exists(world.path(identity)), done.stderr)
    check("nothing waits", world.proposals() == {})
    done = world.verb("operator", "roles")
    check("roles are printed", all(word in done.stdout for word in ("adjust", "reverse", "maker", "checker")))


def proposals(world):
    one = world.adjusted()
    listed = world.proposals()[one]
    check("listed", listed["stands"] and listed["person"] == "ma" and listed["reason"] == "as agreed" and
          "A owes B 12.34" in listed["what"], listed)
    with open(world.path(one), "rb") as file:
        good = file.read()
    for at in (5, len(good) // 2, len(good) - 1):  # body, body or key, signature
        with open(world.path(one), "wb") as file:
            file.write(good[:at] + bytes([good[at] ^ 1]) + good[at + 1:])
        done = world.verb("approve", one, person="chen")
        check("byte %d" % at, done.returncode != 0 and any(
            name in done.stderr for name in ("CHANGED: " + world.path(one), "BAD_SIGNATURE", "UNKNOWN_KEY")),
            done.stderr)
        check("byte %d is listed" % at, world.proposals()[one]["stands"] is False)
    with open(world.path(one), "wb") as file:
        file.write(good[:40])
    world.refused("torn", "CHANGED", "approve", one, person="chen")
    with open(world.path(one), "wb") as file:
        file.write(good)
    # one person with another's name: his key is not hers
    os.environ["ALLCLEAR_KEY"] = os.path.join(world.hq, "keys", "people", "ma.pem")
    world.refused("second signature by the first's key", "SAME_PERSON", "approve", one, person="chen")
    del os.environ["ALLCLEAR_KEY"]
    before = world.positions()
    # a kill between the two hands loses nothing
    world.daemon.send_signal(signal.SIGKILL)
    world.daemon.wait()
    check("listed at rest", world.proposals()[one]["stands"])
    world.start()
    world.approved(one)
    after = world.positions()
    check("adjusted", after["B"] - before["B"] == 1234 and after["A"] - before["A"] == -1234, after)
    cell = [row for row in world.open_report()["matrix"] if row["kind"] == "adjust"]
    check("in the matrix", len(cell) == 1 and cell[0]["amount_fen"] == after["B"] and not cell[0]["reversal"], cell)
    rows = world.open_report()["adjustments"]
    check("in the report", len(rows) == cell[0]["count"] and rows[-1] == {
        "debtor": "A", "creditor": "B", "amount_fen": 1234, "booked": rows[-1]["booked"], "person": "ma", "about": "",
        "reason": "as agreed"}, rows)
    with open(world.path(one), "wb") as file:  # it comes again
        file.write(good)
    world.refused("replayed", "ALREADY_APPLIED", "approve", one, person="chen2")
    check("replayed is listed", "ALREADY_APPLIED" in world.proposals()[one]["why"])
    world.must("approve", one, "--reject", "--reason", "done", "--dir", world.hq)
    for question in ({"verb": "standing"}, {"verb": "standing", "record": "zz"}, {"verb": "standing", "record": ""},
                     {"verb": "standing", "record": good.hex()[:-1]},
                     {"verb": "standing", "record": good.hex(), "as": "\u4e2d" * 50}):
        check("asked %s" % question, world.ask(**question).get("stands") is False)
    for question in ({}, {"of": "B:1:1"}, {"of": "B:1:1", "at_ms": 2 ** 62}, {"of": "::", "at_ms": 5},
                     {"of": "B:1:" + "9" * 40, "at_ms": 5}, {"of": "\u4e2d:1:1", "at_ms": 5}):
        check("asked %s" % question, "error" in world.ask(verb="reversal", **question))
    check("up", world.is_up())
    world.refused("no such", "no proposal", "approve", "0123456789ab", person="chen")
    world.refused("no path", "no proposal", "approve", "../keys/hq.pem", person="chen")
    # who leaves takes his proposals with him
    one = world.adjusted("all")
    world.must("operator", "leave", "all", "--reason", "retired", "--dir", world.hq)
    check("of one who left", "HAS_LEFT" in world.proposals()[one]["why"], world.proposals())
    world.refused("of one who left", "HAS_LEFT", "approve", one, person="chen")
    world.refused("by one who left", "HAS_LEFT", "freeze", "A", "--reason", "x", person="all")
    world.must("approve", one, "--reject", "--reason", "left", "--dir", world.hq)
    # without a daemon the folder is asked
    one = world.adjusted()
    world.stop()
    two = world.adjusted()
    check("two at one instant", one != two)
    world.approved(one)
    world.refused("at rest", "SAME_PERSON", "approve", two, person="ma")
    world.start()
    world.approved(two)


def worked(world):
    """Figures worked out by hand from rules.md: tests/golden/reverse."""
    with open(os.path.join(GOLDEN, "worked.json"), encoding="utf-8") as file:
        golden = json.load(file)
    for store in "AB":
        with open(os.path.join(GOLDEN, store + ".jsonl"), "rb") as file:
            world.publish(store, file.read().splitlines())
    for step in golden["steps"]:
        before, events = world.positions(), world.open_report()["events"]
        world.approved(world.proposed(*step["do"]))
        after = world.positions()
        moved = {code: after[code] - before[code] for code in after}
        check(" ".join(step["do"]), moved == step["nets"], "%s, not %s: %s" % (moved, step["nets"], step["why"]))
        check("counted", world.open_report()["events"] - events == (step["do"][0] == "reverse"))
    rows = [[row[key] for key in ("debtor", "creditor", "kind", "reversal", "count", "amount_fen")]
            for row in world.open_report()["matrix"] if row["reversal"] or row["kind"] in ("cashout", "adjust")]
    rows = [row for row in rows if row[:3] != ["A", "B", "adjust"]]  # those of the proposals before
    check("the matrix", rows == golden["matrix"], rows)
    report = world.open_report()
    check("listed as late, of the proposal's day", [row["event"].split(":")[1] for row in report["late"]].count(
        "HQ-REVERSAL") == 3, report["late"])
    for of, name in (("B:1:1", "REFUNDED"), ("A:1:2", "REFUNDED"), ("A:1:3", "VOIDED"), ("A:1:4", "NOT_REFUNDABLE"),
                     ("A:1:99", "UNKNOWN_ORIGINAL"), ("Z:1:1", "UNKNOWN_ORIGINAL")):
        world.refused("reverse " + of, name, "reverse", of, "--reason", "x", person="ma")
    # a refund comes between the two hands
    world.publish("B", [sale(2, at="11:40")])
    stale = world.proposed("reverse", "B:1:2")
    world.publish("C", [line(type="refund", terminal="1", number=1, at="2026-03-01T13:00:00+08:00", of="B:1:2",
                             amount_fen=5000)])
    check("moved on is listed", "MOVED_ON" in world.proposals()[stale]["why"], world.proposals())
    world.refused("moved on", "MOVED_ON", "approve", stale, person="chen")
    world.must("approve", stale, "--reject", "--reason", "stale", "--dir", world.hq)
    # the rest of it, and what headquarters entered no till undoes
    world.approved(world.proposed("reverse", "B:1:2"))
    old = world.adjusted()
    world.must("clock", "set", LATER, "--as", "op", "--dir", world.hq)
    check("thirty days", world.proposals()[old]["stands"])
    world.must("clock", "set", "2026-04-01T20:00:01+08:00", "--as", "op", "--dir", world.hq)
    world.refused("over thirty days", "TOO_OLD", "approve", old, person="chen")


def main():
    work = tempfile.mkdtemp(prefix="people-")
    world = World(sys.argv[1], work)
    try:
        world.set_up()
        world.refused("without people", "UNKNOWN_KEY", "adjust", "--debtor", "A", "--creditor", "B", "--amount", "1",
                      "--reason", "x", person="ma")
        for person, roles in PEOPLE.items():
            done = world.verb("operator", "add", person, "--role", roles)
            check("add " + person, done.returncode == 0, done.stderr)
            mode = os.stat(os.path.join(world.hq, "keys", "people", person + ".pem")).st_mode & 0o777
            check("key of " + person, mode == 0o600, oct(mode))
        request = world.must("operator", "key", "far", "--network", world.network(), "--out",
                             os.path.join(work, "far.pem")).strip()
        stolen = world.verb("operator", "add", "near", "--role", "checker", "--request", request)
        check("another's proof", stolen.returncode != 0 and "not proven" in stolen.stderr, stolen.stderr)
        world.must("operator", "add", "far", "--role", "checker", "--request", request, "--dir", world.hq)
        first = world.proposed("adjust", "--debtor", "HQ", "--creditor", "C", "--amount", "0.01")
        os.environ["ALLCLEAR_KEY"] = os.path.join(work, "far.pem")
        world.approved(first, "far")
        del os.environ["ALLCLEAR_KEY"]
        matrix(world)
        proposals(world)
        worked(world)
        world.must("cycle", "close", "late", "--as", "ma", "--dir", world.hq)
        statement = json.loads(world.must("statement", "B", "late", "--format", "json", "--dir", world.hq))
        check("in the statement", [row["reason"] for row in statement.get("adjustments", [])][:1] == ["as agreed"] and
              any(row["kind"] == "adjust" for row in statement["lines"]), statement)
        text = world.must("statement", "B", "late", "--dir", world.hq)
        check("in the statement's text", "Adjustments by headquarters" in text and "12.34" in text, text)
        own = json.loads(world.must("statement", "late", "--json", "--dir", world.store("B")))
        check("in the store's own", own.get("adjustments") == statement.get("adjustments"), own)
        before = world.digest()
        network = world.network()
        copy = os.path.join(work, "copy")
        world.must("backup", copy, "--no-verify", "--dir", world.hq)
        verdict = world.must("replay", copy, "--network", network)
        check("replay", verdict.strip().splitlines()[-1].startswith("VERIFIED"), verdict)
        world.stop()
        check("the same state at rest", world.digest() == before)
        world.start()
        check("the same state again", world.digest() == before)
    except Broken as problem:
        check("the test", False, problem)
    finally:
        world.stop()
        shutil.rmtree(work, ignore_errors=True)
    print("%d passed, %d failed" % (passed, failed))
    return failed != 0


if __name__ == "__main__":
    sys.exit(main())
