"""Peers without a key that speak plain TCP to the gate: none gets further than the handshake's time."""
import random
import selectors
import socket
import struct
import time

HANDSHAKE_S = 3.0  # daemon/gate/limits.h
SPARE_S = 20.0  # the machine may be busy
SIGNATURE = b"\xff" + b"\0" * 7 + b"\x01\x7f"


def greeting(mechanism=b"CURVE", version=b"\x03\x00", server=0):
    return SIGNATURE + version + mechanism.ljust(20, b"\0") + bytes([server]) + b"\0" * 31


def command(name, body=b"", flags=4):
    data = bytes([len(name)]) + name + body
    if len(data) < 256:
        return bytes([flags, len(data)]) + data
    return bytes([flags | 2]) + struct.pack(">Q", len(data)) + data


def first_words(rng):
    """What strangers say, each with its name."""
    good = greeting()
    for cut in range(len(good) + 1):
        yield "half a greeting, %d bytes" % cut, good[:cut]
    for mechanism in (b"NULL", b"PLAIN", b"GSSAPI", b"", b"curve", b"CURVE\0x", b"A" * 20):
        yield "a greeting with mechanism %r" % mechanism, greeting(mechanism)
        yield "a greeting with mechanism %r that goes on" % mechanism, greeting(mechanism) + command(b"READY")
    for version in (b"\x00\x00", b"\x01\x00", b"\x02\x00", b"\x03\x7f", b"\xff\xff"):
        yield "a greeting of version %r" % version, greeting(version=version)
    yield "a greeting of a server", greeting(server=1)
    yield "ZMTP 1.0", b"\x01\x00"
    yield "ZMTP 1.0 with an address", b"\x05\x00ABCD\x03\x00hi"
    yield "ZMTP 2.0", SIGNATURE + b"\x01\x00\x00\x00"
    yield "a hello without its box", good + command(b"HELLO")
    yield "a hello of zeros", good + command(b"HELLO", b"\x01\x00" + b"\0" * 192)
    yield "a hello of noise", good + command(b"HELLO", b"\x01\x00" + rng.randbytes(192))
    yield "a hello that is too long", good + command(b"HELLO", b"\x01\x00" + rng.randbytes(4000))
    yield "an initiate before any hello", good + command(b"INITIATE", rng.randbytes(300))
    yield "a message before the handshake", good + b"\x00\x05hello"
    yield "a ready of another mechanism", good + command(b"READY", b"\x0bSocket-Type\0\0\0\x06DEALER")
    yield "a message of 2^63 bytes", good + b"\x02" + struct.pack(">Q", 2 ** 63)
    yield "a command of 2^64-1 bytes", good + b"\x06" + struct.pack(">Q", 2 ** 64 - 1)
    yield "a command of a gigabyte", good + b"\x06" + struct.pack(">Q", 2 ** 30) + b"x" * 5000
    for text in (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\0" * 500,
                 b"SSH-2.0-x\r\n", b"{\"verb\":\"head\"}\n", b"\0" * 4096, b"\xff" * 4096, b"\r\n" * 100):
        yield "%r..." % text[:12], text
    for i in range(120):
        yield "noise %d" % i, rng.randbytes(rng.randrange(1, 400))
    for i in range(60):
        broken = bytearray(good + command(b"HELLO", b"\x01\x00" + bytes(192)))
        broken[rng.randrange(len(broken))] ^= 1 << rng.randrange(8)
        yield "a greeting with a bit flipped, %d" % i, bytes(broken)


def connect(address):
    host, port = address[len("tcp://"):].rsplit(":", 1)
    peer = socket.create_connection((host, int(port)), timeout=SPARE_S)
    peer.setblocking(False)
    return peer


def ended(peers, wait_s):
    """Wait until the gate has ended each. Returns: names of those that it has not."""
    waiting = selectors.DefaultSelector()
    for name, peer in peers:
        waiting.register(peer, selectors.EVENT_READ, name)
    end = time.monotonic() + wait_s
    while waiting.get_map() and time.monotonic() < end:
        for key, _ in waiting.select(0.2):
            try:
                more = key.fileobj.recv(4096)
            except BlockingIOError:
                continue
            except OSError:
                more = b""
            if not more:
                waiting.unregister(key.fileobj)
                key.fileobj.close()
    left = [key.data for key in waiting.get_map().values()]
    for key in list(waiting.get_map().values()):
        key.fileobj.close()
    return left


def strangers(address, seed, verdicts):
    rng = random.Random(seed)
    peers = []
    for name, words in first_words(rng):
        peer = connect(address)
        try:
            peer.send(words)
        except OSError:
            pass
        peers.append((name, peer))
    left = set(ended(peers, HANDSHAKE_S + SPARE_S))
    for name, _ in peers:
        verdicts.case("peers: " + name, name not in left, "its connection is still there")


def slow(address, verdicts):
    """A byte of the greeting now and then, for longer than a handshake may take."""
    peers = [("slow %d" % i, connect(address)) for i in range(10)]
    data = greeting()
    for at in range(16):
        for _, peer in peers:
            try:
                peer.send(data[at:at + 1])
            except OSError:
                pass
        time.sleep(HANDSHAKE_S / 10)
    left = set(ended(peers, SPARE_S))
    for name, _ in peers:
        verdicts.case("peers: " + name, name not in left, "its connection is still there")


def flood(address, count, meanwhile, verdicts):
    """Many connections at once that say nothing; `meanwhile` is what an honest store does."""
    peers = [(i, connect(address)) for i in range(count)]
    good, why = meanwhile()
    verdicts.case("peers: an honest store in a flood of %d" % count, good, why)
    left = len(ended(peers, HANDSHAKE_S + 2 * SPARE_S))
    verdicts.case("peers: the flood of %d ends" % count, left == 0, "%d connections are still there" % left)
