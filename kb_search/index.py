"""The derived index: the one place that speaks to tantivy.

A folder holds generations, and a file ``current.json`` that names the one to be used, what it was
made of, and the hash of each of its files. A generation is made beside the present one and comes
into force by one rename, so that a writer killed half-way leaves everything as it was. Whatever is
missing, stale or broken is made anew from the articles; where the disk refuses, in memory.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import fcntl
import hashlib
import json
import logging
import math
import os
import shutil
import time
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import tantivy
from tantivy import Occur, Query

from hotline.errors import HotlineError
from hotline.policy import ZONE
from kb_search.articles import Article, Audience, Visibility
from kb_search.everyday import weights
from kb_search.terms import TERMS_VERSION, Terms, terms

log = logging.getLogger(__name__)

SHAPE_VERSION: Final = 1
"""Raise it with every change of the fields below."""
RERANKED: Final = 30
COVERAGE_WEIGHT: Final = 0.5
_POINTER: Final = "current.json"
_HEAP_BYTES: Final = 50_000_000
_LOCK_PATIENCE_S: Final = 30.0
_FOREVER: Final = 1 << 60


class IndexBusy(HotlineError):
    """Another process has been writing this index for too long."""


class IndexBroken(HotlineError):
    """The index cannot be read; make it anew."""


@dataclass(frozen=True, slots=True)
class Hit:
    """One article found. ``mass`` is the summed IDF of the question's sounds that it has, those
    everybody says left out; ``score`` what it is ranked by: BM25 over the best one's, plus half
    the share of the question's mass that it has."""

    id: str
    score: float
    mass: float


@dataclass(frozen=True, slots=True)
class Scope:
    """For whom and when."""

    audience: Audience
    at: dt.datetime


@dataclass(frozen=True, slots=True)
class _Generation:
    """An opened index; never changed once it is there."""

    index: tantivy.Index
    searcher: tantivy.Searcher
    fingerprint: str


class ArticleIndex:
    """Searches the generation in force and replaces it. Searching is safe from several threads,
    also while a new generation is being made."""

    def __init__(self, folder: Path | None) -> None:
        """``folder`` None keeps the index in memory only."""
        self._folder = folder
        self._now: _Generation | None = None

    def refresh(self, articles: Sequence[Article], *, anew: bool = False) -> bool:
        """Make the index agree with the articles; whether it had to be made anew.

        Raises IndexBusy when another writer holds the folder longer than half a minute.
        """
        wanted = fingerprint(articles)
        if not anew and self._now and self._now.fingerprint == wanted:
            return False
        if self._folder is None:
            self._now = _build(articles, wanted, None)
            return True
        try:
            return self._refresh_in(self._folder, articles, wanted, anew=anew)
        except (OSError, ValueError):
            # tantivy reports a full disk as ValueError. An index in memory answers just as well.
            log.warning("search index kept in memory: its folder cannot be written", exc_info=True)
            self._now = _build(articles, wanted, None)
            return True

    def _refresh_in(
        self, folder: Path, articles: Sequence[Article], wanted: str, *, anew: bool
    ) -> bool:
        folder.mkdir(parents=True, exist_ok=True)
        with _only_writer(folder):
            there = None if anew else _opened(folder, wanted)
            if there:
                self._now = there
                return False
            before = _pointer(folder).get("generation", "")
            name = f"generation-{uuid.uuid4().hex}"
            try:
                _build(articles, wanted, folder / name)
                _point_to(folder, name, wanted)
            except BaseException:
                shutil.rmtree(folder / name, ignore_errors=True)
                raise
            self._now = _open(folder / name, wanted)
            # The generation before may still be read by another process for a moment.
            for old in folder.glob("generation-*"):
                if old.name not in {name, before}:
                    shutil.rmtree(old, ignore_errors=True)
        return True

    def search(self, asked: Terms, scope: Scope, limit: int = 10) -> list[Hit]:
        """The best first. Empty for a question without terms. Raises IndexBroken."""
        now = self._now
        if now is None:
            raise IndexBroken("检索索引尚未建立")
        if not asked.sounds:
            return []
        try:
            return _search(now, asked, scope, limit)
        except (ValueError, OSError) as error:
            raise IndexBroken(f"检索索引读不出来（{error}）") from error

    def rarest(self) -> float:
        """The IDF of a term that one article alone has: what a mass is measured by."""
        documents = self._now.searcher.num_docs if self._now else 0
        return _idf(documents, 1)

    def rarity(self, asked: Terms) -> dict[str, float]:
        """The IDF of each sound of the question by how much it tells, those everybody says left
        out."""
        return _rarity(self._now, asked) if self._now else {}


def fingerprint(articles: Sequence[Article]) -> str:
    """Of what an index is made: versions of terms, fields and engine, and every article whole."""
    digest = hashlib.sha256(f"{SHAPE_VERSION}/{TERMS_VERSION}/{version('tantivy')}".encode())
    for article in sorted(articles, key=lambda one: one.id):
        digest.update(repr(article).encode())
    return digest.hexdigest()


def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    builder.add_text_field("id", stored=True, tokenizer_name="raw", index_option="basic")
    for field in ("b", "p"):
        builder.add_text_field(field, tokenizer_name="whitespace", index_option="freq")
    for field in ("internal", "valid_from", "valid_to", "embargo"):
        builder.add_integer_field(field, indexed=True, fast=True)
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
    document.add_text("b", " ".join(found.chars))
    document.add_text("p", " ".join(found.sounds))
    document.add_integer("internal", int(article.visibility is Visibility.INTERNAL))
    document.add_integer("valid_from", article.valid_from.toordinal() if article.valid_from else 0)
    until = article.valid_to.toordinal() if article.valid_to else _FOREVER
    document.add_integer("valid_to", until)
    embargo = article.embargo_until
    document.add_integer("embargo", math.ceil(embargo.timestamp()) if embargo else -_FOREVER)
    return document


def _build(articles: Sequence[Article], wanted: str, folder: Path | None) -> _Generation:
    if folder is None:
        index = tantivy.Index(_schema())
    else:
        folder.mkdir()
        index = tantivy.Index(_schema(), path=str(folder))
    # One thread makes one segment, so that scores do not depend on how articles were dealt out.
    writer = index.writer(_HEAP_BYTES, 1)
    for article in articles:
        writer.add_document(_document(article))
    writer.commit()
    writer.wait_merging_threads()
    index.reload()
    return _Generation(index, index.searcher(), wanted)


def _search(now: _Generation, asked: Terms, scope: Scope, limit: int) -> list[Hit]:
    schema = now.index.schema
    clauses = [
        (Occur.Should, Query.term_query(schema, field, term, "freq"))
        for field, found in (("b", asked.chars), ("p", asked.sounds))
        for term in found
    ]
    query = Query.boolean_query(
        [(Occur.Must, Query.boolean_query(clauses)), *_filters(schema, scope)]
    )
    best = {
        now.searcher.doc(address)["id"][0]: float(score)
        for score, address in now.searcher.search(query, max(limit, RERANKED), count=False).hits
    }
    if not best:
        return []
    rarity = _rarity(now, asked)
    masses = _masses(now, list(best), rarity)
    top, whole = max(best.values()), sum(rarity.values()) or 1.0
    hits = [
        Hit(one, score / top + COVERAGE_WEIGHT * masses.get(one, 0.0) / whole, masses.get(one, 0.0))
        for one, score in best.items()
    ]
    return sorted(hits, key=lambda hit: (-hit.score, hit.id))[:limit]


def _rarity(now: _Generation, asked: Terms) -> dict[str, float]:
    """The IDF of each sound of the question that tells something, by how much it tells."""
    return {
        sound: weight * _idf(now.searcher.num_docs, now.searcher.doc_freq("p", sound))
        for sound, weight in weights(asked).items()
    }


def _masses(now: _Generation, found: list[str], rarity: dict[str, float]) -> dict[str, float]:
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
    if scope.audience is Audience.PUBLIC:
        found.append(Query.term_query(schema, "internal", 0))
    return [(Occur.Must, Query.const_score_query(one, 0.0)) for one in found]


def _idf(documents: int, having: int) -> float:
    return math.log(1 + (documents - having + 0.5) / (having + 0.5)) if documents else 0.0


# ------------------------------------------------------------------------------------ the folder


@contextlib.contextmanager
def _only_writer(folder: Path) -> Iterator[None]:
    """One writer at a time, over processes; the lock dies with its holder."""
    with (folder / "writer.lock").open("a") as lock:
        until = time.monotonic() + _LOCK_PATIENCE_S
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > until:
                    raise IndexBusy(f"{folder} 正由另一个进程写入，请稍后再试") from None
                time.sleep(0.05)
        yield


def _pointer(folder: Path) -> dict[str, Any]:
    try:
        found = json.loads((folder / _POINTER).read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _point_to(folder: Path, name: str, wanted: str) -> None:
    """Bring a generation into force, durably: its files, then the name of it, then the rename."""
    pointer = {"generation": name, "fingerprint": wanted, "files": _hashes(folder / name)}
    fresh = folder / f"{_POINTER}.new"
    with fresh.open("w", encoding="utf-8") as file:
        json.dump(pointer, file)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(folder / _POINTER)


def _opened(folder: Path, wanted: str) -> _Generation | None:
    """The generation in force, if it is of these articles and each of its files is whole."""
    pointer = _pointer(folder)
    there = folder / str(pointer.get("generation", ""))
    if pointer.get("fingerprint") != wanted or not there.is_dir():
        return None
    try:
        if pointer.get("files") == _hashes(there):
            return _open(there, wanted)
    except (OSError, ValueError):
        log.warning("search index cannot be opened and is made anew", exc_info=True)
    return None


def _open(folder: Path, wanted: str) -> _Generation:
    index = tantivy.Index.open(str(folder))
    index.reload()
    return _Generation(index, index.searcher(), wanted)


def _hashes(folder: Path) -> dict[str, str]:
    """Of every file but the engine's own lock files."""
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.iterdir())
        if path.suffix != ".lock"
    }
