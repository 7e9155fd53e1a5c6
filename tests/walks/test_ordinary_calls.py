"""Ordinary calls through the whole system: answered, given up, turned away."""

from __future__ import annotations

import pytest

from hotline.words import Outcome
from ivr.telephone import Answer
from tests.walks.hearing import hears, talk_both_ways
from tests.walks.system_kit import ACCESS, GREETING_HZ, System

pytestmark = [pytest.mark.anyio, pytest.mark.telephony, pytest.mark.walk]


async def test_a_citizen_is_greeted_and_speaks_with_an_agent(system: System) -> None:
    before = await system.figures()
    async with system.seat("1001", Answer(after=0.5)) as seat, system.citizen() as citizen:
        call = await citizen.call(ACCESS)
        await call.answered()
        await hears(call, GREETING_HZ)
        taken = await seat.next_call()
        await talk_both_ways(call, taken)
        id_ = await system.call_id(call)
        await system.seat_is("1001", "talking")
        await call.hang_up()
        ending = await taken.ended()
        assert (ending.by, ending.how) == ("them", "hung-up")
    booked = await system.booked(id_)
    assert (booked.outcome, booked.agent) == (Outcome.ANSWERED, "1001")
    await system.counted(before, offered=1, answered=1)
