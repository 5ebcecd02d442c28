# SPDX-License-Identifier: GPL-2.0-or-later
"""Horizontal bars in SVG: one panel for each measure, one bar for each variant and direction."""

from xml.sax.saxutils import escape

COLOURS = {"up": "#2b6cb0", "down": "#dd6b20", "": "#4a5568"}
WIDTH, LEFT, BAR, GAP, HEAD = 460, 110, 13, 5, 46

# (title, [(row, direction)], in which results, less is better)
PANELS = (
    ("client CPU seconds per GB, one TCP stream", (("up1 CPU-s/GB", "up"), ("down1 CPU-s/GB", "down")), "main"),
    ("goodput, Gbit/s, one TCP stream", (("up1 Gbit/s", "up"), ("down1 Gbit/s", "down")), "main"),
    ("client CPU us per 64-byte UDP packet", (("udp up us/packet", "up"), ("udp down us/packet", "down")), "main"),
    ("system calls per MB", (("up1 syscalls/MB", "up"), ("down1 syscalls/MB", "down")), "main"),
    ("ping p50 under load, ms, on the shaped link", (("up ping p50 ms", "up"), ("down ping p50 ms", "down")), "shaped"),
    ("resident memory under load, MB", (("loaded RSS MB", ""),), "main"),
)


def _text(x, y, text, size=11, anchor="start", weight="normal"):
    return (f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" text-anchor="{anchor}" font-weight="{weight}">'
            f"{escape(text)}</text>")


def _number(value):
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"


def _panel(title, bars, x, y):
    """bars: [(label or "", direction, value)].  (SVG, height)"""
    parts = [_text(x, y + 18, title, 12, weight="bold")]
    top, most = y + 30, max(value for _, _, value in bars)
    room = WIDTH - LEFT - 70
    for label, direction, value in bars:
        if label:
            top += GAP
            parts.append(_text(x + LEFT - 8, top + BAR - 2, label, anchor="end"))
        length = max(1.0, value / most * room)
        parts.append(f'<rect x="{x + LEFT}" y="{top}" width="{length:.1f}" height="{BAR - 2}" '
                     f'fill="{COLOURS[direction]}"/>')
        parts.append(_text(x + LEFT + length + 5, top + BAR - 3, _number(value)))
        top += BAR
    return "\n".join(parts), top - y + 14


def _bars(results, variants, rows):
    bars = []
    for variant in variants:
        found = [(direction, results.median(variant, row)) for row, direction in rows]
        found = [(direction, value) for direction, value in found if value is not None]
        bars += [(variant if index == 0 else "", direction, value) for index, (direction, value) in enumerate(found)]
    return bars


def draw(title, variants, main, shaped):
    """The whole picture, two panels in a row."""
    panels = []
    for heading, rows, which in PANELS:
        results = main if which == "main" else shaped
        bars = _bars(results, variants, rows) if results else []
        if bars:
            panels.append((heading, bars))
    parts, y = [], HEAD
    for index in range(0, len(panels), 2):
        height = 0
        for column, (heading, bars) in enumerate(panels[index:index + 2]):
            text, tall = _panel(heading, bars, 10 + column * WIDTH, y)
            parts.append(text)
            height = max(height, tall)
        y += height
    legend = "".join(f'<rect x="{x}" y="27" width="10" height="10" fill="{COLOURS[name]}"/>' +
                     _text(x + 14, 36, name) for x, name in ((10, "up"), (60, "down")))
    return (f'<svg xmlns="http://www.w3.org/2000/svg" width="{2 * WIDTH + 20}" height="{y}" '
            f'font-family="sans-serif">\n<rect width="100%" height="100%" fill="white"/>\n'
            + _text(10, 18, title, 13, weight="bold") + legend + "\n" + "\n".join(parts) + "\n</svg>\n")
