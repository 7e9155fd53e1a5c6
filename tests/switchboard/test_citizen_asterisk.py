"""`./jiesu call` at a real Asterisk: the report names who took the call."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from ivr import sound
from ivr.telephone import Answer
from switchboard.beside import RunningSystem
from switchboard.call_facts import LoggedCallFacts
from switchboard.citizen import CallOptions, CallReport, run_call
from tests.telephony.exchange_kit import RunningExchange, running_exchange

pytestmark = [pytest.mark.anyio, pytest.mark.telephony]


async def call_of(
    exchange: RunningExchange, tmp_path: Path, told: list[str], options: CallOptions
) -> CallReport:
    facts = LoggedCallFacts(exchange.log / "queue_log")
    place = RunningSystem(tmp_path, exchange.sip, "12345")
    words = sound.tone(1300, 0.5)
    return await run_call(options, place, facts, lambda s: told.append(s.what), words=words)


async def test_an_ordinary_call_names_the_agent(tmp_path: Path) -> None:
    told: list[str] = []
    speaking = Answer(say=sound.tone(700, 0.5), loop=True)
    async with running_exchange(tmp_path) as exchange, exchange.seat("1001", speaking) as seat:
        calling = asyncio.create_task(
            call_of(exchange, tmp_path, told, CallOptions(caller="13900001111", hang_up_after=16))
        )
        taken = await seat.next_call(25)
        await asyncio.sleep(2.5)
        assert taken.hears_tone(1300)
        await taken.hang_up()
        report = await calling
    assert (report.outcome, report.connected_to) == ("answered", "1001")
    assert report.call
    assert report.recording is not None
    assert sound.has_tone(sound.read_wav(Path(report.recording)), 700)
    assert "坐席 1001 接听" in told
    assert told[-1] == "对方挂断"


async def test_nine_and_two_reach_the_fire_brigade(tmp_path: Path) -> None:
    told: list[str] = []
    async with (
        running_exchange(tmp_path) as exchange,
        exchange.centre(1) as first,
        exchange.centre(2),
    ):
        options = CallOptions(caller="13900002222", keys="9,2", silent=True, hang_up_after=9)
        calling = asyncio.create_task(call_of(exchange, tmp_path, told, options))
        taken = await first.next_call(15)
        assert (taken.dialled, taken.number) == ("119", "13900002222")
        report = await calling
    assert (report.outcome, report.connected_to) == ("emergency", "119")
    assert "119 已接听" in told


async def test_who_gives_up_in_the_greeting_is_told_so(tmp_path: Path) -> None:
    async with running_exchange(tmp_path) as exchange, exchange.seat("1001"):
        report = await call_of(exchange, tmp_path, [], CallOptions(hang_up_after=0.5))
    assert (report.outcome, report.connected_to) == ("greeting-hang-up", None)
