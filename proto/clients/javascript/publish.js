#!/usr/bin/env node
// Publish events (one JSON object a line) as `allclear publish --json` does.
//
//     publish.js FILE ... --dir DIR [--wait SECONDS] [--retry]
//
// Exit: 0 all in (waiting counts as in), 65 some refused, 75 some still pending, 78 the folder cannot be used.
"use strict";

const fs = require("node:fs");
const {parseArgs} = require("node:util");
const {KitError, OutboxError, Refused, Silent, Store} = require("./lib");
const {Tally} = require("./lib/tally");

const complain = (text) => console.error(`publish.js: ${text}`);

async function settle(store, waitS) {
  try {
    await store.settle(Math.min(waitS, 10));
  } catch (error) {
    if (!(error instanceof Refused || error instanceof Silent)) {
      throw error;
    }
    complain(error.message); // what waited is known a little later
  }
}

async function publish(store, files, waitS, retry) {
  if (waitS > 0) {
    await settle(store, waitS);
  }
  const tally = new Tally(store, retry);
  for (const name of files) {
    tally.read(fs.readFileSync(name), name);
  }
  if (waitS > 0) {
    await store.send(waitS);
    store.warnings.forEach(complain);
  }
  const told = tally.settle();
  console.log(JSON.stringify(told));
  return told.pending > 0 ? 75 : told.refused > 0 ? 65 : 0;
}

async function main() {
  const {values, positionals} = parseArgs({
    allowPositionals: true,
    options: {dir: {type: "string"}, wait: {type: "string", default: "30"}, retry: {type: "boolean", default: false}},
  });
  if (values.dir === undefined || positionals.length === 0) {
    complain("usage: publish.js FILE ... --dir DIR [--wait SECONDS] [--retry]");
    return 64;
  }
  try {
    const store = await Store.open(values.dir);
    try {
      return await publish(store, positionals, Number(values.wait), values.retry);
    } finally {
      store.close();
    }
  } catch (error) {
    if (!(error instanceof KitError || error instanceof OutboxError)) {
      throw error;
    }
    complain(error.message);
    return 78;
  }
}

main().then((code) => {
  process.exitCode = code;
});
