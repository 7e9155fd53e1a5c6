"""The handling units (承办单位) of a city, as a tree: offices, departments, sub-offices."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select, update

from hotline.errors import BadInput
from hotline.words import UnitId
from ledger import tables as t
from ledger.audit import Audit
from ledger.database import Database


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit. ``kind`` is the city's own word (区, 部门, 镇街, 村居 …); ``closed`` units keep their
    old tickets and get no new ones."""

    code: UnitId
    name: str
    parent: UnitId | None = None
    kind: str = "部门"
    position: int = 0
    closed: bool = False


class Units:
    """The units of one city."""

    def __init__(self, database: Database, audit: Audit, city: str) -> None:
        self._database = database
        self._audit = audit
        self._city = city

    async def all(self) -> list[Unit]:
        """Every unit, in the order of position and code."""
        query = (
            select(t.units)
            .where(t.units.c.city == self._city)
            .order_by(t.units.c.position, t.units.c.code)
        )
        async with self._database.read() as connection:
            rows = (await connection.execute(query)).all()
        return [Unit(r.code, r.name, r.parent, r.kind, r.position, r.closed) for r in rows]

    async def put(self, units: list[Unit], *, by: str) -> None:
        """Create or change units, all or none. Parents may come in any order."""
        names = {unit.code for unit in await self.all()} | {unit.code for unit in units}
        for unit in units:
            if unit.parent is not None and (unit.parent not in names or unit.parent == unit.code):
                raise BadInput("parent", f"{unit.name} 的上级单位 {unit.parent} 不存在。")
        async with self._database.write() as connection:
            # First without parents, so that they may come in any order.
            rows = [
                {
                    "city": self._city,
                    "code": unit.code,
                    "name": unit.name,
                    "parent": None,
                    "kind": unit.kind,
                    "position": unit.position,
                    "closed": unit.closed,
                }
                for unit in units
            ]
            await self._database.upsert(connection, t.units, rows)
            for unit in units:
                mine = (t.units.c.city == self._city) & (t.units.c.code == unit.code)
                await connection.execute(update(t.units).where(mine).values(parent=unit.parent))
            codes = sorted(unit.code for unit in units)
            await self._audit.add(connection, by, "units.put", self._city, {"codes": codes})
