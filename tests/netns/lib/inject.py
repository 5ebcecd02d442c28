# SPDX-License-Identifier: GPL-2.0-or-later
"""Code put into a running process at the place where it waits: what an exploit in one of its parsers would be. It runs
as soon as the process has something to do. x86-64 only, like everything that knows machine code."""

import os
import struct

from . import watch
from .world import Failed, check, until

CRASH = b"\x0f\x0b"             # ud2: SIGILL
SPIN = b"\xeb\xfe"              # jmp to itself
SYSCALLS = {"read": 0, "write": 1, "open": 2, "mprotect": 10, "ioctl": 16, "socket": 41, "connect": 42, "clone": 56,
            "fork": 57, "execve": 59, "kill": 62, "fcntl": 72, "ptrace": 101, "prctl": 157, "mount": 165, "openat": 257,
            "unshare": 272, "memfd_create": 319, "bpf": 321, "io_uring_setup": 425, "pidfd_open": 434, "clone3": 435}
# mov $..., %rdi, %rsi, %rdx, %r10, %r8, %r9
REGISTERS = (b"\x48\xbf", b"\x48\xbe", b"\x48\xba", b"\x49\xba", b"\x49\xb8", b"\x49\xb9")


def call(name, *arguments):
    """A system call with these arguments, then an endless loop: a process that survives it is seen to."""
    code = b"".join(head + struct.pack("<Q", value & (1 << 64) - 1) for head, value in zip(REGISTERS, arguments))
    return code + b"\xb8" + struct.pack("<L", SYSCALLS[name]) + b"\x0f\x05" + SPIN


def waits_at(pid):
    """Where a process that waits in a system call will go on; None while it runs."""
    words = watch.read(pid, "syscall").split()
    return int(words[-1], 16) if len(words) > 2 else None


def put(pid, code):
    check(os.uname().machine == "x86_64", "this test knows x86-64 only")
    at = until("the process waits", lambda: waits_at(pid))
    memory = os.open(f"/proc/{pid}/mem", os.O_WRONLY)
    try:
        if os.pwrite(memory, code, at) != len(code):
            raise Failed("the code could not be written")
    finally:
        os.close(memory)
