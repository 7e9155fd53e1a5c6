"""Search: from words to the articles that may be shown, best first, with what to highlight.

The index proposes; the articles themselves decide again whether they may be shown. While a caller
speaks nothing is found on small talk (:meth:`Search.find`): an article must share enough rare
sounds with the question, or be asked for word by word as it lists itself; where the characters of
the title are the same, they count twice. By hand everything that fits is found
(:meth:`Search.look_up`): straight to an article of a law, by spelling, and by words.
"""

from __future__ import annotations

import asyncio
import copy
import datetime as dt
import logging
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from kb_search.articles import Article, Audience, unique
from kb_search.engine import RERANKED, Hit, Scope
from kb_search.everyday import weights
from kb_search.feedback import Mark, Taught, effect_on
from kb_search.found import Found, LookedUp, Reason, passage_of
from kb_search.index import ArticleIndex, IndexBroken
from kb_search.locate import Documents, cited
from kb_search.spelt import Spellings
from kb_search.synonyms import Synonyms, Unsaid
from kb_search.terms import Terms, highlights, terms

__all__ = ["Found", "LookedUp", "Reason", "Search"]

log = logging.getLogger(__name__)

NEEDED: Final = 1.3
"""How much evidence shows an article, in units of a sound that one article alone has. Measured on
the demonstration's questions and on small talk: tests/kb_search/test_demo.py."""
SPOKEN_OUT: Final = 4
"""An asking of an article (常见问法) of so many different sounds shows it when all were said."""
THREADS: Final = 2
PASSAGES: Final = 5
NEAR_THE_BEST: Final = 0.25
"""Share of what the best has of the question that the others must have to be found by hand."""
BY_HAND: Final = 50
"""As many are found by hand: who does not see it among them asks otherwise."""


@dataclass(frozen=True, slots=True)
class _Asked:
    """A question with what its words mean besides."""

    terms: Terms
    also: Unsaid

    @property
    def lit(self) -> frozenset[str]:
        """What to light up: the sounds that tell something, not those that lie across two words
        (金怎 in 公积金怎么取); where nothing tells anything, all."""
        telling = {sound for sound, weight in weights(self.terms).items() if weight == 1.0}
        return frozenset(telling | set(self.also.terms.sounds)) or frozenset(self.terms.sounds)


class Search:
    """The articles in force with their index. Safe to be asked from several threads."""

    def __init__(
        self,
        articles: Sequence[Article],
        folder: Path | None = None,
        synonyms: Iterable[Sequence[str]] = (),
    ) -> None:
        """``folder`` keeps the index between starts; None keeps it in memory. ``synonyms`` are
        groups of words that mean the same.

        Raises BadArticle when two articles have one id, IndexBusy.
        """
        self._index = ArticleIndex(folder)
        self._articles: dict[str, Article] = {}
        self._askings: dict[str, tuple[frozenset[str], ...]] = {}
        self._documents, self._spellings = Documents(), Spellings()
        self._synonyms = Synonyms(synonyms)
        self._taught = Taught()
        self._mending, self._writing = threading.Lock(), threading.RLock()
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="kb-search")
        self.replace(articles)

    # ---- what there is --------------------------------------------------------------------------
    def replace(self, articles: Sequence[Article]) -> bool:
        """Other articles from now on; whether the index was made anew."""
        unique(articles, "knowledge base")
        documents, spellings = Documents(), Spellings()
        for article in articles:
            documents.put(article)
            spellings.put(article.id, (article.title, *article.asked))
        with self._writing:
            # First what may be shown: nothing withdrawn is seen while the index is being made.
            self._articles = {article.id: article for article in articles}
            self._askings = {article.id: _askings(article) for article in articles}
            self._documents, self._spellings = documents, spellings
            return self._index.refresh(articles)

    def update(
        self,
        changed: Sequence[Article],
        gone: Iterable[str] = (),
        shown: Callable[[], object] = lambda: None,
    ) -> None:
        """Some articles are new or other than before, some ids are no more. From when ``shown`` is
        called, at the latest when this returns, they are found by what they say now, and never by
        what they said.

        Raises BadArticle when two of them have one id, IndexBusy.
        """
        unique(changed, "knowledge base")
        gone = tuple(gone)
        with self._writing:
            # In their places: a copy of a hundred thousand for one that changed would be slow.
            articles, askings = self._articles, self._askings
            for one in gone:
                articles.pop(one, None)
                askings.pop(one, None)
                self._documents.drop(one)
                self._spellings.drop(one)
            for article in changed:
                articles[article.id], askings[article.id] = article, _askings(article)
                self._documents.put(article)
                self._spellings.put(article.id, (article.title, *article.asked))
            if not self._index.update(changed, gone, shown):
                self._index.refresh(tuple(articles.values()))

    def mean(self, synonyms: Iterable[Sequence[str]]) -> None:
        """Other synonyms from now on; they are words of questions, the index stays as it is."""
        self._synonyms = Synonyms(synonyms)

    def teach(self, marks: Iterable[Mark], gone: Iterable[str] = ()) -> None:
        """What agents said of cards, besides what is known; the ids ``gone`` count no more."""
        self._taught = self._taught.with_(marks, gone)

    def with_article(
        self, article: Article, words: str, scope: Scope, limit: int = BY_HAND
    ) -> LookedUp:
        """:meth:`look_up` as if this article were there as well: it is tried on a copy."""
        with self._index.room_beside() as folder:
            other = self._copied(folder)
            other.update([article])
            return other.look_up(words, scope, limit)

    def _copied(self, folder: Path | None) -> Search:
        """Another one in an empty ``folder``. Its threads are those of this one."""
        other: Search = copy.copy(self)
        with self._writing:
            other._index = self._index.copied(folder, tuple(self._articles.values()))
            other._articles, other._askings = dict(self._articles), dict(self._askings)
            other._documents, other._spellings = self._documents.copied(), self._spellings.copied()
        other._mending, other._writing = threading.Lock(), threading.RLock()
        return other

    def known(self) -> Mapping[str, Article]:
        """The articles there are, by id; not to be changed, and it goes on changing."""
        return self._articles

    @property
    def size(self) -> int:
        """How many articles there are."""
        return len(self._articles)

    def close(self) -> None:
        """Let the threads go; searches not yet begun are given up."""
        self._threads.shutdown(wait=True, cancel_futures=True)

    # ---- while a caller speaks ------------------------------------------------------------------
    def find(
        self,
        question: str,
        at: dt.datetime,
        audience: Audience = Audience.AGENT,
        limit: int = 3,
    ) -> tuple[Found, ...]:
        """The articles that answer, best first; none where the question is small talk. What
        agents marked for like-sounding questions moves them (:mod:`kb_search.feedback`)."""
        asked = self._asked(question)
        hits = self._taught_hits(asked, Scope(audience, at), limit)
        rarest = self._index.rarest()
        rarity = self._index.rarity(asked.terms, asked.also)
        sounds = frozenset(asked.terms.sounds)
        found: list[Found] = []
        for article, hit in hits:
            known = hit.mass + _in_title(article, asked.terms, rarity)
            evidence = known / rarest if rarest else 0.0
            if any(asking <= sounds for asking in self._askings.get(hit.id, ())):
                evidence = max(evidence, NEEDED)
            if evidence >= NEEDED:
                found.append(_told(article, len(found) + 1, hit.score, evidence, asked.lit))
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

    # ---- by hand --------------------------------------------------------------------------------
    def look_up(
        self,
        words: str,
        scope: Scope,
        limit: int = BY_HAND,
        *,
        synonyms: Synonyms | None = None,
    ) -> LookedUp:
        """Everything that fits, best first: the article of a law that the words name, then titles
        spelt as the letters say, then what shares rare words with them. The first ``PASSAGES``
        come with the passage that shows why; :meth:`passages` finds those of more. ``synonyms``
        are tried for this question in place of those in force."""
        synonyms = synonyms or self._synonyms
        asked = _Asked(terms(words), synonyms.unsaid(words))
        exact = cited(words)
        named = [
            (place.article, Reason.CLAUSE, place)
            for place in (self._documents.find(exact) if exact else ())
        ]
        spelt = [(id, Reason.SPELLING, None) for id in self._spellings.find(words)]
        hits = [hit for _, hit in self._hits(asked, scope, limit)]
        least = NEAR_THE_BEST * max((hit.mass for hit in hits), default=0.0)
        by_words = [(hit.id, Reason.WORDS, None) for hit in hits if hit.mass >= least]
        found: dict[str, Found] = {}
        for id, reason, place in [*named, *spelt, *by_words]:
            article = self._articles.get(id)
            if id not in found and article is not None and scope.holds(article):
                lit = highlights(article.title, asked.lit)
                one = Found(article, len(found) + 1, 0.0, 0.0, lit, (), reason, place)
                shows = len(found) < PASSAGES or place is not None
                found[id] = passage_of(one, asked.lit) if shows else one
                if len(found) == limit:
                    break
        return LookedUp(tuple(found.values()), synonyms.in_question(words), exact)

    def passages(self, words: str, found: Iterable[Found]) -> tuple[Found, ...]:
        """The same with the passages of those that have none yet: about a millisecond for each."""
        lit = self._asked(words).lit
        return tuple(one if one.passage else passage_of(one, lit) for one in found)

    async def seek(self, words: str, scope: Scope, limit: int = BY_HAND) -> LookedUp:
        """:meth:`look_up` on one of the few threads."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, self.look_up, words, scope, limit)

    def ranked(
        self,
        question: str,
        at: dt.datetime,
        audience: Audience = Audience.AGENT,
        limit: int = 10,
    ) -> list[str]:
        """The ids in order, small talk or not: for measuring."""
        hits = self._taught_hits(self._asked(question), Scope(audience, at), limit)
        return [hit.id for _, hit in hits]

    def mend(self) -> bool:
        """Make the index anew where its files were deleted or damaged under it; whether they were.
        Searching goes on meanwhile. For a thread: this may take seconds."""
        with self._mending, self._writing:
            if not self._index.harmed():
                return False
            log.warning("search index was harmed and is made anew")
            self._index.refresh(tuple(self._articles.values()), anew=True)
            return True

    # ---- within ---------------------------------------------------------------------------------
    def _asked(self, question: str) -> _Asked:
        return _Asked(terms(question), self._synonyms.unsaid(question))

    def _taught_hits(self, asked: _Asked, scope: Scope, limit: int) -> list[tuple[Article, Hit]]:
        """The best, moved by what agents marked; the same as ever where nobody marked anything."""
        effects = self._taught.of(asked.terms, scope.at)
        if not effects:
            return self._hits(asked, scope, limit)
        moved: list[tuple[Article, Hit]] = []
        for article, hit in self._hits(asked, scope, RERANKED):
            effect = effect_on(effects, article.id, article.version)
            if not effect.left_out:
                moved.append((article, replace(hit, score=hit.score * effect.factor)))
        return sorted(moved, key=lambda one: (-one[1].score, one[1].id))[:limit]

    def _hits(self, asked: _Asked, scope: Scope, limit: int) -> list[tuple[Article, Hit]]:
        try:
            hits = self._index.search(asked.terms, scope, limit, asked.also)
        except IndexBroken:
            self._mend()
            hits = self._index.search(asked.terms, scope, limit, asked.also)
        articles = self._articles
        found = [(articles.get(hit.id), hit) for hit in hits]
        return [(one, hit) for one, hit in found if one is not None and scope.holds(one)]

    def _mend(self) -> None:
        """One thread makes the index anew, the others wait for it."""
        with self._mending, self._writing:
            log.warning("search index is broken and is made anew")
            self._index.refresh(tuple(self._articles.values()), anew=True)


def _told(article: Article, rank: int, score: float, evidence: float, lit: frozenset[str]) -> Found:
    return Found(
        article=article,
        rank=rank,
        score=score,
        evidence=evidence,
        title_spans=highlights(article.title, lit),
        words_spans=highlights(article.words, lit),
    )


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
