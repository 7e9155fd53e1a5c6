"""The one place that speaks to tantivy: fields, documents, queries, scores.

A generation is an index as it was at one moment; asking it never waits for a writer.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import functools
import hashlib
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Final

import tantivy
from tantivy import Occur, Query

from hotline.policy import ZONE
from kb_search.articles import Article, Audience, Visibility
from kb_search.everyday import weights
from kb_search.synonyms import NOTHING_UNSAID, Unsaid
from kb_search.terms import TERMS_VERSION, Terms, terms

SHAPE_VERSION: Final = 2
"""Raise it with every change of the fields below."""
RERANKED: Final = 30
COVERAGE_WEIGHT: Final = 1.0
"""As much as BM25, of which the best has 1: how much of the question is there says as much as how
often."""
_HEAP_BYTES: Final = 50_000_000
_SMALL_HEAP_BYTES: Final = 15_000_000
_FOREVER: Final = 1 << 60


@dataclass(frozen=True, slots=True)
class Hit:
    """One article found. ``mass`` is the summed IDF of the question's sounds that it has, those
    everybody says left out; ``score`` what it is ranked by: BM25 over the best one's, plus the
    share of the question's mass that it has."""

    id: str
    score: float
    mass: float


@dataclass(frozen=True, slots=True)
class Scope:
    """For whom and when, and among which; empty is any."""

    audience: Audience
    at: dt.datetime
    unit: str = ""
    category: str = ""
    only: Visibility | None = None

    def holds(self, article: Article) -> bool:
        """Whether the article itself, whatever an index says, is among them."""
        return (
            article.shown_to(self.audience, self.at)
            and self.unit in ("", article.unit)
            and self.category in ("", article.category)
            and self.only in (None, article.visibility)
        )


@dataclass(frozen=True, slots=True)
class Generation:
    """An opened index; never changed once it is there."""

    index: tantivy.Index
    searcher: tantivy.Searcher
    fingerprint: str
    folder: Path | None


def fingerprint(articles: Iterable[Article]) -> str:
    """Of what an index is made: versions of terms, fields and engine, and every article whole."""
    return combined(sum(digest(one) for one in articles))


def digest(article: Article) -> int:
    """Of one article whole. Sums of these say what an index is made of, in any order, so that one
    more article need not read all the others."""
    return int.from_bytes(hashlib.sha256(repr(article).encode()).digest())


def combined(digests: int) -> str:
    """The fingerprint of articles whose digests have this sum."""
    made_by = f"{SHAPE_VERSION}/{TERMS_VERSION}/{_engine_version()}"
    return f"{made_by}/{digests % (1 << 256):064x}"


@functools.cache
def _engine_version() -> str:
    return version("tantivy")


def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    builder.add_text_field("id", stored=True, tokenizer_name="raw", index_option="basic")
    for name in ("unit", "category"):
        builder.add_text_field(name, tokenizer_name="raw", index_option="basic")
    for name in ("b", "p"):
        builder.add_text_field(name, tokenizer_name="whitespace", index_option="freq")
    for name in ("internal", "valid_from", "valid_to", "embargo"):
        builder.add_integer_field(name, indexed=True, fast=True)
    return builder.build()


def _document(article: Article) -> tantivy.Document:
    """The title counts twice inside the one field: a field of its own would hurt articles that
    have none."""
    parts = [article.title, article.title, *article.asked]
    parts += [text for section in article.sections for text in (section.heading, section.text)]
    parts += [str(one) for one in article.basis]
    found = terms("\n".join(part + "。" for part in parts if part))
    document = tantivy.Document()
    document.add_text("id", article.id)
    document.add_text("unit", article.unit)
    document.add_text("category", article.category)
    document.add_text("b", " ".join(found.chars))
    document.add_text("p", " ".join(found.sounds))
    document.add_integer("internal", int(article.visibility is Visibility.INTERNAL))
    document.add_integer("valid_from", article.valid_from.toordinal() if article.valid_from else 0)
    until = article.valid_to.toordinal() if article.valid_to else _FOREVER
    document.add_integer("valid_to", until)
    embargo = article.embargo_until
    document.add_integer("embargo", math.ceil(embargo.timestamp()) if embargo else -_FOREVER)
    return document


@contextlib.contextmanager
def _told() -> Iterator[None]:
    """A damaged file can make the engine panic, which is no Exception in Python: it is told as a
    ValueError, as the engine's other faults are."""
    try:
        yield
    except BaseException as fault:
        if type(fault).__name__ != "PanicException":
            raise
        raise ValueError(f"the engine gave up: {fault}") from None


@_told()
def build(articles: Sequence[Article], wanted: str, folder: Path | None) -> Generation:
    """A new index, the same whatever order the articles come in."""
    if folder is None:
        index = tantivy.Index(_schema())
    else:
        folder.mkdir()
        index = tantivy.Index(_schema(), path=str(folder))
    # One thread makes one segment, so that scores do not depend on how articles were dealt out.
    writer = index.writer(_HEAP_BYTES, 1)
    for article in sorted(articles, key=lambda one: one.id):
        writer.add_document(_document(article))
    writer.commit()
    writer.wait_merging_threads()
    index.reload()
    return Generation(index, index.searcher(), wanted, folder)


@_told()
def written(
    now: Generation,
    changed: Sequence[Article],
    touched: Iterable[str],
    wanted: str,
    shown: Callable[[Generation], None],
) -> None:
    """Put these articles into the same index as they are now. ``shown`` is called as soon as they
    are found; then the engine may merge what has become too many pieces, half a second long."""
    writer = now.index.writer(_SMALL_HEAP_BYTES, 1)
    try:
        for one in touched:
            writer.delete_documents_by_term("id", one)
        for article in changed:
            writer.add_document(_document(article))
        writer.commit()
        now.index.reload()
        shown(Generation(now.index, now.index.searcher(), wanted, now.folder))
    except BaseException:
        writer.rollback()
        raise
    finally:
        writer.wait_merging_threads()


@_told()
def open_there(folder: Path, wanted: str) -> Generation:
    index = tantivy.Index.open(str(folder))
    index.reload()
    return Generation(index, index.searcher(), wanted, folder)


@_told()
def search(now: Generation, asked: Terms, scope: Scope, limit: int, also: Unsaid) -> list[Hit]:
    schema = now.index.schema
    clauses = [
        (Occur.Should, Query.term_query(schema, name, term, "freq"))
        for name, found in (("b", asked.chars), ("p", asked.sounds))
        for term in found
    ]
    for name, found in (("b", also.terms.chars), ("p", also.terms.sounds)):
        for term, weight in zip(found, also.weights, strict=True):
            query = Query.term_query(schema, name, term, "freq")
            clauses.append((Occur.Should, Query.boost_query(query, weight)))
    query = Query.boolean_query(
        [(Occur.Must, Query.boolean_query(clauses)), *_filters(schema, scope)]
    )
    best = {
        now.searcher.doc(address)["id"][0]: float(score)
        for score, address in now.searcher.search(query, max(limit, RERANKED), count=False).hits
    }
    if not best:
        return []
    rarity = rarity_of(now, asked, also)
    masses = _masses(now, list(best), rarity)
    top, whole = max(best.values()), sum(rarity_of(now, asked).values()) or 1.0
    hits = [
        Hit(one, score / top + COVERAGE_WEIGHT * masses.get(one, 0.0) / whole, masses.get(one, 0.0))
        for one, score in best.items()
    ]
    return sorted(hits, key=lambda hit: (-hit.score, hit.id))[:limit]


def rarity_of(now: Generation, asked: Terms, also: Unsaid = NOTHING_UNSAID) -> dict[str, float]:
    """The IDF of each sound of the question that tells something, by how much it tells."""
    less = dict(zip(also.terms.sounds, also.weights, strict=True))
    telling = {sound: less[sound] * one for sound, one in weights(also.terms).items()}
    telling |= weights(asked)
    documents = now.searcher.num_docs
    return {
        sound: weight * idf(documents, now.searcher.doc_freq("p", sound))
        for sound, weight in telling.items()
    }


def _masses(now: Generation, found: list[str], rarity: dict[str, float]) -> dict[str, float]:
    """For each article found, the summed rarity of the sounds it shares with the question. The
    engine adds them up, so that no article's terms need to be kept or read back."""
    schema = now.index.schema
    among = Query.const_score_query(Query.term_set_query(schema, "id", found), 0.0)
    shares = [
        (Occur.Should, Query.const_score_query(Query.term_query(schema, "p", one, "freq"), rare))
        for one, rare in rarity.items()
    ]
    query = Query.boolean_query([(Occur.Must, among), *shares])
    return {
        now.searcher.doc(address)["id"][0]: float(mass)
        for mass, address in now.searcher.search(query, len(found), count=False).hits
    }


def _filters(schema: tantivy.Schema, scope: Scope) -> list[tuple[Occur, Query]]:
    day = scope.at.astimezone(ZONE).date().toordinal()
    whole = tantivy.FieldType.Integer
    found = [
        Query.range_query(schema, "valid_from", whole, upper_bound=day),
        Query.range_query(schema, "valid_to", whole, lower_bound=day),
        Query.range_query(schema, "embargo", whole, upper_bound=math.floor(scope.at.timestamp())),
    ]
    if scope.audience is Audience.PUBLIC or scope.only is Visibility.EXTERNAL:
        found.append(Query.term_query(schema, "internal", 0))
    elif scope.only is Visibility.INTERNAL:
        found.append(Query.term_query(schema, "internal", 1))
    for name, value in (("unit", scope.unit), ("category", scope.category)):
        if value:
            found.append(Query.term_query(schema, name, value))
    return [(Occur.Must, Query.const_score_query(one, 0.0)) for one in found]


def idf(documents: int, having: int) -> float:
    # Articles thrown away count in ``having`` until the engine merges them out.
    having = min(having, documents)
    return math.log(1 + (documents - having + 0.5) / (having + 0.5)) if documents else 0.0
