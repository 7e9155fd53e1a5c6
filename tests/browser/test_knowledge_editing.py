"""The editors' side of the knowledge base under people's hands, with the real rules, ledger and
search behind it: nothing is lost, nothing is cut at any size."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

from tests.agent_desk.editors_room import EDITOR, EditorsRoom, busy, editors_room
from tests.agent_desk.fakes import Town
from tests.browser.kit import DESKTOP, LAPTOP, Place, served, sit_down

if TYPE_CHECKING:
    from playwright.async_api import Browser

pytestmark = [pytest.mark.anyio, pytest.mark.browser]
W: Final = "/knowledge/work"
PAGES: Final = (
    f"{W}/new", f"{W}/sb-card-lost/edit", f"{W}/review", f"{W}/hu-1/review", f"{W}/embargo",
    f"{W}/expiring", f"{W}/corrections", f"{W}/contributions", f"{W}/recalls",
    f"{W}/sb-card-lost/recall/1", f"{W}/urgent", f"{W}/notices", f"{W}/synonyms", f"{W}/files",
    f"{W}/insights",
)  # fmt: skip


@asynccontextmanager
async def served_room(tmp_path: Path) -> AsyncIterator[tuple[EditorsRoom, Place]]:
    town = Town()
    await town.people_move_in()
    async with editors_room(tmp_path, town) as room:
        ports: Any = room.ports()
        town.ports = lambda: ports  # type: ignore[method-assign] # the real ones behind the pages
        async with served(town) as place:
            yield room, place


async def test_no_page_of_editors_has_a_flaw_at_any_size_empty_or_full(
    chromium: Browser, tmp_path: Path
) -> None:
    found = []
    async with served_room(tmp_path) as (room, place):
        screen = await sit_down(chromium, place, EDITOR, f"{W}/review")
        for state in ("empty", "busy"):
            if state == "busy":
                await busy(room)
            for path in PAGES:
                if state == "empty" and "hu-1" in path:
                    continue
                await screen.page.goto(f"{place.origin}{path}")
                for width, height in (DESKTOP, LAPTOP, (720, 900)):
                    await screen.page.set_viewport_size({"width": width, "height": height})
                    flaws = await screen.flaws()
                    found += [f"{state} {path} {width}: {flaw}" for flaw in flaws]
        await screen.close()
    assert not found
