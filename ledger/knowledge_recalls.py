"""召回: who was told a version that turned out wrong, and the tasks to call them back."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import case, func, insert, select

from hotline.words import CallId, ReturnCallId, UserId
from ledger import knowledge_tables as k
from ledger import tables as t
from ledger.audit import Audit
from ledger.book import Page
from ledger.database import Clock, Database
from ledger.return_calls import ReturnCalls


@dataclass(frozen=True, slots=True)
class Told:
    """A call in which a version stood on the agent's screen; ``task`` once somebody is to call
    back about it."""

    call: CallId
    at: dt.datetime
    recalled: bool
    task: ReturnCallId | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """A version that was called back: of ``calls``, made into ``tasks``, ``owed`` are still to be
    called."""

    article: str
    number: int
    at: dt.datetime
    by: UserId
    calls: int
    tasks: int
    owed: int


def about(article: str, number: int) -> str:
    """What a task says it is about: the article and its version."""
    return f"{article}@{number}"


def about_parts(text: str) -> tuple[str, int] | None:
    """The article and version that :func:`about` wrote; None for something else."""
    article, mark, number = text.rpartition("@")
    return (article, int(number)) if mark and number.isdigit() else None


class KnowledgeRecalls:
    """The recalls of one city."""

    def __init__(
        self, database: Database, return_calls: ReturnCalls, audit: Audit, clock: Clock, city: str
    ) -> None:
        self._database = database
        self._return_calls = return_calls
        self._audit = audit
        self._clock = clock
        self._city = city

    async def told(self, article: str, number: int, *, limit: int = 2000) -> list[Told]:
        """The calls beside which this version stood, newest first."""
        s, r = t.shown_articles.c, k.knowledge_recalls.c
        same = (
            (r.city == self._city)
            & (r.article == s.article)
            & (r.number == s.version)
            & (r.call == s.call)
        )
        query = (
            select(s.call, s.at, r.at.label("recalled_at"), r.task)
            .select_from(t.shown_articles.outerjoin(k.knowledge_recalls, same))
            .where(s.article == article, s.version == number)
            .order_by(s.at.desc(), s.call)
            .limit(limit)
        )
        async with self._database.read() as connection:
            rows = (await connection.execute(query)).all()
        return [
            Told(
                CallId(row.call),
                row.at,
                row.recalled_at is not None,
                ReturnCallId(row.task) if row.task else None,
            )
            for row in rows
        ]

    async def begin(
        self, article: str, number: int, calls: Sequence[CallId], *, by: UserId, policy: str
    ) -> int:
        """Make the tasks for these calls, all or none, each call once however often it is asked;
        how many calls were new. Two calls of one caller are one task."""
        made = 0
        async with self._database.write() as connection:
            c = k.knowledge_recalls.c
            known = select(c.call).where(
                c.city == self._city, c.article == article, c.number == number
            )
            done = set((await connection.execute(known)).scalars())
            for call in dict.fromkeys(calls):
                if call in done:
                    continue
                name = about(article, number)
                task = await self._return_calls.recall_in(connection, call, name, policy)
                row = {
                    "city": self._city,
                    "article": article,
                    "number": number,
                    "call": call,
                    "task": task.id,
                    "at": self._clock(),
                    "by": by,
                }
                await connection.execute(insert(k.knowledge_recalls), row)
                made += 1
            detail = {"version": number, "calls": made}
            subject = f"knowledge:{article}"
            await self._audit.add(connection, by, "knowledge.recall", subject, detail)
        return made

    async def shown_since(self, moment: dt.datetime) -> dict[str, int]:
        """Beside how many calls each article stood since then."""
        s = t.shown_articles.c
        query = select(s.article, func.count(func.distinct(s.call))).where(s.at >= moment)
        async with self._database.read() as connection:
            rows = (await connection.execute(query.group_by(s.article))).all()
        return {article: int(count) for article, count in rows}

    async def page(self, *, number: int = 1, size: int = 50) -> Page[Begun]:
        """A page of the versions that were called back, the last first."""
        r, c = k.knowledge_recalls.c, t.return_calls.c
        mine = r.city == self._city
        versions = select(r.article, r.number).where(mine).distinct().subquery()
        last = func.max(r.at).label("last_at")
        owed = func.count(func.distinct(case((c.state != "closed", r.task))))
        query = (
            select(
                r.article, r.number, last, func.max(r.by).label("who"),
                func.count().label("calls"), func.count(func.distinct(r.task)).label("tasks"),
                owed.label("owed"),
            )
            .select_from(k.knowledge_recalls.outerjoin(t.return_calls, c.id == r.task))
            .where(mine)
            .group_by(r.article, r.number)
            .order_by(last.desc(), r.article, r.number)
            .limit(size)
            .offset((number - 1) * size)
        )  # fmt: skip
        async with self._database.read() as connection:
            total = (
                await connection.execute(select(func.count()).select_from(versions))
            ).scalar_one()
            rows = (await connection.execute(query)).all()
        items = tuple(
            Begun(
                article=row.article, number=row.number, at=row.last_at, by=UserId(row.who),
                calls=int(row.calls), tasks=int(row.tasks), owed=int(row.owed),
            )
            for row in rows
        )  # fmt: skip
        return Page(items, number, size, total)

    async def open_of(self, article: str) -> int:
        """How many tasks about any version of an article are still owed."""
        r, c = k.knowledge_recalls.c, t.return_calls.c
        query = (
            select(func.count(func.distinct(r.task)))
            .select_from(k.knowledge_recalls.join(t.return_calls, c.id == r.task))
            .where(r.city == self._city, r.article == article, c.state != "closed")
        )
        async with self._database.read() as connection:
            return (await connection.execute(query)).scalar_one()
