"""The clock of the tickets: raises what has come due, each once, whoever else does the same.

One process at a time sweeps, by a lease; should two meet all the same, the version of the ticket
and the key of what is raised let only one of them commit. What the table of moves lets the clock do
(催办, 督办, 未评价, 归档) it does in the same transaction; the rest is written down for people.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
import uuid
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from hotline.calendar import Calendar
from hotline.errors import HotlineError
from hotline.handle import Done, clock_acts
from hotline.handling_time import Due, next_look, time_brought
from hotline.handling_words import Stage
from hotline.joined_callers import lapsing
from hotline.words import TicketId
from ledger.errors import LeaseHeld, LedgerFailing, StaleVersion
from ledger.store import Ledger
from ledger.ticket_rows import TicketDue
from switchboard.desk_directory import TicketDirectory
from switchboard.policy_versions import PolicyVersions, Rule
from switchboard.rating_acts import RatingActs
from switchboard.supervision_sweep import KnowledgeTasks, SupervisionSweep
from switchboard.ticket_saving import clock_save_of

log = logging.getLogger(__name__)

LEASE: Final = "ticket-clock"
EVERY_S: Final = 60.0
_HOLD: Final = dt.timedelta(minutes=3)
_AT_ONCE: Final = 100
_PUT_OFF: Final = dt.timedelta(hours=1)
"""How long a ticket that cannot be read is left alone."""


class Sweeper:
    """Run it beside the server."""

    def __init__(
        self,
        ledger: Ledger,
        *,
        policy: Rule,
        calendar: Calendar,
        clock: Callable[[], dt.datetime],
        knowledge: KnowledgeTasks | None = None,
    ) -> None:
        self._ledger = ledger
        self._versions = PolicyVersions(ledger.policy_texts, policy)
        self._directory = TicketDirectory(ledger.directory)
        self._calendar = calendar
        self._clock = clock
        self._holder = uuid.uuid4().hex
        # For the tickets that were joined to others; a lapse is in nobody's name.
        self._acts = RatingActs(ledger, body="", policy=policy, calendar=calendar)
        self._supervision = SupervisionSweep(
            ledger, policy=policy, calendar=calendar, knowledge=knowledge
        )

    async def run(self) -> None:
        """Until cancelled. What fails is tried again at the next turn."""
        while True:
            try:
                await self.turn()
            except HotlineError as failed:
                log.warning("tickets not swept", extra={"kind": type(failed).__name__})
            await asyncio.sleep(EVERY_S)

    async def turn(self) -> int:
        """Sweep if the lease can be had; how much was raised."""
        raised = 0
        while True:
            now = self._clock()
            try:
                await self._ledger.leases.take(LEASE, self._holder, ttl=_HOLD)
            except LeaseHeld:
                return raised
            waiting = await self._ledger.tickets.dues.waiting(now, limit=_AT_ONCE)
            for number in waiting:
                raised += await self._look_at(number, now)
            if len(waiting) < _AT_ONCE:
                await self._supervision.turn(now)
                return raised

    async def _look_at(self, number: TicketId, now: dt.datetime) -> int:
        try:
            return await self._sweep(number, now)
        except StaleVersion:
            return 0  # somebody acted meanwhile, and that act set when to look again
        except LedgerFailing:
            raise
        except Exception as failed:  # noqa: BLE001 - one ticket may stop neither the rest nor calls
            about = {"ticket": number, "kind": type(failed).__name__}
            log.warning("ticket not swept", extra=about)
            await self._ledger.tickets.dues.look_again(number, now + _PUT_OFF)
            return 0

    async def _sweep(self, number: TicketId, now: dt.datetime) -> int:
        tickets, calendar = self._ledger.tickets, self._calendar
        stored = await tickets.load(number)
        ticket = stored.ticket
        here = await tickets.handling(ticket)
        if here.stage is Stage.MERGED:
            return await self._sweep_joined(number, now)
        policy, _ = await self._versions.of(ticket)
        law = await self._directory.limit(stored.category, here, policy, now)
        known = {due.key for due in await tickets.dues.of(number)}
        done: list[Done] = []
        raised: list[TicketDue] = []
        while fresh := [
            due for due in time_brought(here, now, policy, calendar, law) if due.key not in known
        ]:
            due = fresh[0]
            known.add(due.key)
            one = clock_acts(here, number, due, now, policy, calendar, law)
            if one is not None:
                done.append(one)
                here = one.handling
            raised.append(_row(due, now, len(here.acts) if one else None))
        look_at = next_look(here, policy, calendar, law, after=now)
        if raised:
            save = clock_save_of(stored, done, raised, look_at)
            await tickets.save(save, expected_version=ticket.version)
        else:
            await tickets.dues.look_again(number, look_at, version=ticket.version)
        return len(raised)

    async def _sweep_joined(self, number: TicketId, now: dt.datetime) -> int:
        """A ticket that was joined to another is handled there; its own caller's rating lapses by
        itself."""
        stored, here, policy = await self._acts.read(number)
        tickets, version = self._ledger.tickets, stored.ticket.version
        open_ = lapsing(here, policy, self._calendar)
        done = None
        if open_ is not None and open_.at <= now:
            done = clock_acts(here, number, open_.due, now, policy, self._calendar)
        if open_ is None or done is None:
            later = open_.at if open_ is not None and open_.at > now else None
            await tickets.dues.look_again(number, later, version=version)
            return 0
        save = await self._acts.save_of(stored, done, {})
        row = _row(open_.due, now, len(stored.ticket.acts) + 1)
        await tickets.save(replace(save, dues=(row,)), expected_version=version)
        return 1


def _row(due: Due, now: dt.datetime, act: int | None) -> TicketDue:
    article = due.article
    return TicketDue(
        key=due.key,
        at=now,
        what=due.what,
        document=article.document if article else "",
        article=article.number if article else "",
        act=act,
    )
