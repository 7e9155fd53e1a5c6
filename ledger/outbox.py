"""The outbox: messages that become durable with the facts they belong to, and are delivered at
least once. A wake-up makes it quick, a poll every second makes it sure.

The wake-up is an asyncio event within this process and LISTEN/NOTIFY between processes on
PostgreSQL. Whoever handles a message must bear to see it twice (each has its id).
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import json
import logging
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import asyncpg
from sqlalchemy import delete, func, insert, or_, select, text, update
from sqlalchemy.exc import DBAPIError

from ledger import tables as t
from ledger.database import Clock, Database
from ledger.errors import LedgerFailing
from ledger.rows import canonical

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

log = logging.getLogger(__name__)

_CHANNEL: Final = "jiesu_outbox"
_POLL: Final = 1.0


@dataclass(frozen=True, slots=True)
class Message:
    """A message claimed by this process; ``attempts`` counts this one."""

    id: int
    topic: str
    body: Any
    attempts: int


class Outbox:
    """Puts, claims and acknowledges messages."""

    def __init__(self, database: Database, clock: Clock, holder: str) -> None:
        self._database = database
        self._clock = clock
        self._holder = holder
        self._wakes: set[asyncio.Event] = set()
        # asyncpg closes a listening connection that nothing refers to, so it is held here.
        self._listener: AsyncConnection | None = None
        self._gone = False

    async def put(self, connection: AsyncConnection, topic: str, body: Any) -> int:
        """Add a message in the caller's transaction; its id. ``body`` is plain JSON data."""
        row = {"topic": topic, "body": canonical(body), "created_at": self._clock(), "attempts": 0}
        made = await connection.execute(insert(t.outbox).values(**row).returning(t.outbox.c.id))
        if not self._database.is_sqlite:
            await connection.execute(text(f"NOTIFY {_CHANNEL}"))
        self._database.after_commit(connection, self.wake)
        return int(made.scalar_one())

    async def send(self, topic: str, body: Any) -> int:
        """Add a message in a transaction of its own."""
        async with self._database.write() as connection:
            return await self.put(connection, topic, body)

    async def claim(
        self,
        topics: Sequence[str],
        *,
        limit: int = 50,
        hold: dt.timedelta = dt.timedelta(seconds=30),
    ) -> list[Message]:
        """Take messages nobody holds, oldest first. What is not acknowledged within ``hold`` is
        given out again."""
        now = self._clock()
        o = t.outbox.c
        free = (
            select(o.id)
            .where(o.topic.in_(topics), or_(o.claimed_until.is_(None), o.claimed_until <= now))
            .order_by(o.id)
            .limit(limit)
        )
        async with self._database.read() as connection:
            if (await connection.execute(free.limit(1))).first() is None:
                return []
        async with self._database.write() as connection:
            ids = list((await connection.execute(free.with_for_update(skip_locked=True))).scalars())
            taken = await connection.execute(
                update(t.outbox)
                .where(o.id.in_(ids))
                .values(claimed_by=self._holder, claimed_until=now + hold, attempts=o.attempts + 1)
                .returning(o.id, o.topic, o.body, o.attempts)
            )
            rows = taken.all()
        return sorted(
            (Message(r.id, r.topic, json.loads(r.body), r.attempts) for r in rows),
            key=lambda message: message.id,
        )

    async def ack(self, *messages: Message) -> None:
        """Done: the messages are never given out again."""
        ids = [message.id for message in messages]
        async with self._database.write() as connection:
            await connection.execute(delete(t.outbox).where(t.outbox.c.id.in_(ids)))

    async def release(self, message: Message, *, after: dt.timedelta = dt.timedelta()) -> None:
        """Not done: give it out again, ``after`` some time."""
        async with self._database.write() as connection:
            await connection.execute(
                update(t.outbox)
                .where(t.outbox.c.id == message.id)
                .values(claimed_by=None, claimed_until=self._clock() + after)
            )
        if not after:
            self.wake()

    async def depth(self) -> int:
        """How many messages wait or are held."""
        async with self._database.read() as connection:
            return (
                await connection.execute(select(func.count()).select_from(t.outbox))
            ).scalar_one()

    async def messages(self, *topics: str) -> AsyncIterator[Message]:
        """Messages as they come, for ever. Acknowledge each with :meth:`ack`."""
        wake = asyncio.Event()
        self._wakes.add(wake)
        try:
            while True:
                wake.clear()
                if self._gone:
                    await self.close()
                    await self.listen()
                try:
                    claimed = await self.claim(topics)
                except LedgerFailing as failing:
                    log.warning("outbox cannot be read", extra={"why": failing.why})
                    claimed = []
                for message in claimed:
                    yield message
                if not claimed:
                    with contextlib.suppress(TimeoutError):
                        await asyncio.wait_for(wake.wait(), _POLL)
        finally:
            self._wakes.discard(wake)

    def wake(self) -> None:
        """Look at once instead of at the next poll."""
        for event in self._wakes:
            event.set()

    async def listen(self) -> None:
        """Hear other processes' wake-ups (PostgreSQL only; on SQLite the poll serves them)."""
        if self._database.is_sqlite or self._listener is not None:
            return
        try:
            self._listener = await self._database.engine.connect()
            raw: Any = (await self._listener.get_raw_connection()).driver_connection
            await raw.add_listener(_CHANNEL, lambda *_: self.wake())
            raw.add_termination_listener(lambda _: self._unheard())
        except (OSError, DBAPIError, asyncpg.PostgresError) as failed:
            await self.close()
            log.warning("outbox listener not connected", extra={"why": type(failed).__name__})

    def _unheard(self) -> None:
        """The server went away: the poll serves until :meth:`messages` listens again."""
        self._gone = True
        self.wake()

    async def close(self) -> None:
        listener, self._listener, self._gone = self._listener, None, False
        if listener is not None:
            with contextlib.suppress(OSError, DBAPIError, asyncpg.PostgresError):
                await listener.invalidate()
                await listener.close()
