# SPDX-License-Identifier: GPL-2.0-or-later
"""What the kernel would do by itself with what comes out of the device: it must be nothing."""

from lib.scenario import scenario
from lib.world import RA_PREFIX, check, picture, until

from .hosts import ONLY_NET_ADMIN, read_only
from .inside import start

SETTINGS = "/proc/sys/net/ipv6/conf/"
STRANGE = "2001:db8:bad:"
AS_THEY_ARE = {"accept_ra": "1", "accept_redirects": "1"}


def setting(scene, name, link="sstp0"):
    return scene.run("cat", f"{SETTINGS}{link}/{name}").stdout.strip()


def defaults(scene, **values):
    """The settings that a new interface begins with."""
    for name, value in values.items():
        scene.run("sh", "-c", f"echo {value} >{SETTINGS}default/{name}")
    scene.before = picture(scene.cli)


def learnt(scene):
    """What the kernel has by an advertisement."""
    text = "".join(scene.run("ip", "-6", *words).stdout for words in (("route",), ("address", "show", "dev", "sstp0")))
    return [line for line in text.splitlines() if STRANGE in line or ("sstp0" in line and "proto ra" in line)]


def advertise(scene, act, *options, **keywords):
    client = start(scene, act, *options, **keywords)
    until("it has advertised", lambda: "inside: advertised: " in client.stderr())
    check("inside: advertised: 0" in client.stderr(), f"the act failed: {client.stderr()}")
    return client


for name, act, options in (("", "advertise", ()), ("-disable-ipv6", "advertise", ("--disable-ipv6",)),
                           ("-afresh", "advertise-afresh", ()),
                           ("-afresh-disable-ipv6", "advertise-afresh", ("--disable-ipv6",))):
    @scenario(f"device-advertisement{name}", act=act, options=options)
    def advertised(scene, act, options):
        """A worker that has been taken over writes a router advertisement: neither route nor address comes of it."""
        defaults(scene, **AS_THEY_ARE)
        client = advertise(scene, act, *options)
        found = learnt(scene)
        check(not found, f"the kernel has followed it: {found}")
        client.end()


@scenario("device-advertisement-counts")
def not_forbidden(scene):
    """The same where the settings cannot be written and no default helps: the kernel follows, and -v has said so."""
    defaults(scene, **AS_THEY_ARE)
    client = advertise(scene, "advertise", "-v", prefix=read_only(*ONLY_NET_ADMIN))
    until("the kernel has followed it", lambda: learnt(scene))
    check("sandbox of the interface: missing: device (net.ipv6.conf.sstp0.accept_ra is 1: Read-only file system)"
          in client.stderr(), f"it does not say what is missing: {client.stderr()}")
    client.end()


@scenario("device-settings")
def settings(scene):
    """Advertisements are taken in the process alone, which asks for them, too; with --disable-ipv6 there is no IPv6."""
    defaults(scene, **AS_THEY_ARE)
    peer = scene.server("--ra-prefix", RA_PREFIX)
    client = scene.client("-v", "--require-sandbox")
    scene.up(client, peer)
    peer.saw("router-solicitation")
    until("the on-link route", lambda: scene.route("2001:db8:77::99") == "sstp0")
    found = {name: setting(scene, name) for name in ("accept_ra", "accept_redirects", "disable_ipv6")}
    check(found == {"accept_ra": "0", "accept_redirects": "0", "disable_ipv6": "0"}, f"the settings are {found}")
    check("sandbox of the interface: in force: device" in client.stderr(), client.stderr())
    client.end()


@scenario("device-settings-disable-ipv6")
def no_ipv6(scene):
    peer = scene.server()
    client = scene.client("--disable-ipv6", "--default-route")
    scene.up(client, peer)
    check(setting(scene, "disable_ipv6") == "1", "IPv6 is on")
    scene.ping_inside("10.9.0.1")
    client.end()


@scenario("device-required")
def required(scene):
    """Where nothing can be written, --require-sandbox insists; the host's own defaults do as well."""
    defaults(scene, **AS_THEY_ARE)
    scene.client("--require-sandbox", "--quiet", prefix=read_only()).ends(3, "device", "accept_ra")
    defaults(scene, accept_ra=0, accept_redirects=0)
    peer = scene.server("--ra-prefix", RA_PREFIX)
    client = scene.client("--require-sandbox", prefix=read_only())
    scene.up(client, peer)
    until("the on-link route", lambda: scene.route("2001:db8:77::99") == "sstp0")
    client.end()
