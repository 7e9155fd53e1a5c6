"""紧急联动 and 系统状态: whether help can be reached, and whether the house stands."""

from __future__ import annotations

from typing import Annotated

from fastapi import FastAPI, Form, Request
from fastapi.responses import RedirectResponse, Response

from agent_desk import shield
from agent_desk.desk import desk_of
from agent_desk.login import Visitor
from agent_desk.shield import needs
from agent_desk.views import Check, TrunkMode
from hotline.words import CallId, Role

_WATCHERS = needs(*shield.EMERGENCY)
_MOST_RECORDS = 100
_EXAMINERS = frozenset({Role.SUPERVISOR, Role.ADMINISTRATOR})

MODES: dict[TrunkMode, str] = {
    "answer": "接听",
    "busy": "忙",
    "silent": "无应答",
    "ringing": "一直振铃",
    "dead": "断线",
}


async def emergency_page(request: Request, visitor: Annotated[Visitor, _WATCHERS]) -> Response:
    """The linkage records, and what the centre on the other side heard."""
    desk = desk_of(request)
    return desk.pages.render(
        request,
        "emergency.html.j2",
        records=await desk.ports.calls.linkages(_MOST_RECORDS),
        centre=await desk.ports.centre.now(),
        modes=MODES,
        may_set=bool(visitor.person.roles & {Role.SUPERVISOR, Role.ADMINISTRATOR}),
    )


async def record_page(request: Request, call: str, _: Annotated[Visitor, _WATCHERS]) -> Response:
    """One linkage record (联动记录): every rung with its time."""
    desk = desk_of(request)
    record = await desk.ports.calls.linkage(CallId(call))
    return desk.pages.render(request, "linkage.html.j2", record=record)


async def set_trunk(
    request: Request,
    trunk: int,
    visitor: Annotated[Visitor, needs(Role.SUPERVISOR, Role.ADMINISTRATOR)],
    mode: Annotated[TrunkMode, Form()],
) -> Response:
    """How a trunk of the stand-in centre behaves from the next call on."""
    await desk_of(request).ports.centre.set_mode(trunk, mode, by=visitor.person)
    return RedirectResponse("/emergency", 303)


async def status_page(
    request: Request, visitor: Annotated[Visitor, needs(*shield.STATUS)]
) -> Response:
    """One line per part. 朱 only where a way to 110/119/120/122 is impaired."""
    desk = desk_of(request)
    checks = sorted(await desk.ports.doctor.checks(), key=_most_urgent)
    return desk.pages.render(
        request,
        "status.html.j2",
        checks=checks,
        may_examine=bool(visitor.person.roles & _EXAMINERS),
    )


def _most_urgent(check: Check) -> tuple[bool, int]:
    return not check.life, ("fault", "warn", "ok").index(check.state)


async def examine(request: Request, _: Annotated[Visitor, needs(*_EXAMINERS)]) -> Response:
    """Look at everything thoroughly, as ./jiesu doctor does, and show it."""
    await desk_of(request).ports.doctor.examine()
    return RedirectResponse("/status", 303)


def add_to(app: FastAPI) -> None:
    """Every address of this module."""
    app.add_api_route("/emergency", emergency_page, methods=["GET"])
    app.add_api_route("/emergency/trunks/{trunk}", set_trunk, methods=["POST"])
    app.add_api_route("/emergency/{call}", record_page, methods=["GET"])
    app.add_api_route("/status", status_page, methods=["GET"])
    app.add_api_route("/status/check", examine, methods=["POST"])
