"""Garbage on the control socket: whoever can open it is headquarters, and may be mistaken."""
import json
import os
import random
import socket

LINE_MAX = 1 << 20  # daemon/control.h


def lines(rng):
    """(name, bytes, what the error must hold; None: any error)"""
    for text in (b"\n", b"x\n", b"{\n", b"}\n", b"[]\n", b"7\n", b"null\n", b"\"head\"\n", b"{\"verb\":}\n",
                 b"{'verb':'head'}\n", b"{\"verb\":\"head\",\"verb\":\"head\"}\n", b"{\"verb\":\"head\"}{}\n",
                 b"{\"verb\":\"head\"}\n{\"verb\":\"head\"}\n", b"\xff\xfe\n", b"{\"verb\":\"\xff\"}\n", b"\0\n",
                 b"{\"verb\":\"a\\u0000b\"}\n", b"[" * 5000 + b"\n", b"{\"a\":" * 5000 + b"\n", b"x" * 100000 + b"\n"):
        yield "%r" % text[:30], text, "not a JSON object"
    for verb in ("", "HEAD", "head ", "quit", "../head", "x" * 10000, "%n%s"):
        yield "verb %.20r" % verb, json.dumps({"verb": verb}).encode() + b"\n", "unknown verb"
    for verb in (None, 7, True, [], {}, ["head"]):
        yield "verb %r" % (verb,), json.dumps({"verb": verb}).encode() + b"\n", "unknown verb"
    yield "no verb", b"{}\n", "unknown verb"
    for record in (None, 7, "x", "zz", "0", "012", "ABCDEF0G", [], "é"):
        yield "record %r" % (record,), json.dumps({"verb": "record", "record": record}).encode() + b"\n", None
    yield "no record", b"{\"verb\":\"record\"}\n", None
    for size in (0, 1, 2, 31, 64, 100, 1000, 60000, 200000):
        yield "record of %d bytes" % size, json.dumps(
            {"verb": "record", "record": rng.randbytes(size).hex()}).encode() + b"\n", None
    key = "00" * 32
    for store, public in ((None, key), ("Z", key), ("../A", key), ("", key), (7, key), ("A", None), ("A", ""),
                          ("A", "00" * 31), ("A", "00" * 33), ("A", "0" * 63), ("A", "zz" * 32), ("A", 7)):
        yield "invite %r" % ((store, public),), json.dumps(
            {"verb": "invite", "store": store, "public": public}).encode() + b"\n", "invite"
    for cycle in ("", "nothing", "../../alliance", "/etc/passwd", ".", "x" * 33, "2026-03/../2026-03", "é"):
        yield "report %r" % cycle, json.dumps({"verb": "report", "cycle": cycle}).encode() + b"\n", "no cycle"
        yield "statement of %r" % cycle, json.dumps(
            {"verb": "statement", "participant": "A", "cycle": cycle}).encode() + b"\n", "no cycle"
    for participant in (None, "", "Z", 7, [], "x" * 5000):
        yield "statement of nobody, %.20r" % (participant,), json.dumps(
            {"verb": "statement", "participant": participant}).encode() + b"\n", "no such participant"
    for to in (None, 7, "", "/proc/nothing/here", "/dev/null", "/dev/null/x"):
        yield "backup to %r" % (to,), json.dumps({"verb": "backup", "to": to}).encode() + b"\n", None
    for i in range(80):
        noise = rng.randbytes(rng.randrange(1, 300)).replace(b"\n", b"") + b"\n"
        yield "noise %d" % i, noise, "not a JSON object"
    good = b"{\"verb\":\"invite\",\"store\":\"Z\",\"public\":\"" + key.encode() + b"\"}\n"
    for i in range(80):
        broken = bytearray(good)
        broken[rng.randrange(len(broken) - 1)] ^= 1 << rng.randrange(8)
        yield "a bit flipped, %d" % i, bytes(broken).replace(b"\n", b"") + b"\n", None


def records(rng, signed):
    """What headquarters has signed, once more and spoilt: (name, the record in hex)"""
    for i, text in enumerate(signed):
        yield "signed record %d again" % i, text
        for _ in range(8):
            broken = bytearray.fromhex(text)
            at, bit = rng.randrange(len(broken)), rng.randrange(8)
            broken[at] ^= 1 << bit
            yield "signed record %d, byte %d bit %d" % (i, at, bit), broken.hex()
        for _ in range(4):
            cut = 2 * rng.randrange(len(text) // 2)
            yield "signed record %d cut after %d bytes" % (i, cut // 2), text[:cut]
        yield "signed record %d and a byte" % i, text + "00"
        yield "signed record %d twice in one" % i, text + text


def refused(network, name, data, says, verdicts):
    if not verdicts.wants(name):
        return
    answer = network.control(data)
    try:
        told = json.loads(answer)
        good = isinstance(told.get("error"), str) and (says is None or says in told["error"])
    except ValueError:
        good = False
    verdicts.case(name, good, "answered with %r" % answer[:300])


def held(network, verdicts):
    """Questions that never end must not keep others from asking."""
    peers = []
    for _ in range(40):
        peer = socket.socket(socket.AF_UNIX)
        peer.connect(os.path.join(network.hq, "run", "control"))
        peer.send(b"{\"verb\":")
        peers.append(peer)
    try:
        good = "records" in network.ask(8.0, verb="head")
    except (OSError, ValueError):
        good = False
    for peer in peers:
        peer.close()
    verdicts.settle("control held", good, not good, [] if good else ["no answer in 8 s"])


def run(network, seed, signed, verdicts):
    rng = random.Random(seed)
    for name, data, says in lines(rng):
        refused(network, "control: " + name, data, says, verdicts)
    for name, text in records(rng, signed):
        refused(network, "control: " + name, json.dumps({"verb": "record", "record": text}).encode() + b"\n", None,
                verdicts)
    for size in (LINE_MAX, LINE_MAX + 1, 3 * LINE_MAX):
        answer = network.control(b"x" * size)
        verdicts.case("control: a line of %d bytes" % size, answer == b"", "answered with %r" % answer[:300])
    for data in (b"", b"{", b"{\"verb\":\"head\"}", b"{\"verb\":\"digest\"}", b"x" * 5000):
        for _ in range(10):
            network.control(data, half=True)
        verdicts.case("control: half a line, %r" % data[:20], network.is_up(), "the daemon has ended")
    held(network, verdicts)
