"""Whole tickets written many at once: the same rows as one by one, in a few statements.

For what was lived elsewhere (the generated year, the measurements): one transaction a batch, every
row made by the code that makes it for the desk. The notices to units that a desk's act sends are
not written: nobody waits for them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import insert

from hotline.handling_words import Act, TicketActed
from hotline.words import TicketId
from ledger import people_tables as p
from ledger import tables as t
from ledger.audit import Audit, AuditLine
from ledger.database import Database
from ledger.follow_ups import FollowUps
from ledger.policy_texts import PolicyTexts
from ledger.stream import Entry, insert_entries, ticket_stream
from ledger.ticket_rows import TicketSave

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection


@dataclass(frozen=True, slots=True)
class Lived:
    """A ticket with everything that was saved of it, as one."""

    save: TicketSave
    audit_rows: tuple[AuditLine, ...]

    @staticmethod
    def of(saves: Sequence[TicketSave]) -> Lived:
        """``saves`` in their order, the first one opens it; every save has facts."""
        first, last = saves[0], saves[-1]
        whole = replace(
            last,
            ticket=replace(last.ticket, version=len(saves)),
            facts=tuple(fact for save in saves for fact in save.facts),
            by=first.by,
            texts={slot: text for save in saves for slot, text in save.texts.items()},
            category=first.category,
            confidential=first.confidential,
            searched=first.searched,
            dues=tuple(due for save in saves for due in save.dues),
            policy_text=first.policy_text,
        )
        lines = []
        at = first.ticket.opened_at
        for version, save in enumerate(saves, start=1):
            at = max((fact.at for fact in save.facts), default=at)
            detail = {"version": version, "slots": sorted(save.texts)}
            lines.append(AuditLine(at, save.by, save.what, f"ticket:{first.ticket.id}", detail))
        return Lived(whole, tuple(lines))


class TicketBatches:
    """Writes whole tickets of one city. ``new_row`` and ``text_row`` are the desk's own."""

    def __init__(
        self,
        database: Database,
        audit: Audit,
        follow_ups: FollowUps,
        texts: PolicyTexts,
        *,
        new_row: Callable[[TicketSave], dict[str, Any]],
        text_row: Callable[[TicketId, str, str], dict[str, Any]],
        city: str,
        code_version: str,
    ) -> None:
        self._database = database
        self._audit = audit
        self._follow_ups = follow_ups
        self._texts = texts
        self._new_row = new_row
        self._text_row = text_row
        self._city = city
        self._code_version = code_version

    async def put(self, lived: Sequence[Lived]) -> None:
        """Write tickets that are not there yet, all or none. Raises LedgerFailing."""
        if not lived:
            return
        saves = [one.save for one in lived]
        async with self._database.write() as connection:
            await self._put_rows(connection, saves)
            entries = [entry for save in saves for entry in self._entries(save)]
            await insert_entries(connection, entries, lease=None)
            await self._audit.add_many(connection, [row for one in lived for row in one.audit_rows])
            last: dict[str, int] = {}
            for save in saves:
                day, number = save.ticket.id.split("-")
                last[day] = max(last.get(day, 0), int(number))
            numbers = [{"city": self._city, "day": day, "last": n} for day, n in last.items()]
            await self._database.upsert(connection, t.ticket_numbers, numbers)

    async def _put_rows(self, connection: AsyncConnection, saves: Sequence[TicketSave]) -> None:
        await connection.execute(insert(t.tickets), [self._new_row(save) for save in saves])
        texts = [
            self._text_row(save.ticket.id, slot, text)
            for save in saves
            for slot, text in sorted(save.texts.items())
        ]
        await connection.execute(insert(t.ticket_texts), texts)
        dues = [
            {"city": self._city, "ticket": save.ticket.id, **asdict(due)}
            for save in saves
            for due in save.dues
        ]
        if dues:
            await connection.execute(insert(t.ticket_dues), dues)
        if units := [row for save in saves for row in _units(self._city, save)]:
            await connection.execute(insert(p.ticket_units), units)
        for save in saves:
            if save.policy_text:
                version = save.ticket.policy_version
                await self._texts.keep_in(connection, version, save.policy_text)
            await self._follow_ups.set_in(connection, save.ticket.id, save.follow_up or None)

    def _entries(self, save: TicketSave) -> list[Entry]:
        """Every fact was received when it happened."""
        stream = ticket_stream(self._city, save.ticket.id)
        version, code = save.ticket.policy_version, self._code_version
        return [Entry.of(fact, stream, fact.at, version, code) for fact in save.facts]


def _units(city: str, save: TicketSave) -> list[dict[str, Any]]:
    """Which unit has the ticket, as :class:`ledger.unit_work.UnitWork` leaves it."""
    lead: TicketActed | None = None
    for fact in save.facts:
        if isinstance(fact, TicketActed):
            if fact.act in (Act.DISPATCH, Act.SETTLE):
                same = lead is not None and lead.unit == fact.unit
                lead = lead if same else fact
            elif fact.act is Act.GRANT_RETURN:
                lead = None
    if lead is None or lead.unit is None:
        return []
    number: TicketId = save.ticket.id
    return [{"city": city, "ticket": number, "unit": lead.unit, "part": "lead", "since": lead.at}]
