"""Answers while the caller speaks: words in, the top three cards out, for one screen.

Each partial and each final of the caller asks anew: partials after a short pause, finals at once;
a question that newer words have overtaken is given up. Small talk changes nothing: it brings no
card and takes none away. A card keeps its place as long as it stays among the three.
The best card of what was said before stays through one sentence that is not about it.

The newest word of a partial is a guess that the recogniser often takes back (听到 is 停电 for a
moment): only what two partials agree on is asked, and cards that stood on a partial go when its
final finds nothing.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import logging
from collections import OrderedDict, deque
from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Final, Protocol

from agent_desk.aids import AnswerCard, Answers
from hotline.words import CallId
from kb_search.articles import Visibility
from kb_search.search import Found
from switchboard.lead_time import Standing, Stood
from switchboard.opened_search import CardKey
from switchboard.unfound import worth_asking

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
KEPT_CALLS: Final = 200
"""Of so many ended calls it is still known what stood beside them: forms are filled in after."""
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
    """What finds: :class:`switchboard.opened_search.OpenedSearch`."""

    @property
    def why_none(self) -> str:
        """Why nothing can be found now, for people; empty where it can."""

    async def ask(self, question: str, at: dt.datetime) -> tuple[Found, ...]:
        """The best three for an agent, none where nothing answers."""

    async def standing(self, cards: Collection[CardKey], at: dt.datetime) -> frozenset[CardKey]:
        """Those of these that may still be shown."""


Answer = tuple[str, tuple[Found, ...]]
"""What was asked, and what answers it."""


@dataclass(slots=True)
class _Talk:
    """One call: what the caller said last, and what stands beside it."""

    said: deque[str] = field(default_factory=lambda: deque(maxlen=UTTERANCES))
    heard: str = ""
    partial: str = ""
    """What the last two partials agree on."""
    fresh: asyncio.Event = field(default_factory=asyncio.Event)
    hurry: asyncio.Event = field(default_factory=asyncio.Event)
    asking: asyncio.Task[Answer] | None = None
    given_up: int = 0
    shown: tuple[AnswerCard, ...] = ()
    firm: tuple[AnswerCard, ...] = ()
    """The cards that stand on finals."""
    finals: int = 0
    firm_on: int = 0
    """How many finals there were when they came."""
    trouble: str = ""
    gone: tuple[str, ...] = ()
    standing: Standing = field(default_factory=Standing)
    missed: str = ""
    """The newest question of finals that nothing answered yet."""

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
        missed: Callable[[str, bool], None] = lambda _words, _found: None,
    ) -> None:
        """``show`` is called when the cards of a call change, after its end too; it must not
        block. ``now`` is aware: what is out of date or under embargo is judged by it. ``missed``
        is told each question that was asked, and whether anything answered it."""
        self._search = search
        self._show = show
        self._now = now
        self._pause_s = pause_s
        self._missed = missed
        self._talks: dict[CallId, _Talk] = {}
        self._over: OrderedDict[CallId, _Talk] = OrderedDict()
        self._tasks: dict[CallId, asyncio.Task[None]] = {}

    def heard(self, call: CallId, text: str, *, final: bool) -> None:
        """Words of the caller, not of the agent. A partial replaces the partial before it, a final
        replaces the partial and is kept."""
        talk = self._talks.get(call)
        if talk is None:
            talk = self._talks[call] = _Talk()
            self._tasks[call] = asyncio.create_task(self._follow(call, talk))
        text = text.strip()
        talk.standing.heard(self._now(), final=final, words=bool(text))
        if final:
            talk.heard = talk.partial = ""
            if text:
                talk.said.append(text)
                talk.finals += 1
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

    def why_none(self, call: CallId) -> str:
        """Why nothing can be found for this call; empty where it can."""
        talk = self._talks.get(call)
        return talk.trouble if talk else ""

    def stood(self, call: CallId, article: str, at: dt.datetime) -> Stood:
        """What is known of a card of a call, also for a while after its end."""
        talk = self._talks.get(call) or self._over.get(call)
        return talk.standing.of(article, at) if talk else Stood()

    def is_over(self, call: CallId) -> bool:
        """Whether the call has ended and is still remembered."""
        return call in self._over

    async def recheck(self) -> None:
        """Articles may have changed: what may not stand any more goes from every screen at once,
        whatever is being asked, and what was said is asked anew."""
        for talk in self._talks.values():
            if talk.asking:
                talk.asking.cancel()
            if talk.said or talk.partial:
                talk.fresh.set()
                talk.hurry.set()
        talks = [*self._over.items(), *self._talks.items()]
        cards = {_key(card) for _, talk in talks for card in talk.shown}
        standing = await self._search.standing(cards, self._now()) if cards else frozenset()
        for call, talk in talks:
            kept = tuple(card for card in talk.shown if _key(card) in standing)
            talk.firm = tuple(card for card in talk.firm if _key(card) in standing)
            if kept != talk.shown:
                gone = tuple(card.article for card in talk.shown if card not in kept)
                self._stand(call, talk, kept, "", gone)

    def ended(self, call: CallId) -> None:
        """The call is over: nothing more is asked for it."""
        if talk := self._talks.pop(call, None):
            if talk.missed:
                self._missed(talk.missed, False)
            self._over[call] = talk
            while len(self._over) > KEPT_CALLS:
                self._over.popitem(last=False)
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
            answer = await self._find(call, talk)
            trouble = self._search.why_none
            if answer is None and trouble == talk.trouble:
                continue
            question, found = answer or ("", ())
            cards = talk.firm if final and answer else talk.shown
            if found:
                fresh = [card_of(one) for one in found[:CARDS]]
                # Asked anew because articles changed: what is found now is all there is.
                new_words = not final or talk.finals != talk.firm_on
                cards = keep_places(
                    talk.shown, _with_best(fresh, talk.firm) if new_words else fresh
                )
            if final and answer:
                talk.firm, talk.firm_on = cards, talk.finals
                self._count(talk, bool(found), trouble)
            if cards != talk.shown or trouble != talk.trouble:
                talk.trouble = trouble
                self._stand(call, talk, cards, question)

    def _stand(
        self,
        call: CallId,
        talk: _Talk,
        cards: tuple[AnswerCard, ...],
        question: str,
        gone: tuple[str, ...] = (),
    ) -> None:
        talk.shown = cards
        talk.standing.shows((one.article for one in cards), question, self._now())
        # A frame may overtake the one before it, so each says all that went.
        there = {card.article for card in cards}
        talk.gone = tuple(one for one in dict.fromkeys((*talk.gone, *gone)) if one not in there)
        self._show(Answers(call=call, cards=cards, gone=talk.gone, trouble=talk.trouble))

    def _count(self, talk: _Talk, found: bool, trouble: str) -> None:
        """A question is missed when neither it nor what is said next is answered."""
        newest = talk.said[-1] if talk.said else ""
        if trouble or not worth_asking(newest):
            talk.missed = "" if found else talk.missed
        elif found:
            talk.missed = ""
            self._missed(newest, True)
        else:
            if talk.missed:
                self._missed(talk.missed, False)
            talk.missed = newest

    async def _find(self, call: CallId, talk: _Talk) -> Answer | None:
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

    async def _ask(self, newest: str, whole: str, *, begun: bool) -> Answer:
        at = self._now()
        found = await self._search.ask(newest, at)
        if newest == whole or (found and found[0].evidence >= SURE):
            return newest, found
        together = await self._search.ask(whole, at)
        if found or begun:
            return whole, together
        # Three remarks of small talk add up to something that looks like a question.
        return whole, tuple(one for one in together if one.evidence >= TOGETHER)


def _key(card: AnswerCard) -> CardKey:
    return card.article, card.version


def _with_best(fresh: list[AnswerCard], firm: Sequence[AnswerCard]) -> list[AnswerCard]:
    """What is found now, and the best card of what was said to the end before: neither half a
    sentence nor an aside must take away what the agent is reading. It ranks last: after one more
    sentence that is not about it, it goes."""
    best = min(firm, key=lambda card: card.rank, default=None)
    if best is None or best.article in {card.article for card in fresh}:
        return fresh
    kept = fresh[: CARDS - 1]
    return [*kept, replace(best, rank=len(kept) + 1)]


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
