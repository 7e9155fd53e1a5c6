"""Nobody who hung up unheard is forgotten: lost, listed, called back from the page, closed.

Real SIP all the way: the citizen's telephone that takes the return call stands where the
demonstration's carrier is.
"""

from __future__ import annotations

import asyncio

import pytest

from hotline.facts import ReturnCallMissed, ReturnCallTried
from hotline.return_calls import TaskState
from hotline.words import Outcome, ReturnCallId
from ivr.telephone import Answer, Reject, Ring
from tests.walks.hearing import talk_both_ways
from tests.walks.return_kit import (
    at_home,
    hangs_up_in_the_greeting,
    nobody_else_waits,
    page_of,
    press,
    task_is,
)
from tests.walks.system_kit import ACCESS, System, eventually, press_pause, press_ready

pytestmark = [pytest.mark.anyio, pytest.mark.telephony, pytest.mark.walk]


async def test_who_gives_up_in_the_queue_is_called_back_from_the_page_and_the_task_closes(
    system: System,
) -> None:
    await nobody_else_waits(system)
    before = await system.figures()
    async with (
        system.seat("1001") as seat,
        system.citizen() as citizen,
        page_of(system, "1001") as page,
    ):
        await press_pause(seat)
        await system.seat_is("1001", "paused")
        call = await citizen.call(ACCESS)
        task = await system.call_id(call)
        await system.waiting_are(1)
        await call.hang_up()
        await task_is(system, task, TaskState.WAITING)
        shown = (await page.get("/return-calls")).text
        assert f'data-return="{task}"' in shown
        assert citizen.setup.user not in shown
        async with at_home(system, citizen.setup.user, Answer()) as home:
            answer = await press(page, task)
            assert answer.status_code == 202, answer.text
            own = await seat.next_call(20)
            assert own.number == citizen.setup.user
            rung = await home.next_call(20)
            assert rung.number == ACCESS
            closed = await task_is(system, task, TaskState.CLOSED, reason="reached")
            await system.seat_is("1001", "talking", within=15)
            await talk_both_ways(rung, own)
            assert closed.attempt is not None
            await rung.hang_up()
            await own.ended(20)
            booked = await system.booked(closed.attempt, within=15)
            assert (booked.outcome, booked.agent) == (Outcome.RETURN_CALL, "1001")
        shown = (await page.get("/return-calls?which=closed")).text
        assert "已回拨接通" in shown
        await system.seat_is("1001", "paused", within=15)
        await press_ready(seat)
    await system.counted(before, within=15, offered=1, lost=1, abandoned=1)


async def test_who_calls_again_and_is_answered_is_not_called_back(system: System) -> None:
    async with system.citizen() as citizen:
        task = await hangs_up_in_the_greeting(system, citizen)
        await task_is(system, task, TaskState.WAITING)
        again = await hangs_up_in_the_greeting(system, citizen)
        both = await task_is(system, task, TaskState.WAITING, losses=2)
        assert await system.ledger.return_calls.losses_of(both.id) == sorted([task, again])
        async with system.seat("1002") as seat:
            call = await citizen.call(ACCESS)
            taken = await seat.next_call(20)
            await taken.answered()
            await task_is(system, task, TaskState.CLOSED, reason="got-through")
            await call.hang_up()


async def test_two_agents_press_at_once_and_one_telephone_rings(system: System) -> None:
    async with (
        system.citizen() as citizen,
        system.seat("1001", Ring()) as first,
        system.seat("1002", Ring()) as second,
        page_of(system, "1001") as one,
        page_of(system, "1002") as other,
    ):
        task = await hangs_up_in_the_greeting(system, citizen)
        await task_is(system, task, TaskState.WAITING)
        answers = await asyncio.gather(press(one, task), press(other, task))
        assert sorted(answer.status_code for answer in answers) == [202, 409]
        refused = next(answer for answer in answers if answer.status_code == 409)
        assert "正在拨打" in refused.json()["error"]
        winner, loser = (first, second) if answers[0].status_code == 202 else (second, first)
        own = await winner.next_call(20)
        assert not loser.calls
        own.reject(486)
        await task_is(system, task, TaskState.WAITING, result="seat-no-answer")
        await system.seat_is(winner.setup.user, "ready", within=15)


async def test_who_does_not_answer_waits_on_with_every_attempt_in_the_record(
    system: System,
) -> None:
    async with (
        system.citizen() as citizen,
        system.seat("1001") as seat,
        page_of(system, "1001") as page,
    ):
        task = await hangs_up_in_the_greeting(system, citizen)
        await task_is(system, task, TaskState.WAITING)
        async with at_home(system, citizen.setup.user, Reject(486)):
            assert (await press(page, task)).status_code == 202
            await seat.next_call(20)
            await task_is(system, task, TaskState.WAITING, result="busy", tries=1)
            await system.seat_is("1001", "ready", within=15)
        async with at_home(system, citizen.setup.user, Ring()) as home:
            assert (await press(page, task)).status_code == 202
            own = await seat.next_call(20)
            await home.next_call(20)
            await own.hang_up()
            await task_is(system, task, TaskState.WAITING, result="cancelled", tries=2)
            await system.seat_is("1001", "ready", within=15)
        assert "占线" not in (await page.get("/return-calls")).text
        facts = [one.fact for one in await system.ledger.return_calls.facts_of(ReturnCallId(task))]
        assert [fact.result for fact in facts if isinstance(fact, ReturnCallMissed)] == [
            "busy",
            "cancelled",
        ]
        assert [fact.agent for fact in facts if isinstance(fact, ReturnCallTried)] == ["1001"] * 2
        answer = await page.post(f"/api/return-calls/{task}/dismiss", json={"reason": "handled"})
        assert answer.status_code == 200
        await task_is(system, task, TaskState.CLOSED, reason="handled")


async def test_a_caller_lost_while_our_process_was_dead_is_owed_a_call_too(system: System) -> None:
    """The end is read from queue_log, the number from the exchange's own call records."""
    async with system.citizen() as citizen:
        server = system.child("server")
        with system.foreman_asleep():
            await system.kill("server")
            call = await citizen.call(ACCESS)
            await call.answered()
            await asyncio.sleep(0.3)
            await call.hang_up()
            task = await system.call_id(call)
        await system.restored("server", server, within=90)
        await task_is(system, task, TaskState.WAITING)
        caller = await system.ledger.callers.find(task)
        assert caller is not None
        assert caller.digits == citizen.setup.user


async def test_an_emergency_that_reached_nobody_is_the_first_to_be_called_back(
    system: System,
) -> None:
    await nobody_else_waits(system)
    async with (
        system.citizen() as patient,
        system.citizen() as citizen,
        page_of(system, "1001") as page,
    ):
        ordinary = await hangs_up_in_the_greeting(system, patient)
        async with system.trunks("dead", "dead"):
            call = await citizen.call(ACCESS)
            await call.answered()
            await call.press("9")
            await asyncio.sleep(0.5)
            await call.press("2")
            task = await system.call_id(call)

            async def queued() -> bool:
                return any(row.details[:1] == ("queued",) for row in system.queue_log(task))

            await eventually(queued, 30, "the emergency queue has the call")
            await call.hang_up()
        found = await task_is(system, task, TaskState.WAITING)
        assert (found.matter, found.place) == ("119", "emergency")
        shown = (await page.get("/return-calls")).text
        assert shown.index(f'data-return="{task}"') < shown.index(f'data-return="{ordinary}"')
        assert "returns-urgent" in shown
