"""What the system does when a part of it dies or is cut off: the telephone goes on, and afterwards
every count is as if nothing had happened."""

from __future__ import annotations

import asyncio
import os
import signal

import pytest

from hotline.facts import CallClosed, GapClosed
from hotline.words import Outcome
from ivr.telephone import Answer
from switchboard.processes import gone
from tests.walks.hearing import hears, talk_both_ways
from tests.walks.relay import relay_before
from tests.walks.system_kit import (
    ACCESS,
    GREETING_HZ,
    System,
    eventually,
    press_pause,
)

pytestmark = [pytest.mark.anyio, pytest.mark.telephony, pytest.mark.walk]


async def test_with_jiesu_killed_the_telephone_goes_on_and_the_counts_are_exact_again(
    system: System,
) -> None:
    before = await system.figures()
    dead = system.child("server")
    async with (
        system.seat("1001", Answer()) as one,
        system.citizen() as talking,
        system.citizen() as answered,
        system.citizen() as burning,
        system.citizen() as hurt,
        system.citizen() as hasty,
        system.citizen() as long,
    ):
        first = await talking.call(ACCESS)
        first_seat = await one.next_call()
        await talk_both_ways(first, first_seat)
        async with system.seat("1002") as two:
            with system.foreman_asleep():
                await system.kill("server")
                await talk_both_ways(first, first_seat)

                second = await answered.call(ACCESS)
                second_seat = await two.next_call()
                assert second_seat.number == answered.setup.user
                await talk_both_ways(second, second_seat)
                await second.hang_up()

                third = await burning.call(ACCESS)
                await third.answered()
                await third.press("92")
                third_id = await system.call_id(third)
                row = await system.centre_call(third_id)
                assert (row["dialled"], row["caller"]) == ("119", burning.setup.user)
                await third.hang_up()
                linked = await hurt.call(ACCESS)
                await linked.answered()
                await linked.press("93")
                row = await system.centre_call(await system.call_id(linked))
                assert row["dialled"] == "120"

                fourth = await hasty.call(ACCESS)
                await fourth.answered()
                await hears(fourth, GREETING_HZ)
                await fourth.hang_up()

                fifth = await long.call(ACCESS)
                fifth_seat = await two.next_call(60)
                await talk_both_ways(fifth, fifth_seat)
            await system.answers()
            await system.counted(
                before, within=60, offered=3, answered=3, emergency=1, greeting_hang_up=1
            )
            await system.follows(within=60)
            await system.seat_is("1001", "talking", within=60)
            await system.seat_is("1002", "talking", within=60)
            await talk_both_ways(first, first_seat)
            await talk_both_ways(fifth, fifth_seat)
            board = await system.board()
            assert board["strip"]["talking"] == 2
            assert [(one["service"], one["linked"]) for one in board["emergencies"]] == [
                ("120", True)
            ]
            await linked.hang_up()
            await fifth.hang_up()
            await first.hang_up()
            calls = (first, second, third, fourth, fifth, linked)
            booked = [await system.booked(await system.call_id(call)) for call in calls]
    assert [one.outcome for one in booked] == [
        Outcome.ANSWERED,
        Outcome.ANSWERED,
        Outcome.EMERGENCY,
        Outcome.GREETING_HANG_UP,
        Outcome.ANSWERED,
        Outcome.EMERGENCY,
    ]
    assert [one.agent for one in booked] == ["1001", "1002", None, None, "1002", None]
    assert [one.reconciled for one in booked] == [False, True, True, True, False, False]
    assert (booked[2].service, booked[2].linked) == ("119", True)
    assert (booked[5].service, booked[5].linked) == ("120", True)
    linkage = await system.ledger.book.linkage(booked[2].call)
    assert linkage is not None
    assert (linkage.trunk, linkage.reason) == (1, "key")
    assert system.child("server") != dead
    await system.counted(before, offered=3, answered=3, emergency=2, greeting_hang_up=1)


async def test_a_link_that_goes_silent_is_noticed_and_nothing_is_miscounted(
    system: System,
) -> None:
    before = await system.figures()
    loop = asyncio.get_running_loop()
    async with (
        relay_before(int(system.places["ami_port"])) as relay,
        system.server_behind(relay),
        system.seat("1001") as seat,
    ):
        async with system.citizen() as talking, system.citizen() as hasty:
            call = await talking.call(ACCESS)
            taken = await seat.next_call()
            await talk_both_ways(call, taken)
            cut_at = loop.time()
            relay.stall()
            await call.hang_up()
            short = await hasty.call(ACCESS)
            await short.answered()
            await short.hang_up()
            await gap(system, within=60)
            await asyncio.sleep(max(0.0, cut_at + 10 - loop.time()))
            again = await talking.call(ACCESS)
            retaken = await seat.next_call()
            await talk_both_ways(again, retaken)
            relay.flow()
            await system.follows(within=60)
            await system.counted(before, within=60, offered=2, answered=2, greeting_hang_up=1)
            await system.seat_is("1001", "talking", within=60)
            await again.hang_up()
            ids = [await system.call_id(one) for one in (call, short, again)]
            booked = [await system.booked(id_) for id_ in ids]
        await system.seat_is("1001", "ready")
    assert [(one.outcome, one.agent) for one in booked] == [
        (Outcome.ANSWERED, "1001"),
        (Outcome.GREETING_HANG_UP, None),
        (Outcome.ANSWERED, "1001"),
    ]
    for id_ in ids:
        assert sum(isinstance(fact, CallClosed) for fact in await system.facts(id_)) == 1
    await system.counted(before, offered=2, answered=2, greeting_hang_up=1)


async def gap(system: System, within: float) -> None:
    """Wait until every screen is told that the exchange is out of reach."""

    async def look() -> bool:
        return (await system.board())["gap_since"] is not None

    await eventually(look, within, "the gap is shown")


async def test_asterisk_stopped_and_started_leaves_no_ghost_calls(system: System) -> None:
    before = await system.figures()
    async with system.seat("1001") as one, system.seat("1002") as two:
        await press_pause(two)
        async with system.citizen() as talking, system.citizen() as waiting:
            call = await talking.call(ACCESS)
            taken = await one.next_call()
            await talk_both_ways(call, taken)
            other = await waiting.call(ACCESS)
            await system.waiting_are(1)
            ids = [await system.call_id(each) for each in (call, other)]
            old = system.child("asterisk")
            os.kill(old.pid, signal.SIGTERM)
            await gone(old)
            await gap(system, within=60)
            await system.restored("asterisk", old)
            board = await system.board()
            assert (board["strip"]["talking"], board["strip"]["waiting"]) == (0, 0)
            booked = [await system.booked(id_) for id_ in ids]
        assert [each.outcome for each in booked] == [Outcome.ANSWERED, Outcome.ABANDONED]
        await system.counted(before, offered=2, answered=1, lost=1, abandoned=1)
        await one.register()
        await two.register()
        # Asterisk does not remember the pause of a static member: the seat is offered calls again.
        await system.seat_is("1002", "ready")
        await system.seat_is("1001", "ready")
        async with system.citizen() as new:
            fresh = await new.call(ACCESS)
            next_one = asyncio.create_task(one.next_call())
            other_one = asyncio.create_task(two.next_call())
            done, left = await asyncio.wait(
                {next_one, other_one}, return_when=asyncio.FIRST_COMPLETED
            )
            for task in left:
                task.cancel()
            await talk_both_ways(fresh, done.pop().result())
            await fresh.hang_up()
            booked_last = await system.booked(await system.call_id(fresh))
    assert booked_last.outcome is Outcome.ANSWERED
    await system.counted(before, offered=3, answered=2, lost=1, abandoned=1)
    assert GapClosed.__name__ in await last_facts(system)


async def last_facts(system: System) -> list[str]:
    """The kinds of facts in the exchange's journal."""
    return [type(one.fact).__name__ async for one in system.ledger.streams.read()]
