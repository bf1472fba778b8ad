"""The courier: carries the outbox's events to headquarters and their receipts back.

    offline  hello is said (again and again) until headquarters answers where it is
    going    batches are sent in order, at most WINDOW without a receipt (go-back-n); silence, another connection or a
             doubt leads back to offline
    stopped  headquarters refuses for a reason that waiting does not mend
"""
import base64
import random
import time

from allclear import batch as batches
from allclear.receipt import FalseReceipt, read_checkpoint, verify
from allclear.v1 import wire_pb2
from allclear.wire import now_ms

WINDOW = 8
BACKOFF_MS, BACKOFF_MAX_MS = 200, 30000
PATIENCE_MS = 1000
BAD_RECEIPTS_MAX = 3
STEP_MS = 100
AGENT = "allclear-python 1"

_STOPS = {
    "FROZEN": "this store is frozen until headquarters unfreezes it",
    "UNKNOWN_KEY": "this store's key is not approved, or no longer: read its fingerprint to headquarters",
    "CLOSED": "this store has been closed",
    "EQUIVOCATION": "another batch has this number there; is a copy of this folder in use? The store is frozen until "
                    "headquarters unfreezes it",
    "WRONG_STORE": "the kit and this folder's keys do not fit together: join again",
    "WRONG_NETWORK": "the kit and this folder's keys do not fit together: join again",
    "BAD_SIGNATURE": "the kit and this folder's keys do not fit together: join again",
    "VERSION": "this program and headquarters' do not speak the same version",
    "MALFORMED": "it cannot read what this program sends: compare the versions",
    "TOO_LARGE": "it cannot read what this program sends: compare the versions",
}


def hello(kit):
    return wire_pb2.Hello(version=1, network=kit.network, store=kit.store, agent=AGENT)


class Courier:
    def __init__(self, folder, outbox, wire):
        self.folder, self.outbox, self.wire = folder, outbox, wire
        self.state = "offline"
        self.warnings = []       # for people; the last says why it stopped
        self.head = (0, batches.NO_BATCH)  # where the chain goes on
        self.flights = {}        # sequence -> was it sent?
        self.cursor = 0          # batches up to here without a receipt are in flight
        self.generation = 0      # of the connection that hello was said on
        self.hello_at = self.pause = self.resend_at = self.deaf_until = self.gap_at = 0
        self.backoff = BACKOFF_MS
        self.doubt = False
        self.bad_receipts = self.receipts = 0

    def run(self, wait_s):
        """Send until all has its receipt, or nothing has moved for so long, or headquarters refuses."""
        seen, end = self.receipts, now_ms() + wait_s * 1000
        while self.outbox.pending() and self.state != "stopped" and now_ms() < end:
            self._step()
            if self.receipts != seen:
                seen, end = self.receipts, now_ms() + wait_s * 1000

    def _step(self):
        frame = self.wire.receive(STEP_MS)
        self._look_at_time()
        while frame is not None:
            self._take(frame)
            frame = self.wire.receive(0)
        if self.state == "going":
            self._fill()
            self._send()
        elif self.state == "offline":
            self._say_hello()

    def _warn(self, text):
        self.warnings.append(text)

    def _stop(self, text):
        self._warn(text)
        self.state = "stopped"
        self.flights = {}

    def _ask_again(self):
        self.state, self.hello_at, self.flights, self.cursor = "offline", 0, {}, 0

    # --- time ---

    def _patience(self):
        return int(max(PATIENCE_MS, self.backoff) * random.uniform(0.75, 1.25))

    def _next_backoff(self):
        now, self.backoff = self.backoff, min(2 * self.backoff, BACKOFF_MAX_MS)
        return int(now * random.uniform(0.75, 1.25))

    def _look_at_time(self):
        """Another connection has lost what was under way; so may a silent one have."""
        if self.state == "stopped":
            return
        if self.generation != self.wire.generation:
            self.generation, self.backoff = self.wire.generation, BACKOFF_MS
            self._ask_again()
        elif self.state == "going" and self.flights and now_ms() >= self.resend_at:
            self._next_backoff()
            self._ask_again()

    def _say_hello(self):
        if now_ms() >= max(self.hello_at, self.pause) and self.wire.state == "up":
            self.hello_at = now_ms() + self._patience()
            self.wire.send(hello=hello(self.folder.kit))

    # --- what headquarters says ---

    def _take(self, frame):
        what = frame.WhichOneof("what")
        if what == "receipt":
            self._take_receipt(frame.receipt)
        elif what == "expect":
            self._take_expect(frame.expect)

    def _take_expect(self, expect):
        reason = _reason(expect.reason)
        if reason == "HELLO":
            if self.state == "offline":
                self._sync(expect)
        elif reason == "GAP":
            self._gap(expect)
        elif reason == "BUSY":
            own = self._next_backoff() if now_ms() >= self.pause else 0  # one of a whole window says it for all
            self.pause = max(self.pause, now_ms() + max(own, min(expect.retry_after_ms, BACKOFF_MAX_MS)))
            self.flights, self.cursor = {}, 0
        else:
            self._stop("headquarters answers %s%s%s: %s" % (reason, ", " if expect.detail else "", expect.detail,
                                                           _STOPS.get(reason, "this program does not know it")))

    def _gap(self, expect):
        if self.state != "going" or (expect.sequence == self.gap_at and now_ms() < self.deaf_until):
            return  # hello is being said; or each batch behind the gap is answered so
        if expect.sequence not in self.outbox.open:
            self._ask_again()
            return
        self.gap_at, self.deaf_until = expect.sequence, now_ms() + self._patience()
        self.flights = {one: sent for one, sent in self.flights.items() if one < expect.sequence}
        self.cursor = min(self.cursor, expect.sequence - 1)

    def _sync(self, expect):
        """Take headquarters' word for where the chain of batches stands, or come to doubt it."""
        outbox, taken = self.outbox, expect.sequence - 1
        last = expect.last if taken else batches.NO_BATCH
        if expect.sequence == 0 or len(last) != 32:
            return  # it does not know: hello is said again after a while
        if outbox.last_receipted() > taken and not self.doubt:
            self.doubt = True  # a receipt may have overtaken this answer: ask once more
            self._ask_again()
            return
        at, ours, following = outbox.batches.get(taken), outbox.last(), outbox.batches.get(taken + 1)
        if at is not None and at.hash != last:
            first_open = min(outbox.open, default=0)
            if at.receipted or not 0 < first_open <= taken:
                self._stop("headquarters' batch %d is not the one that its receipt named: it shows another history. "
                           "Nothing is sent; keep this folder as evidence" % taken)
                return
            self._break(taken, first_open)
            self._go_on(taken, last, None)
        elif ours is None or ours.sequence <= taken:
            self._go_on(taken, last, None)
        elif following is not None and following.previous == last:
            self._forget(taken)
            self._go_on(taken, last, ours)
        else:
            self._break(taken, taken + 1)
            self._go_on(taken, last, None)

    def _forget(self, taken):
        lost = sum(batch.receipted for one, batch in self.outbox.batches.items() if one > taken)
        if lost:
            self.outbox.commit([{"forget": taken + 1}])
            self._warn("headquarters has lost %d batches from number %d on, for which it had given receipts (restored "
                       "from a backup?); they are sent again. Tell headquarters" % (lost, taken + 1))

    def _break(self, taken, first):
        """The chains part: what we have from `first` on goes again in new batches; numbers keep events single."""
        self.outbox.commit([{"break": first}])
        self._warn("headquarters goes on from batch %d, which does not fit this outbox: the events from batch %d on "
                   "are sent in new batches" % (taken + 1, first))

    def _go_on(self, taken, last, ours):
        self.head = (ours.sequence, ours.hash) if ours is not None else (taken, last)
        self.state, self.doubt, self.flights, self.cursor, self.resend_at = "going", False, {}, 0, 0

    def _take_receipt(self, receipt):
        batch = self.outbox.batches.get(receipt.sequence)
        if batch is None or batch.receipted:
            return
        try:
            proof = self._verify(batch, receipt)
            furthest = self._compare(proof.checkpoint)
        except FalseReceipt as error:
            self.bad_receipts += 1
            self._warn("a receipt for batch %d is not to be believed: %s" % (receipt.sequence, error))
            if self.bad_receipts >= BAD_RECEIPTS_MAX:
                self.state = "stopped"
            return
        data = receipt.SerializeToString(deterministic=True)
        self.outbox.commit([{"receipt": base64.b64encode(data).decode(), "furthest": furthest}])
        self.flights.pop(batch.sequence, None)
        self.bad_receipts, self.backoff = 0, BACKOFF_MS
        self.resend_at = now_ms() + self._patience()
        self.receipts += 1

    def _verify(self, batch, receipt):
        """Try all signatures that were sent for this body: the first that arrived was journaled."""
        error = FalseReceipt("the batch was never sent")
        for key_id, signature in reversed(batch.signatures):
            sent = batches.signed(batch.body, key_id, signature).SerializeToString(deterministic=True)
            try:
                return verify(receipt, self.folder.kit, sent, batch.sequence, len(batch.rows))
            except FalseReceipt as why:
                error = why
        raise error

    def _compare(self, now):
        """Headquarters must not show two histories. Returns: is this checkpoint the furthest now?"""
        if not self.outbox.checkpoint:
            return True
        old = read_checkpoint(self.outbox.checkpoint, self.folder.kit)
        if now.size == old.size and now.root != old.root:
            raise FalseReceipt("headquarters has signed two journals of %d records" % now.size)
        if now.size > old.size and now.epoch < old.epoch:
            raise FalseReceipt("an earlier writer (epoch %d) goes on after a later one (%d)" % (now.epoch, old.epoch))
        return now.size > old.size or now.epoch > old.epoch

    # --- the window ---

    def _fill(self):
        """Waiting batches first, then new ones; all signed with the current key."""
        while len(self.flights) < WINDOW and now_ms() >= self.pause:
            batch = self.outbox.next_batch(self.cursor if self.flights else 0)
            if batch is None and not self._cut():
                return
            batch = batch or self.outbox.batches[self.head[0]]
            if not batch.signatures or batch.signatures[-1][0] != self.folder.key_id:
                signature = self.folder.sign("allclear/v1/batch", batch.body)
                self.outbox.commit([{"sign": batch.sequence, "key_id": self.folder.key_id.hex(),
                                     "signature": signature.hex()}])
            self.flights[batch.sequence] = False
            self.cursor = batch.sequence

    def _cut(self):
        """Put what is queued into a new batch. Returns: was there anything?"""
        ids = list(self.outbox.queued)
        if not ids:
            return False
        sequence, previous = self.head
        head = batches.header(self.folder.kit, sequence + 1, previous, int(time.time() * 1000))
        body, count = batches.cut(head, (self.outbox.rows[id_].data for id_ in ids))
        self.outbox.commit([{"batch": base64.b64encode(body).decode(), "rows": ids[:count]}])
        self.head = (sequence + 1, batches.digest(body))
        return True

    def _send(self):
        for sequence, sent in self.flights.items():
            batch = self.outbox.batches[sequence]
            if not sent:
                self.flights[sequence] = self.wire.send(batch=batches.signed(batch.body, *batch.signatures[-1]))
        if not self.flights:
            self.resend_at = 0  # patience runs while something is in flight
        elif self.resend_at == 0:
            self.resend_at = now_ms() + self._patience()


def _reason(number):
    try:
        return wire_pb2.Reason.Name(number)[len("REASON_"):]
    except ValueError:
        return "REASON_%d" % number
