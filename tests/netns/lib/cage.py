# SPDX-License-Identifier: GPL-2.0-or-later
"""Isolation that cleans up after itself, whatever happens to us.

A cage is a process that is number 1 of a PID namespace of its own, in a mount namespace of its own,
and that the kernel kills when its parent dies.  When number 1 dies the kernel kills everything else
in the PID namespace; with the last process go the mounts, the named network namespaces in them and
every link in those.  So even SIGKILL for the runner leaves nothing behind, and nobody has to watch.
"""

import contextlib
import ctypes
import os
import signal
import sys
import traceback

_libc = ctypes.CDLL(None, use_errno=True)

CLONE_NEWNS, CLONE_NEWPID = 0x00020000, 0x20000000
MS_RDONLY, MS_REMOUNT, MS_BIND, MS_REC, MS_PRIVATE = 1, 32, 4096, 16384, 1 << 18
PR_SET_PDEATHSIG = 1

SHARED = "/run/sstptun-tests"       # what the runner and all its scenarios see

# All of /etc that a scenario has: these files by copy, these folders by bind mount. The host's own
# may change at any time under our feet; and what a scenario changes must not reach the host.
ETC_FILES = ("hosts", "host.conf", "resolv.conf", "nsswitch.conf", "passwd", "group", "ld.so.cache", "ld.so.conf")
ETC_FOLDERS = ("ssl", "iproute2", "alternatives", "ld.so.conf.d")


def _call(name, *arguments):
    if getattr(_libc, name)(*arguments) != 0:
        error = ctypes.get_errno()
        raise OSError(error, f"{name}: {os.strerror(error)}")


def mount(source, target, kind="none", flags=0, data=None):
    words = [text.encode() if text is not None else None for text in (source, target, kind, data)]
    _call("mount", *words[:3], ctypes.c_ulong(flags), words[3])


def die_with_parent():
    _call("prctl", PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def _private_etc():
    """The short /etc, /var with nothing in it."""
    texts = {}
    for name in ETC_FILES:
        with contextlib.suppress(FileNotFoundError), open(f"/etc/{name}", "rb") as file:
            texts[name] = file.read()
    texts.setdefault("resolv.conf", b"")
    folders = {name: os.open(f"/etc/{name}", os.O_PATH) for name in ETC_FOLDERS if os.path.isdir(f"/etc/{name}")}
    mount("tmpfs", "/etc", "tmpfs", data="mode=755")
    mount("tmpfs", "/var", "tmpfs", data="mode=755")
    for name, text in texts.items():
        with open(f"/etc/{name}", "wb") as file:
            file.write(text)
    for name, folder in folders.items():
        os.mkdir(f"/etc/{name}")
        mount(f"/proc/self/fd/{folder}", f"/etc/{name}", flags=MS_BIND)
        os.close(folder)


def _private_mounts():
    """A /proc of the new PID namespace, /etc and /var of our own, an empty /run with SHARED in it."""
    mount("none", "/", flags=MS_REC | MS_PRIVATE)
    mount("proc", "/proc", "proc")
    _private_etc()
    shared = os.open(SHARED, os.O_PATH) if os.path.isdir(SHARED) else -1
    mount("tmpfs", "/run", "tmpfs", data="mode=755")
    os.mkdir("/run/netns")
    os.mkdir(SHARED)
    if shared >= 0:
        mount(f"/proc/self/fd/{shared}", SHARED, flags=MS_BIND)
        os.close(shared)


def _inside(function):
    die_with_parent()
    _private_mounts()
    return function()


def spawn(function):
    """Run function() -> exit status in a cage; returns the PID to wait for or to kill."""
    sys.stdout.flush()
    pid = os.fork()
    if pid:
        return pid
    status = 70
    with contextlib.suppress(BaseException):
        status = _middle(function)
    os._exit(status)


def _middle(function):
    """unshare(CLONE_NEWPID) takes effect for children only: hence one process in between."""
    die_with_parent()
    _call("unshare", CLONE_NEWPID | CLONE_NEWNS)
    inner = os.fork()
    if inner == 0:
        status = 70
        try:
            status = _inside(function)
        except BaseException:           # whatever it is, it must be said before the process ends
            traceback.print_exc()
        sys.stdout.flush()
        os._exit(status)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    return os.waitstatus_to_exitcode(os.waitpid(inner, 0)[1]) & 0xFF
