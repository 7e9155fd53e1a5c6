"""The exchange itself: boots clean, keeps what it knows, lets nobody in who should not be."""

from __future__ import annotations

import asyncio
import os
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from asterisk_conf import exchange as asterisk
from asterisk_conf.modules import MODULES
from asterisk_conf.plan import Timing
from ivr.call_acts import transfer_to
from ivr.station import CallRefused
from ivr.telephone import Answer, RegistrationRefused, Ring, Setup, open_telephone
from tests.telephony.exchange_kit import CITIZEN, running_exchange, told, until

pytestmark = [pytest.mark.anyio, pytest.mark.telephony]


async def test_it_boots_in_a_second_or_two_with_every_module_and_without_a_complaint(
    tmp_path: Path,
) -> None:
    async with running_exchange(tmp_path) as exchange:
        shown = await exchange.ask("module show")
        loaded = {
            line.split()[0] for line in shown.splitlines() if ".so " in line and "Running" in line
        }
        assert {f"{name}.so" for name in MODULES} <= loaded
        assert len(loaded) == len(MODULES)
        assert exchange.complaints() == []
        assert asterisk.running(exchange.plan) == exchange.pid
        # Started again it is found, not doubled.
        assert await asterisk.start(exchange.installation, exchange.plan) == exchange.pid
        owner = Path(f"/proc/{exchange.pid}").stat().st_uid
        assert owner != 0
        assert os.geteuid() in (0, owner)


async def test_registrations_outlive_a_restart(tmp_path: Path) -> None:
    async with running_exchange(tmp_path) as exchange, exchange.seat("1001") as seat:
        again = await exchange.restart()
        await again.reachable("1001", 15)
        async with again.citizen() as citizen:
            call = await citizen.call("12345")
            offered = await seat.next_call(60)
            await offered.answered()
            await call.hang_up()


async def test_only_the_telephones_socket_is_served_over_http(tmp_path: Path) -> None:
    def status(url: str) -> int:
        try:
            with urllib.request.urlopen(url, timeout=5) as answer:  # noqa: S310 - our own port
                return int(answer.status)
        except urllib.error.HTTPError as refused:
            refused.close()
            return refused.code

    async with running_exchange(tmp_path) as exchange:
        base = f"http://127.0.0.1:{exchange.plan.ports.web}"
        for path in (
            "/",
            "/static/core-rest-api.js",
            "/httpstatus",
            "/ari/asterisk/info",
            "/rawman",
        ):
            assert await asyncio.to_thread(status, base + path) == 404
        # A bare GET is no WebSocket handshake, but somebody is there.
        assert await asyncio.to_thread(status, base + "/ws") == 426


async def test_the_manager_login_is_no_shell(tmp_path: Path) -> None:
    async with running_exchange(tmp_path) as exchange:
        for action, more in (
            ("Command", {"Command": "core show version"}),
            ("GetConfig", {"Filename": "manager.conf"}),
            ("UpdateConfig", {"SrcFilename": "manager.conf", "DstFilename": "manager.conf"}),
            ("Reload", {}),
            ("ModuleLoad", {"LoadType": "load", "Module": "app_system.so"}),
        ):
            answer = await exchange.act(Action=action, **more)
            assert answer["Response"] == "Error", action
        answer = await exchange.act(
            Action="Originate",
            Channel="Local/s@hotline-arrival",
            Application="System",
            Data="id",
            Async="true",
        )
        assert answer["Response"] == "Error"


async def test_a_stranger_reaches_nobody(tmp_path: Path) -> None:
    async with running_exchange(tmp_path) as exchange, exchange.centre(1) as centre:
        stranger = await open_telephone(
            Setup("1001", "guess", server=exchange.sip, bind=("127.0.0.9", 0))
        )
        try:
            with pytest.raises(RegistrationRefused):
                await stranger.register()
            for dialled in ("12345", "119", "1002", "0085212345678"):
                call = await stranger.call(dialled)
                with pytest.raises(CallRefused) as refused:
                    await call.answered()
                assert refused.value.status in (401, 403, 404)
        finally:
            await stranger.close()
        assert exchange.queue_log("HOTLINE_ARRIVED") == []
        assert centre.log.received("INVITE") == []
        assert "0 active channels" in await exchange.ask("core show channels")


async def test_a_citizen_whose_number_is_that_of_a_seat_is_a_citizen(tmp_path: Path) -> None:
    async with running_exchange(tmp_path) as exchange, exchange.citizen("1001") as citizen:
        refused = await citizen.call("1002")
        assert (await refused.ended()).status == 404
        call = await citizen.call("12345")
        await call.answered()
        await call.hang_up()


@pytest.mark.parametrize(
    ("caller", "kept"),
    [("+8613800138000", "8613800138000"), ("anonymous", ""), ("1380013800012345678901234", None)],
)
async def test_a_callers_number_is_digits_or_nothing(
    tmp_path: Path, caller: str, kept: str | None
) -> None:
    async with (
        running_exchange(tmp_path) as exchange,
        exchange.citizen() as citizen,
        exchange.events() as heard,
    ):
        call = await citizen.call("12345", caller=caller)
        await call.answered()
        await until(lambda: bool(told(heard, "HotlineArrived")))
        (arrived,) = told(heard, "HotlineArrived")
        assert arrived["Caller"] == (caller[:20] if kept is None else kept)
        await call.hang_up()


async def test_every_event_of_a_call_bears_its_id(tmp_path: Path) -> None:
    async with (
        running_exchange(tmp_path) as exchange,
        exchange.seat("1001"),
        exchange.citizen() as citizen,
        exchange.events() as heard,
    ):
        call = await citizen.call("12345")
        await until(lambda: any(one.get("Event") == "AgentConnect" for one in heard))
        (arrived,) = told(heard, "HotlineArrived")
        for name in ("QueueCallerJoin", "AgentCalled", "AgentConnect"):
            (event,) = [one for one in heard if one.get("Event") == name]
            assert f"HOTLINE_CALL={arrived['Call']}" in str(event)
        noise = {"Newexten", "VarSet", "RTCPSent", "RTCPReceived", "TestEvent"}
        assert not noise & {one.get("Event") for one in heard}
        await call.hang_up()


async def test_a_full_queue_turns_away_with_words(tmp_path: Path) -> None:
    async with (
        running_exchange(tmp_path, queue_length=1) as exchange,
        exchange.seat("1001", Ring()),
        exchange.citizen() as citizen,
    ):
        first = await citizen.call("12345")
        await exchange.logged("ENTERQUEUE")
        second = await citizen.call("12345")
        await second.ended(60)
        rows = await exchange.logged("HOTLINE_END")
        assert rows[0].details[:2] == ("queue", "FULL")
        await first.hang_up()


async def test_an_attended_transfer_joins_the_citizen_with_the_other_seat(tmp_path: Path) -> None:
    async with (
        running_exchange(tmp_path, timing=Timing()) as exchange,
        exchange.seat("1001") as seat,
        exchange.seat("1002", Answer()) as other,
        exchange.citizen() as citizen,
    ):
        call = await citizen.call("12345")
        offered = await seat.next_call()
        await exchange.logged("CONNECT")
        consult = await seat.call("1002")
        taken = await other.next_call()
        await consult.answered()
        await asyncio.sleep(0.3)
        assert await transfer_to(offered, consult) == 200
        await offered.ended()
        await asyncio.sleep(0.5)
        assert call.ending is None
        assert taken.ending is None
        await taken.hang_up()
        await call.ended()
        await asyncio.sleep(0.3)
        (end,) = exchange.queue_log("HOTLINE_END")
        assert end.details[0] == "agent"


async def test_the_call_record_bears_the_calls_id_once(tmp_path: Path) -> None:
    async with (
        running_exchange(tmp_path) as exchange,
        exchange.seat("1001") as seat,
        exchange.citizen() as citizen,
    ):
        call = await citizen.call("12345")
        await seat.next_call()
        await exchange.logged("CONNECT")
        await call.hang_up()
        (end,) = await exchange.logged("HOTLINE_END")
        master = exchange.log / "cdr-csv" / "Master.csv"
        await until(lambda: master.exists() and bool(master.read_text()))
        (row,) = master.read_text().splitlines()
        assert end.call in row
        assert CITIZEN in row
