"""A daemon with a test clock and one node a store, real processes each in a folder of its own, for tests that publish
through all of them at once."""
import collections
import datetime
import json
import os
import pathlib
import re
import shutil
import socket
import subprocess
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor

WINDOW_SECONDS = 60  # for what was handed over together to be in everywhere
LOOK_SECONDS = 0.01
MAX_PACE = 0.002
JOINING = 3  # at once
FIRST_USER = 20000
ONE_MS = datetime.timedelta(milliseconds=1)
EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)


class Failure(Exception):
    pass


def instant_ms(line):
    return (datetime.datetime.fromisoformat(re.search(r'"at":"([^"]+)"', line)[1]) - EPOCH) // ONE_MS


def instant_text(ms):
    return (EPOCH + ms * ONE_MS).isoformat(timespec="milliseconds")


def scratch_folder(gigabytes):
    """In memory where it has so much room: hundreds of nodes on one disk would measure its syncs. Short, because a
    socket's path is at most 107 bytes."""
    memory = "/dev/shm"
    try:
        room = os.statvfs(memory)
        enough = os.access(memory, os.W_OK) and room.f_bavail * room.f_frsize >= gigabytes << 30
    except OSError:
        enough = False
    folder = pathlib.Path(tempfile.mkdtemp(prefix="ac-", dir=memory if enough else None))
    folder.chmod(0o711)  # the nodes' users pass through
    return folder


class Accounts:
    """Who runs the nodes. Where we may: each a user of its own, as stores are; one user could follow files with 128
    of them only (inotify). The program is copied to where all users find it."""

    def __init__(self, program, directory):
        self.program = program
        self.folder = None
        if os.geteuid() != 0:
            return
        self.folder = tempfile.TemporaryDirectory(prefix="ac-bin-")
        os.chmod(self.folder.name, 0o755)
        copy = pathlib.Path(shutil.copy(program, self.folder.name))
        copy.chmod(0o755)
        try:
            for command in ([copy, "help"], ["test", "-x", directory]):
                subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True, **self.of(0))
            self.program = copy
        except (OSError, subprocess.SubprocessError):
            self.close()

    def of(self, n):
        """What the n-th store's processes are started with."""
        return {"user": FIRST_USER + n, "group": FIRST_USER + n, "extra_groups": []} if self.folder else {}

    def give(self, path, n):
        if self.folder:
            os.chown(path, FIRST_USER + n, FIRST_USER + n)

    def close(self):
        if self.folder:
            self.folder.cleanup()
        self.folder = None


class Network:
    """Everything is under `directory`."""

    def __init__(self, programs, directory, stores):
        self.allclear = programs / "allclear"
        self.allcleard = programs / "allcleard"
        self.directory = directory
        self.hq = directory / "hq"
        self.stores = {store: n for n, store in enumerate(stores)}
        self.accounts = Accounts(self.allclear, directory)
        self.daemon = None
        self.publishers = {}
        self.pace = 0.0  # seconds a store that wait_until lets pass before it looks

    def run(self, *arguments, store=None):
        """At headquarters, or at a store."""
        program, account = self.allclear, {}
        if store is not None:
            program, account = self.accounts.program, self.accounts.of(self.stores[store])
        done = subprocess.run(list(map(str, (program, *arguments))), stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=600, **account)
        if done.returncode != 0:
            raise Failure("%s: exit code %d\n%s%s" % (" ".join(map(str, arguments)), done.returncode,
                                                      done.stdout.decode()[-800:], done.stderr.decode()[-800:]))
        return done.stdout.decode()

    def ask(self, verb):
        """One question to the daemon by its control socket."""
        with socket.socket(socket.AF_UNIX) as s:
            s.connect(str(self.hq / "run" / "control"))
            s.sendall(json.dumps({"verb": verb}).encode() + b"\n")
            answer = b"".join(iter(lambda: s.recv(1 << 20), b""))
        return json.loads(answer)

    def begin(self, alliance, start_ms):
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            address = "tcp://127.0.0.1:%d" % s.getsockname()[1]
        self.run("init", "--dir", self.hq, "--alliance", alliance, "--test-clock", "--start",
                 instant_text(start_ms), "--listen", address)
        with open(self.directory / "daemon.log", "wb") as log:
            self.daemon = subprocess.Popen([self.allcleard, "--dir", self.hq, "--listen", address],
                                           stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        deadline = time.monotonic() + 20
        while True:
            try:
                head = self.ask("head")
            except OSError:
                head = {"address": None}
            if head["address"] == address:
                self.network = head["network"]
                return
            if self.daemon.poll() is not None or time.monotonic() > deadline:
                raise Failure("the daemon does not serve: %s" % self.log())
            time.sleep(0.05)

    def log(self):
        return (self.directory / "daemon.log").read_text(errors="replace")[-800:]

    def node(self, store):
        return self.directory / "nodes" / store

    def inbox(self, store):
        return self.directory / "inboxes" / (store + ".jsonl")

    def ask_to_join(self, store):
        kit = self.directory / "kits" / (store + ".kit.json")
        self.node(store).mkdir(mode=0o700)
        for path in (kit, self.node(store)):
            self.accounts.give(path, self.stores[store])
        self.run("join", kit, "--dir", self.node(store), store=store)
        return store

    def join_all(self, watch):
        """Every store joins; with `watch` its node begins to follow its inbox then."""
        for name in ("nodes", "kits", "inboxes", "out"):
            (self.directory / name).mkdir(mode=0o755)
        self.run("invite", "--all", "--into", self.directory / "kits", "--dir", self.hq)
        with ThreadPoolExecutor(JOINING) as pool:
            list(pool.map(self.ask_to_join, self.stores))
        self.run("key", "approve", "--all-pending", "--dir", self.hq)
        if watch:
            for store in self.stores:
                self.watch(store)

    def watch(self, store):
        self.inbox(store).touch(mode=0o644)
        with open(self.directory / "out" / (store + ".json"), "wb") as out, \
                open(self.directory / "out" / (store + ".log"), "wb") as log:
            self.publishers[store] = subprocess.Popen(
                [self.accounts.program, "publish", self.inbox(store), "--watch", "--json", "--dir", self.node(store)],
                stdin=subprocess.DEVNULL, stdout=out, stderr=log, **self.accounts.of(self.stores[store]))

    def publish(self, store, lines):
        with open(self.inbox(store), "a", encoding="ascii") as inbox:
            inbox.write("".join(lines))

    def publish_end(self):
        """Returns: the publishers' own tallies, added."""
        sums = collections.Counter()
        for process in self.publishers.values():
            process.terminate()
        for store, process in self.publishers.items():
            code = process.wait(60)
            text = (self.directory / "out" / (store + ".json")).read_text()
            if code != 0 or not text:
                raise Failure("publish of %s: exit code %d\n%s%s" % (
                    store, code, text[:500], (self.directory / "out" / (store + ".log")).read_text()[-500:]))
            tally = json.loads(text)
            tally.pop("refusals")
            sums.update(tally)
        self.publishers = {}
        return sums

    def publish_once(self, store, lines):
        """As a file of its own, by a publisher that ends. Returns: the tally."""
        if not lines:
            return {}
        path = self.directory / "inboxes" / (store + "-once.jsonl")
        path.write_text("".join(lines), encoding="ascii")
        path.chmod(0o644)
        tally = json.loads(self.run("publish", path, "--json", "--dir", self.node(store), store=store))
        tally.pop("refusals")
        return tally

    def accepted(self):
        return {row["store"]: row["events"] for row in self.ask("head")["stores"]}

    def wait_until(self, wanted, handed):
        """Until every store has so many events accepted; `handed` stores have just been given some. Looking costs
        the daemon time, so the first look is to come a little before all is in."""
        began = time.monotonic()
        looks = 0
        time.sleep(self.pace * handed)
        while True:
            looks += 1
            got = self.accepted()
            behind = {s: (got[s], n) for s, n in wanted.items() if got[s] != n}
            if not behind:
                self.pace = self.pace * 0.7 if looks == 1 else min(self.pace * 1.2 + 0.0001, MAX_PACE)
                return
            if time.monotonic() - began > WINDOW_SECONDS:
                raise Failure("not all in, (accepted, published) of some: %s\n%s" % (
                    dict(list(behind.items())[:5]), self.log()))
            time.sleep(LOOK_SECONDS)

    def clock(self, ms):
        self.run("clock", "set", instant_text(ms), "--dir", self.hq)

    def close(self):
        """Close, report, back up, replay. Returns: the report, and what the replay said last."""
        self.run("cycle", "close", "whole", "--dir", self.hq)
        text = self.run("report", "whole", "--format", "json", "--dir", self.hq)
        backup = self.directory / "backup"
        again = self.directory / "again.json"
        self.run("backup", backup, "--no-verify", "--dir", self.hq)
        verdict = self.run("replay", backup, "--network", self.network, "--report", again)
        if again.read_text() != text:
            raise Failure("the replayed report is another")
        return json.loads(text), verdict.strip().splitlines()[-1]

    def end(self):
        """Nothing stays behind, whatever happened."""
        processes = [*self.publishers.values(), *([self.daemon] if self.daemon else [])]
        for process in processes:
            process.terminate()
        for process in processes:
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self.accounts.close()
