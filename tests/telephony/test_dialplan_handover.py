"""What Jiesu's rules and its seats do with a caller: told, asked, handed over, handed back."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from asterisk_conf.plan import Timing
from ivr.call_acts import transfer
from ivr.telephone import Reject, Ring, Telephone
from ivr.telephone_call import Call
from tests.telephony.exchange_kit import CITIZEN, RunningExchange, running_exchange, told, until

pytestmark = [pytest.mark.anyio, pytest.mark.telephony]


def phases(heard: list[dict[str, str]]) -> list[str]:
    return [one["Phase"] for one in told(heard, "HotlineEmergency")]


async def redirect(
    exchange: RunningExchange, heard: list[dict[str, str]], context: str, number: str
) -> None:
    """What Jiesu does when it has understood: sets the reason and sends the caller there."""
    channel = told(heard, "HotlineArrived")[-1]["Channel"]
    await exchange.act(Action="Setvar", Channel=channel, Variable="HOTLINE_REASON", Value="words")
    answer = await exchange.act(
        Action="Redirect", Channel=channel, Context=context, Exten=number, Priority="1"
    )
    assert answer["Response"] == "Success"


async def talking(
    exchange: RunningExchange, citizen: Telephone, seat: Telephone
) -> tuple[Call, Call]:
    """The citizen's call and the seat's, joined."""
    call = await citizen.call("12345")
    offered = await seat.next_call()
    await offered.answered()
    await exchange.logged("CONNECT")
    await asyncio.sleep(0.2)
    return call, offered


async def test_silence_after_the_question_transfers(tmp_path: Path) -> None:
    async with (
        running_exchange(tmp_path) as exchange,
        exchange.seat("1001", Ring()) as seat,
        exchange.centre(1) as centre,
        exchange.citizen() as citizen,
        exchange.events() as heard,
    ):
        call = await citizen.call("12345")
        await seat.next_call()
        before = citizen.log.now()
        await redirect(exchange, heard, "emergency-confirm", "119")
        taken = await centre.next_call(60)
        assert taken.dialled == "119"
        # the question, then four seconds
        waited = (centre.log.received("INVITE")[0].at - before).total_seconds()
        assert 8.5 <= waited <= 11
        await until(lambda: phases(heard)[-1] == "answered")
        assert phases(heard) == ["confirming", "chosen", "trying", "ringing", "answered"]
        assert told(heard, "HotlineEmergency")[0]["Reason"] == "words"
        await call.hang_up()


async def test_the_star_refuses_and_the_caller_keeps_his_place(tmp_path: Path) -> None:
    async with (
        running_exchange(tmp_path) as exchange,
        exchange.seat("1001", Ring()) as seat,
        exchange.centre(1) as centre,
        exchange.citizen() as citizen,
        exchange.events() as heard,
    ):
        call = await citizen.call("12345")
        await seat.next_call()
        await redirect(exchange, heard, "emergency-confirm", "119")
        await until(lambda: phases(heard) == ["confirming"])
        await asyncio.sleep(0.5)
        await call.press("*")
        await seat.next_call()
        assert phases(heard) == ["confirming", "cancelled"]
        assert centre.log.received("INVITE") == []
        await call.hang_up()
        (end,) = await exchange.logged("HOTLINE_END")
        assert end.details[0] == "queue"
        assert end.details[5] == "no"


async def test_a_told_number_leads_back_to_the_queue(tmp_path: Path) -> None:
    async with (
        running_exchange(tmp_path) as exchange,
        exchange.seat("1001", Ring()) as seat,
        exchange.citizen() as citizen,
        exchange.events() as heard,
    ):
        call = await citizen.call("12345")
        await seat.next_call()
        await redirect(exchange, heard, "emergency-tell", "120")
        await seat.next_call()
        assert phases(heard) == ["told"]
        await call.hang_up()


async def test_a_transfer_at_once_takes_a_talking_caller_from_the_agent(tmp_path: Path) -> None:
    async with (
        running_exchange(tmp_path) as exchange,
        exchange.seat("1001") as seat,
        exchange.centre(1) as centre,
        exchange.citizen() as citizen,
        exchange.events() as heard,
    ):
        call, offered = await talking(exchange, citizen, seat)
        await redirect(exchange, heard, "emergency", "110")
        taken = await centre.next_call()
        assert (taken.dialled, taken.number) == ("110", CITIZEN)
        await offered.ended()
        await taken.answered()
        assert call.ending is None
        await call.hang_up()
        (end,) = await exchange.logged("HOTLINE_END")
        assert end.details[4:6] == ("110", "yes")


async def test_a_told_caller_who_was_talking_returns_to_his_agent(tmp_path: Path) -> None:
    async with (
        running_exchange(tmp_path) as exchange,
        exchange.seat("1001") as seat,
        exchange.citizen() as citizen,
        exchange.events() as heard,
    ):
        call, offered = await talking(exchange, citizen, seat)
        await redirect(exchange, heard, "emergency-tell", "120")
        await offered.ended()
        again = await seat.next_call(60)
        await again.answered()
        assert again.number == CITIZEN
        await call.hang_up()
        (end,) = await exchange.logged("HOTLINE_END")
        assert end.details[0] == "agent"


@pytest.mark.parametrize("number", ["110", "119", "120", "122"])
async def test_an_agent_hands_over_by_blind_transfer(tmp_path: Path, number: str) -> None:
    async with (
        running_exchange(tmp_path) as exchange,
        exchange.seat("1001") as seat,
        exchange.centre(1) as centre,
        exchange.citizen() as citizen,
        exchange.events() as heard,
    ):
        call, offered = await talking(exchange, citizen, seat)
        await transfer(offered, number)
        taken = await centre.next_call()
        assert (taken.dialled, taken.number) == (number, CITIZEN)
        assert taken.header("X-Hotline-Call") == told(heard, "HotlineArrived")[0]["Call"]
        await until(lambda: phases(heard)[-1] == "answered")
        assert {one["Reason"] for one in told(heard, "HotlineEmergency")} == {"agent"}
        await call.hang_up()
        (end,) = await exchange.logged("HOTLINE_END")
        assert end.details[0] == "emergency"
        assert end.details[4:6] == (number, "yes")


async def test_a_blind_transfer_reaches_the_other_seat(tmp_path: Path) -> None:
    async with (
        running_exchange(tmp_path) as exchange,
        exchange.seat("1001") as seat,
        exchange.seat("1002") as other,
        exchange.citizen() as citizen,
    ):
        call, offered = await talking(exchange, citizen, seat)
        await transfer(offered, "1002")
        taken = await other.next_call()
        assert taken.number == CITIZEN
        await offered.ended()
        await taken.answered()
        await taken.hang_up()
        await call.ended()
        (end,) = await exchange.logged("HOTLINE_END")
        assert end.details[0] == "agent"


async def test_a_transfer_nobody_takes_brings_the_caller_to_the_front_of_the_queue(
    tmp_path: Path,
) -> None:
    async with (
        running_exchange(tmp_path, timing=Timing(agent_rings=4)) as exchange,
        exchange.seat("1001") as seat,
        exchange.seat("1002", Reject(480)),
        exchange.citizen() as citizen,
    ):
        call, offered = await talking(exchange, citizen, seat)
        waiting = await citizen.call("12345", caller="13900000001")
        await waiting.answered()
        await exchange.logged("ENTERQUEUE", 2)
        await transfer(offered, "1002")
        await offered.ended()
        # While he hears what happened the other citizen is served; then he is the next of all.
        other = await seat.next_call(60)
        assert other.number == "13900000001"
        await other.answered()
        third = await citizen.call("12345", caller="13900000002")
        await exchange.logged("ENTERQUEUE", 4, 15)
        await other.hang_up()
        again = await seat.next_call(60)
        assert again.number == CITIZEN
        await call.hang_up()
        await waiting.hang_up()
        await third.hang_up()


async def test_a_transfer_to_anywhere_else_is_refused_and_the_call_goes_on(tmp_path: Path) -> None:
    async with (
        running_exchange(tmp_path) as exchange,
        exchange.seat("1001") as seat,
        exchange.citizen() as citizen,
    ):
        call, offered = await talking(exchange, citizen, seat)
        for number in ("0085212345678", "12345", "s"):
            assert await transfer(offered, number) == 404
        assert call.ending is None
        assert offered.ending is None
        await call.hang_up()


async def test_a_seat_may_dial_seats_and_emergency_numbers_only(tmp_path: Path) -> None:
    async with (
        running_exchange(tmp_path) as exchange,
        exchange.seat("1001") as seat,
        exchange.seat("1002") as other,
        exchange.centre(1) as centre,
    ):
        first = await seat.call("1002")
        await (await other.next_call()).answered()
        await first.hang_up()
        second = await seat.call("119")
        taken = await centre.next_call()
        assert taken.number == "1001"
        await second.hang_up()
        for number in ("12345", "13800138000", "s", "00852123"):
            refused = await seat.call(number)
            assert (await refused.ended()).status == 404


async def test_a_seat_that_consults_the_centre_gives_the_citizens_number(tmp_path: Path) -> None:
    async with (
        running_exchange(tmp_path) as exchange,
        exchange.seat("1001") as seat,
        exchange.centre(1) as centre,
        exchange.citizen() as citizen,
        exchange.events() as heard,
    ):
        call, _offered = await talking(exchange, citizen, seat)
        await until(lambda: told(heard, "HotlineStage")[-1]["Stage"] == "agent")
        consult = await seat.call("119")
        taken = await centre.next_call()
        assert taken.number == CITIZEN
        await consult.answered()
        await until(lambda: phases(heard) == ["chosen", "answered"])
        await call.hang_up()
        (end,) = await exchange.logged("HOTLINE_END")
        assert end.details[4:6] == ("119", "yes")


async def test_a_seat_pauses_and_returns_by_its_telephone(tmp_path: Path) -> None:
    async with running_exchange(tmp_path) as exchange, exchange.seat("1001") as seat:
        for code, event in (("*0", "PAUSE"), ("*1", "UNPAUSE")):
            call = await seat.call(code)
            await call.ended()
            rows = await exchange.logged(event)
            assert {row.agent for row in rows} == {"1001"}
