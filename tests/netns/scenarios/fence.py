# SPDX-License-Identifier: GPL-2.0-or-later
"""What --default-route leaves outside, and the hook of docs/security.md that leaves less: documents are tested, too."""

import re
import signal

from lib import peers
from lib.scenario import scenario
from lib.world import CLIENT4, ELSEWHERE4, INTERNET4, NAME, PEER4, RA_PREFIX, SERVER4, batch, check, picture, until

DOCUMENT = peers.TESTS.parent / "docs" / "security.md"


def outside(scene):
    """The server's address was chosen by who forged the answer, and the DHCP server has given a route."""
    scene.names({NAME: [ELSEWHERE4]})
    batch(scene.cli, f"route add 128.0.0.0/1 via {SERVER4}")
    scene.before = picture(scene.cli)


@scenario("default-route-leaves-outside")
def leaves(scene):
    """As the document says: the server's address with all its ports, and what the main table knows better."""
    outside(scene)
    peer = scene.server()
    client = scene.client("--default-route")
    scene.up(client, peer)
    until("the default route", lambda: scene.route("9.9.9.9") == "sstp0")
    check(scene.route(ELSEWHERE4) == "c0" and scene.route(INTERNET4) == "c0", "the document is out of date")
    scene.ping(ELSEWHERE4)
    client.end()


@scenario("default-route-fenced")
def fenced(scene):
    """The document's hook: nothing but the tunnel's own connection is outside. A killed run's is repaired."""
    script = re.search(r"```sh\n( *#!/bin/sh\n.*?)```", DOCUMENT.read_text(), re.DOTALL)[1]
    hook = scene.file("hook", "\n".join(line.removeprefix("  ") for line in script.splitlines()) + "\n", 0o755)
    outside(scene)
    peer = scene.server("--ra-prefix", RA_PREFIX)
    for number, last in enumerate((signal.SIGKILL, signal.SIGTERM), 1):
        client = scene.client("--default-route", "--hook", str(hook))
        until("the tunnel is up", lambda: len(peer.events("ipcp-up")) == number and scene.interface())
        for address in (INTERNET4, "192.0.2.77", "9.9.9.9", "2001:db8:a::77"):
            until(f"{address} is routed into the tunnel", lambda: scene.route(address) == "sstp0")
        scene.ping(ELSEWHERE4, good=False, count=1)
        scene.ping(PEER4)
        client.signal(last)
        client.wait()
        until("the server has noticed", lambda: len(peer.events("ended")) == number)
    check(client.child.returncode == 0, client.stderr())
    check(CLIENT4 in scene.run("ip", "-4", "address").stdout, "the host's own address is gone")
