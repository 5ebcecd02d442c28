# SPDX-License-Identifier: GPL-2.0-or-later
"""Bounded whatever the server does: every message that it can send, sent without end and as fast as the client takes
it (tests/server/flood*.py). Memory stays flat, the log does not grow with the flood, a signal is still obeyed with a
proper goodbye, and where the flood is a reason to end, the end is the right one.

FLOOD_SECONDS (0.3 unless set) is how long each kind lasts; docs/testing.md.
"""

import json
import os
import signal

from lib import watch
from lib.scenario import scenario
from lib.world import PEER4, RA_PREFIX, check, until

SECONDS = float(os.environ.get("FLOOD_SECONDS", "0.3"))
ENDLESS = ("asks for the login over and over", "100 answers within 10 minutes")
ENOUGH = 256 * 1024             # bytes on the wire, below which it was no flood
TIMERS = 15                     # seconds before which no timer of the client's is up
OBEYED = 10                     # seconds within which a signal in the middle of a flood has ended the client


def limit(n_kinds):
    """A scenario's time on a busy machine: what a kind leaves behind is waited for, too."""
    return int(60 + n_kinds * (2 * SECONDS + 15))


def record(scene, kind, measured):
    with open(scene.folder / "flood.log", "a", encoding="ascii") as file:
        file.write(json.dumps({"kind": kind, **measured.summary()}) + "\n")


def flood(scene, peer, client, kind, enough=ENOUGH):
    """One kind, for its time; what was measured meanwhile."""
    measured = watch.Watch(client, scene.binary)
    measured.take()
    peer.command(f"flood {kind}")
    peer.saw("flood", kind=kind)
    measured.over(SECONDS, more=lambda: measured.wire() < enough)
    record(scene, kind, measured)
    return measured


def judge(client, kind, measured, enough=ENOUGH, lines=10):
    check(client.alive(), f"{kind}: the client ended with {client.child.poll()}: {client.last_line()}")
    check(measured.wire() >= enough, f"{kind}: only {measured.wire()} bytes came through: the flood is none")
    measured.memory_is_flat(kind)
    measured.log_is_bounded(kind, lines)
    measured.cost_is_even(kind)


def pings(scene):
    return scene.run("ping", "-n", "-q", "-c", "1", "-W", "2", PEER4, good=False).returncode == 0


def goodbye(peer):
    """The close_notify behind it may be lost: the server goes on to write into a socket that has been closed."""
    peer.saw("sstp", received="CALL_DISCONNECT")
    peer.order(("ppp", {"proto": "LCP", "received": "Terminate-Request"}), ("sstp", {"received": "CALL_DISCONNECT"}))


def obeys(client, kind, *statuses):
    """SIGTERM in the middle of it: 0, in time, or where the client has given up by itself one of these."""
    if client.alive():
        client.signal(signal.SIGTERM)
    got = client.wait(OBEYED)
    check(got in (0, *statuses), f"{kind}: ended with {got}, after SIGTERM or before: {client.last_line()}")


def start(scene, misbehave, server):
    """The odd records of TLS need the key log, and no tickets that would be counted among them."""
    return scene.server("--misbehave", misbehave, "--keylog", str(scene.file("keylog", "")), "--tickets", "0",
                        "--ra-prefix", RA_PREFIX, *server)


def endures(name, kinds, server=(), options=(), enough=ENOUGH):
    """One session takes one flood after another, works in between, and is ended in the middle of the last."""
    @scenario(f"flood-{name}", seconds=limit(len(kinds)), busy=True)
    def run(scene):
        peer = start(scene, "flood", server)
        client = scene.client(*options)
        scene.up(client, peer)
        for kind in kinds:
            judge(client, kind, flood(scene, peer, client, kind, enough), enough)
            if kind != kinds[-1]:
                peer.command("stop")
                watch.idle(client, scene.binary, f"after {kind}", seconds=40 + 2 * SECONDS)
                until(f"traffic flows after {kind}", lambda: pings(scene))
        obeys(client, kinds[-1])
        goodbye(peer)


def early(stage, *kinds, server=()):
    """A flood at a stage where the server does nothing else. The client holds out and obeys, until its time for the
    stage is up: no flood puts that off."""
    for kind in kinds:
        @scenario(f"flood-at-{stage}-{kind}", seconds=limit(1), busy=True, kind=kind)
        def run(scene, kind):
            peer = start(scene, f"flood:{stage}", server)
            client = scene.client()
            peer.saw("misbehave")
            measured = flood(scene, peer, client, kind)
            long = measured.samples[-1].at - measured.samples[0].at > TIMERS
            if long and not client.alive():
                measured.memory_is_flat(kind)
                measured.log_is_bounded(kind)
            else:
                judge(client, kind, measured)
            obeys(client, kind, *([10] if long else []))


def ends(name, kind, status, *words, stage="live", server=(), options=(), seconds=30, mute=False):
    """The flood is a reason to end, or leads to one by and by: the right status, in time, while it goes on; also where
    the server takes no answer (mute)."""
    @scenario(f"flood-end-{name}", seconds=seconds + 30, busy=True)
    def run(scene):
        peer = start(scene, "flood" if stage == "live" else f"flood:{stage}:{kind}", server)
        client = scene.client(*options)
        if stage == "live":
            scene.up(client, peer)
            if mute:
                peer.command("deaf")
            peer.command(f"flood {kind}")
        measured = watch.Watch(client, scene.binary)
        measured.over(seconds, n=int(seconds * 20), more=client.alive)
        client.ends(status, *words, seconds=seconds)
        if len(measured.samples) > 8:
            record(scene, kind, measured)
            measured.memory_is_flat(kind)
            measured.log_is_bounded(kind)
            measured.cost_is_even(kind)


def drips(stage, kind, status, *words, server=()):
    """Signs of life that lead nowhere do not put off the end of a stage's time (the other waits: misbehaviours.py)."""
    @scenario(f"drip-{stage}-{kind}", seconds=110)
    def run(scene):
        peer = start(scene, f"flood:{stage}", server)
        client = scene.client("--quiet")
        peer.saw("misbehave")
        peer.command(f"drip {kind}")
        client.ends(status, *words, seconds=80)


def unsettles(kind, *statuses, name="", server=(), options=()):
    """The flood takes layers down and makes them negotiate. The client may hold out or give up, but only for that
    reason, and as long as it lives it obeys."""
    @scenario(f"flood-{name or kind}", seconds=limit(1), busy=True)
    def run(scene):
        peer = start(scene, "flood", server)
        client = scene.client(*options)
        scene.up(client, peer)
        measured = flood(scene, peer, client, kind)
        measured.memory_is_flat(kind)
        measured.log_is_bounded(kind)
        measured.cost_is_even(kind)
        obeys(client, kind, *statuses)
        if client.child.returncode == 0:
            goodbye(peer)


def deaf(*kinds, server=()):
    """The server asks and asks and takes no answer. The client must not keep what it cannot send, and obeys (how soon:
    sessions.py, end-while-stalled)."""
    for kind in kinds:
        @scenario(f"flood-deaf-{kind}", seconds=limit(1), busy=True, kind=kind)
        def run(scene, kind):
            peer = start(scene, "flood", server)
            client = scene.client()
            scene.up(client, peer)
            peer.command("deaf")
            measured = flood(scene, peer, client, kind)
            judge(client, kind, measured)
            peer.command("stop")
            watch.idle(client, scene.binary, f"{kind}, with no room for an answer", unread_too=False)
            client.end()


def renegotiates(what, server=()):
    """One round of negotiation after the other, each brought to its end: the session lives, and ends as asked."""
    @scenario(f"renegotiate-{what}", seconds=limit(1), busy=True)
    def run(scene):
        peer = scene.server("--misbehave", f"renegotiate:live:{what}", *server)
        client = scene.client("--default-route")
        scene.up(client, peer)
        until("it is announced", lambda: "connected:" in client.stderr())
        measured = watch.Watch(client, scene.binary)
        peer.command("fire")
        peer.saw("renegotiated")
        measured.over(SECONDS)
        record(scene, what, measured)
        judge(client, what, measured, enough=0)
        rounds = peer.events("renegotiated")[-1]["n"]
        until("more rounds", lambda: peer.events("renegotiated")[-1]["n"] > rounds)
        if what != "lcp":
            client.end()
            goodbye(peer)
            return
        peer.command("stop")
        until("traffic flows", lambda: pings(scene))
        client.end()


def logs_in_again(what, server=()):
    """The same with a login in each round: the server is told where to stop."""
    @scenario(f"renegotiate-{what}", seconds=limit(1), busy=True)
    def run(scene):
        peer = scene.server("--misbehave", f"renegotiate:live:{what}", *server)
        client = scene.client("--default-route")
        scene.up(client, peer)
        until("it is announced", lambda: "connected:" in client.stderr())
        measured = watch.Watch(client, scene.binary)
        peer.command("fire")
        measured.over(30, n=600, more=client.alive)
        client.ends(16, *ENDLESS)
        record(scene, what, measured)
        measured.memory_is_flat(what)
        measured.log_is_bounded(what)
        measured.cost_is_even(what)


@scenario("renegotiate-batch", seconds=60, busy=True)
def renegotiates_in_a_batch(scene):
    """Thousands of rounds that lie in one batch: signals and timers have their turn between two of them."""
    peer = scene.server("--misbehave", "batch:live:6000", "--auth", "mschapv2")
    client = scene.client("--default-route", "--disable-ipv6")
    scene.up(client, peer)
    until("it is announced", lambda: "connected:" in client.stderr())
    peer.command("fire")
    peer.saw("batched")
    obeys(client, "a batch")


# -- a session that is up -------------------------------------------------------------------------

endures("sstp", ["echo-request", "echo-response", "message-unknown", "message-large", "message-attributes",
                 "message-status", "data-empty", "data-short", "data-noise"])
endures("records", ["echo-bytes", "data-bytes"], enough=32768)
endures("protocols", ["protocol-control", "protocol-data", "lcp-protocol-reject", "ipcp-code-unknown",
                      "ipv6cp-code-unknown", "lcp-code-unknown", "lcp-code-zero"])
endures("lcp", ["lcp-echo", "lcp-echo-large", "lcp-echo-reply", "lcp-discard", "lcp-identification",
                "lcp-time-remaining", "lcp-ack", "lcp-nak", "lcp-reject", "lcp-code-reject", "lcp-malformed"])
endures("ncp", [f"{layer}-{what}" for layer in ("ipcp", "ipv6cp")
                for what in ("ack", "nak", "reject", "code-reject", "malformed")])
endures("chap", ["chap-challenge-same", "chap-challenge-odd", "chap-response", "pap", "eap-identity"],
        server=("--auth", "mschapv2"))
endures("eap", ["eap-identity", "eap-notification", "eap-unknown", "eap-response", "chap-challenge"],
        server=("--auth", "eap"))
endures("ip", ["ipv4", "ipv6", "ipv4-small", "ipv4-fragments", "ipv6-fragments", "ip-malformed"])
endures("router", ["router-malformed", "router-advertisements", "router-lifetimes"])
endures("verbose", ["echo-request", "lcp-protocol-reject", "lcp-identification", "ipv4"], options=("-v",))

for protocol in ("lcp", "ipcp", "ipv6cp"):
    for what in ("request", "request-empty", "request-odd", "terminate", "terminate-ack", "code-reject-request"):
        unsettles(f"{protocol}-{what}", 10, 16)
unsettles("lcp-protocol-reject-ipcp", 10, 16)
unsettles("chap-success", 11, 16, server=("--auth", "mschapv2"))
unsettles("chap-failure", 19, 16, server=("--auth", "mschapv2"))
unsettles("eap-end", 10, 11, 16, 19, server=("--auth", "eap"))
for what in ("success", "failure", "change-password"):
    unsettles(f"eap-mschap-{what}", 10, 11, 16, 19, server=("--auth", "eap"))
PAP, MD5 = ("--auth", "pap"), ("--auth", "chap-md5")
for what in ("pap-ack", "pap-nak", "pap"):
    unsettles(what, 11, 16, 19, server=PAP, options=PAP)
for what in ("chap-challenge-same", "chap-challenge-odd", "chap-success", "chap-failure"):
    unsettles(what, 11, 16, 19, name=f"md5-{what}", server=MD5, options=MD5)

deaf("echo-request", "lcp-echo-large", "lcp-code-unknown", "chap-challenge-same", "protocol-data",
     server=("--auth", "mschapv2"))

for layer in ("ipcp", "address", "ipv6cp"):
    renegotiates(layer, server=("--auth", "mschapv2"))
for layer in ("lcp", "auth"):
    logs_in_again(layer, server=("--auth", "mschapv2"))

for message in ("call-connect-ack", "call-connect-nak", "call-connected", "call-disconnect-ack", "call-abort",
                "call-disconnect", "call-connect-request", "connect-ack-whole", "control-short", "bad-version"):
    ends(message, message, 16)

# Each challenge another one: a bounded number of answers, and the end that says so (ppp.h, PPP_ANSWERS_MAX).
ends("chap-challenge", "chap-challenge", 16, *ENDLESS, server=("--auth", "mschapv2"))
ends("eap-challenge", "eap-challenge", 16, *ENDLESS, server=("--auth", "eap"))
ends("md5-chap-challenge", "chap-challenge", 16, *ENDLESS, server=MD5, options=MD5)
ends("deaf-chap-challenge", "chap-challenge", 16, *ENDLESS, server=("--auth", "mschapv2"), mute=True)

# -- TLS ------------------------------------------------------------------------------------------

TLS12 = ("--tls-max", "1.2")
endures("tls13", ["key-update", "key-update-request", "tickets"], enough=16384)
deaf("key-update-request")
endures("tls13-records", ["records-empty", "records-padded"], enough=16384)
endures("tls13-ticket-fragments", ["ticket-fragments"], enough=16384)
ends("tls13-alerts", "alerts-warning", 16)
ends("tls13-ccs", "ccs-sealed", 16)
ends("tls13-ticket-endless", "ticket-endless", 16)
ends("tls13-ticket-bytes", "ticket-bytes", 16, "TLS that cannot be accepted")
ends("tls12-hello-request", "hello-request", 16, server=TLS12)
for below in ("ccs", "alerts", "hello-requests", "empty", "hello-endless", "certificate-endless", "certificate-bytes",
              "zeros"):
    ends(below, f"handshake-{below}", 9, stage="accept")

# -- on the way up ----------------------------------------------------------------------------------

for shape in ("lines", "line", "interim", "zeros"):
    ends(f"http-{shape}", f"http-{shape}", 10, stage="http")
MSCHAP, EAP = ("--auth", "mschapv2"), ("--auth", "eap")
early("request", "echo-request", "message-unknown", "message-large", "data-empty", "lcp-request", "ipv4-small")
early("lcp", "echo-request", "data-noise", "lcp-echo", "lcp-identification", "lcp-ack", "lcp-terminate-ack",
      "lcp-malformed", "chap-challenge", "ipcp-request", "ipv4-small")
early("auth", "protocol-control", "lcp-echo", "lcp-code-unknown", "chap-challenge-same", "chap-response", "ipcp-request",
      "pap", "ipv4-small", server=MSCHAP)
early("auth", "eap-mschap-change-password", server=EAP)
early("auth", "eap-identity", "eap-notification", "eap-unknown", "eap-response", server=EAP)
ends("at-auth-eap-mschap-success", "eap-mschap-success", 11, stage="auth", server=EAP)
ends("at-auth-eap-mschap-failure", "eap-mschap-failure", 19, "691", stage="auth", server=EAP)
ends("at-auth-pap-nak", "pap-nak", 19, stage="auth", server=PAP, options=PAP)
ends("at-auth-md5-chap-failure", "chap-failure", 19, stage="auth", server=MD5, options=MD5)
ends("at-auth-chap-challenge", "chap-challenge", 10, *ENDLESS, stage="auth", server=MSCHAP)
ends("at-auth-eap-challenge", "eap-challenge", 10, *ENDLESS, stage="auth", server=EAP)
early("ipcp", "lcp-identification", "ipcp-ack", "ipcp-malformed", "ipcp-code-unknown", "router-advertisements",
      server=MSCHAP)

drips("request", "echo-request", 10)
drips("lcp", "lcp-identification", 10)
drips("auth", "lcp-echo", 10, server=MSCHAP)
drips("ipcp", "lcp-echo", 10)
