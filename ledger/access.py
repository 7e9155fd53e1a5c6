"""The access ledger of tickets: who opened one, who was shown what of its people, when and why.

Its rows stand in the audit book, chained like all of it; the words of a reason may name somebody,
so they lie sealed beside it and the row holds their mark.
"""

from __future__ import annotations

import datetime as dt
import hmac
import json
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Final, Literal

from sqlalchemy import insert, select

from hotline.need_to_know import Field
from hotline.words import TicketId, UnitId, UserId
from ledger import people_tables as p
from ledger import tables as t
from ledger.audit import Audit
from ledger.database import Clock, Database
from ledger.seal import KeyRing, Sealed

VIEW: Final = "ticket.view"
PRINT: Final = "ticket.print"
REVEAL: Final = "ticket.reveal"
SECRECY: Final = "ticket.secrecy"
DIAL: Final = "ticket.dial"
LISTED: Final = (VIEW, PRINT, REVEAL, SECRECY, DIAL)
AGAIN_AFTER: Final = dt.timedelta(minutes=10)
"""The same person opening the same ticket sooner than this is still looking at it."""


@dataclass(frozen=True, slots=True)
class Access:
    """One row. ``fields`` and ``code`` where something was revealed; ``intact`` False: the words
    are not those that were written then, or are gone."""

    seq: int
    at: dt.datetime
    who: UserId
    what: str
    fields: tuple[Field, ...] = ()
    code: str = ""
    words: str = ""
    intact: bool = True


@dataclass(frozen=True, slots=True)
class Noted:
    """What a caller asked to be kept secret, and whom the matter is about."""

    fields: frozenset[Field] = frozenset()
    accused: frozenset[UnitId] = frozenset()


class Accesses:
    """The access ledger of one city's tickets."""

    def __init__(
        self, database: Database, keys: KeyRing, audit: Audit, clock: Clock, city: str
    ) -> None:
        self._database = database
        self._keys = keys
        self._audit = audit
        self._clock = clock
        self._city = city

    async def opened(
        self,
        ticket: TicketId,
        who: UserId,
        what: Literal["ticket.view", "ticket.print"] = "ticket.view",
    ) -> None:
        """Note that somebody opened or printed a ticket; opening once for each time of looking."""
        if what == VIEW and await self._latest(ticket, who, VIEW, self._clock() - AGAIN_AFTER):
            return
        await self._audit.record(who, what, _subject(ticket))

    async def reveal(
        self, ticket: TicketId, who: UserId, fields: Collection[Field], code: str, words: str
    ) -> None:
        """Note why somebody is shown these fields. Durable when it returns."""
        await self._reasoned(ticket, who, REVEAL, fields, code, words)

    async def dialled(self, ticket: TicketId, who: UserId, code: str, words: str) -> None:
        """Note why somebody calls the caller from the page of the ticket; no code and no words
        where the number was revealed to them already. Durable when it returns."""
        await self._reasoned(ticket, who, DIAL, [Field.PHONE], code, words)

    async def _reasoned(
        self,
        ticket: TicketId,
        who: UserId,
        what: str,
        fields: Collection[Field],
        code: str,
        words: str,
    ) -> None:
        detail = {
            "fields": sorted(fields),
            "code": code,
            "words": self._audit.mark(words).hex(),
        }
        async with self._database.write() as connection:
            seq = await self._audit.add(connection, who, what, _subject(ticket), detail)
            body = self._keys.seal(words, **_place(seq))
            await connection.execute(insert(p.access_words), {"seq": seq, "body": body})

    async def standing(self, ticket: TicketId, who: UserId, since: dt.datetime) -> frozenset[Field]:
        """What was revealed to somebody since a moment."""
        rows = await self._latest(ticket, who, REVEAL, since)
        return frozenset(Field(field) for row in rows for field in json.loads(row.detail)["fields"])

    async def of(self, ticket: TicketId, *, limit: int = 100) -> list[Access]:
        """The access ledger of a ticket, newest first."""
        c, words = t.audit.c, p.access_words.c
        query = (
            select(c.seq, c.at, c.who, c.what, c.detail, words.body)
            .select_from(t.audit.outerjoin(p.access_words, words.seq == c.seq))
            .where(c.subject == _subject(ticket), c.what.in_(LISTED))
            .order_by(c.seq.desc())
            .limit(limit)
        )
        async with self._database.read() as connection:
            rows = (await connection.execute(query)).all()
        return [self._access(tuple(row)) for row in rows]

    async def noted(self, ticket: TicketId) -> Noted:
        """What is to be kept secret on a ticket."""
        s = p.ticket_secrets.c
        query = select(s.fields, s.accused).where(s.city == self._city, s.ticket == ticket)
        async with self._database.read() as connection:
            row = (await connection.execute(query)).one_or_none()
        if row is None:
            return Noted()
        fields = frozenset(Field(one) for one in row.fields.split(",") if one)
        return Noted(fields, frozenset(UnitId(one) for one in row.accused.split(",") if one))

    async def note(self, ticket: TicketId, noted: Noted, *, by: UserId) -> None:
        """Keep what a caller asked for, with its trace."""
        fields, accused = sorted(noted.fields), sorted(noted.accused)
        row = {
            "city": self._city,
            "ticket": ticket,
            "fields": ",".join(fields),
            "accused": ",".join(accused),
        }
        async with self._database.write() as connection:
            await self._database.upsert(connection, p.ticket_secrets, [row])
            detail = {"fields": fields, "accused": accused}
            await self._audit.add(connection, by, SECRECY, _subject(ticket), detail)

    async def _latest(
        self, ticket: TicketId, who: UserId, what: str, since: dt.datetime
    ) -> list[Any]:
        c = t.audit.c
        query = select(c.detail).where(
            c.subject == _subject(ticket), c.who == who, c.what == what, c.at > since
        )
        async with self._database.read() as connection:
            return list((await connection.execute(query)).all())

    def _access(self, row: tuple[int, dt.datetime, UserId, str, str, Sealed | None]) -> Access:
        seq, at, who, what, text, body = row
        detail = json.loads(text)
        words = "" if body is None else self._keys.open(body, **_place(seq))
        mark = bytes.fromhex(detail.get("words", ""))
        intact = what not in (REVEAL, DIAL) or hmac.compare_digest(self._audit.mark(words), mark)
        fields = tuple(Field(one) for one in detail.get("fields", ()))
        return Access(seq, at, who, what, fields, detail.get("code", ""), words, intact)


def _subject(ticket: TicketId) -> str:
    return f"ticket:{ticket}"


def _place(seq: int) -> dict[str, str]:
    return {"table": "access_words", "column": "body", "row": str(seq)}
