# SPDX-License-Identifier: GPL-2.0-or-later
"""What a server can flood a client with: each kind is a block of bytes that is sent over and over.

A kind's function gets the link (for addresses and the like) and returns the packets of one block. `answers` names
what the client owes in return for each of them, or may send because of them: control messages by their number, PPP
packets by (protocol, code). The flood counts those and shows everything else to the ordinary judge.
"""

import ipaddress
import random
import struct

from . import ra, wire

KINDS = {}
PPP = (wire.PPP_LCP, wire.PPP_PAP, wire.PPP_CHAP, wire.PPP_EAP, wire.PPP_IPCP, wire.PPP_IPV6CP)
# Whatever PPP says but Terminate-Request, which is the goodbye.
ALL_PPP = frozenset((protocol, code) for protocol in PPP for code in range(256)
                    if (protocol, code) != (wire.PPP_LCP, 5))
COUNT = 512                         # packets of a block, where they differ from each other


class Kind:
    """one_byte: each byte is a TLS record of its own; first: what is sent once, before the blocks."""

    def __init__(self, packets, answers=(), one_byte=False, first=b""):
        self.packets, self.answers, self.one_byte, self.first = packets, frozenset(answers), one_byte, first


def kind(name, answers=()):
    def register(function):
        KINDS[name] = Kind(function, answers)
        return function
    return register


def constant(name, *packets, **facts):
    KINDS[name] = Kind(lambda _link: list(packets), **facts)


def ppp(protocol, payload):
    return wire.data(wire.frame(protocol, payload))


def codes(protocol, *wanted):
    return [(protocol, code) for code in wanted]


# -- HTTP ---------------------------------------------------------------------------------------

constant("http-lines", b"X-Filler: more\r\n", first=b"HTTP/1.1 200 OK\r\n")
constant("http-line", b"more", first=b"HTTP/1.1 200 OK\r\nX-Filler: ")
constant("http-interim", b"HTTP/1.1 100 Continue\r\n\r\n")
constant("http-zeros", bytes(1000))

# -- SSTP ---------------------------------------------------------------------------------------

ANSWERS = {wire.ECHO_REQUEST: [wire.ECHO_RESPONSE], wire.DISCONNECT: [wire.DISCONNECT_ACK], wire.ABORT: [wire.ABORT]}
for number, title in wire.MESSAGE_NAMES.items():
    constant(title.lower().replace("_", "-"), wire.control(number), answers=ANSWERS.get(number, []))
constant("echo-bytes", wire.control(wire.ECHO_REQUEST), answers=[wire.ECHO_RESPONSE], one_byte=True)
constant("connect-ack-whole", wire.control(wire.CONNECT_ACK, wire.binding_request(3, bytes(32))))
constant("message-unknown", wire.control(0x00AA))
constant("message-large", wire.control(0x00AA, wire.attribute(9, bytes(4083))))
constant("message-attributes", wire.control(0x00AA, *[wire.attribute(9, b"")] * 1000))
constant("message-status", wire.control(wire.ECHO_RESPONSE, wire.status_info(7, value=bytes(4000))))
constant("control-short", bytes.fromhex("100100060002"))
constant("bad-version", bytes.fromhex("2000000400"))
constant("data-empty", wire.data(b""))
constant("data-short", *[wire.data(bytes.fromhex(text)) for text in ("ff", "ff03", "ff03c0", "00", "21", "c021")],
         answers=[(wire.PPP_LCP, 8)])
constant("data-bytes", ppp(wire.PPP_LCP, wire.cp_packet(11, 1, bytes(4))), one_byte=True)


@kind("data-noise")
def data_noise(_link):
    """Compressed frames of data protocols that nobody agreed on, of every length."""
    source = random.Random("data-noise")
    return [wire.data(b"\x31" + source.randbytes(size)) for size in range(0, 4000, 61)]


# -- frames of other protocols --------------------------------------------------------------------

constant("protocol-control", *[ppp(number, wire.cp_packet(1, 3, b"\x03\x06\0\0\0\0"))
                               for number in (0x8031, 0x8281, 0xC029, 0xC025, 0x80FD)],
         answers=codes(wire.PPP_LCP, 8))
constant("protocol-data", *[ppp(number, bytes(4000)) for number in (0x002B, 0x0031, 0x00FD, 0x4001)],
         answers=codes(wire.PPP_LCP, 8))

# -- every control protocol -----------------------------------------------------------------------

NUMBERS = {"lcp": wire.PPP_LCP, "ipcp": wire.PPP_IPCP, "ipv6cp": wire.PPP_IPV6CP}
GOOD = {"lcp": wire.option(1, b"\x05\xdc") + wire.option(5, b"\x12\x34\x56\x78"),
        "ipcp": wire.option(3, bytes([10, 9, 0, 1])), "ipv6cp": wire.option(1, b"\x02\0\0\0\0\0\0\x01")}


def common(name, number):
    def several(code, body):
        return [ppp(number, wire.cp_packet(code, ident, body)) for ident in range(256)]

    for code, title in ((2, "ack"), (3, "nak"), (4, "reject")):
        constant(f"{name}-{title}", *several(code, GOOD[name]), answers=ALL_PPP)
    constant(f"{name}-request", *several(1, GOOD[name]), answers=ALL_PPP)
    constant(f"{name}-request-empty", *several(1, b""), answers=ALL_PPP)
    constant(f"{name}-request-odd", *several(1, wire.option(200, b"what") * 600), answers=ALL_PPP)
    constant(f"{name}-terminate", *several(5, b""), answers=ALL_PPP)
    constant(f"{name}-terminate-ack", *several(6, b""), answers=ALL_PPP)
    constant(f"{name}-code-reject", *several(7, wire.cp_packet(99, 1, b"what")), answers=ALL_PPP)
    constant(f"{name}-code-reject-request", *several(7, wire.cp_packet(1, 1, b"")), answers=ALL_PPP)
    constant(f"{name}-code-unknown", *several(99, bytes(1400)), answers=codes(number, 7))
    constant(f"{name}-malformed", *[ppp(number, bytes.fromhex(text)) for text in (
        "", "01", "0101", "010100", "01010003", "01010005", "0101ffff", "0101000601", "010100060100", "0101000601ff",
        "02010003", "03010006ff00", "0401000601", "0701", "07010004", "0c010004", "0b01ffff")], answers=ALL_PPP)


for layer_name, layer_number in NUMBERS.items():
    common(layer_name, layer_number)

constant("lcp-code-zero", *[ppp(wire.PPP_LCP, wire.cp_packet(0, ident, bytes(1400))) for ident in range(256)],
         answers=codes(wire.PPP_LCP, 7))
constant("lcp-echo", *[ppp(wire.PPP_LCP, wire.cp_packet(9, ident, bytes(4))) for ident in range(256)],
         answers=codes(wire.PPP_LCP, 10))
constant("lcp-echo-large", ppp(wire.PPP_LCP, wire.cp_packet(9, 1, bytes(4083))), answers=codes(wire.PPP_LCP, 10))
constant("lcp-echo-reply", ppp(wire.PPP_LCP, wire.cp_packet(10, 1, bytes(4))))
constant("lcp-discard", ppp(wire.PPP_LCP, wire.cp_packet(11, 1, bytes(1400))))
constant("lcp-identification", ppp(wire.PPP_LCP, wire.cp_packet(12, 1, bytes(4) + b"MSRASV5.20")))
constant("lcp-time-remaining", ppp(wire.PPP_LCP, wire.cp_packet(13, 1, bytes(8))))
constant("lcp-protocol-reject", *[ppp(wire.PPP_LCP, wire.cp_packet(8, 1, number.to_bytes(2, "big") + bytes(8)))
                                  for number in (0x80FD, 0x8031, 0x0021, 0x4001)])
constant("lcp-protocol-reject-ipcp", ppp(wire.PPP_LCP, wire.cp_packet(8, 1, b"\x80\x21\x01\x01\x00\x04")),
         answers=ALL_PPP)

# -- authentication -------------------------------------------------------------------------------

AUTH = codes(wire.PPP_CHAP, 2) + codes(wire.PPP_EAP, 2)


@kind("chap-challenge", AUTH)
def chap_challenge(_link):
    source = random.Random("chap-challenge")
    return [ppp(wire.PPP_CHAP, wire.cp_packet(1, ident, b"\x10" + source.randbytes(16) + b"server"))
            for ident in range(256)]


constant("chap-challenge-same", ppp(wire.PPP_CHAP, wire.cp_packet(1, 1, b"\x10" + bytes(16) + b"server")), answers=AUTH)
constant("chap-challenge-odd", *[ppp(wire.PPP_CHAP, wire.cp_packet(1, 1, bytes([size]) + bytes(size)))
                                 for size in (0, 1, 15, 17, 255)], answers=AUTH)
constant("chap-response", ppp(wire.PPP_CHAP, wire.cp_packet(2, 1, b"\x31" + bytes(49) + b"alice")), answers=AUTH)
constant("chap-success", ppp(wire.PPP_CHAP, wire.cp_packet(3, 1, b"S=" + b"0" * 40)))
constant("chap-failure", ppp(wire.PPP_CHAP, wire.cp_packet(4, 1, b"E=691 R=1 V=3 M=no")))
constant("pap", *[ppp(wire.PPP_PAP, wire.cp_packet(code, 1, b"\0")) for code in (1, 2, 3)])
for pap_code, title in ((2, "ack"), (3, "nak")):
    constant(f"pap-{title}", *[ppp(wire.PPP_PAP, wire.cp_packet(pap_code, ident, b"\x04what")) for ident in range(256)])
# draft-kamath-pppext-eap-mschapv2 2: opcode, identifier, length, and what that opcode has.
for opcode, title, body in ((3, "success", b"S=" + b"0" * 40 + b" M=what"), (4, "failure", b"E=691 R=1 C=" + b"0" * 32
                            + b" V=3 M=no"), (7, "change-password", bytes(582))):
    constant(f"eap-mschap-{title}", *[ppp(wire.PPP_EAP, wire.cp_packet(
        1, ident, bytes([26, opcode, ident]) + (4 + len(body)).to_bytes(2, "big") + body)) for ident in range(256)],
        answers=AUTH)
for eap_code, eap_kind, title in ((1, 1, "identity"), (1, 2, "notification"), (1, 4, "unknown"), (2, 1, "response")):
    constant(f"eap-{title}", *[ppp(wire.PPP_EAP, wire.cp_packet(eap_code, ident, bytes([eap_kind]) + b"what"))
                               for ident in range(256)], answers=AUTH)
constant("eap-end", *[ppp(wire.PPP_EAP, wire.cp_packet(code, 1)) for code in (3, 4)])


@kind("eap-challenge", AUTH)
def eap_challenge(_link):
    source = random.Random("eap-challenge")
    return [ppp(wire.PPP_EAP, wire.cp_packet(
        1, ident, bytes([26, 1, ident, 0, 27, 16]) + source.randbytes(16) + b"server")) for ident in range(256)]


# -- IP -----------------------------------------------------------------------------------------


def checksum(data):
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def ipv4(link, payload, ident=0, fragment=0, protocol=17):
    head = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(payload), ident, fragment, 64, protocol, 0)
    head += ipaddress.IPv4Address(link.local_address).packed + (link.ipcp.client_address or bytes([10, 9, 0, 100]))
    return head[:10] + struct.pack("!H", checksum(head)) + head[12:] + payload


def ipv6(link, payload, protocol=17):
    source = link.ipv6cp.link_local(link.ipv6cp.ident_ours)
    target = link.ipv6cp.link_local(link.ipv6cp.ident_theirs or bytes(7) + b"\1")
    return struct.pack("!LHBB", 0x60000000, len(payload), protocol, 64) + source.packed + target.packed + payload


UDP = struct.pack("!HHHH", 9, 9, 8 + 1000, 0) + bytes(1000)


@kind("ipv4")
def ipv4_data(link):
    return [ppp(wire.PPP_IPV4, ipv4(link, UDP))]


@kind("ipv6")
def ipv6_data(link):
    return [ppp(wire.PPP_IPV6, ipv6(link, UDP))]


@kind("ipv4-small")
def ipv4_small(link):
    return [ppp(wire.PPP_IPV4, ipv4(link, UDP[:8]))]


@kind("ipv4-fragments")
def ipv4_fragments(link):
    """First fragments of eight bytes, whose rest never comes."""
    return [ppp(wire.PPP_IPV4, ipv4(link, bytes(8), ident=ident, fragment=0x2000)) for ident in range(8192)]


@kind("ipv6-fragments")
def ipv6_fragments(link):
    return [ppp(wire.PPP_IPV6, ipv6(link, struct.pack("!BBHL", 17, 0, 1, ident) + bytes(8), protocol=44))
            for ident in range(8192)]


@kind("ip-malformed")
def ip_malformed(_link):
    source, result = random.Random("ip"), []
    for size in (0, 1, 19, 20, 39, 40, 41, 1400, 4000):
        for protocol in (wire.PPP_IPV4, wire.PPP_IPV6):
            result += [ppp(protocol, head + source.randbytes(size))
                       for head in (b"", b"\x45", b"\x60", b"\x4f\0\xff\xff")]
    return result


@kind("router-advertisements")
def advertisements(link):
    source = link.ipv6cp.link_local(link.ipv6cp.ident_ours)
    return [ppp(wire.PPP_IPV6, ra.advertisement(source, ipaddress.IPv6Network((0x20010DB8_00000000 + n << 64, 64))))
            for n in range(COUNT)]


@kind("router-lifetimes")
def lifetimes(link):
    """The same prefix, gone and back again: each one is a change of the host's configuration."""
    source, prefix = link.ipv6cp.link_local(link.ipv6cp.ident_ours), ipaddress.IPv6Network("2001:db8:77::/64")
    return [ppp(wire.PPP_IPV6, ra.advertisement(source, prefix, lifetime=lifetime)) for lifetime in (0, 1800)]


@kind("router-malformed")
def malformed_advertisements(link):
    source = link.ipv6cp.link_local(link.ipv6cp.ident_ours)
    good = ra.advertisement(source, ipaddress.IPv6Network("2001:db8:99::/64"))
    result = []
    for tail in (b"\x03\x00", b"\x03\xff", b"\x03\x04", b"\x19\x03", b"\x05\x01", b"\xff" * 40):
        payload = bytearray(good[40:56] + tail)
        payload += bytes(len(payload) % 2)
        payload[2:4] = bytes(2)
        payload[2:4] = ra.checksum(source, ra.ALL_NODES, bytes(payload)).to_bytes(2, "big")
        head = good[:4] + len(payload).to_bytes(2, "big") + good[6:40]
        result.append(ppp(wire.PPP_IPV6, head + bytes(payload)))
    return result
