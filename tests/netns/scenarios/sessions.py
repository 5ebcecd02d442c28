# SPDX-License-Identifier: GPL-2.0-or-later
"""A tunnel that stands: its interface, both families, routes, and every way in which it is ended."""

import pathlib
import signal

from lib import peers
from lib.scenario import scenario
from lib.world import (ELSEWHERE4, INTERNET4, INTERNET6, NAME, PEER4, RA_PREFIX, SERVER4, SERVER6,
                       TUNNEL4, batch, check, enter, ip_json, picture, until)

ROUTER6 = "2001:db8:77::1"          # the server's address in the advertised prefix


def start(scene, *options, server=(), **keywords):
    peer = scene.server(*server)
    client = scene.client(*options, **keywords)
    link = scene.up(client, peer)
    return peer, client, link


def counters(scene, name):
    stats = ip_json(scene.cli, "-s", "link", "show", "dev", name)[0]["stats64"]
    return stats["tx"]["packets"], stats["rx"]["packets"]


# -- the interface --------------------------------------------------------------------------------


@scenario("up-interface")
def interface(scene):
    """Name, address, peer, MTU, flags; traffic; and no route but the peer's."""
    peer, client, link = start(scene, "--disable-ipv6")
    check(link["ifname"] == "sstp0", f"the interface is called {link['ifname']}")
    check(link["mtu"] == 1400, f"its MTU is {link['mtu']}")
    check("UP" in link["flags"], "it is not up")
    found = [each for each in link["addr_info"] if each["local"] == TUNNEL4]
    check(found[0].get("address") == PEER4, f"its peer is {found[0]}")
    check(not [each for each in link["addr_info"] if each["family"] == "inet6"],
          "IPv6 addresses despite --disable-ipv6")
    scene.ping(PEER4)
    scene.ping(PEER4, "-s", "1372", "-M", "do")
    check(scene.route(INTERNET4) == "c0", "the internet goes through the tunnel without --default-route")
    peer.never("ppp", proto="IPV6CP", received="Configure-Request")
    client.end()


@scenario("up-http-and-order")
def order(scene):
    """What the server saw, in its order, from TCP to close_notify."""
    peer, client, _ = start(scene, "--disable-ipv6", server=("--expect-sni", NAME, "--expect-host", NAME))
    client.end()
    peer.order(("tcp", {}), ("tls", {}), ("http", {}), ("sstp", {"received": "CALL_CONNECT_REQUEST"}),
               ("lcp-up", {"method": "mschapv2"}), ("auth-ok", {"user": "alice"}),
               ("sstp", {"received": "CALL_CONNECTED"}), ("ppp", {"proto": "IPCP", "received": "Configure-Request"}),
               ("ipcp-up", {"address": TUNNEL4}),
               ("ppp", {"proto": "LCP", "received": "Terminate-Request"}),
               ("sstp", {"received": "CALL_DISCONNECT", "attribute": 0, "status": 0}), ("close_notify", {}))


@scenario("up-name-taken")
def second_name(scene):
    """sstp0 is somebody else's: the tunnel is sstp1, and sstp0 stays as it is."""
    batch(scene.cli, "link add sstp0 type veth peer name other0")
    scene.before = picture(scene.cli)
    _, client, link = start(scene)
    check(link["ifname"] == "sstp1", f"the interface is called {link['ifname']}")
    client.end()


@scenario("up-name-given")
def given_name(scene):
    _, client, link = start(scene, "-i", "office")
    check(link["ifname"] == "office", f"the interface is called {link['ifname']}")
    client.end()


@scenario("name-given-taken")
def given_name_taken(scene):
    """An interface that exists is never taken over."""
    batch(scene.cli, "link add office type veth peer name other0")
    scene.before = picture(scene.cli)
    scene.server()
    scene.client("--interface", "office").ends(1, "office")


@scenario("up-mtu")
def mtu_asked(scene):
    _, client, link = start(scene, "--mtu", "1300")
    check(link["mtu"] == 1300, f"MTU {link['mtu']}, asked for 1300")
    scene.ping(PEER4, "-s", "1272", "-M", "do")
    client.end()


@scenario("up-mtu-server")
def mtu_of_the_server(scene):
    """The server's MRU bounds what we send."""
    _, client, link = start(scene, "--mtu", "1400", server=("--mru", "1290"))
    check(link["mtu"] == 1290, f"MTU {link['mtu']}, the server's MRU is 1290")
    scene.ping(PEER4, "-s", "1262", "-M", "do")
    client.end()


@scenario("up-mtu-large")
def mtu_large(scene):
    """4087 is the largest datagram that an SSTP packet holds ([MS-SSTP] 3.1.5.2)."""
    peer, client, link = start(scene, "--mtu", "4087", server=("--mru", "4091"))
    check(link["mtu"] == 4087, f"MTU {link['mtu']}, asked for 4087")
    scene.run("ping", "-n", "-q", "-c", "2", "-i", "0.05", "-W", "1", "-s", "4059", "-M", "do", PEER4, good=False)
    client.end()
    check(peer.saw("traffic")["rx_bytes"] >= 2 * 4087, "packets of 4087 bytes did not reach the server")


@scenario("up-two-tunnels")
def two_tunnels(scene):
    """Two sessions side by side: neither the start nor the end of one takes anything from the other."""
    first = scene.server(listen=(f"{SERVER4}:443",))
    second = scene.server("--local", "10.8.0.1", "--remote", "10.8.0.100", listen=(f"{SERVER4}:444",), number="2")
    one = scene.client("--default-route", "--route", "172.16.0.0/12", "--disable-ipv6")
    name = scene.up(one, first)["ifname"]
    two = scene.client("--route", "172.31.0.0/16", target=f"{NAME}:444")
    until("the second tunnel is up", lambda: second.events("ipcp-up") and scene.interface("10.8.0.100"))
    other = scene.interface("10.8.0.100")["ifname"]
    scene.ping_inside(PEER4)
    scene.ping("10.8.0.1")
    until("the second's route", lambda: scene.route("172.31.1.1") == other)
    ours = ("172.20.1.1", INTERNET4)
    check(all(scene.route(each) == name for each in ours), "the second start took the first's routes")
    two.end()
    check(all(scene.route(each) == name for each in ours), "the second's end took the first's routes")
    scene.ping(INTERNET4)
    one.end()


# -- IPv6 -----------------------------------------------------------------------------------------


@scenario("ipv6")
def ipv6(scene):
    """Link-local from IPV6CP, a global address and the on-link route from the advertisement."""
    peer, client, _ = start(scene, server=("--ra-prefix", RA_PREFIX))
    peer.saw("router-solicitation")
    name = scene.interface()["ifname"]

    def addressed():
        link = ip_json(scene.cli, "-6", "address", "show", "dev", name)[0]["addr_info"]
        scopes = {each["scope"] for each in link}
        return {"link", "global"} <= scopes and link
    addresses = until("link-local and global IPv6 addresses", addressed)
    check([each for each in addresses if each["local"].startswith("2001:db8:77:")], "no address in the prefix")
    until("the on-link route", lambda: scene.route("2001:db8:77::99") == name)
    scene.ping_inside(ROUTER6)
    check(scene.route(INTERNET6) == "c0", "IPv6's default route goes through the tunnel without --default-route")
    scene.ping(INTERNET6)
    client.end()


@scenario("ipv6-default-route")
def ipv6_default(scene):
    peer, client, _ = start(scene, "--default-route", server=("--ra-prefix", RA_PREFIX))
    name = scene.interface()["ifname"]
    until("IPv6's default route", lambda: scene.route(INTERNET6) == name)
    before = counters(scene, name)
    scene.ping_inside(INTERNET6)
    check(counters(scene, name)[0] > before[0], "the ping did not go through the tunnel")
    client.end()


@scenario("ipv6-only-on-link")
def ipv6_no_router(scene):
    """Router lifetime 0: the prefix is on the link, the router is no default router."""
    peer, client, _ = start(scene, "--default-route", server=("--ra-prefix", RA_PREFIX, "--ra-lifetime", "0"))
    name = scene.interface()["ifname"]
    until("the on-link route", lambda: scene.route("2001:db8:77::99") == name)
    scene.ping_inside(ROUTER6)
    client.end()


@scenario("ipv6-not-autonomous")
def ipv6_on_link_only(scene):
    """A prefix without the A flag gives a route but no address."""
    peer, client, _ = start(scene, server=("--ra-prefix", RA_PREFIX, "--ra-flags", "L"))
    peer.saw("router-solicitation")
    name = scene.interface()["ifname"]
    until("the on-link route", lambda: scene.route("2001:db8:77::99") == name)
    check("2001:db8:77:" not in scene.run("ip", "-6", "address", "show", "dev", name).stdout, "an address without A")
    client.end()


@scenario("ipv6-outside")
def outer_ipv6(scene):
    """The tunnel itself over IPv6."""
    scene.names({NAME: [SERVER6]})
    _, client, _ = start(scene, "--default-route", server=("--ra-prefix", RA_PREFIX))
    scene.ping(PEER4)
    scene.ping_inside(ROUTER6)
    check(scene.route(SERVER6) == "c0", "the server's own address goes into the tunnel")
    client.end()


# -- routes ---------------------------------------------------------------------------------------


@scenario("route")
def routes(scene):
    _, client, link = start(scene, "--route", f"{INTERNET4}/32", "--route", "2001:db8:ffff::/48",
                            "--route", "172.16.0.0/12", server=("--ra-prefix", RA_PREFIX))
    name = link["ifname"]
    until("the IPv4 routes", lambda: scene.route(INTERNET4) == name and scene.route("172.20.1.1") == name)
    until("the IPv6 route", lambda: scene.route(INTERNET6) == name)
    check(scene.route(ELSEWHERE4) == "c0", "an address outside --route goes through the tunnel")
    before = counters(scene, name)
    scene.ping(INTERNET4)
    check(counters(scene, name)[0] > before[0], "the ping did not go through the tunnel")
    scene.ping_inside(INTERNET6)
    client.end()


@scenario("default-route")
def default_route(scene):
    """Everything but the server's address goes through; what main knows better, stays."""
    batch(scene.cli, f"route add 203.0.113.0/24 via {SERVER4}")
    scene.before = picture(scene.cli)
    _, client, link = start(scene, "--default-route", "--disable-ipv6")
    name = link["ifname"]
    until("the default route", lambda: scene.route(INTERNET4) == name)
    check(scene.route(ELSEWHERE4) == "c0", "a more specific route of the main table was overruled")
    check(scene.route(SERVER4) == "c0", "the server's own address goes into the tunnel")
    before = counters(scene, name)
    scene.ping(INTERNET4)
    check(counters(scene, name)[0] >= before[0] + 2, "the ping did not go through the tunnel")
    scene.ping(ELSEWHERE4)
    main = scene.run("ip", "-4", "route", "show", "table", "main").stdout
    check(f"default via {SERVER4} dev c0" in main, "main's own default route is gone")
    client.end()


@scenario("default-route-cannot-loop")
def no_loop(scene):
    """The server lies behind main's default route, which vanishes: the tunnel's own packets must then
    go nowhere, not into the tunnel.  When the route is back the session goes on."""
    scene.names({NAME: [ELSEWHERE4]})
    _, client, link = start(scene, "--default-route", "--disable-ipv6")
    name = link["ifname"]
    scene.ping(INTERNET4)
    batch(scene.cli, "route del default")
    before = counters(scene, name)
    scene.run("ping", "-n", "-q", "-c", "20", "-i", "0.1", "-W", "1", INTERNET4, good=False)
    sent = counters(scene, name)[0] - before[0]
    check(sent <= 60, f"{sent} packets entered the tunnel for 20 pings: the tunnel carries itself")
    batch(scene.cli, f"route add default via {SERVER4}")
    scene.ping(INTERNET4, "-w", "15", count=3)
    client.end()


@scenario("default-route-other-family")
def other_family(scene):
    """The tunnel carries IPv4 only: IPv6 must not go around it."""
    _, client, link = start(scene, "--default-route", "--disable-ipv6")
    until("the default route", lambda: scene.route(INTERNET4) == link["ifname"])
    scene.ping(INTERNET6, good=False, count=1)
    client.end()


@scenario("forwarding-up-and-down")
def bulk(scene):
    """A quarter of a megabyte each way, in parallel with pings: nothing is lost or mixed up."""
    _, client, _ = start(scene, "--disable-ipv6")
    done = scene.run("ping", "-n", "-q", "-f", "-c", "400", "-s", "1300", "-w", "20", PEER4)
    check(" 0% packet loss" in done.stdout, done.stdout)
    client.end()


STREAM = pathlib.Path(peers.__file__).with_name("stream.py")
BYTES = 8_000_000

for name, options, server in (("offload", (), ()), ("offload-records", (), ("--records", "packet")),
                              ("offload-off", ("--no-offload",), ())):
    @scenario(f"{name}-streams", seconds=120, options=options, server=server)
    def streams(scene, options, server):
        """TCP both ways inside both families: large segments are split and merged, and every byte arrives."""
        start(scene, *options, server=("--ra-prefix", RA_PREFIX, *server))
        until("a global IPv6 address", lambda: scene.route(ROUTER6) == scene.interface()["ifname"])
        for port, address in ((5001, PEER4), (5002, ROUTER6)):
            other = scene.keep(peers.Process(scene.folder, f"stream{port}",
                                             enter(scene.srv, STREAM, "listen", address, port)))
            until("the listener", lambda: "listening" in other.output.read_text())
            scene.run(STREAM, "send", address, port, BYTES, seconds=60)
        scene.processes[1].end()


@scenario("congestion")
def congestion(scene):
    """A congestion control that the kernel has, and one that it has not."""
    _, client, _ = start(scene, "--congestion", "cubic")
    client.end()
    scene.client("--quiet", "--congestion", "nonesuch").ends(1, "nonesuch")


@scenario("congestion-of-the-route")
def congestion_of_the_route(scene):
    """A route that names a congestion control is obeyed, but not against --congestion; without both it is bbr, where
    there is one."""
    def outer():
        return scene.run("ss", "-tinH", "state", "established", "dport", "=", ":443").stdout
    other = "reno"                      # there is no kernel without it, and nobody's default
    batch(scene.cli, f"route add {SERVER4}/32 dev c0 congctl {other}")
    peer, client, _ = start(scene)
    check(f" {other} " in outer(), f"the route's congestion control is not used: {outer()}")
    client.end()
    client = scene.client("--congestion", "cubic")
    scene.up(client, peer)
    check(" cubic " in outer(), f"--congestion is not obeyed against the route: {outer()}")
    client.end()
    batch(scene.cli, f"route del {SERVER4}/32 dev c0")
    client = scene.client()
    scene.up(client, peer)
    if "bbr" in pathlib.Path("/proc/sys/net/ipv4/tcp_available_congestion_control").read_text():
        check(" bbr " in outer(), f"not bbr, although it is there: {outer()}")
    client.end()


# -- ending ---------------------------------------------------------------------------------------

for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGIO, signal.SIGRTMAX):
    @scenario(f"end-{number.name}", number=number)
    def ends(scene, number):
        """0, and the server sees LCP Terminate, CALL_DISCONNECT, close_notify."""
        peer, client, _ = start(scene, "--default-route", server=("--ra-prefix", RA_PREFIX))
        client.end(number)
        peer.order(("ppp", {"proto": "LCP", "received": "Terminate-Request"}),
                   ("sstp", {"received": "CALL_DISCONNECT"}), ("close_notify", {}))

for stage in ("accept", "tls", "http", "request", "lcp", "auth", "response", "authed", "ipcp", "live"):
    @scenario(f"end-during-{stage}", stage=stage)
    def ends_early(scene, stage):
        """A signal while the server is silent ends it with 0 and without a trace, soon."""
        peer = scene.server("--misbehave", f"silence:{stage}")
        client = scene.client()
        if stage == "live":
            scene.up(client, peer)
            peer.command("fire")
        peer.saw("misbehave")
        client.end()


@scenario("end-during-dial")
def ends_dialling(scene):
    """A signal while TCP waits for an address that never answers."""
    scene.names({NAME: ["2001:db8:bad::1"]})
    client = scene.client("-v")
    until("it dials", lambda: "2001:db8:bad::1" in client.stderr())
    client.end()


@scenario("end-twice")
def second_signal(scene):
    """A second signal does not wait for a silent server; what was changed is still undone."""
    peer, client, _ = start(scene, "--default-route", server=("--misbehave", "silence:live"))
    peer.command("fire")
    peer.saw("misbehave")
    client.signal(signal.SIGTERM)
    client.signal(signal.SIGINT)
    client.wait(3)


@scenario("end-while-stalled")
def ends_stalled(scene):
    """The server has stopped reading and the socket is full: a signal still ends it, within seconds."""
    peer, client, link = start(scene, "--disable-ipv6", server=("--misbehave", "stop-reading:live"))
    peer.command("fire")
    peer.saw("misbehave")
    scene.run("ping", "-n", "-q", "-f", "-c", "9000", "-s", "1300", "-w", "3", PEER4, good=False)
    client.end()


@scenario("killed")
def killed(scene):
    """SIGKILL leaves what the kernel keeps; the next start removes it, and so does a start that fails."""
    peer, client, _ = start(scene, "--default-route", "--route", "172.16.0.0/12")
    client.signal(signal.SIGKILL)
    client.wait()
    peer.saw("ended")
    later = scene.client("--default-route")
    until("the second tunnel is up", lambda: len(peer.events("ipcp-up")) == 2 and scene.interface())
    scene.ping(INTERNET4)
    later.end()


@scenario("killed-then-plain")
def killed_then_plain(scene):
    """The next start has other options, and still removes what the killed one left."""
    peer, client, _ = start(scene, "--default-route", server=("--ra-prefix", RA_PREFIX))
    client.signal(signal.SIGKILL)
    client.wait()
    peer.saw("ended")
    later = scene.client()
    until("the second tunnel is up", lambda: len(peer.events("ipcp-up")) == 2 and scene.interface())
    check(scene.route(INTERNET4) == "c0", "the killed session's default route is still there")
    scene.ping(INTERNET6)
    later.end()


@scenario("hello", seconds=200)
def hello(scene):
    """On a quiet line an ECHO_REQUEST after 60 s, and another 60 s later; the session lives on."""
    peer, client, _ = start(scene, "--disable-ipv6", server=("--hello", "0"))
    up = peer.saw("binding")
    first = peer.saw("sstp", seconds=80, received="ECHO_REQUEST")
    check(45 < first["t"] - up["t"] < 75, f"the first ECHO_REQUEST came after {first['t'] - up['t']:.0f} s")
    until("a second ECHO_REQUEST", lambda: len(peer.events("sstp", received="ECHO_REQUEST")) >= 2, 80)
    scene.ping(PEER4)
    client.end()


@scenario("no-reconnect")
def no_reconnect(scene):
    _, client, _ = start(scene, "--no-reconnect", "-q")
    client.end()
    check(not client.lines(), f"--quiet says: {client.stderr()}")


@scenario("verbose-keeps-secrets")
def secrets(scene):
    """Whatever -vv says, the password is not in it, in no form."""
    _, client, _ = start(scene, "-v", "-v", server=("--auth", "mschapv2"))
    client.end()
    text = client.stderr() + client.output.read_text(errors="replace")
    secret = "correct horse"
    for form in (secret, secret.encode().hex(), secret.encode("utf-16-le").hex()):
        check(form not in text.lower(), "the password is in the log")
    check(len(client.lines()) > 5, "-v -v says next to nothing")
