#!/usr/bin/env python3
"""Makes an alliance and one JSON Lines file a store from each set of real data, by the mapping rules that stand
in section 1 of the data's README: the wallet part (top-ups, spends, refunds, points earned), every member enrolled
at its home store first. Instants are spread by milliseconds so that the order of clearing is the README's order.

events.py SET OUT [--shared DIR] [--model PR|PF]     SET is one of birmingham-raw birmingham-dedup
                                                     completejourney cardsim-ROWS cardsim
"""
import argparse
import collections
import csv
import datetime
import functools
import hashlib
import json
import lzma
import operator
import os
import pathlib
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
SETS = ("birmingham-raw", "birmingham-dedup", "completejourney", "cardsim-1000", "cardsim-100000", "cardsim")
HEADQUARTERS = "HQ"
TERMINAL = "1"
DAY = 86400

# What was done at a store: `cents` above 0 is a spend, below 0 an unlinked refund; 0 is a spend where the set
# counts it as one, else it only tells the member's home. `again` says how often the line is sent once more.
Row = collections.namedtuple("Row", "second member store cents counts refund_after again")


def shared_directory(given=None):
    path = given or os.environ.get("ALLCLEAR_SHARED") or ROOT.parent / "shared"
    return pathlib.Path(path)


def available(shared):
    return (shared / "data" / "README.md").exists()


def read_csv(path, *columns):
    """Tuples of the columns named, as text."""
    with (lzma.open if path.suffix == ".xz" else open)(path, "rt", encoding="utf-8", newline="") as f:
        lines = csv.reader(f)
        header = next(lines)
        yield from map(operator.itemgetter(*map(header.index, columns)), lines)


def cents_of(text):
    sign, digits = (-1, text[1:]) if text.startswith("-") else (1, text)
    whole, _, fraction = digits.partition(".")
    assert len(fraction) <= 2, text
    return sign * (int(whole) * 100 + int(fraction.ljust(2, "0")))


def second_of(text):
    """`2018-04-01T00:00:31`, with or without a Z, or a date: seconds since 1970, by the clock as written."""
    date, _, clock = text.rstrip("Z").partition("T")
    return midnight(date) + (int(clock[0:2]) * 3600 + int(clock[3:5]) * 60 + int(clock[6:8]) if clock else 0)


@functools.lru_cache(None)
def midnight(date):
    return (datetime.date.fromisoformat(date) - datetime.date(1970, 1, 1)).days * DAY


PURCHASE = ("trans_date", "gross_amt", "merchant", "card", "cac1", "cac1_desc", "directorate")


def birmingham_copies(rows):
    """Rows that an earlier batch already holds, as (month, row) -> (month, row) of the first copy."""
    first = {}
    copies = {}
    inside = collections.Counter()
    for month, number, *same in sorted(rows):
        key = tuple(same)
        inside[month, key] += 1
        key += (inside[month, key],)
        if key in first:
            copies[month, number] = first[key]
        else:
            first[key] = month, number
    return copies


def birmingham(shared, deduplicated):
    path = shared / "data" / "birmingham-cards" / "transactions.csv.xz"
    rows = [(month, int(number), *same) for month, number, *same in
            read_csv(path, "file_month", "sheet_row", *PURCHASE)]
    copies = birmingham_copies(rows) if deduplicated else {}
    again = collections.Counter(copies.values())
    for month, number, date, amount, merchant, card, *_ in sorted(rows, key=lambda r: (r[2], r[0], r[1])):
        if (month, number) not in copies:
            store = hashlib.sha256(merchant.lower().encode()).hexdigest()[:2]
            yield Row(second_of(date), "1" + card[-4:], store, cents_of(amount), True, 0, again[month, number])


def basket_number(text):
    if "e+" not in text:
        return int(text)
    mantissa, _, exponent = text.partition("e+")
    whole, _, fraction = mantissa.partition(".")
    return int(whole + fraction.ljust(int(exponent), "0"))


def completejourney(shared):
    receipts = {}
    path = shared / "data" / "completejourney" / "transactions_sample.csv.xz"
    for at, basket, household, store, sales, coupon in read_csv(
            path, "transaction_timestamp", "basket_id", "household_id", "store_id", "sales_value", "coupon_disc"):
        receipt = receipts.setdefault((at, basket_number(basket)), [household, store, 0])
        assert receipt[:2] == [household, store]
        receipt[2] += cents_of(sales) - cents_of(coupon)
    for (at, basket), (household, store, cents) in sorted(receipts.items()):
        refunded = 2 * DAY if basket % 97 == 0 and cents > 0 else 0
        yield Row(second_of(at), str(1000000 + int(household)), store, max(cents, 0), cents > 0, refunded, 0)


def cardsim(shared, count):
    path = shared / "data" / "cardsim" / "transactions.csv.xz"
    rows = []
    for at, number, *rest in read_csv(
            path, "TX_DATETIME", "TRANSACTION_ID", "CUSTOMER_ID", "TERMINAL_ID", "TX_AMOUNT", "TX_FRAUD"):
        if count and len(rows) >= count and at > rows[-1][0]:
            break  # the source is in the order of time, but for the rows of one second
        rows.append((at, int(number), *rest))
    rows.sort()
    for at, _, customer, terminal, amount, fraud in rows[:count]:
        yield Row(second_of(at), str(1000000 + int(customer)), str(int(terminal) // 100), cents_of(amount), True,
                  DAY if fraud == "1" else 0, 0)


def rows_of(name, shared):
    if name.startswith("birmingham-"):
        return birmingham(shared, name == "birmingham-dedup")
    if name == "completejourney":
        return completejourney(shared)
    _, _, rows = name.partition("-")
    return cardsim(shared, int(rows) if rows else None)


def unit_of(name):
    return {"birmingham": 10000, "completejourney": 2000, "cardsim": 5000}[name.partition("-")[0]]


class Instants:
    """Instants that never repeat and keep the order of the calls, a millisecond apart within a second."""

    def __init__(self, resolution):
        self.resolution = resolution  # seconds that belong to one instant of the data
        self.second = None
        self.taken = 0
        self.text = {}

    def next(self, second):
        if second != self.second:
            assert self.second is None or second > self.second
            self.second, self.taken, self.text = second, 0, {}
        at, milli = divmod(self.taken, 1000)
        assert at < self.resolution
        self.taken += 1
        if at not in self.text:
            self.text[at] = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(second + at))
        return "%s.%03d+00:00" % (self.text[at], milli)


class StoreFiles:
    """One file a store, numbers rising without a gap."""

    def __init__(self, directory, stores):
        self.files = {s: open(directory / (s + ".jsonl"), "w", encoding="ascii") for s in stores}
        self.numbers = dict.fromkeys(stores, 0)
        self.repeats = []

    def write(self, store, kind, at, member, rest, again=0):
        self.numbers[store] += 1
        number = self.numbers[store]
        line = '{"type":"%s","terminal":"%s","number":%d,"at":"%s","member":"%s"%s}\n' % (
            kind, TERMINAL, number, at, member, rest)
        self.files[store].write(line)
        self.repeats += [(store, line)] * again
        return "%s:%s:%d" % (store, TERMINAL, number)

    def close(self):
        """A batch sent twice comes last, with the very numbers of the first time."""
        for store, line in self.repeats:
            self.files[store].write(line)
        for f in self.files.values():
            f.close()


class Till:
    def __init__(self, files, instants, unit, homes):
        self.files, self.instants, self.unit, self.homes = files, instants, unit, homes
        self.wallets = collections.Counter()

    def spend(self, row):
        """Returns: the event's reference. A wallet that does not hold enough is filled at home before."""
        lacking = row.cents - self.wallets[row.member]
        if lacking > 0:
            principal = -(-lacking // self.unit) * self.unit
            self.files.write(self.homes[row.member], "topup", self.instants.next(row.second), row.member,
                             ',"product":"card","principal_fen":%d' % principal)
            self.wallets[row.member] += principal
        self.wallets[row.member] -= row.cents
        pay = '{"with":"stored_value","product":"card","amount_fen":%d}' % row.cents if row.cents > 0 else ""
        earn = ',"earn":[{"product":"points","points":%d}]' % (row.cents // 100) if row.cents >= 100 else ""
        return self.files.write(row.store, "sale", self.instants.next(row.second), row.member,
                                ',"gross_fen":%d,"pay":[%s]%s' % (row.cents, pay, earn), row.again)

    def refund_loose(self, row):
        cents = -row.cents
        self.wallets[row.member] += cents
        self.files.write(row.store, "refund", self.instants.next(row.second), row.member,
                         ',"amount_fen":%d,"back":[{"with":"stored_value","product":"card","amount_fen":%d}]'
                         % (cents, cents), row.again)

    def refund_whole(self, second, row, reference):
        self.wallets[row.member] += row.cents
        self.files.write(row.store, "refund", self.instants.next(second), row.member,
                         ',"of":"%s","amount_fen":%d' % (reference, row.cents))


def write_rows(rows, till):
    due = collections.deque()  # all of a set's refunds come equally late, so they stay in order
    for row in rows:
        while due and due[0][0] <= row.second:
            till.refund_whole(*due.popleft())
        if row.cents < 0:
            till.refund_loose(row)
        elif row.counts:
            reference = till.spend(row)
            if row.refund_after:
                due.append((row.second + row.refund_after, row, reference))
    while due:
        till.refund_whole(*due.popleft())


def write_alliance(directory, name, stores, model, late_days):
    loose = "true" if name.startswith("birmingham-") else "false"
    points = 'model = "PR"; redeem_price = "1.0";'
    if model == "PF":
        points = 'model = "PF"; issue_price = "1.0"; redeem_price = "1.0"; fund = "FUND";'
    # New York's days are the business days of its receipts; a zone is a fixed offset here
    zone = "-05:00" if name == "completejourney" else "+00:00"
    (directory / "alliance.conf").write_text(
        'alliance = { id = "%s"; zone = "%s"; max_late_days = %d; stores = "stores.csv"; };\n'
        "products = (\n"
        '    { id = "card"; kind = "stored_value"; model = "F2"; unlinked_refund = %s; },\n'
        '    { id = "points"; kind = "points"; %s earn = { rate = "1"; }; }\n'
        ");\n" % (name, zone, late_days, loose, points), encoding="ascii")
    lines = ["store,participant,party,role,name,opened,closed", ",%s,,hq,Headquarters,," % HEADQUARTERS]
    if model == "PF":
        lines.append(",FUND,,fund,Points fund,,")
    lines += ["%s,%s,,franchise,Store %s,," % (s, s, s) for s in stores]
    (directory / "stores.csv").write_text("\n".join(lines) + "\n", encoding="ascii")


def make(name, shared, directory, model="PR"):
    """Writes alliance.conf, stores.csv and STORE.jsonl for each store. Returns: the stores' codes, sorted."""
    rows = list(rows_of(name, shared))
    homes = {}
    for row in rows:
        homes.setdefault(row.member, row.store)
    stores = sorted({row.store for row in rows})
    directory.mkdir(parents=True, exist_ok=True)
    write_alliance(directory, name, stores, model, 366)
    files = StoreFiles(directory, stores)
    first = rows[0].second // DAY * DAY
    enrolling = Instants(DAY)
    for member, home in homes.items():
        files.write(home, "enrol", enrolling.next(first - DAY // 2), member, "")
    instants = Instants(DAY if name.startswith("birmingham-") else 1)
    write_rows(rows, Till(files, instants, unit_of(name), homes))
    files.close()
    return stores


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("set")
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--shared")
    parser.add_argument("--model", choices=("PR", "PF"), default="PR")
    args = parser.parse_args()
    shared = shared_directory(args.shared)
    if not available(shared):
        print("no data at %s (ALLCLEAR_SHARED or --shared says where)" % shared, file=sys.stderr)
        return 66
    stores = make(args.set, shared, args.out, args.model)
    print(json.dumps({"set": args.set, "stores": len(stores)}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
