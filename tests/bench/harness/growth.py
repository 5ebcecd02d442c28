# SPDX-License-Identifier: GPL-2.0-or-later
"""How sstptun's cost grows: with the number of flows, with the size of packets, and over IPv6.  In each round all columns
of all tables have their turn."""

from . import measure
from .proc import Failed
from .report import Results

STREAMS = (1, 4, 16, 64)
UDP_SIZES = (64, 256, 512, 1372)    # payload: datagrams of 92 to 1400 bytes
MSS = (88, 268, 524, 1360)          # with time stamps, payloads of 76 to 1348 bytes: Linux takes no smaller MSS than 88
TIMESTAMPS = 12
DIRECTIONS = ("up", "down")


def _bare(values):
    """"up4 us/packet" and "udp up us/packet" are "up us/packet" here."""
    return {" ".join(word.rstrip("0123456789") for word in name.split() if word != "udp"): value
            for name, value in values.items()}


def flows(world, tunnel):
    """(column, how to measure a part of it)"""
    for streams in STREAMS:
        for direction in DIRECTIONS:
            yield streams, lambda d=direction, n=streams: measure.tcp(world, tunnel, d, n)


def udp_sizes(world, tunnel):
    for size in UDP_SIZES:
        for direction in DIRECTIONS:
            yield size, lambda d=direction, n=size: measure.udp(world, tunnel, d, n)


def tcp_sizes(world, tunnel):
    for mss in MSS:
        for direction in DIRECTIONS:
            yield mss - TIMESTAMPS, lambda d=direction, n=mss: measure.tcp(world, tunnel, d, 1, n)


class Six:
    """The same tunnel, seen from IPv6: link-local addresses are always there."""

    def __init__(self, tunnel):
        self.tunnel, self.name, self.peer = tunnel, tunnel.name, f"fe80::1%{tunnel.device}"

    @property
    def pid(self):
        return self.tunnel.pid


def family(world, tunnel):
    for name, seen, mss in (("IPv4", tunnel, 1360), ("IPv6", Six(tunnel), 1340)):
        for direction in DIRECTIONS:
            yield name, lambda d=direction, s=seen, n=mss: measure.tcp(world, s, d, 1, n)


# part of the run, title, what
TABLES = (("flows", "TCP streams", flows), ("sizes", "TCP, bytes in a segment", tcp_sizes),
          ("sizes", "UDP, bytes in a datagram", udp_sizes), ("family", "one TCP stream", family))


def everything(world, variant, rounds):
    """{title: Results}"""
    tables = {title: Results() for part, title, _ in TABLES if world.wants(part)}
    with variant as tunnel, measure.Iperf(world):
        for number in range(rounds):
            for part, title, steps in TABLES:
                for column, step in steps(world, tunnel) if world.wants(part) else ():
                    try:
                        tables[title].add(column, _bare(step()), number)
                    except Failed as failure:
                        world.trouble(f"{title}, {column}: {failure}")
    return tables
