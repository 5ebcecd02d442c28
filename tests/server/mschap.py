# SPDX-License-Identifier: GPL-2.0-or-later
"""MS-CHAPv2 (RFC 2759 section 8) and the MPPE start keys (RFC 3079 section 3), the server's half.

MD4 and DES come from libcrypto's own low-level functions: they need no provider, so they also work
where OpenSSL 3 keeps its "legacy" provider switched off.
"""

import ctypes
import hashlib

_crypto = ctypes.CDLL("libcrypto.so.3")
_crypto.MD4.restype = ctypes.c_void_p

# RFC 2759 8.7, RFC 3079 3.4
SIGNING = b"Magic server to client signing constant"
ITERATION = b"Pad to make it do more than one iteration"
MAGIC1 = b"This is the MPPE Master Key"
MAGIC2 = b"On the client side, this is the send key; on the server side, it is the receive key."
MAGIC3 = b"On the client side, this is the receive key; on the server side, it is the send key."


def md4(text):
    out = ctypes.create_string_buffer(16)
    _crypto.MD4(text, ctypes.c_size_t(len(text)), out)
    return out.raw


def des(key7, block):
    """One DES block under a 56-bit key; the parity bits are inserted here and mean nothing."""
    bits = int.from_bytes(key7, "big")
    key = bytes(((bits >> (49 - 7 * i)) & 0x7F) << 1 for i in range(8))
    schedule = ctypes.create_string_buffer(256)
    out = ctypes.create_string_buffer(8)
    _crypto.DES_set_key_unchecked(key, schedule)
    _crypto.DES_ecb_encrypt(block, out, schedule, 1)
    return out.raw


def sha1(*parts):
    return hashlib.sha1(b"".join(parts)).digest()


def challenge_hash(peer_challenge, challenge, user):
    """RFC 2759 8.2; the user name counts without its domain (protocol.md 11.1)."""
    return sha1(peer_challenge, challenge, user.rpartition(b"\\")[2])[:8]


def password_hash(password):
    return md4(password.encode("utf-16-le"))


def nt_response(password, challenge8):
    key = password_hash(password).ljust(21, b"\0")
    return b"".join(des(key[i:i + 7], challenge8) for i in (0, 7, 14))


def authenticator_response(password, response, challenge8):
    digest = sha1(md4(password_hash(password)), response, SIGNING)
    return "S=" + sha1(digest, challenge8, ITERATION).hex().upper()


def start_keys(password, response):
    """The key that the client sends with and the one that it receives with (RFC 3079 3.4)."""
    master = sha1(md4(password_hash(password)), response, MAGIC1)[:16]

    def asymmetric(magic):
        return sha1(master, bytes(40), magic, b"\xf2" * 40)[:16]

    return asymmetric(MAGIC2), asymmetric(MAGIC3)


def hlak(password, response):
    """What [MS-SSTP] 3.2.5.2.2 calls the higher-layer authentication key, both roles alike."""
    return b"".join(start_keys(password, response))
