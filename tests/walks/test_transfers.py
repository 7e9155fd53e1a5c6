"""Calls handed on by the agents' telephones: the call counts once, for who answered it."""

from __future__ import annotations

import pytest

from hotline.facts import CallMoved, CallTaken
from hotline.words import Outcome
from ivr.call_acts import hold, transfer, transfer_to
from ivr.telephone import Answer, Ring
from tests.walks.hearing import hears_prompt, talk_both_ways
from tests.walks.system_kit import ACCESS, System, press_pause, press_ready

pytestmark = [pytest.mark.anyio, pytest.mark.telephony, pytest.mark.walk]

SECOND_HZ = 1400.0


async def test_a_blind_transfer_gives_the_caller_to_another_agent(system: System) -> None:
    before = await system.figures()
    async with system.seat("1001") as first, system.seat("1002") as second:
        await press_pause(second)
        async with system.citizen() as citizen:
            call = await citizen.call(ACCESS)
            taken = await first.next_call()
            await talk_both_ways(call, taken)
            assert await transfer(taken, "1002") == 200
            onward = await second.next_call()
            await talk_both_ways(call, onward, SECOND_HZ)
            await system.seat_is("1002", "talking")
            await system.seat_is("1001", "wrap-up", "ready")
            await call.hang_up()
            id_ = await system.call_id(call)
            booked = await system.booked(id_)
        await system.seat_is("1002", "paused")
        await press_ready(second)
    assert (booked.outcome, booked.agent) == (Outcome.ANSWERED, "1001")
    facts = await system.facts(id_)
    assert [(f.by, f.to, f.attended) for f in facts if isinstance(f, CallMoved)] == [
        ("1001", "1002", False)
    ]
    assert [fact.agent for fact in facts if isinstance(fact, CallTaken)] == ["1002"]
    await system.counted(before, offered=1, answered=1)


async def test_an_attended_transfer_gives_the_caller_after_the_agents_spoke(
    system: System,
) -> None:
    before = await system.figures()
    async with system.seat("1001") as first, system.seat("1002") as second:
        await press_pause(second)
        async with system.citizen() as citizen:
            call = await citizen.call(ACCESS)
            taken = await first.next_call()
            await talk_both_ways(call, taken)
            await hold(taken)
            await system.seat_is("1001", "held")
            asking = await first.call("1002")
            asked = await second.next_call()
            await asking.answered()
            await talk_both_ways(asking, asked, SECOND_HZ)
            assert await transfer_to(taken, asking) == 200
            await talk_both_ways(call, asked, SECOND_HZ)
            await system.seat_is("1002", "talking")
            await system.seat_is("1001", "wrap-up", "ready")
            await call.hang_up()
            id_ = await system.call_id(call)
            booked = await system.booked(id_)
        await system.seat_is("1002", "paused")
        await press_ready(second)
    assert (booked.outcome, booked.agent) == (Outcome.ANSWERED, "1001")
    facts = await system.facts(id_)
    assert [(f.by, f.attended) for f in facts if isinstance(f, CallMoved)] == [("1001", True)]
    assert [fact.agent for fact in facts if isinstance(fact, CallTaken)] == ["1002"]
    await system.counted(before, offered=1, answered=1)


async def test_who_is_sent_on_to_a_seat_that_does_not_answer_is_the_next_of_all(
    system: System,
) -> None:
    before = await system.figures()
    async with (
        system.seat("1001") as first,
        system.seat("1002", Ring()) as second,
        system.citizen() as citizen,
    ):
        await press_pause(second)
        call = await citizen.call(ACCESS)
        taken = await first.next_call()
        await talk_both_ways(call, taken)
        first.manner = Answer(after=1.0)
        assert await transfer(taken, "1002") == 200
        await second.next_call()
        await hears_prompt(call, "transfer-failed")
        again = await first.next_call(60)
        await talk_both_ways(call, again)
        await call.hang_up()
        booked = await system.booked(await system.call_id(call))
        await press_ready(second)
        await system.seat_is("1002", "ready")
    assert (booked.outcome, booked.agent) == (Outcome.ANSWERED, "1001")
    await system.counted(before, offered=1, answered=1)
