# SPDX-License-Identifier: GPL-2.0-or-later
"""Processes of a measurement, and what the kernel tells about them.  Each is ended by its PID."""

import dataclasses
import json
import os
import pathlib
import signal
import subprocess
import time

TICK = os.sysconf("SC_CLK_TCK")


class Failed(Exception):
    """Something did not come up, or ended before its time."""


def until(what, condition, seconds=20.0):
    """Poll a condition: readiness is waited for, never slept for."""
    deadline, pause = time.monotonic() + seconds, 0.005
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise Failed(f"not within {seconds:g} s: {what}")
        time.sleep(pause)
        pause = min(pause * 1.5, 0.1)


def enter(namespace, *words):
    """The command line that runs words in a namespace (and keeps the PID)."""
    return ["nsenter", f"--net=/run/netns/{namespace}", "--", *map(str, words)]


def run(namespace, *words, good=True, seconds=60, **keywords):
    done = subprocess.run(enter(namespace, *words), capture_output=True, text=True, check=False,
                          timeout=seconds, **keywords)
    if good and done.returncode:
        raise Failed(f"{' '.join(map(str, words))}: {done.stdout}{done.stderr}".strip()[-2000:])
    return done


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


@dataclasses.dataclass
class Sample:
    """What a process has used so far, all its threads."""
    cpu: float = 0.0
    user: float = 0.0
    system: float = 0.0

    def __sub__(self, other):
        return Sample(self.cpu - other.cpu, self.user - other.user, self.system - other.system)


def sample(pid):
    total = 0
    for thread in os.listdir(f"/proc/{pid}/task"):
        total += int(pathlib.Path(f"/proc/{pid}/task/{thread}/schedstat").read_text().split()[0])
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return Sample(total / 1e9, int(fields[11]) / TICK, int(fields[12]) / TICK)


def memory(pid):
    """MB: resident now, and at most so far.  (ru_maxrss would be inherited over exec.)"""
    facts = dict(line.split(":", 1) for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines())
    return {name: int(facts[key].split()[0]) / 1024 for name, key in (("rss", "VmRSS"), ("peak", "VmHWM"))}


def proportional(pid):
    """MB of memory with shared pages divided among those who share them."""
    for line in pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) / 1024
    return 0.0


def available():
    """MB that the host could still give."""
    for line in pathlib.Path("/proc/meminfo").read_text().splitlines():
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) / 1024
    return 0.0
