"""Headquarters, thirty shops and the time of the month: real processes, one folder each."""
import collections
import datetime
import json
import os
import pathlib
import shutil
import subprocess
import sys

from alliance import BOUGHT, NEW_FEE, TOP, data, day_text, kind_of
from invent import conf_text, csv_text
from network import Broken, Network
import door
import players
import tills

EVERY = {"python": 3, "javascript": 3}  # days between two deliveries; all others deliver every evening
WAIT_S = "60"
NPM_S = 180


class Shop:
    """A store: its till, its folder, what it has exported and not yet sent."""

    def __init__(self, code, kind, directory):
        self.code, self.kind = code, kind
        self.folder = str(directory / "shops" / code)
        self.till = tills.Till(code)
        self.tills = [self.till]
        self.exports = []   # (day, files, events), as they lie on the till's disk
        self.pending = []
        self.offline = self.silent = False
        self.unheard = False  # what it gives to members nobody hears of before the month is closed
        self.folders = [self.folder]  # all that there ever were, for the test to look into
        self.player = self.http = self.mapping = None


class World(Network):
    def __init__(self, old, new, directory, verdicts):
        super().__init__(old, str(directory))
        self.new, self.verdicts, self.path = new, verdicts, pathlib.Path(directory)
        self.shops = {}
        self.arrivals = []  # (store, events, received), in order; None for a store where a cycle was closed
        self.beside = []    # references that headquarters counts and no till's roll has
        self.door, self.new_fee = None, NEW_FEE
        self.day, self.now_ms, self.start_ms = 1, 0, 0

    def case(self, name, good, why=""):
        self.verdicts.case(name, good, why)

    def equal(self, name, got, expected):
        self.verdicts.case(name, got == expected, "%.1500r, not %.1500r" % (got, expected))

    # --- headquarters ---

    def hq_json(self, *words, codes=(0,)):
        return json.loads(self.must(*words, "--json", "--dir", self.hq, codes=codes))

    def report(self, cycle):
        words = ("cycle", "preview") if cycle == "open" else ("report", cycle)
        return json.loads(self.must(*words, "--format", "json", "--dir", self.hq))

    def act(self, *words, person="wang"):
        """What an operator does; ma is the maker, chen the checker."""
        return self.must(*words, "--as", person, "--dir", self.hq)

    def clock(self, day, hour):
        at = "%sT%02d:00:00+08:00" % (day_text(day), hour)
        self.act("clock", "set", at)
        self.day, self.now_ms = day, int(datetime.datetime.fromisoformat(at).timestamp() * 1000)
        self.start_ms = self.start_ms or self.now_ms

    def two_people(self, *words):
        """Ma proposes, Chen approves."""
        identity = self.act(*words, person="ma").split()[1].rstrip(":")
        return self.act("approve", identity, person="chen")

    def reverse(self, reference, left, reason):
        """Headquarters undoes a sale, a top-up or a pack sale of which so much is left."""
        self.two_people("reverse", reference, "--reason", reason)
        self.reversed(reference, left)

    def reverse_upload(self, code, file, events, reason):
        """Headquarters undoes what came of a whole file: its receipts, not its total. Returns: what the check said."""
        words = ("reverse", "--upload", file, "--store", code)
        said = self.must(*words, "--check", "--dir", self.hq, codes=(0, 65))
        self.act(*words, "--what-can", "--reason", reason, person="ma")
        for identity in self.hq_json("approve")["sets"]:
            self.act("approve", "--set", identity, person="chen")
        for event in reversed(events):
            self.reversed("%s:%s:%d" % (code, event["terminal"], event["number"]), event[tills.AMOUNT[event["type"]]])
        return said

    def reversed(self, reference, left):
        """The model is told a refund at the original's store that hands nothing out (rule 29)."""
        at = datetime.datetime.fromtimestamp(self.now_ms / 1000, datetime.timezone(datetime.timedelta(hours=8)))
        self.beside.append(reference)
        self.arrivals.append((reference.split(":")[0], [
            {"type": "refund", "terminal": "HQ-REVERSAL", "number": self.now_ms + len(self.arrivals),
             "at": at.isoformat(), "of": reference, "amount_fen": left}], self.now_ms))

    def write_rules(self, fee, sold):
        made = data(fee, sold)
        pathlib.Path(self.hq, "alliance.conf").write_text(conf_text(made), encoding="utf-8")
        pathlib.Path(self.hq, "stores.csv").write_text(csv_text(made["stores_csv"]), encoding="utf-8")

    def close(self, identity, *words):
        self.act("cycle", "close", identity, *words, person="ma")
        self.arrivals.append((None, [], self.now_ms))

    # --- stores ---

    def set_up(self):
        rules = self.path / "rules"
        for folder in (rules, self.path / "shops", self.path / "exports", self.path / "maps"):
            folder.mkdir()
        made = data()
        (rules / "alliance.conf").write_text(conf_text(made), encoding="utf-8")
        (rules / "stores.csv").write_text(csv_text(made["stores_csv"]), encoding="utf-8")
        self.must("init", "--dir", self.hq, "--alliance", str(rules / "alliance.conf"), "--test-clock", "--start",
                  day_text(1) + "T08:00:00+08:00")
        self.start()
        for person, roles in (("ma", "maker"), ("chen", "checker"), ("wang", "operator")):
            self.must("operator", "add", person, "--role", roles, "--dir", self.hq)
        languages = self.build_clients()
        for code, kind in kind_of().items():
            if code != BOUGHT:
                self.open_shop(code, kind, languages)
        self.open_door()

    def build_clients(self):
        """Where npm gives the JavaScript client no packages, its stores play with the Python client."""
        made = {}
        for language, play in (("python", players.python), ("javascript", players.javascript)):
            out = str(self.path / language)
            try:
                done = subprocess.run([str(TOP / "proto/clients" / language / "build"), out], timeout=NPM_S,
                                      stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
            except subprocess.TimeoutExpired as late:
                done = subprocess.CompletedProcess(late.cmd, 1, "not built within %d s" % NPM_S)
            if done.returncode == 0:
                made[language] = play(out)
            elif language == "python":
                raise Broken("the Python client: " + done.stdout[-500:])
            else:
                print("skipped: javascript: no packages from npm (%s)" % done.stdout[-200:], flush=True)
                made[language] = made["python"]
        return made

    def open_shop(self, code, kind, languages=None):
        shop = self.shops[code] = Shop(code, kind, self.path)
        shop.player = (languages or {}).get(kind)
        if kind == "csv":
            shop.mapping = str(tills.mapping(code, self.path / "maps" / (code + ".conf")))
        self.join(shop)
        return shop

    def join(self, shop, kit=None):
        """With a kit of headquarters, the fingerprint read over the telephone. A folder of its own each time."""
        if kit is None:
            kit = shop.folder + ".kit.json"
            self.must("invite", shop.code, "--dir", self.hq, "--out", kit)
        if shop.player is None:
            said = self.must("join", kit, "--dir", shop.folder)
        else:
            code, said, complaint = shop.player.join(kit, shop.folder)
            if code != 0:
                raise Broken("%s: join: exit %d\n%s%s" % (shop.code, code, said, complaint))
        lines = said.splitlines()
        read = lines[2] if shop.player is None else lines[1]
        self.act("key", "approve", shop.code, read.strip())

    def open_door(self):
        """One process for all stores whose tills speak HTTP."""
        mine = [shop for shop in self.shops.values() if shop.kind == "door"]
        if self.door is None:
            words = [word for shop in mine for word in ("--dir", shop.folder)]
            self.door = door.Door(self.bin, str(self.path / "door.log"), *words, "--wait", "20")
            for shop in mine:
                shop.http = door.Till(self.door, self.must("till", "add", "1", "--dir", shop.folder).strip())
        self.door.bin = self.bin
        self.door.start()
        for shop in mine:
            if not shop.http.connected():
                raise Broken("the door does not connect:\n" + self.door.logged())

    # --- an evening ---

    def export(self, shop, day, events, name=None):
        """Write what the till exports. Returns: its files."""
        path = str(self.path / "exports" / (name or "%s-%s" % (shop.code, day_text(day))))
        receipts, totals = events, []
        files = []
        if shop.kind == "csv":
            receipts = [e for e in events if e["type"] != "day_total"]
            totals = [e for e in events if e["type"] == "day_total"]
            files.append(path + ".csv")
            pathlib.Path(files[0]).write_text(tills.as_csv(receipts), encoding="utf-8")
            receipts = totals
        files.append(path + ".jsonl")
        pathlib.Path(files[-1]).write_text(tills.as_lines(receipts), encoding="utf-8")
        shop.exports.append((day, files, events))
        return files

    def told(self, shop, files, wait=WAIT_S, codes=(0, 65)):
        """What `publish` says of files, or what a door's till is answered."""
        if shop.player is not None:
            code, told, complaint = players.told(shop.player.start("publish", *files, "--dir", shop.folder, "--wait", wait))
            if code not in codes:
                raise Broken("%s: exit %d\n%s" % (shop.code, code, complaint))
            return told
        words = ["--till", shop.mapping] if shop.mapping else []
        return json.loads(self.must("publish", *files, *words, "--dir", shop.folder, "--json", "--wait", wait,
                                    codes=codes))

    def asked(self, shop, events):
        """The answers to a till that comes in by the door, in the form of `publish`."""
        status, rows = shop.http.post(*events)
        if status != 200:
            raise Broken("%s: %s %s" % (shop.code, status, rows))
        sums = collections.Counter(row["outcome"] for row in rows)
        return {"read": len(events), "accepted": sums["ACCEPTED"], "waiting": sums["WAITING"], "already": 0,
                "pending": sums["PENDING"], "refused": len(events) - sums["ACCEPTED"] - sums["WAITING"] - sums["PENDING"],
                "refusals": [row for row in rows if row["outcome"] not in ("ACCEPTED", "WAITING", "PENDING")]}

    def deliver(self, shop, day, events, files=None):
        """The evening of a store. Returns: what is wrong with it, or nothing."""
        if files is None:
            files = self.export(shop, day, events)
        shop.pending += events
        if shop.offline or shop.silent:
            if shop.offline:
                self.told(shop, files, "0", (75,))
            return ""
        if day % EVERY.get(shop.kind, 1) != 0:
            return ""
        since = EVERY.get(shop.kind, 1)
        if since > 1:
            files = [file for _, each, _ in shop.exports[-since:] for file in each]
        return self.deliver_now(shop, files)

    def deliver_now(self, shop, files):
        """Send files and what was pending. Returns: what is wrong, or nothing."""
        count = len(shop.pending)
        told = self.asked(shop, shop.pending) if shop.kind == "door" else self.told(shop, files)
        self.arrivals.append((shop.code, shop.pending, self.now_ms))
        shop.pending = []
        good = told["accepted"] + told["waiting"] + told["already"] == told["read"] and told["read"] <= count
        return "" if good else "%s: %d events: %s" % (shop.code, count, told)

    # --- machines ---

    def lose_folder(self, shop):
        """The disk is gone for the store; the test keeps it, to look into."""
        lost = "%s.lost%d" % (shop.folder, len(shop.folders))
        os.rename(shop.folder, lost)
        shop.folders.append(lost)
        return lost

    def new_till(self, code, terminal):
        self.shops[code].tills.append(tills.Till(code, terminal))
        return self.shops[code].tills[-1]

    def copy_folder(self, shop, name):
        return shutil.copytree(shop.folder, shop.folder + name)

    def end(self):
        if self.door is not None:
            self.door.stop()
        self.stop()
