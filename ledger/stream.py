"""Rows of the journal: written under the head's lock, read in order, kept beside snapshots."""

from __future__ import annotations

import datetime as dt
import hashlib
import logging
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeVar

from sqlalchemy import ColumnElement, delete, insert, literal, select, update

from hotline.words import CallId
from ledger import tables as t
from ledger.database import Clock, Database
from ledger.leases import Lease
from ledger.rows import AnyFact, decode, encode

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

log = logging.getLogger(__name__)

W = TypeVar("W")

EXCHANGE: Final = "exchange"
"""The stream of calls and agents. Each ticket has a stream of its own."""
_PAGE: Final = 1000


def ticket_stream(city: str, ticket: str) -> str:
    """The name of a ticket's stream."""
    return f"ticket/{city}/{ticket}"


def return_call_stream(city: str, task: str) -> str:
    """The name of the stream of a task to call somebody back."""
    return f"return-call/{city}/{task}"


@dataclass(frozen=True, slots=True)
class Entry:
    """A fact encoded for the journal, not yet numbered."""

    fact: AnyFact
    stream: str
    type: str
    version: int
    body: str
    received_at: dt.datetime
    policy_version: str
    code_version: str
    call: str | None

    @staticmethod
    def of(
        fact: AnyFact, stream: str, received_at: dt.datetime, policy_version: str, code: str
    ) -> Entry:
        type_, version, body = encode(fact)
        call = getattr(fact, "call", None)
        return Entry(fact, stream, type_, version, body, received_at, policy_version, code, call)


@dataclass(frozen=True, slots=True)
class Recorded:
    """A fact as the journal holds it, with its number."""

    seq: int
    stream: str
    received_at: dt.datetime
    policy_version: str
    code_version: str
    fact: AnyFact


async def insert_entries(
    connection: AsyncConnection, entries: Sequence[Entry], *, lease: Lease | None
) -> list[Recorded]:
    """Number and insert entries in the caller's transaction.

    With a lease each INSERT looks its token up among the leases in force; a stale one finds NULL,
    which the column refuses (IntegrityError naming ``fence``). Ticket streams give None: their
    version check is their fence.
    """
    if not entries:
        return []
    head = await connection.execute(
        update(t.journal_head)
        .values(seq=t.journal_head.c.seq + len(entries))
        .returning(t.journal_head.c.seq)
    )
    first = head.scalar_one() - len(entries) + 1
    recorded = [
        Recorded(first + i, e.stream, e.received_at, e.policy_version, e.code_version, e.fact)
        for i, e in enumerate(entries)
    ]
    rows = [_row(r.seq, entry) for r, entry in zip(recorded, entries, strict=True)]
    await connection.execute(insert(t.journal).values(fence=_fence(lease)), rows)
    return recorded


def _fence(lease: Lease | None) -> ColumnElement[Any]:
    if lease is None:
        return literal(0)
    return (
        select(t.leases.c.token)
        .where(t.leases.c.name == lease.name, t.leases.c.token == lease.token)
        .scalar_subquery()
    )


def _row(seq: int, entry: Entry) -> dict[str, Any]:
    return {
        "seq": seq,
        "stream": entry.stream,
        "type": entry.type,
        "version": entry.version,
        "at": entry.fact.at,
        "received_at": entry.received_at,
        "policy_version": entry.policy_version,
        "code_version": entry.code_version,
        "call": entry.call,
        "body": entry.body,
    }


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The fold of a stream up to and with ``seq``, as canonical JSON with its SHA-256."""

    stream: str
    seq: int
    at: dt.datetime
    code_version: str
    hash: str
    body: str


class Streams:
    """Reads the journal and keeps snapshots."""

    def __init__(self, database: Database, clock: Clock, code_version: str) -> None:
        self._database = database
        self._clock = clock
        self._code_version = code_version

    async def read(
        self, from_seq: int = 1, *, stream: str = EXCHANGE, until: dt.datetime | None = None
    ) -> AsyncIterator[Recorded]:
        """The facts of a stream in order, beginning with ``from_seq``; those ``received_at`` by
        ``until`` where that is given. Raises UnknownFact, BadRow."""
        wanted = t.journal.c.stream == stream
        if until is not None:
            wanted &= t.journal.c.received_at <= until
        while True:
            page = await self._page(wanted, from_seq)
            for recorded in page:
                yield recorded
            if len(page) < _PAGE:
                return
            from_seq = page[-1].seq + 1

    async def of_tickets(
        self, city: str, *, until: dt.datetime | None = None
    ) -> AsyncIterator[list[Recorded]]:
        """The facts of every ticket of a city, ticket by ticket in the order of their numbers, each
        in its order; those ``received_at`` by ``until``. Raises UnknownFact, BadRow."""
        j = t.journal.c
        mine = ticket_stream(city, "")
        here: tuple[str, int] = (mine, 0)
        kept: list[Recorded] = []
        while True:
            beyond = (j.stream > here[0]) | ((j.stream == here[0]) & (j.seq > here[1]))
            wanted = j.stream.startswith(mine, autoescape=True) & (j.stream >= here[0]) & beyond
            if until is not None:
                wanted &= j.received_at <= until
            page = await self._page(wanted, 1, by_stream=True)
            for one in page:
                if kept and one.stream != kept[0].stream:
                    yield kept
                    kept = []
                kept.append(one)
            if len(page) < _PAGE:
                break
            here = (page[-1].stream, page[-1].seq)
        if kept:
            yield kept

    async def of_call(self, call: CallId) -> list[Recorded]:
        """Every fact that names this call, of all streams, in order."""
        return await self._page(t.journal.c.call == call, 1)

    async def of_calls(self, calls: Sequence[CallId], type_: type[Any]) -> list[Recorded]:
        """The facts of one type of several calls, in order."""
        wanted = t.journal.c.call.in_(calls) & (t.journal.c.type == type_.__name__)
        return [r for call in [await self._page(wanted, 1, limit=None)] for r in call]

    async def _page(
        self,
        wanted: ColumnElement[bool],
        from_seq: int,
        limit: int | None = _PAGE,
        *,
        by_stream: bool = False,
    ) -> list[Recorded]:
        j = t.journal.c
        order = (j.stream, j.seq) if by_stream else (j.seq,)
        query = (
            select(
                j.seq,
                j.stream,
                j.type,
                j.version,
                j.received_at,
                j.policy_version,
                j.code_version,
                j.body,
            )
            .where(wanted, j.seq >= from_seq)
            .order_by(*order)
            .limit(limit)
        )
        async with self._database.read() as connection:
            rows = (await connection.execute(query)).all()
        return [
            Recorded(
                row.seq,
                row.stream,
                row.received_at,
                row.policy_version,
                row.code_version,
                decode(row.type, row.version, row.body),
            )
            for row in rows
        ]

    # ----------------------------------------------------------------------------- snapshots
    async def save_snapshot(self, seq: int, body: str, *, stream: str = EXCHANGE) -> Snapshot:
        """Keep the fold of a stream up to ``seq`` (canonical JSON) with its hash."""
        snapshot = Snapshot(stream, seq, self._clock(), self._code_version, digest(body), body)
        row = {
            "stream": stream,
            "seq": seq,
            "at": snapshot.at,
            "code_version": snapshot.code_version,
            "hash": snapshot.hash,
            "body": body,
        }
        async with self._database.write() as connection:
            await self._database.upsert(connection, t.snapshots, [row])
        return snapshot

    async def snapshots(self, *, stream: str = EXCHANGE, limit: int = 3) -> list[Snapshot]:
        """The newest snapshots of a stream, newest first; those whose hash is wrong left out."""
        s = t.snapshots.c
        query = (
            select(s.stream, s.seq, s.at, s.code_version, s.hash, s.body)
            .where(s.stream == stream)
            .order_by(s.seq.desc())
            .limit(limit)
        )
        async with self._database.read() as connection:
            rows = (await connection.execute(query)).all()
        return [Snapshot(*row) for row in rows if digest(row.body) == row.hash]

    async def drop_snapshots(self, *, keep: int = 5, stream: str = EXCHANGE) -> None:
        """Delete all but the newest ``keep`` snapshots."""
        s = t.snapshots.c
        newest = select(s.seq).where(s.stream == stream).order_by(s.seq.desc()).limit(keep)
        async with self._database.write() as connection:
            await connection.execute(
                delete(t.snapshots).where(s.stream == stream, s.seq.not_in(newest))
            )

    async def restore(
        self,
        empty: W,
        evolve: Callable[[W, Any], W],
        load: Callable[[str], W],
    ) -> tuple[W, int]:
        """The fold of the exchange's stream and the number of its last fact: the newest snapshot
        that ``load`` can read and the facts after it; all facts when there is none."""
        world, seq = empty, 0
        for snapshot in await self.snapshots():
            try:
                world, seq = load(snapshot.body), snapshot.seq
                break
            except (ValueError, TypeError, KeyError):
                # Of a release whose World had another shape: an older one or the facts will do.
                log.warning("snapshot not readable", extra={"seq": snapshot.seq})
        async for recorded in self.read(seq + 1):
            world, seq = evolve(world, recorded.fact), recorded.seq
        return world, seq


def digest(body: str) -> str:
    """SHA-256 of canonical JSON, in hex."""
    return hashlib.sha256(body.encode()).hexdigest()
