"""What the pages of editors need beside the articles themselves, and who does it, as a Protocol.

Methods raise a HotlineError for what a person may be told.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from agent_desk.views import Person
from hotline.knowledge import ArticleId, Content, Reach, Standing
from hotline.knowledge_clock import PolicyWindow
from hotline.knowledge_rules import KnowledgeAct
from hotline.words import Article, UnitId


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingRow:
    """A version that waits for review. ``acts`` are this person's; ``why_not`` says in one sentence
    why there is none. ``expected`` goes back with the act."""

    id: ArticleId
    number: int
    expected: int
    title: str
    unit: str
    reach: Reach
    author: str
    submitted_at: dt.datetime | None
    reviewers: tuple[str, ...]
    acts: tuple[KnowledgeAct, ...]
    why_not: str
    replaces: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingPage:
    """A part of what waits for review, the longest waiting first. ``needed`` reviewers must have
    passed a version; ``article`` says so, empty where the city does not."""

    rows: tuple[WaitingRow, ...]
    total: int
    size: int
    needed: int
    article: str


@dataclass(frozen=True, slots=True)
class CheckedPoint:
    """One line of the list of the day of publication. ``done`` None: for a person to see to."""

    what: str
    done: bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowDay:
    """One day before a publication: the ``count``-th working day before it, None for one that does
    not count. ``asked``: a day on which it should be handed in."""

    day: dt.date
    count: int | None
    why: str
    asked: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class EmbargoRow:
    """A new policy before it is public, and on its day. ``window`` is its arithmetic."""

    id: ArticleId
    number: int
    title: str
    unit: str
    standing: Standing
    public_at: dt.datetime
    window: PolicyWindow
    days: tuple[WindowDay, ...]
    """From the first day of the window to the day of publication; none where the city is silent."""
    missing: str
    points: tuple[CheckedPoint, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundRow:
    """One article that a question finds."""

    id: str
    title: str
    unit: str
    internal: bool
    mine: bool = False
    """It is the draft that is being tried, or it stands at another place than before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """A question asked twice: as things are, and as they would be."""

    question: str
    before: tuple[FoundRow, ...]
    after: tuple[FoundRow, ...]
    meant: tuple[str, ...] = ()
    """What synonyms would add, e.g. ``公积金（又叫住房公积金、gjj）``."""

    @property
    def place(self) -> int | None:
        """Where the draft stands, counted from 1."""
        return next((at for at, one in enumerate(self.after, 1) if one.mine), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class RecallRow:
    """A version that was called back. ``owed`` of ``tasks`` are still to be made."""

    id: ArticleId
    number: int
    title: str
    at: dt.datetime
    by: str
    calls: int
    tasks: int
    owed: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceRow:
    """A unit's own base that may bring entries."""

    name: str
    unit: str
    made_at: dt.datetime
    revoked_at: dt.datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Todo:
    """What of the knowledge base waits for somebody: of all for editors and supervisors, for an
    officer what their unit answers for. ``late`` corrections are past their date, which supervision
    takes up by ``rule``, where the city has one."""

    review: int = 0
    corrections: int = 0
    late: int = 0
    rule: Article | None = None
    soon: int = 0
    over: int = 0
    policies: int = 0
    contributions: int = 0
    recalls: int = 0

    @property
    def any(self) -> bool:
        counts = (self.review, self.corrections, self.soon, self.over)
        return any((*counts, self.policies, self.contributions, self.recalls))


class KnowledgeEditing(Protocol):
    """What editors do beside writing."""

    async def waiting(self, by: Person, at: dt.datetime, *, page: int = 1) -> WaitingPage:
        """What waits for review; officers see their own unit's."""

    async def todo(self, by: Person, at: dt.datetime) -> Todo:
        """What waits, for the first page one sees."""

    async def embargoed(self, by: Person, at: dt.datetime) -> tuple[EmbargoRow, ...]:
        """Newest versions that are not public yet, or were not made ready on their day; the
        nearest day first."""

    async def try_synonyms(
        self, question: str, group: str | None, words: Sequence[str], by: Person, at: dt.datetime
    ) -> Tried:
        """What a question finds now, and with this group (None: a new one) as written."""

    async def try_draft(
        self, content: Content, question: str, by: Person, at: dt.datetime
    ) -> Tried:
        """What a question finds now for this person, and with this article among the others.
        Raises NotSearching."""

    async def recalls(self, by: Person, *, page: int = 1) -> tuple[tuple[RecallRow, ...], int]:
        """(a page of fifty, how many there are), the newest first."""

    async def sources(self) -> tuple[SourceRow, ...]:
        """Every unit's own base, by name."""

    async def open_source(self, name: str, unit: UnitId, by: Person) -> str:
        """The token of a new one: told once, kept as its hash alone. Raises BadInput."""

    async def revoke_source(self, name: str, by: Person) -> None:
        """Its token opens nothing any more."""
