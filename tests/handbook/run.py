"""The handbooks: every command of each is run, in its order, in an empty folder; both languages have the same commands; none
has more than ten pages. Likewise other books: what happened before a page is used is told by AROUND/before.sh and
AROUND/NAME.before.sh, what must be true after it by AROUND/NAME.after.sh.

    run.py --bin DIR [--books FOLDER --pages N --around FOLDER] [--keep] [NAME...]
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
PAGE = 3600  # characters of a printed page; Chinese ones count double
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


def around_of(book, around, names):
    return [path.read_text(encoding="utf-8") for name in names if around and (path := around / name).exists()]


def run(binaries, book, verdicts, keep, around=None):
    """All blocks in one shell; a block that fails ends it."""
    ports = {port: free_port() for port in PORTS}
    script = ["set -eu -o pipefail", "trap 'kill $(jobs -p) 2>/dev/null; wait' EXIT"]
    before = around_of(book, around, ("before.sh", book.stem + ".before.sh"))
    after = around_of(book, around, (book.stem + ".after.sh",))
    found = ["\n".join(before), *blocks(book.read_text(encoding="utf-8")), "\n".join(after)]
    for number, block in enumerate(found):
        for old, new in ports.items():
            block = block.replace("127.0.0.1:" + old, "127.0.0.1:" + new)
        script += ["echo; echo '=== %d'" % number, block or ":"]
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
    for number in range(len(found)):
        ended = number < (reached[-1] if reached else 0) or (number == len(found) - 1 and process.returncode == 0)
        if not found[number] and ended:
            continue
        name = "before" if number == 0 else "after" if number == len(found) - 1 else "block %d" % number
        verdicts.case("%s %s" % (book.name, name), ended, out.split("=== ")[-1][-1500:] if not ended else "")
    if keep:
        print(out)
        print("kept: " + directory)
    else:
        shutil.rmtree(directory, ignore_errors=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bin", required=True)
    parser.add_argument("--keep", action="store_true", help="show what is printed, and leave the folder")
    parser.add_argument("--books", type=pathlib.Path, default=TOP / "deploy/handbook")
    parser.add_argument("--pages", type=int, default=10, help="how many a book may have")
    parser.add_argument("--around", type=pathlib.Path, help="what comes before and after each")
    parser.add_argument("names", nargs="*")
    options = parser.parse_args()
    verdicts = Verdicts()
    all_names = sorted(one.stem for one in options.books.glob("*.md") if not one.stem.endswith(".zh"))
    for name in options.names or all_names:
        book, chinese = options.books / (name + ".md"), options.books / (name + ".zh.md")
        for one in (book, chinese):
            verdicts.case("%s: pages" % one.name, one.exists() and pages(one.read_text(encoding="utf-8")) <= options.pages,
                          "%.1f" % pages(one.read_text(encoding="utf-8")) if one.exists() else "missing")
        if chinese.exists():
            here, there = (blocks(one.read_text(encoding="utf-8")) for one in (book, chinese))
            verdicts.case("%s: the same commands in both languages" % name, here == there and here,
                          [pair for pair in zip(here, there) if pair[0] != pair[1]][:1] or (len(here), len(there)))
        run(os.path.abspath(options.bin), book, verdicts, options.keep, options.around)
    print("%d passed, %d failed" % (verdicts.passed, verdicts.failed))
    return 1 if verdicts.failed or not verdicts.passed else 0


if __name__ == "__main__":
    sys.exit(main())
