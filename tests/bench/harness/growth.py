# SPDX-License-Identifier: GPL-2.0-or-later
"""How sstptun's cost grows: with the number of flows, with the size of packets, and over IPv6."""

from . import measure
from .proc import Failed

STREAMS = (1, 4, 16, 64)
SIZES = (64, 256, 512, 1024, 1372)


def flows(world, tunnel):
    """{number of streams: {row: value}}"""
    found = {}
    for streams in STREAMS:
        found[streams] = {}
        for direction in ("up", "down"):
            values = measure.tcp(world, tunnel, direction, streams)
            found[streams] |= {f"{direction} {name.split(' ', 1)[1]}": value for name, value in values.items()}
    return found


def sizes(world, tunnel):
    """{payload of a UDP datagram: {row: value}}"""
    found = {}
    for size in SIZES:
        found[size] = measure.udp(world, tunnel, "up", size) | measure.udp(world, tunnel, "down", size)
    return found


class Six:
    """The same tunnel, seen from IPv6: link-local addresses are always there."""

    def __init__(self, tunnel):
        self.tunnel, self.name, self.peer = tunnel, tunnel.name, f"fe80::1%{tunnel.device}"

    @property
    def pid(self):
        return self.tunnel.pid


def family(world, tunnel):
    """{"IPv4" or "IPv6": {row: value}}, one stream"""
    found = {}
    for name, seen in (("IPv4", tunnel), ("IPv6", Six(tunnel))):
        found[name] = {}
        for direction in ("up", "down"):
            values = measure.tcp(world, seen, direction, 1)
            found[name] |= {f"{direction} {row.split(' ', 1)[1]}": value for row, value in values.items()}
    return found


def everything(world, variant):
    """{title: table}"""
    tables = {}
    with variant as tunnel, measure.Iperf(world):
        for title, step in (("TCP streams", flows), ("UDP payload", sizes), ("one TCP stream", family)):
            try:
                tables[title] = step(world, tunnel)
            except Failed as failure:
                world.trouble(f"{title}: {failure}")
    return tables
