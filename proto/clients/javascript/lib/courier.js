// The courier: carries the outbox's events to headquarters and their receipts back.
//
//     offline  hello is said (again and again) until headquarters answers where it is
//     going    batches are sent in order, at most WINDOW without a receipt (go-back-n); silence, another connection or
//              a doubt leads back to offline
//     stopped  headquarters refuses for a reason that waiting does not mend
"use strict";

const batches = require("./batch");
const {sha256} = require("./kit");
const {FalseReceipt, readCheckpoint, verify} = require("./receipt");
const {encode, reasonName} = require("./schema");
const {nowMs} = require("./wire");

const WINDOW = 8;
const BACKOFF_MS = 200;
const BACKOFF_MAX_MS = 30000;
const PATIENCE_MS = 1000;
const BAD_RECEIPTS_MAX = 3;
const STEP_MS = 100;

const JOIN_AGAIN = "the kit and this folder's keys do not fit together: join again";
const COMPARE = "it cannot read what this program sends: compare the versions";
const STOPS = {
  FROZEN: "this store is frozen until headquarters unfreezes it",
  UNKNOWN_KEY: "this store's key is not approved, or no longer: read its fingerprint to headquarters",
  CLOSED: "this store has been closed",
  EQUIVOCATION: "another batch has this number there; is a copy of this folder in use? The store is frozen until " +
    "headquarters unfreezes it",
  WRONG_STORE: JOIN_AGAIN,
  WRONG_NETWORK: JOIN_AGAIN,
  BAD_SIGNATURE: JOIN_AGAIN,
  VERSION: "this program and headquarters' do not speak the same version",
  MALFORMED: COMPARE,
  TOO_LARGE: COMPARE,
};

const helloOf = (kit) => ({version: 1, network: kit.network, store: kit.store, agent: "allclear-javascript 1"});
const jitter = (ms) => Math.trunc(ms * (0.75 + Math.random() / 2));

class Courier {
  constructor(folder, outbox, wire) {
    Object.assign(this, {folder, outbox, wire});
    this.state = "offline";
    this.warnings = []; // for people; the last says why it stopped
    this.head = {sequence: 0, hash: batches.NO_BATCH}; // where the chain goes on
    this.flights = new Map(); // sequence -> was it sent?
    this.cursor = 0; // batches up to here without a receipt are in flight
    this.generation = 0; // of the connection that hello was said on
    this.helloAt = 0;
    this.pause = 0;
    this.resendAt = 0;
    this.deafUntil = 0;
    this.gapAt = 0;
    this.backoff = BACKOFF_MS;
    this.doubt = false;
    this.badReceipts = 0;
    this.receipts = 0;
  }

  // Send until all has its receipt, or nothing has moved for so long, or headquarters refuses.
  async run(waitS) {
    let seen = this.receipts;
    let end = nowMs() + waitS * 1000;
    while (this.outbox.pending() > 0 && this.state !== "stopped" && nowMs() < end) {
      await this.step();
      if (this.receipts !== seen) {
        seen = this.receipts;
        end = nowMs() + waitS * 1000;
      }
    }
  }

  async step() {
    let frame = await this.wire.receive(STEP_MS);
    this.lookAtTime();
    for (; frame !== null; frame = await this.wire.receive(0)) {
      this.take(frame);
    }
    if (this.state === "going") {
      this.fill();
      await this.send();
    } else if (this.state === "offline") {
      await this.sayHello();
    }
  }

  stop(text) {
    this.warnings.push(text);
    this.state = "stopped";
    this.flights.clear();
  }

  askAgain() {
    this.state = "offline";
    this.helloAt = 0;
    this.flights.clear();
    this.cursor = 0;
  }

  // --- time ---

  patience() {
    return jitter(Math.max(PATIENCE_MS, this.backoff));
  }

  nextBackoff() {
    const now = this.backoff;
    this.backoff = Math.min(2 * now, BACKOFF_MAX_MS);
    return jitter(now);
  }

  // Another connection has lost what was under way; so may a silent one have.
  lookAtTime() {
    if (this.state === "stopped") {
      return;
    }
    if (this.generation !== this.wire.generation) {
      this.generation = this.wire.generation;
      this.backoff = BACKOFF_MS;
      this.askAgain();
    } else if (this.state === "going" && this.flights.size > 0 && nowMs() >= this.resendAt) {
      this.nextBackoff();
      this.askAgain();
    }
  }

  async sayHello() {
    if (nowMs() >= Math.max(this.helloAt, this.pause) && this.wire.state === "up") {
      this.helloAt = nowMs() + this.patience();
      await this.wire.send({hello: helloOf(this.folder.kit)});
    }
  }

  // --- what headquarters says ---

  take(frame) {
    if (frame.what === "receipt") {
      this.takeReceipt(frame.receipt);
    } else if (frame.what === "expect") {
      this.takeExpect(frame.expect);
    }
  }

  takeExpect(expect) {
    const reason = reasonName(expect.reason);
    if (reason === "HELLO") {
      if (this.state === "offline") {
        this.sync(Number(expect.sequence), Buffer.from(expect.last));
      }
    } else if (reason === "GAP") {
      this.gap(Number(expect.sequence));
    } else if (reason === "BUSY") {
      const own = nowMs() >= this.pause ? this.nextBackoff() : 0; // one of a whole window says it for all
      this.pause = Math.max(this.pause, nowMs() + Math.max(own, Math.min(expect.retry_after_ms, BACKOFF_MAX_MS)));
      this.flights.clear();
      this.cursor = 0;
    } else {
      const detail = expect.detail === "" ? "" : `, ${expect.detail}`;
      this.stop(`headquarters answers ${reason}${detail}: ${STOPS[reason] || "this program does not know it"}`);
    }
  }

  gap(sequence) {
    if (this.state !== "going" || (sequence === this.gapAt && nowMs() < this.deafUntil)) {
      return; // hello is being said; or each batch behind the gap is answered so
    }
    if (!this.outbox.waiting.has(sequence)) {
      this.askAgain();
      return;
    }
    this.gapAt = sequence;
    this.deafUntil = nowMs() + this.patience();
    this.flights = new Map([...this.flights].filter(([one]) => one < sequence));
    this.cursor = Math.min(this.cursor, sequence - 1);
  }

  // Take headquarters' word for where the chain of batches stands, or come to doubt it.
  sync(next, theirs) {
    const {outbox} = this;
    const taken = next - 1;
    const last = taken === 0 ? batches.NO_BATCH : theirs;
    if (next === 0 || last.length !== 32) {
      return; // it does not know: hello is said again after a while
    }
    if (outbox.lastReceipted() > taken && !this.doubt) {
      this.doubt = true; // a receipt may have overtaken this answer: ask once more
      this.askAgain();
      return;
    }
    const [at, ours, following] = [outbox.batches.get(taken), outbox.last(), outbox.batches.get(taken + 1)];
    if (at !== undefined && !at.hash.equals(last)) {
      this.syncForked(taken, last, at);
    } else if (ours === undefined || ours.sequence <= taken) {
      this.goOn(taken, last);
    } else if (following !== undefined && following.previous.equals(last)) {
      this.forget(taken);
      this.goOn(ours.sequence, ours.hash);
    } else {
      this.breakFrom(taken, taken + 1);
      this.goOn(taken, last);
    }
  }

  syncForked(taken, last, at) {
    const open = this.outbox.nextBatch(0);
    if (at.receipted || open === undefined || open.sequence > taken) {
      this.stop(`headquarters' batch ${taken} is not the one that its receipt named: it shows another history. ` +
        "Nothing is sent; keep this folder as evidence");
      return;
    }
    this.breakFrom(taken, open.sequence);
    this.goOn(taken, last);
  }

  forget(taken) {
    const lost = this.outbox.from(taken + 1).filter((batch) => batch.receipted).length;
    if (lost > 0) {
      this.outbox.commit([{forget: taken + 1}]);
      this.warnings.push(`headquarters has lost ${lost} batches from number ${taken + 1} on, for which it had given ` +
        "receipts (restored from a backup?); they are sent again. Tell headquarters");
    }
  }

  // The chains part: what we have from `first` on goes again in new batches; numbers keep events single.
  breakFrom(taken, first) {
    this.outbox.commit([{break: first}]);
    this.warnings.push(`headquarters goes on from batch ${taken + 1}, which does not fit this outbox: the events ` +
      `from batch ${first} on are sent in new batches`);
  }

  goOn(sequence, hash) {
    this.head = {sequence, hash};
    this.state = "going";
    this.doubt = false;
    this.flights.clear();
    this.cursor = 0;
    this.resendAt = 0;
  }

  takeReceipt(receipt) {
    const batch = this.outbox.batches.get(Number(receipt.sequence));
    if (batch === undefined || batch.receipted) {
      return;
    }
    let furthest;
    try {
      furthest = this.compare(this.verify(batch, receipt).checkpoint);
    } catch (error) {
      this.doubtReceipt(receipt, error);
      return;
    }
    this.outbox.commit([{receipt: encode("Receipt", receipt).toString("base64"), furthest}]);
    this.flights.delete(batch.sequence);
    this.badReceipts = 0;
    this.backoff = BACKOFF_MS;
    this.resendAt = nowMs() + this.patience();
    this.receipts++;
  }

  doubtReceipt(receipt, error) {
    if (!(error instanceof FalseReceipt)) {
      throw error;
    }
    this.warnings.push(`a receipt for batch ${receipt.sequence} is not to be believed: ${error.message}`);
    if (++this.badReceipts >= BAD_RECEIPTS_MAX) {
      this.state = "stopped";
    }
  }

  // Try all signatures that were sent for this body: the first that arrived was journaled.
  verify(batch, receipt) {
    let error = new FalseReceipt("the batch was never sent");
    for (const signature of [...batch.signatures].reverse()) {
      const sent = encode("SignedBatch", batches.signed(batch.body, signature));
      try {
        return verify(receipt, this.folder.kit, sent, batch.sequence, batch.rows.length);
      } catch (why) {
        error = why;
      }
    }
    throw error;
  }

  // Headquarters must not show two histories. Returns: is this checkpoint the furthest now?
  compare(now) {
    if (this.outbox.checkpoint === null) {
      return true;
    }
    const old = readCheckpoint(this.outbox.checkpoint, this.folder.kit);
    if (now.size === old.size && !now.root.equals(old.root)) {
      throw new FalseReceipt(`headquarters has signed two journals of ${now.size} records`);
    }
    if (now.size > old.size && now.epoch < old.epoch) {
      throw new FalseReceipt(`an earlier writer (epoch ${now.epoch}) goes on after a later one (${old.epoch})`);
    }
    return now.size > old.size || now.epoch > old.epoch;
  }

  // --- the window ---

  // Waiting batches first, then new ones; all signed with the current key.
  fill() {
    while (this.flights.size < WINDOW && nowMs() >= this.pause) {
      const batch = this.outbox.nextBatch(this.flights.size > 0 ? this.cursor : 0) || this.cut();
      if (batch === null) {
        return;
      }
      const newest = batch.signatures[batch.signatures.length - 1];
      if (newest === undefined || !newest[0].equals(this.folder.keyId)) {
        const signature = this.folder.sign("allclear/v1/batch", batch.body);
        this.outbox.commit([{sign: batch.sequence, key_id: this.folder.keyId.toString("hex"),
          signature: signature.toString("hex")}]);
      }
      this.flights.set(batch.sequence, false);
      this.cursor = batch.sequence;
    }
  }

  // Put what is queued into a new batch. Returns: it, or null.
  cut() {
    const ids = [...this.outbox.queued];
    if (ids.length === 0) {
      return null;
    }
    const header = batches.header(this.folder.kit, this.head.sequence + 1, this.head.hash, Date.now());
    const {body, count} = batches.cut(header, ids.map((id) => this.outbox.rows[id].data));
    this.outbox.commit([{batch: body.toString("base64"), rows: ids.slice(0, count)}]);
    this.head = {sequence: this.head.sequence + 1, hash: sha256(body)};
    return this.outbox.batches.get(this.head.sequence);
  }

  async send() {
    for (const [sequence, sent] of this.flights) {
      if (!sent) {
        const {body, signatures} = this.outbox.batches.get(sequence);
        const batch = batches.signed(body, signatures[signatures.length - 1]);
        this.flights.set(sequence, await this.wire.send({batch}));
      }
    }
    if (this.flights.size === 0) {
      this.resendAt = 0; // patience runs while something is in flight
    } else if (this.resendAt === 0) {
      this.resendAt = nowMs() + this.patience();
    }
  }
}

module.exports = {Courier, helloOf};
