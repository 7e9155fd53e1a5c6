"""The dispatch directory (派单目录) as its page shows it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Protocol

from agent_desk.views import Person


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectoryVersion:
    """A version in the list; ``now``: in force at present."""

    number: int
    effective_from: dt.date
    origin: str
    count: int
    now: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectoryEntry:
    """One matter, in words; ``days`` are its own, empty where it follows its version."""

    item: str
    unit_name: str
    sub_office: str
    limit: str
    basis: str
    keywords: str
    days: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectoryNow:
    """Every version, newest first, and the entries of ``shown`` (None: there is no version)."""

    versions: tuple[DirectoryVersion, ...] = ()
    shown: DirectoryVersion | None = None
    entries: tuple[DirectoryEntry, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class WrongCell:
    """One cell to put right."""

    row: int
    column: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectoryPreview:
    """What an import would change: ``wrong`` alone, or ``lines`` that say it."""

    number: int
    effective_from: dt.date
    wrong: tuple[WrongCell, ...] = ()
    lines: tuple[str, ...] = ()


class Directories(Protocol):
    """The dispatch directory of this city."""

    async def now(self, number: int | None, at: dt.datetime) -> DirectoryNow:
        """The versions, with one of them open: of that number, else the one in force, else the
        newest. Raises NoSuch."""

    async def preview(
        self, content: bytes, origin: str, since: str, at: dt.datetime
    ) -> DirectoryPreview:
        """What a file would change. Raises BadInput."""

    async def csv(self, number: int | None, at: dt.datetime) -> tuple[str, bytes]:
        """A version as a table program takes it, with a name for the file: the one asked for, else
        the one in force. Imported again it is the same. Raises BadInput."""

    async def bring_in(
        self,
        content: bytes,
        origin: str,
        since: str,
        after: int,
        at: dt.datetime,
        who: Person,
    ) -> int:
        """Let a file take force as the version that follows ``after``; its number. Raises BadInput
        where a row is wrong or somebody imported another one since."""
