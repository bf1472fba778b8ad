#!/usr/bin/env python3
"""Tills over HTTP against real nodes, doors and daemons in a scratch folder: what is told arrives once whatever
dies, what is asked never arrives unasked, one store holds no other, and what is no request is refused.

    run.py --bin DIR [--only PREFIX] [--keep]

The last line is "N passed, N failed".
"""
import argparse
import copy
import json
import os
import pathlib
import resource
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "network"))
from door import Door, Till, event, sale, topup  # noqa: E402
from network import Broken, Network, Verdicts  # noqa: E402
import refusals  # noqa: E402

MEMBER = "6200000017"
OTHER = "6200000018"


class Play:
    def __init__(self, options, directory):
        self.options, self.dir = options, directory
        self.verdicts = Verdicts(options.only)
        self.one = self.network("one")
        self.two = self.network("two")
        self.door = Door(options.bin, os.path.join(directory, "door.log"), "--dir", self.one.store("A"),
                         "--dir", self.one.store("B"), "--dir", self.two.store("C"))
        self.tokens = []
        self.numbers = iter(range(1, 100000))

    def network(self, name):
        return Network(self.options.bin, os.path.join(self.dir, name))

    def token(self, network, store, terminal="1"):
        token = network.must("till", "add", terminal, "--dir", network.store(store)).strip()
        self.tokens.append(token)
        return token

    def set_up(self):
        for network in (self.one, self.two):
            os.mkdir(network.dir)
            network.set_up()
        self.a = Till(self.door, self.token(self.one, "A"))
        self.b = Till(self.door, self.token(self.one, "B"))
        self.c = Till(self.door, self.token(self.two, "C"))
        self.door.start()
        for till in (self.a, self.b, self.c):
            if not till.connected():
                raise Broken("the door does not connect:\n" + self.door.logged())

    def equal(self, name, got, expected):
        self.verdicts.case(name, got == expected, "got %.300r, expected %.300r" % (got, expected))

    def true(self, name, good, why=""):
        self.verdicts.case(name, good, why)

    def outbox(self, network, store, *words, codes=(0, 65, 75)):
        return json.loads(network.must("outbox", *words, "--json", "--wait", "5", "--dir", network.store(store),
                                       codes=codes))

    # --- scenes ---

    def tell(self):
        a, n = self.a, self.numbers
        first = topup(next(n), 50000)
        self.equal("tell: a top-up", a.outcomes(first), [200, "ACCEPTED"])
        self.equal("tell: the same again", a.outcomes(first), [200, "ACCEPTED"])
        self.equal("tell: other keys' order", a.outcomes(dict(reversed(first.items()))), [200, "ACCEPTED"])
        self.equal("tell: its number with other bytes", a.outcomes({**first, "principal_fen": 1}),
                   [200, "NUMBER_REUSED"])
        self.equal("tell: once", a.card(MEMBER), 50000)
        late = sale(next(n), 200, member=OTHER)
        status, rows = a.post(late)
        self.equal("tell: waits", (status, rows[0]["outcome"], rows[0]["detail"]), (200, "WAITING", "UNKNOWN_MEMBER"))
        status, row = a.get("/v1/events/1/%d" % late["number"])
        self.equal("tell: still waits, and for what", (row["outcome"], row["detail"]), ("WAITING", "UNKNOWN_MEMBER"))
        mixed = a.outcomes(topup(next(n), 1000, member=OTHER), "{", event("enrol", next(n), "6200000019"))
        self.equal("tell: a bad line among good ones", mixed, [200, "ACCEPTED", "BAD_LINE", "ACCEPTED"])
        self.equal("tell: no longer waits", a.outcome(late["number"]), "ACCEPTED")
        self.equal("tell: of both", a.card(OTHER), 800)
        self.equal("tell: an unknown member", a.card("6299999999"), 404)
        self.equal("tell: an unknown number", a.outcome(99999), 404)
        refused = topup(next(n), 100, offer="no-such")
        self.equal("tell: a refusal", a.outcomes(refused), [200, "UNKNOWN_OFFER"])
        self.equal("tell: it again", a.outcomes(refused), [200, "UNKNOWN_OFFER"])
        mended = {k: v for k, v in refused.items() if k != "offer"}
        self.equal("tell: mended under its number", a.outcomes(mended), [200, "ACCEPTED"])
        self.equal("tell: the number is the mended one's", a.outcome(mended["number"]), "ACCEPTED")
        twice = topup(next(n), 7)
        self.equal("tell: twice in a request", a.outcomes(twice, twice, {**twice, "principal_fen": 8}),
                   [200, "ACCEPTED", "ACCEPTED", "NUMBER_REUSED"])

    def receipts(self):
        """A till without running numbers."""
        till = Till(self.door, self.token(self.one, "A", "R"), "R")
        time.sleep(1)
        first = topup(None, 300, member="6200000021", terminal="R", receipt="R-1")
        status, rows = till.post(first, {**first, "receipt": "R-2"})
        self.equal("receipts: each gets a number", [row["event"] for row in rows], ["A:R:1", "A:R:2"])
        status, rows = till.post(first)
        self.equal("receipts: the same has the same", (rows[0]["event"], rows[0]["outcome"]), ("A:R:1", "ACCEPTED"))
        self.equal("receipts: once each", till.card("6200000021"), 600)

    def ask(self):
        a, n = self.a, self.numbers
        member = "6200000031"
        self.equal("ask: ground", a.outcomes(topup(next(n), 1000, member=member)), [200, "ACCEPTED"])
        good = sale(next(n), 400, member=member, ask=True)
        self.equal("ask: a sale", a.outcomes(good), [200, "ACCEPTED"])
        self.equal("ask: the same again", a.outcomes(good), [200, "ACCEPTED"])
        poor = sale(next(n), 700, member=member, ask=True)
        self.equal("ask: too poor", a.outcomes(poor), [200, "INSUFFICIENT_FUNDS"])
        stranger = sale(next(n), 700, member="6200000032", ask=True)
        self.equal("ask: a stranger does not wait", a.outcomes(stranger), [200, "UNKNOWN_MEMBER"])
        self.equal("ask: richer", a.outcomes(topup(next(n), 1000, member=member)), [200, "ACCEPTED"])
        self.equal("ask: the same has its first outcome", a.outcomes(poor), [200, "INSUFFICIENT_FUNDS"])
        self.equal("ask: a retry of the outbox leaves it alone",
                   self.outbox(self.one, "A", "retry", "INSUFFICIENT_FUNDS")["refused"], [])
        self.equal("ask: nothing was taken", a.card(member), 1600)
        self.equal("ask: its number for another attempt", a.outcomes({**poor, "gross_fen": 701, "pay": [
            {"with": "stored_value", "product": "card", "amount_fen": 701}]}), [200, "ACCEPTED"])
        many = [sale(next(n), 1, member=member, ask=True) for _ in range(100)]
        self.equal("ask: many at once", a.outcomes(*many), [200] + ["ACCEPTED"] * 100)
        self.equal("ask: all of them", a.card(member), 1600 - 701 - 100)

    def strangers(self):
        token = self.token(self.one, "B", "7")
        seven = Till(self.door, token, "7")
        time.sleep(1)
        self.equal("strangers: a token made while the door is open", seven.get("/v1/health")[0], 200)
        self.equal("strangers: it is of its store", seven.health()["store"], "B")
        self.equal("strangers: another terminal's line", seven.outcomes(topup(1, 1))[0], 403)
        self.equal("strangers: another terminal's event", seven.get("/v1/events/1/1")[0], 403)
        self.equal("strangers: one bad among good ones, and none is taken",
                   [seven.outcomes(topup(1, 5, terminal="7"), topup(2, 5))[0], seven.outcome(1)], [403, 404])
        listed = json.loads(self.one.must("till", "list", "--json", "--dir", self.one.store("B")))["tills"]
        self.equal("strangers: the list", [till["terminal"] for till in listed], ["1", "7"])
        with open(os.path.join(self.one.store("B"), "tills.json")) as file:
            self.true("strangers: tokens are not kept", token not in file.read())
        self.equal("strangers: a second token", self.one.run("till", "add", "7", "--dir",
                                                             self.one.store("B")).returncode, 78)
        self.one.must("till", "revoke", "7", "--dir", self.one.store("B"))
        time.sleep(1)
        self.equal("strangers: a token that was taken back", seven.get("/v1/health")[0], 401)
        self.equal("strangers: the others stay", self.b.get("/v1/health")[0], 200)
        self.equal("strangers: nothing to take back", self.one.run("till", "revoke", "7", "--dir",
                                                                   self.one.store("B")).returncode, 78)

    def stores(self):
        """The two networks behind one door do not mix, and a store that is away holds no other."""
        b, c, n = self.b, self.c, self.numbers
        self.equal("stores: another network's member", c.card(MEMBER), 404)
        self.equal("stores: B's own numbers", b.outcomes(topup(1, 100)), [200, "ACCEPTED"])
        self.two.daemon.send_signal(signal.SIGSTOP)
        asked = []
        slow = threading.Thread(target=lambda: asked.append(c.outcomes(topup(1, 100, member="6200000041"))))
        slow.start()
        worst = 0
        for _ in range(10):
            start = time.monotonic()
            b.outcomes(sale(next(n) + 1000, 1, ask=True))
            worst = max(worst, time.monotonic() - start)
        self.true("stores: none holds another", worst < 1 and slow.is_alive(), "%.3f s" % worst)
        slow.join()
        self.equal("stores: the silent one's event is pending", asked, [[202, "PENDING"]])
        self.two.daemon.send_signal(signal.SIGCONT)
        self.equal("stores: and arrives", c.settled(1), "ACCEPTED")

    def silence(self):
        """Headquarters is there, and does not answer: an asked sale is on its way and cannot be called back."""
        a, n = self.a, self.numbers
        member = "6200000051"
        a.outcomes(topup(next(n), 1000, member=member))
        self.one.daemon.send_signal(signal.SIGSTOP)
        on_its_way = sale(next(n), 10, member=member, ask=True)
        self.equal("silence: pending", a.outcomes(on_its_way), [202, "PENDING"])
        self.equal("silence: pending when asked about", a.outcome(on_its_way["number"]), "PENDING")
        self.equal("silence: no balance", a.card(member), 503)
        health = a.health()
        self.true("silence: health", health["pending"] == 1 and health["oldest_pending_s"] >= 2, str(health))
        self.one.daemon.send_signal(signal.SIGCONT)
        self.equal("silence: known in the end", a.settled(on_its_way["number"]), "ACCEPTED")
        self.equal("silence: the same line says so, too", a.outcomes(on_its_way), [200, "ACCEPTED"])
        self.equal("silence: once", a.card(member), 990)

    def away(self):
        """Headquarters dies and comes back."""
        a, n = self.a, self.numbers
        member = "6200000061"
        a.outcomes(topup(next(n), 1000, member=member))
        self.one.daemon.kill()
        self.one.daemon.wait()
        self.true("away: noticed", a.connected(False))
        told = [sale(next(n), 10, member=member) for _ in range(5)]
        asked = [sale(next(n), 100, member=member, ask=True) for _ in range(5)]
        self.equal("away: told and asked", a.outcomes(told[0], asked[0], told[1]),
                   [202, "PENDING", "UNSENT", "PENDING"])
        start = time.monotonic()
        self.equal("away: asked alone", [a.outcomes(*asked[1:])[0]] + a.outcomes(asked[1]), [200, 200, "UNSENT"])
        self.true("away: it is known to be away", time.monotonic() - start < 3)
        self.equal("away: no balance", a.card(member), 503)
        self.equal("away: what is not sent is not there", a.outcome(asked[0]["number"]), 404)
        self.equal("away: told again", a.outcomes(*told[:3]), [202] + ["PENDING"] * 3)
        health = a.health()
        self.equal("away: health", (health["connected"], health["state"], health["pending"]), (False, "offline", 3))
        self.door.kill()
        self.door.start()
        self.equal("away: the door dies, and what was told is there", a.outcomes(*told), [202] + ["PENDING"] * 5)
        self.one.start()
        self.true("away: back", a.connected())
        self.equal("away: all told arrived", [a.settled(line["number"]) for line in told], ["ACCEPTED"] * 5)
        self.equal("away: nothing asked arrived", a.card(member), 950)
        self.equal("away: the same asked again is new", a.outcomes(asked[0]), [200, "ACCEPTED"])
        self.equal("away: and only it", a.card(member), 850)

    def deaths(self):
        """The door dies while tills send: each line sent again is in once."""
        n = self.numbers
        member = "6200000071"
        self.a.outcomes(topup(next(n), 1000000, member=member))
        lines = [sale(next(n), 1, member=member) for _ in range(200)]
        for at in range(0, 200, 10):
            if at % 50 == 20:
                threading.Timer(0.004, self.door.process.kill).start()
            try:
                self.a.post(*lines[at:at + 10])
                time.sleep(0.01)
            except (OSError, ValueError, Broken):
                pass
            if at % 50 == 20:
                self.door.process.wait()
                self.door.start()
        self.a.connected()
        self.a.post(*lines)
        self.equal("deaths: each is in", [self.a.settled(line["number"]) for line in lines[::20]], ["ACCEPTED"] * 10)
        self.equal("deaths: once", self.a.card(member), 1000000 - 200)

    def crowd(self):
        """Many tills at once."""
        tills = [Till(self.door, self.token(self.one, "A", "k%d" % i), "k%d" % i) for i in range(8)]
        time.sleep(1)
        member = "6200000081"
        self.a.outcomes(topup(next(self.numbers), 100000, member=member))
        wrong = []

        def work(till):
            for number in range(1, 41):
                outcomes = till.outcomes(sale(number, 1, member=member, terminal=till.terminal, ask=number % 2 == 0))
                if outcomes != [200, "ACCEPTED"]:
                    wrong.append(outcomes)
        threads = [threading.Thread(target=work, args=(till,)) for till in tills]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.equal("crowd: all accepted", wrong, [])
        self.equal("crowd: each once", self.a.card(member), 100000 - 8 * 40)

    def disk(self):
        """The disk is full: nothing is taken that is not kept."""
        self.door.stop()
        size = max(os.path.getsize(os.path.join(self.one.store("A"), name))
                   for name in os.listdir(self.one.store("A")) if name.startswith("outbox"))
        self.door.start(limit=size + 20000)
        a, n = self.a, self.numbers
        a.connected()
        refused = None
        for _ in range(400):
            line = event("enrol", next(n), "6200000091", receipt="x" * 60)
            status, _, text = a.ask("POST", "/v1/events", json.dumps(line).encode())
            if status != 200:
                refused = line
                break
        self.equal("disk: refused", (status, "outbox cannot be written" in text), (503, True))
        self.equal("disk: health", a.ask("GET", "/v1/health")[0], 200)
        self.equal("disk: another store goes on", self.c.outcomes(topup(2, 5, member="6200000092")), [200, "ACCEPTED"])
        resource.prlimit(self.door.process.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY,) * 2)
        end = time.monotonic() + 20
        outcomes = []
        while refused is not None and outcomes != [200, "ACCEPTED"] and time.monotonic() < end:
            time.sleep(0.2)
            outcomes = a.outcomes(refused)
        self.equal("disk: room again, the same again", outcomes, [200, "ACCEPTED"])

    def beside(self):
        """Other processes of the store."""
        n = self.numbers
        lines = [json.dumps(topup(next(n), 10, member="6200000101")).encode() for _ in range(3)]
        told = self.one.publish("A", lines)
        self.equal("beside: publish hands over", (told["accepted"], told["pending"]), (3, 0))
        self.equal("beside: what was published is known here", self.a.outcome(json.loads(lines[0])["number"]),
                   "ACCEPTED")
        done = self.one.run("balance", "6200000101", "--json", "--dir", self.one.store("A"))
        self.equal("beside: the verb", [row["principal_fen"] for row in json.loads(done.stdout)["products"]], [30])
        table = self.one.must("balance", "6200000101", "--dir", self.one.store("A")).splitlines()
        self.equal("beside: the verb's table", table[-1].split(), ["card", "0.30", "0.00", "3"])
        done = self.one.run("balance", "6299999999", "--dir", self.one.store("A"))
        self.true("beside: the verb knows no stranger", done.returncode == 77 and "no such member" in done.stderr,
                  done.stderr)
        self.door.stop()
        inbox = os.path.join(self.dir, "inbox")
        os.mkdir(inbox)
        watch = subprocess.Popen([os.path.join(self.options.bin, "allclear"), "publish", "--watch", inbox, "--dir",
                                  self.one.store("A")], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(1)
        self.door.start()
        self.b.connected()
        self.equal("beside: another sends", (self.a.outcomes(topup(next(n), 1))[0], self.a.health()["state"]),
                   (503, "other_sender"))
        self.equal("beside: and the other store goes on", self.b.get("/v1/balance/6200000101")[0], 200)
        watch.terminate()
        watch.wait()
        self.true("beside: it has ended", self.a.connected())

    def packs(self):
        """A balance is summed by product."""
        a, n = self.a, self.numbers
        member = "6200000111"
        day = [topup(next(n), 1000, member=member), topup(next(n), 500, member=member)]
        day += [event("pack_sale", next(n), member, product="wash", pack="w-%d" % i, price_fen=20000, uses=10)
                for i in range(3)]
        day.append(event("sale", next(n), member, gross_fen=0, pay=[{"with": "pack", "pack": "w-1", "uses": 4}]))
        day.append(sale(next(n), 1200, member=member, earn=[{"product": "points", "points": 12}]))
        self.equal("packs: ground", a.outcomes(*day), [200] + ["ACCEPTED"] * len(day))
        _, answer = a.get("/v1/balance/" + member)
        found = {row["product"]: {k: v for k, v in row.items() if k not in ("product", "valid_to")}
                 for row in answer["products"]}
        self.equal("packs: by product", found, {"card": {"lots": 1, "principal_fen": 300, "bonus_fen": 0},
                                                "wash": {"lots": 3, "uses": 26}, "points": {"lots": 1, "points": 12}})
        self.equal("packs: whose", (answer["member"], answer["home"]), (member, "A"))

    def rates(self):
        seen = set()
        for _ in range(5000):
            status, headers, _ = self.c.ask("GET", "/v1/health")
            seen.add((status, headers["Retry-After"]))
            if status != 200:
                break
        self.equal("rates: a till that asks too often", seen, {(200, None), (429, "1")})
        self.equal("rates: the others are not slowed", self.a.get("/v1/health")[0], 200)
        time.sleep(1)
        self.equal("rates: later again", self.c.get("/v1/health")[0], 200)

    def malformed(self):
        before = self.one.digest()
        count = 0
        for name, data, status, wanted in refusals.requests(self.a.token):
            if not self.verdicts.wants("malformed: " + name):
                continue
            got, body = self.door.raw(data)
            good = got not in (200, 202) if status is None else got == status
            said = body.decode(errors="replace")
            if got == 400 and status == 400 and wanted:
                good = good and {"error", "remedy"} <= set(json.loads(said))
            self.true("malformed: " + name, good and wanted in said, "%d %.200s" % (got, said))
            count += 1
            if count % 80 == 0:
                time.sleep(1.2)  # strangers are slowed down, too
        self.true("malformed: enough of them", self.options.only or count >= 100, str(count))
        self.true("malformed: the door is open", self.door.process.poll() is None)
        self.equal("malformed: the state is what it was", self.one.digest(), before)

    def slow(self):
        """Those who trickle are cut off, however often they send a byte."""
        peers = []
        for begin in (b"", b"GET /v1/hea", b"POST /v1/events HTTP/1.1\r\nHost: t\r\n",
                      refusals.head(token="Bearer " + self.a.token, more="Content-Length: 100000\r\n\r\n").encode()):
            peer = socket.create_connection(("127.0.0.1", self.door.port))
            peer.sendall(begin)
            peers.append(peer)
        start = time.monotonic()
        alive = list(peers)
        while alive and time.monotonic() - start < 30:
            time.sleep(0.5)
            for peer in list(alive):
                try:
                    peer.sendall(b"x")
                    peer.setblocking(False)
                    if peer.recv(10000) == b"":
                        alive.remove(peer)
                except BlockingIOError:
                    peer.setblocking(True)
                except OSError:
                    alive.remove(peer)
        took = time.monotonic() - start
        self.true("slow: cut off", not alive and 8 < took < 20, "%d left after %.1f s" % (len(alive), took))
        self.equal("slow: the door is open", self.a.get("/v1/health")[0], 200)

    def starts(self):
        """What does not start, and why."""
        a = self.one.store("A")
        held = socket.socket()
        held.bind(("127.0.0.1", 0))
        held.listen()
        for name, words, code, said in (
                ("public", ["--listen", "0.0.0.0:0", "--dir", a], 64, "--public"),
                ("public, IPv6", ["--listen", "[::]:0", "--dir", a], 64, "--public"),
                ("a name", ["--listen", "localhost:80", "--dir", a], 64, "not an address"),
                ("taken", ["--listen", "127.0.0.1:%d" % held.getsockname()[1], "--dir", a], 74, "cannot listen"),
                ("not joined", ["--dir", self.dir], 74, "has not joined"),
                ("twice", ["--listen", "127.0.0.1:0", "--dir", a, "--dir", a], 78, "both of store A"),
                ("no store", ["--all", "/nonexistent"], 64, "/nonexistent"),
                ("wait", ["--wait", "x", "--dir", a], 64, "")):
            done = self.one.run("till", "serve", *words)
            self.true("starts: " + name, done.returncode == code and said in done.stderr,
                      "exit %d %.300s" % (done.returncode, done.stderr))
        held.close()
        done = self.one.run("till", "serve", "--listen", "127.0.0.1:0", "--dir", a, preexec_fn=lambda: resource.setrlimit(
            resource.RLIMIT_NOFILE, (1000, 1000)))
        self.true("starts: too few files", done.returncode == 71 and "LimitNOFILE" in done.stderr, done.stderr)
        for words, code in (([], 64), (["sell"], 64), (["add"], 64), (["add", "a b", "--dir", a], 65),
                            (["serve", "x", "--dir", a], 64), (["--help"], 0)):
            self.equal("starts: till %s" % " ".join(words), self.one.run("till", *words).returncode, code)

    def ends(self):
        """It ends in order: what is under way is answered, and nothing is told to the log."""
        self.one.daemon.send_signal(signal.SIGSTOP)
        answers = []
        number = next(self.numbers)
        under_way = threading.Thread(target=lambda: answers.append(self.a.outcomes(topup(number, 1))))
        watcher = copy.copy(self.a)  # with a connection of its own
        watcher.connection = None
        before = watcher.health()["pending"]
        under_way.start()
        deadline = time.monotonic() + 20
        while watcher.health()["pending"] == before and time.monotonic() < deadline:
            time.sleep(0.02)
        self.equal("ends: exit code", self.door.stop(), 0)
        under_way.join()
        self.equal("ends: what is under way", answers, [[202, "PENDING"]])
        self.one.daemon.send_signal(signal.SIGCONT)
        self.door.arguments = ("--all", self.one.dir)
        self.door.start()
        self.equal("ends: a folder of stores", sorted({self.a.health()["store"], self.b.health()["store"]}), ["A", "B"])
        self.equal("ends: it arrives", self.a.settled(number), "ACCEPTED")
        self.door.stop()
        log = self.door.logged()
        self.true("ends: no token in the log", not any(token in log for token in self.tokens))
        self.true("ends: no member in the log", "62000000" not in log, log[-2000:])

    def run(self):
        scenes = (self.tell, self.receipts, self.ask, self.packs, self.strangers, self.stores, self.silence, self.away,
                  self.deaths, self.crowd, self.disk, self.beside, self.rates, self.malformed, self.slow, self.starts,
                  self.ends)
        for scene in scenes:
            if self.options.only is None or self.options.only.startswith(scene.__name__):
                scene()

    def tear_down(self):
        self.door.stop()
        for network in (self.one, self.two):
            if network.is_up():
                network.daemon.send_signal(signal.SIGCONT)
            network.stop()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", required=True, type=lambda path: str(pathlib.Path(path).resolve()))
    parser.add_argument("--only", help="the beginning of a case's name, as in \"away: back\"")
    parser.add_argument("--keep", action="store_true", help="keep the scratch folder")
    options = parser.parse_args()
    directory = tempfile.mkdtemp(prefix="door-")
    play = Play(options, directory)
    try:
        play.set_up()
        play.run()
    except Broken as broken:
        play.true("the test goes on", False, str(broken))
    finally:
        play.tear_down()
        if options.keep:
            print(directory)
        else:
            shutil.rmtree(directory, ignore_errors=True)
    return play.verdicts.end()


if __name__ == "__main__":
    sys.exit(main())
