"""The articles of the knowledge base (知识库): every version for ever, one transaction a change.

What a version becomes is decided by :mod:`hotline.knowledge_rules`; here it is kept. The text of a
version is written while it is a draft and never after. Each change raises the revision and leaves a
message for whoever follows (the search index, the desk) in the same transaction: killed at any
moment, either all of it happened or nothing.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Awaitable, Callable, Collection, Iterable, Sequence
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import ColumnElement, case, func, insert, null, or_, select, update
from sqlalchemy.exc import IntegrityError

from hotline.errors import BadInput, NoSuch
from hotline.knowledge import ArticleId, Standing, Version
from ledger import knowledge_tables as k
from ledger.audit import Audit
from ledger.book import Page
from ledger.database import Clock, Database
from ledger.errors import StaleVersion
from ledger.knowledge_kept import Kept
from ledger.knowledge_rows import (
    ArticleFilter,
    Change,
    Held,
    ListedArticle,
    article_row,
    listed,
    version_of,
    version_row,
)
from ledger.outbox import Outbox

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

TOPIC: Final = "knowledge"
"""The outbox topic. A body: ``revision``, ``what`` (article, synonyms, notice, urgent), ``ids``."""
AT_ONCE: Final = 500
"""So many ids a message names at most: one that names as many may be about more."""

Beside = Callable[["AsyncConnection"], Awaitable[None]]
"""What else belongs to the transaction of a change."""


class Revisions:
    """The number that goes up with every change, and the message beside it."""

    def __init__(self, database: Database, outbox: Outbox, city: str) -> None:
        self._database = database
        self._outbox = outbox
        self._city = city

    async def raise_in(
        self, connection: AsyncConnection, what: str, ids: Sequence[str] = ()
    ) -> int:
        """One more, in the caller's transaction. Its row stays locked until that ends, so that
        revisions follow the order of commits."""
        mine = {"city": self._city}
        number = await self._database.count_up(connection, k.knowledge_revision, "value", mine)
        body = {"revision": number, "what": what, "ids": list(ids)[:AT_ONCE]}
        await self._outbox.put(connection, TOPIC, body)
        return number

    async def now(self) -> int:
        """The revision in force; 0 before the first change."""
        c = k.knowledge_revision.c
        query = select(c.value).where(c.city == self._city)
        async with self._database.read() as connection:
            return (await connection.execute(query)).scalar_one_or_none() or 0


class KnowledgeArticles:
    """The articles of one city."""

    def __init__(
        self, database: Database, audit: Audit, revisions: Revisions, clock: Clock, city: str
    ) -> None:
        self._database = database
        self._audit = audit
        self._clock = clock
        self._city = city
        self.revisions = revisions
        self._kept = Kept()

    # ---------------------------------------------------------------------------------- writing
    async def save(
        self,
        changes: Sequence[Change],
        *,
        by: str,
        what: str,
        beside: Beside | None = None,
    ) -> list[Held]:
        """Keep these, all or none; what they are afterwards, in their order.

        ``what`` names the act in the audit book. Raises StaleVersion where somebody changed an
        article since ``expected``, BadInput for a new article whose id is taken, NoSuch.
        """
        ids = [one.version.article for one in changes]
        async with self._database.write() as connection:
            for one in sorted(changes, key=lambda change: change.version.article):
                await self._keep(connection, one)
            if beside is not None:
                await beside(connection)
            revision = await self.revisions.raise_in(connection, "article", ids)
            detail: dict[str, Any] = {"revision": revision, "articles": len(ids)}
            if len(changes) == 1:
                version = changes[0].version
                detail = {"version": version.number, "standing": version.standing.value}
            subject = f"knowledge:{ids[0] if len(ids) == 1 else self._city}"
            await self._audit.add(connection, by, what, subject, detail)
            held = await self._held(connection, ids)
        return [held[id_] for id_ in ids]

    async def _keep(self, connection: AsyncConnection, change: Change) -> None:
        version, now = change.version, self._clock()
        published = _published_after(version)
        row = {**article_row(version, now), "version": change.expected + 1, **published}
        mine = self._mine(version.article)
        if change.expected == 0:
            row |= {"city": self._city, "id": version.article}
            try:
                await connection.execute(insert(k.knowledge_articles), row)
            except IntegrityError:
                raise BadInput("id", f"编号 {version.article} 已经有了，请另取一个") from None
        else:
            c = k.knowledge_articles.c
            # An act on an older version (召回) changes nothing of what the list says of the newest.
            older = select(c.latest).where(mine)
            if ((await connection.execute(older)).scalar_one_or_none() or 0) > version.number:
                row = {"version": change.expected + 1, "changed_at": now, **published}
            change_of = update(k.knowledge_articles).where(mine, c.version == change.expected)
            if (await connection.execute(change_of.values(**row))).rowcount != 1:
                await self._stale(connection, version.article, change.expected)
        await self._keep_version(connection, version)

    async def _keep_version(self, connection: AsyncConnection, version: Version) -> None:
        """A new version is inserted; the text of one that left draft is never written again."""
        v = k.knowledge_versions.c
        row = version_row(self._city, version)
        mine = (
            (v.city == self._city) & (v.article == version.article) & (v.number == version.number)
        )
        found = (await connection.execute(select(v.standing).where(mine))).scalar_one_or_none()
        if found is None:
            await connection.execute(insert(k.knowledge_versions), row)
        else:
            fixed = {"city", "article", "number", "made_at"}
            if found != Standing.DRAFT:
                fixed |= {"content", "digest", "author"}
            values = {key: value for key, value in row.items() if key not in fixed}
            await connection.execute(update(k.knowledge_versions).where(mine).values(**values))
        reviews = [
            {
                "city": self._city,
                "article": version.article,
                "number": version.number,
                "reviewer": one.by,
                "at": one.at,
                "passed": one.passed,
                "note": one.note,
            }
            for one in version.reviews
        ]
        await self._database.insert_new(connection, k.knowledge_reviews, reviews)

    async def _stale(self, connection: AsyncConnection, article: str, expected: int) -> None:
        query = select(k.knowledge_articles.c.version).where(self._mine(article))
        actual = (await connection.execute(query)).scalar_one_or_none()
        if actual is None:
            raise NoSuch("知识", article)
        raise StaleVersion(article, expected, actual, "知识")

    # ---------------------------------------------------------------------------------- reading
    async def one(self, article: str) -> Held:
        """An article with all its versions, oldest first. Raises NoSuch."""
        async with self._database.read() as connection:
            found = await self._held(connection, [article])
        if article not in found:
            raise NoSuch("知识", article)
        return found[ArticleId(article)]

    async def some(self, articles: Collection[str]) -> dict[ArticleId, Held]:
        """Those of these articles that exist, with all their versions."""
        async with self._database.read() as connection:
            return await self._held(connection, articles)

    async def page(
        self,
        wanted: ArticleFilter | None = None,
        *,
        number: int = 1,
        size: int = 50,
        oldest: bool = False,
    ) -> Page[ListedArticle]:
        """A page of articles, the last changed first, or the ``oldest`` change."""
        conditions = self._conditions(wanted or ArticleFilter())
        c = k.knowledge_articles.c
        query = select(k.knowledge_articles).where(*conditions)
        query = query.order_by(c.changed_at if oldest else c.changed_at.desc(), c.id)
        count = select(func.count()).select_from(k.knowledge_articles).where(*conditions)
        async with self._database.read() as connection:
            total = (await connection.execute(count)).scalar_one()
            rows = await connection.execute(query.limit(size).offset((number - 1) * size))
            items = tuple(listed(row) for row in rows)
        return Page(items, number, size, total)

    async def embargoed(self) -> list[ArticleId]:
        """The articles whose newest version names a day of publication, whenever that is."""
        a, v = k.knowledge_articles.c, k.knowledge_versions.c
        newest = (a.city == v.city) & (a.id == v.article) & (a.latest == v.number)
        gone = [Standing.DISCARDED.value, Standing.WITHDRAWN.value]
        query = (
            select(v.article)
            .join_from(k.knowledge_versions, k.knowledge_articles, newest)
            .where(v.city == self._city, v.content.contains('"embargo_until":"'))
            .where(v.standing.not_in(gone))
            .order_by(v.article)
        )
        async with self._database.read() as connection:
            return [ArticleId(one) for one in (await connection.execute(query)).scalars()]

    async def counts(self, seen_by: tuple[str | None, bool] = (None, True)) -> dict[Standing, int]:
        """How many articles have their newest version in each standing; see ArticleFilter."""
        c = k.knowledge_articles.c
        wanted = self._conditions(ArticleFilter(seen_by=seen_by))
        query = select(c.standing, func.count()).where(*wanted).group_by(c.standing)
        async with self._database.read() as connection:
            return {Standing(one): count for one, count in await connection.execute(query)}

    async def categories(self) -> list[str]:
        """The categories in use, by name."""
        c = k.knowledge_articles.c
        query = select(c.category).where(c.city == self._city, c.category != "").distinct()
        async with self._database.read() as connection:
            return sorted((await connection.execute(query)).scalars())

    async def ever_published(self) -> tuple[int, list[tuple[Version, ...]]]:
        """(revision, the published and withdrawn versions of each article that has any, by id): all
        that a search index needs. What of it may be shown is told by
        :func:`hotline.knowledge.answering`. It is kept: read again is what changed since."""
        c, r = k.knowledge_articles.c, k.knowledge_revision.c
        async with self._kept.alone, self._database.read() as connection:
            # From the outside in: a change in between is only taken in again.
            now = select(r.value).where(r.city == self._city)
            revision = (await connection.execute(now)).scalar_one_or_none() or 0
            if revision != self._kept.revision:
                heads = select(c.id, c.version).where(c.city == self._city)
                there = {row.id: row.version for row in await connection.execute(heads)}
                for ids in self._kept.stale(there):
                    self._kept.put(there, await self._once_published(connection, ids))
                self._kept.revision = revision
        return revision, self._kept.versions()

    async def _once_published(
        self, connection: AsyncConnection, ids: Sequence[str]
    ) -> dict[str, tuple[Version, ...]]:
        """Of each of these ids its published and withdrawn versions, oldest first."""
        v, c = k.knowledge_versions.c, k.knowledge_articles.c
        shown = [Standing.PUBLISHED.value, Standing.WITHDRAWN.value]
        query = (
            select(k.knowledge_versions, c.owner)
            .join(k.knowledge_articles, (c.city == v.city) & (c.id == v.article))
            .where(v.city == self._city, v.article.in_(ids), v.standing.in_(shown))
            .order_by(v.number)
        )
        found: dict[str, tuple[Version, ...]] = dict.fromkeys(ids, ())
        for row in (await connection.execute(query)).all():
            found[row.article] += (version_of(row, row.owner, ()),)
        return found

    async def titles(self) -> dict[ArticleId, tuple[str, bool]]:
        """Of every article the title of its newest version, and whether one is published."""
        c = k.knowledge_articles.c
        query = select(c.id, c.title, c.published).where(c.city == self._city)
        async with self._database.read() as connection:
            rows = (await connection.execute(query)).all()
        return {ArticleId(row.id): (row.title, row.published is not None) for row in rows}

    async def _held(
        self, connection: AsyncConnection, articles: Iterable[str]
    ) -> dict[ArticleId, Held]:
        wanted = list(articles)
        a, v, r = k.knowledge_articles.c, k.knowledge_versions.c, k.knowledge_reviews.c
        found: dict[ArticleId, Held] = {}
        for start in range(0, len(wanted), AT_ONCE):
            ids = wanted[start : start + AT_ONCE]
            heads = select(a.id, a.version, a.owner).where(a.city == self._city, a.id.in_(ids))
            all_versions = (
                select(k.knowledge_versions)
                .where(v.city == self._city, v.article.in_(ids))
                .order_by(v.number)
            )
            all_reviews = (
                select(k.knowledge_reviews)
                .where(r.city == self._city, r.article.in_(ids))
                .order_by(r.at, r.reviewer)
            )
            reviews = defaultdict(list)
            for row in await connection.execute(all_reviews):
                reviews[row.article, row.number].append(row)
            rows = (await connection.execute(all_versions)).all()
            versions = defaultdict(list)
            for row in rows:
                versions[row.article].append(row)
            for head in await connection.execute(heads):
                found[ArticleId(head.id)] = Held(
                    ArticleId(head.id),
                    head.version,
                    head.owner,
                    tuple(
                        version_of(row, head.owner, reviews[row.article, row.number])
                        for row in versions[head.id]
                    ),
                )
        return found

    def _conditions(self, wanted: ArticleFilter) -> list[ColumnElement[bool]]:
        c = k.knowledge_articles.c
        rows: list[ColumnElement[bool]] = [c.city == self._city]
        if wanted.standings:
            rows.append(c.standing.in_([one.value for one in wanted.standings]))
        if wanted.category:
            rows.append(c.category == wanted.category)
        if wanted.unit:
            rows.append(c.unit == wanted.unit)
        if wanted.owner is not None:
            rows.append(c.owner == wanted.owner)
        if wanted.reach is not None:
            rows.append(c.reach == wanted.reach.value)
        if wanted.words:
            rows.append(
                or_(
                    c.title.contains(wanted.words, autoescape=True),
                    c.id.contains(wanted.words, autoescape=True),
                )
            )
        if wanted.expires_before is not None:
            rows.append(c.valid_to < wanted.expires_before.isoformat())
        unit, everything = wanted.seen_by
        if not everything:
            once = c.published.is_not(None) | (c.standing == Standing.WITHDRAWN.value)
            rows.append(once if unit is None else once | (c.owner == unit))
        return rows

    def _mine(self, article: str) -> ColumnElement[bool]:
        c = k.knowledge_articles.c
        return (c.city == self._city) & (c.id == article)


def _published_after(version: Version) -> dict[str, Any]:
    """What an act makes of the article's column ``published``."""
    c = k.knowledge_articles.c
    if version.standing is Standing.PUBLISHED:
        return {"published": version.number}
    if version.standing is Standing.WITHDRAWN:
        return {"published": case((c.published == version.number, null()), else_=c.published)}
    return {}


def day_of(at: dt.datetime, zone: dt.tzinfo) -> str:
    """The day of a moment as the counting tables write it."""
    return at.astimezone(zone).date().isoformat()
