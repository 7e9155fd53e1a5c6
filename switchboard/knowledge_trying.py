"""What a question would find if something were otherwise: other synonyms, an article more.

It is tried on an index of its own, in memory, made when it is first asked for and again when the
knowledge base has changed: nothing that is tried touches what agents are asked from.
"""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

from agent_desk.knowledge_editing_views import FoundRow, Tried
from hotline.errors import BadInput
from hotline.knowledge import ArticleId, Content, Standing, Version
from hotline.words import UserId
from kb_search.articles import Audience, Visibility
from kb_search.engine import Scope
from kb_search.search import Search
from ledger.store import Ledger
from switchboard.knowledge_feed import LedgerArticles, article_of

SHOWN: Final = 10
_DRAFT: Final = ArticleId("draft-being-tried")


class TryingOut:
    """One question at a time; each leaves the index as it was."""

    def __init__(self, ledger: Ledger, now: Callable[[], dt.datetime]) -> None:
        self._base = ledger.knowledge
        self._source = LedgerArticles(ledger, now)
        self._alone = asyncio.Lock()
        self._search: Search | None = None
        self._revision = -1

    async def synonyms(
        self, question: str, group: str | None, words: Sequence[str], at: dt.datetime
    ) -> Tried:
        """As the groups are, and with this one as written; fewer than two words: without it."""
        kept = await self._base.synonyms.all()
        now = [one.words for one in kept]
        others = [one.words for one in kept if one.id != group]
        clean = tuple(dict.fromkeys(word.strip() for word in words if word.strip()))
        would = [*others, clean] if len(clean) > 1 else others
        async with self._alone:
            search = await self._ready()
            before, _ = await asyncio.to_thread(_asked, search, question, at, now)
            after, meant = await asyncio.to_thread(_asked, search, question, at, would)
        places = [one.id for one in before]
        marked = tuple(
            replace(one, mine=one.id not in places or places.index(one.id) != place)
            for place, one in enumerate(after)
        )
        return Tried(question=question, before=before, after=marked, meant=meant)

    async def draft(self, content: Content, question: str, at: dt.datetime) -> Tried:
        """As the articles are, and with this one among them, its dates left aside."""
        if not content.title.strip() or not content.words.strip():
            raise BadInput("title", "请先写标题和答复口径，再试能不能找到")
        open_ = replace(content, valid_from=None, valid_to=None, embargo_until=None)
        version = Version(
            article=_DRAFT,
            number=1,
            content=open_,
            standing=Standing.PUBLISHED,
            author=UserId(""),
            made_at=at,
        )
        groups = [one.words for one in await self._base.synonyms.all()]
        async with self._alone:
            search = await self._ready()
            before, _ = await asyncio.to_thread(_asked, search, question, at, groups)
            try:
                await asyncio.to_thread(search.update, [article_of(version)])
                after, _ = await asyncio.to_thread(_asked, search, question, at, groups)
            finally:
                await asyncio.to_thread(search.update, [], [_DRAFT])
        marked = tuple(replace(one, mine=one.id == _DRAFT) for one in after)
        return Tried(question=question, before=before, after=marked)

    async def _ready(self) -> Search:
        revision = await self._base.revisions.now()
        if self._search is None or revision != self._revision:
            articles = await self._source.articles()
            if self._search is not None:
                self._search.close()
            self._search = await asyncio.to_thread(Search, articles)
            self._revision = revision
        return self._search

    def close(self) -> None:
        """Let its threads go."""
        if self._search is not None:
            self._search.close()


def _asked(
    search: Search, question: str, at: dt.datetime, groups: Sequence[Sequence[str]]
) -> tuple[tuple[FoundRow, ...], tuple[str, ...]]:
    """What is found, and what the groups add to the question."""
    search.mean(groups)
    answer = search.look_up(question, Scope(Audience.AGENT, at), SHOWN)
    rows = tuple(
        FoundRow(
            id=one.article.id,
            title=one.article.title,
            unit=one.article.unit,
            internal=one.article.visibility is Visibility.INTERNAL,
        )
        for one in answer.found
    )
    return rows, tuple(f"{one.said}（又叫{'、'.join(one.others)}）" for one in answer.meant)
