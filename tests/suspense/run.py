"""Refused events in suspense, through the real programs: what hangs, how old it is, and how it leaves.
usage: run.py BINARIES"""
import json
import os
import shutil
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "network"))
from network import Broken, Network, Verdicts  # noqa: E402

LATER = "2026-03-04T12:00:00+08:00"


def line(number, **event):
    return json.dumps(dict({"terminal": "1", "number": number, "at": "2026-03-01T10:%02d:00+08:00" % number},
                           **event)).encode()


def cash_sale(number, member, **more):
    return line(number, type="sale", member=member, gross_fen=12345,
                pay=[{"with": "stored_value", "product": "card", "amount_fen": 12345}], **more)


class World(Network):
    def suspense(self, *words):
        return json.loads(self.must("suspense", "list", "--json", *words, "--dir", self.hq))

    def brief(self, *words):
        return [(row["event"], row["reason"], row["amount_fen"], row["age_days"])
                for row in self.suspense(*words)["items"]]

    def age(self, event):
        return {row["event"]: row["age_days"] for row in self.suspense()["items"]}[event]

    def nets(self):
        told = json.loads(self.must("positions", "--json", "--dir", self.hq))
        return {row["participant"]: row["net_fen"] for row in told["positions"]}

    def settle(self, *words):
        return self.run("suspense", *words, "--reason", "as agreed", "--as", "li", "--dir", self.hq)

    def refused(self, *words, name):
        """Returns: "" when it was refused by that name, else what was said."""
        done = self.settle(*words)
        return "" if done.returncode != 0 and name in done.stderr else "%s %s %s" % (done.returncode, done.stdout,
                                                                                  done.stderr)

    def proposed(self, *words, checked=True):
        """Returns: a proposal's id and its words."""
        done = self.settle(*words)
        if done.returncode != 0:
            if checked:
                raise Broken("%s: %s%s" % (words, done.stdout, done.stderr))
            return None
        return done.stdout.split()[1].rstrip(":"), done.stdout.splitlines()[0].split(": ", 1)[1]

    def approve(self, identity):
        self.must("approve", identity, "--as", "wang", "--dir", self.hq)

    def sent(self, store, line):
        """Returns: why a line that is sent is refused."""
        return [row["reason"] for row in self.publish(store, [line], codes=(0, 65))["refusals"]]

    def retry(self, store, *words, codes=(0, 65)):
        return json.loads(self.must("outbox", "retry", *words, "--json", "--dir", self.store(store), codes=codes))


def story(world, equal):
    equal("nothing hangs", world.suspense(), {"as_of": "2026-03-01", "count": 0, "amount_fen": 0, "items": []})
    world.publish("B", [
        line(1, type="topup", member="62", product="card", principal_fen=50000, bonus_fen=9999, offer="500-100"),
        line(2, type="topup", member="62", product="gone", principal_fen=777),
        cash_sale(3, "99"),  # nobody knows this member: it waits
        cash_sale(4, "99", ask=True),  # asked: nothing was handed over
        line(5, type="points_grant", member="62", product="gone", points=5, reason="sorry"),
    ], codes=(65,))
    world.publish("C", [line(1, type="cashout", member="62", product="gone", amount_fen=300)], codes=(65,))
    first = [("B:1:1", "BONUS_MISMATCH", 50000, 0), ("B:1:2", "UNKNOWN_PRODUCT", 777, 0),
             ("C:1:1", "UNKNOWN_PRODUCT", 300, 0)]
    equal("what hangs", world.brief(), first)
    equal("of one store", world.brief("--store", "C"), first[2:])
    told = world.suspense("--store", "B")
    equal("its sum", (told["count"], told["amount_fen"]), (2, 50777))
    equal("a row", told["items"][0], {
        "event": "B:1:1", "store": "B", "type": "topup", "reason": "BONUS_MISMATCH", "amount_fen": 50000,
        "member": "62", "came": "2026-03-01", "age_days": 0, "record": told["items"][0]["record"]})
    world.must("clock", "set", LATER, "--dir", world.hq)
    world.must("cycle", "close", "early", "--incomplete", "no totals", "--dir", world.hq)
    older = [(event, reason, fen, 4) for event, reason, fen, age in first]
    equal("the deadline, and the next cycle", [row[:3] for row in world.brief()],
          [row[:3] for row in older] + [("B:1:3", "UNKNOWN_MEMBER", 12345)])
    ages = [row[3] for row in world.brief()]
    equal("oldest first", ages, sorted(ages, reverse=True))
    equal("days have passed", ages[0] >= 3, True)
    text = world.must("suspense", "list", "--dir", world.hq)
    equal("as text", [word for word in ("B:1:3", "123.45", "UNKNOWN_MEMBER", "7.77", "500.00") if word not in text], [])


def leaves(world, equal):
    """What is mended is sent again under its number, and leaves."""
    world.publish("A", [line(1, type="topup", member="99", product="card", principal_fen=20000)])
    told = world.retry("B", "--reason", "UNKNOWN_MEMBER", "B:1:3")
    equal("the retry", (told["retried"]["read"], told["retried"]["accepted"]), (1, 1))
    equal("it has left", "B:1:3" in [row[0] for row in world.brief()], False)
    told = world.retry("B", "B:1:2")
    equal("all but what was asked", world.retry("B")["retried"]["read"], 3)
    equal("what was asked, by its name", world.retry("B", "B:1:4")["retried"]["read"], 1)
    equal("refused again", (told["retried"]["read"], told["retried"]["refused"]), (1, 1))
    equal("as old as before", world.brief("--store", "B")[1][3], world.brief("--store", "B")[0][3])
    world.publish("B", [line(1, type="topup", member="62", product="card", principal_fen=50000, bonus_fen=10000,
                             offer="500-100")])
    equal("the mended one", [row[0] for row in world.brief()], ["B:1:2", "C:1:1"])


def card_sale(number, minute=0, fen=3000):
    return json.dumps({"type": "sale", "terminal": "1", "number": number, "at": "2026-03-03T11:%02d:00+08:00" % minute,
                       "gross_fen": fen, "pay": [{"with": "card", "amount_fen": fen}]}).encode()


def last_day_of_b(world, day):
    path = os.path.join(world.hq, "stores.csv")
    with open(path, newline="") as file:
        rows = [row.split(",") for row in file.read().splitlines()]
    for row in rows:
        row[6] = day if row[0] == "B" else row[6]
    with open(path, "w") as file:
        file.write("".join(",".join(row) + "\n" for row in rows))
    world.must("apply", "--as", "li", "--dir", world.hq)


def settled(world, equal):
    """Worked by hand: card sales of 30.00 of a day on which B was closed by mistake."""
    for person, role in (("li", "maker"), ("wang", "checker"), ("op", "operator")):
        world.must("operator", "add", person, "--role", role, "--dir", world.hq)
    last_day_of_b(world, "2026-03-02")
    world.publish("B", [card_sale(number) for number in (11, 12, 13)], codes=(65,))
    equal("three more hang", world.brief("--store", "B")[1:],
          [("B:1:%d" % number, "STORE_CLOSED", 3000, 0) for number in (11, 12, 13)])
    share = ("--debtor", "B=20.00,HQ=10.00", "--creditor", "C")
    before = world.nets()
    for name, words in (("OVER_AMOUNT", ("assign", "B:1:11", "--debtor", "B=20.00,HQ=10.01", "--creditor", "C")),
                        ("name each debtor once", ("assign", "B:1:11", "--debtor", "B=20.00,C=1", "--creditor", "C")),
                        ("no participant Z", ("assign", "B:1:11", "--debtor", "Z", "--amount", "1", "--creditor", "C")),
                        ("NOT_IN_SUSPENSE", ("return", "B:1:14")), ("NOT_IN_SUSPENSE", ("retry", "Z:1:1")),
                        ("STORE_CLOSED", ("retry", "B:1:13"))):
        equal("refused: " + " ".join(words), world.refused(*words, name=name), "")
    assigned = world.proposed("assign", "B:1:11", *share)
    equal("nothing has changed", (world.nets(), world.suspense("--store", "B")["count"]), (before, 4))
    equal("in words", assigned[1], "suspense B:1:11: B owes C 20.00, HQ owes C 10.00.")
    late = world.proposed("return", "B:1:11")
    world.approve(assigned[0])
    after = {key: before[key] + {"B": -2000, "HQ": -1000, "C": 3000}.get(key, 0) for key in before}
    equal("assigned, to the fen", world.nets(), after)
    equal("settled in the meantime", "NOT_IN_SUSPENSE" in world.run("approve", late[0], "--as", "wang", "--dir",
                                                                    world.hq).stderr, True)
    world.must("approve", late[0], "--reject", "--reason", "it is settled", "--dir", world.hq)
    world.approve(world.proposed("return", "B:1:12")[0])
    equal("returned: nobody owes anything", world.nets(), after)
    retried = world.proposed("retry", "B:1:13", checked=False)
    equal("not before its cause is mended", retried, None)
    last_day_of_b(world, "2026-12-31")
    world.approve(world.proposed("retry", "B:1:13")[0])
    equal("only the old one hangs", world.brief("--store", "B"), [("B:1:2", "UNKNOWN_PRODUCT", 777, world.age("B:1:2"))])
    equal("cash on the till moves no net", world.nets(), after)
    report = json.loads(world.must("cycle", "preview", "--format", "json", "--dir", world.hq))
    equal("its own day", [row for row in report["late"] if row["event"] == "B:1:13"],
          [{"event": "B:1:13", "occurred": "2026-03-03", "booked": report["to"]}])
    equal("in the matrix", [(row["debtor"], row["creditor"], row["amount_fen"]) for row in report["matrix"]
                            if row["kind"] == "suspense"], [("B", "C", 2000), ("HQ", "C", 1000)])
    equal("who, why and for what", [(row["debtor"], row["amount_fen"], row["kind"], row["about"], row["person"])
                                    for row in report["adjustments"]],
          [("B", 2000, "suspense", "B:1:11", "li"), ("HQ", 1000, "suspense", "B:1:11", "li")])
    equal("in the list of refusals", [row["event"] for row in report["refused"]
                                      if row["reason"] == "SETTLED_OTHERWISE"], ["B:1:11", "B:1:12"])
    why = world.must("explain", "B:1:11", "--dir", world.hq)
    equal("why", [word for word in ("STORE_CLOSED", "SETTLED_OTHERWISE", "B owes C 20.00", "HQ owes C 10.00")
                  if word not in why], [])
    equal("why returned", "given back" in world.must("explain", "B:1:12", "--dir", world.hq), True)
    told = world.retry("B", "B:1:11", "B:1:12", "B:1:13")["retried"]
    equal("the store's own retry: duplicates", (told["read"], told["already"], told["refused"]), (3, 3, 0))
    spent(world, equal)


def spent(world, equal, minute=1):
    """What comes later under their numbers counts no second time."""
    nets = world.nets()
    for number in (11, 12, 13):
        equal("another: %d" % number, world.sent("B", card_sale(number, minute)), ["NUMBER_REUSED"])
    equal("and nothing more is owed", world.nets(), nets)


def uploaded():
    """A file that went out under the wrong store: two sales, what undid a part of one, a card sold, a total."""
    def of_day(number, **event):
        return json.dumps(dict({"terminal": "7", "number": number, "at": "2026-03-04T09:%02d:00+08:00" % number},
                               **event)).encode()
    sale = {"type": "sale", "member": "99", "gross_fen": 1000,
            "pay": [{"with": "stored_value", "product": "card", "amount_fen": 1000}]}
    return [of_day(1, **sale), of_day(2, **sale), of_day(3, type="refund", of="C:7:2", amount_fen=300),
            of_day(4, type="topup", member="99", product="card", principal_fen=5000),
            of_day(5, type="topup", member="99", product="gone", principal_fen=5000),
            of_day(6, type="day_total", date="2026-03-04", count=4, sums={})]


def upload(world, equal):
    def undo(*words, code=0):
        done = world.run("reverse", "--upload", file, "--store", "C", *words, "--as", "li", "--dir", world.hq)
        equal("reverse --upload " + " ".join(words), done.returncode, code)
        return done.stdout, done.stderr

    def set_in(said):
        """Returns: a set's id and how many are in it."""
        words = said.splitlines()[1].split()
        return words[1].rstrip(","), int(words[-1].rstrip("."))

    def waiting():
        return [row["what"] for row in json.loads(world.must("approve", "--json", "--dir", world.hq))["proposals"]]

    before = world.nets()
    file = world.publish("C", uploaded(), codes=(65,))["file"]
    moved = world.nets()
    equal("it moved something", moved == before, False)
    said = undo("--check", code=65)
    equal("what can be undone", said[0].split(": ", 1)[1], "4 can be undone, 0 are proposed already, 0 were undone "
          "before, 1 the ledger has not accepted, 1 cannot be undone\n")
    equal("what cannot, by name", "NOT_REFUNDABLE: C:7:6" in said[1], True)
    taken = world.must("outbox", "of", os.path.basename(file), "--dir", world.store("C"))
    equal("the store's list of it", [(row["terminal"], row["number"], row["line"]) for row in map(json.loads, taken.splitlines())],
          [("7", n, n) for n in range(1, 7)])
    equal("of no file", world.run("outbox", "of", "x" + os.path.basename(file), "--dir", world.store("C")).returncode, 66)
    whole, file = file, os.path.join(world.dir, "taken.jsonl")
    with open(file, "w", encoding="utf-8") as out:
        out.write(taken)
    equal("is as good as the file", undo("--check", code=65)[0].split(": ", 1)[1], said[0].split(": ", 1)[1])
    file = whole
    undo("--reason", "wrong store", code=65)
    equal("nothing is proposed", waiting(), [])
    first, count = set_in(undo("--reason", "wrong store", "--what-can")[0])
    equal("four wait", (count, len(waiting())), (4, 4))
    equal("given again: the same set", (set_in(undo("--reason", "wrong store", "--what-can")[0]), len(waiting())),
          ((first, 4), 4))
    told = json.loads(world.must("approve", "--json", "--dir", world.hq))
    equal("listed", told["sets"], [first])
    equal("as text", "approve --set " + first in world.must("approve", "--dir", world.hq), True)
    own = world.run("approve", "--set", first, "--as", "li", "--dir", world.hq)
    equal("not by oneself", (own.returncode, own.stderr.count("SAME_PERSON"), world.nets()), (65, 4, moved))
    done = world.run("approve", "--set", first, "--as", "wang", "--dir", world.hq)
    equal("the rest of a sale that was refunded moves on", (done.returncode, done.stderr.count("MOVED_ON"),
                                                            done.stdout.splitlines()[-1]),
          (65, 1, "Of the set %s: 3 done now, 1 left." % first))
    second, count = set_in(undo("--reason", "wrong store", "--what-can")[0])
    equal("one more", (count, len(waiting())), (1, 1))
    world.must("approve", "--set", second, "--as", "wang", "--dir", world.hq)
    equal("nothing is left", undo("--reason", "wrong store", "--what-can")[0].splitlines()[1], "Nothing is left to undo.")
    fees = {"C": -12, "HQ": 12}  # 0.6 % of 10.00, twice: a fee that is not refundable stays (rule 23)
    equal("as if it had not been, but for the fees", world.nets(),
          {key: before[key] + fees.get(key, 0) for key in before})
    equal("no proposal, and the first set is over", (waiting(), world.run("approve", "--set", first, "--as", "wang",
                                                                          "--dir", world.hq).returncode), ([], 0))
    equal("a set that is none", world.run("approve", "--set", "../keys", "--dir", world.hq).returncode, 65)


def readings(world, equal):
    """A day's export that overwrites the last one under the same name, and another of that name elsewhere."""
    def publish(folder, number):
        path = os.path.join(world.dir, folder, "day.jsonl")
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            for n in (number, number + 1):
                file.write(json.dumps({"type": "enrol", "terminal": "8", "number": n, "at": "2026-03-04T10:00:00+08:00",
                                       "member": str(6200000800 + n)}).encode() + b"\n")
        world.must("publish", path, "--dir", world.store("C"))
        return path

    def of(name, *words):
        done = world.run("outbox", "of", name, *words, "--dir", world.store("C"))
        return done.returncode, [json.loads(row)["number"] for row in done.stdout.splitlines()], done.stderr

    first = publish("one", 1)
    equal("read once", of("day.jsonl")[:2], (0, [1, 2]))
    publish("one", 3)
    other = publish("two", 5)
    code, rows, said = of("day.jsonl")
    equal("three readings", (code, rows, said.count("events: 2"), said.count(first), said.count(other)), (65, [], 3, 2, 1))
    equal("each of them", [of("day.jsonl", "--reading", n)[:2] for n in "123"], [(0, [1, 2]), (0, [3, 4]), (0, [5, 6])])
    equal("by its path", (of(other)[1], of(first)[0], of(first, "--reading", "2")[1]), ([5, 6], 65, [3, 4]))
    equal("no such reading", (of("day.jsonl", "--reading", "4")[0], of("day.jsonl", "--reading", "0")[0]), (65, 64))


def same_again(world, equal):
    before, digest, network = world.suspense(), world.digest(), world.network()
    copy = os.path.join(world.dir, "copy")
    world.must("backup", copy, "--no-verify", "--dir", world.hq)
    verdict = world.must("replay", copy, "--network", network)
    equal("replay", verdict.strip().splitlines()[-1].split()[0].rstrip(":,."), "VERIFIED")
    world.stop()
    equal("at rest", (world.suspense(), world.digest()), (before, digest))
    world.start()
    equal("after a start", (world.suspense(), world.digest()), (before, digest))
    world.must("clock", "set", "2026-06-01T12:00:00+08:00", "--as", "op", "--dir", world.hq)  # every gap has closed
    spent(world, equal, 2)

    def late(fen):
        return world.sent("B", line(2, type="topup", member="62", product="card", principal_fen=fen))

    nets = world.nets()
    equal("its gap has closed: too old for the store", late(500), ["TOO_OLD"])
    world.approve(world.proposed("retry", "B:1:2")[0])
    equal("two people take it all the same", world.nets(),
          {key: nets[key] + {"B": -495, "HQ": 495}.get(key, 0) for key in nets})  # 5.00 less 1 % commission
    equal("nothing of B hangs, and the number is spent", (world.brief("--store", "B"), late(600)), ([], ["NUMBER_REUSED"]))
    world.stop()
    world.start()
    equal("also after a start", late(700), ["NUMBER_REUSED"])


def main():
    work = tempfile.mkdtemp(prefix="suspense-")
    world, verdicts = World(sys.argv[1], work), Verdicts()

    def equal(name, is_, should):
        verdicts.case(name, is_ == should, "%r, not %r" % (is_, should))

    try:
        world.set_up()
        for part in (story, leaves, settled, upload, readings, same_again):
            part(world, equal)
    except Broken as problem:
        verdicts.case("the test", False, problem)
    finally:
        world.stop()
        shutil.rmtree(work, ignore_errors=True)
    print("%d passed, %d failed" % (verdicts.passed, verdicts.failed))
    return verdicts.failed != 0


if __name__ == "__main__":
    sys.exit(main())
