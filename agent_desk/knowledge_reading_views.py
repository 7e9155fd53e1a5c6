"""The knowledge base as people read and search it, with a log-in and without.

What may be shown is told by :func:`hotline.knowledge.sight` alone, on what the database has at the
moment of asking: an index only proposes. Nothing here is an article's history or work; that is
:mod:`agent_desk.knowledge_views`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from agent_desk.aids import AnswerCard
from agent_desk.views import Person
from hotline.errors import HotlineError
from hotline.knowledge import ArticleId, Reach, Standing
from hotline.words import CallId, UnitId

Span = tuple[int, int]
FOUND_PAGE = 10
"""Rows of a page of a search by hand."""
SHELF_PAGE = 20
"""Rows of a page of a category."""
LONGEST_WORDS = 120
"""How much may be asked at once, in characters."""


class NotSearching(HotlineError):
    """The index is being made or could not be opened; ``str`` says why, and what one can do."""

    def __init__(self, why: str) -> None:
        super().__init__(why)


@dataclass(frozen=True, slots=True, kw_only=True)
class Narrowed:
    """Among which articles; what is empty does not narrow. ``on`` asks for what was or will be
    valid on a day: what is shown then may be out of date today and says so."""

    unit: str = ""
    category: str = ""
    reach: Reach | None = None
    on: dt.date | None = None


Validity = Literal["valid", "soon", "over", "early"]
"""In force; in force but hidden soon; its last day is over; its first has not come."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """An article in a list. ``answers``: it may be told to a caller now."""

    id: ArticleId
    number: int
    title: str
    category: str
    unit: str
    reach: Reach
    validity: Validity
    answers: bool
    valid_from: dt.date | None
    valid_to: dt.date | None
    changed_on: dt.date
    """The day it was published, else written."""
    words: str
    grounds: tuple[str, ...]
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """An article found: ``why`` is 精准定位, 拼音, 同义词 or 相关; ``told`` says more of it, e.g.
    ``《工伤保险条例》第三十条`` or ``医保 → 医疗保险``; ``exact`` False where the document was
    found without the article of it that was named. Spans are in characters of ``card.title`` and
    ``passage``."""

    card: Card
    why: str
    told: str
    exact: bool
    title_spans: tuple[Span, ...]
    heading: str
    passage: str
    spans: tuple[Span, ...]
    cut_before: bool
    cut_after: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Hits:
    """A page of what was found. ``meant``: words of the question with what else they are called;
    ``cited``: the article of a law the words name, though nothing may rest on it."""

    hits: tuple[Hit, ...]
    total: int
    page: int
    meant: tuple[tuple[str, tuple[str, ...]], ...] = ()
    cited: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """A page of a category or a view, by title. The counts are of what this person may see within
    the other conditions."""

    cards: tuple[Card, ...]
    total: int
    page: int
    everything: int
    categories: Mapping[str, int]
    units: Mapping[str, int]
    reaches: Mapping[Reach, int]
    validities: Mapping[Validity, int]


EXPIRING_PAGE = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpiringRow:
    """An article in force that is hidden soon, or is already: ``days_left`` below zero. ``newer``
    is a version that somebody is making, with where it stands."""

    id: ArticleId
    number: int
    title: str
    unit: str
    owner: UnitId | None
    valid_to: dt.date
    days_left: int
    newer: int | None = None
    newer_standing: Standing | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpiringPage:
    """A page of those that expire within the days of the warning (``soon``), the nearest first, or
    of those whose last day is ``over``, the last first; how many there are of each."""

    rows: tuple[ExpiringRow, ...]
    page: int
    soon: int
    over: int


class KnowledgeReading(Protocol):
    """Finding and opening articles. ``by`` None: anybody, on a page without log-in."""

    async def seek(
        self, words: str, narrowed: Narrowed, by: Person | None, at: dt.datetime, *, page: int = 1
    ) -> Hits:
        """What fits, best first. Raises NotSearching."""

    async def shelf(
        self,
        narrowed: Narrowed,
        by: Person | None,
        at: dt.datetime,
        *,
        validity: Validity | None = None,
        page: int = 1,
    ) -> Shelf:
        """What this person may be told now, of a category or all; ``validity`` asks for those
        that are hidden soon, over, or not begun, as far as this person may look back at them."""

    async def cards(
        self, articles: Sequence[str], by: Person | None, at: dt.datetime
    ) -> tuple[Card, ...]:
        """Those of these that this person may open, in this order."""

    async def expiring(
        self, by: Person, at: dt.datetime, *, over: bool = False, page: int = 1
    ) -> ExpiringPage:
        """What expires soon or has: of all for editors and supervisors, for officers what their
        unit answers for. Raises NotAllowed."""

    async def stood(self, call: CallId, cards: Sequence[AnswerCard], at: dt.datetime) -> None:
        """An agent found these by hand beside a call: they are kept as what the agent was shown.
        Raises LedgerFailing."""


def lit(text: str, spans: Sequence[Span]) -> Iterator[tuple[str, bool]]:
    """The text in pieces, each with whether it is lit up."""
    at = 0
    for start, end in sorted(spans):
        begin = max(start, at)
        if begin > at:
            yield text[at:begin], False
        if end > begin:
            yield text[begin:end], True
        at = max(at, end)
    if at < len(text):
        yield text[at:], False
