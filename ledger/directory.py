"""The versions of the dispatch directory (派单目录). Each is written once and never changed."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError

from hotline.directory import Entry, Version
from hotline.errors import BadInput
from ledger import tables as t
from ledger.audit import Audit
from ledger.database import Clock, Database
from ledger.rows import canonical, from_json, to_json

if TYPE_CHECKING:
    from sqlalchemy import Row


class DirectoryVersions:
    """The directory of one city. Versions are read from the database once and kept."""

    def __init__(self, database: Database, audit: Audit, clock: Clock, city: str) -> None:
        self._database = database
        self._audit = audit
        self._clock = clock
        self._city = city
        self._known: dict[int, Version] = {}

    async def all(self) -> tuple[Version, ...]:
        """Every version, oldest first. Others may import: new numbers are looked for each time."""
        c = t.directory_versions.c
        numbers = select(c.number).where(c.city == self._city).order_by(c.number)
        async with self._database.read() as connection:
            found = (await connection.execute(numbers)).scalars().all()
            unknown = [number for number in found if number not in self._known]
            if unknown:
                query = select(t.directory_versions).where(
                    c.city == self._city, c.number.in_(unknown)
                )
                for row in await connection.execute(query):
                    self._known[row.number] = _version(row)
        return tuple(self._known[number] for number in found)

    async def add(
        self,
        entries: Sequence[Entry],
        *,
        after: int,
        effective_from: dt.date,
        origin: str,
        by: str,
    ) -> Version:
        """Keep the version that follows number ``after`` (0: the first).

        Raises BadInput where somebody else added one since ``after`` was the last.
        """
        number = after + 1
        row = {
            "city": self._city,
            "number": number,
            "effective_from": effective_from.isoformat(),
            "stored_at": self._clock(),
            "origin": origin[:200],
            "stored_by": by,
            "body": canonical([to_json(entry) for entry in entries]),
        }
        detail = {"entries": len(entries), "effective_from": effective_from.isoformat()}
        try:
            async with self._database.write() as connection:
                await connection.execute(insert(t.directory_versions), row)
                subject = f"directory:{number}"
                await self._audit.add(connection, by, "directory.add", subject, detail)
        except IntegrityError:
            raise BadInput("directory", "刚刚有人导入了另一版派单目录，请重新预览") from None
        return next(one for one in await self.all() if one.number == number)


def _version(row: Row[Any]) -> Version:
    return Version(
        number=row.number,
        effective_from=dt.date.fromisoformat(row.effective_from),
        stored_at=row.stored_at,
        origin=row.origin,
        entries=tuple(from_json(Entry, one) for one in json.loads(row.body)),
    )
