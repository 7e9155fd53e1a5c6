"""What editors learn from: synonyms they keep, what was asked and not found, how articles are used.

A question is kept by day with its digits masked, never with whose it was.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal
from zoneinfo import ZoneInfo

from sqlalchemy import Row, delete, func, insert, select

from hotline.errors import BadInput, NoSuch
from hotline.words import UserId
from ledger import knowledge_tables as k
from ledger.audit import Audit
from ledger.database import Clock, Database
from ledger.knowledge import Revisions, day_of
from ledger.knowledge_work import changed
from ledger.rows import canonical

UseKind = Literal["shown", "adopted", "wrong"]
_LONGEST: Final = 80
_FIGURES: Final = re.compile(r"\d{3,}")


@dataclass(frozen=True, slots=True, kw_only=True)
class SynonymGroup:
    """Words that mean the same for search: 公积金, gjj, 住房公积金."""

    id: str
    words: tuple[str, ...]
    made_by: UserId
    made_at: dt.datetime
    version: int = 1


class Synonyms:
    """The groups of one city."""

    def __init__(
        self, database: Database, audit: Audit, revisions: Revisions, clock: Clock, city: str
    ) -> None:
        self._database = database
        self._audit = audit
        self._revisions = revisions
        self._clock = clock
        self._city = city

    async def all(self) -> list[SynonymGroup]:
        """Every group, oldest first."""
        c = k.knowledge_synonyms.c
        query = select(k.knowledge_synonyms).where(c.city == self._city).order_by(c.made_at, c.id)
        async with self._database.read() as connection:
            return [_group(row) for row in (await connection.execute(query)).all()]

    async def put(
        self, id_: str, words: Sequence[str], *, expected: int, by: UserId
    ) -> SynonymGroup:
        """A new group (``expected`` 0) or a changed one. Raises BadInput, StaleVersion, NoSuch."""
        clean = tuple(dict.fromkeys(word.strip() for word in words if word.strip()))
        if not 2 <= len(clean) <= 30 or any(len(word) > 30 for word in clean):
            raise BadInput("words", "一组同义词要有2至30个词，每个词最多30字")
        body = canonical(list(clean))
        async with self._database.write() as connection:
            if expected == 0:
                row = {
                    "city": self._city,
                    "id": id_,
                    "version": 1,
                    "words": body,
                    "made_by": by,
                    "made_at": self._clock(),
                }
                await connection.execute(insert(k.knowledge_synonyms), row)
            else:
                await changed(
                    connection, k.knowledge_synonyms, self._city, id_, {"words": body},
                    expected=expected, kind="同义词",
                )  # fmt: skip
            await self._revisions.raise_in(connection, "synonyms", [id_])
            await self._audit.add(connection, by, "knowledge.synonyms.put", f"synonyms:{id_}")
        return next(one for one in await self.all() if one.id == id_)

    async def remove(self, id_: str, *, by: UserId) -> None:
        """Raises NoSuch."""
        c = k.knowledge_synonyms.c
        gone = delete(k.knowledge_synonyms).where(c.city == self._city, c.id == id_)
        async with self._database.write() as connection:
            if (await connection.execute(gone)).rowcount != 1:
                raise NoSuch("同义词", id_)
            await self._revisions.raise_in(connection, "synonyms", [id_])
            await self._audit.add(connection, by, "knowledge.synonyms.remove", f"synonyms:{id_}")


def _group(row: Row[Any]) -> SynonymGroup:
    return SynonymGroup(
        id=row.id,
        words=tuple(json.loads(row.words)),
        made_by=UserId(row.made_by),
        made_at=row.made_at,
        version=row.version,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What was asked over some days, how often, and how often nothing answered."""

    words: str
    asked: int
    missed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Used:
    """How often an article was shown, adopted, and marked wrong over some days."""

    article: str
    shown: int = 0
    adopted: int = 0
    wrong: int = 0


class KnowledgeCounts:
    """Counters by day, of one city."""

    def __init__(self, database: Database, city: str, zone: ZoneInfo) -> None:
        self._database = database
        self._city = city
        self._zone = zone

    async def asked(self, words: str, *, found: bool, at: dt.datetime, sound: str = "") -> None:
        """Somebody asked this. Three digits and more are masked. What has the same ``sound`` is
        the same question, kept in the words it came in first; without one, the same words."""
        plain = _FIGURES.sub("…", " ".join(words.split()))[:_LONGEST]
        if not plain:
            return
        key = hashlib.sha256((f"sound {sound}" if sound else plain).encode()).hexdigest()[:32]
        row = {"city": self._city, "day": day_of(at, self._zone), "digest": key, "words": plain}
        q = k.knowledge_questions
        async with self._database.write() as connection:
            count = await self._database.count_up(connection, q, "asked", {**row, "missed": 0})
            if not found:
                mine = (q.c.city == self._city) & (q.c.day == row["day"]) & (q.c.digest == key)
                await connection.execute(q.update().where(mine).values(missed=q.c.missed + 1))
            del count

    async def used(self, article: str, kind: UseKind, at: dt.datetime) -> None:
        """One use more."""
        row = {
            "city": self._city,
            "day": day_of(at, self._zone),
            "article": article,
            "kind": kind,
        }
        async with self._database.write() as connection:
            await self._database.count_up(connection, k.knowledge_uses, "count", row)

    async def not_found(self, since: dt.date, *, limit: int = 50) -> list[Question]:
        """What was asked since a day and found nothing, the most missed first."""
        c = k.knowledge_questions.c
        missed = func.sum(c.missed)
        query = (
            select(func.max(c.words).label("words"), func.sum(c.asked), missed)
            .where(c.city == self._city, c.day >= since.isoformat())
            .group_by(c.digest)
            .having(missed > 0)
            .order_by(missed.desc(), "words")
            .limit(limit)
        )
        async with self._database.read() as connection:
            rows = (await connection.execute(query)).all()
        return [Question(words=row[0], asked=int(row[1]), missed=int(row[2])) for row in rows]

    async def uses(self, since: dt.date) -> dict[str, Used]:
        """By article, since a day; articles without any use are left out."""
        c = k.knowledge_uses.c
        query = (
            select(c.article, c.kind, func.sum(c.count))
            .where(c.city == self._city, c.day >= since.isoformat())
            .group_by(c.article, c.kind)
        )
        found: dict[str, dict[str, int]] = {}
        async with self._database.read() as connection:
            for article, kind, count in await connection.execute(query):
                found.setdefault(article, {})[kind] = int(count)
        return {article: Used(article=article, **kinds) for article, kinds in found.items()}
