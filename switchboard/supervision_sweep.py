"""What raises matters of supervision by itself: what the clock wrote down on tickets, complaints
that come back, knowledge that was not put right in time. Each once, by its source.

It only raises: whether to supervise is decided by a person.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from hotline.calendar import Calendar
from hotline.errors import HotlineError
from hotline.handle import CLOCK
from hotline.handling import Handling
from hotline.handling_time import Due, coming
from hotline.handling_words import Act
from hotline.policy import Policy
from hotline.supervision_triggers import (
    IMPROPER_RETURN,
    LOW_AGAIN,
    ORDERED,
    REFUSAL,
    case_of,
    triggered,
)
from hotline.words import Article, TicketId, UnitId
from ledger.errors import LedgerFailing
from ledger.store import Ledger
from ledger.supervision import Raised
from ledger.supervision_sources import RaisedDue
from switchboard.complaints_back import comes_back
from switchboard.policy_versions import PolicyVersions, Rule

log = logging.getLogger(__name__)

KINDS: Final = (
    "overdue",
    "unsigned",
    "refused-twice",
    IMPROPER_RETURN,
    REFUSAL,
    LOW_AGAIN,
    ORDERED,
)
"""What the clock raises on tickets that is a case for supervision."""
_BOOKMARK: Final = "supervision-looked"
_TIES: Final = "supervision-ties-looked"
_OVERLAP: Final = dt.timedelta(hours=1)
_FIRST: Final = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)
_AT_ONCE: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class StaleKnowledge:
    """A correction of the knowledge base that was not made in time (肇庆 第二十一条（四）)."""

    task: str
    unit: UnitId | None
    what: str
    due_at: dt.datetime

    @property
    def source(self) -> str:
        """What the matter is raised under, once."""
        return f"knowledge:{self.task}"


KnowledgeTasks = Callable[[dt.datetime], Awaitable[Sequence[StaleKnowledge]]]


class SupervisionSweep:
    """Runs under the lease of the ticket clock."""

    def __init__(
        self,
        ledger: Ledger,
        *,
        policy: Rule,
        calendar: Calendar,
        knowledge: KnowledgeTasks | None = None,
    ) -> None:
        self._ledger = ledger
        self._rule = policy
        self._versions = PolicyVersions(ledger.policy_texts, policy)
        self._calendar = calendar
        self._knowledge = knowledge

    async def turn(self, now: dt.datetime) -> int:
        """Raise what is to be raised; how much it was."""
        since = await self._since(_BOOKMARK)
        dues = await self._ledger.supervision_sources.dues(since, KINDS, limit=_AT_ONCE)
        count = await self._told_again(now)
        for due in dues:
            count += await self._one(due.ticket, self._of_due(due))
        for stale in await self._stale(now):
            count += await self._raise(self._of_knowledge(stale, now))
        if len(dues) < _AT_ONCE:
            await self._ledger.bookmarks.put(_BOOKMARK, (now - _OVERLAP).isoformat())
        return count

    async def _stale(self, now: dt.datetime) -> list[StaleKnowledge]:
        """What is stale and was not raised before: most of it stays in that list for ever."""
        found = await self._knowledge(now) if self._knowledge else ()
        new = await self._ledger.supervision_sources.new([one.source for one in found])
        return [one for one in found if one.source in new]

    async def _told_again(self, now: dt.datetime) -> int:
        """Matters that were told again since the last look; each matter once a look."""
        since = await self._since(_TIES)
        ties = await self._ledger.tickets.links.made(since, limit=_AT_ONCE)
        count = 0
        for other in dict.fromkeys(one.other for one in ties):
            count += await self._one(other, self._of_return(other, now))
        whole = len(ties) == _AT_ONCE and ties[-1].at > since
        looked = ties[-1].at if whole else now - _OVERLAP
        await self._ledger.bookmarks.put(_TIES, looked.isoformat())
        return count

    async def _since(self, bookmark: str) -> dt.datetime:
        kept = await self._ledger.bookmarks.get(bookmark)
        return dt.datetime.fromisoformat(kept) if kept else _FIRST

    async def _one(self, ticket: TicketId, making: Awaitable[Raised | None]) -> int:
        """A ticket that cannot be read may not stop the rest."""
        try:
            return await self._raise(await making)
        except LedgerFailing:
            raise
        except HotlineError as failed:
            about = {"ticket": ticket, "kind": type(failed).__name__}
            log.warning("supervision not raised", extra=about)
            return 0

    async def _raise(self, raised: Raised | None) -> int:
        if raised is None:
            return 0
        return 0 if await self._ledger.supervision.raise_matter(raised) is None else 1

    async def _of_due(self, due: RaisedDue) -> Raised:
        handling, policy = await self._handling(due.ticket)
        numbers, unit = _shown_by(handling, due)
        article = Article(due.document, due.article) if due.article else None
        for one in coming(handling, policy, self._calendar):
            if one.due.key == due.key:
                article = one.due.article
        for trigger in triggered(handling, policy):
            if Due(trigger.kind, trigger.at, "", None, None).key == due.key:
                numbers, unit = trigger.acts, trigger.unit
        if article is not None and not article.quote:
            article = _quoted(article, policy)
        return Raised(
            source=due.source,
            kind=due.kind,
            what=due.what,
            article=article,
            at=due.at,
            by=CLOCK,
            unit=unit,
            ticket=due.ticket,
            acts=numbers,
        )

    async def _of_return(self, ticket: TicketId, now: dt.datetime) -> Raised | None:
        _, policy = await self._handling(ticket)
        article = case_of(policy, "repeated_complaint")
        if article is None:
            return None
        one = await comes_back(self._ledger, ticket, now, self._only_handling)
        if one is None:
            return None
        by = f"{one.count.callers}位诉求人" if one.count.callers > 1 else "同一诉求人"
        return Raised(
            source=f"{one.ticket}:comes-back",
            kind="comes-back",
            what=f"办理完毕后{by}又反映{one.count.times}次",
            article=article,
            at=now,
            by=CLOCK,
            unit=one.unit,
            ticket=one.ticket,
            others=one.others,
        )

    async def _only_handling(self, ticket: TicketId) -> Handling:
        return (await self._handling(ticket))[0]

    def _of_knowledge(self, stale: StaleKnowledge, now: dt.datetime) -> Raised | None:
        article = case_of(self._rule(now), "knowledge_stale")
        if article is None:
            return None
        return Raised(
            source=stale.source,
            kind="knowledge-stale",
            what=f"知识库没有按时补正：{stale.what}",
            article=article,
            at=now,
            by=CLOCK,
            unit=stale.unit,
        )

    async def _handling(self, ticket: TicketId) -> tuple[Handling, Policy]:
        stored = await self._ledger.tickets.load(ticket)
        policy, _ = await self._versions.of(stored.ticket)
        return await self._ledger.tickets.handling(stored.ticket), policy


def _shown_by(handling: Handling, due: RaisedDue) -> tuple[tuple[int, ...], UnitId | None]:
    """Whose it was when it came due, and the acts that show it: when it was sent, each extension,
    each return and each closing that was refused."""
    sent: int | None = None
    unit: UnitId | None = None
    more: list[int] = []
    for number, one in enumerate(handling.acts, start=1):
        if one.at > due.at:
            break
        if one.act in (Act.DISPATCH, Act.SETTLE):
            sent, unit, more = number, one.unit, []
        elif one.act in (Act.GRANT_EXTENSION, Act.DENY_RETURN, Act.DENY_CLOSE):
            more.append(number)
    return tuple(one for one in (sent, *more) if one is not None), unit


def _quoted(article: Article, policy: Policy) -> Article:
    """With the words of the city's list of cases, where it has that article."""
    for reason in policy.supervision.triggers.value or ():
        if reason.article == article.number:
            return replace(article, quote=reason.words)
    return article


def corrections_of(ledger: Ledger) -> KnowledgeTasks:
    """The corrections of the knowledge base whose time is over. What a person wrote of a mistake
    stays sealed: the matter names the article alone."""

    async def stale(now: dt.datetime) -> Sequence[StaleKnowledge]:
        return [
            StaleKnowledge(
                task=one.id,
                unit=one.unit,
                what=f"条目{one.article}第{one.number}版",
                due_at=one.deadline.due_at,
            )
            for one in await ledger.knowledge.corrections.overdue(now)
            if one.deadline is not None
        ]

    return stale
