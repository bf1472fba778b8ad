"""What Prometheus is told, by a real daemon: the figures are those of what was published, they begin again with the
process, nothing is answered but GET /metrics, and every line is of the text format. Where promtool is there it judges,
too.

    run.py --bin DIR
"""
import argparse
import http.client
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "network"))
from network import Network, Verdicts  # noqa: E402

DAY = "2026-03-01"
NAME = r"[a-z_][a-z0-9_]*"
HELP = re.compile(r"# HELP (%s) (\S.*)" % NAME)
TYPE = re.compile(r"# TYPE (%s) (counter|gauge|histogram)" % NAME)
SAMPLE = re.compile(r'(%s)(\{%s="[^"\\]*"\})? (\d+(?:\.\d+)?)' % (NAME, NAME))


def parse(text):
    """A stricter reading than Prometheus' own: HELP, TYPE, then all samples of a family, once. Returns: figures by
    name and label as they are written; ValueError says what is wrong."""
    figures, families, family = {}, {}, None
    if not text.endswith("\n"):
        raise ValueError("the last line does not end")
    for line in text.splitlines():
        if found := HELP.fullmatch(line):
            family = found[1]
            if family in families:
                raise ValueError("twice: " + family)
            families[family] = None
        elif found := TYPE.fullmatch(line):
            if found[1] != family or families[family] is not None:
                raise ValueError("out of place: " + line)
            families[family] = found[2]
            if (found[2] == "counter") != family.endswith("_total"):
                raise ValueError("a counter ends with _total, and nothing else does: " + line)
        elif found := SAMPLE.fullmatch(line):
            kind = families.get(family)
            endings = ("_bucket", "_sum", "_count") if kind == "histogram" else ("",)
            if kind is None or found[1] not in [family + ending for ending in endings]:
                raise ValueError("not of its family: " + line)
            key = found[1] + (found[2] or "")
            if key in figures:
                raise ValueError("twice: " + key)
            figures[key] = float(found[3])
        else:
            raise ValueError("not a line of the format: " + line)
    for family, kind in families.items():
        if kind == "histogram":
            buckets = [v for k, v in figures.items() if k.startswith(family + "_bucket")]
            if buckets != sorted(buckets) or buckets[-1] != figures[family + "_count"]:
                raise ValueError("buckets do not add up: " + family)
    return figures


class World(Network):
    def start(self):
        self.options = ["--metrics", "0"]
        super().start()
        found = re.findall(r"metrics serving address=127\.0\.0\.1:(\d+)", self.logged())
        self.port = int(found[-1])

    def ask(self, method="GET", path="/metrics"):
        peer = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        peer.request(method, path)
        reply = peer.getresponse()
        return reply.status, reply.getheader("Content-Type"), reply.read().decode()

    def figures(self):
        return parse(self.ask()[2])


def topup(number, **keys):
    return json.dumps({"type": "topup", "terminal": "1", "number": number, "at": DAY + "T10:00:00+08:00",
                       "member": "62", "product": "card", "principal_fen": 100, **keys}).encode()


def sale(number, member, fen):
    return json.dumps({"type": "sale", "terminal": "1", "number": number, "at": DAY + "T10:00:00+08:00",
                       "member": member, "gross_fen": fen,
                       "pay": [{"with": "stored_value", "product": "card", "amount_fen": fen}]}).encode()


def counted(world, verdicts):
    before = world.figures()
    verdicts.case("nothing yet", before["allclear_batches_total"] == 0 and
                  before['allclear_events_total{outcome="ACCEPTED"}'] == 0, before)
    lines = [topup(n) for n in range(1, 41)] + [topup(n, product="none") for n in (41, 42)] + [sale(43, "77", 5)]
    told = world.publish("A", lines, codes=(0, 65))
    verdicts.case("what was published", (told["accepted"], told["refused"], told["waiting"]) == (40, 2, 1), told)
    after = world.figures()
    for name, expected in (
            ('events_total{outcome="ACCEPTED"}', 40), ('events_total{outcome="UNKNOWN_PRODUCT"}', 2),
            ('events_total{outcome="WAITING"}', 1), ("accepted_events", 40), ("cycle_refused_events", 2),
            ("waiting_events", 1), ("batches_total", 1), ("receipt_duration_seconds_count", 1),
            ("frozen_stores", 0), ("gate_starts_total", 1), ("open_day_timestamp_seconds", 1772323200)):
        verdicts.case(name, after["allclear_" + name] == expected, after["allclear_" + name])
    verdicts.case("its record", after["allclear_records_total"] > before["allclear_records_total"] and
                  after["allclear_commit_duration_seconds_count"] > before["allclear_commit_duration_seconds_count"])
    verdicts.case("a commit takes time", after["allclear_commit_duration_seconds_sum"] > 0)
    head = json.loads(world.must("status", "--json", "--dir", world.hq))
    verdicts.case("the checkpoint", world.figures()["allclear_checkpoint_records"] == head["records"], head["records"])
    verdicts.case("the disk", 0 < after["allclear_disk_free_bytes"] <= after["allclear_disk_size_bytes"] and
                  after["allclear_journal_bytes"] > 0)
    world.publish("B", [topup(1, member="77", principal_fen=500)])
    later = world.figures()
    verdicts.case("a waiting event's end", later['allclear_released_events_total{outcome="ACCEPTED"}'] == 1 and
                  later["allclear_waiting_events"] == 0, later)
    world.must("freeze", "C", "--reason", "under review", "--dir", world.hq)
    verdicts.case("a frozen store", world.figures()["allclear_frozen_stores"] == 1)
    verdicts.case("none goes back", all(later[k] >= v for k, v in after.items()
                                        if "_total" in k or "_bucket" in k or "_count" in k))


def at_the_gate(world, verdicts):
    """The gate is another process, which tells its figures every second; a snapshot is written when the daemon stops."""
    world.publish("B", [topup(2, member="78")])
    leasts = (('handshakes_total{result="allowed"}', 3), ('frames_total{fate="forwarded"}', 3), ('replies_total{fate="sent"}', 3),
              ('bytes_total{direction="in"}', 300), ('bytes_total{direction="out"}', 300))
    end, figures = time.monotonic() + 5, world.figures()
    while time.monotonic() < end and any(figures["allclear_gate_" + name] < least for name, least in leasts):
        time.sleep(0.2)
        figures = world.figures()
    for name, least in leasts:
        verdicts.case("gate_" + name, figures["allclear_gate_" + name] >= least, figures["allclear_gate_" + name])
    for name in ('frames_total{fate="malformed"}', 'busy_total{why="credit"}', 'busy_total{why="rate"}'):
        verdicts.case("gate_" + name, figures["allclear_gate_" + name] == 0, figures["allclear_gate_" + name])
    verdicts.case("connections", "allclear_gate_connections" in figures)
    verdicts.case("no snapshot yet", "allclear_snapshot_timestamp_seconds" not in figures)
    before = time.time()
    world.stop()
    world.start()
    figures = world.figures()
    verdicts.case("the snapshot's age", before - 2 <= figures.get("allclear_snapshot_timestamp_seconds", 0) <= time.time(),
                  figures.get("allclear_snapshot_timestamp_seconds"))
    verdicts.case("the snapshot's records", 0 < figures.get("allclear_snapshot_records", 0) <=
                  figures["allclear_checkpoint_records"], figures.get("allclear_snapshot_records"))
    verdicts.case("another gate counts again", figures['allclear_gate_frames_total{fate="forwarded"}'] == 0)


def asked(world, verdicts):
    verdicts.case("the type", world.ask()[:2] == (200, "text/plain; version=0.0.4; charset=utf-8"), world.ask()[:2])
    verdicts.case("another path", world.ask(path="/")[0] == 404)
    verdicts.case("another method", world.ask("POST")[0] == 405)
    if shutil.which("promtool") is None:
        print("promtool (Debian's prometheus) is not there: our own reading must do")
        return
    done = subprocess.run(["promtool", "check", "metrics"], input=world.ask()[2], text=True, capture_output=True)
    verdicts.case("promtool", done.returncode == 0 and not done.stdout + done.stderr, done.stdout + done.stderr)


def killed(world, verdicts):
    before = world.figures()
    world.daemon.kill()
    world.daemon.wait()
    time.sleep(1)
    world.start()
    after = world.figures()
    verdicts.case("counters begin again", after["allclear_batches_total"] == 0 and
                  after["allclear_start_time_seconds"] > before["allclear_start_time_seconds"], after)
    verdicts.case("the books do not", after["allclear_accepted_events"] == before["allclear_accepted_events"] and
                  after["allclear_checkpoint_records"] == before["allclear_checkpoint_records"], after)


def refused(world, verdicts):
    for text in ("localhost:1", "127.0.0.1:", "127.0.0.1:99999", "x", "1.2.3.4:9464"):
        done = subprocess.run([os.path.join(world.bin, "allcleard"), "--dir", world.hq, "--metrics", text],
                              stderr=subprocess.PIPE, text=True, timeout=30)
        verdicts.case("--metrics " + text, done.returncode != 0 and "cannot_start" in done.stderr, done.stderr)


def parser_refuses(verdicts):
    good = "# HELP a_total x\n# TYPE a_total counter\na_total 1\n"
    verdicts.case("the parser reads", parse(good) == {"a_total": 1.0})
    for bad in (good[:-1], good + good, good + "a_total 2\n", "a 1\n", good.replace("a_total", "a"), good + "\n",
                good.replace(" 1\n", " -1\n"), "# HELP a_total x\na_total 1\n"):
        try:
            parse(bad)
            verdicts.case("the parser refuses", False, bad)
        except ValueError:
            verdicts.case("the parser refuses", True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--bin", required=True)
    verdicts = Verdicts()
    folder = tempfile.mkdtemp(prefix="allclear-metrics-")
    world = World(os.path.abspath(parser.parse_args().bin), folder)
    try:
        parser_refuses(verdicts)
        world.set_up()
        for part in (counted, at_the_gate, asked, killed):
            part(world, verdicts)
        world.stop()
        refused(world, verdicts)
    finally:
        world.stop()
        shutil.rmtree(folder)
    return verdicts.end()


if __name__ == "__main__":
    sys.exit(main())
