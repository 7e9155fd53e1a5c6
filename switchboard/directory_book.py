"""The dispatch directory of an installation: previewed, imported, shown, written out again.

A preview says what is new, changed and gone, and for which open tickets that matters; nothing is
stored while any row is wrong.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from hotline import directory_rows as dr
from hotline.directory import (
    Affected,
    Difference,
    Entry,
    OpenCase,
    Version,
    affected,
    diff,
    in_force,
)
from hotline.errors import BadInput
from hotline.handling_words import LIMIT_OVER, Stage
from hotline.policy import Policy
from ledger.store import Ledger
from ledger.ticket_rows import TicketFilter
from switchboard.table_files import read_table, write_csv

_PAGE: Final = 500
_TOWN_OFFICE: Final = dr.SUB_OFFICE


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What an import would do. ``entries`` are all there only where ``wrong`` is empty."""

    origin: str
    number: int
    """The number the version would have."""
    effective_from: dt.date
    entries: tuple[Entry, ...]
    wrong: tuple[dr.WrongRow, ...]
    before: Version | None
    """What is in force on that day without it."""
    difference: Difference
    affected: tuple[Affected, ...]


Rule = Callable[[dt.datetime], Policy]


class DirectoryBook:
    """The directory of one city. ``policy`` is the city's policy at a moment."""

    def __init__(self, ledger: Ledger, policy: Rule) -> None:
        self._ledger = ledger
        self._policy = policy

    async def units(self) -> list[dr.KnownUnit]:
        """The units that a directory may name: those that are open."""
        return [
            dr.KnownUnit(unit.code, unit.name, unit.kind)
            for unit in await self._ledger.units.all()
            if not unit.closed
        ]

    async def preview(
        self, content: bytes, origin: str, at: dt.datetime, since: dt.date | None = None
    ) -> Preview:
        """Read a file (CSV or XLSX) and say what it would change from the day ``since``: tomorrow,
        or today where there is no directory yet. Raises BadInput for a file that is no table and
        for a day that is past."""
        policy = self._policy(at)
        today = at.astimezone(policy.zone).date()
        versions = await self._ledger.directory.all()
        begins = since or (today + dt.timedelta(days=1) if versions else today)
        if begins < today:
            raise BadInput("from", f"施行日期{begins}已经过去，请写{today}或以后的日期")
        reading = dr.read(read_table(content), _ground(policy, await self.units()))
        # The last moment of the day: whatever was imported before has begun by then.
        end = dt.datetime.combine(begins, dt.time(23, 59, 59), policy.zone)
        before = in_force(versions, end, policy.zone)
        entries = () if reading.wrong else tuple(reading.entries)
        changes = diff(before.entries if before else (), entries)
        nothing = Difference((), (), ())
        return Preview(
            origin=origin,
            number=len(versions) + 1,
            effective_from=begins,
            entries=entries,
            wrong=tuple(reading.wrong),
            before=before,
            difference=nothing if reading.wrong else changes,
            affected=()
            if reading.wrong
            else affected(await self._open_cases(), before, entries, begins, policy),
        )

    async def store(self, preview: Preview, by: str) -> Version:
        """Let a preview take force. Raises BadInput where a row is wrong, where nothing would
        change, and where somebody imported another version since."""
        if preview.wrong:
            raise BadInput("file", f"有{len(preview.wrong)}处要改正，没有导入任何一行")
        if preview.before is not None and not preview.difference:
            raise BadInput("file", f"与第{preview.before.number}版完全相同，没有导入")
        return await self._ledger.directory.add(
            preview.entries,
            after=preview.number - 1,
            effective_from=preview.effective_from,
            origin=preview.origin,
            by=by,
        )

    async def versions(self) -> tuple[Version, ...]:
        return await self._ledger.directory.all()

    async def version(self, number: int | None, at: dt.datetime) -> Version:
        """The version of a number, else the one in force now. Raises BadInput."""
        versions = await self._ledger.directory.all()
        if number is None:
            now = in_force(versions, at, self._policy(at).zone)
            if now is None:
                raise BadInput("directory", "现在没有施行中的派单目录，请先导入")
            return now
        for one in versions:
            if one.number == number:
                return one
        raise BadInput("version", f"没有第{number}版派单目录，现在共有{len(versions)}版")

    async def csv(self, version: Version) -> bytes:
        """A version as a table program takes it; imported again it is the same."""
        every = [
            dr.KnownUnit(unit.code, unit.name, unit.kind) for unit in await self._ledger.units.all()
        ]
        return write_csv(dr.written(version.entries, every))

    async def names(self) -> dict[str, str]:
        """The name of every unit, also of closed ones, by its code."""
        return {unit.code: unit.name for unit in await self._ledger.units.all()}

    async def _open_cases(self) -> list[OpenCase]:
        """Every ticket whose limit still runs or has not begun."""
        wanted = TicketFilter(but_statuses=LIMIT_OVER)
        found: list[OpenCase] = []
        number = 1
        while True:
            page = await self._ledger.tickets.page(
                wanted, order="newest", number=number, size=_PAGE
            )
            found += [
                OpenCase(
                    ticket=one.id,
                    type=one.type,
                    item=one.category,
                    unit=one.unit,
                    dispatched=one.status not in _UNSENT,
                )
                for one in page.items
            ]
            if number * _PAGE >= page.total:
                return found
            number += 1


_UNSENT: Final = frozenset({Stage.REGISTERED, Stage.AWAITING_ORDER, Stage.TO_DISPATCH})


def _ground(policy: Policy, units: list[dr.KnownUnit]) -> dr.Ground:
    dispatch = policy.dispatch
    never, named = dispatch.never_lead, dispatch.directory_fields
    towns = named.article.number if named.article and _TOWN_OFFICE in (named.value or ()) else ""
    return dr.Ground(
        units=units,
        never_lead=never.value or (),
        never_lead_article=never.article.number if never.article else "",
        towns_name_office=towns,
    )


def day_of(raw: str) -> dt.date | None:
    """A day as somebody wrote it; None for nothing. Raises BadInput."""
    try:
        return dt.date.fromisoformat(raw.strip()) if raw.strip() else None
    except ValueError:
        raise BadInput("from", f"看不懂日期“{raw}”，请写成 2026-01-01") from None
