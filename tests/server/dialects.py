# SPDX-License-Identifier: GPL-2.0-or-later
"""How known servers differ on the wire: each class lists its differences from the plain one.

Sources: protocol.md section 15 (Q1-Q9).  The numbers in brackets name the quirk.
"""

from . import wire
from .cp import TERM_ACK
from .lcp import ACCM, ACFC, AUTH, CALLBACK, ENDPOINT, MAGIC, MRRU, MRU, PFC

# The data of SoftEther's LCP Echo-Request: zero where a magic number belongs, then its text.
MANUKE = bytes(4) + b"Aho Baka Manuke\0"


class Plain:
    """A server that does what the specifications say, and nothing else."""

    # HTTP and SSTP
    http = "microsoft"
    hash = wire.HASH_SHA1 | wire.HASH_SHA256
    records = None                  # shape of TLS records, unless an option chooses one
    verifies_binding = True
    abort = "spec"                  # how CALL_ABORT and CALL_DISCONNECT are written: see sstp.Call
    waits_for_ack = True
    answers_echo = True
    hello = (60, 60)                # seconds between our ECHO_REQUESTs, at random in the range
    echo_at_connected = False
    idle_limit = None               # seconds of the client's silence after which it hangs up

    # LCP
    speaks_first = False            # its Configure-Request leaves with CALL_CONNECT_ACK
    early_echo = None               # the data of an Echo-Request sent before LCP is up
    lcp_options = ((MRU, 1500), (AUTH, b""), (MAGIC, b""))
    lcp_accepts = (MRU, MAGIC)
    mru = 1500
    mru_range = (128, 4091)
    identification = ()
    lcp_echo, lcp_echo_body = None, None
    compresses = False              # drops FF 03 and the protocol's zero byte where it may
    heeds_hints = True              # goes to the method that a Nak asks for, else to its next one
    touchy = False                  # Code-Reject and early Protocol-Reject are fatal
    linear = False                  # SoftEther 4's one-way state machine
    echoes_terminate = False

    # authentication
    auth = ("mschapv2", "eap")
    early_challenge = False
    double_challenge = False
    closes_on_refusal = False
    refusal_ras = None
    chap_name = b"server"
    chap_success = " M=Access granted"
    chap_failure = "E={code} R={retry} C={challenge} V=3 M=Access denied"
    pap_ack, pap_trailing, pap_nak = b"\0", b"", b"\x0dAccess denied"
    eap_identity = b""

    # network protocols
    ncp_with_success = False        # its NCPs start with the authentication's success
    ncp_on_demand = False           # its NCPs start with the client's
    offers_ipv6 = True
    extra_ncps = ()                 # protocols that nobody needs, opened after authentication
    ipcp_address = None
    ipcp_rejects = ()
    ccp_options = None
    rejects_protocols = ()
    interface_id = None
    naks_interface_id = None

    def configure_request(self, link, layer, ident, pairs):
        """True where this server does not answer a Configure-Request in the ordinary way."""
        return False

    def may_forward(self, link):
        return True


class Rras(Plain):
    """Windows RRAS [Q5]: everything of RFC 1570 and 1990 in its request, CCP, RAS error numbers."""

    lcp_options = ((MRU, 4091), (AUTH, b""), (MAGIC, b""), (PFC, b""), (ACFC, b""), (CALLBACK, b"\x06"),
                   (MRRU, (1614).to_bytes(2, "big")), (ENDPOINT, b"\x01" + bytes(range(20))))
    lcp_accepts = (MRU, MAGIC, PFC, ACFC)
    mru = 4091
    auth = ("eap", "mschapv2")
    identification = (b"MSRASV5.20", b"MSRAS-0-TESTSERVER")
    chap_name = b"TESTSERVER"
    chap_success = ""
    refusal_ras = 691
    ccp_options = ((18, bytes.fromhex("01000001")),)
    ncp_with_success = True


class Accel(Plain):
    """accel-ppp [Q4]: strict, speaks at once, walks its own list of methods."""

    http = "accel"
    abort = "seven"
    waits_for_ack = False
    speaks_first = True
    lcp_options = ((AUTH, b""), (MRU, 1400), (MAGIC, b""))
    mru = 1400
    mru_range = (100, 1452)
    lcp_echo = 20
    heeds_hints = False
    auth = ("mschapv2", "mschap", "chap-md5", "pap")
    chap_name = b""
    chap_success = " M=Authentication succeeded"
    chap_failure = "E={code} R={retry} V=3 M=Authentication failure"
    ncp_with_success = True
    offers_ipv6 = False
    interface_id = bytes(7) + b"\x01"

    def configure_request(self, link, layer, ident, pairs):
        """A request that comes before its own IPV6CP has started is told Terminate-Ack [4.4]."""
        if layer is not link.ipv6cp or layer.sent:
            return False
        layer.send(TERM_ACK, ident)
        layer.start()
        return True

    def may_forward(self, link):
        """The interface stays down until a started IPV6CP is up [4.4]."""
        return link.ipv6cp.up or link.ipv6cp.sent is None


class SoftEther(Plain):
    """What SoftEther's two lines share: SHA-256 only and never looked at, no ECHO_RESPONSE [Q2, Q3]."""

    hash = wire.HASH_SHA256
    verifies_binding = False
    abort = "bare"
    answers_echo = False
    hello = (2.5, 4.8)
    echo_at_connected = True
    lcp_options = ((AUTH, b""),)
    lcp_accepts = (MRU,)
    mru_range = (100, 1500)
    echoes_terminate = True
    chap_name = b"softether"
    chap_success = ""
    chap_failure = "E={code} R={retry} C={challenge} V=3"
    pap_ack = pap_nak = b""
    ncp_on_demand = True


class SoftEther4(SoftEther):
    """SoftEther 4.x, VPN Gate [Q2]: PAP first, IPCP first, silence until the client's first packet."""

    idle_limit = 10
    auth = ("pap", "mschapv2")
    linear = True
    closes_on_refusal = True
    ipcp_address = "1.0.0.1"
    rejects_protocols = (wire.PPP_IPV6CP, wire.PPP_CCP)

    def may_forward(self, link):
        return link.forwarding


class SoftEther5(SoftEther):
    """SoftEther 5.x [Q3]: EAP first, echoes before LCP is up, no patience with rejects."""

    idle_limit = 20
    early_echo = MANUKE
    lcp_echo, lcp_echo_body = 4.792, MANUKE
    touchy = True
    auth = ("eap", "mschapv2", "pap")
    early_challenge = True
    eap_identity = b"Welcome to the SoftEther VPN server!"
    ipcp_rejects = (131, 130, 132)
    naks_interface_id = bytes.fromhex("5905cafeff5905c8")

    def configure_request(self, link, layer, ident, pairs):
        """Its Ack waits for the client's own, for LCP because the challenge goes first."""
        if layer.acked_by_client or layer not in (link.lcp, link.ipcp):
            return False
        layer.held = (ident, pairs)
        return True


class Mikrotik(Plain):
    """RouterOS [Q-MT]: odd PAP Ack, IPV6CP, BCP and MPLSCP right after authentication."""

    auth = ("mschapv2", "mschap", "chap-md5", "pap")
    pap_ack, pap_trailing = b"", b"\x08Login ok"
    chap_success = ""
    ncp_with_success = True
    extra_ncps = (0x8281, 0x8031)


class Sorz(Plain):
    """sorz/sstp-server over pppd [Q8]: split records, short Status Info, compressed frames, CCP."""

    http = "sorz"
    records = "split"
    abort = "short"
    waits_for_ack = False
    speaks_first = True
    lcp_options = ((ACCM, bytes(4)), (AUTH, b""), (MAGIC, b""), (PFC, b""), (ACFC, b""))
    lcp_accepts = (MRU, ACCM, MAGIC, PFC, ACFC)
    lcp_echo = 30
    compresses = True
    chap_name = b"sstpd"
    chap_failure = "E={code} R=1 C={challenge} V=0 M=Access denied"
    ccp_options = ((26, bytes.fromhex("7800")), (24, bytes.fromhex("7800")), (21, b"\x2f"))
    ncp_with_success = True


class Keenetic(Plain):
    """Keenetic routers (kittoku #13, #53): every LCP option is rejected, magic number and MRU too."""

    lcp_options = ((ACCM, bytes(4)), (AUTH, b""))
    lcp_accepts = ()
    lcp_echo = 10
    offers_ipv6 = False
    rejects_protocols = (wire.PPP_IPV6CP,)


DIALECTS = {
    "plain": Plain, "rras": Rras, "accel": Accel, "softether4": SoftEther4, "softether5": SoftEther5,
    "mikrotik": Mikrotik, "sorz": Sorz, "keenetic": Keenetic,
}
