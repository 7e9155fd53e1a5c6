"""Answers while the caller speaks: words in, the top three cards out, for one screen.

Each partial and each final of the caller asks anew: partials after a short pause, finals at once;
a question that newer words have overtaken is given up. Small talk changes nothing: it brings no
card and takes none away. A card keeps its place as long as it stays among the three.

The newest word of a partial is a guess that the recogniser often takes back (听到 is 停电 for a
moment): only what two partials agree on is asked, and cards that stood on a partial go when its
final finds nothing.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Protocol

from agent_desk.aids import AnswerCard, Answers
from agent_desk.knowledge_reading_views import NotSearching
from hotline.errors import HotlineError
from hotline.words import CallId
from kb_search import shelf
from kb_search.articles import Article, Visibility
from kb_search.engine import Scope
from kb_search.search import Found, LookedUp, Search

log = logging.getLogger(__name__)

CARDS: Final = 3
PAUSE_S: Final = 0.15
"""How long partials are gathered before they are asked."""
UTTERANCES: Final = 3
LONGEST: Final = 120
"""What is asked at most, in characters, the newest kept: a caller may tell for minutes."""
SURE: Final = 2.6
"""Evidence (kb_search.search.Found) from which the newest utterance speaks for itself; below, it is
asked together with those before it, so that half a sentence does not turn over what stands."""
TOGETHER: Final = 2.5
"""Evidence from which utterances that found nothing one by one show a card together."""
REOPEN_S: Final = 60.0
PATIENCE: Final = 3
"""After so many questions given up in a row the next one is shown although words went on."""


def card_of(found: Found) -> AnswerCard:
    """The card of an article found."""
    article = found.article
    return AnswerCard(
        article=article.id,
        version=article.version,
        rank=found.rank,
        title=article.title,
        title_spans=found.title_spans,
        words=article.words,
        words_spans=found.words_spans,
        internal=article.visibility is Visibility.INTERNAL,
        unit=article.unit,
        basis=tuple(str(one) for one in article.basis),
        source=article.source,
    )


class Asked(Protocol):
    """What finds: :class:`kb_search.search.Search`."""

    async def ask(self, question: str, at: dt.datetime) -> tuple[Found, ...]:
        """The best three for an agent, none where nothing answers."""


@dataclass(slots=True)
class _Talk:
    """One call: what the caller said last, and what stands beside it."""

    said: deque[str] = field(default_factory=lambda: deque(maxlen=UTTERANCES))
    heard: str = ""
    partial: str = ""
    """What the last two partials agree on."""
    fresh: asyncio.Event = field(default_factory=asyncio.Event)
    hurry: asyncio.Event = field(default_factory=asyncio.Event)
    asking: asyncio.Task[tuple[Found, ...]] | None = None
    given_up: int = 0
    shown: tuple[AnswerCard, ...] = ()
    firm: tuple[AnswerCard, ...] = ()
    """The cards that stand on finals."""

    def questions(self) -> tuple[str, str]:
        """The newest utterance, and all that is still remembered."""
        utterances = [*self.said, self.partial] if self.partial else [*self.said]
        newest = utterances[-1] if utterances else ""
        return newest[-LONGEST:], "。".join(utterances)[-LONGEST:]


class Finder:
    """Listens to callers' words and shows answers. For one event loop; never blocks it."""

    def __init__(
        self,
        search: Asked,
        show: Callable[[Answers], None],
        now: Callable[[], dt.datetime],
        *,
        pause_s: float = PAUSE_S,
    ) -> None:
        """``show`` is called when the cards of a call change; it must not block. ``now`` is
        aware: what is out of date or under embargo is judged by it."""
        self._search = search
        self._show = show
        self._now = now
        self._pause_s = pause_s
        self._talks: dict[CallId, _Talk] = {}
        self._tasks: dict[CallId, asyncio.Task[None]] = {}

    def heard(self, call: CallId, text: str, *, final: bool) -> None:
        """Words of the caller, not of the agent. A partial replaces the partial before it, a final
        replaces the partial and is kept."""
        talk = self._talks.get(call)
        if talk is None:
            talk = self._talks[call] = _Talk()
            self._tasks[call] = asyncio.create_task(self._follow(call, talk))
        text = text.strip()
        if final:
            talk.heard = talk.partial = ""
            if text:
                talk.said.append(text)
            elif talk.shown == talk.firm:
                return
            talk.hurry.set()
        else:
            agreed = _agreed(talk.heard, text)
            talk.heard = text
            if not agreed or agreed == talk.partial:
                return
            talk.partial = agreed
        talk.fresh.set()
        if talk.asking and talk.given_up < PATIENCE:
            talk.asking.cancel()

    def shown(self, call: CallId) -> tuple[AnswerCard, ...]:
        """What stands beside a call now, for a page that is opened late."""
        talk = self._talks.get(call)
        return talk.shown if talk else ()

    def ended(self, call: CallId) -> None:
        """The call is over: nothing more is asked or shown for it."""
        self._talks.pop(call, None)
        if task := self._tasks.pop(call, None):
            task.cancel()

    async def close(self) -> None:
        """End all, and wait until they have ended."""
        tasks = list(self._tasks.values())
        for call in list(self._tasks):
            self.ended(call)
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _follow(self, call: CallId, talk: _Talk) -> None:
        while True:
            await talk.fresh.wait()
            with suppress(TimeoutError):
                async with asyncio.timeout(self._pause_s):
                    await talk.hurry.wait()
            talk.fresh.clear()
            talk.hurry.clear()
            final = not talk.partial
            found = await self._find(call, talk)
            if found is None:
                continue
            cards = talk.firm if final else talk.shown
            if found:
                cards = keep_places(talk.shown, [card_of(one) for one in found[:CARDS]])
            if final:
                talk.firm = cards
            if cards != talk.shown:
                talk.shown = cards
                self._show(Answers(call=call, cards=cards))

    async def _find(self, call: CallId, talk: _Talk) -> tuple[Found, ...] | None:
        """What answers now; None where newer words came meanwhile (they ask again) or search
        failed."""
        talk.asking = asyncio.create_task(self._ask(*talk.questions(), begun=bool(talk.firm)))
        try:
            await asyncio.wait({talk.asking})
            if talk.asking.cancelled():
                talk.given_up += 1
                return None
            talk.given_up = 0
            return talk.asking.result()
        except Exception as error:  # noqa: BLE001 - one question's fault must not end the answers
            # The text of the error may hold words of the caller.
            log.warning("no answers", extra={"call": call, "error": type(error).__name__})
            return None
        finally:
            talk.asking.cancel()
            talk.asking = None

    async def _ask(self, newest: str, whole: str, *, begun: bool) -> tuple[Found, ...]:
        at = self._now()
        found = await self._search.ask(newest, at)
        if newest == whole or (found and found[0].evidence >= SURE):
            return found
        together = await self._search.ask(whole, at)
        if found or begun:
            return together
        # Three remarks of small talk add up to something that looks like a question.
        return tuple(one for one in together if one.evidence >= TOGETHER)


def _agreed(before: str, now: str) -> str:
    """How far two partials say the same."""
    same = (one for one, (a, b) in enumerate(zip(before, now, strict=False)) if a != b)
    return now[: next(same, min(len(before), len(now)))]


def keep_places(shown: Sequence[AnswerCard], found: Sequence[AnswerCard]) -> tuple[AnswerCard, ...]:
    """The cards found, those that stood already in their old places; new ones take the free places
    by rank. Where fewer are found than stood, they move up."""
    fresh = {card.article: card for card in found}
    places = [fresh.pop(card.article, None) for card in shown]
    newcomers = list(fresh.values())
    places = [card or (newcomers.pop(0) if newcomers else None) for card in places]
    return tuple(card for card in [*places, *newcomers] if card)


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

    async def still(self, found: tuple[Found, ...], at: dt.datetime) -> tuple[Found, ...]:
        """Those of these that may be shown: the index is only derived."""

    async def synonyms(self) -> Sequence[Sequence[str]]:
        """Groups of words that mean the same, as the editors keep them."""


class OpenedSearch:
    """The knowledge base of the running system: opened beside the start of everything else, and
    opened again where that failed. Until then, and while it is broken, there are no cards."""

    def __init__(
        self, folder: Path | None, source: Source | None = None, *, retry_s: float = REOPEN_S
    ) -> None:
        self._folder = folder
        self._source = source
        self._retry_s = retry_s
        self._search: Search | None = None
        self.trouble = ""
        """Why there are no cards, for people; empty while there are."""

    @property
    def articles(self) -> int | None:
        """How many articles there are; None before it is open."""
        return self._search.size if self._search else None

    async def open(self) -> None:
        """Try until it is open."""
        while self._search is None:
            try:
                articles = await self._source.articles() if self._source else None
                opened = await asyncio.to_thread(open_search, self._folder, articles)
                opened.mean(await self._source.synonyms() if self._source else ())
                self._search = opened
                self.trouble = ""
            except HotlineError as refused:
                self._failed(refused, str(refused))
                await asyncio.sleep(self._retry_s)
            except Exception as error:  # noqa: BLE001 - calls are taken without cards as well
                self._failed(error, f"知识库打不开（{type(error).__name__}）")
                await asyncio.sleep(self._retry_s)

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

    async def seek(self, words: str, scope: Scope) -> LookedUp:
        """What fits, by hand; who asks has to ask the ledger about it. Raises NotSearching."""
        if self._search is None:
            raise NotSearching(self.trouble or "索引正在建立，通常几秒钟")
        try:
            return await self._search.seek(words, scope)
        except Exception as error:  # noqa: BLE001 - told as NotSearching, whatever it was
            # The text of the error may hold the words that were searched.
            log.warning("search by hand failed", extra={"error": type(error).__name__})
            raise NotSearching(f"检索出错（{type(error).__name__}），索引正在重建") from None

    async def passages(self, words: str, found: Sequence[Found]) -> tuple[Found, ...]:
        """The same with the passages that show why."""
        if self._search is None:
            return tuple(found)
        return await asyncio.to_thread(self._search.passages, words, found)

    async def refresh(self) -> None:
        """The articles have changed: what is found follows. Nothing before it is open."""
        if self._search is None or self._source is None:
            return
        articles = await self._source.articles()
        self._search.mean(await self._source.synonyms())
        await asyncio.to_thread(self._search.replace, articles)

    def close(self) -> None:
        """Let its threads go."""
        if self._search is not None:
            self._search.close()

    def _failed(self, error: Exception, why: str) -> None:
        self.trouble = why
        log.warning("knowledge base not opened", extra={"error": type(error).__name__})
