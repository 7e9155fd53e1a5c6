"""The knowledge base as it is read and searched: the index proposes, the ledger decides.

Implements :class:`agent_desk.knowledge_reading_views.KnowledgeReading`.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
import re
from collections.abc import Awaitable, Sequence
from dataclasses import replace
from typing import Final, Protocol, TypeVar

from agent_desk.aids import AnswerCard
from agent_desk.knowledge_reading_views import (
    EXPIRING_PAGE,
    FOUND_PAGE,
    LONGEST_WORDS,
    Card,
    ExpiringPage,
    ExpiringRow,
    Hit,
    Hits,
    Narrowed,
    NotSearching,
    Shelf,
    Span,
    Validity,
)
from agent_desk.knowledge_views import reader_of
from agent_desk.views import Person
from hotline.errors import NotAllowed
from hotline.knowledge import (
    DESK_ROLES,
    MAKERS,
    ArticleId,
    Reader,
    Standing,
    Version,
    answering,
)
from hotline.policy import ZONE
from hotline.words import CallId, Role
from kb_search.articles import Audience, Visibility
from kb_search.engine import Scope
from kb_search.found import PASSAGE, Found, LookedUp, Reason
from kb_search.locate import Cited, cited
from ledger.knowledge_rows import Held
from ledger.shown import ShownArticle
from ledger.store import Ledger
from switchboard.knowledge_shelf import NOON, Shelves, card_of, newest, seen_of, shelf_of, standing

log = logging.getLogger(__name__)
_T = TypeVar("_T")

_CLAUSE: Final = re.compile(r"[ \t　]*第[^条]{1,9}条(?:之[一二三四五六七八九十]{1,3})?")


class Sought(Protocol):
    """What finds by hand: the search of the running system."""

    async def seek(self, words: str, scope: Scope) -> LookedUp:
        """What fits, by the index. Raises NotSearching."""

    async def passages(self, words: str, found: Sequence[Found]) -> tuple[Found, ...]:
        """The same with the passages that show why."""


class DeskKnowledgeReading:
    """For one event loop. What was published once is kept in memory by the revision of the
    database, which is asked each time."""

    def __init__(self, ledger: Ledger, search: Sought) -> None:
        self._articles = ledger.knowledge.articles
        self._shown = ledger.shown
        self._search = search
        self._kept: tuple[int, list[tuple[Version, ...]]] = (-1, [])
        self._shelves = Shelves()
        # Who searches without log-in must not take both threads from the cards of live calls.
        self._outside = asyncio.Semaphore(1)

    # -------------------------------------------------------------------------------- searching
    async def seek(
        self, words: str, narrowed: Narrowed, by: Person | None, at: dt.datetime, *, page: int = 1
    ) -> Hits:
        words, reader = words.strip()[:LONGEST_WORDS], reader_of(by)
        scope = _scope(narrowed, reader, at)
        if reader.outsider:
            async with self._outside:
                looked = await _whole(self._search.seek(words, scope))
        else:
            looked = await _whole(self._search.seek(words, scope))
        held = await self._articles.some({one.article.id for one in looked.found})
        kept: list[tuple[Found, Version]] = []
        for one in looked.found:
            there = held.get(ArticleId(one.article.id))
            version = standing(there.versions, reader, narrowed.on, at) if there else None
            if version is not None and version.number == one.article.version:
                kept.append((one, version))
        part = kept[(page - 1) * FOUND_PAGE : page * FOUND_PAGE]
        shown = await _whole(self._search.passages(words, [one for one, _ in part]))
        hits = (
            _hit(one, card_of(version, reader, at), looked)
            for one, (_, version) in zip(shown, part, strict=True)
        )
        return Hits(
            hits=tuple(hits),
            total=len(kept),
            page=page,
            meant=tuple((one.said, one.others) for one in looked.meant),
            cited=looked.cited.name if looked.cited else "",
        )

    # --------------------------------------------------------------------------------- browsing
    async def shelf(
        self,
        narrowed: Narrowed,
        by: Person | None,
        at: dt.datetime,
        *,
        validity: Validity | None = None,
        page: int = 1,
    ) -> Shelf:
        reader, kept = reader_of(by), await self._versions()
        if narrowed.on is not None:
            seen = seen_of(kept, reader, narrowed.on, at)
        else:
            seen = self._shelves.seen(kept, reader, at)
        return shelf_of(seen, narrowed, validity, page)

    async def cards(
        self, articles: Sequence[str], by: Person | None, at: dt.datetime
    ) -> tuple[Card, ...]:
        reader = reader_of(by)
        held = await self._articles.some(set(articles))
        found: list[Card] = []
        for id_ in articles:
            there = held.get(ArticleId(id_))
            if there is None:
                continue
            version = answering(there.versions, reader, at) or newest(there.versions, reader, at)
            if version is not None:
                found.append(card_of(version, reader, at))
        return tuple(found)

    async def expiring(
        self, by: Person, at: dt.datetime, *, over: bool = False, page: int = 1
    ) -> ExpiringPage:
        unit = by.unit if Role.OFFICER in by.roles else None
        if not by.roles & MAKERS and unit is None:
            raise NotAllowed("您的角色", "查看快到期的知识")
        soon, gone = self._shelves.expiring(await self._versions(), at)
        if not by.roles & MAKERS:
            soon = [row for row in soon if row.owner == unit]
            gone = [row for row in gone if row.owner == unit]
        part = (gone if over else soon)[(page - 1) * EXPIRING_PAGE : page * EXPIRING_PAGE]
        held = await self._articles.some({row.id for row in part})
        rows = (_with_newer(row, held.get(row.id)) for row in part)
        return ExpiringPage(rows=tuple(rows), page=page, soon=len(soon), over=len(gone))

    async def stood(self, call: CallId, cards: Sequence[AnswerCard], at: dt.datetime) -> None:
        known = {(one.article, one.version) for one in await self._shown.of(call)}
        fresh = [one for one in cards if (one.article, one.version) not in known]
        if fresh:
            await self._shown.add([_shown(call, one, at) for one in fresh])

    async def _versions(self) -> Sequence[Sequence[Version]]:
        """Of each article that was published once the versions that were, by the revision."""
        revision = await self._articles.revisions.now()
        if self._kept[0] != revision:
            self._kept = await self._articles.ever_published()
            self._shelves = Shelves()
        return self._kept[1]


def _with_newer(row: ExpiringRow, held: Held | None) -> ExpiringRow:
    """The row with the version that somebody is making meanwhile."""
    newest = held.latest if held else None
    if newest is None or newest.number <= row.number or newest.standing is Standing.DISCARDED:
        return row
    return replace(row, newer=newest.number, newer_standing=newest.standing)


def _shown(call: CallId, card: AnswerCard, at: dt.datetime) -> ShownArticle:
    return ShownArticle(call, card.article, card.version, card.title, card.internal, at)


async def _whole(asking: Awaitable[_T]) -> _T:
    """What was asked for; a fault is told without its text, which may hold the words."""
    try:
        return await asking
    except NotSearching:
        raise
    except Exception as error:  # noqa: BLE001 - told as NotSearching, whatever it was
        log.warning("search by hand failed", extra={"error": type(error).__name__})
        raise NotSearching(f"检索出错（{type(error).__name__}）") from None


def _scope(narrowed: Narrowed, reader: Reader, at: dt.datetime) -> Scope:
    at_desk = bool(reader.roles & DESK_ROLES)
    if narrowed.on is not None:
        at = dt.datetime.combine(narrowed.on, NOON, ZONE)
    return Scope(
        audience=Audience.AGENT if at_desk else Audience.PUBLIC,
        at=at,
        unit=narrowed.unit,
        category=narrowed.category,
        only=Visibility(narrowed.reach.value) if narrowed.reach else None,
    )


def _hit(found: Found, card: Card, looked: LookedUp) -> Hit:
    passage = found.passage
    why, told = _why(found, looked)
    return Hit(
        card=card,
        why=why,
        told=told,
        exact=found.exact,
        title_spans=_also(card.title, found.title_spans, looked),
        heading=passage.heading if passage else "",
        passage=passage.text if passage else card.words[:PASSAGE],
        spans=_also(passage.text, passage.spans, looked) if passage else (),
        cut_before=passage.cut_before if passage else False,
        cut_after=passage.cut_after if passage else len(card.words) > PASSAGE,
    )


def _also(text: str, spans: tuple[Span, ...], looked: LookedUp) -> tuple[Span, ...]:
    """The spans, and where the text has another name of what was asked."""
    others = {other for one in looked.meant for other in one.others}
    named = (found.span() for one in others for found in re.finditer(re.escape(one), text))
    return tuple(sorted({*spans, *named}))


def _why(found: Found, looked: LookedUp) -> tuple[str, str]:
    """Why it was found, and what the words were understood as."""
    if found.place is not None and looked.cited is not None:
        return str(found.reason), _located(found, looked.cited)
    text = found.article.title + (found.passage.text if found.passage else found.article.words)
    for one in looked.meant if found.reason is Reason.WORDS else ():
        other = next((name for name in one.others if name in text), "")
        if other and one.said not in text:
            return "同义词", f"{one.said} → {other}"
    return str(found.reason), ""


def _located(found: Found, wanted: Cited) -> str:
    """The article of the law as the found one names it; its document where only that was found."""
    article, place = found.article, found.place
    for basis in article.basis:
        known = cited(str(basis))
        if known is not None and known.clause == wanted.clause:
            return str(basis)
    if place is not None and place.exact and place.section is not None:
        section = article.sections[place.section]
        line = _CLAUSE.match(section.text[place.start :]) or _CLAUSE.match(section.heading)
        return line[0] if line else section.heading
    return f"《{article.basis[0].document}》" if article.basis else article.title
