"""What agents say of answer cards and what editors learn from it, as pages need it.

An agent adopts a card or marks it wrong; like-sounding questions then find it a little higher or
lower (kb_search.feedback), an editor sees why and can take it back. How long the adopted card had
stood when the caller had asked is its lead time (docs/knowledge.md).
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Literal, Protocol

from agent_desk.views import Person
from hotline.words import CallId

MarkKind = Literal["adopted", "wrong"]


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkedWrong:
    """A card that an agent marked wrong for what was asked. ``question`` has neither names nor
    numbers. ``effect`` says in words what it does to the ranking now."""

    id: str
    article: str
    version: int
    title: str
    question: str
    call: CallId
    by_name: str
    at: dt.datetime
    effect: str
    undone_at: dt.datetime | None = None
    undone_by_name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ArticleLead:
    """Lead times of one article, in seconds; ``ahead``: how often it stood before the caller had
    asked, of ``measured``."""

    article: str
    title: str
    adopted: int
    measured: int
    ahead: int
    median_s: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadTimes:
    """提前量 since a day. ``with_cards`` calls had cards, ``adopted`` of them adopted one or more;
    of ``measured`` adopted cards it is known when they came, ``ahead`` of them came before the
    caller had asked. Seconds; None where there is nothing to divide by."""

    since: dt.date
    with_cards: int
    adopted: int
    measured: int
    ahead: int
    median_s: float | None
    slowest_tenth_s: float | None
    """One in ten is this or less: negative means after the caller had asked."""
    articles: tuple[ArticleLead, ...]


class Learning(Protocol):
    """Marks of agents, and what they teach."""

    async def mark(
        self,
        call: CallId,
        article: str,
        version: int,
        kind: MarkKind | None,
        *,
        by: Person,
        at: dt.datetime,
    ) -> None:
        """An agent's opinion of a card of this call, durable when it returns; None takes it back.
        The same again changes nothing. Raises Objected for a card that never stood there."""

    async def marked_wrong(
        self, since: dt.date, by: Person, at: dt.datetime
    ) -> tuple[MarkedWrong, ...]:
        """Newest first, at most 500. Editors and supervisors; raises NotAllowed."""

    async def undo(self, mark: str, *, by: Person, at: dt.datetime) -> None:
        """An editor takes a mark back. Raises NotAllowed, NoSuch."""

    async def lead_times(self, since: dt.date) -> LeadTimes:
        """Since the beginning of a day."""
