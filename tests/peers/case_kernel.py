# SPDX-License-Identifier: GPL-2.0-or-later
"""sstptun on Debian's stock kernel: its TUN and netlink path there, and the static binary's start."""

import signal

import vm
from lab import SERVER_LOCAL, SERVER_REMOTE, event, violations
from proc import Failure


def starts(lab):
    """The binary runs and says what it is."""
    lab.require_client()
    lab.guest.run(lab.client_path, "--version")


def connects(lab, *options):
    """A whole session in the guest: address, packets both ways, a clean end, nothing left behind."""
    before = lab.traces(lab.guest)
    server = lab.server(*options)
    client = lab.client(lab.guest, vm.HOST)
    link = lab.wait_address(lab.guest, client, SERVER_REMOTE)
    lab.ping(lab.guest, SERVER_LOCAL, "-M", "do", "-s", link["mtu"] - 28)
    lab.ping(lab.here, SERVER_REMOTE)
    lab.stop(client)
    server.wait_line(event("client-disconnect"))
    lab.expect_traces(lab.guest, before)
    server.signal(signal.SIGTERM)
    server.wait()
    if violations(server):
        raise Failure("the client was at fault: " + "; ".join(violations(server)))


def tests():
    yield "kernel-starts", starts
    yield "kernel-mschapv2", lambda lab: connects(lab, "--auth", "mschapv2")
    yield "kernel-eap-mschapv2", lambda lab: connects(lab, "--auth", "eap")
