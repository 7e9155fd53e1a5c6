"""What editors do beside writing, in memory: the lists are what a test puts there."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from agent_desk.knowledge_editing_views import (
    EmbargoRow,
    FoundRow,
    RecallRow,
    SourceRow,
    Todo,
    Tried,
    WaitingPage,
    WaitingRow,
)
from agent_desk.views import Person
from hotline.errors import NoSuch
from hotline.knowledge import Content
from hotline.words import UnitId


class FakeEditing:
    """Notes what was asked for."""

    def __init__(self) -> None:
        self.rows: tuple[WaitingRow, ...] = ()
        self.policies: tuple[EmbargoRow, ...] = ()
        self.called_back: tuple[RecallRow, ...] = ()
        self.waits = Todo()
        self.bases: dict[str, SourceRow] = {}

    async def waiting(self, by: Person, at: dt.datetime, *, page: int = 1) -> WaitingPage:
        return WaitingPage(rows=self.rows, total=len(self.rows), size=50, needed=1, article="")

    async def todo(self, by: Person, at: dt.datetime) -> Todo:
        return self.waits

    async def embargoed(self, by: Person, at: dt.datetime) -> tuple[EmbargoRow, ...]:
        return self.policies

    async def try_synonyms(
        self, question: str, group: str | None, words: Sequence[str], by: Person, at: dt.datetime
    ) -> Tried:
        found = FoundRow(id="gjj", title="公积金提取", unit="公积金中心", internal=False, mine=True)
        return Tried(question=question, before=(), after=(found,), meant=("gjj（又叫公积金）",))

    async def try_draft(
        self, content: Content, question: str, by: Person, at: dt.datetime
    ) -> Tried:
        found = FoundRow(
            id="new", title=content.title, unit=content.unit, internal=False, mine=True
        )
        return Tried(question=question, before=(), after=(found,))

    async def recalls(self, by: Person, *, page: int = 1) -> tuple[tuple[RecallRow, ...], int]:
        return self.called_back, len(self.called_back)

    async def sources(self) -> tuple[SourceRow, ...]:
        return tuple(self.bases.values())

    async def open_source(self, name: str, unit: UnitId, by: Person) -> str:
        made = dt.datetime(2026, 9, 28, tzinfo=dt.UTC)
        self.bases[name] = SourceRow(name=name, unit=unit, made_at=made, revoked_at=None)
        return "a-token-shown-once"

    async def revoke_source(self, name: str, by: Person) -> None:
        if self.bases.pop(name, None) is None:
            raise NoSuch("知识来源", name)
