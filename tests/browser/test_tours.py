"""Tickets with the real rules behind them, the cities, the unit's portal: no flaw at any size."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.browser.album import walk
from tests.browser.tours import TICKETS

if TYPE_CHECKING:
    from playwright.async_api import Browser

pytestmark = [pytest.mark.anyio, pytest.mark.browser]


async def test_pages_of_tickets_have_no_flaws(chromium: Browser, tmp_path: Path) -> None:
    assert (await walk(chromium, TICKETS, tmp_path, None)).flaws == ()
