# SPDX-License-Identifier: GPL-2.0-or-later
"""Is the judge itself right?"""

from lib.peers import TESTS
from lib.scenario import scenario
from lib.world import check


@scenario("server-selftest", seconds=150)
def selftest(scene):
    """The test server's own test: known answers, good calls, and every fault of its list found."""
    done = scene.run(TESTS / "server" / "selftest", good=False, seconds=140)
    check(done.returncode == 0, done.stdout + done.stderr)
