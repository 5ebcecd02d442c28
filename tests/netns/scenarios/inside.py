# SPDX-License-Identifier: GPL-2.0-or-later
"""From inside the confined process: sstptun-inside, whose worker does what somebody would who has taken it over.

Without a server: the first rungs are climbed by requests alone. A scenario runs many clients, several at a time, and
the host must be as before when all have ended.  (The outer socket leads to nobody.)"""

import collections
import errno
import os
import pathlib
import re
import signal
import time

from lib import peers, trace
from lib.scenario import scenario
from lib.world import PEER4, SERVER4, Failed, check, until

from .hooks import heard, hook

AT_ONCE = 6
SANDBOX = "the network process was stopped (by its sandbox"
REFUSED = "the network process was stopped (it asked for what it may not: "
ALL_METHODS = ("--auth", "mschapv2,eap-mschapv2,chap-md5,pap")
LOST = 16                    # how the acts end the session: a worker may not say that somebody asked for it
PAST = 10                    # the status of an act that was let through (inside's let_through())

TYPES = ("READY", "LOG", "SOCKET", "CHOSEN", "AUTH_PAP", "AUTH_MD5", "AUTH_MSCHAPV2", "LINK", "IPV4", "IPV6", "UP",
         "END")


def inside(scene):
    """The test's own program stands beside the product."""
    binary = pathlib.Path(str(scene.binary) + "-inside")
    check(os.access(binary, os.X_OK),
          f"there is no {binary}: cmake --build --preset release --target sstptun-inside")
    return binary


def start(scene, act, *options, without="", **keywords):
    environment = {"PATH": os.environ["PATH"], "SSTPTUN_ACT": act, "SSTPTUN_WITHOUT": without}
    words = [inside(scene), "--user", peers.USER, "--password-file", str(scene.password),
             "--cafile", str(scene.pki / "root.pem"), "--no-system-trust", *options, SERVER4]
    return scene.raw_client(*words, env=environment, **keywords)


def worker_of(client):
    found = client.family()[1:]
    return found[0] if found else None


def try_all(scene, cases):
    """Each case is (act, options, status, text of the last line); several clients at a time."""
    failures, running, waiting = [], collections.deque(), collections.deque(cases)
    while waiting or running:
        while waiting and len(running) < AT_ONCE:
            act, options, status, text = waiting.popleft()
            running.append((act, start(scene, act, *options), status, text))
        act, client, status, text = running.popleft()
        try:
            client.ends(status, text)
        except Failed as failure:
            failures.append(f"{act}: {failure}")
        finally:
            client.stop()
    check(not failures, "\n".join(failures))


def unconfined(scene):
    """What each system call does where nothing forbids it: name -> words."""
    done = scene.run(inside(scene), "--unconfined", good=False)
    return dict(line.split(": ", 1) for line in done.stdout.splitlines())


# -- system calls -------------------------------------------------------------------------------


@scenario("inside-honest")
def honest(scene):
    """With no act it is the product."""
    peer = scene.server()
    client = scene.raw_client(inside(scene), "--user", peers.USER, "--password-file", str(scene.password), "--cafile",
                              str(scene.pki / "root.pem"), "--no-system-trust", "vpn.example.test")
    scene.up(client, peer)
    scene.ping(PEER4)
    client.end()


@scenario("inside-calls-work")
def calls_work(scene):
    """Unconfined, every act does what it says: what then fails in the sandbox fails because of the sandbox."""
    outcomes = unconfined(scene)
    check(len(outcomes) > 120, f"only {len(outcomes)} calls: {outcomes}")
    bad = {name: words for name, words in outcomes.items() if words not in ("done", "not tried")}
    check(not bad, f"cannot be done even with all rights: {bad}")


for part in range(2):
    @scenario(f"inside-calls-{part}", part=part)
    def calls(scene, part):
        """Each ends the process, and the keeper says by whom."""
        names = list(unconfined(scene))[part::2]
        try_all(scene, [(name, (), 1, SANDBOX) for name in names])


@scenario("inside-resolver")
def calls_of_resolver(scene):
    """The same for the resolver: what it may not ends it, what it must be able to do works."""
    done = scene.run(inside(scene), "--resolver", good=False)
    bad = [line for line in done.stdout.splitlines() if "expected" in line]
    check(len(done.stdout.splitlines()) > 60 and not bad and done.returncode == 0, f"{done.returncode}: {bad}")


# What stands behind the filter, by the error it gives. Whatever is not named here is the filter's alone: MSG_FASTOPEN,
# which Landlock does not see, ioctls on the device, descriptors of no power, the process's own affairs.
SECOND_LINE = {
    "no path": (("ENOENT", "EACCES", "ESRCH", "EPERM"), (
        "open-absolute", "open-relative", "open-own-memory", "open-keepers-memory", "open-tun", "open-new",
        "openat2", "open")),
    "no process": (("EAGAIN",), ("fork", "vfork", "clone", "clone3")),
    "no other process": (("EPERM",), (
        "ptrace-keeper", "read-keeper", "write-keeper", "kill-keeper", "tkill-keeper", "tgkill-keeper",
        "sigqueue-keeper", "prlimit-keeper", "setpriority-keeper", "sched-keeper")),
    "no capability": (("EPERM", "EACCES"), (
        "socket-raw", "socket-packet", "route", "mark", "link-up", "setpriority", "setuid", "setresuid",
        "setgid", "setgroups", "capset", "open-tree", "fsopen")),
    "no connection": (("EACCES",), ("connect", "bind")),
}


@scenario("inside-second-line")
def second_line(scene):
    """Without the filter, the other layers alone: what they hold, and that they do not lean on it."""
    client = start(scene, "every-call", "-v", without="seccomp")
    client.ends(LOST)
    check("missing: seccomp" in client.stderr(), f"the filter was not left out: {client.stderr()}")
    found = dict(re.findall(r"inside: (\S+): (.*)", client.stderr()))
    wrong = []
    for layer, (errors, names) in SECOND_LINE.items():
        for name in names:
            number = re.fullmatch(r"errno (\d+)", found.get(name, ""))
            if not number or errno.errorcode.get(int(number[1])) not in errors:
                wrong.append(f"{layer}: {name}: {found.get(name)}")
    check(not wrong, "; ".join(wrong))


@scenario("inside-required")
def required(scene):
    """--require-sandbox ends before the network process is told to start."""
    client = start(scene, "every-call", "--require-sandbox", without="seccomp")
    client.ends(3, "seccomp")
    check("inside:" not in client.stderr(), "it was told to start")


# -- requests -----------------------------------------------------------------------------------


def refused(act, text, *options):
    return act, options, 1, REFUSED + text


def by_manner():
    late = [name for name in TYPES if name not in ("LOG", "END", "SOCKET", "READY")]
    for name in TYPES:
        yield refused(f"short:{name}", f"{name}: the wrong length" if name not in ("AUTH_PAP", "UP") else
                      "?: no such request", *ALL_METHODS)
        yield refused(f"long:{name}", "a message: too long" if name == "LOG" else f"{name}: the wrong length",
                      *ALL_METHODS)
        yield f"after:{name}", ALL_METHODS, LOST, ""       # it has said why it ends: that stands
    for name in late:
        text = "an address without a socket" if name == "CHOSEN" else "out of order"
        yield refused(f"early:{name}", f"{name}: {text}", *ALL_METHODS)
    for name in [*late, "SOCKET"]:
        yield refused(f"unready:{name}", f"{name}: out of order", *ALL_METHODS)
    yield refused("unready:READY", "READY: a report that cannot be")
    yield refused("again:READY", "READY: out of order")
    yield refused("again:SOCKET", "SOCKET: an address for the second time")
    yield refused("again:CHOSEN", "CHOSEN: out of order")
    yield refused("again:UP", "UP: out of order")


def by_value():
    yield refused("message-stub", "?: no such request")
    for act in ("message-oversized", "descriptor", "descriptors"):
        yield refused(act, "a message: too long, or with a descriptor")
    yield "message-empty", (), 1, "the network process "     # killed, if it is not faster
    for act in ("type-unknown", "type-far"):
        yield refused(act, "?: no such request")
    yield refused("log-level", "LOG: no such level")
    yield refused("log-endless", "LOG: a line without end")
    for act in ("socket-one", "socket-far"):
        yield refused(act, "SOCKET: an address that is not in the list")
    for act in ("chosen-unopened", "chosen-far"):
        yield refused(act, "CHOSEN: an address without a socket")
    for name, options in (("PAP", ()), ("MD5", ()), ("MSCHAPV2", ("--auth", "pap"))):
        yield refused(f"auth-{name.lower()}", f"AUTH_{name}: a login method that is not allowed", *options)
    for name in ("PAP", "MD5", "MSCHAPV2"):
        yield refused(f"endless:AUTH_{name}", f"AUTH_{name}: more answers than a login needs", *ALL_METHODS)
    yield refused("md5-id", "AUTH_MD5: no such identifier", *ALL_METHODS)
    for act in ("md5-none", "md5-long"):
        yield refused(act, "AUTH_MD5: a challenge of no possible length", *ALL_METHODS)
    for act in ("mtu-high", "mtu-low", "mtu-huge"):
        yield refused(act, "LINK: an MTU that is not allowed")
    for act in ("loopback", "multicast", "unset", "broadcast"):
        yield refused(f"ipv4-{act}", "IPV4: an address that no host can have")
    yield refused("ipv4-half", "IPV4: neither present nor absent")
    yield refused("ipv4-absent", "IPV4: absent and yet with values")
    yield refused("ipv6", "IPV6: IPv6 despite --disable-ipv6", "--disable-ipv6")
    yield refused("ipv6-no-id", "IPV6: no interface identifier")
    for act in ("half", "link-local", "multicast", "mapped", "host-bits", "all", "world"):
        yield refused(f"prefix-{act}", "IPV6: a prefix that is not allowed")
    yield refused("prefix-length", "IPV6: a prefix of the wrong length")
    yield refused("prefix-idle", "IPV6: a prefix for nothing")
    yield refused("prefix-lifetimes", "IPV6: a prefix that is preferred for longer than it is valid")
    for act in ("prefixes-many", "dns-many"):
        yield refused(act, "IPV6: numbers that cannot be")
    yield refused("prefixes-hidden", "IPV6: more prefixes than it says")
    yield refused("up-without-address", "UP: without an address")
    for act in ("reason", "none", "stage"):
        yield refused(f"end-{act}", "END: no such end")
    for act in ("detail", "hint"):
        yield refused(f"end-{act}", "END: a text without end")


@scenario("inside-requests-out-of-order")
def out_of_order(scene):
    """Every type before, after and outside of its time, and one byte short or long."""
    try_all(scene, by_manner())


@scenario("inside-requests-values")
def values(scene):
    """What the configuration does not allow, what cannot be, and descriptors that nobody asked for."""
    try_all(scene, by_value())


@scenario("inside-requests-allowed")
def allowed(scene):
    """The same requests where they are allowed: what was refused above was refused for its reason."""
    cases = [("ipv6", (), PAST, ""), ("auth-pap", ALL_METHODS, PAST, ""), ("auth-md5", ALL_METHODS, PAST, ""),
             ("auth-mschapv2", (), PAST, ""), ("often:AUTH_MSCHAPV2", (), PAST, ""), ("again:LOG", (), PAST, ""), ("again:LINK", (), PAST, ""),
             ("again:IPV4", (), PAST, ""), ("again:IPV6", (), PAST, "")]
    try_all(scene, cases)


# -- lives and deaths ---------------------------------------------------------------------------

DEATHS = (("end-alone", 1, "ended without a word (status 0)"), ("end-status", 1, "ended without a word (status 77)"),
          ("crash", 1, "crashed with signal 11"), ("abort", 1, "crashed with signal 6"),
          ("crash-stack", 1, "crashed with signal 11"), ("deaf", 1, "does not listen"), ("end-hang", LOST, ""),
          ("close-request", 1, "the network process"))


@scenario("inside-deaths")
def deaths(scene):
    """However it ends, the keeper ends in order: `down` follows `up`, the status is right."""
    program, failures = hook(scene), []
    for act, status, text in DEATHS:
        (scene.folder / "hook.argv").unlink(missing_ok=True)
        client = start(scene, act, "--hook", program)
        try:
            client.ends(status, text)
        except Failed as failure:
            failures.append(f"{act}: {failure}")
        events = [each[0] for each in heard(scene)]
        wanted = ["pre-connect"] if act == "end-status" else ["pre-connect", "up", "down"]
        if events != wanted:
            failures.append(f"{act}: the hook heard {events}")
    check(not failures, "; ".join(failures))


def climbed(scene, client, program=None):
    """It says that it is up."""
    until("it is up", lambda: scene.interface() and (not program or ["up"] == [each[0] for each in heard(scene)][-1:]))
    return worker_of(client)


@scenario("inside-hangs", seconds=70)
def hangs(scene):
    """Deaf to STOP: one signal, and it is killed within the limit."""
    client = start(scene, "hang")
    climbed(scene, client)
    began = time.monotonic()
    client.end()
    check(time.monotonic() - began < 30, "a worker that hangs was not killed in time")


@scenario("inside-hangs-impatient")
def hangs_impatient(scene):
    """A second signal, and it is killed at once; whether it hangs, spins, was stopped or has closed what it had."""
    program = hook(scene)
    for act in ("hang", "spin", "close-order", "close-tun", "stopped"):
        (scene.folder / "hook.argv").unlink(missing_ok=True)
        client = start(scene, "hang" if act == "stopped" else act, "--hook", program)
        worker = climbed(scene, client, program)
        if act == "stopped":
            os.kill(worker, signal.SIGSTOP)
        client.signal(signal.SIGTERM)
        client.signal(signal.SIGINT)
        client.ends(0, seconds=8)
        check([each[0] for each in heard(scene)] == ["pre-connect", "up", "down"], f"{act}: heard {heard(scene)}")


def resident(pid):
    text = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+)", text)[1])


def busy(pid):
    """Processor time so far, in ticks."""
    words = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return int(words[11]) + int(words[12])


@scenario("inside-floods")
def floods(scene):
    """As fast as the keeper lets it: signals are obeyed, the keeper's memory does not grow, nor does it use up a processor."""
    for act in ("flood-log", "flood-debug", "flood-ipv4"):
        client = start(scene, act, prefix=("sh", "-c", 'exec "$@" 2>/dev/null', "sh"))
        if act == "flood-ipv4":
            until("it is up", lambda: client.family()[1:])
        else:
            climbed(scene, client)
        since = time.monotonic()
        until("a second of it has passed", lambda: time.monotonic() - since > 1)   # what it may ask for at once
        since, used, before = time.monotonic(), busy(client.pid), resident(client.pid)
        until("another two have", lambda: time.monotonic() - since > 2)
        grown, used = resident(client.pid) - before, busy(client.pid) - used
        share = used / os.sysconf("SC_CLK_TCK") / (time.monotonic() - since)
        check(grown < 256, f"{act}: the keeper has grown by {grown} KiB")
        check(share < 0.2, f"{act}: the keeper uses {share:.0%} of a processor")
        client.signal(signal.SIGTERM)
        client.signal(signal.SIGINT)                    # another one: equal ones that wait become one
        check(client.wait(8) == 0, f"{act}: ended with {client.child.returncode}")


@scenario("inside-floods-a-full-file")
def floods_a_full_file(scene):
    """What the log cannot take (ulimit -f) is lost; it kills nobody, and everything is undone."""
    client = start(scene, "flood-log", "--default-route", prefix=("sh", "-c", 'ulimit -f 8; exec "$@"', "sh"))
    climbed(scene, client)
    until("the file is full", lambda: client.errors.stat().st_size == 4096)
    before = busy(client.pid)
    until("the flood goes on", lambda: busy(client.pid) > before + 10)
    client.signal(signal.SIGXCPU)                       # of another limit: a request to end
    client.signal(signal.SIGINT)
    check(client.wait(8) == 0, f"ended with {client.child.returncode}")


@scenario("inside-gorges")
def gorges(scene):
    """Memory is bounded."""
    client = start(scene, "gorge")
    client.ends(LOST)
    amount = re.search(r"gorge: (\d+) MiB", client.stderr())
    check(amount and int(amount[1]) <= 64, f"it got {amount and amount[1]} MiB")


@scenario("inside-escapes")
def escapes(scene):
    """Neither a log line nor the end moves a cursor, sets a title or forges a line; hooks get less still."""
    client = start(scene, "escapes", "--hook", hook(scene))
    client.ends(16, "owned")
    said = client.errors.read_bytes()
    text = said.decode()                                # well-formed, or it fails here
    bad = sorted({hex(ord(each)) for each in text if each != "\n" and (ord(each) < 32 or 0x7f <= ord(each) < 0xa0)})
    check(not bad, f"it printed {bad}: {said}")
    check(all(line.startswith("sstptun: ") for line in text.splitlines()), f"a forged line: {text}")
    told = [line for line in (scene.folder / "hook.env").read_bytes().splitlines() if b"SSTP_END_TEXT" in line]
    check(told and not re.search(rb"[^ -~]", told[0]), f"the hook was told {told}")


# -- what is left to the processes ------------------------------------------------------------------


@scenario("inside-trace-judge")
def trace_judges(scene):
    """The comparison itself: a confined process's foreign call is found, and so is a row that nobody needs."""
    rows = trace.table(inside(scene))
    good = scene.file("good.77", "openat(0, 0x1, 0, 0) = 3\nsetsid() = 77\nseccomp(0x1, 0, 0x7f) = 0\n"
                                 "sendto(0x3, 0x1, 0x1, 0x4000, 0, 0) = 1\ntkill(0x4d, 0x6) = 0\n+++ exited with 0 +++\n")
    bad = scene.file("bad.78", "setsid() = 78\nseccomp(0x1, 0, 0x7f) = 0\nsendto(0x3, 0x1, 0x1, 0x20004000, 0, 0) = 1\n"
                               "tkill(0x4d, 0x6) = 0\nopenat(0, 0x1, 0, 0) = ?\n+++ killed by SIGSYS +++\n")
    use = trace.Use(rows)
    use.add(good)
    check(not use.foreign and len(use.unused()) == len(rows) - 2, f"judged {dict(use.foreign)}")
    use.add(bad)
    check(len(use.foreign) == 4, f"judged {dict(use.foreign)}")
    check([row for row in use.groundless() if row.name == "recvfrom"], "an unused row was not found")
    check(not use.excuses_for_nothing(), f"RARE names no row, or several: {use.excuses_for_nothing()}")
