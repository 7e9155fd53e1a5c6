"""拨打诉求人: one press on the page of a ticket, for a reason that is written down."""

from __future__ import annotations

from typing import Annotated

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from agent_desk import shield
from agent_desk.access_pages import seen_by
from agent_desk.access_views import Seen
from agent_desk.desk import Desk, desk_of
from agent_desk.login import Visitor
from agent_desk.shield import needs
from agent_desk.ticket_call_views import DialShown, known, refused
from agent_desk.views import Person
from hotline.errors import BadInput, NotAllowed
from hotline.need_to_know import LEAST_WORDS, MOST_WORDS, REASONS
from hotline.words import TicketId

_HANDLERS = needs(*shield.HANDLERS)


class DialBody(BaseModel):
    """Why: a code of the list and words. Neither is asked for while the number is revealed."""

    model_config = ConfigDict(extra="forbid")

    reason: str = Field("", max_length=32)
    words: str = Field("", max_length=1000)


async def dial_of(desk: Desk, found: Seen, who: Person) -> DialShown | None:
    """What the page of a ticket offers; None where this person is no one to call, which the part
    on the caller says already."""
    if refused(found) or not found.readable or not who.roles & set(shield.HANDLERS):
        return None
    why = await desk.ports.return_calls.tickets.hindrance(found.ticket.number, who)
    return DialShown(why, known(found))


async def dial(
    request: Request, number: str, body: DialBody, visitor: Annotated[Visitor, _HANDLERS]
) -> JSONResponse:
    """Call now: 202, the seat's own telephone rings next."""
    desk, who = desk_of(request), visitor.person
    found = await seen_by(desk, TicketId(number), who)
    if why := refused(found):
        raise NotAllowed("您", f"拨打诉求人：{why}")
    said = " ".join(body.words.split())
    if not known(found):
        if body.reason not in REASONS:
            raise BadInput("reason", "请选拨打的原因")
        if not LEAST_WORDS <= len(said) <= MOST_WORDS:
            raise BadInput("words", f"请写明为什么要打这个电话，{LEAST_WORDS}到{MOST_WORDS}字")
    await desk.ports.return_calls.tickets.dial(
        TicketId(number), who, reason=body.reason, words=said, at=desk.ports.now()
    )
    said = "正在呼叫您的电话，接起后即拨打诉求人；结果记入办理经过"
    return JSONResponse({"said": said}, 202)


def add_to(app: FastAPI) -> None:
    """Every address of this module."""
    app.add_api_route("/api/tickets/{number}/dial", dial, methods=["POST"])
