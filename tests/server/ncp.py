# SPDX-License-Identifier: GPL-2.0-or-later
"""IPCP (RFC 1332, 1877), IPV6CP (RFC 5072) and a CCP that only opens its mouth (RFC 1962)."""

import ipaddress
import os

from . import wire
from .cp import REJECT, ControlProtocol

ADDRESS, DNS1, NBNS1, DNS2, NBNS2 = 3, 129, 130, 131, 132
INTERFACE_ID = 1


class Ncp(ControlProtocol):
    """What the network-layer protocols share: they make the link carry their packets."""

    def got_request(self, ident, body):
        self.link.ncp_requested(self)
        super().got_request(ident, body)

    def layer_up(self):
        self.link.ncp_up(self)

    def layer_down(self):
        self.link.ncp_down(self)

    def terminated(self, body):
        self.journal.event("ncp-terminated", proto=self.name)


class Ipcp(Ncp):
    protocol, name = wire.PPP_IPCP, "IPCP"

    def __init__(self, link):
        super().__init__(link)
        options = link.options
        self.given = {ADDRESS: options.remote}
        self.given.update(zip((DNS1, DNS2), options.dns))
        self.given.update(zip((NBNS1, NBNS2), options.nbns))
        self.client_address = None
        self.first = True

    def request(self):
        return [(ADDRESS, ipaddress.IPv4Address(self.link.local_address).packed)]

    def refused(self, pairs):
        self.journal.violation("IPCP: the client rejects the server's address")

    def naked(self, pairs):
        self.journal.violation("IPCP: the client Naks the server's address")

    def judge(self, kind, value):
        if kind not in (ADDRESS, DNS1, DNS2, NBNS1, NBNS2):
            self.journal.violation(f"IPCP option {kind} asked for by the client")
            return REJECT
        if kind not in self.given or kind in self.link.dialect.ipcp_rejects:
            return REJECT
        wanted = ipaddress.IPv4Address(self.given[kind]).packed
        if len(value) != 4:
            self.journal.violation(f"IPCP option {kind} of the wrong length")
            return REJECT
        if kind == ADDRESS and self.first and value != bytes(4):
            self.journal.violation("IPCP asks for an address that nobody gave: " + value.hex())
        return None if value == wanted else wanted

    def answer(self, ident, pairs):
        super().answer(ident, pairs)
        self.first = False

    def layer_up(self):
        granted = dict(wire.parse_options(self.theirs[1]))
        self.client_address = granted.get(ADDRESS)
        self.journal.event("ipcp-up", address=self.given[ADDRESS] if self.client_address else None)
        super().layer_up()


class Ipv6cp(Ncp):
    protocol, name = wire.PPP_IPV6CP, "IPV6CP"

    def __init__(self, link):
        super().__init__(link)
        self.ident_ours = link.dialect.interface_id or os.urandom(8)
        self.ident_theirs = None

    def request(self):
        return [(INTERFACE_ID, self.ident_ours)]

    def refused(self, pairs):
        self.journal.violation("IPV6CP: the client rejects the interface identifier")

    def judge(self, kind, value):
        if kind != INTERFACE_ID:
            self.journal.violation(f"IPV6CP option {kind} asked for by the client")
            return REJECT
        if len(value) != 8 or value == bytes(8):
            self.journal.violation("IPV6CP: the client's interface identifier is zero or malformed")
        wanted = self.link.dialect.naks_interface_id
        if wanted and value != wanted:
            return wanted
        self.ident_theirs = value
        return None

    def link_local(self, ident):
        return ipaddress.IPv6Address(b"\xfe\x80" + bytes(6) + ident)


class Ccp(ControlProtocol):
    """RRAS and pppd offer compression after authentication; the client Protocol-Rejects it."""

    protocol, name = wire.PPP_CCP, "CCP"

    def request(self):
        return list(self.link.dialect.ccp_options)

    def judge(self, kind, value):
        return REJECT
