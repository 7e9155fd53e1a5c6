"""Entries of units that keep their own knowledge base, one by one, each once.

Implements :class:`agent_desk.knowledge_views.KnowledgeDoor`. An entry is known by its source and
its id there; the same content again changes nothing. What is new or changed is a submitted version
that waits for the hotline's review; one of the same source that still waited is returned for it.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections import defaultdict, deque
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from agent_desk.knowledge_views import EntryTaken
from hotline.errors import BadInput, ImpossibleMove, NotAllowed, Objected
from hotline.knowledge import Approval, ArticleId, Content, Standing, Version
from hotline.knowledge_rules import check_content, tidied
from hotline.words import UserId
from ledger.knowledge_rows import Change, Held, digest
from ledger.knowledge_sources import Origin, Source
from ledger.store import Ledger
from switchboard.knowledge_formats import entry_of

A_MINUTE: Final = dt.timedelta(minutes=1)
MOST_A_MINUTE: Final = 120
"""Entries of one source; more is told to wait."""


class UnitsDoor:
    """One per process: it counts what each source sends."""

    def __init__(self, ledger: Ledger) -> None:
        self._base = ledger.knowledge
        self._sent: defaultdict[str, deque[dt.datetime]] = defaultdict(deque)

    async def take(self, token: str, external: str, entry: object, at: dt.datetime) -> EntryTaken:
        source = await self._base.sources.by_token(token)
        if source is None:
            raise NotAllowed("这个令牌", "报送知识，请向热线管理机构确认")
        self._pace(source, at)
        if not isinstance(entry, Mapping) or "id" in entry:
            raise BadInput("entry", "entry 应是一个对象，编号写在 external 里")
        _, content = entry_of(dict(entry))
        content = tidied(content)
        check_content(content)
        return await self._taken(source, external, content, at)

    def _pace(self, source: Source, at: dt.datetime) -> None:
        sent = self._sent[source.name]
        while sent and sent[0] <= at - A_MINUTE:
            sent.popleft()
        if len(sent) >= MOST_A_MINUTE:
            raise Objected(f"一分钟最多报送{MOST_A_MINUTE}条，请稍后再送")
        sent.append(at)

    async def _taken(
        self, source: Source, external: str, content: Content, at: dt.datetime
    ) -> EntryTaken:
        fingerprint = digest(content)
        origin = await self._base.sources.origin(source.name, external)
        article = ArticleId(origin.article) if origin else article_id(source.name, external)
        if origin and origin.digest == fingerprint:
            return EntryTaken(article=article, number=origin.number, change="same")
        held = (await self._base.articles.some([article])).get(article)
        changes = _changes(held, article, source, content, at)
        version = changes[-1].version
        note = Origin(
            source=source.name,
            external=external,
            article=article,
            digest=fingerprint,
            number=version.number,
            taken_at=at,
        )
        await self._base.articles.save(
            changes,
            by=_author(source),
            what="knowledge.source.take",
            beside=self._base.sources.noting(note),
        )
        return EntryTaken(
            article=article, number=version.number, change="changed" if held else "new"
        )


def article_id(source: str, external: str) -> ArticleId:
    """The id of an article of a source: the same entry, the same id."""
    key = hashlib.sha256(f"{source}\0{external}".encode()).hexdigest()
    return ArticleId(f"u-{key[:16]}")


def _author(source: Source) -> UserId:
    return UserId(f"source:{source.name}")


def _changes(
    held: Held | None, article: ArticleId, source: Source, content: Content, at: dt.datetime
) -> list[Change]:
    """The new version; before it, what still waited goes back to where it came from."""
    changes: list[Change] = []
    expected = held.version if held else 0
    if held is not None and held.latest.standing is Standing.DRAFT:
        raise ImpossibleMove("这篇知识", "热线编辑正在修改", "报送，请稍后再送")
    if held is not None and held.latest.standing is Standing.REVIEW:
        newer = Approval(by=_author(source), at=at, passed=False, note="单位报送了新的一版")
        waited = held.latest
        returned = replace(waited, standing=Standing.RETURNED, reviews=(*waited.reviews, newer))
        changes.append(Change(version=returned, expected=expected))
        expected += 1
    version = Version(
        article=article,
        number=held.latest.number + 1 if held else 1,
        content=content,
        standing=Standing.REVIEW,
        author=_author(source),
        made_at=at,
        owner=source.unit,
        submitted_at=at,
    )
    return [*changes, Change(version=version, expected=expected)]
