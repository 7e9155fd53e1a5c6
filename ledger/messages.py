"""Messages to callers (短信) and what they answer: each purpose once, each reply once.

Numbers and words are sealed. A message that was handed to a gateway when this process died is
``sending``: whoever takes it up knows that its fate is unknown.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any, Final, Literal

from sqlalchemy import Row, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from hotline.words import Phone, TicketId
from ledger import message_tables as t
from ledger.database import Clock, Database
from ledger.seal import KeyRing

State = Literal["waiting", "sending", "sent", "unsent"]
Verdict = Literal["rated", "invalid", "late", "again", "words", "unknown"]
"""Of a reply: it rated; chose nothing or several; came too late; a rating stands already; is the
answer to a follow-up without options; belongs to no message of ours."""


@dataclass(frozen=True, slots=True)
class StoredMessage:
    """A message as it stands. ``changed_at`` is when it got into this state."""

    key: str
    ticket: TicketId
    state: State
    why: str
    to: Phone
    body: str
    created_at: dt.datetime
    changed_at: dt.datetime
    attempts: int


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back. ``id`` is the gateway's own, or made of its content."""

    id: str
    at: dt.datetime
    sender: Phone
    body: str
    ref: str = ""


class Messages:
    """The messages of one city."""

    def __init__(self, database: Database, keys: KeyRing, clock: Clock, city: str) -> None:
        self._database = database
        self._keys = keys
        self._clock = clock
        self._city = city

    async def begin(
        self, key: str, ticket: TicketId, to: Phone, body: str, at: dt.datetime
    ) -> StoredMessage:
        """The message under this key: a new one of ``at``, or the one there is, as it stands."""
        row = {
            "city": self._city,
            "key": key,
            "ticket": ticket,
            "state": "waiting",
            "why": "",
            "ref": "",
            "created_at": at,
            "changed_at": at,
            "attempts": 0,
            "number": self._seal("messages", "number", key, to.digits),
            "number_ix": self._keys.index(to),
            "body": self._seal("messages", "body", key, body),
        }
        async with self._database.write() as connection:
            await self._database.insert_new(connection, t.messages, [row])
        return await self._load(key)

    async def sending(self, key: str) -> None:
        """It is about to be handed over."""
        await self._set(key, state="sending", attempts=t.messages.c.attempts + 1)

    async def put_off(self, key: str, why: str) -> None:
        """It surely did not go out, and is tried again."""
        await self._set(key, state="waiting", why=why)

    async def sent(self, key: str, at: dt.datetime, ref: str) -> None:
        """The gateway took it at ``at``."""
        await self._set(key, at, state="sent", why="", ref=ref[:128])

    async def unsent(self, key: str, why: str) -> None:
        """It did not go out, or nobody knows; it is not tried again."""
        await self._set(key, state="unsent", why=why)

    async def _set(self, key: str, at: dt.datetime | None = None, /, **values: Any) -> None:
        mine = (t.messages.c.city == self._city) & (t.messages.c.key == key)
        changed = {"changed_at": at or self._clock(), **values}
        async with self._database.write() as connection:
            await connection.execute(update(t.messages).where(mine).values(**changed))

    async def sent_to(self, number: Phone, *, limit: int = 20) -> list[StoredMessage]:
        """What was sent to a number, or may have been, the latest first."""
        c = t.messages.c
        query = (
            select(t.messages)
            .where(
                c.city == self._city,
                c.number_ix.in_(self._keys.indexes(number)),
                c.state.in_(("sent", "sending")),
            )
            .order_by(c.changed_at.desc())
            .limit(limit)
        )
        async with self._database.read() as connection:
            return [self._opened(row) for row in await connection.execute(query)]

    async def of_ticket(self, ticket: TicketId) -> list[StoredMessage]:
        """The messages about a ticket, oldest first."""
        c = t.messages.c
        mine = (c.city == self._city) & (c.ticket == ticket)
        query = select(t.messages).where(mine).order_by(c.created_at)
        async with self._database.read() as connection:
            return [self._opened(row) for row in await connection.execute(query)]

    async def counts(self) -> dict[str, int]:
        """How many messages stand in each state."""
        c = t.messages.c
        query = select(c.state, func.count()).where(c.city == self._city).group_by(c.state)
        async with self._database.read() as connection:
            return {row[0]: row[1] for row in await connection.execute(query)}

    async def keep_reply(self, reply: Reply) -> bool:
        """Write a reply down before anything is made of it; False where it is here already and
        something was made of it."""
        row = {
            "city": self._city,
            "id": reply.id,
            "at": reply.at,
            "number": self._seal("message_replies", "number", reply.id, reply.sender.digits),
            "number_ix": self._keys.index(reply.sender),
            "body": self._seal("message_replies", "body", reply.id, reply.body),
            "ticket": None,
            "verdict": _NEW,
        }
        try:
            async with self._database.write() as connection:
                await connection.execute(insert(t.message_replies).values(**row))
        except IntegrityError:
            return await self._verdict(reply.id) == _NEW
        return True

    async def judged(self, reply: str, ticket: TicketId | None, verdict: Verdict) -> None:
        """What was made of a reply."""
        c = t.message_replies.c
        change = update(t.message_replies).where(c.city == self._city, c.id == reply)
        async with self._database.write() as connection:
            await connection.execute(change.values(ticket=ticket, verdict=verdict))

    async def _verdict(self, reply: str) -> str:
        c = t.message_replies.c
        query = select(c.verdict).where(c.city == self._city, c.id == reply)
        async with self._database.read() as connection:
            return str((await connection.execute(query)).scalar_one())

    async def _load(self, key: str) -> StoredMessage:
        mine = (t.messages.c.city == self._city) & (t.messages.c.key == key)
        async with self._database.read() as connection:
            return self._opened((await connection.execute(select(t.messages).where(mine))).one())

    def _seal(self, table: str, column: str, row: str, text: str) -> Any:
        return self._keys.seal(text, table=table, column=column, row=f"{self._city}.{row}")

    def _opened(self, row: Row[Any]) -> StoredMessage:
        place = f"{self._city}.{row.key}"
        number = self._keys.open(row.number, table="messages", column="number", row=place)
        return StoredMessage(
            key=row.key,
            ticket=TicketId(row.ticket),
            state=row.state,
            why=row.why,
            to=Phone(number),
            body=self._keys.open(row.body, table="messages", column="body", row=place),
            created_at=row.created_at,
            changed_at=row.changed_at,
            attempts=row.attempts,
        )


_NEW: Final = "new"
