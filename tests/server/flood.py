# SPDX-License-Identifier: GPL-2.0-or-later
"""Floods: blocks of bytes, sent over and over, as fast as the client takes them.

  --misbehave flood            a good server, until the test says `flood KIND` over the control socket, and
                               again after `stop`
  --misbehave flood:STAGE      the same, but from that stage on the server does nothing by itself any more
  --misbehave flood:STAGE:KIND the flood begins by itself at that stage

The command `drip KIND` sends a block only now and then: a sign of life, and no more.
After the command `deaf` nothing of what the client sends is read any more.

While a flood runs the client's answers to it are counted, not journalled one by one; the framing of everything is
still checked, and what is no answer goes to the ordinary judge, above all the goodbye.  KIND is one of flood_kinds
(through SSTP) or of flood_tls (below it).
"""

import asyncio
import re

from . import flood_tls, wire
from .flood_kinds import ALL_PPP, KINDS, PPP
from .misbehave import AtStage, Misbehaviour, named

RECORD, BLOCK = 16384, 128 * 1024
DRIP = 0.05                         # seconds between two of a drip
TRIES = ALL_PPP | {wire.CONNECT_REQUEST, wire.CONNECTED, wire.ECHO_REQUEST, wire.ECHO_RESPONSE}


class Writer:
    """Sends blocks for as long as the connection takes them."""

    def __init__(self, connection, write, pause=0):
        self.connection, self.write, self.pause_between = connection, write, pause
        self.paused = self.stopped = False
        connection.pause_writing, connection.resume_writing = self.pause, self.resume
        asyncio.get_running_loop().call_soon(self.turn)

    def pause(self):
        self.paused = True

    def resume(self):
        self.paused = False
        self.turn()

    def turn(self):
        """One block, then the others on the loop have their turn."""
        if self.stopped or self.paused or self.connection.finished:
            return
        self.write()
        asyncio.get_running_loop().call_later(self.pause_between, self.turn)

    def stop(self):
        self.stopped = True


class Counter:
    """Stands between the connection and the judge: takes out what answers the flood."""

    def __init__(self, connection):
        self.call = connection.call
        self.buffer, self.expected, self.n = bytes(self.call.buffer), frozenset(), 0
        self.shapes = {}
        self.call.buffer.clear()
        connection.received = self.received

    @staticmethod
    def key(packet):
        """What flood_kinds calls it: a control message's number, or a PPP packet's protocol and code."""
        if packet[1] == 1:
            return packet[5] if len(packet) >= 6 else None
        protocol = int.from_bytes(packet[6:8], "big")
        return (protocol, packet[8]) if protocol in PPP and len(packet) > 8 else None

    def received(self, plain):
        data, start = self.buffer + plain, 0
        self.buffer = b""
        while start < len(data):
            header = data[start:start + 4]
            length = int.from_bytes(header[2:], "big")
            if len(header) < 4 or 4 <= length <= wire.MAX_PACKET and len(data) - start < length:
                self.buffer = data[start:]
                return
            if header[0] != wire.VERSION or not 4 <= length <= wire.MAX_PACKET:
                self.call.received(data[start:])        # who says what is wrong with it
                return
            packet = data[start:start + length]
            if self.key(packet) in self.expected:
                run = self.run(packet, data, start)
                self.n += run // length
                start += run
            else:
                start += length
                self.call.received(packet)

    def run(self, packet, data, start):
        """How many bytes of answers of this very shape lie there in a row: one by one Python would be too slow."""
        head, length = packet[:9], len(packet)
        shape = self.shapes.get((head, length))
        if shape is None:
            pattern = b"(?:%s%s)+" % (re.escape(head), b"[\x00-\xff]{%d}" % (length - 9) if length > 9 else b"")
            shape = self.shapes[head, length] = re.compile(pattern, re.DOTALL)
        return shape.match(data, start).end() - start


def blocks(connection, chosen, least):
    """What writes one block of a kind, of so many bytes at least."""
    whole = b"".join(chosen.packets(connection.call.link if connection.call else None))
    stream = whole * max(1, min(least, 2000 if chosen.one_byte else least) // len(whole))
    size = 1 if chosen.one_byte else RECORD
    records = [stream[at:at + size] for at in range(0, len(stream), size)]
    if chosen.first:
        connection.tls.write(chosen.first)

    def write():
        for record in records:
            connection.tls.write(record)
        connection.push()
    return write


@named("flood")
class Flood(Misbehaviour):
    takes_layers_down = True            # what the client still has on its way when a flood hits its layers

    def __init__(self, argument=""):
        super().__init__(argument)
        self.at, _, self.first = argument.partition(":")
        self.writer = self.counter = None
        if self.first and self.first not in KINDS and self.first not in flood_tls.KINDS:
            raise ValueError(f"no flood is called {self.first!r}")

    def stage(self, connection, name):
        if name == "tls":
            flood_tls.watch(connection)
        if name == "live" or name != self.at:
            return False
        connection.journal.event("misbehave", act="flood", stage=name)
        if connection.call:
            self.mute(connection.call)
        if self.first:
            self.start(connection, self.first)
        elif connection.call:
            self.count(connection, ())
        return True

    @staticmethod
    def mute(call):
        """The engine stops here: nothing is asked again, and no time is ever up."""
        call.cancel("negotiation")
        for layer in (call.link.lcp, call.link.ipcp, call.link.ipv6cp):
            layer.cancel()
        if call.link.auth:
            call.link.auth.stop()

    def command(self, connection, text):
        if text == "stop":
            self.stop(connection)
        elif text == "deaf":
            connection.transport.pause_reading()
        elif text.startswith("flood "):
            self.start(connection, text.split()[1])
        elif text.startswith("drip "):
            self.start(connection, text.split()[1], DRIP)

    def start(self, connection, name, pause=0):
        self.stop(connection)
        connection.flush()
        connection.journal.event("flood", kind=name)
        if name in flood_tls.KINDS:
            self.writer = Writer(connection, flood_tls.KINDS[name](connection))
            return
        chosen = KINDS[name]
        if connection.call:
            self.count(connection, chosen.answers)
        self.writer = Writer(connection, blocks(connection, chosen, 1 if pause else BLOCK), pause)

    def count(self, connection, answers):
        """Answers to an earlier flood may still be on their way. A client that cannot get on tries again and again:
        with a mute engine that is no fault."""
        self.counter = self.counter or Counter(connection)
        self.counter.expected |= frozenset(answers) | (TRIES if self.at else frozenset())
        self.counter.n = 0

    def stop(self, connection):
        if self.writer:
            self.writer.stop()
            self.writer = None
            connection.journal.event("flood-stopped", answers=self.counter.n if self.counter else 0)


@named("renegotiate")
class Renegotiate(AtStage):
    """renegotiate:live:WHAT, without end: lcp with all above it, ipcp, address (IPCP with two addresses in turn),
    ipv6cp, or auth; as soon as one round is done the next one begins."""

    takes_layers_down = authenticates_anew = True
    on, n = None, 0

    def act(self, connection):
        self.on = connection.call.link
        self.again(self.on)
        return False

    def again(self, link):
        self.n += 1
        if self.n % 10 == 0:
            link.journal.event("renegotiated", n=self.n)
        asyncio.get_running_loop().call_soon(getattr(self, "do_" + self.argument), link)

    def command(self, connection, text):
        if text == "stop":
            self.on = None

    def do_lcp(self, link):
        link.auth = None
        link.lcp.restart()

    def do_ipcp(self, link):
        link.ipcp.restart()

    def do_address(self, link):
        link.ipcp.given[3] = link.options.remote = "10.9.0.200" if self.n % 2 else "10.9.0.100"
        link.ipcp.restart()

    def do_ipv6cp(self, link):
        link.ipv6cp.restart()

    def do_auth(self, link):
        link.auth.ask_challenge()

    def authenticated(self, link):
        if self.on is link and self.argument == "auth":
            self.again(link)

    def layer_up(self, link, layer):
        wanted = {"lcp": link.ipcp, "ipcp": link.ipcp, "address": link.ipcp, "ipv6cp": link.ipv6cp}.get(self.argument)
        if self.on is link and layer is wanted:
            self.again(link)


@named("batch")
class Batch(AtStage):
    """batch:live:ROUNDS: so many rounds of IPCP in one piece. Identifiers of requests are counted up, so the acknowledgements
    need not wait for them."""

    takes_layers_down = True

    def act(self, connection):
        link = connection.call.link
        ours = b"".join(wire.option(number, value) for number, value in link.ipcp.request())
        ident, theirs = self.last
        blocks = []
        for turn in range(int(self.argument)):
            ident = ident % 255 + 1
            blocks += [wire.data(wire.frame(wire.PPP_IPCP, wire.cp_packet(1, turn % 255 + 1, ours))),
                       wire.data(wire.frame(wire.PPP_IPCP, wire.cp_packet(2, ident, theirs)))]
        link.ipcp.received = link.ipv6cp.received = lambda payload: None
        connection.send(b"".join(blocks))
        link.journal.event("batched", n=len(blocks))
        return False

    def configure_request(self, link, layer, ident, pairs):
        if layer.name == "IPCP":
            self.last = ident, b"".join(wire.option(number, value) for number, value in pairs)
        return False
