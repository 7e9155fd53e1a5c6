"""Kept views and bulk acts without a ledger."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from agent_desk.ticket_list_views import BulkItem, BulkPreview, BulkResult, BulkRow, bulk_acts
from agent_desk.views import Person
from hotline.errors import BadInput, NoSuch
from hotline.words import TicketId, UserId


@dataclass(frozen=True, slots=True)
class View:
    """A kept view."""

    id: str
    name: str
    query: str
    first: bool = False


@dataclass(slots=True)
class FakeViews:
    """Views by owner."""

    rows: dict[UserId, list[View]] = field(default_factory=dict)

    async def of(self, owner: UserId) -> Sequence[View]:
        return self.rows.get(owner, [])

    async def keep(self, owner: UserId, name: str, query: str) -> View:
        mine = self.rows.setdefault(owner, [])
        if any(one.name == name for one in mine):
            raise BadInput("name", f"已经有叫“{name}”的视图，请换个名字")
        mine.append(View(f"v{len(mine)}", name, query))
        return mine[-1]

    async def rename(self, owner: UserId, id_: str, name: str) -> None:
        self._change(owner, id_, name=name)

    async def open_first(self, owner: UserId, id_: str, *, first: bool) -> None:
        self.rows[owner] = [replace(one, first=False) for one in self.rows.get(owner, [])]
        self._change(owner, id_, first=first)

    async def delete(self, owner: UserId, id_: str) -> None:
        self._change(owner, id_)
        self.rows[owner] = [one for one in self.rows[owner] if one.id != id_]

    def _change(self, owner: UserId, id_: str, **changed: object) -> None:
        mine = self.rows.get(owner, [])
        if id_ not in {one.id for one in mine}:
            raise NoSuch("视图", id_)
        self.rows[owner] = [
            replace(one, **changed) if one.id == id_ else one  # type: ignore[arg-type]  # its own fields
            for one in mine
        ]


@dataclass(slots=True)
class FakeBulk:
    """Every ticket can be acted on, but those that end in 2."""

    done: list[tuple[str, TicketId]] = field(default_factory=list)

    async def preview(
        self, numbers: Sequence[TicketId], act: str, who: Person, at: dt.datetime
    ) -> BulkPreview:
        if act not in bulk_acts(who):
            raise BadInput("act", "请先选批量要做的事")
        rows = tuple(
            BulkRow(
                number=number,
                summary="诉求",
                status="待派单",
                version=1,
                will=f"记一次{act}",
                why="已经归档〔第十五条〕" if number.endswith("2") else "",
            )
            for number in numbers
        )
        return BulkPreview(act=act, rows=rows, fields=())

    async def do(
        self,
        items: Sequence[BulkItem],
        act: str,
        form: Mapping[str, Sequence[str]],
        who: Person,
        at: dt.datetime,
    ) -> Sequence[BulkResult]:
        results = []
        for item in items:
            again = (act, item.number) in self.done
            self.done += [] if again else [(act, item.number)]
            results.append(
                BulkResult(number=item.number, why="已经是这样，不重复办理")
                if again
                else BulkResult(number=item.number, done=act)
            )
        return results
