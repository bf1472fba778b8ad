// The tally of one publishing: each line read counts as exactly one of accepted, waiting, already, refused, pending.
"use strict";

const {BadLine, parse} = require("./lines");
const {outcomeName} = require("./receipt");

const CHUNK = 1000;
// By outcome; others are refusals.
const NAMES = new Map([[0, "pending"], [1, "accepted"], [2, "waiting"], [3, "already"], [40, "accepted"]]);

class Tally {
  constructor(store, retry = false) {
    this.store = store;
    this.retry = retry;
    this.counts = {read: 0, accepted: 0, waiting: 0, already: 0, refused: 0, pending: 0};
    this.refusals = [];
    this.followed = new Map(); // row's id -> {row, name, place}
  }

  // Read lines (one Buffer) into the outbox, on the disk chunk by chunk.
  read(data, name) {
    let chunk = [];
    let place = 0;
    for (const line of linesOf(data)) {
      place++;
      if (line.length === 0) {
        continue;
      }
      this.counts.read++;
      const event = this.eventOf(line, name, place);
      if (event !== null) {
        chunk.push({event, place});
      }
      if (chunk.length === CHUNK) {
        this.take(chunk, name);
        chunk = [];
      }
    }
    this.take(chunk, name);
  }

  eventOf(line, name, place) {
    try {
      return this.store.read(parse(line));
    } catch (error) {
      if (!(error instanceof BadLine)) {
        throw error;
      }
      this.refuse(name, place, "", "BAD_LINE", error.message);
      return null;
    }
  }

  take(chunk, name) {
    const rows = this.store.outbox.add(chunk.map(({event}) => event));
    if (this.retry) {
      this.store.again(rows.filter((row) => !this.followed.has(row.id)));
    }
    rows.forEach((row, i) => {
      const {place} = chunk[i];
      if ((row.outcome !== 0 && NAMES.has(row.outcome)) || this.followed.has(row.id)) {
        this.counts.already++; // before, or the same event twice in what was read
      } else if (row.outcome !== 0) {
        this.refuseRow(row, name, place);
      } else {
        this.followed.set(row.id, {row, name, place});
      }
    });
  }

  refuseRow(row, name, place) {
    const reason = outcomeName(row.outcome);
    this.refuse(name, place, this.store.reference(row), reason,
      reason === "NUMBER_REUSED" ? "another event has this number" : "");
  }

  refuse(file, line, event, reason, detail) {
    this.counts.refused++;
    this.refusals.push({file, line, event, reason, detail});
  }

  // After the sending: look what became of the lines. Returns: the contract's object.
  settle() {
    for (const {row, name, place} of this.followed.values()) {
      if (!NAMES.has(row.outcome)) {
        this.refuseRow(row, name, place);
      } else {
        this.counts[NAMES.get(row.outcome)]++;
      }
    }
    return {...this.counts, refusals: this.refusals};
  }
}

// Each line without its end.
function* linesOf(data) {
  for (let start = 0; start < data.length;) {
    const found = data.indexOf(10, start);
    let end = found < 0 ? data.length : found;
    const next = end + 1;
    while (end > start && data[end - 1] === 13) {
      end--;
    }
    yield data.subarray(start, end);
    start = next;
  }
}

module.exports = {Tally};
