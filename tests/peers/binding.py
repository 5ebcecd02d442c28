# SPDX-License-Identifier: GPL-2.0-or-later
"""The server's half of the crypto binding ([MS-SSTP] 3.3.5.2.3), for a server that is not the authenticator.

The PPP peer is pppd, which keeps its keys to itself. But whoever knows the password needs nothing from it:
the keys of MS-CHAPv2 follow from the password and from the NT-Response that goes by on the wire (RFC 3079
3.3). MD4 is written out because OpenSSL 3 no longer hands it to Python's hashlib.
"""

import hashlib
import hmac
import struct

HASHES = {1: hashlib.sha1, 2: hashlib.sha256}  # by the hash protocol byte ([MS-SSTP] 2.2.7)
NO_KEY = bytes(32)  # the HLAK of a method that makes no keys

_MAGIC1 = b"This is the MPPE Master Key"
_MAGIC2 = b"On the client side, this is the send key; on the server side, it is the receive key."
_MAGIC3 = b"On the client side, this is the receive key; on the server side, it is the send key."
_MASK = 0xFFFFFFFF


def _rotate(value, bits):
    value &= _MASK
    return (value << bits | value >> (32 - bits)) & _MASK


_MD4_ROUNDS = (  # RFC 1320 3.4: mixing function, constant, order of the words, rotations
    (lambda x, y, z: x & y | ~x & z, 0, range(16), (3, 7, 11, 19)),
    (lambda x, y, z: x & y | x & z | y & z, 0x5A827999,
     (0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15), (3, 5, 9, 13)),
    (lambda x, y, z: x ^ y ^ z, 0x6ED9EBA1,
     (0, 8, 4, 12, 2, 10, 6, 14, 1, 9, 5, 13, 3, 11, 7, 15), (3, 9, 11, 15)),
)


def md4(data):
    state = [0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476]
    padded = data + b"\x80" + bytes((55 - len(data)) % 64) + struct.pack("<Q", 8 * len(data))
    for block in struct.iter_unpack("<16I", padded):
        a, b, c, d = state
        for mix, constant, order, rotations in _MD4_ROUNDS:
            for step, word in enumerate(order):
                a = _rotate(a + mix(b, c, d) + block[word] + constant, rotations[step % 4])
                a, b, c, d = d, a, b, c
        state = [(old + new) & _MASK for old, new in zip(state, (a, b, c, d))]
    return struct.pack("<4I", *state)


def hlak_mschapv2(password, nt_response):
    """MasterReceiveKey | MasterSendKey as the server names them, which is the client's send key first."""
    hash_hash = md4(md4(password.encode("utf-16-le")))
    master = hashlib.sha1(hash_hash + nt_response + _MAGIC1).digest()[:16]
    return b"".join(hashlib.sha1(master + bytes(40) + magic + b"\xF2" * 40).digest()[:16]
                    for magic in (_MAGIC2, _MAGIC3))


def compound_mac(hlak, call_connected):
    """The 32 bytes that belong at offset 80 of this CALL_CONNECTED."""
    algorithm = HASHES[call_connected[15]]
    size = algorithm().digest_size
    cmk = hmac.digest(hlak, b"SSTP inner method derived CMK" + struct.pack("<H", size) + b"\x01", algorithm)
    return hmac.digest(cmk, call_connected[:80] + bytes(32), algorithm).ljust(32, b"\0")


def self_test():
    """RFC 1320 A.5, and RFC 2759 9.2 carried through to the compound MAC."""
    assert md4(b"").hex() == "31d6cfe0d16ae931b73c59d7e0c089c0"
    assert md4(b"1234567890" * 8).hex() == "e33b4ddc9c38f2199c3e7b164fcc0536"
    response = bytes.fromhex("82309ECD8D708B5EA08FAA3981CD83544233114A3D85D6DF")
    hlak = hlak_mschapv2("clientPass", response)
    assert hlak.hex() == "d5f0e9521e3ea9589645e86051c822268b7cdc149b993a1ba118cb153f56dccb"
    for number, mac in ((2, "6566128bedab5267a8d6ef4391412d2004ca1300aae41d490f545d38d83642a0"),
                        (1, "7296f04dd534e3c777764502b36ee1d8c3830375")):
        message = bytes.fromhex("1001007000040001000300680000000%d" % number) + bytes(range(32))
        message += HASHES[number](b"example certificate DER").digest().ljust(32, b"\0") + bytes(32)
        assert compound_mac(hlak, message) == bytes.fromhex(mac).ljust(32, b"\0")
