"""The store: what a till's program uses. One thread, one process a folder."""
import json

from allclear import ask as asking
from allclear.courier import Courier, hello
from allclear.kit import Folder
from allclear.lines import to_event
from allclear.member_token import hidden, token_of
from allclear.outbox import Outbox
from allclear.receipt import outcome_name
from allclear.wire import Wire

SETTLE_AT_ONCE = 500
_UNSETTLED = (2, 3)  # WAITING, DUPLICATE: they may change at headquarters


class Store:
    """A folder that has joined.

    with Store("/var/lib/pos/allclear") as store:
        row = store.add({"type": "sale", ...})
        store.send()
        print(store.outcome(row))
    """

    def __init__(self, path):
        self.folder = Folder(path)
        self.outbox = Outbox(self.folder)
        self.warnings = []  # of the last send, for people

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.outbox.close()

    def add(self, *events):
        """Hand over events (objects of the contract). They are on the disk when this returns. BadLine refuses all.
        Returns: a row each (one alone for one event)."""
        rows = self.outbox.add([self.read(event) for event in events])
        return rows[0] if len(events) == 1 else rows

    def read(self, event):
        """An object of the contract to an Event, with tokens for telephone numbers. Raises BadLine."""
        return to_event(hidden(self.folder.kit.token_key, event))

    def send(self, wait_s=30):
        """Send what is pending until all has its receipt, or no receipt came for so long, or headquarters refuses
        (warnings say why). Returns: how many events are still pending."""
        if not self.outbox.pending():
            return 0
        wire = self._connect()
        try:
            courier = Courier(self.folder, self.outbox, wire)
            courier.run(wait_s)
            self.warnings = courier.warnings
            if not self.warnings and self.outbox.pending():
                self.warnings = ["headquarters does not answer (%s)" % wire.state]
        finally:
            wire.close()
        return self.outbox.pending()

    def outcome(self, row):
        """(name, of what it waits for): ("ACCEPTED", ""), ("WAITING", "UNKNOWN_MEMBER"), ("NONE", "") while pending."""
        return outcome_name(row.outcome), outcome_name(row.reason) if row.reason else ""

    def again(self, rows):
        """Send refused events once more."""
        ids = [row.id for row in rows if row.outcome > 3 and row.outcome != 40]
        if ids:
            self.outbox.commit([{"again": ids}])

    def settle(self, wait_s=10):
        """Learn what became of events that waited."""
        rows = [row for row in self.outbox.rows if row.outcome in _UNSETTLED]
        for start in range(0, len(rows), SETTLE_AT_ONCE):
            named = {self.reference(row): row for row in rows[start:start + SETTLE_AT_ONCE]}
            answer = self.query("events", "".join(name + "\n" for name in named), wait_s)
            self.outbox.commit([entry for said in answer["events"] for entry in self._settled(named, said)])

    def _settled(self, named, said):
        numbers = {outcome_name(number): number for number in range(256)}
        row, outcome = named.get(said["event"]), numbers.get(said["outcome"], 0)
        if row is not None and outcome not in (0, row.outcome):
            yield {"settled": row.id, "outcome": outcome, "reason": numbers.get(said["reason"], 0)}

    def reference(self, row):
        """store:terminal:number, as it is printed on the receipt."""
        return "%s:%s:%d" % (self.folder.kit.store, row.terminal, row.number)

    # --- what a store may always read of its own ---

    def positions(self, wait_s=10):
        return self.query("positions", "", wait_s)

    def statement(self, cycle, wait_s=10):
        return self.query("statement", cycle, wait_s)

    def balance(self, member, wait_s=10):
        key = self.folder.kit.token_key
        return self.query("balance", member if key is None else token_of(key, member), wait_s)

    def head(self, wait_s=10):
        return self.query("head", "", wait_s)

    def query(self, verb, body, wait_s):
        """Returns: headquarters' answer, an object. Raises Refused, Denied or Silent."""
        wire = self._connect()
        try:
            return json.loads(asking.ask(wire, verb, body.encode(), wait_s, hello(self.folder.kit)))
        finally:
            wire.close()

    def _connect(self):
        return Wire(self.folder.kit, self.folder.transport_public, self.folder.transport_secret)
