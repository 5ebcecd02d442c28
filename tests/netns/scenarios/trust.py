# SPDX-License-Identifier: GPL-2.0-or-later
"""Whom sstptun trusts: chains, names, dates, usages, pins; and that nothing is said before trust."""

import base64
import hashlib
import re
import subprocess

from lib.scenario import scenario
from lib.world import NAME, SECOND4, SERVER4, check

PINS = ("pin-sha256", "sha256", "cert-sha256")


def trusted(name, cert, *options, target=NAME, server=(), **keywords):
    @scenario(name)
    def run(scene):
        peer = scene.server(*server, cert=cert)
        client = scene.client(*options, target=target, **keywords)
        scene.up(client, peer)
        client.end()


def distrusted(name, cert, *words, target=NAME):
    """Exit status 9, nothing of HTTP sent, and the line's own --servercert works."""
    @scenario(name)
    def run(scene):
        peer = scene.server(cert=cert)
        client = scene.client(target=target)
        client.ends(9, *words)
        peer.never("http")
        found = re.search(r"--servercert[ =](\S+)", client.last_line())
        check(found, f"no --servercert in: {client.last_line()}")
        client = scene.client("--servercert", found.group(1).strip("'\",;.()"), target=target)
        scene.up(client, peer)
        client.end()


for leaf in ("good", "rsa", "chain", "alternate", "wildcard", "no-eku", "any-eku"):
    trusted(f"trust-{leaf}", leaf)
trusted("trust-address", "address", target=SERVER4)
distrusted("distrust-expired", "expired", "expired")
distrusted("distrust-not-yet", "not-yet", "not valid yet")
distrusted("distrust-wrong-name", "wrong-name", "elsewhere.example.test")
distrusted("distrust-wrong-address", "wrong-address", target=SERVER4)
distrusted("distrust-name-for-address", "good", target=SERVER4)
distrusted("distrust-address-for-name", "address")
distrusted("distrust-unknown-ca", "unknown-ca")
distrusted("distrust-self-signed", "self-signed")
distrusted("distrust-broken-chain", "broken-chain", "middle")
distrusted("distrust-client-eku", "client-eku")


def pin(scene, kind, cert):
    """The pin computed with openssl, independently of the client."""
    file = scene.pki / f"{cert}.pem"
    der = subprocess.run(["openssl", "x509", "-in", file, "-outform", "DER"], capture_output=True, check=True).stdout
    if kind != "cert-sha256":
        public = subprocess.run(["openssl", "x509", "-in", file, "-noout", "-pubkey"], capture_output=True, check=True)
        der = subprocess.run(["openssl", "pkey", "-pubin", "-outform", "DER"], input=public.stdout,
                             capture_output=True, check=True).stdout
    digest = hashlib.sha256(der).digest()
    return f"{kind}:" + (base64.b64encode(digest).decode() if kind == "pin-sha256" else digest.hex())


for kind in PINS:
    @scenario(f"pin-{kind}", kind=kind)
    def pinned(scene, kind):
        """A match replaces chain, name and date."""
        peer = scene.server(cert="self-signed")
        client = scene.client("--servercert", pin(scene, kind, "self-signed"), target=SECOND4, trust=False)
        scene.up(client, peer)
        client.end()

    @scenario(f"pin-{kind}-wrong", kind=kind)
    def wrong_pin(scene, kind):
        """A pin that does not match refuses even a certificate that the CA vouches for."""
        peer = scene.server()
        scene.client("--servercert", pin(scene, kind, "rsa")).ends(9, "servercert")
        peer.never("http")


@scenario("pin-several")
def several_pins(scene):
    peer = scene.server(cert="expired")
    client = scene.client("--servercert", pin(scene, "sha256", "rsa"),
                          "--servercert", pin(scene, "cert-sha256", "expired"))
    scene.up(client, peer)
    client.end()


@scenario("trust-system")
def system_trust(scene):
    """Without --cafile the system's store counts; $SSL_CERT_FILE names it."""
    peer = scene.server()
    client = scene.client(trust=False, env={"SSL_CERT_FILE": str(scene.pki / "root.pem"), "PATH": "/usr/bin:/bin"})
    scene.up(client, peer)
    client.end()


@scenario("distrust-system")
def not_in_the_system(scene):
    """The test CA is not in the system's store; and with --no-system-trust there is no store at all."""
    peer = scene.server()
    scene.client(trust=False).ends(9)
    scene.client("--no-system-trust", trust=False).ends(9, "--cafile")
    peer.never("http")


trusted("tls-1.2", "good", server=("--tls-max", "1.2"))
trusted("tls-1.2-rsa", "rsa", server=("--tls-max", "1.2"))
trusted("tls-1.3", "good", server=("--tls-min", "1.3"))
trusted("tls-1.2-chacha", "good", server=("--tls-max", "1.2", "--ciphers", "ECDHE-ECDSA-CHACHA20-POLY1305"))
trusted("tls-no-tickets", "good", server=("--tickets", "0"))


@scenario("tls-too-old")
def old_tls(scene):
    """TLS 1.1 is not spoken, and the line says so."""
    peer = scene.server("--tls-min", "1.0", "--tls-max", "1.1")
    scene.client().ends(9, "1.2")
    peer.never("http")


@scenario("tls-no-common-cipher")
def no_cipher(scene):
    peer = scene.server("--tls-max", "1.2", "--ciphers", "NULL-SHA256:@SECLEVEL=0", cert="rsa")
    scene.client().ends(9)
    peer.never("http")
