"""What people send in about the knowledge base: mistakes found (查漏纠错) and contributions (共建).

Their own words lie sealed; each change goes under a version check, with its audit line.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from sqlalchemy import ColumnElement, Row, Table, func, insert, or_, select, update

from hotline.errors import NoSuch
from hotline.knowledge_clock import Correction, CorrectionState
from hotline.words import Deadline, UnitId, UserId
from ledger import knowledge_tables as k
from ledger.audit import Audit
from ledger.book import Page
from ledger.database import Clock, Database
from ledger.errors import StaleVersion
from ledger.rows import canonical, from_json, to_json
from ledger.seal import KeyRing

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

ContributionState = Literal["waiting", "taken", "declined"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Contribution:
    """What a citizen or an organisation offered (河北 第十九条).

    ``contact`` is theirs and may be empty; ``article`` is the draft it became."""

    id: str
    state: ContributionState
    question: str
    answer: str
    contact: str
    made_at: dt.datetime
    decided_at: dt.datetime | None = None
    decided_by: UserId | None = None
    article: str = ""
    note: str = ""
    version: int = 1


class SealedTexts:
    """Texts by kind, id and slot."""

    def __init__(self, database: Database, keys: KeyRing, city: str) -> None:
        self._database = database
        self._keys = keys
        self._city = city

    async def put(
        self, connection: AsyncConnection, kind: str, id_: str, texts: Mapping[str, str]
    ) -> None:
        """Keep these; a slot that is there already is overwritten."""
        rows = [
            {
                "city": self._city,
                "kind": kind,
                "id": id_,
                "slot": slot,
                "body": self._keys.seal(text, **place(kind, id_, slot)),
            }
            for slot, text in sorted(texts.items())
        ]
        await self._database.upsert(connection, k.knowledge_texts, rows)

    async def of(
        self, connection: AsyncConnection, kind: str, ids: Iterable[str]
    ) -> dict[str, dict[str, str]]:
        """The texts of these, by slot."""
        c = k.knowledge_texts.c
        wanted = list(ids)
        query = select(c.id, c.slot, c.body).where(
            c.city == self._city, c.kind == kind, c.id.in_(wanted)
        )
        found: dict[str, dict[str, str]] = {id_: {} for id_ in wanted}
        for row in await connection.execute(query):
            text = self._keys.open(row.body, **place(kind, row.id, row.slot))
            found[row.id][row.slot] = text
        return found


def place(kind: str, id_: str, slot: str) -> dict[str, str]:
    """What a text is sealed for."""
    return {"table": "knowledge_texts", "column": "body", "row": f"{kind}.{id_}.{slot}"}


async def changed(
    connection: AsyncConnection,
    table: Table,
    city: str,
    id_: str,
    values: Mapping[str, Any],
    *,
    expected: int,
    kind: str,
) -> None:
    """Change a row that was read at a version. Raises StaleVersion, NoSuch."""
    c = table.c
    mine = (c.city == city) & (c.id == id_)
    change = update(table).where(mine, c.version == expected)
    if (await connection.execute(change.values(**values, version=expected + 1))).rowcount == 1:
        return
    actual = (await connection.execute(select(c.version).where(mine))).scalar_one_or_none()
    if actual is None:
        raise NoSuch(kind, id_)
    raise StaleVersion(id_, expected, actual, kind)


class Corrections:
    """The mistakes reported in articles, with their clocks."""

    def __init__(
        self, database: Database, texts: SealedTexts, audit: Audit, clock: Clock, city: str
    ) -> None:
        self._database = database
        self._texts = texts
        self._audit = audit
        self._clock = clock
        self._city = city

    async def add(self, correction: Correction) -> None:
        """A mistake somebody reports; the same id a second time changes nothing."""
        row = {"city": self._city, **_correction_row(correction)}
        async with self._database.write() as connection:
            known = select(k.knowledge_corrections.c.id).where(self._mine(correction.id))
            if (await connection.execute(known)).first() is not None:
                return
            await connection.execute(insert(k.knowledge_corrections), row)
            await self._texts.put(
                connection, "correction", correction.id, {"what": correction.what}
            )
            subject = f"knowledge:{correction.article}"
            detail = {"correction": correction.id, "version": correction.number}
            by = correction.reported_by
            await self._audit.add(connection, by, "knowledge.correction.report", subject, detail)

    async def save(self, correction: Correction, *, by: str, what: str) -> Correction:
        """After an act. ``correction.version`` is what it was read at.

        Raises StaleVersion, NoSuch."""
        async with self._database.write() as connection:
            row = _correction_row(correction)
            fixed = ("id", "version", "reported_by", "reported_at")
            values = {key: value for key, value in row.items() if key not in fixed}
            await changed(
                connection, k.knowledge_corrections, self._city, correction.id, values,
                expected=correction.version, kind="纠错任务",
            )  # fmt: skip
            if correction.note:
                await self._texts.put(
                    connection, "correction", correction.id, {"note": correction.note}
                )
            subject = f"knowledge:{correction.article}"
            detail = {"correction": correction.id, "state": correction.state.value}
            await self._audit.add(connection, by, what, subject, detail)
        return await self.one(correction.id)

    async def one(self, id_: str) -> Correction:
        """Raises NoSuch."""
        found = await self._find([self._mine(id_)], 1)
        if not found:
            raise NoSuch("纠错任务", id_)
        return found[0]

    async def page(
        self,
        states: Iterable[CorrectionState] = (),
        *,
        unit: UnitId | None = None,
        article: str = "",
        number: int = 1,
        size: int = 50,
    ) -> Page[Correction]:
        """A page, the nearest date first, those without a date after them by age."""
        c = k.knowledge_corrections.c
        wanted: list[ColumnElement[bool]] = [c.city == self._city]
        if names := [one.value for one in states]:
            wanted.append(c.state.in_(names))
        if unit is not None:
            wanted.append(c.unit == unit)
        if article:
            wanted.append(c.article == article)
        count = select(func.count()).select_from(k.knowledge_corrections).where(*wanted)
        async with self._database.read() as connection:
            total = (await connection.execute(count)).scalar_one()
        items = await self._find(wanted, size, (number - 1) * size)
        return Page(tuple(items), number, size, total)

    async def overdue(self, at: dt.datetime, *, limit: int = 500) -> list[Correction]:
        """Those whose date is over: not put right yet, or put right too late. For supervision
        (肇庆高新区 第十七条: 知识库更新不及时)."""
        c = k.knowledge_corrections.c
        late = or_(
            (c.state == CorrectionState.CONFIRMED.value) & (c.due_at < at),
            (c.state == CorrectionState.FIXED.value) & (c.due_at < c.closed_at),
        )
        return await self._find([c.city == self._city, late], limit)

    async def _find(
        self, wanted: list[ColumnElement[bool]], limit: int, offset: int = 0
    ) -> list[Correction]:
        c = k.knowledge_corrections.c
        query = select(k.knowledge_corrections).where(*wanted)
        query = query.order_by(c.due_at.asc().nulls_last(), c.reported_at, c.id)
        async with self._database.read() as connection:
            rows = (await connection.execute(query.limit(limit).offset(offset))).all()
            texts = await self._texts.of(connection, "correction", [row.id for row in rows])
        return [_correction(row, texts[row.id]) for row in rows]

    def _mine(self, id_: str) -> ColumnElement[bool]:
        c = k.knowledge_corrections.c
        return (c.city == self._city) & (c.id == id_)


def _correction_row(one: Correction) -> dict[str, Any]:
    return {
        "id": one.id,
        "version": one.version,
        "article": one.article,
        "number": one.number,
        "state": one.state.value,
        "unit": one.unit,
        "reported_by": one.reported_by,
        "reported_at": one.reported_at,
        "confirmed_at": one.confirmed_at,
        "due_at": one.deadline.due_at if one.deadline else None,
        "deadline": canonical(to_json(one.deadline)) if one.deadline else None,
        "closed_at": one.closed_at,
    }


def _correction(row: Row[Any], texts: Mapping[str, str]) -> Correction:
    return Correction(
        id=row.id,
        article=row.article,
        number=row.number,
        state=CorrectionState(row.state),
        what=texts.get("what", ""),
        reported_by=UserId(row.reported_by),
        reported_at=row.reported_at,
        unit=UnitId(row.unit) if row.unit else None,
        confirmed_at=row.confirmed_at,
        deadline=from_json(Deadline, json.loads(row.deadline)) if row.deadline else None,
        closed_at=row.closed_at,
        note=texts.get("note", ""),
        version=row.version,
    )


class Contributions:
    """What citizens and organisations offer, until an editor has decided."""

    def __init__(
        self, database: Database, texts: SealedTexts, audit: Audit, clock: Clock, city: str
    ) -> None:
        self._database = database
        self._texts = texts
        self._audit = audit
        self._clock = clock
        self._city = city

    async def add(self, one: Contribution) -> None:
        """One more, waiting for review; the same id a second time changes nothing."""
        row = {
            "city": self._city,
            "id": one.id,
            "version": 1,
            "state": "waiting",
            "made_at": one.made_at,
        }
        texts = {"question": one.question, "answer": one.answer, "contact": one.contact}
        async with self._database.write() as connection:
            await self._database.insert_new(connection, k.knowledge_contributions, [row])
            kept = {slot: text for slot, text in texts.items() if text}
            await self._texts.put(connection, "contribution", one.id, kept)

    async def decide(
        self,
        one: Contribution,
        state: ContributionState,
        *,
        by: UserId,
        article: str = "",
        note: str = "",
    ) -> Contribution:
        """Taken as the draft ``article``, or declined with a note. Raises StaleVersion, NoSuch."""
        values = {
            "state": state,
            "decided_at": self._clock(),
            "decided_by": by,
            "article": article or None,
        }
        async with self._database.write() as connection:
            await changed(
                connection, k.knowledge_contributions, self._city, one.id, values,
                expected=one.version, kind="知识投稿",
            )  # fmt: skip
            if note:
                await self._texts.put(connection, "contribution", one.id, {"note": note})
            what = f"knowledge.contribution.{state}"
            detail = {"article": article}
            await self._audit.add(connection, by, what, f"contribution:{one.id}", detail)
        return await self.one(one.id)

    async def one(self, id_: str) -> Contribution:
        """Raises NoSuch."""
        found = await self._find([k.knowledge_contributions.c.id == id_], 1, 0)
        if not found:
            raise NoSuch("知识投稿", id_)
        return found[0]

    async def page(
        self, state: ContributionState | None = None, *, number: int = 1, size: int = 50
    ) -> Page[Contribution]:
        """A page, the longest waiting first."""
        c = k.knowledge_contributions.c
        wanted = [c.state == state] if state else []
        count = select(func.count()).select_from(k.knowledge_contributions)
        count = count.where(c.city == self._city, *wanted)
        async with self._database.read() as connection:
            total = (await connection.execute(count)).scalar_one()
        items = await self._find(wanted, size, (number - 1) * size)
        return Page(tuple(items), number, size, total)

    async def since(self, moment: dt.datetime) -> int:
        """How many came in since: what limits a public form."""
        c = k.knowledge_contributions.c
        count = select(func.count()).select_from(k.knowledge_contributions)
        count = count.where(c.city == self._city, c.made_at >= moment)
        async with self._database.read() as connection:
            return (await connection.execute(count)).scalar_one()

    async def _find(
        self, wanted: list[ColumnElement[bool]], limit: int, offset: int
    ) -> list[Contribution]:
        c = k.knowledge_contributions.c
        query = select(k.knowledge_contributions).where(c.city == self._city, *wanted)
        query = query.order_by(c.made_at, c.id).limit(limit).offset(offset)
        async with self._database.read() as connection:
            rows = (await connection.execute(query)).all()
            texts = await self._texts.of(connection, "contribution", [row.id for row in rows])
        return [_contribution(row, texts[row.id]) for row in rows]


def _contribution(row: Row[Any], texts: Mapping[str, str]) -> Contribution:
    state: ContributionState = row.state
    return Contribution(
        id=row.id,
        state=state,
        question=texts.get("question", ""),
        answer=texts.get("answer", ""),
        contact=texts.get("contact", ""),
        made_at=row.made_at,
        decided_at=row.decided_at,
        decided_by=UserId(row.decided_by) if row.decided_by else None,
        article=row.article or "",
        note=texts.get("note", ""),
        version=row.version,
    )
