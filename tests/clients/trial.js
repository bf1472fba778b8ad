// What a test asks of the library itself: trial.js LIBRARY flips DIR | false DIR EVENT | cut DIR EVENT |
// forge DIR EVENT | ask DIR VERB BODY.
"use strict";

const fs = require("node:fs");
const path = require("node:path");

const [library, verb, dir, ...more] = process.argv.slice(2);
const load = (name) => require(path.join(library, "lib", name));
const batch = load("batch");
const {Courier} = load("courier");
const {FalseReceipt, Store, verify} = load("index");
const {decode, encode} = load("schema");

// What is believed of a receipt's bytes, as text, or null.
function believe(store, ours, data) {
  let receipt;
  try {
    receipt = decode("Receipt", data);
  } catch {
    return null;
  }
  try {
    const sent = encode("SignedBatch", batch.signed(ours.body, ours.signatures[ours.signatures.length - 1]));
    const {outcomes, checkpoint} = verify(receipt, store.folder.kit, sent, ours.sequence, ours.rows.length);
    return `${receipt.index} ${outcomes} ${checkpoint.size} ${checkpoint.root.toString("hex")}`;
  } catch (error) {
    if (!(error instanceof FalseReceipt)) {
      throw error;
    }
    return null;
  }
}

// Flip each bit of the first receipt: refused, or nothing else is believed.
function flips(store) {
  const lines = fs.readFileSync(store.folder.file("outbox.jsonl"), "utf8").split("\n");
  const entry = JSON.parse(lines.find((line) => line.startsWith('{"receipt"')));
  const data = Buffer.from(entry.receipt, "base64");
  const ours = store.outbox.batches.get(Number(decode("Receipt", data).sequence));
  const good = believe(store, ours, data);
  let bad = good === null ? 1 : 0;
  for (let bit = 0; bit < 8 * data.length; bit++) {
    const spoilt = Buffer.from(data);
    spoilt[bit >> 3] ^= 1 << (bit & 7);
    bad += [null, good].includes(believe(store, ours, spoilt)) ? 0 : 1;
  }
  return {bits: 8 * data.length, bad};
}

// Receipts of which a bit is changed on the way: the courier marks nothing and stops.
async function falsify(store, event) {
  store.add(event);
  const wire = store.connect();
  const courier = new Courier(store.folder, store.outbox, wire);
  const honest = courier.takeReceipt.bind(courier);
  courier.takeReceipt = (receipt) => {
    for (const place of [0, 5, 35]) { // of the envelope
      const envelope = Buffer.from(receipt.envelope);
      envelope[place] ^= 1;
      honest({...receipt, results: receipt.results, path: receipt.path, envelope});
    }
  };
  await courier.run(20);
  wire.close();
  return {state: courier.state, warnings: courier.warnings, pending: store.outbox.pending()};
}

// A batch that is signed and not sent: the process ends just then.
function cut(store, event) {
  store.add(event);
  const courier = new Courier(store.folder, store.outbox, null);
  courier.head = store.outbox.last();
  courier.fill();
  return {sequence: store.outbox.last().sequence};
}

// As a copy of the folder would that does not ask where headquarters stands: another body for a sequence.
async function forge(store, event) {
  const last = store.outbox.last();
  const row = store.add(event);
  const {body} = batch.cut(batch.header(store.folder.kit, last.sequence, last.previous, 1), [row.data]);
  const wire = store.connect();
  const courier = new Courier(store.folder, store.outbox, wire);
  const signature = [store.folder.keyId, store.folder.sign("allclear/v1/batch", body)];
  courier.sync = () => wire.send({batch: batch.signed(body, signature)});
  await courier.run(20);
  wire.close();
  return {state: courier.state, warnings: courier.warnings};
}

async function main() {
  const store = await Store.open(dir);
  const verbs = {
    flips: () => flips(store),
    false: () => falsify(store, JSON.parse(more[0])),
    cut: () => cut(store, JSON.parse(more[0])),
    forge: () => forge(store, JSON.parse(more[0])),
    ask: () => more[0] === "balance" ? store.balance(more[1]) : store.query(more[0], more[1], 10),
  };
  console.log(JSON.stringify(await verbs[verb]()));
  store.close();
}

main();
