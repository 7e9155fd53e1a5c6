"""Units and users as their pages show them, and what those pages may ask for."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from agent_desk.directory_views import WrongCell
from agent_desk.views import Person
from hotline.words import UnitId, UserId

UNIT_KINDS: Final = (
    "部门",
    "镇街",
    "公共服务企业",
    "功能区",
    "内设机构",
    "协管办",
    "居民委员会",
    "村民委员会",
)
"""To choose from; the last two help and never lead (中山 第六条)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitForm:
    """A unit as its form has it."""

    code: str
    name: str
    kind: str = "部门"
    parent: str = ""
    position: int = 0
    duty: str = ""
    sub_office: str = ""
    hours: str = ""
    phone: str = ""
    first: str = ""
    deputy: str = ""
    officer: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitRow:
    """A unit in the list, under its parent; ``level`` counts from 0."""

    form: UnitForm
    level: int
    closed: bool
    open_tickets: int
    users: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One line of a history."""

    at: dt.datetime
    who: str
    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """What it would mean to stop a unit: its open tickets by stage, what else names it."""

    by_status: Mapping[str, int]
    directory: int
    users: tuple[str, ...]
    below: tuple[str, ...]
    ever: int

    @property
    def open_tickets(self) -> int:
        """All of them."""
        return sum(self.by_status.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitFull:
    """One unit with everything its page says."""

    row: UnitRow
    effect: Effect
    history: tuple[Change, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TablePreview:
    """What a table would change: ``wrong`` alone, or ``lines`` that say it."""

    wrong: tuple[WrongCell, ...] = ()
    lines: tuple[str, ...] = ()
    count: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class UserForm:
    """A user as the form has them."""

    login: str
    name: str
    roles: tuple[str, ...]
    unit: str = ""
    agent: str = ""


class UnitBook(Protocol):
    """The units of the city."""

    async def units(self) -> Sequence[UnitRow]:
        """Every unit as a tree, those stopped too."""

    async def unit(self, code: UnitId) -> UnitFull:
        """One unit. Raises NoSuch."""

    async def save(self, form: UnitForm, *, new: bool, who: Person) -> None:
        """Create or change one. Raises BadInput with the field."""

    async def set_closed(self, code: UnitId, closed: bool, who: Person) -> None:
        """Stop a unit, or take it up again. Raises NoSuch."""

    async def remove(self, code: UnitId, who: Person) -> None:
        """Take out one that nothing names. Raises BadInput with what does."""

    async def table(self) -> bytes:
        """Every unit as CSV."""

    async def preview(self, content: bytes) -> TablePreview:
        """What a table would change. Raises BadInput."""

    async def bring_in(self, content: bytes, who: Person) -> int:
        """Create and change them all, or none; how many. Raises BadInput."""


class UserBook(Protocol):
    """Who may log in, as the administrator keeps it."""

    async def add(self, form: UserForm, password_hash: str, who: Person) -> UserId:
        """Create a user whose password is for one log-in. Raises BadInput with the field."""

    async def change(self, user: UserId, form: UserForm, who: Person) -> None:
        """Change name, roles, unit and seat. Raises BadInput, NoSuch."""

    async def log_out(self, user: UserId, who: Person) -> None:
        """End every session of a user."""

    async def history(self, user: UserId) -> Sequence[Change]:
        """What was changed about a user, newest first."""

    async def table(self) -> bytes:
        """Every user as CSV, without anything secret."""

    async def read(self, content: bytes) -> tuple[TablePreview, tuple[UserForm, ...]]:
        """The new users in a table; none of them where a row is wrong. Raises BadInput."""
