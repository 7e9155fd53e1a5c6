"""单位: the handling units, who answers for each, and what stopping one would mean."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import FastAPI, Form, Request
from fastapi.responses import RedirectResponse, Response
from starlette.datastructures import FormData

from agent_desk import shield
from agent_desk.desk import desk_of
from agent_desk.login import Visitor
from agent_desk.shield import needs
from agent_desk.unit_tables import chosen_file, csv_response, packed, unpacked
from agent_desk.unit_views import UNIT_KINDS, TablePreview, UnitForm
from hotline.errors import BadInput
from hotline.words import Role, UnitId

_READERS = needs(*shield.DIRECTORY)
_ADMIN = needs(Role.ADMINISTRATOR)
_TEXTS: Final = (
    "name",
    "kind",
    "parent",
    "duty",
    "sub_office",
    "hours",
    "phone",
    "first",
    "deputy",
    "officer",
)
_LONGEST: Final = 1000


async def units_page(request: Request, _: Annotated[Visitor, _READERS]) -> Response:
    """Every unit, as a tree."""
    return await _units(request)


async def _units(
    request: Request,
    *,
    status: int = 200,
    told: str = "",
    error: BadInput | None = None,
    typed: UnitForm | None = None,
    preview: TablePreview | None = None,
    kept: str = "",
) -> Response:
    desk = desk_of(request)
    return desk.pages.render(
        request,
        "units.html.j2",
        status=status,
        units=await desk.ports.unit_book.units(),
        kinds=UNIT_KINDS,
        may_change=Role.ADMINISTRATOR in request.state.visitor.person.roles,
        told=told,
        error=error,
        typed=typed,
        preview=preview,
        kept=kept,
    )


async def unit_page(request: Request, code: str, _: Annotated[Visitor, _READERS]) -> Response:
    """One unit: what is kept of it, what names it, what was changed."""
    return await _unit(request, UnitId(code))


async def _unit(
    request: Request,
    code: UnitId,
    *,
    status: int = 200,
    error: BadInput | None = None,
    typed: UnitForm | None = None,
) -> Response:
    desk = desk_of(request)
    full = await desk.ports.unit_book.unit(code)
    return desk.pages.render(
        request,
        "unit.html.j2",
        status=status,
        full=full,
        form=typed or full.row.form,
        units=await desk.ports.unit_book.units(),
        kinds=UNIT_KINDS,
        may_change=Role.ADMINISTRATOR in request.state.visitor.person.roles,
        error=error,
    )


def _typed(form: FormData, code: str) -> UnitForm:
    texts = {key: str(form.get(key) or "").strip()[:_LONGEST] for key in _TEXTS}
    position = str(form.get("position") or "0").strip()
    if not position.isascii() or not position.isdigit() or len(position) > 6:
        raise BadInput("position", "排序是不超过6位的数字")
    return UnitForm(code=code.strip().lower(), position=int(position), **texts)


async def add_unit(request: Request, visitor: Annotated[Visitor, _ADMIN]) -> Response:
    """Create one."""
    form = await request.form()
    typed: UnitForm | None = None
    try:
        typed = _typed(form, str(form.get("code") or "")[:64])
        await desk_of(request).ports.unit_book.save(typed, new=True, who=visitor.person)
    except BadInput as wrong:
        return await _units(request, status=422, error=wrong, typed=typed)
    return RedirectResponse(f"/units/{typed.code}", 303)


async def change_unit(request: Request, code: str, visitor: Annotated[Visitor, _ADMIN]) -> Response:
    """Change one."""
    typed: UnitForm | None = None
    try:
        typed = _typed(await request.form(), code)
        await desk_of(request).ports.unit_book.save(typed, new=False, who=visitor.person)
    except BadInput as wrong:
        return await _unit(request, UnitId(code), status=422, error=wrong, typed=typed)
    return RedirectResponse(f"/units/{code}", 303)


async def set_closed(
    request: Request,
    code: str,
    visitor: Annotated[Visitor, _ADMIN],
    closed: Annotated[bool, Form()],
) -> Response:
    """Stop a unit or take it up again; what it has stays with it."""
    await desk_of(request).ports.unit_book.set_closed(UnitId(code), closed, visitor.person)
    return RedirectResponse(f"/units/{code}", 303)


async def remove_unit(request: Request, code: str, visitor: Annotated[Visitor, _ADMIN]) -> Response:
    """Take out a unit that nothing names."""
    try:
        await desk_of(request).ports.unit_book.remove(UnitId(code), visitor.person)
    except BadInput as wrong:
        return await _unit(request, UnitId(code), status=422, error=wrong)
    return RedirectResponse("/units", 303)


async def units_table(request: Request, _: Annotated[Visitor, _READERS]) -> Response:
    """Every unit as CSV."""
    return csv_response(await desk_of(request).ports.unit_book.table(), "units.csv")


async def preview_units(request: Request, _: Annotated[Visitor, _ADMIN]) -> Response:
    """What a table would change; nothing is stored."""
    try:
        content = await chosen_file(request)
        preview = await desk_of(request).ports.unit_book.preview(content)
    except BadInput as wrong:
        return await _units(request, status=422, error=wrong)
    return await _units(request, preview=preview, kept=packed(content))


async def bring_in_units(request: Request, visitor: Annotated[Visitor, _ADMIN]) -> Response:
    """Bring in what was looked at, all or nothing."""
    try:
        content = unpacked(await request.form())
        count = await desk_of(request).ports.unit_book.bring_in(content, visitor.person)
    except BadInput as wrong:
        return await _units(request, status=422, error=wrong)
    return await _units(request, told=f"已导入 {count} 个单位")


def add_to(app: FastAPI) -> None:
    """Every address of this module."""
    app.add_api_route("/units", units_page, methods=["GET"])
    app.add_api_route("/units/new", add_unit, methods=["POST"])
    app.add_api_route("/units/table", units_table, methods=["GET"])
    app.add_api_route("/units/preview", preview_units, methods=["POST"])
    app.add_api_route("/units/import", bring_in_units, methods=["POST"])
    app.add_api_route("/units/{code}", unit_page, methods=["GET"])
    app.add_api_route("/units/{code}/change", change_unit, methods=["POST"])
    app.add_api_route("/units/{code}/closed", set_closed, methods=["POST"])
    app.add_api_route("/units/{code}/remove", remove_unit, methods=["POST"])
