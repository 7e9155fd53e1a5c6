"""What goes from the knowledge base to the desks at once: urgent wordings (口径) with who has
acknowledged them, and notices of outages and works."""

from __future__ import annotations

import datetime as dt
import json
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, Row, insert, select

from hotline.errors import NoSuch
from hotline.knowledge_notices import Notice, UrgentWords
from hotline.words import AgentId, UserId
from ledger import knowledge_tables as k
from ledger.audit import Audit
from ledger.database import Clock, Database
from ledger.knowledge import Revisions
from ledger.knowledge_work import changed
from ledger.rows import canonical, from_json, to_json

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection


class Notices:
    """The notices of one city."""

    def __init__(
        self, database: Database, audit: Audit, revisions: Revisions, clock: Clock, city: str
    ) -> None:
        self._database = database
        self._audit = audit
        self._revisions = revisions
        self._clock = clock
        self._city = city

    async def add(self, notice: Notice, *, by: str) -> Notice:
        """A new one; the same id a second time changes nothing."""
        row = {"city": self._city, "id": notice.id, "version": 1, **_notice_row(notice)}
        async with self._database.write() as connection:
            known = select(k.knowledge_notices.c.id).where(self._mine(notice.id))
            if (await connection.execute(known)).first() is None:
                await connection.execute(insert(k.knowledge_notices), row)
                await self._trace(connection, notice, by, "knowledge.notice.add")
        return await self.one(notice.id)

    async def save(self, notice: Notice, *, by: str) -> Notice:
        """Changed or withdrawn. ``notice.version`` is what it was read at. Raises StaleVersion,
        NoSuch."""
        async with self._database.write() as connection:
            await changed(
                connection, k.knowledge_notices, self._city, notice.id, _notice_row(notice),
                expected=notice.version, kind="通知",
            )  # fmt: skip
            await self._trace(connection, notice, by, "knowledge.notice.save")
        return await self.one(notice.id)

    async def one(self, id_: str) -> Notice:
        """Raises NoSuch."""
        found = await self._find([self._mine(id_)])
        if not found:
            raise NoSuch("通知", id_)
        return found[0]

    async def current(self, at: dt.datetime) -> list[Notice]:
        """Those that are on at ``at`` or still to come, by their beginning; not the withdrawn."""
        c = k.knowledge_notices.c
        return await self._find([c.ends_at >= at, c.withdrawn_at.is_(None)])

    async def latest(self, limit: int = 100) -> list[Notice]:
        """Every notice, the newest beginning first, the withdrawn and the past as well."""
        return (await self._find([], limit=limit, newest=True))[:limit]

    async def _find(
        self, wanted: list[ColumnElement[bool]], *, limit: int = 1000, newest: bool = False
    ) -> list[Notice]:
        c = k.knowledge_notices.c
        order = c.starts_at.desc() if newest else c.starts_at
        query = select(k.knowledge_notices).where(c.city == self._city, *wanted)
        async with self._database.read() as connection:
            rows = (await connection.execute(query.order_by(order, c.id).limit(limit))).all()
        return [_notice(row) for row in rows]

    async def _trace(self, connection: AsyncConnection, notice: Notice, by: str, what: str) -> None:
        await self._revisions.raise_in(connection, "notice", [notice.id])
        detail = {"kind": notice.kind.value, "withdrawn": notice.withdrawn_at is not None}
        await self._audit.add(connection, by, what, f"notice:{notice.id}", detail)

    def _mine(self, id_: str) -> ColumnElement[bool]:
        c = k.knowledge_notices.c
        return (c.city == self._city) & (c.id == id_)


def _notice_row(notice: Notice) -> dict[str, Any]:
    return {
        "starts_at": notice.starts_at,
        "ends_at": notice.ends_at,
        "withdrawn_at": notice.withdrawn_at,
        "body": canonical(to_json(notice)),
    }


def _notice(row: Row[Any]) -> Notice:
    body = json.loads(row.body)
    notice: Notice = from_json(Notice, {**body, "version": row.version})
    return notice


class UrgentBook:
    """The urgent wordings of one city, and who has read them."""

    def __init__(
        self, database: Database, audit: Audit, revisions: Revisions, clock: Clock, city: str
    ) -> None:
        self._database = database
        self._audit = audit
        self._revisions = revisions
        self._clock = clock
        self._city = city

    async def add(self, words: UrgentWords) -> UrgentWords:
        """A new one; the same id a second time changes nothing."""
        row = {
            "city": self._city,
            "id": words.id,
            "version": 1,
            "title": words.title,
            "words": words.words,
            "article": words.article,
            "made_by": words.made_by,
            "made_at": words.made_at,
            "until": words.until,
        }
        async with self._database.write() as connection:
            known = select(k.knowledge_urgent.c.id).where(self._mine(words.id))
            if (await connection.execute(known)).first() is None:
                await connection.execute(insert(k.knowledge_urgent), row)
                await self._trace(connection, words.id, words.made_by, "knowledge.urgent.add")
        return await self.one(words.id)

    async def withdraw(self, words: UrgentWords, *, by: str) -> UrgentWords:
        """It is off the screens. ``words.version`` is what it was read at. Raises StaleVersion,
        NoSuch."""
        values = {"withdrawn_at": self._clock()}
        async with self._database.write() as connection:
            await changed(
                connection, k.knowledge_urgent, self._city, words.id, values,
                expected=words.version, kind="紧急口径",
            )  # fmt: skip
            await self._trace(connection, words.id, by, "knowledge.urgent.withdraw")
        return await self.one(words.id)

    async def acknowledge(self, id_: str, agent: AgentId, *, by: UserId) -> UrgentWords:
        """This agent has read it; a second time changes nothing. Raises NoSuch."""
        row = {"city": self._city, "urgent": id_, "agent": agent, "at": self._clock()}
        async with self._database.write() as connection:
            known = select(k.knowledge_urgent.c.id).where(self._mine(id_))
            if (await connection.execute(known)).first() is None:
                raise NoSuch("紧急口径", id_)
            a = k.knowledge_urgent_acks.c
            mine = (a.city == self._city) & (a.urgent == id_) & (a.agent == agent)
            if (await connection.execute(select(a.at).where(mine))).first() is None:
                await self._database.insert_new(connection, k.knowledge_urgent_acks, [row])
                what = "knowledge.urgent.acknowledge"
                await self._audit.add(connection, by, what, f"urgent:{id_}", {"agent": agent})
        return await self.one(id_)

    async def one(self, id_: str) -> UrgentWords:
        """Raises NoSuch."""
        found = await self._find([self._mine(id_)])
        if not found:
            raise NoSuch("紧急口径", id_)
        return found[0]

    async def active(self, at: dt.datetime) -> list[UrgentWords]:
        """Those on the screens now, the newest first."""
        c = k.knowledge_urgent.c
        return await self._find([c.until > at, c.withdrawn_at.is_(None)])

    async def latest(self, limit: int = 50) -> list[UrgentWords]:
        """Every one, the newest first."""
        return await self._find([], limit=limit)

    async def _find(
        self, wanted: list[ColumnElement[bool]], *, limit: int = 100
    ) -> list[UrgentWords]:
        c, a = k.knowledge_urgent.c, k.knowledge_urgent_acks.c
        query = select(k.knowledge_urgent).where(c.city == self._city, *wanted)
        query = query.order_by(c.made_at.desc(), c.id).limit(limit)
        async with self._database.read() as connection:
            rows = (await connection.execute(query)).all()
            read = select(a.urgent, a.agent, a.at).where(
                a.city == self._city, a.urgent.in_([row.id for row in rows])
            )
            acks = (await connection.execute(read.order_by(a.at, a.agent))).all()
        return [
            UrgentWords(
                id=row.id,
                title=row.title,
                words=row.words,
                made_by=UserId(row.made_by),
                made_at=row.made_at,
                until=row.until,
                article=row.article,
                withdrawn_at=row.withdrawn_at,
                acknowledged=tuple(
                    (AgentId(one.agent), one.at) for one in acks if one.urgent == row.id
                ),
                version=row.version,
            )
            for row in rows
        ]

    async def _trace(self, connection: AsyncConnection, id_: str, by: str, what: str) -> None:
        await self._revisions.raise_in(connection, "urgent", [id_])
        await self._audit.add(connection, by, what, f"urgent:{id_}")

    def _mine(self, id_: str) -> ColumnElement[bool]:
        c = k.knowledge_urgent.c
        return (c.city == self._city) & (c.id == id_)
