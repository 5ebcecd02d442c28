# SPDX-License-Identifier: GPL-2.0-or-later
"""What the host has or lacks: rights, devices, a writable root, any root at all."""

import pathlib
import shutil
import signal
import subprocess

from lib import cage, peers
from lib.scenario import scenario
from lib.world import INTERNET4, NAME, PEER4, RA_PREFIX, SERVER4, check, until

NO_RIGHTS = ("setpriv", "--bounding-set", "-all", "--inh-caps", "-all")
ONLY_NET_ADMIN = ("setpriv", "--bounding-set", "-all,+net_admin", "--inh-caps", "-all")


@scenario("not-permitted")
def not_permitted(scene):
    peer = scene.server()
    scene.client(prefix=NO_RIGHTS).ends(3, "NET_ADMIN")
    peer.never("tcp")


@scenario("no-tun")
def no_tun(scene):
    """Neither device file nor module."""
    peer = scene.server()
    cage.mount("tmpfs", "/dev/net", "tmpfs")
    scene.client().ends(4, "tun")
    peer.never("tcp")


def read_only(*words):
    """A command prefix: words run where the root, /run and /proc/sys are read-only."""
    script = ("for each in / /etc /var /run; do mount -n -o remount,bind,ro $each || exit 99; done; "
              "mount -n --bind /proc/sys /proc/sys && mount -n -o remount,bind,ro /proc/sys && "
              'exec "$@"')
    return ("unshare", "--mount", "sh", "-c", script, "sh", *words)


@scenario("container")
def container(scene):
    """What a container has: NET_ADMIN alone, nothing writable, no /proc/sys; all features work."""
    peer = scene.server("--ra-prefix", RA_PREFIX)
    client = scene.client("--default-route", "--route", "172.16.0.0/12", prefix=read_only(*ONLY_NET_ADMIN))
    link = scene.up(client, peer)
    scene.ping(INTERNET4)
    scene.ping_inside("2001:db8:77::1")
    check(scene.route(INTERNET4) == link["ifname"], "no default route in the container")
    writable = pathlib.Path(f"/proc/{client.pid}/root/run/probe")
    try:
        writable.touch()
        raise AssertionError("the container's /run is writable: the scenario proves nothing")
    except OSError:
        pass
    client.end()


@scenario("container-killed")
def container_killed(scene):
    """Without a writable /run the next start still finds what a killed one left."""
    peer = scene.server()
    client = scene.client("--default-route", prefix=read_only(*ONLY_NET_ADMIN))
    scene.up(client, peer)
    client.signal(signal.SIGKILL)
    client.wait()
    peer.saw("ended")
    later = scene.client("--default-route", prefix=read_only(*ONLY_NET_ADMIN))
    until("the second tunnel is up", lambda: len(peer.events("ipcp-up")) == 2 and scene.interface())
    later.end()


def empty_root(scene):
    """A root with the binary, two devices, three files, and nothing else."""
    root = scene.folder / "root"
    for folder in ("dev/net", "etc"):
        (root / folder).mkdir(parents=True)
    for device in ("dev/net/tun", "dev/urandom"):
        (root / device).touch()
        cage.mount("/" + device, str(root / device), flags=cage.MS_BIND)
    (root / "etc/resolv.conf").write_text(f"nameserver {SERVER4}\n")
    (root / "etc/hosts").write_text("127.0.0.1 localhost\n")
    shutil.copy(scene.pki / "root.pem", root / "ca.pem")
    shutil.copy(scene.binary, root / "sstptun")
    return root


@scenario("empty-root")
def chroot(scene):
    """The binary alone, name resolution included."""
    root = empty_root(scene)
    scene.dns({NAME: [SERVER4]})
    peer = scene.server("--expect-sni", NAME, "--ra-prefix", RA_PREFIX)
    with subprocess.Popen(["echo", peers.PASSWORD], stdout=subprocess.PIPE) as echo:
        client = scene.raw_client("/sstptun", "--user", peers.USER, "--passwd-on-stdin", "--cafile", "/ca.pem",
                                  NAME, prefix=("chroot", str(root)), stdin=echo.stdout)
    scene.up(client, peer)
    scene.ping(PEER4)
    client.end()
    check(sorted(each.name for each in root.iterdir()) == ["ca.pem", "dev", "etc", "sstptun"], "it wrote to the root")


@scenario("empty-root-no-store")
def chroot_without_store(scene):
    """No trust store anywhere: 9, and the options that help are named."""
    root = empty_root(scene)
    scene.dns({NAME: [SERVER4]})
    scene.server()
    with subprocess.Popen(["echo", peers.PASSWORD], stdout=subprocess.PIPE) as echo:
        client = scene.raw_client("/sstptun", "--user", peers.USER, "--passwd-on-stdin", NAME,
                                  prefix=("chroot", str(root)), stdin=echo.stdout)
    client.ends(9, "--cafile")
