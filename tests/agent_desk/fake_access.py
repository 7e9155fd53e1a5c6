"""Who may know whom in the small town, and who was told."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Literal

from agent_desk.access_views import AccessLine
from agent_desk.shield import roles_in_words
from agent_desk.ticket_views import TicketFull
from agent_desk.views import Person
from hotline.need_to_know import FIELD_NAMES, REASONS, STANDS_MINUTES, Field, Secrecy
from hotline.words import Article, TicketId, UnitId


@dataclass(slots=True)
class FakeAccess:
    """Implements AccessBook; ``helpers`` are the units that help with every ticket."""

    now: Callable[[], dt.datetime]
    helpers: frozenset[UnitId] = frozenset()
    noted: dict[TicketId, tuple[frozenset[Field], frozenset[UnitId]]] = field(default_factory=dict)
    lines: dict[TicketId, list[AccessLine]] = field(default_factory=dict)
    shown: list[tuple[TicketId, str, frozenset[Field], dt.datetime]] = field(default_factory=list)

    async def secrecy(self, ticket: TicketFull) -> Secrecy:
        fields, accused = self.noted.get(ticket.number, (frozenset(), frozenset()))
        return Secrecy(
            writer=ticket.by,
            confidential=ticket.confidential,
            secret=fields,
            accused=accused,
            lead=ticket.unit,
            helpers=self.helpers,
        )

    async def rule(self, ticket: TicketFull) -> Article | None:
        return Article(
            "肇庆高新区12345热线运行管理办法",
            "第二十四条",
            "不得泄露不宜公开的内容,不得将诉求人身份信息及诉求内容泄露给无关的第三方",
        )

    async def revealed(self, number: TicketId, who: Person, at: dt.datetime) -> frozenset[Field]:
        since = at - dt.timedelta(minutes=STANDS_MINUTES)
        return frozenset(
            one
            for ticket, user, fields, when in self.shown
            if ticket == number and user == who.id and when > since
            for one in fields
        )

    async def opened(
        self, number: TicketId, who: Person, how: Literal["view", "print"] = "view"
    ) -> None:
        known = self.lines.get(number, [])
        if how == "view" and any(line.who == who.name and not line.fields for line in known):
            return
        self._line(number, who, "打印工单" if how == "print" else "打开工单")

    async def reveal(
        self, number: TicketId, who: Person, fields: Collection[Field], code: str, words: str
    ) -> None:
        self.shown.append((number, who.id, frozenset(fields), self.now()))
        names = "、".join(FIELD_NAMES[one] for one in fields)
        self._line(number, who, "查看诉求人", fields=names, reason=REASONS[code], words=words)

    async def note(
        self,
        number: TicketId,
        who: Person,
        fields: Collection[Field],
        accused: Collection[UnitId],
    ) -> None:
        self.noted[number] = (frozenset(fields), frozenset(accused))
        self._line(number, who, "登记保密事项")

    async def history(self, number: TicketId) -> tuple[AccessLine, ...]:
        return tuple(reversed(self.lines.get(number, [])))

    def _line(
        self,
        number: TicketId,
        who: Person,
        what: str,
        *,
        fields: str = "",
        reason: str = "",
        words: str = "",
    ) -> None:
        line = AccessLine(
            at=self.now(),
            who=who.name,
            roles=roles_in_words(who),
            what=what,
            fields=fields,
            reason=reason,
            words=words,
        )
        self.lines.setdefault(number, []).append(line)
