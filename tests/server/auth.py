# SPDX-License-Identifier: GPL-2.0-or-later
"""Authentication in the server's role: PAP (RFC 1334), CHAP-MD5 (RFC 1994), MS-CHAPv2 (RFC 2759).

A method sends its question, asks again every three seconds, checks the answer, and tells the link.
What a refusal looks like on the wire is the dialect's or the misbehaviour's.
"""

import asyncio
import hashlib
import os
import random

from . import binding, mschap, wire

RETRY = 3.0
CHALLENGE, RESPONSE, SUCCESS, FAILURE = 1, 2, 3, 4


class Method:
    protocol = 0

    def __init__(self, link):
        self.link, self.journal = link, link.journal
        self.misbehaviour, self.dialect = link.misbehaviour, link.dialect
        self.ident = random.randrange(1, 256)
        self.question, self.retry = None, None
        self.waiting, self.last = False, None

    def start(self):
        """Send the first question; PAP has none."""

    def received(self, packet):
        if len(packet) < 4 or int.from_bytes(packet[2:4], "big") != len(packet):
            self.journal.violation("authentication packet's Length is wrong: " + packet.hex())
            return
        if not self.link.lcp.up:
            self.journal.violation("authentication frame before LCP is up")
        self.answered(packet[0], packet[1], packet[4:])

    def answered(self, code, ident, body):
        raise NotImplementedError

    def reply(self, code, ident, body=b"", trailing=b""):
        self.journal.event("auth", sent=code, id=ident, body=body.hex())
        self.link.send(self.protocol, wire.cp_packet(code, ident, body) + trailing)

    def ask(self, code, body):
        """Send a question and repeat it until stop()."""
        self.ident = (self.ident + 1) % 256
        self.question = (code, self.ident, body)
        self.repeat(first=True)
        if self.misbehaviour.asks_twice:
            self.repeat()

    def repeat(self, first=False):
        self.stop()
        if not first:
            self.journal.event("auth-retransmit", id=self.ident)
        self.reply(*self.question)
        self.retry = asyncio.get_running_loop().call_later(RETRY, self.repeat)

    def stop(self):
        if self.retry:
            self.retry.cancel()
            self.retry = None

    def password(self, user):
        """The password of a user, with or without a domain in front; None for a stranger."""
        users = self.link.options.users
        return users.get(user, users.get(user.rpartition("\\")[2]))

    def refused(self, ras=None):
        """After the refusal was said: the server ends the link as its dialect does."""
        self.stop()
        self.journal.event("auth-refused-user", method=self.link.lcp.method)
        if self.dialect.closes_on_refusal:
            asyncio.get_running_loop().call_later(0.3, self.link.call.connection.finish, "refused")
        else:
            self.link.fail(ras or self.dialect.refusal_ras)


class Pap(Method):
    protocol = wire.PPP_PAP

    def answered(self, code, ident, body):
        try:
            name_end = 1 + body[0]
            user, secret = body[1:name_end], body[name_end + 1:name_end + 1 + body[name_end]]
            complete = len(body) == name_end + 1 + body[name_end]
        except IndexError:
            complete = False
        if code != 1 or not complete:
            self.journal.violation(f"malformed PAP request: code {code} {body.hex()}")
            return
        user, secret = user.decode(), secret.decode()
        self.journal.event("pap", user=user)
        if self.link.call.connection.stage("response") or self.misbehaviour.judges(self):
            return
        if secret != self.password(user):
            self.reply(3, ident, self.dialect.pap_nak)
            self.refused()
            return
        self.reply(2, ident, self.dialect.pap_ack, self.dialect.pap_trailing)
        self.link.auth_succeeded(user, binding.NO_KEY)


class Chap(Method):
    """The exchange that CHAP-MD5 and MS-CHAPv2 share; a subclass checks the value."""

    protocol = wire.PPP_CHAP
    value_len = 16

    def __init__(self, link):
        super().__init__(link)
        self.challenge = None
        self.rounds = 2 if self.misbehaviour.double_challenge or self.dialect.double_challenge else 1

    def start(self):
        self.ask_challenge()

    def ask_challenge(self):
        self.challenge = os.urandom(16)
        self.waiting = True
        self.ask(CHALLENGE, b"\x10" + self.challenge + self.dialect.chap_name)

    def answered(self, code, ident, body):
        size = body[0] if body else 0
        value, name = body[1:1 + size], body[1 + size:].decode("utf-8", "replace")
        if code != RESPONSE or size != self.value_len or len(value) != size:
            self.journal.violation(f"malformed CHAP packet: code {code} {body.hex()}")
            return
        if (ident, body) == self.last:
            self.journal.event("chap-repeated")     # right after a repeated challenge (RFC 1994 4.1)
            return
        if ident != self.ident or not self.waiting:
            self.journal.violation(f"CHAP response {ident} was not asked for")
            return
        self.stop()
        self.waiting, self.last = False, (ident, body)
        self.journal.event("chap-response", user=name, id=ident, value=value.hex())
        if self.link.call.connection.stage("response") or self.misbehaviour.judges(self):
            return
        self.decide(ident, name, value)

    def decide(self, ident, name, value):
        password = self.password(name)
        good = password is not None and self.check(password, name.encode(), value)
        if not good:
            self.reply(FAILURE, ident, self.failure_text())
            self.refused()
        elif self.rounds > 1:
            self.rounds -= 1
            self.ask_challenge()
        else:
            self.succeed(ident, password, name, value)

    def succeed(self, ident, password, name, value):
        self.reply(SUCCESS, ident, self.success_text(password, name.encode(), value))
        self.link.auth_succeeded(name, self.key(password, value))

    def failure_text(self, code=691, retry=0):
        return self.dialect.chap_failure.format(
            code=code, retry=retry, challenge=os.urandom(16).hex().upper()).encode()


class ChapMd5(Chap):
    def check(self, password, _name, value):
        return value == hashlib.md5(bytes([self.ident]) + password.encode() + self.challenge).digest()

    def success_text(self, _password, _name, _value):
        return b"Access granted"

    def failure_text(self, code=691, retry=0):
        return b"Access denied"

    def key(self, _password, _value):
        return binding.NO_KEY


class MsChapV2(Chap):
    value_len = 49

    def check(self, password, name, value):
        peer, reserved, response, flags = value[:16], value[16:24], value[24:48], value[48]
        if reserved != bytes(8) or flags != 0:
            self.journal.violation("MS-CHAPv2: reserved bytes or flags are not zero")
        return response == mschap.nt_response(password, mschap.challenge_hash(peer, self.challenge, name))

    def success_text(self, password, name, value):
        challenge8 = mschap.challenge_hash(value[:16], self.challenge, name)
        proof = mschap.authenticator_response(password, value[24:48], challenge8)
        return self.misbehaviour.proof(proof + self.dialect.chap_success).encode()

    def key(self, password, value):
        return mschap.hlak(password, value[24:48])


METHODS = {"pap": Pap, "chap-md5": ChapMd5, "mschapv2": MsChapV2}
