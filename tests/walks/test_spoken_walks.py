"""Emergencies that are spoken, through the whole system: recordings of voices into the real trunk,
the real recogniser, the real classifier, the real ladder. What callers say is written nowhere."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest

from hotline.facts import AlarmRaised, EmergencyStepped
from hotline.words import Outcome
from ivr import sound
from ivr.telephone import Answer
from tests.house.tree import ROOT
from tests.walks.hearing import hears_prompt
from tests.walks.system_kit import ACCESS, System, eventually

pytestmark = [pytest.mark.anyio, pytest.mark.telephony, pytest.mark.walk]

RECORDINGS: Final = ROOT / "tests" / "recordings"
FIRE: Final = "h02_klatt4.wav"
"""喂，快派消防车，我们楼下仓库着火了"""
STATION: Final = "c04_m7.wav"
"""朝阳火车站怎么走"""


def voice(name: str) -> bytes:
    return sound.read_wav(RECORDINGS / name)


async def test_a_fire_told_in_the_greeting_is_asked_back_and_silence_goes_to_119(
    system: System,
) -> None:
    before = await system.figures()
    async with system.citizen() as citizen:
        call = await citizen.call(ACCESS)
        await call.answered()
        call_id = await system.call_id(call)
        call.play(voice(FIRE))
        await hears_prompt(call, "confirm-119", 20.0)
        row = await system.centre_call(call_id, within=60)
        assert (row["dialled"], row["caller"]) == ("119", citizen.setup.user)
        await call.hang_up()
    booked = await system.booked(call_id)
    assert (booked.outcome, booked.service, booked.linked) == (Outcome.EMERGENCY, "119", True)
    facts = await system.facts(call_id)
    [alarm] = [fact for fact in facts if isinstance(fact, AlarmRaised) and fact.level == "red"]
    assert alarm.service == "119"
    assert not set(alarm.reason) & set("消防车仓库着火")
    linkage = await system.ledger.book.linkage(call_id)
    assert linkage is not None
    assert (linkage.reason, linkage.linked) == ("words", True)
    await system.counted(before, emergency=1)


async def test_with_an_agent_on_the_line_the_agent_decides(system: System) -> None:
    async with system.seat("1001", Answer()) as seat, system.citizen() as citizen:
        call = await citizen.call(ACCESS)
        await call.answered()
        call_id = await system.call_id(call)
        talk = await seat.next_call(60)
        await talk.answered()
        call.play(voice(FIRE))

        async def alarmed() -> AlarmRaised | None:
            facts = await system.facts(call_id)
            return next((fact for fact in facts if isinstance(fact, AlarmRaised)), None)

        alarm = await eventually(alarmed, 60, "an alarm while the agent talks")
        assert alarm.service == "119"
        assert not [f for f in await system.facts(call_id) if isinstance(f, EmergencyStepped)]
        assert talk.number
        await call.hang_up()
    booked = await system.booked(call_id)
    assert (booked.outcome, booked.agent, booked.linked) == (Outcome.ANSWERED, "1001", False)


async def test_asking_the_way_to_the_railway_station_alarms_nobody(system: System) -> None:
    async with system.seat("1001", Answer()) as seat, system.citizen() as citizen:
        call = await citizen.call(ACCESS)
        await call.answered()
        call_id = await system.call_id(call)
        call.play(voice(STATION))
        talk = await seat.next_call(60)
        await talk.answered()
        await call.hang_up()
    await system.booked(call_id)
    facts = await system.facts(call_id)
    assert not [f for f in facts if isinstance(f, AlarmRaised) and f.level == "red"]


async def test_no_word_and_no_number_of_a_caller_is_in_any_log_of_ours(system: System) -> None:
    async with system.citizen() as citizen:
        call = await citizen.call(ACCESS)
        await call.answered()
        call_id = await system.call_id(call)
        call.play(voice(FIRE))
        await system.centre_call(call_id, within=60)
        await call.hang_up()
    await system.booked(call_id)
    for log in sorted(Path(system.data, "log").glob("*.log")):
        content = log.read_text("utf-8", "replace")
        assert citizen.setup.user not in content, log.name
        assert "着火" not in content, log.name
