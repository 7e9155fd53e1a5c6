"""Articles of the knowledge base (知识库): what one holds, its versions, and who may see which.

An article is its versions, numbered from 1. A version that was submitted is never changed again:
what an agent was shown can always be seen as it was. Of several published versions the newest that
has begun is in force; the one before it stays in force while a newer one waits for its day or its
embargo. Fields are those of 肇庆高新区办法 第二十二条.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, NewType

from hotline.policy import ZONE
from hotline.words import Role, UnitId, UserId

ArticleId = NewType("ArticleId", str)
"""Letters, figures, ``-`` and ``_``, e.g. ``sb-card-lost``; at most 64."""


class Reach(StrEnum):
    """外部 may be told to anybody; 内部 is for the hotline's own people and never leaves
    (第二十二条: 不适用于直接答复诉求人)."""

    EXTERNAL = "外部"
    INTERNAL = "内部"


class Standing(StrEnum):
    """How far a version has come. Hidden by expiry or embargo is no standing: the dates say it."""

    DRAFT = "draft"
    REVIEW = "review"
    RETURNED = "returned"
    PUBLISHED = "published"
    WITHDRAWN = "withdrawn"
    DISCARDED = "discarded"


STANDING_NAMES: Final = {
    Standing.DRAFT: "草稿",
    Standing.REVIEW: "待审核",
    Standing.RETURNED: "已退回",
    Standing.PUBLISHED: "已发布",
    Standing.WITHDRAWN: "已召回",
    Standing.DISCARDED: "已作废",
}


@dataclass(frozen=True, slots=True)
class Ground:
    """依据: a document, and the article of it where it is known."""

    document: str
    clause: str = ""

    def __str__(self) -> str:
        return f"《{self.document}》{self.clause}"


@dataclass(frozen=True, slots=True)
class Passage:
    """A further part of the body under its heading, e.g. 所需材料."""

    heading: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """What a version says. Days are of the hotline's zone, both ends included; ``embargo_until``
    is aware. ``related`` are ids of other articles (关联关系)."""

    title: str
    words: str
    """答复口径: what an agent says to the caller."""
    category: str = ""
    passages: tuple[Passage, ...] = ()
    asked: tuple[str, ...] = ()
    """常见问法, as citizens ask it."""
    scope: str = ""
    """适用范围."""
    subjects: str = ""
    """适用主体."""
    conditions: str = ""
    """适用条件."""
    grounds: tuple[Ground, ...] = ()
    related: tuple[str, ...] = ()
    unit: str = ""
    """办理单位, as citizens know it."""
    contact: str = ""
    hours: str = ""
    reach: Reach = Reach.EXTERNAL
    valid_from: dt.date | None = None
    valid_to: dt.date | None = None
    embargo_until: dt.datetime | None = None
    source: str = ""
    """Where it came from: 演示数据, a unit's own base, a citizen's contribution."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """One reviewer's verdict on a submitted version."""

    by: UserId
    at: dt.datetime
    passed: bool
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """One version of one article. ``owner`` is the unit that answers for it, None: the hotline."""

    article: ArticleId
    number: int
    content: Content
    standing: Standing
    author: UserId
    made_at: dt.datetime
    owner: UnitId | None = None
    submitted_at: dt.datetime | None = None
    published_at: dt.datetime | None = None
    withdrawn_at: dt.datetime | None = None
    reason: str = ""
    """Why it was withdrawn, in the words of who withdrew it."""
    reviews: tuple[Approval, ...] = ()

    @property
    def approvals(self) -> int:
        return sum(1 for one in self.reviews if one.passed)


@dataclass(frozen=True, slots=True)
class Reader:
    """Who looks. No roles: anybody, on a page without log-in."""

    roles: frozenset[Role] = frozenset()
    unit: UnitId | None = None
    id: UserId | None = None

    @property
    def outsider(self) -> bool:
        return not self.roles


PUBLIC: Final = Reader()


class Sight(StrEnum):
    """How somebody may see a version at a moment."""

    HIDDEN = "hidden"
    WORK = "work"
    """On the pages where articles are made and looked back at; never as an answer."""
    ANSWER = "answer"
    """In search, on a card, on a public page."""


DESK_ROLES: Final = frozenset({Role.AGENT, Role.SUPERVISOR, Role.EDITOR})
"""Who works for the hotline itself: 内部 knowledge is theirs."""
MAKERS: Final = frozenset({Role.EDITOR, Role.SUPERVISOR})
"""Who sees every version at any time, to make and to review it."""
_ONCE_PUBLISHED: Final = frozenset({Standing.PUBLISHED, Standing.WITHDRAWN})


def begun(content: Content, at: dt.datetime) -> bool:
    """Whether its first day has come and its embargo is over. ``at`` is aware."""
    day = at.astimezone(ZONE).date()
    return (content.valid_from is None or content.valid_from <= day) and (
        content.embargo_until is None or content.embargo_until <= at
    )


def expired(content: Content, at: dt.datetime) -> bool:
    """Whether its last day is over."""
    return content.valid_to is not None and content.valid_to < at.astimezone(ZONE).date()


def sight(version: Version, reader: Reader, at: dt.datetime) -> Sight:
    """The one truth about embargo, expiry, standing and 内部.

    As an answer: published, begun, not expired; 内部 for the hotline's own people only. Else on the
    working pages: everything for editors and supervisors and for its author; a unit's officers what
    their unit owns; auditors everything; agents what was published once and is under embargo no
    more, because it may have stood on their screen.
    """
    content, roles = version.content, reader.roles
    answers = (
        version.standing is Standing.PUBLISHED and begun(content, at) and not expired(content, at)
    )
    if answers and (content.reach is Reach.EXTERNAL or roles & DESK_ROLES):
        return Sight.ANSWER
    if reader.outsider:
        return Sight.HIDDEN
    mine = reader.id is not None and reader.id == version.author
    owned = Role.OFFICER in roles and reader.unit is not None and reader.unit == version.owner
    if roles & MAKERS or Role.AUDITOR in roles or mine or owned:
        return Sight.WORK
    over = content.embargo_until is None or content.embargo_until <= at
    if Role.AGENT in roles and version.standing in _ONCE_PUBLISHED and over:
        return Sight.WORK
    return Sight.HIDDEN


def may_see(version: Version, reader: Reader, at: dt.datetime) -> bool:
    """Whether this version may be shown to this reader as an answer."""
    return sight(version, reader, at) is Sight.ANSWER


def in_force(versions: Iterable[Version], at: dt.datetime) -> Version | None:
    """Of one article's versions the newest published one that has begun, expired or not: an older
    one does not come back when the newer expires. None before the first. One that was withdrawn
    takes those before it with it: they had been replaced."""
    newest = max(
        (one for one in versions if _has_begun(one, at)), key=lambda one: one.number, default=None
    )
    return newest if newest and newest.standing is Standing.PUBLISHED else None


def _has_begun(version: Version, at: dt.datetime) -> bool:
    """Whether it has been in force by ``at``: one withdrawn before its day never was."""
    if version.standing is Standing.WITHDRAWN and version.withdrawn_at is not None:
        at = min(at, version.withdrawn_at)
    return version.standing in _ONCE_PUBLISHED and begun(version.content, at)


def answering(versions: Iterable[Version], reader: Reader, at: dt.datetime) -> Version | None:
    """The version of one article that answers this reader now, if any does."""
    found = in_force(versions, at)
    return found if found and may_see(found, reader, at) else None


def next_turn(contents: Iterable[Content], after: dt.datetime) -> dt.datetime | None:
    """When time next changes what is in force: a first day, the day after a last one, the end of
    an embargo. None: never, as they stand."""
    moments: list[dt.datetime] = []
    for one in contents:
        if one.valid_from:
            moments.append(dt.datetime.combine(one.valid_from, dt.time(), ZONE))
        if one.valid_to:
            morning = one.valid_to + dt.timedelta(days=1)
            moments.append(dt.datetime.combine(morning, dt.time(), ZONE))
        if one.embargo_until:
            moments.append(one.embargo_until)
    return min((one for one in moments if one > after), default=None)
