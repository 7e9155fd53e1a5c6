"""The audit book: append-only, each row carries the HMAC of the one before it and itself.

Who changes or removes a row without the key breaks the chain there. Cutting off the end is seen as
well unless the head is rewritten from an old copy; :meth:`Audit.head` gives the value to note down
outside (e.g. daily on paper) against that.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import insert, select, update

from ledger import tables as t
from ledger.database import Clock, Database
from ledger.rows import canonical

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

_PAGE = 1000


@dataclass(frozen=True, slots=True)
class AuditRow:
    """Who did what to which subject. ``detail`` holds ids and reasons, never numbers or names."""

    seq: int
    at: dt.datetime
    who: str
    what: str
    subject: str
    detail: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class AuditLine:
    """A row to be appended, with a time of its own: what happened before it is written here."""

    at: dt.datetime
    who: str
    what: str
    subject: str
    detail: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ChainReport:
    """Whether the chain holds. ``broken_at`` is the first row that does not fit; 0: the head."""

    rows: int
    broken_at: int | None

    @property
    def intact(self) -> bool:
        return self.broken_at is None


class Audit:
    """Appends to the audit book, reads it and verifies it."""

    def __init__(self, database: Database, key: bytes, clock: Clock) -> None:
        self._database = database
        self._key = key
        self._clock = clock

    async def record(
        self, who: str, what: str, subject: str, detail: Mapping[str, Any] | None = None
    ) -> int:
        """Append a row in a transaction of its own; its number."""
        async with self._database.write() as connection:
            return await self.add(connection, who, what, subject, detail)

    async def add(
        self,
        connection: AsyncConnection,
        who: str,
        what: str,
        subject: str,
        detail: Mapping[str, Any] | None = None,
    ) -> int:
        """Append a row in the caller's transaction: the act and its trace commit together."""
        head = (
            await connection.execute(
                select(t.audit_head.c.seq, t.audit_head.c.mac).with_for_update()
            )
        ).one()
        row: dict[str, Any] = {
            "seq": head.seq + 1,
            "at": self._clock(),
            "who": who,
            "what": what,
            "subject": subject,
            "detail": canonical(dict(detail or {})),
        }
        mac = self._link(bytes(head.mac), row)
        await connection.execute(insert(t.audit), {**row, "mac": mac})
        await connection.execute(update(t.audit_head), {"seq": row["seq"], "mac": mac})
        return int(row["seq"])

    async def add_many(self, connection: AsyncConnection, lines: Sequence[AuditLine]) -> None:
        """Append many rows in the caller's transaction, each linked to the one before it."""
        if not lines:
            return
        head = (
            await connection.execute(
                select(t.audit_head.c.seq, t.audit_head.c.mac).with_for_update()
            )
        ).one()
        seq, mac = int(head.seq), bytes(head.mac)
        rows = []
        for line in lines:
            seq += 1
            row: dict[str, Any] = {
                "seq": seq,
                "at": line.at,
                "who": line.who,
                "what": line.what,
                "subject": line.subject,
                "detail": canonical(dict(line.detail)),
            }
            mac = self._link(mac, row)
            rows.append({**row, "mac": mac})
        await connection.execute(insert(t.audit), rows)
        await connection.execute(update(t.audit_head), {"seq": seq, "mac": mac})

    async def rows(
        self, *, subject: str | None = None, newest_first: bool = True, limit: int = 200
    ) -> list[AuditRow]:
        """Rows of the book; those about one subject where it is given."""
        query = select(t.audit)
        if subject is not None:
            query = query.where(t.audit.c.subject == subject)
        order = t.audit.c.seq.desc() if newest_first else t.audit.c.seq
        async with self._database.read() as connection:
            found = (await connection.execute(query.order_by(order).limit(limit))).all()
        return [
            AuditRow(r.seq, r.at, r.who, r.what, r.subject, json.loads(r.detail)) for r in found
        ]

    async def head(self) -> tuple[int, str]:
        """Number and MAC (hex) of the last row: note them down to prove later that nothing was cut
        off."""
        async with self._database.read() as connection:
            row = (await connection.execute(select(t.audit_head.c.seq, t.audit_head.c.mac))).one()
        return row.seq, bytes(row.mac).hex()

    async def verify(self) -> ChainReport:
        """Walk the whole chain."""
        previous, count = b"", 0
        async for row in self._all():
            count += 1
            expected = self._link(previous, row)
            if row["seq"] != count or not hmac.compare_digest(expected, bytes(row["mac"])):
                return ChainReport(count, count)
            previous = expected
        seq, mac = await self.head()
        if seq != count or mac != previous.hex():
            return ChainReport(count, 0)
        return ChainReport(count, None)

    async def links(self, subject: str) -> list[dict[str, Any]]:
        """The rows about one subject as JSON data, each with its MAC and that of the row before it
        (hex), oldest first: :meth:`fits` proves each without the rest of the book."""
        before = t.audit.alias("before")
        query = (
            select(t.audit, before.c.mac.label("previous"))
            .outerjoin(before, before.c.seq == t.audit.c.seq - 1)
            .where(t.audit.c.subject == subject)
            .order_by(t.audit.c.seq)
        )
        async with self._database.read() as connection:
            rows = (await connection.execute(query)).mappings().all()
        return [
            {
                **{name: row[name] for name in ("seq", "who", "what", "subject", "detail")},
                "at": row["at"].isoformat(timespec="microseconds"),
                "mac": bytes(row["mac"]).hex(),
                "previous": bytes(row["previous"] or b"").hex(),
            }
            for row in rows
        ]

    def fits(self, link: Mapping[str, Any]) -> bool:
        """Whether a row that :meth:`links` gave is as it was written."""
        try:
            row = {**link, "at": dt.datetime.fromisoformat(link["at"])}
            expected = self._link(bytes.fromhex(link["previous"]), row)
            return hmac.compare_digest(expected, bytes.fromhex(link["mac"]))
        except (KeyError, TypeError, ValueError):
            return False

    def mark(self, text: str) -> bytes:
        """What a row holds of a text that is kept elsewhere: changed, it does not fit any more."""
        return hmac.new(self._key, b"text:" + text.encode(), hashlib.sha256).digest()

    def _link(self, previous: bytes, row: Mapping[str, Any]) -> bytes:
        return hmac.new(self._key, previous + _message(row), hashlib.sha256).digest()

    async def _all(self) -> AsyncIterator[dict[str, Any]]:
        last = 0
        while True:
            query = select(t.audit).where(t.audit.c.seq > last).order_by(t.audit.c.seq).limit(_PAGE)
            async with self._database.read() as connection:
                page = (await connection.execute(query)).mappings().all()
            for row in page:
                yield dict(row)
            if len(page) < _PAGE:
                return
            last = page[-1]["seq"]


def _message(row: Mapping[str, Any]) -> bytes:
    """What is signed: the row itself with its number, unambiguous."""
    at = row["at"].astimezone(dt.UTC).isoformat(timespec="microseconds")
    values = [row["seq"], at, row["who"], row["what"], row["subject"], row["detail"]]
    return canonical(values).encode()
