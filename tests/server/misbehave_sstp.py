# SPDX-License-Identifier: GPL-2.0-or-later
"""Misbehaviours of the SSTP layer: wrong headers, lying lengths, messages out of place."""

from . import wire
from .misbehave import AtStage, Misbehaviour, named


class Raw(AtStage):
    """Bytes sent at a stage; what follows is the subclass's."""

    default = "request"
    carries_on = False

    def bytes(self, connection):
        raise NotImplementedError

    def act(self, connection):
        connection.send(self.bytes(connection))
        return False if self.carries_on else None


@named("bad-version")
class BadVersion(Raw):
    def bytes(self, connection):
        return b"\x20" + connection.call.acknowledgement()[1:]


@named("short-length")
class ShortLength(Raw):
    """A header that says it is shorter than itself."""

    def bytes(self, connection):
        return bytes.fromhex("10010003") + connection.call.acknowledgement()


@named("control-short")
class ControlShort(Raw):
    """A control packet with no room for its type (length 6), instead of the Ack."""

    def bytes(self, connection):
        return bytes.fromhex("100100060002")


@named("truncated")
class Truncated(AtStage):
    """Half a message, then FIN."""

    default = "request"

    def act(self, connection):
        connection.send(connection.call.acknowledgement()[:20])
        connection.fin()


@named("attribute-long")
class AttributeLong(Raw):
    def bytes(self, connection):
        good = bytearray(connection.call.acknowledgement())
        good[10:12] = b"\x0f\xff"
        return bytes(good)


@named("attribute-short")
class AttributeShort(Raw):
    def bytes(self, connection):
        good = bytearray(connection.call.acknowledgement())
        good[10:12] = b"\x00\x03"
        return bytes(good)


@named("ack-empty")
class AckEmpty(Raw):
    """CALL_CONNECT_ACK without a crypto binding request."""

    def bytes(self, connection):
        return wire.control(wire.CONNECT_ACK)


@named("ack-count")
class AckCount(Raw):
    """An Ack that counts more attributes than it has."""

    def bytes(self, connection):
        good = bytearray(connection.call.acknowledgement())
        good[6:8] = b"\x00\x09"
        return bytes(good)


@named("hash-none")
class HashNone(Raw):
    """The binding request offers no hash that anyone knows."""

    def bytes(self, connection):
        return wire.control(wire.CONNECT_ACK, wire.binding_request(0, connection.call.nonce))


@named("hash-unknown-bits")
class HashUnknownBits(Misbehaviour):
    """Higher bits of the mask are set too: to be ignored."""

    def connect_answer(self, call):
        call.mask = 0xFF
        return [call.acknowledgement()]


@named("ack-twice")
class AckTwice(Misbehaviour):
    def connect_answer(self, call):
        return [call.acknowledgement(), call.acknowledgement()]


@named("nak")
class Nak(Misbehaviour):
    """CALL_CONNECT_NAK to every request (the argument: how many before an Ack)."""

    repeats_request = True

    def __init__(self, argument=""):
        super().__init__(argument)
        self.left = int(argument or "1000")

    def stage(self, connection, name):
        if name != "request" or self.left == 0:
            return False
        self.left -= 1
        value = wire.status_info(4, wire.ATTR_PROTOCOL, b"\x00\x01")
        connection.send(wire.control(wire.CONNECT_NAK, value))
        return True


@named("server-connected")
class ServerConnected(Misbehaviour):
    """A message that only a client may send."""

    def connect_answer(self, call):
        return [call.acknowledgement(), wire.control(wire.CONNECTED)]


@named("unknown-message")
class UnknownMessage(Misbehaviour):
    """Unknown types before and after the Ack: logged and ignored, as accel-ppp does."""

    def connect_answer(self, call):
        unknown = wire.control(0x00AA, wire.attribute(9, b"what"))
        return [unknown, call.acknowledgement(), unknown]


@named("early-echo")
class EarlyEcho(Misbehaviour):
    """ECHO_REQUEST before CALL_CONNECTED is answered all the same (protocol.md section 5)."""

    def connect_answer(self, call):
        call.echoes_owed += 1
        return [call.acknowledgement(), wire.control(wire.ECHO_REQUEST)]


@named("early-data")
class EarlyData(Misbehaviour):
    """PPP frames before the Ack, IP packets before CALL_CONNECTED: dropped."""

    def connect_answer(self, call):
        packet = bytes.fromhex("4500001c00000000400100000a0900010a09006408000000000000ff")
        early = wire.data(wire.frame(wire.PPP_IPV4, packet))
        return [wire.data(wire.frame(wire.PPP_LCP, b"\x01\x01\x00\x04")), early, call.acknowledgement(), early]


@named("reserved-bits")
class ReservedBits(Misbehaviour):
    """Reserved bits set everywhere a receiver must ignore them."""

    def connect_answer(self, call):
        packet = bytearray(call.acknowledgement())
        packet[1] |= 0xFE
        packet[2] |= 0xF0
        packet[8] = 0xFF
        packet[10] |= 0xF0
        packet[12:15] = b"\xff\xff\xff"
        return [bytes(packet)]


@named("echo-flood")
class EchoFlood(AtStage):
    count = 1000

    def act(self, connection):
        connection.call.echoes_owed += self.count
        for _ in range(self.count):
            connection.send(wire.control(wire.ECHO_REQUEST))
        return False


@named("oversize")
class Oversize(AtStage):
    """The largest packet that the header can say, carrying a ping of 4087 bytes."""

    def act(self, connection):
        link = connection.call.link
        head = bytearray(bytes.fromhex("45000ff7000000004001000000000000") + bytes(4))
        head[12:16], head[16:20] = b"\x0a\x09\x00\x01", link.ipcp.client_address or bytes(4)
        packet = bytes(head) + bytes(4087 - 20)
        for _ in range(8):
            connection.send(wire.data(wire.frame(wire.PPP_IPV4, packet)))
        return False


@named("raw-live")
class RawLive(AtStage):
    """Bytes given in hexadecimal, in the middle of a running session: raw-live:live:HEX."""

    def act(self, connection):
        connection.send(bytes.fromhex(self.argument))
        return False


@named("part")
class Part(AtStage):
    """The beginning of something, in hexadecimal, and no more: part:STAGE:HEX."""

    def act(self, connection):
        connection.send(bytes.fromhex(self.argument))
        connection.flush()
        connection.silent = True
        if connection.call:
            connection.call.stop()


@named("tls-part")
class TlsPart(AtStage):
    """The handshake stops in the middle: of the ServerHello, of the certificate's message, of a record's header."""

    def act(self, connection):
        limit = {"hello": 40, "certificate": 700, "record": 3}[self.argument]
        write = connection.transport.write

        def push():
            data = connection.tls.take()
            if data:
                write(data[:limit])
                connection.silent = True
        connection.push = push
        return False
