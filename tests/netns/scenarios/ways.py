# SPDX-License-Identifier: GPL-2.0-or-later
"""The way to the server: names, addresses in turn, refusals, black holes."""

import os
import signal

from lib import watch
from lib.scenario import scenario
from lib.world import (CLIENT4, ELSEWHERE4, INTERNET4, NAME, PEER4, SECOND4, SERVER4, SERVER6,
                       batch, check, until)


@scenario("name-unknown")
def unknown_name(scene):
    scene.dns({})
    scene.client(target="nowhere.example.test").ends(8, "nowhere.example.test")


@scenario("name-server-silent", seconds=90)
def dead_name_server(scene):
    """No name server answers: 8, in bounded time."""
    scene.write("/etc/resolv.conf", f"nameserver {SECOND4}\noptions timeout:2 attempts:2\n")
    batch(scene.srv, f"route add blackhole {CLIENT4}/32 table 99\nrule add from {SECOND4} lookup 99")
    client = scene.client(target="nowhere.example.test")
    client.ends(8, "nowhere.example.test", seconds=45)


@scenario("end-during-resolve")
def signal_while_resolving(scene):
    """A signal while the name server is silent is obeyed at once."""
    scene.write("/etc/resolv.conf", f"nameserver {SECOND4}\noptions timeout:10 attempts:3\n")
    batch(scene.srv, f"route add blackhole {CLIENT4}/32 table 99\nrule add from {SECOND4} lookup 99")
    client = scene.client("-v", target="nowhere.example.test")
    until("it starts", client.stderr)
    client.end()


@scenario("name-resolver-crashes")
def resolver_crashes(scene):
    """Whoever looks the name up dies as a parser that was attacked would: 1, and no advice to look for a typing error."""
    scene.write("/etc/resolv.conf", f"nameserver {SECOND4}\noptions timeout:10 attempts:3\n")
    batch(scene.srv, f"route add blackhole {CLIENT4}/32 table 99\nrule add from {SECOND4} lookup 99")
    for number, text in ((signal.SIGSEGV, "crashed with signal 11"), (signal.SIGSYS, "by its sandbox with signal 31")):
        client = scene.client("-v", target="nowhere.example.test")
        until("it is confined", lambda: "sandbox of the resolver" in client.stderr())
        os.kill(watch.processes(client, scene.binary)[2], number)
        client.ends(1, "the resolver process", text, "name server", "address, not its name")
        check("server again" not in client.last_line(), f"it blames the server: {client.last_line()}")


@scenario("name-by-dns")
def resolved(scene):
    scene.dns({"vpn.example.test": [SERVER6, SERVER4]})
    scene.names({})
    peer = scene.server()
    client = scene.client()
    scene.up(client, peer)
    check(peer.events("tcp")[0]["peer"], "no peer")
    client.end()


@scenario("name-by-dns-ipv6")
def resolved_by_ipv6(scene):
    scene.dns({NAME: [SERVER4]}, servers=(SERVER6,))
    scene.names({})
    peer = scene.server()
    client = scene.client()
    scene.up(client, peer)
    client.end()


@scenario("name-by-dns-link-local")
def resolved_by_link_local(scene):
    """A name server that needs the interface's index, beside one of the other family."""
    batch(scene.srv, "address add fe80::1/64 dev s0 nodad")
    batch(scene.cli, "address add fe80::2/64 dev c0 nodad")
    scene.dns({NAME: [SERVER4]}, servers=("fe80::1%c0", SECOND4))
    batch(scene.srv, f"route add blackhole {CLIENT4}/32 table 99\nrule add from {SECOND4} lookup 99")
    scene.names({})
    peer = scene.server()
    client = scene.client()
    scene.up(client, peer)
    client.end()


@scenario("refused")
def refused(scene):
    scene.client().ends(8, "refused")


@scenario("unreachable")
def unreachable(scene):
    scene.names({NAME: ["192.0.2.77"]})
    scene.client().ends(8, seconds=35)


@scenario("fall-over-refused")
def next_address(scene):
    """The first address refuses, the second is right."""
    scene.names({NAME: [SECOND4, SERVER4]})
    peer = scene.server(listen=(f"{SERVER4}:443",))
    client = scene.client()
    scene.up(client, peer)
    client.end()


@scenario("fall-over-blackhole")
def blackhole(scene):
    """IPv6 goes nowhere without a word; IPv4 is tried soon enough for a person to wait for."""
    scene.names({NAME: ["2001:db8:bad::1", SERVER4]})
    peer = scene.server()
    client = scene.client()
    scene.up(client, peer, seconds=15)
    client.end()


@scenario("all-addresses-fail")
def all_fail(scene):
    """Every address is named or counted, the status is 8."""
    scene.names({NAME: [SERVER4, SECOND4, SERVER6]})
    scene.client().ends(8)


@scenario("mapped-address")
def mapped(scene):
    """An IPv4 address in IPv6's clothes (RFC 4291 2.5.5.2) is an IPv4 address: the tunnel does not carry itself."""
    scene.names({NAME: [f"::ffff:{ELSEWHERE4}"]})       # behind the default route
    peer = scene.server()
    client = scene.client("--default-route")
    scene.up(client, peer)
    check(scene.route(ELSEWHERE4) == "c0", "the server's own address goes into the tunnel")
    scene.ping_inside(INTERNET4)
    scene.ping(PEER4)
    client.end()


@scenario("mapped-address-by-dns")
def mapped_by_dns(scene):
    scene.names({})
    scene.dns({NAME: [f"::ffff:{ELSEWHERE4}"]})
    peer = scene.server()
    client = scene.client("--default-route")
    scene.up(client, peer)
    check(scene.route(ELSEWHERE4) == "c0", "the server's own address goes into the tunnel")
    client.end()


@scenario("no-servers-address")
def no_server(scene):
    """The host itself, or a whole group: no server's address. One beside it that is one is used."""
    for text in ("0.0.0.0", "::", "224.0.0.1", "ff02::1", "::ffff:0.0.0.0"):
        target = f"[{text}]" if ":" in text else text
        scene.client(target=target).ends(2, text, "an address that a server has")
        scene.names({NAME: [text]})
        scene.client().ends(8, "no server has", "/etc/hosts")
    scene.names({NAME: ["0.0.0.0", SERVER4]})
    peer = scene.server()
    client = scene.client("-v")
    scene.up(client, peer)
    check("0.0.0.0" in client.stderr(), "it does not say that an address was left out")
    client.end()
