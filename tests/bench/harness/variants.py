# SPDX-License-Identifier: GPL-2.0-or-later
"""The clients that are compared.  Each is a context manager: inside it, the tunnel is up."""

import functools
import os
import subprocess

from .link import CLIENT, SERVER
from .proc import Process, listens, run, until

USER, PASSWORD, MTU = "alice", "correct horse", 1400


class Variant:
    """name: in tables; title: in words; peer: the server's address inside the tunnel; own: the client's."""
    name = title = peer = own = device = ""
    port = 443

    def __init__(self, world):
        self.world, self.folder, self.server, self.client = world, world.folder, None, None

    @property
    def pid(self):
        self.client.need()
        return self.client.pid

    def start_server(self):
        raise NotImplementedError

    def start_client(self):
        raise NotImplementedError

    def server_ready(self):
        return listens(self.server.pid, self.port)

    def answers(self):
        return self.client.need() and run("cli", "ping", "-c1", "-W1", self.peer, good=False).returncode == 0

    def serve(self):
        self.server = self.start_server()
        until(f"{self.name}'s server listens", lambda: self.server.need() and self.server_ready())

    def connect(self):
        self.client = self.start_client()
        until(f"{self.name} is connected", self.answers, 30)

    def hang_up(self):
        if self.client:
            self.client.end()
            until(f"{self.device} is gone", lambda: run("cli", "ip", "link", "show", self.device,
                                                        good=False).returncode != 0)

    def __enter__(self):
        try:
            self.serve()
            self.connect()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for each in (self.client, self.server):
            if each:
                each.end()


class Sstptun(Variant):
    name, title, device = "sstptun", "sstptun", "bench0"
    peer, own = "10.9.0.1", "10.9.0.2"
    server_options = ()
    congestion = None               # of the client's socket; None: as everything else outside

    @property
    def binary(self):
        return self.world.sstptun

    @functools.cached_property
    def help(self):
        return subprocess.run([self.binary, "--help"], capture_output=True, text=True, check=False).stdout

    def client_options(self):
        """Options of later versions are used where there are any."""
        return ["--congestion", self.congestion or self.world.outer] if "--congestion" in self.help else []

    def command(self, device, password, *options):
        return [self.binary, "--user", USER, "--password-file", password, "--no-system-trust",
                "--cafile", self.world.pki / "root.pem", "--interface", device, "--mtu", MTU,
                *self.client_options(), *options, SERVER]

    def start_server(self, *options):
        ready = self.folder / "server.ready"
        ready.unlink(missing_ok=True)
        self.server_ready = ready.exists
        return Process(self.folder, "sstp_server", "srv", self.world.program("sstp_server"),
                       "--listen", f"{SERVER}:443", "--cert", self.world.pki / "address.pem",
                       "--key", self.world.pki / "address.key", "--user", f"{USER}:{PASSWORD}", "--mtu", MTU,
                       "--ready", ready, *self.world.server_options, *self.server_options, *options)

    def start_client(self):
        return Process(self.folder, "sstptun", "cli", *self.command(self.device, self.world.password))


class SstptunRecords(Sstptun):
    name, title = "records", "sstptun, server sends a TLS record per packet"
    server_options = ("--records", "packet")


class SstptunBbr(Sstptun):
    name, title, congestion = "bbr", "sstptun --congestion bbr", "bbr"


class SstptunPlain(Sstptun):
    name, title = "plain", "sstptun --no-offload"

    def client_options(self):
        return super().client_options() + (["--no-offload"] if "--no-offload" in self.help else [])

    def __init__(self, world):
        super().__init__(world)
        if "--no-offload" not in self.help:
            self.title = "sstptun (this one has no --no-offload yet: the same)"


class OpenVpn(Variant):
    name, title, device, port = "openvpn", "openvpn 2.6, TCP", "bench0", 1194
    peer, own = "10.10.0.1", "10.10.0.2"

    def _common(self, leaf):
        pki = self.world.pki
        return ["openvpn", "--dev-type", "tun", "--topology", "subnet", "--tun-mtu", MTU, "--ca", pki / "root.pem",
                "--cert", pki / f"{leaf}.pem", "--key", pki / f"{leaf}.key", "--data-ciphers", "AES-256-GCM",
                "--disable-dco", "--persist-tun", "--verb", "1", "--auth-nocache", "--socket-flags", "TCP_NODELAY"]

    def start_server(self):
        return Process(self.folder, "openvpn-server", "srv", *self._common("address"), "--dev", "ovs0",
                       "--proto", "tcp-server", "--local", SERVER, "--port", self.port, "--dh", "none",
                       "--server", "10.10.0.0", "255.255.255.0", "--keepalive", "10", "60")

    def start_client(self):
        return Process(self.folder, "openvpn", "cli", *self._common("client-eku"), "--dev", self.device, "--client",
                       "--proto", "tcp-client", "--remote", SERVER, self.port, "--nobind")


class OpenConnect(Variant):
    name, title, device = "openconnect", "openconnect + ocserv, TLS only", "bench0"
    peer, own = "10.11.0.1", ""

    def start_server(self):
        secret, config = self.folder / "ocserv.passwd", self.folder / "ocserv.conf"
        secret.unlink(missing_ok=True)
        run("srv", "ocpasswd", "-c", secret, USER, input=f"{PASSWORD}\n{PASSWORD}\n")
        config.write_text(f"""auth = "plain[passwd={secret}]"
listen-host = {SERVER}
tcp-port = {self.port}
run-as-user = root
run-as-group = root
socket-file = {self.folder}/ocserv.sock
server-cert = {self.world.pki}/address.pem
server-key = {self.world.pki}/address.key
isolate-workers = false
max-clients = 4
max-same-clients = 4
try-mtu-discovery = false
tls-priorities = "NORMAL:%SERVER_PRECEDENCE"
auth-timeout = 60
use-occtl = false
pid-file = {self.folder}/ocserv.pid
device = ocs
ipv4-network = 10.11.0.0
ipv4-netmask = 255.255.255.0
mtu = {MTU}
""")
        return Process(self.folder, "ocserv", "srv", "ocserv", "--foreground", "--config", config)

    def start_client(self):
        script = self.folder / "vpnc-script"
        script.write_text(f"""#!/bin/sh
[ "$reason" = connect ] || exit 0
ip link set "$TUNDEV" up mtu {MTU}
ip address add "$INTERNAL_IP4_ADDRESS" peer {self.peer} dev "$TUNDEV"
""")
        script.chmod(0o755)
        return Process(self.folder, "openconnect", "cli", "openconnect", "--protocol=anyconnect", "--no-dtls",
                       "--disable-ipv6", "--non-inter", "--user", USER, "--passwd-on-stdin", "--cafile",
                       self.world.pki / "root.pem", "--script", script, "--interface", self.device, "--mtu", MTU,
                       SERVER, stdin=PASSWORD + "\n")

    def connect(self):
        super().connect()
        line = run("cli", "ip", "-o", "-4", "address", "show", "dev", self.device).stdout
        self.own = line.split(" inet ")[1].split()[0].split("/")[0]


class Direct(Variant):
    """No tunnel: what the link itself gives."""
    name, title, device, peer, own = "none", "no tunnel", "c0", SERVER, CLIENT
    pid = None

    def __enter__(self):
        return self

    def connect(self):
        pass


class Pump(Variant):
    """Not a tunnel: the TLS stream alone, in full records."""
    name, title = "pump", "plain wolfSSL stream, no tunnel"

    def start_server(self):
        ready = self.folder / "pump.ready"
        ready.unlink(missing_ok=True)
        self.server_ready = ready.exists
        return Process(self.folder, "pump-server", "srv", self.world.program("pump"), "server", "--listen",
                       f"{SERVER}:443", "--cert", self.world.pki / "address.pem", "--key",
                       self.world.pki / "address.key", "--ready", ready)

    def connect(self):
        pass

    def start(self, direction, amount):
        return Process(self.folder, "pump", "cli", self.world.program("pump"), "client", direction,
                       f"{SERVER}:443", amount, self.world.pki / "root.pem")


def also(text):
    """Another client binary, as NAME=PROGRAM[,CONGESTION]."""
    name, _, rest = text.partition("=")
    program, _, congestion = rest.partition(",")
    program = os.path.abspath(program)
    if not name or not os.access(program, os.X_OK):
        raise ValueError(f"{text}: NAME=PROGRAM[,CONGESTION], and the program must be there")
    ALL[name] = type(name, (Sstptun,), {"name": name, "title": f"another sstptun: {rest}", "binary": program,
                                        "congestion": congestion or None})
    return name


TUNNELS = (Sstptun, SstptunRecords, SstptunPlain, OpenVpn, OpenConnect)
ALL = {each.name: each for each in (*TUNNELS, SstptunBbr, Pump, Direct)}
