"""录音: one call with its recording, and the sound itself. Whoever listens is written down."""

from __future__ import annotations

from typing import Annotated

from fastapi import FastAPI, Request
from fastapi.responses import FileResponse, Response

from agent_desk import shield
from agent_desk.desk import Desk, desk_of
from agent_desk.login import Visitor
from agent_desk.shield import may_listen, needs, roles_in_words
from agent_desk.views import RecordedCall
from hotline.errors import NoSuch, NotAllowed
from hotline.words import CallId

_LISTENERS = needs(*shield.LISTENERS)


async def call_page(
    request: Request, call: str, visitor: Annotated[Visitor, _LISTENERS]
) -> Response:
    """One call: when, who, how it ended, its tickets, its recording."""
    desk = desk_of(request)
    found = await _allowed(desk, call, visitor)
    supervises = may_listen(visitor.person, None)
    return desk.pages.render(request, "call.html.j2", call=found, supervises=supervises)


async def sound(request: Request, call: str, visitor: Annotated[Visitor, _LISTENERS]) -> Response:
    """The recording as WAV, whole or in part (Range), for who may hear it."""
    desk = desk_of(request)
    found = await _allowed(desk, call, visitor)
    if found.path is None:
        raise NoSuch("录音", call)
    await desk.ports.recordings.listened(found.call, by=visitor.person)
    return FileResponse(
        found.path,
        media_type="audio/wav",
        filename=f"{found.call}.wav",
        content_disposition_type="inline",
    )


async def _allowed(desk: Desk, call: str, visitor: Visitor) -> RecordedCall:
    try:
        found = await desk.ports.recordings.of(CallId(call))
    except NoSuch:
        # Who may hear only their own calls does not learn which others there are.
        if not may_listen(visitor.person, None):
            raise _refusal(visitor) from None
        raise
    if not may_listen(visitor.person, found.agent):
        raise _refusal(visitor)
    return found


def _refusal(visitor: Visitor) -> NotAllowed:
    return NotAllowed(roles_in_words(visitor.person), "听别人接的电话的录音")


def add_to(app: FastAPI) -> None:
    """Every address of this module."""
    app.add_api_route("/calls/{call}", call_page, methods=["GET"])
    app.add_api_route("/recordings/{call}", sound, methods=["GET"])
