"""An agent's SIP telephone of one command."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from ivr import sound
from ivr.telephone import RegistrationRefused, Setup, open_telephone
from switchboard.beside import RunningSystem
from switchboard.seat import SeatAccount, run_seat
from tests.ivr.telephones import a_registrar, until

pytestmark = pytest.mark.anyio


async def test_it_registers_answers_speaks_and_signs_off(tmp_path: Path) -> None:
    shown: list[str] = []
    async with a_registrar("s3cret") as registrar:
        place = RunningSystem(tmp_path, registrar.link.address, "12345")
        stop = asyncio.Event()
        seat = asyncio.create_task(
            run_seat(
                SeatAccount("1001", "s3cret"),
                place,
                shown.append,
                words=sound.tone(700, 0.4),
                rings=0.1,
                stop=stop,
            )
        )
        await until(lambda: bool(registrar.contacts))
        contact = registrar.contacts[0][0]
        host, _, port = contact.partition("@")[2].partition(":")
        exchange = await open_telephone(Setup("hotline", server=(host, int(port))))
        call = await exchange.call("1001", caller="13800001234")
        await call.answered()
        await until(lambda: call.hears_tone(700))
        await call.hang_up()
        await until(lambda: len(shown) == 4)
        stop.set()
        assert await seat == 1
        await exchange.close()
    assert [expires for _, expires in registrar.contacts] == ["300", "0"]
    assert shown[:3] == [
        "坐席 1001 的话机已注册，等候来电",
        "振铃：138****1234",
        "接听，通话中",
    ]
    assert shown[3].startswith("对方挂断，通话 ")
    assert shown[4] == "坐席 1001 的话机已注销"


async def test_with_once_it_ends_after_the_first_conversation(tmp_path: Path) -> None:
    async with a_registrar("s3cret") as registrar:
        place = RunningSystem(tmp_path, registrar.link.address, "12345")
        seat = asyncio.create_task(
            run_seat(SeatAccount("1001", "s3cret"), place, lambda _: None, rings=0.1, once=True)
        )
        await until(lambda: bool(registrar.contacts))
        host, _, port = registrar.contacts[0][0].partition("@")[2].partition(":")
        exchange = await open_telephone(Setup("hotline", server=(host, int(port))))
        given_up = await exchange.call("1001")
        await given_up.ringing()
        await given_up.hang_up()
        call = await exchange.call("1001")
        await call.answered()
        await call.hang_up()
        async with asyncio.timeout(20):
            assert await seat == 1
        await exchange.close()


async def test_a_wrong_password_is_told_in_one_sentence(tmp_path: Path) -> None:
    async with a_registrar("right") as registrar:
        place = RunningSystem(tmp_path, registrar.link.address, "12345")
        with pytest.raises(RegistrationRefused, match="请检查号码和密码"):
            await run_seat(SeatAccount("1001", "wrong"), place, lambda _: None)
