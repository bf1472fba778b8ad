"""A door of tills and the tills that come in by it."""
import http.client
import json
import os
import re
import resource
import select
import signal
import socket
import subprocess
import time

from network import Broken, DAY

LINES = "application/x-ndjson"
START_S = 30
ANSWER_S = 30


class Door:
    """`allclear till serve` for these stores' folders."""

    def __init__(self, binaries, log, *arguments):
        self.bin, self.log, self.arguments = binaries, log, arguments
        self.process = None
        self.port = 0

    def start(self, limit=None):
        def prepare():
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            if limit is not None:
                resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
        listen = "127.0.0.1:%d" % self.port  # again the same one after a restart
        with open(self.log, "a") as log:
            self.process = subprocess.Popen(
                [os.path.join(self.bin, "allclear"), "--lang", "en", "till", "serve", "--listen", listen,
                 *self.arguments], stdout=subprocess.PIPE, stderr=log, text=True, preexec_fn=prepare)
        line = self.process.stdout.readline()
        found = re.search(r"http://127\.0\.0\.1:(\d+)/", line)
        if found is None:
            raise Broken("the door did not open: %r\n%s" % (line, self.logged()[-2000:]))
        self.port = int(found[1])

    def logged(self):
        with open(self.log, errors="replace") as file:
            return file.read()

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self):
        """Returns: the exit code."""
        if self.process is None or self.process.poll() is not None:
            return None
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            self.kill()
            return "killed"

    def raw(self, data, patience=1.0):
        """Send bytes as they are, and no more once there is no answer for so long. Returns: status (0: cut off
        without one) and body."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=ANSWER_S) as peer:
            got = b""
            try:
                peer.sendall(data)
                if not select.select([peer], [], [], patience)[0]:
                    peer.shutdown(socket.SHUT_WR)
                while True:
                    more = peer.recv(65536)
                    if not more:
                        break
                    got += more
            except (BrokenPipeError, ConnectionResetError):
                pass
        found = re.match(rb"HTTP/1\.[01] (\d+)", got)
        return int(found[1]) if found else 0, got.partition(b"\r\n\r\n")[2]


class Till:
    """One till with its token, over one connection that is opened again when it is lost."""

    def __init__(self, door, token, terminal="1"):
        self.door, self.token, self.terminal = door, token, terminal
        self.connection = None

    def ask(self, method, path, body=None, headers=None):
        """Returns: status, headers, body text."""
        words = {"Authorization": "Bearer " + self.token}
        if body is not None:
            words["Content-Type"] = LINES
        words.update(headers or {})
        for again in (True, False):
            if self.connection is None:
                self.connection = http.client.HTTPConnection("127.0.0.1", self.door.port, timeout=ANSWER_S)
            try:
                self.connection.request(method, path, body, {k: v for k, v in words.items() if v is not None})
                answer = self.connection.getresponse()
                return answer.status, answer.headers, answer.read().decode()
            except (http.client.HTTPException, ConnectionError):
                self.connection.close()
                self.connection = None
                if not again:
                    raise
        return None

    def get(self, path):
        """Returns: status and the object."""
        status, _, text = self.ask("GET", path)
        return status, json.loads(text)

    def post(self, *events):
        """Returns: status and the objects, or the error."""
        body = "".join((event if isinstance(event, str) else json.dumps(event)) + "\n" for event in events)
        status, headers, text = self.ask("POST", "/v1/events", body.encode())
        if headers["Content-Type"] == LINES:
            return status, [json.loads(line) for line in text.splitlines()]
        return status, json.loads(text)

    def outcomes(self, *events):
        status, rows = self.post(*events)
        return [status] + ([row["outcome"] for row in rows] if isinstance(rows, list) else [rows["error"]])

    def outcome(self, number):
        status, row = self.get("/v1/events/%s/%d" % (self.terminal, number))
        return row["outcome"] if status == 200 else status

    def settled(self, number, seconds=30):
        """Wait for an outcome other than PENDING."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            outcome = self.outcome(number)
            if outcome != "PENDING":
                return outcome
            time.sleep(0.05)
        return "PENDING"

    def health(self):
        return self.get("/v1/health")[1]

    def connected(self, wanted=True, seconds=30):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if self.health()["connected"] == wanted:
                return True
            time.sleep(0.05)
        return False

    def card(self, member):
        """What a member's card holds, in fen; the status where there is no answer."""
        status, answer = self.get("/v1/balance/%s" % member)
        if status != 200:
            return status
        return sum(row.get("principal_fen", 0) + row.get("bonus_fen", 0) for row in answer["products"])


def event(kind, number, member="6200000017", terminal="1", **more):
    told = {"type": kind, "terminal": terminal, "at": DAY + "T10:40:00+08:00", "member": member, **more}
    if number is not None:
        told["number"] = number
    return told


def topup(number, fen, **more):
    return event("topup", number, product="card", principal_fen=fen, **more)


def sale(number, fen, **more):
    return event("sale", number, gross_fen=fen, pay=[{"with": "stored_value", "product": "card", "amount_fen": fen}],
                 **more)
