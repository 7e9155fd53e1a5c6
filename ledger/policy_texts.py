"""The text of every version of a pack that a ticket stands on. Written once, never changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from ledger import tables as t
from ledger.database import Clock, Database

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection


class PolicyTexts:
    """The kept texts by version."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def of(self, version: str) -> str | None:
        """The text of a version; None where it was never kept."""
        query = select(t.policy_versions.c.body).where(t.policy_versions.c.version == version)
        async with self._database.read() as connection:
            return (await connection.execute(query)).scalar_one_or_none()

    async def keep(self, version: str, text: str) -> None:
        """Keep a text; what is kept already stays as it is."""
        async with self._database.write() as connection:
            await self.keep_in(connection, version, text)

    async def keep_in(self, connection: AsyncConnection, version: str, text: str) -> None:
        """The same in the caller's transaction."""
        row = {"version": version, "kept_at": self._clock(), "body": text}
        await self._database.insert_new(connection, t.policy_versions, [row])
