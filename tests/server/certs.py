# SPDX-License-Identifier: GPL-2.0-or-later
"""A small PKI for tests, made with the openssl command in a folder of the caller's.

  root.pem            the CA that clients are told to trust
  other-root.pem      another CA
  NAME.pem NAME.key   the leaves of LEAVES; where an intermediate signs, NAME.pem holds it too
"""

import pathlib
import subprocess
import sys

NAME = "vpn.example.test"
ADDRESSES = "IP:192.0.2.1,IP:2001:db8:a::1"

# Each leaf: its signer, its extensions, and what else its file carries.
LEAVES = {
    "good": ("root", f"DNS:{NAME}", {}),
    "rsa": ("root", f"DNS:{NAME}", {"rsa": True}),
    "address": ("root", ADDRESSES, {}),
    "wildcard": ("root", "DNS:*.example.test", {}),
    "wrong-name": ("root", "DNS:elsewhere.example.test", {}),
    "wrong-address": ("root", "IP:192.0.2.77", {}),
    "common-name": ("root", None, {}),
    "expired": ("root", f"DNS:{NAME}", {"dates": ("20200101000000Z", "20200201000000Z")}),
    "not-yet": ("root", f"DNS:{NAME}", {"dates": ("20490101000000Z", "20491201000000Z")}),
    "no-eku": ("root", f"DNS:{NAME}", {"eku": None}),
    "client-eku": ("root", f"DNS:{NAME}", {"eku": "clientAuth"}),
    "any-eku": ("root", f"DNS:{NAME}", {"eku": "anyExtendedKeyUsage"}),
    "unknown-ca": ("other-root", f"DNS:{NAME}", {}),
    "chain": ("middle", f"DNS:{NAME}", {"sends": ("middle",)}),
    "broken-chain": ("middle", f"DNS:{NAME}", {}),
    "alternate": ("middle", f"DNS:{NAME}", {"sends": ("middle", "root-by-other")}),
}


def openssl(folder, *words):
    done = subprocess.run(["openssl", *words], cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError("openssl " + " ".join(words) + ": " + done.stderr)


def new_key(folder, name, rsa=False):
    kind = ("-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048") if rsa else \
        ("-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256")
    openssl(folder, "genpkey", *kind, "-out", name + ".key")


def authority(folder, name):
    """A self-signed CA."""
    new_key(folder, name)
    openssl(folder, "req", "-x509", "-key", name + ".key", "-out", name + ".pem", "-days", "3650",
            "-subj", f"/O=sstptun tests/CN={name}",
            "-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign,cRLSign")


def sign(folder, name, subject, signer, extensions, dates=None):
    """NAME.pem for NAME.key by the signer, with `openssl ca`: the one command that takes any dates."""
    (folder / (name + ".ext")).write_text(extensions)
    openssl(folder, "req", "-new", "-key", name + ".key", "-subj", "/O=sstptun tests/CN=" + subject,
            "-out", name + ".csr")
    start, end = dates or ("20240101000000Z", "20480101000000Z")
    openssl(folder, "ca", "-batch", "-notext", "-config", "ca.cnf", "-md", "sha256",
            "-cert", signer + ".pem", "-keyfile", signer + ".key", "-in", name + ".csr",
            "-out", name + ".pem", "-extfile", name + ".ext", "-startdate", start, "-enddate", end)


def prepare(folder):
    (folder / "index.txt").touch()
    (folder / "index.txt.attr").write_text("unique_subject = no\n")
    (folder / "ca.cnf").write_text(
        "[ca]\ndefault_ca = it\n[it]\ndatabase = index.txt\nnew_certs_dir = .\nrand_serial = yes\npolicy = any\n"
        "[any]\norganizationName = optional\ncommonName = supplied\n")


CA_EXTENSIONS = "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign\n"


def intermediates(folder):
    """`middle` below root; and root's own key certified by the other root, which no client of ours
    knows: a server that sends it offers a path to nowhere beside the good one."""
    new_key(folder, "middle")
    sign(folder, "middle", "middle", "root", CA_EXTENSIONS)
    (folder / "root-by-other.key").write_bytes((folder / "root.key").read_bytes())
    sign(folder, "root-by-other", "root", "other-root", CA_EXTENSIONS)


def leaf(folder, name, signer, san, facts):
    new_key(folder, name, facts.get("rsa", False))
    lines = ["basicConstraints=critical,CA:FALSE", "keyUsage=critical,digitalSignature,keyEncipherment"]
    if san:
        lines.append("subjectAltName=" + san)
    if facts.get("eku", "serverAuth"):
        lines.append("extendedKeyUsage=" + facts.get("eku", "serverAuth"))
    subject = NAME if name in ("common-name", "good") else "leaf " + name
    sign(folder, name, subject, signer, "\n".join(lines) + "\n", facts.get("dates"))
    file = folder / (name + ".pem")
    file.write_text(file.read_text() + "".join((folder / (sent + ".pem")).read_text()
                                               for sent in facts.get("sends", ())))


def make(folder, wanted=None):
    """Make the whole PKI, or only the named leaves."""
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    prepare(folder)
    authority(folder, "root")
    authority(folder, "other-root")
    intermediates(folder)
    new_key(folder, "self-signed")
    openssl(folder, "req", "-x509", "-key", "self-signed.key", "-out", "self-signed.pem", "-days", "3650",
            "-subj", f"/CN={NAME}", "-addext", f"subjectAltName=DNS:{NAME},{ADDRESSES}")
    for name, (signer, san, facts) in LEAVES.items():
        if wanted is None or name in wanted:
            leaf(folder, name, signer, san, facts)


if __name__ == "__main__":
    make(sys.argv[1], sys.argv[2:] or None)
