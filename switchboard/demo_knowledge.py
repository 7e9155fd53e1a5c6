"""The articles of the demonstration put into the ledger, each version published. 演示数据."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Final

from hotline.knowledge import ArticleId, Content, Ground, Passage, Reach, Standing, Version
from hotline.knowledge_rules import tidied
from hotline.words import UserId
from kb_search import shelf
from kb_search.articles import WORDS, Article
from ledger.knowledge_rows import Change
from ledger.store import Ledger

BY: Final = UserId("demonstration")


def content_of(article: Article) -> Content:
    """What an article of a TOML file says, as the ledger keeps it."""
    return tidied(
        Content(
            title=article.title,
            words=article.words,
            category=article.category,
            passages=tuple(
                Passage(one.heading, one.text) for one in article.sections if one.heading != WORDS
            ),
            asked=article.asked,
            scope=article.scope,
            subjects=article.subjects,
            conditions=article.conditions,
            grounds=tuple(Ground(one.document, one.clause) for one in article.basis),
            related=article.related,
            unit=article.unit,
            contact=article.contact,
            hours=article.hours,
            reach=Reach(article.visibility.value),
            valid_from=article.valid_from,
            valid_to=article.valid_to,
            embargo_until=article.embargo_until,
            source=article.source,
        )
    )


async def seed_articles(
    ledger: Ledger, at: dt.datetime, articles: Sequence[Article] | None = None
) -> int:
    """Publish those of the shipped articles that the ledger does not have; how many. What people
    have changed since is left as it is."""
    shipped = shelf.read() if articles is None else articles
    known = await ledger.knowledge.articles.some({one.id for one in shipped})
    owners = {unit.name: unit.code for unit in await ledger.units.all()}
    changes = [
        Change(
            version=Version(
                article=ArticleId(one.id),
                number=1,
                content=content_of(one),
                standing=Standing.PUBLISHED,
                author=BY,
                made_at=at,
                owner=owners.get(one.unit),
                submitted_at=at,
                published_at=at,
            ),
            expected=0,
        )
        for one in shipped
        if ArticleId(one.id) not in known
    ]
    if changes:
        await ledger.knowledge.articles.save(changes, by=BY, what="knowledge.demonstration")
    return len(changes)
