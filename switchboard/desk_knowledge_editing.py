"""What editors do beside writing: what waits for whom, trying out, recalls, the units' own bases.

Implements :class:`agent_desk.knowledge_editing_views.KnowledgeEditing`.
"""

from __future__ import annotations

import datetime as dt
import re
import secrets
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from typing import Final

from agent_desk.knowledge_editing_views import (
    CheckedPoint,
    EmbargoRow,
    RecallRow,
    SourceRow,
    Todo,
    Tried,
    WaitingPage,
    WaitingRow,
    WindowDay,
)
from agent_desk.knowledge_reading_views import ExpiringPage
from agent_desk.knowledge_views import reader_of
from agent_desk.views import Person
from hotline.calendar import Calendar
from hotline.errors import BadInput, NotAllowed
from hotline.knowledge import MAKERS, Content, Reader, Standing, Version
from hotline.knowledge_clock import CorrectionState, PolicyWindow, policy_window, same_day_missing
from hotline.knowledge_rules import KnowledgeAct, choices, reviewers_needed
from hotline.policy import ZONE, Policy
from hotline.supervision_triggers import case_of
from hotline.words import Role, UnitId, UserId
from ledger.knowledge_rows import ArticleFilter, Held
from ledger.store import Ledger
from switchboard.knowledge_trying import Opened, TryingOut

Rule = Callable[[dt.datetime], Policy]
Expiring = Callable[[Person, dt.datetime], Awaitable[ExpiringPage]]
_SIZE: Final = 50


class DeskEditing:
    """``policy`` gives the city's pack in force at a moment."""

    def __init__(
        self,
        ledger: Ledger,
        *,
        policy: Rule,
        calendar: Calendar,
        search: Opened,
        expiring: Expiring,
    ) -> None:
        """``expiring`` tells what expires soon, and what has."""
        self._ledger = ledger
        self._expiring = expiring
        self._base = ledger.knowledge
        self._policy = policy
        self._calendar = calendar
        self._trying = TryingOut(ledger, search)

    # ------------------------------------------------------------------------------ what waits
    async def waiting(self, by: Person, at: dt.datetime, *, page: int = 1) -> WaitingPage:
        maker = bool(by.roles & MAKERS)
        if not maker and by.unit is None:
            raise NotAllowed("您的角色", "查看待审核的知识")
        wanted = ArticleFilter(standings=(Standing.REVIEW,), owner=None if maker else by.unit)
        found = await self._base.articles.page(wanted, number=page, size=_SIZE, oldest=True)
        held = await self._base.articles.some([one.id for one in found.items])
        names, policy = await self._names(), self._policy(at)
        needed, article = reviewers_needed(policy)
        rows = [_waiting(held[one.id], reader_of(by), policy, names) for one in found.items]
        return WaitingPage(
            rows=tuple(rows),
            total=found.total,
            size=found.size,
            needed=needed,
            article=article.number if article else "",
        )

    async def todo(self, by: Person, at: dt.datetime) -> Todo:
        maker = bool(by.roles & MAKERS)
        if not maker and by.unit is None:
            return Todo()
        unit = None if maker else by.unit
        waiting = ArticleFilter(standings=(Standing.REVIEW,), owner=unit)
        states = (CorrectionState.REPORTED, CorrectionState.CONFIRMED)
        # The nearest date first: those past it stand on the first page.
        wrong = await self._base.corrections.page(states, unit=unit, size=_SIZE)
        expiring = await self._expiring(by, at)
        mine = Todo(
            review=(await self._base.articles.page(waiting, size=1)).total,
            corrections=wrong.total,
            late=sum(one.overdue(at) for one in wrong.items),
            rule=case_of(self._policy(at), "knowledge_stale"),
            soon=expiring.soon,
            over=expiring.over,
        )
        if not maker:
            return mine
        recalls = await self._base.recalls.page(size=_SIZE)
        return replace(
            mine,
            policies=len(await self.embargoed(by, at)),
            contributions=(await self._base.contributions.page("waiting", size=1)).total,
            recalls=sum(one.owed for one in recalls.items),
        )

    async def embargoed(self, by: Person, at: dt.datetime) -> tuple[EmbargoRow, ...]:
        _only_makers(by, "查看公开前的政策")
        held = await self._base.articles.some(await self._base.articles.embargoed())
        policy, rows = self._policy(at), []
        for one in held.values():
            version = one.latest
            public_at = version.content.embargo_until
            if public_at is None:
                continue
            missing = same_day_missing(version.content, version.standing, at)
            day = public_at.astimezone(ZONE).date()
            if public_at <= at and not missing and day != at.astimezone(ZONE).date():
                continue
            window = policy_window(policy, self._calendar, day, at)
            rows.append(
                EmbargoRow(
                    id=one.article,
                    number=version.number,
                    title=version.content.title,
                    unit=version.content.unit,
                    standing=version.standing,
                    public_at=public_at,
                    window=window,
                    days=_days(self._calendar, window),
                    missing=missing,
                    points=_points(version),
                )
            )
        return tuple(sorted(rows, key=lambda row: (row.public_at, row.id)))

    # ------------------------------------------------------------------------------ trying out
    async def try_synonyms(
        self, question: str, group: str | None, words: Sequence[str], by: Person, at: dt.datetime
    ) -> Tried:
        return await self._trying.synonyms(question, group, words, by, at)

    async def try_draft(
        self, content: Content, question: str, by: Person, at: dt.datetime
    ) -> Tried:
        return await self._trying.draft(content, question, by, at)

    # --------------------------------------------------------------------------------- recalls
    async def recalls(self, by: Person, *, page: int = 1) -> tuple[tuple[RecallRow, ...], int]:
        _only_makers(by, "查看召回")
        found = await self._base.recalls.page(number=page, size=_SIZE)
        held = await self._base.articles.some({one.article for one in found.items})
        names = await self._names()
        versions = {
            (version.article, version.number): version
            for one in held.values()
            for version in one.versions
        }
        rows = []
        for one in found.items:
            version = next(
                (v for key, v in versions.items() if key == (one.article, one.number)), None
            )
            if version is not None:
                rows.append(
                    RecallRow(
                        id=version.article,
                        number=one.number,
                        title=version.content.title,
                        at=one.at,
                        by=names.get(one.by, one.by),
                        calls=one.calls,
                        tasks=one.tasks,
                        owed=one.owed,
                        reason=version.reason,
                    )
                )
        return tuple(rows), found.total

    # --------------------------------------------------------------------------------- sources
    async def sources(self) -> tuple[SourceRow, ...]:
        units = {one.code: one.name for one in await self._ledger.units.all()}
        return tuple(
            SourceRow(
                name=one.name,
                unit=units.get(one.unit, one.unit),
                made_at=one.made_at,
                revoked_at=one.revoked_at,
            )
            for one in await self._base.sources.all()
        )

    async def open_source(self, name: str, unit: UnitId, by: Person) -> str:
        _only_makers(by, "登记单位的知识库")
        if not re.fullmatch(r"[A-Za-z0-9_-]{2,40}", name):
            raise BadInput("name", "名称只能用字母、数字、- 和 _，2至40个")
        if unit not in {one.code for one in await self._ledger.units.all() if not one.closed}:
            raise BadInput("unit", "没有这个单位，请重新选择")
        token = secrets.token_urlsafe(32)
        await self._base.sources.add(name, unit, token, by=by.id)
        return token

    async def revoke_source(self, name: str, by: Person) -> None:
        _only_makers(by, "停用单位的知识库")
        await self._base.sources.revoke(name, by=by.id)

    async def _names(self) -> Mapping[UserId, str]:
        return {user.id: user.display_name for user in await self._ledger.accounts.users()}


def _only_makers(by: Person, what: str) -> None:
    if not by.roles & MAKERS:
        raise NotAllowed("您的角色", what)


def _waiting(held: Held, reader: Reader, policy: Policy, names: Mapping[UserId, str]) -> WaitingRow:
    version = held.latest
    acts = choices(version, reader, policy)
    published = [one.number for one in held.versions if one.standing is Standing.PUBLISHED]
    return WaitingRow(
        id=held.article,
        number=version.number,
        expected=held.version,
        title=version.content.title,
        unit=version.content.unit,
        reach=version.content.reach,
        author=names.get(version.author, version.author),
        submitted_at=version.submitted_at,
        reviewers=tuple(names.get(one.by, one.by) for one in version.reviews if one.passed),
        acts=acts,
        why_not=_why_not(version, reader, acts),
        replaces=published[-1] if published else None,
    )


def _why_not(version: Version, reader: Reader, acts: Sequence[KnowledgeAct]) -> str:
    """Why this person cannot review; empty where an act is there."""
    if acts:
        return ""
    if reader.id == version.author:
        return "您写的，请由另一人审核"
    if any(one.by == reader.id for one in version.reviews):
        passed = Role.EDITOR in reader.roles
        return "您审核过了，等另一人审核" if passed else "您审核过了，等知识编辑发布"
    return "等热线审核"


def _days(calendar: Calendar, window: PolicyWindow) -> tuple[WindowDay, ...]:
    """Backwards from the day of publication, as the window is counted, told forwards."""
    first, last, found = window.first, window.last, []
    if first is None or last is None:
        return ()
    day, count = window.public_on, 0
    found.append(WindowDay(day=day, count=None, why="公开", asked=False))
    while day > first:
        day -= dt.timedelta(days=1)
        kind = calendar.look(day)
        count += kind.working
        counted = count if kind.working else None
        found.append(WindowDay(day=day, count=counted, why=kind.why, asked=day <= last))
    return tuple(reversed(found))


def _points(version: Version) -> tuple[CheckedPoint, ...]:
    """The list of the day of publication: 培训、解读、发布之日同步上传 (第二十一条（二）)."""
    content = version.content
    reading = any("解读" in one.heading for one in content.passages)
    ready = version.standing is Standing.PUBLISHED
    return (
        CheckedPoint("已发布，到公开时间自动显示" if ready else "审核发布", ready),
        CheckedPoint("政策原文（依据写明文件）", bool(content.grounds)),
        CheckedPoint("政策解读（写有“解读”栏目）", reading),
        CheckedPoint("常见问法", bool(content.asked)),
        CheckedPoint("配合热线做好培训", None),
    )
