"""What a handling unit meets after its log-in, as plain data."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal, Protocol

from agent_desk.views import Person
from hotline.words import Article, TicketId, TicketType

PortalGroup = Literal[
    "todo",
    "sign",
    "returned",
    "redo",
    "soon",
    "contact",
    "window",
    "assist",
    "asked-return",
    "asked-extension",
    "asked-close",
    "all",
]
NOW: Final[Mapping[PortalGroup, str]] = {
    "todo": "全部要办的",
    "sign": "待签收",
    "returned": "办结被退回",
    "redo": "重办",
    "soon": "三日内到期和逾期",
    "contact": "待首次联系",
    "window": "还可申请退回",
    "assist": "协办待报",
}
ASKED: Final[Mapping[PortalGroup, str]] = {
    "asked-return": "退回待审",
    "asked-extension": "延期待审",
    "asked-close": "办结待审",
}
GROUPS: Final[Mapping[PortalGroup, str]] = {**NOW, **ASKED, "all": "全部在办"}
PAGE_SIZE: Final = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class PortalRow:
    """One ticket of the unit. ``step`` is what the unit does next, ``by`` until when (None: the
    city sets no limit), by which ``article``; ``return_by`` until when it may be given back."""

    number: TicketId
    type: TicketType
    summary: str
    status: str
    lead: bool
    lead_name: str
    received_at: dt.datetime
    due_at: dt.datetime | None
    provisional: bool
    step: str
    by: dt.datetime | None
    article: Article | None = None
    return_by: dt.datetime | None = None
    confidential: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PortalNotice:
    """Something the unit is told of one of its tickets."""

    ticket: TicketId
    act: int
    what: str
    at: dt.datetime
    seen: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PortalNow:
    """The unit's own page: counts by group, one page of one group, the newest notices."""

    unit_name: str
    counts: Mapping[PortalGroup, int]
    rows: tuple[PortalRow, ...]
    total: int
    notices: tuple[PortalNotice, ...] = ()
    unseen: int = 0
    people: tuple[tuple[str, str], ...] = field(default=())
    """Who answers for the unit: (what, name)."""


class Portal(Protocol):
    """The tickets of one unit."""

    async def now(self, who: Person, group: PortalGroup, page: int, at: dt.datetime) -> PortalNow:
        """The page of an officer's unit. Raises NoSuch where their account names none."""

    async def note(self, who: Person, seen: Sequence[tuple[TicketId, int]]) -> None:
        """These notices were noted."""
