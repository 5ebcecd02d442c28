# SPDX-License-Identifier: GPL-2.0-or-later
"""A session against each known server's dialect (protocol.md section 15): it comes up,
carries packets, and ends cleanly, and the dialect's own traps are stepped around."""

from lib.scenario import scenario
from lib.world import NAME, PEER4, RA_PREFIX, check, until

IDLE = 12               # longer than SoftEther 4's patience of 10 s


def session(scene, dialect, *options, server=()):
    peer = scene.server("--dialect", dialect, *server)
    client = scene.client(*options)
    scene.up(client, peer)
    return peer, client


def finish(peer, client):
    client.end()
    peer.order(("ppp", {"proto": "LCP", "received": "Terminate-Request"}),
               ("sstp", {"received": "CALL_DISCONNECT"}), ("close_notify", {}))


@scenario("dialect-plain")
def plain(scene):
    peer, client = session(scene, "plain")
    scene.ping(PEER4)
    finish(peer, client)


@scenario("dialect-rras")
def rras(scene):
    """EAP first; callback, MRRU refused; CCP rejected after authentication, Identification ignored."""
    peer, client = session(scene, "rras", server=("--ra-prefix", RA_PREFIX))
    peer.saw("auth-ok", method="eap")
    peer.saw("protocol-rejected", protocol="80fd")
    peer.never("code-rejected")
    scene.ping(PEER4)
    finish(peer, client)


@scenario("dialect-rras-mschapv2")
def rras_without_eap(scene):
    """A Nak that asks for MS-CHAPv2 gets it."""
    peer, client = session(scene, "rras", "--auth", "mschapv2")
    peer.saw("auth-ok", method="mschapv2")
    scene.ping(PEER4)
    finish(peer, client)


@scenario("dialect-accel")
def accel(scene):
    """It speaks first, wants SNI and Host, and answers the first IPV6CP request with Terminate-Ack:
    asked again at once, not three seconds later, or IPv4 waits as well (protocol.md 15, Q4)."""
    peer, client = session(scene, "accel", server=("--require-sni", NAME, "--ra-prefix", RA_PREFIX))
    up = peer.saw("ipcp-up")
    later = peer.saw("ppp-up", proto="IPV6CP")
    check(later["t"] - up["t"] < 2, f"IPV6CP came up {later['t'] - up['t']:.1f} s after IPCP")
    scene.ping(PEER4)
    finish(peer, client)


@scenario("dialect-accel-wrong-sni")
def accel_other_name(scene):
    scene.server("--dialect", "accel", "--require-sni", "other.example.test")
    scene.client().ends(9)


@scenario("dialect-accel-pap")
def accel_walks_its_list(scene):
    """accel-ppp ignores the hint in a Nak and walks through its own list down to PAP."""
    peer, client = session(scene, "accel", "--auth", "pap")
    peer.saw("auth-ok", method="pap")
    scene.ping(PEER4)
    finish(peer, client)


@scenario("dialect-softether4")
def softether4(scene):
    """PAP is refused in favour of MS-CHAPv2, IPCP comes first, and nothing flows towards us before we
    have sent an IPv4 packet of our own (Q2). Then twelve quiet seconds, which it must survive."""
    peer, client = session(scene, "softether4")
    peer.saw("auth-ok", method="mschapv2")
    peer.saw("forwarding", seconds=5)
    first = peer.saw("sstp", sent="ECHO_REQUEST")
    peer.saw("protocol-reject", protocol="8057")
    until("twelve quiet seconds", lambda: peer.events("sstp", received="ECHO_RESPONSE")
          and peer.events("sstp", sent="ECHO_REQUEST")[-1]["t"] - first["t"] > IDLE, 25)
    scene.ping("1.0.0.1")
    finish(peer, client)


@scenario("dialect-softether4-pap")
def softether4_pap(scene):
    """With PAP allowed its first offer is taken; the Ack has no message byte."""
    peer, client = session(scene, "softether4", "--auth", "pap")
    peer.saw("auth-ok", method="pap")
    finish(peer, client)


@scenario("dialect-softether5")
def softether5(scene):
    """EAP with its question before LCP is up, echoes with odd data, no reject before login (Q3)."""
    peer, client = session(scene, "softether5", server=("--ra-prefix", RA_PREFIX))
    peer.saw("auth-ok", method="eap")
    check(not peer.events("auth-retransmit"), "the early EAP request was not queued: it had to be sent twice")
    scene.ping(PEER4)
    peer.saw("ppp-up", proto="IPV6CP")
    until("two LCP echoes after LCP is up", lambda: len(peer.events("lcp-echo-reply")) >= 2, 15)
    finish(peer, client)


@scenario("dialect-softether5-mschapv2")
def softether5_mschapv2(scene):
    peer, client = session(scene, "softether5", "--auth", "mschapv2")
    peer.saw("auth-ok", method="mschapv2")
    check(not peer.events("auth-retransmit"), "the early challenge was not queued: it had to be sent twice")
    scene.ping(PEER4)
    finish(peer, client)


@scenario("dialect-mikrotik")
def mikrotik(scene):
    """IPV6CP, MPLSCP and BCP right after authentication: the unknown two are Protocol-Rejected."""
    peer, client = session(scene, "mikrotik")
    peer.saw("protocol-rejected", protocol="8281")
    peer.saw("protocol-rejected", protocol="8031")
    scene.ping(PEER4)
    finish(peer, client)


@scenario("dialect-mikrotik-pap")
def mikrotik_pap(scene):
    """The PAP Ack of Length 4 with nine more bytes in its packet (protocol.md section 11)."""
    peer, client = session(scene, "mikrotik", "--auth", "pap")
    peer.saw("auth-ok", method="pap")
    scene.ping(PEER4)
    finish(peer, client)


@scenario("dialect-sorz")
def sorz(scene):
    """Split records, compressed frames without FF 03, one-byte protocols, CCP, short Status Info."""
    peer, client = session(scene, "sorz", server=("--ra-prefix", RA_PREFIX))
    scene.ping(PEER4)
    peer.saw("protocol-rejected", protocol="80fd")
    peer.command("disconnect")
    client.ends(16)


@scenario("dialect-sorz-refusal")
def sorz_refusal(scene):
    """E=691 with R=1: the same password must not be tried again."""
    peer = scene.server("--dialect", "sorz", "--user", "bob:secret", "--auth", "mschapv2")
    scene.client(user="bob").ends(19, "691")
    check(len(peer.events("chap-response")) == 1, "the refused password was sent again")


@scenario("dialect-keenetic")
def keenetic(scene):
    """Every option is rejected, magic number and MRU too: an empty request, and zero in echoes."""
    peer, client = session(scene, "keenetic")
    check(scene.interface()["mtu"] <= 1500, "MTU beyond the default MRU")
    peer.saw("lcp-echo-reply")
    scene.ping(PEER4)
    finish(peer, client)


for dialect in ("plain", "rras", "accel", "softether4", "softether5", "mikrotik", "sorz", "keenetic"):
    @scenario(f"disconnect-by-{dialect}", dialect=dialect)
    def disconnect(scene, dialect):
        """The server hangs up in its own way; that is 16."""
        peer, client = session(scene, dialect)
        peer.command("disconnect")
        client.ends(16)

    @scenario(f"wrong-password-{dialect}", dialect=dialect)
    def wrong_password(scene, dialect):
        scene.server("--dialect", dialect, "--user", "bob:secret")
        scene.client(user="bob").ends(19, "691")
