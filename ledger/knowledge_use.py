"""What agents said of answer cards: adopted, or wrong for what was asked; with its lead time.

An agent has one opinion of one version on one call; the last one counts, and it can be taken back.
The question is kept sealed, as it is given: masked by who gives it.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Final, Literal

from sqlalchemy import ColumnElement, Row, func, or_, select, update

from hotline.errors import NoSuch
from hotline.words import CallId, UserId
from ledger import knowledge_tables as k
from ledger import tables as t
from ledger.audit import Audit
from ledger.database import Database
from ledger.knowledge import TOPIC
from ledger.knowledge_work import SealedTexts
from ledger.outbox import Outbox

MarkKind = Literal["adopted", "wrong"]
EndedBy = Literal["final", "adoption"]
_KIND: Final = "mark"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """One opinion. ``stood_at`` is since when the card stood beside the call without a break,
    ``ended_at`` when the caller had asked; both None where that is not known."""

    kind: MarkKind
    article: str
    number: int
    call: CallId
    by: UserId
    at: dt.datetime
    question: str = ""
    stood_at: dt.datetime | None = None
    ended_at: dt.datetime | None = None
    ended_by: EndedBy | None = None
    undone_at: dt.datetime | None = None
    undone_by: UserId | None = None

    @property
    def id(self) -> str:
        """The same for the same agent, call and version."""
        name = f"mark {self.call} {self.article} {self.number} {self.by}"
        return str(uuid.uuid5(uuid.NAMESPACE_URL, name))

    @property
    def lead_s(self) -> float | None:
        """How long the card had stood when the caller had asked; negative where it came later."""
        if self.stood_at is None or self.ended_at is None:
            return None
        return (self.ended_at - self.stood_at).total_seconds()


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadTime:
    """Of one adopted version on one call."""

    article: str
    number: int
    call: CallId
    at: dt.datetime
    lead_s: float | None


class KnowledgeMarks:
    """The opinions of one city. Each change leaves a message for whoever ranks by them."""

    def __init__(
        self, database: Database, texts: SealedTexts, audit: Audit, outbox: Outbox, city: str
    ) -> None:
        self._database = database
        self._texts = texts
        self._audit = audit
        self._outbox = outbox
        self._city = city

    async def put(self, mark: Mark) -> None:
        """Keep it, in place of what the same agent said of the same card before."""
        row = {
            "city": self._city,
            "id": mark.id,
            "kind": mark.kind,
            "article": mark.article,
            "number": mark.number,
            "call": mark.call,
            "by": mark.by,
            "at": mark.at,
            "stood_at": mark.stood_at,
            "ended_at": mark.ended_at,
            "ended_by": mark.ended_by,
            "undone_at": None,
            "undone_by": None,
        }
        async with self._database.write() as connection:
            await self._database.upsert(connection, k.knowledge_marks, [row])
            await self._texts.put(connection, _KIND, mark.id, {"question": mark.question})
            await self._tell(connection, mark.id)

    async def undo(self, id_: str, *, by: UserId, at: dt.datetime) -> None:
        """It counts no more; undone twice is undone. Raises NoSuch."""
        c = k.knowledge_marks.c
        async with self._database.write() as connection:
            known = select(c.article, c.undone_at).where(self._mine(), c.id == id_)
            there = (await connection.execute(known)).first()
            if there is None:
                raise NoSuch("对知识的标记", id_)
            if there.undone_at is not None:
                return
            gone = update(k.knowledge_marks).where(self._mine(), c.id == id_)
            await connection.execute(gone.values(undone_at=at, undone_by=by))
            await self._tell(connection, id_)
            subject = f"knowledge:{there.article}"
            await self._audit.add(connection, by, "knowledge.mark.undo", subject, {"mark": id_})

    async def some(self, ids: Collection[str]) -> list[Mark]:
        """Those of these ids that there are, undone ones too."""
        return await self._find([k.knowledge_marks.c.id.in_(list(ids))], len(ids))

    async def counting(self, since: dt.datetime, *, limit: int = 5_000) -> list[Mark]:
        """Those not undone, the newest of each kind."""
        c = k.knowledge_marks.c
        found: list[Mark] = []
        for kind in ("wrong", "adopted"):
            wanted = [c.kind == kind, c.at >= since, c.undone_at.is_(None)]
            found += await self._find(wanted, limit)
        return found

    async def wrong(self, since: dt.datetime, *, limit: int = 500) -> list[Mark]:
        """Those marked wrong, newest first, those an editor undid too."""
        c = k.knowledge_marks.c
        by_others = or_(c.undone_by.is_(None), c.undone_by != c.by)
        return await self._find([c.kind == "wrong", c.at >= since, by_others], limit)

    async def uses(self, since: dt.datetime) -> dict[str, dict[MarkKind, int]]:
        """By article, how often it was adopted and marked wrong, without what was undone."""
        c = k.knowledge_marks.c
        query = (
            select(c.article, c.kind, func.count())
            .where(self._mine(), c.at >= since, c.undone_at.is_(None))
            .group_by(c.article, c.kind)
        )
        found: dict[str, dict[MarkKind, int]] = {}
        async with self._database.read() as connection:
            for article, kind, count in await connection.execute(query):
                found.setdefault(article, {})[kind] = int(count)
        return found

    async def leads(self, since: dt.datetime, *, limit: int = 20_000) -> list[LeadTime]:
        """Of every adopted card, newest first."""
        c = k.knowledge_marks.c
        query = select(k.knowledge_marks).where(
            self._mine(), c.kind == "adopted", c.at >= since, c.undone_at.is_(None)
        )
        async with self._database.read() as connection:
            rows = (await connection.execute(query.order_by(c.at.desc()).limit(limit))).all()
        return [_lead_of(_mark(row, "")) for row in rows]

    async def calls_with_cards(self, since: dt.datetime) -> int:
        """Beside how many calls any card stood."""
        s = t.shown_articles.c
        query = select(func.count(func.distinct(s.call))).where(s.at >= since)
        async with self._database.read() as connection:
            return (await connection.execute(query)).scalar_one()

    async def _find(self, wanted: list[ColumnElement[bool]], limit: int) -> list[Mark]:
        c = k.knowledge_marks.c
        query = select(k.knowledge_marks).where(self._mine(), *wanted)
        async with self._database.read() as connection:
            ordered = query.order_by(c.at.desc(), c.id).limit(limit)
            rows = (await connection.execute(ordered)).all()
            texts = await self._texts.of(connection, _KIND, [row.id for row in rows])
        return [_mark(row, texts[row.id].get("question", "")) for row in rows]

    async def _tell(self, connection: Any, id_: str) -> None:
        await self._outbox.put(connection, TOPIC, {"what": "marks", "ids": [id_]})

    def _mine(self) -> ColumnElement[bool]:
        return k.knowledge_marks.c.city == self._city


def _mark(row: Row[Any], question: str) -> Mark:
    return Mark(
        kind=row.kind,
        article=row.article,
        number=row.number,
        call=CallId(row.call),
        by=UserId(row.by),
        at=row.at,
        question=question,
        stood_at=row.stood_at,
        ended_at=row.ended_at,
        ended_by=row.ended_by,
        undone_at=row.undone_at,
        undone_by=UserId(row.undone_by) if row.undone_by else None,
    )


def _lead_of(mark: Mark) -> LeadTime:
    return LeadTime(
        article=mark.article, number=mark.number, call=mark.call, at=mark.at, lead_s=mark.lead_s
    )
