"""Log-in, one's own settings, the list of keys."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlsplit

from fastapi import FastAPI, Form, Query, Request
from fastapi.responses import RedirectResponse, Response

from agent_desk import shield
from agent_desk.desk import Desk, desk_of
from agent_desk.errors import LockedOut, WrongPassword
from agent_desk.login import Visitor
from agent_desk.pages import SIZES, THEMES, home_of
from agent_desk.shield import cookie_name, needs
from hotline.errors import BadInput

_EVERYBODY = needs(*shield.EVERYBODY)
_YEAR_S = 365 * 24 * 3600


async def login_page(
    request: Request, onward: Annotated[str, Query(alias="next")] = ""
) -> Response:
    """The form; who is logged in already goes to their work."""
    desk = desk_of(request)
    token = request.cookies.get(cookie_name(desk.settings), "")
    visitor = await desk.keeper.visitor(token)
    if visitor is not None:
        return RedirectResponse(_inside(onward) or home_of(visitor), 303)
    return desk.pages.render(request, "login.html.j2", login="", next=onward, error="")


async def log_in(
    request: Request,
    login: Annotated[str, Form()] = "",
    password: Annotated[str, Form()] = "",
    onward: Annotated[str, Form(alias="next")] = "",
) -> Response:
    """Right: a fresh session and off to work. Wrong: the form again with one sentence. The Guard
    has checked where the form came from, so there is nothing to forge."""
    desk = desk_of(request)
    if not login.strip() or not password:
        return _again(request, desk, login, onward, "请填工号和密码", 422)
    address = request.client.host if request.client else ""
    try:
        token, visitor = await desk.keeper.log_in(login, password, address)
    except WrongPassword as refusal:
        return _again(request, desk, login, onward, str(refusal), 401)
    except LockedOut as refusal:
        again = _again(request, desk, login, onward, str(refusal), 429)
        again.headers["retry-after"] = str(refusal.seconds)
        return again
    answer = RedirectResponse(_inside(onward) or home_of(visitor), 303)
    _give_cookie(answer, desk, token)
    return answer


def _again(
    request: Request, desk: Desk, login: str, onward: str, error: str, status: int
) -> Response:
    return desk.pages.render(
        request, "login.html.j2", status=status, login=login[:64], next=onward, error=error
    )


def _give_cookie(answer: Response, desk: Desk, token: str) -> None:
    answer.set_cookie(
        cookie_name(desk.settings),
        token,
        httponly=True,
        samesite="lax",
        secure=desk.settings.secure,
        path="/",
    )


def _inside(onward: str) -> str:
    """Where to go after the log-in: a path of ours or nowhere (no open redirect)."""
    parts = urlsplit(onward)
    inside = onward.startswith("/") and not onward.startswith(("//", "/\\")) and "\\" not in onward
    return onward if inside and not parts.netloc and not parts.scheme else ""


async def log_out(request: Request, visitor: Annotated[Visitor, _EVERYBODY]) -> Response:
    """The session is over on the server, whatever becomes of the cookie."""
    desk = desk_of(request)
    await desk.keeper.log_out(visitor)
    answer = RedirectResponse("/login", 303)
    answer.delete_cookie(cookie_name(desk.settings), path="/", secure=desk.settings.secure)
    return answer


async def home(_: Request, visitor: Annotated[Visitor, _EVERYBODY]) -> Response:
    """To where this role works."""
    return RedirectResponse(home_of(visitor), 303)


async def keys_page(request: Request, _: Annotated[Visitor, _EVERYBODY]) -> Response:
    """Every key of the desk."""
    return desk_of(request).pages.render(request, "keys.html.j2")


async def me_page(request: Request, _: Annotated[Visitor, _EVERYBODY]) -> Response:
    """One's own password, theme and size."""
    return desk_of(request).pages.render(request, "me.html.j2", error=None, done="")


async def change_password(
    request: Request,
    visitor: Annotated[Visitor, _EVERYBODY],
    old: Annotated[str, Form()] = "",
    new: Annotated[str, Form()] = "",
    again: Annotated[str, Form()] = "",
) -> Response:
    """One's own; every other window of this person is logged out."""
    desk = desk_of(request)
    try:
        token, fresh = await desk.keeper.change_password(visitor, old, new, again)
    except BadInput as fault:
        return desk.pages.render(request, "me.html.j2", status=422, error=fault, done="")
    request.state.visitor = fresh
    done = "密码已修改。您在别处的登录都已退出"
    answer = desk.pages.render(request, "me.html.j2", error=None, done=done)
    _give_cookie(answer, desk, token)
    return answer


async def change_look(
    request: Request,
    _: Annotated[Visitor, _EVERYBODY],
    theme: Annotated[str, Form()] = "light",
    size: Annotated[str, Form()] = "",
) -> Response:
    """Theme and size, kept in this browser."""
    if theme not in THEMES or size not in SIZES:
        raise BadInput("theme", "没有这种外观，请从列出的里面选")
    desk = desk_of(request)
    answer = RedirectResponse("/me", 303)
    for name, value in (("jiesu-theme", theme), ("jiesu-size", size)):
        answer.set_cookie(
            name, value, max_age=_YEAR_S, samesite="lax", secure=desk.settings.secure, path="/"
        )
    return answer


def add_to(app: FastAPI) -> None:
    """Every address of this module."""
    app.add_api_route("/", home, methods=["GET"])
    app.add_api_route("/login", login_page, methods=["GET"])
    app.add_api_route("/login", log_in, methods=["POST"])
    app.add_api_route("/logout", log_out, methods=["POST"])
    app.add_api_route("/keys", keys_page, methods=["GET"])
    app.add_api_route("/me", me_page, methods=["GET"])
    app.add_api_route("/me/password", change_password, methods=["POST"])
    app.add_api_route("/me/look", change_look, methods=["POST"])
