"""The words of tickets, found: an index in memory, made of what is opened with the key.

Nothing of it is ever written: without the key the database still says nothing (ADR 27). It is made
once a process, a little at a time beside the calls, and follows the journal from there: whoever
changes a ticket, in whichever process, leaves a fact, and the next search reads that ticket anew.
"""

from __future__ import annotations

import asyncio
import json
import re
import unicodedata
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sqlalchemy import func, select

from hotline.need_to_know import without_person
from hotline.words import Phone, TicketId, UserId
from ledger import tables as t
from ledger.database import Database
from ledger.seal import KeyRing
from ledger.stream import ticket_stream

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

MOST: Final = 2000
"""So many hits are listed; of more, the newest."""
_AT_ONCE: Final = 200
_PATIENCE_S: Final = 1.0
_TEXTS: Final = frozenset({"summary", "address", "happened", "contact", "phone", "reply"})
_ACTS: Final = "act-"
_NO_DIGIT: Final = re.compile(r"\D+")


@dataclass(frozen=True, slots=True)
class Hits:
    """Tickets that hold every word, newest first. ``of`` how many there are in all, ``known`` which
    share of the tickets was looked through: 1.0 but for the moments after a start."""

    numbers: tuple[TicketId, ...]
    of: int
    known: float


@dataclass(frozen=True, slots=True)
class _Known:
    """Beside the words and telephones of a ticket: whose secret it is."""

    secret_of: UserId | None
    for_units: str | None
    """The words without whose they are, where that makes a difference."""


class TicketSearch:
    """The words and the telephones of one city's tickets."""

    def __init__(self, database: Database, keys: KeyRing, city: str) -> None:
        self._database = database
        self._keys = keys
        self._city = city
        self._words: dict[TicketId, str] = {}
        self._phones: dict[TicketId, str] = {}
        """Each number on a line of its own, so that one look finds an end."""
        self._known: dict[TicketId, _Known] = {}
        self._seq = -1
        self._total = 0
        self._making: asyncio.Task[None] | None = None
        self._turn = asyncio.Lock()

    async def words(
        self, typed: str, *, secrets_of: UserId | None = None, for_unit: bool = False
    ) -> Hits:
        """Tickets whose texts, category or acts hold every word of ``typed``.

        ``secrets_of``: of the confidential ones those alone that this person wrote down; None: all.
        ``for_unit``: a name or number of the caller that stands in a text finds nothing.
        Raises LedgerFailing.
        """
        share = await self._ready()
        wanted = normal(typed).split()
        found = self._holding(wanted)
        if for_unit:
            found = [number for number in found if self._without_whose(number, wanted)]
        return self._hits(found, share, _may(secrets_of))

    def _holding(self, wanted: Sequence[str]) -> list[TicketId]:
        """The longest word first, in the barest loop there is: it goes through every ticket, the
        others only through what it left."""
        if not wanted:
            return []
        longest, *others = sorted(wanted, key=len, reverse=True)
        found = [number for number, text in self._words.items() if longest in text]
        for word in others:
            found = [number for number in found if word in self._words[number]]
        return found

    def _without_whose(self, number: TicketId, wanted: Sequence[str]) -> bool:
        text = self._known[number].for_units
        return text is None or all(word in text for word in wanted)

    async def ends_with(self, digits: str, *, secrets_of: UserId | None = None) -> Hits:
        """Tickets whose contact or caller has a number that ends so; see :meth:`words`."""
        share = await self._ready()
        end = f"{digits}\n"
        found = [number for number, phones in self._phones.items() if digits and end in phones]
        return self._hits(found, share, _may(secrets_of))

    def texts(self) -> list[tuple[TicketId, str]]:
        """What is known so far, for a measurement beside others."""
        return list(self._words.items())

    def begin(self) -> None:
        """Make the index, unless that was begun: not waited for."""
        if self._making is None or (self._making.done() and self._seq < 0):
            self._making = asyncio.create_task(self._make(), name="ticket-search")

    async def made(self) -> None:
        """Wait until every ticket is in it. Raises LedgerFailing."""
        self.begin()
        if self._making is not None:
            await self._making

    async def close(self) -> None:
        """End what is under way."""
        if self._making is not None:
            self._making.cancel()
            await asyncio.gather(self._making, return_exceptions=True)

    # ---- within ---------------------------------------------------------------------------------
    def _hits(self, found: Iterable[TicketId], share: float, may: Callable[[_Known], bool]) -> Hits:
        seen = [number for number in found if may(self._known[number])]
        newest = sorted(seen, reverse=True)[:MOST] if len(seen) > MOST else seen
        return Hits(tuple(newest), len(seen), share)

    async def _ready(self) -> float:
        """Up to date, or how much of it is made."""
        self.begin()
        making = self._making
        assert making is not None  # noqa: S101 - begun above
        await asyncio.wait({making}, timeout=_PATIENCE_S)
        if not making.done():
            return len(self._words) / max(self._total, 1)
        making.result()
        async with self._turn:
            await self._follow()
        return 1.0

    async def _make(self) -> None:
        c = t.tickets.c
        async with self._database.read() as connection:
            head = (await connection.execute(select(t.journal_head.c.seq))).scalar_one()
            count = select(func.count()).select_from(t.tickets).where(c.city == self._city)
            self._total = (await connection.execute(count)).scalar_one()
        last = TicketId("")
        while True:
            async with self._database.read() as connection:
                query = select(c.id).where(c.city == self._city, c.id > last).order_by(c.id)
                ids = list((await connection.execute(query.limit(_AT_ONCE))).scalars())
                await self._read(connection, ids)
            if len(ids) < _AT_ONCE:
                break
            last = ids[-1]
            await asyncio.sleep(0)  # whoever rings comes first
        self._seq = head

    async def _follow(self) -> None:
        """Read anew what was written since."""
        j = t.journal.c
        mine = ticket_stream(self._city, "")
        async with self._database.read() as connection:
            head = (await connection.execute(select(t.journal_head.c.seq))).scalar_one()
            if head == self._seq:
                return
            query = select(j.stream).where(j.seq > self._seq, j.seq <= head).distinct()
            streams = list((await connection.execute(query)).scalars())
            changed = [
                TicketId(stream.removeprefix(mine)) for stream in streams if stream.startswith(mine)
            ]
            for first in range(0, len(changed), _AT_ONCE):
                await self._read(connection, changed[first : first + _AT_ONCE])
        self._seq = head

    async def _read(self, connection: AsyncConnection, ids: Sequence[TicketId]) -> None:
        c, texts = t.tickets.c, t.ticket_texts.c
        about = select(c.id, c.category, c.confidential, c.opened_by, c.call).where(
            c.city == self._city, c.id.in_(ids)
        )
        rows = (await connection.execute(about)).all()
        calls = {row.call for row in rows if row.call}
        callers = await self._callers(connection, calls)
        query = select(texts.ticket, texts.slot, texts.body).where(
            texts.city == self._city, texts.ticket.in_(ids)
        )
        said: dict[TicketId, list[str]] = {row.id: [row.category] for row in rows}
        phones: dict[TicketId, list[str]] = {row.id: [callers.get(row.call, "")] for row in rows}
        names: dict[TicketId, str] = {}
        for number, slot, body in await connection.execute(query):
            # Not in the query: an OR beside the tickets would read the texts of all.
            if slot not in _TEXTS and not slot.startswith(_ACTS):
                continue
            place = f"{number}.{slot}"
            text = self._keys.open(body, table="ticket_texts", column="body", row=place)
            if slot == "phone":
                phones[number].append(Phone.parse(text).digits)
            elif slot == "contact":
                names[number] = text
            else:
                said[number] += _told(slot, text)
        for row in rows:
            secret = UserId(row.opened_by) if row.confidential else None
            given = tuple(dict.fromkeys(filter(None, phones[row.id])))
            whole = "\n".join(said[row.id])
            bare = whole
            for number in given or ("",):
                bare = without_whose(bare, names.get(row.id, ""), Phone(number))
            self._words[row.id] = normal(whole)
            self._phones[row.id] = "".join(f"{number}\n" for number in given)
            self._known[row.id] = _Known(secret, None if bare == whole else normal(bare))

    async def _callers(self, connection: AsyncConnection, calls: Collection[str]) -> dict[str, str]:
        query = select(t.callers.c.call, t.callers.c.number).where(t.callers.c.call.in_(calls))
        return {
            row.call: self._keys.open(row.number, table="callers", column="number", row=row.call)
            for row in (await connection.execute(query) if calls else ())
        }


def _told(slot: str, text: str) -> list[str]:
    """The words of a slot: an act's lie under their labels."""
    if not slot.startswith(_ACTS):
        return [text]
    kept = json.loads(text) if text.startswith("{") else {}
    return [str(value) for value in kept.values()]


def _may(secrets_of: UserId | None) -> Callable[[_Known], bool]:
    if secrets_of is None:
        return lambda _: True
    return lambda known: known.secret_of in (None, secrets_of)


def without_whose(text: str, name: str, phone: Phone) -> str:
    """A text as a unit reads it (:func:`hotline.need_to_know.without_person`), looked into closely
    only where name or number can be in it: most texts hold neither."""
    digits = _NO_DIGIT.sub("", text)
    if (name.strip() and name.strip() in text) or (phone.digits and phone.digits in digits):
        return without_person(text, name, phone)
    return text


def normal(text: str) -> str:
    """As it is compared: full and half width, upper and lower case alike."""
    return unicodedata.normalize("NFKC", text).casefold()
