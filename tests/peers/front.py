#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""An SSTP server that has pppd speak the PPP: TLS, HTTP and SSTP end here, PPP frames go to a terminal.

It serves one connection, tells on stdout what it sees, one event a line, and judges the client as it goes: a
line "violation: ..." is a fault of the client. pppd's own log goes to the same place, by way of this program: pppd
writes a line and its end apart, and a line of ours would fall in between. Options of pppd follow a "--".

The CALL_CONNECT_ACK waits for pppd's first frame, so that no frame of the client can reach a terminal that is
not listening yet: nothing here depends on how fast the machine is.
"""

import argparse
import os
import pty
import select
import socket
import ssl
import struct
import subprocess
import sys
import threading
import tty

import binding
import hdlc

URI = "/sra_{BA195980-CD49-458b-9E23-C84EE0ADCD75}/"
CALL_CONNECT_REQUEST = bytes.fromhex("1001000e00010001000100060001")
CONNECT_ACK, CONNECTED, ABORT, DISCONNECT, DISCONNECT_ACK, ECHO_REQUEST, ECHO_RESPONSE = 2, 4, 5, 6, 7, 8, 9
LCP, PAP, CHAP, EAP, IPCP = 0xC021, 0xC023, 0xC223, 0xC227, 0x8021
LCP_TERMINATE_REQUEST, LCP_ECHO_REPLY = 5, 10
EAP_RESPONSE, EAP_SUCCESS = bytes((26, 2)), bytes((26, 3))  # EAP type MSCHAPv2, its OpCode
AUTHENTICATED = {(PAP, 2): "pap", (CHAP, 3): "chap", (EAP, 3): "eap"}  # Ack, Success, Success
STATUS_INFO_NONE = struct.pack("!HHII", 2, 12, 0, 0)
STATUS_INFO_BINDING = struct.pack("!HHII", 2, 12, 3, 4)  # CRYPTO_BINDING, VALUE_NOT_SUPPORTED


SAYING = threading.Lock()


def say(text):
    with SAYING:
        print(text, flush=True)


class Closed(Exception):
    """The client's side of the connection is gone."""


def ppp_protocol(frame):
    """The protocol number and what follows, also without the fields that pppd may have negotiated away."""
    if frame[:2] == b"\xff\x03":
        frame = frame[2:]
    if frame[:1] and frame[0] & 1:
        return frame[0], frame[1:]
    return int.from_bytes(frame[:2], "big"), frame[2:]


class Judge:
    """Follows the client's PPP and SSTP and knows what may come when ([MS-SSTP] 3.3.7.1)."""

    def __init__(self, options, cert_der):
        self.options = options
        self.cert_der = cert_der
        self.nonce = os.urandom(32)
        self.hlak = binding.NO_KEY
        self.authenticated = False
        self.bound = False

    def violation(self, text):
        say(f"violation: {text}")

    def ppp_from_client(self, frame):
        protocol, packet = ppp_protocol(frame)
        if protocol < 0x8000 and not self.bound:
            self.violation(f"data (protocol {protocol:04x}) before CALL_CONNECTED")
        elif protocol < 0xC000 and not self.bound:
            self.violation(f"network control (protocol {protocol:04x}) before CALL_CONNECTED")
        if protocol == LCP and packet[:1] == bytes([LCP_ECHO_REPLY]):
            say("lcp echo reply")
        if protocol == LCP and packet[:1] == bytes([LCP_TERMINATE_REQUEST]):
            say("lcp terminate request")
        if protocol == CHAP and packet[:1] == b"\x02":  # Response: code, id, length, value size, value, name
            self._find_keys(packet[4:])
        if protocol == EAP and packet[:1] == b"\x02" and packet[4:6] == EAP_RESPONSE:
            self._find_keys(packet[9:])
        if protocol == EAP and packet[:1] == b"\x02" and packet[4:6] == EAP_SUCCESS:
            # The client has acknowledged pppd's Success, and that is the end: pppd 2.4.9 then opens its
            # network protocols without the EAP-Success of RFC 3748 4.2.
            self._authenticated("eap")

    def _find_keys(self, value):
        if len(value) >= 50 and value[0] == 49:  # peer challenge 16, zero 8, NT-Response 24, flags 1
            self.hlak = binding.hlak_mschapv2(self.options.password, value[25:49])

    def _authenticated(self, method):
        if not self.authenticated:
            self.authenticated = True
            say(f"authenticated: {method}, {'with' if any(self.hlak) else 'without'} keys")

    def ppp_from_server(self, frame):
        protocol, packet = ppp_protocol(frame)
        method = AUTHENTICATED.get((protocol, packet[0] if packet else 0))
        if method:
            self._authenticated(method)

    def call_connected(self, message):
        """Whether the binding holds."""
        if self.bound:
            self.violation("a second CALL_CONNECTED")
            return False
        if not self.authenticated and not self.options.no_auth:
            self.violation("CALL_CONNECTED before authentication")
            return False
        if len(message) != 112 or message[4:15] != bytes.fromhex("0004000100030068000000"):
            self.violation(f"malformed CALL_CONNECTED: {message.hex()}")
            return False
        best = 2 if self.options.hashes & 2 else 1
        if message[15] != best:
            self.violation(f"hash {message[15]} chosen, {best} was on offer")
            return False
        cert_hash = binding.HASHES[best](self.cert_der).digest().ljust(32, b"\0")
        mac = binding.compound_mac(self.hlak, message)
        for what, found, right in (("nonce", message[16:48], self.nonce),
                                   ("certificate hash", message[48:80], cert_hash),
                                   ("compound MAC", message[80:], mac)):
            if found != right:
                self.violation(f"wrong {what}: {found.hex()}, not {right.hex()}")
                return False
        self.bound = True
        name, key = "sha256" if best == 2 else "sha1", "keys" if any(self.hlak) else "zero key"
        say(f"binding verified: {name}, {key}")
        return True


class Line:
    """pppd on the far side of a pseudo-terminal."""

    def __init__(self, pppd_options):
        self.fd, slave = pty.openpty()
        tty.setraw(slave)
        self._decoder = hdlc.Decoder()
        # As its stdin too: the line then has a far side exactly as long as pppd lives.
        command = ["/usr/sbin/pppd", os.ttyname(slave), "nodetach", "local", "debug", *pppd_options]
        self.pppd = subprocess.Popen(command, stdin=slave, stdout=subprocess.PIPE, text=True, errors="backslashreplace")
        os.close(slave)
        say(f"pppd {self.pppd.pid}")
        self._log = threading.Thread(target=self._pass_on, daemon=True)
        self._log.start()

    def _pass_on(self):
        for line in self.pppd.stdout:
            say(line.rstrip("\n"))

    def frames(self):
        """The frames that one read brings; None at the end."""
        try:
            return list(self._decoder.feed(os.read(self.fd, 4096)))
        except OSError:  # EIO: nobody holds the other side any more
            return None

    def send(self, frame):
        wire = hdlc.encode(frame)
        while wire:
            wire = wire[os.write(self.fd, wire):]

    def hang_up(self):
        os.close(self.fd)
        status = self.pppd.wait()
        self._log.join()
        say(f"pppd ended: {status}")


class Session:
    def __init__(self, stream, options, cert_der):
        self.stream = stream
        self.options = options
        self.judge = Judge(options, cert_der)
        self.line = None
        self.received = b""
        self.disconnecting = False

    def receive(self):
        """Appends what one TLS record brings. A blocking read: select said that there is something."""
        try:
            data = self.stream.recv(65536)
        except ssl.SSLEOFError:
            raise Closed("without close_notify") from None
        except OSError as error:
            raise Closed(f"with {error}") from None
        if not data:
            raise Closed("with close_notify")
        self.received += data

    def send(self, data):
        try:
            self.stream.sendall(data)
        except OSError as error:
            raise Closed(f"with {error}") from None

    def send_control(self, kind, attribute=b""):
        body = struct.pack("!HH", kind, 1 if attribute else 0) + attribute
        self.send(struct.pack("!BBH", 0x10, 1, 4 + len(body)) + body)

    def serve_http(self):
        while b"\r\n\r\n" not in self.received:
            self.receive()
        head, _, rest = self.received.partition(b"\r\n\r\n")
        if rest:
            self.judge.violation("bytes pipelined behind the HTTP request")
        self.received = b""
        request, *lines = head.decode().split("\r\n")
        fields = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        if request != f"SSTP_DUPLEX_POST {URI} HTTP/1.1":
            self.judge.violation(f"request line: {request}")
        if fields.get("content-length") != str(2**64 - 1):
            self.judge.violation(f"Content-Length: {fields.get('content-length')}")
        if not fields.get("host"):
            self.judge.violation("no Host field")
        self.send(b"HTTP/1.1 200 OK\r\nContent-Length: 18446744073709551615\r\nServer: front\r\n\r\n")
        say("http: done")

    def packets(self):
        """The whole SSTP packets received so far."""
        while len(self.received) >= 4:
            size = int.from_bytes(self.received[2:4], "big") & 0xFFF
            if self.received[0] != 0x10 or size < 4:
                self.judge.violation(f"SSTP header {self.received[:4].hex()}")
                raise Closed("after a bad header")
            if len(self.received) < size:
                return
            packet, self.received = self.received[:size], self.received[size:]
            yield packet

    def start_call(self):
        """From CALL_CONNECT_REQUEST to pppd's first frame."""
        request = None
        while request is None:
            self.receive()
            request = next(self.packets(), None)
        if request != CALL_CONNECT_REQUEST:
            self.judge.violation(f"CALL_CONNECT_REQUEST: {request.hex()}")
        self.line = Line(self.options.pppd)
        frames = []
        while not frames:
            frames = self.line.frames()
            if frames is None:
                raise Closed("by us: pppd did not start")
        self.send_control(CONNECT_ACK, struct.pack("!HHI", 4, 40, self.options.hashes) + self.judge.nonce)
        self.from_pppd(frames)

    def from_pppd(self, frames):
        for frame in frames:
            self.judge.ppp_from_server(frame)
            self.send(struct.pack("!BBH", 0x10, 0, 4 + len(frame)) + frame)

    def from_client(self, packet):
        if not packet[1] & 1:
            self.judge.ppp_from_client(packet[4:])
            if not self.disconnecting:
                self.line.send(packet[4:])
            return
        kind = int.from_bytes(packet[4:6], "big")
        if kind == CONNECTED:
            if not self.judge.call_connected(packet):
                self.send_control(ABORT, STATUS_INFO_BINDING)
        elif kind == ECHO_REQUEST:
            self.send_control(ECHO_RESPONSE)
        elif kind == DISCONNECT:
            say("sstp disconnect")
            self.send_control(DISCONNECT_ACK)
        elif kind == DISCONNECT_ACK:
            say("sstp disconnect ack")
        elif kind == ABORT:
            say(f"sstp abort: {packet.hex()}")
        else:
            self.judge.violation(f"unexpected message {packet.hex()}")

    def relay(self):
        while True:
            sources = [self.stream] if self.disconnecting else [self.stream, self.line.fd]
            ready = select.select([] if self.stream.pending() else sources, [], [])[0] or [self.stream]
            if self.line.fd in ready and not self.disconnecting:
                frames = self.line.frames()
                if frames is None:
                    self.disconnecting = True
                    self.send_control(DISCONNECT, STATUS_INFO_NONE)
                else:
                    self.from_pppd(frames)
            if self.stream in ready:
                self.receive()
                for packet in self.packets():
                    self.from_client(packet)

    def run(self):
        try:
            self.serve_http()
            self.start_call()
            self.relay()
        except Closed as closed:
            say(f"client closed {closed}")
        if self.line:
            self.line.hang_up()


def parse_options():
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=443)
    parser.add_argument("--cert", required=True)
    parser.add_argument("--key", required=True)
    parser.add_argument("--password", required=True)
    parser.add_argument("--hashes", type=int, default=3, help="1 SHA-1, 2 SHA-256, 3 both")
    parser.add_argument("--no-auth", action="store_true", help="pppd asks for no authentication")
    parser.add_argument("pppd", nargs="*")
    return parser.parse_args()


def main():
    options = parse_options()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(options.cert, options.key)
    with open(options.cert, encoding="ascii") as pem:
        cert_der = ssl.PEM_cert_to_DER_cert(pem.read())
    with socket.create_server(("", options.port)) as listener:
        say("listening")
        connection, _ = listener.accept()
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    try:
        stream = context.wrap_socket(connection, server_side=True, suppress_ragged_eofs=False)
    except OSError as error:
        say(f"tls: {error}")
        return 1
    say(f"tls: {stream.version()}")
    with stream:
        Session(stream, options, cert_der).run()
    say("done")
    return 0


if __name__ == "__main__":
    sys.exit(main())
