"""Which unit has which ticket, leading or helping, and what a unit is told of its tickets.

Written in the transaction of the act itself, from its facts; nothing here is decided.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import ColumnElement, Select, delete, func, select, update

from hotline.facts import TicketFact
from hotline.handling_words import LIMIT_OVER, Act, Stage, TicketActed
from hotline.words import TicketId, UnitId, UserId
from ledger import people_tables as p
from ledger import tables as t
from ledger.database import Clock, Database
from ledger.ticket_rows import ListedTicket, listed

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

LEAD: Final = "lead"
HELPER: Final = "helper"
TOLD: Final = frozenset(
    {
        Act.DISPATCH,
        Act.SETTLE,
        Act.GRANT_RETURN,
        Act.DENY_RETURN,
        Act.GRANT_EXTENSION,
        Act.DENY_EXTENSION,
        Act.DENY_CLOSE,
        Act.REDO,
        Act.REMIND,
        Act.SUPERVISE,
        Act.WITHDRAW,
    }
)
"""What others do that the unit which has the ticket must hear of."""


@dataclass(frozen=True, slots=True)
class UnitTicket:
    """A ticket of a unit with the part it has in it. ``acts`` are the words of what was done."""

    row: ListedTicket
    policy_version: str
    part: str
    since: dt.datetime
    acts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Notice:
    """Something a unit is told; ``seen_at`` None: nobody there has noted it."""

    ticket: TicketId
    act: int
    what: str
    at: dt.datetime
    seen_at: dt.datetime | None


class UnitWork:
    """The tickets of units, of one city."""

    def __init__(self, database: Database, clock: Clock, city: str) -> None:
        self._database = database
        self._clock = clock
        self._city = city

    async def follow(
        self,
        connection: AsyncConnection,
        ticket: TicketId,
        facts: Iterable[TicketFact],
        done: int,
    ) -> None:
        """Take in the facts of one save; ``done`` is how many acts the ticket has after it. The
        registration is the first of them and has no number of its own."""
        acts = [fact for fact in facts if isinstance(fact, TicketActed)]
        for number, fact in enumerate(acts, start=done - len(acts)):
            before = await self._units(connection, ticket)
            await self._assign(connection, ticket, fact, before)
            await self._tell(connection, ticket, fact, number, before)

    async def _units(self, connection: AsyncConnection, ticket: TicketId) -> dict[UnitId, Any]:
        u = p.ticket_units.c
        query = select(u.unit, u.part, u.since).where(self._mine(ticket))
        return {row.unit: row for row in await connection.execute(query)}

    async def _assign(
        self,
        connection: AsyncConnection,
        ticket: TicketId,
        fact: TicketActed,
        before: Mapping[UnitId, Any],
    ) -> None:
        assigns = fact.act in (Act.DISPATCH, Act.SETTLE) and fact.unit is not None
        if assigns or fact.act is Act.GRANT_RETURN:
            await connection.execute(delete(p.ticket_units).where(self._mine(ticket)))
        if not assigns or fact.unit is None:
            return
        known = before.get(fact.unit)
        since = known.since if known is not None and known.part == LEAD else fact.at
        rows = [{"unit": fact.unit, "part": LEAD, "since": since}]
        rows += [
            {"unit": one, "part": HELPER, "since": fact.at}
            for one in dict.fromkeys(fact.helpers)
            if one != fact.unit
        ]
        await self._database.upsert(
            connection,
            p.ticket_units,
            [{"city": self._city, "ticket": ticket, **row} for row in rows],
        )

    async def _tell(
        self,
        connection: AsyncConnection,
        ticket: TicketId,
        fact: TicketActed,
        number: int,
        before: Mapping[UnitId, Any],
    ) -> None:
        told: list[UnitId] = []
        if fact.act in TOLD:
            after = await self._units(connection, ticket)
            told = list({**after, **before})
        elif fact.act is Act.ASSIST:
            told = [unit for unit, row in before.items() if row.part == LEAD]
        rows = [
            {
                "city": self._city,
                "unit": unit,
                "ticket": ticket,
                "act": number,
                "what": fact.act.value,
                "at": fact.at,
                "seen_at": None,
                "seen_by": None,
            }
            for unit in told
        ]
        await self._database.upsert(connection, p.unit_notices, rows)

    # --------------------------------------------------------------------------------- reading
    async def helpers(self, ticket: TicketId) -> frozenset[UnitId]:
        """The units that help with a ticket now."""
        async with self._database.read() as connection:
            units = await self._units(connection, ticket)
        return frozenset(unit for unit, row in units.items() if row.part == HELPER)

    async def open_of(self, unit: UnitId, *, limit: int = 20_000) -> list[UnitTicket]:
        """The open tickets of a unit, leading and helping, the nearest due date first. Without the
        words of the matter, which :meth:`summaries` of the tickets gives for those shown."""
        c, u = t.tickets.c, p.ticket_units.c
        joined = t.tickets.join(p.ticket_units, (u.city == c.city) & (u.ticket == c.id))
        query = (
            select(t.tickets, u.part, u.since)
            .select_from(joined)
            .where(
                u.city == self._city,
                u.unit == unit,
                c.id.in_(self._running()),
            )
            .order_by(c.due_at.asc().nulls_last(), c.id)
            .limit(limit)
        )
        async with self._database.read() as connection:
            rows = (await connection.execute(query)).all()
        return [
            UnitTicket(
                listed(row, ""),
                row.policy_version,
                row.part,
                row.since,
                tuple(json.loads(row.acts)),
            )
            for row in rows
        ]

    async def open_counts(self) -> dict[UnitId, int]:
        """How many open tickets each unit leads; units without any are left out."""
        c, u = t.tickets.c, p.ticket_units.c
        joined = t.tickets.join(p.ticket_units, (u.city == c.city) & (u.ticket == c.id))
        query = (
            select(u.unit, func.count())
            .select_from(joined)
            .where(u.city == self._city, u.part == LEAD, c.id.in_(self._running()))
            .group_by(u.unit)
        )
        async with self._database.read() as connection:
            return {row[0]: row[1] for row in await connection.execute(query)}

    async def ever(self, unit: UnitId) -> int:
        """How many tickets, open or over, name a unit."""
        c, u = t.tickets.c, p.ticket_units.c
        named = select(c.id).where(c.city == self._city, c.unit == unit)
        had = select(u.ticket).where(u.city == self._city, u.unit == unit)
        query = select(func.count()).select_from(named.union(had).subquery())
        async with self._database.read() as connection:
            return int((await connection.execute(query)).scalar_one())

    async def notices(
        self, unit: UnitId, *, since: dt.datetime, limit: int = 50
    ) -> Sequence[Notice]:
        """What a unit was told and has not noted, and what it noted since; newest first."""
        n = p.unit_notices.c
        query = (
            select(n.ticket, n.act, n.what, n.at, n.seen_at)
            .where(self._of_unit(unit), n.seen_at.is_(None) | (n.seen_at > since))
            .order_by(n.seen_at.is_not(None), n.at.desc(), n.ticket)
            .limit(limit)
        )
        async with self._database.read() as connection:
            return [Notice(*row) for row in await connection.execute(query)]

    async def unseen(self, unit: UnitId) -> int:
        """How many notices nobody at the unit has noted."""
        n = p.unit_notices.c
        query = select(func.count()).where(self._of_unit(unit), n.seen_at.is_(None))
        async with self._database.read() as connection:
            return int((await connection.execute(query)).scalar_one())

    async def note(self, unit: UnitId, seen: Collection[tuple[TicketId, int]], by: UserId) -> None:
        """Somebody at the unit has noted these; who was first stays."""
        n = p.unit_notices.c
        async with self._database.write() as connection:
            for ticket, act in seen:
                await connection.execute(
                    update(p.unit_notices)
                    .where(self._of_unit(unit), n.ticket == ticket, n.act == act)
                    .where(n.seen_at.is_(None))
                    .values(seen_at=self._clock(), seen_by=by)
                )

    def _running(self) -> Select[tuple[TicketId]]:
        """The tickets whose limit runs, out of the index of lists: asked for by their stages, for
        they are few beside those that are over."""
        c = t.tickets.c
        stages = [one.value for one in Stage if one not in LIMIT_OVER]
        return select(c.id).where(c.city == self._city, c.status.in_(stages))

    def _mine(self, ticket: TicketId) -> ColumnElement[bool]:
        u = p.ticket_units.c
        return (u.city == self._city) & (u.ticket == ticket)

    def _of_unit(self, unit: UnitId) -> ColumnElement[bool]:
        n = p.unit_notices.c
        return (n.city == self._city) & (n.unit == unit)
