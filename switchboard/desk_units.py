"""Units and users on their pages, from the ledger."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import Any, Final

from agent_desk import unit_views as uv
from agent_desk.directory_views import WrongCell
from agent_desk.shield import ROLE_NAMES
from agent_desk.views import Person
from hotline.directory import in_force
from hotline.errors import BadInput, NoSuch
from hotline.handling_words import LIMIT_OVER
from hotline.words import AgentId, Role, UnitId, UserId
from ledger.audit import AuditRow
from ledger.store import Ledger
from ledger.ticket_rows import TicketFilter
from ledger.units import Unit, UnitCard
from switchboard import unit_rows as rows
from switchboard.policy_versions import Rule
from switchboard.table_files import read_table, write_csv

_WHAT: Final = {
    "user.add": "新建",
    "user.change": "修改",
    "user.password": "重置密码",
    "user.disabled": "停用或启用",
    "user.logout": "强制退出",
    "unit.remove": "删除",
}
_FIELDS: Final[Mapping[str, str]] = {
    **{field: name for name, field in rows.UNIT_COLUMNS.items()},
    "closed": "停用",
    "roles": "角色",
    "unit": "单位",
    "agent": "席位",
}


class DeskUnits:
    """Implements :class:`agent_desk.unit_views.UnitBook`."""

    def __init__(self, ledger: Ledger, policy: Rule, now: Callable[[], dt.datetime]) -> None:
        self._ledger = ledger
        self._policy = policy
        self._now = now

    async def units(self) -> Sequence[uv.UnitRow]:
        units, cards = await self._ledger.units.all(), await self._ledger.units.cards()
        opened = await self._ledger.tickets.work.open_counts()
        staff: dict[UnitId, int] = {}
        for user in await self._ledger.accounts.users():
            if user.unit is not None and not user.disabled:
                staff[user.unit] = staff.get(user.unit, 0) + 1
        return [
            uv.UnitRow(
                form=_form(unit, cards.get(unit.code, UnitCard())),
                level=level,
                closed=unit.closed,
                open_tickets=opened.get(unit.code, 0),
                users=staff.get(unit.code, 0),
            )
            for unit, level in _tree(units)
        ]

    async def unit(self, code: UnitId) -> uv.UnitFull:
        row = next((one for one in await self.units() if one.form.code == code), None)
        if row is None:
            raise NoSuch("承办单位", code)
        names = await _names(self._ledger)
        history = await self._ledger.units.history(code)
        return uv.UnitFull(
            row=row,
            effect=await self._effect(code),
            history=tuple(_change(one, names) for one in history),
        )

    async def _effect(self, code: UnitId) -> uv.Effect:
        ledger, policy = self._ledger, self._policy(self._now())
        wanted = TicketFilter(units=(code,), but_statuses=LIMIT_OVER)
        version = in_force(await ledger.directory.all(), self._now(), policy.zone)
        users = [one for one in await ledger.accounts.users() if one.unit == code]
        return uv.Effect(
            by_status=(await ledger.tickets.counts(wanted)).by_status,
            directory=sum(one.unit == code for one in version.entries) if version else 0,
            users=tuple(one.display_name for one in users if not one.disabled),
            below=tuple(one.name for one in await ledger.units.all() if one.parent == code),
            ever=await ledger.tickets.work.ever(code),
        )

    async def save(self, form: uv.UnitForm, *, new: bool, who: Person) -> None:
        known = {unit.code: unit for unit in await self._ledger.units.all()}
        before = known.get(UnitId(form.code))
        if new and before is not None:
            raise BadInput("code", f"代码 {form.code} 已有单位用，请换一个")
        if not new and before is None:
            raise NoSuch("承办单位", form.code)
        rows.check_unit(form)
        await self._check_lead(form)
        unit, card = _unit(form, closed=before.closed if before else False)
        await self._ledger.units.put([unit], by=who.id, cards={unit.code: card})

    async def _check_lead(self, form: uv.UnitForm) -> None:
        """A unit that leads open tickets cannot become one that may never lead."""
        rule = self._policy(self._now()).dispatch.never_lead
        if form.kind not in (rule.value or ()):
            return
        leads = (await self._ledger.tickets.work.open_counts()).get(UnitId(form.code), 0)
        if leads:
            cite = f"〔{rule.article.number}〕" if rule.article else ""
            why = f"{form.name}正主责办理{leads}件，{form.kind}不得作为主责办理单位{cite}，请先改派"
            raise BadInput("kind", why)

    async def set_closed(self, code: UnitId, closed: bool, who: Person) -> None:
        unit = next((one for one in await self._ledger.units.all() if one.code == code), None)
        if unit is None:
            raise NoSuch("承办单位", code)
        changed = Unit(unit.code, unit.name, unit.parent, unit.kind, unit.position, closed)
        await self._ledger.units.put([changed], by=who.id)

    async def remove(self, code: UnitId, who: Person) -> None:
        effect = await self._effect(code)
        if effect.open_tickets:
            raise BadInput("unit", f"还有{effect.open_tickets}件没有办结，不能删除，可以停用")
        if effect.directory:
            raise BadInput("unit", f"派单目录里有{effect.directory}项归它，请先导入新目录")
        await self._ledger.units.remove(code, by=who.id)

    async def table(self) -> bytes:
        body = [
            [rows.safe(str(asdict(row.form)[field])) for field in rows.UNIT_COLUMNS.values()]
            for row in await self.units()
        ]
        return write_csv([list(rows.UNIT_COLUMNS), *body])

    async def preview(self, content: bytes) -> uv.TablePreview:
        forms, wrong = await self._read(content)
        if wrong:
            return uv.TablePreview(wrong=tuple(wrong))
        known = {row.form.code: row.form for row in await self.units()}
        lines = [line for _, form in forms if (line := _told(known.get(form.code), form))]
        return uv.TablePreview(lines=tuple(lines), count=len(lines))

    async def bring_in(self, content: bytes, who: Person) -> int:
        forms, wrong = await self._read(content)
        if wrong:
            raise BadInput("file", "表里还有要改正的地方，请重新预览")
        closed = {unit.code: unit.closed for unit in await self._ledger.units.all()}
        pairs = [_unit(form, closed=closed.get(UnitId(form.code), False)) for _, form in forms]
        await self._ledger.units.put(
            [unit for unit, _ in pairs],
            by=who.id,
            cards={unit.code: card for unit, card in pairs},
        )
        return len(pairs)

    async def _read(self, content: bytes) -> tuple[list[tuple[int, uv.UnitForm]], list[WrongCell]]:
        table = read_table(content)
        found, wrong = rows.read_rows(table, rows.UNIT_COLUMNS, rows.unit_of, rows.check_unit)
        known = {unit.code for unit in await self._ledger.units.all()}
        codes = known | {form.code for _, form in found}
        seen: set[str] = set()
        for number, form in found:
            why = ""
            if form.code in seen:
                why = f"代码 {form.code} 在表里出现了两次"
            elif form.parent and (form.parent not in codes or form.parent == form.code):
                why = f"上级单位 {form.parent} 不存在"
            seen.add(form.code)
            if why:
                wrong.append(WrongCell(row=number, column="代码", why=why))
            else:
                try:
                    await self._check_lead(form)
                except BadInput as lead:
                    wrong.append(WrongCell(row=number, column="性质", why=str(lead)))
        return found, sorted(wrong, key=lambda one: one.row)


class DeskUsers:
    """Implements :class:`agent_desk.unit_views.UserBook`."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    async def add(self, form: uv.UserForm, password_hash: str, who: Person) -> UserId:
        await self._check(form, None)
        user = await self._ledger.accounts.add_user(
            login=form.login,
            display_name=form.name.strip(),
            roles=[Role(one) for one in form.roles],
            password_hash=password_hash,
            by=who.id,
            agent=AgentId(form.agent) if form.agent else None,
            unit=UnitId(form.unit) if form.unit else None,
            must_change=True,
        )
        return user.id

    async def change(self, user: UserId, form: uv.UserForm, who: Person) -> None:
        await self._check(form, user)
        await self._ledger.accounts.change_user(
            user,
            display_name=form.name.strip(),
            roles=[Role(one) for one in form.roles],
            agent=AgentId(form.agent) if form.agent else None,
            unit=UnitId(form.unit) if form.unit else None,
            by=who.id,
        )

    async def _check(self, form: uv.UserForm, user: UserId | None) -> None:
        units: dict[str, str] = {one.code: one.name for one in await self._ledger.units.all()}
        rows.check_user(form, units)
        for one in await self._ledger.accounts.users():
            taken = form.agent and one.agent == form.agent and not one.disabled
            if taken and one.id != user:
                raise BadInput("agent", f"席位{form.agent}已是{one.display_name}的，请换一个")

    async def log_out(self, user: UserId, who: Person) -> None:
        await self._ledger.accounts.log_out_everywhere(user, by=who.id)

    async def history(self, user: UserId) -> Sequence[uv.Change]:
        names = await _names(self._ledger)
        return [_change(row, names) for row in await self._ledger.accounts.history(user)]

    async def table(self) -> bytes:
        units = {unit.code: unit.name for unit in await self._ledger.units.all()}
        body = [
            [
                user.login,
                user.display_name,
                "、".join(name for role, name in ROLE_NAMES.items() if role in user.roles),
                units.get(user.unit, "") if user.unit else "",
                user.agent or "",
                "已停用" if user.disabled else "可登录",
            ]
            for user in await self._ledger.accounts.users()
        ]
        heading = [*rows.USER_COLUMNS, "状态"]
        return write_csv([heading, *([rows.safe(cell) for cell in row] for row in body)])

    async def read(self, content: bytes) -> tuple[uv.TablePreview, tuple[uv.UserForm, ...]]:
        units = await self._ledger.units.all()
        codes: dict[str, str] = {unit.name: unit.code for unit in units}
        names: dict[str, str] = {unit.code: unit.name for unit in units}
        found, wrong = rows.read_rows(
            read_table(content),
            rows.USER_COLUMNS,
            lambda cells: rows.user_of(cells, codes),
            lambda form: rows.check_user(form, names),
        )
        users = await self._ledger.accounts.users()
        known = {user.login for user in users}
        seats = {user.agent for user in users if user.agent and not user.disabled}
        fresh: list[uv.UserForm] = []
        for number, form in found:
            if form.login in known:
                continue
            if form.agent and form.agent in seats:
                why = f"席位{form.agent}已有人用"
                wrong.append(WrongCell(row=number, column="席位", why=why))
            known.add(form.login)
            seats.add(AgentId(form.agent))
            fresh.append(form)
        lines = tuple(f"新建 {one.login} {one.name}" for one in fresh)
        preview = uv.TablePreview(
            wrong=tuple(sorted(wrong, key=lambda one: one.row)),
            lines=() if wrong else lines,
            count=len(fresh),
        )
        return preview, () if wrong else tuple(fresh)


def _tree(units: Sequence[Unit]) -> list[tuple[Unit, int]]:
    """Every unit under its parent; what stands under nothing known comes at the top."""
    codes, below = {unit.code for unit in units}, dict[UnitId | None, list[Unit]]()
    for unit in units:
        below.setdefault(unit.parent if unit.parent in codes else None, []).append(unit)
    found: list[tuple[Unit, int]] = []

    def walk(parent: UnitId | None, level: int) -> None:
        for unit in below.get(parent, ()):
            found.append((unit, level))
            walk(unit.code, level + 1)

    walk(None, 0)
    return found


def _form(unit: Unit, card: UnitCard) -> uv.UnitForm:
    return uv.UnitForm(
        code=unit.code,
        name=unit.name,
        kind=unit.kind,
        parent=unit.parent or "",
        position=unit.position,
        **asdict(card),
    )


def _unit(form: uv.UnitForm, *, closed: bool) -> tuple[Unit, UnitCard]:
    parent = UnitId(form.parent) if form.parent else None
    unit = Unit(UnitId(form.code), form.name.strip(), parent, form.kind, form.position, closed)
    card = UnitCard(
        duty=form.duty.strip(),
        sub_office=form.sub_office.strip(),
        hours=form.hours.strip(),
        phone=form.phone.strip(),
        first=form.first.strip(),
        deputy=form.deputy.strip(),
        officer=form.officer.strip(),
    )
    return unit, card


def _told(before: uv.UnitForm | None, after: uv.UnitForm) -> str:
    if before is None:
        return f"新增 {after.name}（{after.code}）"
    old, new = asdict(before), asdict(after)
    changed = [_FIELDS[key] for key in new if new[key] != old[key]]
    return f"修改 {after.name}：{'、'.join(changed)}" if changed else ""


async def _names(ledger: Ledger) -> Mapping[str, str]:
    return {user.id: user.display_name for user in await ledger.accounts.users()}


def _change(row: AuditRow, names: Mapping[str, str]) -> uv.Change:
    return uv.Change(at=row.at, who=names.get(row.who, row.who), what=_said(row))


def _said(row: AuditRow) -> str:
    detail: Mapping[str, Any] = row.detail
    if row.what == "user.disabled":
        return "停用" if detail.get("disabled") else "启用"
    if row.what not in ("unit.change", "user.change"):
        return _WHAT.get(row.what, row.what)
    changed: Mapping[str, Any] = detail.get("changed", {})
    if set(changed) == {"closed"}:
        return "停用" if changed["closed"][1] else "启用"
    fields = [*changed, *detail.get("card", ())] + (["name"] if detail.get("renamed") else [])
    what = "新建" if detail.get("new") else "修改"
    said = "、".join(_FIELDS.get(one, one) for one in fields)
    return what if detail.get("new") else f"{what}{said}"
