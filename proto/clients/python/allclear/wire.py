"""The wire: one connection to headquarters' gate, a DEALER over CURVE. It connects again by itself. Nothing is queued
while there is no connection, and what was sent may be lost: whoever sends waits for the answer."""
import time

import zmq
from google.protobuf.message import DecodeError
from zmq.utils import z85
from zmq.utils.monitor import parse_monitor_message

from allclear.v1 import wire_pb2

FRAME_MAX = 98304
HIGH_WATER = 64
_EVENTS = (zmq.EVENT_HANDSHAKE_SUCCEEDED | zmq.EVENT_HANDSHAKE_FAILED_AUTH | zmq.EVENT_HANDSHAKE_FAILED_NO_DETAIL |
           zmq.EVENT_HANDSHAKE_FAILED_PROTOCOL | zmq.EVENT_DISCONNECTED)
_FAILED = (zmq.EVENT_HANDSHAKE_FAILED_NO_DETAIL, zmq.EVENT_HANDSHAKE_FAILED_PROTOCOL)


def now_ms():
    return int(time.monotonic() * 1000)


class Wire:
    """`state` is "connecting", "up", "denied" (headquarters does not know our key) or "stranger" (whoever answers has
    not the kit's server key). `generation` counts handshakes: on another connection nothing of what was sent before is
    sure to have arrived."""

    def __init__(self, kit, public, secret):
        self.state, self.generation = "connecting", 0
        self.context = zmq.Context()
        self.socket = self.context.socket(zmq.DEALER)
        for option, value in ((zmq.LINGER, 1000), (zmq.IMMEDIATE, 1), (zmq.SNDHWM, HIGH_WATER),
                              (zmq.RCVHWM, HIGH_WATER), (zmq.MAXMSGSIZE, FRAME_MAX), (zmq.HEARTBEAT_IVL, 5000),
                              (zmq.HEARTBEAT_TIMEOUT, 15000), (zmq.HEARTBEAT_TTL, 15000),
                              (zmq.HANDSHAKE_IVL, 5000), (zmq.RECONNECT_IVL, 200), (zmq.RECONNECT_IVL_MAX, 5000),
                              (zmq.TCP_KEEPALIVE, 1)):
            self.socket.setsockopt(option, value)
        self.socket.curve_serverkey = z85.encode(kit.server_key)
        self.socket.curve_publickey = z85.encode(public)
        self.socket.curve_secretkey = z85.encode(secret)
        self.monitor = self.socket.get_monitor_socket(_EVENTS)
        self.socket.connect(kit.address)
        self.poller = zmq.Poller()
        self.poller.register(self.socket, zmq.POLLIN)
        self.poller.register(self.monitor, zmq.POLLIN)

    def close(self):
        self.socket.disable_monitor()
        self.monitor.close(0)
        self.socket.close()
        self.context.term()

    def send(self, **what):
        """Hand a frame over: send(hello=Hello(...)). Returns: was there a connection with room?"""
        try:
            self.socket.send(wire_pb2.Frame(**what).SerializeToString(deterministic=True), zmq.NOBLOCK)
        except zmq.Again:
            return False
        return True

    def receive(self, timeout_ms):
        """Wait for a frame; a change of state ends the wait early. Returns: it, or None. What is no frame
        in canonical form is dropped."""
        self.poller.poll(max(0, timeout_ms))
        self._look_at_state()
        try:
            parts = self.socket.recv_multipart(zmq.NOBLOCK)
            frame = wire_pb2.Frame.FromString(parts[0])
        except (zmq.Again, DecodeError):
            return None
        frame.DiscardUnknownFields()
        canonical = len(parts) == 1 and frame.SerializeToString(deterministic=True) == parts[0]
        return frame if canonical and frame.WhichOneof("what") else None

    def _look_at_state(self):
        while self.monitor.poll(0):
            event = parse_monitor_message(self.monitor.recv_multipart())["event"]
            if event == zmq.EVENT_HANDSHAKE_SUCCEEDED:
                self.state, self.generation = "up", self.generation + 1
            elif event == zmq.EVENT_HANDSHAKE_FAILED_AUTH:
                self.state = "denied"
            elif event in _FAILED and self.state != "denied":
                self.state = "stranger"
            elif event == zmq.EVENT_DISCONNECTED and self.state == "up":
                self.state = "connecting"
