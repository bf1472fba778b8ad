"""An upgrade over what old versions have left: their journals, snapshots, keys and outboxes under the present programs.

    run.py --bin DIR [COMMIT...]
"""
import argparse
import json
import os
import pathlib
import shutil
import sys
import tarfile
import tempfile

TOP = pathlib.Path(__file__).resolve().parents[2]
FIXTURES = pathlib.Path(__file__).resolve().parent / "fixtures"
sys.path.insert(0, str(TOP / "tests/network"))
from network import Broken, Network, Verdicts  # noqa: E402


def line(what, number, at, **keys):
    return json.dumps({"type": what, "terminal": "9", "number": number, "at": "2026-03-%s:00+08:00" % at, **keys}).encode()


class Upgrade:
    """One old version. `printed`: what its programs said last."""

    def __init__(self, net, verdicts, commit):
        self.net, self.verdicts, self.commit = net, verdicts, commit
        with tarfile.open(FIXTURES / (commit + ".tar.xz")) as old:
            old.extractall(net.dir, **({"filter": "data"} if hasattr(tarfile, "data_filter") else {}))  # Debian 12 has none
        self.printed = json.loads(pathlib.Path(net.dir, "printed.json").read_text(encoding="utf-8"))

    def equal(self, name, is_, should):
        self.verdicts.case("%s: %s" % (self.commit, name), is_ == should, "%r, not %r" % (is_, should))

    def json(self, *words, folder=None, codes=(0,)):
        return json.loads(self.net.must(*words, "--json", "--dir", folder or self.net.hq, codes=codes))

    def preview(self):
        return json.loads(self.net.must("cycle", "preview", "--format", "json", "--dir", self.net.hq))

    def nets(self):
        return {row["participant"]: row["net_fen"] for row in self.json("positions")["positions"]}

    def passed_over(self):
        """The snapshot of then is not of the present, which is no harm, and is said so."""
        self.verdicts.case(self.commit + ": a snapshot of another version", "it is of another version" in self.net.logged(),
                           self.net.logged())
        self.verdicts.case(self.commit + ": the journal from its beginning", " snapshot=0 " in self.net.logged(),
                           self.net.logged())

    def verified(self, name):
        copy = os.path.join(self.net.dir, "copy")
        shutil.rmtree(copy, ignore_errors=True)
        self.net.must("backup", copy, "--dir", self.net.hq)  # which replays it
        said = self.net.must("replay", copy, "--network", self.printed["network"], codes=(0, 1)).strip().splitlines()[-1]
        self.equal("replay " + name, said.split()[0].rstrip(":,."), "VERIFIED")
        return copy

    def at_rest(self):
        """Read by the present tool before any daemon has touched it."""
        self.equal("at rest: the open cycle", self.preview(), self.printed["preview"])
        self.verified("at rest")

    def restored(self):
        """A backup of what has stood before and since becomes a ledger with the same state."""
        digest, copy = self.net.digest(), self.verified("after all")
        self.net.stop()
        again = os.path.join(self.net.dir, "again")
        self.net.must("restore", copy, "--to", again, "--network", self.printed["network"])
        shutil.copytree(os.path.join(self.net.hq, "keys"), os.path.join(again, "keys"), dirs_exist_ok=True)
        here, self.net.hq = self.net.hq, again
        self.net.start()
        self.equal("the same state from a backup", self.net.digest(), digest)
        self.equal("the closed cycle from a backup",
                   self.net.must("report", "2026-03", "--format", "json", "--dir", again), self.printed["report"])
        self.net.stop()
        self.net.hq = here

    def as_it_was(self):
        self.net.start()
        self.passed_over()
        for store in "ABC":  # the daemon had an address of its own then
            path = pathlib.Path(self.net.store(store), "node.json")
            path.write_text(path.read_text().replace("tcp://127.0.0.1:7461", self.net.address))
        self.equal("the network", self.net.network(), self.printed["network"])
        self.equal("positions", self.json("positions"), self.printed["positions"])
        self.equal("the closed cycle", self.net.must("report", "2026-03", "--format", "json", "--dir", self.net.hq),
                   self.printed["report"])
        self.equal("the open cycle", self.preview(), self.printed["preview"])
        store = {row["store"]: row for row in json.loads(self.net.must("status", "--json", "--dir", self.net.hq))["stores"]}
        self.equal("who is frozen", [code for code in sorted(store) if store[code]["frozen"]], ["C"])
        told = json.loads(self.net.must("explain", "B:9:2", "--json", "--dir", self.net.hq))
        self.equal("why", [claim["amount_fen"] for claim in told["history"][0]["claims"] if claim["kind"] == "principal"], [1500])

    def goes_on(self):
        """Outboxes send what they held, and know what they sent; a waiting event is released; a sale of then is refunded."""
        net = self.net
        told = json.loads(net.must("outbox", "--json", "--dir", net.store("A"), codes=(0, 65, 75)))
        self.equal("what the store had not sent", [row["event"] for row in told["pending"]], ["A:9:8"])
        before = self.nets()
        told = net.publish("A", [line("topup", 9, "02T12:00", member="505", product="card", principal_fen=10000)])
        self.equal("both go out", (told["read"], told["accepted"]), (1, 1))
        self.equal("nothing is left", json.loads(net.must("outbox", "--json", "--dir", net.store("A")))["pending"], [])
        # F1: A owes headquarters 7.00 and 100.00, which gives commission on both, 1 %
        self.equal("nets of both", {who: fen - before[who] for who, fen in self.nets().items() if fen != before[who]},
                   {"A": -10593, "HQ": 10593})
        before = self.nets()
        told = net.publish("A", [line("enrol", 10, "02T12:40", member="598"),
                                 line("topup", 11, "02T12:41", member="598", product="card", principal_fen=800)])
        self.equal("what a sale waits for", told["accepted"], 2)
        # A's 8.00 less 1 %; the sale of 6.00 less 0.6 %, half up
        self.equal("nets with what had waited", {who: fen - before[who] for who, fen in self.nets().items() if
                                                 fen != before[who]}, {"A": -792, "B": 596, "HQ": 196})
        self.equal("it is no longer waiting", [len(json.loads(net.must("outbox", "--json", "--dir", net.store("B"),
                                                                       codes=(0, 65)))["waiting"])], [0])
        told = net.publish("B", [line("sale", 8, "02T10:00", member="503", gross_fen=2000, pay=[
            {"with": "stored_value", "product": "card", "amount_fen": 2000}])])
        self.equal("what was sent is known", told["already"], 1)
        told = net.publish("B", [line("refund", 10, "02T12:30", of="B:9:7", amount_fen=1234)])
        self.equal("an old sale is refunded", told["accepted"], 1)
        self.equal("balance of a member of then", [(row["product"], row.get("principal_fen", 0), row.get("uses", 0)) for row in
                   self.json("balance", "501", folder=net.store("A"))["products"] if row["product"] != "points"],
                   [("card", 14499, 0), ("wash", 0, 4)])

    def news(self):
        """What has come since then works on what was there."""
        net = self.net
        for person, role in (("li", "maker"), ("wang", "checker"), ("op", "operator")):
            net.must("operator", "add", person, "--role", role, "--dir", net.hq)
        told = json.loads(net.must("dispute", "B:9:7/fee", "--reason", "old", "--at", "2026-03-02T13:00:00+08:00", "--json",
                                   "--dir", net.store("B"), codes=(0, 65)))
        self.equal("a line of a refunded sale", told["reason"], "REFUNDED")
        told = json.loads(net.must("dispute", "B:9:8/fee", "--reason", "old", "--at", "2026-03-02T13:00:00+08:00", "--json",
                                   "--dir", net.store("B")))
        self.equal("a line of then is disputed", told["state"], "accepted")
        done = net.must("member", "replace", "501", "601", "--reason", "lost", "--as", "li", "--dir", net.hq)
        net.must("approve", done.split()[1].rstrip(":"), "--as", "wang", "--dir", net.hq)
        self.equal("a card of then is replaced", self.json("balance", "601", folder=net.store("A"))["products"][0]["principal_fen"],
                   14499)
        net.must("unfreeze", "C", "--reason", "upgraded", "--as", "op", "--dir", net.hq)
        told = net.publish("C", [line("sale", 2, "02T15:00", member="601", gross_fen=499, pay=[
            {"with": "stored_value", "product": "card", "amount_fen": 499}])])
        self.equal("the frozen store goes on", told["accepted"], 1)

    def play(self):
        self.at_rest()
        self.as_it_was()
        self.goes_on()
        self.news()
        self.restored()
        self.net.start()
        digest = self.net.digest()
        self.net.stop()
        self.net.start()
        self.equal("the same from a snapshot of the present", self.net.digest(), digest)
        self.net.must("cycle", "close", "2026-03-b", "--incomplete", "tests", "--as", "li", "--dir", self.net.hq)
        self.verified("after a close")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", default="build/release/bin")
    parser.add_argument("commits", nargs="*")
    args = parser.parse_args()
    verdicts = Verdicts()
    for commit in args.commits or sorted(one.name.split(".")[0] for one in FIXTURES.iterdir()):
        directory = tempfile.mkdtemp(prefix="ac-upgrade-")
        net = Network(args.bin, directory)
        try:
            Upgrade(net, verdicts, commit).play()
        except Broken as why:
            verdicts.case(commit, False, why)
        finally:
            net.stop()
            shutil.rmtree(directory, ignore_errors=True)
    print("%d passed, %d failed" % (verdicts.passed, verdicts.failed))
    return 1 if verdicts.failed else 0


if __name__ == "__main__":
    sys.exit(main())
