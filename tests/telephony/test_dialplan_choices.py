"""What a city or a site may choose: recordings, the number of lines, a menu of its own."""

from __future__ import annotations

import asyncio
import wave
from dataclasses import replace
from pathlib import Path

import pytest

from asterisk_conf.plan import ExchangePlan, MenuKey
from asterisk_conf.tones import ringing
from ivr.station import CallRefused
from ivr.telephone import Answer
from tests.telephony.exchange_kit import running_exchange, told, until

pytestmark = [pytest.mark.anyio, pytest.mark.telephony]


def with_recordings(plan: ExchangePlan) -> ExchangePlan:
    return replace(plan, recordings=plan.places.run / "recordings")


async def test_a_conversation_is_recorded_under_the_calls_id_by_the_exchange_alone(
    tmp_path: Path,
) -> None:
    async with (
        running_exchange(tmp_path, change=with_recordings) as exchange,
        exchange.seat("1001", Answer(say=ringing(1), loop=True)) as seat,
        exchange.citizen() as citizen,
        exchange.events() as heard,
    ):
        call = await citizen.call("12345")
        await (await seat.next_call()).answered()
        await exchange.logged("CONNECT")
        await asyncio.sleep(2)
        await call.hang_up()
        await exchange.logged("HOTLINE_END")
        (arrived,) = told(heard, "HotlineArrived")
        path = exchange.plan.places.run / "recordings" / f"{arrived['Call']}.wav"
        await until(path.exists)
        await asyncio.sleep(0.5)
        with wave.open(str(path)) as sound:
            assert sound.getnframes() > 8000
            assert max(sound.readframes(sound.getnframes())[1::2]) > 1
        assert path.stat().st_mode & 0o007 == 0


async def test_beyond_the_lines_bought_a_caller_is_busy_and_counted(tmp_path: Path) -> None:
    def one_line(plan: ExchangePlan) -> ExchangePlan:
        return replace(plan, inbound=replace(plan.inbound, max_calls=1))

    async with (
        running_exchange(tmp_path, change=one_line) as exchange,
        exchange.seat("1001"),
        exchange.citizen() as citizen,
    ):
        first = await citizen.call("12345")
        await first.answered()
        second = await citizen.call("12345")
        with pytest.raises(CallRefused) as refused:
            await second.answered()
        assert refused.value.status == 486
        (end,) = await exchange.logged("HOTLINE_END")
        assert end.details[:2] == ("greeting", "FULL")
        await first.hang_up()


async def test_a_citys_own_menu_marks_the_topic_and_leads_to_the_queue(tmp_path: Path) -> None:
    def with_menu(plan: ExchangePlan) -> ExchangePlan:
        return replace(plan, menu=(MenuKey("1", "housing"),))

    sounds = tmp_path / "sounds"
    sounds.mkdir()
    with wave.open(str(sounds / "menu.wav"), "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        sound.writeframes(ringing(1))
    async with (
        running_exchange(tmp_path, change=with_menu) as exchange,
        exchange.seat("1001") as seat,
        exchange.citizen() as citizen,
    ):
        call = await citizen.call("12345")
        await call.answered()
        await call.press("1")
        await (await seat.next_call(60)).answered()
        channels = (await exchange.ask("core show channels concise")).splitlines()
        (theirs,) = [
            line.split("!")[0] for line in channels if "PJSIP/carrier" in line.split("!")[0]
        ]
        shown = await exchange.ask(f"core show channel {theirs}")
        assert "HOTLINE_TOPIC=housing" in shown
        await call.hang_up()
