# SPDX-License-Identifier: GPL-2.0-or-later
"""Horizontal bars in SVG: one panel for each measure, one bar for each variant and direction.  The picture has a
background of its own, light or dark as the reader's, so it can be read on any page."""

import textwrap
from xml.sax.saxutils import escape

WIDTH, LEFT, BAR, GAP, MARGIN = 470, 110, 13, 5, 14
STYLE = """
  text { font-family: sans-serif; fill: #1a202c }
  .small { fill: #4a5568 }
  .page { fill: #ffffff; stroke: #cbd5e0 }
  .up { fill: #2b6cb0 } .down { fill: #dd6b20 } .one { fill: #718096 }
  @media (prefers-color-scheme: dark) {
    text { fill: #edf2f7 }
    .small { fill: #a0aec0 }
    .page { fill: #171923; stroke: #4a5568 }
    .up { fill: #63b3ed } .down { fill: #f6ad55 } .one { fill: #a0aec0 }
  }
"""


def _both(text):
    return (f"up{text}", "up"), (f"down{text}", "down")


# (title, [(row, class)], of which results)
PANELS = (
    ("client CPU seconds per GB, one TCP stream", _both("1 CPU-s/GB"), "main"),
    ("goodput, Gbit/s, one TCP stream", _both("1 Gbit/s"), "main"),
    ("client CPU us per 64-byte UDP packet", (("udp up us/packet", "up"), ("udp down us/packet", "down")), "main"),
    ("client system calls per MB", _both("1 syscalls/MB"), "main"),
    ("client memory under load, MB", (("loaded RSS MB", "one"),), "main"),
    ("connect() to first ping, ms", (("connect ms", "one"),), "main"),
    ("ping p50 under load, ms: 100 Mbit/s, 20 ms, queue 50 ms", _both(" ping p50 ms"), "100"),
    ("goodput, Mbit/s: 100 Mbit/s, 20 ms, 0.2 % loss each way", _both(" Mbit/s"), "lossy"),
    ("ping p50 under load, ms: 10 Mbit/s, 40 ms, queue 200 ms", _both(" ping p50 ms"), "10"),
    ("sstptun, CPU seconds per GB, by number of TCP streams", _both(" CPU-s/GB"), "TCP streams"),
    ("sstptun, CPU us per packet, by bytes in a TCP segment", _both(" us/packet"), "TCP, bytes in a segment"),
    ("sstptun, CPU us per packet, by bytes in a UDP datagram", _both(" us/packet"), "UDP, bytes in a datagram"),
)


def _text(x, y, text, size=11, anchor="start", weight="normal", kind=None):
    kind = f' class="{kind}"' if kind else ""
    return (f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" text-anchor="{anchor}" font-weight="{weight}"{kind}>'
            f"{escape(text)}</text>")


def _number(value):
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"


def _panel(title, bars, x, y):
    """bars: [(label or "", class, value)].  (SVG, height)"""
    parts = [_text(x, y + 18, title, 12, weight="bold")]
    top, most = y + 28, max(value for _, _, value in bars) or 1
    room = WIDTH - LEFT - 70
    for label, kind, value in bars:
        if label:
            top += GAP
            parts.append(_text(x + LEFT - 8, top + BAR - 2, label, anchor="end"))
        length = max(1.0, value / most * room)
        parts.append(f'<rect x="{x + LEFT}" y="{top}" width="{length:.1f}" height="{BAR - 2}" class="{kind}"/>')
        parts.append(_text(x + LEFT + length + 5, top + BAR - 3, _number(value), 10, kind="small"))
        top += BAR
    return "\n".join(parts), top - y + 16


def _bars(results, rows):
    bars = []
    for variant in results.values:
        found = [(kind, results.median(variant, row)) for row, kind in rows]
        found = [(kind, value) for kind, value in found if value is not None]
        bars += [(str(variant) if index == 0 else "", kind, value) for index, (kind, value) in enumerate(found)]
    return bars


def _head(title):
    """(SVG, height): what was measured, and the colours."""
    parts = [_text(MARGIN, 26, "sstptun's packet path: medians", 15, weight="bold")]
    y = 26
    for line in textwrap.wrap(title, 150):
        y += 15
        parts.append(_text(MARGIN, y, line, 10, kind="small"))
    y += 10
    for x, name in ((MARGIN, "up"), (MARGIN + 50, "down")):
        parts.append(f'<rect x="{x}" y="{y}" width="10" height="10" class="{name}"/>' + _text(x + 14, y + 9, name))
    return "\n".join(parts), y + 18


def draw(title, results):
    """results: {name as in PANELS: Results}.  The whole picture, two panels in a row; empty panels are left out."""
    panels = [(heading, _bars(results[which], rows)) for heading, rows, which in PANELS if which in results]
    panels = [(heading, bars) for heading, bars in panels if bars]
    head, y = _head(title)
    parts = [head]
    for index in range(0, len(panels), 2):
        height = 0
        for column, (heading, bars) in enumerate(panels[index:index + 2]):
            text, tall = _panel(heading, bars, MARGIN + column * WIDTH, y)
            parts.append(text)
            height = max(height, tall)
        y += height
    wide = 2 * WIDTH + MARGIN
    return (f'<svg xmlns="http://www.w3.org/2000/svg" width="{wide}" height="{y}" viewBox="0 0 {wide} {y}">\n'
            f'<style>{STYLE}</style>\n<rect class="page" x="0.5" y="0.5" width="{wide - 1}" height="{y - 1}" rx="6"/>\n'
            + "\n".join(parts) + "\n</svg>\n")
