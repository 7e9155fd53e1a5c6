"""Between Asterisk's AMI and the conductor: every message translated, every gap made good.

After each connect the whole picture is read, then queue_log; the ends that the log tells come
before the picture, and the messages that arrived meanwhile after it. So counts stay exact whatever
was missed, and nothing is counted twice.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import Final

from hotline.events import Event, ExchangeLost, SecondPassed
from hotline.ports import Callers
from hotline.words import CallId, Phone
from ivr.ami import Ami
from ivr.ami_frames import Message
from ivr.ami_snapshot import read as read_picture
from ivr.ami_translator import Translator
from ivr.call_records import numbers_of
from ivr.queue_log import LogReading, completed, read_from, reconcile
from ledger.store import Bookmarks
from switchboard.conductor import Conductor

log = logging.getLogger(__name__)

BOOKMARK: Final = "queue_log"
LOOK_AGAIN_AFTER_S: Final = 0.5
"""The hang-up handler writes queue_log right after its event: give the line time to land."""


class Bridge:
    """Runs the link of one exchange. ``run`` it; ``look_again`` reads the log once more."""

    def __init__(
        self,
        ami: Ami,
        conductor: Conductor,
        queue_log: Path,
        bookmarks: Bookmarks,
        clock: Callable[[], dt.datetime],
        phone: Callable[[str], Phone] = Phone.parse,
        callers: Callers | None = None,
    ) -> None:
        self._ami = ami
        self._conductor = conductor
        self._queue_log = queue_log
        self._bookmarks = bookmarks
        self._clock = clock
        self._phone = phone
        self._callers = callers
        self._translate = Translator(phone)
        self._up_once = False
        self._again: asyncio.Task[None] | None = None
        self._marking: set[asyncio.Task[None]] = set()
        self.synced = asyncio.Event()
        """Set while the picture is whole: calls are followed."""

    async def run(self) -> None:
        """Keep the link until cancelled."""
        try:
            await self._ami.run(self._heard, self._up, self._down)
        finally:
            self._ami.close()

    def look_again(self) -> None:
        """An end was reported for a call we do not know: the log does."""
        if self._again is None or self._again.done():
            self._again = asyncio.create_task(self._read_log_soon(), name="queue-log")

    def _heard(self, message: Message, received_at: dt.datetime) -> None:
        for event in self._translate(message, received_at):
            self._conductor.put(event)

    async def _up(self) -> None:
        conductor = self._conductor
        # What is still undecided of the time before belongs before the picture.
        await conductor.settled()
        world = conductor.world
        gap_from = world.gap_since or world.heard_at
        picture = await read_picture(
            self._ami.act, clock=self._clock, gap_from=gap_from, phone=self._phone
        )
        reading = await self._read_log()
        conductor.put(completed(picture, reading))
        self.synced.set()
        log.info("exchange followed", extra={"calls": len(picture.calls)})

    def _down(self, why: str) -> None:
        self.synced.clear()
        now = self._clock()
        self._conductor.put(ExchangeLost(at=now, received_at=now, why=why))

    async def _read_log_soon(self) -> None:
        await asyncio.sleep(LOOK_AGAIN_AFTER_S)
        await self._read_log()

    async def _read_log(self) -> LogReading:
        """Ends of calls since the bookmark, as events. The bookmark waits for the first call that
        is still open, so a later reading knows it whole."""
        known = await self._bookmarks.get(BOOKMARK)
        lines, end = await asyncio.to_thread(read_from, self._queue_log, int(known or 0))
        reading = reconcile(lines, end, self._clock())
        events: tuple[Event, ...] = reading.calls
        await self._recall_callers([call.call for call in reading.calls])
        for event in events:
            self._conductor.put(event)
        if str(reading.resume_at) != known:
            self._later(self._mark(reading.resume_at))
        return reading

    async def _recall_callers(self, calls: Sequence[CallId]) -> None:
        """Whoever called while nobody listened is known by the exchange's own records: he can be
        called back."""
        if self._callers is None:
            return
        unknown = [call for call in calls if self._callers.of(call) is None]
        records = self._queue_log.parent / "cdr-csv" / "Master.csv"
        for call, number in (await asyncio.to_thread(numbers_of, records, unknown)).items():
            self._callers.remember(call, self._phone(number))

    async def _mark(self, offset: int) -> None:
        """Move the bookmark once what was read is durable: a crash in between reads it again."""
        await self._conductor.written()
        await self._bookmarks.put(BOOKMARK, str(offset))

    def _later(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work, name="queue-log-bookmark")
        self._marking.add(task)
        task.add_done_callback(self._marking.discard)


async def tick(conductor: Conductor, clock: Callable[[], dt.datetime]) -> None:
    """Say every second that it passed, while somebody's 整理 runs; the rules do the rest."""
    while True:
        await asyncio.sleep(1.0)
        if any(seat.wrap_until is not None for seat in conductor.world.seats.values()):
            now = clock()
            conductor.put(SecondPassed(at=now, received_at=now))
