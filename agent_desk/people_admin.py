"""人员: who may log in, kept by the administrator; every change stands in a history."""

from __future__ import annotations

import secrets
from typing import Annotated, Final

from fastapi import FastAPI, Form, Request
from fastapi.responses import RedirectResponse, Response

from agent_desk.desk import Desk, desk_of
from agent_desk.login import Visitor
from agent_desk.shield import needs
from agent_desk.unit_tables import chosen_file, csv_response, packed, unpacked
from agent_desk.unit_views import TablePreview, UserForm
from hotline.errors import BadInput, NoSuch
from hotline.words import Role, UserId

_ADMIN = needs(Role.ADMINISTRATOR)
_MOST_AT_ONCE: Final = 200
"""New users of one table: each password is hashed, which takes its time."""


def one_time_password() -> str:
    """Easy to read out, hard to guess; it must be changed at the first log-in."""
    return "".join(secrets.choice("abcdefghjkmnpqrstuvwxyz23456789") for _ in range(12))


async def users_page(request: Request, _: Annotated[Visitor, _ADMIN]) -> Response:
    """Everybody who may log in."""
    return await _users(request)


async def _users(
    request: Request,
    *,
    status: int = 200,
    told: str = "",
    passwords: tuple[tuple[str, str], ...] = (),
    error: BadInput | None = None,
    typed: UserForm | None = None,
    preview: TablePreview | None = None,
    kept: str = "",
) -> Response:
    desk = desk_of(request)
    return desk.pages.render(
        request,
        "users.html.j2",
        status=status,
        people=await desk.ports.accounts.people(),
        units={row.form.code: row for row in await desk.ports.unit_book.units()},
        told=told,
        passwords=passwords,
        error=error,
        typed=typed,
        preview=preview,
        kept=kept,
    )


async def add_user(request: Request, visitor: Annotated[Visitor, _ADMIN]) -> Response:
    """Create one; the password is shown on this page and nowhere again."""
    desk, form = desk_of(request), await _typed(request)
    password = one_time_password()
    try:
        kept = await desk.keeper.passwords.hash(password)
        await desk.ports.user_book.add(form, kept, visitor.person)
    except BadInput as wrong:
        return await _users(request, status=422, error=wrong, typed=form)
    told = f"已新建{form.name}（{form.login}），密码只显示这一次，首次登录须修改："
    return await _users(request, told=told, passwords=((form.login, password),))


async def _typed(request: Request) -> UserForm:
    form = await request.form()
    text = {key: str(form.get(key) or "")[:64] for key in ("login", "name", "unit", "agent")}
    return UserForm(
        login=text["login"].strip().lower(),
        name=text["name"].strip(),
        roles=tuple(dict.fromkeys(str(one)[:32] for one in form.getlist("role"))),
        unit=text["unit"].strip(),
        agent=text["agent"].strip(),
    )


async def user_page(request: Request, user: str, _: Annotated[Visitor, _ADMIN]) -> Response:
    """One user: what may be changed, and what was."""
    return await _user(request, UserId(user))


async def _user(
    request: Request, user: UserId, *, status: int = 200, error: BadInput | None = None
) -> Response:
    desk = desk_of(request)
    account = await desk.ports.accounts.by_id(user)
    if account is None:
        raise NoSuch("用户", user)
    return desk.pages.render(
        request,
        "user.html.j2",
        status=status,
        person=account.person,
        units=await desk.ports.unit_book.units(),
        history=await desk.ports.user_book.history(user),
        error=error,
    )


async def change_user(request: Request, user: str, visitor: Annotated[Visitor, _ADMIN]) -> Response:
    """Name, roles, unit, seat; a change of roles or unit logs them out."""
    desk, form = desk_of(request), await _typed(request)
    account = await desk.ports.accounts.by_id(UserId(user))
    if account is None:
        raise NoSuch("用户", user)
    whole = UserForm(
        login=account.person.login,
        name=form.name,
        roles=form.roles,
        unit=form.unit,
        agent=form.agent,
    )
    try:
        await desk.ports.user_book.change(UserId(user), whole, visitor.person)
    except BadInput as wrong:
        return await _user(request, UserId(user), status=422, error=wrong)
    return RedirectResponse(f"/users/{user}", 303)


async def reset_password(
    request: Request, user: str, visitor: Annotated[Visitor, _ADMIN]
) -> Response:
    """A new random password, shown on this page and nowhere again."""
    desk = desk_of(request)
    new = await desk.keeper.reset_password(UserId(user), visitor)
    name, login = await _name_of(desk, UserId(user))
    told = f"{name}（{login}）的新密码，只显示这一次："
    return await _users(request, told=told, passwords=((login, new),))


async def _name_of(desk: Desk, user: UserId) -> tuple[str, str]:
    account = await desk.ports.accounts.by_id(user)
    return (account.person.name, account.person.login) if account else ("", "")


async def set_disabled(
    request: Request,
    user: str,
    visitor: Annotated[Visitor, _ADMIN],
    disabled: Annotated[bool, Form()],
) -> Response:
    """Shut somebody out, or let them in again."""
    await desk_of(request).keeper.set_disabled(UserId(user), disabled, visitor)
    return RedirectResponse("/users", 303)


async def log_out_user(
    request: Request, user: str, visitor: Annotated[Visitor, _ADMIN]
) -> Response:
    """End every session of somebody, now."""
    await desk_of(request).ports.user_book.log_out(UserId(user), visitor.person)
    return RedirectResponse(f"/users/{user}", 303)


async def users_table(request: Request, _: Annotated[Visitor, _ADMIN]) -> Response:
    """Everybody as CSV, without anything secret."""
    return csv_response(await desk_of(request).ports.user_book.table(), "users.csv")


async def preview_users(request: Request, _: Annotated[Visitor, _ADMIN]) -> Response:
    """Whom a table would add; nothing is stored."""
    try:
        content = await chosen_file(request)
        preview, _fresh = await desk_of(request).ports.user_book.read(content)
    except BadInput as wrong:
        return await _users(request, status=422, error=wrong)
    return await _users(request, preview=preview, kept=packed(content))


async def bring_in_users(request: Request, visitor: Annotated[Visitor, _ADMIN]) -> Response:
    """Add those who were looked at; their passwords are shown once."""
    desk = desk_of(request)
    made: list[tuple[str, str]] = []
    try:
        preview, fresh = await desk.ports.user_book.read(unpacked(await request.form()))
        if preview.wrong:
            raise BadInput("file", "表里还有要改正的地方，请重新预览")
        if len(fresh) > _MOST_AT_ONCE:
            raise BadInput("file", f"一次最多新建{_MOST_AT_ONCE}人，请分成几个文件")
        for form in fresh:
            password = one_time_password()
            kept = await desk.keeper.passwords.hash(password)
            await desk.ports.user_book.add(form, kept, visitor.person)
            made.append((form.login, password))
    except BadInput as wrong:
        return await _users(request, status=422, error=wrong, passwords=tuple(made))
    told = f"已新建{len(made)}人，密码只显示这一次，首次登录须修改："
    return await _users(request, told=told, passwords=tuple(made))


def add_to(app: FastAPI) -> None:
    """Every address of this module."""
    app.add_api_route("/users", users_page, methods=["GET"])
    app.add_api_route("/users", add_user, methods=["POST"])
    app.add_api_route("/users/table", users_table, methods=["GET"])
    app.add_api_route("/users/preview", preview_users, methods=["POST"])
    app.add_api_route("/users/import", bring_in_users, methods=["POST"])
    app.add_api_route("/users/{user}", user_page, methods=["GET"])
    app.add_api_route("/users/{user}", change_user, methods=["POST"])
    app.add_api_route("/users/{user}/password", reset_password, methods=["POST"])
    app.add_api_route("/users/{user}/disabled", set_disabled, methods=["POST"])
    app.add_api_route("/users/{user}/logout", log_out_user, methods=["POST"])
