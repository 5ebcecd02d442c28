# SPDX-License-Identifier: GPL-2.0-or-later
"""Medians, tables in Markdown, ratios."""

import statistics

# Rows of the main table: name, format.
ROWS = (
    ("up1 Gbit/s", "{:.2f}"), ("down1 Gbit/s", "{:.2f}"), ("up4 Gbit/s", "{:.2f}"), ("down4 Gbit/s", "{:.2f}"),
    ("both Gbit/s", "{:.2f}"),
    ("up1 CPU-s/GB", "{:.2f}"), ("down1 CPU-s/GB", "{:.2f}"), ("up4 CPU-s/GB", "{:.2f}"),
    ("down4 CPU-s/GB", "{:.2f}"), ("both CPU-s/GB", "{:.2f}"), ("up1 system share", "{:.0%}"),
    ("down1 system share", "{:.0%}"),
    ("udp up kpps", "{:.0f}"), ("udp down kpps", "{:.0f}"), ("udp up us/packet", "{:.2f}"),
    ("udp down us/packet", "{:.2f}"),
    ("idle ping p50 ms", "{:.2f}"), ("idle ping p99 ms", "{:.2f}"), ("up4 ping p50 ms", "{:.1f}"),
    ("up4 ping p99 ms", "{:.1f}"), ("down4 ping p50 ms", "{:.1f}"), ("down4 ping p99 ms", "{:.1f}"),
    ("idle RSS MB", "{:.1f}"), ("loaded RSS MB", "{:.1f}"),
    ("up1 syscalls/MB", "{:.0f}"), ("down1 syscalls/MB", "{:.0f}"),
    ("up1 syscalls/1000 packets", "{:.0f}"), ("down1 syscalls/1000 packets", "{:.0f}"),
    ("up1 allocations/1000 packets", "{:.1f}"), ("down1 allocations/1000 packets", "{:.1f}"),
    ("up1 brk+mmap+munmap/1000 packets", "{:.2f}"), ("down1 brk+mmap+munmap/1000 packets", "{:.2f}"),
    ("connect ms", "{:.2f}"),
)

SHAPED_ROWS = tuple((f"{direction} {what}", form) for direction in ("up", "down") for what, form in
                    (("Mbit/s", "{:.1f}"), ("ping p50 ms", "{:.1f}"), ("ping p99 ms", "{:.1f}"),
                     ("CPU-s/GB", "{:.2f}")))

# Ratios: what, variant and row above the line, variant and row below it, the aim, and whether it is a ceiling.
# A variant of None below the line: the number itself is the aim.
GOALS = (
    ("CPU-s/GB over the TLS stream's, up", "sstptun", "up1 CPU-s/GB", "pump", "up1 CPU-s/GB", 1.6, True),
    ("CPU-s/GB over the TLS stream's, down", "sstptun", "down1 CPU-s/GB", "pump", "down1 CPU-s/GB", 1.3, True),
    ("goodput over openvpn's, up", "sstptun", "up1 Gbit/s", "openvpn", "up1 Gbit/s", 8, False),
    ("goodput over openvpn's, down", "sstptun", "down1 Gbit/s", "openvpn", "down1 Gbit/s", 8, False),
    ("goodput over openconnect's, up", "sstptun", "up1 Gbit/s", "openconnect", "up1 Gbit/s", 6, False),
    ("goodput over openconnect's, down", "sstptun", "down1 Gbit/s", "openconnect", "down1 Gbit/s", 6, False),
    ("CPU-s/GB over openvpn's, up", "sstptun", "up1 CPU-s/GB", "openvpn", "up1 CPU-s/GB", 0.14, True),
    ("CPU-s/GB over openvpn's, down", "sstptun", "down1 CPU-s/GB", "openvpn", "down1 CPU-s/GB", 0.08, True),
    ("CPU-s/GB down, record per packet over full records", "records", "down1 CPU-s/GB", "sstptun",
     "down1 CPU-s/GB", 1.25, True),
    ("UDP CPU per packet over openvpn's, up", "sstptun", "udp up us/packet", "openvpn", "udp up us/packet", 0.4, True),
    ("UDP CPU per packet over openvpn's, down", "sstptun", "udp down us/packet", "openvpn", "udp down us/packet",
     0.25, True),
    ("resident memory idle, MB", "sstptun", "idle RSS MB", None, None, 2.5, True),
    ("resident memory under load, MB", "sstptun", "loaded RSS MB", None, None, 5, True),
    ("SYN to first ping over the bare handshake", "sstptun", "connect ms", "pump", "connect ms", 1.5, True),
    ("system calls per MB, up", "sstptun", "up1 syscalls/MB", None, None, 60, True),
    ("system calls per MB, down", "sstptun", "down1 syscalls/MB", None, None, 60, True),
)
SHAPED_GOALS = (("ping p50 under upload, ms", "up ping p50 ms", 50, True),
                ("goodput under upload, Mbit/s", "up Mbit/s", 88, False))


class Results:
    """values[variant][row] = one number per round that came to its end; rounds[variant][row] = which these are."""

    def __init__(self):
        self.values, self.rounds = {}, {}

    def add(self, variant, found, number):
        for row, value in found.items():
            self.values.setdefault(variant, {}).setdefault(row, []).append(value)
            self.rounds.setdefault(variant, {}).setdefault(row, []).append(number)

    def by_round(self, variant, row):
        return dict(zip(self.rounds.get(variant, {}).get(row, ()), self.values.get(variant, {}).get(row, ())))

    def median(self, variant, row):
        found = self.values.get(variant, {}).get(row)
        return statistics.median(found) if found else None

    def ratio(self, above, row, below, below_row):
        """The median of the ratios of each round: what disturbs a round disturbs both."""
        mine, theirs = self.by_round(above, row), self.by_round(below, below_row)
        ratios = [mine[number] / theirs[number] for number in mine if theirs.get(number)]
        return statistics.median(ratios) if ratios else None


def _table(head, rows):
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows])


def _cell(results, variant, row, form):
    found = results.values.get(variant, {}).get(row)
    if not found:
        return "-"
    text = form.format(statistics.median(found))
    if len(found) > 1:
        text += f" ({form.format(min(found))}..{form.format(max(found))})"
    return text


def table(results, variants, rows, title="median (least..most)"):
    present = [(row, form) for row, form in rows if any(results.values.get(each, {}).get(row) for each in variants)]
    return _table([title, *map(str, variants)],
                  [[row] + [_cell(results, each, row, form) for each in variants] for row, form in present])


def _judged(value, aim, ceiling):
    if value is None:
        return None
    reached = value <= aim if ceiling else value >= aim
    return [f"{value:.2f}", f"{'<=' if ceiling else '>='} {aim:g}", "yes" if reached else "no"]


def goals(results, shaped=None):
    """The ratios of the run and what they are meant to be.  Nothing fails when one is missed."""
    rows = []
    for text, above, row, below, below_row, aim, ceiling in GOALS:
        value = results.ratio(above, row, below, below_row) if below else results.median(above, row)
        judged = _judged(value, aim, ceiling)
        if judged:
            rows.append([text, *judged])
    for name, words in (("bbr", "with BBR outside"), ("sstptun", "without")):
        for text, row, aim, ceiling in SHAPED_GOALS if shaped else ():
            judged = _judged(shaped.median(name, row), aim, ceiling)
            if judged:
                rows.append([f"100 Mbit/s link, {words}: {text}", *judged])
    return _table(["what", "median", "aim", "reached"], rows) if rows else ""


SCALE_ROWS = (("processes each", "{:.0f}"), ("MB each (RSS)", "{:.2f}"), ("MB each (PSS)", "{:.2f}"),
              ("MB each (host, both ends)", "{:.2f}"),
              ("CPU us/s each", "{:.1f}"), ("connected per s", "{:.0f}"))


def scale(found):
    """found: {number of tunnels: {row: value}}"""
    numbers = sorted(found)
    return _table(["idle tunnels", *map(str, numbers)],
                  [[row] + [form.format(found[n][row]) if row in found[n] else "-" for n in numbers]
                   for row, form in SCALE_ROWS])


def busy(n, found):
    return _table([f"{n} busy tunnels", "value"], [[key, f"{value:.2f}"] for key, value in found.items()])


GROWTH_ROWS = tuple((f"{direction} {what}", form) for what, form in
                    (("CPU-s/GB", "{:.2f}"), ("us/packet", "{:.2f}"), ("Gbit/s", "{:.2f}"), ("kpps", "{:.0f}"))
                    for direction in ("up", "down"))


def growth(tables):
    """tables: {title: Results whose "variants" are the columns}"""
    return "\n\n".join(table(results, list(results.values), GROWTH_ROWS, title)
                       for title, results in tables.items() if results.values)
