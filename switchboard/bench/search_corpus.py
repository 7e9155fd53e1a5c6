"""What ``./jiesu bench search`` is asked: somebody's own files, or the demonstration's articles.

Of the demonstration each way of asking but the first is taken out of its article and becomes a
question; misheard questions have every sixth character replaced by one of the same sound. Documents
are added until there are as many as wanted, made of sentences of the others, always the same.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from pypinyin.constants import PINYIN_DICT

from kb_search import shelf
from kb_search.articles import Article, Section
from kb_search.terms import sound_of
from switchboard.evaluate_files import read_corpus, read_qrels, read_queries

_EVERY: Final = 6
_SEED: Final = 12345
_SENTENCES: Final = 6
_COMMON: Final = range(0x4E00, 0x9FA6)


@dataclass(frozen=True, slots=True)
class Material:
    """Articles, and questions with the ids that answer them; ``misheard`` has the same ids."""

    articles: tuple[Article, ...]
    asked: tuple[tuple[str, str], ...]
    misheard: tuple[tuple[str, str], ...]
    right: Mapping[str, frozenset[str]]


def own(corpus: Path, queries: Path, qrels: Path, misheard: Path | None) -> Material:
    """Files as ``./jiesu eval search`` reads them. Raises Refusal."""
    articles = read_corpus(corpus)
    asked = read_queries(queries)
    right = read_qrels(qrels, {one.id for one in articles})
    heard = read_queries(misheard) if misheard else as_misheard(asked, articles)
    judged = {id: frozenset(found) for id, found in right.items()}
    return Material(
        articles,
        tuple(one for one in asked if one[0] in judged),
        tuple(one for one in heard if one[0] in judged),
        judged,
    )


def demonstration() -> Material:
    """The articles shipped, each known by its first way of asking alone."""
    articles, asked, right = [], [], {}
    for article in shelf.read():
        articles.append(replace(article, asked=article.asked[:1]))
        for number, words in enumerate(article.asked[1:], start=1):
            asked.append((f"{article.id}-{number}", words))
            right[f"{article.id}-{number}"] = frozenset({article.id})
    return Material(tuple(articles), tuple(asked), as_misheard(asked, articles), right)


def as_misheard(
    asked: Sequence[tuple[str, str]], articles: Sequence[Article]
) -> tuple[tuple[str, str], ...]:
    """The questions as a recogniser might write them."""
    used = {char for one in articles for section in one.sections for char in section.text}
    alike: dict[str, list[str]] = {}
    for char in sorted(used):
        if ord(char) in _COMMON and ord(char) in PINYIN_DICT:
            alike.setdefault(sound_of(char), []).append(char)
    return tuple((id, _misheard(words, alike)) for id, words in asked)


def filled(material: Material, documents: int) -> Material:
    """The same questions among at least so many documents."""
    missing = documents - len(material.articles)
    if missing <= 0:
        return material
    sentences = [
        f"{sentence}。"
        for one in material.articles
        for section in one.sections
        for sentence in section.text.split("。")
        if len(sentence) > _EVERY
    ]
    dealt = random.Random(_SEED)  # noqa: S311 - the same documents every time, nothing secret
    more = tuple(
        Article(
            f"made-{number}",
            dealt.choice(sentences)[:20],
            (Section("", "".join(dealt.choices(sentences, k=_SENTENCES))),),
        )
        for number in range(missing)
    )
    return replace(material, articles=(*material.articles, *more))


def _misheard(words: str, alike: Mapping[str, Sequence[str]]) -> str:
    heard = list(words)
    for at in range(2, len(heard), _EVERY):
        others = [char for char in alike.get(sound_of(heard[at]), ()) if char != heard[at]]
        heard[at] = others[at % len(others)] if others else heard[at]
    return "".join(heard)
