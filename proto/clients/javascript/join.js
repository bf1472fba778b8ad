#!/usr/bin/env node
// Join an alliance: join.js KIT.json DIR [WAIT_SECONDS]. Exit: 0 asked or approved, 75 not approved in time or not
// reached, 77 refused, 78 the kit or the folder cannot be used.
"use strict";

const {KitError, Refused, Silent, fingerprint, join} = require("./lib");

async function main() {
  const [kit, dir, wait = "0"] = process.argv.slice(2);
  if (dir === undefined) {
    console.error("usage: join.js KIT.json DIR [WAIT_SECONDS]");
    return 64;
  }
  try {
    const approved = await join(kit, dir, Number(wait), (folder) => {
      console.log(`Read this fingerprint to headquarters by telephone:\n    ${fingerprint(folder)}`);
    });
    console.log(approved ? "Approved: this store can publish." : "Asked. Headquarters has to approve the key.");
    return approved || wait === "0" ? 0 : 75;
  } catch (error) {
    if (!(error instanceof KitError || error instanceof Refused || error instanceof Silent)) {
      throw error;
    }
    console.error(`join.js: ${error.message}`);
    return error instanceof KitError ? 78 : error instanceof Refused ? 77 : 75;
  }
}

main().then((code) => {
  process.exitCode = code;
});
