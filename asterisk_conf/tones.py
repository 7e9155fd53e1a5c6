"""The sounds without words: soft notes for waiting, and the ring-back of China's network.

Computed, so that nobody's music is needed; `asterisk_conf/sounds/tones.wav` and `ringing.wav` are
exactly these, and a test says so. 8 kHz 16-bit mono, little-endian samples.
"""

from __future__ import annotations

import array
import math
import sys
from typing import Final

RATE: Final = 8000
# A pentatonic phrase, as steps of a fifth-based scale over 262 Hz; 0 is a rest.
_PHRASE: Final = (262, 330, 392, 0, 440, 392, 330, 0, 294, 330, 392, 0, 330, 294, 262, 0)
_NOTE_SECONDS: Final = 1.25


def soft_notes() -> bytes:
    """Twenty seconds of slow, quiet notes that fade (peak −20 dBFS)."""
    samples = array.array("h")
    length = int(RATE * _NOTE_SECONDS)
    for frequency in _PHRASE:
        for place in range(length):
            seconds = place / RATE
            fade = math.exp(-2.2 * seconds) * min(1.0, place / 160)
            step = 2 * math.pi * frequency * seconds
            samples.append(round(3200 * fade * (0.8 * math.sin(step) + 0.2 * math.sin(2 * step))))
    return _bytes(samples)


def ringing(times: int = 3) -> bytes:
    """Ring-back: 450 Hz, one second on and four off (GB/T 3380), −20 dBFS."""
    samples = array.array("h")
    for _ in range(times):
        samples.extend(
            round(4600 * math.sin(2 * math.pi * 450 * place / RATE)) for place in range(RATE)
        )
        samples.extend([0] * (4 * RATE))
    return _bytes(samples)


def _bytes(samples: array.array[int]) -> bytes:
    if sys.byteorder == "big":
        samples.byteswap()
    return samples.tobytes()
