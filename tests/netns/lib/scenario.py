# SPDX-License-Identifier: GPL-2.0-or-later
"""Scenarios: their registry, what they get to work with, and the runner that takes them through."""

import fnmatch
import os
import pathlib
import re
import select
import shutil
import signal
import sys
import time
import traceback

from . import cage, peers, world
from .world import NAME, Failed, check, until

SCENARIOS = {}
BUSY = set()                    # scenarios that never only wait, however long they may take
LIMIT = 60                      # seconds that a scenario may take unless it says otherwise
SETTLED = 12                    # after so many seconds a scenario with a longer limit only waits


def scenario(name, seconds=LIMIT, busy=False, **facts):
    """Register a function under a name; a limit above LIMIT marks a scenario that mostly waits, unless it is busy."""
    def register(function):
        if name in SCENARIOS:
            raise ValueError(f"two scenarios are called {name}")
        SCENARIOS[name] = (function, seconds, facts)
        if busy:
            BUSY.add(name)
        return function
    return register


class Scene:
    """A scenario's world: two namespaces, helpers to start things in them, the picture before."""

    def __init__(self, name, binary):
        self.folder = pathlib.Path(cage.SHARED) / "scenes" / name
        self.folder.mkdir(parents=True)
        self.pki = pathlib.Path(cage.SHARED) / "pki"
        self.binary = binary
        self.processes, self.clean = [], True
        self.password = self.file("password", peers.PASSWORD + "\n")
        self.cli, self.srv = world.build(re.sub(r"\W", "", name)[:40])
        self.before = None
        self.names({NAME: [world.SERVER4]})

    def file(self, name, text, mode=0o600):
        path = self.folder / name
        path.write_text(text)
        path.chmod(mode)
        return path

    def write(self, path, text):
        """Change a file of the scenario's /etc; that belongs to the picture."""
        pathlib.Path(path).write_text(text)
        self.before = world.picture(self.cli)

    def names(self, table):
        """What /etc/hosts says."""
        lines = ["127.0.0.1 localhost"] + [f"{each} {name}" for name, found in table.items() for each in found]
        self.write("/etc/hosts", "\n".join(lines) + "\n")

    # -- processes ------------------------------------------------------------------------------

    def server(self, *options, **keywords):
        return self.keep(peers.Server(self.folder, self.srv, self.pki, options, **keywords))

    def dns(self, table, servers=(world.SERVER4,)):
        self.write("/etc/resolv.conf", "".join(f"nameserver {each}\n" for each in servers))
        return self.keep(peers.Dns(self.folder, self.srv, table))

    def client(self, *options, target=NAME, user=peers.USER, password=True, trust=True, **keywords):
        """sstptun with the options that nearly every scenario needs."""
        words = [self.binary, "--user", user] if user else [self.binary]
        if password:
            words += ["--password-file", str(self.password)]
        if trust:
            words += ["--cafile", str(self.pki / "root.pem"), "--no-system-trust"]
        return self.raw_client(*words, *options, target, **keywords)

    def raw_client(self, *words, **keywords):
        number = sum(isinstance(each, peers.Client) for each in self.processes) or ""
        return self.keep(peers.Client(self.folder, self.cli, words, number=number, **keywords))

    def keep(self, process):
        self.processes.append(process)
        return process

    # -- looking --------------------------------------------------------------------------------

    def ping_inside(self, address, **keywords):
        """Ping an address that must be reached through the tunnel, not around it."""
        name = self.interface()["ifname"]
        until(f"{address} is routed into the tunnel", lambda: self.route(address) == name)
        self.ping(address, **keywords)

    def run(self, *words, **keywords):
        return world.run(self.cli, *words, **keywords)

    def interface(self, address=world.TUNNEL4):
        """What `ip` says of the interface that carries an address, or None."""
        for link in world.ip_json(self.cli, "address", "show"):
            if any(each["local"] == address for each in link["addr_info"]):
                return link
        return None

    def up(self, client, server, seconds=20):
        """Wait until the tunnel stands on both sides; the client's interface."""
        def standing():
            check(client.alive(), f"sstptun ended with {client.child.poll()}: {client.stderr()[-600:]}")
            return server.events("ipcp-up") and self.interface()
        return until("the tunnel is up", standing, seconds)

    def ping(self, address, *options, good=True, count=2):
        done = self.run("ping", "-n", "-q", "-c", count, "-i", "0.05", "-W", "2", *options, address, good=False)
        check((done.returncode == 0) == good,
              f"ping {address} {'failed' if good else 'got through'}: {done.stdout}{done.stderr}")

    def route(self, address):
        """The interface by which the client's kernel would reach an address."""
        found = world.ip_json(self.cli, "route", "get", address)
        return found[0].get("dev") if found else None

    # -- the end --------------------------------------------------------------------------------

    def finish(self):
        """What holds at the end of every scenario."""
        for each in self.processes:
            if isinstance(each, peers.Client):
                check(not each.alive(), "the scenario ended before sstptun did")
        if self.clean:
            left = world.compare(self.before, world.picture(self.cli))
            check(not left, "sstptun left changes behind: " + "; ".join(left[:8]))
        for each in self.processes:
            if isinstance(each, peers.Server):
                found = each.verdict()
                check(not found, "the server's verdict: " + "; ".join(found[:5]))

    def close(self):
        for each in reversed(self.processes):
            each.stop()


def report(folder):
    """The ends of all logs, for a failure."""
    parts = []
    for path in sorted(folder.glob("*")):
        if path.suffix in (".err", ".out", ".log") and path.stat().st_size:
            lines = path.read_text(errors="replace").splitlines()[-25:]
            parts += [f"    -- {path.name}"] + ["    " + line[:300] for line in lines]
    return "\n".join(parts)


def perform(name, binary, pipe):
    """In the scenario's own cage: run it, tell the runner through the pipe."""
    function, _, facts = SCENARIOS[name]
    scene, text = None, ""
    try:
        scene = Scene(name, binary)
        function(scene, **facts)
        scene.finish()
    except Failed as failure:
        text = str(failure)
    except Exception:                   # a broken scenario is a failed one
        text = traceback.format_exc()
    if text:
        text += "\n" + (report(scene.folder) if scene else "")
    if scene:
        scene.close()
    os.write(pipe, text.encode()[-60000:])
    return 1 if text else 0


class Runner:
    """Keeps `jobs` busy scenarios going; those that wait for a protocol's timer, started first, do not
    count once they have settled."""

    def __init__(self, binary, jobs, keep):
        self.binary, self.jobs, self.keep = binary, jobs, keep
        self.running = {}               # read end of the pipe -> [name, pid, start, limit, text]
        self.passed, self.failed = [], []

    def start(self, name):
        seconds = SCENARIOS[name][1]
        reader, writer = os.pipe()
        pid = cage.spawn(lambda: perform(name, self.binary, writer))
        os.close(writer)
        self.running[reader] = [name, pid, time.monotonic(), seconds, b""]

    def busy(self):
        now = time.monotonic()
        return sum(1 for name, _, start, limit, _ in self.running.values()
                   if name in BUSY or limit <= LIMIT or now - start < SETTLED)

    def run(self, names):
        waiting = sorted(names, key=lambda name: -SCENARIOS[name][1])
        while waiting or self.running:
            while waiting and self.busy() < self.jobs:
                self.start(waiting.pop(0))
            self.listen()
        return not self.failed

    def listen(self):
        readable, _, _ = select.select(list(self.running), [], [], 0.2)
        for reader in readable:
            data = os.read(reader, 65536)
            self.running[reader][4] += data
            if not data:
                self.done(reader)
        for reader, entry in list(self.running.items()):
            if time.monotonic() - entry[2] > entry[3]:
                os.kill(entry[1], signal.SIGKILL)
                folder = pathlib.Path(cage.SHARED) / "scenes" / entry[0]
                entry[4] += f"took longer than {entry[3]} s\n{report(folder)}".encode()
                self.done(reader)

    def done(self, reader):
        name, pid, start, _, text = self.running.pop(reader)
        os.close(reader)
        status = os.waitpid(pid, 0)[1]
        good = status == 0 and not text
        (self.passed if good else self.failed).append(name)
        print(f"{'ok  ' if good else 'FAIL'} {time.monotonic() - start:6.1f} s  {name}", flush=True)
        if not good:
            print("    " + (text.decode(errors="replace") or f"ended with {status:#x}"), flush=True)
        folder = pathlib.Path(cage.SHARED) / "scenes" / name
        if self.keep and folder.exists():
            shutil.copytree(folder, pathlib.Path(self.keep) / name, dirs_exist_ok=True,
                            ignore=lambda _path, found: [each for each in found if each.endswith(".sock")])
        shutil.rmtree(folder, ignore_errors=True)


def choose(patterns):
    if not patterns:
        return list(SCENARIOS)
    chosen = [name for name in SCENARIOS if any(fnmatch.fnmatch(name, each) for each in patterns)]
    for each in patterns:
        if not fnmatch.filter(SCENARIOS, each):
            sys.exit(f"no scenario is called {each}")
    return chosen
