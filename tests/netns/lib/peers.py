# SPDX-License-Identifier: GPL-2.0-or-later
"""The processes of a scenario: the test server, sstptun, a DNS server.  Each is ended by its PID."""

import json
import os
import pathlib
import pty
import signal
import socket
import subprocess

from .world import Failed, check, enter, until

TESTS = pathlib.Path(__file__).resolve().parent.parent.parent
USER, PASSWORD = "alice", "correct horse"


class Process:
    """A child with its output in files."""

    def __init__(self, folder, name, words, stdin=None, **keywords):
        self.name, self.errors, self.output = name, folder / f"{name}.err", folder / f"{name}.out"
        with open(self.errors, "wb") as err, open(self.output, "wb") as out:
            self.child = subprocess.Popen(words, stdin=stdin or subprocess.DEVNULL, stdout=out, stderr=err, **keywords)

    @property
    def pid(self):
        return self.child.pid

    def alive(self):
        return self.child.poll() is None

    def signal(self, number):
        self.child.send_signal(number)

    def wait(self, seconds=30):
        try:
            return self.child.wait(seconds)
        except subprocess.TimeoutExpired:
            raise Failed(f"{self.name} did not end within {seconds} s") from None

    def stderr(self):
        return self.errors.read_text(errors="replace")

    def stop(self):
        if self.alive():
            self.child.kill()
            self.child.wait()


class Server(Process):
    """tests/server, listening on every address of its namespace unless told otherwise."""

    def __init__(self, folder, namespace, pki, options, cert="good", listen=("[::]:443", "0.0.0.0:443"), number=""):
        self.log, ready = folder / f"server{number}.log", folder / f"server{number}.ready"
        self.control = str(folder / f"server{number}.sock")
        words = [TESTS / "server" / "sstp-server", "--cert", pki / f"{cert}.pem", "--key", pki / f"{cert}.key",
                 "--user", f"{USER}:{PASSWORD}", "--log", self.log, "--ready", ready,
                 "--control", self.control, "--tun", f"tun{number or 0}"]
        for address in listen:
            words += ["--listen", address]
        super().__init__(folder, f"server{number}", enter(namespace, *words, *options))
        self.read = 0
        until("the server listens", lambda: ready.exists() or not self.alive(), 30)
        check(self.alive(), "the server did not start: " + self.stderr())

    def events(self, name=None, **fields):
        """The journal's lines so far that have these values."""
        lines = [json.loads(line) for line in self.log.read_text().splitlines()]
        fields = {key.rstrip("_"): value for key, value in fields.items()}
        return [line for line in lines if name in (None, line["event"])
                and all(line.get(key) == value for key, value in fields.items())]

    def saw(self, name, seconds=20, **fields):
        """Wait for a line of the journal."""
        return until(f"the server's journal has {name} {fields}", lambda: self.events(name, **fields), seconds)[-1]

    def never(self, name, **fields):
        check(not self.events(name, **fields), f"the server saw {name} {fields}")

    def order(self, *wanted):
        """These happened, in this order; each is (event, fields)."""
        lines = iter(self.events())
        for name, fields in wanted:
            for line in lines:
                if line["event"] == name and all(line.get(key) == value for key, value in fields.items()):
                    break
            else:
                raise Failed(f"the server did not see {name} {fields} (in this order)")

    def command(self, text):
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as control:
            control.sendto(text.encode(), self.control)

    def verdict(self):
        """End the server; its violations."""
        if self.alive():
            self.signal(signal.SIGTERM)
            self.wait()
        found = [line["text"] for line in self.events("violation")]
        if not found and self.child.returncode:
            found = [f"the server ended with {self.child.returncode}: {self.stderr()}"]
        return found


class Client(Process):
    """sstptun itself."""

    def __init__(self, folder, namespace, words, number="", prefix=(), **keywords):
        self.namespace = namespace
        super().__init__(folder, f"client{number}", enter(namespace, *prefix, *words), **keywords)

    def lines(self):
        return [line for line in self.stderr().splitlines() if line.strip()]

    def last_line(self):
        return self.lines()[-1] if self.lines() else ""

    def family(self):
        """Its process and those that it has forked: the network process, a hook."""
        found = pathlib.Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()
        return [self.pid, *map(int, found)]

    def peak_memory(self):
        """The most memory that each of its processes ever had, together, in KiB."""
        peaks = [line.split()[1] for pid in self.family()
                 for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines()
                 if line.startswith("VmHWM:")]
        check(len(peaks) == 2, f"sstptun has {len(peaks)} processes instead of two")
        return sum(map(int, peaks))

    def ends(self, status, *texts, seconds=30):
        """It ends by itself with this status (or one of these), and says why in its last line."""
        got = self.wait(seconds)
        allowed = status if isinstance(status, tuple) else (status,)
        check(got in allowed, f"sstptun ended with {got}, expected {status}; it said: {self.stderr()[-600:]}")
        if got:
            check(self.last_line(), "sstptun failed without a word")
        for text in texts:
            check(text.lower() in self.last_line().lower(), f"the failure's line lacks {text!r}: {self.last_line()!r}")

    def end(self, number=signal.SIGTERM, status=0):
        check(self.alive(), f"sstptun has ended already with {self.child.poll()}: {self.stderr()[-600:]}")
        self.signal(number)
        got = self.wait()
        check(got == status, f"sstptun ended with {got} on {number.name}, expected {status}: {self.stderr()[-600:]}")


class Terminal:
    """A pseudo terminal for the password prompt."""

    def __init__(self):
        self.master, slave_fd = pty.openpty()
        os.set_blocking(self.master, False)
        self.slave = os.fdopen(slave_fd, "r+b", buffering=0)
        self.text = ""

    def session(self):
        """For preexec_fn: a session of its own whose controlling terminal this is."""
        os.setsid()
        import fcntl
        import termios
        fcntl.ioctl(self.slave.fileno(), termios.TIOCSCTTY, 0)

    def read(self):
        try:
            self.text += os.read(self.master, 4096).decode(errors="replace")
        except (BlockingIOError, OSError):
            pass
        return self.text

    def type(self, text):
        os.write(self.master, text.encode())


class Dns(Process):
    """A name server for the scenario's names; see dns_server.py."""

    def __init__(self, folder, namespace, records):
        ready = folder / "dns.ready"
        super().__init__(folder, "dns", enter(namespace, "/usr/bin/python3", TESTS / "netns" / "lib" / "dns_server.py",
                                              ready, json.dumps(records)))
        until("the name server listens", ready.exists)
