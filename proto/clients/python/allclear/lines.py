"""Lines: events as tills write them (one JSON object each) become messages of the schema.

The keys are data, proto/clients/events.json. What is no event of the contract raises BadLine and refuses only itself;
whether an event is accepted is for the ledger to say.
"""
import datetime
import json
import os
import re

from allclear.v1 import event_pb2

with open(os.path.join(os.path.dirname(__file__), "events.json"), encoding="utf-8") as _file:
    KEYS = json.load(_file)

LINE_MAX = 65536
NUMBER_MAX = 2**53 - 1
AT_END_MS = 253402214400000  # year 9999 in every zone
_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,31}\Z")
_MEMBER = re.compile(r"[1-9][0-9]{0,18}\Z")
_NUMBER = re.compile(r"[1-9][0-9]{0,15}\Z")
_INSTANT = re.compile(r"(\d{4}-\d\d-\d\d)T(\d\d):(\d\d):(\d\d)(\.\d{1,3})?(Z|[+-]\d\d:\d\d)\Z", re.ASCII)
# controls, and what turns, hides or breaks a line where people read it
_HIDDEN = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")
_EPOCH = datetime.datetime(1970, 1, 1)
_NEED_MEMBER = ("enrol", "topup", "pack_sale", "cashout", "points_grant", "hold", "capture")


class BadLine(ValueError):
    """Not an event of the contract: the key at fault, and why."""


def parse(line):
    """One line (bytes, without its end) to the object that it holds."""
    if len(line) > LINE_MAX:
        raise BadLine("line: longer than %d bytes" % LINE_MAX)
    try:
        return json.loads(line.decode("utf-8"), object_pairs_hook=_single, parse_constant=_constant)
    except BadLine:
        raise
    except (ValueError, RecursionError) as error:
        raise BadLine("line: not JSON: %s" % error) from None


def _single(pairs):
    found = dict(pairs)
    if len(found) != len(pairs):
        raise BadLine("line: a key stands twice")
    return found


def _constant(name):
    raise BadLine("line: not JSON: %s" % name)


def to_event(what):
    """An object of the contract to an Event. Without `number` the event has number 0: the outbox assigns one."""
    if not isinstance(what, dict):
        raise BadLine("line: not a JSON object")
    kind = what.get("type")
    if kind is None:
        raise BadLine("type: missing")
    if not isinstance(kind, str) or kind not in KEYS["types"]:
        raise BadLine("type: unknown")
    own = KEYS["types"][kind]
    event = event_pb2.Event()
    part = getattr(event, kind)
    part.SetInParent()
    for key in what:
        if key != "type" and key not in KEYS["common"] and key not in own:
            raise BadLine("%.40s: unknown key" % key)
    _fill(event, what, KEYS["common"], "")
    _fill(part, what, own, "")
    _judge(event, kind, part)
    return event


def _fill(message, what, keys, where):
    for key, rule in keys.items():
        if key in what:
            _READ[rule["kind"]](message, rule.get("field", key), rule, what[key], where + key)
        elif rule.get("must"):
            raise BadLine("%s%s: missing" % (where, key))


def _string(value, where):
    if not isinstance(value, str):
        raise BadLine("%s: not a string" % where)
    return value


def _read_code(message, field, _, value, where):
    if not _CODE.match(_string(value, where)):
        raise BadLine("%s: not a code of 1-32 letters, digits, - and _" % where)
    setattr(message, field, value)


def _read_text(message, field, rule, value, where):
    if _HIDDEN.search(_string(value, where)):
        raise BadLine("%s: has characters that cannot be shown" % where)
    if not 1 <= len(value.encode()) <= rule["limit"]:
        raise BadLine("%s: not of 1 to %d bytes" % (where, rule["limit"]))
    setattr(message, field, value)


def _integer(value, where):
    if isinstance(value, bool) or not isinstance(value, int) or not -2**63 <= value < 2**63:
        raise BadLine("%s: not an integer" % where)
    return value


def _read_integer(message, field, _, value, where):
    setattr(message, field, _integer(value, where))


def _read_number(message, field, _, value, where):
    if not 1 <= _integer(value, where) <= NUMBER_MAX:
        raise BadLine("%s: not in 1..2^53-1" % where)
    setattr(message, field, value)


def _read_count(message, field, _, value, where):
    if not 0 <= _integer(value, where) <= NUMBER_MAX:
        raise BadLine("%s: not in 0..2^53-1" % where)
    setattr(message, field, value)


def _read_day(message, field, _, value, where):
    if instant(_string(value, where) + "T00:00:00Z") is None or value < "1970":
        raise BadLine("%s: not a day such as 2026-03-01" % where)
    setattr(message, field, value)


def _read_sums(message, field, _, value, where):
    """An object of amounts; the schema has them in the order of their names."""
    if not isinstance(value, dict):
        raise BadLine("%s: not an object" % where)
    for name in sorted(value):
        here = "%s.%.40s" % (where, name)
        if name not in KEYS["totals"]:
            raise BadLine("%s: no figure of a day total" % here)
        getattr(message, field).add(key=name, amount_fen=_integer(value[name], here))


def _read_member(message, field, _, value, where):
    if not _MEMBER.match(_string(value, where)):
        raise BadLine("%s: not 1-19 digits without a leading zero" % where)
    setattr(message, field, int(value))


def _read_instant(message, field, _, value, where):
    ms = instant(_string(value, where))
    if ms is None or not 0 < ms < AT_END_MS:
        raise BadLine("%s: not a time such as 2026-03-01T10:40:00+08:00" % where)
    setattr(message, field, ms)


def instant(text):
    """RFC 3339 with its offset to milliseconds since 1970; None for anything else."""
    found = _INSTANT.match(text)
    if not found:
        return None
    day, hour, minute, second, fraction, offset = found.groups()
    try:
        days = (datetime.datetime.strptime(day, "%Y-%m-%d") - _EPOCH).days
    except ValueError:
        return None
    shift = 0 if offset == "Z" else int(offset[1:3]) * 60 + int(offset[4:6])
    if int(hour) > 23 or int(minute) > 59 or int(second) > 59:
        return None
    if offset != "Z" and (int(offset[1:3]) > 23 or int(offset[4:6]) > 59):
        return None
    minutes = days * 1440 + int(hour) * 60 + int(minute) - (-shift if offset[0] == "-" else shift)
    return (minutes * 60 + int(second)) * 1000 + int((fraction or ".0")[1:].ljust(3, "0"))


def _read_ref(message, field, _, value, where):
    parts = _string(value, where).split(":")
    if len(parts) != 3 or not _CODE.match(parts[0]) or not _CODE.match(parts[1]) or \
            not _NUMBER.match(parts[2]) or int(parts[2]) > NUMBER_MAX:
        raise BadLine("%s: not store:terminal:number" % where)
    ref = getattr(message, field)
    ref.store, ref.terminal, ref.number = parts[0], parts[1], int(parts[2])


def _read_name(message, field, rule, value, where):
    if _string(value, where) not in rule["names"]:
        raise BadLine("%s: unknown: %.40s" % (where, value))
    setattr(message, field, rule["names"][value])


def _read_bool(message, field, _, value, where):
    if not isinstance(value, bool):
        raise BadLine("%s: not true or false" % where)
    setattr(message, field, value)


def _read_list(message, field, rule, value, where):
    rules = KEYS["lists"][rule["list"]]
    if not isinstance(value, list):
        raise BadLine("%s: not a list" % where)
    if len(value) > rules["max"]:
        raise BadLine("%s: more than %d entries" % (where, rules["max"]))
    for place, entry in enumerate(value):
        here = "%s[%d]" % (where, place)
        if not isinstance(entry, dict):
            raise BadLine("%s: not an object" % here)
        line = getattr(message, field).add()
        keys, others = rules.get("keys"), ()
        if keys is None:
            keys, others = _means(rules, entry, line, here), ("with",)
        for key in entry:
            if key not in keys and key not in others:
                raise BadLine("%s.%.40s: unknown key" % (here, key))
        _fill(line, entry, keys, here + ".")


def _means(rules, entry, line, where):
    name = entry.get("with")
    if not isinstance(name, str) or name not in rules["with"]:
        raise BadLine("%s.with: %s" % (where, "unknown" if "with" in entry else "missing"))
    setattr(line, "with", rules["with"][name])
    return rules["means"].get(name, rules["means"]["tender"])


_READ = {"code": _read_code, "text": _read_text, "integer": _read_integer, "number": _read_number,
         "member": _read_member, "instant": _read_instant, "ref": _read_ref, "name": _read_name,
         "bool": _read_bool, "list": _read_list, "count": _read_count, "day": _read_day, "sums": _read_sums}


def _judge(event, kind, part):
    """What the keys alone do not say."""
    tender = KEYS["lists"]["pay"]["first_tender"]
    pays = [getattr(line, "with") for line in getattr(part, "pay", ())]
    if event.number == 0 and not event.receipt:
        raise BadLine("number: missing, and no receipt is there instead")
    needed = kind in _NEED_MEMBER or (kind == "sale" and any(means < tender for means in pays)) or \
        (kind == "refund" and not part.HasField("of"))
    if needed and event.member == 0:
        raise BadLine("member: missing")
    if kind not in ("sale", "capture") and any(means < tender for means in pays):
        raise BadLine("pay: only tenders can pay for this")
    if kind == "refund" and not part.HasField("of") and not part.back:
        raise BadLine("back: needed where a refund has no `of`")
