"""Marks of agents, what they teach, and what was asked and not found.

Implements :class:`agent_desk.learning_views.Learning`. Questions lose names and numbers before they
are kept. The live part (what stood beside a call, what callers ask) plugs in where one listens.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
from collections import defaultdict, deque
from collections.abc import Callable, Mapping
from typing import Final

from agent_desk.learning_views import ArticleLead, LeadTimes, MarkedWrong, MarkKind
from agent_desk.views import Person
from hotline.errors import NotAllowed, Objected
from hotline.knowledge import MAKERS, ArticleId, Reach, in_force
from hotline.policy import ZONE
from hotline.words import CallId, UserId
from kb_search.feedback import LASTS, Mark, Taught, effect_on
from kb_search.terms import terms
from ledger.knowledge_rows import Held
from ledger.knowledge_use import Mark as Kept
from ledger.store import Ledger
from switchboard.lead_time import Stood, median_of, slowest_tenth
from switchboard.unfound import plain_question, sound_of_question

log = logging.getLogger(__name__)

MOST_WAITING: Final = 2_000
RETRY_S: Final = 2.0


def _nothing_known(_call: CallId, _article: str, _at: dt.datetime) -> Stood:
    return Stood()


class DeskLearning:
    """One per process. ``keep`` must be running where callers are listened to."""

    def __init__(
        self, ledger: Ledger, now: Callable[[], dt.datetime], *, retry_s: float = RETRY_S
    ) -> None:
        self._ledger = ledger
        self._base = ledger.knowledge
        self._now = now
        self._retry_s = retry_s
        self._waiting: deque[tuple[str, bool, dt.datetime]] = deque(maxlen=MOST_WAITING)
        self._wake = asyncio.Event()
        self.stood: Callable[[CallId, str, dt.datetime], Stood] = _nothing_known

    # ---------------------------------------------------------------------------------- marks
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
        stood = self.stood(call, article, at)
        mark = Kept(
            kind=kind or "wrong",
            article=article,
            number=version,
            call=call,
            by=by.id,
            at=at,
            question=plain_question(stood.question),
            stood_at=stood.since,
            ended_at=stood.asked_at,
            ended_by=stood.asked_by,
        )
        known = next(iter(await self._base.marks.some([mark.id])), None)
        if kind is None:
            if known is not None:
                await self._base.marks.undo(known.id, by=by.id, at=at)
            return
        if known is not None and known.undone_at is None and known.kind == kind:
            return
        await self._check(mark, here=stood.since is not None)
        await self._base.marks.put(mark)

    async def _check(self, mark: Kept, *, here: bool) -> None:
        """It stood beside this call; what is 内部 is never adopted."""
        shown = await self._ledger.shown.of(mark.call)
        if not here and (mark.article, mark.number) not in {(s.article, s.version) for s in shown}:
            raise Objected("这条知识没有显示在这通电话旁，不能标记")
        held = (await self._base.articles.some([mark.article])).get(ArticleId(mark.article))
        versions = held.versions if held else ()
        version = next((one for one in versions if one.number == mark.number), None)
        if version is None:
            raise Objected("知识库里没有这一版，不能标记")
        if mark.kind == "adopted" and version.content.reach is Reach.INTERNAL:
            raise Objected("内部知识不能采用到答复")

    async def marked_wrong(
        self, since: dt.date, by: Person, at: dt.datetime
    ) -> tuple[MarkedWrong, ...]:
        _only_hotline(by, "查看坐席的标记")
        rows = await self._base.marks.wrong(_midnight(since))
        held = await self._base.articles.some({row.article for row in rows})
        names = {one.id: one.display_name for one in await self._ledger.accounts.users()}
        taught = Taught(mark_of(one) for one in await self._base.marks.counting(at - LASTS))
        return tuple(_shown(row, held, names, taught, at) for row in rows)

    async def undo(self, mark: str, *, by: Person, at: dt.datetime) -> None:
        _only_hotline(by, "撤销坐席的标记")
        await self._base.marks.undo(mark, by=by.id, at=at)

    async def lead_times(self, since: dt.date) -> LeadTimes:
        moment = _midnight(since)
        leads = await self._base.marks.leads(moment)
        by_article: dict[str, list[float | None]] = defaultdict(list)
        for one in leads:
            by_article[one.article].append(one.lead_s)
        titles = await self._base.articles.titles() if by_article else {}
        rows = [
            _article_lead(article, titles.get(ArticleId(article), (article, False))[0], seconds)
            for article, seconds in by_article.items()
        ]
        known = [one.lead_s for one in leads if one.lead_s is not None]
        return LeadTimes(
            since=since,
            with_cards=await self._base.marks.calls_with_cards(moment),
            adopted=len({one.call for one in leads}),
            measured=len(known),
            ahead=sum(one > 0 for one in known),
            median_s=median_of(known),
            slowest_tenth_s=slowest_tenth(known),
            articles=tuple(sorted(rows, key=lambda row: (-row.adopted, row.article))),
        )

    # ------------------------------------------------------------------------------ what is asked
    def asked(self, words: str, found: bool) -> None:
        """A caller asked something. Never waits."""
        self._waiting.append((words, found, self._now()))
        self._wake.set()

    async def keep(self) -> None:
        """Write down what was asked, until cancelled; what still waits then is written first."""
        try:
            while True:
                await self._wake.wait()
                self._wake.clear()
                if not await self._write():
                    await asyncio.sleep(self._retry_s)
                    self._wake.set()
        finally:
            await self._write()

    async def _write(self) -> bool:
        while self._waiting:
            words, found, at = self._waiting[0]
            plain = plain_question(words)
            sound = sound_of_question(plain)
            try:
                if sound:
                    await self._base.counts.asked(plain, found=found, at=at, sound=sound)
            except Exception as error:  # noqa: BLE001 - a failing disk must not end the noting
                log.warning("questions not written", extra={"error": type(error).__name__})
                return False
            self._waiting.popleft()
        return True


def mark_of(one: Kept) -> Mark:
    """A mark of the ledger as search knows it."""
    return Mark(
        id=one.id,
        article=one.article,
        version=one.number,
        question=one.question,
        by=one.by,
        at=one.at,
        wrong=one.kind == "wrong",
    )


def _only_hotline(by: Person, what: str) -> None:
    if not by.roles & MAKERS:
        raise NotAllowed("您的角色", what)


def _midnight(day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(), ZONE)


def _shown(
    mark: Kept,
    held: Mapping[ArticleId, Held],
    names: Mapping[UserId, str],
    taught: Taught,
    at: dt.datetime,
) -> MarkedWrong:
    there = held.get(ArticleId(mark.article))
    now = in_force(there.versions, at) if there else None
    version = next((v for v in there.versions if v.number == mark.number), None) if there else None
    if mark.undone_at is not None:
        effect = "已撤销，不再影响排序"
    elif not mark.question:
        effect = "没有记下问法，不影响排序"
    elif now is not None and now.number != mark.number:
        effect = f"第 {now.number} 版已生效，对旧版的标记不再影响排序"
    else:
        effects = taught.of(terms(mark.question), at)
        effect = effect_on(effects, mark.article, mark.number).words
    return MarkedWrong(
        id=mark.id,
        article=mark.article,
        version=mark.number,
        title=version.content.title if version else mark.article,
        question=mark.question,
        call=mark.call,
        by_name=names.get(mark.by, str(mark.by)),
        at=mark.at,
        effect=effect,
        undone_at=mark.undone_at,
        undone_by_name=names.get(mark.undone_by, "") if mark.undone_by else "",
    )


def _article_lead(article: str, title: str, seconds: list[float | None]) -> ArticleLead:
    known = [one for one in seconds if one is not None]
    return ArticleLead(
        article=article,
        title=title,
        adopted=len(seconds),
        measured=len(known),
        ahead=sum(one > 0 for one in known),
        median_s=median_of(known),
    )
