"""Marks of agents in memory, for pages."""

from __future__ import annotations

import datetime as dt

from agent_desk.learning_views import ArticleLead, LeadTimes, MarkedWrong, MarkKind
from agent_desk.views import Person
from hotline.errors import NoSuch
from hotline.words import CallId


class FakeLearning:
    """Implements :class:`agent_desk.learning_views.Learning`."""

    def __init__(self) -> None:
        self.marks: dict[tuple[CallId, str, int], MarkKind] = {}
        self.told: list[tuple[CallId, str, int, MarkKind | None]] = []
        self.wrong: list[MarkedWrong] = []
        self.undone: list[str] = []
        self.refused: Exception | None = None

    async def mark(
        self,
        call: CallId,
        article: str,
        version: int,
        kind: MarkKind | None,
        *,
        by: Person,
        at: dt.datetime,
    ) -> None:
        if self.refused:
            raise self.refused
        self.told.append((call, article, version, kind))
        if kind is None:
            self.marks.pop((call, article, version), None)
        else:
            self.marks[call, article, version] = kind

    async def marked_wrong(
        self, since: dt.date, by: Person, at: dt.datetime
    ) -> tuple[MarkedWrong, ...]:
        return tuple(self.wrong)

    async def undo(self, mark: str, *, by: Person, at: dt.datetime) -> None:
        if mark not in {one.id for one in self.wrong}:
            raise NoSuch("对知识的标记", mark)
        self.undone.append(mark)

    async def lead_times(self, since: dt.date) -> LeadTimes:
        card = ArticleLead(
            article="env-night-work",
            title="夜间施工",
            adopted=4,
            measured=3,
            ahead=2,
            median_s=1.5,
        )
        return LeadTimes(
            since=since,
            with_cards=9,
            adopted=4,
            measured=3,
            ahead=2,
            median_s=1.5,
            slowest_tenth_s=-0.3,
            articles=(card,),
        )
