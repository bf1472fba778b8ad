// Member tokens: a telephone number becomes 9 and 18 digits that only the alliance's key leads to
// (clearing/crypto/member_token.h says how).
"use strict";

const crypto = require("node:crypto");

const TELEPHONE = /^(?:86)?(1[3-9][0-9]{9})$/;
const DOMAIN = Buffer.from("allclear/v1/token\0");
const HALF = 30n;
const NUMBERS = 10n ** 18n;

function bits(key, round, half) {
  const message = Buffer.alloc(5);
  message.writeUInt8(round, 0);
  message.writeUInt32BE(Number(half), 1);
  const mac = crypto.createHmac("sha256", key).update(DOMAIN).update(message).digest();
  return BigInt(mac.readUInt32BE(0)) >> (32n - HALF);
}

function permuted(key, number) {
  let [left, right] = [number >> HALF, number & ((1n << HALF) - 1n)];
  for (let round = 0; round < 10; round++) {
    [left, right] = [right, left ^ bits(key, round, right)];
  }
  return (left << HALF) | right;
}

// What stands for a member's number (a string of digits): a token for a telephone number, else the number.
function tokenOf(key, member) {
  const telephone = TELEPHONE.exec(member);
  if (telephone === null) {
    return member;
  }
  let number = BigInt(telephone[1]);
  do {
    number = permuted(key, number);
  } while (number >= NUMBERS);
  return "9" + number.toString().padStart(18, "0");
}

// An event (an object of the contract) with tokens for its telephone numbers. `key` null: as it is.
function hidden(key, event) {
  if (key === null || typeof event !== "object" || event === null) {
    return event;
  }
  const found = ["member", "referrer"].filter((name) => typeof event[name] === "string")
    .map((name) => [name, tokenOf(key, event[name])]);
  return {...event, ...Object.fromEntries(found)};
}

module.exports = {hidden, tokenOf};
