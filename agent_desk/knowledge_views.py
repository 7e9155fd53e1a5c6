"""The knowledge base as pages need it, and who keeps it, as Protocols.

What an article, a version, a correction or a notice is stands in :mod:`hotline.knowledge` and its
neighbours; here is what pages show beside them. Methods raise a HotlineError for what a person may
be told: NotAllowed, ImpossibleMove, BadInput, Objected, NoSuch, and the ledger's StaleVersion where
somebody else was quicker: load again.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from agent_desk.views import Person
from hotline.knowledge import ArticleId, Content, Reach, Reader, Sight, Standing, Version
from hotline.knowledge_clock import Correction, CorrectionState, PolicyWindow
from hotline.knowledge_rules import KnowledgeAct, Lack
from hotline.words import CallId, Phone, TicketId, UnitId, UserId


def reader_of(person: Person | None) -> Reader:
    """Who a person is to the knowledge base; None: anybody, on a page without log-in."""
    if person is None:
        return Reader()
    return Reader(roles=person.roles, unit=person.unit, id=person.id)


# --------------------------------------------------------------------------------------- articles


@dataclass(frozen=True, slots=True, kw_only=True)
class ArticleQuery:
    """Which articles a list shows; what is left out does not narrow it. ``expiring``: those that
    are hidden within 30 days, or are already."""

    standings: tuple[Standing, ...] = ()
    category: str = ""
    unit: str = ""
    reach: Reach | None = None
    words: str = ""
    expiring: bool = False
    page: int = 1
    size: int = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class ArticleRow:
    """An article by its newest version. ``published`` is the number of the newest published one;
    ``days_left`` until it is hidden where that is near, negative once it is."""

    id: ArticleId
    title: str
    category: str
    unit: str
    reach: Reach
    standing: Standing
    latest: int
    published: int | None
    owner: UnitId | None
    valid_to: dt.date | None
    days_left: int | None
    changed_at: dt.datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ArticlePage:
    """A part of the list. ``counts``: how many articles stand where; ``categories`` to choose."""

    rows: tuple[ArticleRow, ...]
    total: int
    size: int
    counts: Mapping[Standing, int]
    categories: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CameFrom:
    """Provenance: the entry of a unit's own base an article was taken from."""

    source: str
    external: str
    number: int
    taken_at: dt.datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ArticleFull:
    """An article as one reader sees it: the versions that they may see, oldest first.

    ``expected`` goes back with the next change. ``in_force`` is the number of the version that
    answers now, None where none does. ``acts`` are the buttons for the newest version; ``names``
    are those of authors and reviewers. ``reviewers_needed`` with the article that says so.
    """

    id: ArticleId
    expected: int
    versions: tuple[Version, ...]
    in_force: int | None
    sight: Sight
    """Of the newest version."""
    acts: tuple[KnowledgeAct, ...]
    may_edit: bool
    lacks: tuple[Lack, ...]
    reviewers_needed: int
    reviewers_article: str
    window: PolicyWindow | None
    same_day: str
    days_left: int | None
    origins: tuple[CameFrom, ...]
    corrections: tuple[Correction, ...]
    recalls_open: int
    names: Mapping[UserId, str]

    @property
    def latest(self) -> Version:
        return self.versions[-1]


@dataclass(frozen=True, slots=True, kw_only=True)
class ArticleSaved:
    """What an act made; ``expected`` goes back with the next one."""

    id: ArticleId
    number: int
    standing: Standing
    expected: int


class Knowledge(Protocol):
    """The articles."""

    async def browse(self, query: ArticleQuery, by: Person, at: dt.datetime) -> ArticlePage:
        """The articles this person works with, the last changed first. Agents and auditors browse
        those that were published once, officers their own unit's and the published."""

    async def one(self, article: str, by: Person, at: dt.datetime) -> ArticleFull:
        """Raises NoSuch where it does not exist or this person may see none of it."""

    async def answer(self, article: str, by: Person | None, at: dt.datetime) -> Version | None:
        """The version that answers this person now, decided on the database; None: anybody."""

    async def save(
        self,
        article: str | None,
        content: Content,
        *,
        expected: int,
        by: Person,
        at: dt.datetime,
    ) -> ArticleSaved:
        """Save a draft: of a new article (``article`` None or a new id, ``expected`` 0), or the
        next version of one. A version that was submitted is never changed."""

    async def act(
        self,
        article: str,
        number: int,
        act: KnowledgeAct,
        *,
        expected: int,
        by: Person,
        at: dt.datetime,
        note: str = "",
    ) -> ArticleSaved:
        """Submit, pass, return, publish, withdraw or discard. ``note`` is the reason of returning
        and withdrawing."""


# ------------------------------------------------------------------------------------------- work


Recalling = Literal["task", "with", "listed", "nobody"]
"""What a recall does about a call: a task of its own, one with a newer call of the same caller,
nothing more, nothing for want of a number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldCall:
    """A call in which a version stood beside the agent. ``adopted`` in these tickets of the call
    its wording became the answer; ``recalled``: somebody calls back about it already. ``agent``
    took the call, by name and number."""

    call: CallId
    at: dt.datetime
    caller: Phone
    dialable: bool
    tickets: tuple[TicketId, ...]
    adopted: tuple[TicketId, ...]
    recalled: bool
    agent: str = ""
    will: Recalling = "task"


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectionPage:
    """A part of the corrections. ``silence`` is said in place of dates where the city sets none,
    with the articles that were read."""

    rows: tuple[Correction, ...]
    titles: Mapping[str, str]
    total: int
    size: int
    silence: str


ContributionState = Literal["waiting", "taken", "declined"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ContributionView:
    """What somebody from outside offered. ``article`` is the draft it became."""

    id: str
    state: ContributionState
    question: str
    answer: str
    contact: str
    made_at: dt.datetime
    decided_at: dt.datetime | None
    article: str
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SynonymView:
    """Words that mean the same for search. ``expected`` goes back with the next change."""

    id: str
    words: tuple[str, ...]
    expected: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Unfound:
    """What was asked and not found."""

    words: str
    asked: int
    missed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ArticleUse:
    """How an article was used."""

    id: ArticleId
    title: str
    shown: int
    adopted: int
    wrong: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Insights:
    """What editors learn from, since a day. ``unused`` are published and were shown to nobody."""

    since: dt.date
    unfound: tuple[Unfound, ...]
    used: tuple[ArticleUse, ...]
    marked_wrong: tuple[ArticleUse, ...]
    unused: tuple[ArticleUse, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportLine:
    """One article of a file. ``row`` is its line or number in the file; ``problem`` empty where it
    can be taken; ``change`` is what taking it does."""

    row: int
    id: str
    title: str
    change: Literal["new", "changed", "same", "refused"]
    problem: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportPreview:
    """What a file would do, or did. Nothing is taken from a file with a refused line unless
    ``partly`` was asked for."""

    lines: tuple[ImportLine, ...]
    taken: bool = False

    def count(self, change: Literal["new", "changed", "same", "refused"]) -> int:
        return sum(1 for line in self.lines if line.change == change)


FileKind = Literal["xlsx", "csv", "md", "jsonl"]
UseKind = Literal["shown", "adopted", "wrong"]


class KnowledgeWork(Protocol):
    """Corrections, recalls, contributions, synonyms, what is learnt, files."""

    async def report(
        self, article: str, number: int, what: str, *, by: Person, key: str, at: dt.datetime
    ) -> Correction:
        """A mistake somebody found (查漏纠错). The same ``key`` again is the same report."""

    async def corrections(
        self, states: Sequence[CorrectionState], by: Person, at: dt.datetime, *, page: int = 1
    ) -> CorrectionPage:
        """For officers those of their unit; the nearest date first."""

    async def confirm(
        self, correction: str, unit: UnitId | None, *, by: Person, at: dt.datetime
    ) -> Correction:
        """It is wrong: the unit has it from now, and two working days where the city says so."""

    async def close(
        self, correction: str, *, fixed: bool, note: str, by: Person, at: dt.datetime
    ) -> Correction:
        """Put right (a newer version is published), or found to be no mistake."""

    async def told(self, article: str, number: int, by: Person) -> tuple[ToldCall, ...]:
        """Before a recall: the calls that this version was used in, newest first."""

    async def recall(
        self, article: str, number: int, calls: Sequence[CallId], by: Person, at: dt.datetime
    ) -> int:
        """Tasks to call these back, each call once; how many calls were new."""

    async def contribute(
        self, question: str, answer: str, contact: str, *, key: str, at: dt.datetime
    ) -> None:
        """From a public page, no log-in. Raises Objected where too many came today."""

    async def contributions(
        self, state: ContributionState | None, by: Person, *, page: int = 1
    ) -> tuple[tuple[ContributionView, ...], int]:
        """(a page of fifty, how many there are), the longest waiting first."""

    async def take(self, contribution: str, *, by: Person, at: dt.datetime) -> ArticleSaved:
        """It becomes a draft of the editor, who completes it; it is reviewed like any other."""

    async def decline(self, contribution: str, note: str, *, by: Person) -> None:
        """It does not become an article."""

    async def synonyms(self) -> tuple[SynonymView, ...]:
        """Every group."""

    async def put_synonyms(
        self, group: str | None, words: Sequence[str], *, expected: int, by: Person
    ) -> SynonymView:
        """A new group (None, 0) or a changed one."""

    async def remove_synonyms(self, group: str, *, by: Person) -> None:
        """It goes."""

    async def insights(self, since: dt.date) -> Insights:
        """What was asked and not found, what is used, never used, marked wrong."""

    async def asked(
        self, words: str, *, found: bool, at: dt.datetime, by: Person | None = None
    ) -> None:
        """Somebody searched by hand. The same by one person within minutes is one question."""

    async def used(self, article: str, kind: UseKind, at: dt.datetime) -> None:
        """An article was shown in a search, adopted into a reply, or marked wrong."""

    async def import_file(
        self,
        content: bytes,
        name: str,
        *,
        by: Person,
        at: dt.datetime,
        take: bool = False,
        partly: bool = False,
    ) -> ImportPreview:
        """Read XLSX, CSV, Markdown or JSONL. Without ``take`` nothing is kept. What is taken comes
        as submitted versions that wait for review."""

    async def export_file(self, kind: FileKind, by: Person) -> bytes:
        """Every article that this person may see, its version in force or else its newest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryTaken:
    """What became of an entry of a unit's own base. ``change`` is same where it was sent before."""

    article: ArticleId
    number: int
    change: Literal["new", "changed", "same"]


class KnowledgeDoor(Protocol):
    """Where units that keep their own base bring what is in it (河北 第十条（四）)."""

    async def take(self, token: str, external: str, entry: object, at: dt.datetime) -> EntryTaken:
        """One entry, by its id at the unit. What is new or changed waits for review. Raises
        NotAllowed for a token that opens nothing, Objected where too many come, BadInput,
        ImpossibleMove where an editor is working on the article."""
