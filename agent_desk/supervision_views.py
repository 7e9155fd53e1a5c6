"""Supervision (督办) as its pages and papers show it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from agent_desk.views import Person
from hotline.words import Article, TicketId, TicketType, UnitId


@dataclass(frozen=True, slots=True, kw_only=True)
class SupervisionForm:
    """One paper that was issued, with everything that is printed on it.

    ``number`` is its own, e.g. ``督办单〔2026〕3号``; ``texts`` are (label, words) as written, in
    the order of the form, signer included; ``evidence`` are lines of what shows it; ``term_note``
    says that the regulation sets no time for the answer.
    """

    number: str
    form: str
    issuer: str
    issued_at: dt.datetime
    unit_name: str
    ticket: TicketId | None
    cause: str
    article: Article | None
    texts: tuple[tuple[str, str], ...]
    evidence: tuple[str, ...]
    answer_by: dt.date | None
    term_note: str
    city_name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SupervisionRow:
    """One matter in the list. ``rung`` is the body whose turn it is; ``late``: the day set for the
    answer is past; ``proposal`` says why the next rung is proposed, empty where it is not."""

    id: int
    what: str
    article: str
    ticket: TicketId | None
    unit_name: str
    state: str
    rung: str
    form_number: str
    raised_at: dt.datetime
    answer_by: dt.date | None
    late: bool
    summary: str = ""
    """What its ticket is about; empty of a confidential one."""
    proposal: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SupervisionPage:
    """A page of the list, with how many matters are in each state."""

    rows: tuple[SupervisionRow, ...]
    counts: Mapping[str, int]
    total: int
    number: int
    size: int
    rungs: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class StepShown:
    """One line of the timeline of a matter; ``form_number`` where a paper went out with it."""

    at: dt.datetime
    what: str
    who: str
    body: str
    texts: tuple[tuple[str, str], ...]
    form_number: str = ""
    answer_by: dt.date | None = None
    article: str = ""
    refused: bool = False
    number: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class StepField:
    """One thing the form of a step asks for; ``value`` is what stands in it at first."""

    name: str
    label: str
    kind: str
    options: tuple[tuple[str, str], ...] = ()
    needed: bool = True
    value: str = ""
    hint: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StepForm:
    """What can be done: ``key`` tells the forms of one step apart (a paper each); ``why`` it is not
    possible now."""

    step: str
    key: str
    title: str
    why: str = ""
    fields: tuple[StepField, ...] = ()
    proposed: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SupervisionFull:
    """One matter, whole."""

    id: int
    version: int
    row: SupervisionRow
    document: str
    quote: str
    raised_by: str
    ladder: tuple[str, ...]
    level: int
    ladder_article: Article | None
    evidence: tuple[str, ...]
    others: tuple[TicketId, ...]
    steps: tuple[StepShown, ...]
    forms: tuple[StepForm, ...]
    papers: tuple[SupervisionForm, ...]
    unit: UnitId | None
    ticket_summary: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RaiseForm:
    """What somebody may raise by hand: cases (code, words), units (code, name)."""

    cases: tuple[tuple[str, str], ...]
    units: tuple[tuple[str, str], ...]
    silent: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditRow:
    """A ticket on which somebody waits for a decision. ``waits`` is what is asked, ``since`` when,
    ``words`` the reasons given; ``rung`` whose decision it is in a dispute."""

    number: TicketId
    type: TicketType
    summary: str
    waits: str
    since: dt.datetime | None
    words: str
    unit_name: str
    due_at: dt.datetime | None
    provisional: bool
    rung: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditPage:
    """The queue, the least time left first."""

    rows: tuple[AuditRow, ...]
    counts: Mapping[str, int]
    total: int
    number: int
    size: int


class Supervisions(Protocol):
    """The supervision of this city."""

    async def page(
        self, who: Person, at: dt.datetime, *, state: str, level: int | None, number: int
    ) -> SupervisionPage:
        """Matters, those of an officer's own unit only, the longest waiting first."""

    async def one(self, matter: int, who: Person, at: dt.datetime) -> SupervisionFull:
        """One matter. Raises NoSuch, NotAllowed."""

    async def step(
        self,
        matter: int,
        step: str,
        given: Mapping[str, str],
        *,
        who: Person,
        version: int,
        at: dt.datetime,
    ) -> None:
        """Take a step and commit it. Raises a HotlineError with one sentence where it is not
        possible, BadInput where the matter was changed since ``version``."""

    async def raising(self, at: dt.datetime) -> RaiseForm:
        """What may be raised by hand."""

    async def raise_matter(self, given: Mapping[str, str], *, who: Person, at: dt.datetime) -> int:
        """Raise a matter by hand (case, unit or ticket, reason); its id. Raises BadInput."""

    async def queue(self, who: Person, *, waits: str, number: int) -> AuditPage:
        """Tickets that wait for an audit or a decision of this person's."""
