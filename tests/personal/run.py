"""Personal data in a real alliance: telephone numbers through every door of a node, names and accounts at headquarters.
Nothing personal is in a journal, an outbox, a log or a backup; one person's data can be exported and erased, and replay,
proofs and reports stay what they were.

    run.py --bin DIR
"""
import json
import os
import pathlib
import subprocess
import sys
import time
import urllib.request

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "tests/network"))
sys.path.insert(0, str(TOP / "proto/clients/python/allclear"))
import member_token  # noqa: E402
from network import play_parts  # noqa: E402

PHONES = ("13800138000", "13912345678", "8615000000001")
NAME, ACCOUNT = "欧阳修远", "6222020200112233445"
AT = "2026-03-01T10:00:00+08:00"


def varint(value):
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes([*out, value])


def line(kind, number, terminal="1", **keys):
    return json.dumps({"type": kind, "terminal": terminal, "number": number, "at": AT, **keys}).encode()


class Personal:
    def __init__(self, net, verdicts):
        self.net, self.verdicts = net, verdicts

    def case(self, name, good, why=""):
        self.verdicts.case(name, good, why)

    def person(self, *words, codes=(0,), **options):
        return self.net.must("person", *words, "--dir", self.net.hq, codes=codes, **options)

    def found_in(self, *folders, words=(), but=()):
        """Files that hold one of the words as text, or a telephone number as a protobuf has it."""
        forms = [word.encode() for word in words]
        forms += [varint(int(word)) for word in words if word.isdigit() and len(word) < 20]
        return [str(path) for folder in folders for path in pathlib.Path(folder).rglob("*")
                if path.is_file() and not any(part in path.parts for part in but) and
                any(form in path.read_bytes() for form in forms)]

    def tokens(self):
        key = bytes.fromhex(pathlib.Path(self.net.hq, "keys", "token.key").read_text().strip())
        self.of = {phone: member_token.token_of(key, phone) for phone in PHONES}
        for phone in PHONES:
            self.case("token of %s" % phone, self.person("token", phone).strip() == self.of[phone], self.of[phone])
        self.case("the same telephone", self.person("token", PHONES[2][2:]).strip() == self.of[PHONES[2]])
        self.case("a card's number", self.person("token", "6200000017").strip() == "6200000017")

    def doors(self):
        """By file, by a till's export and over HTTP; found again at another store."""
        self.net.publish("A", [line("topup", 1, member=PHONES[0], product="card", principal_fen=5000),
                               line("enrol", 2, member="6200000017", referrer=PHONES[0])])
        export = os.path.join(self.net.dir, "till.csv")
        text = (TOP / "deploy/tills/wide/day.csv").read_text().replace("6200000017", PHONES[1])
        pathlib.Path(export).write_text(text)
        self.net.must("publish", export, "--till", str(TOP / "deploy/tills/wide/till.conf"), "--dir", self.net.store("B"),
                      codes=(0, 65))
        os.unlink(export)  # the till's own file is the shop's business
        self.over_http()
        self.net.publish("B", [line("sale", 900, "9", member=PHONES[0], gross_fen=1200, pay=[
            {"with": "stored_value", "product": "card", "amount_fen": 1200}])])
        self.net.publish("C", [line("refund", 901, "9", of="B:9:900", amount_fen=200)])
        for phone, store in ((PHONES[0], "C"), (PHONES[1], "A"), (PHONES[2], "B")):
            told = json.loads(self.net.must("balance", phone, "--json", "--dir", self.net.store(store)))
            self.case("balance of %s" % phone, told["member"] == self.of[phone], told)
        for path in pathlib.Path(self.net.dir).glob("*.jsonl"):
            path.unlink()

    def over_http(self):
        store = self.net.store("C")
        token = self.net.must("till", "add", "1", "--dir", store).split()[0]
        log = open(self.net.log + ".till", "w")
        door = subprocess.Popen([os.path.join(self.net.bin, "allclear"), "till", "serve", "--dir", store, "--listen",
                                 "127.0.0.1:0"], stdout=log, stderr=log)
        try:
            end = time.monotonic() + 20
            address = ""
            while not address and time.monotonic() < end:
                time.sleep(0.05)
                said = pathlib.Path(self.net.log + ".till").read_text()
                address = next((word for word in said.split() if word.startswith("http://")), "")
            headers = {"Authorization": "Bearer " + token, "Content-Type": "application/x-ndjson"}
            body = line("topup", 1, member=PHONES[2], product="card", principal_fen=100) + b"\n"
            answer = urllib.request.urlopen(urllib.request.Request(address + "events", body, headers), timeout=20).read()
            self.case("the door", json.loads(answer)["outcome"] in ("ACCEPTED", "PENDING"), answer)
            balance = address + "balance/" + PHONES[2]
            for _ in range(40):
                try:
                    told = json.loads(urllib.request.urlopen(urllib.request.Request(balance, headers=headers), timeout=20).read())
                    break
                except urllib.error.HTTPError:
                    time.sleep(0.25)
            self.case("the door: balance", told["member"] == self.of[PHONES[2]], told)
        finally:
            door.terminate()
            door.wait()
            log.close()

    def details(self):
        self.person("set", PHONES[0], "name=" + NAME, "phone=" + PHONES[0])
        self.person("set", "B", "name=" + NAME + "面馆", "account=" + ACCOUNT)
        self.person("set", "B", "bank=招商银行")
        told = json.loads(self.person("show", "B", "--json"))
        self.case("recorded", told["standing"] == "recorded" and told["fields"] == {
            "name": NAME + "面馆", "account": ACCOUNT, "bank": "招商银行"}, told)
        path = pathlib.Path(self.net.hq, "details", "p-B.json")
        self.case("for its owner's eyes", path.stat().st_mode & 0o77 == 0 and path.parent.stat().st_mode & 0o77 == 0)
        kept = path.read_text()
        path.write_text(kept.replace(ACCOUNT, ACCOUNT[:-1] + "6"))
        done = self.net.run("person", "show", "B", "--dir", self.net.hq)
        self.case("a changed account", done.returncode == 1 and "NOT those" in done.stdout, done)
        path.write_text("{")
        done = self.net.run("person", "show", "B", "--dir", self.net.hq)
        self.case("a damaged file", done.returncode >= 64 and "p-B.json" in done.stderr, done)
        path.write_text(kept)
        told = json.loads(self.person("show", "C", "--json"))
        self.case("nobody's", (told["standing"], told["fields"]) == ("none", {}), told)
        for wrong, code in ((("set", "B", "name"), 64), (("set", "Q", "name=x"), 65), (("show", "a b"), 65), (("erase", "B"), 64),
                            (("erase", "C", "--reason", "x"), 65), (("token", "B"), 64), (("burn", "B"), 64)):
            done = self.net.run("person", *wrong, "--dir", self.net.hq)
            self.case("refused: %s" % " ".join(wrong), done.returncode == code, done)

    def export(self):
        told = json.loads(self.person("export", PHONES[0]))
        events = [(one["store"], one["event"]["type"]) for one in told["events"]]
        self.case("export", told["fields"]["name"] == NAME and told["subject"] == self.of[PHONES[0]] and events == [
            ("A", "topup"), ("A", "enrol"), ("B", "sale"), ("C", "refund")], told)
        out = os.path.join(self.net.dir, "export.json")
        self.person("export", PHONES[0], "--out", out)
        self.case("export to a file", json.loads(pathlib.Path(out).read_text()) == told and os.stat(out).st_mode & 0o77 == 0)
        os.unlink(out)

    def nowhere(self):
        """Text or varint: not in the ledger, the outboxes, the logs, a backup or a report."""
        self.net.must("cycle", "close", "--dir", self.net.hq)
        self.backup = os.path.join(self.net.dir, "backup")
        said = self.net.must("backup", self.backup, "--dir", self.net.hq)
        self.case("backup", said.splitlines()[-1].startswith("VERIFIED"), said)
        found = self.found_in(self.net.dir, words=(*PHONES, PHONES[2][2:], NAME, ACCOUNT), but=("details",))
        self.case("nothing personal", found == [], found)
        found = self.found_in(os.path.join(self.net.hq, "details"), words=(NAME,))
        self.case("but beside the ledger", len(found) == 2, found)

    def erase(self):
        before = [self.net.must("report", "2026-03", "--format", "json", "--dir", self.net.hq), self.explained()]
        said = self.person("erase", PHONES[0], "--reason", "asked by the member")
        self.case("erased", self.of[PHONES[0]] in said, said)
        told = json.loads(self.person("show", PHONES[0], "--json"))
        self.case("nothing left", (told["standing"], told["fields"]) == ("erased", {}), told)
        found = self.found_in(self.net.dir, words=(PHONES[0],))
        self.case("nowhere any more", found == [], found)
        after = [self.net.must("report", "2026-03", "--format", "json", "--dir", self.net.hq), self.explained()]
        self.case("figures stay", before == after)
        backup = self.backup + "-after"
        said = self.net.must("backup", backup, "--dir", self.net.hq)
        self.case("replay", said.splitlines()[-1].startswith("VERIFIED"), said)
        self.person("set", PHONES[0], "name=" + NAME)
        self.case("comes back", json.loads(self.person("show", PHONES[0], "--json"))["standing"] == "recorded")

    def explained(self):
        return json.loads(self.net.must("explain", "B:9:900", "--json", "--dir", self.net.hq))["history"]

    def plain(self):
        """An alliance that keeps numbers as they are: no key, no tokens."""
        hq = os.path.join(self.net.dir, "plain")
        self.net.must("init", "--dir", hq, "--sample", "f1", "--test-clock", "--start", "2026-03-01", "--plain-members")
        said = self.net.must("person", "token", PHONES[0], "--dir", hq).strip()
        self.case("plain members", said == PHONES[0] and not os.path.exists(os.path.join(hq, "keys", "token.key")), said)

    def play(self):
        self.net.set_up()
        for case in (self.tokens, self.doors, self.details, self.export, self.nowhere, self.erase, self.plain):
            case()


if __name__ == "__main__":
    sys.exit(play_parts(__doc__, Personal))
