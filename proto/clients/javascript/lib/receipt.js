// Receipts, verified before they are believed: the record is rebuilt from the receipt's envelope, our own signed bytes
// and the receipt's results; its leaf and the Merkle path (RFC 9162) must give the root of a checkpoint that the pinned
// ledger key signed for our network. The forms are those of clearing/journal/record.h and checkpoint.h.
"use strict";

const {isSigned, sha256} = require("./kit");
const {KEYS} = require("./lines");

const ENVELOPE_LEN = 36; // format, kind, index, received_at, epoch, lengths of payload and results
const CHECKPOINT_BODY = 90;
const CHECKPOINT_LEN = CHECKPOINT_BODY + 32 + 64; // and the key's id, and the signature
const BATCH_KIND = 1;
const RECORD_MAX = 65535;
const PATH_MAX = 64;
const SIZE_END = 2n ** 63n;

// Nothing of this receipt is to be believed, and why.
class FalseReceipt extends Error {}

// The name of an outcome; one of a newer ledger is "OUTCOME_77".
const outcomeName = (number) => KEYS.outcomes[number] || `OUTCOME_${number}`;

function leafOf(receipt, signedBatch) {
  const envelope = Buffer.from(receipt.envelope);
  const record = Buffer.concat([envelope, signedBatch, Buffer.from(receipt.results)]);
  if (envelope.length !== ENVELOPE_LEN || record.length > RECORD_MAX) {
    throw new FalseReceipt(`the envelope has ${envelope.length} bytes, the record ${record.length}`);
  }
  if (envelope.readUInt16BE(0) !== 1 || envelope.readUInt16BE(2) !== BATCH_KIND ||
      envelope.readBigUInt64BE(4) !== BigInt(receipt.index.toString()) ||
      envelope.readUInt32BE(28) !== signedBatch.length || envelope.readUInt32BE(32) !== receipt.results.length) {
    throw new FalseReceipt("the envelope is not that of our batch");
  }
  return sha256(Buffer.from([0]), record);
}

// Verify a signed checkpoint. Returns: {size, root, epoch, timeMs}.
function readCheckpoint(bytes, kit) {
  const data = Buffer.from(bytes);
  if (data.length !== CHECKPOINT_LEN || data.readUInt16BE(0) !== 1 || data.readBigUInt64BE(34) >= SIZE_END ||
      data.readBigUInt64BE(82) >= SIZE_END) {
    throw new FalseReceipt("not a checkpoint of a known format");
  }
  const body = data.subarray(0, CHECKPOINT_BODY);
  if (!body.subarray(2, 34).equals(kit.network) ||
      !data.subarray(CHECKPOINT_BODY, CHECKPOINT_BODY + 32).equals(sha256(kit.ledgerKey))) {
    throw new FalseReceipt("the checkpoint is of another network or was signed with another key");
  }
  if (!isSigned(kit.ledgerKey, "allclear/v1/checkpoint", kit.network, body, data.subarray(CHECKPOINT_BODY + 32))) {
    throw new FalseReceipt("the checkpoint's signature is wrong");
  }
  return {size: body.readBigUInt64BE(34), root: body.subarray(42, 74), epoch: body.readBigUInt64BE(74),
    timeMs: body.readBigUInt64BE(82)};
}

// The root that the path leads to; null where it is not the path of this place.
function rootOf(leaf, place, size, path) {
  let [node, index, last] = [leaf, place, size - 1n];
  if (index >= size) {
    return null;
  }
  for (const sibling of path) {
    if (last === 0n) {
      return null;
    }
    if ((index & 1n) === 1n || index === last) {
      node = sha256(Buffer.from([1]), sibling, node);
      while ((index & 1n) === 0n) { // on the right edge, levels without a sibling have no hash in the path
        index >>= 1n;
        last >>= 1n;
      }
    } else {
      node = sha256(Buffer.from([1]), node, sibling);
    }
    index >>= 1n;
    last >>= 1n;
  }
  return last === 0n ? node : null;
}

// The head of a record's results: how many events, then two bytes for each, outcome and what it waits for.
function readOutcomes(bytes, count) {
  const results = Buffer.from(bytes);
  if (results.length < 2 + 2 * count || results.readUInt16BE(0) !== count) {
    throw new FalseReceipt(`the results are not of ${count} events`);
  }
  const pairs = Array.from({length: count}, (_, i) => [results[2 + 2 * i], results[3 + 2 * i]]);
  if (pairs.some(([outcome]) => outcome === 0)) {
    throw new FalseReceipt("the results of an event are not there");
  }
  return pairs;
}

// Verify the receipt of our batch `sequence` of `count` events; `signedBatch` is what was sent.
// Returns: {outcomes, checkpoint}.
function verify(receipt, kit, signedBatch, sequence, count) {
  if (Number(receipt.sequence) !== sequence || receipt.path.length > PATH_MAX ||
      receipt.path.some((node) => node.length !== 32)) {
    throw new FalseReceipt(`a receipt for batch ${receipt.sequence}, its path of ${receipt.path.length}`);
  }
  const leaf = leafOf(receipt, signedBatch);
  const checkpoint = readCheckpoint(receipt.checkpoint, kit);
  const root = rootOf(leaf, BigInt(receipt.index.toString()), checkpoint.size, receipt.path);
  if (root === null || !root.equals(checkpoint.root)) {
    throw new FalseReceipt(`the Merkle path of record ${receipt.index} does not lead to the signed root`);
  }
  return {outcomes: readOutcomes(receipt.results, count), checkpoint};
}

module.exports = {FalseReceipt, outcomeName, readCheckpoint, readOutcomes, verify};
