# SPDX-License-Identifier: GPL-2.0-or-later
"""What comes with the tunnel unasked: a route to the peer, routes to advertised prefixes. None of them takes away what
this host has."""

from lib.scenario import scenario
from lib.world import SERVER4, batch, check, picture, until

HERE = "this host has {} elsewhere"


def up(scene, *options, server=(), **keywords):
    peer = scene.server(*server, **keywords)
    client = scene.client(*options)
    until("the tunnel is up", lambda: "connected:" in client.stderr() or not client.alive())
    check(client.alive(), client.stderr())
    return peer, client


def over(client, peer):
    """So that another server can listen."""
    client.end()
    found = peer.verdict()
    check(not found, f"the server's verdict: {found}")


def stays(scene, client, address, what, reason):
    """It goes where it went before, and one line says why."""
    check(scene.route(address) == "c0", f"{what} was taken over by the server's word")
    said = [line for line in client.lines() if "no route to" in line]
    check(len(said) == 1 and reason in said[0], f"not one line with {reason!r}: {said}")


@scenario("implied-peer")
def peer_route(scene):
    """Private, and nothing is in its way: it is routed. So is a neighbour of our own address."""
    for number, (local, remote) in enumerate((("172.20.0.1", "10.9.0.100"), ("198.51.100.1", "198.51.100.77"),
                                              ("169.254.7.1", "169.254.9.9"))):
        peer, client = up(scene, server=("--local", local, "--remote", remote), number=number)
        check(scene.route(local) == "sstp0", f"{local} is not routed into the tunnel")
        over(client, peer)


PEERS = {
    "lan": ("10.5.0.77", "10.9.0.100", HERE.format("10.5.0.0/24")),
    "neighbour-in-lan": ("192.0.2.77", "192.0.2.78", HERE.format("192.0.2.0/24")),
    "routed": ("172.20.0.1", "10.9.0.100", HERE.format("172.16.0.0/12")),
}
for name, (local, remote, reason) in PEERS.items():
    @scenario(f"implied-peer-{name}", local=local, remote=remote, reason=reason)
    def peer_in_the_way(scene, local, remote, reason):
        """An address that this host reaches by a route of its own stays where it is; --route is obeyed."""
        batch(scene.cli, "address add 10.5.0.2/24 dev c0\nroute add 172.16.0.0/12 via 192.0.2.1")
        scene.before = picture(scene.cli)
        peer, client = up(scene, server=("--local", local, "--remote", remote))
        stays(scene, client, local, "the peer", reason)
        over(client, peer)
        peer, client = up(scene, "--route", local, server=("--local", local, "--remote", remote), number=2)
        check(scene.route(local) == "sstp0", "an explicit --route was not obeyed")
        client.end()


@scenario("implied-peer-link-local")
def metadata(scene):
    """169.254.169.254 is where a cloud's machines ask for their keys."""
    _, client = up(scene, server=("--local", "169.254.169.254"))
    check(scene.route("169.254.169.254") == "c0", "the metadata service was taken over by the server's word")
    client.end()


@scenario("address-of-the-server")
def servers_own_address(scene):
    """The address outside is given as ours inside: without another one there is no tunnel."""
    scene.server("--remote", SERVER4, "--no-ipv6")
    client = scene.client("--disable-ipv6", "--default-route")
    client.ends(10, "neither IPv4 nor IPv6", seconds=30)
    check(f"{SERVER4}, which the server gives, is its own address outside" in client.stderr(), client.stderr())
    check("connected:" not in client.stderr(), "connected without an address")


PREFIXES = {
    "same": ("2001:db8:a::/64", "2001:db8:a::77", "2001:db8:a::/64"),
    "inside": ("2001:db8:a::/65", "2001:db8:a::77", "2001:db8:a::/64"),
    "around": ("2001:db8:ffff::/48", "2001:db8:ffff:8::1", "2001:db8:ffff:7::/64"),
}
for name, (prefix, probe, ours) in PREFIXES.items():
    @scenario(f"implied-prefix-{name}", prefix=prefix, probe=probe, ours=ours)
    def prefix_in_the_way(scene, prefix, probe, ours):
        """A prefix that is this host's own, lies in one or holds one, is not routed; --route is obeyed."""
        batch(scene.cli, "route add 2001:db8:ffff:7::/64 via 2001:db8:a::1")
        scene.before = picture(scene.cli)
        flags = ("--ra-prefix", prefix, "--ra-flags", "L")
        peer, client = up(scene, server=flags)
        until("it has been advertised", lambda: "no route to" in client.stderr())
        stays(scene, client, probe, "the prefix", HERE.format(ours))
        over(client, peer)
        peer, client = up(scene, "--route", f"{probe}/128", server=flags, number=2)
        until("an explicit --route", lambda: scene.route(probe) == "sstp0")
        client.end()


@scenario("implied-prefix")
def prefix_route(scene):
    """Nothing but a default route in its way: it is routed, whatever its length."""
    _, client = up(scene, server=("--ra-prefix", "2001:db8:ffff::/48", "--ra-flags", "L"))
    until("the on-link route", lambda: scene.route("2001:db8:ffff::1") == "sstp0")
    client.end()
