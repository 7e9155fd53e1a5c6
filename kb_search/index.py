"""The derived index: the one place that speaks to tantivy.

A few changed articles are carried on in the generation in force; more, or none that is whole, make
a new one (:mod:`kb_search.generations`). Whatever is missing, stale or broken is made anew from the
articles; where the disk refuses, in memory.
"""

from __future__ import annotations

import contextlib
import logging
import shutil
import tempfile
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

from hotline.errors import HotlineError
from kb_search.articles import Article
from kb_search.engine import (
    Generation,
    Hit,
    Scope,
    build,
    combined,
    digest,
    fingerprint,
    idf,
    open_there,
    rarity_of,
    search,
    written,
)
from kb_search.generations import (
    IndexBusy,
    hashes,
    lasting,
    linked,
    only_writer,
    point_to,
    pointer_of,
    stamps,
)
from kb_search.synonyms import NOTHING_UNSAID, Unsaid
from kb_search.terms import Terms

__all__ = ["ArticleIndex", "Hit", "IndexBroken", "IndexBusy", "Scope", "fingerprint"]

log = logging.getLogger(__name__)

_TRYING: Final = "trying-"


class IndexBroken(HotlineError):
    """The index cannot be read; make it anew."""


class ArticleIndex:
    """Searches the generation in force and replaces it. Searching is safe from several threads,
    also while a new generation is being made."""

    def __init__(self, folder: Path | None) -> None:
        """``folder`` None keeps the index in memory only."""
        self._folder = folder
        self._now: Generation | None = None
        self._made_of: dict[str, int] = {}
        self._sum = 0
        self._stamps: dict[str, tuple[int, int, int]] = {}

    def refresh(self, articles: Sequence[Article], *, anew: bool = False) -> bool:
        """Make the index agree with the articles; whether it had to be made anew.

        Raises IndexBusy when another writer holds the folder longer than half a minute.
        """
        made_of = {one.id: digest(one) for one in articles}
        total = sum(made_of.values())
        wanted = combined(total)
        if not anew and self._now and self._now.fingerprint == wanted:
            return False
        self._now, fresh = self._agreed(articles, wanted, anew=anew)
        self._made_of, self._sum = made_of, total
        self._stamps = stamps(self._now.folder) if self._now.folder else {}
        return fresh

    def harmed(self) -> bool:
        """Whether somebody deleted or changed the files under it; another process's work on them
        is no harm. Not to be called while this one is written."""
        now, folder = self._now, self._folder
        if now is None or now.folder is None or folder is None:
            return False
        try:
            with only_writer(folder):
                there = pointer_of(folder)
                ours = there.get("generation") == now.folder.name
                if there and (not ours or there.get("fingerprint") != now.fingerprint):
                    return False
                return not there or stamps(now.folder) != self._stamps
        except OSError:
            return True

    def update(
        self,
        changed: Sequence[Article],
        gone: Iterable[str] = (),
        shown: Callable[[], object] = lambda: None,
    ) -> bool:
        """Articles that are new or other than before, and ids that are no more; False where the
        index is not the one of those it was made of, and has to be made anew by :meth:`refresh`.

        ``shown`` is called once it is found by what it now says; then files are merged and kept.
        """
        now = self._now
        if now is None:
            return False
        gone = tuple(gone)
        fresh = {one.id: digest(one) for one in changed}
        touched = {*fresh, *gone}
        before = sum(self._made_of.get(one, 0) for one in touched)
        total = self._sum - before + sum(fresh.values())

        def show(generation: Generation) -> None:
            for one in touched:
                self._made_of.pop(one, None)
            self._made_of |= fresh
            self._now, self._sum = generation, total
            shown()

        try:
            return self._carried_on(now, changed, touched, combined(total), show)
        except (OSError, ValueError):
            # tantivy reports a full disk as ValueError.
            log.warning("search index could not be carried on", exc_info=True)
            return False

    @contextlib.contextmanager
    def room_beside(self) -> Iterator[Path | None]:
        """An empty folder on the same disk for a copy, gone afterwards; None: in memory."""
        if self._folder is None:
            yield None
            return
        try:
            room = tempfile.TemporaryDirectory(
                prefix=_TRYING, dir=self._folder, ignore_cleanup_errors=True
            )
        except OSError:
            yield None
            return
        with room as place:
            yield Path(place)

    def copied(self, folder: Path | None, articles: Sequence[Article]) -> ArticleIndex:
        """Another index in an empty ``folder``, as this one is; what is changed there is not
        changed here. Not to be called while this one is written. Made of the articles, which must
        be those of this one, where its files cannot be had."""
        other, now = ArticleIndex(folder), self._now
        try:
            if folder and now and now.folder and self._folder:
                with only_writer(self._folder):
                    there = pointer_of(self._folder)
                    if there.get("fingerprint") == now.fingerprint:
                        linked(self._folder, now.folder.name, folder)
                        other._now = open_there(folder / now.folder.name, now.fingerprint)
                        other._made_of, other._sum = dict(self._made_of), self._sum
                        return other
        except (OSError, ValueError):
            log.warning("search index not copied and made anew", exc_info=True)
        other.refresh(articles)
        return other

    def _carried_on(
        self,
        now: Generation,
        changed: Sequence[Article],
        touched: set[str],
        wanted: str,
        show: Callable[[Generation], None],
    ) -> bool:
        if now.folder is None or self._folder is None:
            written(now, changed, touched, wanted, show)
            return True
        with only_writer(self._folder):
            there = pointer_of(self._folder)
            ours = (now.folder.name, now.fingerprint)
            if (there.get("generation"), there.get("fingerprint")) != ours:
                return False  # another process wrote meanwhile
            known = lasting(there.get("files"))
            written(now, changed, touched, wanted, show)
            point_to(self._folder, now.folder.name, wanted, known)
            self._stamps = stamps(now.folder)
        return True

    def _agreed(
        self, articles: Sequence[Article], wanted: str, *, anew: bool
    ) -> tuple[Generation, bool]:
        if self._folder is None:
            return build(articles, wanted, None), True
        try:
            return self._agreed_in(self._folder, articles, wanted, anew=anew)
        except (OSError, ValueError):
            # tantivy reports a full disk as ValueError. An index in memory answers just as well.
            log.warning("search index kept in memory: its folder cannot be written", exc_info=True)
            return build(articles, wanted, None), True

    def _agreed_in(
        self, folder: Path, articles: Sequence[Article], wanted: str, *, anew: bool
    ) -> tuple[Generation, bool]:
        folder.mkdir(parents=True, exist_ok=True)
        with only_writer(folder):
            there = None if anew else _opened(folder, wanted)
            if there:
                return there, False
            before = pointer_of(folder).get("generation", "")
            name = f"generation-{uuid.uuid4().hex}"
            try:
                build(articles, wanted, folder / name)
                point_to(folder, name, wanted, {})
            except BaseException:
                shutil.rmtree(folder / name, ignore_errors=True)
                raise
            # The generation before may still be read by another process for a moment.
            for old in (*folder.glob("generation-*"), *folder.glob(f"{_TRYING}*")):
                if old.name not in {name, before}:
                    shutil.rmtree(old, ignore_errors=True)
            return open_there(folder / name, wanted), True

    def search(
        self, asked: Terms, scope: Scope, limit: int = 10, also: Unsaid = NOTHING_UNSAID
    ) -> list[Hit]:
        """The best first; ``also`` are terms of synonyms, which count for less. Empty for a
        question without terms. Raises IndexBroken."""
        now = self._now
        if now is None:
            raise IndexBroken("检索索引尚未建立")
        if not asked.sounds:
            return []
        try:
            return search(now, asked, scope, limit, also)
        except (ValueError, OSError) as error:
            raise IndexBroken(f"检索索引读不出来（{error}）") from error

    def rarest(self) -> float:
        """The IDF of a term that one article alone has: what a mass is measured by."""
        documents = self._now.searcher.num_docs if self._now else 0
        return idf(documents, 1)

    def rarity(self, asked: Terms, also: Unsaid = NOTHING_UNSAID) -> dict[str, float]:
        """The IDF of each sound of the question by how much it tells, those everybody says left
        out."""
        return rarity_of(self._now, asked, also) if self._now else {}


def _opened(folder: Path, wanted: str) -> Generation | None:
    """The generation in force, if it is of these articles and each of its files is whole."""
    pointer = pointer_of(folder)
    there = folder / str(pointer.get("generation", ""))
    if pointer.get("fingerprint") != wanted or not there.is_dir():
        return None
    try:
        if pointer.get("files") == hashes(there):
            return open_there(there, wanted)
    except (OSError, ValueError):
        log.warning("search index cannot be opened and is made anew", exc_info=True)
    return None
