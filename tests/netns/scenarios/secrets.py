# SPDX-License-Identifier: GPL-2.0-or-later
"""Where the secrets are while a session is set up and stands: the memory of every process of the client is searched
from outside.

What is expected of the keeper: the password once, as it was typed, locked, not dumped, wiped on fork; of any other
process: nothing. TLS keys are in the worker alone and locked; those of the handshake are nowhere once it is over.
"""

import os
import pathlib
import random
import signal
import string

from lib import inject, memscan, peers, watch
from lib.scenario import scenario
from lib.world import CLIENT4, PEER4, SECOND4, batch, check, enter, until

METHODS = {"mschapv2": "mschapv2", "eap": "eap-mschapv2", "chap-md5": "chap-md5", "pap": "pap"}


def describe(hits):
    return "; ".join(map(str, hits[:8])) + f" ({len(hits)} in all)"


def signal_waits(pid):
    try:
        return int(watch.status(pid)["ShdPnd"], 16) != 0
    except (FileNotFoundError, ProcessLookupError, KeyError):
        return False


def new_password():
    """One that occurs nowhere by chance."""
    source = random.SystemRandom()
    return "".join(source.choice(string.ascii_letters + string.digits + "-+_") for _ in range(28))


class Vault:
    """A session with a password of its own, and what may be found of it."""

    def __init__(self, scene, method, misbehave="none", options=(), server=(), **keywords):
        self.scene, self.password = scene, new_password()
        file = scene.file("secret", self.password + "\n")
        self.peer = scene.server("--misbehave", misbehave, "--auth", method, "--user", f"{peers.USER}:{self.password}",
                                 "--keylog", str(scene.file("keylog", "")), "--tickets", "0", *server)
        self.client = scene.client("--auth", METHODS[method], "--password-file", str(file), *options,
                                   password=False, **keywords)
        self.method = method

    def needles(self, accepted=False):
        """Once the server has accepted it, the response itself is a secret that is over."""
        found = memscan.of_password(self.password)
        for response in self.responses():
            found.update(memscan.of_response(self.password, response))
            if accepted:
                found["NT-Response"] = response
        if accepted and self.method == "chap-md5":
            found.update({"CHAP response": bytes.fromhex(line["value"]) for line in self.peer.events("chap-response")})
        return found

    def responses(self):
        """Every NT-Response that the client has sent so far."""
        if self.method == "mschapv2":
            return [bytes.fromhex(line["value"])[24:48] for line in self.peer.events("chap-response")]
        if self.method == "eap":
            bodies = [bytes.fromhex(line["body"]) for line in self.peer.events("eap-response", type=26)]
            return [body[5 + 24:5 + 48] for body in bodies if len(body) > 54]
        return []

    def processes(self):
        """(role, PID) of all processes that exist because the client does."""
        found = watch.processes(self.client, self.scene.binary)
        return [("keeper", found[0])] + [("worker" if n == 0 else f"child {n}", pid) for n, pid in enumerate(found[1:])]

    def judge(self, when, waiting=False):
        """The expectation, process by process. While it waits for the server's proof the worker has the key that the
        crypto binding will need; it is wiped as soon as that is made."""
        for role, pid in self.processes():
            hits = memscan.search(pid, self.needles(accepted=not waiting))
            if role == "keeper":
                check([hit.name for hit in hits].count("password") > 0,
                      f"{when}: not even the password is found in the keeper: this test sees nothing")
                kept = next(hit for hit in hits if hit.name == "password")
                hits.remove(kept)
                check({"lo", "dd", "wf"} <= kept.region.flags, f"{when}: the password's memory is {kept.region}, not "
                      "locked, kept out of dumps and wiped on fork")
            if role == "worker":
                hits = [hit for hit in hits if "HLAK" not in hit.name or not waiting or "lo" not in hit.region.flags]
            check(not hits, f"{when}: in the {role}: {describe(hits)}")
            self.look_around(when, role, pid)

    def look_around(self, when, role, pid):
        for name in ("cmdline", "environ"):
            text = pathlib.Path(f"/proc/{pid}/{name}").read_bytes()
            found = [needle for needle, data in self.needles().items() if data in text]
            check(not found, f"{when}: {found} in {name} of the {role}")

    def stop(self):
        """The server is silent: two signals, for a goodbye would take its time."""
        for _ in range(2):
            self.client.signal(signal.SIGTERM)
            until("the signal is taken", lambda: not self.client.alive() or not signal_waits(self.client.pid))
        check(self.client.wait() == 0, f"ended with {self.client.child.returncode}: {self.client.last_line()}")

    def judge_texts(self):
        """Logs, and whatever a hook wrote down."""
        for path in self.scene.folder.iterdir():
            if path.name.startswith(("client", "hook.")):
                text = path.read_bytes()
                found = [needle for needle, data in self.needles().items() if data in text]
                check(not found, f"{found} in {path.name}")


HOOK = """#!/bin/sh
exec >>{folder}/hook.env
env
tr '\\0' '\\n' </proc/self/environ
tr '\\0' '\\n' </proc/$PPID/cmdline
"""

for each in METHODS:
    @scenario(f"secrets-{each}", method=each)
    def up(scene, method):
        """The session stands: what is left of the login?"""
        hook = scene.file("hook", HOOK.format(folder=scene.folder), 0o755)
        vault = Vault(scene, method, options=("-v", "-v", "-v", "--hook", str(hook)))
        scene.up(vault.client, vault.peer)
        until("it is announced", lambda: "connected:" in vault.client.stderr())
        scene.ping(PEER4)
        vault.judge("up")
        vault.client.end()
        vault.judge_texts()

    @scenario(f"secrets-{each}-answered", method=each)
    def answered(scene, method):
        """The answer has been sent, the server says nothing to it."""
        vault = Vault(scene, method, misbehave="silence:response")
        vault.peer.saw("misbehave")
        watch.idle(vault.client, scene.binary, "answered")
        vault.judge("answered", waiting=True)
        vault.stop()


@scenario("secrets-before")
def before(scene):
    """LCP is up, no question has been asked yet."""
    vault = Vault(scene, "mschapv2", misbehave="silence:auth")
    vault.peer.saw("misbehave")
    watch.idle(vault.client, scene.binary, "before the login")
    vault.judge("before the login")
    vault.stop()


@scenario("secrets-again")
def again(scene):
    """The server asks again and again in a running session; each answer's keys go the way of the first."""
    vault = Vault(scene, "mschapv2", misbehave="rechallenge:live")
    scene.up(vault.client, vault.peer)
    until("it is announced", lambda: "connected:" in vault.client.stderr())
    vault.peer.command("fire")
    vault.peer.saw("auth-ok", again=True)
    watch.idle(vault.client, scene.binary, "after a second login")
    vault.judge("after a second login")
    vault.client.end()


@scenario("secrets-resolving", seconds=90)
def resolving(scene):
    """Whoever looks the name up has no business with the password."""
    scene.write("/etc/resolv.conf", f"nameserver {SECOND4}\noptions timeout:10 attempts:3\n")
    batch(scene.srv, f"route add blackhole {CLIENT4}/32 table 99\nrule add from {SECOND4} lookup 99")
    password = new_password()
    client = scene.client("-v", "--password-file", str(scene.file("secret", password + "\n")), password=False,
                          target="nowhere.example.test")
    until("it resolves", lambda: len(client.lines()) > 0)
    for pid in watch.processes(client, scene.binary)[1:]:
        hits = memscan.search(pid, memscan.of_password(password))
        check(not hits, "a child that resolves has " + "; ".join(map(str, hits[:5])))
    client.end()


# -- TLS ------------------------------------------------------------------------------------------


def dumpable(pid):
    """Of a process without root's identity: the kernel gives the files of one that cannot be dumped to root."""
    return os.stat(f"/proc/{pid}/status").st_uid != 0


def judge_tls(vault, when, gone=()):
    cipher = vault.peer.events("tls")[-1]["cipher"]
    handshake, traffic = memscan.of_tls(vault.scene.folder / "keylog", cipher)
    exporter = {name: traffic.pop(name) for name in list(traffic) if "EXPORTER" in name}
    old = {name: traffic.pop(name) for name in list(traffic) if name in gone}
    roles = vault.processes()
    for role, pid in roles:
        hits = memscan.search(pid, {**handshake, **exporter, **old})
        check(not hits, f"{when}: what is over is still in the {role}: {describe(hits)}")
        hits = memscan.search(pid, traffic)
        if role == "worker" or len(roles) == 1:
            check(hits or not traffic or gone, f"{when}: no traffic keys in the {role}: this test sees nothing")
            loose = [hit for hit in hits if "lo" not in hit.region.flags]
            check(not loose, f"{when}: not locked, in the {role}: {describe(loose)}")
            check(all("dd" in hit.region.flags for hit in hits) or not dumpable(pid),
                  f"{when}: the {role}'s keys would be in a core dump: {describe(hits)}")
        else:
            check(not hits, f"{when}: in the {role}: {describe(hits)}")


@scenario("secrets-tls13")
def tls13(scene):
    vault = Vault(scene, "mschapv2")
    scene.up(vault.client, vault.peer)
    scene.ping(PEER4)
    judge_tls(vault, "up")
    vault.client.end()


@scenario("secrets-tls12")
def tls12(scene):
    vault = Vault(scene, "mschapv2", server=("--tls-max", "1.2"))
    scene.up(vault.client, vault.peer)
    scene.ping(PEER4)
    judge_tls(vault, "up")
    vault.client.end()


@scenario("secrets-key-update")
def key_update(scene):
    """After a change of keys in both directions the first ones are gone."""
    vault = Vault(scene, "mschapv2", misbehave="key-update:live:request")
    scene.up(vault.client, vault.peer)
    vault.peer.command("fire")
    vault.peer.saw("misbehave")
    scene.ping(PEER4, count=5)
    labels = ("CLIENT_TRAFFIC_SECRET_0", "SERVER_TRAFFIC_SECRET_0")
    judge_tls(vault, "after KeyUpdate", {prefix + label for label in labels for prefix in ("", "key of ", "IV of ")})
    vault.client.end()


# -- dumps and onlookers ----------------------------------------------------------------------------

FEW_RIGHTS = ("setpriv", "--bounding-set", "-all,+net_admin", "--inh-caps", "-all")
LOOK = """import sys
for pid in sys.argv[1:]:
    for name in ("mem", "environ", "maps", "auxv"):
        try:
            open(f"/proc/{pid}/{name}", "rb").read(1)
            print(pid, name)
        except OSError:
            pass
"""


@scenario("secrets-onlookers")
def onlookers(scene):
    """Another process with the same identity and rights looks at nothing of it; at a mere `sleep` it does."""
    peer = scene.server()
    client = scene.client(prefix=FEW_RIGHTS)
    scene.up(client, peer)
    plain = scene.keep(peers.Process(scene.folder, "sleep", enter(scene.cli, *FEW_RIGHTS, "sleep", "60")))
    until("sleep sleeps", lambda: "sleep" in watch.read(plain.pid, "comm"))
    pids = watch.processes(client, scene.binary)
    seen = scene.run(*FEW_RIGHTS, "python3", "-c", LOOK, *pids, plain.pid).stdout.split("\n")
    check(f"{plain.pid} environ" in seen, f"the onlooker sees nothing at all: {seen}")
    check(not [line for line in seen if line and not line.startswith(f"{plain.pid} ")], f"the onlooker sees {seen}")
    client.end()


@scenario("secrets-no-core")
def no_core(scene):
    """Each process is made to crash where dumps are allowed and the folder is writable: there is none."""
    folder = scene.folder / "cores"
    folder.mkdir(mode=0o777)
    peer = scene.server()
    for number, whom in enumerate(("keeper", "worker")):
        client = scene.client("--default-route", prefix=(
            "sh", "-c", f"ulimit -c unlimited; cd {folder}; exec \"$@\"", "sh"))
        until("the tunnel is up", lambda: len(peer.events("ipcp-up")) == number + 1 and scene.interface())
        found = watch.processes(client, scene.binary)
        pid = found[1] if whom == "worker" and len(found) > 1 else found[0]
        inject.put(pid, inject.CRASH)
        peer.command("disconnect")
        if pid == client.pid:
            client.signal(signal.SIGUSR1)
        if pid == client.pid:
            state = os.waitpid(pid, 0)[1]
            client.child.returncode = -signal.SIGILL
            check(os.WIFSIGNALED(state), f"the keeper ended with status {state:#x}")
            check(not os.WCOREDUMP(state), "the kernel says that it dumped core")
        else:
            check(client.wait() == 1, f"the keeper ended with {client.child.returncode}")
        until("the server has noticed", lambda: len(peer.events("ended")) == number + 1)
    check(not list(folder.iterdir()), f"left: {list(folder.iterdir())}")
    last = scene.client()
    until("the tunnel is up", lambda: len(peer.events("ipcp-up")) == 3 and scene.interface())
    last.end()
