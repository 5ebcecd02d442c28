# SPDX-License-Identifier: GPL-2.0-or-later
"""PPP in HDLC-like framing on an asynchronous line (RFC 1662): what pppd speaks on a terminal."""

FLAG = 0x7E
ESCAPE = 0x7D
GOOD_FCS = 0xF0B8  # RFC 1662 C.2: the check over a frame with its own FCS


def _table():
    for byte in range(256):
        for _ in range(8):
            byte = byte >> 1 ^ 0x8408 if byte & 1 else byte >> 1
        yield byte


_FCS = tuple(_table())


def fcs16(data):
    fcs = 0xFFFF
    for byte in data:
        fcs = fcs >> 8 ^ _FCS[(fcs ^ byte) & 0xFF]
    return fcs


def encode(frame):
    """Every control character is escaped whatever was negotiated: a receiver has to undo it in any case."""
    wire = bytearray([FLAG])
    for byte in frame + (fcs16(frame) ^ 0xFFFF).to_bytes(2, "little"):
        if byte < 0x20 or byte in (FLAG, ESCAPE):
            wire += bytes([ESCAPE, byte ^ 0x20])
        else:
            wire.append(byte)
    wire.append(FLAG)
    return bytes(wire)


class Decoder:
    """Bytes in, whole and intact frames out; the rest is dropped, as RFC 1662 4.3 has it."""

    def __init__(self):
        self._frame = bytearray()
        self._escaped = False

    def feed(self, data):
        for byte in data:
            if byte == FLAG:
                frame, intact = bytes(self._frame), not self._escaped
                self._frame.clear()
                self._escaped = False
                if intact and len(frame) >= 4 and fcs16(frame) == GOOD_FCS:
                    yield frame[:-2]
            elif byte == ESCAPE:
                self._escaped = True
            else:
                self._frame.append(byte ^ 0x20 if self._escaped else byte)
                self._escaped = False


def self_test():
    assert fcs16(b"123456789") ^ 0xFFFF == 0x906E  # the X-25 check value
    frame = bytes(range(256))
    wire = encode(frame)
    decoder = Decoder()
    assert [found for byte in wire * 2 for found in decoder.feed(bytes([byte]))] == [frame] * 2
    assert not list(Decoder().feed(wire.replace(b"A", b"B")))
