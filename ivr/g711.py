"""G.711 A-law and µ-law (ITU-T G.711) by tables.

Promise: `bytes` of 16-bit little-endian mono PCM in, one byte a sample out, and back.
An odd trailing byte is an error of the caller and raises BadFrame.  Python's own audioop is
gone in 3.13, hence the tables.
"""

from __future__ import annotations

import sys
from array import array
from collections.abc import Callable
from typing import Final, Literal

from hotline.errors import BadFrame

Law = Literal["PCMA", "PCMU"]

RATE: Final = 8000
"""Samples a second: the telephone's own."""
FRAME_SAMPLES: Final = 160
"""Samples in 20 ms."""
FRAME_BYTES: Final = 2 * FRAME_SAMPLES
"""Bytes of PCM in 20 ms."""

_ALAW_ENDS: Final = (0x1F, 0x3F, 0x7F, 0xFF, 0x1FF, 0x3FF, 0x7FF, 0xFFF)
_ULAW_ENDS: Final = (0x3F, 0x7F, 0xFF, 0x1FF, 0x3FF, 0x7FF, 0xFFF, 0x1FFF)
_ULAW_BIAS: Final = 0x84
_ULAW_CLIP: Final = 8159


def _segment(value: int, ends: tuple[int, ...]) -> int:
    for number, end in enumerate(ends):
        if value <= end:
            return number
    return len(ends)


def _alaw_byte(sample: int) -> int:
    value, mask = (sample >> 3, 0xD5) if sample >= 0 else (-(sample >> 3) - 1, 0x55)
    segment = _segment(value, _ALAW_ENDS)
    if segment >= 8:
        return 0x7F ^ mask
    step = (value >> 1) if segment < 2 else (value >> segment)
    return (segment << 4 | step & 0x0F) ^ mask


def _alaw_sample(byte: int) -> int:
    byte ^= 0x55
    size = (byte & 0x0F) << 4
    segment = (byte & 0x70) >> 4
    size += 8 if segment == 0 else 0x108
    if segment > 1:
        size <<= segment - 1
    return size if byte & 0x80 else -size


def _ulaw_byte(sample: int) -> int:
    value, mask = (sample >> 2, 0xFF) if sample >= 0 else (-(sample >> 2), 0x7F)
    value = min(value, _ULAW_CLIP) + (_ULAW_BIAS >> 2)
    segment = _segment(value, _ULAW_ENDS)
    if segment >= 8:
        return 0x7F ^ mask
    return (segment << 4 | (value >> (segment + 1)) & 0x0F) ^ mask


def _ulaw_sample(byte: int) -> int:
    byte = ~byte & 0xFF
    size = (((byte & 0x0F) << 3) + _ULAW_BIAS) << ((byte & 0x70) >> 4)
    return _ULAW_BIAS - size if byte & 0x80 else size - _ULAW_BIAS


# Encoding looks a sample up as an unsigned word; a law drops the lowest bits, so one sum serves
# 8 (A-law) or 4 (µ-law) neighbours.  Decoding translates the frame twice, once for the low and
# once for the high byte of each sample: both loops run in C.
def _encode_table(byte_of: Callable[[int], int], dropped_bits: int) -> bytes:
    same = 1 << dropped_bits
    words = (*range(0, 0x8000, same), *range(-0x8000, 0, same))
    return b"".join(bytes((byte_of(word),)) * same for word in words)


_ENCODE: Final[dict[Law, bytes]] = {
    "PCMA": _encode_table(_alaw_byte, 3),
    "PCMU": _encode_table(_ulaw_byte, 2),
}
_LOW: Final[dict[Law, bytes]] = {
    "PCMA": bytes(_alaw_sample(byte) & 0xFF for byte in range(256)),
    "PCMU": bytes(_ulaw_sample(byte) & 0xFF for byte in range(256)),
}
_HIGH: Final[dict[Law, bytes]] = {
    "PCMA": bytes(_alaw_sample(byte) >> 8 & 0xFF for byte in range(256)),
    "PCMU": bytes(_ulaw_sample(byte) >> 8 & 0xFF for byte in range(256)),
}


def _words(kind: Literal["h", "H"], pcm: bytes) -> array[int]:
    if len(pcm) % 2:
        raise BadFrame("PCM audio has an odd number of bytes")
    out = array(kind, pcm)
    if sys.byteorder == "big":
        out.byteswap()
    return out


def samples(pcm: bytes) -> array[int]:
    """The signed samples of little-endian PCM; BadFrame when a byte is left over."""
    return _words("h", pcm)


def encode(pcm: bytes, law: Law) -> bytes:
    """One byte for each 16-bit little-endian sample of `pcm`."""
    return bytes(map(_ENCODE[law].__getitem__, _words("H", pcm)))


def decode(payload: bytes, law: Law) -> bytes:
    """16-bit little-endian PCM, two bytes for each byte of `payload`."""
    pcm = bytearray(2 * len(payload))
    pcm[0::2] = payload.translate(_LOW[law])
    pcm[1::2] = payload.translate(_HIGH[law])
    return bytes(pcm)


def silence(law: Law) -> bytes:
    """20 ms of silence as it goes on the wire."""
    return (b"\xd5" if law == "PCMA" else b"\xff") * FRAME_SAMPLES
