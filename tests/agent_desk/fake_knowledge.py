"""The knowledge base of the tests of pages, in memory: real rules, nothing kept."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Literal

from agent_desk.knowledge_views import (
    ArticleFull,
    ArticlePage,
    ArticleQuery,
    ArticleRow,
    ArticleSaved,
    ContributionState,
    ContributionView,
    CorrectionPage,
    EntryTaken,
    FileKind,
    ImportPreview,
    Insights,
    SynonymView,
    ToldCall,
    UseKind,
    reader_of,
)
from agent_desk.notice_views import (
    NoticeShown,
    Urgents,
    UrgentShown,
    UrgentStatus,
    shown_notice,
)
from agent_desk.views import Person
from hotline.errors import NoSuch, NotAllowed
from hotline.knowledge import (
    ArticleId,
    Content,
    Sight,
    Standing,
    Version,
    answering,
    in_force,
    sight,
)
from hotline.knowledge_clock import Correction, CorrectionState
from hotline.knowledge_notices import (
    Notice,
    NoticeKind,
    UrgentWords,
    check_notice,
    check_urgent,
    matching,
    places_of,
)
from hotline.knowledge_rules import KnowledgeAct, acted, choices, lacks
from hotline.words import AgentId, CallId, Phone, UnitId, UserId
from tests.hotline.shipped import policy


class FakeKnowledge:
    """Articles by id."""

    def __init__(self) -> None:
        self.articles: dict[ArticleId, list[Version]] = {}
        self.changes: dict[ArticleId, int] = {}
        self.work = FakeKnowledgeWork()
        self.door = FakeDoor()

    def put(self, article: str, content: Content, standing: Standing, at: dt.datetime) -> Version:
        """A version for a test to begin with."""
        id_ = ArticleId(article)
        versions = self.articles.setdefault(id_, [])
        published = at if standing is Standing.PUBLISHED else None
        version = Version(
            article=id_,
            number=len(versions) + 1,
            content=content,
            standing=standing,
            author=self.work.author,
            made_at=at,
            published_at=published,
        )
        versions.append(version)
        self.changes[id_] = self.changes.get(id_, 0) + 1
        return version

    async def browse(self, query: ArticleQuery, by: Person, at: dt.datetime) -> ArticlePage:
        reader, rows = reader_of(by), []
        for id_, versions in sorted(self.articles.items()):
            seen = [one for one in versions if sight(one, reader, at) is not Sight.HIDDEN]
            if seen and query.words in seen[-1].content.title:
                rows.append(_row(id_, seen))
        counts = {one: sum(row.standing is one for row in rows) for one in Standing}
        start = (query.page - 1) * query.size
        part = tuple(rows[start : start + query.size])
        return ArticlePage(
            rows=part, total=len(rows), size=query.size, counts=counts, categories=("社会保障",)
        )

    async def one(self, article: str, by: Person, at: dt.datetime) -> ArticleFull:
        versions, reader = self._versions(article), reader_of(by)
        seen = tuple(one for one in versions if sight(one, reader, at) is not Sight.HIDDEN)
        if not seen:
            raise NoSuch("知识", article)
        now = in_force(versions, at)
        return ArticleFull(
            id=ArticleId(article),
            expected=self.changes[ArticleId(article)],
            versions=seen,
            in_force=now.number if now else None,
            sight=sight(seen[-1], reader, at),
            acts=choices(seen[-1], reader, policy("zhaoqing")),
            may_edit=False,
            lacks=lacks(seen[-1].content),
            reviewers_needed=1,
            reviewers_article="",
            window=None,
            same_day="",
            days_left=None,
            origins=(),
            corrections=(),
            recalls_open=0,
            names={},
        )

    async def answer(self, article: str, by: Person | None, at: dt.datetime) -> Version | None:
        return answering(self.articles.get(ArticleId(article), []), reader_of(by), at)

    async def save(
        self, article: str | None, content: Content, *, expected: int, by: Person, at: dt.datetime
    ) -> ArticleSaved:
        id_ = article or f"kb-{len(self.articles) + 1}"
        made = self.put(id_, content, Standing.DRAFT, at)
        self.articles[made.article][-1] = replace(made, author=by.id)
        return self._saved(made)

    async def act(
        self,
        article: str,
        number: int,
        act: KnowledgeAct,
        *,
        expected: int,
        by: Person,
        at: dt.datetime,
        note: str = "",
    ) -> ArticleSaved:
        version = self._versions(article)[number - 1]
        after = acted(version, act, reader_of(by), at, policy("zhaoqing"), note)
        self.articles[version.article][number - 1] = after
        self.changes[version.article] += 1
        return self._saved(after)

    def _versions(self, article: str) -> list[Version]:
        if ArticleId(article) not in self.articles:
            raise NoSuch("知识", article)
        return self.articles[ArticleId(article)]

    def _saved(self, version: Version) -> ArticleSaved:
        return ArticleSaved(
            id=version.article,
            number=version.number,
            standing=version.standing,
            expected=self.changes[version.article],
        )


def _row(id_: ArticleId, seen: Sequence[Version]) -> ArticleRow:
    newest = seen[-1]
    return ArticleRow(
        id=id_,
        title=newest.content.title,
        category=newest.content.category,
        unit=newest.content.unit,
        reach=newest.content.reach,
        standing=newest.standing,
        latest=newest.number,
        published=next((one.number for one in reversed(seen) if one.published_at), None),
        owner=newest.owner,
        valid_to=newest.content.valid_to,
        days_left=None,
        changed_at=newest.made_at,
    )


class FakeKnowledgeWork:
    """Notes what was asked for; its lists are what a test puts there."""

    def __init__(self) -> None:
        self.author = UserId("author")
        self.done: list[tuple[str, tuple[object, ...]]] = []
        self.open: list[Correction] = []
        self.offered: list[ContributionView] = []
        self.groups: dict[str, SynonymView] = {}
        self.calls: tuple[ToldCall, ...] = ()
        self.preview = ImportPreview(lines=())
        self.learnt = Insights(
            since=dt.date(2026, 9, 1), unfound=(), used=(), marked_wrong=(), unused=()
        )

    async def report(
        self, article: str, number: int, what: str, *, by: Person, key: str, at: dt.datetime
    ) -> Correction:
        made = Correction(
            id=key,
            article=article,
            number=number,
            state=CorrectionState.REPORTED,
            what=what,
            reported_by=by.id,
            reported_at=at,
        )
        self.open.append(made)
        return made

    async def corrections(
        self, states: Sequence[CorrectionState], by: Person, at: dt.datetime, *, page: int = 1
    ) -> CorrectionPage:
        rows = tuple(one for one in self.open if not states or one.state in states)
        return CorrectionPage(rows=rows, titles={}, total=len(rows), size=50, silence="")

    async def confirm(
        self, correction: str, unit: UnitId | None, *, by: Person, at: dt.datetime
    ) -> Correction:
        return self._turned(correction, CorrectionState.CONFIRMED, unit=unit, confirmed_at=at)

    async def close(
        self, correction: str, *, fixed: bool, note: str, by: Person, at: dt.datetime
    ) -> Correction:
        state = CorrectionState.FIXED if fixed else CorrectionState.DISMISSED
        return self._turned(correction, state, note=note, closed_at=at)

    def _turned(self, id_: str, state: CorrectionState, **more: Any) -> Correction:
        for place, one in enumerate(self.open):
            if one.id == id_:
                self.open[place] = replace(one, state=state, **more)
                return self.open[place]
        raise NoSuch("纠错任务", id_)

    async def told(self, article: str, number: int, by: Person) -> tuple[ToldCall, ...]:
        return self.calls

    async def recall(
        self, article: str, number: int, calls: Sequence[CallId], by: Person, at: dt.datetime
    ) -> int:
        self.done.append(("recall", (article, number, *calls)))
        return len(calls)

    async def contribute(
        self, question: str, answer: str, contact: str, *, key: str, at: dt.datetime
    ) -> None:
        self.offered.append(
            ContributionView(
                id=key,
                state="waiting",
                question=question,
                answer=answer,
                contact=contact,
                made_at=at,
                decided_at=None,
                article="",
                note="",
            )
        )

    async def contributions(
        self, state: ContributionState | None, by: Person, *, page: int = 1
    ) -> tuple[tuple[ContributionView, ...], int]:
        rows = tuple(one for one in self.offered if state in (None, one.state))
        return rows, len(rows)

    async def take(self, contribution: str, *, by: Person, at: dt.datetime) -> ArticleSaved:
        self.done.append(("take", (contribution,)))
        article = ArticleId(f"gx-{contribution[:12]}")
        return ArticleSaved(id=article, number=1, standing=Standing.DRAFT, expected=1)

    async def decline(self, contribution: str, note: str, *, by: Person) -> None:
        self.done.append(("decline", (contribution, note)))

    async def synonyms(self) -> tuple[SynonymView, ...]:
        return tuple(self.groups.values())

    async def put_synonyms(
        self, group: str | None, words: Sequence[str], *, expected: int, by: Person
    ) -> SynonymView:
        id_ = group or f"s{len(self.groups) + 1}"
        self.groups[id_] = SynonymView(id=id_, words=tuple(words), expected=expected + 1)
        return self.groups[id_]

    async def remove_synonyms(self, group: str, *, by: Person) -> None:
        if self.groups.pop(group, None) is None:
            raise NoSuch("同义词", group)

    async def insights(self, since: dt.date) -> Insights:
        return self.learnt

    async def asked(
        self, words: str, *, found: bool, at: dt.datetime, by: Person | None = None
    ) -> None:
        self.done.append(("asked", (words, found)))

    async def used(self, article: str, kind: UseKind, at: dt.datetime) -> None:
        self.done.append(("used", (article, kind)))

    async def import_file(
        self,
        content: bytes,
        name: str,
        *,
        by: Person,
        at: dt.datetime,
        take: bool = False,
        partly: bool = False,
    ) -> ImportPreview:
        self.done.append(("import", (name, take, partly)))
        return replace(self.preview, taken=take)

    async def export_file(self, kind: FileKind, by: Person) -> bytes:
        return kind.encode()


class FakeDoor:
    """Opens for one token and remembers what came."""

    def __init__(self) -> None:
        self.token = "the-token-of-a-unit"
        self.entries: dict[str, object] = {}

    async def take(self, token: str, external: str, entry: object, at: dt.datetime) -> EntryTaken:
        if token != self.token:
            raise NotAllowed("这个令牌", "报送知识")
        known = self.entries.get(external) == entry
        self.entries[external] = entry
        change: Literal["new", "same"] = "same" if known else "new"
        return EntryTaken(article=ArticleId("u-1"), number=1, change=change)


class FakeNotices:
    """Urgent wordings and notices in memory, matched by the real rules."""

    def __init__(self, now: Callable[[], dt.datetime]) -> None:
        self._now = now
        self.words: dict[str, UrgentWords] = {}
        self.posted: dict[str, Notice] = {}
        self.addresses: dict[str, list[str]] = {}
        self.changed: Callable[[], None] = lambda: None
        """What the screens are told by."""

    def urgent_for(self, agent: AgentId) -> Urgents:
        now = self._now()
        return Urgents(
            items=tuple(
                UrgentShown(
                    id=one.id,
                    title=one.title,
                    words=one.words,
                    made_at=one.made_at,
                    until=one.until,
                    acknowledged=any(who == agent for who, _ in one.acknowledged),
                )
                for one in reversed(self.words.values())
                if one.active(now)
            )
        )

    def at_place(self, address: str) -> tuple[NoticeShown, ...]:
        now = self._now()
        found = matching(self.posted.values(), [address], now)
        return tuple(shown_notice(one, now) for one in found)

    async def of_caller(self, caller: Phone) -> tuple[NoticeShown, ...]:
        now = self._now()
        found = matching(self.posted.values(), self.addresses.get(caller.digits, []), now)
        return tuple(shown_notice(one, now) for one in found)

    async def post_urgent(
        self, title: str, words: str, until: dt.datetime, *, by: Person, key: str, article: str = ""
    ) -> UrgentWords:
        made = UrgentWords(
            id=key, title=title, words=words, made_by=by.id, made_at=self._now(), until=until
        )
        check_urgent(made)
        self.words[key] = made
        self.changed()
        return made

    async def withdraw_urgent(self, id: str, *, by: Person) -> UrgentWords:
        self.words[id] = replace(self._urgent(id), withdrawn_at=self._now())
        self.changed()
        return self.words[id]

    async def acknowledge(self, id: str, *, by: Person) -> UrgentWords:
        if by.agent is None:
            raise NotAllowed(f"{by.name}没有席位，", "确认口径")
        one = self._urgent(id)
        self.words[id] = replace(one, acknowledged=(*one.acknowledged, (by.agent, self._now())))
        self.changed()
        return self.words[id]

    def _urgent(self, id_: str) -> UrgentWords:
        if id_ not in self.words:
            raise NoSuch("紧急口径", id_)
        return self.words[id_]

    async def urgent_status(self, limit: int = 50) -> Sequence[UrgentStatus]:
        return [
            UrgentStatus(
                words=one,
                read=tuple((agent, f"坐席{agent}", at) for agent, at in one.acknowledged),
                waiting=(),
            )
            for one in reversed(self.words.values())
        ]

    async def notices(self, limit: int = 100) -> Sequence[Notice]:
        return list(self.posted.values())[-limit:]

    async def post_notice(
        self,
        kind: NoticeKind,
        title: str,
        words: str,
        places: str,
        *,
        starts_at: dt.datetime,
        ends_at: dt.datetime,
        by: Person,
        key: str,
        district: str = "",
        unit: UnitId | None = None,
    ) -> Notice:
        made = Notice(
            id=key,
            kind=kind,
            title=title,
            words=words,
            places=places_of(places),
            starts_at=starts_at,
            ends_at=ends_at,
            made_by=by.id,
            made_at=self._now(),
            district=district,
            unit=unit,
        )
        check_notice(made)
        self.posted[key] = made
        return made

    async def withdraw_notice(self, id: str, *, by: Person) -> Notice:
        if id not in self.posted:
            raise NoSuch("通知", id)
        self.posted[id] = replace(self.posted[id], withdrawn_at=self._now())
        return self.posted[id]
