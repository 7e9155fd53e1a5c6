"""The demonstration's knowledge base as it really is, ledger and search, behind a town's pages."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from agent_desk.ports import DeskPorts
from hotline.knowledge import ArticleId, Content, Standing, Version
from hotline.words import UnitId, UserId
from kb_search import shelf
from kb_search.articles import Article
from kb_search.engine import Scope
from kb_search.search import Found, LookedUp, Search
from ledger.knowledge_rows import Change
from ledger.store import Ledger, open_ledger
from switchboard.demo_knowledge import seed_articles
from switchboard.desk_knowledge import DeskKnowledge
from switchboard.desk_knowledge_reading import DeskKnowledgeReading
from switchboard.desk_knowledge_work import DeskKnowledgeWork
from switchboard.knowledge_feed import LedgerArticles
from tests.agent_desk.fakes import Town
from tests.hotline.shipped import calendar, policy
from tests.ledger.laid import lay

AUTHOR = UserId("u-e01")


@dataclass(slots=True)
class Index:
    """The search over a ledger, made anew when it is told to: what it has can be out of date."""

    source: LedgerArticles
    search: Search

    def opened(self) -> Search:
        return self.search

    async def seek(self, words: str, scope: Scope) -> LookedUp:
        return await self.search.seek(words, scope)

    async def passages(self, words: str, found: Sequence[Found]) -> tuple[Found, ...]:
        return self.search.passages(words, found)

    async def refresh(self) -> None:
        self.search.replace(await self.source.articles())


@dataclass(slots=True)
class Library:
    """A ledger with articles, and the search over it."""

    town: Town
    ledger: Ledger
    search: Index

    def ports(self) -> DeskPorts:
        """The town's, with this knowledge base."""
        rules: dict[str, Any] = {
            "policy": lambda _: policy("zhaoqing"),
            "calendar": calendar(),
        }
        articles = DeskKnowledge(self.ledger, **rules)
        return replace(
            self.town.ports(),
            knowledge=articles,
            knowledge_reading=DeskKnowledgeReading(self.ledger, self.search),
            knowledge_work=DeskKnowledgeWork(self.ledger, articles, **rules),
        )

    async def put(
        self,
        id_: str,
        content: Content,
        standing: Standing = Standing.PUBLISHED,
        *,
        owner: str | None = None,
        indexed: bool = True,
    ) -> Version:
        """A new version of a new or a known article."""
        there = await self.ledger.knowledge.articles.some([id_])
        held = there.get(ArticleId(id_))
        at = self.town.time.now()
        over = standing in (Standing.PUBLISHED, Standing.WITHDRAWN)
        version = Version(
            article=ArticleId(id_),
            number=len(held.versions) + 1 if held else 1,
            content=content,
            standing=standing,
            author=AUTHOR,
            made_at=at,
            owner=UnitId(owner) if owner else None,
            submitted_at=at,
            published_at=at if over else None,
            withdrawn_at=at if standing is Standing.WITHDRAWN else None,
            reason="电话有误" if standing is Standing.WITHDRAWN else "",
        )
        change = Change(version=version, expected=held.version if held else 0)
        await self.ledger.knowledge.articles.save([change], by=AUTHOR, what="test")
        if indexed:
            await self.search.refresh()
        return version

    async def keep(self, articles: Sequence[Sequence[Version]]) -> None:
        """Articles as they are, version after version; what was withdrawn was published first."""
        steps = [list(_lived(versions)) for versions in articles]
        for number in range(max(map(len, steps))):
            changes = [
                Change(version=one[number], expected=number) for one in steps if len(one) > number
            ]
            await self.ledger.knowledge.articles.save(changes, by=AUTHOR, what="test")

    async def changed(self, id_: str, **fields: Any) -> Version:
        """The article published once more with these fields other."""
        held = await self.ledger.knowledge.articles.one(id_)
        return await self.put(id_, replace(held.latest.content, **fields))


def _lived(versions: Sequence[Version]) -> Iterator[Version]:
    for one in versions:
        if one.standing is Standing.WITHDRAWN:
            yield replace(one, standing=Standing.PUBLISHED, withdrawn_at=None, reason="")
        yield one


@asynccontextmanager
async def library(
    folder: Path,
    town: Town,
    articles: Sequence[Article] | None = None,
    synonyms: Sequence[Sequence[str]] = (),
) -> AsyncIterator[Library]:
    """Opened with these articles, or the demonstration's, published forty days ago."""
    url = f"sqlite:///{folder / 'jiesu.db'}"
    await lay(url, folder)
    now = town.time.now
    async with open_ledger(
        url, field_key=bytes(32), clock=now, code_version="test", city="zhaoqing"
    ) as ledger:
        begun = now() - dt.timedelta(days=40)
        await seed_articles(ledger, begun, shelf.read() if articles is None else articles)
        source = LedgerArticles(ledger, now)
        index = Index(source, Search(await source.articles(), None, synonyms))
        try:
            yield Library(town, ledger, index)
        finally:
            index.search.close()
