"""The search engines ``./jiesu bench search`` measures side by side: one corpus, one question each.

The peers are what one would reach for first: SQLite's FTS5 over character bigrams, and bm25s over
the same bigrams in memory. They are given our own splitting of Chinese text, so that what differs
is the engine and the sounds.
"""

from __future__ import annotations

import datetime as dt
import itertools
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, Protocol

from hotline.policy import ZONE
from kb_search.articles import Article
from kb_search.search import Search
from kb_search.terms import split

DEPTH: Final = 10


class Engine(Protocol):
    """Built from the articles; says the ids of the best ten."""

    name: str

    def ranked(self, question: str) -> list[str]:
        """Ids, best first."""

    def close(self) -> None:
        """Free what it holds."""


class Ours:
    """Jiesu's own, on disk."""

    name = "本系统"

    def __init__(self, articles: Sequence[Article], folder: Path) -> None:
        self.search = Search(articles, folder / "ours")
        self._at = dt.datetime.now(ZONE)

    def ranked(self, question: str) -> list[str]:
        return self.search.ranked(question, self._at, limit=DEPTH)

    def close(self) -> None:
        self.search.close()


class Fts5:
    """SQLite FTS5 over bigrams, on disk, its own BM25."""

    name = "SQLite FTS5 二元组"

    def __init__(self, articles: Sequence[Article], folder: Path) -> None:
        self._database = sqlite3.connect(folder / "fts5.db")
        self._database.execute("CREATE VIRTUAL TABLE kb USING fts5(id UNINDEXED, b)")
        rows = ((one.id, " ".join(bigrams(text_of(one)))) for one in articles)
        self._database.executemany("INSERT INTO kb VALUES (?, ?)", rows)
        self._database.commit()

    def ranked(self, question: str) -> list[str]:
        asked = dict.fromkeys(bigrams(question))
        if not asked:
            return []
        query = "SELECT id FROM kb WHERE kb MATCH ? ORDER BY bm25(kb) LIMIT ?"
        match = " OR ".join(f'"{term}"' for term in asked)
        return [row[0] for row in self._database.execute(query, (match, DEPTH))]

    def close(self) -> None:
        self._database.close()


class Bm25s:
    """bm25s over bigrams, in memory."""

    name = "bm25s 二元组"

    def __init__(self, articles: Sequence[Article], _: Path) -> None:
        import bm25s  # type: ignore[import-untyped] # - has no types; half a second to import

        self._ids = [one.id for one in articles]
        self._index: Any = bm25s.BM25()
        corpus = [bigrams(text_of(one)) or ["。"] for one in articles]
        self._index.index(corpus, show_progress=False)

    def ranked(self, question: str) -> list[str]:
        asked = bigrams(question)
        if not asked:
            return []
        depth = min(DEPTH, len(self._ids))
        found, scores = self._index.retrieve([asked], k=depth, show_progress=False)
        pairs = zip(found[0], scores[0], strict=True)
        return [self._ids[at] for at, score in pairs if score > 0]

    def close(self) -> None:
        self._index = None


def bigrams(text: str) -> list[str]:
    """Pairs of neighbouring characters; a stretch of one stands for itself."""
    found: list[str] = []
    for stretch in split(text):
        units = [unit.text for unit in stretch]
        found += [first + second for first, second in itertools.pairwise(units)] or units
    return found


def text_of(article: Article) -> str:
    """What the peers index: all that ours does."""
    parts = [article.title, *article.asked]
    parts += [text for one in article.sections for text in (one.heading, one.text)]
    parts += [str(one) for one in article.basis]
    return "。".join(part for part in parts if part)
