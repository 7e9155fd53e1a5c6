"""Complaints that come back after they were ended (肇庆高新区 第十七条（二）: 办理完毕后多次反弹，
诉求人重复投诉), counted by what belongs to one matter: told again, joined, with new facts.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from hotline.handling import Handling
from hotline.matters import Repeated, Telling, Tie, repeated
from hotline.words import TicketId, TicketType, UnitId
from ledger.store import Ledger

BOUNCES: Final = 2
"""多次反弹: from so many tellings after an end on, a complaint has come back. The regulation gives
no number; Jiesu's own default (系统默认)."""
WITHIN: Final = dt.timedelta(days=365)
"""How far back; Jiesu's own default."""
_OWN: Final = (None, Tie.NEW_FACTS)
"""Tickets that are handled for themselves."""


@dataclass(frozen=True, slots=True)
class ComesBack:
    """A complaint told again after it had been ended. ``ticket`` is the newest of the matter that
    is handled for itself, ``others`` the rest, oldest first."""

    ticket: TicketId
    unit: UnitId | None
    others: tuple[TicketId, ...]
    count: Repeated


def bounces(
    tellings: Sequence[Telling], closed: Mapping[TicketId, dt.datetime | None]
) -> list[Telling]:
    """The tellings at which every earlier ticket of the matter had been ended; one that asks how it
    goes is none. ``closed``: when each that is handled for itself was ended, None while it is not.
    """

    def over(by: TicketId, at: dt.datetime) -> bool:
        ended = closed[by]
        return ended is not None and ended <= at

    found = []
    for one in sorted(tellings, key=lambda telling: (telling.at, telling.ticket)):
        before = [other.ticket for other in tellings if other.tie in _OWN and other.at < one.at]
        if before and all(over(other, one.at) for other in before):
            found.append(one)
    return found


async def comes_back(
    ledger: Ledger,
    ticket: TicketId,
    now: dt.datetime,
    read: Callable[[TicketId], Awaitable[Handling]],
) -> ComesBack | None:
    """Whether the matter that ``ticket`` belongs to has come back. Raises NoSuch."""
    first = await ledger.tickets.links.first_of(ticket)
    if (await ledger.tickets.load(first)).ticket.type is not TicketType.COMPLAINT:
        return None
    tellings = await ledger.tickets.links.tellings(first)
    own = {one.ticket: await read(one.ticket) for one in tellings if one.tie in _OWN}
    ended = {number: handling.closed_at for number, handling in own.items()}
    count = repeated(bounces(tellings, ended), now - WITHIN)
    if count.times < BOUNCES:
        return None
    newest = max(own)
    units = [own[number].unit for number in sorted(own, reverse=True) if own[number].unit]
    others = tuple(sorted(one.ticket for one in tellings if one.ticket != newest))
    return ComesBack(newest, units[0] if units else None, others, count)
