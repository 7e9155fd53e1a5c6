"""Units and users as rows of a table, judged cell by cell."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Final, TypeVar

from agent_desk.directory_views import WrongCell
from agent_desk.shield import ROLE_NAMES
from agent_desk.unit_views import UNIT_KINDS, UnitForm, UserForm
from hotline.errors import BadInput
from hotline.words import Role

UNIT_COLUMNS: Final[Mapping[str, str]] = {
    "代码": "code",
    "名称": "name",
    "性质": "kind",
    "上级单位": "parent",
    "排序": "position",
    "职责": "duty",
    "承办内设机构": "sub_office",
    "服务时间": "hours",
    "联系电话": "phone",
    "主要负责人": "first",
    "分管负责人": "deputy",
    "具体负责人": "officer",
}
USER_COLUMNS: Final[Mapping[str, str]] = {
    "登录名": "login",
    "姓名": "name",
    "角色": "roles",
    "承办单位": "unit",
    "席位": "agent",
}
LONGEST: Final[Mapping[str, int]] = {
    "code": 32,
    "name": 60,
    "duty": 500,
    "sub_office": 100,
    "hours": 60,
    "phone": 40,
    "first": 30,
    "deputy": 30,
    "officer": 30,
}
MOST_ROWS: Final = 2000
_CODE: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,31}")
_LOGIN: Final = re.compile(r"[a-z0-9][a-z0-9._-]{1,31}")
_VILLAGE: Final = {
    "居民委员会": ("居民委员会", "居委会"),
    "村民委员会": ("村民委员会", "村委会"),
}
_ROLES: Final = {name: role for role, name in ROLE_NAMES.items()}
Form = TypeVar("Form")
_FORMULA: Final = ("=", "+", "-", "@")


def village_kind(name: str) -> str:
    """The kind a unit of this name must have, so that it can never lead (中山 第六条); empty where
    the name says nothing."""
    return next((kind for kind, ends in _VILLAGE.items() if name.strip().endswith(ends)), "")


def check_unit(form: UnitForm) -> None:
    """Raises BadInput naming the first field that is wrong."""
    if not _CODE.fullmatch(form.code):
        raise BadInput("code", "代码用小写字母和数字，例如 chengguan，最多32个")
    if not form.name.strip():
        raise BadInput("name", "请填单位名称")
    for field, most in LONGEST.items():
        if len(getattr(form, field)) > most:
            raise BadInput(field, f"内容太长，最多{most}字")
    if form.kind not in UNIT_KINDS:
        raise BadInput("kind", f"单位性质请从这些里面选：{'、'.join(UNIT_KINDS)}")
    must = village_kind(form.name)
    if must and form.kind != must:
        raise BadInput("kind", f"{form.name}的性质须是{must}：只能协办，不得作为主责办理单位")


def check_user(form: UserForm, units: Mapping[str, str]) -> None:
    """Raises BadInput naming the first field that is wrong; ``units``: code to name."""
    if not _LOGIN.fullmatch(form.login):
        raise BadInput("login", "登录名用小写字母、数字和 . _ -，2到32个")
    if not 1 <= len(form.name.strip()) <= 30:
        raise BadInput("name", "请填姓名，最多30字")
    known = {role.value for role in Role}
    if not form.roles or not set(form.roles) <= known:
        raise BadInput("roles", f"请选角色：{'、'.join(_ROLES)}")
    if Role.OFFICER.value in form.roles and not form.unit:
        raise BadInput("unit", "承办人员要写明承办单位")
    if form.unit and form.unit not in units:
        raise BadInput("unit", f"没有单位{form.unit}，请先在“单位”里登记")
    if form.agent and not re.fullmatch(r"\d{3,6}", form.agent):
        raise BadInput("agent", "席位是3到6位数字，例如 1001")
    if Role.AGENT.value in form.roles and not form.agent:
        raise BadInput("agent", "话务员要写席位")


def heading(rows: Sequence[Sequence[str]], columns: Mapping[str, str]) -> dict[str, int]:
    """Where each column stands. Raises BadInput for a table without the needed ones."""
    if not rows or len(rows) < 2:
        raise BadInput("file", f"表里没有内容：第一行写列名（{'、'.join(columns)}），下面一行一个")
    if len(rows) > MOST_ROWS + 1:
        raise BadInput("file", f"有{len(rows) - 1}行，最多{MOST_ROWS}行，请分开")
    places = {
        columns[cell.strip()]: place
        for place, cell in enumerate(rows[0])
        if cell.strip() in columns
    }
    missing = [name for name in tuple(columns)[:3] if columns[name] not in places]
    if missing:
        raise BadInput("file", f"第一行缺少列：{'、'.join(missing)}")
    return places


def read_rows(
    rows: Sequence[Sequence[str]],
    columns: Mapping[str, str],
    form_of: Callable[[Mapping[str, str]], Form],
    check: Callable[[Form], None],
) -> tuple[list[tuple[int, Form]], list[WrongCell]]:
    """Every row as a form with its number, and every wrong cell."""
    places, names = heading(rows, columns), {field: name for name, field in columns.items()}
    found: list[tuple[int, Form]] = []
    wrong: list[WrongCell] = []
    for number, row in enumerate(rows[1:], start=2):
        if not any(cell.strip() for cell in row):
            continue
        cells = {
            field: row[place].strip() if place < len(row) else "" for field, place in places.items()
        }
        try:
            for field, cell in cells.items():
                if cell.startswith(_FORMULA):
                    raise BadInput(field, f"以“{cell[0]}”开头会被表格软件当作公式，请改写")
            form = form_of({field: cell.removeprefix("'") for field, cell in cells.items()})
            check(form)
        except BadInput as why:
            wrong.append(WrongCell(row=number, column=names.get(why.field, ""), why=str(why)))
        else:
            found.append((number, form))
    return found, wrong


def unit_of(cells: Mapping[str, str]) -> UnitForm:
    """A row of the units' table."""
    position = cells.get("position", "") or "0"
    if not position.isascii() or not position.isdigit() or len(position) > 6:
        raise BadInput("position", "排序是不超过6位的数字")
    texts = {key: value for key, value in cells.items() if key not in ("position", "kind")}
    form = UnitForm(code="", name="")
    return replace(form, **texts, position=int(position), kind=cells.get("kind") or "部门")


def user_of(cells: Mapping[str, str], codes: Mapping[str, str]) -> UserForm:
    """A row of the users' table; units by name or code (``codes``: name to code), roles by their
    Chinese names."""
    names = [one for one in re.split(r"[、,，;； ]+", cells.get("roles", "")) if one]
    unknown = [one for one in names if one not in _ROLES]
    if unknown:
        raise BadInput("roles", f"没有角色{'、'.join(unknown)}，可用：{'、'.join(_ROLES)}")
    unit = cells.get("unit", "")
    return UserForm(
        login=cells["login"].lower(),
        name=cells["name"],
        roles=tuple(_ROLES[one].value for one in names),
        unit=codes.get(unit, unit),
        agent=cells.get("agent", ""),
    )


def safe(cell: str) -> str:
    """A cell that no table program takes for a formula."""
    return f"'{cell}" if cell.startswith(_FORMULA) else cell
