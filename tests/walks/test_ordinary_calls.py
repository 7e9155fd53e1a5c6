"""Ordinary calls through the whole system: answered, given up, turned away. Each ends in the
ledger and on the board with the one outcome its caller had."""

from __future__ import annotations

import asyncio

import pytest

from hotline.facts import CallClosed, CallOffered, OfferEnded
from hotline.words import Outcome
from ivr.telephone import Answer, Ring
from tests.walks.hearing import heard_prompt, hears, hears_prompt, talk_both_ways
from tests.walks.system_kit import ACCESS, GREETING_HZ, System, press_pause, press_ready

pytestmark = [pytest.mark.anyio, pytest.mark.telephony, pytest.mark.walk]


async def test_a_citizen_is_greeted_and_speaks_with_an_agent(system: System) -> None:
    before = await system.figures()
    async with system.seat("1001", Answer(after=0.5)) as seat, system.citizen() as citizen:
        call = await citizen.call(ACCESS)
        await call.answered()
        await hears(call, GREETING_HZ)
        taken = await seat.next_call()
        assert taken.number == citizen.setup.user
        await talk_both_ways(call, taken)
        id_ = await system.call_id(call)
        await system.seat_is("1001", "talking")
        await call.hang_up()
        ending = await taken.ended()
        assert (ending.by, ending.how) == ("them", "hung-up")
        await system.seat_is("1001", "wrap-up", "ready")
        await system.seat_is("1001", "ready")
    booked = await system.booked(id_)
    assert (booked.outcome, booked.agent, booked.linked) == (Outcome.ANSWERED, "1001", False)
    assert booked.wait_s is not None
    assert 0.3 < booked.wait_s < 15
    assert await system.story(id_) == [
        "CallOpened",
        "CallWaiting",
        "CallOffered",
        "AgentChanged",
        "CallAnswered",
        "AgentChanged",
        "AgentReleased",
        "CallClosed",
    ]
    await system.counted(before, offered=1, answered=1)


async def test_the_agent_may_hang_up_first(system: System) -> None:
    before = await system.figures()
    async with system.seat("1001") as seat, system.citizen() as citizen:
        call = await citizen.call(ACCESS)
        taken = await seat.next_call()
        await taken.answered()
        await asyncio.sleep(0.3)
        await taken.hang_up()
        ending = await call.ended()
        assert (ending.by, ending.how) == ("them", "hung-up")
    booked = await system.booked(await system.call_id(call))
    assert booked.outcome is Outcome.ANSWERED
    await system.counted(before, offered=1, answered=1)


async def test_who_hangs_up_in_the_greeting_was_offered_to_nobody(system: System) -> None:
    before = await system.figures()
    async with system.citizen() as citizen:
        call = await citizen.call(ACCESS)
        await call.answered()
        await asyncio.sleep(0.3)
        await call.hang_up()
        booked = await system.booked(await system.call_id(call))
    assert (booked.outcome, booked.queued_at) == (Outcome.GREETING_HANG_UP, None)
    await system.counted(before, greeting_hang_up=1)


async def test_who_gives_up_waiting_is_counted_lost_and_leaves_the_ringing_telephone(
    system: System,
) -> None:
    before = await system.figures()
    async with system.seat("1001", Ring()) as seat, system.citizen() as citizen:
        call = await citizen.call(ACCESS)
        rings = await seat.next_call()
        await system.seat_is("1001", "ringing")
        await hears_prompt(call, "wait", seconds=1.5)
        await call.hang_up()
        ending = await rings.ended()
        assert (ending.by, ending.how) == ("them", "cancelled")
        id_ = await system.call_id(call)
        booked = await system.booked(id_)
        assert booked.outcome is Outcome.ABANDONED
        await system.seat_is("1001", "ready")
    facts = await system.facts(id_)
    assert [fact.agent for fact in facts if isinstance(fact, CallOffered)] == ["1001"]
    assert [fact.why for fact in facts if isinstance(fact, OfferEnded)] == ["call-gone"]
    await system.counted(before, offered=1, lost=1, abandoned=1)


async def test_with_nobody_logged_in_a_caller_is_told_so_at_once(system: System) -> None:
    before = await system.figures()
    async with system.citizen() as citizen:
        call = await citizen.call(ACCESS)
        await hears_prompt(call, "sorry-nobody")
        await hears_prompt(call, "return-call", seconds=1.5)
        ending = await call.ended()
        assert (ending.by, ending.how) == ("them", "hung-up")
        booked = await system.booked(await system.call_id(call))
    assert booked.outcome is Outcome.TURNED_AWAY
    await system.counted(before, offered=1, lost=1, turned_away=1)


async def test_a_full_queue_turns_away_and_a_long_wait_ends_with_an_apology(
    system: System,
) -> None:
    before = await system.figures()
    async with system.seat("1001") as seat, system.citizen() as citizen, system.citizen() as late:
        await press_pause(seat)
        await system.seat_is("1001", "paused")
        waiting = [await citizen.call(ACCESS) for _ in range(3)]
        ids = [await system.call_id(call) for call in waiting]
        await system.waiting_are(3)
        refused = await late.call(ACCESS)
        await hears_prompt(refused, "sorry-full")
        full = await system.booked(await system.call_id(refused), within=60)
        assert full.outcome is Outcome.TURNED_AWAY
        for call in waiting[1:]:
            await call.hang_up()
        await hears_prompt(waiting[0], "sorry-busy", within=60)
        assert not heard_prompt(waiting[0], "sorry-full")
        ended = await waiting[0].ended(60)
        assert (ended.by, ended.how) == ("them", "hung-up")
        booked = [await system.booked(id_) for id_ in ids]
    assert [one.outcome for one in booked] == [
        Outcome.TIMED_OUT,
        Outcome.ABANDONED,
        Outcome.ABANDONED,
    ]
    await system.counted(before, offered=4, lost=4, turned_away=1, timed_out=1, abandoned=2)


async def test_an_agent_who_does_not_answer_is_passed_over_and_rung_no_more(
    system: System,
) -> None:
    before = await system.figures()
    async with system.seat("1001", Ring()) as deaf, system.citizen() as citizen:
        call = await citizen.call(ACCESS)
        rings = await deaf.next_call()
        async with system.seat("1002") as awake:
            taken = await awake.next_call()
            ending = await rings.ended()
            assert (ending.by, ending.how) == ("them", "cancelled")
            await talk_both_ways(call, taken)
            await system.seat_is("1001", "paused")
            await call.hang_up()
            id_ = await system.call_id(call)
            booked = await system.booked(id_)
        await press_ready(deaf)
        await system.seat_is("1001", "ready")
    assert (booked.outcome, booked.agent) == (Outcome.ANSWERED, "1002")
    facts = await system.facts(id_)
    assert [(f.agent, f.why) for f in facts if isinstance(f, OfferEnded)] == [("1001", "no-answer")]
    assert sum(isinstance(fact, CallClosed) for fact in facts) == 1
    await system.counted(before, offered=1, answered=1)
