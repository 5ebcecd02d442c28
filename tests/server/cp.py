# SPDX-License-Identifier: GPL-2.0-or-later
"""The part that LCP, IPCP, IPV6CP and CCP share: RFC 1661's negotiation, as a server needs it, and
the rules for the client that hold for all of them.

The automaton is kept to two facts, "they acknowledged our request" and "we acknowledged theirs":
the layer is up while both hold.  This is not the client's automaton written twice; it is a judge
small enough to be believed.
"""

import asyncio
import random

from . import wire

CONF_REQ, CONF_ACK, CONF_NAK, CONF_REJ, TERM_REQ, TERM_ACK, CODE_REJ = 1, 2, 3, 4, 5, 6, 7
CODE_NAMES = {1: "Configure-Request", 2: "Configure-Ack", 3: "Configure-Nak", 4: "Configure-Reject",
              5: "Terminate-Request", 6: "Terminate-Ack", 7: "Code-Reject", 8: "Protocol-Reject",
              9: "Echo-Request", 10: "Echo-Reply", 11: "Discard-Request", 12: "Identification"}
RESTART, MAX_CONFIGURE = 3.0, 10

REJECT = "reject"


class ControlProtocol:
    protocol = 0
    name = ""
    codes = range(1, 8)

    def __init__(self, link):
        self.link, self.journal = link, link.journal
        self.ident = random.randrange(256)
        self.sent = None                # (identifier, options) of our request on the wire
        self.theirs = None              # (identifier, body) of the client's last request
        self.acked_by_client = self.acked_by_us = self.up = False
        self.rejected = set()           # option types we rejected: not to be asked for again
        self.held = None                # a request of theirs that a dialect answers later
        self.tries, self.retry = 0, None

    # -- for the protocols to fill in -----------------------------------------------------------

    def request(self):
        """The (type, value) pairs that we ask for."""
        raise NotImplementedError

    def judge(self, kind, value):
        """None to accept a client's option, REJECT, or the value to Nak it with."""
        raise NotImplementedError

    def naked(self, pairs):
        """The client wants other values; change what request() returns."""

    def refused(self, pairs):
        """The client rejected these options of ours; change what request() returns."""

    def layer_up(self):
        pass

    def layer_down(self):
        pass

    def terminated(self, body):
        pass

    def other(self, code, ident, body):
        """A code beyond 7."""

    # -- sending --------------------------------------------------------------------------------

    def send(self, code, ident, body=b""):
        if self.link.misbehaviour.answers_twice and code in (CONF_ACK, CONF_NAK, CONF_REJ):
            self.link.send(self.protocol, wire.cp_packet(code, ident, body))
        if code not in (9, 10):
            self.journal.event("ppp", proto=self.name, sent=CODE_NAMES.get(code, code), id=ident, body=body.hex())
        self.link.send(self.protocol, wire.cp_packet(code, ident, body))

    def start(self):
        if self.sent is None:
            self.tries = 0
            self.ask()

    def ask(self):
        self.cancel()
        self.tries += 1
        if self.tries > MAX_CONFIGURE:
            self.journal.event("ppp", proto=self.name, note="client never acknowledged")
            return
        pairs = self.request()
        if self.sent is None or self.sent[1] != pairs:
            self.ident = (self.ident + 1) % 256
        self.sent = (self.ident, pairs)
        self.send(CONF_REQ, self.ident, wire.options(pairs))
        self.retry = asyncio.get_running_loop().call_later(RESTART, self.ask)

    def cancel(self):
        if self.retry:
            self.retry.cancel()
            self.retry = None

    def restart(self):
        """Negotiate anew from a running layer, as RCR in Opened does (RFC 1661 4.1)."""
        self.down()
        self.acked_by_client = self.acked_by_us = False
        self.sent, self.tries = None, 0
        self.ask()

    def terminate(self, body=b""):
        self.cancel()
        self.ident = (self.ident + 1) % 256
        self.send(TERM_REQ, self.ident, body)

    # -- receiving ------------------------------------------------------------------------------

    def received(self, packet):
        if len(packet) < 4 or int.from_bytes(packet[2:4], "big") != len(packet):
            self.journal.violation(f"{self.name} packet's Length is wrong: {packet.hex()}")
            return
        code, ident, body = packet[0], packet[1], packet[4:]
        if code not in (9, 10):
            self.journal.event("ppp", proto=self.name, received=CODE_NAMES.get(code, code), id=ident, body=body.hex())
        handlers = {CONF_REQ: self.got_request, CONF_ACK: self.got_ack, CONF_NAK: self.got_nak,
                    CONF_REJ: self.got_reject, TERM_REQ: self.got_terminate,
                    TERM_ACK: self.got_terminate_ack, CODE_REJ: self.got_code_reject}
        if code in handlers:
            handlers[code](ident, body)
        elif code in self.codes:
            self.other(code, ident, body)
        else:
            self.journal.violation(f"{self.name} code {code} from the client")

    def got_request(self, ident, body):
        pairs = wire.parse_options(body)
        if pairs is None:
            self.journal.violation(f"{self.name} options do not parse: {body.hex()}")
            return
        if self.theirs and self.theirs[0] == ident and self.theirs[1] != body:
            self.journal.violation(f"{self.name} Configure-Request changed under the same Identifier")
        for kind, _ in pairs:
            if kind in self.rejected:
                self.journal.violation(f"{self.name} option {kind} asked for again after a Reject")
        if self.up and self.theirs != (ident, body) and not self.link.misbehaviour.takes_layers_down:
            self.journal.violation(f"{self.name} Configure-Request while it was up")
        self.theirs = (ident, body)
        if not self.link.before_answer(self, ident, pairs):
            self.answer(ident, pairs)

    def answer(self, ident, pairs):
        verdicts = [(kind, value, self.judge(kind, value)) for kind, value in pairs]
        rejects = [(kind, value) for kind, value, verdict in verdicts if verdict is REJECT]
        naks = [(kind, verdict) for kind, _, verdict in verdicts if isinstance(verdict, bytes)]
        if rejects:
            self.rejected |= {kind for kind, _ in rejects}
            self.send(CONF_REJ, ident, wire.options(rejects))
        elif naks:
            self.send(CONF_NAK, ident, wire.options(naks))
        else:
            self.acked_by_us = True
            self.send(CONF_ACK, ident, wire.options(pairs))
            self.check_up()

    def ours(self, what, ident):
        if self.sent is None or self.sent[0] != ident:
            self.journal.violation(f"{self.name} {what} for Identifier {ident}, which is not our request's")
            return False
        return True

    def got_ack(self, ident, body):
        if not self.ours("Configure-Ack", ident):
            return
        if body != wire.options(self.sent[1]):
            self.journal.violation(f"{self.name} Configure-Ack differs from the request: {body.hex()}")
        self.cancel()
        self.acked_by_client = True
        self.link.acked(self)
        if self.held:
            held, self.held = self.held, None
            self.answer(*held)
        self.check_up()

    def got_nak(self, ident, body):
        if self.ours("Configure-Nak", ident):
            self.naked(wire.parse_options(body) or [])
            self.ask()

    def got_reject(self, ident, body):
        if not self.ours("Configure-Reject", ident):
            return
        pairs = wire.parse_options(body) or []
        remaining = iter(self.sent[1])
        if not pairs or not all(pair in remaining for pair in pairs):     # a subsequence, in order
            self.journal.violation(f"{self.name} Configure-Reject is not a part of our request: {body.hex()}")
        self.refused(pairs)
        self.ask()

    def got_terminate(self, ident, body):
        self.send(TERM_ACK, ident, body if self.link.dialect.echoes_terminate else b"")
        self.down()
        self.terminated(body)

    def got_terminate_ack(self, _ident, _body):
        self.down()

    def got_code_reject(self, _ident, body):
        self.link.code_rejected(self, body)

    # -- up and down ----------------------------------------------------------------------------

    def check_up(self):
        if self.acked_by_client and self.acked_by_us and not self.up:
            self.up = True
            self.journal.event("ppp-up", proto=self.name)
            self.layer_up()

    def down(self):
        self.cancel()
        if self.up:
            self.up = False
            self.journal.event("ppp-down", proto=self.name)
            self.layer_down()
