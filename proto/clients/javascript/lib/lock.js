// The folder's lock: flock(2), as the other programs take it, which ends with the process however that ends. Node has
// no such call, so the program `flock` (util-linux) holds it for us, as long as its standard input is open.
"use strict";

const {spawn} = require("node:child_process");

const PATIENCE_S = 2; // a process that was killed is let go of a moment later

// Returns: a promise of a function that gives the lock up, or of null where another process has it.
function take(file) {
  return new Promise((resolve, reject) => {
    // On its own, so that a signal for our process group does not take the lock away before we have ended.
    const holder = spawn("flock", ["--timeout", String(PATIENCE_S), "--close", file, "cat"],
      {stdio: ["pipe", "pipe", "inherit"], detached: true});
    holder.on("error", (error) => reject(new Error(`flock: ${error.message} (package util-linux)`)));
    holder.on("exit", () => resolve(null));
    holder.stdin.on("error", () => {}); // it has ended: its exit says so
    holder.stdout.once("data", () => {
      holder.unref();
      holder.stdin.unref();
      holder.stdout.unref();
      resolve(() => holder.stdin.end());
    });
    holder.stdin.write("\n");
  });
}

module.exports = {take};
