"""Who may see whom on a ticket, and who did: what the pages of people are given."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Literal, Protocol

from agent_desk.masks import grouped_number, masked_name, masked_number
from agent_desk.ticket_views import TicketFull
from agent_desk.views import Person
from hotline.need_to_know import (
    PERSONAL,
    Field,
    Secrecy,
    Sight,
    Viewer,
    may_act,
    reveal_refused,
    sight,
    without_person,
)
from hotline.words import Article, Phone, TicketId, UnitId


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessLine:
    """One line of the access ledger of a ticket, in words."""

    at: dt.datetime
    who: str
    roles: str
    what: str
    fields: str = ""
    reason: str = ""
    words: str = ""
    intact: bool = True


class AccessBook(Protocol):
    """Who may know whom, and who was told."""

    async def secrecy(self, ticket: TicketFull) -> Secrecy:
        """What bears on who may see this ticket."""

    async def rule(self, ticket: TicketFull) -> Article | None:
        """Where the city's regulation speaks of secrecy, as the ticket was opened under."""

    async def revealed(self, number: TicketId, who: Person, at: dt.datetime) -> frozenset[Field]:
        """What was revealed to this person and stands still."""

    async def opened(
        self, number: TicketId, who: Person, how: Literal["view", "print"] = "view"
    ) -> None:
        """Note that somebody opened or printed a ticket."""

    async def reveal(
        self, number: TicketId, who: Person, fields: Collection[Field], code: str, words: str
    ) -> None:
        """Note the reason; durable when it returns, and only then is anything shown."""

    async def note(
        self,
        number: TicketId,
        who: Person,
        fields: Collection[Field],
        accused: Collection[UnitId],
    ) -> None:
        """Keep what the caller asked for. Raises BadInput for a unit that is not there."""

    async def history(self, number: TicketId) -> tuple[AccessLine, ...]:
        """The access ledger of a ticket, newest first."""


def viewer_of(person: Person) -> Viewer:
    """Somebody logged in, as the rules look at them."""
    return Viewer(user=person.id, roles=person.roles, unit=person.unit)


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A ticket as one person may see it. ``ticket`` holds nothing they may not: hand this one to
    every page, paper and export. ``shown`` are the words for name, number and address."""

    ticket: TicketFull
    viewer: Viewer
    secrecy: Secrecy
    sights: Mapping[Field, Sight]
    shown: Mapping[Field, str]
    refused: Mapping[Field, str]
    may_act: bool
    _name: str
    _phone: Phone

    @property
    def readable(self) -> bool:
        """Whether they may read what was said."""
        return self.sights[Field.MATTER] is Sight.WHOLE

    @property
    def to_reveal(self) -> tuple[Field, ...]:
        """What is masked and could be revealed to them for a reason."""
        masked = (one for one in PERSONAL if self.sights[one] is Sight.MASKED)
        return tuple(one for one in masked if not self.refused[one])

    def say(self, text: str) -> str:
        """What people wrote, as this person may read it."""
        if not self.readable:
            return ""
        keep = [one for one in PERSONAL if self.sights[one] is Sight.WHOLE]
        return without_person(text, self._name, self._phone, keep=keep)


def seen(
    ticket: TicketFull, person: Person, secrecy: Secrecy, revealed: Collection[Field] = ()
) -> Seen:
    """A ticket as one person may see it, by the one function that knows."""
    viewer = viewer_of(person)
    sights = {field: sight(field, viewer, secrecy, revealed) for field in Field}
    raw = Seen(
        ticket=ticket,
        viewer=viewer,
        secrecy=secrecy,
        sights=sights,
        shown={field: _words(field, ticket, sights[field]) for field in PERSONAL},
        refused={field: reveal_refused(field, viewer, secrecy) for field in PERSONAL},
        may_act=may_act(viewer, secrecy),
        _name=ticket.contact,
        _phone=ticket.phone,
    )
    return replace(raw, ticket=_redacted(raw))


def _words(field: Field, ticket: TicketFull, how: Sight) -> str:
    if how is Sight.HIDDEN:
        return "保密"
    whole = how is Sight.WHOLE
    match field:
        case Field.NAME:
            return (ticket.contact if whole else masked_name(ticket.contact)) or "未留"
        case Field.PHONE:
            if ticket.phone.withheld:
                return "未留"
            return grouped_number(ticket.phone) if whole else masked_number(ticket.phone)
        case _:
            return (ticket.address if whole else "要求保密") if ticket.address else "未留"


def _redacted(raw: Seen) -> TicketFull:
    """The ticket without what this person may not see."""
    ticket, whole = raw.ticket, {f for f, how in raw.sights.items() if how is Sight.WHOLE}
    hidden = {"contact", "phone"} | (set() if Field.ADDRESS in whole else {"address"})
    return replace(
        ticket,
        summary=raw.say(ticket.summary),
        happened=raw.say(ticket.happened),
        category=ticket.category if raw.readable else "",
        address=raw.say(ticket.address) if Field.ADDRESS in whole else "",
        contact=ticket.contact if Field.NAME in whole else "",
        phone=ticket.phone if Field.PHONE in whole else Phone(""),
        evidence=tuple(
            replace(one, words="" if one.slot in hidden else raw.say(one.words))
            for one in ticket.evidence
        )
        if raw.readable
        else (),
        shown=ticket.shown if raw.readable else (),
        reply=raw.say(ticket.reply),
    )
