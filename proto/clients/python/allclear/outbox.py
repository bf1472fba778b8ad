"""The outbox: every event that was handed over and what became of it, on the disk before anything is sent.

One append-only file of JSON Lines, DIR/outbox.jsonl, which the JavaScript client reads and writes as well; what it
says is in proto/clients/README.md. Each change is written and synced before it counts. A crash may leave a last line
without its end: it never counted, and is cut off. All rows are held in memory.
"""
import base64
import fcntl
import json
import os

from allclear import batch as batches
from allclear.receipt import read_outcomes
from allclear.v1 import batch_pb2, event_pb2, wire_pb2

NUMBER_MAX = 2**53 - 1


class OutboxError(Exception):
    """The outbox cannot be read or written, or belongs to somebody else: nothing may be sent."""


class Row:
    """An event. `outcome` 0: not answered yet; `sequence` 0: in no batch."""

    __slots__ = ("id", "data", "terminal", "number", "sequence", "outcome", "reason")

    def __init__(self, id_, data):
        event = event_pb2.Event.FromString(data)
        self.id, self.data, self.terminal, self.number = id_, data, event.terminal, event.number
        self.sequence = self.outcome = self.reason = 0


class Batch:
    __slots__ = ("sequence", "body", "hash", "previous", "rows", "signatures", "receipted")

    def __init__(self, body, rows):
        head = batch_pb2.Batch.FromString(body)
        self.sequence, self.previous, self.body, self.hash = head.sequence, head.previous, body, batches.digest(body)
        self.rows, self.signatures, self.receipted = rows, [], False


class Outbox:
    """One process at a time: the folder's lock is held while it is open."""

    def __init__(self, folder):
        self.rows, self.by_data, self.batches = [], {}, {}
        self.queued, self.open = {}, {}     # ids; sequences without a receipt
        self.given, self.highest = {}, {}   # (terminal, receipt) -> number; terminal -> its highest number
        self.checkpoint = b""               # the furthest that a receipt rested on
        self.broken = False
        if os.path.exists(folder.file("outbox.db")):
            raise OutboxError("%s has the outbox of the program allclear: go on with that, or take another folder"
                              % folder.path)
        self.lock = open(folder.file("courier.lock"), "a")  # noqa: SIM115 (held until close)
        try:
            fcntl.flock(self.lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self.lock.close()
            raise OutboxError("%s is in use by another process" % folder.path) from None
        self.path = folder.file("outbox.jsonl")
        head = {"outbox": 1, "network": folder.kit.network.hex(), "store": folder.kit.store}
        try:
            self.fd = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
            if not self._load(head):
                self.commit([head])
                _sync_folder(folder.path)
        except OSError as error:
            raise OutboxError("%s: %s" % (self.path, error.strerror)) from None

    def close(self):
        os.close(self.fd)
        self.lock.close()

    def _load(self, head):
        """Returns: was there anything?"""
        with open(self.path, "rb") as file:
            data = file.read()
        whole = data.rfind(b"\n") + 1
        if whole < len(data):
            os.ftruncate(self.fd, whole)
            os.fsync(self.fd)
        for place, line in enumerate(data[:whole].splitlines()):
            try:
                entry = json.loads(line)
                if place == 0 and entry != head:
                    raise OutboxError("%s is the outbox of another store or network" % self.path)
                self._apply(entry)
            except (ValueError, KeyError, TypeError) as error:
                raise OutboxError("%s: line %d is damaged (%s): restore the file" % (self.path, place + 1,
                                                                                    error)) from None
        return whole > 0

    def commit(self, entries):
        """Write and sync, then let count. After an error nothing more is written: what a second sync says about the
        first is not to be trusted."""
        if self.broken:
            raise OutboxError("%s could not be written: open it again" % self.path)
        data = b"".join(json.dumps(entry, separators=(",", ":")).encode() + b"\n" for entry in entries)
        try:
            while data:
                data = data[os.write(self.fd, data):]
            os.fsync(self.fd)
        except OSError as error:
            self.broken = True
            raise OutboxError("%s: %s" % (self.path, error.strerror)) from None
        for entry in entries:
            self._apply(entry)

    # --- what the entries mean ---

    def _apply(self, entry):
        _MEANS[next(iter(entry))](self, entry)

    def _take_event(self, entry):
        data = base64.b64decode(entry["event"])
        row = Row(len(self.rows), data)
        self.rows.append(row)
        self.by_data[data] = row
        self.queued[row.id] = None
        self._note_number(row.terminal, row.number)
        if entry.get("assigned"):
            self.given[row.terminal, event_pb2.Event.FromString(data).receipt] = row.number

    def _take_batch(self, entry):
        batch = Batch(base64.b64decode(entry["batch"]), entry["rows"])
        self.batches[batch.sequence] = self.open[batch.sequence] = batch
        for id_ in batch.rows:
            self.rows[id_].sequence = batch.sequence
            del self.queued[id_]

    def _take_signature(self, entry):
        self.batches[entry["sign"]].signatures.append((bytes.fromhex(entry["key_id"]),
                                                       bytes.fromhex(entry["signature"])))

    def _take_receipt(self, entry):
        receipt = wire_pb2.Receipt.FromString(base64.b64decode(entry["receipt"]))
        batch = self.batches[receipt.sequence]
        batch.receipted = True
        self.open.pop(batch.sequence, None)
        for id_, (outcome, reason) in zip(batch.rows, read_outcomes(receipt.results, len(batch.rows))):
            self.rows[id_].outcome, self.rows[id_].reason = outcome, reason
        if entry["furthest"]:
            self.checkpoint = receipt.checkpoint

    def _take_again(self, entry):
        self._queue(entry["again"])

    def _take_forget(self, entry):
        for batch in self._from(entry["forget"]):
            batch.receipted = False
            self.open[batch.sequence] = batch

    def _take_break(self, entry):
        for batch in self._from(entry["break"]):
            self._queue(batch.rows)
            del self.batches[batch.sequence]
            self.open.pop(batch.sequence, None)

    def _take_settled(self, entry):
        row = self.rows[entry["settled"]]
        row.outcome, row.reason = entry["outcome"], entry["reason"]

    def _queue(self, ids):
        for id_ in ids:
            self.rows[id_].sequence = self.rows[id_].outcome = self.rows[id_].reason = 0
        self.queued = dict.fromkeys(sorted({*self.queued, *ids}))

    def _from(self, sequence):
        return [self.batches[one] for one in sorted(self.batches) if one >= sequence]

    # --- questions ---

    def add(self, events):
        """Hand events over (Event messages). Returns: a Row each, the old one where the same was handed over before."""
        entries, found = [], []
        fresh = {}
        for event in events:
            assigned = event.number == 0
            if assigned:
                event.number = self._number(event)
            self._note_number(event.terminal, event.number)
            data = event.SerializeToString(deterministic=True)
            found.append(data)
            if data not in self.by_data and data not in fresh:
                fresh[data] = {"event": base64.b64encode(data).decode()}
                if assigned:
                    fresh[data]["assigned"] = True
                entries.append(fresh[data])
        if entries:
            self.commit(entries)
        return [self.by_data[data] for data in found]

    def _number(self, event):
        """The number for a till's own receipt text: the one given before, or the terminal's highest and one."""
        key = (event.terminal, event.receipt)
        if key not in self.given:
            number = self.highest.get(event.terminal, 0) + 1
            if number > NUMBER_MAX:
                raise OutboxError("terminal %s has no number left" % event.terminal)
            self.given[key] = number
        return self.given[key]

    def _note_number(self, terminal, number):
        self.highest[terminal] = max(number, self.highest.get(terminal, 0))

    def next_batch(self, after):
        """The first batch above `after` without a receipt, or None."""
        return self.open.get(min((one for one in self.open if one > after), default=0))

    def last(self):
        """The batch with the highest sequence, or None."""
        return self.batches.get(max(self.batches, default=0))

    def last_receipted(self):
        return max((one for one, batch in self.batches.items() if batch.receipted), default=0)

    def pending(self):
        return len(self.queued) + sum(len(batch.rows) for batch in self.open.values())



_MEANS = {"outbox": lambda *_: None, "event": Outbox._take_event, "batch": Outbox._take_batch,
          "sign": Outbox._take_signature, "receipt": Outbox._take_receipt, "again": Outbox._take_again,
          "forget": Outbox._take_forget, "break": Outbox._take_break, "settled": Outbox._take_settled}


def _sync_folder(path):
    folder = os.open(path, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
