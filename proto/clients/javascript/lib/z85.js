// Z85 (ZeroMQ RFC 32), the form in which ZeroMQ takes CURVE keys: five characters for four bytes.
"use strict";

const DIGITS = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#";

function encode(bytes) {
  let text = "";
  for (let at = 0; at < bytes.length; at += 4) {
    let value = bytes.readUInt32BE(at);
    let group = "";
    for (let i = 0; i < 5; i++) {
      group = DIGITS[value % 85] + group;
      value = Math.floor(value / 85);
    }
    text += group;
  }
  return text;
}

function decode(text) {
  const bytes = Buffer.alloc(text.length / 5 * 4);
  for (let at = 0; at < text.length; at += 5) {
    let value = 0;
    for (const digit of text.slice(at, at + 5)) {
      value = value * 85 + DIGITS.indexOf(digit);
    }
    bytes.writeUInt32BE(value, at / 5 * 4);
  }
  return bytes;
}

module.exports = {decode, encode};
