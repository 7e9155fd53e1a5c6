"""诉求点 of a ticket, as the hotline corrected them: encrypted among the ticket's texts."""

from __future__ import annotations

from typing import Final

from sqlalchemy import select, update

from hotline.errors import NoSuch
from hotline.words import TicketId, UserId
from ledger import tables as t
from ledger.audit import Audit
from ledger.database import Database
from ledger.errors import StaleVersion
from ledger.seal import KeyRing

SLOT: Final = "asks"


class TicketAsks:
    """The corrected lists of one city."""

    def __init__(self, database: Database, keys: KeyRing, audit: Audit, city: str) -> None:
        self._database = database
        self._keys = keys
        self._audit = audit
        self._city = city

    async def put(self, ticket: TicketId, text: str, *, by: UserId, expected_version: int) -> None:
        """Keep a list in place of the one before, with its trace in the audit book. The ticket gets
        a new version, so that no reply is held against the old list. Raises StaleVersion,
        NoSuch."""
        sealed = self._keys.seal(text, table="ticket_texts", column="body", row=f"{ticket}.{SLOT}")
        c = t.tickets.c
        async with self._database.write() as connection:
            done = await connection.execute(
                update(t.tickets)
                .where(c.city == self._city, c.id == ticket, c.version == expected_version)
                .values(version=expected_version + 1)
            )
            if done.rowcount != 1:
                actual = select(c.version).where(c.city == self._city, c.id == ticket)
                found = (await connection.execute(actual)).scalar_one_or_none()
                if found is None:
                    raise NoSuch("工单", ticket)
                raise StaleVersion(ticket, expected_version, found)
            row = {"city": self._city, "ticket": ticket, "slot": SLOT, "body": sealed}
            await self._database.upsert(connection, t.ticket_texts, [row])
            detail = {"version": expected_version + 1, "slots": [SLOT]}
            await self._audit.add(connection, by, "ticket.asks", f"ticket:{ticket}", detail)
