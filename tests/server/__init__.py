# SPDX-License-Identifier: GPL-2.0-or-later
"""An SSTP server for tests: a judge that shares no code with the client.

Everything is written from the specifications ([MS-SSTP], RFC 1661, 1332, 1334, 1994, 2759, 3079,
3748, 5072, 4861) on top of Python's standard library and OpenSSL.  It does two things at once: it
plays a server, in the dialect of a real one or misbehaving in a chosen way, and it checks every
byte the client sends.  What the client must not do is journalled as a violation.

  connection  TCP, TLS records, the HTTP request; owns the layers above
  sstp        [MS-SSTP] call: control messages, crypto binding, timers
  ppp         the link: frames, demultiplexing, phases; cp, lcp, ncp, auth, eap above it
  tun, ra     packets to and from the kernel; router advertisements
  dialects    how the known servers differ        misbehave*  how a server can go wrong
"""
