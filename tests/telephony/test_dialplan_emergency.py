"""110, 119, 120, 122 with nothing but Asterisk alive: the keys, the ladder, the emergency queue."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from ivr.telephone import Answer, Manner, Reject, Ring, Silent, Telephone
from ivr.telephone_call import Call
from tests.telephony.exchange_kit import CITIZEN, RunningExchange, running_exchange, told, until

pytestmark = [pytest.mark.anyio, pytest.mark.telephony]


def rungs(heard: list[dict[str, str]]) -> list[str]:
    """The emergency events of a run: phase, service, trunk."""
    return [
        " ".join(filter(None, (one["Phase"], one.get("Service"), one.get("Trunk"))))
        for one in told(heard, "HotlineEmergency")
    ]


async def press_9_2(citizen: Telephone) -> Call:
    call = await citizen.call("12345")
    await call.answered()
    await call.press("92")
    return call


@pytest.mark.parametrize(
    ("key", "number"), [("1", "110"), ("2", "119"), ("3", "120"), ("4", "122")]
)
@pytest.mark.clause("ZQ-7(二)", "ZS-13(一)", "GZ-10(一)", "HB-4", "HB-6", "GY-解读三", "GZ-8¶2")
async def test_nine_and_a_key_reach_the_emergency_number(
    tmp_path: Path, key: str, number: str
) -> None:
    async with (
        running_exchange(tmp_path) as exchange,
        exchange.centre(1) as centre,
        exchange.citizen() as citizen,
        exchange.events() as heard,
    ):
        call = await citizen.call("12345")
        await call.answered()
        await call.press("9" + key)
        taken = await centre.next_call()
        assert taken.dialled == number
        assert taken.number == CITIZEN
        assert taken.invite.uri.startswith(f"sip:{number}@127.0.0.3:")
        assert "Hotline" not in taken.invite.uri
        assert CITIZEN in (taken.header("P-Asserted-Identity") or "")
        (arrived,) = told(heard, "HotlineArrived")
        assert taken.header("X-Hotline-Call") == arrived["Call"]
        await taken.answered()
        await until(lambda: rungs(heard)[-1] == f"answered {number} 1")
        await taken.hang_up()
        await call.ended()
        (end,) = await exchange.logged("HOTLINE_END")
        assert end.details[0] == "emergency"
        assert end.details[4:6] == (number, "yes")
        assert rungs(heard) == [
            "menu",
            f"chosen {number}",
            f"trying {number} 1",
            f"ringing {number} 1",
            f"answered {number} 1",
        ]
        assert exchange.complaints() == []


@pytest.mark.parametrize(
    ("manner", "least", "most", "status"),
    [
        (Reject(486), 0.0, 0.5, "BUSY"),
        (Reject(503), 0.0, 0.5, "CONGESTION"),
        (Silent(), 1.8, 2.6, "CHANUNAVAIL"),
    ],
)
async def test_a_first_trunk_that_fails_gives_way_to_the_second(
    tmp_path: Path, manner: Manner, least: float, most: float, status: str
) -> None:
    async with (
        running_exchange(tmp_path) as exchange,
        exchange.centre(1, manner) as first,
        exchange.centre(2) as second,
        exchange.citizen() as citizen,
        exchange.events() as heard,
    ):
        call = await press_9_2(citizen)
        taken = await second.next_call()
        (tried,) = first.log.received("INVITE")[:1]
        (came,) = second.log.received("INVITE")
        assert least <= (came.at - tried.at).total_seconds() <= most
        await taken.answered()
        await until(lambda: rungs(heard)[-1] == "answered 119 2")
        assert rungs(heard)[2:5] == ["trying 119 1", "failed 119 1", "trying 119 2"]
        (failed,) = [one for one in told(heard, "HotlineEmergency") if one["Phase"] == "failed"]
        assert failed["Status"] == status
        await call.hang_up()
        await taken.ended()
        (end,) = await exchange.logged("HOTLINE_END")
        assert end.details[5] == "yes"


async def test_a_first_trunk_known_to_be_dead_costs_no_time(tmp_path: Path) -> None:
    async with (
        running_exchange(tmp_path) as exchange,
        exchange.centre(2) as second,
        exchange.citizen() as citizen,
        exchange.events() as heard,
    ):
        await unreachable(exchange, 1)
        call = await citizen.call("12345")
        await call.answered()
        await call.press("9")
        await asyncio.sleep(0.5)
        await call.press("2")
        (pressed,) = [entry for entry in citizen.log.entries if entry.detail == "2"]
        taken = await second.next_call()
        (came,) = second.log.received("INVITE")
        assert (came.at - pressed.at).total_seconds() < 5
        await taken.answered()
        await until(lambda: rungs(heard)[-1] == "answered 119 2")
        assert rungs(heard)[1:4] == ["chosen 119", "failed 119 1", "trying 119 2"]
        await call.hang_up()


async def unreachable(exchange: RunningExchange, trunk: int) -> None:
    """Wait until Asterisk has noticed that nobody is there."""
    async with asyncio.timeout(60):
        shown = ""
        while f"emergency-{trunk}/" not in shown or "Unavail" not in shown:
            await asyncio.sleep(0.2)
            shown = next(
                line
                for line in (await exchange.ask("pjsip show contacts")).splitlines()
                if f"emergency-{trunk}/" in line
            )


async def test_a_trunk_that_rings_has_twenty_seconds_then_the_emergency_queue(
    tmp_path: Path,
) -> None:
    async with (
        running_exchange(tmp_path) as exchange,
        exchange.seat("1001") as seat,
        exchange.centre(1, Ring()) as first,
        exchange.centre(2) as second,
        exchange.citizen() as citizen,
        exchange.events() as heard,
    ):
        call = await press_9_2(citizen)
        ringing = await first.next_call()
        offered = await seat.next_call(60)
        waited = seat.log.received("INVITE")[0].at - first.log.received("INVITE")[0].at
        assert 19.5 <= waited.total_seconds() <= 40
        assert second.log.received("INVITE") == []
        await ringing.ended()
        await offered.answered()
        await until(lambda: bool(exchange.queue_log("CONNECT")))
        assert exchange.queue_log("CONNECT")[0].queue == "hotline-emergency"
        assert "queued 119" in rungs(heard)
        await call.hang_up()
        (end,) = await exchange.logged("HOTLINE_END")
        assert end.details[0] == "agent"
        assert end.details[5] == "no"


async def test_with_both_trunks_failing_an_agent_takes_the_call_ahead_of_all_others(
    tmp_path: Path,
) -> None:
    async with (
        running_exchange(tmp_path) as exchange,
        exchange.seat("1001") as seat,
        exchange.centre(1, Reject(503)),
        exchange.centre(2, Reject(503)),
        exchange.citizen() as citizen,
        exchange.events() as heard,
    ):
        busy = await citizen.call("12345", caller="13900000001")
        talking = await seat.next_call()
        waiting = await citizen.call("12345", caller="13900000002")
        await waiting.answered()
        await asyncio.sleep(2)
        call = await press_9_2(citizen)
        await until(lambda: "queued 119" in rungs(heard))
        await asyncio.sleep(1)
        await talking.hang_up()
        await busy.ended()
        offered = await seat.next_call()
        assert offered.number == CITIZEN
        await until(lambda: len(exchange.queue_log("CONNECT")) == 2)
        (queued,) = [one for one in told(heard, "HotlineEmergency") if one["Phase"] == "queued"]
        assert queued["Reason"] == "trunks-failed"
        await call.hang_up()
        await waiting.hang_up()


async def test_nobody_free_and_no_trunk_means_trying_again_and_never_dropping(
    tmp_path: Path,
) -> None:
    async with (
        running_exchange(tmp_path) as exchange,
        exchange.centre(1, Reject(503)) as first,
        exchange.centre(2, Reject(486)),
        exchange.citizen() as citizen,
        exchange.events() as heard,
    ):
        call = await press_9_2(citizen)
        await until(lambda: "queued 119" in rungs(heard))
        rejected = await first.next_call(60)
        first.manner = Answer()
        taken = await first.next_call(60)
        assert taken.header("X-Hotline-Call") == rejected.header("X-Hotline-Call")
        await taken.answered()
        await until(lambda: rungs(heard)[-1] == "answered 119 1")
        assert call.ending is None
        await call.hang_up()


async def test_nothing_pressed_leads_to_the_emergency_queue(tmp_path: Path) -> None:
    async with (
        running_exchange(tmp_path) as exchange,
        exchange.seat("1001") as seat,
        exchange.citizen() as citizen,
        exchange.events() as heard,
    ):
        call = await citizen.call("12345")
        await call.answered()
        await call.press("9")
        offered = await seat.next_call(60)
        await offered.answered()
        # the menu's words, then five seconds
        (menu,) = citizen.log.sent("INVITE")[:1]
        waited = (seat.log.received("INVITE")[0].at - menu.at).total_seconds()
        assert 11 <= waited <= 15
        (queued,) = [one for one in told(heard, "HotlineEmergency") if one["Phase"] == "queued"]
        assert (queued["Reason"], queued["Service"]) == ("nothing-pressed", "")
        await call.hang_up()


async def test_the_star_leads_back_to_the_old_place_in_the_queue(tmp_path: Path) -> None:
    async with (
        running_exchange(tmp_path) as exchange,
        exchange.seat("1001") as seat,
        exchange.citizen() as citizen,
        exchange.events() as heard,
    ):
        busy = await citizen.call("12345", caller="13900000001")
        talking = await seat.next_call()
        first = await citizen.call("12345", caller="13900000002")
        await first.answered()
        await until(lambda: len(exchange.queue_log("ENTERQUEUE")) == 2, 20)
        await asyncio.sleep(1.1)
        second = await citizen.call("12345", caller="13900000003")
        await second.answered()
        await until(lambda: len(exchange.queue_log("ENTERQUEUE")) == 3, 20)
        await first.press("9")
        await until(lambda: "menu" in rungs(heard))
        await first.press("*")
        await until(lambda: len(exchange.queue_log("ENTERQUEUE")) == 4, 20)
        assert rungs(heard) == ["menu", "cancelled"]
        await talking.hang_up()
        await busy.ended()
        offered = await seat.next_call(60)
        assert offered.number == "13900000002"
        await first.hang_up()
        await second.hang_up()


async def test_a_wrong_key_repeats_the_menu_once(tmp_path: Path) -> None:
    async with (
        running_exchange(tmp_path) as exchange,
        exchange.centre(1) as centre,
        exchange.citizen() as citizen,
    ):
        call = await citizen.call("12345")
        await call.answered()
        await call.press("9")
        await asyncio.sleep(0.5)
        await call.press("7")
        await asyncio.sleep(0.5)
        await call.press("3")
        taken = await centre.next_call()
        assert taken.dialled == "120"
        await call.hang_up()


async def test_who_hangs_up_while_the_trunk_rings_leaves_a_whole_record(tmp_path: Path) -> None:
    async with (
        running_exchange(tmp_path) as exchange,
        exchange.centre(1, Ring()) as centre,
        exchange.citizen() as citizen,
        exchange.events() as heard,
    ):
        call = await press_9_2(citizen)
        taken = await centre.next_call()
        await call.hang_up()
        await taken.ended()
        (end,) = await exchange.logged("HOTLINE_END")
        assert end.details[0] == "emergency"
        assert end.details[4:6] == ("119", "no")
        await until(lambda: bool(told(heard, "HotlineEnd")))
        assert rungs(heard) == ["menu", "chosen 119", "trying 119 1"]
        written = [row.details[:3] for row in exchange.queue_log("HOTLINE_EMERGENCY")]
        assert written == [("menu", "", ""), ("chosen", "119", ""), ("trying", "119", "1")]


async def test_nine_works_while_waiting_in_the_queue(tmp_path: Path) -> None:
    async with (
        running_exchange(tmp_path) as exchange,
        exchange.seat("1001", Ring()) as seat,
        exchange.centre(1) as centre,
        exchange.citizen() as citizen,
    ):
        call = await citizen.call("12345")
        await seat.next_call()
        await call.press("9")
        await asyncio.sleep(0.5)
        await call.press("1")
        taken = await centre.next_call()
        assert taken.dialled == "110"
        await taken.answered()
        await call.hang_up()
        (end,) = await exchange.logged("HOTLINE_END")
        assert end.details[0] == "emergency"
        assert end.details[3] == ""
