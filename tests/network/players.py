"""Who plays a store: the program allclear, the Python client, the JavaScript client. All three are processes with the
same folder and the same words."""
import base64
import json
import os
import sqlite3
import subprocess

PYTHON = "/usr/bin/python3"  # Debian's, for which deploy/packages installs the client's libraries
WAIT = "60"
TRIALS = os.path.join(os.path.dirname(os.path.abspath(__file__)), os.pardir, "clients")


class Player:
    """`command(verb)` is how a verb is started."""

    def __init__(self, name, command):
        self.name, self.command = name, command

    def start(self, verb, *arguments):
        return subprocess.Popen([*self.command(verb), *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                text=True)

    def run(self, verb, *arguments):
        return finish(self.start(verb, *arguments))

    def publish(self, file, folder, *options):
        """Returns: (exit code, what --json says, stderr)."""
        return told(self.start_publish(file, folder, *options))

    def start_publish(self, file, folder, *options):
        return self.start("publish", file, "--dir", folder, "--wait", WAIT, *options)

    def join(self, kit, folder):
        return self.run("join", kit, folder)

    def queued(self, folder):
        """The canonical bytes of all events in the outbox, in their order."""
        with open(os.path.join(folder, "outbox.jsonl"), encoding="utf-8") as file:
            entries = [json.loads(line) for line in file]
        return [base64.b64decode(entry["event"]) for entry in entries if "event" in entry]

    def has_receipt(self, folder):
        try:
            with open(os.path.join(folder, "outbox.jsonl"), "rb") as file:
                return b'\n{"receipt"' in file.read()
        except FileNotFoundError:
            return False


class Program(Player):
    """The program allclear."""

    def __init__(self, binaries):
        super().__init__("allclear", lambda verb: [os.path.join(binaries, "allclear"), verb])

    def start_publish(self, file, folder, *options):
        return super().start_publish(file, folder, "--json", *options)

    def join(self, kit, folder):
        return self.run("join", kit, "--dir", folder)

    def queued(self, folder):
        with sqlite3.connect(os.path.join(folder, "outbox.db")) as outbox:
            return [row[0] for row in outbox.execute("SELECT bytes FROM event ORDER BY id")]


def python(out):
    """Also "trial": tests/clients/trial.py, with the library of `out`."""
    trial = os.path.join(TRIALS, "trial.py")
    return Player("python", lambda verb: [PYTHON, trial, out] if verb == "trial"
                  else [PYTHON, os.path.join(out, verb + ".py")])


def javascript(out):
    trial = os.path.join(TRIALS, "trial.js")
    return Player("javascript", lambda verb: ["node", trial, out] if verb == "trial"
                  else ["node", os.path.join(out, verb + ".js")])


def finish(process, timeout=120):
    """Returns: (exit code, stdout, stderr)."""
    try:
        out, err = process.communicate(timeout=timeout)
    except subprocess.TimeoutExpired:
        process.kill()
        out, err = process.communicate()
        err += "\n(killed after %d s)" % timeout
    return process.returncode, out, err


def told(process):
    code, out, err = finish(process)
    try:
        return code, json.loads(out), err
    except ValueError:
        return code, {}, "%s%s" % (out, err)
