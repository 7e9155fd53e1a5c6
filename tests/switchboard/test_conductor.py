"""The conductor: order kept, a bad event harmless, an emergency never waiting."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Literal

import pytest

from hotline.decide import CallRules, World, decide
from hotline.effects import Effect, HandOver, PauseSeat, PopScreen
from hotline.errors import ExchangeRefused, ImpossibleMove
from hotline.events import AgentActAsked, CallArrived, CallEnded, CallQueued, Event
from hotline.facts import CallClosed, CallOpened, Fact
from hotline.ports import TelephoneEffect
from hotline.words import AgentId, CallId, Phone, Service, UserId
from switchboard import conductor as module
from switchboard.conductor import Conductor, Rooms
from tests.hotline.play import RULES, START, Scene

pytestmark = pytest.mark.anyio


@dataclass
class FakeExchange:
    done: list[TelephoneEffect] = field(default_factory=list)
    refuse: list[ExchangeRefused] = field(default_factory=list)
    stuck: asyncio.Event | None = None

    async def do(self, effect: TelephoneEffect) -> None:
        if self.stuck is not None and isinstance(effect, PauseSeat):
            await self.stuck.wait()
        if self.refuse:
            raise self.refuse.pop(0)
        self.done.append(effect)


@dataclass
class FakeScreens:
    shown: list[Effect] = field(default_factory=list)

    def show(self, effect: Effect) -> None:
        self.shown.append(effect)


@dataclass
class FakeCallers:
    known: dict[CallId, Phone] = field(default_factory=dict)

    def remember(self, call: CallId, caller: Phone) -> None:
        self.known[call] = caller

    def of(self, call: CallId) -> Phone | None:
        return self.known.get(call)


@dataclass
class FakeJournal:
    written: list[Fact] = field(default_factory=list)
    slow: asyncio.Event | None = None

    def post(self, facts: Sequence[Fact], *, policy_version: str) -> asyncio.Task[int]:
        return asyncio.create_task(self._write(tuple(facts)))

    async def _write(self, facts: tuple[Fact, ...]) -> int:
        if self.slow is not None:
            await self.slow.wait()
        self.written.extend(facts)
        return len(self.written)

    async def settle(self) -> None:
        await asyncio.sleep(0.01)


@dataclass
class Stage:
    """A conductor among fakes."""

    conductor: Conductor
    exchange: FakeExchange = field(default_factory=FakeExchange)
    screens: FakeScreens = field(default_factory=FakeScreens)
    callers: FakeCallers = field(default_factory=FakeCallers)
    journal: FakeJournal = field(default_factory=FakeJournal)
    looked_again: int = 0

    def look_again(self) -> None:
        self.looked_again += 1


@asynccontextmanager
async def stage(world: World | None = None, rules: CallRules = RULES) -> AsyncIterator[Stage]:
    here = Stage(Conductor(world or World(), rules))
    rooms = Rooms(
        exchange=here.exchange,
        screens=here.screens,
        callers=here.callers,
        journal=here.journal,
        reconcile=here.look_again,
    )
    async with here.conductor.running(rooms):
        yield here


def arrived(call: str) -> CallArrived:
    return CallArrived(
        at=START,
        received_at=START,
        call=CallId(call),
        caller=Phone("13800138000"),
        dialled="12345",
        channel="PJSIP/carrier-1",
    )


async def test_events_are_decided_in_the_order_they_came_and_written_in_that_order() -> None:
    async with stage() as here:
        for i in range(50):
            here.conductor.put(arrived(f"c{i}"))
        await here.conductor.written()
        opened = [fact.call for fact in here.journal.written if isinstance(fact, CallOpened)]
        assert opened == [f"c{i}" for i in range(50)]
        assert here.callers.of(CallId("c7")) == Phone("13800138000")


async def test_a_bad_event_changes_nothing_and_the_next_one_is_decided(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def sometimes(world: World, event: Event, rules: CallRules) -> object:
        if isinstance(event, CallQueued):
            raise ZeroDivisionError
        return decide(world, event, rules)

    monkeypatch.setattr(module, "decide", sometimes)
    async with stage() as here:
        here.conductor.put(arrived("a"))
        before = here.conductor.world
        here.conductor.put(
            CallQueued(at=START, received_at=START, call=CallId("a"), queue="hotline", position=1)
        )
        here.conductor.put(arrived("b"))
        await here.conductor.written()
        assert set(here.conductor.world.calls) == {"a", "b"}
        assert before.calls == {}


async def test_an_act_that_cannot_be_done_is_told_to_who_asked() -> None:
    async with stage() as here:
        with pytest.raises(ImpossibleMove):
            await here.conductor.ask(act("hand_over"))


def act(name: Literal["pause", "hand_over"]) -> AgentActAsked:
    return AgentActAsked(
        at=START,
        received_at=START,
        agent=AgentId("1001"),
        by=UserId("u"),
        act=name,
        reason="用餐",
        service=Service.FIRE,
    )


def talking() -> World:
    scene = Scene()
    scene.seated("1001")
    scene.arrives("a")
    scene.queues("a")
    scene.answers("a", "1001")
    return scene.world


async def test_a_hand_over_overtakes_a_pause_that_hangs_and_a_journal_that_stalls() -> None:
    async with stage(talking()) as here:
        here.exchange.stuck = asyncio.Event()
        here.journal.slow = asyncio.Event()
        await here.conductor.ask(act("pause"))
        await here.conductor.ask(act("hand_over"))
        await asyncio.sleep(0.01)
        assert [type(effect) for effect in here.exchange.done] == [HandOver]
        here.exchange.stuck.set()
        here.journal.slow.set()


async def test_a_hand_over_is_tried_again_while_the_exchange_is_away() -> None:
    async with stage(talking()) as here:
        here.exchange.refuse = [ExchangeRefused("Redirect", "no link", retryable=True)]
        await here.conductor.ask(act("hand_over"))
        await asyncio.sleep(0.4)
        assert [type(effect) for effect in here.exchange.done] == [HandOver]


async def test_a_pause_is_tried_again_so_that_no_seat_stays_as_it_should_not() -> None:
    async with stage(talking()) as here:
        here.exchange.refuse = [ExchangeRefused("QueuePause", "slow", retryable=True)]
        await here.conductor.ask(act("pause"))
        await asyncio.sleep(0.5)
        assert [type(effect) for effect in here.exchange.done] == [PauseSeat]


async def test_what_the_exchange_refuses_for_good_is_not_tried_again() -> None:
    async with stage(talking()) as here:
        gone = [ExchangeRefused("Redirect", "gone", retryable=False) for _ in range(2)]
        here.exchange.refuse = list(gone)
        await here.conductor.ask(act("hand_over"))
        await asyncio.sleep(0.5)
        assert (here.exchange.done, here.exchange.refuse) == ([], gone[1:])


async def test_the_end_of_an_unknown_call_makes_the_log_be_read_again() -> None:
    async with stage() as here:
        here.conductor.put(
            CallEnded(
                at=START,
                received_at=START,
                call=CallId("ghost"),
                stage="queue",
                queue_status="",
                abandoned=True,
                member="",
                service=None,
                linked=False,
                cause=16,
            )
        )
        await here.conductor.settled()
        assert here.looked_again == 1
        assert not [fact for fact in here.journal.written if isinstance(fact, CallClosed)]


async def test_what_was_decided_is_written_before_the_conductor_leaves() -> None:
    async with stage() as here:
        here.conductor.put(arrived("a"))
    assert [type(fact) for fact in here.journal.written] == [CallOpened]


async def test_pops_go_to_the_screens() -> None:
    world = talking()
    async with stage(world) as here:
        later = START + dt.timedelta(seconds=1)
        here.conductor.put(
            CallEnded(
                at=later,
                received_at=later,
                call=CallId("a"),
                stage="agent",
                queue_status="",
                abandoned=False,
                member="PJSIP/1001",
                service=None,
                linked=False,
                cause=16,
            )
        )
        await here.conductor.settled()
        kinds = {type(effect).__name__ for effect in here.screens.shown}
        assert {"EndPop", "ShowAgent", "ShowBoard"} <= kinds
        assert PopScreen not in {type(effect) for effect in here.screens.shown}


async def test_a_screen_that_fails_keeps_no_fact_from_the_journal_and_no_effect_from_its_room(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with stage() as here:
        tries: list[Effect] = []

        def broken(effect: Effect) -> None:
            tries.append(effect)
            raise RuntimeError

        monkeypatch.setattr(here.screens, "show", broken)
        here.conductor.put(arrived("c1"))
        here.conductor.put(arrived("c2"))
        await here.conductor.written()
        assert [fact.call for fact in here.journal.written if isinstance(fact, CallOpened)] == [
            "c1",
            "c2",
        ]
        assert set(here.callers.known) == {"c1", "c2"}
        assert len(tries) == 2


async def test_whoever_watches_and_fails_keeps_no_fact_from_the_journal() -> None:
    here = Stage(Conductor(World(), RULES))

    def broken(_world: World, _facts: Sequence[Fact]) -> None:
        raise RuntimeError

    rooms = Rooms(
        exchange=here.exchange,
        screens=here.screens,
        callers=here.callers,
        journal=here.journal,
        reconcile=here.look_again,
        watch=broken,
    )
    async with here.conductor.running(rooms):
        here.conductor.put(arrived("c1"))
        await here.conductor.written()
    assert [type(fact) for fact in here.journal.written] == [CallOpened]


async def test_a_telephone_effect_that_breaks_unforeseen_does_not_end_the_next(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    done, faults = asyncio.Event(), [KeyError("channel")]

    async def do(_effect: TelephoneEffect) -> None:
        if faults:
            raise faults.pop()
        done.set()

    async with stage() as here:
        monkeypatch.setattr(here.exchange, "do", do)
        for _ in range(2):
            await here.conductor.ask(act("pause"))
        async with asyncio.timeout(15):
            await done.wait()
