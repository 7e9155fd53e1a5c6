"""The desk's line to the server: exactly once, back after a break, one window a seat."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from agent_desk.lines import Line
from hotline.effects import PopScreen, WithdrawPop
from hotline.words import AgentState, CallId, Role
from tests.agent_desk.fakes import CALL, PEOPLE
from tests.browser.kit import Place, Screen, sit_down, until
from tests.browser.scenes import SEAT, connects, ends, rings, seat_is, talk

if TYPE_CHECKING:
    from playwright.async_api import Browser

pytestmark = [pytest.mark.anyio, pytest.mark.browser]

_WHEN_PAINTED = (
    "performance.getEntriesByType('mark').filter(m => m.name.startsWith('pop:'))"
    ".map(m => m.startTime).join()"
)


def line(place: Place) -> Line:
    """The server's end of the line to seat 1001."""
    return place.screens._desk(SEAT).line


async def test_what_is_painted_is_acknowledged_within_two_seconds(
    desk: Screen, place: Place
) -> None:
    rings(place, desk)
    await desk.situation("ringing")
    await until(lambda: line(place).acked == line(place).seq, within=60)


async def test_a_hidden_tab_acknowledges_too(desk: Screen, place: Place) -> None:
    other = await desk.context.new_page()
    await other.goto("about:blank")
    await other.bring_to_front()
    rings(place, desk)
    await until(lambda: line(place).acked == line(place).seq, within=60)


async def test_a_frame_sent_twice_is_painted_once(desk: Screen, place: Place) -> None:
    rings(place, desk)
    await desk.situation("ringing")
    await until(lambda: line(place).acked == line(place).seq)
    before = await desk.page.evaluate(_WHEN_PAINTED)
    browser = line(place).browser
    assert browser is not None
    for frame in tuple(line(place)._kept):
        browser.send(frame.text)
    await asyncio.sleep(0.3)
    assert await desk.page.evaluate(_WHEN_PAINTED) == before
    await desk.shows("#tel-who", "138 0000 6027")


async def test_a_pop_missed_in_a_break_is_there_after_it_and_the_desk_says_so_meanwhile(
    desk: Screen, place: Place
) -> None:
    desk.expected = ("WebSocket", "ERR_INTERNET")
    await desk.context.set_offline(True)
    await desk.shows("#offline", "与服务器断开")
    rings(place, desk)
    await asyncio.sleep(0.3)
    await desk.context.set_offline(False)
    await desk.shows("#tel-who", "138 0000 6027", within=60)
    await desk.page.locator("#offline").wait_for(state="hidden")
    await until(lambda: line(place).acked == line(place).seq)


async def test_what_is_typed_while_the_server_is_away_is_not_lost(
    desk: Screen, place: Place
) -> None:
    await talk(place, desk)
    desk.expected = ("WebSocket", "ERR_INTERNET")
    await desk.page.fill("[name=summary]", "断线前")
    await desk.context.set_offline(True)
    await desk.shows("#offline", "与服务器断开")
    await desk.page.fill("[name=summary]", "断线前，断线中")
    await desk.page.check("[name=type][value=求助]")
    await desk.page.keyboard.press("Control+Enter")
    await desk.shows("#sending", "连上后自动提交")
    await desk.context.set_offline(False)
    await desk.shows("#saved", "20260928-000001", within=60)
    (draft,) = place.town.tickets.drafts
    assert draft.summary == "断线前，断线中"


async def test_a_call_taken_back_while_the_desk_was_away_is_not_shown(
    desk: Screen, place: Place
) -> None:
    rings(place, desk)
    await desk.situation("ringing")
    desk.expected = ("WebSocket", "ERR_INTERNET")
    await desk.context.set_offline(True)
    await desk.shows("#offline", "与服务器断开")
    place.town.live.ringing.clear()
    desk.switch.stop_ringing()
    seat_is(place, AgentState.READY)
    place.screens.show(WithdrawPop(agent=SEAT, call=CALL, why="no-answer"))
    await desk.context.set_offline(False)
    await desk.situation("ready", within=60)
    await desk.shows("#course", "没有通话")


async def test_the_newest_window_of_a_seat_is_the_telephone(
    chromium: Browser, desk: Screen, place: Place
) -> None:
    newer = await sit_down(chromium, place, PEOPLE[Role.AGENT], "/desk")
    await newer.shows("#tel-line", "浏览器电话已登记")
    await desk.situation("elsewhere")
    await desk.shows("#tel-line", "已在别的窗口打开")
    rings(place, newer)
    await newer.situation("ringing")
    await desk.situation("elsewhere")
    await newer.close()


async def test_a_second_call_waits_beside_the_form_somebody_types_in(
    desk: Screen, place: Place
) -> None:
    await talk(place, desk)
    await desk.page.fill("[name=summary]", "第一件")
    desk.switch.hang_up()
    ends(place)
    await desk.situation("wrap-up")
    await desk.page.focus("[name=summary]")
    rings(place, desk, CallId("second"))
    await desk.situation("ringing")
    assert await desk.page.input_value("[name=summary]") == "第一件"
    assert await desk.page.evaluate("document.activeElement.name") == "summary"
    await desk.page.keyboard.press("F2")
    connects(place, CallId("second"))
    await desk.situation("talking")
    assert await desk.page.input_value("[name=summary]") == ""
    await desk.page.evaluate("document.activeElement.blur()")
    desk.switch.hang_up()
    ends(place, CallId("second"))
    await desk.situation("wrap-up")
    await desk.page.click("#leave")
    assert await desk.page.input_value("[name=summary]") == "第一件"


async def test_a_saved_form_is_not_offered_again_after_a_reload(desk: Screen, place: Place) -> None:
    await talk(place, desk)
    await desk.page.check("[name=type][value=咨询]")
    await desk.page.fill("[name=summary]", "问公积金")
    await desk.page.keyboard.press("Control+Enter")
    await desk.shows("#saved", "20260928-000001")
    desk.switch.hang_up()
    ends(place)
    await desk.situation("wrap-up")
    await desk.page.reload()
    await desk.shows("#saved", "20260928-000001")
    kept = await desk.page.evaluate("JSON.stringify(localStorage)")
    assert "问公积金" not in kept


async def test_a_ringing_call_is_promoted_not_added(desk: Screen, place: Place) -> None:
    rings(place, desk)
    await desk.situation("ringing")
    await desk.page.keyboard.press("F2")
    connects(place)
    place.screens.show(PopScreen(agent=SEAT, call=CALL, stage="talking"))
    await desk.shows("#course", "接通")
    assert await desk.page.locator("#course li", has_text="接通").count() == 1
