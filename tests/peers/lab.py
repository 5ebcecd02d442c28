# SPDX-License-Identifier: GPL-2.0-or-later
"""What every test of this ring works with: the guest, the client under test, one certificate, one user.

Addresses. The host's namespace and the guest share a wire (vm.HOST, vm.GUEST). Inside the guest there is one
more namespace, "peer", behind a pair of interfaces: two pppd cannot ping each other where both addresses are
local.
"""

import json
import os
import pathlib
import re
import shlex
import signal
import time

import vm
from proc import Failure, Local, wait_until

USER = "alice"
PASSWORD = "correct horse 9"
INTERFACE = "sstppeer"

GUEST_INNER = "198.51.101.1"  # the guest as its namespace "peer" sees it
PEER_INNER = "198.51.101.2"

# sstpc's race (sstpc.py) is lost on a wire without delay, and rarely on any other.
DELAY = "10ms"

PPPD_LOCAL = "10.77.0.1"
PPPD_REMOTE = "10.77.0.2"
SERVER_LOCAL = "10.78.0.1"
SERVER_REMOTE = "10.78.0.2"


def event(name, **fields):
    """A pattern for a line of the test server's journal."""
    wanted = {"event": name, **fields}
    pairs = (re.escape(json.dumps({key: value})[1:-1]) for key, value in wanted.items())
    return "^" + "".join(f"(?=.*{pair}[,}}])" for pair in pairs)


class Here:
    """The host's namespace, with the same verbs as vm.Guest."""

    def __init__(self, scratch):
        self.scratch = scratch

    @staticmethod
    def start(name, *argv):
        return Local(name, [str(arg) for arg in argv])

    def run(self, *argv, check=True):
        process = self.start(argv[0], *argv)
        status = process.wait()
        if check and status != 0:
            raise Failure(f"`{shlex.join(map(str, argv))}` failed ({status}): {process.output()}")
        return process

    @staticmethod
    def write(path, text):
        path = pathlib.Path(path)
        path.touch(mode=0o600)
        path.write_text(text)


def violations(server):
    """What the test server holds against its client."""
    return [json.loads(line)["text"] for line in server.lines if '"event": "violation"' in line]


class Lab:
    def __init__(self, client, guest, scratch, lock):
        self.client_path = client
        self.guest = guest
        self.here = Here(scratch)
        self.scratch = scratch
        self.lock = lock
        self.cert = scratch / "cert.pem"
        self.key = scratch / "key.pem"
        self.running = []
        self._make_certificate()
        self._prepare_guest()

    def _make_certificate(self):
        names = ",".join(f"IP:{address}" for address in (vm.HOST, vm.GUEST, GUEST_INNER))
        vm.run("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30",
               "-subj", "/CN=peers", "-addext", f"subjectAltName={names}",
               "-addext", "extendedKeyUsage=serverAuth", "-keyout", self.key, "-out", self.cert)

    def _prepare_guest(self):
        guest = self.guest
        # The guest checks the certificate too: its clock must not be behind the one that dated it.
        guest.run("date", "--set", f"@{time.time()}")
        for source in (self.cert, self.key):
            guest.write(f"/run/{source.name}", source.read_text())
        secrets = "".join(f'{name} * "{PASSWORD}" *\n' for name in (USER, f"OFFICE\\\\{USER}"))
        for file in ("chap-secrets", "pap-secrets"):
            guest.write(f"/etc/ppp/{file}", secrets)
        guest.run("sh", "-ec", f"""
            mkdir -p /run/sstpc
            ip netns add peer
            ip link add outer type veth peer name inner netns peer
            ip address add {GUEST_INNER}/24 dev outer
            ip link set outer up
            ip -n peer address add {PEER_INNER}/24 dev inner
            ip -n peer link set inner up
            ip -n peer link set lo up
            tc qdisc add dev eth0 root netem delay {DELAY}
            tc qdisc add dev outer root netem delay {DELAY}""")

    # -- processes of a test; all are ended with it ----------------------------------------------------------

    def start(self, place, name, *argv):
        process = place.start(name, *argv)
        self.running.append(process)
        return process

    def end_test(self, test):
        """Ends what the test left running and files every process's output."""
        for process in reversed(self.running):
            process.end()
        for number, process in enumerate(self.running):
            log = self.scratch / f"{test}.{number}-{process.name}.log"
            log.write_text(f"{process.output()}\n[ended: {process.status}]\n")
        self.running.clear()

    # -- the two servers -------------------------------------------------------------------------------------

    def front(self, *pppd, options=()):
        """front.py in the guest, waiting for its one connection; pppd serves PPPD_REMOTE behind it."""
        process = self.start(self.guest, "front", "/usr/bin/python3", vm.HERE / "front.py",
                             "--cert", "/run/cert.pem", "--key", "/run/key.pem", "--password", PASSWORD,
                             *options, "--", f"{PPPD_LOCAL}:{PPPD_REMOTE}", "nodefaultroute", *pppd)
        process.wait_line("^listening$")
        return process

    def server(self, *options, program=vm.HERE.parent / "server/sstp-server"):
        """Our test server in the host's namespace, its journal as its output."""
        process = self.start(self.here, "server", program, "--listen", f"{vm.HOST}:443",
                             "--cert", self.cert, "--key", self.key, "--user", f"{USER}:{PASSWORD}",
                             "--tun", "server", "--local", SERVER_LOCAL, "--remote", SERVER_REMOTE, *options)
        process.wait_line(event("listening"))
        return process

    # -- the client under test -------------------------------------------------------------------------------

    def require_client(self):
        if not os.access(self.client_path, os.X_OK):
            raise Failure(f"there is no client at {self.client_path}: "
                          "`cmake --preset release && cmake --build --preset release`, or set SSTPTUN")

    def client(self, place, server, *options, password=PASSWORD, user=USER):
        self.require_client()
        password_file, cafile = ("/run/password", "/run/cert.pem") if place is self.guest else \
            (self.scratch / "password", self.cert)
        place.write(password_file, password + "\n")
        return self.start(place, "sstptun", self.client_path, "--verbose", "--no-reconnect",
                          "--interface", INTERFACE, "--cafile", cafile, "--user", user,
                          "--password-file", password_file, *options, server)

    @staticmethod
    def wait_address(place, client, address, interface=INTERFACE):
        """Waits until the client has given its interface this address; returns what `ip` knows of it."""
        def found():
            if client.status is not None:
                client.wait_line("(?!)")  # raises, with the client's last words
            shown = place.run("ip", "-j", "address", "show", "dev", interface, check=False)
            if shown.status == 0:
                for link in json.loads(shown.output()):
                    if any(info.get("local") == address for info in link.get("addr_info", ())):
                        return link
            return None

        return wait_until(f"{address} on {interface}", found)

    @staticmethod
    def peer(link):
        """The far end of a point-to-point interface, by IPv4."""
        return next(info["address"] for info in link["addr_info"] if "address" in info)

    @staticmethod
    def ping(place, target, *options, count=3, within=()):
        place.run(*within, "ping", "-n", "-i", "0.2", "-c", count, "-W", "10", *options, target)

    @staticmethod
    def stop(client):
        """A user's Ctrl-C: asked to end, it ends well."""
        client.signal(signal.SIGTERM)
        client.expect_exit(0)

    # -- what a client may leave behind: nothing -------------------------------------------------------------

    @staticmethod
    def traces(place):
        """Everything that a client could change on the network of a place."""
        commands = (("ip", "-o", "link"), ("ip", "-o", "address"), ("ip", "route", "show", "table", "all"),
                    ("ip", "-6", "route", "show", "table", "all"), ("ip", "rule"), ("ip", "-6", "rule"))
        return {shlex.join(command): set(place.run(*command).lines) for command in commands}

    def expect_traces(self, place, before):
        for command, lines in self.traces(place).items():
            if lines != before[command]:
                raise Failure(f"`{command}` differs from before: {sorted(lines ^ before[command])}")
