# SPDX-License-Identifier: GPL-2.0-or-later
"""TLS over memory buffers, so that each write is one record and records can be shaped.

Python's ssl module has no call for a KeyUpdate (RFC 8446 4.6.3) and none for a session ticket in
mid-session: both are asked of libssl itself, with the SSL pointer found in Python's own object.
"""

import ctypes
import hashlib
import ssl

_libssl = ctypes.CDLL("libssl.so.3")
_libssl.SSL_version.argtypes = [ctypes.c_void_p]
_libssl.SSL_key_update.argtypes = [ctypes.c_void_p, ctypes.c_int]
_libssl.SSL_new_session_ticket.argtypes = [ctypes.c_void_p]

VERSIONS = {
    "1.0": ssl.TLSVersion.TLSv1, "1.1": ssl.TLSVersion.TLSv1_1,
    "1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3,
}


class Settings:
    """What a TLS handshake of this server looks like; made once, used for every connection."""

    def __init__(self, options):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(options.cert, options.key)
        if options.tls_min in ("1.0", "1.1"):
            context.set_ciphers("ALL:@SECLEVEL=0")
        if options.ciphers:
            context.set_ciphers(options.ciphers)
        context.minimum_version = VERSIONS[options.tls_min]
        context.maximum_version = VERSIONS[options.tls_max]
        context.num_tickets = options.tickets
        context.sni_callback = self.server_name
        if options.keylog:
            context.keylog_filename = options.keylog
        self.keylog = options.keylog
        self.context = context
        self.demand = options.require_sni
        self.names = {}
        with open(options.binding_cert or options.cert, encoding="ascii") as file:
            self.certificate = ssl.PEM_cert_to_DER_cert(first_certificate(file.read()))

    def server_name(self, session, name, _context):
        """accel-ppp with host-name= refuses another SNI with a fatal alert (protocol.md 15, Q4)."""
        self.names[session] = name
        if self.demand and (name or "").lower() != self.demand.lower():
            return ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME
        return None


def first_certificate(pem):
    end = "-----END CERTIFICATE-----"
    return pem[pem.index("-----BEGIN CERTIFICATE-----"):pem.index(end) + len(end)]


class Session:
    """One server side of TLS.  Bytes from the network go in by feed(), bytes for it out by take()."""

    def __init__(self, settings):
        self.settings = settings
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.object = settings.context.wrap_bio(self.incoming, self.outgoing, server_side=True)
        self.ready = self.closed = False

    def feed(self, data):
        self.incoming.write(data)

    def take(self):
        return self.outgoing.read()

    def handshake(self):
        """True once the handshake is done; raises ssl.SSLError where it cannot be."""
        try:
            self.object.do_handshake()
        except ssl.SSLWantReadError:
            return False
        self.ready = True
        return True

    def describe(self):
        cipher = self.object.cipher()
        return {"version": self.object.version(), "cipher": cipher[0],
                "sni": self.settings.names.pop(self.object, None),
                "certificate": hashlib.sha256(self.settings.certificate).hexdigest()}

    def read(self):
        """Everything decrypted so far; sets closed at the client's close_notify."""
        parts = []
        while not self.closed:
            try:
                part = self.object.read(65536)
            except ssl.SSLWantReadError:
                break
            except ssl.SSLZeroReturnError:
                part = b""
            if not part:
                self.closed = True
            parts.append(part)
        return b"".join(parts)

    def write(self, data):
        """One TLS record (of at most 16384 bytes)."""
        self.object.write(data)

    def close_notify(self):
        try:
            self.object.unwrap()
        except ssl.SSLError:
            pass        # it wants the client's answer; ours is in the buffer

    def _pointer(self):
        """The SSL* inside CPython's _ssl._SSLSocket: after the object's head and one PyObject*."""
        inner = self.object._sslobj
        pointer = ctypes.c_void_p.from_address(id(inner) + object.__basicsize__ + ctypes.sizeof(ctypes.c_void_p))
        expected = {"TLSv1.2": 0x0303, "TLSv1.3": 0x0304}[self.object.version()]
        if _libssl.SSL_version(pointer) != expected:
            raise RuntimeError("this Python keeps its SSL pointer elsewhere")
        return pointer

    def key_update(self, request):
        """Change our sending keys, and ask the client to change its own if request is set."""
        if _libssl.SSL_key_update(self._pointer(), 1 if request else 0) != 1:
            raise RuntimeError("SSL_key_update failed")
        self.object.do_handshake()

    def new_ticket(self):
        if _libssl.SSL_new_session_ticket(self._pointer()) != 1:
            raise RuntimeError("SSL_new_session_ticket failed")
        self.object.do_handshake()
