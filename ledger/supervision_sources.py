"""What the ledger knows that may call for supervision: what the clock raised, matters that come
back (肇庆高新区 第十七条（二）)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import and_, func, or_, select

from hotline.handling_words import FINAL, LIMIT_OVER
from hotline.words import TicketId, TicketType, UnitId
from ledger import tables as t
from ledger.database import Database
from ledger.supervision_tables import supervision_matters


@dataclass(frozen=True, slots=True)
class RaisedDue:
    """Something the clock raised on a ticket, of which no matter of supervision was made yet."""

    ticket: TicketId
    key: str
    at: dt.datetime
    what: str
    document: str
    article: str

    @property
    def source(self) -> str:
        """What the matter is raised under, once."""
        return f"{self.ticket}:{self.key}"

    @property
    def kind(self) -> str:
        """``overdue`` of ``overdue-20261109T160000``."""
        return self.key.rsplit("-", 1)[0]


@dataclass(frozen=True, slots=True)
class ComesBack:
    """A complaint that follows others of one person on one matter, which were ended before it."""

    ticket: TicketId
    unit: UnitId | None
    opened_at: dt.datetime
    earlier: tuple[TicketId, ...]


class SupervisionSources:
    """Reads for the sweep of one city."""

    def __init__(self, database: Database, city: str) -> None:
        self._database = database
        self._city = city

    async def dues(
        self, since: dt.datetime, kinds: Collection[str], *, limit: int
    ) -> Sequence[RaisedDue]:
        """What was raised from ``since`` on, of these kinds, without a matter, on tickets that are
        not at their end; oldest first."""
        c, m = t.ticket_dues.c, supervision_matters.c
        source = c.ticket + ":" + c.key
        query = (
            select(c.ticket, c.key, c.at, c.what, c.document, c.article)
            .outerjoin(supervision_matters, and_(m.city == c.city, m.source == source))
            .join(t.tickets, and_(t.tickets.c.city == c.city, t.tickets.c.id == c.ticket))
            .where(
                c.city == self._city,
                c.at >= since,
                m.id.is_(None),
                t.tickets.c.status.not_in([one.value for one in FINAL]),
                or_(*(c.key.startswith(f"{kind}-", autoescape=True) for kind in kinds)),
            )
            .order_by(c.at, c.ticket, c.key)
            .limit(limit)
        )
        async with self._database.read() as connection:
            return [RaisedDue(*row) for row in (await connection.execute(query)).all()]

    async def new(self, sources: Collection[str]) -> set[str]:
        """Those of these sources that have raised no matter yet."""
        m = supervision_matters.c
        query = select(m.source).where(m.city == self._city, m.source.in_(list(sources)))
        async with self._database.read() as connection:
            return set(sources) - set((await connection.execute(query)).scalars())

    async def come_back(
        self, since: dt.datetime, *, after: int, within: dt.timedelta, limit: int
    ) -> Sequence[ComesBack]:
        """Complaints opened from ``since`` on whose caller had ``after`` or more ended complaints
        of the same kind of matter in the time before (``within``); without a matter yet. A ticket
        without a number to call back or without a category is like no other."""
        new, old = t.tickets.alias("new"), t.tickets.alias("old")
        m = supervision_matters.c
        source = new.c.id + ":comes-back"
        same = and_(
            old.c.city == new.c.city,
            old.c.phone_ix == new.c.phone_ix,
            old.c.category == new.c.category,
            old.c.type == new.c.type,
            old.c.id < new.c.id,
            old.c.opened_at >= since - within,
            old.c.status.in_([one.value for one in LIMIT_OVER]),
        )
        query = (
            select(new.c.id, new.c.unit, new.c.opened_at, func.max(old.c.unit))
            .join(old, same)
            .outerjoin(supervision_matters, and_(m.city == new.c.city, m.source == source))
            .where(
                new.c.city == self._city,
                new.c.opened_at >= since,
                new.c.type == TicketType.COMPLAINT.value,
                new.c.phone_ix.is_not(None),
                new.c.category != "",
                m.id.is_(None),
            )
            .group_by(new.c.id, new.c.unit, new.c.opened_at)
            .having(func.count() >= after)
            .order_by(new.c.id)
            .limit(limit)
        )
        async with self._database.read() as connection:
            rows = (await connection.execute(query)).all()
            return [
                ComesBack(
                    row[0], row[1] or row[3], row[2], await self._earlier(row[0], since - within)
                )
                for row in rows
            ]

    async def _earlier(self, ticket: TicketId, first: dt.datetime) -> tuple[TicketId, ...]:
        new, old = t.tickets.alias("new"), t.tickets.alias("old")
        query = (
            select(old.c.id)
            .join(
                new,
                and_(
                    new.c.city == old.c.city,
                    new.c.phone_ix == old.c.phone_ix,
                    new.c.category == old.c.category,
                    new.c.type == old.c.type,
                ),
            )
            .where(new.c.city == self._city, new.c.id == ticket, old.c.id < new.c.id)
            .where(
                old.c.status.in_([one.value for one in LIMIT_OVER]),
                old.c.opened_at >= first,
            )
            .order_by(old.c.id)
            .limit(20)
        )
        async with self._database.read() as connection:
            return tuple(TicketId(one) for one in (await connection.execute(query)).scalars())
