# SPDX-License-Identifier: GPL-2.0-or-later
"""Router advertisements (RFC 4861 4.2) for a client that solicits them through the tunnel."""

import ipaddress
import struct

ALL_NODES = ipaddress.IPv6Address("ff02::1")
ICMPV6, SOLICITATION, ADVERTISEMENT = 58, 133, 134
PREFIX, MTU, RDNSS = 3, 5, 25


def checksum(source, target, payload):
    pseudo = source.packed + target.packed + struct.pack("!LxxxB", len(payload), ICMPV6)
    total = sum(struct.unpack(f"!{(len(pseudo) + len(payload)) // 2}H", pseudo + payload))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def solicitation_fault(packet):
    """What is wrong with a router solicitation (RFC 4861 6.1.1), or None."""
    source = ipaddress.IPv6Address(packet[8:24])
    target = ipaddress.IPv6Address(packet[24:40])
    if packet[7] != 255:
        return "hop limit is not 255"
    if target != ipaddress.IPv6Address("ff02::2"):
        return f"it goes to {target}"
    if not (source.is_link_local or source.is_unspecified):
        return f"it comes from {source}"
    if checksum(source, target, packet[40:]) != 0:
        return "wrong checksum"
    return None


def is_solicitation(packet):
    return len(packet) >= 48 and packet[6] == ICMPV6 and packet[40] == SOLICITATION


def advertisement(source, prefix, flags="LA", lifetime=1800, valid=3600, mtu=None, hop_limit=255):
    """A whole IPv6 packet; flags are L (on-link), A (autonomous), O and M."""
    bits = (0x80 if "L" in flags else 0) | (0x40 if "A" in flags else 0)
    body = struct.pack("!BBBBLLL", PREFIX, 4, prefix.prefixlen, bits, valid, valid // 2, 0)
    body += prefix.network_address.packed
    if mtu:
        body += struct.pack("!BBHL", MTU, 1, 0, mtu)
    managed = (0x80 if "M" in flags else 0) | (0x40 if "O" in flags else 0)
    head = struct.pack("!BBHBBHLL", ADVERTISEMENT, 0, 0, 64, managed, lifetime, 0, 0)
    payload = bytearray(head + body)
    payload[2:4] = checksum(source, ALL_NODES, bytes(payload)).to_bytes(2, "big")
    outer = struct.pack("!LHBB", 0x60000000, len(payload), ICMPV6, hop_limit)
    return outer + source.packed + ALL_NODES.packed + bytes(payload)
