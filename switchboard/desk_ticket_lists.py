"""The list 工单: what is asked for, found in the ledger, with the numbers beside it."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Final

from agent_desk import ticket_views as tv
from hotline import metrics
from hotline.handling_words import LIMIT_OVER
from hotline.words import UnitId, UserId
from ledger.store import Ledger
from ledger.ticket_rows import ListedTicket, TicketFilter
from ledger.ticket_search import Hits, without_whose
from switchboard.policy_versions import Rule

SOON: Final = dt.timedelta(days=3)
"""As 即将到期 is listed: until the end of the third day from today."""


class DeskTicketLists:
    """The lists of one city."""

    def __init__(self, ledger: Ledger, policy: Rule) -> None:
        self._ledger = ledger
        self._policy = policy

    async def page(self, query: tv.TicketQuery, at: dt.datetime) -> tv.TicketPage:
        tickets = self._ledger.tickets
        tickets.search.begin()
        unit = query.scope or query.unit
        units = (unit,) if unit else ()
        tonight = self._midnight(at)
        # The database counts on its own thread while the words are looked for on this one.
        counts, hits = await asyncio.gather(
            tickets.lists.overview(units, query.me or UserId(""), at, tonight, tonight + SOON),
            self._hits(query),
        )
        wanted = self._filter(query, at, counts.by_status)
        if hits is not None:
            wanted = replace(wanted, numbers=hits.numbers)
        page = await tickets.lists.page(
            wanted,
            order="left",
            number=query.page,
            size=query.page_size,
            stood=counts.by_status if wanted == TicketFilter(units=units) else None,
        )
        items = page.items if query.scope is None else await self._without_whose(page.items)
        names = {unit.code: unit.name for unit in await self._ledger.units.all()}
        return tv.TicketPage(
            rows=tuple(_row(item, names) for item in items),
            total=page.total,
            no_limit=counts.pending,
            overdue=counts.overdue,
            due_today=counts.today,
            due_soon=counts.soon,
            supervised=counts.supervised,
            mine=counts.mine,
            by_status=counts.by_status,
            hits=hits.of if hits and hits.of > len(hits.numbers) else None,
            known=hits.known if hits else 1.0,
        )

    async def _without_whose(self, items: Sequence[ListedTicket]) -> Sequence[ListedTicket]:
        """Rows for a unit: what the caller said, without who it was."""
        whose = await self._ledger.tickets.lists.whose([item.id for item in items])
        return [
            replace(item, summary=without_whose(item.summary, *whose[item.id]))
            if item.id in whose
            else item
            for item in items
        ]

    async def _hits(self, query: tv.TicketQuery) -> Hits | None:
        search = self._ledger.tickets.search
        if query.words:
            return await search.words(
                query.words, secrets_of=query.secrets_of, for_unit=query.scope is not None
            )
        if query.phone_end:
            return await search.ends_with(query.phone_end, secrets_of=query.secrets_of)
        return None

    def _filter(
        self, query: tv.TicketQuery, at: dt.datetime, stages: Collection[str]
    ) -> TicketFilter:
        """``stages``: where tickets stand at all. What runs is asked for by them, so that the many
        that are over are not even looked at."""
        tonight = self._midnight(at)
        running = query.overdue or query.due_today or query.due_soon or query.no_limit
        running = running or bool(query.supervised)
        at_work = tuple(stage for stage in stages if stage not in LIMIT_OVER)
        ends = [
            (query.overdue, at),
            (query.due_today, tonight),
            (query.due_soon, tonight + SOON),
        ]
        zone = self._policy(at).zone
        unit = query.scope or query.unit
        return TicketFilter(
            statuses=(query.status,) if query.status else at_work if running else (),
            but_statuses=LIMIT_OVER if running else (),
            types=(query.type,) if query.type else (),
            units=(unit,) if unit else (),
            due_from=at if query.due_today or query.due_soon else None,
            due_before=next((end for asked, end in ends if asked), None),
            limit="pending" if query.no_limit else "",
            number=query.number,
            phone=query.phone,
            category=query.category,
            opened_from=_day_start(query.opened_from, zone),
            opened_before=_day_start(query.opened_to, zone, later=1),
            opened_by=query.opened_by,
            by_phone=query.by_phone,
            supervised=query.supervised,
            confidential=query.confidential,
            secrets_of=query.secrets_of if query.phone else None,
        )

    def _midnight(self, at: dt.datetime) -> dt.datetime:
        return metrics.day_start(at, self._policy(at).zone) + dt.timedelta(days=1)


def _day_start(day: dt.date | None, zone: dt.tzinfo, later: int = 0) -> dt.datetime | None:
    if day is None:
        return None
    return dt.datetime.combine(day + dt.timedelta(days=later), dt.time(), zone)


def _row(item: ListedTicket, names: dict[UnitId, str]) -> tv.TicketRow:
    return tv.TicketRow(
        number=item.id,
        type=item.type,
        summary=item.summary,
        unit_name=names.get(item.unit, "") if item.unit else "",
        status=item.status,
        opened_at=item.opened_at,
        due_at=item.due_at,
        by=item.opened_by,
        provisional=item.provisional,
        confidential=item.confidential,
        supervised=item.supervised,
    )
