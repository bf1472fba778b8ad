"""The commands that people use most, on an alliance of three hundred stores with long Chinese names, in both languages and at
80 and 120 columns: no line is wider than the terminal, a table's columns stand under each other, nothing is untranslated.

    run.py --bin DIR [--pictures FOLDER]

With --pictures each screen is also drawn as PNG there, to be looked at (Debian: python3-pil, fonts-wqy-microhei).
"""
import argparse
import fcntl
import json
import os
import pathlib
import pty
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import termios
import unicodedata

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "tests/network"))
from network import Broken, Network, Verdicts  # noqa: E402

SAMPLE = TOP / "deploy/samples/f1"
MANY, DAY = 300, "2026-03-01"
NAME = "第%d分店·人民广场地铁站旁边的大型综合旗舰门店"


def columns(text):
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def line(what, number, at, **keys):
    return json.dumps({"type": what, "terminal": "1", "number": number, "at": "%sT%s:00+08:00" % (DAY, at), **keys}).encode()


def value(fen):
    return [{"with": "stored_value", "product": "card", "amount_fen": fen}]


class Alliance(Network):
    def screen(self, width, *words):
        """What stands on a terminal of that width. Returns: the exit code, the text."""
        ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, width, 0, 0))
        env = {**{k: v for k, v in os.environ.items() if k != "COLUMNS"}, "NO_COLOR": "1", "LC_ALL": "C.UTF-8", "TERM": "xterm"}
        with subprocess.Popen([os.path.join(self.bin, "allclear"), *words], stdin=subprocess.DEVNULL, stdout=theirs,
                              stderr=subprocess.DEVNULL, env=env) as program:
            os.close(theirs)
            shown = b""
            while True:
                try:
                    more = os.read(ours, 65536)
                except OSError:  # the other end is closed
                    break
                shown += more
                if not more:
                    break
            code = program.wait()
        os.close(ours)
        return code, shown.decode("utf-8", "backslashreplace").replace("\r\n", "\n")

    def set_up(self):
        conf = (SAMPLE / "alliance.conf").read_text(encoding="utf-8")
        path = pathlib.Path(self.dir, "alliance.conf")
        path.write_text(conf.replace('stores = "stores.csv";', 'stores = "stores.csv"; day_totals = "required";'), encoding="utf-8")
        rows = (SAMPLE / "stores.csv").read_text(encoding="utf-8").splitlines()
        rows += [",P%d,,franchise,%s有限公司,," % (n, NAME % n) for n in range(1, MANY + 1)]
        rows += ["S%d,P%d,,,%s,," % (n, n, NAME % n) for n in range(1, MANY + 1)]
        pathlib.Path(self.dir, "stores.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
        self.must("init", "--dir", self.hq, "--alliance", str(path), "--test-clock", "--start", DAY + "T08:00:00+08:00")
        self.start()
        for name in ("S1", "S2", "S300"):
            kit = os.path.join(self.dir, "kit-" + name)
            self.must("invite", name, "--dir", self.hq, "--out", kit)
            self.must("join", kit, "--dir", self.store(name))
            self.must("key", "approve", name, "--all-pending", "--dir", self.hq)
        self.must("clock", "set", DAY + "T20:00:00+08:00", "--dir", self.hq)
        self.publish("S1", [line("topup", 1, "09:00", member="6200000017", product="card", principal_fen=50000,
                                 bonus_fen=10000, offer="500-100")])
        self.publish("S300", [line("sale", 1, "10:00", member="6200000017", gross_fen=12345, pay=value(12345),
                                   earn=[{"product": "points", "points": 123}]),
                              line("sale", 2, "10:10", member="6200000099", gross_fen=900, pay=value(900)),
                              line("topup", 3, "10:20", member="6200000017", product="gone", principal_fen=1234567),
                              line("sale", 4, "10:30", member="6200000017", gross_fen=100, pay=value(100)),
                              line("refund", 5, "10:40", of="S300:1:1", amount_fen=345)], codes=(65,))
        self.publish("S2", [line("sale", 7, "11:00", gross_fen=1000, pay=[{"with": "cash", "amount_fen": 1000}]),
                            line("day_total", 8, "19:00", date=DAY, count=2, sums={"cash": 900, "sale": 1000})])
        self.must("dispute", "S300:1:4/fee", "--reason", "自家之间不收手续费", "--at", DAY + "T12:00:00+08:00", "--dir",
                  self.store("S300"))
        self.must("cycle", "close", "2026-03", "--incomplete", "试运行", "--dir", self.hq)
        self.must("clock", "set", "2026-03-02T20:00:00+08:00", "--dir", self.hq)

    def screens(self):
        """(name, words, exit codes)"""
        hq, shop = ("--dir", self.hq), ("--dir", self.store("S300"))
        again = os.path.join(self.dir, "again.jsonl")
        pathlib.Path(again).write_bytes(line("sale", 1, "10:00", member="6200000017", gross_fen=12345, pay=value(12345),
                                             earn=[{"product": "points", "points": 123}]) + b"\n{\n")
        return (
            ("status", ("status", *hq), (0,)), ("board", ("board", *hq), (0,)), ("board-all", ("board", "--all", *hq), (0,)),
            ("checklist", ("cycle", "checklist", *hq), (0, 1)), ("preview", ("cycle", "preview", *hq), (0,)),
            ("report", ("report", "2026-03", *hq), (0,)), ("statement", ("statement", "P300", "2026-03", *hq), (0,)),
            ("suspense", ("suspense", "list", *hq), (0,)), ("disputes", ("dispute", "list", *hq), (0,)),
            ("publish", ("publish", again, *shop), (65,)), ("outbox", ("outbox", *shop), (65,)),
            ("explain", ("explain", "S300:1:5", *hq), (0,)), ("explain-at-store", ("explain", "S300:1:1", *shop), (0,)),
            ("mine", ("mine", *shop), (0,)), ("balance", ("balance", "6200000017", *shop), (0,)))


RULE = re.compile(r"^ *(-+ +)+-+$")


def too_wide(text, width):
    """Lines wider than the terminal, but for what cannot be broken: paths, digests, a signed event as it was."""
    return [one for one in text.splitlines() if columns(one) > width and not re.search(r"[0-9a-f]{64}|^\{\"type\"|(^|\s)/", one)]


def crooked(text):
    """Rows under a rule of dashes whose cells do not begin, or end, where the rule says."""
    found, edges = [], None
    for one in text.splitlines():
        if RULE.match(one):
            edges = [(m.start(), m.end()) for m in re.finditer(r"-+", one)]
            continue
        if not one.strip():
            edges = None
        if edges is None:
            continue
        at, gaps = 0, {end for _, end in edges[:-1]}  # a column of blanks behind each cell
        for c in one:
            if at in gaps and c != " ":
                found.append(one)
                break
            at += columns(c)
    return found


def draw(text, width, path):
    from PIL import Image, ImageDraw, ImageFont
    font = ImageFont.truetype("/usr/share/fonts/truetype/wqy/wqy-microhei.ttc", 16, index=1)  # the monospaced one
    rows = text.splitlines()[:60]
    cell, height = 8, 20
    image = Image.new("RGB", (cell * (max([width] + [columns(one) for one in rows]) + 2), height * (len(rows) + 1)), "#101418")
    pen = ImageDraw.Draw(image)
    for y, one in enumerate(rows):
        x = 1
        for c in one:
            pen.text((cell * x, height * y + 6), c, font=font, fill="#e6e6e6")
            x += columns(c)
        pen.line([(cell * (width + 1), height * y), (cell * (width + 1), height * y + height)], fill="#303840")
    image.save(path)


def look(world, verdicts, pictures):
    for name, words, codes in world.screens():
        texts = {}
        for lang in ("zh", "en"):
            for width in (80, 120):
                code, text = world.screen(width, "--lang", lang, *words)
                label = "%s, %s, %d columns" % (name, lang, width)
                verdicts.case(label + ": exit", code in codes and text, "exit %d: %s" % (code, text[-300:]))
                verdicts.case(label + ": whole characters", "\\x" not in text, text)
                verdicts.case(label + ": fits", not too_wide(text, width), "\n".join(too_wide(text, width)[:5]))
                verdicts.case(label + ": straight", not crooked(text), "\n".join(crooked(text)[:5]))
                texts[lang] = text
                if pictures:
                    draw(text, width, os.path.join(pictures, "%s-%s-%d.png" % (name, lang, width)))
        both = set(texts["zh"].splitlines()) & set(texts["en"].splitlines())
        left = [one for one in both if re.search(r"[a-z]{2,} [a-z]{2,}", one) and "BAD_LINE" not in one]
        verdicts.case(name + ": in two languages", texts["zh"] != texts["en"] and not left, left)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", default="build/release/bin")
    parser.add_argument("--pictures", metavar="FOLDER")
    args = parser.parse_args()
    if args.pictures:
        os.makedirs(args.pictures, exist_ok=True)
    verdicts = Verdicts()
    directory = tempfile.mkdtemp(prefix="ac-screens-")
    world = Alliance(args.bin, directory)
    try:
        world.set_up()
        look(world, verdicts, args.pictures)
    except Broken as why:
        verdicts.case("screens", False, why)
    finally:
        world.stop()
        shutil.rmtree(directory, ignore_errors=True)
    print("%d passed, %d failed" % (verdicts.passed, verdicts.failed))
    return 1 if verdicts.failed else 0


if __name__ == "__main__":
    sys.exit(main())
