# SPDX-License-Identifier: GPL-2.0-or-later
"""A running command whose output is read line by line and can be waited for, here or in the guest.

Nothing in this ring sleeps for an effect. A wait names the line, the exit or the state it waits for, and a
deadline that only a broken run reaches (the guest is emulated and the machine may be busy, so deadlines are
generous).
"""

import json
import os
import re
import signal
import socket
import subprocess
import threading
import time

DEADLINE_S = 90
POLL_S = 0.05


class Failure(Exception):
    """A test's verdict; the text is what the reader gets to see."""


def wait_until(what, condition, deadline_s=DEADLINE_S):
    """Polls `condition` until it returns something true, and returns that."""
    end = time.monotonic() + deadline_s
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise Failure(f"waited {deadline_s} s in vain for {what}")
        time.sleep(POLL_S)


class Process:
    """Common to a local and a guest's process: a reader thread of the subclass feeds _line() and _exit()."""

    def __init__(self, name):
        self.name = name
        self.lines = []
        self.status = None
        self._news = threading.Condition()

    def _line(self, text):
        with self._news:
            self.lines.append(text.rstrip("\n"))
            self._news.notify_all()

    def _exit(self, status):
        with self._news:
            self.status = status
            self._news.notify_all()

    def output(self):
        with self._news:
            return "\n".join(self.lines)

    def count(self, pattern):
        with self._news:
            return sum(1 for line in self.lines if re.search(pattern, line))

    def wait_line(self, pattern, times=1, deadline_s=DEADLINE_S):
        """Waits for the `times`-th line that matches, and returns the match."""
        end = time.monotonic() + deadline_s
        with self._news:
            while True:
                found = [m for m in (re.search(pattern, line) for line in self.lines) if m]
                if len(found) >= times:
                    return found[times - 1]
                if self.status is not None:
                    raise Failure(
                        f"{self.name} ended ({self.status}) without printing /{pattern}/{self._tail()}")
                if not self._news.wait(end - time.monotonic()):
                    raise Failure(
                        f"{self.name} did not print /{pattern}/ within {deadline_s} s{self._tail()}")

    def wait(self, deadline_s=DEADLINE_S):
        with self._news:
            if not self._news.wait_for(lambda: self.status is not None, deadline_s):
                raise Failure(f"{self.name} still runs after {deadline_s} s{self._tail()}")
            return self.status

    def _tail(self):
        return "".join(f"\n    {self.name}| {line}" for line in self.lines[-12:])

    def expect_exit(self, status, deadline_s=DEADLINE_S):
        found = self.wait(deadline_s)
        if found != status:
            raise Failure(f"{self.name} ended with {found}, not {status}{self._tail()}")

    def end(self):
        """Ends it if it still runs; for the way out of a test, so it never raises."""
        if self.status is None:
            self.signal(signal.SIGKILL)
            with self._news:
                self._news.wait_for(lambda: self.status is not None, DEADLINE_S)

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.end()


class Local(Process):
    def __init__(self, name, argv, **popen):
        super().__init__(name)
        self._popen = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                       stderr=subprocess.STDOUT, start_new_session=True, **popen)
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in self._popen.stdout:
            self._line(line.decode(errors="backslashreplace"))
        self._exit(self._popen.wait())

    def signal(self, number):
        try:
            os.killpg(self._popen.pid, number)
        except ProcessLookupError:
            pass


class Remote(Process):
    """One command of the guest's agent (agent.py)."""

    def __init__(self, name, address, argv, stdin=""):
        super().__init__(name)
        self._socket = socket.create_connection(address, timeout=DEADLINE_S)
        self._socket.settimeout(None)
        self._send(argv=argv, stdin=stdin)
        threading.Thread(target=self._read, daemon=True).start()

    def _send(self, **message):
        self._socket.sendall(json.dumps(message).encode() + b"\n")

    def _read(self):
        status = "connection to the guest lost"
        try:
            with self._socket.makefile("rb") as replies:
                for line in replies:
                    reply = json.loads(line)
                    if "exit" in reply:
                        status = reply["exit"]
                        break
                    self._line(reply["out"])
        except OSError:
            pass
        self._socket.close()
        self._exit(status)

    def signal(self, number):
        try:
            self._send(signal=int(number))
        except OSError:
            pass
