"""Cards of members on a network of the F2 sample: what stores tell of them, and moving them by two people."""
import json
import os
import pathlib
import shutil

from network import Part

TOP = pathlib.Path(__file__).resolve().parents[2]
HOLDS = "unlinked_refund = false;", "unlinked_refund = false; hold_days = 7;"


def line(what, number, at, **keys):
    return json.dumps({"type": what, "terminal": "1", "number": number, "at": "2026-03-%s:00+08:00" % at, **keys}).encode()


def topup(number, at, member, fen, **keys):
    return line("topup", number, at, member=member, product="card", principal_fen=fen, **keys)


def sale(number, at, member, fen, **keys):
    return line("sale", number, at, member=member, gross_fen=fen,
                pay=[{"with": "stored_value", "product": "card", "amount_fen": fen}], **keys)


class Cards(Part):
    def set_up(self):
        rules = os.path.join(self.net.dir, "rules")
        shutil.copytree(TOP / "deploy/samples/f2", rules)
        path = pathlib.Path(rules, "alliance.conf")
        path.write_text(path.read_text(encoding="utf-8").replace(*HOLDS, 1), encoding="utf-8")
        self.net.set_up("--alliance", str(path))
        for person, role in (("li", "maker"), ("wang", "checker"), ("op", "operator")):
            self.net.must("operator", "add", person, "--role", role, "--dir", self.net.hq)

    def publish(self, store, *lines):
        told = self.net.publish(store, lines, codes=(0, 65))
        return [row["reason"] for row in told["refusals"]] or {key: told[key] for key in ("accepted", "waiting") if told[key]}

    def propose(self, *words):
        done = self.net.run("member", *words, "--reason", "as asked", "--as", "li", "--dir", self.net.hq)
        return done.stderr if done.returncode else done.stdout.split()[1].rstrip(":")

    def move(self, *words):
        """Two people. Returns: what was said where it was refused."""
        proposal = self.propose(*words)
        if " " in proposal.strip():
            return proposal
        done = self.net.run("approve", proposal, "--as", "wang", "--dir", self.net.hq)
        return "" if done.returncode == 0 else done.stderr

    def balance(self, member, codes=(0,)):
        if codes != (0,):
            return self.net.must("balance", member, "--lang", "en", "--dir", self.net.store("C"), codes=codes)
        told = self.json("balance", member, "--dir", self.net.store("C"))
        return told.get("now"), {row["product"]: tuple(row.get(key, 0) for key in ("principal_fen", "held_fen", "points", "uses"))
                                 for row in told["products"]}

    def outstanding(self):
        report = json.loads(self.net.must("cycle", "preview", "--format", "json", "--dir", self.net.hq))
        return report["outstanding"]

    def matrix(self):
        report = json.loads(self.net.must("cycle", "preview", "--format", "json", "--dir", self.net.hq))
        return {(row["debtor"], row["creditor"], row["kind"], row["reversal"]): row["amount_fen"] for row in report["matrix"]}
