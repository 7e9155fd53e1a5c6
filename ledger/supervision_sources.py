"""What the clock raised on tickets, as far as no matter of supervision was made of it yet."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import and_, or_, select

from hotline.handling_words import FINAL
from hotline.words import TicketId
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
