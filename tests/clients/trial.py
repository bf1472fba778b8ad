"""What a test asks of the library itself: trial.py LIBRARY flips DIR | false DIR EVENT | cut DIR EVENT |
forge DIR EVENT | ask DIR VERB BODY."""
import base64
import json
import sys

sys.path.insert(0, sys.argv[1])
from allclear import FalseReceipt, Store, batch, verify  # noqa: E402
from allclear.courier import Courier  # noqa: E402
from allclear.v1 import wire_pb2  # noqa: E402
from google.protobuf.message import DecodeError  # noqa: E402


def believe(store, ours, data):
    """What is believed of a receipt's bytes, or None."""
    try:
        receipt = wire_pb2.Receipt.FromString(data)
        sent = batch.signed(ours.body, *ours.signatures[-1]).SerializeToString()
        return receipt.index, verify(receipt, store.folder.kit, sent, ours.sequence, len(ours.rows))
    except (DecodeError, FalseReceipt):
        return None


def flips(store):
    """Flip each bit of the first receipt: refused, or nothing else is believed."""
    with open(store.folder.file("outbox.jsonl"), "rb") as file:
        entry = next(json.loads(line) for line in file if line.startswith(b'{"receipt"'))
    data = base64.b64decode(entry["receipt"])
    ours = store.outbox.batches[wire_pb2.Receipt.FromString(data).sequence]
    good = believe(store, ours, data)
    bad = 0 if good else 1
    for bit in range(8 * len(data)):
        spoilt = bytearray(data)
        spoilt[bit // 8] ^= 1 << bit % 8
        bad += believe(store, ours, bytes(spoilt)) not in (None, good)
    return {"bits": 8 * len(data), "bad": bad}


def false(store, event):
    """Receipts of which a bit is changed on the way: the courier marks nothing and stops."""
    store.add(event)
    wire = store._connect()
    courier = Courier(store.folder, store.outbox, wire)
    honest = courier._take_receipt

    def take(receipt):
        for place in (0, 5, 35):  # of the envelope
            envelope = bytearray(receipt.envelope)
            envelope[place] ^= 1
            honest(wire_pb2.Receipt(envelope=bytes(envelope), results=receipt.results, index=receipt.index,
                                    path=receipt.path, checkpoint=receipt.checkpoint, sequence=receipt.sequence))

    courier._take_receipt = take
    courier.run(20)
    wire.close()
    return {"state": courier.state, "warnings": courier.warnings, "pending": store.outbox.pending()}


def cut(store, event):
    """A batch that is signed and not sent: the process ends just then."""
    store.add(event)
    courier = Courier(store.folder, store.outbox, None)
    courier.head = (store.outbox.last().sequence, store.outbox.last().hash)
    courier._fill()
    return {"sequence": store.outbox.last().sequence}


def forge(store, event):
    """As a copy of the folder would that does not ask where headquarters stands: another body for a sequence."""
    last = store.outbox.last()
    row = store.add(event)
    body, _ = batch.cut(batch.header(store.folder.kit, last.sequence, last.previous, 1), [row.data])
    wire = store._connect()
    courier = Courier(store.folder, store.outbox, wire)
    courier._sync = lambda _: wire.send(batch=batch.signed(body, store.folder.key_id,
                                                          store.folder.sign("allclear/v1/batch", body)))
    courier.run(20)
    wire.close()
    return {"state": courier.state, "warnings": courier.warnings}


def main():
    verb, folder, *more = sys.argv[2:]
    with Store(folder) as store:
        if verb == "flips":
            told = flips(store)
        elif verb in ("false", "cut", "forge"):
            told = {"false": false, "cut": cut, "forge": forge}[verb](store, json.loads(more[0]))
        else:
            told = store.balance(more[1]) if more[0] == "balance" else store.query(more[0], more[1], 10)
    print(json.dumps(told))


main()
