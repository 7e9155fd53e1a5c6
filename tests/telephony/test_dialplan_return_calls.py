"""A seat calls a citizen back, at a real exchange: what is dialled, what is told, what is refused.

The citizen's telephone stands where the carrier is: on the loopback address calls come from.
"""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from asterisk_conf.plan import ExchangePlan, OutboundTrunk
from ivr import sip
from ivr.telephone import Answer, Manner, Reject, Ring, Setup, Telephone, open_telephone
from switchboard.free_ports import Ports
from tests.telephony.exchange_kit import (
    CARRIER_HOST,
    RunningExchange,
    running_exchange,
    told,
    until,
)

pytestmark = [pytest.mark.anyio, pytest.mark.telephony]

CITIZEN = "13900139001"
Events = list[dict[str, str]]


@pytest.fixture(scope="module")
async def exchange(
    anyio_backend: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[RunningExchange]:
    """One exchange whose line out leads to a citizen's telephone, with short rings."""
    claims = Ports()
    port = claims.claim(26500, "udp", CARRIER_HOST)

    def line_out(plan: ExchangePlan) -> ExchangePlan:
        timing = replace(plan.timing, return_rings=3, return_silent=2)
        out = OutboundTrunk(CARRIER_HOST, port, "12345")
        return replace(plan, outbound=out, timing=timing, rating=True)

    async with running_exchange(tmp_path_factory.mktemp("return"), change=line_out) as one:
        yield one
    claims.close()


@asynccontextmanager
async def citizen(exchange: RunningExchange, manner: Manner) -> AsyncIterator[Telephone]:
    out = exchange.plan.outbound
    assert out is not None
    setup = Setup(CITIZEN, server=exchange.sip, bind=(out.host, out.port))
    telephone = await open_telephone(setup, manner)
    try:
        yield telephone
    finally:
        await telephone.hang_up_all()
        await telephone.close()


async def press(
    exchange: RunningExchange,
    number: str = CITIZEN,
    *,
    seat: str = "1001",
    call: str = "",
    rates: bool = False,
) -> str:
    """What Jiesu sends when an agent presses 回拨; the id of the call."""
    call = call or str(uuid.uuid4())
    more = ",RETURN_RATES=yes" if rates else ""
    answer = await exchange.act(
        Action="Originate",
        Channel=f"PJSIP/{seat}",
        Context="return-call",
        Exten=seat,
        Priority="1",
        Timeout="4000",
        CallerID=f"<{number}>",
        Variable=f"__HOTLINE_CALL={call},__HOTLINE_CALLER={number}{more}",
        Async="true",
    )
    assert answer["Response"] == "Success"
    return call


async def reported(events: Events, call: str) -> dict[str, str]:
    """The one thing told of a return call."""
    await until(lambda: _of(events, call) != [], 20)
    [one] = _of(events, call)
    return one


def _of(events: Events, call: str) -> Events:
    return [one for one in told(events, "HotlineReturnCall") if one["Call"] == call]


async def test_seat_and_citizen_talk_and_the_end_is_told_once(exchange: RunningExchange) -> None:
    async with (
        exchange.events() as events,
        exchange.seat("1001") as seat,
        citizen(exchange, Answer()) as rung,
    ):
        call = await press(exchange)
        own = await seat.next_call(60)
        assert own.number == CITIZEN
        theirs = await rung.next_call(60)
        assert theirs.number == "12345"
        [invite, *_] = rung.log.received("INVITE")
        assert isinstance(invite.message, sip.Request)
        assert invite.message.uri.startswith(f"sip:{CITIZEN}@")
        one = await reported(events, call)
        assert (one["Phase"], one["Agent"]) == ("answered", "1001")
        assert one["Citizen"].startswith("PJSIP/carrier-")
        assert one["Seat"].startswith("PJSIP/1001-")
        await theirs.hang_up()
        await own.ended(60)
        await until(lambda: told(events, "HotlineEnd") != [], 20)
    assert [end["Call"] for end in told(events, "HotlineEnd")] == [call]
    assert len(_of(events, call)) == 1


@pytest.mark.clause("HB-30¶1")
async def test_after_a_call_in_which_a_matter_is_answered_the_citizen_rates_by_key(
    exchange: RunningExchange,
) -> None:
    async with (
        exchange.events() as events,
        exchange.seat("1001") as seat,
        citizen(exchange, Answer()) as rung,
    ):
        call = await press(exchange, rates=True)
        own = await seat.next_call(60)
        theirs = await rung.next_call(60)
        await reported(events, call)
        await own.hang_up()
        # The seat is free at once, whatever the citizen does.
        await until(lambda: _phases(events, call) == ["answered", "left"], 20)
        assert told(events, "HotlineEnd") == []
        await theirs.press("2")
        await until(lambda: told(events, "HotlineRating") != [], 20)
        await theirs.ended(60)
        await until(lambda: told(events, "HotlineEnd") != [], 20)
    [rating] = told(events, "HotlineRating")
    assert (rating["Key"], rating["Call"]) == ("2", call)
    assert [end["Call"] for end in told(events, "HotlineEnd")] == [call]


async def test_after_a_call_about_something_else_nobody_is_asked_to_rate(
    exchange: RunningExchange,
) -> None:
    async with (
        exchange.events() as events,
        exchange.seat("1001") as seat,
        citizen(exchange, Answer()) as rung,
    ):
        call = await press(exchange)
        own = await seat.next_call(60)
        theirs = await rung.next_call(60)
        await reported(events, call)
        await own.hang_up()
        await theirs.ended(60)
        await until(lambda: told(events, "HotlineEnd") != [], 20)
    assert _phases(events, call) == ["answered"]
    assert told(events, "HotlineRating") == []


async def test_who_was_handed_to_the_emergency_centre_is_not_asked_to_rate_afterwards(
    exchange: RunningExchange,
) -> None:
    async with (
        exchange.events() as events,
        exchange.centre(1) as centre,
        exchange.seat("1001") as seat,
        citizen(exchange, Answer()) as rung,
    ):
        call = await press(exchange, rates=True)
        await seat.next_call(60)
        theirs = await rung.next_call(60)
        one = await reported(events, call)
        answer = await exchange.act(
            Action="Redirect", Channel=one["Citizen"], Context="emergency", Exten="119",
            Priority="1",
        )  # fmt: skip
        assert answer["Response"] == "Success"
        taken = await centre.next_call(60)
        await until(lambda: "answered" in _steps(events), 20)
        await taken.hang_up()
        await theirs.ended(60)
        await until(lambda: told(events, "HotlineEnd") != [], 20)
    [end] = told(events, "HotlineEnd")
    assert (end["Call"], end["Linked"]) == (call, "yes")
    assert told(events, "HotlineRating") == []


def _phases(events: Events, call: str) -> list[str]:
    return [one["Phase"] for one in _of(events, call)]


def _steps(events: Events) -> list[str]:
    return [one["Phase"] for one in told(events, "HotlineEmergency")]


async def test_who_hangs_up_before_he_has_heard_who_calls_was_not_reached(
    exchange: RunningExchange,
) -> None:
    async with (
        exchange.events() as events,
        exchange.seat("1001") as seat,
        citizen(exchange, Answer()) as rung,
    ):
        call = await press(exchange)
        await seat.next_call(60)
        theirs = await rung.next_call(60)
        await theirs.answered()
        await theirs.hang_up()
        one = await reported(events, call)
        assert one["Phase"] == "failed"


@pytest.mark.parametrize(
    ("manner", "status"), [(Reject(486), "BUSY"), (Ring(), "NOANSWER")], ids=["busy", "no answer"]
)
async def test_a_citizen_who_is_not_reached_is_told_with_the_reason(
    exchange: RunningExchange, manner: Manner, status: str
) -> None:
    async with (
        exchange.events() as events,
        exchange.seat("1001") as seat,
        citizen(exchange, manner),
    ):
        call = await press(exchange)
        own = await seat.next_call(60)
        one = await reported(events, call)
        assert (one["Phase"], one["Status"]) == ("failed", status)
        await own.ended(60)
        assert told(events, "HotlineEnd") == []


async def test_a_seat_that_does_not_answer_rings_no_citizen(exchange: RunningExchange) -> None:
    async with (
        exchange.events() as events,
        exchange.seat("1001", Ring()) as seat,
        citizen(exchange, Answer()) as rung,
    ):
        await press(exchange)
        await seat.next_call(60)

        def failed() -> Events:
            return [
                one
                for one in events
                if one.get("Event") == "OriginateResponse" and one.get("Response") == "Failure"
            ]

        await until(lambda: failed() != [], 20)
        [one] = failed()
        assert (one["Context"], one["Exten"]) == ("return-call", "1001")
        assert not rung.calls


@pytest.mark.parametrize(
    "number",
    [
        "110",
        "12345",
        "0085221234567",
        "85212",
        "9013800138000",
        "1380013800",
        "00",
        "013900139001x",
    ],
)
async def test_what_is_no_citizens_number_is_not_dialled(
    exchange: RunningExchange, number: str
) -> None:
    async with (
        exchange.events() as events,
        exchange.seat("1001") as seat,
        citizen(exchange, Answer()) as rung,
    ):
        call = await press(exchange, number)
        await seat.next_call(60)
        one = await reported(events, call)
        assert (one["Phase"], one["Status"]) == ("failed", "NOT-ALLOWED")
        assert not rung.calls


async def test_no_telephone_and_no_trunk_can_call_out_by_itself(exchange: RunningExchange) -> None:
    async with (
        exchange.seat("1001") as seat,
        exchange.citizen("13700137000") as outside,
        citizen(exchange, Answer()) as rung,
    ):
        for telephone in (seat, outside):
            call = await telephone.call(CITIZEN)
            ending = await call.ended(60)
            assert ending.how == "refused"
        assert not rung.calls


async def test_asterisk_has_nothing_to_complain_about(exchange: RunningExchange) -> None:
    odd = [line for line in exchange.complaints() if "eturn" in line or "REGEX" in line]
    # Who hangs up while he is told who calls ends the subroutine he is in.
    assert [line for line in odd if "Abnormal 'Gosub(return-call-answered" not in line] == []


async def test_a_line_that_leads_nowhere_is_told(exchange: RunningExchange) -> None:
    """The last one: for half a minute the INVITE is sent again to whoever is there later."""
    async with exchange.events() as events, exchange.seat("1001") as seat:
        call = await press(exchange)
        await seat.next_call(60)
        one = await reported(events, call)
        assert (one["Phase"], one["Status"]) == ("failed", "CHANUNAVAIL")
