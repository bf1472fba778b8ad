"""The clients of other languages (proto/clients) as real stores over CURVE: A is the program allclear, B the Python
client, C the JavaScript client. A twin network of three programs gets the same events; in the end both reports are the
same bytes.

    run.py --bin DIR [--seed S] [--only PREFIX] [--keep]

PREFIX is the beginning of a case's name as it is printed when it fails. Where npm does not give the JavaScript client
its packages, the run says so, and the Python client plays C as well.
"""
import argparse
import json
import os
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile
import time

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path[1:1] = [str(TOP / "tests/malformed"), str(TOP / "tests/network")]
import lines  # noqa: E402
import players  # noqa: E402
from network import Broken, EVENING, Network, START, STORES, Verdicts, day_of_events  # noqa: E402

GOLDEN = TOP / "tests/golden/cycle"
CYCLE = "2026-03"
DAY_EVENTS = 4000  # several batches in each half
HISTORIES = 4
NPM_S = 180
SUMS = ("read", "accepted", "waiting", "already", "refused", "pending")


def sums(told):
    return tuple(told.get(key) for key in SUMS)


def build(language, out):
    """Returns: why it cannot be built, or None."""
    environment = {**os.environ, "npm_config_fetch_retries": "1", "npm_config_fetch_timeout": "20000"}
    try:
        done = subprocess.run([str(TOP / "proto/clients" / language / "build"), out], env=environment, timeout=NPM_S,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    except subprocess.TimeoutExpired:
        return "not built within %d s" % NPM_S
    return None if done.returncode == 0 else " ".join(done.stdout.split())[:300]


class World:
    """The network of the three kinds of players, and its twin."""

    def __init__(self, options, directory):
        self.dir, self.seed = directory, options.seed
        self.verdicts = Verdicts(options.only)
        self.program = players.Program(options.bin)
        self.net, self.twin = (Network(options.bin, os.path.join(directory, name)) for name in ("net", "twin"))
        self.clients = []
        self.playing = {}

    def case(self, name, good, why=""):
        self.verdicts.case(name, good, why)

    def build(self):
        out = {name: os.path.join(self.dir, name) for name in ("python", "javascript")}
        why = build("python", out["python"])
        if why:
            raise Broken("the Python client: " + why)
        self.clients.append(players.python(out["python"]))
        why = "npm is not installed" if shutil.which("npm") is None else build("javascript", out["javascript"])
        if why:
            print("skipped: javascript: no packages from npm (%s)" % why, flush=True)
        else:
            self.clients.append(players.javascript(out["javascript"]))
        self.playing = {"A": self.program, "B": self.clients[0], "C": self.clients[-1]}

    # --- the stores ---

    def join(self, net, player, name, folder):
        kit = "%s.kit" % folder
        net.must("invite", name, "--dir", net.hq, "--out", kit)
        code, out, err = player.join(kit, folder)
        if code != 0:
            raise Broken("%s: join: exit %d\n%s%s" % (player.name, code, out, err))
        net.must("key", "approve", name, "--all-pending", "--dir", net.hq)
        return player.join(kit, folder)

    def set_up(self):
        os.mkdir(self.net.dir)
        os.mkdir(self.twin.dir)
        self.twin.set_up()
        self.net.must("init", "--dir", self.net.hq, "--sample", "f1", "--test-clock", "--start", START)
        self.net.start()
        for name, player in self.playing.items():
            code, out, _ = self.join(self.net, player, name, self.net.store(name))
            self.case("join: %s" % player.name, code == 0 and "Approved" in out, out)
        self.net.must("clock", "set", EVENING, "--dir", self.net.hq)

    def file(self, name, events):
        path = os.path.join(self.dir, name + ".jsonl")
        with open(path, "wb") as file:
            file.write(b"".join(line + b"\n" for line in events))
        return path

    def publish_twin(self, name, file):
        return self.program.publish(file, self.twin.store(name))

    def both(self, case, name, file, player=None):
        """Publish in both networks; what is said must be the same. Returns: what the player told people."""
        player = player or self.playing[name]
        _, expected, _ = self.publish_twin(name, file)
        code, told, err = player.publish(file, self.net.store(name))
        same = sums(told) == sums(expected) and named(told) == named(expected)
        self.case(case, same and sums(told)[5] == 0, "exit %s: %s instead of %s\n%s" % (
            code, sums(told), sums(expected), err[-1000:]))
        return err

    # --- the cases ---

    def encoding(self):
        """The same lines give the same bytes, or are bad lines, in every client."""
        rng = random.Random(self.seed)
        good = [lines.dump(event) for event in lines.events()] + unusual() + [
            line for path in sorted(GOLDEN.parent.glob("*/*.jsonl")) for line in path.read_bytes().splitlines()]
        for seed in range(self.seed, self.seed + HISTORIES):
            out = os.path.join(self.dir, "history%d" % seed)
            subprocess.run([sys.executable, str(TOP / "tests/model/generate.py"), "--seed", str(seed), "--out", out],
                           check=True)
            good += [line for path in sorted(pathlib.Path(out).glob("*.jsonl"))
                     for line in path.read_bytes().splitlines()]
        bad = [line for line, _ in lines.spoilt(rng) if line and b"\n" not in line]
        self.compare("encoding: good lines", self.file("good", good))
        self.compare("encoding: bad lines", self.file("bad", bad))

    def compare(self, case, file):
        folders = self.folders()
        _, expected, err = self.program.publish(file, folders["allclear"], "--wait", "0")
        if not expected:
            raise Broken("allclear publish --wait 0: " + err)
        bytes_ = self.program.queued(folders["allclear"])
        refused = [entry["line"] for entry in expected["refusals"]]
        for client in self.clients:
            _, told, err = client.publish(file, folders[client.name], "--wait", "0")
            theirs = client.queued(folders[client.name]) if told else []
            here = [entry["line"] for entry in told.get("refusals", ())]
            odd = sorted(set(here) ^ set(refused))
            self.case("%s: %s: which are bad" % (case, client.name), bool(told) and not odd,
                      "lines %s of %s\n%s" % (odd[:9], file, err[-1000:]))
            wrong = [i for i, (a, b) in enumerate(zip(bytes_, theirs)) if a != b]
            self.case("%s: %s: the bytes of %d" % (case, client.name, len(bytes_)),
                      len(bytes_) == len(theirs) and not wrong, "events %s differ" % (wrong[:9] or len(theirs)))

    def folders(self):
        """A folder of A's, made by the program, for each kind of player: they are the same files."""
        first = os.path.join(self.dir, "folder%d" % len(os.listdir(self.dir)))
        shutil.copytree(self.net.store("A"), first, ignore=shutil.ignore_patterns("outbox*"))
        folders = {"allclear": first}
        for client in self.clients:
            folders[client.name] = shutil.copytree(first, "%s-%s" % (first, client.name))
        return folders

    def golden(self):
        for name in STORES:
            self.both("golden: %s" % name, name, str(GOLDEN / (name + ".jsonl")))
        nets = {one["participant"]: one["net_fen"] for one in json.loads(
            self.net.must("positions", "--dir", self.net.hq, "--json"))["positions"]}
        expected = json.loads((GOLDEN / "expected.json").read_text())["runs"][0]["nets"]
        self.case("golden: positions", nets == expected, "%s instead of %s" % (nets, expected))
        for name in STORES:
            self.both("golden: %s again" % name, name, str(GOLDEN / (name + ".jsonl")))

    def questions(self):
        for name in "BC":
            player = self.playing[name]
            for verb, body, own in (("positions", "", ("mine",)), ("balance", "6200000017", ("balance", "6200000017"))):
                expected = json.loads(self.twin.must(*own, "--dir", self.twin.store(name), "--json"))
                _, out, err = player.run("trial", "ask", self.net.store(name), verb, body)
                self.case("questions: %s %s" % (player.name, verb), out and json.loads(out) == expected,
                          "%s instead of %s\n%s" % (out, expected, err[-500:]))
            code, _, err = player.run("trial", "ask", self.net.store(name), "secrets", "")
            self.case("questions: %s: an unknown one" % player.name, code != 0 and "unknown query" in err, err)

    def telephones(self):
        """A member by his telephone number at one store is found at another; nobody keeps the number."""
        telephone = "13912345678"
        events = {"A": {"type": "topup", "principal_fen": 5000}, "B": {"type": "sale", "gross_fen": 1200},
                  "C": {"type": "sale", "gross_fen": 700}}
        for name, event in events.items():
            if event["type"] == "sale":
                event["pay"] = [{"with": "stored_value", "product": "card", "amount_fen": event["gross_fen"]}]
            else:
                event["product"] = "card"
            told = {"terminal": "9", "number": 25000, "at": "2026-03-01T19:00:00+08:00", "member": telephone, **event}
            self.both("telephones: %s" % name, name, self.file("telephone-" + name, [lines.dump(told)]))
        for name in "BC":
            _, out, err = self.playing[name].run("trial", "ask", self.net.store(name), "balance", telephone)
            found = json.loads(out or "{}")
            self.case("telephones: balance by %s" % self.playing[name].name, found.get("home") == "A" and
                      found["products"][0]["principal_fen"] == 3100, "%s %s" % (out, err))
        forms = telephone.encode(), varint(int(telephone))
        kept = [str(path) for path in pathlib.Path(self.net.dir).rglob("*")
                if path.is_file() and any(form in path.read_bytes() for form in forms)]
        self.case("telephones: kept nowhere", kept == [], " ".join(kept))

    def crash(self):
        """The daemon is killed while a store publishes, then the store itself."""
        for name in STORES:
            player, folder = self.playing[name], self.net.store(name)
            events = day_of_events(name, random.Random("%d %s" % (self.seed, name)), DAY_EVENTS, first=1000)
            first, second = (self.file("%s-%d" % (name, i), events[i * DAY_EVENTS // 2:(i + 1) * DAY_EVENTS // 2])
                             for i in range(2))
            _, expected, _ = self.publish_twin(name, first)
            before = self.batches_in(name)
            publishing = player.start_publish(first, folder)
            self.wait_for_batch(name, before + 1)
            self.net.daemon.kill()
            self.net.daemon.wait()
            time.sleep(0.3)
            self.net.start()
            _, told, err = players.told(publishing)
            self.case("crash: the daemon, %s publishing" % player.name,
                      sums(told) == sums(expected) and named(told) == named(expected), "%s instead of %s\n%s" % (
                          sums(told), sums(expected), err[-500:]))
            before = self.batches_in(name)
            _, expected, _ = self.publish_twin(name, second)
            publishing = player.start_publish(second, folder)
            self.wait_for_batch(name, before + 1)
            publishing.kill()
            players.finish(publishing)
            _, told, err = player.publish(second, folder)
            both = [told.get(key, -1) for key in SUMS]
            self.case("crash: %s" % player.name, both[0] == len(events) // 2 == sum(both[1:]) and both[5] == 0 and
                      both[4] == expected["refused"], "%s after %s\n%s" % (both, sums(expected), err[-500:]))

    def batches_in(self, name):
        """How many batches of a store headquarters has."""
        status = json.loads(self.net.must("status", "--dir", self.net.hq, "--json"))
        return next(store["next"] - 1 for store in status["stores"] if store["store"] == name)

    def wait_for_batch(self, name, count):
        end = time.monotonic() + 20
        while self.batches_in(name) < count:
            if time.monotonic() > end:
                raise Broken("store %s: no batch %d within 20 s" % (name, count))

    def lost_disk(self):
        """A new folder and a new key: headquarters' Expect tells where the chain goes on."""
        for name in "BC":
            player, folder = self.playing[name], self.net.store(name)
            os.rename(folder, folder + ".lost")
            _, told, err = player.publish(str(GOLDEN / (name + ".jsonl")), folder)
            self.case("lost disk: %s: not joined" % player.name, not told and "join" in err, err)
            self.join(self.net, player, name, folder)
            _, told, err = player.publish(str(GOLDEN / (name + ".jsonl")), folder)
            self.case("lost disk: %s" % player.name, sums(told) == (2, 0, 0, 2, 0, 0), "%s %s" % (told, err[-500:]))
            self.both("lost disk: %s goes on" % player.name, name, self.file("%s-new" % name, [enrol(20001)]))
            code, _, err = player.publish(str(GOLDEN / (name + ".jsonl")), folder + ".lost", "--wait", "3")
            self.case("lost disk: %s: the old folder" % player.name, code == 0, err)  # all of it is answered: no wire

    def exchanged(self):
        """Each client goes on with the other's folder."""
        for name, number in (("B", 20002), ("C", 20003)):
            for player in (*self.clients, *self.clients[:1]):
                golden = str(GOLDEN / (name + ".jsonl"))
                _, told, err = player.publish(golden, self.net.store(name))
                self.case("exchanged: %s with the folder of %s" % (player.name, name),
                          sums(told) == (2, 0, 0, 2, 0, 0), "%s %s" % (told, err[-500:]))
                number += 2
                self.both("exchanged: %s publishes for %s" % (player.name, name), name,
                          self.file("%s-%d" % (name, number), [enrol(number)]), player)

    def torn(self):
        """What a crash leaves of a line never counted; a damaged line is told of, and nothing is sent."""
        for name in "BC":
            player, copy = self.playing[name], self.net.store(name) + ".torn"
            shutil.copytree(self.net.store(name), copy)
            golden = str(GOLDEN / (name + ".jsonl"))
            with open(os.path.join(copy, "outbox.jsonl"), "ab") as file:
                file.write(b'{"event":"Cg')
            _, told, err = player.publish(golden, copy, "--wait", "0")
            self.case("torn: %s: a last line" % player.name, sums(told) == (2, 0, 0, 2, 0, 0), err)
            path = pathlib.Path(copy, "outbox.jsonl")
            path.write_bytes(path.read_bytes().replace(b'{"event":"', b'{"event":', 1))
            code, _, err = player.publish(golden, copy, "--wait", "0")
            self.case("torn: %s: a damaged line" % player.name, code == 78 and "line 2 is damaged" in err, err)
            code, _, err = player.publish(golden, self.net.store("A"))
            self.case("torn: %s: a folder of the program's" % player.name, code == 78 and "outbox" in err, err)

    def flips(self):
        for name in "BC":
            player = self.playing[name]
            code, out, err = player.run("trial", "flips", self.net.store(name))
            found = json.loads(out) if code == 0 else {"bits": 0, "bad": 1}
            self.case("flips: %s" % player.name, found["bits"] > 2000 and found["bad"] == 0, "%s %s" % (found, err))
            new = enrol(28000)
            _, out, err = player.run("trial", "false", self.net.store(name), new.decode())
            found = json.loads(out or "{}")
            self.case("flips: %s: on the way" % player.name, found.get("state") == "stopped" and
                      found["pending"] == 1 and len(found["warnings"]) == 3, "%s %s" % (out, err))
            self.both("flips: %s: the true one" % player.name, name, self.file("true-" + name, [new]))

    def overtaken(self):
        """A copy of the folder published while the folder had a signed batch that was not sent."""
        for name in "BC":
            player, folder = self.playing[name], self.net.store(name)
            theirs, ours = enrol(27001), enrol(27002)
            shutil.copytree(folder, folder + ".quick")
            player.run("trial", "cut", folder, ours.decode())
            self.publish_twin(name, self.file("theirs-" + name, [theirs]))
            _, told, err = player.publish(self.file("theirs-" + name, [theirs]), folder + ".quick")
            self.case("overtaken: %s: the copy" % player.name, told.get("accepted") == 1, err)
            err = self.both("overtaken: %s" % player.name, name, self.file("ours-" + name, [ours]))
            self.case("overtaken: %s: new batches" % player.name, "does not fit this outbox" in err, err)
            _, _, err = player.publish(self.file("more-" + name, [ours, theirs]), folder)
            self.publish_twin(name, self.file("more-" + name, [ours, theirs]))
            self.case("overtaken: %s: one chain" % player.name, "batch" not in err, err)

    def restored(self):
        """Headquarters is set back to an older copy of its disk: what it lost is sent again."""
        self.net.stop()
        old = shutil.copytree(self.net.hq, self.net.hq + ".old", ignore=shutil.ignore_patterns("run"))
        self.net.start()
        lost = [enrol(26001)]
        for name in "BC":
            self.both("restored: %s before" % self.playing[name].name, name, self.file("lost-" + name, lost))
        self.net.stop()
        shutil.rmtree(self.net.hq)
        os.rename(old, self.net.hq)
        self.net.start()
        for name in "BC":
            player = self.playing[name]
            before = self.batches_in(name)
            new = self.file("restored-" + name, [enrol(26002)])
            self.publish_twin(name, new)
            _, told, err = player.publish(new, self.net.store(name))
            self.case("restored: %s" % player.name, told.get("accepted") == 1 and "has lost 1 batches" in err and
                      self.batches_in(name) == before + 2, "%s %s" % (told, err))

    def strangers(self):
        """Whoever answers must have the server key of the kit; a key that is not known is told so."""
        for name in "BC":
            player, copy = self.playing[name], self.net.store(name) + ".strange"
            shutil.copytree(self.net.store(name), copy)
            new = self.file("strange-" + name, [enrol(29000)])
            for half in ("transport.key", "transport.pub"):
                shutil.copy(os.path.join(self.twin.store(name), "keys", half), os.path.join(copy, "keys"))
            code, told, err = player.publish(new, copy, "--wait", "2")
            self.case("strangers: %s: a key that nobody approved" % player.name,
                      code == 75 and told["pending"] == 1 and "denied" in err, err)
            config = pathlib.Path(copy, "node.json")
            config.write_text(json.dumps({**json.loads(config.read_text()), "server_key": "ab" * 32}))
            code, told, err = player.publish(new, copy, "--wait", "2")
            self.case("strangers: %s: another server" % player.name, code == 75 and told["pending"] == 1 and
                      ("connecting" in err or "stranger" in err), err)

    def long(self):
        """An answer that goes deflated: a page of a net of some hundreds of lines."""
        for name in "BC":
            self.both("long: %s publishes" % name, name, self.file("long-" + name, day_of_events(
                name, random.Random("long %s" % name), 500, first=40000)))
            path = os.path.join(self.dir, name + "-lines.csv")
            self.twin.must("explain", name, "open", "--lines", path, "--dir", self.twin.store(name))
            expected = [row.split(",")[0] for row in pathlib.Path(path).read_text(encoding="utf-8").splitlines()[1:]]
            found, longest, page = [], 0, {"next": 0}
            while not found or page["next"] > 0:
                _, out, err = self.playing[name].run("trial", "ask", self.net.store(name), "net", json.dumps(
                    {"cycle": "open", "after": page["next"]}))
                page = json.loads(out)
                found += [row["line"] for row in page["lines"]]
                longest = max(longest, len(out))
            self.case("long: %s" % self.playing[name].name, longest > 49152 and sorted(found) == sorted(expected),
                      "%d bytes, %d lines, not %d\n%s" % (longest, len(found), len(expected), err))

    def closing(self):
        reports = []
        for net in (self.net, self.twin):
            net.must("cycle", "close", "--dir", net.hq)
            reports.append(net.must("report", CYCLE, "--format", "json", "--dir", net.hq))
        self.case("closing: the twin's report", reports[0] == reports[1], difference(*reports))
        for name in "BC":
            expected = json.loads(self.twin.must("statement", CYCLE, "--dir", self.twin.store(name), "--json"))
            _, out, err = self.playing[name].run("trial", "ask", self.net.store(name), "statement", CYCLE)
            self.case("closing: statement of %s" % name, out and json.loads(out) == expected, err)

    def forks(self):
        """Another body for a sequence: EQUIVOCATION, then FROZEN, until headquarters unfreezes."""
        for name in "BC":
            player, folder = self.playing[name], self.net.store(name)
            copy = shutil.copytree(folder, folder + ".copy")
            _, out, err = player.run("trial", "forge", copy, enrol(29001).decode())
            found = json.loads(out or "{}")
            self.case("forks: %s: equivocation" % player.name, found.get("state") == "stopped" and
                      "EQUIVOCATION" in found["warnings"][-1], "%s %s" % (out, err))
            new = self.file("fork-" + name, [enrol(29002)])
            code, told, err = player.publish(new, folder)
            self.case("forks: %s: frozen" % player.name, code == 75 and told["pending"] == 1 and "FROZEN" in err, err)
            self.net.must("unfreeze", name, "--dir", self.net.hq)
            code, told, err = player.publish(new, folder)
            self.case("forks: %s: unfrozen" % player.name, told.get("pending") == 0, err)

    def audit(self):
        backup, report = os.path.join(self.dir, "backup"), os.path.join(self.dir, "replayed.json")
        self.net.must("backup", backup, "--no-verify", "--dir", self.net.hq)
        verdict = self.net.must("replay", backup, "--network", self.net.network(), "--report", report)
        self.case("audit: replay", verdict.splitlines()[-1].startswith("VERIFIED"), verdict[-500:])
        closed = self.net.must("report", CYCLE, "--format", "json", "--dir", self.net.hq)
        self.case("audit: the report", json.loads(pathlib.Path(report).read_text()) == json.loads(closed), report)

    def play(self):
        self.build()
        self.set_up()
        for case in (self.encoding, self.golden, self.questions, self.telephones, self.crash, self.lost_disk, self.exchanged, self.torn,
                     self.flips, self.overtaken, self.restored, self.strangers, self.long, self.closing, self.forks,
                     self.audit):
            if case == self.golden or self.verdicts.wants(case.__name__):  # the others rest on its day
                case()


def varint(value):
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes([*out, value])


def named(told):
    return [(entry["line"], entry["event"], entry["reason"]) for entry in told.get("refusals", ())]


def enrol(number):
    return lines.dump({"type": "enrol", "terminal": "9", "number": number, "at": "2026-03-01T19:00:00+08:00",
                       "member": str(6300000000 + number)})


def unusual():
    """What is well formed and rare: the ends of ranges, texts of other scripts, numbers that the outbox gives."""
    base = {"type": "topup", "terminal": "7", "at": "2026-03-01T10:40:00+08:00", "member": "62", "product": "card"}
    events = [{**base, "number": 100 + i, "principal_fen": amount, "bonus_fen": amount} for i, amount in enumerate(
        (0, -1, 1, 2**53 - 1, 2**53 + 1, 2**63 - 1, -2**63, 10**12))]
    events += [{**base, "number": 200 + i, "principal_fen": 1, **change} for i, change in enumerate((
        {"at": "2026-03-01T10:40:00.5Z"}, {"at": "2026-03-01T00:00:00.001-11:30"}, {"at": "2024-02-29T23:59:59+14:00"},
        {"at": "1970-01-01T00:00:00.001Z"}, {"member": "9" * 19}, {"receipt": "收银台 1 — 😀"},
        {"receipt": "é" * 32}, {"member": "13800138000"}, {"member": "8613800138000"},
        {"member": "19999999999"}, {"member": "12999999999"}, {"pay": []}, {"ask": True}, {"channel": "web"}))]
    events += [{**base, "number": 2**53 - 1, "principal_fen": 1}]
    events += [{**base, "terminal": terminal, "receipt": receipt, "principal_fen": 1} for terminal in ("8", "x-Y_9")
               for receipt in ("r1", "r2", "r1", "r3")]
    return [lines.dump(event) for event in events]


def difference(one, other):
    at = next((i for i, (a, b) in enumerate(zip(one, other)) if a != b), min(len(one), len(other)))
    return "byte %d: %s\n  instead of %s" % (at, one[max(0, at - 80):at + 80], other[max(0, at - 80):at + 80])


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bin", required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only")
    parser.add_argument("--keep", action="store_true", help="leave the folder of the run where it is")
    options = parser.parse_args()
    options.bin = os.path.abspath(options.bin)
    directory = tempfile.mkdtemp(prefix="ac-clients-")
    world = World(options, directory)
    try:
        world.play()
    except Broken as error:
        world.case("run", False, str(error))
    finally:
        world.net.stop()
        world.twin.stop()
        if options.keep:
            print("kept: " + directory)
        else:
            shutil.rmtree(directory, ignore_errors=True)
    return world.verdicts.end()


if __name__ == "__main__":
    sys.exit(main())
