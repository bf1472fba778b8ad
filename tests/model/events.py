"""Lines of an event file: what is an event of the contract, and what is a bad line."""
import datetime
import json
import re

CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,31}")
MEMBER = re.compile(r"[1-9][0-9]{0,18}")
REFERENCE = re.compile(r"([A-Za-z0-9][A-Za-z0-9_-]{0,31}):([A-Za-z0-9][A-Za-z0-9_-]{0,31}):([1-9][0-9]{0,15})")
AT = re.compile(r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d{1,3}))?(Z|[+-]\d\d:\d\d)", re.ASCII)
MAX_NUMBER = 2 ** 53 - 1
MAX_AMOUNT = 10 ** 12
TENDERS = ("cash", "card", "wechat", "alipay", "other")
WAITABLE = ("UNKNOWN_MEMBER", "UNKNOWN_ORIGINAL", "UNKNOWN_PACK",
            "INSUFFICIENT_FUNDS", "INSUFFICIENT_POINTS", "INSUFFICIENT_USES")


class BadLine(Exception):
    pass


def need(ok, what):
    if not ok:
        raise BadLine(what)


def integer(v):
    need(type(v) is int, "not an integer: %r" % (v,))


def code(v):
    need(type(v) is str and CODE.fullmatch(v), "not a code: %r" % (v,))


def member(v):
    need(type(v) is str and MEMBER.fullmatch(v), "not a member: %r" % (v,))


def text(v):
    need(type(v) is str and 0 < len(v.encode("utf-8", "surrogatepass")) <= 64, "not a text: %r" % (v,))


def boolean(v):
    need(type(v) is bool, "not true or false: %r" % (v,))


def one_of(*names):
    def check(v):
        need(type(v) is str and v in names, "not one of %s: %r" % (names, v))
    return check


def reference(v):
    m = REFERENCE.fullmatch(v) if type(v) is str else None
    need(m and int(m.group(3)) <= MAX_NUMBER, "not an event reference: %r" % (v,))


def number(v):
    integer(v)
    need(1 <= v <= MAX_NUMBER, "number out of range")


def instant(v):
    """Milliseconds since 0001-01-01T00:00:00Z."""
    m = AT.fullmatch(v) if type(v) is str else None
    need(m, "not a time: %r" % (v,))
    try:
        t = datetime.datetime(*(int(m.group(i)) for i in range(1, 7)))
    except ValueError:
        raise BadLine("no such time: %r" % v) from None
    seconds = (t.toordinal() - 1) * 86400 + t.hour * 3600 + t.minute * 60 + t.second
    if m.group(8) != "Z":
        hours, minutes = int(m.group(8)[1:3]), int(m.group(8)[4:])
        need(hours < 24 and minutes < 60, "no such offset: %r" % v)
        seconds -= (1 if m.group(8)[0] == "+" else -1) * (hours * 60 + minutes) * 60
    return seconds * 1000 + int((m.group(7) or "0").ljust(3, "0"))


def date(v):
    need(type(v) is str and re.fullmatch(r"\d{4}-\d\d-\d\d", v, re.ASCII) and "1970" <= v, "not a day: %r" % (v,))
    try:
        datetime.date.fromisoformat(v)
    except ValueError:
        raise BadLine("no such day: %r" % v) from None


def keys(obj, required, optional):
    need(type(obj) is dict, "not an object")
    for k in required:
        need(k in obj, "missing key %s" % k)
    for k, v in obj.items():
        check = required.get(k) or optional.get(k)
        need(check, "unknown key %s" % k)
        check(v)


def list_of(check):
    def run(v):
        need(type(v) is list, "not a list")
        for item in v:
            check(item)
    return run


def pay_line(v):
    need(type(v) is dict and type(v.get("with")) is str, "not a pay line")
    means = v["with"]
    if means == "stored_value":
        keys(v, {"with": one_of(means), "product": code, "amount_fen": integer}, {})
    elif means == "points":
        keys(v, {"with": one_of(means), "product": code, "points": integer, "amount_fen": integer},
             {"item": code})
    elif means == "pack":
        keys(v, {"with": one_of(means), "pack": code, "uses": integer}, {})
    else:
        keys(v, {"with": one_of(*TENDERS), "amount_fen": integer}, {"scheme": text})


PAY = list_of(pay_line)
EARN = list_of(lambda v: keys(v, {"product": code, "points": integer}, {"campaign": code}))
DISCOUNTS = list_of(lambda v: keys(v, {"rule": code, "amount_fen": integer}, {}))
LINES = list_of(lambda v: keys(v, {"category": code, "amount_fen": integer}, {}))

COMMON = ({"terminal": code, "at": instant},
          {"number": number, "member": member, "receipt": text, "operator": code, "ask": boolean,
           "channel": one_of("pos", "handheld", "qr", "wechat", "web")})
TYPES = {
    "enrol": ({}, {"referrer": member}),
    "topup": ({"product": code, "principal_fen": integer},
              {"bonus_fen": integer, "offer": code, "pay": PAY, "earn": EARN,
               "card_kind": one_of("named", "anonymous")}),
    "sale": ({"gross_fen": integer, "pay": PAY}, {"discounts": DISCOUNTS, "earn": EARN, "lines": LINES}),
    "refund": ({"amount_fen": integer}, {"of": reference, "back": PAY}),
    "void": ({"of": reference}, {}),
    "pack_sale": ({"product": code, "pack": code, "price_fen": integer, "uses": integer}, {"pay": PAY}),
    "cashout": ({"product": code, "amount_fen": integer}, {}),
    "points_grant": ({"product": code, "points": integer, "reason": text}, {"campaign": code}),
    "hold": ({"product": code, "amount_fen": integer}, {"until": date}),
    "release": ({"of": reference}, {}),
    "dispute": ({"of": reference, "kind": code, "reason": text}, {}),
}
TYPES["capture"] = ({"of": reference, **TYPES["sale"][0]}, TYPES["sale"][1])
OF_MEMBERS = ("enrol", "topup", "pack_sale", "cashout", "points_grant", "hold", "capture")


def no_twice(pairs):
    need(len({k for k, _ in pairs}) == len(pairs), "a key twice")
    return dict(pairs)


def check(obj):
    """Raises BadLine unless `obj` is an event that the model covers."""
    need(type(obj) is dict, "not an object")
    need(type(obj.get("type")) is str and obj["type"] in TYPES, "unknown type")
    required, optional = TYPES[obj["type"]]
    keys(obj, {"type": one_of(*TYPES), **COMMON[0], **required}, {**COMMON[1], **optional})
    need("number" in obj or "receipt" in obj, "neither number nor receipt")
    t = obj["type"]
    need(t not in ("topup", "pack_sale") or all(p["with"] in TENDERS for p in obj.get("pay", [])),
         "only tenders can pay for this")
    need(t != "refund" or "of" in obj or obj.get("back"), "neither of nor back")
    need("member" in obj or not (
        t in OF_MEMBERS or t == "refund" and "of" not in obj
        or t == "sale" and any(p["with"] in ("stored_value", "points", "pack") for p in obj["pay"])),
        "no member")


def read(line):
    try:
        obj = json.loads(line, object_pairs_hook=no_twice, parse_constant=lambda c: need(False, c))
    except (ValueError, RecursionError):
        raise BadLine("not JSON") from None
    check(obj)
    return {k: v for k, v in obj.items() if v != []}


def bad_amount(e):
    """Is an amount, a number of points or of uses out of its range?"""
    positive, zero = [], []
    for key in ("principal_fen", "price_fen", "uses", "points"):
        positive += [e[key]] if key in e else []
    for key in ("gross_fen", "bonus_fen"):
        zero += [e[key]] if key in e else []
    if "amount_fen" in e:
        # A refund of 0 may be right; whether it is depends on its original.
        (zero if e["type"] == "refund" and "of" in e else positive).append(e["amount_fen"])
    for key in ("pay", "back", "earn", "discounts", "lines"):
        for line in e.get(key, []):
            positive += [line[k] for k in ("amount_fen", "points", "uses") if k in line]
    return any(v < 1 for v in positive) or any(v < 0 for v in zero) or \
        any(v > MAX_AMOUNT for v in positive + zero)
