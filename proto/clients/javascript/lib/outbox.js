// The outbox: every event that was handed over and what became of it, on the disk before anything is sent.
//
// One append-only file of JSON Lines, DIR/outbox.jsonl, which the Python client reads and writes as well; what it says
// is in proto/clients/README.md. Each change is written and synced before it counts. A crash may leave a last line
// without its end: it never counted, and is cut off. All rows are held in memory.
"use strict";

const fs = require("node:fs");
const {sha256, syncFolder} = require("./kit");
const {encodeEvent} = require("./lines");
const lock = require("./lock");
const {readOutcomes} = require("./receipt");
const {decode, long} = require("./schema");

// The outbox cannot be read or written, or belongs to somebody else: nothing may be sent.
class OutboxError extends Error {}

const bytesOf = (text) => Buffer.from(text, "base64");
const ascending = (a, b) => a - b;

class Outbox {
  // One process at a time: the folder's lock is held while it is open.
  static async open(folder) {
    if (fs.existsSync(folder.file("outbox.db"))) {
      throw new OutboxError(`${folder.path} has the outbox of the program allclear: go on with that, or take another ` +
        "folder");
    }
    const unlock = await lock.take(folder.file("courier.lock"));
    if (unlock === null) {
      throw new OutboxError(`${folder.path} is in use by another process`);
    }
    try {
      return new Outbox(folder, unlock);
    } catch (error) {
      unlock();
      throw error;
    }
  }

  constructor(folder, unlock) {
    this.unlock = unlock;
    this.rows = [];            // {id, data, terminal, number, sequence, outcome, reason}; outcome 0: not answered yet
    this.byData = new Map();   // event's bytes in base64 -> row
    this.batches = new Map();  // sequence -> {sequence, body, hash, previous, rows, signatures, receipted}
    this.queued = new Set();   // ids
    this.waiting = new Map();  // batches without a receipt
    this.given = new Map();    // terminal:receipt -> number
    this.highest = new Map();  // terminal -> its highest number
    this.checkpoint = null;    // the furthest that a receipt rested on
    this.broken = false;
    this.path = folder.file("outbox.jsonl");
    const head = {outbox: 1, network: folder.kit.network.toString("hex"), store: folder.kit.store};
    this.fd = fs.openSync(this.path, "a+", 0o600);
    if (!this.load(head)) {
      this.commit([head]);
      syncFolder(folder.path);
    }
  }

  close() {
    fs.closeSync(this.fd);
    this.unlock();
  }

  // Returns: was there anything?
  load(head) {
    const data = fs.readFileSync(this.path);
    const whole = data.lastIndexOf(10) + 1;
    if (whole < data.length) {
      fs.ftruncateSync(this.fd, whole);
      fs.fsyncSync(this.fd);
    }
    const lines = data.subarray(0, whole).toString().split("\n").slice(0, -1);
    lines.forEach((line, place) => {
      try {
        const entry = JSON.parse(line);
        if (place === 0 && (entry.outbox !== 1 || entry.network !== head.network || entry.store !== head.store)) {
          throw new OutboxError("it is of another store or network");
        }
        this.apply(entry);
      } catch (error) {
        throw new OutboxError(`${this.path}: line ${place + 1} is damaged (${error.message}): restore the file`);
      }
    });
    return whole > 0;
  }

  // Write and sync, then let count. After an error nothing more is written: what a second sync says about the first is
  // not to be trusted.
  commit(entries) {
    if (this.broken) {
      throw new OutboxError(`${this.path} could not be written: open it again`);
    }
    try {
      const data = Buffer.from(entries.map((entry) => JSON.stringify(entry) + "\n").join(""));
      for (let at = 0; at < data.length;) {
        at += fs.writeSync(this.fd, data, at);
      }
      fs.fsyncSync(this.fd);
    } catch (error) {
      this.broken = true;
      throw new OutboxError(`${this.path}: ${error.message}`);
    }
    entries.forEach((entry) => this.apply(entry));
  }

  apply(entry) {
    MEANS[Object.keys(entry)[0]](this, entry);
  }

  queue(ids) {
    ids.forEach((id) => Object.assign(this.rows[id], {sequence: 0, outcome: 0, reason: 0}));
    this.queued = new Set([...this.queued, ...ids].sort(ascending));
  }

  from(sequence) {
    return [...this.batches.values()].filter((batch) => batch.sequence >= sequence)
      .sort((a, b) => a.sequence - b.sequence);
  }

  // Hand events over. Returns: a row each, the old one where the same was handed over before.
  add(events) {
    const fresh = new Map();
    const found = events.map((event) => {
      const assigned = event.number === undefined;
      if (assigned) {
        event.number = long(this.numberFor(event), true);
      }
      this.noteNumber(event.terminal, Number(event.number));
      const data = encodeEvent(event).toString("base64");
      if (!this.byData.has(data) && !fresh.has(data)) {
        fresh.set(data, assigned ? {event: data, assigned} : {event: data});
      }
      return data;
    });
    if (fresh.size > 0) {
      this.commit([...fresh.values()]);
    }
    return found.map((data) => this.byData.get(data));
  }

  // The number for a till's own receipt text: the one given before, or the terminal's highest and one.
  numberFor(event) {
    const key = `${event.terminal}:${event.receipt}`;
    if (!this.given.has(key)) {
      const number = (this.highest.get(event.terminal) || 0) + 1;
      if (!Number.isSafeInteger(number)) {
        throw new OutboxError(`terminal ${event.terminal} has no number left`);
      }
      this.given.set(key, number);
    }
    return this.given.get(key);
  }

  noteNumber(terminal, number) {
    this.highest.set(terminal, Math.max(number, this.highest.get(terminal) || 0));
  }

  // The first batch above `after` without a receipt, or undefined.
  nextBatch(after) {
    return this.waiting.get(Math.min(...[...this.waiting.keys()].filter((sequence) => sequence > after)));
  }

  // The batch with the highest sequence, or undefined.
  last() {
    return this.from(0).pop();
  }

  lastReceipted() {
    const last = this.from(0).filter((batch) => batch.receipted).pop();
    return last === undefined ? 0 : last.sequence;
  }

  pending() {
    return [...this.waiting.values()].reduce((sum, batch) => sum + batch.rows.length, this.queued.size);
  }
}

// What the entries mean, by their first key.
const MEANS = {
  outbox: () => {},
  event: (outbox, entry) => {
    const data = bytesOf(entry.event);
    const event = decode("Event", data);
    const row = {id: outbox.rows.length, data, terminal: event.terminal, number: Number(event.number), sequence: 0,
      outcome: 0, reason: 0};
    outbox.rows.push(row);
    outbox.byData.set(entry.event, row);
    outbox.queued.add(row.id);
    outbox.noteNumber(row.terminal, row.number);
    if (entry.assigned) {
      outbox.given.set(`${event.terminal}:${event.receipt}`, row.number);
    }
  },
  batch: (outbox, entry) => {
    const body = bytesOf(entry.batch);
    const head = decode("Batch", body);
    const batch = {sequence: Number(head.sequence), body, hash: sha256(body), previous: Buffer.from(head.previous),
      rows: entry.rows, signatures: [], receipted: false};
    outbox.batches.set(batch.sequence, batch);
    outbox.waiting.set(batch.sequence, batch);
    for (const id of batch.rows) {
      outbox.rows[id].sequence = batch.sequence;
      outbox.queued.delete(id);
    }
  },
  sign: (outbox, entry) => {
    outbox.batches.get(entry.sign).signatures.push([Buffer.from(entry.key_id, "hex"),
      Buffer.from(entry.signature, "hex")]);
  },
  receipt: (outbox, entry) => {
    const receipt = decode("Receipt", bytesOf(entry.receipt));
    const batch = outbox.batches.get(Number(receipt.sequence));
    batch.receipted = true;
    outbox.waiting.delete(batch.sequence);
    readOutcomes(receipt.results, batch.rows.length).forEach(([outcome, reason], place) => {
      Object.assign(outbox.rows[batch.rows[place]], {outcome, reason});
    });
    if (entry.furthest) {
      outbox.checkpoint = receipt.checkpoint;
    }
  },
  again: (outbox, entry) => outbox.queue(entry.again),
  forget: (outbox, entry) => {
    for (const batch of outbox.from(entry.forget)) {
      batch.receipted = false;
      outbox.waiting.set(batch.sequence, batch);
    }
  },
  break: (outbox, entry) => {
    for (const batch of outbox.from(entry.break)) {
      outbox.queue(batch.rows);
      outbox.batches.delete(batch.sequence);
      outbox.waiting.delete(batch.sequence);
    }
  },
  settled: (outbox, entry) => {
    Object.assign(outbox.rows[entry.settled], {outcome: entry.outcome, reason: entry.reason});
  },
};

module.exports = {Outbox, OutboxError};
