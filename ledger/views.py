"""The views of the ticket list that people keep for themselves (我的视图)."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Final

from sqlalchemy import ColumnElement, Update, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from hotline.errors import BadInput, NoSuch
from hotline.words import UserId
from ledger import tables as t
from ledger.database import Database

MOST: Final = 20


@dataclass(frozen=True, slots=True)
class KeptView:
    """A filter of the list under a name; ``first`` is opened when its owner opens 工单."""

    id: str
    name: str
    query: str
    first: bool


class Views:
    """The kept views of one city. Nobody sees or changes another's."""

    def __init__(self, database: Database, city: str) -> None:
        self._database = database
        self._city = city

    async def of(self, owner: UserId) -> list[KeptView]:
        """Somebody's views, by name."""
        c = t.ticket_views.c
        query = (
            select(c.id, c.name, c.query, c.first)
            .where(c.city == self._city, c.owner == owner)
            .order_by(c.name)
        )
        async with self._database.read() as connection:
            return [KeptView(*row) for row in await connection.execute(query)]

    async def keep(self, owner: UserId, name: str, query: str) -> KeptView:
        """Keep a view. Raises BadInput for a name that is taken, and beyond :data:`MOST`."""
        c = t.ticket_views.c
        made = KeptView(uuid.uuid4().hex, name, query, first=False)
        row = {"city": self._city, "id": made.id, "owner": owner, "name": name, "query": query}
        mine = select(func.count()).where(c.city == self._city, c.owner == owner)
        try:
            async with self._database.write() as connection:
                if (await connection.execute(mine)).scalar_one() >= MOST:
                    raise BadInput("name", f"最多保存{MOST}个视图，请先删去不用的")
                await connection.execute(insert(t.ticket_views), {**row, "first": False})
        except IntegrityError:
            raise _taken(name) from None
        return made

    async def rename(self, owner: UserId, id_: str, name: str) -> None:
        """Raises NoSuch, BadInput for a name that is taken."""
        try:
            await self._change(owner, id_, name=name)
        except IntegrityError:
            raise _taken(name) from None

    async def open_first(self, owner: UserId, id_: str, *, first: bool) -> None:
        """Open this one when its owner opens 工单, and no other; or none. Raises NoSuch."""
        c = t.ticket_views.c
        others = update(t.ticket_views).where(c.city == self._city, c.owner == owner)
        await self._change(owner, id_, first=first, before=others.values(first=False))

    async def delete(self, owner: UserId, id_: str) -> None:
        """Raises NoSuch."""
        async with self._database.write() as connection:
            done = await connection.execute(delete(t.ticket_views).where(self._one(owner, id_)))
            if done.rowcount != 1:
                raise NoSuch("视图", id_)

    async def _change(
        self, owner: UserId, id_: str, *, before: Update | None = None, **values: object
    ) -> None:
        async with self._database.write() as connection:
            if before is not None:
                await connection.execute(before)
            change = update(t.ticket_views).where(self._one(owner, id_)).values(**values)
            if (await connection.execute(change)).rowcount != 1:
                raise NoSuch("视图", id_)

    def _one(self, owner: UserId, id_: str) -> ColumnElement[bool]:
        c = t.ticket_views.c
        return (c.city == self._city) & (c.owner == owner) & (c.id == id_)


def _taken(name: str) -> BadInput:
    return BadInput("name", f"已经有叫“{name}”的视图，请换个名字")
