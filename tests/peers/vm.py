# SPDX-License-Identifier: GPL-2.0-or-later
"""Debian's stock kernel in QEMU, on the host's own root file system.

The kernel package is downloaded and unpacked, not installed, and kept for the next run. Emulation in software
only: it works on every machine in the same way, and what is tested here is behaviour, not speed.
"""

import os
import pathlib
import re
import shlex
import shutil
import socket
import subprocess

from proc import Failure, Local, Remote, wait_until

HOST = "198.51.100.1"
GUEST = "198.51.100.2"
READY_PORT = 7000
AGENT_PORT = 7001
BOOT_DEADLINE_S = 300

HERE = pathlib.Path(__file__).resolve().parent

# For the 9p root and the network; what they depend on, modprobe knows.
BOOT_MODULES = ["virtio_pci", "9pnet_virtio", "9p", "overlay", "virtio_net"]


def run(*argv, **kwargs):
    """Runs a command of the set-up to its end and returns what it printed."""
    done = subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          errors="replace", **kwargs)
    if done.returncode != 0:
        raise Failure(f"`{shlex.join(map(str, argv))}` failed ({done.returncode}): {done.stdout.strip()}")
    return done.stdout


class Kernel:
    """The unpacked kernel package, in `cache`/kernel."""

    def __init__(self, cache):
        self.folder = cache / "kernel"
        if not self.folder.is_dir():
            self._fetch(cache / "kernel.new")
        self.modules = next((self.folder / "lib/modules").iterdir())
        self.version = self.modules.name
        self.image = self.folder / f"boot/vmlinuz-{self.version}"

    def _fetch(self, new):
        # Into a neighbour, renamed when whole: a run that was killed here leaves no half of a kernel.
        shutil.rmtree(new, ignore_errors=True)
        new.mkdir(parents=True)
        depends = run("apt-cache", "show", "--no-all-versions", "linux-image-amd64")
        package = re.search(r"^Depends: (linux-image-\S+)", depends, re.M)
        if not package:
            raise Failure("apt knows no linux-image-amd64; `apt-get update` first?")
        run("apt-get", "-o", "APT::Sandbox::User=root", "download", package[1], cwd=new)
        (deb,) = new.glob("*.deb")
        run("dpkg", "-x", deb, new)
        deb.unlink()
        run("depmod", "-b", new, next((new / "lib/modules").iterdir()).name)
        new.rename(self.folder)

    def module_files(self, names):
        """The .ko files of `names` and of what they need, in the order to insert them."""
        files = []
        for name in names:
            shown = run("modprobe", "-d", self.folder, "-S", self.version, "--show-depends", name)
            for path in re.findall(r"^insmod (\S+)", shown, re.M):
                if path not in files:
                    files.append(path)
        return files


def make_initramfs(kernel, target):
    """busybox, the modules the root needs, guest_init.sh and what it has to know."""
    tree = target.with_suffix(".tree")
    for folder in ("bin", "modules", "proc", "sys", "dev", "over", "root"):
        (tree / folder).mkdir(parents=True)
    busybox = shutil.which("busybox")
    shutil.copy(busybox, tree / "bin/busybox")
    for applet in ("sh", "mount", "mkdir", "insmod", "cp", "switch_root"):
        (tree / "bin" / applet).symlink_to("busybox")
    modules = kernel.module_files(BOOT_MODULES)
    for module in modules:
        shutil.copy(module, tree / "modules")
    (tree / "modules.order").write_text("".join(os.path.basename(module) + "\n" for module in modules))
    shutil.copy(HERE / "guest_init.sh", tree / "init")
    (tree / "init").chmod(0o755)
    conf = dict(KERNEL=kernel.version, MODULES=kernel.modules, HERE=HERE, GUEST=GUEST, HOST=HOST,
                AGENT_PORT=AGENT_PORT, READY_PORT=READY_PORT)
    (tree / "conf").write_text("".join(f"{name}={shlex.quote(str(value))}\n" for name, value in conf.items()))
    run("sh", "-c", 'cd "$0" && find . | cpio --quiet -o -H newc >"$1"', tree, target)
    shutil.rmtree(tree)


class Guest:
    """The machine. Its commands run as root; files of the host are there read-only under the same paths."""

    def __init__(self, kernel, scratch):
        self.console = scratch / "console.log"
        self._make_network()
        make_initramfs(kernel, scratch / "initramfs")
        with socket.create_server((HOST, READY_PORT)) as ready:
            self._qemu = Local("qemu", self._command(kernel, scratch / "initramfs"))
            self._wait_ready(ready)

    @staticmethod
    def _make_network():
        run("ip", "link", "set", "lo", "up")
        run("ip", "tuntap", "add", "dev", "vm", "mode", "tap")
        run("ip", "address", "add", f"{HOST}/24", "dev", "vm")
        run("ip", "link", "set", "vm", "up")

    def _command(self, kernel, initramfs):
        # Not the leaner microvm: without HPET and ACPI timer its clock stops in one boot of four on a busy
        # host.
        return ["qemu-system-x86_64", "-M", "q35", "-accel", "tcg,thread=multi", "-cpu", "max",
                "-smp", str(min(2, os.cpu_count())), "-m", "1024", "-nodefaults", "-no-user-config",
                "-display", "none", "-no-reboot", "-serial", f"file:{self.console}",
                "-kernel", str(kernel.image), "-initrd", str(initramfs),
                "-append", "console=ttyS0 quiet panic=-1 mitigations=off",
                "-virtfs", "local,path=/,mount_tag=host,security_model=none,readonly=on,multidevs=remap",
                "-netdev", "tap,id=net,ifname=vm,script=no,downscript=no",
                "-device", "virtio-net-pci,netdev=net,romfile="]

    def _wait_ready(self, listener):
        listener.setblocking(False)

        def ready():
            if self._qemu.status is not None:
                raise Failure(f"the guest ended while booting: {self._qemu.output()} {self.console_tail()}")
            try:
                listener.accept()[0].close()
                return True
            except BlockingIOError:
                return False

        try:
            wait_until("the guest to boot", ready, BOOT_DEADLINE_S)
        except Failure as failure:
            raise Failure(f"{failure}{self.console_tail()}") from None

    def console_tail(self):
        lines = self.console.read_text(errors="replace").splitlines() if self.console.exists() else []
        return "".join(f"\n    console| {line}" for line in lines[-15:])

    def start(self, name, *argv, stdin=""):
        return Remote(name, (GUEST, AGENT_PORT), [str(arg) for arg in argv], stdin)

    def run(self, *argv, stdin="", check=True):
        """Runs a command in the guest to its end; returns the Process."""
        process = self.start(argv[0], *argv, stdin=stdin)
        status = process.wait()
        if check and status != 0:
            raise Failure(
                f"in the guest, `{shlex.join(map(str, argv))}` failed ({status}): {process.output()}")
        return process

    def write(self, path, text, mode="600"):
        self.run("sh", "-c", 'umask 077; cat >"$0"; chmod "$1" "$0"', path, mode, stdin=text)

    def stop(self):
        self._qemu.end()
