# SPDX-License-Identifier: GPL-2.0-or-later
"""What is measured of one variant in one round.  Every function returns {name: number}; the names are the rows of the
tables in report.py."""

import contextlib
import json
import pathlib
import time

from . import symbols
from .proc import Failed, Process, memory, run, sample, threads, until

GB = 1e9
PORT, UDP_PORT, UDP_BYTES = 5201, 5301, 64
MSS, TIMESTAMPS = 1400 - 40, 12     # of inner TCP segments: MTU without headers; an option that is in each
PAYLOAD = MSS - TIMESTAMPS


class Iperf:
    """An iperf3 server in the server's namespace, for as long as the context lasts."""

    def __init__(self, world):
        self.world = world

    def __enter__(self):
        self.process = Process(self.world.folder, "iperf3-server", "srv", "iperf3", "--server", "--forceflush",
                               "--port", PORT)
        until("iperf3 listens", lambda: self.process.need() and "listening" in self.process.output.read_text())
        return self

    def __exit__(self, *_):
        self.process.end()


def _words(world, tunnel, direction, streams, seconds, mss):
    extra = {"up": [], "down": ["--reverse"], "both": ["--bidir"]}[direction]
    return ["iperf3", "--client", tunnel.peer, "--port", PORT, "--time", seconds, "--parallel", streams,
            "--congestion", world.inner, "--json", *extra, *(["--set-mss", mss] if mss else [])]


def _received(result):
    """(bytes, seconds) of inner payload that arrived, both directions together."""
    end, total = result["end"], 0
    for key in ("sum_received", "sum_received_bidir_reverse"):
        total += end.get(key, {}).get("bytes", 0)
    return total, end["sum_received"]["seconds"]


def _iperf(world, tunnel, direction, streams, seconds, mss):
    before = sample(tunnel.pid) if tunnel.pid else None
    done = run("cli", *_words(world, tunnel, direction, streams, seconds, mss), good=False, seconds=seconds + 60)
    used = sample(tunnel.pid) - before if tunnel.pid else None
    try:
        result = json.loads(done.stdout)
    except ValueError:
        raise Failed(f"iperf3: {done.stdout[-300:]}{done.stderr[-300:]}") from None
    if "error" in result or "sum_received" not in result.get("end", {}):
        raise Failed(f"iperf3: {result.get('error', 'no result')}")
    return result, used


def iperf(world, tunnel, direction, streams, seconds, mss=None):
    """(result, CPU of the client meanwhile).  A second try, because iperf3 stumbles over its own control connection when
    the machine is busy: it comes too early for its server or loses the result."""
    try:
        return _iperf(world, tunnel, direction, streams, seconds, mss)
    except Failed as failure:
        world.notes[f"{world.where}: {direction}, {streams} streams, first try"] = str(failure)
        time.sleep(2)
        return _iperf(world, tunnel, direction, streams, seconds, mss)


def tcp(world, tunnel, direction, streams, mss=None):
    result, used = iperf(world, tunnel, direction, streams, world.seconds, mss)
    received, seconds = _received(result)
    name = direction if direction == "both" else f"{direction}{streams}"
    values = {f"{name} Gbit/s": received * 8 / seconds / 1e9}
    if used and received:
        values[f"{name} CPU-s/GB"] = used.cpu / (received / GB)
        values[f"{name} us/packet"] = used.cpu * 1e6 / (received / (mss - TIMESTAMPS if mss else PAYLOAD))
        values[f"{name} system share"] = used.system_share
    return values


@contextlib.contextmanager
def pinging(world, tunnel, values, prefix, seconds, interval=10):
    """Pings through the tunnel for as long as the context lasts, at most for so many seconds."""
    ping = Process(world.folder, "ping", "cli", world.program("ping"), "every", tunnel.peer, interval, seconds)
    with ping:
        yield
    found = ping.json()
    if found["n"] == 0:
        raise Failed(f"no answer to {found['sent']} pings")
    values[f"{prefix} ping p50 ms"], values[f"{prefix} ping p99 ms"] = found["p50"], found["p99"]
    values[f"{prefix} ping lost"] = (found["sent"] - found["n"]) / max(found["sent"], 1)


def idle_ping(world, tunnel):
    values = {}
    with pinging(world, tunnel, values, "idle", 3600):
        time.sleep(min(world.seconds, 2))
    return values


def loaded(world, tunnel, direction, streams=4):
    """TCP with pings beside it, and how much memory the client had meanwhile."""
    values = {}
    with pinging(world, tunnel, values, f"{direction}{streams}", 3600):
        values |= tcp(world, tunnel, direction, streams)
    if tunnel.pid:
        values["loaded RSS MB"] = memory(tunnel.pid)["peak"]
    return values


def udp(world, tunnel, direction, size=UDP_BYTES):
    """Small datagrams as fast as the sender can.  Those that the sink's socket had no room for came through, too."""
    sender, receiver = ("cli", "srv") if direction == "up" else ("srv", "cli")
    target = tunnel.peer if direction == "up" else tunnel.own
    ready = pathlib.Path(world.folder / "udp.ready")
    ready.unlink(missing_ok=True)
    sink = Process(world.folder, "udp-sink", receiver, world.program("udp"), "sink", f"0.0.0.0:{UDP_PORT}", ready)
    with sink:
        until("the sink listens", lambda: sink.need() and ready.exists())
        before = sample(tunnel.pid)
        # nice: the sender never sleeps; on the client's CPU it would only let a queue's length through at each turn
        run(sender, "nice", "-n", "19", world.program("udp"), "send", f"{target}:{UDP_PORT}", size, world.seconds, 0)
        time.sleep(0.1)             # what is still under way
        used = sample(tunnel.pid) - before
    found = sink.json()
    carried = found["received"] + found["dropped"]
    if carried == 0:
        raise Failed("no UDP packet came through")
    return {f"udp {direction} kpps": carried / max(found["seconds"], 1e-3) / 1e3,
            f"udp {direction} us/packet": used.cpu * 1e6 / carried,
            f"udp {direction} CPU-s/GB": used.cpu / (carried * size / GB)}


def count(world, tunnel, direction):
    """System calls and allocations of the client during a short transfer, counted by the kernel."""
    probes = symbols.allocators(tunnel.pid)
    words = [part for name, (file, offset) in probes.items() for part in (file, hex(offset), name)]
    watched = ",".join(map(str, threads(tunnel.pid)))
    counter = Process(world.folder, "count", "cli", world.program("count"), world.tracefs, watched, *words)
    with counter:
        until("the counters run", lambda: counter.need() and counter.output.read_text())
        result, _ = iperf(world, tunnel, direction, 1, max(1, world.seconds / 2))
    found = counter.json()
    received, _ = _received(result)
    if not found.get("all") or not received:
        raise Failed("no system calls were counted")
    packets = received / PAYLOAD / 1000
    values = {f"{direction}1 syscalls/MB": found["all"] / (received / 1e6),
              f"{direction}1 syscalls/1000 packets": found["all"] / packets,
              f"{direction}1 brk+mmap+munmap/1000 packets": sum(found.get(each, 0) for each in
                                                               ("brk", "mmap", "munmap", "mremap")) / packets}
    if probes:
        values[f"{direction}1 allocations/1000 packets"] = sum(found.get(each, 0) for each in probes) / packets
    world.notes[f"{tunnel.name} {direction}: calls"] = {key: value for key, value in found.items() if value}
    return values


def pump(world, variant):
    values = {}
    for direction in ("up", "down"):
        found = variant.start(direction, world.seconds).finish()
        values[f"{direction}1 CPU-s/GB"] = found["cpu"] / (found["bytes"] / GB)
        values[f"{direction}1 Gbit/s"] = found["bytes"] * 8 / found["seconds"] / 1e9
    values["connect ms"] = variant.start("handshake", world.connects).finish()["p50"]
    return values


def connect_time(world, tunnel):
    """From the SYN to the first answer to a ping through the tunnel; the tunnel is down when this begins."""
    ping = Process(world.folder, "first", "cli", world.program("ping"), "first", tunnel.peer, "c0", tunnel.port, 20)
    with ping:
        until("the ping waits", lambda: ping.need() and ping.output.read_text())
        tunnel.client = tunnel.start_client()
        found = ping.finish()
    tunnel.hang_up()
    return found["ms"]


def attempts(world, values, steps):
    """Run each step; one that fails is noted and leaves a gap in the table."""
    for name, step in steps:
        if world.wants(name):
            try:
                values |= step()
            except Failed as failure:
                world.trouble(f"{name}: {failure}")


def tunnel_round(world, variant):
    """Everything about one tunnel."""
    values = {}
    with variant as tunnel, Iperf(world):
        time.sleep(0.5)             # what the kernel says on a new interface is over
        values["idle RSS MB"] = memory(tunnel.pid)["rss"]
        attempts(world, values, [
            ("ping", lambda: idle_ping(world, tunnel)),
            ("tcp1", lambda: tcp(world, tunnel, "up", 1)),
            ("tcp1", lambda: tcp(world, tunnel, "down", 1)),
            ("tcp4", lambda: loaded(world, tunnel, "up")),
            ("tcp4", lambda: loaded(world, tunnel, "down")),
            ("both", lambda: tcp(world, tunnel, "both", 1)),
            ("udp", lambda: udp(world, tunnel, "up")),
            ("udp", lambda: udp(world, tunnel, "down")),
            ("count", lambda: count(world, tunnel, "up")),
            ("count", lambda: count(world, tunnel, "down")),
        ])
        if world.wants("connect"):
            tunnel.hang_up()
            times = sorted(connect_time(world, tunnel) for _ in range(world.connects))
            values["connect ms"] = times[len(times) // 2]
    return values


def shaped_round(world, variant, seconds):
    """Four streams over a shaped link, with pings beside them."""
    values = {}
    with variant as tunnel, Iperf(world):
        for direction in world.directions:
            try:
                with pinging(world, tunnel, values, direction, 3600, 20):
                    result, used = iperf(world, tunnel, direction, 4, seconds)
            except Failed as failure:
                world.trouble(f"{direction}: {failure}")
                continue
            received, took = _received(result)
            values[f"{direction} Mbit/s"] = received * 8 / took / 1e6
            if used and received:
                values[f"{direction} CPU-s/GB"] = used.cpu / (received / GB)
    return values
