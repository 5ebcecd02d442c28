# SPDX-License-Identifier: GPL-2.0-or-later
"""Misbehaviours of PPP: LCP, authentication, network protocols, and the packets themselves."""

import asyncio
import ipaddress
import os
import random

from . import auth, eap, wire
from .cp import CONF_ACK, CONF_NAK, CONF_REJ, TERM_REQ
from .misbehave import AtStage, Misbehaviour, named

# -- LCP ----------------------------------------------------------------------------------------


@named("terminate")
class Terminate(AtStage):
    """LCP Terminate-Request; terminate:STAGE:N carries the RAS error N as RRAS writes it."""

    def act(self, connection):
        connection.call.link.fail(int(self.argument) if self.argument else None)


@named("lcp-mru")
class LcpMru(AtStage):
    """LCP from the start in a running session, with another MRU: lcp-mru:live:600,1500, the second one at `next`."""

    takes_layers_down = authenticates_anew = True
    silent = False

    def act(self, connection):
        self.mrus = [int(each) for each in self.argument.split(",")]
        self.next(connection.call.link)
        return False

    def command(self, connection, text):
        if text == "next":
            self.next(connection.call.link)

    def next(self, link):
        link.options.mru = self.mrus.pop(0)
        if self.silent:
            link.ipv6cp.received = lambda payload: None
        link.auth = None
        link.lcp.restart()

    def layer_up(self, link, layer):
        link.journal.event("layer-up", layer=layer.name, mru=link.options.mru)


@named("lcp-mru-ipv6cp-silent")
class LcpMruIpv6cpSilent(LcpMru):
    """The same, and IPV6CP is not heard of again."""

    silent = True


@named("lcp-nak-forever")
class LcpNakForever(Misbehaviour):
    def configure_request(self, link, layer, ident, pairs):
        if layer is not link.lcp:
            return False
        layer.send(CONF_NAK, ident, wire.option(1, random.randrange(500, 1400).to_bytes(2, "big")))
        return True


@named("lcp-bad-option")
class LcpBadOption(AtStage):
    """Configure-Requests whose option lengths lie, then a right one."""

    default = "lcp"

    def act(self, connection):
        for body in ("01", "0100", "0101", "01ff05dc", "0104", "010405dc0506"):
            packet = wire.cp_packet(1, 200, bytes.fromhex(body))
            connection.send(wire.data(wire.frame(wire.PPP_LCP, packet)))
        connection.send(wire.data(wire.frame(wire.PPP_LCP, bytes.fromhex("01c9ffff010405dc"))))
        connection.send(wire.data(wire.frame(wire.PPP_LCP, bytes.fromhex("01c90003"))))
        return False


@named("lcp-same-magic")
class LcpSameMagic(Misbehaviour):
    """Our first magic number is the client's own: it must Nak that (RFC 1661 6.4)."""

    def first_lcp(self, link, packet):
        link.lcp.same_magic = link.lcp.magic = dict(wire.parse_options(packet[4:]) or []).get(5, bytes(4))


@named("lcp-echo-flood")
class LcpEchoFlood(AtStage):
    def act(self, connection):
        for size in range(1000):
            connection.call.link.lcp.echo(connection.call.link.lcp.magic + bytes(size % 64))
        return False


@named("lcp-unknown-code")
class LcpUnknownCode(AtStage):
    """Codes that RFC 1661 and 1570 do not know: a Code-Reject is right, for 12 to 15 silence."""

    def act(self, connection):
        for code in (12, 13, 14, 15, 99):
            connection.call.link.send(wire.PPP_LCP, wire.cp_packet(code, 7, bytes(8)))
        return False


@named("lcp-renegotiate")
class LcpRenegotiate(AtStage):
    """LCP from the start in a running session, authentication again, NCPs again."""

    authenticates_anew = takes_layers_down = True

    def act(self, connection):
        link = connection.call.link
        link.auth = None
        link.lcp.restart()
        return False


@named("unknown-protocol")
class UnknownProtocol(AtStage):
    """Frames of protocols that nobody speaks; before the authentication they are just dropped."""

    def act(self, connection):
        for protocol in (0x8031, 0x8281, 0x8053, 0xC029, 0xC025, 0x4001, 0x00FD):
            connection.call.link.send(protocol, wire.cp_packet(1, 3, b"\x03\x06\0\0\0\0"))
        return False


# -- authentication -----------------------------------------------------------------------------


@named("auth-none")
class AuthNone(Misbehaviour):
    def auth_offers(self, offers):
        return []


@named("auth-stall")
class AuthStall(AtStage):
    """LCP echoes, one a second, and never the challenge that was agreed on."""

    default = "auth"

    def act(self, connection):
        if not connection.finished:
            connection.call.link.lcp.echo()
            connection.call_later(1, lambda: self.act(connection))


@named("eap-notify-forever")
class EapNotifyForever(Misbehaviour):
    """Another notification after each answer, one a second."""

    def authenticate(self, link):
        link.auth = eap.Eap(link)
        link.auth.notified = lambda _data: link.call.connection.call_later(
            1, lambda: link.auth.request(eap.NOTIFICATION, b"still busy"))
        link.auth.notified(b"")
        return True


@named("success-unasked")
class SuccessUnasked(Misbehaviour):
    """CHAP Success without a challenge, then on to IPCP as if all were well."""

    def authenticate(self, link):
        text = b"S=" + os.urandom(20).hex().upper().encode() + b" M=Welcome"
        link.send(wire.PPP_CHAP, wire.cp_packet(auth.SUCCESS, 1, text))
        link.auth_succeeded("nobody", bytes(32))
        link.ipcp.start()
        return True


@named("proof")
class Proof(Misbehaviour):
    """A wrong (proof:wrong), missing or malformed S= in MS-CHAPv2's Success, or a late bit flip."""

    def proof(self, text):
        return {
            "wrong": "S=" + "0123456789ABCDEF" * 2 + "01234567" + " M=Welcome",
            "flip": text[:41] + ("0" if text[41] != "0" else "1") + text[42:],
            "missing": "M=Welcome",
            "short": text[:30],
            "empty": "",
            "lower": text[:2] + text[2:42].lower() + text[42:],
        }[self.argument]


@named("refuse")
class Refuse(Misbehaviour):
    """The right password is refused: refuse:E or refuse:E:R, or refuse:ras:N by Terminate-Request."""

    def judges(self, method):
        first, _, second = self.argument.partition(":")
        if first == "ras":
            method.stop()
            method.link.fail(int(second))
        elif isinstance(method, auth.Chap):
            method.reply(auth.FAILURE, method.ident, method.failure_text(int(first), int(second or "0")))
            if second != "1":
                method.refused()
        else:
            method.fail_with(int(first), int(second or "0"))
        return True


@named("refuse-text")
class RefuseText(Misbehaviour):
    """A refusal whose text tries to paint the terminal, by CHAP Failure or PAP Nak."""

    text = b"\x1b[2J\x1b]0;owned\x07go away %s%n\r\nfake line"

    def judges(self, method):
        if isinstance(method, auth.Pap):
            method.reply(3, method.ident, bytes([len(self.text)]) + self.text)
        else:
            method.reply(auth.FAILURE, method.ident, b"E=691 R=0 V=3 M=" + self.text)
        method.refused()
        return True


@named("eap-failure")
class EapFailure(Misbehaviour):
    """A plain EAP-Failure in place of the method's own, as old authenticators send it."""

    def judges(self, method):
        method.reply(4, method.ident)
        method.refused()
        return True


@named("eap-propose")
class EapPropose(Misbehaviour):
    """EAP types proposed in order: eap-propose:25,43,26."""

    def eap_proposals(self):
        return [int(kind) for kind in self.argument.split(",")]


@named("eap-notification")
class EapNotification(Misbehaviour):
    eap_notification = b"Maintenance tonight at ten"


@named("eap-no-success")
class EapNoSuccess(Misbehaviour):
    """No EAP-Success at the end: IPCP is the sign (protocol.md section 12)."""

    skips_eap_success = True


@named("asks-twice")
class AsksTwice(Misbehaviour):
    """Challenges and EAP requests come twice: the same answer again, not a new one."""

    asks_twice = True


@named("answers-twice")
class AnswersTwice(Misbehaviour):
    """SoftEther 5 answers queued duplicates twice (protocol.md 15, Q3); a renegotiation of the layer is allowed."""

    answers_twice = takes_layers_down = True


@named("double-challenge")
class DoubleChallenge(Misbehaviour):
    double_challenge = True


@named("rechallenge")
class Rechallenge(AtStage):
    """A new CHAP challenge in a running session."""

    def act(self, connection):
        connection.call.link.auth.ask_challenge()
        return False


# -- network protocols --------------------------------------------------------------------------


@named("ipcp-zero")
class IpcpZero(Misbehaviour):
    """0.0.0.0 is acknowledged: that is no address."""

    def configure_request(self, link, layer, ident, pairs):
        if layer is not link.ipcp:
            return False
        layer.acked_by_us = True
        layer.send(CONF_ACK, ident, wire.options(pairs))
        layer.check_up()
        return True


@named("ipcp-reject-address")
class IpcpRejectAddress(Misbehaviour):
    def configure_request(self, link, layer, ident, pairs):
        address = [pair for pair in pairs if pair[0] == 3]
        if layer is not link.ipcp or not address:
            return False
        layer.rejected.add(3)
        layer.send(CONF_REJ, ident, wire.options(address))
        return True


@named("ipcp-nak-forever")
class IpcpNakForever(Misbehaviour):
    def configure_request(self, link, layer, ident, pairs):
        if layer is not link.ipcp:
            return False
        layer.send(CONF_NAK, ident, wire.option(3, b"\x0a\x09" + os.urandom(2)))
        return True


@named("ncp-terminate")
class NcpTerminate(AtStage):
    """IPCP or IPV6CP alone is taken down in a running session: ncp-terminate:live:ipcp."""

    takes_layers_down = True

    def act(self, connection):
        getattr(connection.call.link, self.argument).send(TERM_REQ, 77)
        return False


@named("ipcp-renegotiate")
class IpcpRenegotiate(AtStage):
    """IPCP from the start in a running session, with another address for the client."""

    takes_layers_down = True

    def act(self, connection):
        layer = connection.call.link.ipcp
        layer.given[3] = layer.link.options.remote = "10.9.0.200"
        layer.restart()
        return False


@named("ipcp-late")
class IpcpLate(Misbehaviour):
    """Requests are left unanswered for so many seconds, as SoftEther does while its DHCP works."""

    first = None

    def configure_request(self, link, layer, ident, pairs):
        if layer is not link.ipcp:
            return False
        now = asyncio.get_running_loop().time()
        self.first = self.first or now
        return now - self.first < int(self.argument)


@named("ncp-rejected")
class NcpRejected(Misbehaviour):
    """Protocol-Reject for IPCP and IPV6CP (ncp-rejected:8057 for one of them)."""

    def configure_request(self, link, layer, ident, pairs):
        wanted = [int(self.argument, 16)] if self.argument else [wire.PPP_IPCP, wire.PPP_IPV6CP]
        if layer.protocol not in wanted:
            return False
        layer.cancel()
        link.reject(layer.protocol, wire.cp_packet(1, ident, wire.options(pairs)))
        return True


# -- packets ------------------------------------------------------------------------------------


@named("ra-storm")
class RaStorm(AtStage):
    """Two thousand advertisements of as many prefixes, and malformed ones between them."""

    def act(self, connection):
        link = connection.call.link
        source = random.Random("ra")
        for number in range(2000):
            prefix = ipaddress.IPv6Network((0x20010DB8_00000000 + number << 64, 64))
            link.tun.advertise(link, prefix=prefix)
            if number % 100 == 0:
                link.send(wire.PPP_IPV6, source.randbytes(source.randrange(1, 200)))
        return False


@named("ra-wrong")
class RaWrong(Misbehaviour):
    """Advertisements that RFC 4861 6.1.2 says to ignore, before the right one."""

    def solicited(self, link):
        link.tun.advertise(link, prefix=ipaddress.IPv6Network("2001:db8:bad1::/64"), hop_limit=64)
        link.tun.advertise(link, prefix=ipaddress.IPv6Network("fe80::/64"))
        link.tun.advertise(link, prefix=ipaddress.IPv6Network("2001:db8:bad2::/64"), valid=0)
        link.tun.advertise(link, prefix=ipaddress.IPv6Network("2001:db8:bad3::/127"), flags="A")
        return False


@named("bad-ip")
class BadIp(AtStage):
    """Things that are not IP packets under IP's protocol numbers: counted and dropped."""

    def act(self, connection):
        link = connection.call.link
        source = random.Random("bad-ip")
        for size in (0, 1, 2, 19, 20, 39, 40, 41, 1400, 4000):
            for protocol in (wire.PPP_IPV4, wire.PPP_IPV6):
                link.send(protocol, source.randbytes(size))
                link.send(protocol, b"\x45" + bytes(size))
                link.send(protocol, b"\x60" + bytes(size))
        return False
