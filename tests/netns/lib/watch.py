# SPDX-License-Identifier: GPL-2.0-or-later
"""The client's processes from outside: who they are, what memory and processor time they use over a while."""

import os
import pathlib
import statistics
import time

from .world import check, until

# KiB by which memory may differ between two quarters of a measurement: what is allocated, and what is resident. The
# latter grows without the former where buffers that were always there are touched for the first time.
MEMORY = (("VmRSS", 1024), ("VmData", 128), ("VmStk", 128))
PEAK = 16 * 1024                # KiB that no process may exceed, whatever a server does
SAMPLES = 16
LONG = 5                        # seconds from which on a measurement says something about cost
IDLE = 0.05                     # share of a processor that a client with nothing to do may use


def read(pid, name):
    return pathlib.Path(f"/proc/{pid}/{name}").read_text()


def status(pid):
    """/proc/PID/status as a dictionary."""
    pairs = (line.split(":", 1) for line in read(pid, "status").splitlines() if ":" in line)
    return {key: value.strip() for key, value in pairs}


def children(pid):
    try:
        return [int(word) for word in read(pid, f"task/{pid}/children").split()]
    except (FileNotFoundError, ProcessLookupError):
        return []


def same_program(pid, binary):
    try:
        return os.stat(f"/proc/{pid}/exe").st_ino == os.stat(binary).st_ino
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return False


def gone(pid):
    try:
        return status(pid)["State"].startswith(("Z", "X"))
    except (FileNotFoundError, ProcessLookupError):
        return True


def processes(client, binary):
    """The keeper, which is the process that was started, then those children that run the same program: the worker
    first. A client of one process is a keeper alone."""
    return [client.pid] + sorted(pid for pid in children(client.pid) if same_program(pid, binary) and not gone(pid))


def cpu(pid):
    """Processor time that a process has used, in seconds."""
    return int(read(pid, "schedstat").split()[0]) / 1e9


def received(pid, name="c0"):
    """Bytes that an interface of a process's network namespace has received."""
    for line in read(pid, "net/dev").splitlines():
        if line.strip().startswith(name + ":"):
            return int(line.split(":")[1].split()[0])
    return 0


class Sample:
    def __init__(self, client, pids):
        self.at = time.monotonic()
        self.wire = received(client.pid)
        self.cpu = sum(cpu(pid) for pid in pids)
        self.lines = client.stderr().count("\n")
        self.memory = {}
        for pid in pids:
            facts = status(pid)
            self.memory[pid] = tuple(int(facts[name].split()[0]) for name, _ in MEMORY)


class Watch:
    """Samples of a client over so many seconds, and what they say."""

    def __init__(self, client, binary):
        self.client, self.pids = client, processes(client, binary)
        self.samples = []

    def take(self):
        self.samples.append(Sample(self.client, self.pids))

    def over(self, seconds, n=SAMPLES, more=lambda: False):
        """Sample for that long and so often, and until more() does not ask for more; an end of the client ends it."""
        begun = time.monotonic()
        limit = begun + 20 + 4 * seconds
        while self.client.alive():
            try:
                self.take()
            except (FileNotFoundError, ProcessLookupError, KeyError):
                break                   # it has ended a moment ago
            now = time.monotonic()
            if now - begun >= seconds and len(self.samples) >= n and not more() or now > limit:
                break
            time.sleep(seconds / n)
        return self

    def quarter(self, number):
        size = max(1, len(self.samples) // 4)
        return self.samples[number * size:(number + 1) * size] if number < 3 else self.samples[-size:]

    def wire(self):
        return self.samples[-1].wire - self.samples[0].wire

    def memory_is_flat(self, what):
        """The last quarter against the second: the first one may warm up."""
        for number, (name, flat) in enumerate(MEMORY):
            for pid in self.pids:
                before, after = (statistics.median(each.memory[pid][number] for each in self.quarter(n))
                                 for n in (1, 3))
                who = self.pids.index(pid)
                check(after - before <= flat, f"{what}: {name} of process {who} grew from {before:g} to {after:g} KiB "
                      f"while {self.wire()} bytes came")
                peak = max(each.memory[pid][number] for each in self.samples)
                check(peak <= PEAK, f"{what}: {name} of process {who} reached {peak} KiB")

    def log_is_bounded(self, what, lines=10):
        """Lines written between the second quarter and the end: a few, and one a second is no flood either."""
        first, last = self.quarter(1)[0], self.samples[-1]
        new = last.lines - first.lines
        check(new <= lines + (last.at - first.at), f"{what}: {new} lines of log while {self.wire()} bytes came: "
              + " | ".join(self.client.lines()[-3:]))

    def cost_is_even(self, what):
        """What a byte costs does not rise with how many there were before: no list that grows is walked."""
        if self.samples[-1].at - self.samples[0].at < LONG:
            return
        costs = []
        for number in (1, 3):
            part = self.quarter(number)
            wire = part[-1].wire - part[0].wire
            if wire < 65536:
                return
            costs.append((part[-1].cpu - part[0].cpu) / wire)
        check(costs[1] <= 4 * costs[0] + 1e-8,
              f"{what}: a megabyte cost {costs[0] * 1e6:.4f} s, later {costs[1] * 1e6:.4f} s")

    def summary(self):
        first, last = self.samples[0], self.samples[-1]
        wire = max(1, last.wire - first.wire)
        return {"seconds": round(last.at - first.at, 2), "samples": len(self.samples), "wire": wire,
                "cpu": round(last.cpu - first.cpu, 3), "cpu_per_mb": round((last.cpu - first.cpu) / wire * 1e6, 4),
                "lines": last.lines - first.lines,
                "memory": [[self.quarter(1)[0].memory[pid], last.memory[pid]] for pid in self.pids]}


def unread(pid):
    """Bytes that wait in the TCP sockets of a process's network namespace."""
    lines = [line for name in ("tcp", "tcp6") for line in read(pid, f"net/{name}").splitlines()[1:]]
    return sum(int(line.split()[4].split(":")[1], 16) for line in lines if line.split()[3] != "0A")


def idle(client, binary, what, seconds=40.0, unread_too=True):
    """Wait until the client has read all that came (unless it will not) and uses next to no processor time."""
    pids = processes(client, binary)

    def rests():
        if unread_too and unread(client.pid):
            return False
        before, begun = sum(map(cpu, pids)), time.monotonic()
        time.sleep(0.15)
        return (sum(map(cpu, pids)) - before) / (time.monotonic() - begun) <= IDLE
    until(f"{what}: the client rests", rests, seconds)
