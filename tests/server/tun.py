# SPDX-License-Identifier: GPL-2.0-or-later
"""The server's end of the tunnel: a TUN device in the server's own namespace, set up with `ip`.

Without a device name (the self-test) packets from the client are counted and IPv4 pings answered
nowhere.  Checks on what the client sends live here too: a packet must be what its protocol number
says, no longer than agreed, and from the address that was given.
"""

import asyncio
import fcntl
import ipaddress
import os
import struct
import subprocess

from . import ra, wire

TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x400454CA, 0x0001, 0x1000
BURST = 64
MTU = 1400


def ip(*words):
    subprocess.run(["ip", *words], check=True)


class Tun:
    def __init__(self, options, journal):
        self.options, self.journal, self.name = options, journal, options.tun
        self.fd, self.link, self.paused = -1, None, False
        if self.name:
            self.open()

    def open(self):
        self.fd = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
        fcntl.ioctl(self.fd, TUNSETIFF, struct.pack("16sH22x", self.name.encode(), IFF_TUN | IFF_NO_PI))
        ip("link", "set", self.name, "addrgenmode", "none")
        ip("link", "set", self.name, "mtu", str(MTU), "up")
        asyncio.get_running_loop().add_reader(self.fd, self.readable)

    def pause(self, paused):
        """Stop reading while the TCP connection is full: that is all the flow control there is."""
        self.paused = paused
        if self.fd < 0:
            return
        loop = asyncio.get_running_loop()
        if paused:
            loop.remove_reader(self.fd)
        else:
            loop.add_reader(self.fd, self.readable)

    # -- the link comes and goes ----------------------------------------------------------------

    def layer_up(self, link, layer):
        self.link = link
        if self.fd < 0:
            return
        if layer is link.ipcp and layer.client_address:
            local, remote = link.local_address, self.options.remote
            ip("address", "replace", local, "peer", remote, "dev", self.name)
        elif layer is link.ipv6cp:
            local = layer.link_local(layer.ident_ours)
            ip("address", "replace", f"{local}/64", "dev", self.name, "nodad")
            if self.options.ra_prefix:
                prefix = self.options.ra_prefix
                ip("address", "replace", f"{prefix[1]}/{prefix.prefixlen}", "dev", self.name, "nodad")

    def layer_down(self, link, layer):
        if self.link is link and self.fd >= 0:
            family = "-4" if layer is link.ipcp else "-6"
            ip(family, "address", "flush", "dev", self.name)

    def link_closed(self, link):
        if self.link is link:
            self.link = None
            if self.fd >= 0:
                ip("address", "flush", "dev", self.name)

    # -- packets --------------------------------------------------------------------------------

    def readable(self):
        for _ in range(BURST):
            try:
                packet = os.read(self.fd, 65536)
            except BlockingIOError:
                return
            self.to_client(packet)
            if self.paused:
                return

    def to_client(self, packet):
        link = self.link
        if link is None or not link.may_forward():
            return
        version = packet[0] >> 4
        layer, protocol = (link.ipcp, wire.PPP_IPV4) if version == 4 else (link.ipv6cp, wire.PPP_IPV6)
        if layer.up and len(packet) <= link.lcp.their_mru:
            link.send(protocol, packet)

    def from_client(self, link, protocol, packet):
        fault = self.fault(link, protocol, packet)
        if fault:
            self.journal.violation(f"bad packet through the tunnel: {fault}: {packet[:48].hex()}")
            return
        if protocol == wire.PPP_IPV6 and ra.is_solicitation(packet):
            self.solicited(link, packet)
        elif self.fd >= 0 and self.link is link:
            os.write(self.fd, packet)

    def fault(self, link, protocol, packet):
        v4 = protocol == wire.PPP_IPV4
        if len(packet) < (20 if v4 else 40) or packet[0] >> 4 != (4 if v4 else 6):
            return "not an IP packet of that version"
        length = int.from_bytes(packet[2:4], "big") if v4 else 40 + int.from_bytes(packet[4:6], "big")
        if length != len(packet):
            return f"its length field says {length}, it has {len(packet)}"
        if len(packet) > (self.options.mru or link.dialect.mru or 1500):
            return "longer than the MRU that the server asked for"
        if v4 and link.ipcp.client_address and packet[12:16] != link.ipcp.client_address:
            return f"source address {ipaddress.IPv4Address(packet[12:16])} was not given"
        return None

    def solicited(self, link, packet):
        fault = ra.solicitation_fault(packet)
        if fault:
            self.journal.violation("router solicitation: " + fault)
        self.journal.event("router-solicitation")
        if self.options.ra_prefix and not link.misbehaviour.solicited(link):
            self.advertise(link)

    def advertise(self, link, **changes):
        source = link.ipv6cp.link_local(link.ipv6cp.ident_ours)
        values = {"prefix": self.options.ra_prefix, "flags": self.options.ra_flags,
                  "lifetime": self.options.ra_lifetime, **changes}
        link.send(wire.PPP_IPV6, ra.advertisement(source, **values))
