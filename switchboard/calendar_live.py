"""The calendar of a running system: a notice that is imported holds at once, without a restart."""

from __future__ import annotations

import asyncio
import datetime as dt
import hashlib
import logging
from collections.abc import Callable, Hashable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from hotline.calendar import Calendar, DayKind, Notices
from hotline.errors import HotlineError
from hotline.handle import CLOCK
from hotline.words import Article
from ledger.rows import canonical
from ledger.store import Ledger
from switchboard.calendar_recount import Recount, changed_days
from switchboard.clock import utc_now
from switchboard.policies import Packs, load, load_calendar, own_calendars
from switchboard.policy_versions import Rule

log = logging.getLogger(__name__)
EVERY_S: Final = 5.0
COUNTED: Final = "calendar-counted"
"""The bookmark of the calendar by which all open tickets were counted."""


class LiveCalendar:
    """Implements :class:`hotline.calendar.Calendar` by the files as :meth:`look_again` last found
    them. A file that cannot be read leaves the days as they were."""

    def __init__(self, data: Path, first: Notices) -> None:
        self._data = data
        self._now = first
        self._seen = self._traces()

    @property
    def now(self) -> Notices:
        """The days as they are known now."""
        return self._now

    @property
    def notices(self) -> Mapping[int, Article]:
        return self._now.notices

    @property
    def walked(self) -> dict[Hashable, Any]:
        return self._now.walked

    @property
    def known_years(self) -> frozenset[int]:
        return self._now.known_years

    def look(self, day: dt.date) -> DayKind:
        return self._now.look(day)

    def is_working(self, day: dt.date) -> bool:
        return self._now.is_working(day)

    def look_again(self) -> Notices | None:
        """The calendar as it was, where the files have changed since the last look."""
        traces = self._traces()
        if traces == self._seen:
            return None
        self._seen = traces
        try:
            fresh = load_calendar(self._data)
        except HotlineError as wrong:
            log.warning("calendar not read", extra={"kind": type(wrong).__name__})
            return None
        before, self._now = self._now, fresh
        return before if before != fresh else None

    def _traces(self) -> list[tuple[str, int, int]]:
        """What changes when a file does."""
        found = []
        for path in sorted(own_calendars(self._data).glob("*.toml")):
            try:
                kept = path.stat()
            except OSError:
                continue  # gone between the two looks: the next one sees it
            found.append((path.name, kept.st_mtime_ns, kept.st_size))
        return found


def live_packs(data: Path) -> Packs:
    """The packs of a running system, with a calendar that can be renewed."""
    packs = load(data)
    return replace(packs, calendar=LiveCalendar(data, load_calendar(data)))


class CalendarFollower:
    """Run it beside the server: renews the calendar and counts the open tickets by it."""

    def __init__(
        self, ledger: Ledger, rule: Rule, calendar: Calendar, clock: Callable[[], dt.datetime]
    ) -> None:
        self._ledger = ledger
        self._rule = rule
        self._calendar = calendar
        self._clock = clock

    async def run(self) -> None:
        """Until cancelled. What fails is tried again at the next turn."""
        while True:
            try:
                await self.turn()
            except HotlineError as failed:
                log.warning("tickets not counted again", extra={"kind": type(failed).__name__})
            await asyncio.sleep(EVERY_S)

    async def turn(self) -> int:
        """How many tickets were counted again: none unless the calendar is another than the one
        that all of them were counted by."""
        if not isinstance(self._calendar, LiveCalendar):
            return 0
        before = self._calendar.look_again()
        now = self._calendar.now
        mark = fingerprint(now)
        if await self._ledger.bookmarks.get(COUNTED) == mark:
            return 0
        changed = changed_days(before, now) if before is not None else None
        done = await Recount(self._ledger, self._rule, now).apply(self._clock(), CLOCK, changed)
        await self._ledger.bookmarks.put(COUNTED, mark)
        if done:
            log.info("tickets counted again", extra={"count": len(done)})
        return len(done)


async def following(ledger: Ledger, rule: Rule, packs: Packs) -> None:
    """The follower of a server, until cancelled."""
    await CalendarFollower(ledger, rule, packs.calendar, utc_now).run()


def fingerprint(calendar: Notices) -> str:
    """The same for the same days and notices."""
    told = {
        "off": {str(day): name for day, name in sorted(calendar.holidays.items())},
        "worked": {str(day): name for day, name in sorted(calendar.make_up_days.items())},
        "notices": {str(year): one.document for year, one in sorted(calendar.notices.items())},
    }
    return hashlib.sha256(canonical(told).encode()).hexdigest()[:32]
