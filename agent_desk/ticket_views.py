"""Tickets as the desk is given them to show, as plain data."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field

from agent_desk.aids import Evidence
from hotline.words import Article, CallId, Day, Phone, TicketId, TicketType, UnitId, UserId


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """A handling unit (承办单位)."""

    id: UnitId
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DueDate:
    """A due date with its reason, or that the city sets none.

    ``due_at`` None: 本市办法未规定办理期限, ``searched`` are the articles that were read. ``limit``
    is the limit in words (15 个工作日); ``days`` are the counted days.
    """

    due_at: dt.datetime | None
    start_at: dt.datetime | None = None
    limit: str = ""
    provisional: bool = False
    article: Article | None = None
    days: int | None = None
    derivation: tuple[Day, ...] = ()
    notes: tuple[str, ...] = ()
    searched: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketRow:
    """A ticket in the list 工单."""

    number: TicketId
    type: TicketType
    summary: str
    unit_name: str
    status: str
    opened_at: dt.datetime
    due_at: dt.datetime | None
    by: UserId
    provisional: bool = False
    confidential: bool = False
    supervised: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketQuery:
    """What the list 工单 is asked for; empty means any. Pages count from 1, 50 a page."""

    type: TicketType | None = None
    status: str = ""
    unit: UnitId | None = None
    number: str = ""
    phone: Phone | None = None
    no_limit: bool = False
    overdue: bool = False
    due_today: bool = False
    due_soon: bool = False
    words: str = ""
    """Every word of it stands in the texts, the category or what was written at an act."""
    phone_end: str = ""
    """The last digits of the contact's or the caller's number."""
    category: str = ""
    opened_from: dt.date | None = None
    opened_to: dt.date | None = None
    """Both days are in it."""
    by_phone: bool | None = None
    supervised: bool | None = None
    confidential: bool | None = None
    opened_by: UserId | None = None
    me: UserId | None = None
    """Whose list it is: 我登记的 are counted for them."""
    scope: UnitId | None = None
    """The unit of somebody who sees the tickets of one unit only."""
    secrets_of: UserId | None = None
    """Words and numbers of confidential tickets are searched only where this person wrote them
    down; None: everywhere."""
    page: int = 1
    page_size: int = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketPage:
    """One page of tickets: those without a limit (待定期限) first, then by due date, last those
    whose limit is over. The numbers are of all in the scope, whatever was asked for."""

    rows: tuple[TicketRow, ...]
    total: int
    no_limit: int
    """How many of all open tickets wait for a limit to be set."""
    overdue: int = 0
    due_today: int = 0
    due_soon: int = 0
    supervised: int = 0
    mine: int = 0
    by_status: Mapping[str, int] = field(default_factory=dict)
    """How many stand in each status: of the unit asked for, else of all."""
    hits: int | None = None
    """How many the words or digits found in all, where more than are listed."""
    known: float = 1.0
    """Which share of the tickets was searched so far, after a start."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketAct:
    """One line of the timeline of a ticket."""

    at: dt.datetime
    what: str
    who: str
    body: str
    text: str = ""
    article: str = ""
    refused: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownArticle:
    """An article of the knowledge base as an agent saw it beside a call; ``adopted``: its wording
    was taken for the answer to this ticket."""

    article: str
    version: int
    title: str
    internal: bool
    at: dt.datetime
    adopted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketFull:
    """One ticket with everything its page says. ``evidence`` holds the slots whose value the
    words of the call gave; ``shown`` the articles beside that call."""

    number: TicketId
    type: TicketType
    status: str
    summary: str
    category: str
    address: str
    happened: str
    contact: str
    phone: Phone
    confidential: bool
    unit_name: str
    opened_at: dt.datetime
    due: DueDate
    unit: UnitId | None = None
    call: CallId | None
    by: UserId
    by_name: str
    policy_version: str
    acts: tuple[TicketAct, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    shown: tuple[ShownArticle, ...] = ()
    reply: str = ""
    """What the caller was told at intake, where that did not close it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketSaved:
    """A saved ticket: committed, so it may be promised."""

    number: TicketId
    type: TicketType
    due: DueDate
    said: str = ""
    """What the desk says in place of the date where the form opened no ordinary ticket."""
