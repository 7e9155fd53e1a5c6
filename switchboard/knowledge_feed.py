"""From the ledger's knowledge base to what follows it: the search index, the desks' notices.

The index is derived. It is fed with the version in force of each article and follows the outbox;
before anything found is shown, the ledger is asked whether that version still answers.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final, Protocol

from hotline.errors import HotlineError
from hotline.knowledge import (
    ArticleId,
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
from kb_search.search import Found
from ledger.knowledge import TOPIC
from ledger.outbox import Message
from ledger.store import Ledger
from switchboard.knowledge_live import LiveNotices

log = logging.getLogger(__name__)

LOOK_EVERY_S: Final = 20.0
"""How often it is looked whether a first day, a last day or an embargo has come."""
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

    async def synonyms(self) -> Sequence[Sequence[str]]:
        return ()


class LedgerArticles:
    """The articles of the ledger."""

    def __init__(self, ledger: Ledger, now: Callable[[], dt.datetime]) -> None:
        self._articles = ledger.knowledge.articles
        self._synonyms = ledger.knowledge.synonyms
        self._now = now
        self.turns_at: dt.datetime | None = None
        """When time next changes what is in force."""

    async def articles(self) -> Sequence[Article]:
        """The version in force of each article; the dates and 内部 are judged again when asked."""
        now = self._now()
        _, published = await self._articles.ever_published()
        bodies: list[Content] = [one.content for versions in published for one in versions]
        self.turns_at = next_turn(bodies, now)
        return tuple(article_of(one) for versions in published if (one := in_force(versions, now)))

    async def still(self, found: tuple[Found, ...], at: dt.datetime) -> tuple[Found, ...]:
        """Those of these whose version answers an agent now, by the ledger; ranked anew."""
        if not found:
            return ()
        held = await self._articles.some({one.article.id for one in found})
        kept = [
            one
            for one in found
            if (there := held.get(ArticleId(one.article.id))) is not None
            and (now := answering(there.versions, AT_THE_DESK, at)) is not None
            and now.number == one.article.version
        ]
        return tuple(replace(one, rank=rank) for rank, one in enumerate(kept, start=1))

    async def synonyms(self) -> Sequence[Sequence[str]]:
        """As the editors keep them."""
        return [one.words for one in await self._synonyms.all()]


class Followed(Protocol):
    """What is made anew when articles change."""

    async def refresh(self) -> None:
        """Take in the articles as they are now."""


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
            tasks.create_task(self._notices.follow())
            tasks.create_task(self._messages())
            tasks.create_task(self._by_the_clock())

    async def _messages(self) -> None:
        async for message in self._outbox.messages(TOPIC):
            try:
                if message.body["what"] in ("article", "synonyms"):
                    await self._search.refresh()
                else:
                    await self._notices.refresh()
                await self._outbox.ack(message)
            except HotlineError as failed:
                log.warning("knowledge not followed", extra={"kind": type(failed).__name__})
                await self._put_back(message)

    async def _put_back(self, message: Message) -> None:
        try:
            await self._outbox.release(message, after=RETRY)
        except HotlineError as failed:
            # Held for half a minute, then given out again by itself.
            log.warning("message not released", extra={"kind": type(failed).__name__})

    async def _by_the_clock(self) -> None:
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            turns_at = self._source.turns_at
            if turns_at is None or self._now() < turns_at:
                continue
            try:
                await self._search.refresh()
            except HotlineError as failed:
                log.warning("knowledge not turned", extra={"kind": type(failed).__name__})
