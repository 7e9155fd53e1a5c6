"""Sound as numbers, 8 kHz 16-bit mono PCM: tones, levels, wav files, a record kept by the clock.

Levels are dBFS of the root mean square: 0 is the loudest square wave, silence is SILENT.
"""

from __future__ import annotations

import math
import sys
import wave
from array import array
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from hotline.errors import BadInput
from ivr.g711 import FRAME_BYTES, RATE, samples

SILENT: Final = -96.0
"""dBFS of digital silence, and the floor of every level."""
_EARLY: Final = RATE * 120 // 1000
"""A packet so many samples before its time is jitter; earlier ones begin a new place."""
_LATE: Final = RATE * 600 // 1000
"""A packet so late was held up, by the network or by ourselves: it belongs where it was meant."""
_LOUDEST: Final = 32767


def tone(hz: float, seconds: float, *, level: float = -10.0) -> bytes:
    """A sine of that frequency and dBFS level."""
    peak = _LOUDEST * math.sqrt(2) * 10 ** (level / 20)
    step = 2 * math.pi * hz / RATE
    wave_ = array(
        "h",
        (
            max(-_LOUDEST, min(_LOUDEST, round(peak * math.sin(step * place))))
            for place in range(round(seconds * RATE))
        ),
    )
    return _little_endian(wave_)


def silence(seconds: float) -> bytes:
    """Digital silence."""
    return bytes(2 * round(seconds * RATE))


def level(pcm: bytes) -> float:
    """dBFS of the whole of `pcm`."""
    numbers = samples(pcm)
    if not numbers:
        return SILENT
    power = sum(number * number for number in numbers) / len(numbers)
    return max(SILENT, 10 * math.log10(power / _LOUDEST**2)) if power else SILENT


def levels(pcm: bytes) -> list[float]:
    """dBFS of every whole 20 ms, in order."""
    whole = len(pcm) - len(pcm) % FRAME_BYTES
    return [level(pcm[start : start + FRAME_BYTES]) for start in range(0, whole, FRAME_BYTES)]


def share_of_tone(pcm: bytes, hz: float) -> float:
    """How much of the power of `pcm` lies at `hz`: 1.0 a pure tone, about 0 none (Goertzel)."""
    numbers = samples(pcm)
    power = sum(number * number for number in numbers)
    if not power:
        return 0.0
    turn = 2 * math.cos(2 * math.pi * hz / RATE)
    last = before = 0.0
    for number in numbers:
        last, before = number + turn * last - before, last
    found = last * last + before * before - turn * last * before
    return min(1.0, 2 * found / (len(numbers) * power))


def has_tone(pcm: bytes, hz: float, *, seconds: float = 0.2, louder_than: float = -45.0) -> bool:
    """Whether somewhere in `pcm` a tone of `hz` lasts for about that long."""
    block = RATE * 2 // 20  # 50 ms: 20 Hz wide, so that a clock a little off still counts
    needed = max(1, round(seconds * 20))
    run = 0
    for start in range(0, len(pcm) - block + 1, block):
        piece = pcm[start : start + block]
        good = level(piece) > louder_than and share_of_tone(piece, hz) > 0.7
        run = run + 1 if good else 0
        if run >= needed:
            return True
    return False


def read_wav(path: Path) -> bytes:
    """The PCM of an 8 kHz 16-bit mono wav file; BadInput in one sentence for anything else."""
    try:
        with wave.open(str(path), "rb") as file:
            if (file.getframerate(), file.getnchannels(), file.getsampwidth()) != (RATE, 1, 2):
                raise BadInput("wav", f"{path} 不是 8000 赫兹、16 位、单声道的 wav 文件，请先转换")
            return file.readframes(file.getnframes())
    except FileNotFoundError:
        raise BadInput("wav", f"没有这个文件：{path}") from None
    except (OSError, EOFError, wave.Error) as fault:
        raise BadInput("wav", f"读不了 {path}，请给出 8000 赫兹的 wav 文件（{fault}）") from fault


def write_wav(path: Path, pcm: bytes) -> None:
    """An 8 kHz 16-bit mono wav file, readable by its owner alone; folders are made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(pcm)


def _little_endian(numbers: array[int]) -> bytes:
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers.tobytes()


@dataclass(slots=True)
class _Source:
    """One RTP source: where its timestamps lie in the record."""

    ssrc: int
    timestamp: int
    place: int


@dataclass(slots=True)
class HeardSound:
    """Everything heard in one call, each sample where the wall clock had it, gaps as silence.

    Times are seconds of one monotonic clock that the caller of each method reads.
    """

    began_at: float
    limit_seconds: float = 3600.0
    """Sound after this is not kept: an open line must not eat the memory."""
    _pcm: bytearray = field(default_factory=bytearray)
    _source: _Source | None = None
    ended_at: float | None = None

    def add(self, now: float, ssrc: int, timestamp: int, pcm: bytes) -> None:
        """A packet that arrived now: its sound ended now."""
        by_clock = max(0, round((now - self.began_at) * RATE) - len(pcm) // 2)
        place = self._place(by_clock, ssrc, timestamp)
        if place >= self.limit_seconds * RATE:
            return
        start = 2 * place
        if start > len(self._pcm):
            self._pcm.extend(bytes(start - len(self._pcm)))
        self._pcm[start : start + len(pcm)] = pcm

    def _place(self, by_clock: int, ssrc: int, timestamp: int) -> int:
        source = self._source
        if source is not None and source.ssrc == ssrc:
            step = (timestamp - source.timestamp) & 0xFFFFFFFF
            step = step - (1 << 32) if step & 0x80000000 else step
            place = source.place + step
            if -_EARLY <= by_clock - place <= _LATE and place >= 0:
                return place
        self._source = _Source(ssrc, timestamp, by_clock)
        return by_clock

    def end(self, now: float) -> None:
        """The call is over: the record is as long as the call was."""
        if self.ended_at is None:
            self.ended_at = now

    def pcm(self, now: float) -> bytes:
        """All of it up to now, or up to the end of the call."""
        until = self.ended_at if self.ended_at is not None else now
        seconds = min(self.limit_seconds, max(0.0, until - self.began_at))
        size = 2 * round(seconds * RATE)
        return bytes(self._pcm[:size]) + bytes(max(0, size - len(self._pcm)))

    def last(self, now: float, seconds: float) -> bytes:
        """The last so many seconds."""
        until = self.ended_at if self.ended_at is not None else now
        end = 2 * round(max(0.0, until - self.began_at) * RATE)
        start = max(0, end - 2 * round(seconds * RATE))
        piece = bytes(self._pcm[start:end])
        return piece + bytes(end - start - len(piece))


def frames(pcm: bytes) -> list[bytes]:
    """`pcm` in pieces of 20 ms, the last filled up with silence."""
    short = -len(pcm) % FRAME_BYTES
    whole = pcm + bytes(short)
    return [whole[start : start + FRAME_BYTES] for start in range(0, len(whole), FRAME_BYTES)]
