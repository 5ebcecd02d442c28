# SPDX-License-Identifier: GPL-2.0-or-later
"""Searches the memory of a running process, mapping by mapping, for secrets and for what can be made of them."""

import base64
import contextlib
import os
import pathlib
import re

from server import binding, mschap, wire
from server.flood_tls import expand_label, secrets_of, suite

FRAGMENT = 8                    # bytes of a password that are still telling


class Region:
    """A mapping: what /proc/PID/smaps says of it. Flags: lo locked, dd not dumped, wf wiped on fork."""

    def __init__(self, head):
        span, self.mode, _, _, _, *name = head.split(None, 5)
        self.start, self.end = (int(word, 16) for word in span.split("-"))
        self.name = name[0].strip() if name else "anonymous"
        self.flags = frozenset()

    def __str__(self):
        return f"{self.name} {self.mode} {{{' '.join(sorted(self.flags & {'lo', 'dd', 'wf'}))}}}"


def regions(pid):
    found = []
    for line in pathlib.Path(f"/proc/{pid}/smaps").read_text().splitlines():
        if re.match(r"[0-9a-f]+-[0-9a-f]+ ", line):
            found.append(Region(line))
        elif line.startswith("VmFlags:"):
            found[-1].flags = frozenset(line.split()[1:])
    return found


def contents(pid):
    """Each mapping with its bytes; reading goes by ptrace's rules and does not ask for PROT_READ."""
    memory = os.open(f"/proc/{pid}/mem", os.O_RDONLY)
    try:
        for region in regions(pid):
            if region.name in ("[vvar]", "[vvar_vclock]", "[vsyscall]"):
                continue
            with contextlib.suppress(OSError, ValueError):
                yield region, os.pread(memory, region.end - region.start, region.start)
    finally:
        os.close(memory)


class Hit:
    def __init__(self, name, region, at):
        self.name, self.region, self.at = name, region, at

    def __str__(self):
        return f"{self.name} at {self.at:x} in {self.region}"


def places(data, needle):
    at = data.find(needle)
    while at >= 0:
        yield at
        at = data.find(needle, at + 1)


def search(pid, needles):
    """All hits of {name: bytes} in a process, but for fragments that lie inside a hit of the whole."""
    hits = []
    for region, data in contents(pid):
        found = [(name, at, at + len(needle)) for name, needle in needles.items() for at in places(data, needle)]
        whole = [(start, end) for name, start, end in found if not name.startswith("part of")]
        hits += [Hit(name, region, region.start + start) for name, start, end in found
                 if not (name.startswith("part of") and any(a <= start and end <= b for a, b in whole))]
    return hits


# -- what to look for -----------------------------------------------------------------------------


def base64_forms(name, data):
    """The characters that depend on nothing but data, at each of the three places where it may begin; RFC 4648 4 and 5."""
    for title, encode in (("base64", base64.b64encode), ("base64url", base64.urlsafe_b64encode)):
        for shift in range(3):
            text = encode(bytes(shift) + data)
            yield f"{name} in {title} ({shift})", text[(shift * 8 + 5) // 6:(shift + len(data)) * 8 // 6]


def forms(name, data):
    yield name, data
    yield f"{name} in hex", data.hex().encode()
    yield f"{name} in HEX", data.hex().upper().encode()


def parts(name, data, step):
    for at in range(0, len(data) - FRAGMENT + 1, step):
        yield f"part of {name}, from {at}", data[at:at + FRAGMENT]


def des_keys(name, digest):
    """What RFC 2759 8.5 and 8.6 make of a hash: seven bits in each byte, above a parity that is odd or left out. The
    third key has two bytes of it and zeros, which without parity is what any small number looks like."""
    bits = int.from_bytes(digest.ljust(21, b"\0"), "big")
    sevens = bytes((bits >> 161 - 7 * i & 0x7F) << 1 for i in range(24))
    odd = bytes(each | (each.bit_count() + 1) % 2 for each in sevens)
    for number in range(3):
        span = slice(8 * number, 8 * number + 8)
        yield f"DES key {number + 1} of {name}, odd parity", odd[span]
        if number < 2:
            yield f"DES key {number + 1} of {name}", sevens[span]


def of_password(password):
    """The password in every encoding, its hashes, and what they are as keys."""
    raw, wide = password.encode(), password.encode("utf-16-le")
    digest = mschap.password_hash(password)
    second = mschap.md4(digest)
    needles = dict(forms("password", raw))
    for each in (base64_forms("password", raw), forms("password in UTF-16", wide),
                 base64_forms("password in UTF-16", wide), parts("password", raw, 4),
                 parts("password in UTF-16", wide, 8), forms("NT hash", digest), base64_forms("NT hash", digest),
                 parts("NT hash", digest, 4), des_keys("NT hash", digest), forms("hash of the NT hash", second),
                 base64_forms("hash of the NT hash", second)):
        needles.update(each)
    return needles


def of_response(password, response):
    """What MS-CHAPv2 and the crypto binding make of the password and an NT-Response."""
    digest = mschap.md4(mschap.password_hash(password))
    send, receive = mschap.start_keys(password, response)
    needles = dict(forms("MPPE master key", mschap.sha1(digest, response, mschap.MAGIC1)[:16]))
    for each in (forms("half of the HLAK (send)", send), forms("half of the HLAK (receive)", receive),
                 forms("compound MAC key", binding.cmk(wire.HASH_SHA256, send + receive))):
        needles.update(each)
    return needles


def of_tls(keylog, cipher):
    """(needles of the handshake, needles of the traffic) from a server's key log."""
    handshake, traffic = {}, {}
    for label, secret in secrets_of(keylog).items():
        kind = handshake if "HANDSHAKE" in label or label == "CLIENT_RANDOM" else traffic
        kind[label if label != "CLIENT_RANDOM" else "TLS 1.2 master secret"] = secret
        if "TRAFFIC_SECRET" in label:
            digest, length = suite(cipher)
            kind[f"key of {label}"] = expand_label(secret, "key", length, digest)
            kind[f"IV of {label}"] = expand_label(secret, "iv", 12, digest)
        if "HANDSHAKE" in label:
            digest = suite(cipher)[0]
            kind[f"key of Finished of {label}"] = expand_label(secret, "finished", len(secret), digest)
    return handshake, traffic
