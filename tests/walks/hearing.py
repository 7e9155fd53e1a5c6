"""What somebody heard in a call: a tone of ours, a prompt of the exchange, or nothing."""

from __future__ import annotations

import asyncio
import functools
import math
from array import array
from itertools import accumulate
from operator import mul
from pathlib import Path
from typing import Final

from asterisk_conf.exchange import SOUNDS
from ivr import sound
from ivr.g711 import FRAME_BYTES, samples
from ivr.telephone import Call

CALLER_HZ: Final = 440.0
SEAT_HZ: Final = 1000.0
_ALIKE: Final = 0.85
_ENOUGH: Final = 0.6
_PIECE: Final = 20
"""Frames of 20 ms."""
_STEP: Final = FRAME_BYTES // 2


def tone_of(hz: float) -> bytes:
    """A second of a tone, to be played in a loop."""
    return sound.tone(hz, 1.0, level=-15.0)


async def hears(call: Call, hz: float, within: float = 60.0) -> None:
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
    call: Call, name: str, within: float = 60.0, *, seconds: float = 2.4
) -> None:
    """Wait until the beginning of a prompt of ours was heard; AssertionError."""
    await hears_sound(call, prompt(name), within, seconds=seconds, name=name)


async def hears_sound(
    call: Call, wanted: bytes, within: float = 60.0, *, seconds: float = 2.4, name: str = "sound"
) -> None:
    """Wait until the beginning of a recording was heard; AssertionError."""
    end = asyncio.get_running_loop().time() + within
    best = await asyncio.to_thread(best_match, call.heard(), wanted, seconds)
    while best < _ENOUGH:
        assert asyncio.get_running_loop().time() < end, f"{name} not heard: {best:.2f}"
        await asyncio.sleep(0.5)
        # The newest part only, and beside: a telephone that computes for long does not hear.
        lately = call.heard_lately(seconds + 1.2)
        best = max(best, await asyncio.to_thread(best_match, lately, wanted, seconds))


def heard_prompt(call: Call, name: str, *, seconds: float = 2.4) -> bool:
    """Whether the beginning of a prompt of ours was heard so far."""
    return best_match(call.heard(), prompt(name), seconds) >= _ENOUGH


@functools.cache
def prompt(name: str) -> bytes:
    """The recording of a prompt as the exchange plays it."""
    return sound.read_wav(Path(SOUNDS) / f"{name}.wav")


def best_match(heard: bytes, wanted: bytes, seconds: float) -> float:
    """How much of the first ``seconds`` of a recording was heard, 0 to 1: the share of its pieces
    of 0.4 s that were found, in pieces because a busy machine shifts parts of what is heard."""
    mine, theirs = envelope(wanted)[: round(seconds * 50)], envelope(heard)
    own, other = samples(wanted), samples(heard)
    starts = range(0, len(mine) - _PIECE + 1, _PIECE // 2)
    found = 0
    for start in starts:
        piece = mine[start : start + _PIECE]
        loudest = _loudest(piece)
        sure = own[(start + loudest) * _STEP : (start + loudest + 5) * _STEP]
        found += any(
            _is_at(sure, other, (place + loudest) * _STEP) for place in _places(piece, theirs)
        )
    return found / len(starts)


def _loudest(piece: list[float]) -> int:
    """Where the loudest 0.1 s of a piece begins, in frames."""
    return max(range(len(piece) - 5), key=lambda at: sum(piece[at : at + 5]))


def _is_at(sure: array[int], other: array[int], near: int) -> bool:
    """Whether these very samples stand there, within 1.5 frames: words alike are not the same."""
    first = sure[: len(sure) // 4]
    for at in range(max(0, near - 3 * _STEP // 2), near + 3 * _STEP // 2):
        # A quarter of them rules most places out.
        if _same(first, other, at, 0.6) and _same(sure, other, at, 0.8):
            return True
    return False


def _same(sure: array[int], other: array[int], at: int, enough: float) -> bool:
    there = other[at : at + len(sure)]
    if len(there) < len(sure):
        return False
    power: float = sum(map(mul, sure, sure))
    top: float = sum(map(mul, sure, there))
    theirs: float = sum(map(mul, there, there))
    return top > 0.5 * power and top * top > enough * power * theirs


def _places(piece: list[float], theirs: list[float]) -> list[int]:
    """Where the envelope of a piece is like what was heard, in frames; the best of near places."""
    span = len(piece)
    middle = sum(piece) / span
    piece = [value - middle for value in piece]
    own_power = sum(map(mul, piece, piece))
    sums = [0.0, *accumulate(theirs)]
    squares = [0.0, *accumulate(map(mul, theirs, theirs))]
    found: list[tuple[int, float]] = []
    for at in range(len(theirs) - span + 1):
        total = sums[at + span] - sums[at]
        power = squares[at + span] - squares[at] - total * total / span
        if power <= 1.0:
            continue
        likeness = sum(map(mul, piece, theirs[at : at + span])) / math.sqrt(own_power * power)
        if likeness < _ALIKE:
            continue
        if found and at - found[-1][0] <= 3:
            found[-1] = max(found[-1], (at, likeness), key=lambda one: one[1])
        else:
            found.append((at, likeness))
    return [at for at, _ in found]


def envelope(pcm: bytes) -> list[float]:
    """The mean size of the samples of every 20 ms."""
    numbers = samples(pcm)
    return [
        sum(map(abs, numbers[at : at + _STEP])) / _STEP
        for at in range(0, len(numbers) - _STEP + 1, _STEP)
    ]
