"""A voice tells, the form before the agent fills, the right answer stands beside it: through the
real trunk, the real recogniser and a real browser."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest
from playwright.async_api import TimeoutError as NotSeen

from hotline.words import TicketType
from ivr.voice import find_voice_tools, speak
from tests.walks.browser_kit import BrowserDesk, at_desk
from tests.walks.system_kit import ACCESS, System

if TYPE_CHECKING:
    from playwright.async_api import Browser

    from ivr.telephone import Call

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.telephony,
    pytest.mark.browser,
    pytest.mark.walk,
]

COMPLAINT: Final = "我要投诉翠湖花园三号楼物业没人清理垃圾"
QUESTION: Final = "请问公积金怎么提取"


async def says(call: Call, text: str, desk: BrowserDesk, selector: str) -> None:
    """Say it until the page shows this; a busy machine may lose a syllable of it."""
    pcm = speak(text, find_voice_tools(), variant="m7")
    for _ in range(3):
        call.play(pcm)
        try:
            await desk.page.locator(selector).first.wait_for(timeout=20_000)
        except NotSeen:
            continue
        return
    raise AssertionError(f"not shown: {selector}; heard: {await desk.text('#spoken')}")


async def test_a_complaint_that_is_told_fills_the_form_and_one_key_saves_it_with_its_words(
    system: System, chromium: Browser
) -> None:
    async with at_desk(system, chromium, "1001") as desk, system.citizen() as citizen:
        number = citizen.setup.user
        call = await citizen.call(ACCESS)
        await desk.situation("ringing", within=60)
        await desk.press("F2")
        await desk.situation("talking", within=60)
        call_id = await system.call_id(call)
        await says(call, COMPLAINT, desk, '[data-slot=address][data-standing="heard"]')
        await desk.page.locator("[name=type][value=投诉]:checked").wait_for(timeout=60_000)
        await desk.page.locator('[data-slot=summary][data-standing="heard"]').wait_for(
            timeout=60_000
        )
        assert await desk.page.input_value("[name=address]") == "翠湖花园3号楼"
        assert "“翠湖花园三号楼”" in await desk.text("[data-slot=address] .proof")
        assert await desk.text('#spoken [data-evidence~="address"]') == "翠湖花园三号楼址"
        assert await desk.page.input_value("[name=phone]") != ""
        await desk.shows("#due", "15 个工作日", within=60)
        await desk.press("Control+Enter")
        await desk.shows("#saved-number", "-", within=60)
        ticket = await desk.text("#saved-number")
        await call.hang_up()
        await desk.situation("ready", within=60)
        await desk.page.goto(f"{system.places['web']}/tickets/{ticket}")
        await desk.shows("main", "“翠湖花园三号楼”", within=60)
    await system.booked(call_id)
    (listed,) = await system.ledger.tickets.of_call(call_id)
    assert (listed.id, listed.type) == (ticket, TicketType.COMPLAINT)
    kept = await system.ledger.tickets.load(listed.id)
    assert (kept.texts["address"], kept.texts["phone"]) == ("翠湖花园3号楼", number)


async def test_the_answer_to_a_question_stands_on_the_desk_before_the_caller_hangs_up(
    system: System, chromium: Browser
) -> None:
    async with at_desk(system, chromium, "1001") as desk, system.citizen() as citizen:
        call = await citizen.call(ACCESS)
        await desk.situation("ringing", within=60)
        await desk.press("F2")
        await desk.situation("talking", within=60)
        card = "[data-article=gjj-withdraw]"
        await says(call, QUESTION, desk, card)
        assert call.state != "ended"
        assert await desk.page.locator("#answers .ans").count() <= 3
        assert "演示数据" in await desk.text(f"{card} .src")
        place = [
            await one.get_attribute("data-article")
            for one in await desk.page.locator("#answers .ans").all()
        ].index("gjj-withdraw")
        await desk.press(f"Alt+{'qwe'[place]}")
        await desk.page.locator(f'{card} [data-do=adopt][aria-pressed="true"]').wait_for(
            timeout=60_000
        )
        await call.hang_up()
        await desk.situation("ready", within=60)
