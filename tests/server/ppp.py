# SPDX-License-Identifier: GPL-2.0-or-later
"""The PPP link: frames in and out of SSTP data packets, the phases of RFC 1661 3.2, and what the
client may send in each of them.

Order that the client owes us (protocol.md section 1): LCP, authentication, CALL_CONNECTED, IPCP,
IPV6CP; network data only after all that.
"""

import asyncio

from . import auth, binding, wire
from .lcp import ACFC, Lcp
from .ncp import Ccp, Ipcp, Ipv6cp


class Link:
    def __init__(self, call):
        self.call, self.journal, self.options = call, call.journal, call.options
        self.dialect, self.misbehaviour = call.dialect, call.misbehaviour
        self.tun = call.connection.server.tun
        self.local_address = self.dialect.ipcp_address or self.options.local
        self.auth_offers = self.misbehaviour.auth_offers(self.options.auth or self.dialect.auth)
        self.hlak, self.user = binding.NO_KEY, None
        self.authenticated = self.ncp_seen = self.terminated = self.started = self.stopped = False
        self.compress = self.forwarding = self.network_started = self.failing = False
        self.lcp, self.ipcp, self.ipv6cp, self.ccp = Lcp(self), Ipcp(self), Ipv6cp(self), Ccp(self)
        self.auth = None
        self.counts = {"rx": 0, "tx": 0, "rx_bytes": 0, "tx_bytes": 0}
        self.echo_timer = None
        self.handlers = {
            wire.PPP_LCP: self.to_lcp, wire.PPP_PAP: self.to_auth, wire.PPP_CHAP: self.to_auth,
            wire.PPP_EAP: self.to_auth, wire.PPP_IPCP: self.to_ncp, wire.PPP_IPV6CP: self.to_ncp,
            wire.PPP_CCP: self.to_ncp, wire.PPP_IPV4: self.to_network, wire.PPP_IPV6: self.to_network,
        }

    # -- frames ---------------------------------------------------------------------------------

    def send(self, protocol, payload):
        control = protocol >= 0x8000
        compressed = self.compress and (protocol != wire.PPP_LCP)
        if not control:
            self.counts["tx"] += 1
            self.counts["tx_bytes"] += len(payload)
        self.call.connection.send(wire.data(wire.frame(protocol, payload, compressed)))

    def received(self, frame):
        if frame[:2] != b"\xff\x03" or len(frame) < 4:
            self.journal.violation("PPP frame without FF 03 and two bytes of protocol: " + frame[:16].hex())
            return                      # SoftEther drops them as well (Q2, Q3)
        protocol, payload = int.from_bytes(frame[2:4], "big"), frame[4:]
        handler = self.handlers.get(protocol)
        if handler is None:
            self.journal.violation(f"PPP protocol {protocol:04x} from the client")
        else:
            handler(protocol, payload)

    def to_lcp(self, _protocol, payload):
        if not self.started and not self.failing:
            if self.call.connection.stage("lcp"):
                return
            self.misbehaviour.first_lcp(self, payload)
            self.start()
        self.lcp.received(payload)

    def to_auth(self, protocol, payload):
        if self.auth is None or protocol != self.auth.protocol:
            self.journal.violation(f"authentication frame {protocol:04x} that was not agreed on")
            return
        self.auth.received(payload)

    def to_ncp(self, protocol, payload):
        layer = {wire.PPP_IPCP: self.ipcp, wire.PPP_IPV6CP: self.ipv6cp, wire.PPP_CCP: self.ccp}[protocol]
        if not self.authenticated:
            self.journal.violation(f"{layer.name} before the authentication has succeeded")
            return
        if protocol in self.dialect.rejects_protocols:
            self.reject(protocol, payload)
            return
        first = payload[:1] == b"\x01" and not self.ncp_seen
        if first:
            self.ncp_requested(layer)
            if layer is self.ipcp and self.call.connection.stage("ipcp"):
                return
        layer.received(payload)

    def to_network(self, protocol, payload):
        layer = self.ipcp if protocol == wire.PPP_IPV4 else self.ipv6cp
        if self.call.state != "connected":
            self.journal.violation("network data before CALL_CONNECTED")
        elif not layer.up:
            if not self.misbehaviour.takes_layers_down:
                self.journal.violation(f"network data while {layer.name} is not up")
            return
        self.counts["rx"] += 1
        self.counts["rx_bytes"] += len(payload)
        if not self.forwarding and protocol == wire.PPP_IPV4:
            self.forwarding = True
            self.journal.event("forwarding")
        self.tun.from_client(self, protocol, payload)

    def reject(self, protocol, payload):
        self.lcp.ident = (self.lcp.ident + 1) % 256
        self.journal.event("protocol-reject", protocol=f"{protocol:04x}")
        body = protocol.to_bytes(2, "big") + payload
        self.send(wire.PPP_LCP, wire.cp_packet(8, self.lcp.ident, body))

    # -- LCP ------------------------------------------------------------------------------------

    def start(self):
        """Our own Configure-Request goes out: at once in some dialects, after the client's in others."""
        if not self.started:
            self.started = True
            if self.dialect.early_echo is not None:
                self.lcp.echo(self.dialect.early_echo)
            self.lcp.start()

    def refuses_lcp_request(self, lcp):
        """SoftEther 4 takes a late Configure-Request for the end of the session (Q2)."""
        if not (self.dialect.linear and lcp.up):
            return False
        self.journal.violation("LCP Configure-Request after LCP was up: SoftEther 4 hangs up")
        self.call.connection.finish("Not IPCP Protocol")
        return True

    def before_answer(self, layer, ident, pairs):
        """True where the dialect or the misbehaviour answers a Configure-Request in its own way."""
        return self.misbehaviour.configure_request(self, layer, ident, pairs) or \
            self.dialect.configure_request(self, layer, ident, pairs)

    def acked(self, layer):
        """SoftEther 5 asks its first question before it answers the client's LCP request (Q3)."""
        if layer is self.lcp and self.dialect.early_challenge and not self.authenticated:
            self.authenticate()

    def lcp_up(self):
        if self.call.connection.stage("auth"):
            return
        self.compress = self.dialect.compresses and ACFC not in self.lcp.dropped
        self.journal.event("lcp-up", method=self.lcp.method, mru=self.lcp.their_mru)
        if self.dialect.lcp_echo and not self.echo_timer:
            self.lcp_echo()
        if self.authenticated and not self.misbehaviour.authenticates_anew:
            self.network()              # a renegotiated link: back to the NCPs
        elif self.auth is None or self.authenticated:
            self.authenticate()

    def authenticate(self):
        method = self.lcp.method
        if method is None:
            self.auth_succeeded(None, binding.NO_KEY)
        elif method not in auth.METHODS:
            self.journal.violation(f"the client agreed to {method}")
            self.fail(919)
        elif not self.misbehaviour.authenticate(self):
            self.auth = auth.METHODS[method](self)
            self.auth.start()

    def lcp_down(self):
        for layer in (self.ipcp, self.ipv6cp, self.ccp):
            layer.down()
            layer.sent, layer.acked_by_us, layer.acked_by_client = None, False, False
        self.network_started = False

    def lcp_terminated(self):
        self.terminated = True

    def terminate_acked(self):
        """The client has confirmed the end that fail() began."""
        if self.failing:
            self.call.disconnect()

    def lcp_echo(self):
        self.lcp.echo(self.dialect.lcp_echo_body)
        self.echo_timer = asyncio.get_running_loop().call_later(self.dialect.lcp_echo, self.lcp_echo)

    def echo_replied(self, ident, body):
        expected = self.lcp.their_magic
        if self.lcp.up and body[:4] != expected:
            self.journal.violation(f"LCP Echo-Reply's magic number is {body[:4].hex()}, agreed was {expected.hex()}")
        self.journal.event("lcp-echo-reply", id=ident, body=body.hex())

    # -- authentication -------------------------------------------------------------------------

    def auth_succeeded(self, user, key):
        again = self.authenticated
        self.authenticated = True
        if self.auth:
            self.auth.stop()
        self.user = user
        self.journal.event("auth-ok", user=user, method=self.lcp.method, again=again)
        if not again:
            self.hlak = key         # a later authentication does not touch the binding
        if again or self.dialect.ncp_with_success:
            self.network()
        self.misbehaviour.authenticated(self)

    def fail(self, ras=None):
        """End the link from our side, as RRAS does with a RAS error, others with empty data."""
        self.failing = True
        if ras is None:
            self.lcp.terminate()
        else:
            self.lcp.terminate_ras(ras)

    def connected(self):
        """CALL_CONNECTED has been checked: the network phase may start."""
        if not self.dialect.linear and not self.dialect.ncp_on_demand:
            self.network()

    def network(self):
        if self.network_started:
            return
        self.network_started = True
        self.misbehaviour.network(self)
        self.ipcp.start()
        if self.dialect.offers_ipv6 and self.options.ipv6:
            self.ipv6cp.start()
        if self.dialect.ccp_options is not None:
            self.ccp.start()
        for protocol in self.dialect.extra_ncps:
            self.journal.event("extra-ncp", protocol=f"{protocol:04x}")
            self.send(protocol, wire.cp_packet(1, 1))

    # -- network --------------------------------------------------------------------------------

    def ncp_requested(self, layer):
        if self.call.state != "connected":
            self.journal.violation(f"{layer.name} Configure-Request before CALL_CONNECTED")
        if layer is self.ipv6cp and not self.ncp_seen:
            self.journal.violation("IPV6CP opened before IPCP")
        self.ncp_seen = True
        if self.dialect.linear or self.dialect.ncp_on_demand:
            layer.start()

    def ncp_up(self, layer):
        self.tun.layer_up(self, layer)
        if layer is self.ipcp and not self.call.connection.stage("up"):
            self.misbehaviour.ipcp_up(self)
        self.misbehaviour.layer_up(self, layer)

    def ncp_down(self, layer):
        self.tun.layer_down(self, layer)

    def may_forward(self):
        return self.dialect.may_forward(self)

    def protocol_rejected(self, protocol):
        self.journal.event("protocol-rejected", protocol=f"{protocol:04x}")
        if not self.authenticated:
            self.journal.violation("Protocol-Reject before the authentication has succeeded")
            if self.dialect.touchy:
                self.call.connection.finish("early Protocol-Reject")
        if protocol in (wire.PPP_LCP, wire.PPP_PAP, wire.PPP_CHAP, wire.PPP_EAP, wire.PPP_IPCP):
            self.journal.violation(f"the client rejects protocol {protocol:04x}")
        if protocol == wire.PPP_CCP:
            self.ccp.cancel()
        if protocol == wire.PPP_IPV6CP:
            self.ipv6cp.cancel()

    def code_rejected(self, layer, body):
        self.journal.event("code-rejected", proto=layer.name, code=body[0] if body else None)
        if body and body[0] in (12, 13, 14, 15):
            self.journal.violation(f"Code-Reject of code {body[0]}, protocol.md 9 says to ignore it")
        if self.dialect.touchy:
            self.journal.violation("Code-Reject: SoftEther 5 hangs up")
            self.call.connection.finish("Code-Reject")

    def stop(self):
        if self.stopped:
            return
        self.stopped = True
        for layer in (self.lcp, self.ipcp, self.ipv6cp, self.ccp):
            layer.cancel()
        if self.auth:
            self.auth.stop()
        if self.echo_timer:
            self.echo_timer.cancel()
        self.tun.link_closed(self)
        self.journal.event("traffic", **self.counts)
