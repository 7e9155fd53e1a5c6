"""One browser for all pages; a town of its own for every test."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

import pytest

from hotline.words import Role
from tests.agent_desk.fakes import PEOPLE, Town
from tests.browser.kit import Place, Screen, open_browser, served, sit_down

if TYPE_CHECKING:
    from playwright.async_api import Browser


@pytest.fixture(scope="session")
async def chromium(anyio_backend: str) -> AsyncIterator[Browser]:
    """One Chromium for the run."""
    async with open_browser() as browser:
        yield browser


@pytest.fixture
async def place(anyio_backend: str) -> AsyncIterator[Place]:
    """A town where nobody calls yet, served."""
    town = Town()
    await town.people_move_in()
    async with served(town) as place:
        yield place


@pytest.fixture
async def desk(chromium: Browser, place: Place) -> AsyncIterator[Screen]:
    """林晓岚 at seat 1001, telephone registered."""
    screen = await sit_down(chromium, place, PEOPLE[Role.AGENT], "/desk")
    await screen.shows("#tel-line", "浏览器电话已登记")
    yield screen
    await screen.close()


@pytest.fixture
async def board(chromium: Browser, place: Place) -> AsyncIterator[Screen]:
    """梁国栋 before the board."""
    screen = await sit_down(chromium, place, PEOPLE[Role.SUPERVISOR], "/board")
    await screen.shows("#fig-loss", "%")
    yield screen
    await screen.close()
