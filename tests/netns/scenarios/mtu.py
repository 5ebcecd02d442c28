# SPDX-License-Identifier: GPL-2.0-or-later
"""An MTU below 1280 takes IPv6 away (RFC 8200 section 5), and nothing of it may go outside instead."""

import time

from lib.scenario import scenario
from lib.world import INTERNET6, PEER4, RA_PREFIX, check, ip_json, until

SERVER = ("--auth", "mschapv2", "--ra-prefix", RA_PREFIX)
SAMPLES = 40                        # after the change, beside those during it


def mtu(scene, name="sstp0"):
    return ip_json(scene.cli, "link", "show", "dev", name)[0]["mtu"]


def way(scene):
    """Where the kernel would send IPv6: an interface, or nowhere."""
    done = scene.run("ip", "-6", "route", "get", INTERNET6, good=False)
    words = done.stdout.split()
    if done.returncode:
        check("unreachable" in done.stderr or "No route to host" in done.stderr, f"ip route get: {done.stderr}")
        return "nowhere"
    return "nowhere" if words[0] == "unreachable" else words[words.index("dev") + 1]


def falls(scene, misbehave, *options):
    """A session with IPv6, whose server then asks for smaller packets. All ways that were seen meanwhile."""
    peer = scene.server("--misbehave", misbehave, *SERVER)
    client = scene.client("-v", *options)
    scene.up(client, peer)
    until("it is announced", lambda: "connected:" in client.stderr())
    until("IPv6 is in the tunnel", lambda: way(scene) == "sstp0")
    seen, after, deadline = set(), 0, time.monotonic() + 20
    peer.command("fire")
    while after < SAMPLES:              # without a pause: it may be short
        seen.add(way(scene))
        after += mtu(scene) == 600
        check(client.alive() and time.monotonic() < deadline, f"the MTU does not fall: {client.last_line()}")
    return peer, client, seen


@scenario("ipv6-small-mtu-default-route")
def never_outside(scene):
    """--default-route: before, during and after the fall IPv6 is in the tunnel or unreachable."""
    peer, client, seen = falls(scene, "lcp-mru:live:600", "--default-route")
    until("the reason is told", lambda: "it needs an MTU of 1280, this one has 600" in client.stderr())
    seen.add(way(scene))
    check(seen <= {"sstp0", "nowhere"}, f"IPv6 went by {seen}")
    check(way(scene) == "nowhere", "IPv6 is not unreachable")
    scene.ping(PEER4)
    client.end()


@scenario("ipv6-small-mtu-silent")
def never_outside_in_silence(scene):
    """The same where the server says nothing of IPV6CP any more: for long the client does not learn that it is gone."""
    peer, client, seen = falls(scene, "lcp-mru-ipv6cp-silent:live:600", "--default-route")
    peer.saw("layer-up", layer="IPCP", mru=600)
    seen.add(way(scene))
    check(seen <= {"sstp0", "nowhere"}, f"IPv6 went by {seen}")
    check(way(scene) == "nowhere", "IPv6 is not unreachable")
    scene.ping(PEER4)
    client.end()


@scenario("ipv6-small-mtu-and-back")
def smaller_and_larger(scene):
    """What was below 1280 stays below, on both sides of the keeper's door: the session goes on without IPv6."""
    peer, client, _ = falls(scene, "lcp-mru:live:600,1500", "--route", "2001:db8:ffff::/48")
    peer.saw("layer-up", layer="IPV6CP", mru=600)
    peer.command("next")
    peer.saw("layer-up", layer="IPV6CP", mru=1500)
    until("the reason is told", lambda: "it needs an MTU of 1280, this one has 1279" in client.stderr())
    check(mtu(scene) == 1279, f"the MTU is {mtu(scene)}")
    check(not ip_json(scene.cli, "-6", "address", "show", "dev", "sstp0"), "the interface has IPv6 again")
    scene.ping(PEER4)
    client.end()
