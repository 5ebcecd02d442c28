# SPDX-License-Identifier: GPL-2.0-or-later
"""Many tunnels on one host: what an idle one costs, and what fifty busy ones do."""

import time

from .proc import Failed, Process, available, memory, run, sample, tree, until
from .variants import Sstptun

OWN, PEERS, PORT = (10, 9), (10, 8), 5401
AT_ONCE = 16
HOST_FROM = 100                 # with fewer tunnels, the host's free memory tells of everybody else


def _address(net, number):
    return f"{net[0]}.{net[1]}.{(number + 2) >> 8}.{(number + 2) & 255}"


class Crowd(Sstptun):
    """Clients of one server, each with an address of the server's of its own to talk to."""

    def __init__(self, world, n):
        super().__init__(world)
        self.n, self.clients = n, []

    def start_server(self):
        run("srv", "ip", "route", "replace", "local", f"{PEERS[0]}.{PEERS[1]}.0.0/16", "dev", "lo")
        return super().start_server("--peers", f"{PEERS[0]}.{PEERS[1]}.0.0")

    def up(self):
        """How many tunnels have their address."""
        text = run("cli", "ip", "-o", "-4", "address", "show").stdout
        return text.count(f" inet {OWN[0]}.{OWN[1]}.")

    def connect(self):
        for number in range(self.n):
            name = f"crowd{number}"
            self.clients.append(Process(self.folder, name, "cli", *self.command(name, self.world.password)))
            if number % AT_ONCE == AT_ONCE - 1 or number == self.n - 1:
                until(f"{number + 1} tunnels are up", lambda wanted=number + 1: self.up() >= wanted, 60)

    def ends(self):
        return sum(not each.alive() for each in self.clients)

    def __exit__(self, *_):
        for each in self.clients:
            if each.alive():
                each.child.terminate()
        for each in self.clients:
            each.end(60)
        super().__exit__()

    def used(self):
        return sum(sample(each.pid).cpu for each in self.clients)


def idle(world, n):
    before = available()
    begun = time.monotonic()
    with Crowd(world, n) as crowd:
        took = time.monotonic() - begun
        time.sleep(world.settle_seconds)        # three router solicitations, four seconds apart (RFC 4861 10)
        host = before - available()
        pids = [each.pid for each in crowd.clients]
        found = [memory(pid) for pid in pids]
        values = {"processes each": sum(len(tree(pid)) for pid in pids) / n,
                  "MB each (RSS)": sum(each["rss"] for each in found) / n,
                  "MB each (PSS)": sum(each["pss"] for each in found) / n,
                  "connected per s": n / took}
        if n >= HOST_FROM:
            values["MB each (host, both ends)"] = host / n
        cpu, begun = crowd.used(), time.monotonic()
        time.sleep(world.idle_seconds)
        values["CPU us/s each"] = (crowd.used() - cpu) / (time.monotonic() - begun) / n * 1e6
        if crowd.ends():
            raise Failed(f"{crowd.ends()} of {n} tunnels ended")
    return values


def _streams(crowd, sender):
    """One to each tunnel.  The server answers from the address that the tunnel leads to: no other has a route."""
    for number in range(crowd.n):
        peer, own = _address(PEERS, number), _address(OWN, number)
        yield f"{peer}:{PORT}" if sender == "cli" else f"{peer}/{own}:{PORT}"


def _flood(world, crowd, sender, receiver):
    ready = world.folder / "tcp.ready"
    ready.unlink(missing_ok=True)
    sink = Process(world.folder, "tcp-sink", receiver, world.program("tcp"), "sink", f"0.0.0.0:{PORT}", ready)
    with sink:
        until("the sink listens", lambda: sink.need() and ready.exists())
        cpu = crowd.used()
        sent = Process(world.folder, "tcp-send", sender, world.program("tcp"), "send", world.inner, world.seconds,
                       *_streams(crowd, sender))
        found = sent.finish(world.seconds + 60)
        used = crowd.used() - cpu
    received = sink.json()["bytes"]
    return {"Gbit/s": received * 8 / found["seconds"] / 1e9, "CPU-s/GB": used / max(received / 1e9, 1e-9),
            "least/most": found["least"] / max(found["most"], 1)}


def busy(world, n):
    values = {}
    with Crowd(world, n) as crowd:
        for direction, sender, receiver in (("up", "cli", "srv"), ("down", "srv", "cli")):
            found = _flood(world, crowd, sender, receiver)
            values |= {f"{direction} {key}": value for key, value in found.items()}
        values["MB each (PSS)"] = sum(memory(each.pid)["pss"] for each in crowd.clients) / n
        if crowd.ends():
            raise Failed(f"{crowd.ends()} of {n} tunnels ended")
    return values
