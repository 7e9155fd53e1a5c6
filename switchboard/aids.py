"""The aids of the desk joined: words in, drafts and answer cards out, to whoever has the call.

Beside the call, never in it: whatever fails in here costs a draft or a card and is logged without a
word of the caller.
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import logging
from collections import OrderedDict, deque
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import Final

from agent_desk.aids import Answers, DraftShown
from agent_desk.said import Said
from agent_desk.screens import DeskScreens
from hotline.words import AgentId, CallId
from ledger.shown import ShownArticle, ShownArticles
from switchboard.answers import Finder
from switchboard.clock import utc_now
from switchboard.drafting import Drafter, read_places
from switchboard.learning import DeskLearning
from switchboard.models import draft_model
from switchboard.opened_search import OpenedSearch

log = logging.getLogger(__name__)

Aid = DraftShown | Answers
PLACES: Final = "places.txt"
MOST_WAITING: Final = 2_000
RETRY_S: Final = 2.0


class CallAids:
    """Draft and answers of every live call."""

    def __init__(self, drafter: Drafter, finder: Finder) -> None:
        self._drafter = drafter
        self._finder = finder

    def heard(self, said: Said) -> None:
        """Words of a call. Never waits."""
        if said.leg == "caller":
            self._finder.heard(said.call, said.text, final=said.final)
        self._drafter.heard(said)

    def of(self, call: CallId) -> tuple[Aid, ...]:
        """What stands beside a call now."""
        draft, cards = self._drafter.shown(call), self._finder.shown(call)
        trouble = self._finder.why_none(call)
        aids: list[Aid] = [draft] if draft else []
        if cards or trouble:
            aids.append(Answers(call=call, cards=cards, trouble=trouble))
        return tuple(aids)

    async def finish(self, call: CallId) -> None:
        """The call is over; what was said last is still drafted."""
        self._finder.ended(call)
        await self._drafter.finish(call)

    def drop(self, call: CallId) -> None:
        """This call is helped with no more, from this moment."""
        self._finder.ended(call)
        self._drafter.drop(call)

    async def close(self) -> None:
        """End all."""
        await self._finder.close()
        await self._drafter.close()


class NoAids:
    """Where nobody listens there is nothing to help with."""

    def heard(self, _said: Said) -> None:
        """Nothing comes of it."""

    def of(self, _call: CallId) -> tuple[Aid, ...]:
        """Nothing."""
        return ()

    async def finish(self, _call: CallId) -> None:
        """Nothing to end."""

    def drop(self, _call: CallId) -> None:
        """Nothing to forget."""


class RecordedDesks:
    """The desks, and a note in the ledger of each article that came to stand on one. ``keep`` must
    be running: it writes beside the calls, again after a failure."""

    def __init__(
        self,
        screens: DeskScreens,
        shown: ShownArticles,
        now: Callable[[], dt.datetime],
        *,
        retry_s: float = RETRY_S,
    ) -> None:
        self._screens = screens
        self._shown = shown
        self._now = now
        self._retry_s = retry_s
        self._waiting: deque[ShownArticle] = deque(maxlen=MOST_WAITING)
        self._noted: OrderedDict[CallId, set[tuple[str, int]]] = OrderedDict()
        self._agents: OrderedDict[CallId, AgentId] = OrderedDict()
        self._wake = asyncio.Event()

    def said(self, agent: AgentId, said: Said) -> None:
        """Live words for the agent who has the call."""
        self._screens.said(agent, said)

    def aid(self, agent: AgentId, aid: Aid) -> None:
        """Draft or answers for the agent who has the call."""
        self._screens.aid(agent, aid)
        if isinstance(aid, Answers):
            self._agents[aid.call] = agent
            self._agents.move_to_end(aid.call)
            while len(self._agents) > MOST_WAITING:
                self._agents.popitem(last=False)
            self._note(aid)

    def gone(self, answers: Answers) -> None:
        """What stood beside a call may not be shown any more: to who had it last, also when the
        call is over and its form still open."""
        if answers.gone and (agent := self._agents.get(answers.call)) is not None:
            self._screens.aid(agent, answers)

    def _note(self, answers: Answers) -> None:
        noted = self._noted.setdefault(answers.call, set())
        while len(self._noted) > MOST_WAITING:
            self._noted.popitem(last=False)
        for card in answers.cards:
            if (card.article, card.version) not in noted:
                noted.add((card.article, card.version))
                self._waiting.append(
                    ShownArticle(
                        call=answers.call,
                        article=card.article,
                        version=card.version,
                        title=card.title,
                        internal=card.internal,
                        at=self._now(),
                    )
                )
                self._wake.set()

    async def keep(self) -> None:
        """Write down what was shown, until cancelled; what still waits then is written first."""
        try:
            while True:
                await self._wake.wait()
                self._wake.clear()
                if not await self._write():
                    await asyncio.sleep(self._retry_s)
                    self._wake.set()
        finally:
            if self._waiting:
                await self._write()

    async def _write(self) -> bool:
        """Whether all that waited is written."""
        batch = list(self._waiting)
        try:
            await self._shown.add(batch)
        except Exception as error:  # noqa: BLE001 - a failing disk must not end the noting
            log.warning("shown articles not written", extra={"error": type(error).__name__})
            return False
        for _ in batch:
            self._waiting.popleft()
        return True


@contextlib.asynccontextmanager
async def helping(
    data: Path,
    search: OpenedSearch,
    desks: RecordedDesks,
    units: Callable[[], Sequence[str]],
    show: Callable[[Aid], None],
    learning: DeskLearning | None = None,
) -> AsyncIterator[CallAids]:
    """Drafts and answers for as long as the block lasts. ``show`` gets each aid that changed; the
    knowledge base opens meanwhile. ``units`` gives the names of the departments of this system;
    ``learning`` is told what is asked, and asks what stood."""
    places = await asyncio.to_thread(read_places, data / PLACES)

    def shown(answers: Answers) -> None:
        (desks.gone if finder.is_over(answers.call) else show)(answers)

    finder = Finder(search, shown, utc_now, missed=learning.asked if learning else _unasked)
    aids = CallAids(Drafter(draft_model(), show, units=units, places=places), finder)
    search.changed = finder.recheck
    if learning:
        learning.stood = finder.stood
    beside = [
        asyncio.create_task(search.open(), name="open-search"),
        asyncio.create_task(desks.keep(), name="shown-articles"),
        *([asyncio.create_task(learning.keep(), name="asked")] if learning else []),
    ]
    try:
        yield aids
    finally:
        search.changed = None
        await aids.close()
        for task in beside:
            task.cancel()
        await asyncio.gather(*beside, return_exceptions=True)
        search.close()


def _unasked(_words: str, _found: bool) -> None:
    """Where nobody learns, what is asked is not kept."""
