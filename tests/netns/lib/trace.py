# SPDX-License-Identifier: GPL-2.0-or-later
"""The sandbox's table against what the processes do: from strace's files to the rows that were used, and calls that no
row allows.  Only what comes after a process's own filter counts; it is told by its call of seccomp(2)."""

import collections
import pathlib
import re
import shutil
import subprocess

# -DDD: the tracer is nobody's parent; -ff: a file for each process; raw: every argument a number.
STRACE = ("strace", "-DDD", "-ff", "-q", "-s", "0", "-e", "raw=all", "-e", "signal=none", "-o")
CALL = re.compile(r"^(\w+)\(([^)]*)\)\s+= (\S+)")
OPEN_CALL = re.compile(r"^(\w+)\(([^)]*)(?:\)| <unfinished)")
SET_MODE_FILTER, PR_SET_SECCOMP = 1, 22

# Rows that no conversation of these tests can need, and why; by role, call and, where it has several rows, its words.
# Every other row must be seen in use.
NEWER_MUSL = "musl from 1.2.4 on asks by TCP after a truncated answer"
RECORDS = "malloc's own records, when their page is full: how many blocks that takes is the library's affair"
RARE = {
    ("worker", "clock_gettime"): "the vDSO answers, but for machines whose clock it cannot read",
    ("resolver", "clock_gettime"): "the same",
    ("worker", "rt_sigprocmask"): "abort",
    ("worker", "tkill"): "abort",
    ("resolver", "rt_sigprocmask"): "abort",
    ("resolver", "tkill"): "abort",
    ("resolver", "madvise"): "free() of a large answer",
    ("resolver", "restart_syscall"): "after a stop and a continuation",
    ("worker", "brk"): RECORDS,
    ("worker", "mmap", "prot = PROT_NONE, flags = MAP_PRIVATE + MAP_ANONYMOUS + MAP_FIXED"): RECORDS,
    ("worker", "mprotect"): RECORDS,
    ("resolver", "brk"): RECORDS,
    ("resolver", "mmap", "prot without PROT_EXEC, flags = MAP_PRIVATE + MAP_ANONYMOUS"): RECORDS,
    ("resolver", "mmap", "prot = PROT_NONE, flags = MAP_PRIVATE + MAP_ANONYMOUS + MAP_FIXED"): RECORDS,
    ("resolver", "mprotect"): RECORDS,
    ("resolver", "socket", "AF_INET, SOCK_STREAM + SOCK_NONBLOCK, protocol 0"): NEWER_MUSL,
    ("resolver", "socket", "AF_INET6, SOCK_STREAM + SOCK_NONBLOCK, protocol 0"): NEWER_MUSL,
    ("resolver", "setsockopt", "IPPROTO_TCP, TCP_FASTOPEN_CONNECT"): NEWER_MUSL,
    ("resolver", "sendmsg"): NEWER_MUSL,
    ("resolver", "recvmsg"): NEWER_MUSL,
}

Row = collections.namedtuple("Row", "role name conditions words reason")


def table(binary):
    """The rows, from the test's program."""
    done = subprocess.run([binary, "--policy"], capture_output=True, text=True, check=True)
    rows = []
    for line in done.stdout.splitlines():
        head, words, reason = line.split(" | ", 2)
        role, name, conditions = head.split()
        conditions = () if conditions == "-" else tuple(
            (each[0], *(int(number, 0) for number in each[1:].split(":"))) for each in conditions.split(","))
        rows.append(Row(role, name, conditions, words, reason))
    return rows


def matches(row, arguments, pid):
    for test, index, value in row.conditions:
        got = arguments[index]
        if (test == "=" and got != value) or (test == "~" and got & value) or (test == "@" and got != pid):
            return False
    return True


def number(text):
    """An argument; a pointer or the like is one, too."""
    try:
        return int(text, 0)
    except ValueError:
        return -1


def confined_calls(path):
    """(role, [(name, arguments)], died of SIGSYS) of one process; role None: it was never confined."""
    calls, confined, session, killed = [], False, False, False
    with open(path, encoding="ascii", errors="replace") as file:
        for line in file:
            found = OPEN_CALL.match(line)
            if not found:
                killed |= confined and "killed by SIGSYS" in line
                continue
            arguments = [number(each) for each in found[2].split(", ") if each]
            if confined:
                calls.append((found[1], arguments))
            elif found[1] == "setsid":
                session = True              # the worker leaves the terminal, the resolver does not
            elif (found[1] == "seccomp" and arguments[0] == SET_MODE_FILTER and arguments[2]
                  or found[1] == "prctl" and arguments[0] == PR_SET_SECCOMP):
                confined = line.rstrip().endswith("= 0")
    return ("worker" if session else "resolver") if confined else None, calls, killed


class Use:
    """How often each row was needed, by all the files that were added."""

    def __init__(self, rows):
        self.rows, self.count = rows, collections.Counter()
        self.processes, self.foreign = collections.Counter(), collections.Counter()

    def add(self, path):
        path = pathlib.Path(path)
        role, calls, killed = confined_calls(path)
        if not role:
            return
        self.processes[role] += 1
        pid = int(path.suffix[1:])
        for (name, arguments), often in collections.Counter((n, tuple(a)) for n, a in calls).items():
            fitting = [row for row in self.rows if row.role == role and row.name == name
                       and matches(row, arguments, pid)]
            for row in fitting:
                self.count[row] += often
            if not fitting:
                self.foreign[f"{role}: {name}({', '.join(map(hex, arguments))})"] += often
        if killed:
            self.foreign[f"{role}: killed by SIGSYS"] += 1

    def unused(self):
        return [row for row in self.rows if not self.count[row]]

    def excuses_for_nothing(self):
        """Keys of RARE that do not name one row."""
        return [key for key in RARE if 1 != sum(
            (row.role, row.name) == key[:2] and key[2:] in ((), (row.words,)) for row in self.rows)]

    def groundless(self):
        """Unused rows that nothing here speaks for."""
        return [row for row in self.unused()
                if (row.role, row.name) not in RARE and (row.role, row.name, row.words) not in RARE]


def missing():
    return not shutil.which("strace")
