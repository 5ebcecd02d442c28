# SPDX-License-Identifier: GPL-2.0-or-later
"""The server's command line."""

import argparse
import ipaddress

from . import misbehave
from .dialects import DIALECTS
from .lcp import AUTH_VALUES


def names(text):
    return [name for name in text.split(",") if name]


def methods(text):
    unknown = [name for name in names(text) if name not in AUTH_VALUES]
    if unknown:
        raise argparse.ArgumentTypeError(f"no such method: {unknown[0]}")
    return names(text)


def addresses(text):
    return [str(ipaddress.IPv4Address(name)) for name in names(text)]


def endpoint(text):
    host, _, port = text.rpartition(":")
    return host.strip("[]"), int(port)


def misbehaviour(text):
    try:
        misbehave.make(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error
    return text


def add_tls(parser):
    group = parser.add_argument_group("TLS")
    group.add_argument("--cert", required=True, help="PEM file: the leaf, then what of its chain to send")
    group.add_argument("--key", required=True, help="PEM file")
    group.add_argument("--binding-cert", help="verify the crypto binding against this certificate instead, "
                       "as a server behind a TLS-terminating proxy does")
    group.add_argument("--tls-min", default="1.2", choices=("1.0", "1.1", "1.2", "1.3"))
    group.add_argument("--tls-max", default="1.3", choices=("1.0", "1.1", "1.2", "1.3"))
    group.add_argument("--ciphers", help="OpenSSL list for TLS 1.2 and below")
    group.add_argument("--tickets", type=int, default=2, help="session tickets after a TLS 1.3 handshake")
    group.add_argument("--keylog", metavar="FILE", help="the secrets of each handshake, as SSLKEYLOGFILE has them")
    group.add_argument("--records", choices=("packet", "coalesce", "split", "bytes"),
                       help="TLS records: one a packet, packets together, header and body apart, one a byte")
    group.add_argument("--require-sni", metavar="NAME", help="refuse any other SNI and Host, as accel-ppp can")
    group.add_argument("--expect-sni", metavar="NAME", help="anything else is a violation; `none` for no SNI")
    group.add_argument("--expect-host", metavar="VALUE", help="what the Host header must say")


def add_ppp(parser):
    group = parser.add_argument_group("PPP")
    group.add_argument("--auth", type=methods, help="methods in the order of offering: " + ",".join(AUTH_VALUES))
    group.add_argument("--user", action="append", default=[], metavar="NAME:PASSWORD")
    group.add_argument("--mru", type=int, help="the MRU that we ask for")
    group.add_argument("--hash", type=int, help="binding hashes on offer: 1 SHA-1, 2 SHA-256, 3 both")
    group.add_argument("--local", default="10.9.0.1")
    group.add_argument("--remote", default="10.9.0.100", help="the client's address")
    group.add_argument("--dns", type=addresses, default=["10.9.0.53", "10.9.0.54"])
    group.add_argument("--nbns", type=addresses, default=[])
    group.add_argument("--hello", type=float, help="seconds between our ECHO_REQUESTs; 0 for none")
    group.add_argument("--no-ipv6", dest="ipv6", action="store_false", help="do not open IPV6CP ourselves")
    group.add_argument("--ra-prefix", type=ipaddress.IPv6Network, help="answer router solicitations with it")
    group.add_argument("--ra-flags", default="LA", help="of L, A, O, M")
    group.add_argument("--ra-lifetime", type=int, default=1800)


def parse(arguments):
    parser = argparse.ArgumentParser(prog="sstp-server", description="An SSTP server that tests its client.")
    parser.add_argument("--listen", type=endpoint, action="append", required=True, metavar="ADDRESS:PORT")
    parser.add_argument("--dialect", choices=sorted(DIALECTS), default="plain")
    parser.add_argument("--misbehave", type=misbehaviour, default="none", metavar="NAME[:ARGUMENT]",
                        help="one of: " + " ".join(sorted(misbehave.REGISTRY)))
    parser.add_argument("--tun", help="name of the TUN device to make; none without it")
    parser.add_argument("--log", help="file for the journal (standard output without it)")
    parser.add_argument("--ready", help="file that is made once connections are accepted")
    parser.add_argument("--control", help="path of a datagram socket that takes commands: "
                        "fire, terminate, disconnect")
    add_tls(parser)
    add_ppp(parser)
    options = parser.parse_args(arguments)
    dialect = DIALECTS[options.dialect]
    options.users = dict(pair.split(":", 1) for pair in options.user)
    options.hash = dialect.hash if options.hash is None else options.hash
    options.records = options.records or dialect.records or "packet"
    return options
