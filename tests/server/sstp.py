# SPDX-License-Identifier: GPL-2.0-or-later
"""The server's side of an SSTP call ([MS-SSTP] 3.3) and the judge of the client's.

Timers, all on the connection's loop: negotiation 60 s from the HTTP answer to CALL_CONNECTED; hello
after CALL_CONNECTED; idle, the dialects' own limit of silence; linger after a disconnect.
"""

import asyncio
import os
import random

from . import binding, wire
from .ppp import Link

NEGOTIATION = 60.0
ABORT_LINGER, DISCONNECT_LINGER = 1.0, 5.0      # [MS-SSTP] 3.3.2.1: ABORT_2 and DISCONNECT_1

# What the client may send, and how long each message is ([MS-SSTP] 2.2.9-2.2.17; client's emission
# rules in protocol.md 4.3: Status Info is always there).
LENGTHS = {
    wire.CONNECT_REQUEST: (14,), wire.CONNECTED: (112,), wire.ABORT: (20,), wire.DISCONNECT: (20,),
    wire.DISCONNECT_ACK: (8,), wire.ECHO_REQUEST: (8,), wire.ECHO_RESPONSE: (8,),
}


class Call:
    def __init__(self, connection):
        self.connection, self.journal = connection, connection.journal
        self.options, self.dialect = connection.options, connection.dialect
        self.misbehaviour = connection.misbehaviour
        self.buffer = bytearray()
        self.state = "idle"                     # idle, pending, connected, closing
        self.nonce = os.urandom(32)
        self.mask = self.options.hash
        self.timers = {}
        self.echoes_owed = 0
        self.pause = self.dialect.hello if self.options.hello is None else (self.options.hello,) * 2
        self.link = Link(self)
        self.timer("negotiation", NEGOTIATION, self.negotiation_expired)
        self.heard = asyncio.get_running_loop().time()
        self.watch_silence()

    # -- timers ---------------------------------------------------------------------------------

    def timer(self, name, seconds, action):
        self.cancel(name)
        self.timers[name] = asyncio.get_running_loop().call_later(seconds, action)

    def cancel(self, name):
        timer = self.timers.pop(name, None)
        if timer:
            timer.cancel()

    def stop(self):
        for name in list(self.timers):
            self.cancel(name)
        self.link.stop()

    def watch_silence(self):
        """The dialect's limit of silence, which counts any packet (protocol.md section 6)."""
        limit = self.dialect.idle_limit
        if not limit:
            return
        left = self.heard + limit - asyncio.get_running_loop().time()
        if left > 0:
            self.timer("idle", left, self.watch_silence)
            return
        self.journal.violation(f"silent for {limit} s: this server would have hung up")
        self.abort(wire.STATUS_NEGOTIATION_TIMEOUT)

    def negotiation_expired(self):
        self.journal.event("negotiation-timeout")
        self.abort(wire.STATUS_NEGOTIATION_TIMEOUT)

    def hello(self):
        self.journal.event("sstp", sent="ECHO_REQUEST")
        self.echoes_owed += 1
        self.connection.send(wire.control(wire.ECHO_REQUEST))
        self.next_hello()

    def next_hello(self):
        if any(self.pause):
            self.timer("hello", random.uniform(*self.pause), self.hello)

    # -- receiving ------------------------------------------------------------------------------

    def received(self, plain):
        self.heard = asyncio.get_running_loop().time()
        self.buffer += plain
        start = 0
        while not (self.connection.finished or self.connection.silent):
            header = self.buffer[start:start + 4]
            length = int.from_bytes(header[2:4], "big")
            if len(header) < 4:
                break
            if self.header_is_bad(header, length):
                self.connection.finish("bad header")
                return
            if len(self.buffer) - start < length:
                break
            packet = bytes(self.buffer[start:start + length])
            start += length
            if packet[1] == 1:
                self.control(packet)
            else:
                self.data(packet[4:])
        del self.buffer[:start]

    def header_is_bad(self, header, length):
        """accel-ppp's strictness (Q4): whole bytes are compared, R bits count as length."""
        if header[0] == wire.VERSION and header[1] in (0, 1) and 4 <= length <= wire.MAX_PACKET:
            return False
        self.journal.violation("SSTP header " + header.hex())
        return True

    def control(self, packet):
        if len(packet) < 8:
            self.journal.violation("control message without a type: " + packet.hex())
            return
        kind, count = int.from_bytes(packet[4:6], "big"), int.from_bytes(packet[6:8], "big")
        name = wire.MESSAGE_NAMES.get(kind, hex(kind))
        self.journal.event("sstp", received=name, **self.status_of(kind, packet))
        attributes = wire.parse_attributes(packet[8:])
        if len(packet) not in LENGTHS.get(kind, ()) or attributes is None or len(attributes) != count:
            self.journal.violation(f"{name} is malformed or not a client's message: {packet.hex()}")
        handlers = {
            wire.CONNECT_REQUEST: self.connect_request, wire.CONNECTED: self.connected,
            wire.ABORT: self.aborted, wire.DISCONNECT: self.disconnected,
            wire.DISCONNECT_ACK: self.disconnect_acked, wire.ECHO_REQUEST: self.echo_request,
            wire.ECHO_RESPONSE: self.echo_response,
        }
        if kind in handlers:
            handlers[kind](packet)

    @staticmethod
    def status_of(kind, packet):
        if kind in (wire.ABORT, wire.DISCONNECT) and len(packet) == 20:
            return {"attribute": packet[15], "status": int.from_bytes(packet[16:20], "big")}
        return {}

    def data(self, frame):
        if self.state == "idle":
            self.journal.violation("PPP frame before CALL_CONNECT_ACK")
        elif self.state != "closing":
            self.link.received(frame)

    # -- set-up ---------------------------------------------------------------------------------

    def connect_request(self, packet):
        if self.state != "idle" and not self.misbehaviour.repeats_request:
            self.journal.violation("second CALL_CONNECT_REQUEST")
            return
        if packet != bytes.fromhex("1001000e0001000100010006") + b"\0\x01":
            self.journal.violation("CALL_CONNECT_REQUEST is " + packet.hex())
        if self.connection.stage("request"):
            return
        self.state = "pending"
        for answer in self.misbehaviour.connect_answer(self):
            self.connection.send(answer)
        if self.dialect.speaks_first:
            self.link.start()

    def acknowledgement(self):
        return wire.control(wire.CONNECT_ACK, wire.binding_request(self.mask, self.nonce))

    def connected(self, packet):
        if self.state != "pending":
            self.journal.violation(f"CALL_CONNECTED in state {self.state}")
            self.abort(wire.STATUS_UNACCEPTED_FRAME)
            return
        if not self.link.authenticated:
            self.journal.violation("CALL_CONNECTED before the authentication has succeeded")
        if self.link.ncp_seen:
            self.journal.violation("CALL_CONNECTED after an NCP's Configure-Request")
        certificate = self.connection.server.settings.certificate
        trouble = binding.verify(packet, self.mask, self.nonce, certificate, self.link.hlak)
        if trouble and not self.options.binding_cert:
            self.journal.violation(trouble)
        self.journal.event("binding", hash=packet[15] if len(packet) > 15 else None, trouble=trouble)
        if trouble and self.dialect.verifies_binding:
            self.abort(wire.STATUS_VALUE_NOT_SUPPORTED, wire.ATTR_BINDING)
            return
        self.state = "connected"
        self.cancel("negotiation")
        if self.connection.stage("authed"):
            return
        self.misbehaviour.connected(self)
        if self.dialect.echo_at_connected:
            self.hello()
        else:
            self.next_hello()
        self.link.connected()

    # -- echo -----------------------------------------------------------------------------------

    def echo_request(self, _packet):
        if self.state != "connected":
            self.journal.violation("ECHO_REQUEST before CALL_CONNECTED")
        if self.dialect.answers_echo and not self.connection.silent:
            self.connection.send(wire.control(wire.ECHO_RESPONSE))

    def echo_response(self, _packet):
        if not self.echoes_owed:
            self.journal.violation("ECHO_RESPONSE that nobody asked for")
        self.echoes_owed -= 1

    # -- ending ---------------------------------------------------------------------------------

    def abort(self, status, attribute=wire.ATTR_STATUS):
        """In the dialect's own words: SoftEther sends no attribute, sorz a malformed one (4.3)."""
        style = self.dialect.abort
        attributes = {
            "spec": [wire.status_info(status, attribute)],
            "seven": [wire.status_info(wire.STATUS_INVALID_FRAME)],
            "short": [wire.attribute(wire.ATTR_STATUS, wire.STATUS_INVALID_FRAME.to_bytes(4, "big"))],
            "bare": [],
        }[style]
        self.close_with(wire.control(wire.ABORT, *attributes), ABORT_LINGER, "server abort")

    def disconnect(self):
        attributes = {
            "bare": [], "short": [wire.attribute(wire.ATTR_NO_ERROR, bytes(4))],
        }.get(self.dialect.abort, [wire.status_info(0, wire.ATTR_NO_ERROR)])
        linger = DISCONNECT_LINGER if self.dialect.waits_for_ack else 0
        self.close_with(wire.control(wire.DISCONNECT, *attributes), linger, "server disconnect")

    def close_with(self, packet, linger, how):
        self.journal.event("sstp", sent=wire.MESSAGE_NAMES[packet[5]])
        self.state = "closing"
        self.ending = how
        self.connection.send(packet)
        for name in ("negotiation", "hello", "idle"):
            self.cancel(name)
        self.link.stop()
        if linger:
            self.timer("linger", linger, lambda: self.connection.finish(how + ", unanswered"))
        else:
            self.connection.finish(how)

    def aborted(self, _packet):
        if self.state == "closing":
            self.connection.finish(self.ending)
            return
        self.state = "closing"
        self.connection.send(wire.control(wire.ABORT, wire.status_info(0)))
        self.timer("linger", ABORT_LINGER, lambda: self.connection.finish("client abort"))

    def disconnected(self, _packet):
        self.journal.event("client-disconnect", lcp_terminated=self.link.terminated)
        self.state = "closing"
        self.connection.send(wire.control(wire.DISCONNECT_ACK))
        self.timer("linger", ABORT_LINGER, lambda: self.connection.finish("client disconnect"))

    def disconnect_acked(self, _packet):
        if self.state != "closing":
            self.journal.violation("CALL_DISCONNECT_ACK without CALL_DISCONNECT")
        else:
            self.connection.finish(self.ending)
