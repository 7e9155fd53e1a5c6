"""What belongs together among the tickets of one city, and whom one matter was told by."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import insert, select

from hotline.matters import Link, MatterCaller, Telling, Tie, callers_of
from hotline.words import Phone, TicketId
from ledger import tables as t
from ledger.database import Database
from ledger.link_tables import ticket_links
from ledger.seal import KeyRing

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement
    from sqlalchemy.ext.asyncio import AsyncConnection

_MOST_TIES: Final = 2000
"""Tickets of one matter; a loop of ties that should not be there ends as well."""


class TicketLinks:
    """The ties of one city's tickets."""

    def __init__(self, database: Database, keys: KeyRing, city: str) -> None:
        self._database = database
        self._keys = keys
        self._city = city

    async def of(self, ticket: TicketId) -> list[Link]:
        """To what a ticket belongs."""
        return await self._read(ticket_links.c.ticket == ticket)

    async def to(self, others: Collection[TicketId]) -> list[Link]:
        """What belongs to any of these, oldest first."""
        return await self._read(ticket_links.c.other.in_(list(others)))

    async def main_of(self, ticket: TicketId) -> TicketId:
        """The ticket that is handled for this one: itself, or what it was joined to."""
        here, seen = ticket, {ticket}
        while True:
            joined = [one.other for one in await self.of(here) if one.tie is Tie.JOINED]
            if not joined or joined[0] in seen:
                return here
            here = joined[0]
            seen.add(here)

    async def first_of(self, ticket: TicketId) -> TicketId:
        """The ticket by which its matter was first told, over ties of every kind."""
        here, seen = ticket, {ticket}
        while earlier := [one.other for one in await self.of(here) if one.other not in seen]:
            here = earlier[0]
            seen.add(here)
        return here

    async def made(self, since: dt.datetime, *, limit: int) -> list[Link]:
        """The ties made from ``since`` on, oldest first."""
        return await self._read(ticket_links.c.at >= since, limit)

    async def group(self, ticket: TicketId) -> tuple[TicketId, ...]:
        """Every ticket of its matter that is handled as one: the main one first."""
        ties = await self._around(await self.main_of(ticket), {Tie.JOINED})
        return tuple(ties)

    async def tellings(self, ticket: TicketId, since: dt.datetime | None = None) -> list[Telling]:
        """Every time its matter was told: the main ticket, what was joined to it, told again
        without news, or told with new facts."""
        ties = await self._around(await self.main_of(ticket), set(Tie))
        return [one for one in await self._told(ties) if since is None or one.at >= since]

    async def callers(self, ticket: TicketId) -> tuple[MatterCaller, ...]:
        """Who is answered and followed up when the main ticket ends: one entry a caller."""
        ties = await self._around(await self.main_of(ticket), {Tie.JOINED})
        return callers_of(await self._told(ties))

    async def add_in(self, connection: AsyncConnection, links: Sequence[Link]) -> None:
        """Write ties down, in the transaction of the act that makes them."""
        rows = [
            {
                "city": self._city,
                "ticket": one.ticket,
                "tie": one.tie.value,
                "other": one.other,
                "at": one.at,
            }
            for one in links
        ]
        if rows:
            await connection.execute(insert(ticket_links), rows)

    async def changed_in(
        self, connection: AsyncConnection, ticket: TicketId, links: Sequence[Link]
    ) -> list[TicketId]:
        """The main tickets whose callers may be owed something now: one that changed and has others
        joined to it, and what others are joined to in this transaction."""
        c = ticket_links.c
        query = select(c.ticket).where(
            c.city == self._city, c.other == ticket, c.tie == Tie.JOINED.value
        )
        joined = (await connection.execute(query.limit(1))).first() is not None
        others = [one.other for one in links if one.tie is Tie.JOINED]
        return [ticket, *others] if joined else others

    # ---- within ---------------------------------------------------------------------------------
    async def _read(self, condition: ColumnElement[bool], limit: int | None = None) -> list[Link]:
        c = ticket_links.c
        query = (
            select(c.ticket, c.other, c.tie, c.at)
            .where(c.city == self._city, condition)
            .order_by(c.at, c.ticket)
            .limit(limit)
        )
        async with self._database.read() as connection:
            rows = (await connection.execute(query)).all()
        return [Link(row.ticket, row.other, Tie(row.tie), row.at) for row in rows]

    async def _around(self, main: TicketId, ties: set[Tie]) -> dict[TicketId, Tie | None]:
        """The main ticket and what belongs to it by these ties, also over several steps."""
        found: dict[TicketId, Tie | None] = {main: None}
        fresh: list[TicketId] = [main]
        while fresh and len(found) < _MOST_TIES:
            links = [one for one in await self.to(fresh) if one.tie in ties]
            fresh = []
            for one in links:
                if one.ticket not in found:
                    found[one.ticket] = one.tie
                    fresh.append(one.ticket)
        return found

    async def _told(self, ties: dict[TicketId, Tie | None]) -> list[Telling]:
        c, texts = t.tickets.c, t.ticket_texts.c
        numbers = list(ties)
        heads = select(c.id, c.opened_at, c.call).where(c.city == self._city, c.id.in_(numbers))
        bodies = select(texts.ticket, texts.slot, texts.body).where(
            texts.city == self._city,
            texts.ticket.in_(numbers),
            texts.slot.in_(["phone", "contact"]),
        )
        async with self._database.read() as connection:
            rows = (await connection.execute(heads)).all()
            written = (await connection.execute(bodies)).all()
            calls = [row.call for row in rows if row.call]
            numbers_of = await self._callers(connection, calls)
        said = {(row.ticket, row.slot): self._open(row) for row in written}
        return [
            Telling(
                ticket=row.id,
                at=row.opened_at,
                phone=_phone(said.get((row.id, "phone"), ""), numbers_of.get(row.call)),
                contact=said.get((row.id, "contact"), ""),
                call=row.call,
                tie=ties[row.id],
            )
            for row in rows
        ]

    async def _callers(self, connection: AsyncConnection, calls: Sequence[str]) -> dict[str, Phone]:
        c = t.callers.c
        query = select(c.call, c.number).where(c.call.in_(calls))
        rows = (await connection.execute(query)).all() if calls else []
        return {
            row.call: Phone(
                self._keys.open(row.number, table="callers", column="number", row=row.call)
            )
            for row in rows
        }

    def _open(self, row: Any) -> str:
        name = f"{row.ticket}.{row.slot}"
        return self._keys.open(row.body, table="ticket_texts", column="body", row=name)


def _phone(given: str, called: Phone | None) -> Phone:
    """How to reach them: the number they gave, else the one they called from."""
    phone = Phone.parse(given)
    return phone if not phone.withheld or called is None else called
