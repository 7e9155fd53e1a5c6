"""One matter, several tickets: told again, told with new facts, joined to another (并单).

A joined ticket ends, but whoever told it is answered: the callers of a matter are those of its main
ticket and of every ticket joined to it. Nothing here undoes a joining: no regulation knows that.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from hotline.errors import BadInput
from hotline.handling_words import LIMIT_OVER, Stage
from hotline.words import CallId, Phone, TicketId

STILL_JOINS_D: Final = 30
"""Days after its end during which others may still be joined to a ticket; Jiesu's own default
(系统默认): no regulation sets one. After that it is a new matter."""
JOINING: Final = "同一件事原则上并入同一件工单（系统默认，本市办法未规定）"
_NO_MAIN: Final = frozenset(
    {Stage.REFUSED, Stage.WITHDRAWN, Stage.MOVED, Stage.ANSWERED, Stage.MERGED, Stage.ARCHIVED}
)


class Tie(StrEnum):
    """How a ticket belongs to an earlier one."""

    JOINED = "joined"
    """并单: the other is handled for both."""
    AGAIN = "again"
    """The same caller told the same without new facts: told the progress, not opened anew."""
    NEW_FACTS = "new-facts"
    """The same matter with new facts (新情况): a ticket of its own that names the earlier one."""


@dataclass(frozen=True, slots=True)
class Link:
    """A ticket belongs to another one."""

    ticket: TicketId
    other: TicketId
    tie: Tie
    at: dt.datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What a joining looks at of one ticket. ``over_at`` is when its handling ended."""

    number: TicketId
    stage: Stage
    over_at: dt.datetime | None = None
    joined_to: TicketId | None = None


def check_joining(own: TicketId, main: Standing, at: dt.datetime) -> None:
    """Whether ``own`` can be joined to ``main`` at ``at``. Raises BadInput with one sentence."""
    if own == main.number:
        raise BadInput("code", "不能并入自己，请写另一件工单的编号")
    if main.joined_to is not None:
        if main.joined_to == own:
            raise BadInput("code", f"{main.number}已并入本件，不能再反过来并，请核对编号")
        raise BadInput("code", f"{main.number}已并入{main.joined_to}，请并入{main.joined_to}")
    if main.stage in _NO_MAIN:
        why = f"{main.number}是“{main.stage}”，不再办理，不能并入"
        raise BadInput("code", f"{why}，请另行登记或选在办的一件")
    if main.stage in LIMIT_OVER and main.over_at is not None:
        days = (at - main.over_at).days
        if days > STILL_JOINS_D:
            why = f"{main.number}办结已{days}天，超过{STILL_JOINS_D}天的不再并入"
            raise BadInput("code", f"{why}，请作为新的一件办理")


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """One time somebody told a matter: by which ticket, when, who (``phone`` withheld: unknown)."""

    ticket: TicketId
    at: dt.datetime
    phone: Phone
    contact: str = ""
    call: CallId | None = None
    tie: Tie | None = None
    """How its ticket belongs to the main one; None: it is the main one."""


@dataclass(frozen=True, slots=True)
class MatterCaller:
    """One caller of a matter, who gets one answer and one follow-up however often they called.
    ``tickets`` are theirs, the main one first; a caller without a number is one for each ticket."""

    phone: Phone
    contact: str
    tickets: tuple[TicketId, ...]
    last_told_at: dt.datetime
    call: CallId | None = None


def callers_of(tellings: Iterable[Telling]) -> tuple[MatterCaller, ...]:
    """Who is to be answered, in the order in which they first told it. The newest name stands."""
    found: dict[str, list[Telling]] = {}
    for one in sorted(tellings, key=lambda telling: (telling.at, telling.ticket)):
        key = one.ticket if one.phone.withheld else one.phone.digits
        found.setdefault(key, []).append(one)
    return tuple(_caller(mine) for mine in found.values())


def _caller(mine: Sequence[Telling]) -> MatterCaller:
    tickets = dict.fromkeys(one.ticket for one in mine)
    named = [one.contact for one in mine if one.contact]
    return MatterCaller(
        phone=mine[-1].phone,
        contact=named[-1] if named else "",
        tickets=tuple(tickets),
        last_told_at=mine[-1].at,
        call=mine[-1].call,
    )


@dataclass(frozen=True, slots=True)
class Repeated:
    """How often one matter was told within a window, and by how many callers. Calls without a
    number count one caller each: two of them are never known to be the same."""

    times: int
    callers: int
    since: dt.datetime


def repeated(tellings: Iterable[Telling], since: dt.datetime) -> Repeated:
    """The count of a matter from ``since`` on (aware), for supervision (重复投诉)."""
    within = [one for one in tellings if one.at >= since]
    return Repeated(len(within), len(callers_of(within)), since)
