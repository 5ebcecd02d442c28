# SPDX-License-Identifier: GPL-2.0-or-later
"""Processes of a measurement, and what the kernel tells about them.  Each is ended by its PID."""

import contextlib
import json
import os
import pathlib
import signal
import subprocess

from netns.lib.world import Failed, enter, run, until  # noqa: F401  (the harness has them from here)

TICK = os.sysconf("SC_CLK_TCK")


class Process:
    """A child with its output in files; a context manager that ends it."""

    def __init__(self, folder, name, namespace, *words, stdin=None):
        self.name = name
        self.output, self.errors = folder / f"{name}.out", folder / f"{name}.err"
        source = subprocess.DEVNULL if stdin is None else subprocess.PIPE
        with open(self.output, "wb") as out, open(self.errors, "wb") as err:
            self.child = subprocess.Popen(enter(namespace, *words), stdin=source, stdout=out, stderr=err)
        if stdin is not None:
            self.child.stdin.write(stdin.encode())
            self.child.stdin.close()

    @property
    def pid(self):
        return self.child.pid

    def alive(self):
        return self.child.poll() is None

    def said(self):
        return (self.errors.read_text(errors="replace") + self.output.read_text(errors="replace"))[-1500:]

    def need(self):
        if not self.alive():
            raise Failed(f"{self.name} ended with {self.child.returncode}: {self.said()}")
        return True

    def wait(self, seconds=60):
        try:
            return self.child.wait(seconds)
        except subprocess.TimeoutExpired:
            self.child.kill()
            raise Failed(f"{self.name} did not end within {seconds} s: {self.said()}") from None

    def end(self, seconds=15):
        """SIGTERM, and SIGKILL for who does not heed it."""
        if self.alive():
            self.child.send_signal(signal.SIGTERM)
            try:
                self.child.wait(seconds)
            except subprocess.TimeoutExpired:
                self.child.kill()
                self.child.wait()
        return self

    def json(self):
        """The last line of the output."""
        lines = self.output.read_text().strip().splitlines()
        if not lines:
            raise Failed(f"{self.name} told nothing: {self.said()}")
        return json.loads(lines[-1])

    def finish(self, seconds=60):
        """Wait for an end that must be a good one; its result."""
        if self.wait(seconds):
            raise Failed(f"{self.name} ended with {self.child.returncode}: {self.said()}")
        return self.json()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end()


def listens(pid, port):
    """Does a TCP socket listen on this port in the process's namespace?"""
    for name in ("tcp", "tcp6"):
        for line in pathlib.Path(f"/proc/{pid}/net/{name}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A" and int(fields[1].rsplit(":", 1)[1], 16) == port:
                return True
    return False


def tree(pid):
    """The process and all that descend from it: a client may be more than one."""
    found = [pid]
    for parent in found:
        for task in pathlib.Path(f"/proc/{parent}/task").glob("*/children"):
            with contextlib.suppress(OSError):
                found += map(int, task.read_text().split())
    return found


class Sample:
    """What a program has used so far: all its processes, all their threads.  The difference of two counts what lives at
    the end; who ended in between takes his share along."""

    def __init__(self, threads, ticks):
        self.threads, self.ticks = threads, ticks       # {(pid, thread): s}, {pid: (user s, system s)}

    @staticmethod
    def of(pids):
        threads, ticks = {}, {}
        for each in pids:
            with contextlib.suppress(OSError):
                for thread in os.listdir(f"/proc/{each}/task"):
                    facts = pathlib.Path(f"/proc/{each}/task/{thread}/schedstat").read_text()
                    threads[each, thread] = int(facts.split()[0]) / 1e9
                fields = pathlib.Path(f"/proc/{each}/stat").read_text().rsplit(")", 1)[1].split()
                ticks[each] = int(fields[11]) / TICK, int(fields[12]) / TICK
        return Sample(threads, ticks)

    def __sub__(self, other):
        threads = {key: value - other.threads.get(key, 0) for key, value in self.threads.items()}
        ticks = {key: tuple(a - b for a, b in zip(value, other.ticks.get(key, (0, 0))))
                 for key, value in self.ticks.items()}
        return Sample(threads, ticks)

    @property
    def cpu(self):
        return sum(self.threads.values())

    @property
    def system_share(self):
        """Of the ticks, which are coarse."""
        user, system = (sum(each[index] for each in self.ticks.values()) for index in (0, 1))
        return system / max(user + system, 1e-9)


def sample(pid):
    return Sample.of(tree(pid))


def threads(pid):
    """The thread ids of all processes of a program."""
    return [int(thread) for each in tree(pid) for thread in os.listdir(f"/proc/{each}/task")]


def _field(path, key):
    """A line of "Key:  N kB" in MB."""
    for line in pathlib.Path(path).read_text().splitlines():
        if line.startswith(key + ":"):
            return int(line.split()[1]) / 1024
    return 0.0


def memory(pid):
    """MB of all processes of a program: resident now, at most so far, and with shared pages divided among those who
    share them.  (ru_maxrss would be inherited over exec.)"""
    found = {"rss": 0.0, "peak": 0.0, "pss": 0.0}
    for each in tree(pid):
        with contextlib.suppress(OSError):
            values = {"rss": _field(f"/proc/{each}/status", "VmRSS"), "peak": _field(f"/proc/{each}/status", "VmHWM"),
                      "pss": _field(f"/proc/{each}/smaps_rollup", "Pss")}
            found = {key: value + values[key] for key, value in found.items()}
    return found


def available():
    """MB that the host could still give."""
    return _field("/proc/meminfo", "MemAvailable")
