"""What the clock raised on tickets, each once, and which tickets it looks at next."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

from sqlalchemy import insert, select, update

from hotline.words import TicketId
from ledger import tables as t
from ledger.database import Database
from ledger.ticket_rows import TicketDue

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection


class TicketDues:
    """The clock's book of one city."""

    def __init__(self, database: Database, city: str) -> None:
        self._database = database
        self._city = city

    async def waiting(self, now: dt.datetime, *, limit: int) -> list[TicketId]:
        """Tickets on which something may have come due, the longest waiting first."""
        c = t.tickets.c
        query = (
            select(c.id)
            .where(c.city == self._city, c.look_at <= now)
            .order_by(c.look_at, c.id)
            .limit(limit)
        )
        async with self._database.read() as connection:
            return [TicketId(row) for row in (await connection.execute(query)).scalars()]

    async def of(self, ticket: TicketId) -> list[TicketDue]:
        """What was raised on a ticket, oldest first."""
        c = t.ticket_dues.c
        query = (
            select(c.key, c.at, c.what, c.document, c.article, c.act)
            .where(c.city == self._city, c.ticket == ticket)
            .order_by(c.at, c.act, c.key)
        )
        async with self._database.read() as connection:
            return [TicketDue(*row) for row in await connection.execute(query)]

    async def look_again(
        self, ticket: TicketId, look_at: dt.datetime | None, *, version: int | None = None
    ) -> None:
        """Nothing is raised now: look again then. Left alone where somebody acted on the ticket
        since it had this ``version``."""
        c = t.tickets.c
        change = update(t.tickets).where(c.city == self._city, c.id == ticket)
        if version is not None:
            change = change.where(c.version == version)
        async with self._database.write() as connection:
            await connection.execute(change.values(look_at=look_at))

    async def raise_in(
        self, connection: AsyncConnection, ticket: TicketId, dues: Sequence[TicketDue]
    ) -> None:
        """Write down what is raised, in the transaction of the acts; a key a second time fails it
        all."""
        if dues:
            rows = [{"city": self._city, "ticket": ticket, **asdict(due)} for due in dues]
            await connection.execute(insert(t.ticket_dues), rows)
