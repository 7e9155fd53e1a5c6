"""One press on the idle desk: the browser's telephone takes it, the citizen's rings, they speak."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hotline.return_calls import TaskState
from ivr import sound
from ivr.telephone import Answer
from tests.walks.browser_kit import VOICE_HZ, at_desk, spoken
from tests.walks.hearing import hears
from tests.walks.return_kit import (
    at_home,
    hangs_up_in_the_greeting,
    nobody_else_waits,
    task_is,
)
from tests.walks.system_kit import System

if TYPE_CHECKING:
    from playwright.async_api import Browser

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.telephony,
    pytest.mark.browser,
    pytest.mark.walk,
]


async def test_one_press_on_the_idle_desk_reaches_the_citizen_and_closes_the_task(
    system: System, chromium: Browser
) -> None:
    await nobody_else_waits(system)
    # A seat without unsaved forms of other walks: they stand where 我的待办 would.
    async with system.citizen() as citizen:
        number = citizen.setup.user
        task = await hangs_up_in_the_greeting(system, citizen)
        await task_is(system, task, TaskState.WAITING)
        async with (
            at_desk(system, chromium, "1006") as desk,
            at_home(system, number, Answer()) as home,
        ):
            await desk.page.click(f'.owed [data-return="{task}"]', timeout=60_000)
            rung = await home.next_call(60)
            await desk.situation("talking", within=60)
            await desk.shows("#tel-who", spoken(number), within=60)
            await task_is(system, task, TaskState.CLOSED, reason="reached")
            rung.play(sound.tone(500.0, 1.0), loop=True)
            await hears(rung, VOICE_HZ, within=60)
            await desk.speaks_and_hears()
            await desk.shows("#z4", "来电人与历史")
            await rung.hang_up()
            await desk.situation("ready", within=60)
