# SPDX-License-Identifier: GPL-2.0-or-later
"""The confined processes from outside: what the kernel says that they may do, what they hold, and what the client says
about itself where less can be had."""

import collections
import os
import pathlib
import re
import signal

from lib import inject, peers, watch
from lib.scenario import scenario
from lib.world import CLIENT4, PEER4, RA_PREFIX, SECOND4, batch, check, until

ALL = ("memory", "root", "identity", "no-new-privs", "capabilities", "not-dumpable", "limits", "landlock", "seccomp")
ONLY_NET_ADMIN = ("setpriv", "--bounding-set", "-all,+net_admin", "--inh-caps", "-all")
USER = ("setpriv", "--reuid", "1000", "--regid", "1000", "--clear-groups")
PLAIN = (*USER, "--bounding-set", "-all", "--inh-caps", "-all")
PLAIN_NET_ADMIN = (*USER, "--bounding-set", "-all,+net_admin", "--inh-caps", "-all,+net_admin",
                   "--ambient-caps", "-all,+net_admin")


def worker_of(scene, client):
    found = watch.processes(client, scene.binary)
    check(len(found) == 2, f"not one worker beside the keeper: {found}")
    return found[1]


# -- what the kernel knows ------------------------------------------------------------------------


def judge_status(pid, who, groups=True):
    """Identity, capabilities, no_new_privs, seccomp. groups: it had the right to give up its own."""
    facts = watch.status(pid)
    for name in ("Uid", "Gid"):
        numbers = set(facts[name].split())
        check(len(numbers) == 1, f"{who}: {name} is {facts[name]}")
        check(not groups or "0" not in numbers, f"{who}: {name} is root's: {facts[name]}")
    check(not groups or facts["Groups"] == "", f"{who}: it has the groups {facts['Groups']}")
    for name in ("CapInh", "CapPrm", "CapEff", "CapAmb") + (("CapBnd",) if groups else ()):
        check(int(facts[name], 16) == 0, f"{who}: {name} is {facts[name]}")
    check(facts["NoNewPrivs"] == "1", f"{who}: NoNewPrivs is {facts['NoNewPrivs']}")
    check(facts["Seccomp"] == "2", f"{who}: Seccomp is {facts['Seccomp']}")
    check(facts["Threads"] == "1", f"{who}: it has {facts['Threads']} threads")


def judge_root(pid, who):
    try:
        found = os.listdir(f"/proc/{pid}/root")
    except ProcessLookupError:          # a folder of /proc whose process has ended: nothing can be in it any more
        found = []
    check(not found, f"{who}: its root holds {found[:5]}")
    check(os.readlink(f"/proc/{pid}/root") == os.readlink(f"/proc/{pid}/cwd"), f"{who}: its working directory is "
          + os.readlink(f"/proc/{pid}/cwd"))


def limits_of(pid):
    """name -> (soft, hard)"""
    found = re.findall(r"^(Max .+?) {2,}(\S+) +(\S+)", watch.read(pid, "limits"), re.MULTILINE)
    return {name: (soft, hard) for name, soft, hard in found}


def judge_limits(pid, who):
    found = limits_of(pid)
    for name in ("Max core file size", "Max file size", "Max processes"):
        check(found[name] == ("0", "0"), f"{who}: {name} is {found[name]}")
    check(int(found["Max open files"][1]) <= 64, f"{who}: Max open files is {found['Max open files']}")
    check("unlimited" not in found["Max data size"], f"{who}: Max data size is {found['Max data size']}")


def sockets(pid):
    """inode -> kind, of all sockets in the process's network namespace."""
    kinds = {}
    for name, column in (("tcp", 9), ("tcp6", 9), ("udp", 9), ("udp6", 9), ("unix", 6), ("packet", 8), ("netlink", 9),
                         ("raw", 9), ("raw6", 9)):
        for line in watch.read(pid, f"net/{name}").splitlines()[1:]:
            kinds[line.split()[column]] = name
    return kinds


def descriptors(pid):
    """What the process holds, by kind."""
    kinds, known = collections.Counter(), sockets(pid)
    for name in os.listdir(f"/proc/{pid}/fd"):
        target = os.readlink(f"/proc/{pid}/fd/{name}")
        inode = re.fullmatch(r"socket:\[(\d+)\]", target)
        kinds[known.get(inode[1], "socket of another kind") if inode else re.sub(r":\[\d+\]", "", target)] += 1
    return kinds


# Descriptors 0 to 2 are a pipe that leads nowhere; two channels to the keeper; the loop and its clock; the device; the
# server.
HELD = {"pipe": 3, "unix": 2, "anon_inode:[eventpoll]": 1, "anon_inode:[timerfd]": 1, "/dev/net/tun": 1, "tcp": 1}


def judge_descriptors(pid, who, wanted):
    held = descriptors(pid)
    check(held == collections.Counter(wanted), f"{who}: it holds {dict(held)}, expected {wanted}")


def judge_all(scene, client, when):
    pid = worker_of(scene, client)
    who = f"the worker, {when}"
    judge_status(pid, who)
    judge_root(pid, who)
    judge_limits(pid, who)
    check(os.stat(f"/proc/{pid}/status").st_uid == 0, f"{who}: it can be dumped")
    judge_descriptors(pid, who, HELD)


@scenario("sandbox-worker")
def confined(scene):
    peer = scene.server("--ra-prefix", RA_PREFIX)
    client = scene.client("--default-route")
    scene.up(client, peer)
    scene.ping(PEER4)
    judge_all(scene, client, "up")
    client.end()


for stage in ("accept", "tls", "response"):
    @scenario(f"sandbox-worker-at-{stage}", stage=stage)
    def confined_early(scene, stage):
        """It is confined before the server has said a word."""
        peer = scene.server("--misbehave", f"silence:{stage}")
        client = scene.client()
        peer.saw("misbehave")
        until("a worker", lambda: len(watch.processes(client, scene.binary)) == 2)
        watch.idle(client, scene.binary, f"at {stage}")
        judge_all(scene, client, f"at {stage}")
        client.end()


@scenario("sandbox-resolver")
def resolver(scene):
    """Who looks names up is confined as well, but for its sockets and what it reads."""
    scene.write("/etc/resolv.conf", f"nameserver {SECOND4}\noptions timeout:10 attempts:3\n")
    batch(scene.srv, f"route add blackhole {CLIENT4}/32 table 99\nrule add from {SECOND4} lookup 99")
    client = scene.client("-v", target="nowhere.example.test")
    until("two children", lambda: len(watch.processes(client, scene.binary)) == 3)
    until("it waits for an answer", lambda: any(
        "udp" in descriptors(pid) or "udp6" in descriptors(pid) for pid in watch.processes(client, scene.binary)[1:]))
    worker, other = watch.processes(client, scene.binary)[1:]
    for pid, who, forbidden in ((worker, "the worker", {"udp", "udp6", "netlink", "packet", "raw", "raw6"}),
                                (other, "the resolver", {"/dev/net/tun", "netlink", "packet", "raw", "raw6", "tcp"})):
        judge_status(pid, who)
        held = set(descriptors(pid))
        check(not held & forbidden, f"{who} holds {held}")
    client.end()


@scenario("sandbox-hook-descriptors")
def hook_descriptors(scene):
    """A hook gets the three standard descriptors and nothing of ours."""
    hook = scene.file("hook", f"#!/bin/sh\nexec >>{scene.folder}/hook.fds\necho $1\nexec ls -l /proc/self/fd\n",
                      0o755)
    peer = scene.server()
    client = scene.client("--hook", str(hook))
    scene.up(client, peer)
    until("the up hook", lambda: "up\n" in (scene.folder / "hook.fds").read_text())
    client.end()
    found = re.findall(r" (\d+) -> (.*)", (scene.folder / "hook.fds").read_text())
    check(len(found) >= 9, f"the hooks saw {found}")
    for number, target in found:        # one of them is the folder that is listed
        check(int(number) <= 2 or target.startswith("/proc/"), f"the hook has {number} -> {target}")


# -- what it says ---------------------------------------------------------------------------------


def sentence(client):
    """(in force, missing) as the line of --verbose has them: name -> what stands in brackets behind it."""
    line = until("the line about the sandbox", lambda: next(
        (each for each in client.lines() if "sandbox: " in each), None if client.alive() else "sandbox: no line"))
    result = []
    for part in ("in force: ", "missing: "):
        text = line.partition(part)[2].partition("; missing: ")[0]
        items = re.findall(r"([a-z-]+)( \(((?:[^()]|\([^()]*\))*)\))?(?:, |$)", text)
        result.append({name: why for name, _, why in items})
    return result


@scenario("sandbox-said")
def said(scene):
    """As root on a kernel that has everything: nothing is missing, and --require-sandbox has no objection."""
    peer = scene.server()
    client = scene.client("-v", "--require-sandbox")
    scene.up(client, peer)
    force, missing = sentence(client)
    check(set(force) == set(ALL) and not missing, f"in force: {force}, missing: {missing}")
    client.end()


@scenario("sandbox-quiet")
def quiet(scene):
    """Without --verbose, no word of it."""
    peer = scene.server()
    client = scene.client()
    scene.up(client, peer)
    until("it is announced", lambda: "connected:" in client.stderr())
    check("sandbox" not in client.stderr(), client.stderr())
    client.end()


# prefix, what must be missing, what must be in force all the same
PLACES = {
    "container": (ONLY_NET_ADMIN, {"identity", "root"},
                  {"no-new-privs", "not-dumpable", "seccomp", "landlock"}),
    "plain-user": (PLAIN_NET_ADMIN, {"identity", "root"},
                   {"no-new-privs", "capabilities", "not-dumpable", "seccomp", "landlock"}),
}


def in_place(scene, prefix, *options):
    """Another user has to be able to read the password."""
    file = scene.file("open-password", peers.PASSWORD + "\n", 0o644)
    return scene.client("--password-file", str(file), *options, password=False, prefix=prefix)


for place, (words, lacks, keeps) in PLACES.items():
    @scenario(f"sandbox-{place}", words=words, lacks=lacks, keeps=keeps)
    def less(scene, words, lacks, keeps):
        """What can be done is done, the rest is said, with the reason."""
        peer = scene.server("--ra-prefix", RA_PREFIX)
        client = in_place(scene, words, "-v", "--default-route")
        scene.up(client, peer)
        scene.ping(PEER4)
        scene.ping_inside("2001:db8:77::1")
        force, missing = sentence(client)
        check(lacks <= set(missing), f"not said to be missing: {lacks - set(missing)} of {missing}")
        check(keeps <= set(force), f"not in force: {keeps - set(force)}; missing: {missing}")
        unsaid = set(ALL) - set(force) - set(missing)
        check(not unsaid, f"neither in force nor missing: {unsaid}")
        check(all(missing.values()), f"without a reason: {missing}")
        pid = worker_of(scene, client)
        judge_status(pid, "the worker", groups="identity" in force)
        judge_descriptors(pid, "the worker", HELD)
        client.end()

    @scenario(f"sandbox-{place}-required", words=words, lacks=lacks)
    def required(scene, words, lacks):
        """--require-sandbox: 3, and the missing ones are named; nobody was called."""
        peer = scene.server()
        client = in_place(scene, words, "--require-sandbox", "--quiet")
        client.ends(3, *sorted(lacks))
        check(len(client.lines()) == 1, f"not one line: {client.stderr()}")
        peer.never("tcp")


@scenario("sandbox-password-unlocked")
def password_unlocked(scene):
    """Where the password's memory cannot be locked, that is said without --verbose, and it is a missing protection."""
    prefix = ("setpriv", "--bounding-set", "-ipc_lock", "--inh-caps", "-ipc_lock",
              "sh", "-c", 'ulimit -l 0; exec "$@"', "sh")
    peer = scene.server()
    scene.client("--require-sandbox", "--quiet", prefix=prefix).ends(3, "memory (of the password", "RLIMIT_MEMLOCK")
    peer.never("tcp")
    client = scene.client(prefix=prefix)
    scene.up(client, peer)
    said = [line for line in client.lines() if "may be swapped out" in line]
    check(len(said) == 1 and "RLIMIT_MEMLOCK" in said[0], f"it says {client.stderr()}")
    client.end()


@scenario("sandbox-user")
def mere_user(scene):
    """No rights at all: 3, and which one is needed."""
    peer = scene.server()
    in_place(scene, PLAIN).ends(3, "NET_ADMIN")
    peer.never("tcp")


# -- one process without the other ------------------------------------------------------------------


# What an exploit would try first; each is to end it.
FORBIDDEN = {
    "open": ("open", 0, 0, 0), "openat": ("openat", -100, 0, 0), "socket": ("socket", 2, 1, 0), "fork": ("fork",),
    "clone": ("clone", 0x11, 0), "clone3": ("clone3", 0, 88), "execve": ("execve", 0, 0, 0),
    "ptrace": ("ptrace", 16, 1), "kill": ("kill", 1, 9), "mount": ("mount", 0, 0, 0),
    "unshare": ("unshare", 0x10000000),
    "mprotect-exec": ("mprotect", 0, 4096, 7), "ioctl-tiocsti": ("ioctl", 0, 0x5412, 0),
    "ioctl-tunsetiff": ("ioctl", 5, 0x400454CA, 0), "prctl-dumpable": ("prctl", 4, 1), "bpf": ("bpf", 0, 0, 0),
    "memfd": ("memfd_create", 0, 0), "io-uring": ("io_uring_setup", 1, 0), "fcntl-setown": ("fcntl", 0, 8, 1),
}


def wake(peer):
    """Give the worker something to do."""
    peer.command("disconnect")


for title, words in FORBIDDEN.items():
    @scenario(f"sandbox-forbids-{title}", words=words)
    def forbidden(scene, words):
        """Tried from inside: SIGSYS. The keeper says what it was, runs the hook, and undoes everything."""
        hook = scene.file("hook", f"#!/bin/sh\necho $1 $SSTP_END_STATUS >>{scene.folder}/hook.said\n", 0o755)
        peer = scene.server()
        client = scene.client("--default-route", "--hook", str(hook))
        scene.up(client, peer)
        until("the up hook", lambda: "up" in (scene.folder / "hook.said").read_text())
        inject.put(worker_of(scene, client), inject.call(*words))
        wake(peer)
        client.ends(1, "sandbox", "report")
        check("down 1" in (scene.folder / "hook.said").read_text(), "the down hook was not told")


@scenario("sandbox-worker-crashes")
def crashes(scene):
    """The worker executes what is no instruction: the keeper says by which signal it went."""
    peer = scene.server()
    client = scene.client("--default-route")
    scene.up(client, peer)
    inject.put(worker_of(scene, client), inject.CRASH)
    wake(peer)
    client.ends(1, f"signal {int(signal.SIGILL)}")


@scenario("sandbox-worker-spins")
def spins(scene):
    """The worker has been taken over and does nothing but burn: a second signal ends it at once."""
    peer = scene.server()
    client = scene.client("--default-route", "-v")
    scene.up(client, peer)
    inject.put(worker_of(scene, client), inject.SPIN)
    wake(peer)
    client.signal(signal.SIGTERM)
    until("the first signal is taken", lambda: "got SIGTERM" in client.stderr())
    client.signal(signal.SIGTERM)
    got = client.wait(10)
    check(got == 0, f"ended with {got}: {client.last_line()}")


@scenario("sandbox-worker-stuck")
def stuck(scene):
    """The worker does nothing any more: the keeper still takes signals, and a second one is obeyed at once."""
    peer = scene.server()
    client = scene.client("--default-route", "-v")
    scene.up(client, peer)
    os.kill(worker_of(scene, client), signal.SIGSTOP)
    client.signal(signal.SIGTERM)
    until("the first signal is taken", lambda: "got SIGTERM" in client.stderr())
    client.signal(signal.SIGTERM)
    got = client.wait(10)
    check(got == 0, f"ended with {got}: {client.last_line()}")


@scenario("sandbox-worker-stuck-patience", seconds=70)
def stuck_once(scene):
    """With one signal it waits for as long as a goodbye may take, and no longer."""
    peer = scene.server()
    client = scene.client("--default-route")
    scene.up(client, peer)
    os.kill(worker_of(scene, client), signal.SIGSTOP)
    client.signal(signal.SIGTERM)
    got = client.wait(40)
    check(got == 0, f"ended with {got}: {client.last_line()}")


@scenario("sandbox-keeper-killed")
def orphan(scene):
    """The worker does not outlive its keeper, not even one that is stopped."""
    peer = scene.server()
    for number, freeze in enumerate((False, True)):
        client = scene.client("--default-route")
        until("the tunnel is up", lambda: len(peer.events("ipcp-up")) == number + 1 and scene.interface())
        worker = worker_of(scene, client)
        if freeze:
            os.kill(worker, signal.SIGSTOP)
        client.signal(signal.SIGKILL)
        client.wait()
        until("the worker is gone", lambda: watch.gone(worker), 3)
        until("the server has noticed", lambda: len(peer.events("ended")) == number + 1)
    last = scene.client()
    until("the tunnel is up", lambda: len(peer.events("ipcp-up")) == 3 and scene.interface())
    last.end()


@scenario("sandbox-not-to-be-seen")
def worker_cannot_see(scene):
    """What the worker's own /proc entries are, for those who share its identity: nothing."""
    peer = scene.server()
    client = scene.client()
    scene.up(client, peer)
    pid = worker_of(scene, client)
    uid = watch.status(pid)["Uid"].split()[0]
    script = f"cat /proc/{pid}/environ /proc/{pid}/maps /proc/{client.pid}/environ; ls /proc/{pid}/fd"
    done = scene.run("setpriv", "--reuid", uid, "--regid", uid, "--clear-groups", "sh", "-c", script, good=False)
    check(not done.stdout, f"one with the worker's identity sees {done.stdout[:200]}")
    check(pathlib.Path(f"/proc/{pid}/status").exists(), "the worker has ended")
    client.end()
