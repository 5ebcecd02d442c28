# SPDX-License-Identifier: GPL-2.0-or-later
"""The server's journal: one JSON object a line, in the order in which things happened.

Tests wait for lines to appear and judge their order.  A violation is something the client must not
do; it is also said on standard error and makes the server's own verdict bad.
"""

import json
import sys
import time


class Journal:
    def __init__(self, path):
        self.file = open(path, "a", buffering=1, encoding="utf-8") if path else sys.stdout
        self.born = time.monotonic()
        self.violations = []

    def event(self, name, **fields):
        stamp = round(time.monotonic() - self.born, 4)
        self.file.write(json.dumps({"t": stamp, "event": name, **fields}) + "\n")
        self.file.flush()

    def violation(self, text):
        self.violations.append(text)
        print("VIOLATION", text, file=sys.stderr, flush=True)
        self.event("violation", text=text)

    def verdict(self):
        self.event("verdict", good=not self.violations, violations=len(self.violations))
        return not self.violations
