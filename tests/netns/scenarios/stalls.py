# SPDX-License-Identifier: GPL-2.0-or-later
"""Servers that stop at some stage: nothing is used up while the client waits, and it still does as it is told. (That
each wait has an end of its own is the business of misbehaviours.py: silence-*, http-drip and so on.)"""

import os

from lib import watch
from lib.scenario import scenario
from lib.world import check, until

SECONDS = float(os.environ.get("FLOOD_SECONDS", "0.3"))
STAGES = ("accept", "tls", "http", "request", "lcp", "auth", "response", "authed", "ipcp", "live")
REST = 0.02                     # share of a processor that waiting may cost
NO_TLS = ("accept", "accept:hello", "accept:certificate", "accept:record")
PATIENCE = 25                   # before it is up, each wait has an end of its own after 30 s or more


def rests(scene, client, what, seconds=SECONDS):
    """Memory flat, and next to no processor time: over at least half a second, whatever else this machine does."""
    watch.idle(client, scene.binary, what)
    measured = watch.Watch(client, scene.binary).over(max(0.5, seconds))
    measured.memory_is_flat(what)
    measured.log_is_bounded(what, 5)
    used = measured.samples[-1].cpu - measured.samples[0].cpu
    passed = measured.samples[-1].at - measured.samples[0].at
    check(used <= REST * passed, f"{what}: {used:.3f} s of processor time in {passed:.2f} s of waiting")


def stalls(name, misbehave, server=(), stage=None):
    @scenario(f"stall-{name}", seconds=int(SECONDS) + 150)
    def run(scene):
        peer = scene.server("--misbehave", misbehave, *server)
        client = scene.client()
        if stage == "live":
            scene.up(client, peer)
            until("it is announced", lambda: "connected:" in client.stderr())
            peer.command("fire")
        peer.saw("misbehave")
        rests(scene, client, name, SECONDS if stage == "live" else min(SECONDS, PATIENCE))
        if stage == "live" or SECONDS <= PATIENCE:
            client.end()
        else:
            client.ends(10 if misbehave.partition(":")[2] not in NO_TLS else 9,
                        "no usable IP address" if stage in ("authed", "ipcp") else "stopped answering", seconds=120)


for each in STAGES:
    stalls(each, f"silence:{each}", stage=each)
    if each != "accept":        # before TLS, to be deaf is to be silent
        stalls(f"deaf-{each}", f"stop-reading:{each}", stage=each)
for part in ("hello", "certificate", "record"):
    stalls(f"tls-{part}", f"tls-part:accept:{part}")
stalls("http-part", "part:http:485454502f312e312032")
stalls("sstp-part", "part:request:100100300002000100")
stalls("ppp-part", "part:live:10000400ff030021450003fc", stage="live")


@scenario("stall-up", seconds=int(SECONDS) + 60)
def quiet_session(scene):
    """The server is well and has nothing to say."""
    peer = scene.server("--hello", "0")
    client = scene.client("--default-route")
    scene.up(client, peer)
    until("it is announced", lambda: "connected:" in client.stderr())
    rests(scene, client, "a quiet session")
    client.end()
