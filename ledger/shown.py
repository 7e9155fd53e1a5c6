"""Which articles of the knowledge base stood beside a call: what an agent may have relied upon."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from sqlalchemy import select

from hotline.words import CallId
from ledger import tables as t
from ledger.database import Database


@dataclass(frozen=True, slots=True)
class ShownArticle:
    """One version of an article on an agent's screen; ``at`` is when it first stood there."""

    call: CallId
    article: str
    version: int
    title: str
    internal: bool
    at: dt.datetime


class ShownArticles:
    """One row for each version of an article beside a call."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, shown: Sequence[ShownArticle]) -> None:
        """Keep these, each key once in ``shown``; one that is kept already is overwritten."""
        async with self._database.write() as connection:
            rows = [asdict(one) for one in shown]
            await self._database.upsert(connection, t.shown_articles, rows)

    async def of(self, call: CallId) -> list[ShownArticle]:
        """What stood beside this call, in the order it came."""
        c = t.shown_articles.c
        query = select(t.shown_articles).where(c.call == call).order_by(c.at, c.article)
        async with self._database.read() as connection:
            rows = (await connection.execute(query)).all()
        return [
            ShownArticle(row.call, row.article, row.version, row.title, row.internal, row.at)
            for row in rows
        ]
