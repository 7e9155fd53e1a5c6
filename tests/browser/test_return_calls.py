"""回拨 under a person's hand: one press dials, a reason has to be confirmed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hotline.words import Role
from tests.agent_desk.fakes import PEOPLE, Town
from tests.browser.kit import DESKTOP, served, sit_down
from tests.browser.return_rows import to_call_back
from tests.browser.scenes import some_tickets

if TYPE_CHECKING:
    from playwright.async_api import Browser

pytestmark = [pytest.mark.anyio, pytest.mark.browser]


async def test_one_press_dials_and_says_what_comes_next(chromium: Browser) -> None:
    town = Town()
    await town.people_move_in()
    await to_call_back(town)
    async with served(town) as place:
        screen = await sit_down(chromium, place, PEOPLE[Role.AGENT], "/return-calls", DESKTOP)
        await screen.page.click("[data-return=r1]")
        await screen.page.wait_for_selector("#return-said:has-text('接起后')")
        assert town.return_calls.asked == [("r1", "u-1001")]
        await screen.close()


async def test_a_reason_is_chosen_and_then_confirmed(chromium: Browser) -> None:
    town = Town()
    await town.people_move_in()
    await to_call_back(town)
    async with served(town) as place:
        screen = await sit_down(chromium, place, PEOPLE[Role.AGENT], "/return-calls", DESKTOP)
        row = screen.page.locator("tr", has=screen.page.locator("[data-return=r2]"))
        await row.locator("select").select_option("nuisance")
        assert town.return_calls.asked == []
        assert not await row.locator("[data-return]").is_visible()
        await row.locator("[data-dismiss]").click()
        await screen.page.wait_for_selector("#return-said:has-text('无需回拨')")
        assert town.return_calls.asked == [("r2", "nuisance", "u-1001")]
        await screen.close()


async def test_from_the_idle_desk_the_first_one_is_called_back(chromium: Browser) -> None:
    town = Town()
    await town.people_move_in()
    await to_call_back(town)
    async with served(town) as place:
        screen = await sit_down(chromium, place, PEOPLE[Role.AGENT], "/desk", DESKTOP)
        await screen.page.click(".owed [data-return=r1]")
        await screen.page.wait_for_selector("#note:has-text('接起后')")
        assert town.return_calls.asked == [("r1", "u-1001")]
        await screen.close()


async def test_a_tickets_caller_is_dialled_from_its_page_once_the_reason_is_written(
    chromium: Browser,
) -> None:
    town = Town()
    await town.people_move_in()
    await some_tickets(town)
    number = next(iter(town.tickets.full))
    async with served(town) as place:
        screen = await sit_down(chromium, place, PEOPLE[Role.AGENT], f"/tickets/{number}", DESKTOP)
        await screen.page.click("#dial summary")
        await screen.page.select_option("#dial-reason", "contact")
        await screen.page.fill("#dial-words", "约上门查看的时间")
        await screen.page.click("#dial button")
        await screen.page.wait_for_selector("#dial [role=status]:has-text('接起后')")
        told = [(number, "u-1001", "contact", "约上门查看的时间")]
        assert town.return_calls.tickets.dialled == told
        await screen.close()
