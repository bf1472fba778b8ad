// A store's client of AllClear, made from the public schema (allclear/v1). See proto/clients/README.md.
"use strict";

const {Denied, Refused, Silent} = require("./ask");
const {fingerprint, join} = require("./joining");
const {Folder, Kit, KitError, readKit} = require("./kit");
const {BadLine} = require("./lines");
const {OutboxError} = require("./outbox");
const {FalseReceipt, verify} = require("./receipt");
const {Store} = require("./store");

module.exports = {BadLine, Denied, FalseReceipt, Folder, Kit, KitError, OutboxError, Refused, Silent, Store,
  fingerprint, join, readKit, verify};
