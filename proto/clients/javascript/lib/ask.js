// Ask: one question to headquarters and its answer.
"use strict";

const crypto = require("node:crypto");
const zlib = require("node:zlib");
const {long, reasonName} = require("./schema");
const {nowMs} = require("./wire");

const AGAIN_MS = 1000; // an answer may be lost: the question is asked again
const DENIED_MS = 1500; // a refused key is tried again: the list of keys may be on its way
const STEP_MS = 50;
const PATIENT = ["HELLO", "BUSY", "GAP"];

class Refused extends Error {} // headquarters says no, and why
class Denied extends Refused {} // it does not let this transport key in
class Silent extends Error {} // no answer within the time: try again later

// Returns: the body of the frame, where it answers the question; null where it does not.
function answerIn(frame, id) {
  if (frame.what === "answer" && String(frame.answer.id) === String(id)) {
    if (frame.answer.refusal !== "") {
      throw new Refused(frame.answer.refusal);
    }
    const body = Buffer.from(frame.answer.body);
    return Number(frame.answer.inflated) > 0 ? zlib.inflateSync(body) : body;
  }
  if (frame.what === "expect" && !PATIENT.includes(reasonName(frame.expect.reason))) {
    throw new Refused(`${reasonName(frame.expect.reason)} ${frame.expect.detail}`);
  }
  return null;
}

// Ask until there is an answer. `hello` is said first on every connection (null with an invite's key).
// Returns: the answer's body, a Buffer.
async function ask(wire, query, waitS, hello = null) {
  const id = BigInt.asUintN(62, crypto.randomBytes(8).readBigUInt64BE()) + 1n; // a late answer is not this one's
  const end = nowMs() + waitS * 1000;
  let [again, generation, denied] = [0, 0, 0];
  while (nowMs() < end) {
    if (wire.state === "up" && (generation !== wire.generation || nowMs() >= again)) {
      const greeted = hello === null || generation === wire.generation || await wire.send({hello});
      if (greeted && await wire.send({query: question(id, query)})) {
        generation = wire.generation;
        again = nowMs() + AGAIN_MS;
      }
    }
    const frame = await wire.receive(STEP_MS);
    const body = frame === null ? null : answerIn(frame, id);
    if (body !== null) {
      return body;
    }
    denied = wire.state === "denied" ? denied || nowMs() : wire.state === "up" ? 0 : denied;
    if (denied > 0 && nowMs() - denied >= DENIED_MS) {
      throw new Denied("headquarters does not know this store's transport key");
    }
  }
  throw new Silent(wire.state === "stranger" ? "whoever answers there has not the server key of the kit"
    : "headquarters does not answer");
}

// An empty body is the default, and left out.
const question = (id, {verb, body}) => body.length > 0 ? {id: long(id, true), verb, body} : {id: long(id, true), verb};

module.exports = {Denied, Refused, Silent, ask};
