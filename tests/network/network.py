"""A real alliance of processes: a data folder, its daemon, stores that have joined."""
import argparse
import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time

DAY = "2026-03-01"
START = DAY + "T08:00:00+08:00"
EVENING = DAY + "T20:00:00+08:00"
STORES = "ABC"
START_S = 60  # a daemon has this long to serve or to say why not


class Broken(Exception):
    """The test itself cannot go on."""


class Network:
    """One headquarters at `directory`/hq with stores A, B and C at `directory`/A ..."""

    def __init__(self, binaries, directory):
        self.bin, self.dir = binaries, directory
        self.hq = os.path.join(directory, "hq")
        self.log = os.path.join(directory, "daemon.log")
        self.daemon = None
        self.address = "tcp://127.0.0.1:*"
        self.options = []  # further ones of the daemon

    def store(self, name):
        return os.path.join(self.dir, name)

    # --- the tool ---

    def run(self, *arguments, **options):
        return subprocess.run([os.path.join(self.bin, "allclear"), "--lang", "en", *arguments],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, errors="replace",
                              timeout=120, **options)

    def must(self, *arguments, codes=(0,), **options):
        done = self.run(*arguments, **options)
        if done.returncode not in codes:
            raise Broken("allclear %s: exit %d\n%s%s" % (
                " ".join(arguments), done.returncode, done.stdout[-2000:], done.stderr[-2000:]))
        return done.stdout

    def publish(self, name, lines, codes=(0,), wait=30):
        """Publish lines (bytes) as one file of a store. Returns: what `publish --json` says."""
        path = os.path.join(self.dir, "%s-%d.jsonl" % (name, len(os.listdir(self.dir))))
        with open(path, "wb") as file:
            file.write(b"".join(line + b"\n" for line in lines))
        told = json.loads(self.must("publish", path, "--dir", self.store(name), "--json", "--wait", str(wait),
                                    codes=codes))
        told["file"] = path
        return told

    def digest(self):
        return json.loads(self.must("status", "--dir", self.hq, "--digest", "--json"))["state"]["digest"]

    def network(self):
        return json.loads(self.must("status", "--dir", self.hq, "--json"))["network"]

    # --- the daemon ---

    def start(self):
        run = os.path.join(self.hq, "run", "address")
        if os.path.exists(run):
            os.unlink(run)
        with open(self.log, "a") as log:
            self.daemon = subprocess.Popen([os.path.join(self.bin, "allcleard"), "--dir", self.hq,
                                            "--listen", self.address, *self.options], stderr=log, stdout=log)
        end = time.monotonic() + START_S
        while time.monotonic() < end:
            if os.path.exists(run) and os.path.getsize(run) > 0:
                with open(run) as file:
                    self.address = file.read().strip()
                return
            if self.daemon.poll() is not None:
                break
            time.sleep(0.02)
        raise Broken("the daemon did not start:\n" + self.logged()[-2000:])

    def logged(self):
        with open(self.log, errors="replace") as file:
            return file.read()

    def is_up(self):
        return self.daemon is not None and self.daemon.poll() is None

    def stop(self):
        """An orderly end, which takes a last snapshot."""
        if self.is_up():
            self.daemon.send_signal(signal.SIGTERM)
            try:
                return self.daemon.wait(timeout=60)
            except subprocess.TimeoutExpired:
                self.daemon.kill()
                self.daemon.wait()
        return None

    # --- a day ---

    def set_up(self, *rules):
        """Headquarters with its stores joined, in the evening of DAY. `rules`: how init gets them."""
        self.must("init", "--dir", self.hq, *(rules or ("--sample", "f1")), "--test-clock", "--start", START)
        self.start()
        for name in STORES:
            kit = os.path.join(self.dir, "kit-" + name)
            self.must("invite", name, "--dir", self.hq, "--out", kit)
            self.must("join", kit, "--dir", self.store(name))
            self.must("key", "approve", name, "--all-pending", "--dir", self.hq)
        self.must("clock", "set", EVENING, "--dir", self.hq)

    # --- the control socket, spoken to without the tool ---

    def control(self, data, timeout=10.0, half=False):
        """Send bytes as they are. Returns: the answer's bytes; b"" where the daemon ends without one."""
        with socket.socket(socket.AF_UNIX) as peer:
            peer.connect(os.path.join(self.hq, "run", "control"))
            peer.settimeout(timeout)
            try:
                peer.sendall(data)
                if half:
                    return b""
                answer = b""
                while True:
                    more = peer.recv(65536)
                    if not more:
                        return answer
                    answer += more
            except (BrokenPipeError, ConnectionResetError):
                return b""

    def ask(self, timeout=10.0, **question):
        return json.loads(self.control(json.dumps(question).encode() + b"\n", timeout))


def day_of_events(store, rng, count, first=1):
    """A store's day: top-ups, sales from what was topped up, points, a refund now and then."""
    lines = []
    for n in range(first, first + count):
        event = {"terminal": "1", "number": n, "at": "%sT%02d:%02d:%02d+08:00" % (DAY, 9 + n // 3600 % 10,
                                                                                 n // 60 % 60, n % 60),
                 "member": str(6200000000 + rng.randrange(40))}
        kind = rng.randrange(10)
        if kind < 4:
            event.update(type="topup", product="card", principal_fen=100 * rng.randrange(1, 900))
        elif kind < 8:
            amount = rng.randrange(100, 20000)
            event.update(type="sale", gross_fen=amount, earn=[{"product": "points", "points": amount // 100}],
                         pay=[{"with": "stored_value", "product": "card", "amount_fen": amount}])
        elif kind < 9:
            event.update(type="pack_sale", product="wash", pack="p-%s-%d" % (store, n), price_fen=20000, uses=10)
        else:
            event.update(type="refund", of="%s:1:%d" % (store, rng.randrange(first, n + 1)),
                         amount_fen=rng.randrange(1, 500))
        lines.append(json.dumps(event, separators=(",", ":")).encode())
    return lines


class Verdicts:
    """Cases passed and failed; what failed is printed at once, with its name to run it alone."""

    def __init__(self, only=None, still_open=None):
        self.only = only
        self.open = still_open or {}
        self.passed = 0
        self.failed = 0

    def wants(self, name):
        return self.only is None or name.startswith(self.only)

    def case(self, name, good, why=""):
        if good:
            self.passed += 1
        else:
            self.failed += 1
            print("%s: %s" % (name, why), flush=True)

    def add(self, passed, failed):
        self.passed += passed
        self.failed += failed

    def settle(self, name, passed, failed, told):
        """Cases that may be on the list of what is open: what fails is told then, and not counted; when nothing
        does any more, the name must be taken off the list."""
        if failed and name in self.open:
            print("open: %s: %s (%s)" % (name, self.open[name], " ".join("; ".join(told).split())[:400]), flush=True)
            failed = 0
        elif name in self.open:
            failed += 1
            print("%s: it is mended: take it off the list" % name)
        else:
            for line in told:
                print("%s: %s" % (name, line))
        self.add(passed, failed)

    def end(self):
        print("%d passed, %d failed" % (self.passed, self.failed))
        return 1 if self.failed else 0


class Part:
    """A story on a network of its own, which play_parts gives it."""

    def __init__(self, net, verdicts):
        self.net, self.verdicts = net, verdicts

    def equal(self, name, is_, should):
        self.verdicts.case("%s: %s" % (type(self).__name__, name), is_ == should, "%r, not %r" % (is_, should))

    def json(self, *words, **options):
        return json.loads(self.net.must(*words, "--json", **options))

    def again(self):
        """The same state after a start from its snapshot, after one from the journal alone, and for an auditor."""
        before, copy = self.net.digest(), os.path.join(self.net.dir, "copy")
        network = self.net.network()
        shutil.rmtree(copy, ignore_errors=True)
        self.net.must("backup", copy, "--no-verify", "--dir", self.net.hq)
        verdict = self.net.must("replay", copy, "--network", network).strip().splitlines()[-1]
        self.equal("replay", verdict.split()[0].rstrip(":,."), "VERIFIED")
        self.net.stop()
        self.net.start()
        self.equal("from a snapshot", self.net.digest(), before)
        self.net.stop()
        shutil.rmtree(os.path.join(self.net.hq, "state"))
        self.net.start()
        self.equal("from the journal", self.net.digest(), before)


def play_parts(description, *parts):
    """The main of a test that plays each part(net, verdicts).play() on a network of its own. Returns: its exit code."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--bin", required=True)
    binaries = os.path.abspath(parser.parse_args().bin)
    verdicts = Verdicts()
    for part in parts:
        directory = tempfile.mkdtemp(prefix="ac-%s-" % part.__name__.lower())
        net = Network(binaries, directory)
        try:
            part(net, verdicts).play()
        except Broken as error:
            verdicts.case("run", False, str(error))
        finally:
            net.stop()
            shutil.rmtree(directory, ignore_errors=True)
    return verdicts.end()
