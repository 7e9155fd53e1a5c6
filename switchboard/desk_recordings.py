"""Recordings as the desk plays them: found on the disk, missed with a reason, heard on record."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection
from dataclasses import replace
from typing import Final

from agent_desk.views import Person, RecordedCall
from hotline.errors import NoSuch
from hotline.words import CallId, Phone, Stage, UserId
from ledger.store import Ledger
from switchboard.keeping_recordings import REMOVED
from switchboard.live import Live
from switchboard.recordings import folder_of, is_whole, path_of, seconds_of
from switchboard.settings import Settings

LISTENED: Final = "recording-listened"
ONE_LISTENING: Final = dt.timedelta(minutes=10)
"""A player fetches a recording in pieces: those of so long a time are one listening."""


class DeskRecordings:
    """Implements :class:`agent_desk.ports.Recordings`."""

    def __init__(
        self,
        settings: Settings,
        ledger: Ledger,
        live: Live,
        clock: Callable[[], dt.datetime],
    ) -> None:
        self._folder = folder_of(settings)
        self._ledger = ledger
        self._live = live
        self._clock = clock
        self._heard: dict[tuple[UserId, CallId], dt.datetime] = {}

    async def of(self, call: CallId) -> RecordedCall:
        found = await self._call(call)
        path = path_of(self._folder, call)
        here = self._live.world().calls.get(call)
        if path is not None and path.exists():
            if here is not None and here.stage is not Stage.ENDED and not is_whole(path):
                return replace(found, state="going-on")
            size = path.stat().st_size
            return replace(found, state="there", path=path, seconds=seconds_of(size))
        if here is not None:
            return replace(found, state="going-on")
        for row in await self._ledger.audit.rows(subject=call):
            if row.what == REMOVED:
                why = str(row.detail["why"])
                return replace(found, state="removed", removed_at=row.at, removed_why=why)
        return found

    async def _call(self, call: CallId) -> RecordedCall:
        """The call itself, as if it had no recording."""
        booked = await self._ledger.book.call(call)
        here = self._live.world().calls.get(call)
        caller = await self._ledger.callers.find(call) or Phone("")
        if booked is None:
            if here is None:
                raise NoSuch("通话", call)
            return RecordedCall(
                call=call,
                arrived_at=here.arrived_at,
                caller=caller,
                state="none",
                wait_s=here.wait_s,
                agent=here.agent,
                agent_name=self._live.roster().name(here.agent) if here.agent else "",
            )
        tickets = await self._ledger.tickets.numbers_of([call])
        return RecordedCall(
            call=call,
            arrived_at=booked.arrived_at,
            caller=caller,
            state="none",
            outcome=booked.outcome,
            wait_s=booked.wait_s,
            ended_at=booked.ended_at,
            agent=booked.agent,
            agent_name=self._live.roster().name(booked.agent) if booked.agent else "",
            tickets=tuple(tickets.get(call, ())),
        )

    async def among(self, calls: Collection[CallId]) -> frozenset[CallId]:
        return frozenset(
            call
            for call in calls
            if (path := path_of(self._folder, call)) is not None and path.exists()
        )

    async def listened(self, call: CallId, *, by: Person) -> None:
        now = self._clock()
        since = self._heard.get((by.id, call))
        if since is not None and now - since < ONE_LISTENING:
            return
        await self._ledger.audit.record(by.id, LISTENED, call)
        self._heard = {k: at for k, at in self._heard.items() if now - at < ONE_LISTENING}
        self._heard[by.id, call] = now
