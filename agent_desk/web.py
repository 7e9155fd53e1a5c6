"""The desk as a web application.

``build_app`` puts it together, ``serve_options`` says how uvicorn must run it. Errors of the
rules become statuses in one table here; nobody else knows HTTP.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from urllib.parse import quote

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse, Response
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection, Request
from starlette.websockets import WebSocket

from agent_desk import (
    access_pages,
    api,
    attachment_pages,
    bulk_pages,
    call_pages,
    city_pages,
    directory_pages,
    duty_pages,
    follow_up_pages,
    handling_pages,
    knowledge_desk_search,
    knowledge_editing,
    knowledge_entries,
    knowledge_pages,
    learning_pages,
    notice_pages,
    paper_pages,
    people_admin,
    people_pages,
    portal_pages,
    public_pages,
    recording_pages,
    reply_pages,
    return_pages,
    sms_pages,
    sockets,
    supervision_pages,
    ticket_call_pages,
    ticket_list_pages,
    ticket_pages,
    trust_pages,
    unit_pages,
    wire,
)
from agent_desk.desk import Desk, desk_of
from agent_desk.desk_settings import DeskSettings
from agent_desk.errors import (
    DISK_FULL,
    Away,
    Forged,
    LockedOut,
    NoRoom,
    NotLoggedIn,
    NotScanned,
    PasswordDue,
    TooLarge,
    WrongPassword,
)
from agent_desk.guard import Guard
from agent_desk.login import Doorkeeper
from agent_desk.pages import STATIC, Pages
from agent_desk.ports import DeskPorts
from agent_desk.screens import DeskScreens
from agent_desk.shield import cookie_name
from hotline.errors import (
    BadFrame,
    BadInput,
    BadPolicy,
    ExchangeRefused,
    HotlineError,
    ImpossibleMove,
    NoSuch,
    NotAllowed,
    Objected,
)

log = logging.getLogger(__name__)

STATUS: Mapping[type[HotlineError], int] = {
    BadInput: 422,
    BadFrame: 400,
    BadPolicy: 500,
    ImpossibleMove: 409,
    Objected: 409,
    NotAllowed: 403,
    NoSuch: 404,
    ExchangeRefused: 503,
    NotLoggedIn: 401,
    Forged: 403,
    PasswordDue: 403,
    LockedOut: 429,
    WrongPassword: 401,
    TooLarge: 413,
    NoRoom: 507,
    NotScanned: 503,
    Away: 503,
}
"""Every error a person may be told, and its status."""

TITLES: Mapping[int, str] = {
    400: "这个请求看不懂",
    401: "请先登录",
    403: "不能这样做",
    404: "没有这一页",
    405: "不能这样打开",
    409: "现在不能这样做",
    413: "内容太大",
    422: "有一项填得不对",
    429: "请稍后再试",
    500: "这一页没有取到",
    503: "暂时连不上",
    507: "磁盘已满",
}

_FIELDS: Mapping[str, str] = {
    "type": "类型",
    "summary": "诉求摘要",
    "category": "事由分类",
    "address": "地址",
    "happened": "时间",
    "contact": "联系人",
    "phone": "电话",
    "unit": "承办单位",
    "confidential": "保密",
    "key": "表单编号",
    "call": "通话",
    "which": "清单",
    "window": "时段",
    "limit": "条数",
    "page": "页码",
    "reason": "原因",
}


def build_app(
    ports: DeskPorts, settings: DeskSettings, screens: DeskScreens | None = None
) -> FastAPI:
    """The application. ``screens`` is given where the conductor already holds it."""
    app = FastAPI(
        title="jiesu",
        openapi_url=None,  # ours is a desk, not a public interface; nothing to enumerate
        lifespan=_lifespan,
        exception_handlers={
            HotlineError: _refused,
            RequestValidationError: _badly_filled,
            HTTPException: _http_error,
        },
    )
    plug_in(app, ports, settings, screens)
    app.add_middleware(Guard, settings=settings, refuse=_refused, fault=_fault)
    app.add_api_route("/healthz", _healthz, methods=["GET"])
    # First: a page asks for fifty of these, and each looks at the routes before its own.
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    kept = (people_admin, unit_pages, directory_pages)
    pages = (people_pages, trust_pages, call_pages, ticket_pages, duty_pages, *kept)
    people = (access_pages, city_pages, portal_pages, ticket_list_pages, bulk_pages)
    callers = (follow_up_pages, sms_pages, ticket_call_pages)
    for module in (
        *pages,
        *callers,
        *people,
        handling_pages,
        recording_pages,
        return_pages,
        api,
        sockets,
    ):
        module.add_to(app)
    learning_pages.add_to(app)
    supervision_pages.add_to(app)
    desk = (knowledge_desk_search, notice_pages)
    for module in (attachment_pages, *desk, knowledge_entries, paper_pages, reply_pages):
        module.add_to(app)
    knowledge_editing.add_to(app)
    # Last of what is below /knowledge: an article may have any name.
    knowledge_pages.add_to(app)
    public_pages.add_to(app)
    return app


def plug_in(
    app: FastAPI, ports: DeskPorts, settings: DeskSettings, screens: DeskScreens | None = None
) -> None:
    """Put the parts behind the routes; what was there before is replaced."""
    keeper = Doorkeeper(ports.accounts, settings, now=ports.now, monotonic=ports.monotonic)
    app.state.desk = Desk(
        ports=ports,
        settings=settings,
        keeper=keeper,
        screens=screens or DeskScreens(ports, settings),
        pages=Pages(settings, ports.now),
    )
    app.state.keeper = keeper
    app.state.settings = settings


def serve_options() -> dict[str, object]:
    """Keyword arguments for uvicorn.Config, beside app, host and port.

    websockets-sansio because the older implementations have no write flow control or are
    deprecated; no permessage-deflate: it doubles the memory of a connection and a local network
    gains nothing; a stalled tab would hold a shut-down for ever, hence 5 s. The access log is
    off: it would write down searched numbers.
    """
    return {
        "ws": "websockets-sansio",
        "ws_per_message_deflate": False,
        "ws_ping_interval": 10.0,
        "ws_ping_timeout": 10.0,
        "ws_max_size": wire.MAX_FRAME,
        "timeout_graceful_shutdown": 5,
        "access_log": False,
        "server_header": False,
        "proxy_headers": False,
        "lifespan": "on",
    }


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    desk: Desk = app.state.desk
    running = asyncio.get_running_loop().create_task(desk.screens.run())
    try:
        yield
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running
        desk.keeper.passwords.close()


async def _healthz() -> JSONResponse:
    """Alive; says nothing more, because anybody may ask."""
    return JSONResponse({"ok": True})


# -------------------------------------------------------------------------------------- errors


def status_of(error: HotlineError) -> int:
    """The status of an error by the table; 400 for one that is not in it."""
    return next((STATUS[kind] for kind in type(error).__mro__ if kind in STATUS), 400)


async def _refused(conn: HTTPConnection, error: Exception) -> Response:
    if not isinstance(error, HotlineError):
        raise error
    if isinstance(conn, WebSocket):
        return await _refuse_socket(conn, error)
    return await _answer(conn, error)


async def _refuse_socket(socket: WebSocket, error: HotlineError) -> Response:
    """A page whose log-in is over must learn that, so it is accepted to be told; anything else
    is refused at the door."""
    if isinstance(error, NotLoggedIn):
        await socket.accept()
        await socket.close(wire.CLOSE_LOGGED_OUT)
    else:
        await socket.close(1008)
    return Response()


async def _answer(conn: HTTPConnection, error: HotlineError) -> Response:
    if isinstance(error, NotLoggedIn) and conn.scope["method"] == "GET" and not _wants_json(conn):
        path = conn.url.path + (f"?{conn.url.query}" if conn.url.query else "")
        return RedirectResponse(f"/login?next={quote(path, safe='')}", 303)
    if isinstance(error, PasswordDue) and conn.scope["method"] == "GET" and not _wants_json(conn):
        return RedirectResponse("/me", 303)
    field = error.field if isinstance(error, BadInput) else None
    headers = {"retry-after": str(error.seconds)} if isinstance(error, LockedOut) else None
    return await _say(conn, status_of(error), str(error), field=field, headers=headers)


async def _badly_filled(conn: HTTPConnection, error: Exception) -> Response:
    if not isinstance(error, RequestValidationError):
        raise error
    if isinstance(conn, WebSocket):
        await conn.close(1008)
        return Response()
    first = error.errors()[0]
    field = next((str(p) for p in reversed(first["loc"]) if isinstance(p, str)), "")
    name = _FIELDS.get(field, "提交的内容")
    limit = first.get("ctx", {})
    match first["type"]:
        case "missing":
            text = f"缺少{name}，请补上"
        case "string_too_short":
            text = f"请填{name}"
        case "string_too_long":
            text = f"{name}太长，最多 {limit.get('max_length')} 个字"
        case "enum" | "literal_error":
            text = f"{name}不在可选的范围内，请重新选"
        case "extra_forbidden":
            text = "提交的内容里有不认识的项，请刷新页面后再试"
        case "json_invalid":
            text = "提交的内容不是 JSON，请刷新页面后再试"
        case _:
            text = f"{name}填得不对，请检查"
    return await _say(conn, 422, text, field=field)


async def _http_error(conn: HTTPConnection, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise error
    if isinstance(conn, WebSocket):
        await conn.close(1008)
        return Response()
    known = {
        404: "没有这一页，地址可能写错了",
        405: "这个地址不能这样打开",
        400: "请求的内容看不懂，请刷新页面后再试",
    }
    return await _say(conn, error.status_code, known.get(error.status_code, "请求没有做成"))


async def _fault(conn: HTTPConnection, error: Exception) -> Response:
    if isinstance(error, OSError) and error.errno in DISK_FULL:
        log.error("disk full", extra={"errno": error.errno})
        return await _answer(conn, NoRoom())
    code = secrets.token_hex(4).upper()
    log.error("request failed", extra={"code": code, "path": conn.url.path}, exc_info=error)
    text = "系统出了错，电话不受影响，已保存的内容没有丢失"
    return await _say(conn, 500, text, code=code)


def _wants_json(conn: HTTPConnection) -> bool:
    path = conn.url.path
    return path.startswith("/api/") or path == "/healthz"


async def _say(
    conn: HTTPConnection,
    status: int,
    text: str,
    *,
    field: str | None = None,
    code: str = "",
    headers: dict[str, str] | None = None,
) -> Response:
    if _wants_json(conn):
        body = (
            {"error": text} | ({"field": field} if field else {}) | ({"code": code} if code else {})
        )
        return JSONResponse(body, status, headers)
    await _recognise(conn)
    return desk_of(conn).pages.render(
        conn,
        "error.html.j2",
        status=status,
        headers=headers,
        title=TITLES.get(status, "没有做成"),
        text=text,
        code=code,
        retry=isinstance(conn, Request) and status >= 500,
    )


async def _recognise(conn: HTTPConnection) -> None:
    """So that the page of an error has the person's own navigation, where there is one."""
    if getattr(conn.state, "visitor", None) is None:
        desk = desk_of(conn)
        token = conn.cookies.get(cookie_name(desk.settings), "")
        with suppress(Exception):
            conn.state.visitor = await desk.keeper.visitor(token)
