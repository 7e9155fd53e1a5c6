"""The supervisor's board: every number says how it was made and opens its calls."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from agent_desk.wire import Notice
from hotline.effects import ShowBoard
from hotline.words import Role
from tests.agent_desk.fakes import CALL, MORNING, PEOPLE, Town, linkage
from tests.browser.kit import Place, Screen, served, sit_down
from tests.browser.scenes import SEAT, busy, midnight

if TYPE_CHECKING:
    from playwright.async_api import Browser

pytestmark = [pytest.mark.anyio, pytest.mark.browser]


async def test_a_rate_stands_above_its_division_and_opens_its_calls(board: Screen) -> None:
    await board.shows("#fig-loss .value", "3.9")
    await board.shows("#fig-loss .how", "呼损 16 ÷ 进线 412")
    await board.page.focus("#fig-loss a")
    await board.shows("#fig-loss .tip", "呼损率 = 呼损 ÷ 进线")
    await board.page.keyboard.press("Escape")
    await board.page.locator("#fig-loss .tip").wait_for(state="hidden")
    await board.page.keyboard.press("Enter")
    await board.page.wait_for_url("**/board/calls?which=lost&window=today")


async def test_nothing_offered_is_a_dash_with_its_reason(
    chromium: Browser, anyio_backend: str
) -> None:
    town = Town()
    await town.people_move_in()
    await midnight(town)
    async with served(town) as place:
        board = await sit_down(chromium, place, PEOPLE[Role.SUPERVISOR], "/board")
        await board.shows("#fig-loss .how", "今日还没有进线，不计算")
        assert await board.text("#fig-loss .value") == "—"
        assert await board.text("#fig-within .value") == "—"
        await board.shows("#lost", "无人被遗漏")
        await board.close()


async def test_what_is_not_in_the_rate_is_shown_apart(board: Screen) -> None:
    await board.shows("#fig-apart .how", "开场语中挂断 6，紧急 3")


async def test_the_board_repaints_by_itself(board: Screen, place: Place) -> None:
    live = place.town.live
    live.now_strip = replace(live.now_strip, waiting=17, longest_wait_s=221.0)
    place.screens.show(ShowBoard())
    await board.shows("#fig-waiting .value", "17")
    await board.shows("#fig-longest .value", "03:41")


async def test_an_emergency_takes_the_menu_row_and_the_title(board: Screen, place: Place) -> None:
    place.town.live.records[CALL] = linkage(linked=False)
    place.screens.show(ShowBoard())
    await board.shows("#alarm", "移交 119 振铃中")
    await board.shows("#alarm .ladder", "第 1 线忙")
    assert (await board.page.title()).startswith("【119】")
    place.town.live.records[CALL] = linkage(linked=True)
    place.screens.show(ShowBoard())
    await board.page.locator("#alarm").wait_for(state="hidden")


async def test_an_agent_who_asks_for_help_is_on_the_list(board: Screen, place: Place) -> None:
    place.screens.notice(
        Notice(kind="help", at=MORNING, agent=SEAT, call=None, text="林晓岚 1001 求助")
    )
    await board.shows("#next", "1001 求助")


async def test_twelve_seats_are_seen_without_scrolling(
    chromium: Browser, anyio_backend: str
) -> None:
    town = Town()
    await town.people_move_in()
    await busy(town)
    async with served(town) as place:
        board = await sit_down(chromium, place, PEOPLE[Role.SUPERVISOR], "/board")
        await board.shows("#agents", "段思远")
        hidden = await board.page.evaluate(
            "[...document.querySelectorAll('#agents tr')]"
            ".filter(r => r.getBoundingClientRect().top > innerHeight - 4).length"
        )
        assert hidden == 0
        await board.close()
