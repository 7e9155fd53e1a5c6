"""What a question would find if something were otherwise: other synonyms, an article more.

Synonyms are words of the question and are tried on the search in force, an article on a copy of its
index: nothing that is tried touches what agents are asked from. What is found is asked of the
ledger again, as everywhere.
"""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Sequence
from dataclasses import replace
from typing import Final, Protocol

from agent_desk.knowledge_editing_views import FoundRow, Tried
from agent_desk.knowledge_views import reader_of
from agent_desk.views import Person
from hotline.errors import BadInput
from hotline.knowledge import DESK_ROLES, ArticleId, Content, Reach, Standing, Version, answering
from hotline.words import UserId
from kb_search.articles import Audience, Visibility
from kb_search.engine import Scope
from kb_search.found import LookedUp
from kb_search.search import Search
from kb_search.synonyms import Synonyms
from ledger.store import Ledger
from switchboard.knowledge_feed import article_of

SHOWN: Final = 10
_DRAFT: Final = ArticleId("draft-being-tried")


class Opened(Protocol):
    """What has the search in force: :class:`switchboard.opened_search.OpenedSearch`."""

    def opened(self) -> Search:
        """It. Raises NotSearching."""


class TryingOut:
    """One draft at a time."""

    def __init__(self, ledger: Ledger, search: Opened) -> None:
        self._base = ledger.knowledge
        self._search = search
        self._alone = asyncio.Lock()

    async def synonyms(
        self, question: str, group: str | None, words: Sequence[str], by: Person, at: dt.datetime
    ) -> Tried:
        """As the groups are, and with this one as written; fewer than two words: without it."""
        kept = await self._base.synonyms.all()
        others = [one.words for one in kept if one.id != group]
        clean = tuple(dict.fromkeys(word.strip() for word in words if word.strip()))
        would = Synonyms([*others, clean] if len(clean) > 1 else others)
        now = Synonyms(one.words for one in kept)
        search, scope = self._search.opened(), _scope(by, at)
        was = await asyncio.to_thread(search.look_up, question, scope, SHOWN, synonyms=now)
        found = await asyncio.to_thread(search.look_up, question, scope, SHOWN, synonyms=would)
        before, after = await self._rows(was, by, at), await self._rows(found, by, at)
        places = [one.id for one in before]
        marked = tuple(
            replace(one, mine=one.id not in places or places.index(one.id) != place)
            for place, one in enumerate(after)
        )
        meant = tuple(f"{one.said}（又叫{'、'.join(one.others)}）" for one in found.meant)
        return Tried(question=question, before=before, after=marked, meant=meant)

    async def draft(self, content: Content, question: str, by: Person, at: dt.datetime) -> Tried:
        """As the articles are, and with this one among them, its dates left aside."""
        if not content.title.strip() or not content.words.strip():
            raise BadInput("title", "请先写标题和答复口径，再试能不能找到")
        scope = _scope(by, at)
        open_ = replace(content, valid_from=None, valid_to=None, embargo_until=None)
        if scope.audience is Audience.PUBLIC:
            open_ = replace(open_, reach=Reach.EXTERNAL)  # who wrote it may see it
        version = Version(
            article=_DRAFT,
            number=1,
            content=open_,
            standing=Standing.PUBLISHED,
            author=UserId(""),
            made_at=at,
        )
        search, article = self._search.opened(), article_of(version)
        was = await asyncio.to_thread(search.look_up, question, scope, SHOWN)
        async with self._alone:
            found = await asyncio.to_thread(search.with_article, article, question, scope, SHOWN)
        before, after = await self._rows(was, by, at), await self._rows(found, by, at)
        marked = tuple(replace(one, mine=one.id == _DRAFT) for one in after)
        return Tried(question=question, before=before, after=marked)

    async def _rows(self, looked: LookedUp, by: Person, at: dt.datetime) -> tuple[FoundRow, ...]:
        """Those of what was found that the ledger lets this person see, and the draft."""
        reader = reader_of(by)
        held = await self._base.articles.some({one.article.id for one in looked.found})
        now = [answering(one.versions, reader, at) for one in held.values()]
        seen = {(str(one.article), one.number) for one in now if one} | {(str(_DRAFT), 1)}
        return tuple(
            FoundRow(
                id=one.article.id,
                title=one.article.title,
                unit=one.article.unit,
                internal=one.article.visibility is Visibility.INTERNAL,
            )
            for one in looked.found
            if (one.article.id, one.article.version) in seen
        )


def _scope(by: Person, at: dt.datetime) -> Scope:
    at_desk = bool(by.roles & DESK_ROLES)
    return Scope(Audience.AGENT if at_desk else Audience.PUBLIC, at)
