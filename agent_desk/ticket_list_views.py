"""The views of the list 工单 that people keep, and acts on many tickets at once."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Protocol

from agent_desk.handling_views import FormField
from agent_desk.views import Person
from hotline.handling_words import Act
from hotline.words import Role, TicketId, UserId


class KeptView(Protocol):
    """A filter under a name; ``first`` is opened when its owner opens 工单."""

    @property
    def id(self) -> str: ...

    @property
    def name(self) -> str: ...

    @property
    def query(self) -> str: ...

    @property
    def first(self) -> bool: ...


class KeptViews(Protocol):
    """The views of each person. Raises BadInput for a name that is taken and NoSuch."""

    async def of(self, owner: UserId) -> Sequence[KeptView]:
        """Somebody's views, by name."""

    async def keep(self, owner: UserId, name: str, query: str) -> KeptView:
        """Keep one."""

    async def rename(self, owner: UserId, id_: str, name: str) -> None:
        """Give it another name."""

    async def open_first(self, owner: UserId, id_: str, *, first: bool) -> None:
        """Open it first, and no other; or none."""

    async def delete(self, owner: UserId, id_: str) -> None:
        """Forget it."""


BULK: Final[Mapping[Role, tuple[Act, ...]]] = MappingProxyType(
    {
        Role.SUPERVISOR: (Act.DISPATCH, Act.REMIND, Act.SUPERVISE, Act.ARCHIVE),
        Role.MANAGER: (Act.SUPERVISE,),
        Role.AGENT: (Act.ARCHIVE,),
    }
)
"""What each role may do to many tickets at once. Whether to this one, the rules say each time."""
MOST: Final = 200
"""Tickets of one bulk act."""


def bulk_acts(person: Person) -> tuple[Act, ...]:
    """The bulk acts of somebody, in one order."""
    theirs = {act for role in person.roles for act in BULK.get(role, ())}
    return tuple(act for act in Act if act in theirs)


@dataclass(frozen=True, slots=True, kw_only=True)
class BulkRow:
    """One ticket of a bulk act: what will happen to it, or ``why`` nothing will (the sentence names
    the article). ``unit`` is whom it would go to."""

    number: TicketId
    summary: str
    status: str
    version: int
    will: str = ""
    why: str = ""
    unit: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class BulkPreview:
    """What a bulk act would do. ``fields`` are asked for once, for all."""

    act: str
    rows: tuple[BulkRow, ...]
    fields: tuple[FormField, ...]

    @property
    def possible(self) -> int:
        return sum(not row.why for row in self.rows)


@dataclass(frozen=True, slots=True, kw_only=True)
class BulkItem:
    """One ticket to act on, as the preview showed it."""

    number: TicketId
    version: int
    unit: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class BulkResult:
    """What became of one ticket: done, or ``why`` not."""

    number: TicketId
    done: str = ""
    why: str = ""


class BulkActs(Protocol):
    """Acts on many tickets. Each ticket is a case of its own: nothing of one stops another."""

    async def preview(
        self, numbers: Sequence[TicketId], act: str, who: Person, at: dt.datetime
    ) -> BulkPreview:
        """What would happen to each. Raises BadInput for an act that is not done to many."""

    async def do(
        self,
        items: Sequence[BulkItem],
        act: str,
        form: Mapping[str, Sequence[str]],
        who: Person,
        at: dt.datetime,
    ) -> Sequence[BulkResult]:
        """Do it, each in a transaction of its own and only to the version that was shown: the same
        again does nothing twice."""
