"""Who is to be followed up (回访), and who is about to do it.

One row a ticket, written with the act that makes it owed and taken away with the act that settles
it. A claim keeps two agents from calling about one matter; it ends by itself.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, Row, delete, func, or_, select, update

from hotline.errors import NoSuch
from hotline.words import CallId, TicketId, UserId
from ledger import message_tables as t
from ledger.book import Page
from ledger.database import Database

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection


@dataclass(frozen=True, slots=True)
class FollowUpDue:
    """What is owed, as the rules said when the last act was decided."""

    why: str
    since: dt.datetime
    due_at: dt.datetime | None
    document: str
    article: str
    channel: str
    rating: str


@dataclass(frozen=True, slots=True)
class FollowUp:
    """A row of the list. ``call`` is the latest call about it, ``result`` how a vain one ended."""

    ticket: TicketId
    due: FollowUpDue
    claimed_by: UserId | None
    claimed_until: dt.datetime | None
    call: CallId | None
    tries: int
    result: str
    tried_at: dt.datetime | None

    def held_by_another(self, who: str, now: dt.datetime) -> bool:
        """Whether somebody else is about to call."""
        held = self.claimed_until is not None and self.claimed_until > now
        return held and self.claimed_by != who


class FollowUps:
    """The list of one city."""

    def __init__(self, database: Database, city: str) -> None:
        self._database = database
        self._city = city

    async def set_in(
        self, connection: AsyncConnection, ticket: TicketId, owed: Sequence[FollowUpDue] | None
    ) -> None:
        """In the transaction of an act: None leaves it, an empty one settles it. What is owed for
        the same reason since the same time keeps its claim and its tries."""
        if owed is None:
            return
        c = t.follow_ups.c
        mine = (c.city == self._city) & (c.ticket == ticket)
        if not owed:
            await connection.execute(delete(t.follow_ups).where(mine))
            return
        row = asdict(owed[0])
        other = mine & ((c.why != owed[0].why) | (c.since != owed[0].since))
        await connection.execute(delete(t.follow_ups).where(other))
        await self._database.upsert(
            connection, t.follow_ups, [{"city": self._city, "ticket": ticket, **row}]
        )

    async def page(
        self, *, why: str = "", channel: str = "", number: int = 1, size: int = 20
    ) -> Page[FollowUp]:
        """A part of the list: the least time left first; what has no time after it, by its age."""
        c = t.follow_ups.c
        wanted = self._wanted(why, channel)
        order = (c.due_at.asc().nulls_last(), c.since.asc(), c.ticket)
        query = select(t.follow_ups).where(*wanted).order_by(*order)
        count = select(func.count()).select_from(t.follow_ups).where(*wanted)
        async with self._database.read() as connection:
            total = (await connection.execute(count)).scalar_one()
            rows = await connection.execute(query.limit(size).offset((number - 1) * size))
            items = tuple(_follow_up(row) for row in rows)
        return Page(items, number, size, total)

    def _wanted(self, why: str, channel: str) -> list[ColumnElement[bool]]:
        c = t.follow_ups.c
        wanted = [c.city == self._city]
        if why:
            wanted.append(c.why == why)
        if channel:
            wanted.append(c.channel == channel)
        return wanted

    async def counts(self, now: dt.datetime) -> tuple[dict[str, int], int]:
        """How many by reason, and how many are past their time."""
        c = t.follow_ups.c
        mine = c.city == self._city
        by_why = select(c.why, func.count()).where(mine).group_by(c.why)
        late = select(func.count()).select_from(t.follow_ups).where(mine, c.due_at < now)
        async with self._database.read() as connection:
            rows = {row[0]: int(row[1]) for row in await connection.execute(by_why)}
            return rows, int((await connection.execute(late)).scalar_one())

    async def load(self, ticket: TicketId) -> FollowUp:
        """What a ticket owes. Raises NoSuch where it owes nothing."""
        async with self._database.read() as connection:
            row = (
                await connection.execute(select(t.follow_ups).where(self._mine(ticket)))
            ).one_or_none()
        if row is None:
            raise NoSuch("待回访的工单", ticket)
        return _follow_up(row)

    async def owing(self, ticket: TicketId) -> tuple[FollowUpDue, ...]:
        """What a ticket owes, nobody's name beside it; nothing where it owes nothing."""
        try:
            return ((await self.load(ticket)).due,)
        except NoSuch:
            return ()

    async def claim(
        self, ticket: TicketId, *, by: str, until: dt.datetime, now: dt.datetime
    ) -> bool:
        """Take it for one person; False where another has it, or it is not owed any more."""
        c = t.follow_ups.c
        free = or_(c.claimed_until.is_(None), c.claimed_until <= now, c.claimed_by == by)
        return await self._change(ticket, free, claimed_by=by, claimed_until=until)

    async def called(self, ticket: TicketId, *, by: str, call: CallId, at: dt.datetime) -> None:
        """A call about it began."""
        c = t.follow_ups.c
        tries = func.coalesce(c.tries, 0) + 1
        await self._change(ticket, c.claimed_by == by, call=call, tries=tries, tried_at=at)

    async def give_back(self, ticket: TicketId, *, by: str, result: str = "") -> None:
        """Not done: others may take it. ``result`` is how the try ended, where there was one."""
        values: dict[str, Any] = {"claimed_by": None, "claimed_until": None}
        if result:
            values["result"] = result
        # The end of the call may have freed it before.
        c = t.follow_ups.c
        await self._change(ticket, or_(c.claimed_by == by, c.claimed_by.is_(None)), **values)

    async def _change(self, ticket: TicketId, only: ColumnElement[bool], **values: Any) -> bool:
        change = update(t.follow_ups).where(self._mine(ticket), only)
        async with self._database.write() as connection:
            return (await connection.execute(change.values(**values))).rowcount == 1

    def _mine(self, ticket: TicketId) -> ColumnElement[bool]:
        return (t.follow_ups.c.city == self._city) & (t.follow_ups.c.ticket == ticket)


def _follow_up(row: Row[Any]) -> FollowUp:
    due = FollowUpDue(
        why=row.why,
        since=row.since,
        due_at=row.due_at,
        document=row.document,
        article=row.article,
        channel=row.channel,
        rating=row.rating,
    )
    return FollowUp(
        ticket=TicketId(row.ticket),
        due=due,
        claimed_by=UserId(row.claimed_by) if row.claimed_by else None,
        claimed_until=row.claimed_until,
        call=CallId(row.call) if row.call else None,
        tries=row.tries or 0,
        result=row.result or "",
        tried_at=row.tried_at,
    )
