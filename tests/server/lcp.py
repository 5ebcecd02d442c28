# SPDX-License-Identifier: GPL-2.0-or-later
"""LCP as a server speaks it (RFC 1661, 1570, 1990; protocol.md section 9)."""

import os

from . import wire
from .cp import REJECT, ControlProtocol

MRU, ACCM, AUTH, QUALITY, MAGIC, PFC, ACFC = 1, 2, 3, 4, 5, 7, 8
CALLBACK, MRRU, ENDPOINT = 13, 17, 19
PROTOCOL_REJECT, ECHO_REQUEST, ECHO_REPLY, DISCARD, IDENTIFICATION = 8, 9, 10, 11, 12

# The value of LCP option 3, and the Configure-Nak values by which a client hints at a method.
AUTH_VALUES = {
    "pap": bytes.fromhex("c023"), "chap-md5": bytes.fromhex("c22305"),
    "mschap": bytes.fromhex("c22380"), "mschapv2": bytes.fromhex("c22381"),
    "eap": bytes.fromhex("c227"),
}
# Windows: magic number, a fixed word, the RAS error (protocol.md section 9).
RAS_WORD = bytes.fromhex("003ccd74")


class Lcp(ControlProtocol):
    protocol, name = wire.PPP_LCP, "LCP"
    codes = range(1, 13)

    def __init__(self, link):
        super().__init__(link)
        self.offers = list(link.auth_offers)
        self.dropped = set()            # our own options that the client rejected
        self.magic = os.urandom(4)
        self.their_mru, self.their_magic = 1500, bytes(4)
        self.echo_id = 0
        self.same_magic = None          # the misbehaviour that copies the client's number

    @property
    def method(self):
        return self.offers[0] if self.offers else None

    # -- our request ----------------------------------------------------------------------------

    def request(self):
        pairs = []
        for kind, value in self.link.dialect.lcp_options:
            if kind == AUTH and self.method:
                pairs.append((AUTH, AUTH_VALUES[self.method]))
            elif kind == MAGIC:
                pairs.append((MAGIC, self.magic))
            elif kind == MRU:
                pairs.append((MRU, (self.link.options.mru or value).to_bytes(2, "big")))
            elif kind != AUTH:
                pairs.append((kind, value))
        return [pair for pair in pairs if pair[0] not in self.dropped]

    def naked(self, pairs):
        for kind, value in pairs:
            if kind == AUTH:
                self.next_offer(value)
            elif kind == MAGIC and self.magic == self.same_magic:
                self.journal.event("magic-naked")
                self.magic = os.urandom(4)
            else:
                self.journal.violation(f"LCP option {kind} Nak'd by the client: {value.hex()}")

    def next_offer(self, hint):
        """After a Nak the next method, or with some servers the one that the Nak asks for (Q2-Q5)."""
        self.journal.event("auth-refused", method=self.method, hint=hint.hex())
        rest = self.offers[1:]
        if self.link.dialect.heeds_hints:
            rest.sort(key=lambda method: AUTH_VALUES[method] != hint)
        self.offers = rest
        if not rest:
            self.journal.event("auth-exhausted")
            self.link.fail(919)

    def refused(self, pairs):
        for kind, _value in pairs:
            self.dropped.add(kind)
            if kind == AUTH:
                self.journal.violation("LCP Authentication-Protocol rejected instead of Nak'd")
            elif kind in (MRU, ACCM, MAGIC, PFC, ACFC):
                self.journal.violation(f"LCP option {kind} rejected, protocol.md 9 says to accept it")

    def got_ack(self, ident, body):
        for kind, _ in wire.parse_options(body) or []:
            if kind in (QUALITY, CALLBACK, MRRU, 9, 10, 18, 23):
                self.journal.violation(f"LCP option {kind} acknowledged, protocol.md 9 says to reject it")
        super().got_ack(ident, body)

    # -- the client's request -------------------------------------------------------------------

    def judge(self, kind, value):
        if kind in (PFC, ACFC, ACCM, AUTH):
            self.journal.violation(f"LCP option {kind} asked for by the client")
        accepts = self.link.dialect.lcp_accepts
        if kind not in accepts:
            return REJECT
        if kind == MRU:
            return self.judge_mru(value)
        if kind == MAGIC:
            if value == bytes(4) or value == self.magic != self.same_magic:
                self.journal.violation("LCP magic number is zero or our own")
            self.their_magic = value
        return None

    def judge_mru(self, value):
        if len(value) != 2:
            self.journal.violation("LCP MRU of the wrong length")
            return REJECT
        size = int.from_bytes(value, "big")
        low, high = self.link.dialect.mru_range
        if not low <= size <= high:
            return min(max(size, low), high).to_bytes(2, "big")
        self.their_mru = size
        return None

    # -- up, echo, end --------------------------------------------------------------------------

    def layer_up(self):
        for text in self.link.dialect.identification:
            self.send(IDENTIFICATION, 0, self.magic + text)
        self.link.lcp_up()

    def layer_down(self):
        self.link.lcp_down()

    def got_request(self, ident, body):
        if self.link.refuses_lcp_request(self):
            return
        super().got_request(ident, body)

    def echo(self, body=None):
        self.echo_id = (self.echo_id + 1) % 256
        self.send(ECHO_REQUEST, self.echo_id, body if body is not None else self.magic)

    def other(self, code, ident, body):
        if code == ECHO_REQUEST:
            self.send(ECHO_REPLY, ident, self.magic + body[4:])
        elif code == ECHO_REPLY:
            self.link.echo_replied(ident, body)
        elif code == PROTOCOL_REJECT:
            self.link.protocol_rejected(int.from_bytes(body[:2], "big"))
        elif code == IDENTIFICATION:
            self.journal.event("identification", text=body[4:].decode("latin-1"))

    def terminate_ras(self, code):
        """Terminate as RRAS does, with the RAS error as the last four bytes."""
        self.terminate(self.magic + RAS_WORD + code.to_bytes(4, "big"))

    def terminated(self, body):
        self.link.lcp_terminated()

    def got_terminate_ack(self, ident, body):
        super().got_terminate_ack(ident, body)
        self.link.terminate_acked()
