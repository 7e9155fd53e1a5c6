"""知识库，即时: urgent wordings with who has read them, and notices of outages and works."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping
from typing import Annotated, Final

from fastapi import FastAPI, Query, Request
from fastapi.responses import RedirectResponse, Response
from starlette.datastructures import FormData

from agent_desk.desk import desk_of
from agent_desk.login import Visitor
from agent_desk.notice_pages import MAKERS, NOTIFIERS
from agent_desk.shield import needs
from hotline.errors import BadInput
from hotline.knowledge_notices import Notice, NoticeKind, check_notice, concerns, places_of
from hotline.policy import ZONE
from hotline.words import Role, UserId

_MAKERS = needs(*MAKERS)
_NOTIFIERS = needs(*NOTIFIERS)
_HOURS: Final = (1, 2, 4, 8, 24, 72, 24 * 7)
_MOMENT: Final = "%Y-%m-%dT%H:%M"
_SAMPLES: Final = 8


# ------------------------------------------------------------------------------------------ urgent
async def urgent_page(request: Request, _: Annotated[Visitor, _MAKERS]) -> Response:
    """Write one; who has read those that stand, who has not."""
    return await _urgent(request)


async def _urgent(
    request: Request, *, typed: Mapping[str, str] | None = None, told: str = "", status: int = 200
) -> Response:
    desk = desk_of(request)
    return desk.pages.render(
        request,
        "knowledge_urgent.html.j2",
        status=status,
        rows=await desk.ports.notices.urgent_status(),
        hours=_HOURS,
        typed=typed or {"hours": "8"},
        key=(typed or {}).get("key") or uuid.uuid4().hex,
        told=told,
    )


async def post_urgent(request: Request, visitor: Annotated[Visitor, _MAKERS]) -> Response:
    """On every desk when the page comes back."""
    form = await request.form()
    typed = _texts(form, "key", "title", "words", "hours", "article")
    try:
        if not 8 <= len(typed["key"]) <= 64:
            raise BadInput("key", "页面已经过期，请重新打开")
        hours = int(typed["hours"]) if typed["hours"].isdigit() else 0
        if hours not in _HOURS:
            raise BadInput("hours", "请选择多久后失效")
        ports = desk_of(request).ports
        until = ports.now() + dt.timedelta(hours=hours)
        await ports.notices.post_urgent(
            typed["title"],
            typed["words"],
            until,
            by=visitor.person,
            key=typed["key"],
            article=typed["article"][:64],
        )
    except BadInput as wrong:
        return await _urgent(request, typed=typed, told=str(wrong), status=422)
    return RedirectResponse("/knowledge/editing/urgent", 303)


async def withdraw_urgent(
    request: Request, urgent: str, visitor: Annotated[Visitor, _MAKERS]
) -> Response:
    """Off every desk."""
    await desk_of(request).ports.notices.withdraw_urgent(urgent, by=visitor.person)
    return RedirectResponse("/knowledge/editing/urgent", 303)


# ----------------------------------------------------------------------------------------- notices
async def notices_page(
    request: Request,
    visitor: Annotated[Visitor, _NOTIFIERS],
    show: Annotated[str, Query(max_length=10)] = "",
) -> Response:
    """Those that are on or to come; ``show=all`` the past and the withdrawn too."""
    return await _notices(request, visitor, everything=show == "all")


async def _notices(
    request: Request,
    visitor: Visitor,
    *,
    everything: bool = False,
    typed: Mapping[str, str] | None = None,
    told: str = "",
    tried: list[tuple[str, str]] | None = None,
    looked: Notice | None = None,
    status: int = 200,
) -> Response:
    desk = desk_of(request)
    now = desk.ports.now()
    rows = await desk.ports.notices.notices(500)
    on = [one for one in rows if one.withdrawn_at is None and one.ends_at >= now]
    usual = {"kind": NoticeKind.WATER.value, "starts_at": _local(now), "ends_at": ""}
    maker = bool(visitor.person.roles & set(MAKERS))
    return desk.pages.render(
        request,
        "knowledge_notices.html.j2",
        status=status,
        rows=rows if everything else on,
        counts=(len(on), len(rows)),
        everything=everything,
        kinds=[one.value for one in NoticeKind],
        typed=typed or usual,
        key=(typed or {}).get("key") or uuid.uuid4().hex,
        told=told,
        tried=tried,
        looked=looked,
        withdrawable={
            one.id for one in rows if maker or (one.unit and one.unit == visitor.person.unit)
        },
        officer=Role.OFFICER in visitor.person.roles and not maker,
    )


def _local(at: dt.datetime) -> str:
    return at.astimezone(ZONE).strftime(_MOMENT)


async def post_notice(request: Request, visitor: Annotated[Visitor, _NOTIFIERS]) -> Response:
    """Looked at first, or told beside calls from now on."""
    form = await request.form()
    names = ("key", "kind", "title", "words", "places", "district", "starts_at", "ends_at")
    typed = _texts(form, *names, "addresses")
    ports = desk_of(request).ports
    try:
        wanted = _wanted(typed, ports.now())
        if form.get("do") == "look":
            tried = _tried(wanted, typed["addresses"])
            return await _notices(request, visitor, typed=typed, tried=tried, looked=wanted)
        await ports.notices.post_notice(
            wanted.kind,
            wanted.title,
            wanted.words,
            typed["places"],
            starts_at=wanted.starts_at,
            ends_at=wanted.ends_at,
            by=visitor.person,
            key=typed["key"],
            district=wanted.district,
        )
    except BadInput as wrong:
        return await _notices(request, visitor, typed=typed, told=str(wrong), status=422)
    return RedirectResponse("/knowledge/editing/notices", 303)


def _wanted(typed: Mapping[str, str], now: dt.datetime) -> Notice:
    if not 8 <= len(typed["key"]) <= 64:
        raise BadInput("key", "页面已经过期，请重新打开")
    try:
        kind = NoticeKind(typed["kind"])
    except ValueError:
        raise BadInput("kind", "请选择是什么通知") from None
    notice = Notice(
        id=typed["key"],
        kind=kind,
        title=typed["title"].strip(),
        words=typed["words"].strip(),
        places=places_of(typed["places"]),
        starts_at=_moment(typed["starts_at"], "starts_at", "开始时间"),
        ends_at=_moment(typed["ends_at"], "ends_at", "结束时间"),
        made_by=UserId(""),
        made_at=now,
        district=typed["district"].strip()[:40],
    )
    check_notice(notice)
    return notice


def _moment(text: str, name: str, label: str) -> dt.datetime:
    try:
        return dt.datetime.strptime(text.strip()[:16], _MOMENT).replace(tzinfo=ZONE)
    except ValueError:
        raise BadInput(name, f"请填写{label}，如 2026-10-01T09:00") from None


def _tried(notice: Notice, addresses: str) -> list[tuple[str, str]]:
    """Each address with the place that makes it concerned, empty where none does."""
    lines = [line.strip() for line in addresses.split("\n") if line.strip()][:_SAMPLES]
    return [(line, concerns(notice, line)) for line in lines]


async def withdraw_notice(
    request: Request, notice: str, visitor: Annotated[Visitor, _NOTIFIERS]
) -> Response:
    """It is over, or was wrong."""
    await desk_of(request).ports.notices.withdraw_notice(notice, by=visitor.person)
    return RedirectResponse("/knowledge/editing/notices", 303)


def _texts(form: FormData, *names: str) -> dict[str, str]:
    """These fields as typed."""
    return {name: str(form.get(name) or "").replace("\r\n", "\n")[:4000] for name in names}


def add_to(app: FastAPI) -> None:
    """Every address of this module."""
    here = "/knowledge/editing"
    app.add_api_route(f"{here}/urgent", urgent_page, methods=["GET"])
    app.add_api_route(f"{here}/urgent", post_urgent, methods=["POST"])
    app.add_api_route(f"{here}/urgent/{{urgent}}/withdraw", withdraw_urgent, methods=["POST"])
    app.add_api_route(f"{here}/notices", notices_page, methods=["GET"])
    app.add_api_route(f"{here}/notices", post_notice, methods=["POST"])
    app.add_api_route(f"{here}/notices/{{notice}}/withdraw", withdraw_notice, methods=["POST"])
