"""The articles as pages ask for them: rules from :mod:`hotline`, versions from the ledger.

Implements :class:`agent_desk.knowledge_views.Knowledge`.
"""

from __future__ import annotations

import datetime as dt
import re
import uuid
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

from agent_desk.knowledge_views import (
    ArticleFull,
    ArticlePage,
    ArticleQuery,
    ArticleRow,
    ArticleSaved,
    CameFrom,
    reader_of,
)
from agent_desk.views import Person
from hotline.calendar import Calendar
from hotline.errors import BadInput, HotlineError, ImpossibleMove, NoSuch
from hotline.knowledge import (
    MAKERS,
    ArticleId,
    Content,
    Reader,
    Sight,
    Standing,
    Version,
    answering,
    in_force,
    sight,
)
from hotline.knowledge_clock import EXPIRY_WARNED, expiring, policy_window, same_day_missing
from hotline.knowledge_rules import (
    KnowledgeAct,
    acted,
    check_save,
    choices,
    lacks,
    reviewers_needed,
    tidied,
)
from hotline.policy import ZONE, Policy
from hotline.words import Role, UnitId, UserId
from ledger.errors import StaleVersion
from ledger.knowledge_rows import ArticleFilter, Change, Held, ListedArticle
from ledger.store import Ledger
from switchboard.demo_knowledge import BY

Rule = Callable[[dt.datetime], Policy]
_ID: Final = r"[A-Za-z0-9_-]{1,64}"


class DeskKnowledge:
    """``policy`` gives the city's pack in force at a moment."""

    def __init__(self, ledger: Ledger, *, policy: Rule, calendar: Calendar) -> None:
        self._ledger = ledger
        self._base = ledger.knowledge
        self._policy = policy
        self._calendar = calendar

    # ---------------------------------------------------------------------------------- reading
    async def browse(self, query: ArticleQuery, by: Person, at: dt.datetime) -> ArticlePage:
        today = at.astimezone(ZONE).date()
        wanted = ArticleFilter(
            standings=query.standings,
            category=query.category,
            unit=query.unit,
            reach=query.reach,
            words=query.words.strip(),
            expires_before=today + dt.timedelta(days=EXPIRY_WARNED + 1) if query.expiring else None,
            seen_by=_seen_by(by),
        )
        found = await self._base.articles.page(wanted, number=query.page, size=query.size)
        rows = tuple(_row(one, today) for one in found.items)
        if not _seen_by(by)[1]:
            rows = await self._as_seen(rows, query.words.strip(), reader_of(by), at)
        return ArticlePage(
            rows=rows,
            total=found.total,
            size=found.size,
            counts=await self._base.articles.counts(_seen_by(by)),
            categories=tuple(await self._base.articles.categories()),
        )

    async def _as_seen(
        self, rows: tuple[ArticleRow, ...], words: str, reader: Reader, at: dt.datetime
    ) -> tuple[ArticleRow, ...]:
        """The rows by the newest version that this reader may see: the title of a draft or of a
        policy under embargo tells too much."""
        held = await self._base.articles.some([row.id for row in rows])
        seen: list[ArticleRow] = []
        for row in rows:
            versions = held[row.id].versions if row.id in held else ()
            open_ = [one for one in versions if sight(one, reader, at) is not Sight.HIDDEN]
            if open_ and (words in open_[-1].content.title or words in row.id):
                seen.append(_narrowed(row, open_[-1]))
        return tuple(seen)

    async def one(self, article: str, by: Person, at: dt.datetime) -> ArticleFull:
        held = await self._base.articles.one(article)
        reader = reader_of(by)
        seen = tuple(one for one in held.versions if sight(one, reader, at) is not Sight.HIDDEN)
        if not seen:
            raise NoSuch("知识", article)
        policy, latest = self._policy(at), seen[-1]
        now = in_force(held.versions, at)
        needed, rule = reviewers_needed(policy)
        embargo = latest.content.embargo_until
        public_on = embargo.astimezone(ZONE).date() if embargo and embargo > at else None
        corrections = await self._base.corrections.page(article=article, size=20)
        mine = latest is held.latest
        return ArticleFull(
            id=held.article,
            expected=held.version,
            versions=seen,
            in_force=now.number if now and now in seen else None,
            sight=sight(latest, reader, at),
            acts=self._acts(held, reader, policy) if mine else (),
            may_edit=mine and _may_edit(held, reader),
            lacks=lacks(latest.content),
            reviewers_needed=needed,
            reviewers_article=rule.number if rule else "",
            window=policy_window(policy, self._calendar, public_on, at) if public_on else None,
            same_day=same_day_missing(latest.content, latest.standing, at),
            days_left=expiring(latest, at),
            origins=tuple(
                CameFrom(
                    source=one.source,
                    external=one.external,
                    number=one.number,
                    taken_at=one.taken_at,
                )
                for one in await self._base.sources.origins_of(article)
            ),
            corrections=corrections.items if reader.roles - {Role.AGENT} else (),
            recalls_open=await self._base.recalls.open_of(article),
            names=await self._names(seen),
        )

    async def answer(self, article: str, by: Person | None, at: dt.datetime) -> Version | None:
        held = await self._base.articles.some([article])
        if ArticleId(article) not in held:
            return None
        return answering(held[ArticleId(article)].versions, reader_of(by), at)

    def _acts(self, held: Held, reader: Reader, policy: Policy) -> tuple[KnowledgeAct, ...]:
        """Those of the newest version; a published one below a newer draft can be withdrawn too."""
        found = choices(held.latest, reader, policy)
        older = [one for one in held.versions if one.standing is Standing.PUBLISHED]
        if older and reader.roles & MAKERS and KnowledgeAct.WITHDRAW not in found:
            return (*found, KnowledgeAct.WITHDRAW)
        return found

    async def _names(self, versions: tuple[Version, ...]) -> Mapping[UserId, str]:
        wanted = {one.author for one in versions}
        wanted |= {review.by for one in versions for review in one.reviews}
        users = await self._ledger.accounts.users()
        names = {user.id: user.display_name for user in users if user.id in wanted}
        return names | ({BY: "演示数据"} if BY in wanted else {})

    # ---------------------------------------------------------------------------------- writing
    async def save(
        self, article: str | None, content: Content, *, expected: int, by: Person, at: dt.datetime
    ) -> ArticleSaved:
        held = await self._held(article) if expected else None
        content = tidied(content)
        reader = reader_of(by)
        owner = await self._owner(content, reader)
        if held is not None:
            _fresh(held, expected)
            check_save(held.latest, reader, held.owner)
            owner = owner if reader.roles & MAKERS else held.owner
        else:
            check_save(None, reader, owner)
        if not content.title:
            raise BadInput("title", "请填写标题")
        version = _next_draft(held, _id(article), content, reader, owner, at)
        change = Change(version=version, expected=expected)
        saved = await self._base.articles.save([change], by=by.id, what="knowledge.save")
        return saved_of(saved[0], version)

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
        held = await self._base.articles.one(article)
        _fresh(held, expected)
        version = next((one for one in held.versions if one.number == number), None)
        reader = reader_of(by)
        if version is None or sight(version, reader, at) is Sight.HIDDEN:
            raise NoSuch("知识版本", f"{article} 第{number}版")
        if version is not held.latest and act is not KnowledgeAct.WITHDRAW:
            raise ImpossibleMove("这一版", "已有更新的一版", "再改动")
        after = acted(version, act, reader, at, self._policy(at), note)
        change = Change(version=after, expected=expected)
        saved = await self._base.articles.save([change], by=by.id, what=f"knowledge.{act}")
        return saved_of(saved[0], after)

    async def _held(self, article: str | None) -> Held:
        if article is None:
            raise BadInput("id", "没有指明是哪一篇知识")
        return await self._base.articles.one(article)

    async def _owner(self, content: Content, reader: Reader) -> UnitId | None:
        """An officer writes for the own unit; the hotline's people for the unit they name, if it is
        one of the city's, else for the hotline."""
        if not reader.roles & MAKERS:
            return reader.unit
        units = await self._ledger.units.all()
        return next((one.code for one in units if one.name == content.unit.strip()), None)


def _seen_by(by: Person) -> tuple[str | None, bool]:
    """(the unit whose own articles are listed, whether all are): the others see in a list what was
    published once. One article is judged by :func:`hotline.knowledge.sight` again."""
    if by.roles & (MAKERS | {Role.AUDITOR}):
        return None, True
    return (by.unit if Role.OFFICER in by.roles else None), False


def _id(article: str | None) -> ArticleId:
    if article is None:
        return ArticleId(f"kb-{uuid.uuid4().hex[:12]}")
    if not re.fullmatch(_ID, article):
        raise BadInput("id", "编号只能用字母、数字、- 和 _，最多64个")
    return ArticleId(article)


def _fresh(held: Held, expected: int) -> None:
    if held.version != expected:
        raise StaleVersion(held.article, expected, held.version, "知识")


def _next_draft(
    held: Held | None,
    article: ArticleId,
    content: Content,
    reader: Reader,
    owner: UnitId | None,
    at: dt.datetime,
) -> Version:
    """The draft that is there with other content, or the next version."""
    author = reader.id or UserId("")
    if held is not None and held.latest.standing is Standing.DRAFT:
        return replace(held.latest, content=content, author=author, owner=owner)
    return Version(
        article=held.article if held else article,
        number=held.latest.number + 1 if held else 1,
        content=content,
        standing=Standing.DRAFT,
        author=author,
        made_at=at,
        owner=owner,
    )


def _may_edit(held: Held, reader: Reader) -> bool:
    try:
        check_save(held.latest, reader, held.owner)
    except HotlineError:
        return False
    return True


def saved_of(held: Held, version: Version) -> ArticleSaved:
    """What an act made, for its page."""
    return ArticleSaved(
        id=held.article, number=version.number, standing=version.standing, expected=held.version
    )


def _narrowed(row: ArticleRow, version: Version) -> ArticleRow:
    content = version.content
    return replace(
        row,
        title=content.title,
        category=content.category,
        unit=content.unit,
        reach=content.reach,
        standing=version.standing,
        latest=version.number,
        valid_to=content.valid_to,
    )


def _row(one: ListedArticle, today: dt.date) -> ArticleRow:
    left = (one.valid_to - today).days if one.valid_to else None
    return ArticleRow(
        id=one.id,
        title=one.title,
        category=one.category,
        unit=one.unit,
        reach=one.reach,
        standing=one.standing,
        latest=one.latest,
        published=one.published,
        owner=one.owner,
        valid_to=one.valid_to,
        days_left=left if left is not None and left <= EXPIRY_WARNED else None,
        changed_at=one.changed_at,
    )
