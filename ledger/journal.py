"""The journal: facts appended in batches, by the one holder of the lease, never blocking a caller.

While the disk fails facts wait in memory (bounded). When that is full newer facts are refused,
so that what is written stays a gapless beginning; on recovery a NoteTaken marks the gap. A fault of
ours counts as a failing disk: the facts wait, it is told, and the writer goes on trying.
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import logging
import uuid
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, Protocol

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from hotline.facts import Fact, NoteTaken
from ledger import tables as t
from ledger.database import Clock, Database
from ledger.errors import JournalGap, LeaseLost, LedgerFailing
from ledger.leases import Lease, Leases, enter_batch, last_batch
from ledger.stream import EXCHANGE, Entry, Recorded, insert_entries

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

log = logging.getLogger(__name__)

LEASE: Final = "exchange"
_LINGER: Final = 0.005
"""How long the first fact of a batch waits for company, in seconds."""
_BATCH: Final = 400
_RETRY: Final = (0.05, 0.1, 0.2, 0.5, 1.0)
_FAULT: Final = "程序出错，事实留在内存里继续重试，请查看运行日志。"


@dataclass(frozen=True, slots=True)
class Trouble:
    """What the journal tells the switchboard: the disk fails, works again, or we are replaced.

    ``waiting`` facts are kept in memory; ``lost`` could not be (a gap: read the exchange anew).
    """

    kind: Literal["failing", "recovered", "lease-lost"]
    why: str
    waiting: int
    lost: int


class Rider(Protocol):
    """Something that is written in the same transaction as the facts."""

    @property
    def waiting(self) -> bool:
        """Whether there is something to write even without facts."""

    async def ride(self, connection: AsyncConnection, recorded: Sequence[Recorded]) -> None:
        """Write what belongs to these facts. May be called again for the same ones after a
        failure, so it must not count on being the first."""

    def arrived(self) -> None:
        """The transaction is durable."""


@dataclass(slots=True)
class _Post:
    """One call of post(): encoded facts and whom to tell."""

    entries: list[Entry]
    bookmarks: Mapping[str, str]
    done: asyncio.Future[int]


@dataclass(frozen=True, slots=True)
class _Batch:
    """What is written together. Its name makes a repeated attempt recognisable."""

    name: str
    posts: list[_Post]
    lost: int

    @property
    def entries(self) -> list[Entry]:
        return [entry for post in self.posts for entry in post.entries]


class Journal:
    """The exchange's stream. Implements :class:`hotline.ports.Journal`."""

    def __init__(
        self,
        database: Database,
        leases: Leases,
        clock: Clock,
        code_version: str,
        riders: Sequence[Rider] = (),
        *,
        spool: int = 50_000,
    ) -> None:
        self._database = database
        self._leases = leases
        self._clock = clock
        self._code_version = code_version
        self._riders = riders
        self._room = spool
        self._posts: deque[_Post] = deque()
        self._waiting = 0
        self._lost = 0
        self._failing = False
        self._why = ""
        self._lease: Lease | None = None
        self._wake = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._closing = False
        self._last = 0
        self.on_trouble: Callable[[Trouble], None] = lambda trouble: None

    @property
    def failing(self) -> Trouble | None:
        """What is wrong now, with the facts that wait; None when the disk takes them."""
        if not self._failing:
            return None
        return Trouble("failing", self._why, self._waiting, self._lost)

    @property
    def lease(self) -> Lease | None:
        """The lease held, None before start and after it was lost."""
        return self._lease

    async def start(
        self,
        holder: str,
        *,
        ttl: dt.timedelta = dt.timedelta(seconds=10),
        take_over: bool = False,
    ) -> Lease:
        """Take the lease and begin to write. Raises LeaseHeld when another has it.

        ``take_over``: see :meth:`ledger.leases.Leases.take`.
        """
        self._lease = await self._leases.take(LEASE, holder, ttl=ttl, take_over=take_over)
        async with self._database.read() as connection:
            self._last = await _end_of(connection)
        self._tasks = [
            asyncio.create_task(self._write_on(), name="journal-writer"),
            asyncio.create_task(self._renew_on(ttl), name="journal-lease"),
        ]
        return self._lease

    async def append(
        self,
        facts: Sequence[Fact],
        *,
        policy_version: str,
        bookmarks: Mapping[str, str] | None = None,
    ) -> int:
        """Make the facts durable; the sequence number of the last one. Without facts: of the last
        one that is durable when everything posted before is.

        Waits as long as the disk fails; use :meth:`post` not to wait. Raises LeaseLost, JournalGap.
        """
        return await self.post(facts, policy_version=policy_version, bookmarks=bookmarks)

    def post(
        self,
        facts: Sequence[Fact],
        *,
        policy_version: str,
        bookmarks: Mapping[str, str] | None = None,
    ) -> asyncio.Future[int]:
        """Hand facts over without waiting; the future is done when they are durable.

        ``bookmarks`` (e.g. how far queue_log was read) become durable together with the facts.
        """
        done: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        done.add_done_callback(_seen)
        now = self._clock()
        entries = [
            Entry.of(fact, EXCHANGE, now, policy_version, self._code_version) for fact in facts
        ]
        if self._lease is None:
            done.set_exception(LeaseLost(LEASE, 0))
        elif self._lost or self._waiting + len(entries) > self._room:
            self._lost += len(entries)
            done.set_exception(JournalGap())
        else:
            self._posts.append(_Post(entries, bookmarks or {}, done))
            self._waiting += len(entries)
            self._wake.set()
        return done

    def nudge(self) -> None:
        """A rider has something to write."""
        self._wake.set()

    async def settle(self) -> None:
        """Wait until everything handed over so far is durable."""
        await self.post((), policy_version="")

    async def close(self) -> None:
        """Write what waits (3 s at most, should the disk fail) and give the lease back."""
        self._closing = True
        self._wake.set()
        if self._tasks:
            await asyncio.wait(self._tasks[:1], timeout=3)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks = []
        for post in self._posts:
            _fail(post.done, JournalGap())
        self._posts.clear()
        if self._lease is not None:
            lease, self._lease = self._lease, None
            with contextlib.suppress(LedgerFailing):
                await self._leases.give_back(lease)

    # ------------------------------------------------------------------------------ the writer
    async def _write_on(self) -> None:
        while True:
            if not self._closing:
                await self._wake.wait()
                await asyncio.sleep(_LINGER)
            self._wake.clear()
            while self._something_waits():
                if not await self._write_until_done(self._next_batch()):
                    return
            if self._closing:
                return

    def _something_waits(self) -> bool:
        return bool(self._posts or self._lost or any(rider.waiting for rider in self._riders))

    def _next_batch(self) -> _Batch:
        posts: list[_Post] = []
        size = 0
        while self._posts and size < _BATCH:
            posts.append(self._posts.popleft())
            size += len(posts[-1].entries)
        # The gap stands behind everything that was accepted before it.
        lost = self._lost if not self._posts else 0
        if lost:
            what = f"{lost} facts could not be kept while the disk failed"
            note = NoteTaken(at=self._clock(), source="journal", what=what)
            mark = Entry.of(note, EXCHANGE, note.at, "", self._code_version)
            done: asyncio.Future[int] = asyncio.get_running_loop().create_future()
            posts.append(_Post([mark], {}, done))
        return _Batch(uuid.uuid4().hex, posts, lost)

    async def _write_until_done(self, batch: _Batch) -> bool:
        """Try until the batch is durable. False when the lease is lost."""
        attempt = 0
        while True:
            try:
                last = await self._write(batch, again=attempt > 0)
            except LeaseLost as lost:
                self._give_up(batch, lost)
                return False
            except LedgerFailing as failing:
                self._note_failing(failing)
            except Exception:  # whatever it was: a writer that ends would keep nothing more
                if not attempt:
                    log.exception("journal batch failed")
                self._note_failing(LedgerFailing(_FAULT, unsaved=True))
            else:
                self._note_written(batch, last)
                return True
            await asyncio.sleep(_RETRY[min(attempt, len(_RETRY) - 1)])
            attempt += 1

    async def _write(self, batch: _Batch, *, again: bool) -> int:
        lease = self._lease
        if lease is None:
            raise LeaseLost(LEASE, 0)
        entries = batch.entries
        try:
            async with self._database.write() as connection:
                if again and await last_batch(connection, lease) == batch.name:
                    return await _end_of(connection)
                await enter_batch(connection, lease, batch.name)
                recorded = await insert_entries(connection, entries, lease=lease)
                for rider in self._riders:
                    await rider.ride(connection, recorded)
                for post in batch.posts:
                    for name, value in post.bookmarks.items():
                        row = {"name": name, "value": value}
                        await self._database.upsert(connection, t.bookmarks, [row])
        except IntegrityError as refused:
            # The fence of the INSERT: a token that is not in force is NULL, which is not allowed.
            if "fence" in str(refused.orig):
                raise LeaseLost(lease.name, lease.token) from refused
            raise LedgerFailing("日志的一行与已有的冲突。") from refused
        return recorded[-1].seq if recorded else self._last

    def _note_written(self, batch: _Batch, last: int) -> None:
        self._waiting -= sum(len(p.entries) for p in batch.posts) - (1 if batch.lost else 0)
        self._lost -= batch.lost
        self._last = last
        for rider in self._riders:
            rider.arrived()
        behind = 0
        for post in reversed(batch.posts):
            if not post.done.done():
                post.done.set_result(last - behind)
            behind += len(post.entries)
        if self._failing or batch.lost:
            self._failing = False
            log.warning("journal is written again", extra={"lost": batch.lost})
            self.on_trouble(Trouble("recovered", "", self._waiting, batch.lost))

    def _note_failing(self, failing: LedgerFailing) -> None:
        self._why = failing.why
        if not self._failing:
            self._failing = True
            log.error("journal cannot be written", extra={"why": failing.why})
            self.on_trouble(Trouble("failing", failing.why, self._waiting, self._lost))

    def _give_up(self, batch: _Batch | None, lost: LeaseLost) -> None:
        if self._lease is None and batch is None:
            return
        self._lease = None
        log.error("lease lost, journal closed", extra={"lease": lost.lease, "token": lost.token})
        for post in (*(batch.posts if batch else ()), *self._posts):
            _fail(post.done, lost)
        self._posts.clear()
        self._waiting = 0
        self.on_trouble(Trouble("lease-lost", str(lost), 0, self._lost))

    async def _renew_on(self, ttl: dt.timedelta) -> None:
        while True:
            await asyncio.sleep(ttl.total_seconds() / 3)
            lease = self._lease
            if lease is None:
                return
            try:
                renewed = await self._leases.renew(lease, ttl=ttl)
            except LeaseLost as lost:
                self._give_up(None, lost)
                self._wake.set()
            except LedgerFailing as failing:
                log.warning("lease not renewed", extra={"why": failing.why})
            else:
                self._keep(renewed)

    def _keep(self, renewed: Lease) -> None:
        # It may have been lost while the renewal was under way.
        self._lease = renewed if self._lease is not None else None


async def _end_of(connection: AsyncConnection) -> int:
    found = await connection.execute(
        select(func.max(t.journal.c.seq)).where(t.journal.c.stream == EXCHANGE)
    )
    return found.scalar() or 0


def _fail(done: asyncio.Future[int], error: Exception) -> None:
    if not done.done():
        done.set_exception(error)


def _seen(done: asyncio.Future[int]) -> None:
    # Who posts without waiting learns of trouble by on_trouble; the loop need not complain as well.
    if not done.cancelled():
        done.exception()
