# SPDX-License-Identifier: GPL-2.0-or-later
"""Numbers and byte layouts of [MS-SSTP] 2.2 and of PPP, with builders for what the server sends."""

import struct

VERSION = 0x10

CONNECT_REQUEST, CONNECT_ACK, CONNECT_NAK, CONNECTED = 1, 2, 3, 4
ABORT, DISCONNECT, DISCONNECT_ACK, ECHO_REQUEST, ECHO_RESPONSE = 5, 6, 7, 8, 9

MESSAGE_NAMES = {
    CONNECT_REQUEST: "CALL_CONNECT_REQUEST", CONNECT_ACK: "CALL_CONNECT_ACK",
    CONNECT_NAK: "CALL_CONNECT_NAK", CONNECTED: "CALL_CONNECTED", ABORT: "CALL_ABORT",
    DISCONNECT: "CALL_DISCONNECT", DISCONNECT_ACK: "CALL_DISCONNECT_ACK",
    ECHO_REQUEST: "ECHO_REQUEST", ECHO_RESPONSE: "ECHO_RESPONSE",
}

ATTR_NO_ERROR, ATTR_PROTOCOL, ATTR_STATUS, ATTR_BINDING, ATTR_BINDING_REQUEST = 0, 1, 2, 3, 4

STATUS_NO_ERROR, STATUS_VALUE_NOT_SUPPORTED = 0, 4
STATUS_UNACCEPTED_FRAME, STATUS_RETRY_EXCEEDED, STATUS_INVALID_FRAME = 5, 6, 7
STATUS_NEGOTIATION_TIMEOUT, STATUS_ATTRIB_NOT_SUPPORTED = 8, 9

HASH_SHA1, HASH_SHA256 = 1, 2

PPP_IPV4, PPP_IPV6 = 0x0021, 0x0057
PPP_IPCP, PPP_IPV6CP, PPP_CCP = 0x8021, 0x8057, 0x80FD
PPP_LCP, PPP_PAP, PPP_CHAP, PPP_EAP, PPP_CBCP = 0xC021, 0xC023, 0xC223, 0xC227, 0xC029

MAX_PACKET = 4095


def data(payload):
    """An SSTP data packet ([MS-SSTP] 2.2.3)."""
    return struct.pack("!BBH", VERSION, 0, 4 + len(payload)) + payload


def attribute(number, value):
    return struct.pack("!BBH", 0, number, 4 + len(value)) + value


def control(message, *attributes):
    """An SSTP control packet ([MS-SSTP] 2.2.2)."""
    body = struct.pack("!HH", message, len(attributes)) + b"".join(attributes)
    return struct.pack("!BBH", VERSION, 1, 4 + len(body)) + body


def status_info(status, attribute_id=ATTR_STATUS, value=b""):
    return attribute(ATTR_STATUS, struct.pack("!3xBL", attribute_id, status) + value)


def binding_request(mask, nonce):
    return attribute(ATTR_BINDING_REQUEST, struct.pack("!3xB", mask) + nonce)


def parse_attributes(body):
    """The (id, value) pairs of a control message's tail, or None where a length lies."""
    result = []
    while body:
        if len(body) < 4:
            return None
        reserved, number, length = struct.unpack_from("!BBH", body)
        if reserved or length & 0xF000 or length < 4 or length > len(body):
            return None
        result.append((number, body[4:length]))
        body = body[length:]
    return result


def cp_packet(code, ident, body=b""):
    """An LCP-like packet (RFC 1661 section 5)."""
    return struct.pack("!BBH", code, ident, 4 + len(body)) + body


def option(number, value=b""):
    return struct.pack("!BB", number, 2 + len(value)) + value


def options(pairs):
    return b"".join(option(number, value) for number, value in pairs)


def parse_options(body):
    """The (type, value) pairs of a Configure packet, or None where a length lies."""
    result = []
    while body:
        if len(body) < 2 or body[1] < 2 or body[1] > len(body):
            return None
        result.append((body[0], body[2:body[1]]))
        body = body[body[1]:]
    return result


def frame(protocol, payload, compressed=False):
    """A PPP frame as SSTP carries it; compressed drops FF 03 and a leading zero (sorz does that)."""
    if not compressed:
        return b"\xff\x03" + struct.pack("!H", protocol) + payload
    return (bytes([protocol]) if protocol < 0x100 else struct.pack("!H", protocol)) + payload
