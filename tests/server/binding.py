# SPDX-License-Identifier: GPL-2.0-or-later
"""The crypto binding of [MS-SSTP] 3.2.5.2: from the authentication's key to the compound MAC."""

import hashlib
import hmac
import struct

from . import wire

SEED = b"SSTP inner method derived CMK"
DIGESTS = {wire.HASH_SHA1: hashlib.sha1, wire.HASH_SHA256: hashlib.sha256}
NO_KEY = bytes(32)


def cmk(protocol, key):
    """T1 of PRF+: the length is little-endian, unlike everything else on the wire."""
    digest = DIGESTS[protocol]
    return hmac.new(key, SEED + struct.pack("<H", digest().digest_size) + b"\x01", digest).digest()


def compound_mac(protocol, key, message):
    """Over the whole 112-byte message with the MAC field zero; padded to 32 bytes."""
    digest = DIGESTS[protocol]
    blank = message[:80] + bytes(32)
    return hmac.new(cmk(protocol, key), blank, digest).digest().ljust(32, b"\0")


def certificate_hash(protocol, certificate):
    return DIGESTS[protocol](certificate).digest().ljust(32, b"\0")


def connected_message(protocol, nonce, certificate, key):
    """A whole CALL_CONNECTED, as the self-test's client sends it."""
    body = struct.pack("!3xB", protocol) + nonce + certificate_hash(protocol, certificate) + bytes(32)
    message = wire.control(wire.CONNECTED, wire.attribute(wire.ATTR_BINDING, body))
    return message[:80] + compound_mac(protocol, key, message)


def verify(message, mask, nonce, certificate, key):
    """None if the CALL_CONNECTED is right, else what is wrong with it."""
    if len(message) != 112 or message[:12] != bytes.fromhex("100100700004000100030068"):
        return "CALL_CONNECTED is not the 112-byte message of [MS-SSTP] 2.2.12"
    if message[12:15] != bytes(3):
        return "crypto binding: reserved bytes are not zero"
    protocol = message[15]
    best = wire.HASH_SHA256 if mask & wire.HASH_SHA256 else wire.HASH_SHA1
    if protocol != best:
        return f"crypto binding: hash protocol {protocol}, the best on offer was {best}"
    if message[16:48] != nonce:
        return "crypto binding: wrong nonce"
    if message[48:80] != certificate_hash(protocol, certificate):
        return "crypto binding: wrong certificate hash"
    if message[80:] != compound_mac(protocol, key, message):
        return "crypto binding: wrong compound MAC"
    return None
