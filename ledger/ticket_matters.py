"""What tickets are about, for finding those about the same: few queries, nothing written."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, or_, select

from hotline.handling_words import LIMIT_OVER, Stage
from hotline.words import TicketId, TicketType, UnitId, UserId
from ledger import tables as t
from ledger.database import Database
from ledger.seal import KeyRing

_SLOTS: Final = ("summary", "address")
OPEN_FOR_D: Final = 60
_NEVER: Final = (Stage.REFUSED, Stage.WITHDRAWN, Stage.MOVED, Stage.MERGED)
"""Nobody handles these: told again they would lead nowhere. A joined one is found by its main."""


@dataclass(frozen=True, slots=True)
class AboutTicket:
    """A ticket with what it is about, its texts opened."""

    id: TicketId
    type: TicketType
    status: str
    category: str
    summary: str
    address: str
    unit: UnitId | None
    opened_at: dt.datetime
    opened_by: UserId
    due_at: dt.datetime | None
    confidential: bool

    @property
    def open(self) -> bool:
        return self.status not in LIMIT_OVER


class TicketMatters:
    """Reads the tickets of one city."""

    def __init__(self, database: Database, keys: KeyRing, city: str) -> None:
        self._database = database
        self._keys = keys
        self._city = city

    async def of(self, numbers: Collection[TicketId]) -> list[AboutTicket]:
        """These tickets, newest first, whatever became of them."""
        return await self._read(t.tickets.c.id.in_(list(numbers)), len(numbers)) if numbers else []

    async def lately(
        self, category: str, since: dt.datetime, *, limit: int = 200
    ) -> list[AboutTicket]:
        """The newest tickets of a category (empty: of any) that are open or opened since; of the
        open ones those of the last OPEN_FOR_D days before that."""
        c = t.tickets.c
        oldest = since - dt.timedelta(days=OPEN_FOR_D)
        conditions: list[ColumnElement[bool]] = [
            # A number begins with its day: a range of the primary key, not a walk over all years.
            c.id >= f"{oldest:%Y%m%d}",
            c.status.not_in(_NEVER),
            or_(c.status.not_in(list(LIMIT_OVER)), c.opened_at >= since),
        ]
        if category:
            conditions.append(c.category.startswith(category, autoescape=True))
        matches = conditions[0]
        for one in conditions[1:]:
            matches &= one
        return await self._read(matches, limit)

    async def _read(self, condition: ColumnElement[bool], limit: int) -> list[AboutTicket]:
        c, texts = t.tickets.c, t.ticket_texts.c
        query = (
            select(t.tickets)
            .where(c.city == self._city, condition)
            .order_by(c.id.desc())
            .limit(limit)
        )
        async with self._database.read() as connection:
            rows = (await connection.execute(query)).all()
            bodies = select(texts.ticket, texts.slot, texts.body).where(
                texts.city == self._city,
                texts.ticket.in_([row.id for row in rows]),
                texts.slot.in_(_SLOTS),
            )
            written = (await connection.execute(bodies)).all()
        said = {(row.ticket, row.slot): self._open(row) for row in written}
        return [
            AboutTicket(
                id=row.id,
                type=TicketType(row.type),
                status=row.status,
                category=row.category,
                summary=said.get((row.id, "summary"), ""),
                address=said.get((row.id, "address"), ""),
                unit=row.unit,
                opened_at=row.opened_at,
                opened_by=row.opened_by,
                due_at=row.due_at,
                confidential=row.confidential,
            )
            for row in rows
        ]

    def _open(self, row: Any) -> str:
        name = f"{row.ticket}.{row.slot}"
        return self._keys.open(row.body, table="ticket_texts", column="body", row=name)
