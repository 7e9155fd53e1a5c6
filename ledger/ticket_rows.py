"""What a ticket looks like on its way into the ledger and out of it."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal

from hotline.facts import TicketFact
from hotline.matters import Link
from hotline.words import Deadline, Phone, Ticket, TicketId, TicketType, UnitId, UserId
from ledger.follow_ups import FollowUpDue
from ledger.rows import from_json

if TYPE_CHECKING:
    from sqlalchemy import Row

SLOTS: Final = ("summary", "address", "happened", "contact", "phone")
"""The texts of a ticket that may name a person; each is encrypted. Others may be added."""


@dataclass(frozen=True, slots=True)
class TicketSave:
    """What one act leaves behind. ``ticket`` is the state after it (its ``version`` is set here).

    ``texts`` are the slots that change; ``category`` None leaves it; ``searched`` are the articles
    that were searched where the city sets no limit; ``messages`` go to the outbox as (topic, JSON).
    ``look_at`` is when time may next bring something to it, ``dues`` what the clock raises with it,
    ``links`` to which tickets it belongs from now on.
    ``follow_up`` is the one the ticket owes now, None leaves that.
    ``policy_text`` is the text of the ticket's policy version, where it may not be kept yet.
    """

    ticket: Ticket
    facts: tuple[TicketFact, ...]
    by: UserId
    what: str
    texts: Mapping[str, str] = field(default_factory=dict)
    category: str | None = None
    confidential: bool | None = None
    searched: tuple[str, ...] = ()
    messages: tuple[tuple[str, Any], ...] = ()
    policy_text: str = ""
    look_at: dt.datetime | None = None
    dues: tuple[TicketDue, ...] = ()
    follow_up: tuple[FollowUpDue, ...] | None = None
    links: tuple[Link, ...] = ()


RECOUNTED: Final = "calendar-"
"""How the key of a :class:`TicketDue` begins that tells a recount by a new calendar."""


@dataclass(frozen=True, slots=True)
class TicketDue:
    """Something the clock raised on a ticket. ``key`` once a ticket; ``act`` is the number of what
    the clock did about it among the ticket's acts, None where it is left to people."""

    key: str
    at: dt.datetime
    what: str
    document: str
    article: str
    act: int | None


@dataclass(frozen=True, slots=True)
class StoredTicket:
    """A ticket as it is kept: the state, its texts (opened), and what stands beside them."""

    ticket: Ticket
    texts: Mapping[str, str]
    category: str
    confidential: bool
    opened_by: UserId
    searched: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ListedTicket:
    """A ticket in a list. The summary of a confidential one is not in lists."""

    id: TicketId
    type: TicketType
    status: str
    category: str
    summary: str
    unit: UnitId | None
    opened_at: dt.datetime
    due_at: dt.datetime | None
    provisional: bool
    confidential: bool
    opened_by: UserId
    supervised: bool


@dataclass(frozen=True, slots=True)
class TicketFilter:
    """Which tickets; an empty field does not restrict. ``number`` may be its beginning, with or
    without the dash; ``phone`` finds the contact's and the caller's number."""

    statuses: Collection[str] = ()
    but_statuses: Collection[str] = ()
    """Statuses to leave out."""
    types: Collection[TicketType] = ()
    units: Collection[UnitId] = ()
    opened_by: UserId | None = None
    opened_from: dt.datetime | None = None
    opened_before: dt.datetime | None = None
    due_before: dt.datetime | None = None
    limit: Literal["set", "pending", ""] = ""
    number: str = ""
    phone: Phone | None = None
    due_from: dt.datetime | None = None
    category: str = ""
    by_phone: bool | None = None
    """Opened from a call, or not."""
    supervised: bool | None = None
    confidential: bool | None = None
    numbers: Collection[TicketId] | None = None
    """These only; bounded by who asks."""
    secrets_of: UserId | None = None
    """Confidential ones only where this person opened them."""


@dataclass(frozen=True, slots=True)
class Overview:
    """How many tickets stand where. All but ``by_status`` and ``mine`` are of those whose limit
    runs: ``pending`` without one, ``overdue`` past it, ``today`` and ``soon`` before it."""

    by_status: Mapping[str, int]
    pending: int
    overdue: int
    today: int
    soon: int
    supervised: int
    mine: int


@dataclass(frozen=True, slots=True)
class TicketCounts:
    """How many tickets a filter finds: all, without a limit (待定期限), past their due date."""

    total: int
    pending: int
    overdue: int
    by_status: Mapping[str, int]


def full_number(text: str) -> str:
    """A ticket number or its beginning: ``20260928000123`` and ``20260928-000123`` alike."""
    digits = text.strip().replace("-", "").replace(" ", "")
    return f"{digits[:8]}-{digits[8:]}" if len(digits) > 8 else digits


def ticket_of(row: Row[Any]) -> Ticket:
    """The state kept in a row of tickets."""
    deadline = from_json(Deadline, json.loads(row.deadline)) if row.deadline else None
    return Ticket(
        id=row.id,
        city=row.city,
        type=TicketType(row.type),
        status=row.status,
        opened_at=row.opened_at,
        policy_version=row.policy_version,
        call=row.call,
        unit=row.unit,
        deadline=deadline,
        version=row.version,
        acts=tuple(json.loads(row.acts)),
    )


def listed(row: Row[Any], summary: str) -> ListedTicket:
    """A row of tickets as a list shows it."""
    return ListedTicket(
        row.id,
        TicketType(row.type),
        row.status,
        row.category,
        "" if row.confidential else summary,
        row.unit,
        row.opened_at,
        row.due_at,
        row.provisional,
        row.confidential,
        row.opened_by,
        row.supervised,
    )
