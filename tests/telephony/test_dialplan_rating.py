"""After the agent has hung up, where the city rates by key (河北 第三十条): by a real call."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from ivr.telephone_call import Call
from tests.telephony.exchange_kit import RunningExchange, running_exchange, told, until

pytestmark = [pytest.mark.anyio, pytest.mark.telephony]


@pytest.fixture(scope="module")
async def exchange(
    anyio_backend: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[RunningExchange]:
    """One exchange that asks for ratings."""
    folder = tmp_path_factory.mktemp("rating")
    async with running_exchange(folder, change=lambda plan: replace(plan, rating=True)) as one:
        yield one


async def served(exchange: RunningExchange, call: Call) -> None:
    """An agent has the caller, and hangs up."""
    async with exchange.seat("1001") as seat:
        await call.answered()
        offered = await seat.next_call(60)
        await offered.answered()
        ended = len(exchange.queue_log("COMPLETEAGENT"))
        await until(lambda: len(exchange.queue_log("CONNECT")) > ended, 20)
        await offered.hang_up()
        await until(lambda: len(exchange.queue_log("COMPLETEAGENT")) > ended, 20)


@pytest.mark.clause("HB-30¶1")
async def test_a_caller_who_presses_a_key_has_rated_and_one_end_is_told(
    exchange: RunningExchange,
) -> None:
    async with exchange.events() as events, exchange.citizen() as citizen:
        call = await citizen.call("12345")
        await served(exchange, call)
        await call.press("4")
        await until(lambda: told(events, "HotlineRating") != [], 20)
        await call.ended(60)
        await until(lambda: told(events, "HotlineEnd") != [], 20)
    [rating] = told(events, "HotlineRating")
    [end] = told(events, "HotlineEnd")
    assert (rating["Key"], rating["Call"]) == ("4", end["Call"])
    assert end["Stage"] == "agent"
    assert [row.details[0] for row in exchange.queue_log("HOTLINE_RATING")] == ["4"]


async def test_a_caller_who_just_hangs_up_has_not_rated(exchange: RunningExchange) -> None:
    async with exchange.events() as events, exchange.citizen() as citizen:
        call = await citizen.call("12345")
        await served(exchange, call)
        await call.hang_up()
        await until(lambda: told(events, "HotlineEnd") != [], 20)
    assert told(events, "HotlineRating") == []


async def test_nine_is_the_way_to_the_emergency_numbers_here_too(
    exchange: RunningExchange,
) -> None:
    async with exchange.events() as events, exchange.citizen() as citizen:
        call = await citizen.call("12345")
        await served(exchange, call)
        await call.press("9")
        await until(
            lambda: any(one["Phase"] == "menu" for one in told(events, "HotlineEmergency")), 20
        )
        await call.hang_up()
        await until(lambda: told(events, "HotlineEnd") != [], 20)
    assert told(events, "HotlineRating") == []


async def test_whoever_was_cut_off_comes_back_before_all_others(exchange: RunningExchange) -> None:
    async with exchange.events() as events, exchange.citizen() as citizen:
        call = await citizen.call("12345")
        await served(exchange, call)
        async with exchange.seat("1002") as other:
            await call.press("0")
            again = await other.next_call(60)
            await again.answered()
            await call.hang_up()
            await again.ended(60)
        await until(lambda: told(events, "HotlineEnd") != [], 20)
    assert len(told(events, "HotlineEnd")) == 1
