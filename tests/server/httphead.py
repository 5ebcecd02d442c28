# SPDX-License-Identifier: GPL-2.0-or-later
"""The HTTP exchange in front of SSTP ([MS-SSTP] 3.2.4.1, protocol.md section 3)."""

import email.utils
import re

LIMIT = 8192            # accel-ppp's buffer: a request head must fit (Q4)
ENDLESS = "18446744073709551615"
URI = "/sra_{BA195980-CD49-458b-9E23-C84EE0ADCD75}/"

# The four lines, in the order of [MS-SSTP] 4.1, and nothing else.
REQUEST = re.compile(
    rb"SSTP_DUPLEX_POST /sra_\{BA195980-CD49-458b-9E23-C84EE0ADCD75\}/ HTTP/1\.1\r\n"
    rb"SSTPCORRELATIONID: (\{[0-9A-F]{8}(?:-[0-9A-F]{4}){3}-[0-9A-F]{12}\})\r\n"
    rb"Content-Length: 18446744073709551615\r\n"
    rb"Host: ([^\r\n ]+)\r\n"
    rb"\r\n")

REASONS = {301: "Moved Permanently", 400: "Bad Request", 401: "Unauthorized", 403: "Forbidden",
           404: "Not Found", 405: "Method Not Allowed", 407: "Proxy Authentication Required",
           501: "Not Implemented", 503: "Service Unavailable"}


def parse_request(head):
    """(correlation id, host) of a request that is right to the byte, else None."""
    match = REQUEST.fullmatch(head)
    return tuple(part.decode("latin-1") for part in match.groups()) if match else None


def host_name(host):
    """The Host value without a port; an IPv6 literal keeps its brackets."""
    return re.sub(r":\d+$", "", host)


def response(lines):
    return "".join(line + "\r\n" for line in ("HTTP/1.1 200 OK", *lines, "")).encode()


def accepted(flavour):
    """The 200 answer as the dialect's server writes it."""
    length, date = "Content-Length: " + ENDLESS, "Date: " + email.utils.formatdate(usegmt=True)
    return response({
        "microsoft": [length, "Server: Microsoft-HTTPAPI/2.0", date],
        "accel": [date, length, "Connection: keep-alive"],
        "sorz": [length, "Server: SSTP-Server/0.7.2"],
    }[flavour])


def refusal(code):
    extra = "Location: https://elsewhere.example.org/\r\n" if code == 301 else ""
    if code == 407:
        extra = 'Proxy-Authenticate: Basic realm="proxy"\r\n'
    body = f"<html>{code}</html>"
    return (f"HTTP/1.1 {code} {REASONS[code]}\r\n{extra}Content-Type: text/html\r\n"
            f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n{body}").encode()
