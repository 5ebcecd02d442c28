# SPDX-License-Identifier: GPL-2.0-or-later
"""Debian's sstp-client and pppd, unmodified, in the guest, against our test server: who judges the judge."""

import vm
from lab import PASSWORD, SERVER_REMOTE, event, violations
from proc import Failure, wait_until
from sstpc import INTERFACE, connect

SHA1, SHA256 = 1, 2

# sstptun does without ACCM, PFC and ACFC, so the judge minds them; pppd asks and takes the Configure-Reject.
PPPD_ASKS = tuple(f"LCP option {number} asked for" for number in (2, 7, 8))
PPPD_REJECTS = tuple(f"LCP option {number} rejected" for number in (7, 8))

# On a busy machine pppd answers a request and its retransmission both.
LATE = "which is not our request's"


def foreign_server(lab, *options):
    return lab.server("--auth", "mschapv2", *options, program=vm.HERE / "foreign_server.py")


def fair(server, allowed=()):
    """The judge has nothing to say against a client that real servers accept, but for what pppd is known to
    do."""
    found = [text for text in violations(server)
             if not text.startswith(PPPD_ASKS + allowed) and not text.endswith(LATE)]
    if found:
        raise Failure("the server holds against sstpc: " + "; ".join(found))


def admitted(lab, chosen, *options, pppd=(), allowed=()):
    """The binding that sstpc computes is the one that the server expects, and packets pass."""
    server = foreign_server(lab, *options)
    _, client = connect(lab, lab.guest, vm.HOST, lambda: server, pppd=pppd)
    server.wait_line(event("auth-ok", method="mschapv2"))
    server.wait_line(event("binding", hash=chosen, trouble=None))
    target = lab.peer(lab.wait_address(lab.guest, client, SERVER_REMOTE, INTERFACE))
    # accel-ppp passes nothing until IPV6CP is up as well, which takes pppd's restart timer of 3 s.
    wait_until(
    "a first answer",
    lambda: lab.guest.run(
        "ping",
        "-c",
        1,
        "-W",
        1,
        target,
         check=False).status == 0)
    lab.ping(lab.guest, target)
    fair(server, allowed)


def refused(lab):
    """A wrong password: no admission, and no binding is even tried."""
    server = foreign_server(lab)
    _, client = connect(lab, lab.guest, vm.HOST, lambda: server, password=PASSWORD + "!")
    server.wait_line(event("chap-response"))
    client.wait()
    for name in ("auth-ok", "binding"):
        if server.count(event(name)):
            raise Failure(f"a wrong password came as far as \"{name}\"")
    fair(server)


def tests():
    yield "sstpc-sha256", lambda lab: admitted(lab, SHA256, "--hash", SHA256)
    yield "sstpc-sha1", lambda lab: admitted(lab, SHA1, "--hash", SHA1)
    yield "sstpc-both-hashes", lambda lab: admitted(lab, SHA256, "--hash", SHA1 | SHA256)
    yield "sstpc-wrong-password", refused
    for dialect in ("accel", "softether4", "softether5", "mikrotik"):
        yield f"sstpc-{dialect}", lambda lab, dialect=dialect: admitted(lab, SHA256, "--dialect", dialect)
    # These offer short headers, which pppd would take and use, and which the judge does not read.
    for dialect in ("rras", "sorz"):
        yield f"sstpc-{dialect}", lambda lab, dialect=dialect: admitted(
            lab, SHA256, "--dialect", dialect, pppd=("noaccomp", "nopcomp"), allowed=PPPD_REJECTS)
