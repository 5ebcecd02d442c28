# SPDX-License-Identifier: GPL-2.0-or-later
"""The two namespaces of a measurement and what joins them: a virtual cable, or a shaped link.

    namespace cli                              namespace srv
    client under test                          its server
    c0  192.0.2.2/24  =======================  s0  192.0.2.1/24

There is no default route, so that an address inside a tunnel can be reached through the tunnel only.  The congestion
control of the outer connections is an attribute of the routes: a sysctl would be refused in a container."""

import dataclasses
import pathlib
import subprocess

from .proc import Process, run, until

CLIENT, SERVER = "192.0.2.2", "192.0.2.1"


@dataclasses.dataclass(frozen=True)
class Shape:
    """A link as tests/bench/delay.c makes it."""
    rate: float                 # Mbit/s
    rtt: float                  # ms
    queue: float                # ms
    loss: float = 0.0           # percent, each way

    def __str__(self):
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
            if self.shape:
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

    def _address(self, namespace, device, own, peer):
        run(namespace, "ip", "-batch", "-", input=f"""
            link set lo up
            link set {device} up
            address add {own}/24 dev {device} noprefixroute
            route add {peer}/32 dev {device} src {own} congctl {self.outer}
        """)

    def __exit__(self, *_):
        if self.line:
            self.line.end()
        for namespace in ("cli", "srv"):
            subprocess.run(["ip", "netns", "del", namespace], check=False)
