"""Answer cards of a real knowledge base in a real browser: a caller speaks word by word, the ledger
changes meanwhile. Ledger, search, finder, frames and page are those of the running system."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from hotline.errors import Objected
from hotline.knowledge import Content, Standing, Version
from hotline.words import UserId
from kb_search import shelf
from ledger.knowledge_rows import Change
from ledger.store import Ledger, open_ledger
from switchboard import knowledge_feed
from switchboard.answers import Finder
from switchboard.demo_knowledge import seed_articles
from switchboard.knowledge_feed import KnowledgeFeed, LedgerArticles
from switchboard.knowledge_live import LiveNotices
from switchboard.opened_search import OpenedSearch
from tests.agent_desk.fakes import CALL, MORNING
from tests.browser.kit import comes_true, until
from tests.browser.scenes import SEAT, talk
from tests.ledger.laid import lay

if TYPE_CHECKING:
    from agent_desk.aids import Answers
    from tests.browser.kit import Place, Screen

pytestmark = [pytest.mark.anyio, pytest.mark.browser]

LOST, CARD = "我的社保卡丢了怎么挂失", "sb-card-lost"
BY = UserId("u1")
GONE = "这条知识已停用或更新，请勿再读给来电人"


@dataclass(slots=True)
class Knowing:
    """A knowledge base beside the desk."""

    ledger: Ledger
    finder: Finder = field(init=False)
    source: LedgerArticles = field(init=False)
    at: dt.datetime = MORNING

    def now(self) -> dt.datetime:
        return self.at

    @property
    def shown(self) -> tuple[str, ...]:
        """The articles that stand beside the call, by the server."""
        return tuple(card.article for card in self.finder.shown(CALL))

    async def says(self, words: str, pause_s: float = 0.03) -> None:
        """The caller speaks, one more character with every partial, and ends."""
        for end in range(2, len(words) + 1):
            self.finder.heard(CALL, words[:end], final=False)
            await asyncio.sleep(pause_s)
        self.finder.heard(CALL, words, final=True)

    async def save(self, article: str, **changed: object) -> None:
        """The version in force is other than it was, by a hand elsewhere."""
        held = await self.ledger.knowledge.articles.one(article)
        version = replace(held.latest, **changed)  # type: ignore[arg-type]  # names of its fields
        change = Change(version=version, expected=held.version)
        await self.ledger.knowledge.articles.save([change], by=BY, what="knowledge.withdraw")

    async def publish(self, article: str, content: Content) -> None:
        """A new article, published; its dates decide when it is seen."""
        version = Version(
            article=article,  # type: ignore[arg-type]  # an ArticleId
            number=1,
            content=content,
            standing=Standing.PUBLISHED,
            author=BY,
            made_at=self.at,
            published_at=self.at,
        )
        change = Change(version=version, expected=0)
        await self.ledger.knowledge.articles.save([change], by=BY, what="knowledge.publish")


@pytest.fixture
async def knowing(
    tmp_path: Path, place: Place, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Knowing]:
    # The clock of these tests jumps; the feed looks often enough to see it.
    monkeypatch.setattr(knowledge_feed, "LOOK_EVERY_S", 0.3)
    url = f"sqlite:///{tmp_path / 'jiesu.db'}"
    await lay(url, tmp_path)
    async with open_ledger(
        url, field_key=bytes(32), clock=lambda: MORNING, code_version="test", city="zhaoqing"
    ) as ledger:
        await seed_articles(ledger, MORNING - dt.timedelta(days=40), shelf.read()[:80])

        def show(answers: Answers) -> None:
            place.screens.aid(SEAT, answers)

        there = Knowing(ledger)
        source = there.source = LedgerArticles(ledger, there.now)
        search = OpenedSearch(None, source)
        there.finder = Finder(search, show, there.now)
        search.changed = there.finder.recheck
        notices = LiveNotices(ledger, there.now, str)
        feed = KnowledgeFeed(ledger, source, search, notices, there.now)
        await search.open()
        following = asyncio.create_task(feed.run())
        try:
            yield there
        finally:
            following.cancel()
            await asyncio.gather(following, return_exceptions=True)
            await there.finder.close()
            search.close()


def card_of(desk: Screen, article: str = CARD) -> str:
    return f"#answers [data-article={article}]"


WATCH = """(article) => {
  globalThis.seen = { nodes: new Set(), tops: new Set(), frames: 0, gaps: 0 };
  const look = () => {
    const node = document.querySelector(`#answers [data-article="${article}"]`);
    if (node) {
      seen.nodes.add(node); seen.tops.add(Math.round(node.getBoundingClientRect().top));
      if (getComputedStyle(node).opacity !== '1' || !node.textContent.trim()) seen.gaps += 1;
    } else if (seen.nodes.size) seen.gaps += 1;
    seen.frames += 1;
    globalThis.looking = requestAnimationFrame(look);
  };
  look();
}"""


async def test_a_right_card_neither_flickers_nor_moves_while_the_caller_speaks_on(
    desk: Screen, place: Place, knowing: Knowing
) -> None:
    """Every painted frame is looked at, from the first card to the end of the story."""
    await talk(place, desk)
    await knowing.says(LOST)
    await desk.page.locator(card_of(desk)).wait_for(timeout=60_000)
    await desk.page.evaluate(WATCH, CARD)
    before = await desk.page.evaluate("seen.frames")
    for more in ("丢在公交车上了", "就是社保卡挂失要不要本人去", "挂失以后多久能补办社保卡"):
        await knowing.says(more)
    await comes_true(desk.page, f"seen.frames > {before} + 30")
    seen = await desk.page.evaluate(
        "({ nodes: seen.nodes.size, tops: seen.tops.size, gaps: seen.gaps })"
    )
    assert seen == {"nodes": 1, "tops": 1, "gaps": 0}


@pytest.mark.clause("ZQ-22¶2")
async def test_a_card_whose_article_is_withdrawn_goes_from_the_screen_by_itself(
    desk: Screen, place: Place, knowing: Knowing
) -> None:
    await talk(place, desk)
    await knowing.says(LOST)
    await desk.page.locator(card_of(desk)).wait_for(timeout=60_000)
    await knowing.save(CARD, standing=Standing.WITHDRAWN, withdrawn_at=MORNING, reason="电话有误")
    await desk.page.locator(card_of(desk)).wait_for(state="detached", timeout=60_000)


async def test_under_the_pointer_a_withdrawn_card_keeps_its_place_and_loses_its_words(
    desk: Screen, place: Place, knowing: Knowing
) -> None:
    await talk(place, desk)
    await knowing.says(LOST)
    card = desk.page.locator(card_of(desk))
    await card.wait_for(timeout=60_000)
    await card.hover()
    before = await card.bounding_box()
    await knowing.save(CARD, standing=Standing.WITHDRAWN, withdrawn_at=MORNING, reason="电话有误")
    await desk.shows(card_of(desk), GONE, within=60)
    assert await card.inner_text() == GONE
    assert await card.bounding_box() == before
    assert await card.locator("button").count() == 0
    await desk.page.hover("#tel")
    await card.wait_for(state="detached", timeout=60_000)


async def test_after_the_call_a_form_left_open_loses_a_withdrawn_card_too(
    desk: Screen, place: Place, knowing: Knowing
) -> None:
    await talk(place, desk)
    await knowing.says(LOST)
    await desk.page.locator(card_of(desk)).wait_for(timeout=60_000)
    knowing.finder.ended(CALL)
    await knowing.save(CARD, standing=Standing.WITHDRAWN, withdrawn_at=MORNING, reason="电话有误")
    await desk.page.locator(card_of(desk)).wait_for(state="detached", timeout=60_000)


@pytest.mark.clause("ZQ-21(二)")
async def test_an_article_appears_when_its_embargo_ends_and_goes_when_its_last_day_is_over(
    desk: Screen, place: Place, knowing: Knowing
) -> None:
    """By the clock alone, while the caller waits: nobody asks anew."""
    content = Content(
        title="泡泡车位怎么申请",
        words="凭行驶证申请泡泡车位。",
        asked=("泡泡车位怎么申请",),
        unit="城管局",
        embargo_until=MORNING + dt.timedelta(hours=1),
        valid_to=MORNING.date() + dt.timedelta(days=1),
    )
    await talk(place, desk)
    await knowing.publish("bubble", content)
    await knowing.says("我想问泡泡车位怎么申请")
    bubble = desk.page.locator(card_of(desk, "bubble"))
    # Taken in: it is known when it may be shown, and it is not.
    await until(lambda: knowing.source.turns_at == content.embargo_until, 60)
    assert await bubble.count() == 0
    knowing.at = MORNING + dt.timedelta(hours=1)
    await until(lambda: "bubble" in knowing.shown, 60)
    await bubble.wait_for(timeout=60_000)
    knowing.at = MORNING + dt.timedelta(days=3)
    await until(lambda: "bubble" not in knowing.shown, 60)
    await bubble.wait_for(state="detached", timeout=60_000)


async def test_adopted_and_wrong_reach_the_server_with_the_version_that_stood_there(
    desk: Screen, place: Place, knowing: Knowing
) -> None:
    await talk(place, desk)
    await knowing.says(LOST)
    card = desk.page.locator(card_of(desk))
    await card.wait_for(timeout=60_000)
    await card.locator("[data-do=adopt]").click()
    await desk.shows(f"{card_of(desk)} [data-do=adopt]", "已采用")
    await card.locator("[data-do=wrong]").click()
    await desk.shows(f"{card_of(desk)} .used", "已告诉知识编辑", within=60)
    assert await card.locator("[data-do=adopt]").get_attribute("aria-pressed") == "false"
    await card.locator("[data-do=wrong]").click()
    await desk.shows(f"{card_of(desk)} [data-do=wrong]", "不对")
    told = place.town.learning.told
    async with asyncio.timeout(60):
        while len(told) < 2 or told[-1][3] is not None:  # noqa: ASYNC110 - the page posts by itself
            await asyncio.sleep(0.02)
    assert {one[:3] for one in told} == {(CALL, CARD, 1)}
    assert place.town.learning.marks == {}
    assert await desk.flaws() == []


async def test_an_opinion_is_told_again_when_the_server_is_back_and_a_refusal_is_read(
    desk: Screen, place: Place, knowing: Knowing
) -> None:
    desk.expected = ("ERR_INTERNET", "WebSocket", "409")
    await talk(place, desk)
    await knowing.says(LOST)
    card = desk.page.locator(card_of(desk))
    await card.wait_for(timeout=60_000)
    await desk.context.set_offline(True)
    await card.locator("[data-do=wrong]").click()
    await desk.shows(f"{card_of(desk)} .used", "正在告诉知识编辑")
    await desk.context.set_offline(False)
    await desk.shows(f"{card_of(desk)} .used", "已告诉知识编辑", within=60)
    assert place.town.learning.marks == {(CALL, CARD, 1): "wrong"}
    place.town.learning.refused = Objected("这条知识没有显示在这通电话旁，不能标记")
    await card.locator("[data-do=wrong]").click()
    await desk.shows(f"{card_of(desk)} .used", "没有显示在这通电话旁", within=60)


async def test_why_nothing_is_found_is_said_where_the_cards_would_stand(
    desk: Screen, place: Place, knowing: Knowing
) -> None:
    await talk(place, desk)

    class Broken:
        async def ask(self, *_: object) -> None:
            raise OSError("disk")

        def close(self) -> None:
            """Nothing to close."""

    search = knowing.finder._search
    whole, search._search = search._search, Broken()  # type: ignore[attr-defined]  # its index breaks
    await knowing.says(LOST)
    await desk.shows("#answers-empty", "检索出错（OSError）", within=60)
    search._search = whole  # type: ignore[attr-defined]  # and is whole again
    await knowing.says("就是社保卡丢了怎么挂失")
    await desk.page.locator(card_of(desk)).wait_for(timeout=60_000)
    assert not await desk.page.is_visible("#answers-empty")
