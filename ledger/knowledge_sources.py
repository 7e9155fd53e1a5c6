"""Units that keep a knowledge base of their own (河北 第十条（四）): who they are, and which
article came from which of their entries. Of a token only the SHA-256 is kept."""

from __future__ import annotations

import datetime as dt
import functools
import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import Row, insert, select, update
from sqlalchemy.exc import IntegrityError

from hotline.errors import BadInput, NoSuch
from hotline.words import UnitId
from ledger import knowledge_tables as k
from ledger.audit import Audit
from ledger.database import Clock, Database

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A unit's own base."""

    name: str
    unit: UnitId
    made_at: dt.datetime
    revoked_at: dt.datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """The entry an article was last taken from. ``digest`` is that of what was sent."""

    source: str
    external: str
    article: str
    digest: str
    number: int
    taken_at: dt.datetime


def token_hash(token: str) -> str:
    """What is kept of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


class Sources:
    """The sources of one city."""

    def __init__(self, database: Database, audit: Audit, clock: Clock, city: str) -> None:
        self._database = database
        self._audit = audit
        self._clock = clock
        self._city = city

    async def add(self, name: str, unit: UnitId, token: str, *, by: str) -> Source:
        """A new one. Raises BadInput for a name that is taken."""
        row = {
            "city": self._city,
            "name": name,
            "unit": unit,
            "token_hash": token_hash(token),
            "made_at": self._clock(),
        }
        try:
            async with self._database.write() as connection:
                await connection.execute(insert(k.knowledge_sources), row)
                what, detail = "knowledge.source.add", {"unit": unit}
                await self._audit.add(connection, by, what, f"source:{name}", detail)
        except IntegrityError:
            raise BadInput("name", f"来源 {name} 已经有了，请另取一个名称") from None
        return next(one for one in await self.all() if one.name == name)

    async def revoke(self, name: str, *, by: str) -> None:
        """Its token opens nothing any more; its articles stay. Raises NoSuch."""
        c = k.knowledge_sources.c
        mine = (c.city == self._city) & (c.name == name) & c.revoked_at.is_(None)
        change = update(k.knowledge_sources).where(mine).values(revoked_at=self._clock())
        async with self._database.write() as connection:
            if (await connection.execute(change)).rowcount != 1:
                raise NoSuch("知识来源", name)
            await self._audit.add(connection, by, "knowledge.source.revoke", f"source:{name}")

    async def all(self) -> list[Source]:
        """Every one, by name."""
        c = k.knowledge_sources.c
        query = select(k.knowledge_sources).where(c.city == self._city).order_by(c.name)
        async with self._database.read() as connection:
            return [_source(row) for row in (await connection.execute(query)).all()]

    async def by_token(self, token: str) -> Source | None:
        """The source this token belongs to, None where it opens nothing."""
        c = k.knowledge_sources.c
        query = select(k.knowledge_sources).where(
            c.city == self._city, c.token_hash == token_hash(token), c.revoked_at.is_(None)
        )
        async with self._database.read() as connection:
            row = (await connection.execute(query)).one_or_none()
        return None if row is None else _source(row)

    async def origin(self, source: str, external: str) -> Origin | None:
        """Where an entry of a source was taken to, None where it never came."""
        c = k.knowledge_origins.c
        query = select(k.knowledge_origins).where(
            c.city == self._city, c.source == source, c.external == external
        )
        async with self._database.read() as connection:
            row = (await connection.execute(query)).one_or_none()
        return None if row is None else _origin(row)

    async def origins_of(self, article: str) -> list[Origin]:
        """Where an article came from."""
        c = k.knowledge_origins.c
        query = select(k.knowledge_origins).where(c.city == self._city, c.article == article)
        async with self._database.read() as connection:
            return [_origin(row) for row in (await connection.execute(query)).all()]

    def noting(self, origin: Origin) -> Callable[[AsyncConnection], Awaitable[None]]:
        """What :meth:`note_in` does, for the transaction of somebody else."""
        return functools.partial(self.note_in, origin=origin)

    async def note_in(self, connection: AsyncConnection, origin: Origin) -> None:
        """Keep where an article came from, in the transaction that keeps the article."""
        row = {
            "city": self._city,
            "source": origin.source,
            "external": origin.external,
            "article": origin.article,
            "digest": origin.digest,
            "number": origin.number,
            "taken_at": origin.taken_at,
        }
        await self._database.upsert(connection, k.knowledge_origins, [row])


def _source(row: Row[Any]) -> Source:
    return Source(name=row.name, unit=row.unit, made_at=row.made_at, revoked_at=row.revoked_at)


def _origin(row: Row[Any]) -> Origin:
    return Origin(
        source=row.source,
        external=row.external,
        article=row.article,
        digest=row.digest,
        number=row.number,
        taken_at=row.taken_at,
    )
