"""The people of a ticket: seen for a reason, and who saw them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import FastAPI, Form, Request
from fastapi.responses import RedirectResponse, Response

from agent_desk import shield
from agent_desk.access_views import AccessLine, Seen, seen
from agent_desk.desk import Desk, desk_of
from agent_desk.login import Visitor
from agent_desk.shield import needs
from agent_desk.ticket_views import TicketFull, Unit
from agent_desk.views import Person
from hotline.errors import BadInput, NotAllowed
from hotline.need_to_know import (
    FIELD_NAMES,
    LEAST_WORDS,
    MOST_WORDS,
    PERSONAL,
    REASONS,
    STANDS_MINUTES,
    Field,
    may_open,
)
from hotline.words import Article, Role, TicketId, UnitId

_REVEALERS = needs(*shield.HANDLERS)
_NOTERS = needs(Role.AGENT, Role.SUPERVISOR)
_FIELDS: Final = {field.value: field for field in PERSONAL}


@dataclass(frozen=True, slots=True, kw_only=True)
class People:
    """What the people's part of a ticket's page says."""

    seen: Seen
    history: tuple[AccessLine, ...]
    rule: Article | None
    units: tuple[Unit, ...]
    may_note: bool
    reasons: Mapping[str, str]
    names: Mapping[Field, str]
    fields: tuple[Field, ...] = PERSONAL
    minutes: int = STANDS_MINUTES
    most: int = MOST_WORDS

    @property
    def accused(self) -> str:
        """The units the matter is about, by name."""
        known = {unit.id: unit.name for unit in self.units}
        return "、".join(known.get(one, str(one)) for one in sorted(self.seen.secrecy.accused))


async def seen_by(desk: Desk, number: TicketId, who: Person) -> Seen:
    """A ticket as this person may see it; for every page, paper and export. Raises NoSuch, and
    NotAllowed where it is not theirs to open."""
    ticket = await desk.ports.tickets.one(number)
    return await as_seen(desk, ticket, who)


async def as_seen(desk: Desk, ticket: TicketFull, who: Person) -> Seen:
    """The same, of a ticket that was read already."""
    secrecy = await desk.ports.access.secrecy(ticket)
    revealed = await desk.ports.access.revealed(ticket.number, who, desk.ports.now())
    found = seen(ticket, who, secrecy, revealed)
    if not may_open(found.viewer, secrecy):
        raise NotAllowed("承办人员", "看其他单位的工单")
    return found


async def people_of(desk: Desk, found: Seen, who: Person) -> People:
    """The people's part of a ticket's page."""
    noters = who.roles & {Role.AGENT, Role.SUPERVISOR}
    return People(
        seen=found,
        history=await desk.ports.access.history(found.ticket.number),
        rule=await desk.ports.access.rule(found.ticket),
        units=tuple(await desk.ports.tickets.units()),
        may_note=bool(noters) and found.may_act,
        reasons=REASONS,
        names=FIELD_NAMES,
    )


async def reveal(
    request: Request,
    number: str,
    visitor: Annotated[Visitor, _REVEALERS],
    field: Annotated[list[str], Form()] = [],  # noqa: B006 - FastAPI copies it
    reason: Annotated[str, Form()] = "",
    words: Annotated[str, Form()] = "",
) -> Response:
    """Show name or number to who gives a reason, for ten minutes. The reason is durable first."""
    desk, who = desk_of(request), visitor.person
    found = await seen_by(desk, TicketId(number), who)
    fields = [_FIELDS[one] for one in dict.fromkeys(field) if one in _FIELDS]
    if not fields:
        raise BadInput("field", "请选要查看姓名、电话还是地址")
    for one in fields:
        if found.refused[one]:
            raise NotAllowed("您", f"查看{FIELD_NAMES[one]}：{found.refused[one]}")
    if reason not in REASONS:
        raise BadInput("reason", "请选查看的原因")
    said = " ".join(words.split())
    if not LEAST_WORDS <= len(said) <= MOST_WORDS:
        raise BadInput("words", f"请写明为什么要看，{LEAST_WORDS}到{MOST_WORDS}字")
    await desk.ports.access.reveal(TicketId(number), who, fields, reason, said)
    return RedirectResponse(f"/tickets/{number}#people", 303)


async def note_secrecy(
    request: Request,
    number: str,
    visitor: Annotated[Visitor, _NOTERS],
    field: Annotated[list[str], Form()] = [],  # noqa: B006 - FastAPI copies it
    accused: Annotated[list[str], Form()] = [],  # noqa: B006 - FastAPI copies it
) -> Response:
    """What the caller asked to be kept secret (贵州 第十一条), and whom the matter is about."""
    desk, who = desk_of(request), visitor.person
    found = await seen_by(desk, TicketId(number), who)
    if not found.may_act:
        raise NotAllowed("您", "登记这件工单的保密事项")
    fields = [_FIELDS[one] for one in field if one in _FIELDS]
    await desk.ports.access.note(
        TicketId(number), who, fields, [UnitId(one) for one in accused if one]
    )
    return RedirectResponse(f"/tickets/{number}#people", 303)


def add_to(app: FastAPI) -> None:
    """Every address of this module."""
    app.add_api_route("/tickets/{number}/people", reveal, methods=["POST"])
    app.add_api_route("/tickets/{number}/secrecy", note_secrecy, methods=["POST"])
