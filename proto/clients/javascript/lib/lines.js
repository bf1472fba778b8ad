// Lines: events as tills write them (one JSON object each) become messages of the schema.
//
// The keys are data, proto/clients/events.json. What is no event of the contract throws BadLine and refuses only
// itself; whether an event is accepted is for the ledger to say.
"use strict";

const json = require("./json");
const {encode, long} = require("./schema");
const KEYS = require("../events.json");

const LINE_MAX = 65536;
const NUMBER_MAX = 2n ** 53n - 1n;
const AT_END_MS = 253402214400000; // year 9999 in every zone
const CODE = /^[A-Za-z0-9][A-Za-z0-9_-]{0,31}$/;
const MEMBER = /^[1-9][0-9]{0,18}$/;
const NUMBER = /^[1-9][0-9]{0,15}$/;
const INSTANT = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(\.\d{1,3})?(?:Z|([+-])(\d\d):(\d\d))$/;
// controls, and what turns, hides or breaks a line where people read it
const HIDDEN = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]|\p{Surrogate}/u;
const NEED_MEMBER = ["enrol", "topup", "pack_sale", "cashout", "points_grant", "hold", "capture"];
const own = (object, key) => Object.prototype.hasOwnProperty.call(object, key);

// Not an event of the contract: the key at fault, and why.
class BadLine extends Error {}

// One line (a Buffer, without its end) to the object that it holds.
function parse(line) {
  if (line.length > LINE_MAX) {
    throw new BadLine(`line: longer than ${LINE_MAX} bytes`);
  }
  try {
    return json.parse(new TextDecoder("utf-8", {fatal: true, ignoreBOM: true}).decode(line));
  } catch (error) {
    throw new BadLine(`line: ${error.message}`);
  }
}

function string(value, where) {
  if (typeof value !== "string") {
    throw new BadLine(`${where}: not a string`);
  }
  return value;
}

function matched(value, where, pattern, what) {
  if (!pattern.test(string(value, where))) {
    throw new BadLine(`${where}: ${what}`);
  }
  return value;
}

function integer(value, where) {
  const whole = Number.isSafeInteger(value) ? BigInt(value) : value;
  if (typeof whole !== "bigint" || BigInt.asIntN(64, whole) !== whole) {
    throw new BadLine(`${where}: not an integer`);
  }
  return whole;
}

// RFC 3339 with its offset to milliseconds since 1970; null for anything else.
function instant(text) {
  const found = INSTANT.exec(text);
  if (found === null) {
    return null;
  }
  const [year, month, day, hour, minute, second] = found.slice(1, 7).map(Number);
  const [hours, minutes] = [Number(found[9] || 0), Number(found[10] || 0)];
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  if (year < 1 || date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day || hour > 23 || minute > 59 ||
      second > 59 || hours > 23 || minutes > 59) {
    return null;
  }
  const shift = (hours * 60 + minutes) * (found[8] === "-" ? -1 : 1);
  return date.getTime() + ((hour * 60 + minute - shift) * 60 + second) * 1000 +
    Number((found[7] || ".0").slice(1).padEnd(3, "0"));
}

// Each takes a value as the contract writes it and returns it as the schema's field has it; undefined is the default,
// which the canonical encoding leaves out.
const READ = {
  code: (value, where) => matched(value, where, CODE, "not a code of 1-32 letters, digits, - and _"),
  text: (value, where, rule) => {
    if (HIDDEN.test(string(value, where))) {
      throw new BadLine(`${where}: has characters that cannot be shown`);
    }
    const length = Buffer.byteLength(value);
    if (length < 1 || length > rule.limit) {
      throw new BadLine(`${where}: not of 1 to ${rule.limit} bytes`);
    }
    return value;
  },
  integer: (value, where) => {
    const whole = integer(value, where);
    return whole === 0n ? undefined : long(whole);
  },
  number: (value, where) => {
    const whole = integer(value, where);
    if (whole < 1n || whole > NUMBER_MAX) {
      throw new BadLine(`${where}: not in 1..2^53-1`);
    }
    return long(whole, true);
  },
  count: (value, where) => {
    const whole = integer(value, where);
    if (whole < 0n || whole > NUMBER_MAX) {
      throw new BadLine(`${where}: not in 0..2^53-1`);
    }
    return whole === 0n ? undefined : long(whole, true);
  },
  day: (value, where) => {
    if (instant(`${string(value, where)}T00:00:00Z`) === null || value < "1970") {
      throw new BadLine(`${where}: not a day such as 2026-03-01`);
    }
    return value;
  },
  // an object of amounts; the schema has them in the order of their names
  sums: (value, where) => {
    if (!isObject(value)) {
      throw new BadLine(`${where}: not an object`);
    }
    return Object.keys(value).sort().map((key) => {
      const here = `${where}.${key.slice(0, 40)}`;
      if (!KEYS.totals.includes(key)) {
        throw new BadLine(`${here}: no figure of a day total`);
      }
      const whole = integer(value[key], here);
      return whole === 0n ? {key} : {key, amount_fen: long(whole)};
    });
  },
  member: (value, where) =>
    long(matched(value, where, MEMBER, "not 1-19 digits without a leading zero"), true),
  instant: (value, where) => {
    const ms = instant(string(value, where));
    if (ms === null || ms <= 0 || ms >= AT_END_MS) {
      throw new BadLine(`${where}: not a time such as 2026-03-01T10:40:00+08:00`);
    }
    return long(ms, true);
  },
  ref: (value, where) => {
    const [store, terminal, number, ...more] = string(value, where).split(":");
    if (more.length > 0 || !CODE.test(store) || !CODE.test(terminal || "") || !NUMBER.test(number || "") ||
        BigInt(number) > NUMBER_MAX) {
      throw new BadLine(`${where}: not store:terminal:number`);
    }
    return {store, terminal, number: long(number, true)};
  },
  name: (value, where, rule) => {
    if (!own(rule.names, string(value, where))) {
      throw new BadLine(`${where}: unknown: ${value.slice(0, 40)}`);
    }
    return rule.names[value];
  },
  bool: (value, where) => {
    if (typeof value !== "boolean") {
      throw new BadLine(`${where}: not true or false`);
    }
    return value || undefined;
  },
  list: (value, where, rule) => readList(value, where, KEYS.lists[rule.list]),
};

function fill(message, what, keys, where) {
  for (const [key, rule] of Object.entries(keys)) {
    if (own(what, key)) {
      const value = READ[rule.kind](what[key], where + key, rule);
      if (value !== undefined) {
        message[rule.field || key] = value;
      }
    } else if (rule.must) {
      throw new BadLine(`${where}${key}: missing`);
    }
  }
  return message;
}

const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);

function refuseUnknown(what, where, ...allowed) {
  for (const key of Object.keys(what)) {
    if (!allowed.some((keys) => own(keys, key))) {
      throw new BadLine(`${where}${key.slice(0, 40)}: unknown key`);
    }
  }
}

function readList(value, where, rules) {
  if (!Array.isArray(value)) {
    throw new BadLine(`${where}: not a list`);
  }
  if (value.length > rules.max) {
    throw new BadLine(`${where}: more than ${rules.max} entries`);
  }
  return value.map((entry, place) => {
    const here = `${where}[${place}]`;
    if (!isObject(entry)) {
      throw new BadLine(`${here}: not an object`);
    }
    if (rules.keys !== undefined) {
      refuseUnknown(entry, here + ".", rules.keys);
      return fill({}, entry, rules.keys, here + ".");
    }
    const means = own(entry, "with") ? entry.with : undefined;
    if (typeof means !== "string" || !own(rules.with, means)) {
      throw new BadLine(`${here}.with: ${means === undefined ? "missing" : "unknown"}`);
    }
    const keys = rules.means[means] || rules.means.tender;
    refuseUnknown(entry, here + ".", keys, {with: true});
    return fill({with: rules.with[means]}, entry, keys, here + ".");
  });
}

// What the keys alone do not say.
function judge(event, kind, part) {
  const isTender = (line) => line.with >= KEYS.lists.pay.first_tender;
  const pays = part.pay || [];
  if (event.number === undefined && event.receipt === undefined) {
    throw new BadLine("number: missing, and no receipt is there instead");
  }
  const unlinked = kind === "refund" && part.of === undefined;
  const needed = NEED_MEMBER.includes(kind) || unlinked || (kind === "sale" && !pays.every(isTender));
  if (needed && event.member === undefined) {
    throw new BadLine("member: missing");
  }
  if (kind !== "sale" && kind !== "capture" && !pays.every(isTender)) {
    throw new BadLine("pay: only tenders can pay for this");
  }
  if (unlinked && (part.back || []).length === 0) {
    throw new BadLine("back: needed where a refund has no `of`");
  }
}

// An object of the contract to an Event. Without `number` the event has none: the outbox assigns one.
function toEvent(what) {
  if (!isObject(what)) {
    throw new BadLine("line: not a JSON object");
  }
  if (!own(what, "type")) {
    throw new BadLine("type: missing");
  }
  const kind = what.type;
  if (typeof kind !== "string" || !own(KEYS.types, kind)) {
    throw new BadLine("type: unknown");
  }
  refuseUnknown(what, "", KEYS.common, KEYS.types[kind], {type: true});
  const event = fill({}, what, KEYS.common, "");
  event[kind] = fill({}, what, KEYS.types[kind], "");
  judge(event, kind, event[kind]);
  return event;
}

const encodeEvent = (event) => encode("Event", event);

module.exports = {BadLine, KEYS, encodeEvent, parse, toEvent};
