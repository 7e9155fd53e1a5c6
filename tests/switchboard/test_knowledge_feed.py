"""What is found follows the ledger, and is asked of it again before it is shown."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from hotline.knowledge import Standing
from hotline.knowledge_notices import UrgentWords
from hotline.words import AgentId, UserId
from kb_search import shelf
from ledger.knowledge_rows import Change
from ledger.store import Ledger, open_ledger
from switchboard.demo_knowledge import seed_articles
from switchboard.knowledge_feed import KnowledgeFeed, LedgerArticles
from switchboard.knowledge_live import LiveNotices
from switchboard.opened_search import OpenedSearch
from tests.ledger.laid import lay

pytestmark = pytest.mark.anyio
NOW = dt.datetime(2026, 9, 28, 2, 0, tzinfo=dt.UTC)
QUESTION = "社保卡丢了怎么挂失"
BY = UserId("u1")


class Screens:
    """Hears that something urgent changed."""

    def __init__(self) -> None:
        self.told = asyncio.Event()

    def urgent_changed(self) -> None:
        self.told.set()


@pytest.fixture
async def ledger(tmp_path: Path) -> AsyncIterator[Ledger]:
    url = f"sqlite:///{tmp_path / 'jiesu.db'}"
    await lay(url, tmp_path)
    async with open_ledger(
        url, field_key=bytes(32), clock=lambda: NOW, code_version="test", city="zhaoqing"
    ) as ledger:
        await seed_articles(ledger, NOW, shelf.read()[:12])
        yield ledger


@asynccontextmanager
async def following(
    ledger: Ledger, search: OpenedSearch, source: LedgerArticles, notices: LiveNotices
) -> AsyncIterator[None]:
    feed = asyncio.create_task(KnowledgeFeed(ledger, source, search, notices, lambda: NOW).run())
    try:
        yield
    finally:
        feed.cancel()
        await asyncio.gather(feed, return_exceptions=True)


async def withdraw(ledger: Ledger, article: str) -> None:
    held = await ledger.knowledge.articles.one(article)
    gone = replace(held.latest, standing=Standing.WITHDRAWN, withdrawn_at=NOW, reason="电话有误")
    change = Change(version=gone, expected=held.version)
    await ledger.knowledge.articles.save([change], by=BY, what="knowledge.withdraw")


@pytest.mark.clause("ZQ-22¶2")
async def test_what_was_withdrawn_is_shown_no_more_though_the_index_still_has_it(
    ledger: Ledger,
) -> None:
    search = OpenedSearch(None, LedgerArticles(ledger, lambda: NOW))
    await search.open()
    try:
        assert (await search.ask(QUESTION, NOW))[0].article.id == "sb-card-lost"
        before = search.articles
        await withdraw(ledger, "sb-card-lost")
        found = await search.ask(QUESTION, NOW)
        assert "sb-card-lost" not in {one.article.id for one in found}
        assert [one.rank for one in found] == list(range(1, len(found) + 1))
        assert search.articles == before
    finally:
        search.close()


async def test_the_index_follows_the_message_of_the_change(ledger: Ledger) -> None:
    source = LedgerArticles(ledger, lambda: NOW)
    search = OpenedSearch(None, source)
    await search.open()
    before = search.articles or 0
    notices = LiveNotices(ledger, lambda: NOW, str)
    try:
        async with following(ledger, search, source, notices), asyncio.timeout(20):
            await withdraw(ledger, "sb-card-lost")
            while search.articles == before or await ledger.outbox.depth():  # noqa: ASYNC110 - a database gives no event
                await asyncio.sleep(0.02)
        assert search.articles == before - 1
    finally:
        search.close()


@pytest.mark.clause("ZQ-21(三)")
async def test_a_wording_that_another_process_posted_reaches_the_screens(ledger: Ledger) -> None:
    source = LedgerArticles(ledger, lambda: NOW)
    notices = LiveNotices(ledger, lambda: NOW, str)
    notices.screens = screens = Screens()
    words = UrgentWords(
        id="u1",
        title="停课",
        words="今天停课。",
        made_by=BY,
        made_at=NOW,
        until=NOW + dt.timedelta(hours=1),
    )
    async with following(ledger, OpenedSearch(None, source), source, notices):
        async with asyncio.timeout(20):
            await ledger.knowledge.urgent.add(words)
            await screens.told.wait()
    assert [one.id for one in notices.urgent_for(AgentId("1001")).items] == ["u1"]


async def test_a_day_noted_while_all_articles_are_read_is_not_forgotten(ledger: Ledger) -> None:
    """A message of one article comes while the others are read: its embargo still ends on time."""
    source = LedgerArticles(ledger, lambda: NOW)
    noted = NOW + dt.timedelta(hours=1)
    source.turns_at = noted
    await source.articles()
    assert source.turns_at == noted
    source.turns_at = over = NOW - dt.timedelta(hours=1)
    await source.articles()
    assert source.turns_at != over
