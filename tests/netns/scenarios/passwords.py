# SPDX-License-Identifier: GPL-2.0-or-later
"""Where the password comes from, and each login method alone."""

import signal
import subprocess
import termios

from lib import peers
from lib.scenario import scenario
from lib.world import PEER4, check, until


@scenario("password-stdin")
def on_stdin(scene):
    peer = scene.server()
    with subprocess.Popen(["printf", "%s\\n%s\\n", peers.PASSWORD, "second line"], stdout=subprocess.PIPE) as echo:
        client = scene.client("--passwd-on-stdin", password=False, stdin=echo.stdout)
    scene.up(client, peer)
    client.end()


@scenario("password-file-forms")
def file_forms(scene):
    """Only the first line counts; CR LF and a missing line end are forgiven."""
    peer = scene.server()
    for number, text in enumerate((peers.PASSWORD, peers.PASSWORD + "\r\n", peers.PASSWORD + "\nrest\n")):
        file = scene.file(f"form{number}", text)
        client = scene.client("--password-file", str(file), password=False)
        until("the tunnel is up", lambda: len(peer.events("ipcp-up")) == number + 1)
        scene.up(client, peer)
        client.end()


@scenario("password-file-missing")
def no_file(scene):
    peer = scene.server()
    scene.client("--password-file", "/nonexistent", password=False).ends((1, 2), "/nonexistent")
    peer.never("tcp")


@scenario("password-none")
def no_password(scene):
    """No terminal and no option: it says what to give, and does not dial."""
    peer = scene.server()
    scene.client(password=False, start_new_session=True).ends((1, 2), "--password-file")
    peer.never("tcp")


@scenario("password-prompt")
def prompt(scene):
    """Asked on the terminal, without echo, before the server hears from us. SIGPIPE means nothing."""
    peer = scene.server()
    terminal = peers.Terminal()
    client = scene.client(password=False, stdin=terminal.slave, preexec_fn=terminal.session)
    until("the prompt", lambda: "assword" in terminal.read())
    client.signal(signal.SIGPIPE)
    peer.never("tcp")
    terminal.type(peers.PASSWORD + "\n")
    scene.up(client, peer)
    check(peers.PASSWORD not in terminal.read(), "the password was echoed")
    client.end()


@scenario("password-prompt-interrupted")
def prompt_interrupted(scene):
    """Ctrl-C at the prompt: ends by request, and the terminal has its echo back."""
    peer = scene.server()
    terminal = peers.Terminal()
    client = scene.client(password=False, stdin=terminal.slave, preexec_fn=terminal.session)
    until("the prompt", lambda: "assword" in terminal.read())
    terminal.type("\x03")
    got = client.wait()
    check(got == 0, f"Ctrl-C at the prompt gave {got}: {client.stderr()}")
    check(termios.tcgetattr(terminal.slave.fileno())[3] & termios.ECHO, "the terminal is left without echo")
    peer.never("tcp")


@scenario("password-unicode")
def unicode_password(scene):
    """Real UTF-16 in the hash (protocol.md 11.1), and a domain that does not go into it."""
    peer = scene.server("--user", "jürgen:pässwörd€", "--user", "dora:pässwörd€😀", "--auth", "mschapv2")
    for number, (user, password) in enumerate((("jürgen", "pässwörd€"), ("CORP\\dora", "pässwörd€😀"))):
        file = scene.file(f"password{number}", password + "\n")
        client = scene.client("--password-file", str(file), user=user, password=False)
        until("the tunnel is up", lambda: len(peer.events("ipcp-up")) == number + 1)
        peer.saw("auth-ok", user=user)
        scene.up(client, peer)
        client.end()


for method in ("mschapv2", "eap", "chap-md5", "pap"):
    @scenario(f"auth-{method}", method=method)
    def methods(scene, method):
        """Each method alone, on both sides."""
        peer = scene.server("--auth", method)
        client = scene.client("--auth", {"eap": "eap-mschapv2"}.get(method, method))
        scene.up(client, peer)
        peer.saw("auth-ok", method=method, user="alice")
        scene.ping(PEER4)
        client.end()

    @scenario(f"auth-{method}-wrong", method=method)
    def wrong_password(scene, method):
        peer = scene.server("--auth", method)
        wrong = scene.file("wrong", "battery staple\n")
        client = scene.client("--auth", {"eap": "eap-mschapv2"}.get(method, method), "--password-file", str(wrong),
                              password=False)
        client.ends(19)
        peer.never("auth-ok")


@scenario("auth-not-allowed")
def not_allowed(scene):
    """PAP and CHAP-MD5 are not spoken unless asked for: no byte of the password leaves."""
    peer = scene.server("--auth", "pap,chap-md5")
    scene.client().ends(10, "--auth")
    peer.never("pap")
    peer.never("chap-response")


for ours, hint in (("mschapv2,pap", "c22381"), ("pap,mschapv2", "c023"), ("eap-mschapv2,pap", "c227")):
    @scenario(f"auth-preference-{ours}", ours=ours, hint=hint)
    def preference(scene, ours, hint):
        """An offer that is not allowed is Nak'd with the first of our list."""
        peer = scene.server("--dialect", "rras", "--auth", "chap-md5,eap,mschapv2,pap")
        client = scene.client("--auth", ours)
        scene.up(client, peer)
        check(peer.events("auth-refused")[0]["hint"] == hint, f"the Nak asks for {peer.events('auth-refused')[0]}")
        client.end()


@scenario("auth-order")
def order(scene):
    """PAP is allowed and offered first, but our list prefers another: it is said once, and obeyed."""
    peer = scene.server("--auth", "pap,mschapv2")
    client = scene.client("--auth", "mschapv2,pap")
    scene.up(client, peer)
    peer.saw("auth-ok", method="mschapv2")
    peer.never("pap")
    client.end()


@scenario("auth-allowed-offer")
def allowed_offer(scene):
    """Between methods in which both sides prove themselves, an offer that is allowed is taken: a Nak would only
    cost a round trip (protocol.md 9)."""
    peer = scene.server("--auth", "eap,mschapv2")
    client = scene.client("--auth", "mschapv2,eap-mschapv2")
    scene.up(client, peer)
    peer.saw("auth-ok", method="eap")
    client.end()
