"""Ordinary calls through the real dialplan: who reaches an agent, who is told what is wrong."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from asterisk_conf.plan import Timing
from ivr.station import CallRefused
from ivr.telephone import Answer, Reject, Ring
from tests.telephony.exchange_kit import CITIZEN, running_exchange

pytestmark = [pytest.mark.anyio, pytest.mark.telephony]


@pytest.mark.clause(
    "ZQ-2", "ZS-2", "ZS-4", "GZ-3", "GZ-4", "HB-20", "HB-2", "GY-解读一", "GY-解读二"
)
async def test_a_caller_hears_the_greeting_and_reaches_an_agent(tmp_path: Path) -> None:
    async with (
        running_exchange(tmp_path) as exchange,
        exchange.seat("1001") as seat,
        exchange.citizen() as citizen,
    ):
        call = await citizen.call("12345")
        await call.answered()
        offered = await seat.next_call(60)
        assert offered.number == CITIZEN
        await offered.answered()
        await exchange.logged("CONNECT")
        assert not offered.header("X-Hotline-Caller")
        await call.hang_up()
        await offered.ended()
        (end,) = await exchange.logged("HOTLINE_END")
        assert end.details == ("agent", "", "", "PJSIP/1001", "", "no", end.details[6])
        (arrived,) = exchange.queue_log("HOTLINE_ARRIVED")
        assert arrived.call == end.call
        assert [row.details[0] for row in exchange.queue_log("HOTLINE_STAGE")] == ["queue", "agent"]
        assert exchange.complaints() == []


async def test_a_number_that_is_not_ours_is_refused(tmp_path: Path) -> None:
    async with running_exchange(tmp_path) as exchange, exchange.citizen() as citizen:
        for dialled in ("110", "1001", "0085212345678", "123456"):
            call = await citizen.call(dialled)
            with pytest.raises(CallRefused) as refused:
                await call.answered()
            assert refused.value.status == 404
        assert exchange.queue_log("HOTLINE_ARRIVED") == []


async def test_with_nobody_logged_in_a_caller_is_told_so_and_ended(tmp_path: Path) -> None:
    async with (
        running_exchange(tmp_path, whole_greeting=True) as exchange,
        exchange.citizen() as citizen,
    ):
        call = await citizen.call("12345")
        await call.answered()
        ending = await call.ended(60)
        assert ending.by == "them"
        (end,) = await exchange.logged("HOTLINE_END")
        assert end.details[:4] == ("queue", "JOINEMPTY", "", "")
        # greeting, apology and promise: 12 + 3 + 4 seconds of words
        assert len(call.heard()) / 16000 > 17


async def test_who_gives_up_waiting_is_recorded_once_as_abandoned(tmp_path: Path) -> None:
    async with (
        running_exchange(tmp_path) as exchange,
        exchange.seat("1001", Ring()) as seat,
        exchange.citizen() as citizen,
    ):
        call = await citizen.call("12345")
        await seat.next_call(60)
        await call.hang_up()
        await exchange.logged("HOTLINE_END")
        await asyncio.sleep(0.5)
        (end,) = exchange.queue_log("HOTLINE_END")
        assert end.details[:4] == ("queue", "", "TRUE", "")


async def test_who_waits_too_long_hears_an_apology(tmp_path: Path) -> None:
    timing = Timing(queue=15)
    async with (
        running_exchange(tmp_path, timing=timing) as exchange,
        exchange.seat("1001", Ring()),
        exchange.citizen() as citizen,
    ):
        call = await citizen.call("12345")
        await call.ended(60)
        (end,) = await exchange.logged("HOTLINE_END")
        assert end.details[:3] == ("queue", "TIMEOUT", "TRUE")


async def test_an_agent_who_does_not_answer_is_paused_and_the_next_one_rings(
    tmp_path: Path,
) -> None:
    timing = Timing(agent_rings=4)
    async with (
        running_exchange(tmp_path, timing=timing) as exchange,
        exchange.seat("1001", Ring()) as first,
        exchange.seat("1002", Answer()) as second,
        exchange.citizen() as citizen,
    ):
        call = await citizen.call("12345")
        await first.next_call(60)
        taken = await second.next_call(60)
        await taken.answered()
        await exchange.logged("PAUSE")
        await call.hang_up()
        (end,) = await exchange.logged("HOTLINE_END")
        assert end.details[3] == "PJSIP/1002"


async def test_a_telephone_that_rejects_is_not_rung_every_second(tmp_path: Path) -> None:
    async with (
        running_exchange(tmp_path) as exchange,
        exchange.seat("1001", Reject(486)) as seat,
        exchange.citizen() as citizen,
    ):
        call = await citizen.call("12345")
        await seat.next_call(60)
        await asyncio.sleep(4)
        assert len(seat.log.received("INVITE")) == 1
        await call.hang_up()
