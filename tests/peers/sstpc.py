# SPDX-License-Identifier: GPL-2.0-or-later
"""Debian's sstp-client, unmodified, and the one excuse it gets."""

from lab import PASSWORD, USER
from proc import wait_until

# When the TLS handshake ends in one go, without a single EAGAIN, sstpc forgets to go on. Its race, not the
# server's; the slower the path the rarer. Only this message earns another try.
RACE = "The event loop terminated unsuccessfully"
TRIES = 6

INTERFACE = "sstpc"


def start(lab, place, server, password, within, pppd):
    return lab.start(place, "sstpc", *within, "sstpc", "--log-stderr", "--log-level", "3",
                     "--ca-cert", "/run/cert.pem", "--cert-warn", "--user", USER, "--password", password,
                     server, "noauth", "refuse-eap", "nodefaultroute", "noipdefault", "usepeerdns",
                     "noccp", "novj", "+ipv6", "nodetach", "ifname", INTERFACE, *pppd)


def connect(lab, place, address, serve, password=PASSWORD, within=(), pppd=()):
    """Starts sstpc until it gets past its race; `serve` gives each try its server. Returns both."""
    for _ in range(TRIES):
        server = serve()
        client = start(lab, place, address, password, within, pppd)
        wait_until("sstpc to start PPP or to end",
                   lambda: client.status is not None or client.count("Started PPP Link Negotiation"))
        if client.status is None or not client.count(RACE):
            break
    return server, client
