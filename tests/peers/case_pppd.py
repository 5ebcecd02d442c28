# SPDX-License-Identifier: GPL-2.0-or-later
"""Debian's pppd as the PPP peer: of Debian's sstp-client, which validates the front, then of sstptun."""

import ipaddress
import signal

import vm
from lab import GUEST_INNER, INTERFACE, PASSWORD, PPPD_LOCAL, PPPD_REMOTE, USER
from proc import Failure
from sstpc import connect as connect_sstpc

IN_PEER = ("ip", "netns", "exec", "peer")

REFUSED = 19
PEER_ENDED = 16
UNPROVEN = 11

# Everything pppd offers of itself stays on: compression, VJ and short fields are for the client to refuse.
ECHO = ("lcp-echo-interval", "1", "lcp-echo-failure", "30")


def no_violation(front):
    if front.count("^violation"):
        raise Failure("the client was at fault: " + "; ".join(line for line in front.lines
                                                             if line.startswith("violation")))


def front_is_fair(lab, hashes, binding):
    """The front finds no fault with a client that real servers accept."""
    def serve_once():
        return lab.front("auth", "require-mschap-v2", "noccp", *ECHO, options=("--hashes", hashes))

    front, sstpc = connect_sstpc(lab, lab.guest, GUEST_INNER, serve_once, within=IN_PEER)
    front.wait_line(f"^binding verified: {binding}, keys$")
    front.wait_line("^local  IP address")
    front.wait_line("^lcp echo reply$", times=2)
    lab.ping(lab.guest, PPPD_LOCAL, within=IN_PEER)
    no_violation(front)
    sstpc.signal(signal.SIGTERM)
    front.wait_line("^done$")


def serve(lab, require, *client_options, pppd=(), front_options=(), user=USER):
    """A session of sstptun, up to the address."""
    front = lab.front("auth", require, "ms-dns", "10.77.0.53", *ECHO, *pppd, options=front_options)
    client = lab.client(lab.here, vm.GUEST, *client_options, user=user)
    link = lab.wait_address(lab.here, client, PPPD_REMOTE)
    return front, client, link


def hang_up(lab, front, client, before):
    """The whole goodbye, and nothing left behind."""
    lab.stop(client)
    for line in ("^lcp terminate request$", "^sstp disconnect$",
                 "^client closed with close_notify$", "^done$"):
        front.wait_line(line)
    no_violation(front)
    lab.expect_traces(lab.here, before)


def session(lab, require, method, key, *client_options, **kwargs):
    """Connects, looks at the binding, pings, echoes, says goodbye."""
    before = lab.traces(lab.here)
    front, client, _ = serve(lab, require, *client_options, **kwargs)
    front.wait_line(f"^authenticated: {method}, {'with' if key == 'keys' else 'without'} keys$")
    front.wait_line(f"^binding verified: {'sha1' if kwargs.get('front_options') else 'sha256'}, {key}$")
    lab.ping(lab.here, PPPD_LOCAL)
    front.wait_line("^lcp echo reply$", times=2)
    hang_up(lab, front, client, before)


def whole(lab):
    """One session looked at closely: DNS asked for, full-sized packets both ways, IPv6 by IPV6CP."""
    before = lab.traces(lab.here)
    front, client, link = serve(lab, "require-mschap-v2", pppd=("+ipv6",))
    front.wait_line(rf"sent \[IPCP ConfAck .*<addr {PPPD_REMOTE}>.*<ms-dns1 10\.77\.0\.53>")
    lab.ping(lab.here, PPPD_LOCAL, "-M", "do", "-s", link["mtu"] - 28)
    lab.ping(lab.guest, PPPD_REMOTE, "-M", "do", "-s", link["mtu"] - 28)
    server_ll = front.wait_line(r"^local  LL address (\S+)")[1]
    client_ll = front.wait_line(r"^remote LL address (\S+)")[1]
    lab.wait_address(lab.here, client, str(ipaddress.ip_address(client_ll)))
    lab.ping(lab.here, f"{server_ll}%{INTERFACE}", "-6")
    hang_up(lab, front, client, before)


def small_mru(lab):
    """pppd takes no more than 1280 bytes; the interface keeps to it."""
    before = lab.traces(lab.here)
    front, client, link = serve(lab, "require-mschap-v2", pppd=("mru", "1280"))
    if link["mtu"] != 1280:
        raise Failure(f"the peer's MRU is 1280, the interface's MTU {link['mtu']}")
    lab.ping(lab.here, PPPD_LOCAL, "-M", "do", "-s", 1280 - 28)
    hang_up(lab, front, client, before)


def server_ends(lab, number):
    """pppd ends the session, by its own goodbye or without a word."""
    before = lab.traces(lab.here)
    front, client, _ = serve(lab, "require-mschap-v2")
    pppd = front.wait_line(r"^pppd (\d+)$")[1]
    lab.guest.run("kill", f"-{number}", pppd)
    client.expect_exit(PEER_ENDED)
    front.wait_line("^done$")
    no_violation(front)
    lab.expect_traces(lab.here, before)


def refused(lab, require, *client_options):
    """A wrong password, judged by pppd."""
    front = lab.front("auth", require)
    client = lab.client(lab.here, vm.GUEST, *client_options, password=PASSWORD + "!")
    client.expect_exit(REFUSED)
    front.wait_line("^done$")
    if front.count("^authenticated|^violation"):
        raise Failure("the front saw: " + front.output())


def never_pap_unasked(lab):
    """A server that wants PAP only gets no password from a client that was not told to use PAP."""
    front = lab.front("auth", "require-pap")
    client = lab.client(lab.here, vm.GUEST)
    client.expect_exit(UNPROVEN)  # pppd's answer to the Nak is to ask for nothing
    front.wait_line("^done$")
    if front.count(r"rcvd \[PAP"):
        raise Failure("the client sent a PAP request")


def unauthenticated(lab):
    """A server that asks for no authentication proves nothing either."""
    front = lab.front("noauth", options=("--no-auth",))
    client = lab.client(lab.here, vm.GUEST)
    client.expect_exit(UNPROVEN)
    front.wait_line("^done$")


def tests():
    sha1 = ("--hashes", "1")
    eap = ("--auth", "eap-mschapv2")
    yield "front-fair-sha256", lambda lab: front_is_fair(lab, 3, "sha256")
    yield "front-fair-sha1", lambda lab: front_is_fair(lab, 1, "sha1")
    yield "pppd-whole", whole
    yield "pppd-mschapv2-sha1", lambda lab: session(lab, "require-mschap-v2", "chap", "keys",
                                                    front_options=sha1)
    yield "pppd-domain", lambda lab: session(lab, "require-mschap-v2", "chap", "keys", user=f"OFFICE\\{USER}")
    yield "pppd-eap-mschapv2", lambda lab: session(lab, "require-eap", "eap", "keys", *eap)
    yield "pppd-chap-md5", lambda lab: session(lab, "require-chap", "chap", "zero key", "--auth", "chap-md5")
    yield "pppd-pap", lambda lab: session(lab, "require-pap", "pap", "zero key", "--auth", "pap")
    yield "pppd-small-mru", small_mru
    yield "pppd-ends", lambda lab: server_ends(lab, "TERM")
    yield "pppd-dies", lambda lab: server_ends(lab, "KILL")
    yield "refused-mschapv2", lambda lab: refused(lab, "require-mschap-v2")
    yield "refused-eap-mschapv2", lambda lab: refused(lab, "require-eap", *eap)
    yield "refused-chap-md5", lambda lab: refused(lab, "require-chap", "--auth", "chap-md5")
    yield "refused-pap", lambda lab: refused(lab, "require-pap", "--auth", "pap")
    yield "never-pap-unasked", never_pap_unasked
    yield "unauthenticated", unauthenticated
