"""Spoilt lines: each is a good event of the contract with one thing wrong, and how the complaint must begin."""
import json

AT = "2026-03-01T10:40:00+08:00"

# One good event a type, with every key that it may have; what is None below is optional.
EVENTS = {
    "enrol": {"referrer": "6200000001"},
    "topup": {"product": "card", "principal_fen": 100, "bonus_fen": 0, "offer": "500-100", "card_kind": "named",
              "pay": [{"with": "cash", "amount_fen": 100}], "earn": [{"product": "points", "points": 1}]},
    "sale": {"gross_fen": 100, "discounts": [{"rule": "member-day", "amount_fen": 1}],
             "pay": [{"with": "stored_value", "product": "card", "amount_fen": 40},
                     {"with": "points", "product": "points", "points": 5, "amount_fen": 5, "item": "cup"},
                     {"with": "pack", "pack": "p1", "uses": 1},
                     {"with": "wechat", "amount_fen": 55, "scheme": "mini"}],
             "earn": [{"product": "points", "points": 1, "campaign": "spring"}],
             "lines": [{"category": "food", "amount_fen": 100}]},
    "refund": {"of": "A:1:1", "amount_fen": 1, "back": [{"with": "cash", "amount_fen": 1}]},
    "void": {"of": "A:1:1"},
    "pack_sale": {"product": "wash", "pack": "p1", "price_fen": 100, "uses": 10,
                  "pay": [{"with": "card", "amount_fen": 100}]},
    "cashout": {"product": "card", "amount_fen": 1},
    "points_grant": {"product": "points", "points": 5, "reason": "birthday", "campaign": "spring"},
    "hold": {"product": "card", "amount_fen": 100, "until": "2026-03-02"},
    "capture": {"of": "A:1:1", "gross_fen": 100, "pay": [{"with": "stored_value", "product": "card", "amount_fen": 100}]},
    "release": {"of": "A:1:1"},
    "dispute": {"of": "A:1:1", "kind": "fee", "reason": "not ours"},
    "day_total": {"date": "2026-03-01", "count": 3, "sums": {"sale": 100, "cash": -5}},
}
COMMON = {"terminal": "5", "number": 1, "at": AT, "member": "6200000017", "receipt": "r-1", "channel": "pos",
          "operator": "op1", "ask": False}
OPTIONAL = {"number", "member", "receipt", "channel", "operator", "ask", "referrer", "bonus_fen", "offer", "card_kind",
            "earn", "discounts", "lines", "back", "campaign", "item", "scheme", "until"}
LATER = ("coupon_issue", "coupon_void", "membership_sale", "membership_cancel", "points_transfer", "benefit")

NOT_TEXT = (None, True, 7, 1.5, [], {})
CODE = NOT_TEXT + ("", "-x", "x y", "x" * 33, "é", "x\u0000", "=1+1", "../x")
TEXT = NOT_TEXT + ("", "x" * 65, "a\u0007b", "a\nb", "\u202ex", "\u2028", "x\u0000")
INTEGER = (None, True, "7", 1.5, 1e3, [], {})
KINDS = {
    "code": CODE, "text": TEXT, "integer": INTEGER,
    "number": INTEGER + (0, -1, 2 ** 53),
    "member": NOT_TEXT + ("", "0", "07", "x", "1" * 20, "-1", "1.5", " 1", "１２"),
    "instant": NOT_TEXT + ("", "2026-03-01", "2026-03-01T10:40:00", "2026-13-01T10:40:00+08:00",
                           "2026-02-30T10:40:00+08:00", "2026-03-01T24:00:01+08:00", "yesterday",
                           "1969-12-31T23:59:59+00:00", "9999-12-31T23:59:59+00:00"),
    "name": NOT_TEXT + ("", "nothing", "SALE"),
    "count": INTEGER + (-1, 2 ** 53),
    "day": NOT_TEXT + ("", "2026-3-1", "2026-02-30", "1969-12-31", "2026-03-01 ", "20260301", "tomorrow"),
    "sums": (None, True, 7, "x", [], [1], {"sales": 1}, {"pack": 1}, {"sale": "1"}, {"sale": 1.5}, {"sale": None}, {"sale": []}),
    "bool": (None, 1, 0, "true", [], {}),
    "ref": NOT_TEXT + ("", "A:1", "A:1:0", "A:1:x", ":1:1", "A::1", "A:1:01", "A:1:9007199254740992", "A:1:1:1"),
}
KIND_OF = {"terminal": "code", "number": "number", "at": "instant", "member": "member", "receipt": "text",
           "channel": "name", "operator": "code", "ask": "bool", "referrer": "member", "product": "code",
           "principal_fen": "integer", "bonus_fen": "integer", "offer": "code", "card_kind": "name",
           "gross_fen": "integer", "of": "ref", "amount_fen": "integer", "pack": "code", "price_fen": "integer",
           "uses": "integer", "points": "integer", "reason": "text", "campaign": "code", "with": "name",
           "rule": "code", "category": "code", "item": "code", "scheme": "text", "type": "name", "date": "day", "until": "day", "kind": "code", "count": "count",
           "sums": "sums"}
LIST_MAX = {"pay": 32, "back": 32, "discounts": 16, "earn": 8, "lines": 32}


def dump(event):
    return json.dumps(event, ensure_ascii=False, separators=(",", ":")).encode()


def copied(event):
    return json.loads(json.dumps(event))


class Spoiler:
    def __init__(self):
        self.cases = []  # (line, how the detail must begin)

    def add(self, event, begins):
        self.cases.append((dump(event) if isinstance(event, dict) else event, begins))

    def keys(self, event, get, path):
        """Break each key of an object, which `get` finds in a copy of the event."""
        for key in get(event):
            broken = copied(event)
            if key not in OPTIONAL and (key != "pay" or event["type"] == "sale") and key != "of":
                del get(broken)[key]
                self.add(broken, path + key + ": missing")
            for bad in KINDS.get(KIND_OF.get(key), ()):
                broken = copied(event)
                get(broken)[key] = bad
                nul = isinstance(bad, str) and "\0" in bad  # JSON can say it, no text of ours can
                named = "." if key == "sums" and isinstance(bad, dict) else ":"  # the figure at fault
                self.add(broken, "line: not JSON: \\u0000" if nul else path + key + named)
            if path == "" and key == "type":
                continue
            again = dump(event)
            value = dump({key: get(event)[key]})[1:-1]
            self.add(again.replace(value, value + b"," + value, 1),
                     "line: not JSON: duplicate object key near '\"%s\"'" % key)
        broken = copied(event)
        get(broken)["surplus"] = 1
        self.add(broken, path + "surplus: unknown key")

    def lists(self, event):
        for name in LIST_MAX:
            if name not in event:
                continue
            for bad in ({}, "x", 7, None, True):
                self.add({**event, name: bad}, name + ": not a list")
            for bad in ([7], ["x"], [None], [[]]):
                self.add({**event, name: bad}, name + "[0]: not an object")
            first = event[name][0]
            self.add({**event, name: [first] * (LIST_MAX[name] + 1)}, "%s: more than %d entries" % (
                name, LIST_MAX[name]))
            for i in range(len(event[name])):
                self.keys(event, lambda e, n=name, k=i: e[n][k], "%s[%d]." % (name, i))


def events():
    for kind, keys in EVENTS.items():
        yield {"type": kind, **COMMON, **keys}


def policies():
    """What keys alone do not say."""
    base = {"type": "sale", "terminal": "5", "number": 1, "at": AT, "gross_fen": 100}
    yield {**base, "pay": [{"with": "stored_value", "product": "card", "amount_fen": 100}]}, "member: missing"
    for kind in ("enrol", "topup", "pack_sale", "cashout", "points_grant"):
        event = {"type": kind, **COMMON, **EVENTS[kind]}
        del event["member"]
        yield event, "member: missing"
    sale = {**base, "pay": [{"with": "cash", "amount_fen": 100}]}
    del sale["number"]
    yield sale, "number: missing, and no receipt"
    yield {"type": "refund", **COMMON, "amount_fen": 1}, "back: needed"
    yield {"type": "void", **COMMON}, "of: missing"
    for kind in ("topup", "pack_sale"):
        event = {"type": kind, **COMMON, **EVENTS[kind]}
        event.pop("earn", None)
        event["pay"] = [{"with": "stored_value", "product": "card", "amount_fen": 100}]
        yield event, "pay: only tenders"
    for later in LATER:
        yield {**base, "type": later, "pay": []}, "type: %s is not built yet" % later
    yield {**base, "pay": [{"with": "coupon", "coupon": "c", "amount_fen": 1}]}, "pay[0].with: coupon is not built yet"


def not_json(rng):
    good = dump({"type": "sale", **COMMON, **EVENTS["sale"]})
    for at in sorted(rng.sample(range(1, len(good) - 1), 60)):
        yield good[:at], "line: not JSON"
    for _ in range(60):
        at = rng.randrange(1, len(good))
        yield good[:at] + bytes([rng.choice((1, 7, 0x80, 0xc0, 0xff))]) + good[at:], "line: not JSON"
    for text in (b"x", b"{", b"}", b"{]", b"'", b"NaN", b"-", b"{\"type\":}", b"{'type':'sale'}",
                 b"{\"type\":\"sale\",}",
                 b"\xef\xbb\xbf" + good, good + good, good + b"x", b"[" * 3000, b"{\"a\":" * 3000, b"\"\\u12\"",
                 b"{\"type\":\"\xff\"}", good.replace(b"100", b"0100", 1), good.replace(b"100", b"+100", 1),
                 good.replace(b"100", b"1" * 40, 1)):
        yield text, "line: not JSON"
    for text in (b"[]", b"[1]"):
        yield text, "line: not a JSON object"
    for text in (b"null", b"7", b"true", b"\"sale\""):
        yield text, "line: not"
    yield b"{}", "type: missing"
    yield b"{\"x\":1}", "type: missing"
    yield good[:-1] + b",\"x\":\"" + b"y" * 66000 + b"\"}", "line: longer than"


def with_nul():
    """A line that is good but for one NUL byte, at every place where JSON has something else."""
    good = dump({"type": "sale", "terminal": "6", "number": 1, "at": AT, "gross_fen": 100, "ask": False,
                 "pay": [{"with": "cash", "amount_fen": 100}]})
    return [good[:at] + b"\0" + good[at:] for at in range(len(good) + 1)]


def spoilt(rng):
    """Returns: (line, beginning of the detail), in an order of the seed's choice."""
    spoiler = Spoiler()
    for event in events():
        spoiler.keys(event, lambda e: e, "")
        spoiler.lists(event)
    for case in list(policies()) + list(not_json(rng)):
        spoiler.add(*case)
    rng.shuffle(spoiler.cases)
    return spoiler.cases
