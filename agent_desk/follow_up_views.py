"""Follow-ups (回访) as the desk shows them, and who keeps them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from agent_desk.views import Person
from hotline.words import CallId, Phone, TicketId, TicketType

RESULTS: dict[str, str] = {
    "busy": "占线",
    "no-answer": "无人接听",
    "unreachable": "关机或不通",
    "later": "请改时再打",
    "refused": "不愿接受回访",
}
"""How a try in vain ended, as the agent picks it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowUpRow:
    """One ticket whose caller is owed a follow-up. ``held_by`` is the name of who is about to call,
    ``mine`` whether that is the visitor."""

    ticket: TicketId
    type: TicketType
    summary: str
    confidential: bool
    unit_name: str
    why: str
    rating: str
    channel: str
    caller: Phone
    since: dt.datetime
    due_at: dt.datetime | None
    article: str
    held_by: str = ""
    mine: bool = False
    tries: int = 0
    result: str = ""
    tried_at: dt.datetime | None = None
    again_at: dt.datetime | None = None
    """When to call once more, after a try in vain."""
    joined_to: TicketId | None = None
    """The ticket that is handled for this one: its caller is answered for themselves."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowUpPage:
    """A part of the list; ``counts`` by reason, ``late`` past their time."""

    rows: tuple[FollowUpRow, ...]
    total: int
    counts: Mapping[str, int]
    late: int
    channels: tuple[str, ...]
    rule: str
    """What the city's pack says of follow-ups, in a line."""
    size: int = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowUpOne:
    """One follow-up with what to know before the call and what to write after it."""

    row: FollowUpRow
    version: int
    result: tuple[tuple[str, str], ...]
    """What the unit wrote when it asked to close, by label."""
    options: tuple[str, ...]
    """The ratings to choose from; empty where none is asked."""
    by_default: bool
    """The options are Jiesu's own, the city names none."""
    exceptions: tuple[tuple[str, str], ...]
    verify: bool
    dialable: bool
    call: CallId | None
    others: tuple[tuple[Phone, str], ...] = ()
    """The other callers of the matter, each with the ticket they told it by, answered as well."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """How a caller wants to be followed up (中山 第二十三条). Without ``options`` the city gives no
    choice; ``chosen`` is empty until the caller was asked."""

    options: tuple[str, ...]
    chosen: str
    article: str


class FollowUps(Protocol):
    """Who is to be followed up."""

    async def channel(self, ticket: TicketId) -> Channel:
        """The channel of a ticket's caller. Raises NoSuch."""

    async def choose(self, ticket: TicketId, channel: str, who: Person, at: dt.datetime) -> None:
        """Write down what the caller chose. Raises BadInput, NoSuch."""

    async def page(
        self, who: Person, *, why: str, channel: str, number: int, at: dt.datetime
    ) -> FollowUpPage:
        """The least time left first."""

    async def one(self, ticket: TicketId, who: Person, at: dt.datetime) -> FollowUpOne:
        """One of them. Raises NoSuch where nothing is owed any more."""

    async def claim(self, ticket: TicketId, who: Person, at: dt.datetime) -> None:
        """Take it for a while. Raises ImpossibleMove where somebody else has it, NoSuch."""

    async def dial(self, ticket: TicketId, who: Person, at: dt.datetime) -> None:
        """Take it, ring the agent's own telephone, then the citizen. Raises ImpossibleMove, NoSuch,
        NotAllowed for who has no seat."""

    async def give_back(self, ticket: TicketId, who: Person, result: str) -> None:
        """Not reached, with a code of RESULTS, or only given back (empty). Raises BadInput."""

    async def done(
        self,
        ticket: TicketId,
        who: Person,
        form: Mapping[str, str],
        *,
        version: int,
        at: dt.datetime,
    ) -> None:
        """Write the outcome onto the ticket, with the rating where one was given. Raises BadInput,
        ImpossibleMove, NoSuch, Objected."""
