"""What pages ask for in JSON. Every answer is ours, so keys are English and fixed.

A refusal is ``{"error": "一句话", "field": "…"}`` with a status of the table in
:mod:`agent_desk.web`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated

from fastapi import FastAPI, Query, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from agent_desk import shield, wire
from agent_desk.aids import SLOT_NAMES, Adopted, Evidence, Leg, SlotName
from agent_desk.desk import Desk, desk_of
from agent_desk.intake_body import IntakeBody
from agent_desk.login import Visitor
from agent_desk.ports import CallList, Window
from agent_desk.shield import needs
from agent_desk.ticket_views import DueDate, TicketSaved
from hotline.errors import BadInput, NotAllowed
from hotline.words import AgentId, CallId, Draft, Phone, TicketType, UnitId

_DESK = needs(*shield.DESK)
_BOARD = needs(*shield.BOARD)
_MOST_CALLS = 500
_MOST_CARDS = 60
"""Three at a time for twenty questions; nobody adopts more for one ticket."""


class EvidenceBody(BaseModel):
    """The words a slot of the form still stands on, as the draft gave them."""

    model_config = ConfigDict(extra="forbid")

    slot: SlotName
    words: str = Field(min_length=1, max_length=400)
    leg: Leg
    from_s: float = Field(ge=0, le=86_400)


class CardBody(BaseModel):
    """An answer card whose wording the agent adopted for this ticket."""

    model_config = ConfigDict(extra="forbid")

    article: str = Field(min_length=1, max_length=64)
    version: int = Field(ge=1, le=1_000_000)


class TicketBody(BaseModel):
    """The form of a ticket; ``key`` is the browser's own for this form and saves it once.

    ``evidence`` names the slots whose value is still the draft's, each once. What was not said on
    this call is left out without a word: it proves nothing. So is a card of ``cards`` that never
    stood beside it."""

    model_config = ConfigDict(extra="forbid")

    key: str = Field(min_length=8, max_length=64)
    call: str | None = Field(default=None, max_length=64)
    type: TicketType
    summary: str = Field(min_length=1, max_length=2000)
    category: str = Field(default="", max_length=100)
    address: str = Field(default="", max_length=300)
    happened: str = Field(default="", max_length=200)
    contact: str = Field(default="", max_length=100)
    phone: str = Field(default="", max_length=40)
    unit: str | None = Field(default=None, max_length=64)
    confidential: bool = False
    evidence: list[EvidenceBody] = Field(default_factory=list, max_length=len(SLOT_NAMES))
    cards: list[CardBody] = Field(default_factory=list, max_length=_MOST_CARDS)
    intake: IntakeBody | None = None


def _json(value: object, status: int = 200) -> JSONResponse:
    return JSONResponse(wire.plain(value), status)


def own_seat(visitor: Visitor) -> AgentId:
    """The seat of this visitor; raises NotAllowed for who takes no calls."""
    agent = visitor.person.agent
    if agent is None:
        raise NotAllowed(f"{visitor.person.name}没有席位，", "使用坐席台")
    return agent


async def save_ticket(
    request: Request, body: TicketBody, visitor: Annotated[Visitor, _DESK]
) -> JSONResponse:
    """Open a ticket: 201 when it is committed, 200 when this key already was."""
    desk = desk_of(request)
    draft = await _draft(desk, body)
    call = CallId(body.call) if body.call else None
    evidence = _evidence(desk, visitor, call, body.evidence)

    async def save() -> TicketSaved:
        return await desk.ports.tickets.save(
            draft,
            call=call,
            by=visitor.person,
            key=body.key,
            at=desk.ports.now(),
            evidence=evidence,
            adopted=[Adopted(article=c.article, version=c.version) for c in body.cards],
            intake=body.intake.settled() if body.intake else None,
        )

    saved, new = await desk.saves.once(f"{visitor.person.id}:{body.key}", save)
    if new and visitor.person.agent is not None:
        desk.screens.saved(visitor.person.agent, call, saved)
    answer = {"number": saved.number, "said": saved.said, **_due(desk, saved.type, saved.due)}
    return JSONResponse(answer, 201 if new else 200)


def _evidence(
    desk: Desk, visitor: Visitor, call: CallId | None, given: Sequence[EvidenceBody]
) -> tuple[Evidence, ...]:
    agent = visitor.person.agent
    if agent is None or call is None:
        return ()
    named = [Evidence(slot=e.slot, words=e.words, leg=e.leg, from_s=e.from_s) for e in given]
    return desk.screens.proven(agent, call, named)


async def _draft(desk: Desk, body: TicketBody) -> Draft:
    if not body.summary.strip():
        raise BadInput("summary", "请写诉求摘要")
    phone = Phone.parse(body.phone)
    if body.phone.strip() and phone.withheld:
        raise BadInput("phone", "电话只能是数字，可以带区号，例如 0758-1234567")
    unit = UnitId(body.unit) if body.unit else None
    if unit is not None and unit not in {u.id for u in await desk.ports.tickets.units()}:
        raise BadInput("unit", "没有这个承办单位，请从名单里选")
    return Draft(
        type=body.type,
        summary=body.summary.strip(),
        category=body.category.strip(),
        address=body.address.strip(),
        happened=body.happened.strip(),
        contact=body.contact.strip(),
        phone=phone.digits,
        unit=unit,
        confidential=body.confidential,
    )


def _due(desk: Desk, type: TicketType, due: DueDate) -> dict[str, object]:
    """The due date whole (``due``) and flat, for the foot of the form and for scripts."""
    plain = wire.plain(due)
    if not isinstance(plain, dict):
        raise TypeError("a due date is an object")
    sentence = desk.pages.almanac.due_sentence(type, due, desk.ports.now())
    return {"type": type.value, "due": plain, **plain, "sentence": sentence}


async def due(request: Request, type: TicketType, _: Annotated[Visitor, _DESK]) -> JSONResponse:
    """What the due date would be if the form were saved now."""
    desk = desk_of(request)
    return JSONResponse(_due(desk, type, await desk.ports.tickets.due(type, desk.ports.now())))


async def desk_picture(request: Request, visitor: Annotated[Visitor, _DESK]) -> JSONResponse:
    """The whole desk, as the socket would send it."""
    return _json(desk_of(request).screens.picture(own_seat(visitor)))


async def desk_form(request: Request, _: Annotated[Visitor, _DESK]) -> JSONResponse:
    """What the form offers to choose from."""
    desk = desk_of(request)
    return _json(await form_choices(desk))


async def form_choices(desk: Desk) -> dict[str, object]:
    """Types, units, categories and reasons for a pause, for page and script alike."""
    return {
        "types": [t.value for t in TicketType],
        "units": [{"id": u.id, "name": u.name} for u in await desk.ports.tickets.units()],
        "categories": list(await desk.ports.tickets.categories()),
        "pause_reasons": list(desk.settings.pause_reasons),
    }


async def seats(request: Request, _: Annotated[Visitor, _DESK]) -> JSONResponse:
    """Every seat and its state: whom a call can be transferred to."""
    return JSONResponse({"seats": wire.plain(tuple(desk_of(request).ports.live.seats()))})


async def phone(request: Request, visitor: Annotated[Visitor, _DESK]) -> JSONResponse:
    """How this agent's browser registers as a telephone at Asterisk itself."""
    desk = desk_of(request)
    telephone = await desk.ports.telephones.of(own_seat(visitor))
    line = desk.settings.line_for(request.url.hostname or "", telephone.ws_url)
    return _json(replace(telephone, ws_url=line))


async def board(request: Request, _: Annotated[Visitor, _BOARD]) -> JSONResponse:
    """The numbers of the board with its notices."""
    desk = desk_of(request)
    return _json(wire.Board(board=await desk.ports.board.board(), notices=desk.screens.notices()))


async def board_calls(
    request: Request,
    which: CallList,
    _: Annotated[Visitor, _BOARD],
    window: Window = "today",
    limit: Annotated[int, Query(ge=1, le=_MOST_CALLS)] = _MOST_CALLS,
) -> JSONResponse:
    """The calls a number counts, numbers masked."""
    rows = await desk_of(request).ports.calls.calls(which, window, limit)
    return JSONResponse({"calls": wire.plain(tuple(rows))})


async def me(_: Request, visitor: Annotated[Visitor, needs(*shield.EVERYBODY)]) -> JSONResponse:
    """Who is logged in."""
    person = visitor.person
    return _json(
        {
            "name": person.name,
            "login": person.login,
            "roles": sorted(person.roles),
            "agent": person.agent,
        }
    )


def add_to(app: FastAPI) -> None:
    """Every address of this module."""
    app.add_api_route("/api/me", me, methods=["GET"])
    app.add_api_route("/api/phone", phone, methods=["GET"])
    app.add_api_route("/api/seats", seats, methods=["GET"])
    app.add_api_route("/api/desk/picture", desk_picture, methods=["GET"])
    app.add_api_route("/api/desk/form", desk_form, methods=["GET"])
    app.add_api_route("/api/tickets", save_ticket, methods=["POST"])
    app.add_api_route("/api/tickets/due", due, methods=["GET"])
    app.add_api_route("/api/board", board, methods=["GET"])
    app.add_api_route("/api/board/calls", board_calls, methods=["GET"])
