"""Urgent wordings (口径) and notices of outages, in JSON: posted, read, matched, withdrawn."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

from fastapi import FastAPI, Query, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from agent_desk import shield, wire
from agent_desk.desk import desk_of
from agent_desk.login import Visitor
from agent_desk.notice_views import UrgentStatus
from agent_desk.shield import needs
from hotline.errors import BadInput
from hotline.knowledge_notices import Notice, NoticeKind
from hotline.words import Role

MAKERS = (Role.EDITOR, Role.SUPERVISOR)
NOTIFIERS = (*MAKERS, Role.OFFICER)
_DESK = needs(*shield.DESK)
_MAKERS = needs(*MAKERS)
_NOTIFIERS = needs(*NOTIFIERS)
_LONGEST_S = 31 * 24 * 3600


class UrgentBody(BaseModel):
    """A new wording, in force for ``minutes``; ``key`` is the browser's own and makes it once."""

    model_config = ConfigDict(extra="forbid")

    key: str = Field(min_length=8, max_length=64)
    title: str = Field(min_length=1, max_length=60)
    words: str = Field(min_length=1, max_length=500)
    minutes: int = Field(default=8 * 60, ge=1, le=_LONGEST_S // 60)
    article: str = Field(default="", max_length=64)


class NoticeBody(BaseModel):
    """A new notice; ``places`` with 、 between, none for the whole city. Times with offset."""

    model_config = ConfigDict(extra="forbid")

    key: str = Field(min_length=8, max_length=64)
    kind: NoticeKind
    title: str = Field(min_length=1, max_length=100)
    words: str = Field(min_length=1, max_length=2000)
    places: str = Field(default="", max_length=2000)
    district: str = Field(default="", max_length=40)
    starts_at: dt.datetime
    ends_at: dt.datetime


def _json(value: object, status: int = 200) -> JSONResponse:
    return JSONResponse(wire.plain(value), status)


async def post_urgent(
    request: Request, body: UrgentBody, visitor: Annotated[Visitor, _MAKERS]
) -> JSONResponse:
    """On every desk when it is answered."""
    ports = desk_of(request).ports
    until = ports.now() + dt.timedelta(minutes=body.minutes)
    made = await ports.notices.post_urgent(
        body.title, body.words, until, by=visitor.person, key=body.key, article=body.article
    )
    return _json({"id": made.id, "until": made.until}, 201)


async def urgent_list(request: Request, _: Annotated[Visitor, _MAKERS]) -> JSONResponse:
    """Every wording, newest first, with who has read it and who has not."""
    ports = desk_of(request).ports
    now = ports.now()
    rows = [_status(one, now) for one in await ports.notices.urgent_status()]
    return _json({"rows": rows})


def _status(one: UrgentStatus, now: dt.datetime) -> dict[str, object]:
    words = one.words
    return {
        "id": words.id,
        "title": words.title,
        "words": words.words,
        "made_at": words.made_at,
        "until": words.until,
        "withdrawn_at": words.withdrawn_at,
        "in_force": words.active(now),
        "read": [{"agent": agent, "name": name, "at": at} for agent, name, at in one.read],
        "waiting": [{"agent": agent, "name": name} for agent, name in one.waiting],
    }


async def acknowledge(
    request: Request, urgent: str, visitor: Annotated[Visitor, _DESK]
) -> JSONResponse:
    """This seat has read it."""
    await desk_of(request).ports.notices.acknowledge(urgent, by=visitor.person)
    return _json({"said": "已知悉"})


async def withdraw_urgent(
    request: Request, urgent: str, visitor: Annotated[Visitor, _MAKERS]
) -> JSONResponse:
    """Off every desk."""
    await desk_of(request).ports.notices.withdraw_urgent(urgent, by=visitor.person)
    return _json({"said": "已撤下"})


async def notices_at(
    request: Request,
    _: Annotated[Visitor, _DESK],
    address: Annotated[str, Query(min_length=1, max_length=300)],
) -> JSONResponse:
    """The notices that concern an address as it is typed."""
    return _json({"items": desk_of(request).ports.notices.at_place(address)})


async def notice_list(request: Request, _: Annotated[Visitor, _NOTIFIERS]) -> JSONResponse:
    """Every notice, the newest first."""
    ports = desk_of(request).ports
    now = ports.now()
    rows = [_notice(one, now) for one in await ports.notices.notices()]
    return _json({"rows": rows})


def _notice(one: Notice, now: dt.datetime) -> dict[str, object]:
    return {
        "id": one.id,
        "kind": one.kind,
        "title": one.title,
        "words": one.words,
        "places": one.places,
        "district": one.district,
        "starts_at": one.starts_at,
        "ends_at": one.ends_at,
        "withdrawn_at": one.withdrawn_at,
        "in_force": one.active(now, dt.timedelta()),
    }


async def post_notice(
    request: Request, body: NoticeBody, visitor: Annotated[Visitor, _NOTIFIERS]
) -> JSONResponse:
    """Told beside calls from now on."""
    for field in ("starts_at", "ends_at"):
        if getattr(body, field).tzinfo is None:
            raise BadInput(field, "时间没有时区，请写成 2026-10-01T09:00+08:00")
    made = await desk_of(request).ports.notices.post_notice(
        body.kind,
        body.title,
        body.words,
        body.places,
        starts_at=body.starts_at,
        ends_at=body.ends_at,
        by=visitor.person,
        key=body.key,
        district=body.district,
    )
    return _json({"id": made.id}, 201)


async def withdraw_notice(
    request: Request, notice: str, visitor: Annotated[Visitor, _NOTIFIERS]
) -> JSONResponse:
    """It is over, or was wrong."""
    await desk_of(request).ports.notices.withdraw_notice(notice, by=visitor.person)
    return _json({"said": "已撤下"})


def add_to(app: FastAPI) -> None:
    """Every address of this module."""
    app.add_api_route("/api/urgent", urgent_list, methods=["GET"])
    app.add_api_route("/api/urgent/new", post_urgent, methods=["POST"])
    app.add_api_route("/api/urgent/{urgent}/acknowledge", acknowledge, methods=["POST"])
    app.add_api_route("/api/urgent/{urgent}/withdraw", withdraw_urgent, methods=["POST"])
    app.add_api_route("/api/notices", notices_at, methods=["GET"])
    app.add_api_route("/api/notices/all", notice_list, methods=["GET"])
    app.add_api_route("/api/notices/new", post_notice, methods=["POST"])
    app.add_api_route("/api/notices/{notice}/withdraw", withdraw_notice, methods=["POST"])
