"""What the knowledge tables hold, as plain values, and the values as rows."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hotline.knowledge import Approval, ArticleId, Content, Reach, Standing, Version
from hotline.words import UnitId, UserId
from ledger.rows import canonical, from_json, to_json

if TYPE_CHECKING:
    from sqlalchemy import Row


@dataclass(frozen=True, slots=True)
class Held:
    """An article as it is kept: ``version`` is the row's own, for the next change of it."""

    article: ArticleId
    version: int
    owner: UnitId | None
    versions: tuple[Version, ...]

    @property
    def latest(self) -> Version:
        return self.versions[-1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A version to be kept, new or after an act. ``expected`` is the article's row version it was
    decided on, 0 for a new article."""

    version: Version
    expected: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedArticle:
    """An article in a list: its newest version, whatever its standing. ``published`` is the number
    of the newest published one."""

    id: ArticleId
    title: str
    category: str
    unit: str
    reach: Reach
    standing: Standing
    latest: int
    published: int | None
    owner: UnitId | None
    valid_to: dt.date | None
    changed_at: dt.datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ArticleFilter:
    """Which articles a list shows; what is left out does not narrow it. ``words`` is looked for in
    title and id."""

    standings: tuple[Standing, ...] = ()
    category: str = ""
    unit: str = ""
    owner: UnitId | None = None
    reach: Reach | None = None
    words: str = ""
    expires_before: dt.date | None = None
    seen_by: tuple[str | None, bool] = (None, True)
    """(unit, all): not all means those that were published once, and every one of that unit."""


def digest(content: Content) -> str:
    """The fingerprint of what a version says: the same content, the same digest."""
    return hashlib.sha256(canonical(to_json(content)).encode()).hexdigest()


def version_row(city: str, version: Version) -> dict[str, Any]:
    """The row of a version."""
    return {
        "city": city,
        "article": version.article,
        "number": version.number,
        "standing": version.standing.value,
        "author": version.author,
        "made_at": version.made_at,
        "submitted_at": version.submitted_at,
        "published_at": version.published_at,
        "withdrawn_at": version.withdrawn_at,
        "reason": version.reason,
        "content": canonical(to_json(version.content)),
        "digest": digest(version.content),
    }


def version_of(row: Row[Any], owner: str | None, reviews: Sequence[Row[Any]]) -> Version:
    """The version of a row, with its reviews in the order they were given."""
    return Version(
        article=ArticleId(row.article),
        number=row.number,
        content=from_json(Content, json.loads(row.content)),
        standing=Standing(row.standing),
        author=UserId(row.author),
        made_at=row.made_at,
        owner=UnitId(owner) if owner else None,
        submitted_at=row.submitted_at,
        published_at=row.published_at,
        withdrawn_at=row.withdrawn_at,
        reason=row.reason,
        reviews=tuple(
            Approval(by=UserId(one.reviewer), at=one.at, passed=one.passed, note=one.note)
            for one in reviews
        ),
    )


def article_row(version: Version, changed_at: dt.datetime) -> Mapping[str, Any]:
    """What the article's own row takes from its newest version."""
    content = version.content
    return {
        "owner": version.owner,
        "latest": version.number,
        "title": content.title,
        "category": content.category,
        "unit": content.unit,
        "reach": content.reach.value,
        "standing": version.standing.value,
        "valid_to": content.valid_to.isoformat() if content.valid_to else None,
        "changed_at": changed_at,
    }


def listed(row: Row[Any]) -> ListedArticle:
    """An article of a list."""
    return ListedArticle(
        id=ArticleId(row.id),
        title=row.title,
        category=row.category,
        unit=row.unit,
        reach=Reach(row.reach),
        standing=Standing(row.standing),
        latest=row.latest,
        published=row.published,
        owner=UnitId(row.owner) if row.owner else None,
        valid_to=dt.date.fromisoformat(row.valid_to) if row.valid_to else None,
        changed_at=row.changed_at,
    )
