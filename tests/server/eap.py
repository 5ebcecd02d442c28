# SPDX-License-Identifier: GPL-2.0-or-later
"""EAP (RFC 3748) with EAP-MSCHAPv2 (draft-kamath-pppext-eap-mschapv2), the authenticator's role."""

import os

from . import auth, mschap, wire

REQUEST, RESPONSE, SUCCESS, FAILURE = 1, 2, 3, 4
IDENTITY, NOTIFICATION, NAK, MD5, PEAP, MSCHAPV2 = 1, 2, 3, 4, 25, 26
OP_CHALLENGE, OP_RESPONSE, OP_SUCCESS, OP_FAILURE = 1, 2, 3, 4


class Eap(auth.Method):
    protocol = wire.PPP_EAP

    def __init__(self, link):
        super().__init__(link)
        self.user = self.challenge = self.key = self.ms_id = None
        self.expect = None                      # the EAP type that the next response may have
        self.proposals = self.misbehaviour.eap_proposals()
        self.rounds = 2 if self.dialect.double_challenge else 1

    # -- questions ------------------------------------------------------------------------------

    def start(self):
        self.request(IDENTITY, self.dialect.eap_identity)

    def request(self, kind, data):
        self.expect = kind
        self.ask(REQUEST, bytes([kind]) + data)

    def propose(self):
        kind = self.proposals[0]
        if kind == MSCHAPV2:
            self.ask_challenge()
        elif kind == PEAP:
            self.request(PEAP, b"\x20")         # the S flag of a PEAP start, version 0
        else:
            self.request(kind, b"\x10" + os.urandom(16))

    def ask_challenge(self):
        self.challenge = os.urandom(16)
        self.ms_id = (self.ident + 1) % 256
        self.operate(OP_CHALLENGE, b"\x10" + self.challenge + self.dialect.chap_name)

    def operate(self, op, data):
        """A type-26 request; MS-Length is the EAP Length less 5."""
        self.request(MSCHAPV2, bytes([op, self.ms_id]) + (4 + len(data)).to_bytes(2, "big") + data)

    # -- answers --------------------------------------------------------------------------------

    def answered(self, code, ident, body):
        if code != RESPONSE or not body:
            self.journal.violation(f"malformed EAP packet: code {code} {body.hex()}")
            return
        if (ident, body) == self.last:
            self.journal.event("eap-repeated")      # right after a repeated request (RFC 3748 4.1)
            return
        if ident != self.ident:
            self.journal.violation(f"EAP response {ident}, the request was {self.ident}")
            return
        self.last = (ident, body)
        kind, data = body[0], body[1:]
        self.journal.event("eap-response", type=kind, id=ident, body=data.hex())
        self.stop()
        handlers = {IDENTITY: self.identity, NOTIFICATION: self.notified, NAK: self.nak,
                    MSCHAPV2: self.mschapv2}
        if kind != NAK and kind != self.expect or kind not in handlers:
            self.journal.violation(f"EAP response of type {kind}, the request was of type {self.expect}")
            return
        handlers[kind](data)

    def identity(self, data):
        self.user = data.decode("utf-8", "replace")
        if self.misbehaviour.eap_notification:
            self.request(NOTIFICATION, self.misbehaviour.eap_notification)
        else:
            self.propose()

    def notified(self, data):
        if data:
            self.journal.violation("EAP notification answered with data")
        self.propose()

    def nak(self, data):
        """The client does not speak what we proposed; it lists what it does."""
        if self.expect == MSCHAPV2 or MSCHAPV2 not in data:
            self.journal.violation(f"EAP Nak of type {self.expect} with the list {data.hex()}")
        self.proposals = self.proposals[1:]
        if self.proposals:
            self.propose()
        else:
            self.reply(FAILURE, self.ident)
            self.refused()

    def mschapv2(self, data):
        op = data[0] if data else 0
        if op == OP_RESPONSE:
            self.response(data)
        elif op in (OP_SUCCESS, OP_FAILURE) and len(data) == 1:
            self.acknowledged(op)
        else:
            self.journal.violation("malformed EAP-MSCHAPv2 response: " + data.hex())

    def response(self, data):
        if len(data) < 54 or data[1] != self.ms_id or data[4] != 49 \
                or int.from_bytes(data[2:4], "big") != len(data):
            self.journal.violation("malformed EAP-MSCHAPv2 response: " + data.hex())
            return
        if self.link.call.connection.stage("response") or self.misbehaviour.judges(self):
            return
        value, name = data[5:54], data[54:].decode("utf-8", "replace")
        if name != self.user:
            self.journal.violation(f"EAP-MSCHAPv2 name {name!r} differs from the identity {self.user!r}")
        password = self.password(name)
        if password is None or not self.check(password, name.encode(), value):
            self.fail_with(691, 0)
        elif self.rounds > 1:
            self.rounds -= 1
            self.ask_challenge()
        else:
            self.accept(password, name.encode(), value)

    def check(self, password, name, value):
        if value[16:24] != bytes(8) or value[48] != 0:
            self.journal.violation("EAP-MSCHAPv2: reserved bytes or flags are not zero")
        challenge8 = mschap.challenge_hash(value[:16], self.challenge, name)
        return value[24:48] == mschap.nt_response(password, challenge8)

    def accept(self, password, name, value):
        challenge8 = mschap.challenge_hash(value[:16], self.challenge, name)
        proof = mschap.authenticator_response(password, value[24:48], challenge8)
        self.key = mschap.hlak(password, value[24:48])
        self.operate(OP_SUCCESS, self.misbehaviour.proof(proof + self.dialect.chap_success).encode())

    def fail_with(self, code, retry):
        text = f"E={code} R={retry} C={os.urandom(16).hex().upper()} V=3 M=Refused"
        self.operate(OP_FAILURE, text.encode())

    def acknowledged(self, op):
        """The six-byte answers to Success and Failure."""
        if op == OP_SUCCESS and self.key:
            if not self.misbehaviour.skips_eap_success:
                self.reply(SUCCESS, self.ident)
            self.link.auth_succeeded(self.user, self.key)
            if self.misbehaviour.skips_eap_success:
                self.link.network()     # the sign by which the client has to notice
        elif op == OP_FAILURE and not self.key:
            self.reply(FAILURE, self.ident)
            self.refused()
        else:
            self.journal.violation(f"EAP-MSCHAPv2 acknowledgement {op} out of order")


auth.METHODS["eap"] = Eap
