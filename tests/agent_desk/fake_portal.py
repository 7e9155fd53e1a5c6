"""The work of one unit of the small town."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field

from agent_desk.portal_views import (
    GROUPS,
    PAGE_SIZE,
    PortalGroup,
    PortalNotice,
    PortalNow,
    PortalRow,
)
from agent_desk.views import Person
from hotline.words import TicketId


@dataclass(slots=True)
class FakePortal:
    """Implements Portal; every row is in the group its step names, and in all."""

    rows: dict[PortalGroup, tuple[PortalRow, ...]] = field(default_factory=dict)
    notices: tuple[PortalNotice, ...] = ()
    noted: list[tuple[TicketId, int]] = field(default_factory=list)

    async def now(self, who: Person, group: PortalGroup, page: int, at: dt.datetime) -> PortalNow:
        rows = self.rows.get(group, ())
        return PortalNow(
            unit_name="区城市管理和综合执法局",
            counts={key: len(self.rows.get(key, ())) for key in GROUPS},
            rows=rows[(page - 1) * PAGE_SIZE : page * PAGE_SIZE],
            total=len(rows),
            notices=self.notices,
            unseen=sum(not one.seen for one in self.notices),
        )

    async def note(self, who: Person, seen: Sequence[tuple[TicketId, int]]) -> None:
        self.noted += seen
