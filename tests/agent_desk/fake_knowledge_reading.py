"""Reading and searching for the tests of pages: the real rules over articles in memory; finding is
by the very words."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Sequence

from agent_desk.aids import AnswerCard
from agent_desk.knowledge_reading_views import (
    EXPIRING_PAGE,
    FOUND_PAGE,
    SHELF_PAGE,
    Card,
    ExpiringPage,
    Hit,
    Hits,
    Narrowed,
    NotSearching,
    Shelf,
    Validity,
)
from agent_desk.knowledge_views import reader_of
from agent_desk.views import Person
from hotline.knowledge import MAKERS, ArticleId, Sight, Version, answering, sight
from hotline.words import CallId
from switchboard.knowledge_expiring import expiring_of
from switchboard.knowledge_shelf import card_of
from tests.agent_desk.fake_knowledge import FakeKnowledge


class FakeKnowledgeReading:
    """What is in the town's fake knowledge base."""

    def __init__(self, knowledge: FakeKnowledge) -> None:
        self._knowledge = knowledge
        self.trouble = ""
        self.beside: list[tuple[CallId, str, int]] = []
        self.meant: tuple[tuple[str, tuple[str, ...]], ...] = ()

    async def seek(
        self, words: str, narrowed: Narrowed, by: Person | None, at: dt.datetime, *, page: int = 1
    ) -> Hits:
        if self.trouble:
            raise NotSearching(self.trouble)
        cards = [one for one in self._cards(by, at) if words in one.title + one.words]
        part = cards[(page - 1) * FOUND_PAGE : page * FOUND_PAGE]
        hits = tuple(_hit(one, words) for one in part)
        return Hits(hits=hits, total=len(cards), page=page, meant=self.meant)

    async def shelf(
        self,
        narrowed: Narrowed,
        by: Person | None,
        at: dt.datetime,
        *,
        validity: Validity | None = None,
        page: int = 1,
    ) -> Shelf:
        cards = [one for one in self._cards(by, at) if narrowed.category in ("", one.category)]
        return Shelf(
            cards=tuple(cards[(page - 1) * SHELF_PAGE : page * SHELF_PAGE]),
            total=len(cards),
            page=page,
            everything=len(cards),
            categories=Counter(one.category for one in cards),
            units=Counter(one.unit for one in cards),
            reaches=Counter(one.reach for one in cards),
            validities=Counter(one.validity for one in cards),
        )

    async def cards(
        self, articles: Sequence[str], by: Person | None, at: dt.datetime
    ) -> tuple[Card, ...]:
        reader = reader_of(by)
        found = []
        for id_ in articles:
            versions = self._knowledge.articles.get(ArticleId(id_), [])
            seen = [one for one in versions if sight(one, reader, at) is not Sight.HIDDEN]
            if seen:
                found.append(card_of(seen[-1], reader, at))
        return tuple(found)

    async def expiring(
        self, by: Person, at: dt.datetime, *, over: bool = False, page: int = 1
    ) -> ExpiringPage:
        kept = [tuple(one) for one in self._knowledge.articles.values()]
        soon, gone = expiring_of(kept, None if by.roles & MAKERS else by.unit, at)
        rows = (gone if over else soon)[(page - 1) * EXPIRING_PAGE : page * EXPIRING_PAGE]
        return ExpiringPage(rows=tuple(rows), page=page, soon=len(soon), over=len(gone))

    async def stood(self, call: CallId, cards: Sequence[AnswerCard], at: dt.datetime) -> None:
        self.beside += [(call, one.article, one.version) for one in cards]

    def _cards(self, by: Person | None, at: dt.datetime) -> list[Card]:
        reader = reader_of(by)
        now: list[Version] = [
            one
            for versions in self._knowledge.articles.values()
            if (one := answering(versions, reader, at)) is not None
        ]
        return [card_of(one, reader, at) for one in now]


def _hit(card: Card, words: str) -> Hit:
    start = card.words.find(words)
    spans = ((start, start + len(words)),) if start >= 0 else ()
    at = card.title.find(words)
    return Hit(
        card=card,
        why="相关",
        told="",
        exact=True,
        title_spans=((at, at + len(words)),) if at >= 0 else (),
        heading="答复口径",
        passage=card.words[:110],
        spans=spans,
        cut_before=False,
        cut_after=len(card.words) > 110,
    )
