"""The handling of a ticket as its page shows it: what was done, what can be done, why not."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from agent_desk.ticket_views import DueDate, TicketAct
from agent_desk.views import Person
from hotline.words import Article, TicketId


@dataclass(frozen=True, slots=True, kw_only=True)
class FormField:
    """One thing the form of an act asks for. ``options`` are (value, words). ``by_rule``: the city
    demands it, and the refusal of an act without it names the article."""

    name: str
    label: str
    kind: Literal["text", "long", "one", "several", "number", "tick"]
    options: tuple[tuple[str, str], ...] = ()
    needed: bool = True
    by_rule: bool = False
    hint: str = ""
    value: str = ""
    """What stands in it before anybody writes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ActForm:
    """An act of this stage: with its form, or ``why`` it is not possible now (the sentence names
    the article)."""

    act: str
    why: str = ""
    fields: tuple[FormField, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DateTurn:
    """One thing that bore on the due date, and the date as it stood after it."""

    at: dt.datetime
    what: str
    due_at: dt.datetime | None
    article: Article | None
    note: str
    effect: Literal["start", "anew", "longer", "kept"] = "kept"


@dataclass(frozen=True, slots=True, kw_only=True)
class SideClock:
    """A short clock beside the due date, e.g. 签收: until when, and every day of it; no days: it
    runs by the hour, through nights and holidays, or backwards from the due date."""

    duty: str
    due: DueDate


@dataclass(frozen=True, slots=True, kw_only=True)
class TieShown:
    """How the ticket belongs to another one, or what was proposed at intake. ``open``: the other
    one may be opened by who reads this."""

    text: str
    at: dt.datetime
    number: str = ""
    open: bool = True
    summary: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class HandlingNow:
    """Everything the page says of the handling. ``version`` is what the forms were made for;
    ``note`` a sentence where the rules the ticket was opened under are not kept."""

    version: int
    forms: tuple[ActForm, ...]
    turns: tuple[DateTurn, ...]
    acts: tuple[TicketAct, ...]
    note: str = ""
    ties: tuple[TieShown, ...] = ()
    clocks: tuple[SideClock, ...] = ()
    notices: tuple[str, ...] = ()
    """The State Council's notices that the days of the due date stand on."""


class Handlings(Protocol):
    """The handling of tickets."""

    async def now(self, number: TicketId, who: Person, at: dt.datetime) -> HandlingNow:
        """What was done, and what this person could do. Raises NoSuch."""

    async def act(
        self,
        number: TicketId,
        act: str,
        form: Mapping[str, Sequence[str]],
        *,
        who: Person,
        version: int,
        at: dt.datetime,
    ) -> None:
        """Do it and commit. Raises a HotlineError with one sentence where it is not possible, and
        BadInput where the ticket was changed since the form was made (``version``)."""
