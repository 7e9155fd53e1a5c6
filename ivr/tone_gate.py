"""Keeps lasting pure tones from a speech engine: a test tone, a fax, a whistle in the line.

Measured with vosk 0.3.45 and the small model: three seconds of a loud 1000 Hz tone kept the engine
busy for twenty; a third of a second does no harm, and a shorter blip is taken for a word.
A pure tone repeats x[n] + x[n-2] = a·x[n-1] with a fixed a. Through G.711 less than 0.2 % of its
power is left over; of speech, in three blocks running at one pitch, never less than 10 % (823
places of the recordings looked at).
"""

from __future__ import annotations

import math
from operator import mul
from typing import Final

from ivr.g711 import RATE, samples

_LEFT_OVER: Final = 0.01
_SAME_PITCH_HZ: Final = 4.0
_BLOCKS: Final = 4
_FLOOR: Final = 30.0  # root mean square of 16-bit samples: quieter is silence to anybody


class ToneGate:
    """Give it sound in blocks of some 80 ms; a tone of a third of a second goes on as silence."""

    def __init__(self) -> None:
        self._pitch: float | None = None
        self._lasted = 0

    def feed(self, pcm: bytes) -> bytes:
        """The block, or as much silence. Whole samples."""
        pitch = tone_pitch(pcm)
        same = (
            pitch is not None
            and self._pitch is not None
            and abs(pitch - self._pitch) < _SAME_PITCH_HZ
        )
        self._lasted = self._lasted + 1 if same else int(pitch is not None)
        self._pitch = pitch
        return bytes(len(pcm)) if self._lasted >= _BLOCKS else pcm


def tone_pitch(pcm: bytes) -> float | None:
    """Hz of the pure tone this is, None when it is none."""
    line = samples(pcm)
    before, here, after = line[:-2], line[1:-1], line[2:]
    power = sum(map(mul, here, here))
    if len(here) < 100 or power < len(here) * _FLOOR**2:
        return None
    both = [first + last for first, last in zip(before, after, strict=True)]
    step = sum(map(mul, both, here)) / power
    left = sum((sum_ - step * middle) ** 2 for sum_, middle in zip(both, here, strict=True))
    if left > _LEFT_OVER * power:
        return None
    return math.acos(max(-1.0, min(1.0, step / 2))) * RATE / (2 * math.pi)
