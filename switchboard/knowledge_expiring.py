"""What of the knowledge base expires within the days of the warning, or has. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence

from agent_desk.knowledge_reading_views import ExpiringRow
from hotline.knowledge import Version, in_force
from hotline.knowledge_clock import EXPIRY_WARNED
from hotline.policy import ZONE
from hotline.words import UnitId


def expiring_of(
    kept: Iterable[Sequence[Version]], unit: UnitId | None, at: dt.datetime
) -> tuple[list[ExpiringRow], list[ExpiringRow]]:
    """(soon, the nearest first; over, the last first) of the versions in force; of one unit where
    it is given. One that a newer has replaced, or that was withdrawn, is nobody's work."""
    today = at.astimezone(ZONE).date()
    soon: list[ExpiringRow] = []
    over: list[ExpiringRow] = []
    for versions in kept:
        version = in_force(versions, at)
        if version is None or (unit is not None and version.owner != unit):
            continue
        last = version.content.valid_to
        if last is None or (last - today).days > EXPIRY_WARNED:
            continue
        row = _row(version, last, today)
        (over if row.days_left < 0 else soon).append(row)
    soon.sort(key=lambda row: (row.valid_to, row.id))
    over.sort(key=lambda row: (-row.valid_to.toordinal(), row.id))
    return soon, over


def _row(version: Version, last: dt.date, today: dt.date) -> ExpiringRow:
    return ExpiringRow(
        id=version.article,
        number=version.number,
        title=version.content.title,
        unit=version.content.unit,
        owner=version.owner,
        valid_to=last,
        days_left=(last - today).days,
    )
