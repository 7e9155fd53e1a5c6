"""What somebody heard in a call: a tone of ours, a prompt of the exchange, or nothing."""

from __future__ import annotations

import asyncio
import math
from pathlib import Path
from typing import Final

from asterisk_conf.exchange import SOUNDS
from ivr import sound
from ivr.g711 import FRAME_BYTES, samples
from ivr.telephone import Call

CALLER_HZ: Final = 440.0
SEAT_HZ: Final = 1000.0
_ALIKE: Final = 0.85
"""Two envelopes of the same recording reach 0.95 and more, of different ones hardly 0.7."""


def tone_of(hz: float) -> bytes:
    """A second of a tone, to be played in a loop."""
    return sound.tone(hz, 1.0, level=-15.0)


async def hears(call: Call, hz: float, within: float = 4.0) -> None:
    """Wait until a tone arrives; TimeoutError."""
    async with asyncio.timeout(within):
        while not sound.has_tone(call.heard_lately(0.8), hz):  # noqa: ASYNC110 - sound has no event
            await asyncio.sleep(0.1)


async def talk_both_ways(citizen: Call, seat: Call, hz: float = SEAT_HZ) -> None:
    """Both speak their tone and hear the other's; afterwards both are silent again."""
    await seat.answered()
    citizen.play(tone_of(CALLER_HZ), loop=True)
    seat.play(tone_of(hz), loop=True)
    await hears(seat, CALLER_HZ)
    await hears(citizen, hz)
    citizen.hush()
    seat.hush()


async def hears_prompt(
    call: Call, name: str, within: float = 12.0, *, seconds: float = 3.0
) -> None:
    """Wait until the beginning of a prompt of ours was heard; TimeoutError."""
    async with asyncio.timeout(within):
        while best_match(call.heard(), prompt(name), seconds) < _ALIKE:
            await asyncio.sleep(0.25)


def heard_prompt(call: Call, name: str, *, seconds: float = 3.0) -> bool:
    """Whether the beginning of a prompt of ours was heard so far."""
    return best_match(call.heard(), prompt(name), seconds) >= _ALIKE


def prompt(name: str) -> bytes:
    """The recording of a prompt as the exchange plays it."""
    return sound.read_wav(Path(SOUNDS) / f"{name}.wav")


def best_match(heard: bytes, wanted: bytes, seconds: float) -> float:
    """The best likeness of the first ``seconds`` of ``wanted`` with any part of ``heard``: the
    correlation of their envelopes, 1.0 for the same."""
    mine = _envelope(wanted)[: round(seconds * 50)]
    theirs = _envelope(heard)
    span = len(mine)
    best = 0.0
    for start in range(len(theirs) - span + 1):
        best = max(best, _correlation(mine, theirs[start : start + span]))
    return best


def _envelope(pcm: bytes) -> list[float]:
    numbers = samples(pcm)
    step = FRAME_BYTES // 2
    return [
        math.sqrt(sum(n * n for n in numbers[at : at + step]) / step)
        for at in range(0, len(numbers) - step + 1, step)
    ]


def _correlation(one: list[float], two: list[float]) -> float:
    count = len(one)
    mean_one, mean_two = sum(one) / count, sum(two) / count
    top = sum((a - mean_one) * (b - mean_two) for a, b in zip(one, two, strict=True))
    under = math.sqrt(sum((a - mean_one) ** 2 for a in one) * sum((b - mean_two) ** 2 for b in two))
    return top / under if under else 0.0
