#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Our test server, for a client that is not ours.

The server accepts one HTTP request only, sstptun's, right to the byte. Debian's sstp-client orders the fields
otherwise and writes a malformed GUID, as real servers allow. That one check is replaced here; all others
stand.
"""

import pathlib
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

# pylint: disable=wrong-import-position
from server import httphead
from server.main import main


def parse_request(head):
    """What httphead.parse_request returns, for any HTTP/1.1 head that asks for SSTP."""
    request, *lines = head.decode("latin-1").removesuffix("\r\n\r\n").split("\r\n")
    fields = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    if (request != f"SSTP_DUPLEX_POST {httphead.URI} HTTP/1.1" or "host" not in fields
            or fields.get("content-length") != httphead.ENDLESS):
        return None
    return fields.get("sstpcorrelationid", ""), fields["host"]


if __name__ == "__main__":
    httphead.parse_request = parse_request
    sys.exit(main(sys.argv[1:]))
