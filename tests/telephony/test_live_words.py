"""Recordings played as real calls: the words through the tap are those of the engine alone.

The caller's telephone sends A-law, so the engine alone is given the same A-law.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from hotline.words import CallId
from ivr import sound
from ivr.ami import Ami
from ivr.ami_frames import Message
from ivr.ami_link import AmiAccess, LinkState
from ivr.call_acts import transfer
from ivr.g711 import decode, encode
from ivr.media import Taps, open_taps
from ivr.recognizer import (
    Interrupted,
    Recognizer,
    Resumed,
    Told,
    Words,
    running_recognizer,
)
from ivr.sound import read_wav
from ivr.speech_model import read_model
from ivr.taps import Ears
from ivr.telephone import Call, Telephone
from ivr.vosk_engine import VoskEngine
from tests.house.tree import ROOT
from tests.telephony.exchange_kit import RunningExchange, running_exchange, until
from tests.telephony.scenes import channel_of

pytestmark = [pytest.mark.anyio, pytest.mark.telephony]

RECORDINGS = sorted((ROOT / "tests" / "recordings").glob("*.wav"))
FIRE, COURSE = "h00_m7.wav", "c05_f5.wav"
CALL = CallId("a call of the test")


@dataclass(frozen=True, slots=True)
class Said:
    """A recording, and what the engine alone says of it."""

    name: str
    pcm: bytes
    words: list[str]


@pytest.fixture(scope="module")
def said() -> dict[str, Said]:
    engine = VoskEngine(read_model())
    return {path.name: alone(engine, path) for path in RECORDINGS}


def alone(engine: VoskEngine, path: Path) -> Said:
    """The sound as a telephone sends it, quiet before and after."""
    pcm = read_wav(path)
    line = decode(encode(sound.silence(0.5) + pcm + sound.silence(1.5), "PCMA"), "PCMA")
    stream = engine.open()
    results = [
        result
        for start in range(0, len(line), 1280)
        for result in stream.accept(line[start : start + 1280], partial=True)
    ]
    results += stream.finish()
    words = [word.text for result in results if result.final for word in result.words]
    return Said(path.name, pcm, words)


@dataclass(slots=True)
class Listening:
    """A running exchange with ears."""

    exchange: RunningExchange
    ami: Ami
    taps: Taps
    recognizer: Recognizer
    ears: Ears
    told: list[Told] = field(default_factory=list)

    def spoken(self, leg: str) -> list[str]:
        finals = [one for one in self.told if isinstance(one, Words) and one.final]
        return [word for one in finals if one.leg == leg for word in one.spoken]

    async def channel(self, beginning: str) -> str:
        return await channel_of(self.ami.act, beginning)

    async def say(self, call: Call, pcm: bytes, leg: str = "caller") -> list[str]:
        """Play it and wait until no more words come of it."""
        before = len(self.spoken(leg))
        call.play(pcm)
        await asyncio.sleep(len(pcm) / 16000 + 0.3)
        seen = -1
        while seen != len(self.told):
            seen = len(self.told)
            await asyncio.sleep(1.0)
        return self.spoken(leg)[before:]

    async def says(self, call: Call, said: Said, leg: str = "caller") -> list[str]:
        """What is heard of it. ChanSpy throws away what a busy machine brings it 100 ms late, so
        a recording heard otherwise is played again, twice at most."""
        for _ in range(3):
            heard = await self.say(call, said.pcm, leg)
            if heard == said.words:
                break
        return heard


def nothing(_message: Message, _at: object) -> None:
    """The events are not what is tested here."""


async def soon() -> None:
    """No picture is read."""


@asynccontextmanager
async def listening(tmp_path: Path) -> AsyncIterator[Listening]:
    async with (
        running_exchange(tmp_path) as exchange,
        running_recognizer() as recognizer,
        open_taps() as taps,
    ):
        ami = Ami(AmiAccess(*exchange.ami))
        link = asyncio.create_task(ami.run(nothing, soon, lambda _why: None))
        told: list[Told] = []
        ears = Ears(ami.act, taps, recognizer, told.append)
        try:
            await until(lambda: ami.state is LinkState.UP)
            await recognizer.ready()
            yield Listening(exchange, ami, taps, recognizer, ears, told)
        finally:
            await ears.close()
            ami.close()
            with contextlib.suppress(asyncio.CancelledError):
                await link


@asynccontextmanager
async def conversation(here: Listening) -> AsyncIterator[tuple[Call, Call, Telephone]]:
    """The citizen's call, the agent's side of it and the agent's telephone; both legs tapped."""
    exchange = here.exchange
    async with exchange.seat("1001") as seat, exchange.citizen() as citizen:
        call = await citizen.call("12345")
        await call.answered()
        taken = await seat.next_call(60)
        await taken.answered()
        await here.ears.follow(
            CALL,
            caller=await here.channel("PJSIP/carrier-"),
            agent=await here.channel("PJSIP/1001-"),
        )
        await until(lambda: len(here.taps.live) == 2 and not here.taps.waiting)
        await asyncio.sleep(0.5)
        yield call, taken, seat


async def test_recordings_played_as_calls_are_heard_as_by_the_engine_alone(
    tmp_path: Path, said: dict[str, Said]
) -> None:
    names = list(said)[::3]  # all of them are walked on the page: test_live_words_walk.py
    wrong = {}
    async with listening(tmp_path) as here, conversation(here) as (call, taken, _seat):

        async def speaks(who: Call, leg: str, lines: list[str]) -> None:
            for name in lines:
                heard = await here.says(who, said[name], leg)
                if heard != said[name].words:
                    wrong[name] = (heard, said[name].words)

        # Both talk at once all the time: nothing of one may be heard in the other.
        await asyncio.gather(
            speaks(call, "caller", names[0::2]), speaks(taken, "agent", names[1::2])
        )
        await call.hang_up()
        await until(lambda: not here.taps.live)
        assert not here.taps.sockets
        assert here.recognizer.statistics().dropped_s == 0
    assert len(names) >= 8
    assert not wrong


async def test_a_transfer_brings_the_new_leg_and_the_callers_stays(
    tmp_path: Path, said: dict[str, Said]
) -> None:
    async with (
        listening(tmp_path) as here,
        conversation(here) as (call, taken, _seat),
        here.exchange.seat("1002") as second,
    ):
        await transfer(taken, "1002")
        passed_on = await second.next_call(60)
        await passed_on.answered()
        await until(lambda: here.ears.channel(CALL, "agent") is None)
        await here.ears.follow(CALL, agent=await here.channel("PJSIP/1002-"))
        await until(lambda: len(here.taps.live) == 2 and not here.taps.waiting)
        await asyncio.sleep(0.5)
        heard = await here.says(passed_on, said[FIRE], "agent")
        assert heard == said[FIRE].words
        assert await here.says(call, said[COURSE]) == said[COURSE].words


async def test_a_killed_worker_costs_a_gap_and_the_conversation_goes_on(
    tmp_path: Path, said: dict[str, Said]
) -> None:
    async with listening(tmp_path) as here, conversation(here) as (call, taken, _seat):
        os.kill(here.recognizer.pids[0], signal.SIGKILL)
        await until(lambda: any(isinstance(one, Interrupted) for one in here.told), 20)
        await until(lambda: sum(isinstance(one, Resumed) for one in here.told) == 2, 20)
        assert {one.leg for one in here.told if isinstance(one, Resumed)} == {"caller", "agent"}
        assert await here.says(call, said[FIRE]) == said[FIRE].words
        assert (call.state, taken.state) == ("talking", "talking")


async def test_a_caller_is_heard_from_the_greeting_on_and_silence_is_no_text(
    tmp_path: Path, said: dict[str, Said]
) -> None:
    async with listening(tmp_path) as here, here.exchange.citizen() as citizen:
        call = await citizen.call("12345")
        await call.answered()
        await here.ears.follow(CALL, caller=await here.channel("PJSIP/carrier-"))
        await until(lambda: not here.taps.waiting)
        await asyncio.sleep(0.3)
        assert await here.says(call, said[FIRE]) == said[FIRE].words
        before = len(here.told)
        await asyncio.sleep(1.0)
        assert len(here.told) == before
        await call.hang_up()
        await until(lambda: not here.taps.live)
