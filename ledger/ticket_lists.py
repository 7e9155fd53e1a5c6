"""Lists of tickets: found by what is not sealed, fifty at a time, with their numbers.

Every question here is answered from the two indexes of lists (:mod:`ledger.tables`); the wide rows
are read for the tickets of the page alone. Few tickets run and most are over: what runs is asked
for by its stages, so that the others are not read.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any, Final, Literal

from sqlalchemy import ColumnElement, Row, func, or_, select, union

from hotline.handling_words import LIMIT_OVER
from hotline.words import Phone, TicketId, UnitId, UserId
from ledger import tables as t
from ledger.book import Page
from ledger.database import Clock, Database
from ledger.seal import KeyRing
from ledger.ticket_rows import (
    ListedTicket,
    Overview,
    TicketCounts,
    TicketFilter,
    full_number,
    listed,
)

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

Order = Literal["due", "left", "newest"]
"""``due``: those without a limit (待定期限) first, then the nearest due date. ``left``: the same
among those whose limit runs, after them the others, newest first."""

_ID_ONLY: Final = t.tickets.c.id
_SERIAL: Final = 6


class TicketLists:
    """The lists of one city."""

    def __init__(self, database: Database, keys: KeyRing, clock: Clock, city: str) -> None:
        self._database = database
        self._keys = keys
        self._clock = clock
        self._city = city

    async def page(
        self,
        wanted: TicketFilter | None = None,
        *,
        order: Order = "due",
        number: int = 1,
        size: int = 50,
        stood: Mapping[str, int] | None = None,
    ) -> Page[ListedTicket]:
        """A page of tickets with the total. ``stood``: how many of them stand at each stage, where
        that was counted already."""
        wanted = wanted or TicketFilter()
        conditions, first = self.conditions(wanted), (number - 1) * size
        async with self._database.read() as connection:
            if wanted.numbers is not None:
                named = await _named(connection, conditions, order)
                total, ids = len(named), named[first : first + size]
            else:
                if stood is None:
                    few = wanted.phone is not None
                    stood = await _by_stage(connection, conditions, few=few)
                ids = await _ids(connection, conditions, order, stood, first, size)
                total = sum(stood.values())
            rows = await self._rows(connection, ids)
            summaries = await self.summaries(connection, ids)
        items = tuple(listed(row, summaries.get(row.id, "")) for row in rows)
        return Page(items, number, size, total)

    async def overview(
        self,
        units: Collection[UnitId],
        me: UserId,
        now: dt.datetime,
        tonight: dt.datetime,
        soon: dt.datetime,
    ) -> Overview:
        """What stands where, of these units (none named: of all)."""
        c = t.tickets.c
        conditions = self.conditions(TicketFilter(units=units))
        mine = select(func.count()).where(*conditions, c.opened_by == me)
        numbers = select(
            func.count().filter(c.due_at.is_(None)),
            func.count().filter(c.due_at < now),
            func.count().filter(c.due_at >= now, c.due_at < tonight),
            func.count().filter(c.due_at >= now, c.due_at < soon),
            func.count().filter(c.supervised),
        )
        async with self._database.read() as connection:
            stood = await _by_stage(connection, conditions)
            running = c.status.in_(_running(stood))
            row = (await connection.execute(numbers.where(*conditions, running))).one()
            of_me = int((await connection.execute(mine)).scalar_one())
        pending, overdue, today, due_soon, supervised = (int(count) for count in row)
        return Overview(
            by_status=stood,
            pending=pending,
            overdue=overdue,
            today=today,
            soon=due_soon,
            supervised=supervised,
            mine=of_me,
        )

    async def stages(self) -> dict[str, str]:
        """Where each ticket stands, by number."""
        c = t.tickets.c
        query = select(c.id, c.status).where(c.city == self._city)
        async with self._database.read() as connection:
            return {row.id: row.status for row in await connection.execute(query)}

    async def counts(self, wanted: TicketFilter | None = None) -> TicketCounts:
        """The numbers above a list."""
        c = t.tickets.c
        by_status = select(
            c.status,
            func.count(),
            func.count().filter(c.due_at.is_(None)),
            func.count().filter(c.due_at < self._clock()),
        )
        conditions = self.conditions(wanted or TicketFilter())
        async with self._database.read() as connection:
            rows = (await connection.execute(by_status.where(*conditions).group_by(c.status))).all()
        return TicketCounts(
            sum(row[1] for row in rows),
            sum(row[2] for row in rows),
            sum(row[3] for row in rows),
            {row[0]: row[1] for row in rows},
        )

    async def summaries(
        self, connection: AsyncConnection, ids: Collection[TicketId]
    ) -> dict[TicketId, str]:
        """The summaries of these tickets, opened."""
        texts = await self._texts(connection, ids, ("summary",))
        return {number: slots["summary"] for number, slots in texts.items()}

    async def whose(self, ids: Collection[TicketId]) -> dict[TicketId, tuple[str, Phone]]:
        """Name and number of the callers of these tickets: what is taken out of a text before a
        unit reads it."""
        async with self._database.read() as connection:
            texts = await self._texts(connection, ids, ("contact", "phone"))
        return {
            number: (slots.get("contact", ""), Phone.parse(slots.get("phone", "")))
            for number, slots in texts.items()
        }

    async def _texts(
        self, connection: AsyncConnection, ids: Collection[TicketId], slots: Collection[str]
    ) -> dict[TicketId, dict[str, str]]:
        c = t.ticket_texts.c
        query = select(c.ticket, c.slot, c.body).where(
            c.city == self._city, c.ticket.in_(ids), c.slot.in_(slots)
        )
        found: dict[TicketId, dict[str, str]] = {}
        for number, slot, body in await connection.execute(query):
            place = f"{number}.{slot}"
            text = self._keys.open(body, table="ticket_texts", column="body", row=place)
            found.setdefault(number, {})[slot] = text
        return found

    async def _rows(self, connection: AsyncConnection, ids: list[TicketId]) -> list[Row[Any]]:
        c = t.tickets.c
        query = select(t.tickets).where(c.city == self._city, c.id.in_(ids))
        found = {row.id: row for row in await connection.execute(query)}
        return [found[id_] for id_ in ids if id_ in found]

    def conditions(self, wanted: TicketFilter) -> list[ColumnElement[bool]]:
        """What a filter demands of a row."""
        c = t.tickets.c
        rows: list[ColumnElement[bool]] = [c.city == self._city]
        if wanted.statuses:
            rows.append(c.status.in_(list(wanted.statuses)))
        if wanted.but_statuses:
            rows.append(c.status.not_in(list(wanted.but_statuses)))
        if wanted.types:
            rows.append(c.type.in_([type_.value for type_ in wanted.types]))
        if wanted.units:
            rows.append(c.unit.in_(list(wanted.units)))
        if wanted.limit:
            rows.append(c.due_at.is_(None) if wanted.limit == "pending" else c.due_at.is_not(None))
        if wanted.number:
            rows.append(_numbered(wanted.number))
        if wanted.phone is not None:
            rows.append(self.of_phone(wanted.phone))
        if wanted.numbers is not None:
            rows.append(c.id.in_(list(wanted.numbers)))
        return [*rows, *_times(wanted), *_marks(wanted)]

    def of_phone(self, phone: Phone) -> ColumnElement[bool]:
        """Given as contact, or called from."""
        indexes = self._keys.indexes(phone)
        given = select(t.tickets.c.id).where(t.tickets.c.phone_ix.in_(indexes))
        # As a union each half uses its index; an OR would read every ticket at each ring.
        called = (
            select(t.tickets.c.id)
            .join(t.callers, t.callers.c.call == t.tickets.c.call)
            .where(t.callers.c.number_ix.in_(indexes))
        )
        return t.tickets.c.id.in_(union(given, called))


def _numbered(typed: str) -> ColumnElement[bool]:
    """The beginning of a number, or the six digits at its end."""
    c, number = t.tickets.c, full_number(typed)
    if len(number) == _SERIAL and number.startswith("00"):
        return c.id.endswith(f"-{number}", autoescape=True)
    return c.id.startswith(number, autoescape=True)


def _times(wanted: TicketFilter) -> list[ColumnElement[bool]]:
    c = t.tickets.c
    limits = (
        (wanted.opened_from, c.opened_at.__ge__),
        (wanted.opened_before, c.opened_at.__lt__),
        (wanted.due_from, c.due_at.__ge__),
        (wanted.due_before, c.due_at.__lt__),
    )
    return [compare(at) for at, compare in limits if at is not None]


def _marks(wanted: TicketFilter) -> list[ColumnElement[bool]]:
    c = t.tickets.c
    rows: list[ColumnElement[bool]] = []
    if wanted.opened_by is not None:
        rows.append(c.opened_by == wanted.opened_by)
    if wanted.category:
        rows.append(c.category == wanted.category)
    if wanted.by_phone is not None:
        rows.append(c.call.is_not(None) if wanted.by_phone else c.call.is_(None))
    if wanted.supervised is not None:
        rows.append(c.supervised.is_(wanted.supervised))
    if wanted.confidential is not None:
        rows.append(c.confidential.is_(wanted.confidential))
    if wanted.secrets_of is not None:
        rows.append(or_(c.confidential.is_(False), c.opened_by == wanted.secrets_of))
    return rows


async def _by_stage(
    connection: AsyncConnection, conditions: list[ColumnElement[bool]], *, few: bool = False
) -> dict[str, int]:
    """How many stand at each stage. ``few``: the tickets are told by name, so SQLite must not walk
    the whole index because it has the stages in order."""
    c = t.tickets.c
    stage = func.coalesce(c.status, "") if few else c.status
    query = select(stage, func.count()).where(*conditions).group_by(stage)
    return {row[0]: int(row[1]) for row in await connection.execute(query)}


def _running(stood: Mapping[str, int]) -> list[str]:
    """The stages of tickets whose limit runs, of those that there are."""
    return [stage for stage in stood if stage not in LIMIT_OVER]


async def _named(
    connection: AsyncConnection, conditions: list[ColumnElement[bool]], order: Order
) -> list[TicketId]:
    """Those of the tickets told by name that fit, in their order. They are asked for once and put
    in order here: each question that names two thousand tickets costs as much as the search."""
    c = t.tickets.c
    query = select(c.id, c.status, c.due_at).where(*conditions).order_by(c.id.desc())
    rows = (await connection.execute(query)).all()
    if order == "newest":
        return [row.id for row in rows]
    over = [row.id for row in rows if order == "left" and row.status in LIMIT_OVER]
    runs = [row for row in reversed(rows) if order == "due" or row.status not in LIMIT_OVER]
    without = [row.id for row in runs if row.due_at is None]
    dated = sorted((row for row in runs if row.due_at is not None), key=lambda row: row.due_at)
    return [*without, *(row.id for row in dated), *over]


async def _ids(
    connection: AsyncConnection,
    conditions: list[ColumnElement[bool]],
    order: Order,
    stood: Mapping[str, int],
    first: int,
    size: int,
) -> list[TicketId]:
    c = t.tickets.c
    newest = (c.id.desc(),)
    query = select(_ID_ONLY).where(*conditions)
    if order != "left":
        by = newest if order == "newest" else (c.due_at.asc().nulls_first(), c.id.asc())
        found = await connection.execute(query.order_by(*by).limit(size).offset(first))
        return list(found.scalars())
    # One after the other, so that each half comes out of its index.
    ids: list[TicketId] = []
    stages = _running(stood)
    running = sum(stood[stage] for stage in stages)
    if first < running:
        # Put like this, no index gives the order: the few that run are found by their stages.
        nearest = (c.due_at.is_not(None), c.due_at, c.id)
        near = query.where(c.status.in_(stages)).order_by(*nearest).limit(size).offset(first)
        ids += (await connection.execute(near)).scalars()
    if len(ids) < size and len(stages) < len(stood):
        late = query.where(c.status.not_in(stages)).order_by(*newest).limit(size - len(ids))
        ids += (await connection.execute(late.offset(max(first - running, 0)))).scalars()
    return ids
