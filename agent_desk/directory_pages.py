"""派单目录: the versions, one of them open, and a new one brought in after a look at it."""

from __future__ import annotations

import base64
import binascii
from typing import Annotated, Final

from fastapi import FastAPI, Query, Request
from fastapi.responses import RedirectResponse, Response
from starlette.datastructures import FormData, UploadFile

from agent_desk import shield
from agent_desk.desk import desk_of
from agent_desk.directory_views import DirectoryPreview
from agent_desk.login import Visitor
from agent_desk.shield import needs
from hotline.errors import BadInput
from hotline.words import Role

_READERS = needs(*shield.DIRECTORY)
_ADMIN = needs(Role.ADMINISTRATOR)
LARGEST: Final = 128 * 1024
"""Bytes of a file on the page, where it travels twice; a larger one is imported by command."""


async def directory_page(
    request: Request,
    _: Annotated[Visitor, _READERS],
    version: Annotated[int | None, Query(ge=1, le=100_000)] = None,
) -> Response:
    """The version in force, or the one asked for."""
    return await _page(request, version)


async def preview_import(request: Request, _: Annotated[Visitor, _ADMIN]) -> Response:
    """What the chosen file would change; nothing is stored."""
    desk = desk_of(request)
    form = await request.form()
    since = _text(form, "since")
    try:
        origin, content = await _file(form)
        preview = await desk.ports.directory.preview(content, origin, since, desk.ports.now())
    except BadInput as wrong:
        return await _page(request, None, told=str(wrong), since=since, status=422)
    finally:
        await form.close()
    kept = base64.b64encode(content).decode("ascii")
    return await _page(request, None, preview=preview, origin=origin, kept=kept, since=since)


async def export(
    request: Request,
    _: Annotated[Visitor, _READERS],
    version: Annotated[int | None, Query(ge=1, le=100_000)] = None,
) -> Response:
    """The version in force, or the one asked for, as CSV."""
    desk = desk_of(request)
    name, content = await desk.ports.directory.csv(version, desk.ports.now())
    headers = {"content-disposition": f'attachment; filename="{name}"', "cache-control": "no-store"}
    return Response(content, media_type="text/csv; charset=utf-8", headers=headers)


async def bring_in(request: Request, visitor: Annotated[Visitor, _ADMIN]) -> Response:
    """Import what was looked at."""
    desk = desk_of(request)
    form = await request.form()
    try:
        content = base64.b64decode(_text(form, "content"), validate=True)
        after = int(_text(form, "number")) - 1
    except (binascii.Error, ValueError):
        return await _page(request, None, told="页面已经过期，请重新选择文件", status=422)
    try:
        number = await desk.ports.directory.bring_in(
            content,
            _text(form, "origin"),
            _text(form, "since"),
            after,
            desk.ports.now(),
            visitor.person,
        )
    except BadInput as wrong:
        return await _page(request, None, told=str(wrong), status=422)
    return RedirectResponse(f"/directory?version={number}", 303)


async def _page(
    request: Request,
    version: int | None,
    *,
    told: str = "",
    preview: DirectoryPreview | None = None,
    origin: str = "",
    kept: str = "",
    since: str = "",
    status: int = 200,
) -> Response:
    desk = desk_of(request)
    found = await desk.ports.directory.now(version, desk.ports.now())
    page = desk.pages.render(
        request,
        "directory.html.j2",
        found=found,
        may_import=Role.ADMINISTRATOR in request.state.visitor.person.roles,
        told=told,
        preview=preview,
        origin=origin,
        kept=kept,
        since=since,
    )
    page.status_code = status
    return page


async def _file(form: FormData) -> tuple[str, bytes]:
    chosen = form.get("file")
    if not isinstance(chosen, UploadFile) or not chosen.filename:
        raise BadInput("file", "请先选择一个文件（CSV 或 XLSX）")
    content = await chosen.read(LARGEST + 1)
    if len(content) > LARGEST:
        raise BadInput(
            "file",
            f"网页上最大{LARGEST // 1024}KB，更大的请用 ./jiesu city directory import",
        )
    return chosen.filename[:200], content


def _text(form: FormData, name: str) -> str:
    value = form.get(name)
    return value.strip() if isinstance(value, str) else ""


def add_to(app: FastAPI) -> None:
    """Every address of this module."""
    app.add_api_route("/directory", directory_page, methods=["GET"])
    app.add_api_route("/directory/export", export, methods=["GET"])
    app.add_api_route("/directory/preview", preview_import, methods=["POST"])
    app.add_api_route("/directory/import", bring_in, methods=["POST"])
