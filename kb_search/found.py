"""What a search found, and the passage that shows why. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from kb_search.articles import Article
from kb_search.locate import Cited, Place
from kb_search.synonyms import Meant
from kb_search.terms import Span, highlights

PASSAGE: Final = 110
"""How much of an article a list shows, in characters."""
_BEFORE: Final = 20


class Reason(StrEnum):
    """Why something was found."""

    WORDS = "相关"
    CLAUSE = "精准定位"
    SPELLING = "拼音"


@dataclass(frozen=True, slots=True)
class Passage:
    """A piece of an article, with what to light up in it (spans in characters of ``text``)."""

    heading: str
    text: str
    spans: tuple[Span, ...]
    cut_before: bool = False
    cut_after: bool = False


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
    reason: Reason = Reason.WORDS
    place: Place | None = None
    passage: Passage | None = None

    @property
    def exact(self) -> bool:
        """False where the document was found, but not the article of it that was named."""
        return self.place is None or self.place.exact


@dataclass(frozen=True, slots=True)
class LookedUp:
    """The answer to a search by hand: what was found, what its words mean besides, and the article
    of a law they name."""

    found: tuple[Found, ...]
    meant: tuple[Meant, ...] = ()
    cited: Cited | None = None


def passage_of(found: Found, sounds: Iterable[str]) -> Found:
    """The same with the passage to show: where the law stands, else where most is lit up."""
    wanted = frozenset(sounds)
    place = found.place
    best: Passage | None
    if place is not None and place.section is not None:
        section = found.article.sections[place.section]
        best = _piece(section.heading, section.text, place.start, wanted)
    else:
        best = _densest(found.article, wanted)
    return replace(found, passage=best)


def _densest(article: Article, wanted: frozenset[str]) -> Passage | None:
    best: tuple[int, Passage] | None = None
    for section in article.sections:
        spans = highlights(section.text, wanted)
        start, lit = _window(spans)
        if best is None or lit > best[0]:
            best = lit, _cut(section.heading, section.text, max(0, start - _BEFORE), spans)
    return best[1] if best else None


def _window(spans: tuple[Span, ...]) -> tuple[int, int]:
    """From where on a piece of the text has most lit up, and how many characters of it."""
    best = (0, 0)
    for at, (start, _) in enumerate(spans):
        lit = sum(end - begin for begin, end in spans[at:] if end <= start - _BEFORE + PASSAGE)
        if lit > best[1]:
            best = (start, lit)
    return best


def _piece(heading: str, text: str, start: int, wanted: frozenset[str]) -> Passage:
    return _cut(heading, text, start, highlights(text, wanted))


def _cut(heading: str, text: str, start: int, spans: tuple[Span, ...]) -> Passage:
    end = min(len(text), start + PASSAGE)
    inside = tuple(
        (max(begin, start) - start, min(until, end) - start)
        for begin, until in spans
        if until > start and begin < end
    )
    return Passage(heading, text[start:end], inside, start > 0, end < len(text))
