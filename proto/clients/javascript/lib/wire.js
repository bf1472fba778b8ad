// The wire: one connection to headquarters' gate, a DEALER over CURVE. It connects again by itself. Nothing is queued
// while there is no connection, and what was sent may be lost: whoever sends waits for the answer.
"use strict";

const zmq = require("zeromq");
const {decode, encode} = require("./schema");
const z85 = require("./z85");

const FRAME_MAX = 98304;
const HIGH_WATER = 64;

const nowMs = () => Number(process.hrtime.bigint() / 1000000n);

// `state` is "connecting", "up", "denied" (headquarters does not know our key) or "stranger" (whoever answers has not
// the kit's server key). `generation` counts handshakes: on another connection nothing of what was sent before is sure
// to have arrived.
class Wire {
  constructor(kit, keys) {
    this.state = "connecting";
    this.generation = 0;
    this.context = new zmq.Context({blocky: false});
    this.socket = new zmq.Dealer({
      context: this.context, linger: 1000, immediate: true, sendHighWaterMark: HIGH_WATER,
      receiveHighWaterMark: HIGH_WATER, maxMessageSize: FRAME_MAX, heartbeatInterval: 5000, heartbeatTimeout: 15000,
      heartbeatTimeToLive: 15000, handshakeInterval: 5000, reconnectInterval: 200, reconnectMaxInterval: 5000,
      tcpKeepalive: 1, sendTimeout: 0, curveServerKey: z85.encode(kit.serverKey),
      curvePublicKey: z85.encode(keys.public), curveSecretKey: z85.encode(keys.secret),
    });
    this.watch();
    this.socket.connect(kit.address);
  }

  watch() {
    const on = (name, change) => this.socket.events.on(name, change);
    on("handshake", () => {
      this.state = "up";
      this.generation++;
    });
    on("handshake:error:auth", () => {
      this.state = "denied";
    });
    for (const name of ["handshake:error:protocol", "handshake:error:other"]) {
      on(name, () => {
        this.state = this.state === "denied" ? "denied" : "stranger";
      });
    }
    on("disconnect", () => {
      this.state = this.state === "up" ? "connecting" : this.state;
    });
  }

  close() {
    this.socket.close();
  }

  // Hand a frame over: send({hello: {...}}). Returns: was there a connection with room?
  async send(frame) {
    try {
      await this.socket.send(encode("Frame", frame));
      return true;
    } catch (error) {
      return notNow(error);
    }
  }

  // Wait for a frame. Returns: it, or null. What is no frame, or has unknown or misplaced fields, is dropped.
  async receive(timeoutMs) {
    try {
      this.socket.receiveTimeout = timeoutMs;
      const parts = await this.socket.receive();
      return parts.length === 1 ? readFrame(parts[0]) : null;
    } catch (error) {
      notNow(error);
      return null;
    }
  }
}

function notNow(error) {
  if (error.code !== "EAGAIN") {
    throw error;
  }
  return false;
}

function readFrame(bytes) {
  try {
    const frame = decode("Frame", bytes);
    return frame.what !== undefined && encode("Frame", frame).equals(bytes) ? frame : null;
  } catch {
    return null;
  }
}

module.exports = {Wire, nowMs};
