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


def main():
    work = tempfile.mkdtemp(prefix="suspense-")
    world, verdicts = World(sys.argv[1], work), Verdicts()

    def equal(name, is_, should):
        verdicts.case(name, is_ == should, "%r, not %r" % (is_, should))

    try:
        world.set_up()
        for part in (story, leaves, same_again):
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
