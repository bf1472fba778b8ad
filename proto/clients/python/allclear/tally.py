"""The tally of one publishing: each line read counts as exactly one of accepted, waiting, already, refused, pending."""
from allclear.lines import BadLine, parse
from allclear.receipt import outcome_name

CHUNK = 1000
_NAMES = {0: "pending", 1: "accepted", 2: "waiting", 3: "already", 40: "accepted"}  # by outcome; others are refusals


class Tally:
    def __init__(self, store, retry=False):
        self.store, self.retry = store, retry
        self.counts = dict.fromkeys(("read", "accepted", "waiting", "already", "refused", "pending"), 0)
        self.refusals, self.followed = [], {}  # followed: row's id -> (row, file, line)

    def read(self, file, name):
        """Read lines (bytes) into the outbox, on the disk chunk by chunk."""
        chunk = []
        for place, line in enumerate(file, 1):
            line = line.rstrip(b"\r\n")
            if not line:
                continue
            self.counts["read"] += 1
            try:
                chunk.append((self.store.read(parse(line)), place))
            except BadLine as error:
                self._refuse(name, place, "", "BAD_LINE", str(error))
            if len(chunk) == CHUNK:
                self._take(chunk, name)
                chunk = []
        self._take(chunk, name)

    def _take(self, chunk, name):
        rows = self.store.outbox.add([event for event, _ in chunk])
        if self.retry:
            self.store.again([row for row in rows if row.id not in self.followed])
        for row, (_, place) in zip(rows, chunk):
            if row.outcome and row.outcome in _NAMES or row.id in self.followed:
                self.counts["already"] += 1  # before, or the same event twice in what was read
            elif row.outcome:
                self._refuse(name, place, self.store.reference(row), outcome_name(row.outcome), "")
            else:
                self.followed[row.id] = (row, name, place)

    def _refuse(self, name, place, event, reason, detail):
        if reason == "NUMBER_REUSED":
            detail = "another event has this number"
        self.counts["refused"] += 1
        self.refusals.append({"file": name, "line": place, "event": event, "reason": reason, "detail": detail})

    def settle(self):
        """After the sending: look what became of the lines. Returns: the contract's object."""
        for row, name, place in self.followed.values():
            if row.outcome not in _NAMES:
                self._refuse(name, place, self.store.reference(row), outcome_name(row.outcome), "")
            else:
                self.counts[_NAMES[row.outcome]] += 1
        return {**self.counts, "refusals": self.refusals}
