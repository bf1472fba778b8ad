#!/usr/bin/env python3
"""The daemon under a supervisor of systemd's protocol: ready, alive, stopping; no sign of life while the
disk hangs.

    tests/packages/watched.py --bin build/release/bin

The last line is `N passed, N failed`.
"""
import argparse
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(TOP, "tests", "network"))
from network import Network, Verdicts  # noqa: E402 (the path has to be known first)

WATCHDOG_S = 1.0
# A disk that hangs as long as a file is there.
HANG = """
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <unistd.h>
int fdatasync(int fd)
{
    while (access(getenv("HANG_WHILE"), F_OK) == 0) {
        usleep(10000);
    }
    return ((int (*)(int))dlsym(RTLD_NEXT, "fdatasync"))(fd);
}
"""


class Supervisor:
    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(path)

    def told(self, seconds, until=None):
        """The datagrams of so many seconds, or up to the first that holds `until`."""
        end, found = time.monotonic() + seconds, []
        while time.monotonic() < end:
            self.socket.settimeout(max(0.01, end - time.monotonic()))
            try:
                found.append(self.socket.recv(4096).decode())
            except socket.timeout:
                break
            if until is not None and until in found[-1]:
                break
        return found


def hanging_disk(folder):
    source, library = os.path.join(folder, "hang.c"), os.path.join(folder, "hang.so")
    with open(source, "w", encoding="utf-8") as file:
        file.write(HANG)
    subprocess.run(["gcc", "-shared", "-fPIC", "-o", library, source, "-ldl"], check=True)
    return library


def judge(network, verdicts, folder):
    supervisor = Supervisor(os.path.join(folder, "notify"))
    flag = os.path.join(folder, "hang")
    network.must("init", "--dir", network.hq, "--sample", "f1", "--test-clock", "--start", "2026-03-01T08:00:00+08:00")
    os.environ.update(NOTIFY_SOCKET=os.path.join(folder, "notify"), WATCHDOG_USEC=str(int(WATCHDOG_S * 1000000)),
                      LD_PRELOAD=hanging_disk(folder), HANG_WHILE=flag)
    network.start()
    for name in ("NOTIFY_SOCKET", "WATCHDOG_USEC", "LD_PRELOAD"):
        del os.environ[name]
    told = supervisor.told(20, "READY=1")
    verdicts.case("ready", told and "READY=1\nSTATUS=stores connect to tcp://127.0.0.1:" in told[-1], repr(told))
    told = supervisor.told(4 * WATCHDOG_S)
    verdicts.case("alive while idle", told.count("WATCHDOG=1") >= 2, repr(told))
    with open(flag, "w", encoding="utf-8"):
        pass
    asked = subprocess.Popen([os.path.join(network.bin, "allclear"), "clock", "set", "2026-03-01T09:00:00+08:00",
                              "--dir", network.hq], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    supervisor.told(2 * WATCHDOG_S)
    told = supervisor.told(4 * WATCHDOG_S)
    verdicts.case("no sign of life while the disk hangs", told == [], repr(told))
    os.unlink(flag)
    told = supervisor.told(10, "WATCHDOG=1")
    verdicts.case("alive again", told[-1:] == ["WATCHDOG=1"], repr(told))
    verdicts.case("what hung has been done", asked.wait(timeout=20) == 0)
    network.daemon.send_signal(signal.SIGTERM)
    told = supervisor.told(10, "STOPPING=1")
    verdicts.case("stopping", told[-1:] == ["STOPPING=1"], repr(told))
    verdicts.case("stopped", network.daemon.wait(timeout=30) == 0)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--bin", default=os.path.join(TOP, "build/release/bin"))
    options = parser.parse_args()
    verdicts = Verdicts()
    with tempfile.TemporaryDirectory() as folder:
        network = Network(os.path.abspath(options.bin), folder)
        try:
            judge(network, verdicts, folder)
        finally:
            network.stop()
    return verdicts.end()


if __name__ == "__main__":
    sys.exit(main())
