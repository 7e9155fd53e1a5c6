"""Corrections, recalls, contributions, synonyms, what is learnt, files.

Implements :class:`agent_desk.knowledge_views.KnowledgeWork`.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

from agent_desk.knowledge_views import (
    ArticleSaved,
    ArticleUse,
    ContributionState,
    ContributionView,
    CorrectionPage,
    FileKind,
    ImportPreview,
    Insights,
    SynonymView,
    ToldCall,
    Unfound,
    UseKind,
    reader_of,
)
from agent_desk.views import Person
from hotline.calendar import Calendar
from hotline.errors import BadInput, ImpossibleMove, NoSuch, NotAllowed, Objected
from hotline.knowledge import MAKERS, ArticleId, Content, Sight, Standing, sight
from hotline.knowledge_clock import (
    CORRECTION_NAMES,
    Correction,
    CorrectionState,
    correction_deadline,
    correction_silence,
)
from hotline.policy import ZONE, Policy
from hotline.words import CallId, Role, UnitId, UserId
from ledger.knowledge_counts import SynonymGroup, Used
from ledger.knowledge_work import Contribution
from ledger.store import Ledger
from switchboard.desk_knowledge import DeskKnowledge
from switchboard.knowledge_files import KnowledgeFiles
from switchboard.knowledge_told import told_by
from switchboard.unfound import grouped, plain_question, sound_of_question

Rule = Callable[[dt.datetime], Policy]
MOST_CONTRIBUTIONS: Final = 200
"""From the public page in a day, over everybody: more is a machine, and is told to come again."""
_SAME_QUESTION: Final = dt.timedelta(minutes=10)
_REMEMBERED: Final = 2_000
_STATES: Final = tuple(CorrectionState)
_OFFERED: Final = {"question": "问题", "answer": "答案", "contact": "联系方式"}


class DeskKnowledgeWork:
    """``articles`` is where drafts go that come of contributions."""

    def __init__(
        self, ledger: Ledger, articles: DeskKnowledge, *, policy: Rule, calendar: Calendar
    ) -> None:
        self._ledger = ledger
        self._base = ledger.knowledge
        self._articles = articles
        self._policy = policy
        self._calendar = calendar
        self._files = KnowledgeFiles(ledger)
        self._asked: OrderedDict[tuple[UserId, str], dt.datetime] = OrderedDict()

    # ------------------------------------------------------------------------------ corrections
    async def report(
        self, article: str, number: int, what: str, *, by: Person, key: str, at: dt.datetime
    ) -> Correction:
        if not what.strip() or len(what) > 2000:
            raise BadInput("what", "请写明哪里有错，最多2000字")
        held = await self._base.articles.one(article)
        version = next((one for one in held.versions if one.number == number), None)
        if version is None or sight(version, reader_of(by), at) is Sight.HIDDEN:
            raise NoSuch("知识版本", f"{article} 第{number}版")
        id_ = str(uuid.uuid5(uuid.NAMESPACE_URL, f"correction {by.id} {key}"))
        correction = Correction(
            id=id_,
            article=article,
            number=number,
            state=CorrectionState.REPORTED,
            what=what.strip(),
            reported_by=by.id,
            reported_at=at,
            unit=held.owner,
        )
        await self._base.corrections.add(correction)
        return await self._base.corrections.one(id_)

    async def corrections(
        self, states: Sequence[CorrectionState], by: Person, at: dt.datetime, *, page: int = 1
    ) -> CorrectionPage:
        unit = None
        if not by.roles & (MAKERS | {Role.AUDITOR}):
            if Role.OFFICER not in by.roles or by.unit is None:
                raise NotAllowed("您的角色", "查看纠错任务")
            unit = by.unit
        found = await self._base.corrections.page(states or _STATES, unit=unit, number=page)
        held = await self._base.articles.some({one.article for one in found.items})
        policy = self._policy(at)
        silent = policy.knowledge.error_fix.value is None
        sentence, searched = correction_silence(policy)
        return CorrectionPage(
            rows=found.items,
            titles={id_: one.latest.content.title for id_, one in held.items()},
            total=found.total,
            size=found.size,
            silence=f"{sentence}（已查{'、'.join(searched)}）" if silent else "",
        )

    async def confirm(
        self, correction: str, unit: UnitId | None, *, by: Person, at: dt.datetime
    ) -> Correction:
        one = await self._base.corrections.one(correction)
        self._only_hotline(by, "核查知识")
        self._only_in(one, CorrectionState.REPORTED, "确认有错")
        after = replace(
            one,
            state=CorrectionState.CONFIRMED,
            unit=unit or one.unit,
            confirmed_at=at,
            deadline=correction_deadline(self._policy(at), self._calendar, at),
            note="",
        )
        what = "knowledge.correction.confirm"
        return await self._base.corrections.save(after, by=by.id, what=what)

    async def close(
        self, correction: str, *, fixed: bool, note: str, by: Person, at: dt.datetime
    ) -> Correction:
        one = await self._base.corrections.one(correction)
        if fixed:
            self._only_in(one, CorrectionState.CONFIRMED, "办结为已补正")
            if not by.roles & MAKERS and not (Role.OFFICER in by.roles and by.unit == one.unit):
                raise NotAllowed("您的角色", "办结其他单位的纠错任务")
            await self._must_be_newer(one)
        else:
            self._only_hotline(by, "核查知识")
            self._only_in(one, CorrectionState.REPORTED, "认定无误")
            if not note.strip():
                raise BadInput("note", "请写明核查结果")
        state = CorrectionState.FIXED if fixed else CorrectionState.DISMISSED
        after = replace(one, state=state, closed_at=at, note=note.strip())
        what = f"knowledge.correction.{state}"
        return await self._base.corrections.save(after, by=by.id, what=what)

    async def _must_be_newer(self, one: Correction) -> None:
        """Put right means: a newer version was published, or the wrong one was withdrawn."""
        held = await self._base.articles.one(one.article)
        newer = any(
            version.number > one.number and version.published_at is not None
            for version in held.versions
        )
        gone = any(
            version.number == one.number and version.standing is Standing.WITHDRAWN
            for version in held.versions
        )
        if not newer and not gone:
            raise Objected("还没有发布改正后的一版，也没有召回有错的一版，不能办结")

    @staticmethod
    def _only_hotline(by: Person, what: str) -> None:
        if not by.roles & MAKERS:
            raise NotAllowed("您的角色", what)

    @staticmethod
    def _only_in(one: Correction, state: CorrectionState, what: str) -> None:
        if one.state is not state:
            raise ImpossibleMove("这件纠错", CORRECTION_NAMES[one.state], what)

    # --------------------------------------------------------------------------------- recalls
    async def told(self, article: str, number: int, by: Person) -> tuple[ToldCall, ...]:
        self._only_hotline(by, "召回知识")
        return await told_by(self._ledger, article, number)

    async def recall(
        self, article: str, number: int, calls: Sequence[CallId], by: Person, at: dt.datetime
    ) -> int:
        self._only_hotline(by, "召回知识")
        known = {one.call for one in await self._base.recalls.told(article, number)}
        if strange := set(calls) - known:
            raise BadInput("calls", f"有{len(strange)}通电话没有用过这一版，请重新预览")
        policy = self._policy(at).version
        return await self._base.recalls.begin(article, number, calls, by=by.id, policy=policy)

    # ---------------------------------------------------------------------------- contributions
    async def contribute(
        self, question: str, answer: str, contact: str, *, key: str, at: dt.datetime
    ) -> None:
        for field, text, longest in (
            ("question", question, 200),
            ("answer", answer, 2000),
            ("contact", contact, 100),
        ):
            if field == "question" and not text.strip():
                raise BadInput(field, "请写明您想问什么")
            if len(text) > longest:
                raise BadInput(field, f"{_OFFERED[field]}最多{longest}字，请写短一些")
        midnight = at.astimezone(ZONE).replace(hour=0, minute=0, second=0, microsecond=0)
        if await self._base.contributions.since(midnight) >= MOST_CONTRIBUTIONS:
            raise Objected("今天收到的投稿已经很多，请明天再来")
        await self._base.contributions.add(
            Contribution(
                id=str(uuid.uuid5(uuid.NAMESPACE_URL, f"contribution {key}")),
                state="waiting",
                question=question.strip(),
                answer=answer.strip(),
                contact=contact.strip(),
                made_at=at,
            )
        )

    async def contributions(
        self, state: ContributionState | None, by: Person, *, page: int = 1
    ) -> tuple[tuple[ContributionView, ...], int]:
        self._only_hotline(by, "审核投稿")
        found = await self._base.contributions.page(state, number=page)
        return tuple(_contribution(one) for one in found.items), found.total

    async def take(self, contribution: str, *, by: Person, at: dt.datetime) -> ArticleSaved:
        self._only_hotline(by, "采用投稿")
        one = await self._base.contributions.one(contribution)
        if one.state != "waiting":
            raise ImpossibleMove("这条投稿", "已处理", "采用")
        # The draft's id follows from the contribution: taken twice, it is one draft.
        article = f"gx-{one.id[:12]}"
        content = Content(
            title=one.question, words=one.answer, asked=(one.question,), source="群众投稿（已审核）"
        )
        known = (await self._base.articles.some([article])).get(ArticleId(article))
        if known is None:
            saved = await self._articles.save(article, content, expected=0, by=by, at=at)
        else:
            saved = ArticleSaved(
                id=known.article,
                number=known.latest.number,
                standing=known.latest.standing,
                expected=known.version,
            )
        await self._base.contributions.decide(one, "taken", by=by.id, article=article)
        return saved

    async def decline(self, contribution: str, note: str, *, by: Person) -> None:
        self._only_hotline(by, "审核投稿")
        one = await self._base.contributions.one(contribution)
        if one.state != "waiting":
            raise ImpossibleMove("这条投稿", "已处理", "不采用")
        if not note.strip():
            raise BadInput("note", "请写明为什么不采用")
        await self._base.contributions.decide(one, "declined", by=by.id, note=note.strip()[:500])

    # -------------------------------------------------------------------- synonyms, what is learnt
    async def synonyms(self) -> tuple[SynonymView, ...]:
        return tuple(_synonyms(one) for one in await self._base.synonyms.all())

    async def put_synonyms(
        self, group: str | None, words: Sequence[str], *, expected: int, by: Person
    ) -> SynonymView:
        self._only_hotline(by, "维护同义词")
        id_ = group or str(uuid.uuid4())
        made = await self._base.synonyms.put(id_, words, expected=expected, by=by.id)
        return _synonyms(made)

    async def remove_synonyms(self, group: str, *, by: Person) -> None:
        self._only_hotline(by, "维护同义词")
        await self._base.synonyms.remove(group, by=by.id)

    async def insights(self, since: dt.date) -> Insights:
        uses = await self._base.counts.uses(since)
        for article, shown in (await self._base.recalls.shown_since(_midnight(since))).items():
            one = uses.get(article, Used(article=article))
            uses[article] = replace(one, shown=one.shown + shown)
        for article, kinds in (await self._base.marks.uses(_midnight(since))).items():
            one = uses.get(article, Used(article=article))
            adopted, wrong = kinds.get("adopted", 0), kinds.get("wrong", 0)
            uses[article] = replace(one, adopted=one.adopted + adopted, wrong=one.wrong + wrong)
        titles = await self._base.articles.titles()
        rows = [
            ArticleUse(
                id=ArticleId(one.article),
                title=titles.get(ArticleId(one.article), (one.article, False))[0],
                shown=one.shown,
                adopted=one.adopted,
                wrong=one.wrong,
            )
            for one in uses.values()
        ]
        rows.sort(key=lambda row: (-row.shown - row.adopted, row.id))
        unused = [
            ArticleUse(id=article, title=title, shown=0, adopted=0, wrong=0)
            for article, (title, published) in sorted(titles.items())
            if published and article not in uses
        ]
        return Insights(
            since=since,
            unfound=tuple(
                Unfound(words=words, asked=asked, missed=missed)
                for words, asked, missed in grouped(
                    [
                        (one.words, one.asked, one.missed)
                        for one in await self._base.counts.not_found(since, limit=500)
                    ]
                )[:50]
            ),
            used=tuple(rows[:100]),
            marked_wrong=tuple(
                sorted((row for row in rows if row.wrong), key=lambda row: -row.wrong)
            ),
            unused=tuple(unused),
        )

    async def asked(
        self, words: str, *, found: bool, at: dt.datetime, by: Person | None = None
    ) -> None:
        plain = plain_question(words)
        sound = sound_of_question(plain)
        if sound and not self._repeats(by, sound, at):
            await self._base.counts.asked(plain, found=found, at=at, sound=sound)

    def _repeats(self, by: Person | None, sound: str, at: dt.datetime) -> bool:
        """Whether this person asked the same just now: a page that is turned or loaded again."""
        if by is None:
            return False
        before = self._asked.pop((by.id, sound), None)
        self._asked[by.id, sound] = at
        while len(self._asked) > _REMEMBERED:
            self._asked.popitem(last=False)
        return before is not None and at - before < _SAME_QUESTION

    async def used(self, article: str, kind: UseKind, at: dt.datetime) -> None:
        if ArticleId(article) not in await self._base.articles.some([article]):
            raise NoSuch("知识", article)
        await self._base.counts.used(article, kind, at)

    # ----------------------------------------------------------------------------------- files
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
        self._only_hotline(by, "导入知识")
        return await self._files.bring_in(content, name, by=by.id, at=at, take=take, partly=partly)

    async def export_file(self, kind: FileKind, by: Person) -> bytes:
        if not by.roles & (MAKERS | {Role.AUDITOR, Role.ADMINISTRATOR}):
            raise NotAllowed("您的角色", "导出知识")
        return await self._files.write_out(kind)


def _midnight(day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(), ZONE)


def _contribution(one: Contribution) -> ContributionView:
    return ContributionView(
        id=one.id,
        state=one.state,
        question=one.question,
        answer=one.answer,
        contact=one.contact,
        made_at=one.made_at,
        decided_at=one.decided_at,
        article=one.article,
        note=one.note,
    )


def _synonyms(one: SynonymGroup) -> SynonymView:
    return SynonymView(id=one.id, words=one.words, expected=one.version)
