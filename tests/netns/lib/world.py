# SPDX-License-Identifier: GPL-2.0-or-later
"""The topology of a scenario, and the picture of the client's side that must not change.

    namespace cli                                   namespace srv
    +---------------------------+                   +-----------------------------------+
    | sstptun                   |                   | sstp-server, DNS                  |
    |   sstp0  10.9.0.100       | ~ ~ the tunnel ~ ~|   tun0   10.9.0.1                 |
    |   c0  192.0.2.2/24        |===================|   s0  192.0.2.1/24, 192.0.2.3     |
    |       2001:db8:a::2/64    |        veth       |       2001:db8:a::1/64            |
    |   default via 192.0.2.1   |                   |   lo  198.51.100.1, 203.0.113.1   |
    +---------------------------+                   |       2001:db8:ffff::1            |
                                                    +-----------------------------------+
    The addresses on srv's lo stand for the rest of the internet.
"""

import json
import os
import pathlib
import subprocess
import time

NAME = "vpn.example.test"
SERVER4, SERVER6, SECOND4 = "192.0.2.1", "2001:db8:a::1", "192.0.2.3"
CLIENT4, TUNNEL4, PEER4 = "192.0.2.2", "10.9.0.100", "10.9.0.1"
INTERNET4, ELSEWHERE4, INTERNET6 = "198.51.100.1", "203.0.113.1", "2001:db8:ffff::1"
RA_PREFIX = "2001:db8:77::/64"

# All of them are the scenario's own (lib/cage.py), but for what is shared with the host or the runner.
UNWATCHED = ("/run/sstptun-tests", "/etc/ssl", "/etc/iproute2", "/etc/alternatives", "/etc/ld.so.conf.d")
WATCHED_FOLDERS = ("/run", "/etc", "/var")


class Failed(Exception):
    """A check of a scenario did not hold."""


def check(good, text):
    if not good:
        raise Failed(text)


def until(what, condition, seconds=20.0):
    """Poll a condition: readiness is waited for, never slept for."""
    deadline = time.monotonic() + seconds
    pause = 0.01
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise Failed(f"not within {seconds:g} s: {what}")
        time.sleep(pause)
        pause = min(pause * 1.5, 0.1)


def enter(namespace, *words):
    """The command line that runs words in a namespace (and keeps the PID)."""
    return ["nsenter", f"--net=/run/netns/{namespace}", "--", *map(str, words)]


def run(namespace, *words, good=True, seconds=30, **keywords):
    line = " ".join(map(str, words))
    try:
        done = subprocess.run(enter(namespace, *words), capture_output=True, text=True, check=False,
                              timeout=seconds, **keywords)
    except subprocess.TimeoutExpired:
        raise Failed(f"{line}: did not end within {seconds} s") from None
    if good and done.returncode:
        raise Failed(f"{line}: {done.stdout}{done.stderr}".strip()[-2000:])
    return done


def ip_json(namespace, *words):
    return json.loads(run(namespace, "ip", "-j", *words).stdout or "[]")


def batch(namespace, text):
    run(namespace, "ip", "-batch", "-", input=text)


def build(name):
    """Namespaces, veth, addresses, routes. NAME keeps the namespaces' names apart."""
    cli, srv = f"cli-{name}", f"srv-{name}"
    for namespace in (cli, srv):
        subprocess.run(["ip", "netns", "add", namespace], check=True)
    batch(srv, f"""
        link add s0 type veth peer name c0 netns {cli}
        link set s0 addrgenmode none
        link set s0 up
        link set lo up
        address add {SERVER4}/24 dev s0
        address add {SECOND4}/24 dev s0
        address add {SERVER6}/64 dev s0 nodad
        address add {INTERNET4}/32 dev lo
        address add {ELSEWHERE4}/32 dev lo
        address add {INTERNET6}/128 dev lo nodad
    """)
    batch(cli, f"""
        link set lo up
        link set c0 addrgenmode none
        link set c0 up
        address add {CLIENT4}/24 dev c0
        address add 2001:db8:a::2/64 dev c0 nodad
        route add default via {SERVER4}
        route add ::/0 via {SERVER6} dev c0
    """)
    until("the cable is up", lambda: settled(cli))
    return cli, srv


def settled(namespace):
    """Carrier and the kernel's own local routes come a moment after their commands."""
    link = run(namespace, "ip", "-o", "link", "show", "dev", "c0").stdout
    table = run(namespace, "ip", "-6", "route", "show", "table", "local").stdout
    return "state UP" in link and "2001:db8:a::2" in table and "multicast ff00::/8" in table


# -- the picture --------------------------------------------------------------------------------


def _files():
    result = {}
    for folder in WATCHED_FOLDERS:
        for path, folders, names in os.walk(folder):
            folders[:] = [each for each in folders if os.path.join(path, each) not in UNWATCHED]
            for name in names + folders:
                full = os.path.join(path, name)
                try:
                    facts = os.lstat(full)
                except FileNotFoundError:
                    continue
                result[full] = (facts.st_size, facts.st_mode, facts.st_mtime_ns)
    result["/etc/resolv.conf"] = pathlib.Path("/etc/resolv.conf").read_text()
    return result


def _text(namespace, *words):
    return run(namespace, "ip", "-o", *words).stdout.splitlines()


def picture(namespace):
    """Everything that a session may change and must put back."""
    return {
        "links": _text(namespace, "link", "show"),
        "addresses": _text(namespace, "address", "show"),
        "routes": _text(namespace, "-4", "route", "show", "table", "all"),
        "routes6": _text(namespace, "-6", "route", "show", "table", "all"),
        "rules": _text(namespace, "-4", "rule", "show"),
        "rules6": _text(namespace, "-6", "rule", "show"),
        "files": _files(),
    }


def compare(before, after):
    """What differs, in words; empty if nothing does."""
    result = []
    for kind, old in before.items():
        new = after[kind]
        if isinstance(old, dict):
            old = [f"{key} {value}" for key, value in old.items()]
            new = [f"{key} {value}" for key, value in new.items()]
        result += [f"{kind}: gone: {line}" for line in old if line not in new]
        result += [f"{kind}: left behind: {line}" for line in new if line not in old]
    return result
