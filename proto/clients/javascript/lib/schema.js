// The schema's messages, read from the .proto files beside this library when it is loaded.
"use strict";

const path = require("node:path");
const protobuf = require("protobufjs");

const root = new protobuf.Root();
root.resolvePath = (_, target) => path.join(__dirname, "..", "proto", target);
root.loadSync(["allclear/v1/event.proto", "allclear/v1/batch.proto", "allclear/v1/wire.proto"], {keepCase: true});

const types = {};
for (const name of ["Event", "Batch", "SignedBatch", "Frame", "Receipt"]) {
  types[name] = root.lookupType("allclear.v1." + name);
}
const reasons = root.lookupEnum("allclear.v1.Reason").valuesById;

// Integers of 64 bits are Long in messages, bigint or number elsewhere.
const long = (value, unsigned = false) => protobuf.util.Long.fromString(String(value), unsigned);

// Fields are written in ascending order; what has its default value must be left out by whoever makes the object. Of
// what was decoded, bytes that are absent are an empty list: whoever reads bytes takes Buffer.from of them.
const encode = (name, object) => Buffer.from(types[name].encode(object).finish());
const decode = (name, bytes) => types[name].decode(bytes);

// "HELLO", "GAP" ...
const reasonName = (number) => (reasons[number] || `REASON_${number}`).replace(/^REASON_(?=[A-Z])/, "");

module.exports = {encode, decode, long, reasonName};
