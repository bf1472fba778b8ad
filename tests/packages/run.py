#!/usr/bin/env python3
"""The Debian packages: built, judged, installed on a copy of this system, used, purged.

    tests/packages/run.py --debs build/debs

The copy is an overlay whose upper part lies in memory, in a mount namespace of its own: nothing is
installed here. The last line is `N passed, N failed`.
"""
import argparse
import glob
import os
import re
import subprocess
import sys
import tempfile

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
UNITS = ("allcleard.service", "allclear-node@.service", "allclear-notify.service")
EXPOSURE = "20"  # of 100, systemd-analyze's own scale; what is left is said in the unit

# Runs as root in the copy, one case a block; `case NAME` begins it, an error ends it.
INSIDE = r"""
export LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive
case_() { printf 'case %s\n' "$1"; }
case_ install
dpkg -i /debs/*.deb >/dev/null 2>/debs/err || cat /debs/err
test "$(dpkg-query -W -f '${Status} ' allclear allcleard)" = "install ok installed install ok installed "
case_ versions
test "$(allclear --version)" = "allclear $VERSION"
test "$(allcleard --version)" = "allcleard $VERSION"
case_ users
test "$(stat -c '%U:%G %a' /var/lib/allcleard)" = "allcleard:allcleard 700"
test "$(stat -c '%U:%G %a' /var/lib/allclear-node)" = "allclear-node:allclear-node 700"
test "$(getent passwd allcleard | cut -d: -f7)" = /usr/sbin/nologin
case_ unit-enabled
test -L /etc/systemd/system/multi-user.target.wants/allcleard.service
test ! -e /etc/systemd/system/multi-user.target.wants/allclear-node@.service
test ! -e /etc/systemd/system/multi-user.target.wants/allclear-notify.service
case_ units-verify
systemd-analyze verify /lib/systemd/system/allcleard.service /lib/systemd/system/allclear-node@.service /lib/systemd/system/allclear-notify.service 2>/debs/verify || cat /debs/verify
test ! -s /debs/verify
case_ chinese
allclear --lang zh help | grep -q 向总部上报事件
case_ english-pages
for page in allclear $(allclear help | sed -n 's/^  \([a-z]*\) .*/allclear-\1/p') allcleard; do
    man -w "$page" >/dev/null
    zcat "$(man -w "$page")" | groff -k -ww -man -Tutf8 >/dev/null 2>/debs/groff
    test ! -s /debs/groff
    man "$page" | grep -q SYNOPSIS
done
case_ chinese-pages
for page in allclear $(allclear help | sed -n 's/^  \([a-z]*\) .*/allclear-\1/p'); do
    zcat "/usr/share/man/zh_CN/man1/$page.1.gz" | groff -k -man -Tutf8 2>/dev/null | grep -q 概要
done
case_ bash-completion
bash -c '
    . /usr/share/bash-completion/completions/allclear
    ask() { COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _allclear; printf "%s\n" "${COMPREPLY[*]}"; }
    set -e
    [ "$(ask allclear pub)" = publish ]
    [ "$(ask allclear cycle pre)" = preview ]
    [ "$(ask allclear publish --wat)" = --watch ]
    [ "$(ask allclear report 2026-03 --format "")" = "text json csv" ]
    [ "$(ask allclear cycle --format j)" = json ]'
case_ zsh-completion
zsh -fc 'autoload -Uz compinit && compinit -u -D && [ -n "$_comps[allclear]" ] && autoload -Uz +X _allclear'
case_ serves-as-its-user
runuser -u allcleard -- allclear init --dir /var/lib/allcleard --sample f1 --test-clock --start 2026-03-01T08:00:00+08:00 >/dev/null
runuser -u allcleard -- allcleard --dir /var/lib/allcleard --listen 'tcp://127.0.0.1:*' 2>/debs/daemon &
for _ in $(seq 200); do [ -s /var/lib/allcleard/run/address ] && break; sleep 0.1; done
runuser -u allcleard -- allclear status --dir /var/lib/allcleard | grep -q TEST
test -x /usr/share/allclear/notify/wecom
runuser -u allcleard -- allclear notify --once --json --dir /var/lib/allcleard --exec /usr/share/allclear/notify/mail | grep -q '"waiting":0'
kill $(cat /proc/*/stat 2>/dev/null | awk -v parent=$! '$4 == parent {print $1}')
wait $! || test $? -eq 143
case_ upgrade-keeps-configuration-and-ledger
echo 'ALLCLEARD_OPTIONS="--snapshot-every 0"' >/etc/default/allcleard
dpkg -i /debs/*.deb >/dev/null
grep -q snapshot-every /etc/default/allcleard
test -s /var/lib/allcleard/keys/ledger.pem
case_ remove-keeps-configuration
dpkg -r allcleard allclear >/dev/null
test -e /etc/default/allcleard
case_ purge-leaves-only-data
dpkg -P allcleard allclear >/dev/null 2>&1
dpkg-query -W allclear allcleard >/dev/null 2>&1 && exit 1
test -s /var/lib/allcleard/journal/data.mdb
test ! -e /var/lib/allclear-node
left=$(find /etc /lib /usr /var -xdev -path /var/lib/allcleard -prune -o -newer /debs/began -name '*allclear*' -print)
test -z "$left" || { echo "left: $left"; exit 1; }
case_ end
"""


class Cases:
    def __init__(self):
        self.passed = self.failed = 0

    def case(self, name, good, why=""):
        self.passed, self.failed = self.passed + bool(good), self.failed + (not good)
        print("%s: %s" % (name, "passed" if good else "FAILED " + why), flush=True)


def run(*command, **options):
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
                          check=False, **options)


def judge_files(cases, debs):
    done = run("lintian", "--allow-root", "--fail-on", "error,warning", *glob.glob(debs + "/*.changes"))
    cases.case("lintian", done.returncode == 0 and not re.search("^[EW]:", done.stdout, re.M), done.stdout)
    for unit in UNITS:
        done = run("systemd-analyze", "security", "--offline=true", "--threshold=" + EXPOSURE,
                   os.path.join(TOP, "deploy/systemd", unit))
        cases.case("exposure of " + unit, done.returncode == 0, done.stdout[-400:])


def judge_inside(cases, debs, version):
    """Run INSIDE in the copy; its last `case` line is the one that ended it."""
    with tempfile.TemporaryDirectory() as scratch:
        script = os.path.join(scratch, "inside")
        with open(script, "w", encoding="utf-8") as file:
            file.write("set -e\n" + INSIDE)
        outer = """set -e
mount -t tmpfs scratch {0}
mkdir {0}/up {0}/work {0}/copy
mount -t overlay copy -o lowerdir=/,upperdir={0}/up,workdir={0}/work {0}/copy
mount -t proc proc {0}/copy/proc
mount --rbind /dev {0}/copy/dev
mount -t tmpfs run {0}/copy/run
mkdir {0}/copy/debs
cp {1}/*.deb {0}/copy/debs
touch {0}/copy/debs/began
exec chroot {0}/copy bash /dev/stdin
""".format(scratch, debs)
        with open(script, encoding="utf-8") as inside:
            done = run("unshare", "--mount", "--pid", "--fork", "--kill-child", "sh", "-c", outer, stdin=inside,
                       env=dict(os.environ, VERSION=version), timeout=400)
    names = re.findall(r"^case (\S+)$", done.stdout, re.M)
    told = re.sub(r"^case .*\n", "", done.stdout, flags=re.M)
    for name in names[:-1]:
        cases.case(name, True)
    if not names or names[-1] != "end":
        cases.case(names[-1] if names else "the copy of the system", False, told[-2000:])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--debs", default=os.path.join(TOP, "build/debs"))
    debs = os.path.abspath(parser.parse_args().debs)
    cases = Cases()
    found = sorted(os.path.basename(path) for path in glob.glob(debs + "/*.deb"))
    cases.case("two packages", [name.split("_")[0] for name in found] == ["allclear", "allcleard"], " ".join(found))
    if not cases.failed:
        judge_files(cases, debs)
        judge_inside(cases, debs, found[0].split("_")[1])
    print("%d passed, %d failed" % (cases.passed, cases.failed))
    return 1 if cases.failed else 0


if __name__ == "__main__":
    sys.exit(main())
