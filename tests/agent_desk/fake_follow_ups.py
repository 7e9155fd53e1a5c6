"""Follow-ups and replies without a ledger or an exchange."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from agent_desk.follow_up_views import RESULTS, Channel, FollowUpOne, FollowUpPage, FollowUpRow
from agent_desk.views import Person
from hotline.errors import BadInput, ImpossibleMove, NoSuch
from hotline.words import CallId, Phone, TicketId, TicketType

SINCE = dt.datetime(2026, 9, 28, 9, 0, tzinfo=dt.timezone(dt.timedelta(hours=8)))


def a_row(number: str = "20260925-000123", **changed: object) -> FollowUpRow:
    """A low rating of a complaint whose caller has not been called yet."""
    row = FollowUpRow(
        ticket=TicketId(number),
        type=TicketType.COMPLAINT,
        summary="恒裕花园五栋夜间施工噪声扰民，多次反映没有解决",
        confidential=False,
        unit_name="区住建局",
        why="登记不满意的原因",
        rating="不满意",
        channel="电话",
        caller=Phone("13800006027"),
        since=SINCE,
        due_at=None,
        article="第十五条（二）",
    )
    return replace(row, **changed)  # type: ignore[arg-type]  # the names are the row's own


@dataclass(slots=True)
class FakeFollowUps:
    """One list, in a dictionary."""

    rows: list[FollowUpRow] = field(default_factory=lambda: [a_row()])
    options: tuple[str, ...] = ()
    verify: bool = False
    by: Channel = field(default_factory=lambda: Channel(options=(), chosen="", article=""))
    dialled: list[TicketId] = field(default_factory=list)
    written: list[tuple[TicketId, Mapping[str, str]]] = field(default_factory=list)

    async def channel(self, ticket: TicketId) -> Channel:
        return self.by

    async def choose(self, ticket: TicketId, channel: str, who: Person, at: dt.datetime) -> None:
        if channel not in self.by.options:
            raise BadInput("channel", "请从列出的回访方式里选")
        self.by = replace(self.by, chosen=channel)

    async def page(
        self, who: Person, *, why: str, channel: str, number: int, at: dt.datetime
    ) -> FollowUpPage:
        rows = [row for row in self.rows if why in ("", row.why) and channel in ("", row.channel)]
        counts: dict[str, int] = {}
        for row in self.rows:
            counts[row.why] = counts.get(row.why, 0) + 1
        return FollowUpPage(
            rows=tuple(rows[20 * (number - 1) : 20 * number]),
            total=len(rows),
            counts=counts,
            late=sum(row.due_at is not None and row.due_at < at for row in self.rows),
            channels=tuple(dict.fromkeys(row.channel for row in self.rows)),
            rule="回访范围：评价为不满意、非常不满意的〔第十五条（二）〕",
        )

    async def one(self, ticket: TicketId, who: Person, at: dt.datetime) -> FollowUpOne:
        row = self._row(ticket)
        return FollowUpOne(
            row=row,
            version=4,
            result=(("办理结果", "已责令施工单位停止夜间作业"),),
            options=self.options,
            by_default=bool(self.options),
            exceptions=(("no_reason_given", "第十六条（五）诉求人未提供不满意原因的事项"),)
            if row.rating
            else (),
            verify=self.verify,
            dialable=not row.caller.withheld,
            call=CallId("c-1"),
        )

    def _row(self, ticket: TicketId) -> FollowUpRow:
        for row in self.rows:
            if row.ticket == ticket:
                return row
        raise NoSuch("待回访的工单", ticket)

    async def claim(self, ticket: TicketId, who: Person, at: dt.datetime) -> None:
        row = self._row(ticket)
        if row.held_by and not row.mine:
            raise ImpossibleMove("这件回访", f"{row.held_by}正在办", "领取")
        self.rows[self.rows.index(row)] = replace(row, held_by=who.name, mine=True)

    async def dial(self, ticket: TicketId, who: Person, at: dt.datetime) -> None:
        await self.claim(ticket, who, at)
        self.dialled.append(ticket)

    async def give_back(self, ticket: TicketId, who: Person, result: str) -> None:
        if result and result not in RESULTS:
            raise BadInput("result", "请从列出的结果里选")
        row = self._row(ticket)
        self.rows[self.rows.index(row)] = replace(row, held_by="", mine=False, result=result)

    async def done(
        self,
        ticket: TicketId,
        who: Person,
        form: Mapping[str, str],
        *,
        version: int,
        at: dt.datetime,
    ) -> None:
        if not form["said"]:
            raise BadInput("said", "请写下回访情况")
        self.rows.remove(self._row(ticket))
        self.written.append((ticket, form))


@dataclass(slots=True)
class FakeReplies:
    """A door with one secret."""

    secret: str = "a-secret-of-the-platform"
    took: list[tuple[str, str, str, str]] = field(default_factory=list)

    def opens(self, secret: str) -> bool | None:
        return secret == self.secret if self.secret else None

    async def reply(self, number: str, text: str, *, id: str, ref: str) -> str:
        self.took.append((number, text, id, ref))
        return "rated"
