# SPDX-License-Identifier: GPL-2.0-or-later
"""Floods below SSTP: post-handshake messages of TLS, records that OpenSSL itself would never send, and bytes in the
place of a handshake.

For the odd records this module encrypts by itself (RFC 8446 5.2): it takes the server's traffic secret from the key
log, so the server must be run with `--keylog FILE --tickets 0`, and from then on writes everything in OpenSSL's stead.
"""

import ctypes
import hashlib
import hmac
import pathlib
import struct

from .tls import _libssl

_libcrypto = ctypes.CDLL("libcrypto.so.3")
for _name in ("EVP_CIPHER_CTX_new", "EVP_aes_256_gcm", "EVP_aes_128_gcm"):
    getattr(_libcrypto, _name).restype = ctypes.c_void_p
_libssl.SSL_renegotiate.argtypes = [ctypes.c_void_p]
_libssl.SSL_do_handshake.argtypes = [ctypes.c_void_p]

CCS, ALERT, HANDSHAKE, DATA = 20, 21, 22, 23
BATCH = 500                             # messages between two turns of the loop
KINDS = {}


def kind(name):
    def register(function):
        KINDS[name] = function
        return function
    return register


# -- our own record layer -------------------------------------------------------------------------


def expand_label(secret, label, length, digest):
    """HKDF-Expand-Label of RFC 8446 7.1 with no context, for lengths of one block."""
    name = b"tls13 " + label.encode()
    info = struct.pack("!HB", length, len(name)) + name + b"\0\x01"
    return hmac.new(secret, info, digest).digest()[:length]


def secrets_of(keylog):
    """The key log's labels and secrets, the latest of each."""
    lines = [line.split() for line in pathlib.Path(keylog).read_text().splitlines() if not line.startswith("#")]
    return {label: bytes.fromhex(secret) for label, _, secret in lines}


def suite(name):
    """(digest, key length) of a TLS 1.3 suite with AES-GCM."""
    return {"TLS_AES_256_GCM_SHA384": (hashlib.sha384, 32), "TLS_AES_128_GCM_SHA256": (hashlib.sha256, 16)}[name]


class Sealer:
    """The server's sending half of TLS 1.3, taken over from OpenSSL after so many records."""

    def __init__(self, session, sequence):
        digest, length = suite(session.object.cipher()[0])
        secret = secrets_of(session.settings.keylog)["SERVER_TRAFFIC_SECRET_0"]
        self.key = expand_label(secret, "key", length, digest)
        self.iv = int.from_bytes(expand_label(secret, "iv", 12, digest), "big")
        self.sequence = sequence
        self.context = ctypes.c_void_p(_libcrypto.EVP_CIPHER_CTX_new())
        cipher = _libcrypto.EVP_aes_256_gcm if length == 32 else _libcrypto.EVP_aes_128_gcm
        _libcrypto.EVP_EncryptInit_ex(self.context, ctypes.c_void_p(cipher()), None, self.key, None)

    def seal(self, content, payload):
        """One record: content is its inner type, None for one that has nothing but padding."""
        inner = payload + (b"" if content is None else bytes([content]))
        header = struct.pack("!BHH", DATA, 0x0303, len(inner) + 16)
        nonce = (self.iv ^ self.sequence).to_bytes(12, "big")
        out, tag, n = ctypes.create_string_buffer(len(inner) + 16), ctypes.create_string_buffer(16), ctypes.c_int()
        self.sequence += 1
        _libcrypto.EVP_EncryptInit_ex(self.context, None, None, None, nonce)
        _libcrypto.EVP_EncryptUpdate(self.context, None, ctypes.byref(n), header, 5)
        _libcrypto.EVP_EncryptUpdate(self.context, out, ctypes.byref(n), inner, len(inner))
        _libcrypto.EVP_EncryptFinal_ex(self.context, out, ctypes.byref(n))
        _libcrypto.EVP_CIPHER_CTX_ctrl(self.context, 0x10, 16, tag)
        return header + out.raw[:len(inner)] + tag.raw


def watch(connection):
    """From the handshake's end on: count the records that OpenSSL sends under the traffic keys."""
    session, original = connection.tls, connection.tls.take
    session.n_records = 0

    def take():
        data, at = original(), 0
        while at < len(data):
            at += 5 + int.from_bytes(data[at + 3:at + 5], "big")
            session.n_records += 1
        return data
    session.take = take


def take_over(connection):
    """The Sealer in OpenSSL's place, for everything that this connection sends from now on."""
    session = connection.tls
    if getattr(session, "sealer", None):
        return session.sealer
    connection.push()
    session.sealer = sealer = Sealer(session, session.n_records)
    ready = []

    def take():
        session.outgoing.read()         # what OpenSSL has to say would be out of step
        data = b"".join(ready)
        ready.clear()
        return data
    session.write = lambda data: ready.append(sealer.seal(DATA, data))
    session.close_notify = lambda: ready.append(sealer.seal(ALERT, b"\x01\x00"))
    session.take = take
    return sealer


def sealed(name, *records):
    """The same records over and over: (content, payload) each."""
    @kind(name)
    def make(connection):
        sealer = take_over(connection)

        def write():
            turns = max(1, BATCH // len(records))
            connection.transport.write(b"".join(sealer.seal(*each) for _ in range(turns) for each in records))
        return write


sealed("records-empty", (DATA, b""))
sealed("records-padded", (None, b"\x17" + bytes(16000)))         # no data, all padding: RFC 8446 5.4
sealed("alerts-warning", (ALERT, b"\x01\x5a"))
sealed("ccs-sealed", (CCS, b"\x01"))


@kind("ticket-endless")
def ticket_endless(connection):
    """One NewSessionTicket that claims 16 MB, in records that never come to its end."""
    sealer = take_over(connection)
    connection.transport.write(sealer.seal(HANDSHAKE, b"\x04\xff\xff\xff"))
    return lambda: connection.transport.write(sealer.seal(HANDSHAKE, bytes(16000)))


def ticket_in_parts(connection, size):
    sealer = take_over(connection)
    body = struct.pack("!LL", 7200, 1) + b"\x01\x07" + struct.pack("!H", 200) + bytes(200) + b"\0\0"
    message = b"\x04" + len(body).to_bytes(3, "big") + body
    parts = [message[at:at + size] for at in range(0, len(message), size)]

    def write():
        for _ in range(4):
            connection.transport.write(b"".join(sealer.seal(HANDSHAKE, part) for part in parts))
    return write


@kind("ticket-fragments")
def ticket_fragments(connection):
    """Sound tickets, each spread over several records, as RFC 8446 5.1 allows."""
    return ticket_in_parts(connection, 50)


@kind("ticket-bytes")
def ticket_bytes(connection):
    """The same, one byte a record: wolfSSL wants a message's header in one piece."""
    return ticket_in_parts(connection, 1)


# -- what OpenSSL does send -----------------------------------------------------------------------


def repeated(name, act, count=BATCH):
    @kind(name)
    def make(connection):
        def write():
            for _ in range(count):
                act(connection.tls)
            connection.push()
        return write


repeated("key-update", lambda session: session.key_update(False))
repeated("key-update-request", lambda session: session.key_update(True))
repeated("tickets", lambda session: session.new_ticket(), count=100)


@kind("hello-request")
def hello_request(connection):
    """TLS 1.2: the server asks for a renegotiation again and again (RFC 5246 7.4.1.1)."""
    pointer = connection.tls._pointer()

    def write():
        for _ in range(BATCH):
            _libssl.SSL_renegotiate(pointer)
            _libssl.SSL_do_handshake(pointer)
        connection.push()
    return write


# -- in the place of a handshake --------------------------------------------------------------------


def record(content, payload):
    return struct.pack("!BHH", content, 0x0303, len(payload)) + payload


def message(number, body, claimed=None):
    return bytes([number]) + (len(body) if claimed is None else claimed).to_bytes(3, "big") + body


# RFC 5246 7.4.1.3: ECDHE-RSA-AES256-GCM-SHA384, no session, the renegotiation_info that clients ask for.
SERVER_HELLO = message(2, b"\x03\x03" + b"R" * 32 + b"\0" + b"\xc0\x30" + b"\0" + b"\0\x05\xff\x01\0\x01\0")


def plain(name, again, first=b""):
    @kind(name)
    def make(connection):
        connection.silent = True        # OpenSSL is not to answer the ClientHello
        connection.transport.write(first)
        block = again * max(1, 65536 // len(again))
        return lambda: connection.transport.write(block)


plain("handshake-ccs", record(CCS, b"\x01"))
plain("handshake-alerts", record(ALERT, b"\x01\x5a"))
plain("handshake-hello-requests", record(HANDSHAKE, message(0, b"")))
plain("handshake-empty", record(HANDSHAKE, b""))
plain("handshake-hello-endless", record(HANDSHAKE, bytes(16000)), record(HANDSHAKE, b"\x02\xff\xff\xff"))
plain("handshake-certificate-endless", record(HANDSHAKE, bytes(16000)),
      record(HANDSHAKE, SERVER_HELLO) + record(HANDSHAKE, b"\x0b\xff\xff\xff\xff\xff\xfc"))
plain("handshake-certificate-bytes", record(HANDSHAKE, b"\0"),
      record(HANDSHAKE, SERVER_HELLO) + record(HANDSHAKE, b"\x0b\x01\xff\xff\x01\xff\xfc"))
plain("handshake-zeros", bytes(4096))
