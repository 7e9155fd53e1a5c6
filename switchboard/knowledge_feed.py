"""From the ledger's knowledge base to what follows it: the search index, the desks' notices.

The index is derived. It is fed with the version in force of each article and follows the outbox;
before anything found is shown, the ledger is asked whether that version still answers.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace
from typing import Final, Protocol

from hotline.errors import HotlineError
from hotline.knowledge import (
    Content,
    Reader,
    Version,
    answering,
    in_force,
    next_turn,
)
from hotline.words import Role
from kb_search import shelf
from kb_search.articles import WORDS, Article, Basis, Section, Visibility
from kb_search.feedback import LASTS, Mark
from kb_search.search import Found
from ledger.knowledge import AT_ONCE, TOPIC
from ledger.outbox import Message
from ledger.store import Ledger
from switchboard.knowledge_live import LiveNotices
from switchboard.learning import mark_of
from switchboard.opened_search import CardKey

log = logging.getLogger(__name__)

LOOK_EVERY_S: Final = 5.0
"""How often it is looked, at least, whether a first day, a last day or an embargo has come, and
whether the files of the index are as they were left."""
SHORTEST_S: Final = 0.2
RETRY: Final = dt.timedelta(seconds=5)
AT_THE_DESK: Final = Reader(roles=frozenset({Role.AGENT}))


def article_of(version: Version) -> Article:
    """A version as search knows articles."""
    content = version.content
    return Article(
        id=version.article,
        title=content.title,
        sections=(
            Section(WORDS, content.words),
            *(Section(one.heading, one.text) for one in content.passages),
        ),
        category=content.category,
        asked=content.asked,
        basis=tuple(Basis(one.document, one.clause) for one in content.grounds),
        unit=content.unit,
        visibility=Visibility(content.reach.value),
        valid_from=content.valid_from,
        valid_to=content.valid_to,
        embargo_until=content.embargo_until,
        version=version.number,
        source=content.source,
    )


class Shelf:
    """The articles shipped with the demonstration, where no ledger is: for measuring and tests."""

    async def articles(self) -> Sequence[Article]:
        return await asyncio.to_thread(shelf.read)

    async def still(self, found: tuple[Found, ...], _at: dt.datetime) -> tuple[Found, ...]:
        return found

    async def some(self, _ids: Collection[str]) -> tuple[Sequence[Article], Sequence[str]]:
        return (), ()

    async def standing(self, cards: Collection[CardKey], _at: dt.datetime) -> frozenset[CardKey]:
        return frozenset(cards)

    async def synonyms(self) -> Sequence[Sequence[str]]:
        return ()

    async def marks(self) -> Sequence[Mark]:
        return ()

    async def marks_of(self, _ids: Collection[str]) -> tuple[Sequence[Mark], Sequence[str]]:
        return (), ()


class LedgerArticles:
    """The articles of the ledger."""

    def __init__(self, ledger: Ledger, now: Callable[[], dt.datetime]) -> None:
        self._articles = ledger.knowledge.articles
        self._synonyms = ledger.knowledge.synonyms
        self._marks = ledger.knowledge.marks
        self._now = now
        self.turns_at: dt.datetime | None = None
        """When time next changes what is in force."""

    async def articles(self) -> Sequence[Article]:
        """The version in force of each article; the dates and 内部 are judged again when asked."""
        now = self._now()
        _, published = await self._articles.ever_published()
        # What came meanwhile may not be among them: its turn stands, at the worst for nothing.
        turns = (_next_turn(published, now), self.turns_at)
        self.turns_at = min((one for one in turns if one and one > now), default=None)
        return tuple(article_of(one) for versions in published if (one := in_force(versions, now)))

    async def some(self, ids: Collection[str]) -> tuple[Sequence[Article], Sequence[str]]:
        """The version in force of each of these; the ids of those that have none."""
        now = self._now()
        held = await self._articles.some(set(ids))
        turns = _next_turn([one.versions for one in held.values()], now)
        self.turns_at = min((one for one in (self.turns_at, turns) if one), default=None)
        found = [one for there in held.values() if (one := in_force(there.versions, now))]
        return [article_of(one) for one in found], sorted(set(ids) - {one.article for one in found})

    async def still(self, found: tuple[Found, ...], at: dt.datetime) -> tuple[Found, ...]:
        """Those of these whose version answers an agent now, by the ledger; ranked anew."""
        if not found:
            return ()
        standing = await self.standing({(one.article.id, one.article.version) for one in found}, at)
        kept = [one for one in found if (one.article.id, one.article.version) in standing]
        return tuple(replace(one, rank=rank) for rank, one in enumerate(kept, start=1))

    async def standing(self, cards: Collection[CardKey], at: dt.datetime) -> frozenset[CardKey]:
        """Those of these that are the version which answers an agent now."""
        held = await self._articles.some({article for article, _ in cards})
        now = [answering(one.versions, AT_THE_DESK, at) for one in held.values()]
        return frozenset(cards) & {(one.article, one.number) for one in now if one is not None}

    async def synonyms(self) -> Sequence[Sequence[str]]:
        """As the editors keep them."""
        return [one.words for one in await self._synonyms.all()]

    async def marks(self) -> Sequence[Mark]:
        """Those that have not faded."""
        counting = await self._marks.counting(self._now() - LASTS)
        return [mark_of(one) for one in counting]

    async def marks_of(self, ids: Collection[str]) -> tuple[Sequence[Mark], Sequence[str]]:
        """Of these ids those that count, and those that do not."""
        found = [one for one in await self._marks.some(ids) if one.undone_at is None]
        return [mark_of(one) for one in found], sorted(set(ids) - {one.id for one in found})


def _next_turn(articles: Iterable[Iterable[Version]], after: dt.datetime) -> dt.datetime | None:
    bodies: list[Content] = [one.content for versions in articles for one in versions]
    return next_turn(bodies, after)


class Followed(Protocol):
    """What follows the ledger: :class:`switchboard.opened_search.OpenedSearch`."""

    async def open(self) -> None:
        """Until it is open."""

    async def follow(self, ids: Collection[str]) -> None:
        """These articles have changed."""

    async def refresh(self) -> None:
        """Take in all articles as they are now."""

    async def mend(self) -> None:
        """Make good what was deleted or damaged under it."""

    async def mean(self) -> None:
        """The synonyms have changed."""

    async def teach(self, ids: Collection[str]) -> None:
        """These marks of agents have changed."""


class KnowledgeFeed:
    """Runs beside the server; what fails is tried again."""

    def __init__(
        self,
        ledger: Ledger,
        source: LedgerArticles,
        search: Followed,
        notices: LiveNotices,
        now: Callable[[], dt.datetime],
    ) -> None:
        self._outbox = ledger.outbox
        self._source = source
        self._search = search
        self._notices = notices
        self._now = now

    async def run(self) -> None:
        """Until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._search.open())
            tasks.create_task(self._notices.follow())
            tasks.create_task(self._messages())
            tasks.create_task(self._by_the_clock())

    async def _messages(self) -> None:
        async for message in self._outbox.messages(TOPIC):
            try:
                await self._take(message)
                await self._outbox.ack(message)
            except Exception as failed:  # noqa: BLE001 - one change's fault must not end the others
                log.warning("knowledge not followed", extra={"kind": type(failed).__name__})
                await self._put_back(message)

    async def _take(self, message: Message) -> None:
        """Only what changed is read again; a message of very many ids names the first of them."""
        ids = message.body.get("ids", ())
        match message.body["what"]:
            case "article" if 0 < len(ids) < AT_ONCE:
                await self._search.follow(ids)
            case "article":
                await self._search.refresh()
            case "synonyms":
                await self._search.mean()
            case "marks":
                await self._search.teach(ids)
            case _:
                await self._notices.refresh()

    async def _put_back(self, message: Message) -> None:
        try:
            await self._outbox.release(message, after=RETRY)
        except HotlineError as failed:
            # Held for half a minute, then given out again by itself.
            log.warning("message not released", extra={"kind": type(failed).__name__})

    async def _by_the_clock(self) -> None:
        while True:
            await asyncio.sleep(self._until_turn())
            try:
                await self._search.mend()
            except Exception as failed:  # noqa: BLE001 - looked at again in a moment
                log.warning("search index not mended", extra={"kind": type(failed).__name__})
            turns_at = self._source.turns_at
            if turns_at is None or self._now() < turns_at:
                continue
            try:
                await self._search.refresh()
            except Exception as failed:  # noqa: BLE001 - looked at again in a moment
                log.warning("knowledge not turned", extra={"kind": type(failed).__name__})
                self._source.turns_at = turns_at

    def _until_turn(self) -> float:
        """Seconds to the next first day, last day or end of an embargo, as far as one sleeps."""
        turns_at = self._source.turns_at
        if turns_at is None:
            return LOOK_EVERY_S
        left = (turns_at - self._now()).total_seconds()
        return min(LOOK_EVERY_S, max(SHORTEST_S, left))
