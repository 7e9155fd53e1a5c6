"""What becomes of a citizen when the browser, or the Jiesu process, is gone in mid-call."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from hotline.words import Outcome
from tests.walks.browser_kit import VOICE_HZ, at_desk, spoken, talk
from tests.walks.hearing import hears
from tests.walks.system_kit import ACCESS, System

if TYPE_CHECKING:
    from playwright.async_api import Browser

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.telephony,
    pytest.mark.browser,
    pytest.mark.walk,
]


async def test_a_page_that_is_closed_in_mid_call_hangs_up(
    system: System, chromium: Browser
) -> None:
    before = await system.figures()
    async with at_desk(system, chromium, "1001") as desk, system.citizen() as citizen:
        call = await citizen.call(ACCESS)
        await talk(call, desk)
        await desk.page.close()
        ending = await call.ended(60)
        assert (ending.by, ending.how) == ("them", "hung-up")
        booked = await system.booked(await system.call_id(call))
    assert (booked.outcome, booked.agent) == (Outcome.ANSWERED, "1001")
    await system.counted(before, offered=1, answered=1)


async def test_a_browser_that_dies_in_mid_call_leaves_nobody_in_silence_for_ever(
    system: System, chromium: Browser
) -> None:
    before = await system.figures()
    async with at_desk(system, chromium, "1001") as desk, system.citizen() as citizen:
        call = await citizen.call(ACCESS)
        await talk(call, desk)
        await desk.crash()
        died = asyncio.get_running_loop().time()
        ending = await call.ended(60)
        silence = asyncio.get_running_loop().time() - died
        assert (ending.by, ending.how) == ("them", "hung-up")
        assert 15 < silence < 30, "rtp_timeout is 20 s"
        booked = await system.booked(await system.call_id(call))
    assert (booked.outcome, booked.agent) == (Outcome.ANSWERED, "1001")
    await system.counted(before, offered=1, answered=1)


async def test_with_jiesu_killed_browsers_talk_and_ring_on_and_the_counts_are_exact_afterwards(
    system: System, chromium: Browser
) -> None:
    before = await system.figures()
    killed = system.child("server")
    async with (
        at_desk(system, chromium, "1001") as talking,
        system.citizen() as first,
        system.citizen() as second,
        system.citizen() as third,
    ):
        talking.expected = ("WebSocket", "ERR_CONNECTION_REFUSED")
        call = await first.call(ACCESS)
        await talk(call, talking)
        async with at_desk(system, chromium, "1002") as other:
            other.expected = talking.expected
            with system.foreman_asleep():
                await system.kill("server")
                await talking.shows("#offline", "电话不受影响")
                await talking.speaks_and_hears()
                await hears(call, VOICE_HZ)
                another = await second.call(ACCESS)
                await talk(another, other)
                # No server to say who calls: the telephone itself knows.
                await other.shows("#tel-who", spoken(second.setup.user))
                await another.hang_up()
                burning = await third.call(ACCESS)
                await burning.answered()
                await burning.press("92")
                row = await system.centre_call(await system.call_id(burning))
                assert (row["dialled"], row["caller"]) == ("119", third.setup.user)
                await burning.hang_up()
                await hears(call, VOICE_HZ)
            await system.restored("server", killed)
            await system.counted(before, within=60, offered=2, answered=2, emergency=1)
            for desk in (talking, other):
                await desk.page.locator("#offline").wait_for(state="hidden", timeout=60_000)
            await talking.shows("#tel-who", spoken(first.setup.user))
            await talking.situation("talking")
            await system.seat_is("1001", "talking")
            await hears(call, VOICE_HZ)
            await other.situation("ready", within=60)
            await call.hang_up()
            await talking.situation("ready", within=60)
            booked = [
                await system.booked(await system.call_id(one)) for one in (call, another, burning)
            ]
    assert [(one.outcome, one.agent) for one in booked] == [
        (Outcome.ANSWERED, "1001"),
        (Outcome.ANSWERED, "1002"),
        (Outcome.EMERGENCY, None),
    ]
    await system.counted(before, offered=2, answered=2, emergency=1)
