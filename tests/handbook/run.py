"""The handbooks: every command of each is run, in its order, in an empty folder; both languages have the same commands; none
has more than ten pages.

    run.py --bin DIR [--keep] [HANDBOOK...]
"""
import argparse
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile

TOP = pathlib.Path(__file__).resolve().parents[2]
BOOKS = TOP / "deploy/handbook"
PAGE = 3600  # characters of a printed page; Chinese ones count double
PAGES = 10
TIMEOUT_S = 120
PORTS = ("7401", "8117")  # of the text; somebody may use them here


def blocks(text):
    return re.findall(r"^```sh\n(.*?)^```", text, re.M | re.S)


def pages(text):
    return sum(2 if ord(c) > 0x2e80 else 1 for c in text) / PAGE


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return str(one.getsockname()[1])


class Verdicts:
    def __init__(self):
        self.passed = self.failed = 0

    def case(self, name, good, why=""):
        self.passed, self.failed = self.passed + bool(good), self.failed + (not good)
        if not good:
            print("%s: %s" % (name, why), flush=True)


def run(binaries, book, verdicts, keep):
    """All blocks in one shell; a block that fails ends it."""
    ports = {port: free_port() for port in PORTS}
    script = ["set -eu -o pipefail", "trap 'kill $(jobs -p) 2>/dev/null; wait' EXIT"]
    found = blocks(book.read_text(encoding="utf-8"))
    for number, block in enumerate(found, 1):
        for old, new in ports.items():
            block = block.replace("127.0.0.1:" + old, "127.0.0.1:" + new)
        script += ["echo '=== %d'" % number, block]
    directory = tempfile.mkdtemp(prefix="ac-handbook-")
    environment = dict(os.environ, PATH="%s:%s" % (binaries, os.environ["PATH"]), LC_ALL="C.UTF-8", LANGUAGE="en",
                       COLUMNS="100", ALLCLEAR_TOP=str(TOP))
    process = subprocess.Popen(["bash", "-c", "\n".join(script)], cwd=directory, env=environment, text=True,
                               stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True)
    try:
        out, _ = process.communicate(timeout=TIMEOUT_S)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        out, _ = process.communicate()
        out += "\n(no end within %d s)" % TIMEOUT_S
    reached = [int(n) for n in re.findall(r"^=== (\d+)$", out, re.M)]
    for number in range(1, len(found) + 1):
        ended = number < (reached[-1] if reached else 0) or (number == len(found) and process.returncode == 0)
        verdicts.case("%s block %d" % (book.name, number), ended, out.split("=== ")[-1][-1500:] if not ended else "")
    if keep:
        print(out)
        print("kept: " + directory)
    else:
        shutil.rmtree(directory, ignore_errors=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bin", required=True)
    parser.add_argument("--keep", action="store_true", help="show what is printed, and leave the folder")
    parser.add_argument("books", nargs="*")
    options = parser.parse_args()
    verdicts = Verdicts()
    for name in options.books or ("finance", "store", "integrator"):
        book, chinese = BOOKS / (name + ".md"), BOOKS / (name + ".zh.md")
        for one in (book, chinese):
            verdicts.case("%s: pages" % one.name, one.exists() and pages(one.read_text(encoding="utf-8")) <= PAGES,
                          "%.1f" % pages(one.read_text(encoding="utf-8")) if one.exists() else "missing")
        if chinese.exists():
            here, there = (blocks(one.read_text(encoding="utf-8")) for one in (book, chinese))
            verdicts.case("%s: the same commands in both languages" % name, here == there and here,
                          [pair for pair in zip(here, there) if pair[0] != pair[1]][:1] or (len(here), len(there)))
        run(os.path.abspath(options.bin), book, verdicts, options.keep)
    print("%d passed, %d failed" % (verdicts.passed, verdicts.failed))
    return 1 if verdicts.failed or not verdicts.passed else 0


if __name__ == "__main__":
    sys.exit(main())
