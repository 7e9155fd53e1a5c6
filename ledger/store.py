"""The ledger as one: ``async with open_ledger(url, …) as ledger``."""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import AsyncIterator
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from sqlalchemy import select

from ledger import tables as t
from ledger.access import Accesses
from ledger.accounts import Accounts
from ledger.audit import Audit
from ledger.book import Book
from ledger.call_ratings import CallRatings
from ledger.database import Clock, Database, make_engine, parse_url
from ledger.directory import DirectoryVersions
from ledger.follow_up_calls import FollowUpCalls
from ledger.journal import Journal
from ledger.keys import enter
from ledger.knowledge_store import KnowledgeBooks, knowledge_books
from ledger.leases import Leases
from ledger.messages import Messages
from ledger.outbox import Outbox
from ledger.people import Callers
from ledger.policy_texts import PolicyTexts
from ledger.return_calls import ReturnCalls
from ledger.seal import KeyRing
from ledger.shown import ShownArticles
from ledger.stream import Streams
from ledger.supervision import Supervision
from ledger.supervision_sources import SupervisionSources
from ledger.ticket_calls import TicketCallEnds
from ledger.tickets import Tickets
from ledger.units import Units


@dataclass(frozen=True, slots=True)
class Ledger:
    """Everything the room offers. ``journal`` writes only after ``journal.start(holder)``."""

    journal: Journal
    streams: Streams
    callers: Callers
    book: Book
    shown: ShownArticles
    return_calls: ReturnCalls
    tickets: Tickets
    access: Accesses
    accounts: Accounts
    units: Units
    directory: DirectoryVersions
    knowledge: KnowledgeBooks
    supervision: Supervision
    supervision_sources: SupervisionSources
    audit: Audit
    messages: Messages
    call_ratings: CallRatings
    outbox: Outbox
    leases: Leases
    bookmarks: Bookmarks
    database: Database

    @property
    def policy_texts(self) -> PolicyTexts:
        """The texts of the packs that tickets were opened under: they come with the tickets."""
        return self.tickets.policy_texts


class Bookmarks:
    """Small things to be remembered by name: how far queue_log was read, 演示数据, and so on."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, name: str) -> str | None:
        """The value kept under a name."""
        query = select(t.bookmarks.c.value).where(t.bookmarks.c.name == name)
        async with self._database.read() as connection:
            return (await connection.execute(query)).scalar_one_or_none()

    async def put(self, name: str, value: str) -> None:
        """Keep a value; with facts use the journal's ``bookmarks`` instead."""
        async with self._database.write() as connection:
            row = {"name": name, "value": value}
            await self._database.upsert(connection, t.bookmarks, [row])


@contextlib.asynccontextmanager
async def open_ledger(
    url: str,
    *,
    field_key: bytes | KeyRing,
    clock: Clock,
    code_version: str,
    city: str,
    zone: str = "Asia/Shanghai",
    holder: str = "jiesu",
    spool: int = 50_000,
) -> AsyncIterator[Ledger]:
    """Open a migrated database (see :func:`ledger.migrate.migrate`) and close it in good order.

    ``field_key``: 32 bytes. ``clock`` gives aware datetimes. ``holder`` names this process in the
    outbox. Raises LedgerFailing, WrongKey.
    """
    keys = field_key if isinstance(field_key, KeyRing) else KeyRing(field_key)
    database = Database(make_engine(parse_url(url)))
    try:
        audit = Audit(database, await enter(database, keys), clock)
        ledger = _composed(database, keys, audit, clock, code_version, city, zone, holder, spool)
        await ledger.outbox.listen()
        try:
            yield ledger
        finally:
            await ledger.tickets.search.close()
            await ledger.journal.close()
            await ledger.outbox.close()
    finally:
        await database.close()


def _composed(
    database: Database,
    keys: KeyRing,
    audit: Audit,
    clock: Clock,
    code_version: str,
    city: str,
    zone: str,
    holder: str,
    spool: int,
) -> Ledger:
    leases = Leases(database, clock)
    streams = Streams(database, clock, code_version)
    callers = Callers(database, keys, clock)
    book = Book(database, streams)
    return_calls = ReturnCalls(
        database, callers, streams, audit, clock, city=city, code_version=code_version
    )
    outbox = Outbox(database, clock, holder)
    call_ratings = CallRatings(database, outbox)
    riders = (callers, book, return_calls, call_ratings, FollowUpCalls(), TicketCallEnds())
    journal = Journal(database, leases, clock, code_version, riders, spool=spool)
    callers.on_waiting = journal.nudge
    tickets = _tickets(database, keys, streams, audit, outbox, clock, city, zone, code_version)
    return Ledger(
        journal=journal,
        streams=streams,
        callers=callers,
        book=book,
        shown=ShownArticles(database),
        return_calls=return_calls,
        tickets=tickets,
        access=Accesses(database, keys, audit, clock, city),
        accounts=Accounts(database, audit, clock, city),
        units=Units(database, audit, city, keys),
        directory=DirectoryVersions(database, audit, clock, city),
        knowledge=knowledge_books(
            database, keys, audit, outbox, return_calls, clock, city=city, zone=ZoneInfo(zone)
        ),
        supervision=Supervision(database, keys, audit, city),
        supervision_sources=SupervisionSources(database, city),
        audit=audit,
        messages=Messages(database, keys, clock, city),
        call_ratings=call_ratings,
        outbox=outbox,
        leases=leases,
        bookmarks=Bookmarks(database),
        database=database,
    )


def _tickets(
    database: Database,
    keys: KeyRing,
    streams: Streams,
    audit: Audit,
    outbox: Outbox,
    clock: Clock,
    city: str,
    zone: str,
    code_version: str,
) -> Tickets:
    return Tickets(
        database,
        keys,
        streams,
        audit,
        outbox,
        clock,
        city=city,
        zone=ZoneInfo(zone),
        code_version=code_version,
    )


def now() -> dt.datetime:
    """The host's clock, aware: what ``clock`` is outside tests."""
    return dt.datetime.now(dt.UTC)
