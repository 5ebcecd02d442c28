# SPDX-License-Identifier: GPL-2.0-or-later
"""One TCP connection: TLS records in both directions, then the HTTP request, then the SSTP call.

Every step announces its stage to the misbehaviour in charge first, which may take over: answer
differently, fall silent, cut the connection.
"""

import asyncio
import socket
import ssl
import struct

from . import httphead
from .sstp import Call

# Long enough to notice a client that sends its first SSTP packet behind the HTTP request without
# waiting for the answer, short enough not to slow the tests.
PIPELINE_GRACE = 0.02


class Connection(asyncio.Protocol):
    def __init__(self, server):
        self.server, self.options, self.journal = server, server.options, server.journal
        self.dialect, self.misbehaviour = server.dialect, server.misbehaviour()
        self.transport = self.tls = self.call = None
        self.head = bytearray()
        self.phase = "tls"                      # tls, http, answering, sstp
        self.silent = self.finished = False
        self.pending, self.flush_asked = [], False

    # -- TCP ------------------------------------------------------------------------------------

    def connection_made(self, transport):
        self.transport = transport
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.journal.event("tcp", peer=transport.get_extra_info("peername")[0])
        self.server.connections.add(self)
        self.stage("accept")

    def data_received(self, data):
        if self.silent:
            return
        if self.tls is None:
            self.tls = self.server.tls_session()
        try:
            self.tls.feed(data)
            if not self.tls.ready and not self.handshake():
                return
            self.received(self.tls.read())
        except ssl.SSLError as error:
            self.journal.event("tls-failed", reason=error.reason or str(error))
            self.push()
            self.finish("tls-failed")
            return
        self.push()
        if self.tls.closed:
            self.client_closed("close_notify")

    def eof_received(self):
        if not self.finished:
            self.client_closed("fin")

    def connection_lost(self, exc):
        self.ended("reset" if isinstance(exc, ConnectionResetError) else "closed")
        self.server.connections.discard(self)

    def pause_writing(self):
        self.server.pause_tun(True)

    def resume_writing(self):
        self.server.pause_tun(False)

    # -- endings --------------------------------------------------------------------------------

    def client_closed(self, how):
        self.journal.event(how)
        if not self.silent:
            self.finish("client " + how)

    def finish(self, how):
        """End in an orderly way: close_notify where TLS stands, then FIN."""
        if self.finished:
            return
        self.flush()
        if self.tls is not None and self.tls.ready:
            self.tls.close_notify()
            self.push()
        self.ended(how)
        self.transport.close()

    def fin(self):
        """End as a middlebox does: FIN, without any word from TLS."""
        self.flush()
        self.ended("server fin")
        self.transport.close()

    def reset(self):
        sock = self.transport.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.ended("server reset")
        self.transport.abort()

    def ended(self, how):
        if self.finished:
            return
        self.finished = True
        if self.call is not None:
            self.call.stop()
        self.journal.event("ended", how=how)

    # -- stages ---------------------------------------------------------------------------------

    def stage(self, name):
        """True where the misbehaviour has taken over: the caller leaves at once."""
        return self.silent or self.finished or bool(self.misbehaviour.stage(self, name))

    def handshake(self):
        done = self.tls.handshake()
        self.push()
        if not done:
            return False
        facts = self.tls.describe()
        self.journal.event("tls", **facts)
        wanted = self.options.expect_sni
        if wanted is not None and (facts["sni"] or "none") != wanted:
            self.journal.violation(f"SNI is {facts['sni']!r}, expected {wanted}")
        self.phase = "http"
        return not self.stage("tls")

    def received(self, plain):
        if self.phase == "sstp":
            self.call.received(plain)
            return
        if self.phase == "answering":
            if plain:
                self.journal.violation("bytes sent before the HTTP response was complete")
            return
        self.head += plain
        end = self.head.find(b"\r\n\r\n")
        if end >= 0:
            self.request(bytes(self.head[:end + 4]), bytes(self.head[end + 4:]))
        elif len(self.head) > httphead.LIMIT:
            self.journal.violation("HTTP request head is too long")
            self.finish("bad request")

    # -- HTTP -----------------------------------------------------------------------------------

    def request(self, head, rest):
        self.phase = "answering"
        parsed = httphead.parse_request(head)
        if rest:
            self.journal.violation("bytes pipelined behind the HTTP request")
        if parsed is None:
            self.journal.violation("HTTP request is not the one of protocol.md 3.1: " + repr(head))
            self.refuse(400)
            return
        self.journal.event("http", correlation=parsed[0], host=parsed[1])
        wanted = self.options.expect_host
        if wanted is not None and parsed[1] != wanted:
            self.journal.violation(f"Host is {parsed[1]!r}, expected {wanted!r}")
        demanded = self.options.require_sni
        if demanded and httphead.host_name(parsed[1]).lower() != demanded.lower():
            self.refuse(404)        # accel-ppp with host-name= (Q4)
            return
        if not self.stage("http"):
            asyncio.get_running_loop().call_later(PIPELINE_GRACE, self.accept)

    def refuse(self, code):
        self.send(httphead.refusal(code))
        self.finish(f"http {code}")

    def accept(self):
        if self.finished:
            return
        for part in self.misbehaviour.http_answer(httphead.accepted(self.dialect.http)):
            self.send(part)
            self.flush()
        self.phase = "sstp"
        self.call = Call(self)

    def call_later(self, seconds, action):
        asyncio.get_running_loop().call_later(seconds, action)

    # -- sending --------------------------------------------------------------------------------

    def send(self, packet):
        """Queue one SSTP packet (or other unit); what is sent in one turn may share a record."""
        if self.finished or self.silent:
            return
        self.pending.append(packet)
        if not self.flush_asked:
            self.flush_asked = True
            asyncio.get_running_loop().call_soon(self.flush)

    def flush(self):
        self.flush_asked = False
        packets, self.pending = self.pending, []
        if self.finished or not packets:
            return
        for record in self.records(packets):
            self.tls.write(record)
        self.push()

    def records(self, packets):
        """Cut the queued packets into TLS records: record boundaries mean nothing to SSTP."""
        shape = self.options.records
        if shape == "packet":
            yield from packets
        elif shape == "split":
            for packet in packets:
                yield packet[:4]
                if packet[4:]:
                    yield packet[4:]
        else:
            size = 1 if shape == "bytes" else 16384
            stream = b"".join(packets)
            for start in range(0, len(stream), size):
                yield stream[start:start + size]

    def push(self):
        data = self.tls.take()
        if data and not self.transport.is_closing():
            self.transport.write(data)
