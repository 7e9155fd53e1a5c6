"""The editors' side of the knowledge base under people's hands, with the real rules, ledger and
search behind it: nothing is lost, nothing is cut at any size."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

from hotline.words import Role
from tests.agent_desk.editors_room import BOSS, EDITOR, OFFICER, EditorsRoom, busy, editors_room
from tests.agent_desk.fakes import PEOPLE, Town
from tests.browser.kit import DESKTOP, LAPTOP, Place, served, sit_down

if TYPE_CHECKING:
    from playwright.async_api import Browser

pytestmark = [pytest.mark.anyio, pytest.mark.browser]
AGENT = PEOPLE[Role.AGENT]
W: Final = "/knowledge/editing"
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


@pytest.mark.clause("ZQ-22¶1")
async def test_what_is_typed_survives_a_reload_and_is_seen_before_it_is_saved(
    chromium: Browser, tmp_path: Path
) -> None:
    async with served_room(tmp_path) as (room, place):
        screen = await sit_down(chromium, place, EDITOR, f"{W}/sb-card-lost/edit")
        page = screen.page
        await page.fill("#words", "您好，先打12333挂失。")
        await screen.shows("#kb-seen", "您好，先打12333挂失。")
        await page.click("[data-more=ground]")
        documents = page.locator("[name=ground_document]")
        await documents.last.fill("社会保险法")
        await screen.shows("#kb-seen", "《社会保险法》")
        await page.reload()
        await screen.shows("#kb-restored", "已恢复")
        assert await page.input_value("#words") == "您好，先打12333挂失。"
        assert await documents.last.input_value() == "社会保险法"
        await page.click("button[value=save]")
        await screen.shows("[data-saved]", "草稿已保存")
        await page.reload()
        assert not await page.is_visible("#kb-restored")
        held = await room.library.ledger.knowledge.articles.one("sb-card-lost")
        assert held.latest.content.grounds[-1].document == "社会保险法"
        await screen.close()


async def test_two_editors_at_one_article_both_see_what_the_other_wrote(
    chromium: Browser, tmp_path: Path
) -> None:
    async with served_room(tmp_path) as (_, place):
        first = await sit_down(chromium, place, EDITOR, f"{W}/sb-card-lost/edit", expected=("409",))
        second = await sit_down(chromium, place, BOSS, f"{W}/sb-card-lost/edit")
        await first.page.fill("#words", "编辑写的口径")
        await second.page.fill("#words", "班长写的口径")
        await second.page.click("button[value=save]")
        await second.shows("[data-saved]", "草稿已保存")
        await first.page.click("button[value=save]")
        await first.shows("[role=alert]", "没有保存")
        await first.shows(".kb-both", "编辑写的口径")
        await first.shows(".kb-both", "班长写的口径")
        assert await first.page.input_value("#words") == "编辑写的口径"
        assert not await first.flaws()
        await first.page.click("button[value=save]")
        await first.shows("[data-saved]", "草稿已保存")
        await first.close()
        await second.close()


@pytest.mark.clause("ZQ-21(三)")
async def test_who_has_read_an_urgent_wording_is_seen_as_they_read_it(
    chromium: Browser, tmp_path: Path
) -> None:
    async with served_room(tmp_path) as (room, place):
        screen = await sit_down(chromium, place, EDITOR, f"{W}/urgent")
        await screen.page.fill("#title", "暴雨红色预警")
        await screen.page.fill("#words", "全市停课，请留在安全地方。")
        await screen.page.click("button:has-text('发布到每个坐席台')")
        await screen.shows(".kb-acks", "0 人已知悉")
        (one,) = await room.notices.urgent_status()
        await room.notices.acknowledge(one.words.id, by=AGENT)
        await screen.shows(".kb-acks", "1 人已知悉")
        await screen.page.click("button:has-text('撤下')")
        await screen.shows(".kb-urgent", "已撤下")
        await screen.close()


async def test_an_officer_sees_the_own_queue_and_no_more(chromium: Browser, tmp_path: Path) -> None:
    async with served_room(tmp_path) as (room, place):
        await busy(room)
        screen = await sit_down(chromium, place, OFFICER, f"{W}/review")
        names = await screen.page.locator(".kb-tabs a").all_inner_texts()
        own = ["本单位待审核", "纠错", "本单位快到期"]
        assert names == ["查知识", "写一篇", *own, "停水停电等通知"]
        for name in names[1:]:
            await screen.page.click(f".kb-tabs a:has-text('{name}')")
            assert not await screen.flaws(), name
        await screen.close()
