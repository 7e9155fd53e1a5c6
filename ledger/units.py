"""The handling units (承办单位) of a city, as a tree: offices, departments, sub-offices; and who
answers for each (主要负责人、分管负责人、具体负责人, 河北 第十条（一）), sealed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import delete, select, update

from hotline.errors import BadInput, NoSuch
from hotline.words import UnitId
from ledger import people_tables as p
from ledger import tables as t
from ledger.audit import Audit, AuditRow
from ledger.database import Database
from ledger.seal import KeyRing

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection


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


@dataclass(frozen=True, slots=True)
class UnitCard:
    """What else is kept of a unit; empty where nothing was written."""

    duty: str = ""
    sub_office: str = ""
    """The office within a town that does the work (中山 第十五条)."""
    hours: str = ""
    phone: str = ""
    first: str = ""
    """主要负责人, the first to answer for the hotline's work."""
    deputy: str = ""
    """分管负责人."""
    officer: str = ""
    """具体负责人, who handles it day by day (肇庆高新区 第五条 专人负责)."""


_NOTHING: Final = UnitCard()


class Units:
    """The units of one city."""

    def __init__(self, database: Database, audit: Audit, city: str, keys: KeyRing) -> None:
        self._database = database
        self._audit = audit
        self._city = city
        self._keys = keys

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

    async def cards(self) -> dict[UnitId, UnitCard]:
        """What else is kept, of every unit of which something is."""
        c = p.unit_cards.c
        async with self._database.read() as connection:
            rows = (
                await connection.execute(select(c.code, c.body).where(c.city == self._city))
            ).all()
        return {
            code: UnitCard(**json.loads(self._keys.open(body, **_place(code))))
            for code, body in rows
        }

    async def put(
        self,
        units: list[Unit],
        *,
        by: str,
        cards: Mapping[UnitId, UnitCard] | None = None,
    ) -> None:
        """Create or change units, all or none, each with its trace. Parents may come in any order.
        Raises BadInput for a parent that is not there, or that would stand under itself."""
        known = {unit.code: unit for unit in await self.all()}
        _check_tree({**known, **{unit.code: unit for unit in units}}, units)
        had = await self.cards()
        async with self._database.write() as connection:
            # First without parents, so that they may come in any order.
            rows = [{"city": self._city, **asdict(replace(unit, parent=None))} for unit in units]
            await self._database.upsert(connection, t.units, rows)
            for unit in units:
                mine = (t.units.c.city == self._city) & (t.units.c.code == unit.code)
                await connection.execute(update(t.units).where(mine).values(parent=unit.parent))
                before, card = had.get(unit.code, _NOTHING), (cards or {}).get(unit.code)
                if card is not None and card != before:
                    await self._put_card(connection, unit.code, card)
                detail = _changes(known.get(unit.code), unit, before, card or before)
                if detail:
                    subject = f"unit:{unit.code}"
                    await self._audit.add(connection, by, "unit.change", subject, detail)

    async def _put_card(self, connection: AsyncConnection, code: UnitId, card: UnitCard) -> None:
        body = self._keys.seal(json.dumps(asdict(card), ensure_ascii=False), **_place(code))
        row = {"city": self._city, "code": code, "body": body}
        await self._database.upsert(connection, p.unit_cards, [row])

    async def remove(self, code: UnitId, *, by: str) -> None:
        """Take out a unit that nothing names: no ticket, no user, no unit under it."""
        tickets, users, units = t.tickets.c, t.users.c, t.units.c
        asked = (
            (select(tickets.id).where(tickets.city == self._city, tickets.unit == code), "工单"),
            (
                select(p.ticket_units.c.ticket).where(
                    p.ticket_units.c.city == self._city, p.ticket_units.c.unit == code
                ),
                "工单",
            ),
            (select(users.id).where(users.city == self._city, users.unit == code), "人员"),
            (select(units.code).where(units.city == self._city, units.parent == code), "下级单位"),
        )
        async with self._database.write() as connection:
            await self._audit.add(connection, by, "unit.remove", f"unit:{code}")
            for query, what in asked:
                if (await connection.execute(query.limit(1))).first() is not None:
                    raise BadInput("unit", f"还有{what}登记在这个单位名下，不能删除，可以停用")
            n, c = p.unit_notices.c, p.unit_cards.c
            await connection.execute(
                delete(p.unit_notices).where(n.city == self._city, n.unit == code)
            )
            await connection.execute(
                delete(p.unit_cards).where(c.city == self._city, c.code == code)
            )
            done = await connection.execute(
                delete(t.units).where(units.city == self._city, units.code == code)
            )
            if done.rowcount != 1:
                raise NoSuch("承办单位", code)

    async def history(self, code: UnitId, *, limit: int = 50) -> list[AuditRow]:
        """What was changed about a unit, newest first."""
        return await self._audit.rows(subject=f"unit:{code}", limit=limit)


def _check_tree(every: Mapping[UnitId, Unit], changed: list[Unit]) -> None:
    for unit in changed:
        if unit.parent is not None and (unit.parent not in every or unit.parent == unit.code):
            raise BadInput("parent", f"{unit.name} 的上级单位 {unit.parent} 不存在。")
        above, seen = unit.parent, {unit.code}
        while above is not None:
            if above in seen:
                raise BadInput("parent", f"{unit.name} 的上级单位绕成了一圈，请改正")
            seen.add(above)
            above = every[above].parent if above in every else None


def _changes(before: Unit | None, after: Unit, had: UnitCard, card: UnitCard) -> dict[str, Any]:
    """What the audit book keeps: of people that they were changed, never who they are."""
    known = asdict(before) if before else {}
    changed = {
        key: [known.get(key), value]
        for key, value in asdict(after).items()
        if known.get(key) != value and key != "code"
    }
    more = sorted(key for key, value in asdict(card).items() if asdict(had)[key] != value)
    if not changed and not more:
        return {}
    return {"new": before is None, "changed": changed, "card": more}


def _place(code: UnitId) -> dict[str, str]:
    return {"table": "unit_cards", "column": "body", "row": code}
