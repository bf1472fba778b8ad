"""Orders of arrival: each store's stream as it wrote it, cut into batches, the streams interleaved; and the model
driven in such an order."""
import datetime
import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), os.pardir, "model"))

import counter  # noqa: E402
import events  # noqa: E402
import generate  # noqa: E402
import invent  # noqa: E402
import model  # noqa: E402
from terms import Alliance  # noqa: E402, F401

MINUTE, HOUR, DAY = 60000, 3600000, 86400000
UNIX = (datetime.date(1970, 1, 1).toordinal() - 1) * DAY   # of the model's instants


class Batch:
    def __init__(self, store, items, received):
        self.store = store
        self.items = items
        self.received = received
        self.again = False

    def line(self):
        return "%s %d %d%s\n" % (self.store, len(self.items), self.received - UNIX, " again" if self.again else "")


class Close:
    """Headquarters closes the cycle, at once after the batch before."""
    items = ()

    def __init__(self, number, received):
        self.number = number
        self.received = received

    def line(self):
        return "close %d 0\n" % self.number


def streams_of(files, alliance):
    """{store: items in the order of its file}, bad lines left out, absent numbers given."""
    out, highest = {}, {}
    for store, texts in files.items():
        items = []
        for text in texts:
            try:
                items += model.number_items([(store, events.read(text))], alliance, highest=highest)
            except events.BadLine:
                pass
        out[store] = items
    return out


def cut(rng, items, longest):
    """Pieces of a stream, in its order."""
    out, at = [], 0
    while at < len(items):
        n = min(longest, rng.choice((1, 1, 2, rng.randint(1, longest))))
        out.append(items[at:at + n])
        at += n
    return out


def by_delay(rng, streams, end, delay):
    """Batches come when they are full, but for a delay; a store's later ones never before its earlier."""
    out = []
    for store, items in streams.items():
        last = 0
        for piece in cut(rng, items, 12 if delay else 1):
            last = max(last, max(i.instant for i in piece) + (delay(rng) if delay else 0))
            out.append((last, len(out), Batch(store, piece, last)))
    return [b for _, _, b in sorted(out, key=lambda x: x[:2])]


def offline(rng):
    """A few minutes mostly; sometimes hours; sometimes the store was cut off for days."""
    kind = rng.random()
    return rng.randrange(10 * MINUTE) if kind < 0.55 else rng.randrange(20 * HOUR) if kind < 0.8 \
        else rng.randrange(6 * DAY)


def merged(rng, streams, end, whole):
    """After everything has happened: the streams shuffled into one another, or a store after the other."""
    pieces = {s: cut(rng, items, 12) for s, items in streams.items() if items}
    turns = [s for s, p in pieces.items() for _ in p]
    if whole:
        order = rng.sample(list(pieces), len(pieces))
        turns.sort(key=order.index)
    else:
        rng.shuffle(turns)
    out, now = [], end + 1
    for store in turns:
        now += rng.choice((0, 0, 0, rng.randrange(HOUR), rng.randrange(30 * HOUR)))
        out.append(Batch(store, pieces[store].pop(0), now))
    return out


MODES = {
    "time": lambda rng, s, end: by_delay(rng, s, end, None),
    "offline": lambda rng, s, end: by_delay(rng, s, end, offline),
    "shuffled": lambda rng, s, end: merged(rng, s, end, False),
    "stores": lambda rng, s, end: merged(rng, s, end, True),
}


def arrange(rng, streams, mode, heads=None):
    """Batches in an order of arrival. `heads`: {store: how many of its first events come before everything}."""
    heads = heads or {}
    end = max((i.instant for items in streams.values() for i in items), default=0)
    first = [Batch(s, streams[s][:n], max(i.instant for i in streams[s][:n])) for s, n in heads.items() if n]
    rng.shuffle(first)
    start = max((b.received for b in first), default=0)
    rest = MODES[mode](rng, {s: items[heads.get(s, 0):] for s, items in streams.items()}, end)
    out = first + rest
    for batch in out:
        batch.received = max(batch.received, start)
        batch.again = rng.random() < 0.05
    return out


class Arrivals(model.Clearing):
    """The model, told events as they arrive and not as they happened."""

    def __init__(self, alliance, received):
        super().__init__(alliance)
        self.today = alliance.business_day(received)

    def arrive(self, item, received):
        day = self.alliance.business_day(received)
        while self.today < day:
            self.end_day()
            self.today += 1
        item.arrived = self.today
        terminal = self.terminals.setdefault((item.store, item.event["terminal"]), model.Terminal())
        reason = self.number_refusal(terminal, item) or self.time_refusal(item, received)
        if reason:
            self.emit(item, reason)
            return
        record, reason = self.attempt(item)
        waits = reason in events.WAITABLE and not item.event.get("ask")
        if record or waits:
            terminal.spent[item.number] = item.content
            terminal.seen.append((item.number, self.today))
        if waits:
            self.waiting.append(item)
            self.emit(item, "WAITING", reason)
            return
        self.emit(item, reason, record=record)
        if record:
            self.release(record)

    def close(self):
        """The deadline of what waits (rule 33a), then the end of the open day."""
        counter.deadline(self)
        self.end_day()
        self.today += 1

    def time_refusal(self, item, received):
        if item.occurred < self.today - self.alliance.max_late_days:
            return "TOO_OLD"
        return "FUTURE" if item.instant > received + 5 * MINUTE else ""


def clear(alliance, batches):
    clearing = Arrivals(alliance, batches[0].received)
    for batch in batches:
        if isinstance(batch, Close):
            clearing.close()
        for item in batch.items:
            clearing.arrive(item, batch.received)
    return clearing


def save(directory, data, files, plays):
    """The folder that order_play reads."""
    os.makedirs(directory, exist_ok=True)
    texts = {"alliance.conf": invent.conf_text(data), "stores.csv": invent.csv_text(data["stores_csv"]),
             "ALLIANCE.json": json.dumps(data, ensure_ascii=False, indent=1)}
    texts.update({"%s.jsonl" % s: "".join(x + "\n" for x in lines) for s, lines in files.items()})
    texts.update({"%d.play" % i: "".join(b.line() for b in batches) for i, batches in enumerate(plays)})
    for name, text in texts.items():
        with open(os.path.join(directory, name), "w", encoding="utf-8") as f:
            f.write(text)


def read_lines(path):
    with open(path, encoding="utf-8") as f:
        return [json.loads(line) for line in f]
