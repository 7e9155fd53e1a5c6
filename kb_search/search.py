"""Search: from words to the articles that may be shown, best first, with what to highlight.

The index proposes; the articles themselves decide again whether they may be shown. On small talk
nothing is found: an article must share enough rare sounds with the question, or be asked for word
by word as it lists itself; where the characters of the title are the same, they count twice.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from kb_search.articles import Article, Audience, unique
from kb_search.index import ArticleIndex, Hit, IndexBroken, Scope
from kb_search.terms import Span, Terms, highlights, terms

log = logging.getLogger(__name__)

NEEDED: Final = 1.3
"""How much evidence shows an article, in units of a sound that one article alone has. Measured on
the demonstration's questions and on small talk: tests/kb_search/test_demo.py."""
SPOKEN_OUT: Final = 4
"""An asking of an article (常见问法) of so many different sounds shows it when all were said."""
THREADS: Final = 2


@dataclass(frozen=True, slots=True)
class Found:
    """An article that answers. Spans are in characters of ``article.title`` and
    ``article.words``."""

    article: Article
    rank: int
    score: float
    evidence: float
    title_spans: tuple[Span, ...]
    words_spans: tuple[Span, ...]


class Search:
    """The articles in force with their index. Safe to be asked from several threads."""

    def __init__(self, articles: Sequence[Article], folder: Path | None = None) -> None:
        """``folder`` keeps the index between starts; None keeps it in memory.

        Raises BadArticle when two articles have one id, IndexBusy.
        """
        self._index = ArticleIndex(folder)
        self._articles: dict[str, Article] = {}
        self._askings: dict[str, tuple[frozenset[str], ...]] = {}
        self._mending = threading.Lock()
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="kb-search")
        self.replace(articles)

    def replace(self, articles: Sequence[Article]) -> bool:
        """Other articles from now on; whether the index was made anew."""
        unique(articles, "knowledge base")
        made = self._index.refresh(articles)
        self._articles = {article.id: article for article in articles}
        self._askings = {article.id: _askings(article) for article in articles}
        return made

    @property
    def size(self) -> int:
        """How many articles there are."""
        return len(self._articles)

    def close(self) -> None:
        """Let the threads go; searches not yet begun are given up."""
        self._threads.shutdown(wait=True, cancel_futures=True)

    def find(
        self,
        question: str,
        at: dt.datetime,
        audience: Audience = Audience.AGENT,
        limit: int = 3,
    ) -> tuple[Found, ...]:
        """The articles that answer, best first; none where the question is small talk."""
        asked = terms(question)
        hits = self._hits(asked, Scope(audience, at), limit)
        rarest, rarity = self._index.rarest(), self._index.rarity(asked)
        sounds = frozenset(asked.sounds)
        found: list[Found] = []
        for hit in hits:
            article = self._articles[hit.id]
            known = hit.mass + _in_title(article, asked, rarity)
            evidence = known / rarest if rarest else 0.0
            if any(asking <= sounds for asking in self._askings.get(hit.id, ())):
                evidence = max(evidence, NEEDED)
            if evidence >= NEEDED:
                found.append(
                    Found(
                        article=article,
                        rank=len(found) + 1,
                        score=hit.score,
                        evidence=evidence,
                        title_spans=highlights(article.title, rarity),
                        words_spans=highlights(article.words, rarity),
                    )
                )
        return tuple(found)

    async def ask(
        self,
        question: str,
        at: dt.datetime,
        audience: Audience = Audience.AGENT,
        limit: int = 3,
    ) -> tuple[Found, ...]:
        """:meth:`find` on one of the few threads. Cancelled before it begins, it is never run."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, self.find, question, at, audience, limit)

    def ranked(
        self,
        question: str,
        at: dt.datetime,
        audience: Audience = Audience.AGENT,
        limit: int = 10,
    ) -> list[str]:
        """The ids in order, small talk or not: for measuring."""
        return [hit.id for hit in self._hits(terms(question), Scope(audience, at), limit)]

    def _hits(self, asked: Terms, scope: Scope, limit: int) -> list[Hit]:
        try:
            hits = self._index.search(asked, scope, limit)
        except IndexBroken:
            self._mend()
            hits = self._index.search(asked, scope, limit)
        articles = self._articles
        return [
            hit
            for hit in hits
            if hit.id in articles and articles[hit.id].shown_to(scope.audience, scope.at)
        ]

    def _mend(self) -> None:
        """One thread makes the index anew, the others wait for it."""
        with self._mending:
            log.warning("search index is broken and is made anew")
            self._index.refresh(tuple(self._articles.values()), anew=True)


def _askings(article: Article) -> tuple[frozenset[str], ...]:
    """The sounds of each way of asking that is long enough to be no accident."""
    found = (frozenset(terms(words).sounds) for words in article.asked)
    return tuple(sounds for sounds in found if len(sounds) >= SPOKEN_OUT)


def _in_title(article: Article, asked: Terms, rarity: Mapping[str, float]) -> float:
    """The mass of what the title has character by character. A sound alone proves little there:
    a title is short, and much of what people say sounds like some part of it."""
    title = frozenset(terms(article.title).chars)
    shared = {sound for char, sound in zip(asked.chars, asked.sounds, strict=True) if char in title}
    return sum(rarity.get(sound, 0.0) for sound in shared)
