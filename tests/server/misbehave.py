# SPDX-License-Identifier: GPL-2.0-or-later
"""How a server can go wrong, chosen by --misbehave NAME or NAME:ARGUMENT.

The base class is a well-behaved server: its hooks are the places where a behaviour may interfere.
Stages, in order: accept, tls, http, request, lcp, auth, response, authed, ipcp, up; and live, which
comes when a test asks for it over the control socket.  A stage's name says what has just arrived or
been completed: at `http` the request has been read and no answer sent.
"""

import random

from . import wire

STAGES = ("accept", "tls", "http", "request", "lcp", "auth", "response", "authed", "ipcp", "up", "live")
REGISTRY = {}


def named(name):
    def register(cls):
        REGISTRY[name] = cls
        return cls
    return register


def make(text):
    name, _, argument = text.partition(":")
    if name not in REGISTRY:
        raise ValueError(f"no misbehaviour is called {name!r}")
    return REGISTRY[name](argument)


@named("none")
class Misbehaviour:
    repeats_request = False             # the client may send CALL_CONNECT_REQUEST again
    double_challenge = False
    authenticates_anew = False
    takes_layers_down = False           # network data may still be on its way when an NCP goes down
    skips_eap_success = False
    asks_twice = False                  # every authentication request is repeated at once
    answers_twice = False               # so is every answer to a Configure-Request
    eap_notification = b""

    def __init__(self, argument=""):
        self.argument = argument

    def stage(self, connection, name):
        """True to take over."""

    def http_answer(self, answer):
        return [answer]

    def connect_answer(self, call):
        return [call.acknowledgement()]

    def connected(self, call):
        """CALL_CONNECTED has been verified."""

    def auth_offers(self, offers):
        return offers

    def first_lcp(self, link, packet):
        """The client's first LCP packet is there, our own request not yet sent."""

    def authenticate(self, link):
        """True where the ordinary method must not start."""

    def judges(self, method):
        """True where the behaviour answers the client's response itself."""

    def proof(self, text):
        return text

    def eap_proposals(self):
        return [26]

    def configure_request(self, link, layer, ident, pairs):
        """True where the behaviour answers a Configure-Request itself."""

    def network(self, link):
        """Our NCPs are about to start."""

    def ipcp_up(self, link):
        pass

    def layer_up(self, link, layer):
        """IPCP or IPV6CP is up."""

    def authenticated(self, link):
        """The client has logged in, for the first time or again."""

    def command(self, connection, text):
        """A command from the test that is not everybody's."""

    def solicited(self, link):
        """True where a router solicitation must not be answered in the ordinary way."""


class AtStage(Misbehaviour):
    """One act, when the stage given as the argument (up to a second colon) is reached."""

    default = "live"
    done = False

    def __init__(self, argument=""):
        stage, _, rest = argument.partition(":")
        super().__init__(rest)
        self.at = stage or self.default
        if self.at not in STAGES:
            raise ValueError(f"no stage is called {self.at!r}")

    def stage(self, connection, name):
        if name != self.at or self.done:
            return False
        self.done = True
        connection.journal.event("misbehave", act=type(self).__name__, stage=name)
        return self.act(connection) is not False

    def act(self, connection):
        """False to carry on as if nothing had happened."""
        raise NotImplementedError


@named("stop-reading")
class StopReading(AtStage):
    """TCP's window closes: nothing is read any more, everything stays open."""

    def act(self, connection):
        connection.transport.pause_reading()


@named("silence")
class Silence(AtStage):
    def act(self, connection):
        connection.flush()
        connection.silent = True
        if connection.call:
            connection.call.stop()


@named("reset")
class Reset(AtStage):
    def act(self, connection):
        connection.reset()


@named("fin")
class Fin(AtStage):
    """FIN without close_notify: what a crashed server or a middlebox sends."""

    def act(self, connection):
        connection.fin()


@named("close")
class Close(AtStage):
    def act(self, connection):
        connection.finish("server close")


@named("abort")
class Abort(AtStage):
    """CALL_ABORT with a status, or none at all for abort:STAGE:bare."""

    def act(self, connection):
        attributes = [] if self.argument == "bare" else [wire.status_info(int(self.argument or "7"))]
        connection.call.close_with(wire.control(wire.ABORT, *attributes), 3, "server abort")


@named("binding-abort")
class BindingAbort(Misbehaviour):
    """CALL_CONNECTED is refused: with status 4 as RRAS says it, with 7 as accel-ppp does."""

    def stage(self, connection, name):
        if name != "authed":
            return False
        status = int(self.argument or "4")
        about = wire.ATTR_BINDING if status == wire.STATUS_VALUE_NOT_SUPPORTED else wire.ATTR_STATUS
        connection.call.close_with(wire.control(wire.ABORT, wire.status_info(status, about)), 3, "server abort")
        return True


@named("disconnect")
class Disconnect(AtStage):
    def act(self, connection):
        attributes = [] if self.argument == "bare" else [wire.status_info(0, wire.ATTR_NO_ERROR)]
        connection.call.close_with(wire.control(wire.DISCONNECT, *attributes), 5, "server disconnect")


@named("noise")
class Noise(AtStage):
    """Random bytes (the same in every run) where the next layer's are expected, then silence."""

    def act(self, connection):
        noise = b"\x7f" + random.Random(self.at).randbytes(700)
        if self.at == "accept":
            connection.transport.write(noise)
        else:
            connection.send(noise)
            connection.flush()
        connection.silent = True
        if connection.call:
            connection.call.stop()


@named("ppp-noise")
class PppNoise(AtStage):
    """Well-framed PPP frames of random content, then business as usual."""

    def act(self, connection):
        source = random.Random(self.at)
        for protocol in (0xC021, 0xC223, 0xC227, 0xC023, 0x8021, 0x8057, 0x0021, 0x0057, 0xC029, 0x80FD):
            for size in (0, 1, 3, 4, 7, 20, 300):
                connection.send(wire.data(wire.frame(protocol, source.randbytes(size))))
        for size in (0, 1, 2, 3):
            connection.send(wire.data(source.randbytes(size)))
        return False


# -- HTTP ---------------------------------------------------------------------------------------


@named("http")
class HttpRefusal(Misbehaviour):
    """http:CODE instead of 200."""

    def stage(self, connection, name):
        if name == "http":
            connection.refuse(int(self.argument))
        return name == "http"


@named("http-text")
class HttpText(AtStage):
    """Not HTTP at all."""

    default = "http"

    def act(self, connection):
        connection.send(b"220 mail.example.org ESMTP ready\r\n\r\n")


@named("http-endless")
class HttpEndless(AtStage):
    """A response whose header never ends: short lines, or one line for http-endless:http:line."""

    default = "http"

    def act(self, connection):
        connection.send(b"HTTP/1.1 200 OK\r\n" + (b"X-Filler: " if self.argument else b""))
        self.more(connection, 0)

    def more(self, connection, count):
        if connection.finished or count > 4096:
            return
        connection.send(b"a" * 1000 if self.argument else b"X-Filler: more\r\n" * 60)
        connection.call_later(0.001, lambda: self.more(connection, count + 1))


@named("http-drip")
class HttpDrip(AtStage):
    """A response of one byte a second: every byte is a sign of life, and still the time is up at 60 s."""

    default = "http"

    def act(self, connection):
        self.more(connection, b"HTTP/1.1 200 OK\r\nX-Filler: " + b"a" * 100)

    def more(self, connection, rest):
        if rest and not connection.finished:
            connection.send(rest[:1])
            connection.call_later(1, lambda: self.more(connection, rest[1:]))


@named("http-continue")
class HttpContinue(Misbehaviour):
    """Two interim responses first; they are to be skipped."""

    def http_answer(self, answer):
        return [b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n", answer]


@named("http-length")
class HttpLength(Misbehaviour):
    """200 without the Content-Length and with odd but legal header lines."""

    def http_answer(self, answer):
        return [b"HTTP/1.0 200 Fine by me\r\nx-long: " + b"y" * 6000 + b"\r\nVia:1.1 proxy\r\n\r\n"]


# -- TLS ----------------------------------------------------------------------------------------


@named("key-update")
class KeyUpdate(AtStage):
    """Three KeyUpdates; key-update:live:request also asks the client to change its keys."""

    def act(self, connection):
        for _ in range(3):
            connection.tls.key_update(bool(self.argument))
            connection.push()
        return False


@named("tickets")
class Tickets(AtStage):
    def act(self, connection):
        for _ in range(20):
            connection.tls.new_ticket()
            connection.push()
        return False
