"""Tickets (工单): number, stream of facts, state row, encrypted texts, audit, outbox: one
transaction each time, under a version check.

What a ticket becomes is decided by :mod:`hotline.tickets`; here it is kept and found.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, insert, select, update
from sqlalchemy.exc import IntegrityError

from hotline.errors import NoSuch
from hotline.handling import Handling, handling_of
from hotline.handling_words import Act, TicketActed
from hotline.joined_callers import TOPIC as MATTER
from hotline.words import CallId, Phone, Ticket, TicketId, UserId
from ledger import tables as t
from ledger.attachments import TicketFiles
from ledger.audit import Audit
from ledger.book import Page
from ledger.database import Clock, Database
from ledger.errors import StaleVersion
from ledger.follow_ups import FollowUps
from ledger.outbox import Outbox
from ledger.policy_texts import PolicyTexts
from ledger.rows import canonical, to_json
from ledger.seal import KeyRing
from ledger.stream import Entry, Recorded, Streams, insert_entries, ticket_stream
from ledger.ticket_asks import TicketAsks
from ledger.ticket_batches import TicketBatches
from ledger.ticket_calls import TicketCalls
from ledger.ticket_dues import TicketDues
from ledger.ticket_links import TicketLinks
from ledger.ticket_lists import Order, TicketLists
from ledger.ticket_matters import TicketMatters
from ledger.ticket_rows import (
    ListedTicket,
    StoredTicket,
    TicketCounts,
    TicketFilter,
    TicketSave,
    listed,
    ticket_of,
)
from ledger.ticket_search import TicketSearch
from ledger.unit_work import UnitWork
from ledger.views import Views

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection


class Tickets:
    """The tickets of one city."""

    def __init__(
        self,
        database: Database,
        keys: KeyRing,
        streams: Streams,
        audit: Audit,
        outbox: Outbox,
        clock: Clock,
        *,
        city: str,
        zone: ZoneInfo,
        code_version: str,
    ) -> None:
        self._database = database
        self._keys = keys
        self._streams = streams
        self._audit = audit
        self._outbox = outbox
        self.policy_texts = PolicyTexts(database, clock)
        self.dues = TicketDues(database, city)
        self.asks = TicketAsks(database, keys, audit, city)
        self.files = TicketFiles(database, keys, audit, clock, city)
        self.calls = TicketCalls(database, city)
        self.work = UnitWork(database, clock, city)
        self.follow_ups = FollowUps(database, city)
        self.lists = TicketLists(database, keys, clock, city)
        self.search = TicketSearch(database, keys, city)
        self.views = Views(database, city)
        self.links = TicketLinks(database, keys, city)
        self.matters = TicketMatters(database, keys, city)
        self._clock = clock
        self._city = city
        self._zone = zone
        self._code_version = code_version
        self.batches = TicketBatches(
            database,
            audit,
            self.follow_ups,
            self.policy_texts,
            new_row=self._new_row,
            text_row=self._text_row,
            city=city,
            code_version=code_version,
        )

    # --------------------------------------------------------------------------------- saving
    async def open(
        self,
        opened_at: dt.datetime,
        build: Callable[[TicketId], TicketSave],
        *,
        once: str | None = None,
    ) -> StoredTicket:
        """Give the next number of the day (in the city's zone) and save what ``build`` makes of it.

        Numbers have no gaps and no duplicates: a failed save gives its number back. ``build`` must
        be quick and pure; it runs inside the transaction. ``once`` is a key of the form on screen
        (at most 64 characters): a second save under it, even after a crash, gives the first ticket.
        """
        if once is None:
            return await self._open(opened_at, build, None)
        if (saved := await self._saved_under(once)) is not None:
            return saved
        try:
            return await self._open(opened_at, build, once)
        except IntegrityError:
            if (saved := await self._saved_under(once)) is not None:
                return saved
            raise

    async def _saved_under(self, once: str) -> StoredTicket | None:
        query = select(t.bookmarks.c.value).where(t.bookmarks.c.name == once)
        async with self._database.read() as connection:
            number = (await connection.execute(query)).scalar_one_or_none()
        return None if number is None else await self.load(TicketId(number))

    async def _open(
        self,
        opened_at: dt.datetime,
        build: Callable[[TicketId], TicketSave],
        once: str | None,
    ) -> StoredTicket:
        day = opened_at.astimezone(self._zone).strftime("%Y%m%d")
        async with self._database.write() as connection:
            counter = {"city": self._city, "day": day}
            number = await self._database.count_up(connection, t.ticket_numbers, "last", counter)
            save = build(TicketId(f"{day}-{number:06d}"))
            save = replace(save, ticket=replace(save.ticket, version=1))
            if once is not None:
                row = {"name": once, "value": save.ticket.id}
                await connection.execute(insert(t.bookmarks), row)
            await connection.execute(insert(t.tickets), self._new_row(save))
            if save.policy_text:
                version = save.ticket.policy_version
                await self.policy_texts.keep_in(connection, version, save.policy_text)
            await self._write_rest(connection, save)
        return self._stored(save, dict(save.texts), save.category or "", save.by)

    async def save(self, save: TicketSave, *, expected_version: int) -> StoredTicket:
        """Save an act on a ticket that was loaded at ``expected_version``.

        Raises StaleVersion when somebody was quicker, NoSuch when there is no such ticket.
        """
        save = replace(save, ticket=replace(save.ticket, version=expected_version + 1))
        mine = self._mine(save.ticket.id)
        async with self._database.write() as connection:
            done = await connection.execute(
                update(t.tickets)
                .where(mine, t.tickets.c.version == expected_version)
                .values(**self._changed_row(save))
            )
            if done.rowcount != 1:
                actual = (
                    await connection.execute(select(t.tickets.c.version).where(mine))
                ).scalar_one_or_none()
                if actual is None:
                    raise NoSuch("工单", save.ticket.id)
                raise StaleVersion(save.ticket.id, expected_version, actual)
            await self._write_rest(connection, save)
        return await self.load(save.ticket.id)

    async def _write_rest(self, connection: AsyncConnection, save: TicketSave) -> None:
        """Texts, facts, audit and messages. Always in this order: no two desks can wait for each
        other's locks."""
        id_ = save.ticket.id
        texts = [self._text_row(id_, slot, text) for slot, text in sorted(save.texts.items())]
        await self._database.upsert(connection, t.ticket_texts, texts)
        now, policy = self._clock(), save.ticket.policy_version
        stream = ticket_stream(self._city, id_)
        await self.dues.raise_in(connection, id_, save.dues)
        await self.follow_ups.set_in(connection, id_, save.follow_up)
        await self.links.add_in(connection, save.links)
        await self.work.follow(connection, id_, save.facts, len(save.ticket.acts))
        entries = [Entry.of(f, stream, now, policy, self._code_version) for f in save.facts]
        await insert_entries(connection, entries, lease=None)
        detail = {"version": save.ticket.version, "slots": sorted(save.texts)}
        await self._audit.add(connection, save.by, save.what, f"ticket:{id_}", detail)
        for topic, body in save.messages:
            await self._outbox.put(connection, topic, body)
        for main in await self.links.changed_in(connection, id_, save.links):
            await self._outbox.put(connection, MATTER, {"ticket": main})

    def _text_row(self, id_: TicketId, slot: str, text: str) -> dict[str, Any]:
        sealed = self._keys.seal(text, table="ticket_texts", column="body", row=f"{id_}.{slot}")
        return {"city": self._city, "ticket": id_, "slot": slot, "body": sealed}

    def _new_row(self, save: TicketSave) -> dict[str, Any]:
        ticket = save.ticket
        return {
            "phone_ix": None,
            "category": "",
            "confidential": False,
            **self._changed_row(save),
            "city": self._city,
            "id": ticket.id,
            "call": ticket.call,
            "opened_at": ticket.opened_at,
            "opened_by": save.by,
        }

    def _changed_row(self, save: TicketSave) -> dict[str, Any]:
        ticket, deadline = save.ticket, save.ticket.deadline
        row: dict[str, Any] = {
            "version": ticket.version,
            "type": ticket.type.value,
            "status": ticket.status,
            "unit": ticket.unit,
            "policy_version": ticket.policy_version,
            "look_at": save.look_at,
            "due_at": deadline.due_at if deadline else None,
            "provisional": deadline.provisional if deadline else False,
            "deadline": canonical(to_json(deadline)) if deadline else None,
            "searched": canonical(list(save.searched)),
            "acts": canonical(list(ticket.acts)),
            "supervised": Act.SUPERVISE in ticket.acts,
        }
        if save.category is not None:
            row["category"] = save.category
        if save.confidential is not None:
            row["confidential"] = save.confidential
        if "phone" in save.texts:
            row["phone_ix"] = self._keys.index(Phone.parse(save.texts["phone"]))
        return row

    # -------------------------------------------------------------------------------- reading
    async def load(self, id_: TicketId) -> StoredTicket:
        """A ticket with its texts. Raises NoSuch."""
        mine = (t.ticket_texts.c.city == self._city) & (t.ticket_texts.c.ticket == id_)
        query = select(t.ticket_texts.c.slot, t.ticket_texts.c.body).where(mine)
        async with self._database.read() as connection:
            row = (await connection.execute(select(t.tickets).where(self._mine(id_)))).one_or_none()
            if row is None:
                raise NoSuch("工单", id_)
            slots = (await connection.execute(query)).all()
        texts = {slot: self._open_text(id_, slot, body) for slot, body in slots}
        return StoredTicket(
            ticket_of(row),
            texts,
            row.category,
            row.confidential,
            row.opened_by,
            tuple(json.loads(row.searched)),
        )

    async def facts_of(self, id_: TicketId) -> list[Recorded]:
        """The stream of a ticket, in order."""
        stream = ticket_stream(self._city, id_)
        return [recorded async for recorded in self._streams.read(stream=stream)]

    async def acts_of(self, id_: TicketId) -> list[TicketActed]:
        """What was done to a ticket, oldest first."""
        return [one.fact for one in await self.facts_of(id_) if isinstance(one.fact, TicketActed)]

    async def handling(self, ticket: Ticket) -> Handling:
        """What everything done to a ticket comes to."""
        return handling_of(ticket.type, ticket.opened_at, await self.acts_of(ticket.id))

    async def page(
        self,
        wanted: TicketFilter | None = None,
        *,
        order: Order = "due",
        number: int = 1,
        size: int = 50,
    ) -> Page[ListedTicket]:
        """A page of tickets, see :meth:`ledger.ticket_lists.TicketLists.page`."""
        return await self.lists.page(wanted, order=order, number=number, size=size)

    async def counts(self, wanted: TicketFilter | None = None) -> TicketCounts:
        """The numbers above a list."""
        return await self.lists.counts(wanted)

    async def of_call(self, call: CallId) -> Sequence[ListedTicket]:
        """The tickets opened from a call."""
        return await self._newest(t.tickets.c.call == call, 50)

    async def numbers_of(self, calls: Collection[CallId]) -> dict[CallId, tuple[TicketId, ...]]:
        """The tickets opened from each of these calls; calls without any are left out."""
        mine = (t.tickets.c.city == self._city) & t.tickets.c.call.in_(list(calls))
        query = select(t.tickets.c.call, t.tickets.c.id).where(mine).order_by(t.tickets.c.id)
        numbers: dict[CallId, tuple[TicketId, ...]] = {}
        async with self._database.read() as connection:
            for call, number in await connection.execute(query):
                numbers[call] = (*numbers.get(call, ()), number)
        return numbers

    async def texts_of(
        self, ids: Collection[TicketId], slots: Collection[str]
    ) -> dict[TicketId, dict[str, str]]:
        """Some of the texts of several tickets; at most a few hundred tickets."""
        texts = t.ticket_texts.c
        query = select(texts.ticket, texts.slot, texts.body).where(
            texts.city == self._city, texts.ticket.in_(list(ids)), texts.slot.in_(list(slots))
        )
        found: dict[TicketId, dict[str, str]] = {}
        async with self._database.read() as connection:
            for id_, slot, body in await connection.execute(query):
                found.setdefault(id_, {})[slot] = self._open_text(id_, slot, body)
        return found

    async def of_caller(self, caller: Phone, *, limit: int = 10) -> Sequence[ListedTicket]:
        """Earlier tickets of a number, newest first: given as contact, or opened from a call of it.
        A withheld number has none."""
        if caller.withheld:
            return []
        return await self._newest(self.lists.of_phone(caller), limit)

    async def _newest(self, condition: ColumnElement[bool], limit: int) -> Sequence[ListedTicket]:
        query = (
            select(t.tickets)
            .where(t.tickets.c.city == self._city, condition)
            .order_by(t.tickets.c.id.desc())
            .limit(limit)
        )
        async with self._database.read() as connection:
            rows = (await connection.execute(query)).all()
            summaries = await self.lists.summaries(connection, [r.id for r in rows])
        return [listed(row, summaries.get(row.id, "")) for row in rows]

    def _mine(self, id_: TicketId) -> ColumnElement[bool]:
        return (t.tickets.c.city == self._city) & (t.tickets.c.id == id_)

    def _open_text(self, id_: TicketId, slot: str, body: Any) -> str:
        return self._keys.open(body, table="ticket_texts", column="body", row=f"{id_}.{slot}")

    @staticmethod
    def _stored(
        save: TicketSave, texts: Mapping[str, str], category: str, by: UserId
    ) -> StoredTicket:
        return StoredTicket(
            save.ticket, texts, category, bool(save.confidential), by, save.searched
        )
