"""The knowledge base of the running system: opened beside the start, following the ledger.

Articles, synonyms and agents' marks come from the ledger; the index is derived. One change at a
time goes into it, and only what changed. Whatever fails is said in ``trouble`` and tried again.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
from collections.abc import Awaitable, Callable, Collection, Sequence
from pathlib import Path
from typing import Final, Protocol

from agent_desk.knowledge_reading_views import NotSearching
from hotline.errors import HotlineError
from kb_search import shelf
from kb_search.articles import Article
from kb_search.engine import Scope
from kb_search.feedback import Mark
from kb_search.search import Found, LookedUp, Search

log = logging.getLogger(__name__)

REOPEN_S: Final = 60.0
OPENING: Final = "索引正在建立，通常几秒钟"
PIECEMEAL: Final = 200
"""Up to so many articles changed at once go into the index in force; more make a new one."""
CardKey = tuple[str, int]
"""An article and its version."""


def open_search(folder: Path | None, articles: Sequence[Article] | None = None) -> Search:
    """These articles (None: the demonstration's) with their index in ``folder``; None keeps it in
    memory.

    Raises BadArticle, IndexBusy.
    """
    return Search(shelf.read() if articles is None else articles, folder)


class Source(Protocol):
    """Where articles come from: :class:`switchboard.knowledge_feed.LedgerArticles`."""

    async def articles(self) -> Sequence[Article]:
        """Those that can be found now."""

    async def some(self, ids: Collection[str]) -> tuple[Sequence[Article], Sequence[str]]:
        """Those of these ids that can be found now, and the ids of the others."""

    async def still(self, found: tuple[Found, ...], at: dt.datetime) -> tuple[Found, ...]:
        """Those of these that may be shown: the index is only derived."""

    async def standing(self, cards: Collection[CardKey], at: dt.datetime) -> frozenset[CardKey]:
        """Those of these that may still be shown to an agent."""

    async def synonyms(self) -> Sequence[Sequence[str]]:
        """Groups of words that mean the same, as the editors keep them."""

    async def marks(self) -> Sequence[Mark]:
        """What agents said of cards, as far as it counts."""

    async def marks_of(self, ids: Collection[str]) -> tuple[Sequence[Mark], Sequence[str]]:
        """Those of these ids that count, and the ids of the others."""


class OpenedSearch:
    """Opened beside the start of everything else, and opened again where that failed. Until then,
    and while it is broken, there are no cards."""

    def __init__(
        self,
        folder: Path | None,
        source: Source | None = None,
        *,
        retry_s: float = REOPEN_S,
        search: Search | None = None,
    ) -> None:
        """``search``: one that is open already, in place of ``folder``."""
        self._folder = folder
        self._source = source
        self._retry_s = retry_s
        self._search = search
        # What changes while the ledger is being read for the opening waits for its turn.
        self._turn = asyncio.Lock()
        self.trouble = ""
        """Why there are no cards, for people; empty while there are."""
        self.changed: Callable[[], Awaitable[None]] | None = None
        """Called when something that stands on a screen may have changed."""

    @property
    def articles(self) -> int | None:
        """How many articles there are; None before it is open."""
        return self._search.size if self._search else None

    @property
    def why_none(self) -> str:
        """Why there are no cards now, the opening too; empty where they can be expected."""
        return self.trouble or (OPENING if self._search is None else "")

    async def open(self) -> None:
        """Try until it is open."""
        while self._search is None:
            try:
                async with self._turn:
                    await self._open_once()
                self.trouble = ""
            except HotlineError as refused:
                self._failed(refused, str(refused))
                await asyncio.sleep(self._retry_s)
            except Exception as error:  # noqa: BLE001 - calls are taken without cards as well
                self._failed(error, f"知识库打不开（{type(error).__name__}）")
                await asyncio.sleep(self._retry_s)
        await self._tell()

    async def _open_once(self) -> None:
        if self._search is not None:
            return
        source = self._source
        articles = await source.articles() if source else None
        opened = await asyncio.to_thread(open_search, self._folder, articles)
        if source:
            opened.mean(await source.synonyms())
            opened.teach(await source.marks())
        self._search = opened

    def opened(self) -> Search:
        """The search in force, to try things on. Raises NotSearching."""
        if self._search is None:
            raise NotSearching(self.why_none)
        return self._search

    # ---- asking ---------------------------------------------------------------------------------
    async def ask(self, question: str, at: dt.datetime) -> tuple[Found, ...]:
        """The best three for an agent, none where nothing answers or nothing is open yet."""
        if self._search is None:
            return ()
        try:
            found = await self._search.ask(question, at)
            if self._source is not None:
                found = await self._source.still(found, at)
        except Exception as error:
            self.trouble = f"检索出错（{type(error).__name__}）"
            raise
        self.trouble = ""
        return found

    async def standing(self, cards: Collection[CardKey], at: dt.datetime) -> frozenset[CardKey]:
        """Those of these cards that may still stand; none where the ledger cannot be asked."""
        if self._source is None or not cards:
            return frozenset(cards)
        return await self._source.standing(cards, at)

    async def seek(self, words: str, scope: Scope) -> LookedUp:
        """What fits, by hand; who asks has to ask the ledger about it. Raises NotSearching."""
        search = self.opened()
        try:
            return await search.seek(words, scope)
        except Exception as error:  # noqa: BLE001 - told as NotSearching, whatever it was
            # The text of the error may hold the words that were searched.
            log.warning("search by hand failed", extra={"error": type(error).__name__})
            raise NotSearching(f"检索出错（{type(error).__name__}），索引正在重建") from None

    async def passages(self, words: str, found: Sequence[Found]) -> tuple[Found, ...]:
        """The same with the passages that show why."""
        if self._search is None:
            return tuple(found)
        return await asyncio.to_thread(self._search.passages, words, found)

    # ---- following ------------------------------------------------------------------------------
    async def follow(self, ids: Collection[str]) -> None:
        """These articles have changed. What may not be shown any more leaves the screens at once;
        what is new is found when this returns."""
        await self._tell()
        async with self._turn:
            if self._search is None or self._source is None:
                return
            changed, gone = await self._source.some(ids)
            shown, loop = asyncio.Event(), asyncio.get_running_loop()
            written = asyncio.create_task(
                asyncio.to_thread(
                    self._search.update, changed, gone, lambda: loop.call_soon_threadsafe(shown.set)
                )
            )
            written.add_done_callback(lambda _: shown.set())
            await shown.wait()
            # Found already; the engine may go on merging for half a second.
            await self._tell()
            await written
        await self._tell()

    async def refresh(self) -> None:
        """Anything may have changed, by the clock or by many hands. Nothing before it is open."""
        await self._tell()
        async with self._turn:
            if self._search is None or self._source is None:
                return
            articles = await self._source.articles()
            await asyncio.to_thread(_agree, self._search, articles)
        await self._tell()

    async def mend(self) -> None:
        """Where the files of the index were deleted or damaged, they are made anew."""
        async with self._turn:
            if self._search is not None:
                await asyncio.to_thread(self._search.mend)

    async def mean(self) -> None:
        """The editors' synonyms have changed."""
        async with self._turn:
            if self._search is not None and self._source is not None:
                self._search.mean(await self._source.synonyms())

    async def teach(self, ids: Collection[str]) -> None:
        """These marks are new, or were taken back."""
        async with self._turn:
            if self._search is not None and self._source is not None:
                marks, gone = await self._source.marks_of(ids)
                self._search.teach(marks, gone)

    async def _tell(self) -> None:
        if self.changed is not None:
            await self.changed()

    def close(self) -> None:
        """Let its threads go."""
        if self._search is not None:
            self._search.close()

    def _failed(self, error: Exception, why: str) -> None:
        self.trouble = why
        log.warning("knowledge base not opened", extra={"error": type(error).__name__})


def _agree(search: Search, articles: Sequence[Article]) -> None:
    """The search has these articles from now on, in the cheapest way."""
    known = search.known()
    changed = [one for one in articles if known.get(one.id) != one]
    gone = known.keys() - {one.id for one in articles}
    if len(changed) + len(gone) > PIECEMEAL:
        search.replace(articles)
    elif changed or gone:
        search.update(changed, gone)
