// The store: what a till's program uses. One process a folder.
"use strict";

const {ask} = require("./ask");
const {Courier, helloOf} = require("./courier");
const {Folder} = require("./kit");
const {toEvent} = require("./lines");
const {hidden, tokenOf} = require("./member_token");
const {Outbox} = require("./outbox");
const {outcomeName} = require("./receipt");
const {Wire} = require("./wire");

const SETTLE_AT_ONCE = 500;
const UNSETTLED = [2, 3]; // WAITING, DUPLICATE: they may change at headquarters
const NUMBERS = new Map(Array.from({length: 256}, (_, number) => [outcomeName(number), number]));

// A folder that has joined.
//
//     const store = await Store.open("/var/lib/pos/allclear");
//     const row = store.add({type: "sale", ...});
//     await store.send();
//     console.log(store.outcome(row));
//     store.close();
class Store {
  static async open(dir) {
    const folder = new Folder(dir);
    return new Store(folder, await Outbox.open(folder));
  }

  constructor(folder, outbox) {
    this.folder = folder;
    this.outbox = outbox;
    this.warnings = []; // of the last send, for people
  }

  close() {
    this.outbox.close();
  }

  // Hand over events (objects of the contract; integers as number or bigint). They are on the disk when this returns.
  // BadLine refuses all. Returns: a row each (one alone for one event).
  add(...events) {
    const rows = this.outbox.add(events.map((event) => this.read(event)));
    return events.length === 1 ? rows[0] : rows;
  }

  // An object of the contract to an event, with tokens for telephone numbers. Throws BadLine.
  read(event) {
    return toEvent(hidden(this.folder.kit.tokenKey, event));
  }

  // Send what is pending until all has its receipt, or no receipt came for so long, or headquarters refuses (warnings
  // say why). Returns: how many events are still pending.
  async send(waitS = 30) {
    if (this.outbox.pending() === 0) {
      return 0;
    }
    const wire = this.connect();
    try {
      const courier = new Courier(this.folder, this.outbox, wire);
      await courier.run(waitS);
      this.warnings = courier.warnings;
      if (this.warnings.length === 0 && this.outbox.pending() > 0) {
        this.warnings = [`headquarters does not answer (${wire.state})`];
      }
    } finally {
      wire.close();
    }
    return this.outbox.pending();
  }

  // [name, of what it waits for]: ["ACCEPTED", ""], ["WAITING", "UNKNOWN_MEMBER"], ["NONE", ""] while pending.
  outcome(row) {
    return [outcomeName(row.outcome), row.reason === 0 ? "" : outcomeName(row.reason)];
  }

  // Send refused events once more.
  again(rows) {
    const ids = rows.filter((row) => row.outcome > 3 && row.outcome !== 40).map((row) => row.id);
    if (ids.length > 0) {
      this.outbox.commit([{again: ids}]);
    }
  }

  // Learn what became of events that waited.
  async settle(waitS = 10) {
    const rows = this.outbox.rows.filter((row) => UNSETTLED.includes(row.outcome));
    for (let start = 0; start < rows.length; start += SETTLE_AT_ONCE) {
      const named = new Map(rows.slice(start, start + SETTLE_AT_ONCE).map((row) => [this.reference(row), row]));
      const answer = await this.query("events", [...named.keys()].map((name) => name + "\n").join(""), waitS);
      this.outbox.commit(answer.events.flatMap((said) => settled(named, said)));
    }
  }

  // store:terminal:number, as it is printed on the receipt.
  reference(row) {
    return `${this.folder.kit.store}:${row.terminal}:${row.number}`;
  }

  // --- what a store may always read of its own ---

  positions(waitS = 10) {
    return this.query("positions", "", waitS);
  }

  statement(cycle, waitS = 10) {
    return this.query("statement", cycle, waitS);
  }

  balance(member, waitS = 10) {
    const key = this.folder.kit.tokenKey;
    return this.query("balance", key === null ? member : tokenOf(key, member), waitS);
  }

  head(waitS = 10) {
    return this.query("head", "", waitS);
  }

  // Returns: headquarters' answer, an object. Throws Refused, Denied or Silent.
  async query(verb, body, waitS) {
    const wire = this.connect();
    try {
      return JSON.parse(await ask(wire, {verb, body: Buffer.from(body)}, waitS, helloOf(this.folder.kit)));
    } finally {
      wire.close();
    }
  }

  connect() {
    return new Wire(this.folder.kit, this.folder.transport);
  }
}

function settled(named, said) {
  const row = named.get(said.event);
  const outcome = NUMBERS.get(said.outcome) || 0;
  if (row === undefined || outcome === 0 || outcome === row.outcome) {
    return [];
  }
  return [{settled: row.id, outcome, reason: NUMBERS.get(said.reason) || 0}];
}

module.exports = {Store};
