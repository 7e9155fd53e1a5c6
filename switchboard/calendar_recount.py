"""Counts open tickets again when the calendar has changed: what was 暂定 becomes firm, with a line
in the ticket's story that says why and by which notice.

A ticket keeps the text of the rules it was opened under; only the days are counted anew. What is
finished is left as it was.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator, Collection
from dataclasses import dataclass, replace
from typing import Final

from hotline.calendar import Calendar
from hotline.handling_clock import course
from hotline.handling_time import next_look
from hotline.handling_words import LIMIT_OVER
from hotline.policy import ZONE
from hotline.words import Deadline, TicketId, TicketType, UserId
from ledger.errors import StaleVersion
from ledger.store import Ledger
from ledger.ticket_rows import (
    RECOUNTED,
    ListedTicket,
    StoredTicket,
    TicketDue,
    TicketFilter,
    TicketSave,
)
from switchboard.derivation import day_text
from switchboard.desk_clocks import notice_names
from switchboard.desk_directory import TicketDirectory
from switchboard.policy_versions import PolicyVersions, Rule
from switchboard.ticket_saving import deadline_set

_PAGE: Final = 500
_TRIES: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Recounted:
    """One ticket whose date, or the certainty of it, is another by the new calendar."""

    ticket: TicketId
    type: TicketType
    before: dt.datetime
    was_provisional: bool
    deadline: Deadline
    look_at: dt.datetime | None
    stored: StoredTicket

    @property
    def moved(self) -> bool:
        return self.before != self.deadline.due_at

    @property
    def what(self) -> str:
        """The line of the ticket's story."""
        old = day_text(self.before.astimezone(ZONE).date())
        new = day_text(self.deadline.due_at.astimezone(ZONE).date())
        was = "（暂定）" if self.was_provisional else ""
        still = "，仍为暂定" if self.deadline.provisional else ""
        if self.moved:
            return f"按放假通知重新计数，到期日由{old}{was}改为{new}{still}"
        if self.was_provisional and not still:
            return f"按放假通知重新计数，到期日{new}不变，不再是暂定"
        return f"按放假通知重新计数，到期日{new}不变{still}"


class Recount:
    """The open tickets of one city by a calendar."""

    def __init__(self, ledger: Ledger, rule: Rule, calendar: Calendar) -> None:
        self._ledger = ledger
        self._versions = PolicyVersions(ledger.policy_texts, rule)
        self._directory = TicketDirectory(ledger.directory)
        self._calendar = calendar

    async def preview(
        self, now: dt.datetime, changed: Collection[dt.date] | None = None
    ) -> list[Recounted]:
        """What would change. ``changed`` are the days that are another than before; None: any."""
        wanted = None if changed is None else sorted(changed)
        # All numbers first: pages shift under a slow reader while tickets are closed.
        numbers = [listed.id async for listed in self._open() if _touched(listed, wanted)]
        counted = [await self._recounted(number, now) for number in numbers]
        return [one for one in counted if one is not None]

    async def apply(
        self, now: dt.datetime, by: str, changed: Collection[dt.date] | None = None
    ) -> list[Recounted]:
        """Count again and keep it, each ticket in a transaction of its own; asked twice, the second
        time nothing is left to do."""
        done = []
        for one in await self.preview(now, changed):
            kept = await self._kept(one, now, by)
            if kept is not None:
                done.append(kept)
        return done

    async def _open(self) -> AsyncIterator[ListedTicket]:
        """Every ticket whose limit runs."""
        wanted, number = TicketFilter(but_statuses=LIMIT_OVER, limit="set"), 1
        while True:
            page = await self._ledger.tickets.page(
                wanted, order="newest", number=number, size=_PAGE
            )
            for listed in page.items:
                yield listed
            if number * _PAGE >= page.total:
                return
            number += 1

    async def _recounted(self, number: TicketId, now: dt.datetime) -> Recounted | None:
        stored = await self._ledger.tickets.load(number)
        ticket = stored.ticket
        if ticket.deadline is None or ticket.status in LIMIT_OVER:
            return None
        here = await self._ledger.tickets.handling(ticket)
        policy, _ = await self._versions.of(ticket)
        law = await self._directory.limit(stored.category, here, policy, now)
        deadline = course(here, policy, self._calendar, law).deadline
        kept = ticket.deadline
        if deadline is None or (deadline.due_at, deadline.provisional, deadline.derivation) == (
            kept.due_at,
            kept.provisional,
            kept.derivation,
        ):
            return None
        return Recounted(
            ticket=number,
            type=ticket.type,
            before=kept.due_at,
            was_provisional=kept.provisional,
            deadline=deadline,
            look_at=next_look(here, policy, self._calendar, law),
            stored=stored,
        )

    async def _kept(self, one: Recounted, now: dt.datetime, by: str) -> Recounted | None:
        """Save; where somebody acted meanwhile, count once more what they left."""
        found: Recounted | None = one
        for _ in range(_TRIES):
            if found is None:
                return None
            try:
                version = found.stored.ticket.version
                await self._ledger.tickets.save(
                    self._save_of(found, now, by), expected_version=version
                )
            except StaleVersion:
                found = await self._recounted(one.ticket, now)
            else:
                return found
        return None

    def _save_of(self, one: Recounted, now: dt.datetime, by: str) -> TicketSave:
        ticket, deadline = one.stored.ticket, one.deadline
        due = TicketDue(
            key=f"{RECOUNTED}{ticket.version}",
            at=now,
            what=one.what,
            document="、".join(notice_names(deadline, self._calendar)),
            article="",
            act=None,
        )
        return TicketSave(
            ticket=replace(ticket, deadline=deadline),
            facts=(deadline_set(now, ticket.id, deadline),),
            by=UserId(by),
            what="ticket.calendar",
            searched=one.stored.searched,
            look_at=one.look_at,
            dues=(due,),
        )


def _touched(listed: ListedTicket, changed: list[dt.date] | None) -> bool:
    """Whether a changed day lies between a ticket's registration and its due date."""
    if changed is None or listed.due_at is None:
        return True
    first = listed.opened_at.astimezone(ZONE).date()
    last = listed.due_at.astimezone(ZONE).date()
    return any(first <= day <= last for day in changed)


def changed_days(before: Calendar, after: Calendar) -> list[dt.date]:
    """The days of which the two calendars say another thing, in the years that either knows and
    those beside them."""
    years = before.known_years | after.known_years
    if not years:
        return []
    here, last = dt.date(min(years) - 1, 1, 1), dt.date(max(years) + 1, 12, 31)
    found = []
    while here <= last:
        if before.look(here) != after.look(here):
            found.append(here)
        here += dt.timedelta(days=1)
    return found
