// Joining: a store's keys are made on the spot, and headquarters is asked to take them.
"use strict";

const {setTimeout: sleep} = require("node:timers/promises");
const {Denied, Refused, Silent, ask} = require("./ask");
const {helloOf} = require("./courier");
const {KitError, makeFolder, readKit} = require("./kit");
const {Wire, nowMs} = require("./wire");

const ASK_S = 10;

// What is read to headquarters by telephone: sixteen groups of four.
const fingerprint = (folder) => folder.keyId.toString("hex").match(/.{4}/g).join(" ");

// Make the folder's keys and ask for their approval; running it again is fine. `asked` is called with the Folder once
// headquarters has the request. Waits for the approval for so long. Returns: is the store approved?
async function join(kitPath, dir, waitS = 0, asked = () => {}) {
  const kit = readKit(kitPath);
  if (kit.invite === null) {
    throw new KitError(`${kitPath} has no invite: ask headquarters for a new kit`);
  }
  const folder = makeFolder(kit, dir);
  const keys = Buffer.concat([folder.public, folder.transport.public]);
  const request = Buffer.concat([keys, folder.sign("allclear/v1/join", keys)]);
  const end = nowMs() + waitS * 1000;
  for (let told = false; ; told = true) {
    const approved = await askOnce(folder, kit, request);
    if (!told) {
      asked(folder);
    }
    if (approved || nowMs() >= end) {
      return approved;
    }
    await sleep(500);
  }
}

async function askOnce(folder, kit, request) {
  const wire = new Wire(kit, kit.invite);
  try {
    return JSON.parse(await ask(wire, {verb: "join", body: request}, ASK_S)).state === "approved";
  } catch (error) {
    if (error instanceof Refused && await isLetIn(folder)) {
      return true; // an invite ends with its approval: then the store's own key opens the door
    }
    throw error;
  } finally {
    wire.close();
  }
}

async function isLetIn(folder) {
  const wire = new Wire(folder.kit, folder.transport);
  try {
    await ask(wire, {verb: "head", body: Buffer.alloc(0)}, ASK_S, helloOf(folder.kit));
    return true;
  } catch (error) {
    if (error instanceof Denied || error instanceof Refused || error instanceof Silent) {
      return false;
    }
    throw error;
  } finally {
    wire.close();
  }
}

module.exports = {fingerprint, join};
