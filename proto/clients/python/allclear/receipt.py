"""Receipts, verified before they are believed: the record is rebuilt from the receipt's envelope, our own signed bytes
and the receipt's results; its leaf and the Merkle path (RFC 9162) must give the root of a checkpoint that the pinned
ledger key signed for our network. The forms are those of clearing/journal/record.h and checkpoint.h."""
import hashlib
import struct
from collections import namedtuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ed25519

from allclear.kit import to_sign
from allclear.lines import KEYS

ENVELOPE = struct.Struct(">HHQQQII")       # format, kind, index, received_at, epoch, lengths of payload and results
CHECKPOINT = struct.Struct(">H32sQ32sQQ")  # format, network, size, root, epoch, time
CHECKPOINT_LEN = CHECKPOINT.size + 32 + 64  # and the key's id, and the signature
BATCH_KIND = 1
RECORD_MAX = 65535
PATH_MAX = 64

Checkpoint = namedtuple("Checkpoint", "size root epoch time_ms")
Proof = namedtuple("Proof", "outcomes checkpoint")  # outcomes: (number of the outcome, of what it waits for) each


class FalseReceipt(Exception):
    """Nothing of this receipt is to be believed, and why."""


def outcome_name(number):
    """The name of an outcome; one of a newer ledger is "OUTCOME_77"."""
    known = KEYS["outcomes"]
    return number < len(known) and known[number] or "OUTCOME_%d" % number


def verify(receipt, kit, signed_batch, sequence, count):
    """Verify the receipt of our batch `sequence` of `count` events; `signed_batch` is what was sent.
    Returns: Proof."""
    if receipt.sequence != sequence or len(receipt.path) > PATH_MAX or any(len(node) != 32 for node in receipt.path):
        raise FalseReceipt("a receipt for batch %d, its path of %d" % (receipt.sequence, len(receipt.path)))
    leaf = _leaf(receipt, signed_batch)
    checkpoint = read_checkpoint(receipt.checkpoint, kit)
    if _root(leaf, receipt.index, checkpoint.size, receipt.path) != checkpoint.root:
        raise FalseReceipt("the Merkle path of record %d does not lead to the signed root" % receipt.index)
    return Proof(read_outcomes(receipt.results, count), checkpoint)


def _leaf(receipt, signed_batch):
    record = receipt.envelope + signed_batch + receipt.results
    if len(receipt.envelope) != ENVELOPE.size or len(record) > RECORD_MAX:
        raise FalseReceipt("the envelope has %d bytes, the record %d" % (len(receipt.envelope), len(record)))
    form, kind, index, _, _, payload, results = ENVELOPE.unpack(receipt.envelope)
    if (form, kind, index, payload, results) != (1, BATCH_KIND, receipt.index, len(signed_batch),
                                                 len(receipt.results)):
        raise FalseReceipt("the envelope is not that of our batch")
    return hashlib.sha256(b"\0" + record).digest()


def read_checkpoint(data, kit):
    """Verify a signed checkpoint. Returns: Checkpoint."""
    if len(data) != CHECKPOINT_LEN:
        raise FalseReceipt("not a checkpoint of a known format")
    body, key_id, signature = data[:CHECKPOINT.size], data[CHECKPOINT.size:-64], data[-64:]
    form, network, size, root, epoch, time_ms = CHECKPOINT.unpack(body)
    if form != 1 or size >= 2**63 or time_ms >= 2**63:
        raise FalseReceipt("not a checkpoint of a known format")
    if network != kit.network or key_id != hashlib.sha256(kit.ledger_key).digest():
        raise FalseReceipt("the checkpoint is of another network or was signed with another key")
    try:
        ed25519.Ed25519PublicKey.from_public_bytes(kit.ledger_key).verify(
            signature, to_sign("allclear/v1/checkpoint", kit.network, body))
    except InvalidSignature:
        raise FalseReceipt("the checkpoint's signature is wrong") from None
    return Checkpoint(size, root, epoch, time_ms)


def _root(leaf, index, size, path):
    """The root that the path leads to; None where it is not the path of this place."""
    if index >= size:
        return None
    node, last = leaf, size - 1
    for sibling in path:
        if last == 0:
            return None
        if index & 1 or index == last:
            node = hashlib.sha256(b"\1" + sibling + node).digest()
            while not index & 1:  # on the right edge, levels without a sibling have no hash in the path
                index >>= 1
                last >>= 1
        else:
            node = hashlib.sha256(b"\1" + node + sibling).digest()
        index >>= 1
        last >>= 1
    return node if last == 0 else None


def read_outcomes(results, count):
    """The head of a record's results: how many events, then two bytes for each."""
    if len(results) < 2 + 2 * count or int.from_bytes(results[:2], "big") != count:
        raise FalseReceipt("the results are not of %d events" % count)
    pairs = [(results[2 + 2 * i], results[3 + 2 * i]) for i in range(count)]
    if any(outcome == 0 for outcome, _ in pairs):
        raise FalseReceipt("the results of an event are not there")
    return pairs
