"""Search ranks alike on SQLite and on PostgreSQL: the index is made of the articles alone."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Final

import asyncpg
import pytest

from hotline.knowledge import ArticleId, Standing
from hotline.words import UserId
from kb_search import shelf
from kb_search.articles import Audience
from kb_search.engine import Scope
from ledger.knowledge_rows import Change
from ledger.store import Ledger, open_ledger
from switchboard.demo_knowledge import content_of
from switchboard.knowledge_feed import KnowledgeFeed, LedgerArticles
from switchboard.knowledge_files import KnowledgeFiles, file_of
from switchboard.knowledge_live import LiveNotices
from switchboard.opened_search import OpenedSearch
from tests.ledger.laid import lay
from tests.ledger.postgres import Cluster

pytestmark = [pytest.mark.anyio, pytest.mark.postgres]
NOW = dt.datetime(2026, 9, 28, 2, 0, tzinfo=dt.UTC)
BY = UserId("u1")
ARTICLES = sorted(shelf.read(), key=lambda one: one.id)
SPOKEN: Final = [words for one in ARTICLES for words in one.asked[1:]][::2]
BY_HAND: Final = ["gjj", "社保", "劳动合同法第三十条", "工伤保险条例30条", "娃娃上学", "房补"]


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    cluster = Cluster.create()
    yield cluster
    cluster.remove()


@asynccontextmanager
async def at_work(url: str, folder: Path) -> AsyncIterator[tuple[Ledger, OpenedSearch]]:
    """A ledger with its search following it, as the server has them."""
    await lay(url, folder)
    async with open_ledger(
        url, field_key=bytes(32), clock=lambda: NOW, code_version="test", city="zhaoqing"
    ) as ledger:
        source = LedgerArticles(ledger, lambda: NOW)
        search = OpenedSearch(folder / "search", source)
        notices = LiveNotices(ledger, lambda: NOW, str)
        feed = KnowledgeFeed(ledger, source, search, notices, lambda: NOW)
        running = asyncio.create_task(feed.run())
        await search.open()
        try:
            yield ledger, search
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
            search.close()


async def brought_in(ledger: Ledger, *, backwards: bool) -> None:
    """By a file, as an editor would; its order is of no consequence."""
    entries = [(ArticleId(one.id), content_of(one)) for one in ARTICLES]
    content = file_of(entries[::-1] if backwards else entries, "jsonl")
    files = KnowledgeFiles(ledger)
    told = await files.bring_in(content, "a.jsonl", by=BY, at=NOW, take=True, reviewed=True)
    assert told.taken
    assert len(told.lines) == len(ARTICLES)


async def worked_on(ledger: Ledger) -> None:
    """A day of editors: other words, new askings, articles withdrawn, other names."""
    for number, one in enumerate(ARTICLES[::9]):
        held = await ledger.knowledge.articles.one(one.id)
        content = replace(
            held.latest.content,
            words=f"{ARTICLES[number].words}{held.latest.content.words}",
            asked=(*held.latest.content.asked, f"{one.title}第{number}问"),
        )
        newer = replace(held.latest, number=2, content=content)
        change = Change(version=newer, expected=held.version)
        await ledger.knowledge.articles.save([change], by=BY, what="knowledge.publish")
    for one in ARTICLES[4::23]:
        held = await ledger.knowledge.articles.one(one.id)
        gone = replace(held.latest, standing=Standing.WITHDRAWN, withdrawn_at=NOW, reason="有误")
        change = Change(version=gone, expected=held.version)
        await ledger.knowledge.articles.save([change], by=BY, what="knowledge.withdraw")
    for number, group in enumerate((("娃娃", "孩子", "小孩"), ("房补", "住房补贴", "公积金"))):
        await ledger.knowledge.synonyms.put(f"s{number}", group, expected=0, by=BY)


async def quiet(ledger: Ledger) -> None:
    async with asyncio.timeout(60):
        while await ledger.outbox.depth():  # noqa: ASYNC110 - a database gives no event
            await asyncio.sleep(0.01)


def ranks(search: OpenedSearch) -> dict[str, Sequence[str]]:
    """Every question with what it finds, best first."""
    opened, scope = search.opened(), Scope(Audience.AGENT, NOW)
    found: dict[str, Sequence[str]] = {one: opened.ranked(one, NOW) for one in SPOKEN}
    for words in BY_HAND:
        found[words] = [one.article.id for one in opened.look_up(words, scope).found]
    return found


async def test_every_question_finds_the_same_in_the_same_order_on_both_databases(
    cluster: Cluster, tmp_path: Path
) -> None:
    connection = await asyncpg.connect(cluster.url("postgres"))
    await connection.execute("CREATE DATABASE hotline")
    await connection.close()
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
    async with (
        at_work(f"sqlite:///{tmp_path / 'one' / 'jiesu.db'}", tmp_path / "one") as (light, one),
        at_work(cluster.url("hotline"), tmp_path / "other") as (heavy, other),
    ):
        await asyncio.gather(brought_in(light, backwards=False), brought_in(heavy, backwards=True))
        await asyncio.gather(quiet(light), quiet(heavy))
        first = ranks(one)
        assert len(first) >= 200
        assert sum(len(found) >= 3 for found in first.values()) >= 200
        assert ranks(other) == first
        await asyncio.gather(worked_on(light), worked_on(heavy))
        await asyncio.gather(quiet(light), quiet(heavy))
        then = ranks(one)
        assert ranks(other) == then
        changed = sum(then[question] != first[question] for question in first)
        assert changed >= 20, "the day's work was seen"
