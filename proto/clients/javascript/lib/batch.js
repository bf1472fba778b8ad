// Batches: what a store signs. The events' bytes are put in as they are; a body is never encoded again.
"use strict";

const {encode, long} = require("./schema");

const BODY_MAX = 49152;
const EVENTS_MAX = 8192;
const NO_BATCH = Buffer.alloc(32); // the previous of the first

function varint(value) {
  const bytes = [];
  for (; value > 127; value >>>= 7) {
    bytes.push(value & 127 | 128);
  }
  return Buffer.from([...bytes, value]);
}

// Put events (bytes each) behind a Batch message's header, as many as a body holds. Returns: {body, count}.
function cut(header, events) {
  const parts = [header];
  let length = header.length;
  let count = 0;
  for (const event of events) {
    const head = Buffer.concat([Buffer.from([0x3a]), varint(event.length)]); // field 7, a message
    length += head.length + event.length;
    if (length > BODY_MAX || count === EVENTS_MAX) {
      break;
    }
    parts.push(head, event);
    count++;
  }
  return {body: Buffer.concat(parts), count};
}

const header = (kit, sequence, previous, createdMs) => encode("Batch", {version: 1, network: kit.network,
  store: kit.store, sequence: long(sequence, true), previous, created: long(createdMs, true)});

const signed = (body, [keyId, signature]) => ({body, key_id: keyId, signature});

module.exports = {NO_BATCH, cut, header, signed};
