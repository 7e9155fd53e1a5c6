"""Files put to tickets (附件): what they are and who put them there. Their bytes lie elsewhere.

A file is never removed: it can be marked as withdrawn, by whom and why; then nobody gets it.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import func, insert, select, update

from hotline.errors import NoSuch
from hotline.words import TicketId, UserId
from ledger import tables as t
from ledger.audit import Audit
from ledger.database import Clock, Database
from ledger.file_tables import ticket_files
from ledger.seal import KeyRing

if TYPE_CHECKING:
    from sqlalchemy import Row
    from sqlalchemy.ext.asyncio import AsyncConnection

_SLOT: Final = "file-"


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketFile:
    """A file of a ticket. ``id`` is random, 20 hexadecimal digits; ``name`` is text to be shown,
    never a path; ``why`` is the reason of a withdrawal."""

    id: str
    ticket: TicketId
    name: str
    kind: str
    purpose: str
    bytes: int
    sha256: str
    at: dt.datetime
    by: UserId
    withdrawn_at: dt.datetime | None = None
    withdrawn_by: UserId | None = None
    why: str = ""


class TicketFiles:
    """The book of files of one city."""

    def __init__(
        self, database: Database, keys: KeyRing, audit: Audit, clock: Clock, city: str
    ) -> None:
        self._database = database
        self._keys = keys
        self._audit = audit
        self._clock = clock
        self._city = city

    async def add(self, file: TicketFile, place: Callable[[], Awaitable[None]]) -> None:
        """Write a file down. ``place`` puts its bytes where they stay, inside the transaction: what
        it raises undoes all, and a row without its bytes is never committed. Raises NoSuch for a
        ticket there is not."""
        async with self._database.write() as connection:
            known = select(t.tickets.c.id).where(
                t.tickets.c.city == self._city, t.tickets.c.id == file.ticket
            )
            if (await connection.execute(known)).one_or_none() is None:
                raise NoSuch("工单", file.ticket)
            row = {
                "city": self._city,
                "id": file.id,
                "ticket": file.ticket,
                "kind": file.kind,
                "purpose": file.purpose,
                "bytes": file.bytes,
                "sha256": file.sha256,
                "at": file.at,
                "by": file.by,
            }
            await connection.execute(insert(ticket_files), row)
            await self._write_words(connection, file.ticket, file.id, {"name": file.name})
            await self._note(connection, file.by, "file-put", file)
            await place()

    async def withdraw(self, ticket: TicketId, id_: str, *, by: UserId, why: str) -> None:
        """Mark a file as withdrawn; a second time changes nothing. Raises NoSuch."""
        file = await self.one(ticket, id_)
        c = ticket_files.c
        async with self._database.write() as connection:
            done = await connection.execute(
                update(ticket_files)
                .where(c.city == self._city, c.id == id_, c.withdrawn_at.is_(None))
                .values(withdrawn_at=self._clock(), withdrawn_by=by)
            )
            if done.rowcount == 1:
                await self._write_words(connection, ticket, id_, {"name": file.name, "why": why})
                await self._note(connection, by, "file-withdrawn", file)

    async def read(self, ticket: TicketId, id_: str, *, by: UserId) -> TicketFile:
        """A file for whoever takes it away, with its line in the audit book. Raises NoSuch; a
        withdrawn one is given to nobody."""
        file = await self.one(ticket, id_)
        if file.withdrawn_at is not None:
            raise NoSuch("附件", id_)
        async with self._database.write() as connection:
            await self._note(connection, by, "file-read", file)
        return file

    async def one(self, ticket: TicketId, id_: str) -> TicketFile:
        """A file of this ticket, withdrawn or not. Raises NoSuch."""
        found = [one for one in await self.of(ticket) if one.id == id_]
        if not found:
            raise NoSuch("附件", id_)
        return found[0]

    async def of(self, ticket: TicketId) -> list[TicketFile]:
        """Every file of a ticket, oldest first."""
        c, x = ticket_files.c, t.ticket_texts.c
        query = select(ticket_files).where(c.city == self._city, c.ticket == ticket)
        texts = select(x.slot, x.body).where(
            x.city == self._city, x.ticket == ticket, x.slot.startswith(_SLOT)
        )
        async with self._database.read() as connection:
            rows = (await connection.execute(query.order_by(c.at, c.id))).all()
            bodies = (await connection.execute(texts)).all() if rows else ()
        words = {slot: self._words(ticket, slot, body) for slot, body in bodies}
        return [_file(row, words.get(_SLOT + row.id, {})) for row in rows]

    async def total(self) -> tuple[int, int]:
        """How many files there are, and their bytes together."""
        c = ticket_files.c
        query = select(func.count(), func.coalesce(func.sum(c.bytes), 0)).where(
            c.city == self._city
        )
        async with self._database.read() as connection:
            count, size = (await connection.execute(query)).one()
        return int(count), int(size)

    # ---- within
    async def _note(
        self, connection: AsyncConnection, by: UserId, what: str, file: TicketFile
    ) -> None:
        detail = {"file": file.id, "kind": file.kind, "sha256": file.sha256}
        await self._audit.add(connection, by, what, f"ticket:{file.ticket}", detail)

    async def _write_words(
        self, connection: AsyncConnection, ticket: TicketId, id_: str, words: dict[str, str]
    ) -> None:
        slot = _SLOT + id_
        text = json.dumps(words, ensure_ascii=False)
        sealed = self._keys.seal(text, table="ticket_texts", column="body", row=f"{ticket}.{slot}")
        row = {"city": self._city, "ticket": ticket, "slot": slot, "body": sealed}
        await self._database.upsert(connection, t.ticket_texts, [row])

    def _words(self, ticket: TicketId, slot: str, body: Any) -> dict[str, str]:
        text = self._keys.open(body, table="ticket_texts", column="body", row=f"{ticket}.{slot}")
        words: dict[str, str] = json.loads(text)
        return words


def _file(row: Row[Any], words: dict[str, str]) -> TicketFile:
    return TicketFile(
        id=row.id,
        ticket=TicketId(row.ticket),
        name=words.get("name", ""),
        kind=row.kind,
        purpose=row.purpose,
        bytes=row.bytes,
        sha256=row.sha256,
        at=row.at,
        by=UserId(row.by),
        withdrawn_at=row.withdrawn_at,
        withdrawn_by=UserId(row.withdrawn_by) if row.withdrawn_by else None,
        why=words.get("why", ""),
    )
