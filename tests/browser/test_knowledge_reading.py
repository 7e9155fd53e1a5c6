"""知识库 and 办事问答 before a person: read, searched, without a script, on a narrow window."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from playwright.async_api import expect

from agent_desk.web import plug_in
from hotline.knowledge import Content, Ground, Reach
from hotline.words import Role
from tests.agent_desk.fakes import PEOPLE, Town
from tests.agent_desk.real_knowledge import Library, library
from tests.browser.kit import DESKTOP, LAPTOP, Place, Screen, served, sit_down

if TYPE_CHECKING:
    from playwright.async_api import Browser, Page

pytestmark = [pytest.mark.anyio, pytest.mark.browser]

TELEPHONE = (390, 844)
LONG = Content(
    title="一个很长很长的标题" * 12,
    words="一段没有停顿的口径" * 120 + "https://example.org/" + "a" * 200,
    category="很长",
    asked=tuple(f"第{n}种问法" * 9 for n in range(8)),
    scope="适用范围" * 60,
    grounds=(Ground("关于很长很长的文件名称的若干规定（试行）" * 4, "第三十条"),),
    unit="名称很长的承办单位" * 5,
    contact="0758 000 0000，" * 12,
)


@pytest.fixture(scope="module")
async def shelf(
    anyio_backend: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Library]:
    """The demonstration's articles, one that is too long, one that is over, one of two versions."""
    town = Town()
    await town.people_move_in()
    folder = tmp_path_factory.mktemp("shelf")
    async with library(folder, town, synonyms=[["娃娃", "孩子"]]) as opened:
        today = town.time.now().date()
        await opened.put("long", LONG)
        await opened.put("long-inner", replace(LONG, reach=Reach.INTERNAL))
        old = (await opened.ledger.knowledge.articles.one("sb-card-lost")).latest.content
        await opened.put(
            "over", replace(old, title="旧的收费标准", valid_to=today - dt.timedelta(days=1))
        )
        await opened.changed("sb-card-lost", words=old.words + "网点周末也办理。")
        yield opened


@asynccontextmanager
async def before(shelf: Library) -> AsyncIterator[Place]:
    """The pages with these articles behind them."""
    async with served(shelf.town) as place:
        settings = place.app.state.settings
        plug_in(place.app, shelf.ports(), settings, place.screens)
        yield place


async def reads(screen: Screen, path: str, *sizes: tuple[int, int]) -> None:
    """The page has no flaws at these sizes."""
    origin = screen.page.url.split("/", 3)
    await screen.page.goto("/".join(origin[:3]) + path)
    for width, height in sizes:
        await screen.page.set_viewport_size({"width": width, "height": height})
        assert await screen.flaws() == [], (path, width)


@pytest.mark.clause("HB-17", "ZQ-22¶2")
async def test_an_agent_finds_by_sound_opens_compares_and_comes_back(
    chromium: Browser, shelf: Library
) -> None:
    async with before(shelf) as place:
        screen = await sit_down(chromium, place, PEOPLE[Role.AGENT], "/knowledge")
        page = screen.page
        await expect(page.locator("#kb-q")).to_be_focused()
        await page.locator("#kb-q").fill("射保卡丢了")
        await page.keyboard.press("Enter")
        await expect(page.locator(".kb-hits mark").first).to_contain_text("社保卡")
        await page.locator("body").click(position={"x": 700, "y": 880})
        await page.evaluate("document.activeElement.blur()")
        await page.keyboard.press("/")
        await expect(page.locator("#kb-q")).to_be_focused()
        await page.locator('.kb-hits a[href^="/knowledge/sb-card-lost"]').click()
        await expect(page.locator("h1")).to_contain_text("社保卡")
        await page.locator("text=与上一版对照").first.click()
        await expect(page.locator("ins").first).to_contain_text("网点周末也办理。")
        await page.go_back()
        await page.locator("text=回到“射保卡丢了”的结果").click()
        await expect(page.locator("#kb-q")).to_have_value("射保卡丢了")
        await screen.close()


@pytest.mark.clause("ZQ-22¶2")
async def test_internal_knowledge_is_stamped_wherever_it_is_seen(
    chromium: Browser, shelf: Library
) -> None:
    async with before(shelf) as place:
        screen = await sit_down(
            chromium, place, PEOPLE[Role.AGENT], "/knowledge?q=轻生言语的应答&reach=内部"
        )
        first = screen.page.locator(".kb-hits li").first
        await expect(first.locator(".inner")).to_have_text("内部 勿读给来电人")
        await first.locator("h3 a").click()
        await expect(screen.page.locator("h1 + .inner")).to_be_visible()
        await screen.close()


async def test_every_page_reads_well_at_every_size_and_with_long_texts(
    chromium: Browser, shelf: Library
) -> None:
    async with before(shelf) as place:
        screen = await sit_down(
            chromium, place, PEOPLE[Role.EDITOR], "/knowledge", expected=("404", "503")
        )
        for path in (
            "/knowledge",
            "/knowledge?q=公鸡金租房",
            "/knowledge?category=很长",
            "/knowledge?q=鹦鹉螺",
            "/knowledge?view=over",
            "/knowledge/long",
            "/knowledge/long-inner",
            "/knowledge/over",
            "/knowledge/sb-card-lost/compare",
        ):
            await reads(screen, path, DESKTOP, LAPTOP)
        await screen.close()


@asynccontextmanager
async def citizen(chromium: Browser, place: Place) -> AsyncIterator[Page]:
    """Somebody whose browser runs no script, on a telephone."""
    context = await chromium.new_context(
        java_script_enabled=False,
        locale="zh-CN",
        viewport={"width": TELEPHONE[0], "height": TELEPHONE[1]},
    )
    page = await context.new_page()
    await page.goto(f"{place.origin}/public")
    yield page
    assert await context.cookies() == []
    await context.close()


@pytest.mark.clause("GZ-22", "HB-17", "ZQ-22¶2")
async def test_a_citizen_without_a_script_finds_what_is_public_and_never_what_is_not(
    chromium: Browser, shelf: Library
) -> None:
    async with before(shelf) as place, citizen(chromium, place) as page:
        await page.get_by_label("想问什么，像平时说话一样写").fill("公鸡金租房")
        await page.get_by_role("button", name="查").click()
        await page.get_by_role("main").get_by_role("link", name="租房提取住房公积金").click()
        await expect(page.get_by_role("heading", level=1)).to_have_text("租房提取住房公积金")
        await page.get_by_role("link", name="字大些").click()
        size = await page.locator("html").evaluate("e => getComputedStyle(e).fontSize")
        assert float(size.removesuffix("px")) > 20
        for words in ("旧的收费标准", "轻生言语的应答"):
            await page.goto(f"{place.origin}/public?q={words}")
            hits = await page.locator(".hits h3").all_inner_texts()
            assert not any(words[:4] in one for one in hits)
        for hidden in ("over", "nb-self-harm", "long-inner"):
            answer = await page.goto(f"{place.origin}/public/articles/{hidden}")
            assert answer is not None
            assert answer.status == 404


@pytest.mark.clause("GZ-22")
async def test_public_pages_read_well_on_a_telephone_and_on_a_desk(
    chromium: Browser, shelf: Library
) -> None:
    async with before(shelf) as place:
        screen = await sit_down(chromium, place, None, "/public", expected=("404",))
        size = await screen.page.locator("html").evaluate("e => getComputedStyle(e).fontSize")
        assert size == "18px"
        for path in (
            "/public",
            "/public?q=公鸡金租房",
            "/public?q=公鸡金租房&big=1",
            "/public?q=鹦鹉螺",
            "/public?category=很长",
            "/public/articles/long",
            "/public/articles/over",
            "/public/suggest",
        ):
            shelf.town.time.passes(10)
            await reads(screen, path, DESKTOP, LAPTOP, TELEPHONE)
        await screen.close()
