"""Batches: what a store signs. The events' bytes are put in as they are; a body is never encoded again."""
import hashlib

from allclear.v1 import batch_pb2

BODY_MAX = 49152
EVENTS_MAX = 8192
NO_BATCH = bytes(32)  # the previous of the first


def cut(head, events):
    """Put events (bytes each) behind a Batch message's header, as many as a body holds. Returns: (body, how many)."""
    body = bytearray(head.SerializeToString(deterministic=True))
    count = 0
    for event in events:
        entry = b"\x3a" + _varint(len(event)) + event  # field 7, a message
        if len(body) + len(entry) > BODY_MAX or count == EVENTS_MAX:
            break
        body += entry
        count += 1
    return bytes(body), count


def header(kit, sequence, previous, created_ms):
    return batch_pb2.Batch(version=1, network=kit.network, store=kit.store, sequence=sequence, previous=previous,
                           created=created_ms)


def signed(body, key_id, signature):
    return batch_pb2.SignedBatch(body=body, key_id=key_id, signature=signature)


def digest(body):
    """A batch's identity."""
    return hashlib.sha256(body).digest()


def _varint(value):
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)
