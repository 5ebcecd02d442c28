# SPDX-License-Identifier: GPL-2.0-or-later
"""The two namespaces of a measurement and what joins them: a virtual cable, or a shaped link.

    namespace cli                              namespace srv
    client under test                          its server
    c0  192.0.2.2/24  =======================  s0  192.0.2.1/24

There is no default route, so that an address inside a tunnel can be reached through the tunnel only.  The congestion
control of the outer connections is an attribute of the routes: a sysctl would be refused in a container."""

import contextlib
import dataclasses
import json
import pathlib
import subprocess

from .proc import Failed, Process, run, until

CLIENT, SERVER = "192.0.2.2", "192.0.2.1"
ENDS = (("cli", "c0"), ("srv", "s0"))
QUEUE = 20000                   # of the devices of the shaped link: the kernel must never drop, only delay.c may


@dataclasses.dataclass(frozen=True)
class Shape:
    """A link as tests/bench/delay.c makes it; without a rate, the virtual cable."""
    rate: float = 0             # Mbit/s
    rtt: float = 0              # ms
    queue: float = 0            # ms
    loss: float = 0.0           # percent, each way

    def __str__(self):
        if not self.rate:
            return "unlimited"
        lossy = f", {self.loss:g} % loss" if self.loss else ""
        return f"{self.rate:g} Mbit/s, RTT {self.rtt:g} ms, {self.queue:g} ms queue{lossy}"


class Link:
    """A context manager."""

    def __init__(self, world, outer="cubic", shape=None):
        self.world, self.outer, self.shape, self.line = world, outer, shape, None

    def __enter__(self):
        for namespace in ("cli", "srv"):
            subprocess.run(["ip", "netns", "add", namespace], check=True)
        try:
            if self.shape and self.shape.rate:
                self._shaped()
            else:
                run("srv", "ip", "link", "add", "s0", "type", "veth", "peer", "name", "c0", "netns", "cli")
            self._address("cli", "c0", CLIENT, SERVER)
            self._address("srv", "s0", SERVER, CLIENT)
            until("the cable is up", lambda: run("cli", "ping", "-c1", "-W1", SERVER, good=False).returncode == 0)
        except BaseException:
            self.__exit__()
            raise
        return self

    def _shaped(self):
        ready = pathlib.Path(self.world.folder / "delay.ready")
        ready.unlink(missing_ok=True)
        shape = self.shape
        self.line = Process(self.world.folder, "delay", "cli", self.world.program("delay"),
                            "--left", "/run/netns/cli:c0", "--right", "/run/netns/srv:s0", "--rate", shape.rate,
                            "--rtt", shape.rtt, "--queue", shape.queue, "--loss", shape.loss, "--ready", ready)
        until("the shaped link is there", lambda: self.line.need() and ready.exists())
        for namespace, device in ENDS:
            run(namespace, "ip", "link", "set", device, "txqueuelen", QUEUE)

    def _report(self):
        """What became of the packets, for whoever doubts the line; with what the kernel dropped before it: nothing."""
        for namespace, device in ENDS:
            facts = run(namespace, "ip", "-s", "-j", "link", "show", device).stdout
            dropped = json.loads(facts)[0]["stats64"]["tx"]["dropped"]
            if dropped:
                self.world.trouble(f"the kernel dropped {dropped} packets before the shaped link, at {device}")
        self.world.notes[f"{self.world.where}: delay"] = self.line.end().json()

    def _address(self, namespace, device, own, peer):
        run(namespace, "ip", "-batch", "-", input=f"""
            link set lo up
            link set {device} up
            address add {own}/24 dev {device} noprefixroute
            route add {peer}/32 dev {device} src {own} congctl {self.outer}
        """)

    def __exit__(self, *_):
        if self.line:
            with contextlib.suppress(Failed):
                self._report()
            self.line.end()
        for namespace in ("cli", "srv"):
            subprocess.run(["ip", "netns", "del", namespace], check=False)
