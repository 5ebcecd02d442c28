# SPDX-License-Identifier: GPL-2.0-or-later
"""The hook program: events, environment, failures, its time limit."""

import os
import pathlib

from lib import peers
from lib.scenario import scenario
from lib.world import NAME, PEER4, RA_PREFIX, SERVER4, TUNNEL4, check, picture, until

HOOK = """#!/bin/sh
echo "$*" >>{folder}/hook.argv
for each in $(env | sed -n 's/^\\([A-Za-z0-9_]*\\)=.*/\\1/p'); do
    eval "echo \\"$1 $each=\\$$each\\"" >>{folder}/hook.env
done
{body}
"""


def hook(scene, body="exit 0"):
    return str(scene.file("hook", HOOK.format(folder=scene.folder, body=body), 0o755))


def heard(scene):
    file = scene.folder / "hook.argv"
    return [line.split() for line in file.read_text().splitlines()] if file.exists() else []


@scenario("hook")
def hooks(scene):
    """Three events in order, argv, and an environment of SSTP_* and PATH alone."""
    peer = scene.server("--ra-prefix", RA_PREFIX, "--nbns", "10.9.0.60")
    client = scene.client("--hook", hook(scene), env={"SECRET": "x", "PATH": os.environ["PATH"], "IFS": "x"})
    link = scene.up(client, peer)
    until("the up hook", lambda: ["up", link["ifname"]] in heard(scene))
    client.end()
    check(heard(scene) == [[event, link["ifname"]] for event in ("pre-connect", "up", "down")], f"heard {heard(scene)}")
    lines = (scene.folder / "hook.env").read_text().splitlines()
    names = {line.split(" ", 1)[1].split("=")[0] for line in lines}
    foreign = {name for name in names if not name.startswith("SSTP_")} - {"PATH", "PWD", "SHLVL", "_", "OLDPWD"}
    check(not foreign, f"the hook's environment has {foreign}")
    for wanted in ("SSTP_EVENT=up", f"SSTP_INTERFACE={link['ifname']}", f"SSTP_SERVER={NAME}",
                   f"SSTP_SERVER_ADDRESS={SERVER4}", f"SSTP_LOCAL_IPV4={TUNNEL4}", f"SSTP_PEER_IPV4={PEER4}",
                   "SSTP_DNS=10.9.0.53 10.9.0.54", "SSTP_NBNS=10.9.0.60", "SSTP_MTU=1400", "SSTP_USER=alice"):
        check(f"up {wanted}" in lines, f"the up hook lacks {wanted}")
    check([line for line in lines if line.startswith("down SSTP_END_")], "the down hook is not told why")
    check(not [line for line in lines if peers.PASSWORD in line], "the hook was told the password")


@scenario("hook-fails-pre-connect")
def hook_refuses(scene):
    peer = scene.server()
    scene.client("--hook", hook(scene, 'exit 7')).ends(1, "hook")
    peer.never("tcp")
    check([each[0] for each in heard(scene)] == ["pre-connect"], f"heard {heard(scene)}")


@scenario("hook-fails-up")
def hook_refuses_up(scene):
    peer = scene.server()
    scene.client("--hook", hook(scene, '[ "$1" != up ]')).ends(1, "hook")
    peer.order(("ipcp-up", {}), ("sstp", {"received": "CALL_DISCONNECT"}), ("close_notify", {}))


@scenario("hook-fails-down")
def hook_fails_down(scene):
    """Reported, but the session's own status stands."""
    peer = scene.server()
    client = scene.client("--hook", hook(scene, '[ "$1" != down ]'))
    scene.up(client, peer)
    until("the up hook", lambda: len(heard(scene)) == 2)
    client.end()
    check("hook" in client.stderr().lower(), "the failed down hook is not reported")


@scenario("hook-hangs", seconds=90)
def hook_hangs(scene):
    """Thirty seconds, then it is killed with its children, and the session ends with 1."""
    peer = scene.server()
    client = scene.client("--hook", hook(scene, f"sleep 1000 & echo $! >{scene.folder}/child; wait"))
    client.ends(1, "hook", seconds=45)
    peer.never("tcp")
    child = (scene.folder / "child").read_text().strip()
    until("the hook's child is gone", lambda: not os.path.exists(f"/proc/{child}")
          or "State:\tZ" in pathlib.Path(f"/proc/{child}/status").read_text())


@scenario("hook-missing")
def hook_missing(scene):
    peer = scene.server()
    scene.client("--hook", "/nonexistent/hook").ends(1, "/nonexistent/hook")
    peer.never("tcp")


@scenario("hook-end-text")
def hook_end_text(scene):
    """What a server says reaches the hook in harmless characters only."""
    peer = scene.server("--misbehave", "terminate:live:718")
    client = scene.client("--hook", hook(scene))
    scene.up(client, peer)
    until("the up hook", lambda: len(heard(scene)) == 2)
    peer.command("fire")
    client.ends(16)
    until("the down hook", lambda: len(heard(scene)) == 3)
    text = [line for line in (scene.folder / "hook.env").read_text().splitlines() if "SSTP_END_TEXT" in line]
    check(text and "718" in text[0], f"the down hook is told {text}")


@scenario("resolv-conf-untouched")
def resolver_untouched(scene):
    """Name servers are offered to the hook, not written anywhere."""
    peer = scene.server()
    client = scene.client()
    scene.up(client, peer)
    during = picture(scene.cli)["files"]
    changed = [path for path in during if path.startswith("/etc") and scene.before["files"].get(path) != during[path]]
    check(not changed, f"changed in /etc: {changed}")
    client.end()
