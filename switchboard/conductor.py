"""The conductor: events in, the rules decide, facts to the journal, effects to their rooms.

One consumer, so that events are decided in the order they came. The World is replaced only after
an event went well: one that fails changes nothing, is logged by its kind, and the telephone keeps
ringing. Telephone effects are given out before anything is written down. What a room does wrong
with an effect is that room's own: the others get theirs, and the facts are written all the same.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from hotline.decide import CallRules, World, decide, evolve
from hotline.effects import (
    Effect,
    HandOver,
    PauseSeat,
    PlaceReturnCall,
    ReconcileLog,
    RememberCaller,
    UnpauseSeat,
)
from hotline.errors import ExchangeRefused, HotlineError
from hotline.events import Event
from hotline.facts import Fact
from hotline.ports import Callers, Exchange, Journal, Screens, TelephoneEffect
from hotline.return_events import ReturnCallFailed
from switchboard.clock import utc_now

log = logging.getLogger(__name__)

TRIES: Final = 3
RETRY_S: Final = 0.2
_Asked = tuple[Event, "asyncio.Future[None] | None"]


def _nobody(_world: World, _facts: Sequence[Fact]) -> None:
    """Nobody watches."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rooms:
    """The rooms the conductor hands effects to."""

    exchange: Exchange
    screens: Screens
    callers: Callers
    journal: Journal
    reconcile: Callable[[], None]
    """Read queue_log again; the ends found come back as events."""
    watch: Callable[[World, Sequence[Fact]], None] = _nobody
    """Told after every turn what it made true; must not wait."""


class Conductor:
    """Holds the World of one exchange. ``put`` events, ``ask`` acts of people; they are decided
    while ``running``."""

    def __init__(self, world: World, rules: CallRules) -> None:
        self._world = world
        self._rules = rules
        self._inbox: asyncio.Queue[_Asked] = asyncio.Queue()
        self._telephone: asyncio.Queue[TelephoneEffect] = asyncio.Queue()
        self._urgent: set[asyncio.Task[None]] = set()

    @property
    def world(self) -> World:
        """What is live now. Frozen: whoever reads it keeps a true picture of one moment."""
        return self._world

    @property
    def rules(self) -> CallRules:
        return self._rules

    @property
    def behind(self) -> int:
        """Events not yet decided."""
        return self._inbox.qsize()

    def put(self, event: Event) -> None:
        """Hand in something observed. Never blocks; order is kept."""
        self._inbox.put_nowait((event, None))

    async def ask(self, event: Event) -> None:
        """Hand in an act of a person and wait for the decision (not for its effects).

        Raises HotlineError with the sentence for that person when the act cannot be done.
        """
        answer: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._inbox.put_nowait((event, answer))
        await answer

    @contextlib.asynccontextmanager
    async def running(self, rooms: Rooms) -> AsyncIterator[None]:
        """Decide, write and telephone until the block ends; what was decided is written first."""
        self._rooms = rooms
        tasks = [
            asyncio.create_task(self._decide_all(), name="conductor"),
            asyncio.create_task(self._telephone_all(), name="conductor-telephone"),
        ]
        try:
            yield
        finally:
            with contextlib.suppress(TimeoutError, HotlineError):
                await asyncio.wait_for(self.written(), 3.0)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, *self._urgent, return_exceptions=True)

    async def settled(self) -> None:
        """Wait until every event handed in so far is decided."""
        await self._inbox.join()

    async def written(self) -> None:
        """Wait until every fact decided so far is durable."""
        await self._inbox.join()
        await self._rooms.journal.settle()

    async def _decide_all(self) -> None:
        while True:
            event, answer = await self._inbox.get()
            try:
                self._turn(event)
            except HotlineError as refusal:
                self._refused(event, answer, refusal)
            except Exception as fault:  # whatever it was, a bad event must not stop the rest
                log.exception("event failed", extra={"event": type(event).__name__})
                self._refused(event, answer, fault)
            else:
                if answer is not None and not answer.done():
                    answer.set_result(None)
            finally:
                self._inbox.task_done()

    def _refused(self, event: Event, answer: asyncio.Future[None] | None, fault: Exception) -> None:
        if answer is not None and not answer.done():
            answer.set_exception(fault)
        elif isinstance(fault, HotlineError):
            log.warning("event refused", extra={"event": type(event).__name__})

    def _turn(self, event: Event) -> None:
        facts, effects = decide(self._world, event, self._rules)
        world = self._world
        for fact in facts:
            world = evolve(world, fact)
        self._world = world
        self._give_out(effects)
        if facts:
            with _fenced("watch"):
                self._rooms.watch(world, facts)
            self._rooms.journal.post(facts, policy_version=self._rules.policy_version)

    def _give_out(self, effects: Sequence[Effect]) -> None:
        for effect in effects:
            with _fenced(type(effect).__name__):
                self._hand_to_its_room(effect)

    def _hand_to_its_room(self, effect: Effect) -> None:
        match effect:
            case HandOver():
                # Its own task: an emergency waits neither for a pause nor for its answer.
                self._aside(self._do(effect), "hand-over")
            case PauseSeat() | UnpauseSeat():
                self._telephone.put_nowait(effect)
            case PlaceReturnCall():
                self._aside(self._place(effect), "return-call")
            case RememberCaller():
                self._rooms.callers.remember(effect.call, effect.caller)
            case ReconcileLog():
                self._rooms.reconcile()
            case _:
                self._rooms.screens.show(effect)

    def _aside(self, work: Coroutine[None, None, None], name: str) -> None:
        task = asyncio.create_task(work, name=name)
        self._urgent.add(task)
        task.add_done_callback(self._urgent.discard)

    async def _place(self, effect: PlaceReturnCall) -> None:
        """Once: a telephone that was perhaps rung is not rung again. A refusal ends the attempt."""
        try:
            await self._rooms.exchange.do(effect)
        except ExchangeRefused as refusal:
            log.warning("return call refused", extra={"call": effect.call, "why": refusal.reply})
            self._not_placed(effect, "refused")
        except Exception:
            # Whatever it was: the seat and the task must not wait for a call that never comes.
            log.exception("return call not placed", extra={"call": effect.call})
            self._not_placed(effect, "failed")

    def _not_placed(self, effect: PlaceReturnCall, result: str) -> None:
        now = utc_now()
        self.put(
            ReturnCallFailed(
                at=now, received_at=now, call=effect.call, agent=effect.agent, result=result
            )
        )

    async def _telephone_all(self) -> None:
        """Pauses, one after the other: a later one of a seat is carried out after an earlier."""
        while True:
            effect = await self._telephone.get()
            try:
                await self._do(effect)
            finally:
                self._telephone.task_done()

    async def _do(self, effect: TelephoneEffect) -> None:
        """Carry out an effect, again where the exchange was only away or slow: a seat that stays
        paused by mistake answers nobody. Never raises: a fault of one may not end the others."""
        kind = type(effect).__name__
        with _fenced(kind):
            for attempt in range(TRIES):
                try:
                    await self._rooms.exchange.do(effect)
                except ExchangeRefused as refusal:
                    about = {"effect": kind, "attempt": attempt, "why": refusal.reply}
                    log.warning("telephone effect refused", extra=about)
                    if not refusal.retryable:
                        return
                    await asyncio.sleep(RETRY_S)
                else:
                    return


@contextlib.contextmanager
def _fenced(what: str) -> Iterator[None]:
    """What goes wrong in here is written down and goes no further."""
    try:
        yield
    except Exception:  # the turn's facts are written whatever a room does with its effects
        log.exception("room failed", extra={"what": what})
