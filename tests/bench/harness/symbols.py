# SPDX-License-Identifier: GPL-2.0-or-later
"""Where a program's allocator begins, as an offset in its file, for uprobes.

A dynamic program calls libc's, whose exported symbols are in its dynamic table.  A static one keeps its symbols only
when it is not stripped; for a stripped one the linker's map beside it (FILE.map, from -Wl,-Map) says the same."""

import os
import pathlib
import re
import struct

NAMES = ("malloc", "calloc", "realloc")


def _load_segments(data):
    """[(virtual address, file offset, size)] of what is loaded."""
    offset, = struct.unpack_from("<Q", data, 32)
    size, count = struct.unpack_from("<HH", data, 54)
    for index in range(count):
        kind, _, at, address, _, length = struct.unpack_from("<IIQQQQ", data, offset + index * size)
        if kind == 1:
            yield address, at, length


def _to_offset(data, address):
    for begin, at, length in _load_segments(data):
        if begin <= address < begin + length:
            return address - begin + at
    return None


def _from_tables(data):
    """{name: virtual address} of the allocators in the symbol tables."""
    found = {}
    offset, = struct.unpack_from("<Q", data, 40)
    size, count = struct.unpack_from("<HH", data, 58)
    sections = [struct.unpack_from("<IIQQQQIIQQ", data, offset + i * size) for i in range(count)]
    for section in sections:
        if section[1] not in (2, 11):           # SHT_SYMTAB, SHT_DYNSYM
            continue
        strings = sections[section[6]][4]
        for at in range(section[4], section[4] + section[5], 24):
            name, kind, _, index, value = struct.unpack_from("<IBBHQ", data, at)
            end = data.index(b"\0", strings + name)
            text = data[strings + name:end].decode(errors="replace")
            if text in NAMES and kind & 15 in (2, 10) and index and value:
                found[text] = value
    return found


def _from_map(path):
    found = {}
    for line in path.read_text(errors="replace").splitlines():
        match = re.fullmatch(r"\s+0x([0-9a-f]+)\s+(\w+)", line)
        if match and match[2] in NAMES:
            found[match[2]] = int(match[1], 16)
    return found


def _maps_libc(pid):
    for line in pathlib.Path(f"/proc/{pid}/maps").read_text().splitlines():
        path = line.split(maxsplit=5)[5] if line.count("/") else ""
        if re.search(r"/libc\.so\.6$|/libc-2[\d.]*\.so$", path):
            return pathlib.Path(path)
    return None


def allocators(pid):
    """{name: (file, offset)}; empty when they cannot be found."""
    program = pathlib.Path(os.readlink(f"/proc/{pid}/exe"))
    file = _maps_libc(pid) or program
    data = file.read_bytes()
    found = _from_tables(data)
    beside = program.with_name(program.name + ".map")
    if not found and beside.exists():
        found = _from_map(beside)
    offsets = {name: (str(file), _to_offset(data, address)) for name, address in found.items()}
    return {name: where for name, where in offsets.items() if where[1] is not None}
