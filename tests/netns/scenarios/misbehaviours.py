# SPDX-License-Identifier: GPL-2.0-or-later
"""One scenario for each misbehaviour of the test server, at each stage where it makes a difference.

The tables hold the contract: what the server does, the exit status, words that the failure's line
must contain.  15 and 16 are for sessions that were up, the stage's number comes before.
"""

import re

from lib.scenario import scenario
from lib.world import PEER4, RA_PREFIX, check, until

BEFORE_UP = {"accept": 9, "tls": 10, "http": 10, "request": 10, "lcp": 10, "auth": 10, "response": 10,
             "authed": 10, "ipcp": 10}
LINGER = 75                 # longer than any of the negotiation's timers, all of 60 s at most
V4 = ("--disable-ipv6",)
MEMORY = 16 * 1024          # KiB: whatever a server sends, it does not make the client grow beyond


def fails(name, misbehave, status, *words, options=(), server=(), seconds=30):
    """The server misbehaves during the set-up, sstptun gives up with that status."""
    @scenario(name, seconds=seconds + 30)
    def run(scene):
        scene.server("--misbehave", misbehave, *server)
        client = scene.client("--quiet", *options)
        client.ends(status, *words, seconds=seconds)
        one_line(client)


def one_line(client):
    """Every failure is one line: the stage, the cause, the next step."""
    check(len(client.lines()) == 1, f"not one line: {client.stderr()}")
    check(re.fullmatch(r"sstptun: [A-Za-z]+: .+; .+", client.last_line()),
          f"not `stage: cause; next step`: {client.last_line()}")


def survives(name, misbehave, options=(), server=(), after=None):
    """The server misbehaves (at `live`: once the tunnel is up), the session does not mind."""
    @scenario(name)
    def run(scene):
        peer = scene.server("--misbehave", misbehave, *server)
        client = scene.client(*options)
        scene.up(client, peer)
        scene.ping(PEER4)
        if ":live" in misbehave:
            peer.command("fire")
            peer.saw("misbehave")
            scene.ping(PEER4, count=5)
        if after:
            after(scene, peer, client)
        check(client.peak_memory() < MEMORY, f"it grew to {client.peak_memory()} KiB")
        client.end()


def drops(name, misbehave, status, *words, options=(), server=(), seconds=30):
    """The tunnel is up, then the server misbehaves, and sstptun ends with that status."""
    @scenario(name, seconds=seconds + 30)
    def run(scene):
        peer = scene.server("--misbehave", misbehave, *server)
        client = scene.client(*options)
        scene.up(client, peer)
        scene.ping(PEER4)
        peer.command("fire")
        peer.saw("misbehave")
        client.ends(status, *words, seconds=seconds)


# -- cut off at every stage -----------------------------------------------------------------------

for stage, number in BEFORE_UP.items():
    words = ("IPv4: no agreement in time",) if stage == "ipcp" else ()
    fails(f"silence-{stage}", f"silence:{stage}", number, *words, seconds=LINGER)
    fails(f"reset-{stage}", f"reset:{stage}", number)
    fails(f"fin-{stage}", f"fin:{stage}", number)
    fails(f"noise-{stage}", f"noise:{stage}", number)
    if stage not in ("accept",):
        fails(f"close-{stage}", f"close:{stage}", number)
    if stage not in ("accept", "tls", "http"):
        fails(f"abort-{stage}", f"abort:{stage}:5", number, "5")
        fails(f"abort-bare-{stage}", f"abort:{stage}:bare", number)
        fails(f"disconnect-{stage}", f"disconnect:{stage}", number)
        fails(f"disconnect-bare-{stage}", f"disconnect:{stage}:bare", number)

drops("silence-live", "silence:live", 15, seconds=140)
drops("reset-live", "reset:live", 16)
drops("fin-live", "fin:live", 16)
drops("close-live", "close:live", 16)
drops("abort-live", "abort:live:5", 16, "5")
drops("abort-bare-live", "abort:live:bare", 16)
drops("disconnect-live", "disconnect:live", 16)
drops("disconnect-bare-live", "disconnect:live:bare", 16)
drops("terminate-live", "terminate:live", 16)
drops("terminate-ras-live", "terminate:live:718", 16, "718")
drops("noise-live", "noise:live", 16)


@scenario("close-up")
def close_right_after_up(scene):
    """The last Configure-Ack and the close in one flight: it was up, so it is 16."""
    scene.server("--misbehave", "close:up")
    scene.client().ends(16)


# -- HTTP -----------------------------------------------------------------------------------------

for code in (301, 400, 401, 403, 404, 405, 407, 501, 503):
    fails(f"http-{code}", f"http:{code}", 10, str(code))
fails("http-text", "http-text", 10)
fails("http-endless", "http-endless", 10)
fails("http-endless-line", "http-endless:http:line", 10)
fails("http-drip", "http-drip", 10, seconds=LINGER)
survives("http-continue", "http-continue")
survives("http-odd-header", "http-length")

# -- SSTP -----------------------------------------------------------------------------------------

for name in ("bad-version", "short-length", "truncated", "attribute-long", "attribute-short",
             "ack-empty", "hash-none", "ack-twice", "server-connected"):
    fails(name, name, 10)
# The walk over the attributes goes by their lengths; a lying count must not lead it astray. Whether
# the message is refused or taken at its lengths, nothing hangs.
fails("control-short", "control-short", 10, seconds=LINGER)
fails("nak-forever", "nak", 10, "4")
survives("nak-twice", "nak:2")
survives("unknown-message", "unknown-message")
survives("early-echo", "early-echo")
survives("early-data", "early-data")
survives("reserved-bits", "reserved-bits")
survives("hash-unknown-bits", "hash-unknown-bits")
survives("echo-flood", "echo-flood:live",
         after=lambda _scene, peer, _client: check(
             len(peer.events("sstp", received="ECHO_RESPONSE")) >= 1000, "not every ECHO_REQUEST was answered"))
survives("oversize", "oversize:live")
for shape in ("coalesce", "bytes"):
    survives(f"lcp-echo-flood-{shape}", "lcp-echo-flood:live", server=("--records", shape))
survives("ppp-noise-auth", "ppp-noise:auth")
survives("ppp-noise-live", "ppp-noise:live")
survives("unknown-message-live", "raw-live:live:1001000800aa0000")
drops("bad-version-live", "raw-live:live:2000000400", 16)
drops("short-length-live", "raw-live:live:10000002ffff", 16)
drops("ack-live", "raw-live:live:10010030000200010004002800000003" + "55" * 32, 16)
fails("binding-abort-4", "binding-abort:4", 10, "binding", "4")
fails("binding-abort-7", "binding-abort:7", 10, "binding", "7")
fails("binding-other-certificate", "none", 10, "binding",
      server=("--binding-cert", "/run/sstptun-tests/pki/rsa.pem"))


@scenario("hash-sha1")
def sha1_only(scene):
    """The server's list of hashes decides: SHA-1 alone is still a binding."""
    server = scene.server("--hash", "1")
    client = scene.client()
    scene.up(client, server)
    server.saw("binding", hash=1, trouble=None)
    client.end()


@scenario("hash-sha256")
def sha256_only(scene):
    server = scene.server("--hash", "2")
    client = scene.client()
    scene.up(client, server)
    server.saw("binding", hash=2, trouble=None)
    client.end()


# -- TLS in mid-session -----------------------------------------------------------------------------

survives("key-update", "key-update:live")
survives("key-update-request", "key-update:live:request")
survives("key-update-early", "key-update:auth:request")
survives("tickets", "tickets:live")
for shape in ("packet", "coalesce", "split", "bytes"):
    survives(f"records-{shape}", "none", server=("--records", shape))

# -- LCP ------------------------------------------------------------------------------------------

for stage in ("lcp", "auth", "response", "authed", "ipcp"):
    fails(f"terminate-{stage}", f"terminate:{stage}", 10)
fails("terminate-ras-919", "terminate:auth:919", 10, "919")
fails("lcp-nak-forever", "lcp-nak-forever", 10, seconds=LINGER)
survives("lcp-bad-option", "lcp-bad-option")
survives("lcp-same-magic", "lcp-same-magic",
         after=lambda _scene, peer, _client: peer.saw("magic-naked"))
survives("lcp-unknown-code", "lcp-unknown-code:live")
survives("lcp-renegotiate", "lcp-renegotiate:live", after=lambda scene, peer, _client: (
    peer.saw("auth-ok", again=True), check(len(peer.events("sstp", received="CALL_CONNECTED")) == 1,
                                           "CALL_CONNECTED came again")))
survives("unknown-protocol", "unknown-protocol:live")
survives("unknown-protocol-early", "unknown-protocol:auth")


@scenario("lcp-echo-flood")
def lcp_echo_flood(scene):
    """A thousand LCP Echo-Requests are answered, every one."""
    server = scene.server("--misbehave", "lcp-echo-flood:live")
    client = scene.client()
    scene.up(client, server)
    server.command("fire")
    server.saw("misbehave")
    scene.ping(PEER4)
    count = len(server.events("lcp-echo-reply"))
    check(count >= 1000, f"{count} of 1000 LCP Echo-Requests were answered")
    client.end()


# -- authentication -------------------------------------------------------------------------------

fails("auth-none", "auth-none", 11)
fails("auth-stall", "auth-stall", 10, seconds=LINGER)
fails("eap-notify-forever", "eap-notify-forever", 10, server=("--auth", "eap"), seconds=LINGER)
# Neither a proof nor a challenge: that the server did not prove itself (11) and that the negotiation
# failed (10) are both true; only coming up would be wrong.
fails("success-unasked", "success-unasked", (10, 11), seconds=LINGER)
for kind in ("wrong", "flip", "missing", "short", "empty"):
    fails(f"proof-{kind}", f"proof:{kind}", 11, server=("--auth", "mschapv2"))
    fails(f"eap-proof-{kind}", f"proof:{kind}", 11, server=("--auth", "eap"))
survives("proof-lower-case", "proof:lower", server=("--auth", "mschapv2"))
for method in ("mschapv2", "eap"):
    survives(f"asks-twice-{method}", "asks-twice", server=("--auth", method))
survives("double-challenge", "double-challenge", server=("--auth", "mschapv2"))
survives("rechallenge", "rechallenge:live", server=("--auth", "mschapv2"),
         after=lambda _scene, peer, _client: (peer.saw("auth-ok", again=True), check(
             len(peer.events("sstp", received="CALL_CONNECTED")) == 1, "CALL_CONNECTED came again")))

REFUSALS = {646: "hour", 647: "disabled", 648: "expired", 649: "permission", 691: "password", 709: "change"}
for error, word in REFUSALS.items():
    for method in ("mschapv2", "eap"):
        fails(f"refuse-{error}-{method}", f"refuse:{error}", 19, str(error), word, server=("--auth", method))
fails("refuse-691-retry", "refuse:691:1", 19, "691", server=("--auth", "mschapv2"))
fails("refuse-691-retry-eap", "refuse:691:1", 19, "691", server=("--auth", "eap"))
for error in (646, 647, 648, 649, 691, 709, 812):
    fails(f"refuse-ras-{error}", f"refuse:ras:{error}", 19, str(error), server=("--auth", "mschapv2"))
fails("refuse-ras-718", "refuse:ras:718", 10, "718", server=("--auth", "mschapv2"))
fails("eap-failure", "eap-failure", 19, server=("--auth", "eap"))
survives("eap-peap-first", "eap-propose:25,26", server=("--auth", "eap"))
survives("eap-unknown-first", "eap-propose:4,43,13,26", server=("--auth", "eap"))
# No method in common is a failed negotiation: the credentials were never looked at.
fails("eap-peap-only", "eap-propose:25", 10, server=("--auth", "eap"))
survives("eap-notification", "eap-notification", server=("--auth", "eap"))
survives("eap-no-success", "eap-no-success", server=("--auth", "eap"))
fails("auth-pap-only", "none", 10, server=("--auth", "pap"))


def harmless(client):
    """Nothing in the output may drive the terminal, and the text stays in one line."""
    text = client.stderr() + client.output.read_text(errors="replace")
    check("\x1b" not in text and "\x07" not in text, "control characters of the server reached the terminal")
    check("fake line" in client.last_line(), f"the refusal's text is not in the last line: {client.last_line()!r}")


for method in ("pap", "mschapv2"):
    @scenario(f"refuse-text-{method}", method=method)
    def refuse_text(scene, method):
        """The server's text is shown, but cannot paint the screen or fake a line."""
        scene.server("--misbehave", "refuse-text", "--auth", method)
        client = scene.client("--auth", method)
        client.ends(19, "go away")
        harmless(client)


# -- network protocols ----------------------------------------------------------------------------

fails("ipcp-zero", "ipcp-zero", 10, options=V4)
fails("ipcp-reject-address", "ipcp-reject-address", 10, options=V4)
fails("ipcp-nak-forever", "ipcp-nak-forever", 10, options=V4, seconds=LINGER)
fails("ncp-rejected", "ncp-rejected", 10)
survives("ipv6cp-rejected", "ncp-rejected:8057")
drops("ipcp-terminate", "ncp-terminate:live:ipcp", 16, options=V4)
survives("ipv6cp-terminate", "ncp-terminate:live:ipv6cp")
survives("answers-twice", "answers-twice", after=lambda _scene, peer, _client: check(
    len(peer.events("sstp", received="CALL_CONNECTED")) == 1, "CALL_CONNECTED came again"))
fails("ipcp-never", "ipcp-late:1000", 10, options=V4, seconds=LINGER)
fails("ipcp-never-ipv6-no-router", "ipcp-late:1000", 10, "no router", seconds=LINGER)


@scenario("ipcp-late", seconds=90)
def ipcp_late(scene):
    """Twenty seconds without an answer to IPCP: SoftEther's DHCP may be that slow."""
    peer = scene.server("--misbehave", "ipcp-late:20")
    client = scene.client("--disable-ipv6")
    scene.up(client, peer, seconds=45)
    scene.ping_inside(PEER4)
    client.end()


@scenario("ipcp-renegotiate")
def ipcp_again(scene):
    """The server starts IPCP anew and gives another address: the interface follows."""
    peer = scene.server("--misbehave", "ipcp-renegotiate:live")
    client = scene.client()
    scene.up(client, peer)
    peer.command("fire")
    until("the new address", lambda: scene.interface("10.9.0.200"))
    check(not scene.interface(), "the old address is still there")
    scene.ping(PEER4)
    client.end()


@scenario("ipv6-alone")
def ipv6_alone(scene):
    """No IPv4 from this server: the tunnel stands on IPv6."""
    scene.server("--misbehave", "ipcp-reject-address", "--ra-prefix", RA_PREFIX)
    client = scene.client()
    until("IPv6 is routed into the tunnel", lambda: client.alive() and scene.route("2001:db8:77::1") == "sstp0")
    scene.ping("2001:db8:77::1")
    client.end()


@scenario("ipcp-terminate-ipv6")
def ipv4_alone_ends(scene):
    """One family's end is not the session's: IPv6 goes on (protocol.md section 14)."""
    server = scene.server("--misbehave", "ncp-terminate:live:ipcp", "--ra-prefix", RA_PREFIX)
    client = scene.client()
    scene.up(client, server)
    scene.ping_inside("2001:db8:77::1")
    server.command("fire")
    server.saw("ppp", proto="IPCP", received="Terminate-Ack")
    scene.ping_inside("2001:db8:77::1")
    client.end()


# -- packets --------------------------------------------------------------------------------------

survives("bad-ip", "bad-ip:live")
survives("ra-wrong", "ra-wrong", server=("--ra-prefix", RA_PREFIX), after=lambda scene, _peer, _client: (
    scene.ping_inside("2001:db8:77::1"),
    check("bad" not in scene.run("ip", "-6", "route", "show", "table", "all").stdout,
          "a wrong advertisement was heeded")))


@scenario("ra-storm")
def ra_storm(scene):
    """Two thousand prefixes: the host must not end up with two thousand routes."""
    server = scene.server("--misbehave", "ra-storm:live", "--ra-prefix", RA_PREFIX)
    client = scene.client()
    scene.up(client, server)
    scene.ping_inside("2001:db8:77::1")
    server.command("fire")
    server.saw("misbehave")
    scene.ping(PEER4, count=5)
    scene.ping_inside("2001:db8:77::1")
    count = len(scene.run("ip", "-6", "route", "show", "table", "all").stdout.splitlines())
    check(count < 150, f"{count} IPv6 routes after the storm")
    client.end()
