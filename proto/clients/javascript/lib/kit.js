// Kits and the store's folder. The files are those of `allclear join`, so that either program can go on with a folder:
//
//     node.json            what was pinned at joining: network, store, address, headquarters' two keys
//     keys/store.pem       Ed25519, signs batches (PKCS#8)
//     keys/transport.key   CURVE secret, 64 hex digits and a line feed
//     keys/transport.pub   CURVE public, the same
"use strict";

const crypto = require("node:crypto");
const fs = require("node:fs");
const path = require("node:path");
const zmq = require("zeromq");
const z85 = require("./z85");

const FORMAT = "allclear-kit/1";
const PINNED = ["format", "network", "alliance", "store", "address", "server_key", "ledger_key", "token_key",
  "test"];
const SPKI_ED25519 = Buffer.from("302a300506032b6570032100", "hex"); // DER in front of the 32 bytes

// A kit or a folder that cannot be used: which file, what is wrong with it.
class KitError extends Error {}

function hexKey(fields, name) {
  if (!/^[0-9a-fA-F]{64}$/.test(fields[name])) {
    throw new KitError(`${name}: not 64 hex digits`);
  }
  return Buffer.from(fields[name], "hex");
}

// What headquarters' `invite` gave: bytes instead of hex. `invite` is null in the folder's own copy.
class Kit {
  constructor(fields) {
    if (fields.format !== FORMAT || typeof fields.store !== "string" || typeof fields.address !== "string") {
      throw new KitError(`not a kit of format ${FORMAT}`);
    }
    this.fields = fields;
    this.alliance = fields.alliance;
    this.store = fields.store;
    this.address = fields.address;
    this.network = hexKey(fields, "network");
    this.serverKey = hexKey(fields, "server_key");
    this.ledgerKey = hexKey(fields, "ledger_key");
    this.test = fields.test === true;
    this.tokenKey = fields.token_key === undefined ? null : hexKey(fields, "token_key");
    this.invite = null;
    if (fields.invite_secret !== undefined) {
      this.invite = {public: hexKey(fields, "invite_public"), secret: hexKey(fields, "invite_secret")};
    }
  }
}

// Read a kit, or the folder's node.json.
function readKit(file) {
  try {
    return new Kit(JSON.parse(fs.readFileSync(file, "utf8")));
  } catch (error) {
    throw new KitError(`${file}: ${error.message}; ask headquarters for a new kit`);
  }
}

const sha256 = (...parts) => {
  const hash = crypto.createHash("sha256");
  parts.forEach((part) => hash.update(part));
  return hash.digest();
};

// What is signed: the domain's prefix with its NUL, the network, SHA-256 of the body.
const toSign = (domain, network, body) => Buffer.concat([Buffer.from(domain + "\0"), network, sha256(body)]);

// Did the holder of these 32 bytes sign this?
function isSigned(publicKey, domain, network, body, signature) {
  const key = crypto.createPublicKey({key: Buffer.concat([SPKI_ED25519, publicKey]), format: "der", type: "spki"});
  return crypto.verify(null, toSign(domain, network, body), key, signature);
}

// A store's folder that has been made: the pinned kit and the keys.
class Folder {
  constructor(dir) {
    this.path = dir;
    if (!fs.existsSync(this.file("node.json"))) {
      throw new KitError(`${dir} has not joined an alliance yet: join with a kit first`);
    }
    this.kit = readKit(this.file("node.json"));
    try {
      this.key = crypto.createPrivateKey(fs.readFileSync(this.file("keys/store.pem")));
      this.transport = {
        public: readHex(this.file("keys/transport.pub")),
        secret: readHex(this.file("keys/transport.key")),
      };
    } catch (error) {
      throw new KitError(`${dir}: the keys cannot be read: ${error.message}`);
    }
    this.public = crypto.createPublicKey(this.key).export({format: "der", type: "spki"}).subarray(SPKI_ED25519.length);
    this.keyId = sha256(this.public);
  }

  file(name) {
    return path.join(this.path, name);
  }

  sign(domain, body) {
    return crypto.sign(null, toSign(domain, this.kit.network, body), this.key);
  }
}

// Make a folder for a kit, or open the one that is there: its keys stay.
function makeFolder(kit, dir) {
  const file = (name) => path.join(dir, name);
  fs.mkdirSync(file("keys"), {recursive: true, mode: 0o700});
  if (fs.existsSync(file("node.json"))) {
    const old = readKit(file("node.json"));
    if (!old.network.equals(kit.network) || old.store !== kit.store) {
      throw new KitError(`${dir} is of store ${old.store} of ${old.alliance}: take another folder for this kit`);
    }
  }
  if (!fs.existsSync(file("keys/store.pem"))) {
    const {privateKey} = crypto.generateKeyPairSync("ed25519");
    writeFile(file("keys/store.pem"), privateKey.export({format: "pem", type: "pkcs8"}));
  }
  if (!fs.existsSync(file("keys/transport.pub"))) { // the public half last: then both are there
    const pair = zmq.curveKeyPair();
    writeFile(file("keys/transport.key"), z85.decode(pair.secretKey).toString("hex") + "\n");
    writeFile(file("keys/transport.pub"), z85.decode(pair.publicKey).toString("hex") + "\n");
  }
  const pinned = PINNED.filter((name) => kit.fields[name] !== undefined).map((name) => [name, kit.fields[name]]);
  writeFile(file("node.json"), JSON.stringify(Object.fromEntries(pinned), null, 2));
  return new Folder(dir);
}

// Replace or make a file, mode 0600: on the disk under its name, or the old one is there.
function writeFile(file, data) {
  const fd = fs.openSync(file + ".new", "w", 0o600);
  try {
    fs.writeFileSync(fd, data);
    fs.fsyncSync(fd);
  } finally {
    fs.closeSync(fd);
  }
  fs.renameSync(file + ".new", file);
  syncFolder(path.dirname(file));
}

function syncFolder(dir) {
  const fd = fs.openSync(dir, "r");
  try {
    fs.fsyncSync(fd);
  } finally {
    fs.closeSync(fd);
  }
}

function readHex(file) {
  const text = fs.readFileSync(file, "ascii").trimEnd();
  return hexKey({[file]: text}, file);
}

module.exports = {Folder, Kit, KitError, isSigned, makeFolder, readKit, sha256, syncFolder};
