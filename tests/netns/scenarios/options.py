# SPDX-License-Identifier: GPL-2.0-or-later
"""The command line: what is refused as wrong, help, version, and the forms of the server's name."""

from lib.scenario import scenario
from lib.world import NAME, SERVER4, SERVER6, check

WRONG = {
    "no-server": [], "unknown-option": ["--frobnicate", NAME], "two-servers": [NAME, "other.example.test"],
    "mtu-text": ["--mtu", "big", NAME], "mtu-small": ["--mtu", "5", NAME], "mtu-large": ["--mtu", "9000", NAME],
    "auth": ["--auth", "mschapv2,rot13", NAME], "auth-empty": ["--auth", "", NAME],
    "route": ["--route", "10.0.0.0/33", NAME], "pin": ["--servercert", "sha256:zz", NAME],
    "pin-short": ["--servercert", "cert-sha256:00ff", NAME], "port": [NAME + ":99999"], "port-zero": [NAME + ":0"],
    "interface": ["-i", "name/with/slash", NAME], "interface-long": ["-i", "a-name-of-sixteen", NAME],
    "missing-value": ["--user"], "http-url": [f"http://{NAME}/"],
}


@scenario("options-wrong")
def wrong_options(scene):
    """Each is status 2, said in words, before anything is touched."""
    for name, words in WRONG.items():
        client = scene.raw_client(scene.binary, *words)
        got = client.wait()
        check(got == 2, f"{name} ({' '.join(words)}): status {got}: {client.stderr()}")
        check(client.last_line(), f"{name}: not a word")


@scenario("options-help")
def help_and_version(scene):
    for words in (["--help"], ["-h"], ["--version"], ["-V"]):
        client = scene.raw_client(scene.binary, *words)
        check(client.wait() == 0 and client.output.read_text().strip(), f"{words}: no output or no 0")
        check(not client.stderr(), f"{words} writes to standard error")
    words = [line.split()[0] for line in client.output.read_text().splitlines()]
    check(words == ["sstptun", "wolfSSL", "libnl", "libseccomp"], f"--version tells of {words}")


for target, host in ((f"{NAME}:444", f"{NAME}:444"), (f"https://{NAME}:444/", f"{NAME}:444"),
                     (f"https://{NAME}/", NAME), (f"{NAME}:443", NAME)):
    @scenario("target-" + target.replace("/", "_"), target=target, host=host)
    def targets(scene, target, host):
        """Every form of SERVER[:PORT], and the Host that belongs to it."""
        port = "444" if "444" in target else "443"
        peer = scene.server("--expect-host", host, "--expect-sni", NAME, listen=(f"{SERVER4}:{port}",))
        client = scene.client(target=target)
        scene.up(client, peer)
        client.end()


for target, host in ((SERVER4, SERVER4), (f"[{SERVER6}]", f"[{SERVER6}]"), (f"[{SERVER6}]:443", f"[{SERVER6}]"),
                     (f"https://[{SERVER6}]:443/", f"[{SERVER6}]"), (f"{SERVER4}:443", SERVER4)):
    @scenario("target-" + target.replace("/", "_"), target=target, host=host)
    def literals(scene, target, host):
        """Addresses instead of names: IP SAN, no SNI."""
        peer = scene.server("--expect-host", host, "--expect-sni", "none", cert="address")
        client = scene.client(target=target)
        scene.up(client, peer)
        client.end()
