"""Ask: one question to headquarters and its answer."""
import random
import zlib

from allclear.v1 import wire_pb2
from allclear.wire import now_ms

AGAIN_MS = 1000    # an answer may be lost: the question is asked again
DENIED_MS = 1500   # a refused key is tried again: the list of keys may be on its way
STEP_MS = 50
_PATIENT = (wire_pb2.REASON_HELLO, wire_pb2.REASON_BUSY, wire_pb2.REASON_GAP)


class Refused(Exception):
    """Headquarters says no, and why."""


class Denied(Refused):
    """Headquarters does not let this transport key in."""


class Silent(Exception):
    """No answer within the time: try again later."""


def ask(wire, verb, body, wait_s, hello=None):
    """Ask until there is an answer. `hello` is said first on every connection (none with an invite's key).
    Returns: the answer's body, bytes."""
    id_ = random.getrandbits(62) + 1  # a late answer to an earlier question must not be taken for this one's
    end, again, generation, denied = now_ms() + wait_s * 1000, 0, 0, 0
    while now_ms() < end:
        if wire.state == "up" and (generation != wire.generation or now_ms() >= again):
            greeted = hello is None or generation == wire.generation or wire.send(hello=hello)
            if greeted and wire.send(query=wire_pb2.Query(id=id_, verb=verb, body=body)):
                generation, again = wire.generation, now_ms() + AGAIN_MS
        frame = wire.receive(STEP_MS)
        if frame is not None and frame.WhichOneof("what") == "answer" and frame.answer.id == id_:
            if frame.answer.refusal:
                raise Refused(frame.answer.refusal)
            return zlib.decompress(frame.answer.body) if frame.answer.inflated else frame.answer.body
        if frame is not None and frame.WhichOneof("what") == "expect" and frame.expect.reason not in _PATIENT:
            raise Refused("%s %s" % (wire_pb2.Reason.Name(frame.expect.reason), frame.expect.detail))
        denied = (denied or now_ms()) if wire.state == "denied" else 0 if wire.state == "up" else denied
        if denied and now_ms() - denied >= DENIED_MS:
            raise Denied("headquarters does not know this store's transport key")
    raise Silent("whoever answers there has not the server key of the kit" if wire.state == "stranger"
                 else "headquarters does not answer")
