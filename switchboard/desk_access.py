"""Who may know whom on a ticket and who was told, from the ledger."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Collection
from typing import Final, Literal

from agent_desk import access_views as av
from agent_desk.shield import ROLE_NAMES
from agent_desk.ticket_views import TicketFull
from agent_desk.views import Person
from hotline.errors import BadInput
from hotline.need_to_know import (
    FIELD_NAMES,
    PERSONAL,
    REASONS,
    STANDS_MINUTES,
    Field,
    Secrecy,
)
from hotline.words import Article, TicketId, UnitId
from ledger.access import DIAL, PRINT, REVEAL, SECRECY, VIEW, Access, Noted
from ledger.accounts import User
from ledger.errors import LedgerFailing
from ledger.store import Ledger
from switchboard.policy_versions import Rule

log = logging.getLogger(__name__)

WHAT: Final = {
    VIEW: "打开工单",
    PRINT: "打印工单",
    REVEAL: "查看诉求人",
    SECRECY: "登记保密事项",
    DIAL: "拨打诉求人",
}


class DeskAccess:
    """Implements :class:`agent_desk.access_views.AccessBook`."""

    def __init__(self, ledger: Ledger, policy: Rule) -> None:
        self._ledger = ledger
        self._policy = policy

    async def secrecy(self, ticket: TicketFull) -> Secrecy:
        noted = await self._ledger.access.noted(ticket.number)
        return Secrecy(
            writer=ticket.by,
            confidential=ticket.confidential,
            secret=noted.fields,
            accused=noted.accused,
            lead=ticket.unit,
            helpers=await self._ledger.tickets.work.helpers(ticket.number),
        )

    async def rule(self, ticket: TicketFull) -> Article | None:
        return self._policy(ticket.opened_at).intake.secrecy.article

    async def revealed(self, number: TicketId, who: Person, at: dt.datetime) -> frozenset[Field]:
        since = at - dt.timedelta(minutes=STANDS_MINUTES)
        return await self._ledger.access.standing(number, who.id, since)

    async def opened(
        self, number: TicketId, who: Person, how: Literal["view", "print"] = "view"
    ) -> None:
        if how == "print":
            await self._ledger.access.opened(number, who.id, PRINT)
            return
        try:
            await self._ledger.access.opened(number, who.id)
        except LedgerFailing:
            # What opening shows is masked: a full disk must not keep people from their tickets.
            log.warning("opening not written", extra={"ticket": number, "user": who.id})

    async def reveal(
        self, number: TicketId, who: Person, fields: Collection[Field], code: str, words: str
    ) -> None:
        await self._ledger.access.reveal(number, who.id, fields, code, words)

    async def note(
        self,
        number: TicketId,
        who: Person,
        fields: Collection[Field],
        accused: Collection[UnitId],
    ) -> None:
        known = {unit.code for unit in await self._ledger.units.all()}
        if not set(accused) <= known:
            raise BadInput("accused", "没有这个单位，请从列出的里面选")
        kept = frozenset(field for field in fields if field in PERSONAL)
        await self._ledger.access.note(number, Noted(kept, frozenset(accused)), by=who.id)

    async def history(self, number: TicketId) -> tuple[av.AccessLine, ...]:
        people = {user.id: user for user in await self._ledger.accounts.users()}
        names = {unit.code: unit.name for unit in await self._ledger.units.all()}
        rows = await self._ledger.access.of(number)
        return tuple(_line(row, people.get(row.who), names) for row in rows)


def _line(row: Access, user: User | None, units: dict[UnitId, str]) -> av.AccessLine:
    roles = "、".join(name for role, name in ROLE_NAMES.items() if user and role in user.roles)
    unit = units.get(user.unit, "") if user and user.unit else ""
    return av.AccessLine(
        at=row.at,
        who=user.display_name if user else str(row.who),
        roles=unit or roles,
        what=WHAT[row.what],
        fields="、".join(FIELD_NAMES[field] for field in PERSONAL if field in row.fields),
        reason=REASONS.get(row.code, ""),
        words=row.words,
        intact=row.intact,
    )
