# SPDX-License-Identifier: GPL-2.0-or-later
"""Killed anywhere: SIGKILL for the keeper, the worker or both, at random points of connect, traffic and teardown.

A first session, which nobody disturbs, tells the points: the lines of its log (-vv) and the time from one to the next.
Each later one is killed at a line, drawn at random, plus a random part of that time. When the worker was killed the
keeper itself undoes everything, runs the `down` hook, and says what happened; when the keeper was, the worker goes with
it, and the next start and end leave everything as it was before the first; even (at-once) when somebody starts it again
in the moment in which the keeper has died, and the worker is only about to.

KILLS (12 unless set) is the number of kills, KILLS_SEED makes them those of an earlier run.
"""

import os
import random
import signal
import time

from lib import peers, watch
from lib.scenario import scenario
from lib.world import PEER4, RA_PREFIX, check, compare, enter, picture, until

KILLS = int(os.environ.get("KILLS", "12"))
PHASES = ("connect", "traffic", "teardown", "at-once")

# What a careful hook does: what `up` writes, `down` removes, and so does the next start.
HOOK = """#!/bin/sh
case $1 in
up) echo "$SSTP_DNS" >/etc/sstptun-test.dns; echo "$2" >/run/sstptun-test.up ;;
*) rm -f /etc/sstptun-test.dns /run/sstptun-test.up ;;
esac
"""
WAIT = 20                       # seconds for anything that follows a kill


class Course:
    """An undisturbed session: its log lines with the time to the next, before SIGTERM and after it."""

    def __init__(self, lab):
        self.points = {"connect": [], "traffic": [], "teardown": []}
        client = lab.start()
        self.follow(client, "connect", lambda: "connected:" in client.stderr() and lab.scene.interface())
        begun = time.monotonic()
        lab.scene.ping(PEER4)
        self.points["traffic"] = [(len(client.lines()), time.monotonic() - begun)]
        client.signal(signal.SIGTERM)
        self.follow(client, "teardown", lambda: not client.alive())
        check(client.wait() == 0, "the undisturbed session failed: " + client.stderr()[-500:])

    def follow(self, client, phase, done):
        """(number of lines there were, seconds until there was another one)"""
        n, at = len(client.lines()), time.monotonic()
        first = n
        while not done():
            now = len(client.lines())
            if now != n:
                self.points[phase].append((n - first if phase == "teardown" else n, time.monotonic() - at))
                n, at = now, time.monotonic()
        self.points[phase].append((n - first if phase == "teardown" else n, time.monotonic() - at))


class Lab:
    def __init__(self, scene):
        self.scene = scene
        self.peer = scene.server("--ra-prefix", RA_PREFIX)
        self.hook = str(scene.file("hook", HOOK, 0o755))
        scene.before = picture(scene.cli)

    def start(self):
        return self.scene.client("--default-route", "--route", "172.16.0.0/12", "--route", "2001:db8:ffff::/48",
                                 "--hook", self.hook, "-v", "-v", start_new_session=True)

    def traffic(self):
        """Packets all the time, for as long as the tunnel takes them."""
        words = enter(self.scene.cli, "ping", "-n", "-q", "-i", "0.002", "-w", "30", PEER4)
        self.scene.keep(peers.Process(self.scene.folder, "ping", words))

    def left(self):
        return compare(self.scene.before, picture(self.scene.cli))

    def strangers(self, client, pids):
        """Processes of the session that was: those that are known, until they are wholly gone (one without memory may
        still hold its descriptors), and all others that run our program or the hook."""
        known = {each.pid for each in self.scene.processes if each.alive() and each is not client}
        return [pid for pid in pids if not watch.gone(pid)] + [
            pid for pid in map(int, filter(str.isdigit, os.listdir("/proc"))) if pid not in known and self.is_ours(pid)]

    def is_ours(self, pid):
        try:
            words = watch.read(pid, "cmdline")
            return not watch.gone(pid) and (watch.same_program(pid, self.scene.binary) or self.hook in words)
        except (FileNotFoundError, ProcessLookupError):
            return False


def worker_of(lab, client):
    """The first child. It is looked for at the beginning: later a hook's, which has not yet become another program,
    looks the same. None for a client of one process."""
    deadline = time.monotonic() + 1
    while time.monotonic() < deadline and client.alive():
        found = watch.processes(client, lab.scene.binary)
        if len(found) > 1:
            return found[1]
    return None


def victims(client, worker, whom):
    """PIDs to kill, and whether the keeper is among them."""
    if whom == "keeper" or worker is None:
        return [client.pid], True
    if whom == "both":
        return [client.pid, worker], True
    return [worker] if not watch.gone(worker) else [], False


def reach(client, phase, line, delay):
    """Wait for that line of the log, then for that long, whichever the client gets to."""
    first = len(client.lines()) if phase == "teardown" else 0
    if phase == "teardown":
        client.signal(signal.SIGTERM)
    until("the line", lambda: len(client.lines()) - first >= line or not client.alive(), WAIT)
    deadline = time.monotonic() + delay
    while time.monotonic() < deadline and client.alive():
        pass


def one(lab, course, source, phase):
    """Kill once; what was done, in words, for the report."""
    line, gap = source.choice(course.points["traffic" if phase == "at-once" else phase])
    whom = "keeper" if phase == "at-once" else source.choice(("keeper", "worker", "worker", "both"))
    delay = source.random() * 1.2 * gap
    text = f"{phase}, {whom}, after line {line} and {delay * 1000:.1f} ms"
    client = lab.start()
    worker = worker_of(lab, client)
    if phase != "connect":
        until("the tunnel is up", lambda: "connected:" in client.stderr() or not client.alive())
        with_traffic = lab.scene.run("ping", "-n", "-q", "-c", "1", "-W", "2", PEER4, good=False)
        check(with_traffic.returncode == 0, f"{text}: no traffic to begin with: {client.stderr()[-300:]}")
        lab.traffic()
    reach(client, phase, line, delay)
    if not client.alive():
        got = client.child.returncode
        check(got == 0, f"{text}: ended before with {got}: {client.last_line()}")
    everybody = [client.pid] + [worker] * (worker is not None)
    pids, keeper_too = victims(client, worker, whom) if client.alive() else ([], False)
    for pid in pids:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
    got = client.wait(WAIT)
    if phase == "at-once":
        recover(lab, text)
    until(f"{text}: nothing of ours runs any more", lambda: not lab.strangers(client, everybody), WAIT)
    judge(lab, client, phase, text, pids, keeper_too, got)


def judge(lab, client, phase, text, pids, keeper_too, got):
    said = client.stderr()[-400:]
    if pids and keeper_too:
        check(got in (0, -signal.SIGKILL), f"{text}: the keeper ended with {got}: {said}")
        if phase != "at-once":
            recover(lab, text)
    elif pids:
        allowed = (1,) if phase != "teardown" else (0, 1)
        check(got in allowed, f"{text}: the keeper ended with {got} when the worker was killed: {said}")
        if got == 1:
            check("killed" in client.last_line() and "9" in client.last_line(), f"{text}: it does not say so: {said}")
    left = lab.left()
    check(not left, f"{text}: left behind: " + "; ".join(left[:6]) + "; it said: " + said)


def recover(lab, text):
    """The next start and end."""
    later = lab.start()
    until(f"{text}: the next session is up", lambda: "connected:" in later.stderr() or not later.alive())
    check(later.alive(), f"{text}: the next session failed: {later.stderr()[-400:]}")
    everybody = watch.processes(later, lab.scene.binary)
    later.end()
    until("nothing of ours runs any more", lambda: not lab.strangers(later, everybody), WAIT)


for number, name in enumerate(PHASES):
    share = (KILLS + number) // len(PHASES)

    @scenario(f"kills-{name}", seconds=60 + (share * 12 if share > 6 else 0), busy=True, phase=name, count=share)
    def kills(scene, phase, count):
        seed = os.environ.get("KILLS_SEED") or str(random.SystemRandom().randrange(10**9))
        print(f"        kills-{phase}: KILLS_SEED={seed}", flush=True)
        source, lab = random.Random(f"{seed} {phase}"), Lab(scene)
        course = Course(lab)
        for turn in range(count):
            try:
                one(lab, course, source, phase)
            except Exception as error:
                raise type(error)(f"kill {turn + 1} of {count} with KILLS_SEED={seed}: {error}") from error
            for each in scene.processes[1:]:
                each.stop()
            del scene.processes[1:]
