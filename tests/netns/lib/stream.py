#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A stream each way over TCP, compared byte for byte by its hash.

  stream.py listen ADDRESS PORT          one connection; prints "listening"
  stream.py send ADDRESS PORT BYTES      0 when both sides got what the other one sent
"""

import hashlib
import random
import socket
import sys

DIGEST = hashlib.sha256().digest_size


def content(length):
    return random.Random(length).randbytes(length)


def take(sock, length=None):
    """That many bytes, or all there are."""
    parts, got = [], 0
    while length is None or got < length:
        part = sock.recv(1 << 20 if length is None else min(1 << 20, length - got))
        if not part:
            break
        parts.append(part)
        got += len(part)
    return b"".join(parts)


def listen(address, port):
    with socket.create_server((address, port), family=socket.AF_INET6 if ":" in address else socket.AF_INET) as door:
        print("listening", flush=True)
        sock, _ = door.accept()
        with sock:
            heard = take(sock)
            sock.sendall(hashlib.sha256(heard).digest() + heard[::-1])


def send(address, port, length):
    said = content(length)
    with socket.create_connection((address, port), timeout=60) as sock:
        sock.sendall(said)
        sock.shutdown(socket.SHUT_WR)
        digest, echo = take(sock, DIGEST), take(sock)
    if digest != hashlib.sha256(said).digest():
        sys.exit("what arrived there is not what was sent")
    if echo != said[::-1]:
        sys.exit(f"what came back is not what was sent: {len(echo)} bytes of {length}")


if __name__ == "__main__":
    if sys.argv[1] == "listen":
        listen(sys.argv[2], int(sys.argv[3]))
    else:
        send(sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
