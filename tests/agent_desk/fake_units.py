"""The units of the small town, and who keeps its users."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from agent_desk.ports import Account
from agent_desk.unit_views import (
    Change,
    Effect,
    TablePreview,
    UnitForm,
    UnitFull,
    UnitRow,
    UserForm,
)
from agent_desk.views import Person
from hotline.errors import NoSuch
from hotline.words import AgentId, Role, UnitId, UserId

if TYPE_CHECKING:
    from tests.agent_desk.fakes import FakeAccounts


def unit_row(code: str, name: str, **more: str) -> UnitRow:
    form = UnitForm(code=code, name=name, **more)  # type: ignore[arg-type]
    return UnitRow(form=form, level=1 if form.parent else 0, closed=False, open_tickets=0, users=0)


@dataclass(slots=True)
class FakeUnits:
    """Implements UnitBook."""

    rows: dict[str, UnitRow] = field(
        default_factory=lambda: {
            one.form.code: one
            for one in (
                unit_row("cg", "区城市管理和综合执法局", first="何国强", officer="邓志明"),
                unit_row("zj", "区住房和城乡建设局"),
                unit_row("sc", "区市场监督管理局"),
            )
        }
    )
    effect: Effect = Effect(by_status={}, directory=0, users=(), below=(), ever=0)
    history: tuple[Change, ...] = ()
    previewed: TablePreview = TablePreview(lines=("新增 区教育局（jy）",), count=1)
    asked: list[tuple[str, str]] = field(default_factory=list)

    async def units(self) -> Sequence[UnitRow]:
        return list(self.rows.values())

    async def unit(self, code: UnitId) -> UnitFull:
        if code not in self.rows:
            raise NoSuch("承办单位", code)
        return UnitFull(row=self.rows[code], effect=self.effect, history=self.history)

    async def save(self, form: UnitForm, *, new: bool, who: Person) -> None:
        self.asked.append(("new" if new else "save", form.code))
        self.rows[form.code] = replace(unit_row(form.code, form.name), form=form)

    async def set_closed(self, code: UnitId, closed: bool, who: Person) -> None:
        self.rows[code] = replace((await self.unit(code)).row, closed=closed)

    async def remove(self, code: UnitId, who: Person) -> None:
        await self.unit(code)
        self.asked.append(("remove", code))

    async def table(self) -> bytes:
        return "代码,名称\r\n".encode()

    async def preview(self, content: bytes) -> TablePreview:
        return self.previewed

    async def bring_in(self, content: bytes, who: Person) -> int:
        return 1


class FakeUsers:
    """Implements UserBook on the accounts of the town."""

    def __init__(self, accounts: FakeAccounts) -> None:
        self.accounts = accounts
        self.changes: list[Change] = []
        self.out: list[UserId] = []
        self.read_as: tuple[TablePreview, tuple[UserForm, ...]] = (TablePreview(), ())

    async def add(self, form: UserForm, password_hash: str, who: Person) -> UserId:
        user = UserId(f"u-{form.login}")
        person = Person(
            id=user,
            login=form.login,
            name=form.name,
            roles=frozenset(Role(one) for one in form.roles),
            agent=AgentId(form.agent) if form.agent else None,
            unit=UnitId(form.unit) if form.unit else None,
            must_change=True,
        )
        self.accounts.add(person, password_hash)
        return user

    async def change(self, user: UserId, form: UserForm, who: Person) -> None:
        account = self.accounts.users[user]
        person = replace(
            account.person, name=form.name, roles=frozenset(Role(one) for one in form.roles)
        )
        self.accounts.users[user] = Account(person=person, password_hash=account.password_hash)

    async def log_out(self, user: UserId, who: Person) -> None:
        self.out.append(user)

    async def history(self, user: UserId) -> Sequence[Change]:
        return self.changes

    async def table(self) -> bytes:
        return "登录名,姓名\r\n".encode()

    async def read(self, content: bytes) -> tuple[TablePreview, tuple[UserForm, ...]]:
        return self.read_as
