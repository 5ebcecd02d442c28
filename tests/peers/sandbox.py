# SPDX-License-Identifier: GPL-2.0-or-later
"""Puts the rest of the program into PID, mount and network namespaces of its own.

That is also the clean-up: none of the namespaces has a name, so when their first process ends (by itself, by
a signal, with the terminal, or killed together with its parent) the kernel kills what is left in them and
takes back the interfaces. Nothing has to be remembered, so nothing can be forgotten.
"""

import ctypes
import os
import signal
import sys

CLONE_NEWNS = 0x00020000
CLONE_NEWPID = 0x20000000
CLONE_NEWNET = 0x40000000
PR_SET_PDEATHSIG = 1
MS_REC_PRIVATE = 0x4000 | 0x40000

_libc = ctypes.CDLL(None, use_errno=True)


def _check(result, what):
    if result != 0:
        raise OSError(ctypes.get_errno(), f"{what}: {os.strerror(ctypes.get_errno())}")


def _mount(source, target, fstype, flags=0):
    _check(_libc.mount(source, target, fstype, ctypes.c_ulong(flags), None), f"mount {target.decode()}")


def _stop(number, _frame):
    raise SystemExit(128 + number)


def _be_first_process(parent_lives):
    _check(_libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL), "prctl")
    if os.read(parent_lives, 1) != b"+":  # it died before the line above could see it
        os._exit(1)
    os.close(parent_lives)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, _stop)
    _mount(b"none", b"/", None, MS_REC_PRIVATE)
    _mount(b"proc", b"/proc", b"proc")
    _mount(b"tmpfs", b"/run", b"tmpfs")


def enter():
    """Returns in the first process of the new namespaces.

    The caller's own process stays outside, passes signals in and the exit status out.
    """
    _check(_libc.unshare(CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWNET), "namespaces of its own (root is needed)")
    parent_lives, alive = os.pipe()
    sys.stdout.flush()
    child = os.fork()
    if child == 0:
        os.close(alive)
        _be_first_process(parent_lives)
        return
    os.close(parent_lives)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda got, _frame: os.kill(child, got))
    os.write(alive, b"+")
    _, status = os.waitpid(child, 0)
    os._exit(os.waitstatus_to_exitcode(status) & 0xFF)
