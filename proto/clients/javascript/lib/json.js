// Strict JSON: integers become bigint, so that none loses a digit; a key that stands twice, a fraction and an exponent
// are refused, which JSON.parse lets pass.
"use strict";

class JsonError extends Error {}

const SPACE = /[ \t\n\r]*/y;
const INTEGER = /-?(?:0|[1-9][0-9]*)(?![0-9.eE])/y;
const STRING = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
const WORD = /true|false|null/y;
const DEPTH_MAX = 32;

class Reader {
  constructor(text) {
    this.text = text;
    this.at = 0;
  }

  fail(what) {
    throw new JsonError(`not JSON: ${what} (column ${this.at + 1})`);
  }

  match(pattern) {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text);
    if (found !== null) {
      this.at += found[0].length;
    }
    return found && found[0];
  }

  take(character) {
    this.match(SPACE);
    if (this.text[this.at] !== character) {
      return false;
    }
    this.at++;
    return true;
  }

  value(depth) {
    if (depth > DEPTH_MAX) {
      this.fail("too deep");
    }
    this.match(SPACE);
    switch (this.text[this.at]) {
      case "{":
        return this.object(depth);
      case "[":
        return this.array(depth);
      case '"':
        return this.string();
      default:
        return this.scalar();
    }
  }

  scalar() {
    const word = this.match(WORD);
    if (word !== null) {
      return JSON.parse(word);
    }
    const digits = this.match(INTEGER);
    if (digits === null) {
      this.fail("an integer, a string, true, false, null, a list or an object is due");
    }
    return BigInt(digits);
  }

  string() {
    const text = this.match(STRING);
    if (text === null) {
      this.fail("a string that does not end well");
    }
    return JSON.parse(text);
  }

  array(depth) {
    const values = [];
    this.take("[");
    if (this.take("]")) {
      return values;
    }
    do {
      values.push(this.value(depth + 1));
    } while (this.take(","));
    return this.take("]") ? values : this.fail("a list without its end");
  }

  object(depth) {
    const object = Object.create(null);
    this.take("{");
    if (this.take("}")) {
      return object;
    }
    do {
      this.match(SPACE);
      const key = this.string();
      if (key in object) {
        this.fail("a key stands twice");
      }
      if (!this.take(":")) {
        this.fail("a colon is due");
      }
      object[key] = this.value(depth + 1);
    } while (this.take(","));
    return this.take("}") ? object : this.fail("an object without its end");
  }
}

function parse(text) {
  const reader = new Reader(text);
  const value = reader.value(0);
  reader.match(SPACE);
  return reader.at === text.length ? value : reader.fail("something follows");
}

module.exports = {JsonError, parse};
