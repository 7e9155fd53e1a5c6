"""From the moment an article is published until a search finds it, as in the running server: one
transaction of the ledger, the outbox, the feed, the index, and the ledger asked once more.

The articles that are there already are given as they are; only the published ones lie in a ledger.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from hotline.knowledge import ArticleId, Content, Standing, Version
from hotline.words import UserId
from kb_search.articles import Article
from kb_search.feedback import Mark
from kb_search.search import Found, Search
from ledger.knowledge_rows import Change
from ledger.migrate import migrate
from ledger.store import Ledger, now, open_ledger
from switchboard.bench import rank
from switchboard.knowledge_feed import KnowledgeFeed, LedgerArticles
from switchboard.knowledge_live import LiveNotices
from switchboard.opened_search import CardKey, OpenedSearch
from switchboard.refusals import Refusal
from switchboard.versions import CODE_VERSION

TIMES: Final = 40
WAITED_S: Final = 60.0
_CITY: Final = "zhaoqing"
_BY: Final = UserId("bench")


@dataclass(frozen=True, slots=True)
class Took:
    """Milliseconds of each publication: by the clock, and of the processor."""

    wall: tuple[float, ...]
    cpu: tuple[float, ...]

    def told(self) -> dict[str, float]:
        """p50, p95 and the slowest of both."""
        return {
            "p50": round(rank(self.wall, 0.50), 1),
            "p95": round(rank(self.wall, 0.95), 1),
            "worst": round(max(self.wall), 1),
            "cpu_p50": round(rank(self.cpu, 0.50), 1),
            "cpu_p95": round(rank(self.cpu, 0.95), 1),
        }


class _Beside:
    """The articles given, and those of the ledger: a Source of the opened search."""

    def __init__(self, given: Sequence[Article], ledger: LedgerArticles) -> None:
        self._given = given
        self._ledger = ledger

    async def articles(self) -> Sequence[Article]:
        return (*self._given, *await self._ledger.articles())

    async def some(self, ids: Collection[str]) -> tuple[Sequence[Article], Sequence[str]]:
        return await self._ledger.some(ids)

    async def still(self, found: tuple[Found, ...], at: dt.datetime) -> tuple[Found, ...]:
        return await self._ledger.still(found, at)

    async def standing(self, cards: Collection[CardKey], at: dt.datetime) -> frozenset[CardKey]:
        return await self._ledger.standing(cards, at)

    async def synonyms(self) -> Sequence[Sequence[str]]:
        return ()

    async def marks(self) -> Sequence[Mark]:
        return ()

    async def marks_of(self, _ids: Collection[str]) -> tuple[Sequence[Mark], Sequence[str]]:
        return (), ()


def published(
    articles: Sequence[Article], search: Search, folder: Path, times: int = TIMES
) -> Took:
    """Publish so many articles one after another beside these, which ``search`` has. Raises
    Refusal where one is not found within a minute."""
    return asyncio.run(_published(articles, search, folder, times))


async def _published(articles: Sequence[Article], search: Search, folder: Path, times: int) -> Took:
    url = f"sqlite:///{folder / 'jiesu.db'}"
    await migrate(url, folder)
    async with open_ledger(
        url, field_key=bytes(32), clock=now, code_version=CODE_VERSION, city=_CITY
    ) as ledger:
        source = LedgerArticles(ledger, now)
        opened = OpenedSearch(None, _Beside(articles, source), search=search)
        seen = asyncio.Event()

        async def changed() -> None:
            seen.set()

        opened.changed = changed
        notices = LiveNotices(ledger, now, str)
        feed = asyncio.create_task(KnowledgeFeed(ledger, source, opened, notices, now).run())
        try:
            took = [await _one(ledger, opened, seen, number) for number in range(times)]
        finally:
            feed.cancel()
            await asyncio.gather(feed, return_exceptions=True)
    return Took(tuple(wall for wall, _ in took), tuple(cpu for _, cpu in took))


async def _one(
    ledger: Ledger, opened: OpenedSearch, seen: asyncio.Event, number: int
) -> tuple[float, float]:
    title = f"第{number}号临时口径"
    at = now()
    version = Version(
        article=ArticleId(f"fresh-{number}"),
        number=1,
        content=Content(title=title, words="请留意通知。", asked=(f"{title}怎么说",)),
        standing=Standing.PUBLISHED,
        author=_BY,
        made_at=at,
        published_at=at,
    )
    while await ledger.outbox.depth():  # noqa: ASYNC110 - the one before, merged and acknowledged
        await asyncio.sleep(0.01)
    wall, cpu = time.perf_counter(), time.process_time()
    change = Change(version=version, expected=0)
    await ledger.knowledge.articles.save([change], by=_BY, what="knowledge.publish")
    try:
        async with asyncio.timeout(WAITED_S):
            while True:
                seen.clear()
                found = await opened.ask(f"{title}怎么说", at)
                if version.article in {one.article.id for one in found}:
                    break
                await seen.wait()
    except TimeoutError:
        raise Refusal("刚发布的文章一分钟内没有查到：这是程序的错误，请报告。") from None
    return (time.perf_counter() - wall) * 1_000, (time.process_time() - cpu) * 1_000
