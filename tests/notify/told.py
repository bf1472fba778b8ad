"""The network of the tests of notify: the daemon on a test clock, three stores, a program that is told, and what it
was told. How the program behaves is set by files: fail (holds a kind, or "all"), hang, kill."""
import json
import os
import pathlib
import stat
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "network"))
from network import START, STORES, Broken, Network  # noqa: E402

SAMPLE = pathlib.Path(__file__).resolve().parents[2] / "deploy" / "samples" / "f1"

# What is told is appended first, so that a copy is seen whatever becomes of it afterwards.
PROGRAM = """#!/bin/sh
here=$1
cat >>"$here/told"
echo "$ALLCLEAR_NOTICE $ALLCLEAR_NOTICE_ID" >>"$here/told.env"
[ ! -e "$here/kill" ] || kill -9 $PPID
[ ! -e "$here/hang" ] || { echo $$ >"$here/hang"; sleep 300 & sleep 300; }
if [ -e "$here/fail" ]; then
    case $(cat "$here/fail") in all | "$ALLCLEAR_NOTICE") exit 3 ;; esac
fi
"""


class Told(Network):
    def __init__(self, binaries, directory):
        super().__init__(binaries, directory)
        self.program = os.path.join(directory, "program")
        pathlib.Path(self.program).write_text(PROGRAM)
        os.chmod(self.program, stat.S_IRWXU)
        self.read = 0
        self.all = []
        self.log_of_notify = ""

    def set_up(self):
        """The sample, asking for day totals, so that something can be missing."""
        conf = (SAMPLE / "alliance.conf").read_text()
        conf = conf.replace('stores = "stores.csv";', 'stores = "stores.csv"; day_totals = "required";')
        pathlib.Path(self.dir, "alliance.conf").write_text(conf)
        pathlib.Path(self.dir, "stores.csv").write_text((SAMPLE / "stores.csv").read_text())
        self.must("init", "--dir", self.hq, "--alliance", os.path.join(self.dir, "alliance.conf"), "--test-clock",
                  "--start", START)
        self.start()
        for name in STORES:
            kit = os.path.join(self.dir, "kit-" + name)
            self.must("invite", name, "--dir", self.hq, "--out", kit)
            self.must("join", kit, "--dir", self.store(name))
            self.must("key", "approve", name, "--all-pending", "--dir", self.hq)
        self.set_clock(1, 20)

    def flag(self, name, text=""):
        pathlib.Path(self.dir, name).write_text(text)

    def unflag(self, name):
        os.unlink(os.path.join(self.dir, name))

    def heard(self):
        """What the program was told since the last call."""
        path = pathlib.Path(self.dir, "told")
        lines = path.read_text().splitlines() if path.exists() else []
        fresh = [json.loads(line) for line in lines[self.read:]]
        self.read = len(lines)
        self.all += fresh
        return fresh

    def words(self, *extra, program=None, arguments=None, every="1"):
        return ("notify", "--dir", self.hq, "--exec", program or self.program, "--every", every, *extra, "--",
                *(arguments if arguments is not None else [self.dir]))

    def look(self, *extra, codes=(0,), **options):
        """Look once. Returns: what was told."""
        environment = options.pop("env", None)
        done = self.run(*self.words("--once", "--json", "--limit", "1", *extra, **options), env=environment)
        self.log_of_notify += done.stderr
        if done.returncode not in codes:
            raise Broken("notify: exit %d\n%s%s" % (done.returncode, done.stdout, done.stderr))
        self.summary = json.loads(done.stdout) if done.stdout else {}
        return self.heard()

    def set_clock(self, day, hour, month=3):
        self.must("clock", "set", "2026-%02d-%02dT%02d:00:00+08:00" % (month, day, hour), "--dir", self.hq)

    def memory(self):
        return pathlib.Path(self.hq, "notify", "state.json")
